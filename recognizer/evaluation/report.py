"""Confusion matrix and the measures that follow from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionMatrix:
    """How often each class was taken for each.

    Attributes:
        counts: (k, k) int64; rows are the true classes, columns the predicted ones.
        labels: The k class names.
    """

    counts: NDArray[np.int64]
    labels: tuple[str, ...]

    @classmethod
    def from_predictions(
        cls, truth: NDArray[np.integer], predicted: NDArray[np.integer], labels: tuple[str, ...]
    ) -> "ConfusionMatrix":
        """Count pairs of class indices, both (n,)."""
        k = len(labels)
        flat = np.bincount(truth.astype(np.int64) * k + predicted, minlength=k * k)
        return cls(flat.reshape(k, k), labels)

    def percent_of_actual(self) -> NDArray[np.float64]:
        """(k, k), each row sums to 100, or to 0 where the class has no samples."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return 100.0 * self.counts / np.maximum(totals, 1)

    def percent_of_predicted(self) -> NDArray[np.float64]:
        """(k, k), each column sums to 100, or to 0 where no sample was taken for the class."""
        totals = self.counts.sum(axis=0, keepdims=True)
        return 100.0 * self.counts / np.maximum(totals, 1)


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class in the report: shares from 0 to 1, `support` the number of its samples."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationReport:
    """How a model did on a split.

    Attributes:
        confusion: Counted from the best label, rejected or not.
        rejected: How many samples the reject rule turned away.
    """

    confusion: ConfusionMatrix
    rejected: int = 0

    @property
    def n(self) -> int:
        """How many samples were judged."""
        return int(self.confusion.counts.sum())

    @property
    def accuracy(self) -> float:
        """The share of samples whose best label is right, 0 to 1; 0 where there are none."""
        return float(np.trace(self.confusion.counts) / self.n) if self.n else 0.0

    @property
    def per_class(self) -> tuple[ClassScore, ...]:
        """Precision, recall and F1 of every class; 0 where the denominator is 0."""
        counts = self.confusion.counts
        hits = np.diag(counts)
        actual, predicted = counts.sum(axis=1), counts.sum(axis=0)
        precision = hits / np.maximum(predicted, 1)
        recall = hits / np.maximum(actual, 1)
        f1 = 2 * hits / np.maximum(actual + predicted, 1)
        return tuple(
            ClassScore(label, float(p), float(r), float(f), int(s))
            for label, p, r, f, s in zip(self.confusion.labels, precision, recall, f1, actual, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that `recognizer evaluate --json` prints."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "rejected": self.rejected,
            "labels": list(self.confusion.labels),
            "confusion": self.confusion.counts.tolist(),
            "per_class": {
                score.label: {
                    "precision": score.precision,
                    "recall": score.recall,
                    "f1": score.f1,
                    "support": score.support,
                }
                for score in self.per_class
            },
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "EvaluationReport":
        """The report that `to_dict` gave; KeyError or ValueError where it is damaged."""
        counts, labels = np.asarray(data["confusion"], np.int64), tuple(map(str, data["labels"]))
        if not labels or counts.shape != (len(labels), len(labels)) or counts.min() < 0:
            raise ValueError(f"{counts.shape} counts for {len(labels)} labels")
        matrix = ConfusionMatrix(counts, labels)
        return cls(matrix, int(data["rejected"]))
