"""Mean and spread picture of each class, from pictures that come in chunks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ClassPictures:
    """What a class looks like on the whole.

    Attributes:
        labels: (c,) int64 indices of the classes that have pictures, ascending.
        counts: (c,) int64 how many pictures each has.
        means: (c, 28, 28) float32 mean level of each pixel, 0 to 255.
        spreads: (c, 28, 28) float32 standard deviation of each pixel's level.
    """

    labels: NDArray[np.int64]
    counts: NDArray[np.int64]
    means: NDArray[np.float32]
    spreads: NDArray[np.float32]


class ClassSums:
    """Adds up pictures class by class, exactly."""

    def __init__(self) -> None:
        self._sums: dict[int, tuple[int, NDArray[np.int64], NDArray[np.int64]]] = {}

    def add(self, pictures: NDArray[np.uint8], labels: NDArray[np.int32]) -> None:
        """Add (k, 28, 28) pictures of the (k,) classes; those of a negative class are left out."""
        order = np.argsort(labels, kind="stable")
        classes, begins = np.unique(labels[order], return_index=True)
        ends = np.append(begins[1:], len(order))
        for label, begin, end in zip(classes.tolist(), begins.tolist(), ends.tolist(), strict=True):
            if label < 0:
                continue
            own = pictures[order[begin:end]].astype(np.uint16)
            total = own.sum(axis=0, dtype=np.int64)
            # A square of a level needs 16 bits.
            own *= own
            squares = own.sum(axis=0, dtype=np.int64)
            n, before, before_squares = self._sums.get(label, (0, np.int64(0), np.int64(0)))
            self._sums[label] = (n + end - begin, before + total, before_squares + squares)

    def pictures(self) -> ClassPictures:
        """The means and spreads of all that was added."""
        labels = sorted(self._sums)
        means = np.zeros((len(labels), 28, 28), np.float32)
        spreads = np.zeros_like(means)
        counts = np.zeros(len(labels), np.int64)
        for place, label in enumerate(labels):
            n, total, squares = self._sums[label]
            mean = total / n
            counts[place], means[place] = n, mean
            spreads[place] = np.sqrt(np.maximum(squares / n - mean**2, 0))
        return ClassPictures(np.array(labels, np.int64), counts, means, spreads)
