"""The Draw page: write on the canvas and be read as one writes."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.pages.draw_answer import AnswerPanel
from recognizer.gui.pages.draw_files import DrawFiles, OpenedInk, fitted
from recognizer.gui.pages.draw_keep import Keeper
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Label, Page, scrolled
from recognizer.gui.widgets.canvas import PaintCanvas
from recognizer.gui.widgets.draw_tools import DrawTools, tool
from recognizer.gui.widgets.keep_bar import KeepBar
from recognizer.gui.widgets.mode_switch import ModeSwitch
from recognizer.gui.widgets.model_chooser import ModelChooser
from recognizer.gui.workers.inference_worker import Answer, InferenceWorker
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import DIGITS

_NARROW: Final = 890
"""The width, logical pixels, below which the tools have no captions."""


class DrawPage(Page):
    """Canvas at the left, the answer at the right.

    Args:
        session: What the pages share.
    """

    icon_name = "draw"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._revision = 0
        self._answered = 0
        self._emptied_at = 0
        self._opened: OpenedInk | None = None
        self._unusable: set[str] = set()
        """The models that failed."""
        self.canvas = PaintCanvas()
        self.setAcceptDrops(True)
        self._worker = InferenceWorker(self)
        self._worker.answered.connect(self._on_answer)
        self._worker.hinted.connect(self._on_hint)
        self._worker.unread.connect(self._on_unread)
        self._worker.failed.connect(self._on_model_failed)
        self._files = DrawFiles(session, self)
        self._files.pictureRead.connect(self._show_picture)
        self._files.inkRead.connect(self._show_ink)
        self._make_parts()
        self._lay_out()
        self.canvas.drawingChanged.connect(self._read)
        self.canvas.strokeBegan.connect(self._on_stroke)
        session.models_changed.connect(self._fill_models)
        self.retranslate()
        self._answers.set_number(self._mode.is_number())
        self._fill_models()
        session.start(self._worker)

    # Making

    def _make_parts(self) -> None:
        settings = self._session.settings
        self._mode = ModeSwitch()
        self._mode.set_number(settings.get("read_numbers"))
        self._mode.changed.connect(self._on_mode_changed)
        self.tools.addWidget(self._mode, 0, Qt.AlignmentFlag.AlignBottom)
        self._draw_tools = DrawTools(self.canvas, settings.get("pen_width"))
        self._draw_tools.penWidthChanged.connect(lambda width: self._session.remember("pen_width", width))
        self._chooser = ModelChooser(self._session)
        self._chooser.setObjectName("modelChooser")
        self._chooser.modelPicked.connect(self.choose_model)
        self._answers = AnswerPanel(self._session, self._chooser)
        self._answers.numberWanted.connect(lambda: self.set_number_mode(True))
        self._answers.steps.exampleWanted.connect(self.canvas.show_ink)
        self._answers.selectionChanged.connect(self._show_selection)
        self._keep_bar = KeepBar()
        self._keeper = Keeper(self._session, self.canvas, self._answers, self._chooser, self._keep_bar)
        self._open = tool("openImageButton", "open", QKeySequence.StandardKey.Open)
        self._open.clicked.connect(self._files.choose)
        self._save = tool("saveDrawingButton", "save", QKeySequence.StandardKey.Save)
        self._save.clicked.connect(self._save_drawing)
        self._file_words = Label("secondary", wraps=True)
        self._file_words.setObjectName("drawFileLabel")
        for keys, action in (
            (QKeySequence.StandardKey.Paste, self._paste),
            ("[", lambda: self._draw_tools.widen_pen(-2)),
            ("]", lambda: self._draw_tools.widen_pen(2)),
        ):
            shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def _lay_out(self) -> None:
        board = Card(margin=1)
        board.body.setContentsMargins(8, 8, 8, 10)
        board.body.addWidget(self.canvas, 1)
        board.body.addWidget(self._draw_tools)
        files = QHBoxLayout()
        files.addWidget(self._open)
        files.addWidget(self._save)
        files.addWidget(self._file_words, 1)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(board, 1)
        left.addWidget(self._keep_bar)
        left.addLayout(files)
        grid = QGridLayout()
        grid.setSpacing(GAP + 6)
        grid.addLayout(left, 0, 0)
        column = scrolled(self._answers)
        # Else a click beside or on a button in it would take the keys from the canvas.
        column.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # When the steps have been given their room.
        self._answers.stepsOpened.connect(
            lambda: QTimer.singleShot(0, column, lambda: column.ensureWidgetVisible(self._answers.steps))
        )
        grid.addWidget(column, 0, 1)
        grid.setColumnStretch(0, 55)
        grid.setColumnStretch(1, 45)
        self.body.addLayout(grid, 1)

    # Words

    def name(self) -> str:
        """The page's short name."""
        return tr("Draw")

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Draw"))
        self.subtitle.setText(tr("Write with mouse, pen or finger. It is read as you write."))
        self.canvas.setAccessibleName(tr("Canvas"))
        self._open.set_texts(tr("Open…"), tr("Read a picture of one symbol, or a drawing from an ink file"))
        self._save.set_texts(tr("Save…"), tr("Save the drawing as strokes (InkML) or as a picture (PNG)"))
        self._mode.retranslate()
        self._draw_tools.retranslate()
        self._keep_bar.retranslate()
        self._chooser.retranslate()
        self._answers.retranslate()
        self._show_words()

    def _show_words(self) -> None:
        if self._mode.is_number():
            hint = tr("Write a number here, in one line or several")
        elif self._labels() == DIGITS.names:
            hint = tr("Write one digit here, as large as you like")
        else:
            hint = tr("Write one symbol here, as large as you like")
        self.canvas.set_hint(hint)
        opened = self._opened
        if opened is not None and len(opened.drawings) > 1:
            count = f"{len(opened.drawings):,}"
            self._file_words.setText(tr("The first of {count} drawings in {name}", count=count, name=opened.path.name))
        else:
            self._file_words.setText(tr("…or drop or paste a picture or a drawing here"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the captions out where they would not fit."""
        super().resizeEvent(event)
        self._draw_tools.set_compact(self.width() < _NARROW)

    def shown(self) -> None:
        """The canvas takes the keys; models that another process has trained are listed."""
        self._fill_models()
        self._keeper.refresh()
        self.canvas.setFocus()

    # Mode

    def set_number_mode(self, is_number: bool) -> None:
        """Read the canvas as a whole number or as one symbol from now on, and after a restart."""
        self._mode.set_number(is_number)
        self._on_mode_changed(is_number)

    def _on_mode_changed(self, is_number: bool) -> None:
        self._session.remember("read_numbers", is_number)
        self._answers.set_number(is_number)
        self._keep_bar.ask()
        self._show_words()
        self._read()
        self.canvas.setFocus()

    # Models

    def _fill_models(self, added: str = "") -> None:
        before = self._chooser.record()
        self._chooser.fill()
        self._unusable.discard(added)
        for model_id in self._unusable:
            self._chooser.leave_out(model_id)
        record = self._chooser.record()
        if record is None:
            self._answers.card.say(tr("There is no model yet. Train one on the Train page."))
        elif before is None or (before.id, before.created) != (record.id, record.created):
            self._use_model()

    def choose_model(self, model_id: str) -> None:
        """Read with the model `model_id` from now on, and after a restart."""
        if self._chooser.findData(model_id) < 0:
            # Another process may have trained it.
            self._fill_models()
        index = self._chooser.findData(model_id)
        if index >= 0:
            self._session.remember("model", model_id)
            self._chooser.setCurrentIndex(index)
            self._use_model()

    def _use_model(self) -> None:
        record = self._chooser.record()
        if record is not None:
            self._answers.set_labels(record.labels)
            self._keep_bar.set_labels(record.labels)
            self._worker.use_model(record)
            self._show_words()
            self._read()

    def _on_model_failed(self, model_id: str, error: RecognizerError) -> None:
        self._session.report(error)
        # Go on with any other model.
        self._unusable.add(model_id)
        self._chooser.leave_out(model_id)
        self._use_model()

    def _labels(self) -> tuple[str, ...]:
        record = self._chooser.record()
        return record.labels if record else DIGITS.names

    # Reading

    def _read(self) -> None:
        self._revision += 1
        if self.canvas.is_empty():
            self._emptied_at = self._revision
            self._answers.show_answer(None)
            self._show_selection()
            return
        picture = self.canvas.picture()
        if picture is None:
            self._worker.submit(self._revision, self.canvas.ink(), is_number=self._mode.is_number())
        else:
            self._worker.submit(self._revision, picture)

    def _on_answer(self, answer: Answer) -> None:
        # While the pen moves, an answer to a moment ago is shown: it is newer than what stands there. One to a drawing
        # that is gone, by a model that is no longer chosen, or of the other mode is dropped.
        if self.canvas.is_empty() or answer.model_id != self._chooser.currentData():
            return
        if answer.revision < self._emptied_at or self._is_of_other_mode(answer):
            return
        self._answered = answer.revision
        self._answers.show_answer(answer)
        self._show_selection()

    def _is_of_other_mode(self, answer: Answer) -> bool:
        if self._mode.is_number():
            return answer.reading is None and self.canvas.picture() is None
        return answer.reading is not None

    def _on_hint(self, revision: int, text: str) -> None:
        if revision == self._revision and not self._mode.is_number():
            self._answers.card.offer_number(text)

    def _on_unread(self, revision: int, error: RecognizerError) -> None:
        if revision >= self._emptied_at and self._mode.is_number() and not self.canvas.is_empty():
            self._answered = revision
            self._answers.show_unread(error)
            self._show_selection()

    def _show_selection(self) -> None:
        """Show which symbol is looked at on the canvas, and take its picture apart."""
        self.canvas.set_marks(self._answers.marks())
        part, ink, picture = self._answers.part(), self.canvas.ink(), self.canvas.picture()
        self._session.set_ink(part.image if part and part.image.any() else None)
        if part is not None and part.strokes and max(part.strokes) < len(ink.strokes):
            ink = Ink(tuple(ink.strokes[index] for index in part.strokes), ink.pen_width)
        width, height = float(self.canvas.width()), float(self.canvas.height())
        frame = (-width / 2, -height / 2, width, height)
        self._answers.steps.set_input(ink, picture, self._chooser.record() if part else None, frame)

    def is_up_to_date(self) -> bool:
        """Whether the answer on the screen is to what is on the canvas now."""
        return self.canvas.is_empty() or self._answered == self._revision

    # Files

    def open_picture(self, path: Path) -> None:
        """Read the picture of one symbol, or the drawing, in the file `path` and show it on the canvas."""
        self._files.open(path)

    def _show_picture(self, picture: NDArray[np.uint8]) -> None:
        self._opened = None
        self.canvas.show_picture(picture)
        self._show_words()

    def _show_ink(self, opened: OpenedInk) -> None:
        self._opened = opened
        self.canvas.show_ink(fitted(opened.drawings[0], self.canvas.width(), self.canvas.height()))
        self._show_words()

    def _on_stroke(self) -> None:
        if self._opened is not None:
            self._opened = None
            self._show_words()

    def _save_drawing(self) -> None:
        if self.canvas.is_empty():
            self._session.report(RecognizerError(tr("There is nothing to save"), fix=tr("Draw something first")))
        else:
            self._files.choose_target(self.canvas.ink(), self.canvas.image())

    def _paste(self) -> None:
        self._take(QGuiApplication.clipboard().mimeData())

    def _take(self, data: QMimeData) -> None:
        self._files.take(data)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take pictures and drawings."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read what was dropped."""
        self._take(event.mimeData())
        event.acceptProposedAction()
