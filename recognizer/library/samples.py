"""What the parts of the library hand to each other: chunks of samples on their way in or out, and tables of samples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import Dataset, LabelSet, Split

Content = Ink | NDArray[np.uint8]
"""What was drawn, or a picture: (h, w) uint8 grey levels, in either polarity."""

NO_LABEL: Final = ""
"""The label of a sample of which nobody has said yet what it is."""
UNKNOWN: Final = -1
"""In a table's columns: no label, no writer, no source, no note, no prediction."""


class Flag(IntFlag):
    """Marks that a sample can bear."""

    FLAGGED = 1
    """To be looked at again."""
    EXCLUDED = 2
    """Not to be trained on or judged by."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of an import or export that could not be used, while the rest went on.

    Attributes:
        where: The file, or the place in it, as the user knows it.
        error: What is wrong.
        is_note: Whether nothing is wrong: it was left out because somebody wants it to be, or because it is there.
    """

    where: str
    error: RecognizerError
    is_note: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some samples on their way into the library or out of it.

    Every sequence but `contents` may be empty, which says nothing of any sample; else it has n entries.

    Attributes:
        contents: n drawings or pictures; an (n, h, w) uint8 array is a sequence of pictures too.
        labels: What each is; `NO_LABEL` where that is not known.
        splits: What each is used for; None where the data does not say.
        writers: Who wrote each; empty text where that is not known.
        sources: The file or the place in it that each comes from; empty text for the import as a whole.
        notes: Words of the user.
        flags: Bits of `Flag`.
        created: When each was made, seconds since 1970, UTC; 0 where that is not known.
        problems: What could not be read on the way to this chunk.
    """

    contents: Sequence[Content] | NDArray[np.uint8]
    labels: Sequence[str] = ()
    splits: Sequence[Split | None] = ()
    writers: Sequence[str] = ()
    sources: Sequence[str] = ()
    notes: Sequence[str] = ()
    flags: Sequence[int] = ()
    created: Sequence[int] = ()
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.contents)
        for name in ("labels", "splits", "writers", "sources", "notes", "flags", "created"):
            given = len(getattr(self, name))
            if given not in (0, n):
                raise ValueError(f"{given} {name} for {n} samples")

    def __len__(self) -> int:
        return len(self.contents)


def _none(n: int) -> NDArray[np.int32]:
    return np.full(n, UNKNOWN, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class SampleTable:
    """A dataset's samples as columns, a snapshot; row i of every column belongs to the sample at position i.

    Attributes:
        name: The dataset's name.
        title: What people call it.
        ids: (n,) int64; unique, never used again for another sample.
        labels: (n,) int32 indices into `label_set`; `UNKNOWN` where there is no label.
        label_set: The classes in the user's order.
        splits: (n,) uint8 indices into `SPLITS`.
        pictures: Gives what models see of the samples at the given positions, (m, 28, 28) uint8; from any thread.
        writers: (n,) int32 indices into `writer_names`.
        sources: (n,) int32 indices into `source_names`.
        notes: (n,) int32 indices into `note_texts`.
        created: (n,) int64 seconds since 1970, UTC.
        flags: (n,) uint8 bits of `Flag`.
        is_ink: (n,) bool, whether the original has strokes.
        hashes: (n,) uint64, the first 64 bits of the originals' SHA-256; equal ones are equal samples.
        predicted: (n,) int32 indices into `predicted_names`, what a model took each for.
        confidences: (n,) float32, how sure it was, 0 to 1; NaN where it was not asked.
        is_editable: Whether it is the user's own.
        source: Where the samples come from, in words.
    """

    name: str
    title: str
    ids: NDArray[np.int64]
    labels: NDArray[np.int32]
    label_set: LabelSet
    splits: NDArray[np.uint8]
    pictures: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
    writers: NDArray[np.int32]
    sources: NDArray[np.int32]
    notes: NDArray[np.int32]
    created: NDArray[np.int64]
    flags: NDArray[np.uint8]
    is_ink: NDArray[np.bool_]
    hashes: NDArray[np.uint64]
    predicted: NDArray[np.int32]
    confidences: NDArray[np.float32]
    writer_names: tuple[str, ...] = ()
    source_names: tuple[str, ...] = ()
    note_texts: tuple[str, ...] = ()
    predicted_names: tuple[str, ...] = ()
    is_editable: bool = True
    source: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    def label(self, position: int) -> str:
        """The label of the sample at `position`; `NO_LABEL` where it has none."""
        index = int(self.labels[position])
        return self.label_set.names[index] if index >= 0 else NO_LABEL


def table_of(dataset: Dataset) -> SampleTable:
    """A dataset in memory as a table that cannot be edited; the ids are the positions."""
    n = len(dataset)
    return SampleTable(
        name=dataset.name,
        title=dataset.title,
        ids=np.arange(n, dtype=np.int64),
        labels=dataset.labels.astype(np.int32),
        label_set=dataset.label_set,
        splits=dataset.splits,
        pictures=lambda positions: dataset.images[positions],
        writers=_none(n),
        sources=_none(n),
        notes=_none(n),
        created=np.zeros(n, np.int64),
        flags=np.zeros(n, np.uint8),
        is_ink=np.zeros(n, bool),
        hashes=np.zeros(n, np.uint64),
        predicted=_none(n),
        confidences=np.full(n, np.nan, np.float32),
        is_editable=False,
        source=dataset.source,
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would bring, before it begins.

    Attributes:
        path: The file or folder.
        kind: What it is, in words of the language in use, such as "IDX files".
        count: How many samples; `UNKNOWN` where only reading all of it would tell.
        labels: Class names with their counts as far as they are known, in their order; may be empty.
        has_labels, has_splits, has_writers: Whether the data says so.
        first: The first samples, at most 24.
        question: A question that has to be answered before the import, such as whether pictures are transposed;
            empty where there is none.
        notes: Sentences for the user about what was found, such as what is left out.
        title: What a dataset of it may be called, as the samples themselves say it; empty where they do not.
        has_folders: Whether there are folders that may stand for classes or for writers.
    """

    path: Path
    kind: str
    count: int
    labels: tuple[tuple[str, int], ...] = ()
    has_labels: bool = False
    has_splits: bool = False
    has_writers: bool = False
    first: Chunk = field(default_factory=lambda: Chunk(()))
    question: str = ""
    notes: tuple[str, ...] = ()
    title: str = ""
    has_folders: bool = False
