"""The answer in large, and in words how far it can be trusted."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.symbol_chips import SymbolChips
from recognizer.gui.widgets.verdict_words import (
    least_probable_words,
    probability_words,
    reading_verdict,
    reading_words,
    verdict_words,
)
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import Reading

_ROLES: Final = {Verdict.SURE: "sure", Verdict.UNSURE: "doubt", Verdict.REJECTED: "doubt", Verdict.EMPTY: "secondary"}
_LARGEST: Final = 400
_SMALLEST: Final = 14


class AnswerCard(Card):
    """Shows one prediction or a number; what is no symbol gets no answer, what is doubtful is said to be.

    Signals:
        numberWanted: The drawing is to be read as a whole number, as was offered.
        whyWanted: The answer is to be explained.
    """

    numberWanted = Signal()
    whyWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = _AnswerLabel()
        self._label.setObjectName("predictedLabel")
        self._verdict = Label("secondary", wraps=True)
        self._verdict.setObjectName("verdictLabel")
        self._verdict.setStyleSheet("font-size: 12pt; font-weight: 600;")
        self._second = Label("secondary", wraps=True)
        self._offer = Button(role="primary")
        self._offer.setObjectName("readAsNumberButton")
        self._offer.clicked.connect(self.numberWanted)
        self._offer.hide()
        self._why = Button()
        self._why.setObjectName("whyButton")
        self._why.set_keys("W")
        self._why.clicked.connect(self.whyWanted)
        # Nothing is to move when the first answer comes.
        policy = self._why.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._why.setSizePolicy(policy)
        self._why.hide()
        self.chips = SymbolChips()
        self.chips.hide()
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addStretch(1)
        words.addWidget(self._verdict)
        words.addWidget(self._second)
        words.addWidget(self._offer, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        self._line = QHBoxLayout()
        self._line.setSpacing(14)
        self._line.addWidget(self._label)
        self._line.addLayout(words, 1)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self._why)
        self.body.addLayout(head)
        self.body.addLayout(self._line, 1)
        self.body.addWidget(self.chips)

    def retranslate(self) -> None:
        """Set the texts that do not depend on the prediction."""
        self.set_heading(tr("It reads"))
        self._label.setAccessibleName(tr("What was read"))
        self._why.set_texts(
            tr("Why?"), tr("See which parts speak for the answer, and how the network comes to it step by step")
        )

    def set_number(self, is_number: bool) -> None:
        """Leave room for a number, or for one symbol."""
        self._label.set_wide(is_number)
        self._line.setStretch(0, 3 if is_number else 0)
        self._line.setStretch(1, 2 if is_number else 1)
        self.chips.setVisible(is_number)

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Show `prediction`, or that there is none."""
        verdict = prediction.verdict if prediction else Verdict.EMPTY
        text = prediction.label if prediction and not prediction.is_rejected else ""
        self._show(text, verdict, verdict_words(prediction), probability_words(prediction))

    def show_reading(self, reading: Reading | None, selected: int) -> None:
        """Show a whole number, with the symbol at `selected` looked at; or that there is none."""
        read = reading or Reading(())
        verdict = reading_verdict(read)
        self._show(read.text, verdict, reading_words(read), least_probable_words(read))
        self.chips.show_symbols(read.symbols, selected)

    def show_unread(self, error: RecognizerError) -> None:
        """Say why there is no answer."""
        self._show("", Verdict.REJECTED, error.what, tr("{line}. {fix}.", line=error.where, fix=error.fix))
        self._why.hide()
        self.chips.show_symbols((), -1)

    def offer_number(self, text: str) -> None:
        """Offer to read the drawing as the number `text`; empty to offer nothing."""
        if text:
            self._offer.set_texts(
                tr("Several symbols? Read {number}", number=text), tr("Read the drawing as a whole number")
            )
        self._offer.setVisible(bool(text))

    def _show(self, text: str, verdict: Verdict, words: str, second: str) -> None:
        self._label.setText(text)
        self._label.fit()
        self._label.set_role("doubt" if verdict in (Verdict.UNSURE, Verdict.REJECTED) else "strong")
        self._verdict.set_role(_ROLES[verdict])
        self._verdict.setText(words)
        self._second.setText(second)
        self._second.setVisible(bool(second))
        self._why.setVisible(verdict != Verdict.EMPTY)

    def say(self, text: str) -> None:
        """Say something in the place of an answer."""
        self._verdict.setText(text)


class _AnswerLabel(Label):
    """The answer, as large as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._is_wide = False
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(96, 56)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    def set_wide(self, is_wide: bool) -> None:
        """Whether the width is given, as for a number, or follows the height."""
        self._is_wide = is_wide
        across = QSizePolicy.Policy.Ignored if is_wide else QSizePolicy.Policy.Preferred
        self.setSizePolicy(across, QSizePolicy.Policy.Ignored)
        self.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        if not is_wide:
            self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the room."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Set the largest type in which the text has room; a line is 1.21 times its type size high."""
        lines = self.text().split("\n")
        size = max(44, min(round(self.height() * 0.8), _LARGEST))
        if self._is_wide:
            widest = max(_width_per_pixel(line) for line in lines)
            by_height = self.height() / (1.21 * len(lines))
            size = round(max(_SMALLEST, min(by_height, self.width() / max(widest, 0.01), _LARGEST)))
        # A style sheet of its own, because a change of theme sets every plain font back.
        wanted = f"font-size: {size}px; font-weight: 700;"
        if self.styleSheet() != wanted:
            self.setStyleSheet(wanted)
            self.setMinimumSize(96 if self._is_wide else size, 76 if self._is_wide else 56)


def _width_per_pixel(text: str) -> float:
    """How wide `text` is in pixels for each pixel of the type's size."""
    font = theme.font(10, QFont.Weight.Bold)
    font.setPixelSize(100)
    return QFontMetricsF(font).horizontalAdvance(text) / 100 * 1.02
