"""How sure a model is and how often right, in words and as a curve; each of its figures leads to the samples behind."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.evaluation.calibration import CalibrationCurve, bin_of
from recognizer.evaluation.figures import BINS, Figures
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.calibration_view import CalibrationView, span_words
from recognizer.training.guesses import Guesses
from recognizer.training.runs import Predictions

_LEAST: Final = 20
"""Answers below which nothing can be said."""
_CLOSE: Final = 0.02
"""So near to each other, confidence and accuracy are the same for a person."""


class CalibrationCard(Card):
    """The card `How sure, how often right`.

    Signals:
        samplesRequested: (positions in the run's dataset, heading).
    """

    samplesRequested = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("calibrationCard")
        self._figures: Figures | None = None
        self._predictions: Predictions | None = None
        self._guesses: Guesses | None = None
        self.view = CalibrationView()
        self.view.picked.connect(self._on_bin)
        self._words = Label(wraps=True)
        self._words.setObjectName("calibrationText")
        self._second = Button(role="flat")
        self._second.setObjectName("secondGuessButton")
        self._second.clicked.connect(self._on_second)
        self._second.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._second_words = Label("secondary", wraps=True)
        self._second_words.setObjectName("secondGuessText")
        foot = QHBoxLayout()
        foot.addWidget(self._second_words, 1)
        foot.addWidget(self._second)
        self.body.addWidget(self._words)
        self.body.addWidget(self.view, 1)
        self.body.addLayout(foot)
        self.retranslate()

    def show_figures(
        self, figures: Figures | None, predictions: Predictions | None = None, guesses: Guesses | None = None
    ) -> None:
        """Show the figures of a run, or nothing; what its model said of each sample, where that is known."""
        self._figures, self._predictions, self._guesses = figures, predictions, guesses
        self.view.set_curve(figures.calibration if figures is not None else None)
        self._say()

    def _say(self) -> None:
        figures = self._figures
        self._words.setVisible(figures is not None)
        self._words.setText(calibration_words(figures.calibration) if figures is not None else "")
        second = self._second_right()
        has_second = figures is not None and figures.top2_accuracy is not None
        self._second_words.setVisible(has_second)
        self._second.setVisible(has_second and len(second) > 0)
        if figures is not None and figures.top2_accuracy is not None:
            self._second_words.setText(
                tr(
                    "Top-2: for {percent} % of the samples the right class is among the best two guesses",
                    percent=f"{100 * figures.top2_accuracy:.2f}",
                )
            )
        self._second.set_texts(
            ntr("{n} at the second guess", "{n} at the second guess", len(second)),
            tr("Open the samples that the model had right at its second guess"),
        )

    def _second_right(self) -> NDArray[np.int64]:
        """Numbers of the samples that are right at the second guess only, the surest mistakes first."""
        known, guesses = self._predictions, self._guesses
        if known is None or guesses is None:
            return np.zeros(0, np.int64)
        return self._surest_first(np.flatnonzero((known.predicted != known.truth) & guesses.is_within(known.truth, 2)))

    def _surest_first(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        assert self._predictions is not None
        return numbers[np.argsort(-self._predictions.confidence[numbers], kind="stable")]

    def _on_bin(self, item: int) -> None:
        if self._figures is None or self._predictions is None:
            return
        known, number = self._predictions, self.view.bin_number(item)
        is_inside, is_right = bin_of(known.confidence, BINS) == number, known.truth == known.predicted
        # What is wrong first, the surest mistakes foremost.
        wrong = self._surest_first(np.flatnonzero(is_inside & ~is_right))
        chosen = np.concatenate([wrong, np.flatnonzero(is_inside & is_right)])
        self._request(chosen, span_words(self._figures.calibration.bins[number]))

    def _on_second(self) -> None:
        self._request(self._second_right(), tr("Right at the second guess"))

    def _request(self, chosen: NDArray[np.int64], heading: str) -> None:
        if self._predictions is not None and len(chosen):
            self.samplesRequested.emit(self._predictions.indices[chosen], heading)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.set_heading(tr("How sure, how often right"))
        self.setToolTip(tr("Click a bar to open its samples in the Library"))
        self.view.retranslate()
        self._say()


def calibration_words(curve: CalibrationCurve) -> str:
    """The curve in two sentences: the bin that says most, and how far confidence and truth are apart on average."""
    n = sum(each.n for each in curve.bins)
    if not n:
        return ""
    confidence = sum(each.n * each.confidence for each in curve.bins) / n
    accuracy = sum(each.n * each.accuracy for each in curve.bins) / n
    is_close, is_too_sure = curve.error <= _CLOSE, confidence > accuracy
    filled = [each for each in curve.bins if each.n]
    told = [each for each in filled if each.n >= _LEAST] or filled
    if is_close:
        # The last bin is nearly everything, and says little.
        told = [each for each in told if each.high < 1] or told
    # An example of what the second sentence says, not of the opposite.
    sign = 1 if is_too_sure else -1
    most = max(told, key=lambda each: sign * each.n * (each.confidence - each.accuracy))
    first = ntr(
        "When it says {confidence} %, it is right {accuracy} % of the time ({n} sample).",
        "When it says {confidence} %, it is right {accuracy} % of the time ({n} samples).",
        most.n,
        confidence=_percent(most.confidence),
        accuracy=_percent(most.accuracy),
    )
    points = f"{100 * curve.error:.1f}"
    if n < _LEAST:
        second = tr("So few samples do not tell whether it can be taken at its word.")
    elif is_close:
        second = tr("On average the two are {points} points apart: it can be taken at its word.", points=points)
    elif is_too_sure:
        second = tr("On average the two are {points} points apart: it is too sure of itself.", points=points)
    else:
        second = tr("On average the two are {points} points apart: it is right more often than it says.", points=points)
    return tr("{before} {sentence}", before=first, sentence=second)


def _percent(share: float) -> str:
    """To the whole percent, but near 100 % to a tenth: 99.8 % is not 100 %."""
    return f"{math.floor(1000 * share) / 10:.1f}" if 0.985 <= share < 1 else f"{100 * share:.0f}"
