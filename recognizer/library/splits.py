"""Dividing datasets: stratified or by writer or source, seeded, the same on every machine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.library.dataset import SPLITS, Dataset, Split, split_name
from recognizer.library.samples import NO_LABEL, UNKNOWN, SampleTable
from recognizer.library.split_groups import joined, mixed, place_groups

By = Literal["sample", "writer", "source"]
_FAR: Final = 0.02
"""How far a split's share may be from the wanted one before that is said."""


@dataclass(frozen=True, slots=True, eq=False)
class SplitPlan:
    """A division that is not carried out yet.

    Attributes:
        positions: (m,) the samples that it divides.
        splits: (m,) uint8 indices into `SPLITS`.
        labels: The classes' names, those of the samples without a label (`NO_LABEL`) last.
        counts: (len(SPLITS), len(labels)) how many samples of each class each split gets.
        shares: What was asked for, in the order of `SPLITS`.
        by: What was kept together.
        seed: Of the draw.
        groups: How many writers or sources each split gets, in the order of `SPLITS`; zeros where samples are divided.
        warnings: Sentences about what the user may not expect.
    """

    positions: NDArray[np.int64]
    splits: NDArray[np.uint8]
    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    shares: tuple[float, ...]
    by: By
    seed: int
    groups: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[str, tuple[int, ...]]]:
        """For showing: each class that has samples, by name, with its number in each of `SPLITS`."""
        there = np.flatnonzero(self.counts.sum(axis=0))
        return [(self.labels[label], tuple(self.counts[:, label].tolist())) for label in there.tolist()]

    @property
    def totals(self) -> tuple[int, ...]:
        """How many samples each of `SPLITS` gets."""
        return tuple(self.counts.sum(axis=1).tolist())


def with_split(dataset: Dataset, share: float = 0.2, seed: int = 0) -> Dataset:
    """`dataset` divided anew into training and test.

    Args:
        share: The share of every class that becomes the test split, above 0 and below 1; a class of two or more
            samples keeps at least one on each side.
        seed: Of the draw.

    Returns:
        The same samples in the same order, each in the training or the test split.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share = {share}")
    splits = np.full(len(dataset), SPLITS.index(Split.TRAIN), np.uint8)
    splits[stratified(dataset.labels, share, seed)] = SPLITS.index(Split.TEST)
    return replace(dataset, splits=splits)


def stratified(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Positions drawn evenly from every class, `round(share * n)` in all, ascending.

    Each class gives its share rounded down; the classes with the largest remainders give one more. A class of two
    or more samples gives at least one and keeps at least one.

    Args:
        labels: (n,) class indices.
        share: 0 to 1.
        seed: Of the draw.
    """
    if len(labels) == 0:
        return np.zeros(0, np.int64)
    counts = np.bincount(labels)
    wanted = counts * share
    taken = np.floor(wanted).astype(np.int64)
    missing = round(len(labels) * share) - int(taken.sum())
    taken[np.argsort(taken - wanted, kind="stable")[:missing]] += 1
    if 0.0 < share < 1.0:
        taken = np.where(counts >= 2, np.clip(taken, 1, counts - 1), taken)
    random = np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(labels == label))[:take] for label, take in enumerate(taken)]
    return np.sort(np.concatenate(drawn))


def check_trainable(dataset: Dataset) -> None:
    """Raise RecognizerError where there is nothing to learn: no training samples, all of one class, or all the same."""
    counts = dataset.counts((Split.TRAIN,))
    if not counts.any():
        raise RecognizerError(
            tr("The dataset has no training samples"),
            where=dataset.name,
            fix=tr("Choose a dataset with a training split"),
        )
    if np.count_nonzero(counts) < 2:
        only = dataset.label_set.names[int(counts.argmax())]
        raise RecognizerError(
            tr("The training samples are all of one class"),
            where=f"{dataset.name} (label = {only})",
            fix=tr("Choose a dataset with at least two classes"),
        )
    train = dataset.indices((Split.TRAIN,))
    first = dataset.images[train[0]]
    if all((dataset.images[part] == first).all() for part in (train[:100], train)):
        raise RecognizerError(
            tr("The training pictures are all the same"),
            where=dataset.name,
            fix=tr("Look at them in the Library; they may have been imported wrongly"),
        )


