"""The answer in large, and in words how far it can be trusted."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Card, Label
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.library.dataset import DIGITS

_ROLES: Final = {Verdict.SURE: "sure", Verdict.UNSURE: "doubt", Verdict.REJECTED: "doubt", Verdict.EMPTY: "secondary"}


class AnswerCard(Card):
    """Shows one prediction; what is no symbol gets no answer, what is doubtful is said to be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = _AnswerLabel()
        self._label.setObjectName("predictedLabel")
        self._verdict = Label("secondary", wraps=True)
        self._verdict.setObjectName("verdictLabel")
        self._verdict.setStyleSheet("font-size: 12pt; font-weight: 600;")
        self._second = Label("secondary", wraps=True)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addStretch(1)
        words.addWidget(self._verdict)
        words.addWidget(self._second)
        words.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(14)
        line.addWidget(self._label)
        line.addLayout(words, 1)
        self.body.addLayout(line, 1)

    def retranslate(self) -> None:
        """Set the texts that do not depend on the prediction."""
        self.set_heading(tr("It reads"))
        self._label.setAccessibleName(tr("The symbol that was read"))

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Show `prediction`, or that there is none."""
        verdict = prediction.verdict if prediction else Verdict.EMPTY
        self._label.setText(prediction.label if prediction and not prediction.is_rejected else "")
        self._label.set_role("doubt" if verdict == Verdict.UNSURE else "strong")
        self._verdict.set_role(_ROLES[verdict])
        self._verdict.setText(_verdict_text(prediction))
        self._second.setText(_second_text(prediction))
        self._second.setVisible(bool(self._second.text()))

    def say(self, text: str) -> None:
        """Say something in the place of an answer."""
        self._verdict.setText(text)


class _AnswerLabel(Label):
    """The answer, as large as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(96, 56)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the height; a line is 1.21 times its type size high."""
        super().resizeEvent(event)
        size = max(44, min(round(self.height() * 0.8), 400))
        # A style sheet of its own, because a change of theme sets every plain font back.
        wanted = f"font-size: {size}px; font-weight: 700;"
        if self.styleSheet() != wanted:
            self.setStyleSheet(wanted)
            self.setMinimumWidth(size)


def _verdict_text(prediction: Prediction | None) -> str:
    if prediction is None or prediction.verdict == Verdict.EMPTY:
        return tr("Nothing to read yet")
    if prediction.verdict == Verdict.REJECTED:
        if prediction.labels == DIGITS.names:
            return tr("Not sure: this does not look like a digit")
        return tr("Not sure: this does not look like a symbol that the model knows")
    if prediction.verdict == Verdict.UNSURE:
        (first, _), (second, _) = prediction.alternatives[:2]
        return tr("Not sure: {first} or {second}?", first=first, second=second)
    return tr("Sure")


def _second_text(prediction: Prediction | None) -> str:
    if prediction is None or prediction.verdict == Verdict.EMPTY:
        return ""
    if prediction.verdict == Verdict.REJECTED:
        return tr("Write one symbol, not too small, or choose another model.")
    # Rounding must not turn doubt into certainty.
    percent = "> 99.9" if prediction.confidence > 0.999 else f"{prediction.confidence * 100:.1f}"
    return tr("{percent} % probable", percent=percent)
