"""What the figures of a judgement are worth: an interval for the accuracy, means over classes, the second guess."""

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.evaluation.calibration import CalibrationCurve, calibration_curve
from recognizer.evaluation.report import ClassScore, EvaluationReport

BINS: Final = 10
"""Of the calibration curve: bounds that people can read, 80 to 90 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true share most probably lies, 0 to 1; `confidence` is how probably, such as 0.95."""

    low: float
    high: float
    confidence: float


def wilson_interval(right: int, n: int, confidence: float = 0.95) -> Interval:
    """The score interval of a share (Wilson 1927, JASA 22, pages 209-212).

    It stays within 0 and 1 and is of use even where all answers, or none, are right.

    Args:
        right: How many of `n` answers are right, 0 to n.
        n: How many answers there are; the interval is all of 0 to 1 where there are none.
        confidence: Above 0 and below 1.

    Raises:
        ValueError: `right` is not from 0 to n.
    """
    if not 0 <= right <= n:
        raise ValueError(f"{right} of {n} are right")
    if n == 0:
        return Interval(0.0, 1.0, confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, spread = right / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = (share * (1 - share) * spread + spread * spread / 4) ** 0.5 / (1 + spread)
    # The ends are exact where nothing or everything is right, which rounding would miss.
    return Interval(
        0.0 if right == 0 else max(0.0, middle - half), 1.0 if right == n else min(1.0, middle + half), confidence
    )


@dataclass(frozen=True, slots=True)
class Averages:
    """Means over the classes, shares from 0 to 1."""

    precision: float
    recall: float
    f1: float


def macro_averages(report: EvaluationReport) -> Averages:
    """Every class counts the same; classes that neither have samples nor were answered are left out."""
    return _averages([(score, 1) for score in _seen(report)])


def weighted_averages(report: EvaluationReport) -> Averages:
    """Every class counts as often as it has samples."""
    return _averages([(score, score.support) for score in _seen(report)])


def balanced_accuracy(report: EvaluationReport) -> float:
    """The mean recall of the classes that have samples, 0 to 1; 0 where there are none.

    What the accuracy would be if every class had equally many samples (Brodersen et al. 2010).
    """
    recalls = [score.recall for score in report.per_class if score.support]
    return sum(recalls) / len(recalls) if recalls else 0.0


def top_accuracy(probabilities: NDArray[np.floating], truth: NDArray[np.integer], k: int = 2) -> float:
    """The share of samples whose true class is among the `k` most probable ones, 0 to 1; 0 where there are none.

    Args:
        probabilities: (n, c); of equally probable classes the first ones count as more probable.
        truth: (n,) class indices; those from c on are never among them.
        k: How many guesses are allowed.
    """
    n, classes = probabilities.shape
    if n == 0:
        return 0.0
    is_known = truth < classes
    own = np.where(is_known, truth, 0)[:, None]
    level = np.take_along_axis(probabilities, own, axis=1)
    is_before = (probabilities > level) | ((probabilities == level) & (np.arange(classes) < own))
    return float(np.mean(is_known & (is_before.sum(axis=1) < k)))


@dataclass(frozen=True, slots=True)
class Figures:
    """What is to be said of a judgement beside its confusion matrix.

    Attributes:
        interval: Wilson's 95 % interval of the accuracy.
        balanced_accuracy: 0 to 1.
        macro, weighted: Means over the classes.
        calibration: Confidence against accuracy, in `BINS` bins.
        top2_accuracy: How often the true class is among the best two, 0 to 1; None where only the best is known.
    """

    interval: Interval
    balanced_accuracy: float
    macro: Averages
    weighted: Averages
    calibration: CalibrationCurve
    top2_accuracy: float | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as `recognizer evaluate --json` prints it beside the report."""
        return {**asdict(self), "calibration": self.calibration.to_dict()}


def figures_of(
    report: EvaluationReport,
    confidence: NDArray[np.floating],
    is_right: NDArray[np.bool_],
    top2_accuracy: float | None = None,
) -> Figures:
    """All of them.

    Args:
        report: The counts.
        confidence: (n,) the probability of each sample's best label.
        is_right: (n,) whether that is the true one.
        top2_accuracy: How often the true class is among the best two, where that is known; see `top_accuracy`.
    """
    return Figures(
        wilson_interval(int(np.trace(report.confusion.counts)), report.n),
        balanced_accuracy(report),
        macro_averages(report),
        weighted_averages(report),
        calibration_curve(confidence, is_right, BINS),
        top2_accuracy,
    )


def _seen(report: EvaluationReport) -> list[ClassScore]:
    answered = report.confusion.counts.sum(axis=0)
    return [score for score, n in zip(report.per_class, answered, strict=True) if n or score.support]


def _averages(scores: list[tuple[ClassScore, int]]) -> Averages:
    total = sum(weight for _, weight in scores)
    if not total:
        return Averages(0.0, 0.0, 0.0)
    sums = [
        sum(weight * value for value, weight in zip(column, (w for _, w in scores), strict=True))
        for column in zip(*((score.precision, score.recall, score.f1) for score, _ in scores), strict=True)
    ]
    return Averages(*(each / total for each in sums))
