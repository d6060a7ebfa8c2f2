"""What the model sees: the preprocessing step by step, and what each step is worth for what is on the canvas."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.demo import recorded_strokes
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import MARGIN, Button, Label
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.step_strip import StepStrip, answer_role, answer_text, best_text
from recognizer.gui.widgets.twin_bars import TwinBars
from recognizer.gui.workers.steps_worker import StepsAnswer, StepsRequest, StepsWorker
from recognizer.imaging.step_words import what_happens
from recognizer.imaging.steps import NOTHING_OFF, SHRINK_ONLY, Frame, Step
from recognizer.inference.prediction import Prediction
from recognizer.inference.registry import ModelRecord
from recognizer.ink.stroke import Ink, Stroke

_PAUSE: Final = 80
"""How long the pen must rest before the steps are taken apart, milliseconds: reading comes first."""
_MOST_STROKES: Final = 1000
_MOST_POINTS: Final = 100_000
"""A drawing with more than this is not taken apart nine times over: it is no symbol."""
_LINE: Final = 3
_EXAMPLES: Final = (("7", 0.06, 0.06), ("4", 0.9, 0.1), ("9", 0.1, 0.9), ("2", 0.9, 0.9))
"""Digits with the corners that they are put in, as shares of the free room across and down."""
_EXAMPLE_SHARE: Final = 0.2
"""Side of an example, share of the canvas."""
_USUAL_CANVAS: Final[Frame] = (-280.0, -260.0, 560.0, 520.0)


class StepsView(QWidget):
    """The steps with their switches; below them, where one is off, the answer without it beside the true one.

    It works only while it can be seen, in a thread of its own that is started when it is first needed.

    Args:
        session: Runs the thread, and ends it when the window closes.

    Signals:
        answered: What is shown has been brought up to date.
        exampleWanted: An `Ink` that should be put on the canvas: a drawing that needs the steps.
    """

    answered = Signal()
    exampleWanted = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stepsView")
        self._session = session
        self._content: Ink | NDArray[np.uint8] | None = None
        self._frame: Frame | None = None
        self._record: ModelRecord | None = None
        self._is_too_much = False
        self._examples_shown = 0
        self._revision = 0
        self._asked = 0
        self._answer: StepsAnswer | None = None
        self._worker: StepsWorker | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._ask)
        self._strip = StepStrip()
        self._strip.switched.connect(self._on_switched)
        self._make_comparison()
        self._lay_out()
        self.retranslate()

    # Making

    def _make_comparison(self) -> None:
        self._hint = Label("secondary", wraps=True)
        self._hint.setObjectName("stepsHint")
        self._shrink = Button(role="flat")
        self._shrink.setObjectName("stepsShrinkButton")
        self._shrink.clicked.connect(lambda: self.set_off(SHRINK_ONLY))
        self._all_on = Button(role="flat")
        self._all_on.setObjectName("stepsAllOnButton")
        self._all_on.clicked.connect(lambda: self.set_off(NOTHING_OFF))
        self._example = Button(role="flat")
        self._example.setObjectName("stepsExampleButton")
        self._example.clicked.connect(self._want_example)
        for button in (self._shrink, self._all_on, self._example):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._comparison = QWidget()
        self._complete = _Seen("stepsCompletePicture", is_complete=True)
        self._without = _Seen("stepsWithoutPicture", is_complete=False)
        self._headline = Label("strong", wraps=True)
        self._headline.setObjectName("stepsHeadline")
        self._headline.setStyleSheet("font-size: 12pt;")
        self._reason = Label("secondary", wraps=True)
        self._reason.setObjectName("stepsReason")
        self._bars = TwinBars()
        self._bars.setObjectName("stepsBars")

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._headline)
        words.addWidget(self._reason)
        words.addStretch(1)
        beside = QHBoxLayout()
        beside.setSpacing(10)
        top = Qt.AlignmentFlag.AlignTop
        beside.addWidget(self._complete, 0, top)
        beside.addWidget(self._without, 0, top)
        beside.addLayout(words, 1)
        comparison = QVBoxLayout(self._comparison)
        comparison.setContentsMargins(0, 0, 0, 0)
        comparison.setSpacing(6)
        comparison.addLayout(beside)
        comparison.addWidget(self._bars)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self._hint, 1)
        buttons.addWidget(self._shrink)
        buttons.addWidget(self._all_on)
        buttons.addWidget(self._example)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self._strip)
        column.addLayout(buttons)
        column.addWidget(self._comparison)
        self._comparison.hide()
        self._all_on.hide()

    def retranslate(self) -> None:
        """Set every text anew."""
        self._strip.retranslate()
        self._shrink.set_texts(
            tr("Only shrink"), tr("Leave out what a program leaves out that just makes the canvas smaller")
        )
        self._all_on.set_texts(tr("All on"), tr("Take every step again"))
        self._example.set_texts(tr("Example"), tr("Put a small digit in a corner of the canvas; undo takes it away"))
        self._complete.set_texts(tr("all steps"), tr("What the model sees with every step"))
        self._without.set_texts(tr("without"), tr("What it would see without the steps that are off"))
        self._bars.setAccessibleName(tr("How the probabilities change"))
        self._show()

    # What is shown

    def set_input(
        self,
        ink: Ink | None,
        picture: NDArray[np.uint8] | None,
        record: ModelRecord | None,
        frame: Frame | None = None,
    ) -> None:
        """Take apart `picture`, or `ink` where there is none, when the pen rests.

        Args:
            ink: What was drawn, of one symbol.
            picture: (h, w) uint8 grey levels.
            record: The model to ask.
            frame: (left, top, width, height) of the canvas in the unit of the ink, so that size and place on it can
                be kept. Where it is not given, the ink is taken to fill two thirds of it.
        """
        content = ink if picture is None and ink is not None and not ink.is_empty else picture
        self._is_too_much = isinstance(content, Ink) and (
            len(content.strokes) > _MOST_STROKES or sum(len(each.points) for each in content.strokes) > _MOST_POINTS
        )
        if self._is_too_much:
            content = None
        self._content, self._record, self._frame = content, record, frame
        self._revision += 1
        if content is None or record is None:
            self._pause.stop()
            self._answer = None
            self._show()
        elif self.isVisible():
            self._pause.start()

    def off(self) -> frozenset[Step]:
        """The steps that are switched off."""
        return self._strip.off()

    def set_off(self, off: frozenset[Step]) -> None:
        """Switch the steps in `off` off and all others on."""
        self._strip.set_off(off)

    def answer(self) -> StepsAnswer | None:
        """What is shown; None where nothing is."""
        return self._answer

    def is_up_to_date(self) -> bool:
        """Whether what is shown is what was last asked for."""
        if self._content is None or self._record is None:
            return self._answer is None
        return self._answer is not None and self._answer.request.revision == self._revision

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to work."""
        super().showEvent(event)
        if not self.is_up_to_date():
            self._pause.start()

    def _on_switched(self) -> None:
        self._revision += 1
        self._show_buttons()
        self._ask()

    def _ask(self) -> None:
        if self._content is None or self._record is None or not self.isVisible():
            return
        if self._worker is None:
            self._worker = StepsWorker(self._session)
            self._worker.answered.connect(self._on_answered)
            self._worker.failed.connect(self._on_failed)
            self._session.start(self._worker)
        self._worker.submit(StepsRequest(self._revision, self._content, self._frame, self._record, self.off()))

    def _want_example(self) -> None:
        digit, x, y = _EXAMPLES[self._examples_shown % len(_EXAMPLES)]
        self._examples_shown += 1
        left, top, width, height = self._frame or _USUAL_CANVAS
        side = _EXAMPLE_SHARE * min(width, height)
        corner = np.array([left + x * (width - side), top + y * (height - side)], np.float32)
        strokes = recorded_strokes()[digit]
        self.exampleWanted.emit(Ink(tuple(Stroke(np.array(points, np.float32) * side + corner) for points in strokes)))

    def _on_answered(self, answer: StepsAnswer) -> None:
        # One to a drawing that is gone, or to another model or other switches, is dropped; a better one follows.
        if answer.request.revision != self._revision:
            return
        self._answer = answer
        self._show()
        self.answered.emit()

    def _on_failed(self, request: StepsRequest, error: RecognizerError) -> None:
        # The page that reads with the same model has reported it already.
        if request.revision == self._revision:
            self._answer = None
            self._show()
            self._hint.setText(error.what)

    def _show(self) -> None:
        answer = self._answer
        self._strip.set_kind(is_picture=isinstance(self._content, np.ndarray))
        self._strip.set_pictures(answer.pictures if answer else ())
        is_readable = answer is not None and bool(answer.answers.answer.label)
        if answer and is_readable:
            self._strip.set_answers(answer.answers.answer, answer.answers.without)
        else:
            self._strip.set_answers(None, {})
        self._show_buttons()
        is_compared = answer is not None and is_readable and bool(answer.request.off)
        is_new = is_compared and self._comparison.isHidden()
        self._comparison.setVisible(is_compared)
        if answer and is_compared:
            self._compare(answer)
        if is_new:
            # When it has been given its room.
            QTimer.singleShot(0, self, self._reveal)

    def _show_buttons(self) -> None:
        is_complete = not self.off()
        self._example.setVisible(self._content is None)
        self._shrink.setVisible(is_complete and self._content is not None)
        self._all_on.setVisible(not is_complete)
        self._hint.setText(self._hint_text())

    def _hint_text(self) -> str:
        if self._is_too_much:
            return tr(
                "Too much for one symbol: at most {strokes:,} strokes and {points:,} points are taken apart.",
                strokes=_MOST_STROKES,
                points=_MOST_POINTS,
            )
        if self._content is None:
            return tr("Draw something small in a corner, then switch a step off.")
        if self.off():
            return tr("Below each switch: the answer without that step alone.")
        return tr("Switch a step off to see what it does for the answer.")

    def _reveal(self) -> None:
        """Scroll whatever the view is in to the comparison."""
        place = self.parentWidget()
        while place is not None:
            if isinstance(place, QScrollArea):
                place.ensureWidgetVisible(self._comparison, 0, MARGIN)
            place = place.parentWidget()

    def _compare(self, answer: StepsAnswer) -> None:
        complete, without = answer.answers.answer, answer.answers.chosen
        self._complete.view.set_image(answer.complete)
        self._without.view.set_image(answer.final)
        self._headline.setText(f"{answer_text(complete)} → {answer_text(without)}")
        role = answer_role(complete, without)
        self._headline.set_role("strong" if role == "secondary" else role)
        reason = what_happens(answer.request.off, answer.facts)
        self._reason.setText(f"{_outcome(complete, without)} {reason}")
        self._bars.set_predictions(complete, without)


