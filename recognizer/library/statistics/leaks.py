"""What training and judging have in common and should not: writers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.library.dataset import SPLITS
from recognizer.library.samples import UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class SharedWriters:
    """Writers whose samples are trained on and validate or test as well.

    Attributes:
        writers: (w,) int64 indices of the writers, those with most samples first.
        names: Their names.
        counts: (w, 3) int64 how many samples each has in each of `SPLITS`.
    """

    writers: NDArray[np.int64]
    names: tuple[str, ...]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.writers)


def shared_writers(writers: NDArray[np.int32], splits: NDArray[np.uint8], names: tuple[str, ...]) -> SharedWriters:
    """The writers on both sides, of samples with the (m,) `writers` and `splits`; nobody knows of those without."""
    known = writers != UNKNOWN
    n = len(SPLITS)
    counts = np.bincount(writers[known].astype(np.int64) * n + splits[known], minlength=n * len(names)).reshape(-1, n)
    shared = np.flatnonzero((counts[:, 0] > 0) & (counts[:, 1:].sum(axis=1) > 0))
    shared = shared[np.argsort(-counts[shared].sum(axis=1), kind="stable")]
    return SharedWriters(shared, tuple(names[index] for index in shared.tolist()), counts[shared])