def plan_split(
    table: SampleTable,
    positions: NDArray[np.int64],
    shares: Mapping[Split, float],
    seed: int = 0,
    by: By = "sample",
) -> SplitPlan:
    """Plan how samples are divided.

    By sample, every class is divided by the shares. By writer or source, all samples of one are on the same side, and
    the shares are met as nearly as that allows, class by class. Samples whose originals are equal are kept on one
    side as well; two writers with an equal sample count as one, unless the shares could no longer be met at all.
    Samples without a writer (or source) are kept together as if they had the same one: they may have.

    The same samples, shares and seed give the same plan on every machine, whatever the order of `positions`.

    Args:
        table: The dataset.
        positions: (m,) which of its samples are divided.
        shares: How much each split is to get, together 1; splits that are not named get nothing.
        seed: Of the draw.
        by: What is kept together.

    Raises:
        RecognizerError: The shares cannot be used, there are no samples, or fewer writers or sources than splits.
    """
    parts = _checked_shares(shares)
    if len(positions) == 0:
        raise RecognizerError(
            tr("There are no samples to divide"), where=table.name, fix=tr("Choose some samples, or clear the filter")
        )
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    warnings: list[str] = []
    labels = table.labels[ordered].astype(np.int64)
    n_classes = len(table.label_set)
    classes = np.where(labels == UNKNOWN, n_classes, labels)
    groups = _groups(table, ordered, by, sum(part > 0 for part in parts), warnings)
    units = _with_equal_samples(table.hashes[ordered], groups, parts, by, warnings)
    first = np.empty(int(units.max()) + 1, np.int64)
    first[units[::-1]] = np.arange(len(units))[::-1]
    sides = place_groups(units, classes, parts, mixed(table.ids[ordered[first]], seed))[units]
    splits = np.empty(len(positions), np.uint8)
    splits[order] = sides
    counts = np.bincount(sides * (n_classes + 1) + classes, minlength=len(SPLITS) * (n_classes + 1))
    counts = counts.reshape(len(SPLITS), n_classes + 1)
    of_sides = np.zeros(len(SPLITS), np.int64)
    if by != "sample":
        seen = np.zeros((int(groups.max()) + 1, len(SPLITS)), bool)
        seen[groups, sides] = True
        of_sides = seen.sum(axis=0)
        warnings += _parted(table, ordered, by)
    warnings += _missed(counts, parts, (*table.label_set.names, NO_LABEL))
    return SplitPlan(
        positions=positions,
        splits=splits,
        labels=(*table.label_set.names, NO_LABEL),
        counts=counts,
        shares=parts,
        by=by,
        seed=seed,
        groups=tuple(of_sides.tolist()),
        warnings=tuple(warnings),
    )


def _checked_shares(shares: Mapping[Split, float]) -> tuple[float, ...]:
    """The shares in the order of `SPLITS`."""
    parts = tuple(float(shares.get(split, 0.0)) for split in SPLITS)
    where = ", ".join(f"{split} = {part:.4g}" for split, part in zip(SPLITS, parts, strict=True))
    # Written so that what is no number is refused too.
    if not all(0 <= part <= 1 for part in parts):
        raise RecognizerError(
            tr("A share is not between 0 and 1"), where=where, fix=tr("Give each split between 0 % and 100 %")
        )
    if abs(sum(parts) - 1) > 1e-6:
        raise RecognizerError(
            tr("The shares do not add up to 100 %"),
            where=f"{where}, {100 * sum(parts):.4g} %",
            fix=tr("Change them so that all samples are given away, such as 80 %, 10 % and 10 %"),
        )
    return parts


def _groups(
    table: SampleTable, positions: NDArray[np.int64], by: By, n_splits: int, warnings: list[str]
) -> NDArray[np.int64]:
    """What is kept together: (m,) numbers from 0 without gaps."""
    if by == "sample":
        return np.arange(len(positions))
    column = (table.writers if by == "writer" else table.sources)[positions]
    counts = np.bincount(column - UNKNOWN)
    n, n_unknown = int(np.count_nonzero(counts)), int(counts[0])
    if n < n_splits:
        raise _too_few(table, by, n - (n_unknown > 0), n_splits)
    if n_unknown and by == "writer":
        warnings.append(
            ntr(
                "{n} sample has no writer; it counts as one more writer",
                "{n} samples have no writer; they are kept together, as if one more writer had written them",
                n_unknown,
            )
        )
    elif n_unknown:
        warnings.append(
            ntr(
                "{n} sample has no source; it counts as one more source",
                "{n} samples have no source; they are kept together, as if they came from one more source",
                n_unknown,
            )
        )
    return (np.cumsum(counts > 0) - 1).take(column - UNKNOWN)


