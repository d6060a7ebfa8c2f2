"""Computing the statistics of a dataset, picture by picture in bounded memory."""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.dataset import SPLITS
from recognizer.library.samples import UNKNOWN, Flag, SampleTable
from recognizer.library.statistics.classes import ClassSums
from recognizer.library.statistics.descriptors import DIMENSIONS, Projection, fitted
from recognizer.library.statistics.duplicates import Groups, grouped, linked, picture_hashes, verified
from recognizer.library.statistics.leaks import shared_writers
from recognizer.library.statistics.measures import SCALES, Measure, measured
from recognizer.library.statistics.neighbours import Neighbours, find_neighbours
from recognizer.library.statistics.reference import reference
from recognizer.library.statistics.results import Distribution, Statistics, Thumbnails
from recognizer.library.statistics.suspects import Suspects, find_suspects, shapes_of

_CHUNK: Final = 8192
_FITTED: Final = 8192
"""Pictures that the descriptors are fitted to."""
_SHOWN_GROUPS: Final = 12
_SHOWN_OF_GROUP: Final = 8
_SHOWN: Final = 60
"""How many thumbnails are kept of each kind of finding."""
NEIGHBOURS_TAKE: Final = 0.6
"""The share of the time that comparing the samples takes, for the progress."""


@dataclass(slots=True, eq=False)
class _Looked:
    """What looking at every picture gives."""

    classes: ClassSums
    bins: dict[Measure, NDArray[np.uint8]]
    hashes: NDArray[np.uint64]
    is_empty: NDArray[np.bool_]
    descriptors: NDArray[np.float16]


def compute(
    table: SampleTable,
    positions: NDArray[np.int64] | None = None,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    *,
    with_neighbours: bool = True,
) -> Statistics:
    """Compute the statistics of samples.

    For 1,000,000 samples it takes about 120 MB besides the table. Equal samples are found whatever their number; near
    duplicates and samples among those of another class with the approximation of `neighbours`.

    Args:
        table: The dataset.
        positions: (m,) which of its samples; all where None.
        progress: Told how many samples are done.
        token: Stops it, within a fraction of a second.
        with_neighbours: Whether near duplicates and samples among those of another class are looked for.

    Raises:
        Cancelled: By `token`.
    """
    positions = np.arange(len(table), dtype=np.int64) if positions is None else _ascending(positions)
    m = len(positions)
    labels, splits, writers = table.labels[positions], table.splits[positions], table.writers[positions]
    total = round(m / (1 - NEIGHBOURS_TAKE)) if with_neighbours else m
    looked = _look(table, positions, labels, total, progress, token, with_descriptors=with_neighbours)
    # Narrow numbers: there may be millions of pairs of them.
    full = np.flatnonzero(~looked.is_empty).astype(np.int32)
    equal = grouped(full, looked.hashes[full], positions, labels, splits)
    near, neighbours, rows = grouped(full[:0], full[:0], positions, labels, splits), None, full[:0]
    if with_neighbours:

        def part(begin: float, end: float) -> ProgressCallback:
            """What tells that a part of the comparing is done."""

            def report(done: int, of: int, message: str) -> None:
                progress(m + round((total - m) * (begin + (end - begin) * done / max(1, of))), total, message)

            return report

        rows, twins = _distinct(full, looked.hashes[full], labels[full])
        neighbours = _neighbours(table, looked.descriptors, labels, rows, part(0, 0.8), token)
        looked.descriptors = looked.descriptors[:0].copy()
        pairs = rows[neighbours.pairs]
        pairs = pairs[looked.hashes[pairs[:, 0]] != looked.hashes[pairs[:, 1]]]
        pairs = verified(pairs, table.pictures, positions, part(0.8, 1), token)
        near = grouped(*linked(np.concatenate([pairs, _touched(twins, pairs, m)]), m), positions, labels, splits)
    suspects = find_suspects(table, positions, rows, neighbours)
    progress(total, total, tr("Comparing the samples"))
    n_classes = len(table.label_set)
    classes = np.where(labels < 0, n_classes, labels)
    n_splits = len(SPLITS)
    balance = np.bincount(classes * n_splits + splits, minlength=(n_classes + 1) * n_splits).reshape(-1, n_splits)
    flags = table.flags[positions]
    empty = positions[looked.is_empty]
    return Statistics(
        name=table.name,
        title=table.title,
        made=int(time.time()),
        positions=positions,
        ids=table.ids[positions],
        label_names=table.label_set.names,
        labels=labels,
        splits=splits,
        balance=balance,
        n_writers=int(np.count_nonzero(np.bincount(writers[writers != UNKNOWN]))),
        n_ink=int(table.is_ink[positions].sum()),
        n_flagged=int(((flags & Flag.FLAGGED) != 0).sum()),
        n_excluded=int(((flags & Flag.EXCLUDED) != 0).sum()),
        classes=looked.classes.pictures(),
        distributions=_distributions(looked.bins),
        bins=looked.bins,
        empty=empty,
        equal=equal,
        n_same_originals=_n_repeated(table.hashes[positions]),
        near=near,
        suspects=suspects,
        writers=shared_writers(writers, splits, table.writer_names),
        writer_of=writers,
        has_neighbours=with_neighbours,
        is_complete=neighbours is None or neighbours.is_complete,
        thumbnails=_thumbnails(table, (equal, near), suspects),
    )


