"""Whether a model that says 90 % is right nine times in ten, and the temperature that makes it so."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_TINY: Final = 1e-12
_COLDEST, _HOTTEST = 0.02, 50.0


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The answers of similar confidence.

    Attributes:
        low, high: The bin's bounds, 0 to 1; answers at `low` belong to the bin before it, but for the first.
        n: How many answers fell into it.
        confidence: Their mean confidence; 0 where there are none.
        accuracy: The share of them that are right; 0 where there are none.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CalibrationCurve:
    """Confidence against accuracy, as it is drawn.

    Attributes:
        bins: From the least sure to the surest, equally wide.
        error: The expected calibration error of these bins, 0 to 1.
        adaptive_error: The same over bins of equally many answers, which tells more where nearly all are sure.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    adaptive_error: float

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "error": self.error,
            "adaptive_error": self.adaptive_error,
            "bins": [asdict(each) for each in self.bins],
        }


def calibration_curve(
    confidence: NDArray[np.floating], is_right: NDArray[np.bool_], bins: int = 15
) -> CalibrationCurve:
    """The reliability diagram with the errors that sum it up; arguments as for `reliability`."""
    table = reliability(confidence, is_right, bins)
    return CalibrationCurve(table, _expected(table), adaptive_calibration_error(confidence, is_right, bins))


def reliability(
    confidence: NDArray[np.floating], is_right: NDArray[np.bool_], bins: int = 15
) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram's table: confidence against accuracy in `bins` equally wide bins.

    Args:
        confidence: (n,) the probability of the best label, 0 to 1.
        is_right: (n,) whether the best label is the true one.
        bins: How many bins.
    """
    places = bin_of(confidence, bins)
    return _table(np.asarray(confidence, np.float64), is_right, places, np.linspace(0, 1, bins + 1))


def bin_of(confidence: NDArray[np.floating], bins: int = 15) -> NDArray[np.int64]:
    """(n,) the number of the bin that `reliability` counts each answer in, from 0."""
    bounds = np.linspace(0, 1, bins + 1)
    return np.clip(np.searchsorted(bounds, confidence, side="left") - 1, 0, bins - 1)


def calibration_error(confidence: NDArray[np.floating], is_right: NDArray[np.bool_], bins: int = 15) -> float:
    """The expected calibration error (Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3).

    Args:
        confidence: (n,) the probability of the best label, 0 to 1.
        is_right: (n,) whether the best label is the true one.
        bins: How many equally wide bins; 15 is usual.

    Returns:
        The mean distance of accuracy from confidence over the answers, 0 to 1; 0 where there are none.
    """
    return _expected(reliability(confidence, is_right, bins))


def adaptive_calibration_error(confidence: NDArray[np.floating], is_right: NDArray[np.bool_], bins: int = 15) -> float:
    """The same over bins that hold equally many answers each (Nguyen and O'Connor 2015, Nixon et al. 2019).

    Where nearly all answers are sure, equally wide bins tell little: almost everything falls into the last one.
    """
    n = len(confidence)
    if n == 0:
        return 0.0
    order = np.argsort(confidence, kind="stable")
    places = np.minimum(np.arange(n) * bins // n, bins - 1)
    ordered = np.asarray(confidence, np.float64)[order]
    return _expected(_table(ordered, np.asarray(is_right)[order], places, np.linspace(0, 1, bins + 1)))


def negative_log_likelihood(
    scores: NDArray[np.floating], labels: NDArray[np.integer], temperature: float = 1.0
) -> float:
    """The mean of −log p(label), p = softmax(scores / temperature).

    Args:
        scores: (n, k) logits, or logarithms of probabilities, which differ from logits by a constant a row.
        labels: (n,) the true classes.
        temperature: Above 0.
    """
    scaled = np.asarray(scores, np.float64) / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]))


def fit_temperature(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The temperature of the least negative log-likelihood.

    In 1 / temperature that is convex, so it has a single minimum; it is found by golden section over the logarithm.

    Args:
        scores: (n, k) logits, or logarithms of probabilities (`log_probabilities`), of held-out samples.
        labels: (n,) their true classes.

    Returns:
        From 0.02 to 50; to be divided by: above 1 where the model was too sure of itself.
    """
    ratio = (np.sqrt(5) - 1) / 2
    low, high = np.log(_COLDEST), np.log(_HOTTEST)

    def loss(place: float) -> float:
        return negative_log_likelihood(scores, labels, float(np.exp(place)))

    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-6:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2))


def log_probabilities(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scores for `fit_temperature` from (n, k) probabilities; zeros count as 1e-12."""
    return np.log(np.maximum(np.asarray(probabilities, np.float64), _TINY))


def with_temperature(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float32]:
    """(n, k) probabilities as they would be at another temperature; their order stays the same."""
    scaled = log_probabilities(probabilities) / temperature
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return (scaled / scaled.sum(axis=1, keepdims=True)).astype(np.float32)


def _table(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], places: NDArray[np.integer], bounds: NDArray
) -> tuple[ReliabilityBin, ...]:
    bins = len(bounds) - 1
    counts = np.bincount(places, minlength=bins)
    most = np.maximum(counts, 1)
    mean = np.bincount(places, confidence, bins) / most
    share = np.bincount(places, np.asarray(is_right, np.float64), bins) / most
    return tuple(
        ReliabilityBin(float(bounds[i]), float(bounds[i + 1]), int(counts[i]), float(mean[i]), float(share[i]))
        for i in range(bins)
    )


def _expected(table: tuple[ReliabilityBin, ...]) -> float:
    total = sum(each.n for each in table)
    return sum(each.n * abs(each.accuracy - each.confidence) for each in table) / total if total else 0.0
