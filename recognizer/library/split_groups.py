"""Placing groups of samples on the sides of a split: whole ones, with every class divided as nearly as can be."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_WEIGHED: Final = 60_000
"""Pairs of a group and a class up to which groups are weighed one by one; smaller groups beyond are dealt out."""
_MOVED: Final = 3_000
"""Groups up to which it is tried whether moving one makes the shares better."""
_ROUNDS: Final = 20


def mixed(values: NDArray[np.integer], seed: int) -> NDArray[np.uint64]:
    """Numbers that look random, the same for the same values and seed on every machine (splitmix64, Steele 2014)."""
    # Not the same factor as that of the values, or seeds would only move the numbers along.
    key = np.uint64(seed * 0xD1342543DE82EF95 % 2**64)
    mixed = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + key
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def joined(groups: NDArray[np.integer], others: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """Groups that are linked, directly or through others, made one.

    Args:
        groups, others: (k,) pairs of linked groups.
        n: How many groups there are.

    Returns:
        (n,) for each group the smallest of those that it is one with.
    """
    roots = np.arange(n, dtype=np.int64)
    while True:
        low, high = roots[groups], roots[others]
        low, high = np.minimum(low, high), np.maximum(low, high)
        if (low == high).all():
            return roots
        np.minimum.at(roots, high, low)
        while True:
            further = roots[roots]
            if (further == roots).all():
                break
            roots = further


def place_groups(
    groups: NDArray[np.int64], classes: NDArray[np.int64], shares: Sequence[float], keys: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Choose a side for each group.

    Groups of several samples are placed first, large before small ones, each where the classes that it brings
    are missed most; then groups are moved while that helps. Single samples, and small groups where there are very
    many, are dealt out class by class.

    Args:
        groups: (m,) the group of each sample, 0 to g − 1.
        classes: (m,) the class of each sample, 0 and up.
        shares: How much of every class each side is to have, together 1; at most g of them above 0.
        keys: (g,) the order of groups that are equal otherwise.

    Returns:
        (g,) the side of each group; each side with a share gets one at least.
    """
    n = len(keys)
    n_classes = int(classes.max(initial=-1)) + 1
    wanted = np.outer(shares, np.bincount(classes, minlength=n_classes))
    sizes = np.bincount(groups, minlength=n)
    if n == len(groups):
        # Samples alone, which are in order already.
        of_group, of_class, counts = np.arange(n), np.empty(n, np.int64), np.ones(n, np.int64)
        of_class[groups] = classes
    else:
        pairs, counts = np.unique(groups * n_classes + classes, return_counts=True)
        of_group, of_class = pairs // n_classes, pairs % n_classes
    begins = np.concatenate([[0], np.cumsum(np.bincount(of_group, minlength=n))])
    several = np.flatnonzero(sizes > 1)
    # Groups of about the same size come in random order, so that another seed gives another division.
    several = several[np.lexsort((keys[several], -np.frexp(sizes[several])[1]))]
    weighed = several[: int(np.searchsorted(np.cumsum(np.diff(begins)[several]), _WEIGHED, side="right"))]
    contents = [
        (of_class[begins[group] : begins[group + 1]].tolist(), counts[begins[group] : begins[group + 1]].tolist())
        for group in weighed.tolist()
    ]
    chosen = np.full(n, -1, np.int64)
    scales = _Scales(wanted.tolist())
    for group, content in zip(weighed.tolist(), contents, strict=True):
        chosen[group] = scales.best(content)
        scales.add(content, int(chosen[group]), 1)
    if len(weighed) <= _MOVED:
        _move(scales, weighed.tolist(), contents, chosen)
    rest = np.flatnonzero(chosen < 0)
    if len(rest):
        missing = np.maximum(_quotas(wanted) - np.array(scales.have), 0)
        chosen[rest] = _dealt(of_class[begins[rest]], sizes[rest], missing, keys[rest])
    _fill_empty(chosen, shares, sizes, keys)
    return chosen


