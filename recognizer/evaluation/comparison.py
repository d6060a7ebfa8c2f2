"""Whether one model is better than another on the same samples, and on which."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PairedComparison:
    """Two models on the same samples; every sample is in one of four groups.

    Attributes:
        fixed: (f,) int64, positions of the samples that the first model has wrong and the second right, ascending.
        broke: (b,) int64, of those that the first has right and the second wrong.
        both_wrong: (w,) int64, of those that both have wrong.
        n: How many samples there are.
        p_value: Of the exact McNemar test, see `mcnemar_p`.
    """

    fixed: NDArray[np.int64]
    broke: NDArray[np.int64]
    both_wrong: NDArray[np.int64]
    n: int
    p_value: float

    @property
    def both_right(self) -> int:
        """How many samples both have right."""
        return self.n - len(self.fixed) - len(self.broke) - len(self.both_wrong)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with the positions."""
        return {
            "n": self.n,
            "both_right": self.both_right,
            "fixed": self.fixed.tolist(),
            "broke": self.broke.tolist(),
            "both_wrong": self.both_wrong.tolist(),
            "p_value": self.p_value,
        }


def compare_paired(
    first: NDArray[np.bool_], second: NDArray[np.bool_], positions: NDArray[np.int64] | None = None
) -> PairedComparison:
    """Compare two models by whether they have each sample right.

    Args:
        first: (n,) bool, of the model that stands for before.
        second: (n,) bool, of the one that stands for after.
        positions: (n,) int64, what the samples are called in the result; 0, 1, ... where None.

    Raises:
        ValueError: The arrays differ in length.
    """
    names = np.arange(len(first)) if positions is None else positions
    if not len(first) == len(second) == len(names):
        raise ValueError(f"{len(first)}, {len(second)} and {len(names)} samples")
    fixed, broke = np.sort(names[~first & second]), np.sort(names[first & ~second])
    both_wrong = np.sort(names[~first & ~second])
    return PairedComparison(fixed, broke, both_wrong, len(first), mcnemar_p(len(fixed), len(broke)))


def mcnemar_p(fixed: int, broke: int) -> float:
    """The exact two-sided p-value of McNemar's test (McNemar 1947, Psychometrika 12, pages 153-157).

    If neither model were better, each sample on which they disagree would be fixed or broken like a coin's toss. It is
    twice the binomial probability of so few on the rarer side, at most 1: how often chance alone gives so large a
    difference.

    Args:
        fixed: How many samples only the second model has right.
        broke: How many only the first has right.
    """
    n, fewer = fixed + broke, min(fixed, broke)
    # Whole numbers of any size, so that nothing is rounded before the division.
    term = tail = 1
    for i in range(fewer):
        term = term * (n - i) // (i + 1)
        tail += term
    return min(1.0, 2 * tail / 2**n)
