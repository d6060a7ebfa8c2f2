"""Which samples lie close to each other in the space of descriptors, in memory and time that grow with their number.

Comparing everything with everything takes n² steps. Here the space is cut in two along a random direction, again and
again, until at most 512 samples lie in a cell; those of a cell are compared with each other. Two that lie on different
sides of a cut are missed, so it is done six times with other cuts. Up to 2,048 samples are compared outright.

Measured on MNIST's 70,000 with 10,000 altered copies added (noise of 8 and 14 levels, JPEG, turned by 1.5 and 2.2
degrees): of the copies that are near duplicates 99.5 % are found, all of those with noise or from JPEG.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.library.statistics.products import product

TREES: Final = 6
_CELL: Final = 512
_OUTRIGHT: Final = 2_048
"""Samples up to which all are compared."""
CLOSE: Final = 0.09
"""How far the descriptors of near duplicates may be apart; the pictures themselves decide. Descriptors show no
detail, so that what moves a picture by `duplicates.NEAR` moves its descriptor by less."""
_COPY: Final = 0.05
"""Samples so close may be made from each other, and say nothing of each other's label."""
_MOST_PAIRS: Final = 2_000_000
_CROWDED: Final = 8
"""Close ones that the samples of a cell have on average before not each pair is kept."""
_SEED: Final = 7
_REPORTED: Final = 8192
_BLOCK: Final = 32_768
"""Descriptors that are looked at as single-precision numbers at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """What was found about n samples.

    Attributes:
        pairs: (p, 2) int32 rows of samples whose descriptors are close, each pair once.
        is_complete: False where there were so many pairs that some were left out.
        own: (n,) float32 distance to the nearest sample of the same label that is no copy of it; infinite where none
            was near.
        other: (n,) float32 likewise to the nearest sample of another label.
        other_labels: (n,) int32 its label; −1 where there is none.
    """

    pairs: NDArray[np.int32]
    is_complete: bool
    own: NDArray[np.float32]
    other: NDArray[np.float32]
    other_labels: NDArray[np.int32]


def find_neighbours(
    descriptors: NDArray[np.float16],
    labels: NDArray[np.int32],
    spreads: NDArray[np.float32],
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> Neighbours:
    """Look for close samples.

    Args:
        descriptors: (n, d) float16.
        labels: (n,) int32, negative where there is none.
        spreads: (d,) float32, the standard deviations of the descriptors along their axes.
        progress: Told how many samples of all trees are done.
        token: Stops it.

    Raises:
        Cancelled: By `token`.
    """
    n = len(descriptors)
    found = _Found(n)
    chance = np.random.default_rng(_SEED)
    is_small = n <= _OUTRIGHT
    trees = 1 if is_small else TREES
    for tree in range(trees):
        done = 0
        for rows in _cells(descriptors, spreads, _OUTRIGHT if is_small else _CELL, chance, token):
            _compare(descriptors[rows].astype(np.float32), rows, labels[rows], found)
            before, done = done, done + len(rows)
            if before // _REPORTED != done // _REPORTED:
                progress(tree * n + done, trees * n, tr("Comparing the samples"))
    return Neighbours(found.pairs(), found.is_complete, found.own, found.other, found.other_labels)


class _Found:
    """What is known so far."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._new: list[NDArray[np.int64]] = []
        self._n_new = 0
        self._codes = np.zeros(0, np.int64)
        self.is_complete = True
        self.own = np.full(n, np.inf, np.float32)
        self.other = np.full(n, np.inf, np.float32)
        self.other_labels = np.full(n, -1, np.int32)

    def add_pairs(self, one: NDArray[np.integer], other: NDArray[np.integer]) -> None:
        """Add pairs of different rows, in either order."""
        if len(self._codes) >= _MOST_PAIRS:
            self.is_complete &= len(one) == 0
            return
        self._new.append(np.minimum(one, other).astype(np.int64) * self._n + np.maximum(one, other))
        self._n_new += len(one)
        if self._n_new > _MOST_PAIRS // 4:
            self._tidy()

    def pairs(self) -> NDArray[np.int32]:
        """(p, 2) each pair once, the smaller row first; the last thing to be asked for."""
        self._tidy()
        pairs = np.empty((len(self._codes), 2), np.int32)
        pairs[:, 0] = self._codes // max(1, self._n)
        self._codes %= max(1, self._n)
        pairs[:, 1] = self._codes
        return pairs

    def _tidy(self) -> None:
        """Keep each pair once."""
        codes = np.concatenate([self._codes, *self._new])
        self._new, self._n_new = [], 0
        codes.sort()
        codes = codes[np.append(True, codes[1:] != codes[:-1])] if len(codes) else codes
        self.is_complete &= len(codes) <= _MOST_PAIRS
        self._codes = codes[:_MOST_PAIRS]