def _quotas(wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """`wanted` in whole samples, which differ by less than one, and so do the sums of the sides, nearly.

    Then each side that wants something of a class gets one, where there are enough.
    """
    whole = np.round(wanted.sum(axis=0)).astype(np.int64)
    # A share such as 0.8 · 10 may come out just below 8.
    quotas = np.floor(wanted + 1e-6).astype(np.int64)
    owed = np.zeros(len(wanted))
    for label in range(wanted.shape[1]):
        parts = wanted[:, label] - quotas[:, label]
        owed += parts
        for _ in range(int(whole[label] - quotas[:, label].sum())):
            side = int(np.argmax(np.where(parts > 1e-6, owed, -np.inf)))
            quotas[side, label] += 1
            owed[side] -= 1
            parts[side] = 0
        for side in np.argsort(-wanted[:, label], kind="stable").tolist():
            richest = int(quotas[:, label].argmax())
            if wanted[side, label] > 0 and quotas[side, label] == 0 and quotas[richest, label] > 1:
                quotas[side, label] += 1
                quotas[richest, label] -= 1
    return quotas


class _Scales:
    """What each side has of each class, against what it is to have.

    Sums are formed one by one in Python: sums of arrays differ between processors in their last digits, and the same
    seed is to give the same split everywhere.
    """

    def __init__(self, wanted: list[list[float]]) -> None:
        self.have = [[0] * len(row) for row in wanted]
        self._wanted = wanted

    def cost(self, content: tuple[list[int], list[int]], side: int) -> float:
        """How much worse the shares of `side` become by `content`: the change of chi-square."""
        have, wanted = self.have[side], self._wanted[side]
        total = 0.0
        for label, count in zip(*content, strict=True):
            if wanted[label] == 0:
                return float("inf")
            total += count * (2 * (have[label] - wanted[label]) + count) / wanted[label]
        return total

    def best(self, content: tuple[list[int], list[int]]) -> int:
        """The side that needs `content` most."""
        costs = [self.cost(content, side) for side in range(len(self.have))]
        return costs.index(min(costs))

    def add(self, content: tuple[list[int], list[int]], side: int, sign: int) -> None:
        """Put `content` on `side`, or take it away where `sign` is −1."""
        have = self.have[side]
        for label, count in zip(*content, strict=True):
            have[label] += sign * count


def _move(
    scales: _Scales, groups: list[int], contents: list[tuple[list[int], list[int]]], chosen: NDArray[np.int64]
) -> None:
    """Move single groups while that brings the shares nearer to what is wanted."""
    for _ in range(_ROUNDS):
        moved = False
        for group, content in zip(groups, contents, strict=True):
            side = int(chosen[group])
            scales.add(content, side, -1)
            better = scales.best(content)
            if better != side and scales.cost(content, better) < scales.cost(content, side) - 1e-9:
                chosen[group] = better
                moved = True
            scales.add(content, int(chosen[group]), 1)
        if not moved:
            return


def _order(keys: NDArray[np.uint64]) -> NDArray[np.intp]:
    """The stable order of keys that are hardly ever equal, in a third of the time."""
    order = np.argsort(keys)
    ordered = keys[order]
    # How equal ones are placed depends on the processor.
    return np.argsort(keys, kind="stable") if (ordered[1:] == ordered[:-1]).any() else order


def _dealt(
    classes: NDArray[np.int64], sizes: NDArray[np.int64], missing: NDArray[np.float64], keys: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Sides for many small groups: those of a class in random order, cut where the sides' shares of it end."""
    order = _order((classes.astype(np.uint64) << np.uint64(48)) | (keys >> np.uint64(16)))
    classes, sizes = classes[order], sizes[order]
    ends = np.cumsum(sizes)
    first = np.searchsorted(classes, classes)
    middles = ends - sizes / 2 - (ends[first] - sizes[first])
    whole = np.bincount(classes, weights=sizes, minlength=missing.shape[1])
    total = missing.sum(axis=0)
    cuts = np.cumsum(missing * np.divide(whole, total, out=np.zeros_like(whole), where=total > 0), axis=0)
    sides = np.zeros(len(classes), np.int64)
    for cut in cuts[:-1]:
        sides += middles >= cut[classes]
    result = np.empty(len(classes), np.int64)
    result[order] = sides
    return result


def _fill_empty(chosen: NDArray[np.int64], shares: Sequence[float], sizes: NDArray[np.int64], keys: NDArray) -> None:
    """Give each side that got no group the smallest one of the side that has most groups."""
    for side, share in enumerate(shares):
        if share > 0 and not (chosen == side).any():
            richest = int(np.bincount(chosen, minlength=len(shares)).argmax())
            candidates = np.flatnonzero(chosen == richest)
            chosen[candidates[np.lexsort((keys[candidates], sizes[candidates]))[0]]] = side
