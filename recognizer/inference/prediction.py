"""What a model says about one picture."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Verdict(StrEnum):
    """How far an answer can be trusted."""

    EMPTY = "empty"
    """There is nothing to read."""
    SURE = "sure"
    UNSURE = "unsure"
    """A symbol, but it could be one of two."""
    REJECTED = "rejected"
    """It does not look like any symbol that the model knows."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The answer for one picture.

    Attributes:
        label: The most probable class; empty where the picture is.
        probabilities: (k,) float32, they sum to 1; zeros where the picture is empty.
        labels: The k class names.
        verdict: How far the answer can be trusted.
        seconds: What the prediction took, preprocessing not included.
    """

    label: str
    probabilities: NDArray[np.float32]
    labels: tuple[str, ...]
    verdict: Verdict
    seconds: float = 0.0

    @property
    def is_rejected(self) -> bool:
        """Whether the answer should not be taken for a symbol."""
        return self.verdict in (Verdict.EMPTY, Verdict.REJECTED)

    @property
    def confidence(self) -> float:
        """The probability of `label`, 0 to 1."""
        return float(self.probabilities.max(initial=0.0))

    @property
    def alternatives(self) -> tuple[tuple[str, float], ...]:
        """Every class with its probability, most probable first."""
        order = np.argsort(self.probabilities)[::-1]
        return tuple((self.labels[i], float(self.probabilities[i])) for i in order)