def _look(
    table: SampleTable,
    positions: NDArray[np.int64],
    labels: NDArray[np.int32],
    total: int,
    progress: ProgressCallback,
    token: CancellationToken | None,
    *,
    with_descriptors: bool,
) -> _Looked:
    """Go through all pictures once, in chunks."""
    m = len(positions)
    projection = _projection(table, positions) if with_descriptors and m else None
    looked = _Looked(
        ClassSums(),
        {measure: np.empty(m, np.uint8) for measure in Measure},
        np.empty(m, np.uint64),
        np.empty(m, bool),
        np.empty((m if projection else 0, DIMENSIONS), np.float16),
    )
    for start in range(0, m, _CHUNK):
        if token is not None:
            token.check()
        progress(start, total, tr("Measuring the samples"))
        part = slice(start, start + _CHUNK)
        pictures = table.pictures(positions[part])
        looked.classes.add(pictures, labels[part])
        values = measured(pictures)
        for measure, scale in SCALES.items():
            looked.bins[measure][part] = scale.bins_of(values[measure])
        looked.is_empty[part] = np.isnan(values[Measure.WIDTH])
        looked.hashes[part] = picture_hashes(pictures)
        if projection is not None:
            looked.descriptors[part] = projection.descriptors(pictures)
    return looked


def _projection(table: SampleTable, positions: NDArray[np.int64]) -> Projection:
    """Fitted to samples from all over the dataset."""
    return fitted(table.pictures(positions[:: max(1, len(positions) // _FITTED)][:_FITTED]))


def _distinct(
    full: NDArray[np.int32], hashes: NDArray[np.uint64], labels: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The rows without those that equal an earlier one in picture and label; and (t, 2) pairs of equal rows."""
    order = np.lexsort((labels, hashes))
    is_same = hashes[order][1:] == hashes[order][:-1]
    is_repeated = np.zeros(len(full), bool)
    is_repeated[order[1:][is_same & (labels[order][1:] == labels[order][:-1])]] = True
    return full[~is_repeated], np.stack([full[order[:-1][is_same]], full[order[1:][is_same]]], axis=1)


def _touched(twins: NDArray[np.int32], pairs: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Those of the pairs of equal rows, of n, that belong to a group of near ones."""
    is_known = np.zeros(n, bool)
    is_known[pairs] = True
    while True:
        touched = twins[is_known[twins].any(axis=1)]
        if is_known[touched].all():
            return touched
        is_known[touched] = True


def _ascending(positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """`positions` in order, each once."""
    is_ascending = bool((positions[1:] > positions[:-1]).all())
    return np.asarray(positions, np.int64) if is_ascending else np.unique(positions).astype(np.int64)


def _neighbours(
    table: SampleTable,
    descriptors: NDArray[np.float16],
    labels: NDArray[np.int32],
    rows: NDArray[np.int32],
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> Neighbours:
    """Compare the samples at `rows`; `descriptors` are of no use afterwards."""
    # Moved together where they are: a copy would take as much memory again.
    for start in range(0, len(rows) if len(rows) < len(descriptors) else 0, _CHUNK):
        part = slice(start, min(start + _CHUNK, len(rows)))
        descriptors[part] = descriptors[rows[part]]
    points = descriptors[: len(rows)]
    spreads = points[:: max(1, len(points) // _FITTED)].astype(np.float32).std(axis=0) if len(points) else None
    shapes = shapes_of(table.label_set.names)[0].take(labels[rows])
    return find_neighbours(
        points, shapes, np.ones(DIMENSIONS, np.float32) if spreads is None else spreads, progress, token
    )


def _distributions(bins: dict[Measure, NDArray[np.uint8]]) -> tuple[Distribution, ...]:
    known = reference()
    return tuple(
        Distribution(measure, np.bincount(bins[measure], minlength=256)[: scale.bins], known[measure])
        for measure, scale in SCALES.items()
    )


def _n_repeated(hashes: NDArray[np.uint64]) -> int:
    known = np.sort(hashes[hashes != 0])
    return int((known[1:] == known[:-1]).sum())


def _thumbnails(table: SampleTable, groups: tuple[Groups, ...], suspects: Suspects) -> Thumbnails:
    """Pictures of the first groups, of the first groups that leak, and of the first suspects."""
    wanted = [suspects.positions[:_SHOWN]]
    for each in groups:
        leaking = np.flatnonzero(each.is_leak)[:_SHOWN_GROUPS].tolist()
        for index in {*range(min(_SHOWN_GROUPS, len(each))), *leaking}:
            wanted.append(each.group(index)[:_SHOWN_OF_GROUP])
    positions = np.unique(np.concatenate(wanted))
    return Thumbnails(positions, table.pictures(positions) if len(positions) else np.zeros((0, 28, 28), np.uint8))