def _too_few(table: SampleTable, by: By, n: int, n_splits: int) -> RecognizerError:
    if by == "writer":
        what = ntr("The samples are of {n} known writer", "The samples are of {n} known writers", n)
        fix = tr("Divide by sample or source, ask for fewer splits, or say who wrote the samples")
    else:
        what = ntr("The samples are of {n} known source", "The samples are of {n} known sources", n)
        fix = tr("Divide by sample, or ask for fewer splits")
    return RecognizerError(what, where=f"{table.name} ({by}, {n_splits} > {n})", fix=fix)


def _with_equal_samples(
    hashes: NDArray[np.uint64], groups: NDArray[np.int64], parts: tuple[float, ...], by: By, warnings: list[str]
) -> NDArray[np.int64]:
    """Groups made one where they have an equal sample: (m,) numbers from 0 without gaps."""
    known = np.flatnonzero(hashes)
    # Sorting takes a tenth of what sorting places takes, and mostly no two are equal.
    alone = np.sort(hashes[known])
    if not (alone[1:] == alone[:-1]).any():
        return groups
    known = known[np.argsort(hashes[known], kind="stable")]
    is_same = hashes[known[1:]] == hashes[known[:-1]]
    first, second = groups[known[:-1][is_same]], groups[known[1:][is_same]]
    is_link = first != second
    if not is_link.any():
        return groups
    n = int(groups.max()) + 1
    units = np.unique(joined(first[is_link], second[is_link], n)[groups], return_inverse=True)[1]
    if by == "sample":
        return units
    sizes = np.bincount(units)
    largest = max(max(parts) * len(groups), float(np.bincount(groups).max()))
    if len(sizes) < sum(part > 0 for part in parts) or sizes.max() > largest:
        warnings.append(
            ntr(
                "{n} sample equals one of another writer or source, and may be on another side than it",
                "{n} samples equal ones of other writers or sources, and may be on other sides than they",
                int(is_link.sum()),
            )
        )
        return groups
    n_joined = n - len(sizes)
    if by == "writer":
        text = ntr(
            "{n} writer has samples equal to another's, and is kept on the same side",
            "{n} writers have samples equal to others', and are kept on the same side as they",
            n_joined,
        )
    else:
        text = ntr(
            "{n} source has samples equal to another's, and is kept on the same side",
            "{n} sources have samples equal to others', and are kept on the same side as they",
            n_joined,
        )
    warnings.append(text)
    return units


def _parted(table: SampleTable, positions: NDArray[np.int64], by: By) -> list[str]:
    """What to say of writers and sources of which only some samples are divided."""
    column = (table.writers if by == "writer" else table.sources) - UNKNOWN
    inside = np.bincount(column[positions], minlength=int(column.max()) + 1)
    n = int(np.count_nonzero((inside > 0)[1:] & (np.bincount(column) > inside)[1:]))
    if n == 0:
        return []
    if by == "writer":
        return [
            ntr(
                "{n} writer has further samples, which stay in their splits",
                "{n} writers have further samples, which stay in their splits",
                n,
            )
        ]
    return [
        ntr(
            "{n} source has further samples, which stay in their splits",
            "{n} sources have further samples, which stay in their splits",
            n,
        )
    ]


def _missed(counts: NDArray[np.int64], parts: tuple[float, ...], labels: tuple[str, ...]) -> list[str]:
    """What to say of shares that are not met."""
    said = []
    whole = counts.sum()
    for split, part, got in zip(SPLITS, parts, counts, strict=True):
        share = got.sum() / whole
        if abs(share - part) > _FAR:
            said.append(
                tr("{split} gets {got:.1%} instead of {wanted:.1%}", split=split_name(split), got=share, wanted=part)
            )
        lacking = [
            label or tr("no label")
            for label, n, of_split in zip(labels, counts.sum(axis=0), got, strict=True)
            if n and not of_split
        ]
        if part > 0 and lacking:
            names = ", ".join(lacking[:12]) + (", …" if len(lacking) > 12 else "")
            said.append(tr("{split} gets no samples of {labels}", split=split_name(split), labels=names))
    return said
