"""The column beside the canvas: the answer, how probable each symbol is, and what the model saw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.dialogs.explain_dialog import open_explanation
from recognizer.gui.session import Session
from recognizer.gui.widgets.answer_card import AnswerCard
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.widgets.canvas_marks import Mark
from recognizer.gui.widgets.model_chooser import ModelChooser
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.reading_classes import ClassPicker
from recognizer.gui.widgets.steps_view import StepsView
from recognizer.gui.widgets.symbol_chips import chip_text
from recognizer.gui.workers.inference_worker import Answer
from recognizer.inference.prediction import Prediction
from recognizer.inference.reading import ReadSymbol


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The symbol whose answer is shown in detail.

    Attributes:
        prediction: What the model says about it.
        image: (28, 28) uint8, what the model saw.
        strokes: Indices of the drawing's strokes; None where it is all that was drawn.
    """

    prediction: Prediction
    image: NDArray[np.uint8]
    strokes: tuple[int, ...] | None = None


class AnswerPanel(QWidget):
    """Shows answers.

    Args:
        session: What the pages share.
        chooser: Of the model; the panel gives it a place.

    Signals:
        picked: The label of the bar that was clicked: what the symbol really is.
        numberWanted: The drawing is to be read as a whole number.
        selectionChanged: Another symbol of the number is looked at.
        stepsOpened: The steps of the preprocessing have been opened.
    """

    picked = Signal(str)
    numberWanted = Signal()
    selectionChanged = Signal()
    stepsOpened = Signal()

    def __init__(self, session: Session, chooser: ModelChooser, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Answer | None = None
        self._is_number = False
        self._labels: tuple[str, ...] = ()
        self._chosen: tuple[int, ...] | None = None
        self._chooser = chooser
        self.card = AnswerCard()
        self.card.numberWanted.connect(self.numberWanted)
        self.card.whyWanted.connect(self._explain)
        self.card.chips.chosen.connect(self.select)
        self._model_label = Label("secondary")
        self._model_label.setBuddy(chooser)
        self._latency = Label("secondary")
        self._latency.setObjectName("latencyLabel")
        model = QHBoxLayout()
        model.addWidget(self._model_label)
        model.addWidget(chooser, 1)
        model.addWidget(self._latency)
        self.card.body.addLayout(model)
        self._bars_card = Card()
        self._bars = ClassPicker()
        self._bars.setObjectName("probabilityView")
        self._bars.setMaximumHeight(360)
        self._bars.picked.connect(self.picked)
        self._bars_card.body.addWidget(self._bars, 1)
        self._bars_card.setMaximumHeight(430)
        self._make_seen(session)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.card, 3)
        column.addWidget(self._bars_card, 4)
        column.addWidget(self._seen_card)

    def _make_seen(self, session: Session) -> None:
        self._session = session
        self._seen_card = Card()
        self._seen = PixelView(104)
        self._seen.setObjectName("modelInputView")
        self._seen_text = Label("secondary", wraps=True)
        self._steps_button = Button()
        self._steps_button.setObjectName("stepsButton")
        self._steps_button.setCheckable(True)
        self._steps_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._steps_button.clicked.connect(self._on_steps_clicked)
        self.steps = StepsView(session)
        head = QHBoxLayout()
        head.addWidget(self._seen_card.heading, 1)
        head.addWidget(self._steps_button)
        seen = QHBoxLayout()
        seen.setSpacing(14)
        seen.addWidget(self._seen)
        seen.addWidget(self._seen_text, 1)
        self._seen_card.body.addLayout(head)
        self._seen_card.body.addLayout(seen)
        self._seen_card.body.addWidget(self.steps)
        self._steps_button.setChecked(session.settings.get("show_steps"))
        self._show_steps(self._steps_button.isChecked())

    def _on_steps_clicked(self, is_open: bool) -> None:
        self._session.remember("show_steps", is_open)
        self._show_steps(is_open)
        if is_open:
            self.stepsOpened.emit()

    def _show_steps(self, is_open: bool) -> None:
        self.steps.setVisible(is_open)
        # The last step's picture is the same, and room is scarce.
        self._seen.setVisible(not is_open)
        self._seen_text.setVisible(not is_open)

    def set_number(self, is_number: bool) -> None:
        """Show answers to whole numbers, or to single symbols."""
        self._is_number = is_number
        self.card.set_number(is_number)
        self.show_answer(None)

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """The symbols that the chosen model knows."""
        self._labels = labels
        if self._answer is None:
            self._bars.set_labels(labels)

    def show_answer(self, answer: Answer | None) -> None:
        """Show `answer`, or that there is none."""
        self._answer = answer
        self.card.offer_number("")
        if answer is None:
            self._chosen = None
        self._show()

    def show_unread(self, error: RecognizerError) -> None:
        """Say why the drawing cannot be read."""
        self.show_answer(None)
        self.card.show_unread(error)

    def answer(self) -> Answer | None:
        """What is shown."""
        return self._answer

    def select(self, index: int) -> None:
        """Look at the symbol `index` of the number, and at the same strokes after the next answer."""
        symbols = self._symbols()
        if 0 <= index < len(symbols):
            self._chosen = symbols[index].strokes
            self._show()
            self.selectionChanged.emit()

    def _explain(self) -> None:
        part = self.part()
        if part is not None:
            open_explanation(self._session, part.image, str(self._chooser.currentData()), "", self)

    def _symbols(self) -> tuple[ReadSymbol, ...]:
        reading = self._answer.reading if self._answer else None
        return reading.symbols if reading else ()

    def selected(self) -> int:
        """The symbol that is looked at: the one that was clicked, else the one drawn last; -1 where there is none."""
        symbols = self._symbols()
        for index, symbol in enumerate(symbols):
            if symbol.strokes == self._chosen:
                return index
        newest = [max(symbol.strokes, default=-1) for symbol in symbols]
        return int(np.argmax(newest)) if newest else -1

    def part(self) -> Part | None:
        """The symbol that is looked at."""
        answer, index = self._answer, self.selected()
        if index >= 0:
            symbol = self._symbols()[index]
            return Part(symbol.prediction, symbol.image, symbol.strokes)
        if answer is None or answer.prediction is None or answer.image is None:
            return None
        return Part(answer.prediction, answer.image)

    def marks(self) -> list[Mark]:
        """Boxes for the canvas."""
        selected = self.selected()
        return [
            Mark(symbol.box, chip_text(symbol).replace("&&", "&"), symbol.prediction.verdict, index == selected)
            for index, symbol in enumerate(self._symbols())
        ]

    def _show(self) -> None:
        answer, part = self._answer, self.part()
        if self._is_number and (answer is None or answer.reading is not None):
            self.card.show_reading(answer.reading if answer else None, self.selected())
        else:
            # A picture is one symbol whatever the canvas is read as.
            self.card.show_prediction(part.prediction if part else None)
        if answer and part:
            self._bars.set_prediction(part.prediction)
            self._seen.set_image(part.image)
            self._latency.setText(tr("{time} ms", time=f"{answer.seconds * 1000:.1f}"))
        else:
            self._bars.set_labels(self._labels)
            self._seen.set_image(None)
            self._latency.setText("")
        self._show_heading()

    def _show_heading(self) -> None:
        count = len(self._symbols())
        if count > 1:
            text = tr("How probable: symbol {place} of {count}", place=self.selected() + 1, count=count)
        else:
            text = tr("How probable each symbol is")
        self._bars_card.set_heading(text)

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.card.retranslate()
        self._seen_card.set_heading(tr("What the model sees"))
        self._seen_text.setText(
            tr(
                "28 × 28 pixels. Your strokes are drawn anew: longest side 20 pixels, centre of mass in the middle, "
                "a pen 2.5 pixels wide."
            )
        )
        self._steps_button.set_texts(tr("Step by step"), tr("Show how it comes about, and what each step is worth"))
        self.steps.retranslate()
        self._model_label.setText(tr("Model"))
        self._bars.setAccessibleName(tr("How probable each symbol is"))
        self._bars.setToolTip("")
        self._seen.setToolTip(tr("The picture that is handed to the model"))
        self._latency.setToolTip(tr("From the pen's movement to the answer"))
        self._show()
