"""What the statistics of a dataset say, and which samples stand behind each figure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.library.dataset import SPLITS
from recognizer.library.statistics.classes import ClassPictures
from recognizer.library.statistics.duplicates import Groups
from recognizer.library.statistics.leaks import SharedWriters
from recognizer.library.statistics.measures import NOT_MEASURED, SCALES, Measure
from recognizer.library.statistics.suspects import Suspects


class Kind(StrEnum):
    """What a figure is about; beside these there are the measures.

    `positions_of` takes with each kind a key:

    CLASS: (class, split), their indices, either None for all; −1 for samples without a label.
    EQUAL, NEAR: the number of the group; None for all.
    CONFLICT: nothing; all equal or nearly equal samples with different labels.
    EMPTY: nothing.
    SUSPECT: a `Reason`; None for all.
    LEAK: `"equal"`, `"near"`, `"writers"` or the index of a writer; None for all of these.
    """

    CLASS = "class"
    EQUAL = "equal"
    NEAR = "near"
    CONFLICT = "conflict"
    EMPTY = "empty"
    SUSPECT = "suspect"
    LEAK = "leak"


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """How a measure is distributed.

    Attributes:
        measure: What was measured.
        counts: (bins,) int64 samples in each bin of `SCALES[measure]`.
        reference: (bins,) float64 share of the shipped models' training data in each bin; zeros where that is not to
            be had.
    """

    measure: Measure
    counts: NDArray[np.int64]
    reference: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """(bins,) share of the measured samples in each bin."""
        return self.counts / max(1, self.counts.sum())

    @property
    def overlap(self) -> float:
        """How much of the two distributions is common, 0 to 1."""
        return float(np.minimum(self.shares, self.reference).sum())

    def mean(self, *, of_reference: bool = False) -> float:
        """The mean of the bins; NaN where there is nothing."""
        weights = self.reference if of_reference else self.shares
        return float((weights * self._middles).sum() / weights.sum()) if weights.any() else float("nan")

    def deviation(self, *, of_reference: bool = False) -> float:
        """The standard deviation of the bins; NaN where there is nothing."""
        weights = self.reference if of_reference else self.shares
        if not weights.any():
            return float("nan")
        away = self._middles - self.mean(of_reference=of_reference)
        return float(np.sqrt((weights * away**2).sum() / weights.sum()))

    @property
    def _middles(self) -> NDArray[np.float64]:
        scale = SCALES[self.measure]
        return scale.edges[:-1] + (0 if scale.is_whole else scale.step / 2)

    def quantile(self, share: float, *, of_reference: bool = False) -> float:
        """The value below which `share` of the samples are; NaN where there are none.

        Within a bin the samples count as lying evenly.
        """
        weights = self.reference if of_reference else self.shares
        total = weights.sum()
        if total == 0:
            return float("nan")
        sums = np.concatenate([[0.0], np.cumsum(weights) / total])
        scale = SCALES[self.measure]
        if scale.is_whole:
            return float(np.searchsorted(sums[1:], share - 1e-9))
        return float(np.interp(share, sums, scale.edges))


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnails:
    """Pictures of some samples, for showing.

    Attributes:
        positions: (k,) int64 ascending.
        pictures: (k, 28, 28) uint8.
    """

    positions: NDArray[np.int64]
    pictures: NDArray[np.uint8]

    def picture(self, position: int) -> NDArray[np.uint8] | None:
        """The picture of the sample at `position`; None where it is not among these."""
        place = int(np.searchsorted(self.positions, position))
        if place < len(self.positions) and self.positions[place] == position:
            return self.pictures[place]
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Figures about m samples of a dataset.

    Attributes:
        name, title: Of the dataset.
        made: When they were computed, seconds since 1970.
        positions: (m,) int64 the samples, ascending.
        ids: (m,) int64 their ids, by which they are named.
        label_names: The classes in the user's order.
        labels: (m,) int32 indices into these; −1 where there is none.
        splits: (m,) uint8 indices into `SPLITS`.
        balance: (classes + 1, 3) int64 samples by class and split; the last row is of those without a label.
        n_writers, n_ink, n_flagged, n_excluded: How many writers; how many samples have strokes, are flagged, are
            excluded.
        classes: Mean and spread pictures.
        distributions: Of each measure.
        bins: For each measure (m,) uint8, the samples' bins; `NOT_MEASURED` where there is no ink.
        empty: (k,) int64 positions of samples without an inked pixel.
        equal: Samples with the same picture.
        n_same_originals: How many samples have the same original as an earlier one.
        near: Samples with nearly the same picture; equal ones belong to them where others are near.
        suspects: What is probably wrong.
        writers: Writers on both sides of the split.
        writer_of: (m,) int32 the writer of each sample; −1 where that is not known.
        has_neighbours: Whether near duplicates and samples among those of another class were looked for.
        is_complete: Whether all near duplicates are there; False where there were too many to keep.
        thumbnails: Pictures of the first of what was found.
    """

    name: str
    title: str
    made: int
    positions: NDArray[np.int64]
    ids: NDArray[np.int64]
    label_names: tuple[str, ...]
    labels: NDArray[np.int32]
    splits: NDArray[np.uint8]
    balance: NDArray[np.int64]
    n_writers: int
    n_ink: int
    n_flagged: int
    n_excluded: int
    classes: ClassPictures
    distributions: tuple[Distribution, ...]
    bins: dict[Measure, NDArray[np.uint8]]
    empty: NDArray[np.int64]
    equal: Groups
    n_same_originals: int
    near: Groups
    suspects: Suspects
    writers: SharedWriters
    writer_of: NDArray[np.int32]
    has_neighbours: bool
    is_complete: bool
    thumbnails: Thumbnails

    def __len__(self) -> int:
        return len(self.positions)

    def distribution(self, measure: Measure) -> Distribution:
        """How `measure` is distributed."""
        return next(each for each in self.distributions if each.measure is measure)

    def label_of(self, position: int) -> str:
        """The label of the sample at `position`, one of `positions`; empty where it has none."""
        index = int(self.labels[self._place(position)])
        return self.label_names[index] if index >= 0 else ""

    def id_of(self, position: int) -> int:
        """The id of the sample at `position`, one of `positions`."""
        return int(self.ids[self._place(position)])

    def split_of(self, position: int) -> str:
        """The split of the sample at `position`, one of `positions`."""
        return SPLITS[self.splits[self._place(position)]].value

    def positions_of(self, kind: Kind | Measure, key: Any = None) -> NDArray[np.int64]:
        """The samples behind a figure.

        Args:
            kind: What the figure is about.
            key: Which figure: of a measure the number of a bin, of a `Kind` as it says; None for all.

        Returns:
            (k,) int64 positions: suspects with the most suspicious first, groups one after another, all else as in
            `positions`.

        Raises:
            ValueError: There is no such figure.
        """
        if isinstance(kind, Measure):
            return self.positions[self.bins[kind] != NOT_MEASURED if key is None else self.bins[kind] == key]
        if kind is Kind.CLASS:
            return self.positions[self._of_class(*(key or (None, None)))]
        if kind is Kind.EMPTY:
            return self.empty
        if kind in (Kind.EQUAL, Kind.NEAR):
            groups = self.equal if kind is Kind.EQUAL else self.near
            return groups.members if key is None else groups.group(key)
        if kind is Kind.CONFLICT:
            parts = [groups.members_of(groups.has_conflict) for groups in (self.equal, self.near)]
            return np.unique(np.concatenate(parts))
        if kind is Kind.SUSPECT:
            reasons = self.suspects.reasons
            return self.suspects.positions[reasons > 0 if key is None else (reasons & np.uint8(key)) != 0]
        return self._leaking(key)

    def _of_class(self, label: int | None, split: int | None) -> NDArray[np.bool_]:
        mask = np.ones(len(self), bool)
        if label is not None:
            mask &= self.labels == label
        if split is not None:
            mask &= self.splits == split
        return mask

    def _leaking(self, key: Any) -> NDArray[np.int64]:
        if key not in (None, "equal", "near", "writers") and not isinstance(key, int | np.integer):
            raise ValueError(f"key = {key}")
        parts = [np.zeros(0, np.int64)]
        if key in (None, "equal"):
            parts.append(self.equal.members_of(self.equal.is_leak))
        if key in (None, "near"):
            parts.append(self.near.members_of(self.near.is_leak))
        if key in (None, "writers"):
            parts.append(self.positions[np.isin(self.writer_of, self.writers.writers)])
        elif not isinstance(key, str):
            parts.append(self.positions[self.writer_of == key])
        return np.unique(np.concatenate(parts))

    def _place(self, position: int) -> int:
        return int(np.searchsorted(self.positions, position))
