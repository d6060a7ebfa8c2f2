"""Keeping what was drawn with its right label in the user's own dataset, and taking it back."""

from PySide6.QtCore import QObject

from recognizer.base.errors import RecognizerError
from recognizer.gui.pages.draw_answer import AnswerPanel
from recognizer.gui.session import Session
from recognizer.gui.widgets.canvas import PaintCanvas
from recognizer.gui.widgets.keep_bar import KeepBar
from recognizer.gui.widgets.model_chooser import ModelChooser
from recognizer.ink.stroke import Ink


class Keeper(QObject):
    """Wires clicks and keys to the dataset "My handwriting".

    A single symbol leaves the canvas when it is kept, so that the next one can be written; undo brings it back and
    forgets the sample. A symbol of a number stays.

    Args:
        session: Has the dataset.
        canvas: Where one draws.
        answers: Says which symbol is looked at; a click on its bars is a label.
        chooser: Of the model that reads.
        bar: Asks and says.
    """

    def __init__(
        self, session: Session, canvas: PaintCanvas, answers: AnswerPanel, chooser: ModelChooser, bar: KeepBar
    ) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._answers = answers
        self._chooser = chooser
        self._bar = bar
        self._last: tuple[int, bool] | None = None
        """The sample kept last, and whether the canvas was emptied for it."""
        answers.picked.connect(self.keep)
        bar.labelled.connect(self.keep)
        bar.undoWanted.connect(self._undo)
        canvas.keyTyped.connect(self._on_key)
        canvas.strokeBegan.connect(self._on_stroke)
        session.library_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Count the samples anew."""
        try:
            self._bar.set_count(self._session.handwriting.count())
        except RecognizerError as error:
            self._session.report(error)

    def keep(self, label: str) -> None:
        """Keep the symbol that is looked at as `label`."""
        if self._canvas.is_empty():
            return
        part = self._answers.part()
        predicted = part.prediction.label if part else ""
        model_id = self._chooser.currentData() or ""
        handwriting, picture, ink = self._session.handwriting, self._canvas.picture(), self._canvas.ink()
        strokes = part.strokes if part else None
        if strokes is not None and (not strokes or max(strokes) >= len(ink.strokes)):
            # The answer is to another drawing.
            return
        try:
            if picture is not None:
                sample = handwriting.add_picture(picture, label, predicted, model_id, source=_SOURCE)
            elif strokes is None:
                sample = handwriting.add(ink, label, predicted, model_id)
            else:
                own = Ink(tuple(ink.strokes[index] for index in strokes), ink.pen_width)
                sample = handwriting.add(own, label, predicted, model_id)
        except RecognizerError as error:
            self._session.report(error)
            return
        if strokes is None:
            self._canvas.clear(lambda: self._take_back(sample), lambda: self._bring_back(sample, label))
        self._said_kept(sample, label, emptied=strokes is None)
        self._canvas.setFocus()

    def _said_kept(self, sample: int, label: str, *, emptied: bool) -> None:
        self._last = (sample, emptied)
        self._bar.say_kept(label)
        self._session.library_changed.emit()

    def _undo(self) -> None:
        if self._last is None:
            return
        sample, emptied = self._last
        if emptied:
            # The step's own undoing takes the sample back.
            self._canvas.undo()
        else:
            self._take_back(sample)
        self._canvas.setFocus()

    def _take_back(self, sample: int) -> None:
        try:
            self._session.handwriting.remove(sample)
        except RecognizerError as error:
            self._session.report(error)
        self._last = None
        self._bar.ask()
        self._session.library_changed.emit()

    def _bring_back(self, sample: int, label: str) -> None:
        try:
            self._session.handwriting.restore(sample)
        except RecognizerError as error:
            self._session.report(error)
            return
        self._said_kept(sample, label, emptied=True)

    def _on_key(self, key: str) -> None:
        record = self._chooser.record()
        if record is not None and key in record.labels:
            self.keep(key)

    def _on_stroke(self) -> None:
        self._last = None
        self._bar.ask()


_SOURCE = "draw"
"""Where the samples come from."""