class _Seen(QWidget):
    """A picture over its name and a line in the colour of its bars."""

    def __init__(self, object_name: str, *, is_complete: bool) -> None:
        super().__init__()
        self._is_complete = is_complete
        self.view = PixelView(56)
        self.view.setObjectName(object_name)
        self._caption = Label("secondary")
        self._caption.setStyleSheet("font-size: 8.5pt;")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, _LINE)
        column.setSpacing(2)
        column.addWidget(self.view, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._caption)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_texts(self, caption: str, tip: str) -> None:
        """Set caption and tooltip."""
        self._caption.setText(caption)
        self.view.setToolTip(tip)
        self.view.setAccessibleName(tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        now = theme.colors()
        color = now.accent if self._is_complete else now.doubt
        QPainter(self).fillRect(QRect(self.view.x(), self.height() - _LINE, self.view.width(), _LINE), QColor(color))


def _outcome(complete: Prediction, without: Prediction) -> str:
    if without.is_rejected and not complete.is_rejected:
        return tr("No longer recognised (at best {answer}).", answer=best_text(without))
    if without.label != complete.label:
        return tr("Read as {label}.", label=without.label)
    if answer_role(complete, without) == "doubt":
        return tr("Still {label}, but no longer sure.", label=complete.label)
    return tr("Still {label}.", label=complete.label)
