"""Datasets of the library as tables to look through and as arrays to train on."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet, Split
from recognizer.library.samples import UNKNOWN, Flag, SampleTable
from recognizer.library.store.library import Library

_CHUNK: Final = 8192


@dataclass(frozen=True, slots=True, eq=False)
class LibraryDataset(Dataset):
    """A dataset of the library in memory.

    Attributes:
        ids: (n,) int64, the samples' ids in the library.
    """

    ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def table(library: Library, name: str, *, removed: bool = False) -> SampleTable:
    """A dataset's samples as they are now.

    Args:
        library: Where they are.
        name: The dataset's name.
        removed: Those that were put away instead.

    Returns:
        A snapshot; the same one until the library changes.
    """
    record = library.record(name)
    with library.file.lock:
        key = ("table", record.id, removed)
        known = library.cache.get(key)
        if known is not None and known[0] == library.revision:
            found = known[1]
            assert isinstance(found, SampleTable)
            return found
        columns, names = library.columns, library.names
        mask = columns["dataset"] == record.id
        mask &= columns["deleted"] != 0 if removed else columns["deleted"] == 0
        rows: NDArray[np.int64] | slice = slice(None) if mask.all() else np.flatnonzero(mask)
        classes = names.classes_of(record.id)
        # Deleted samples may be of classes that are gone with the edit that made them.
        highest = max(max(names.classes, default=0), int(columns["class"].max(initial=0)))
        places = np.full(highest + 1, UNKNOWN, np.int32)
        places[[one.id for one in classes]] = np.arange(len(classes), dtype=np.int32)

        def taken(column: str) -> NDArray:
            return columns[column][rows].copy() if isinstance(rows, slice) else columns[column][rows]

        texts = names.texts
        writers, writer_names = _used(taken("writer"), texts)
        sources, source_names = _used(taken("source"), texts)
        notes, note_texts = _used(taken("note"), texts)
        predicted, predicted_names = _used(taken("predicted"), texts)
        confidence = taken("confidence")
        ids = taken("id")
        made = SampleTable(
            name=record.name,
            title=record.title,
            ids=ids,
            labels=places[taken("class")],
            label_set=LabelSet(tuple(one.name for one in classes)),
            splits=taken("split"),
            pictures=lambda positions: library.pictures(ids[positions]),
            writers=writers,
            sources=sources,
            notes=notes,
            created=taken("created"),
            flags=taken("flags"),
            is_ink=taken("kind") == 1,
            hashes=taken("hash").view(np.uint64),
            predicted=predicted,
            confidences=np.where(confidence == 0, np.float32("nan"), (confidence - np.float32(1)) / np.float32(65534)),
            writer_names=writer_names,
            source_names=source_names,
            note_texts=note_texts,
            predicted_names=predicted_names,
            source=tr("Your library"),
        )
        library.cache[key] = (library.revision, made)
        return made


def _used(numbers: NDArray[np.int32], texts: list[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Ids of texts as indices into just those texts that occur; 0 becomes `UNKNOWN`."""
    occurs = np.bincount(numbers, minlength=len(texts)) > 0
    occurs[0] = False
    used = np.flatnonzero(occurs)
    places = np.full(len(texts), UNKNOWN, np.int32)
    places[used] = np.arange(len(used), dtype=np.int32)
    return places[numbers], tuple(texts[number] for number in used.tolist())


def load(
    library: Library,
    name: str,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    *,
    keeps_excluded: bool = False,
) -> LibraryDataset:
    """The labelled samples of a dataset as arrays, in the order of their ids.

    Args:
        library: Where they are.
        name: The dataset's name.
        progress: Told how far it is.
        token: Stops it.
        keeps_excluded: Whether samples that are marked as not to be used come too.

    Raises:
        RecognizerError: There are none.
        Cancelled: By `token`.
    """
    rows = table(library, name)
    mask = rows.labels >= 0
    if not keeps_excluded:
        mask &= (rows.flags & int(Flag.EXCLUDED)) == 0
    positions = np.flatnonzero(mask)
    if not len(positions):
        raise RecognizerError(
            tr("The dataset has no labelled samples"),
            where=rows.title,
            fix=tr("Draw or import some, or say on the Library page what its samples are"),
        )
    images = np.empty((len(positions), 28, 28), np.uint8)
    for start in range(0, len(positions), _CHUNK):
        progress(start, len(positions), tr("Reading {name}", name=rows.title))
        if token is not None:
            token.check()
        part = positions[start : start + _CHUNK]
        images[start : start + len(part)] = rows.pictures(part)
    labels = rows.labels[positions].astype(np.int64)
    used = [rows.label_set.names[index] for index in np.unique(labels).tolist()]
    if any(label in DIGITS.names for label in used):
        # All ten digits, so that datasets of a few digits each can be compared and trained on together.
        used = [*DIGITS.names, *(label for label in used if label not in DIGITS.names)]
    where = {label: place for place, label in enumerate(used)}
    places = np.array([where.get(label, UNKNOWN) for label in rows.label_set.names], np.int64)
    return LibraryDataset(
        name=rows.name,
        title=rows.title,
        images=images,
        labels=places[labels],
        splits=rows.splits[positions],
        label_set=LabelSet(tuple(used)),
        source=rows.source,
        ids=rows.ids[positions],
    )


def counts(library: Library) -> dict[str, int]:
    """How many samples every dataset has, by its name."""
    if not library.exists():
        return {}
    with library.file.opened():
        columns = library.columns
        there = columns["dataset"][columns["deleted"] == 0]
        found = np.bincount(there, minlength=max(library.names.datasets, default=0) + 1)
        return {record.name: int(found[record.id]) for record in library.records()}


def split_counts(library: Library) -> dict[str, dict[Split, int]]:
    """How many samples every dataset has in each split that can be trained on or judged by, by its name."""
    if not library.exists():
        return {}
    with library.file.opened():
        columns = library.columns
        usable = (columns["deleted"] == 0) & (columns["class"] > 0) & ((columns["flags"] & int(Flag.EXCLUDED)) == 0)
        places = columns["dataset"][usable].astype(np.int64) * len(SPLITS) + columns["split"][usable]
        size = (max(library.names.datasets, default=0) + 1) * len(SPLITS)
        found = np.bincount(places, minlength=size).reshape(-1, len(SPLITS))
        return {
            record.name: {split: int(n) for split, n in zip(SPLITS, found[record.id], strict=True)}
            for record in library.records()
        }