def _cells(
    descriptors: NDArray[np.float16],
    spreads: NDArray[np.float32],
    most: int,
    chance: np.random.Generator,
    token: CancellationToken | None,
) -> Iterator[NDArray[np.int32]]:
    """The rows of one tree's cells, (k,) int32 each."""
    rows = np.arange(len(descriptors), dtype=np.int32)
    # Directions in which the data is wide, so that a cut parts few that are close.
    directions = (chance.normal(size=(64, len(spreads))) * spreads).astype(np.float32)
    open_cells = [(0, len(rows), 0)]
    while open_cells:
        if token is not None:
            token.check()
        begin, end, depth = open_cells.pop()
        if end - begin <= most:
            if end > begin:
                # In order, so that the first of many copies is the same one in every tree.
                yield np.sort(rows[begin:end])
            continue
        along = _along(descriptors, rows[begin:end], directions[depth])
        half = (end - begin) // 2
        rows[begin:end] = rows[begin:end][np.argpartition(along, half)]
        open_cells += [(begin, begin + half, depth + 1), (begin + half, end, depth + 1)]


def _along(
    descriptors: NDArray[np.float16], rows: NDArray[np.int32], direction: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How far along `direction` some of the samples are, (k,)."""
    along = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        along[part] = np.einsum("ij,j->i", descriptors[rows[part]].astype(np.float32), direction)
    return along


def _compare(points: NDArray[np.float32], rows: NDArray[np.int32], labels: NDArray[np.int32], found: _Found) -> None:
    """Compare the samples of a cell with each other."""
    k = len(rows)
    halves = np.einsum("ij,ij->i", points, points)[:, None] * np.float32(-0.5)
    ones = np.ones((k, 1), np.float32)
    # −|a − b|² / 2 = a·b − |a|²/2 − |b|²/2 in one product.
    near = product(np.hstack([points, halves, ones]), np.ascontiguousarray(np.hstack([points, ones, halves]).T))
    np.fill_diagonal(near, -np.inf)
    hits = np.flatnonzero(near >= -0.5 * CLOSE**2)
    if len(hits) > _CROWDED * k:
        # Many copies of few: with its nearest one and with the first of them, each is linked to all others.
        is_close = near >= -0.5 * CLOSE**2
        some = np.flatnonzero(is_close.any(axis=1))
        hits = np.concatenate([some * k + near[some].argmax(axis=1), some * k + is_close[some].argmax(axis=1)])
    found.add_pairs(rows[hits // k], rows[hits % k])
    is_same = labels[:, None] == labels
    is_labelled = labels >= 0
    near[near >= -0.5 * _COPY**2] = -np.inf
    own = np.where(is_same, near, -np.inf).max(axis=1)
    # In place of what is of the same label, or of none.
    near[is_same | ~is_labelled] = -np.inf
    places = near.argmax(axis=1)
    nearest = near[np.arange(k), places]
    found.own[rows] = np.minimum(found.own[rows], _distance(own))
    is_nearer = _distance(nearest) < found.other[rows]
    found.other[rows[is_nearer]] = _distance(nearest[is_nearer])
    found.other_labels[rows[is_nearer]] = labels[places[is_nearer]]


def _distance(halves: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sqrt(np.maximum(-2 * halves, 0))
