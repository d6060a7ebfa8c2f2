"""Samples that are there more than once: equal ones, and nearly equal ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.library.split_groups import joined
from recognizer.library.statistics.descriptors import distances

NEAR: Final = 0.15
"""How far near duplicates may be apart, of pictures brought to length 1.
Noise of 8 levels of 255 moves a picture by 0.07,
JPEG by 0.06, a turn by 2 degrees by 0.14; of MNIST's 70,000 samples only 13 pairs, all of ones, are that close."""
_AT_ONCE: Final = 4096
_WORDS: Final = 98
_RANDOM: Final = np.random.default_rng(20261122).integers(0, 2**63, _WORDS, np.uint64) * np.uint64(2) + np.uint64(1)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Samples that belong together, group by group.

    Attributes:
        members: (k,) int64 positions; those of group i from `offsets[i]` up to `offsets[i + 1]`.
        offsets: (g + 1,) int64.
        has_conflict: (g,) bool, whether its samples bear different labels.
        is_leak: (g,) bool, whether some are trained on and others validate or test.
    """

    members: NDArray[np.int64]
    offsets: NDArray[np.int64]
    has_conflict: NDArray[np.bool_]
    is_leak: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.has_conflict)

    def group(self, index: int) -> NDArray[np.int64]:
        """The positions in group `index`."""
        return self.members[self.offsets[index] : self.offsets[index + 1]]

    def members_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The positions in all groups for which `chosen`, (g,) bool, holds, ascending."""
        return np.sort(self.members[np.repeat(chosen, np.diff(self.offsets))])

    @property
    def n_superfluous(self) -> int:
        """How many samples could be removed so that one of each group is left."""
        return len(self.members) - len(self)


def picture_hashes(pictures: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """A number for each of (k, 28, 28) pictures: the same for equal ones, another for others (but one in 2**64)."""
    words = np.ascontiguousarray(pictures).reshape(len(pictures), 8 * _WORDS).view(np.uint64).copy()
    # Each word is stirred first: plain sums of products let two changes of highest bits cancel each other.
    words ^= words >> np.uint64(31)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(29)
    words *= _RANDOM
    words ^= words >> np.uint64(32)
    return words.sum(axis=1, dtype=np.uint64)


def grouped(
    rows: NDArray[np.integer],
    keys: NDArray[np.integer],
    positions: NDArray[np.int64],
    labels: NDArray[np.int32],
    splits: NDArray[np.uint8],
) -> Groups:
    """Groups of at least two rows with the same key; those with different labels first, then the large ones.

    Args:
        rows: (k,) what is grouped, ascending.
        keys: (k,) what is the same in a group.
        positions: (n,) of every row.
        labels: (n,) of every row, negative where there is none.
        splits: (n,) of every row, 0 for training.
    """
    order = np.argsort(keys, kind="stable")
    rows, keys = rows[order], keys[order]
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.intp)
    sizes = np.diff(np.append(begins, len(keys)))
    several = sizes > 1
    rows, sizes = rows[np.repeat(several, sizes)], sizes[several]
    begins = np.cumsum(sizes) - sizes
    if len(sizes) == 0:
        return Groups(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, bool), np.zeros(0, bool))
    of_labels = labels[rows]
    highest = np.maximum.reduceat(of_labels, begins)
    lowest = np.minimum.reduceat(np.where(of_labels < 0, np.iinfo(np.int32).max, of_labels), begins)
    has_conflict = lowest < highest
    is_trained = splits[rows] == 0
    n_trained = np.add.reduceat(is_trained.astype(np.int64), begins)
    is_leak = (n_trained > 0) & (n_trained < sizes)
    best = np.lexsort((rows[begins], -sizes, ~has_conflict))
    places = np.repeat(begins[best] - (np.cumsum(sizes[best]) - sizes[best]), sizes[best]) + np.arange(len(rows))
    offsets = np.concatenate([[0], np.cumsum(sizes[best])])
    return Groups(positions[rows[places]], offsets, has_conflict[best], is_leak[best])


def verified(
    pairs: NDArray[np.int32],
    pictures: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    positions: NDArray[np.int64],
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> NDArray[np.int32]:
    """Those of `pairs`, (p, 2) rows, whose pictures are at most `NEAR` apart."""
    kept = [np.zeros((0, 2), np.int32)]
    for start in range(0, len(pairs), _AT_ONCE):
        if token is not None:
            token.check()
        progress(start, len(pairs), tr("Comparing the samples"))
        part = pairs[start : start + _AT_ONCE]
        rows, places = np.unique(part, return_inverse=True)
        places = places.reshape(part.shape)
        shown = pictures(positions[rows])
        kept.append(part[distances(shown[places[:, 0]], shown[places[:, 1]]) <= NEAR])
    return np.concatenate(kept)


def linked(pairs: NDArray[np.int32], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows that are in any of `pairs`, ascending, and for each the smallest row that it is linked with."""
    is_linked = np.zeros(n, bool)
    is_linked[pairs] = True
    rows = np.flatnonzero(is_linked)
    return rows, joined(pairs[:, 0], pairs[:, 1], n)[rows]
