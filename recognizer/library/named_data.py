"""Datasets that have a name, the program's own and those of the library, as something that can be imported."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library import downloads, handwriting, sources
from recognizer.library.dataset import SPLITS
from recognizer.library.importing.reader import FIRST, ImportOptions
from recognizer.library.published import DOWNLOADS, Download
from recognizer.library.samples import NO_LABEL, UNKNOWN, Chunk, Content, Preview, Problem, SampleTable, table_of
from recognizer.library.sources import BUILT_IN, DatasetInfo, load_dataset, names_in
from recognizer.library.store import tables
from recognizer.library.store.library import Library

__all__ = [
    "NamedData",
    "applied",
    "is_built_in",
    "is_named",
    "is_path",
    "names_in",
    "profile_of",
    "rows_of",
    "to_download",
]

_CHUNK: Final = 4096
_ORIGINALS: Final = 256
"""Originals that are in memory at once; each may be a photograph."""


def profile_of(library: Library) -> Profile:
    """The profile that a library belongs to."""
    return Profile(library.path.parent)


def is_built_in(name: str) -> bool:
    """Whether the program itself brings the samples called `name`, or knows where they are to be had."""
    return name in BUILT_IN and name != handwriting.NAME


def is_named(library: Library, source: str | Path) -> bool:
    """Whether `source` is the name of a dataset; in doubt between one of the library and a path, it is a path."""
    if isinstance(source, Path):
        return False
    if source in BUILT_IN or source in DOWNLOADS:
        return True
    return not Path(source).expanduser().exists() and library.find_record(source) is not None


def to_download(name: str, profile: Profile) -> Download | DatasetInfo | None:
    """What has to be downloaded before the samples called `name` can be had; None where nothing has."""
    if name in DOWNLOADS:
        return None if downloads.is_available(name, profile) else DOWNLOADS[name]
    return None if name not in BUILT_IN or sources.is_available(name, profile) else BUILT_IN[name]


def is_path(source: str | Path) -> bool:
    """Whether `source` is there, or looks like something that might be."""
    return isinstance(source, Path) or any(sign in source for sign in "/\\.~") or Path(source).exists()


class NamedData:
    """The samples of a dataset with a name, for an import.

    Args:
        library: Where the datasets of the user are.
        name: A name of `BUILT_IN`, or of a dataset in the library.
        options: What the user says of the samples.
        progress: Told how far loading is.
        token: Stops the loading.

    Raises:
        RecognizerError: There is no such dataset, or it cannot be had.
        Cancelled: By `token`.
    """

    def __init__(
        self,
        library: Library,
        name: str,
        options: ImportOptions,
        progress: ProgressCallback = no_progress,
        token: CancellationToken | None = None,
    ) -> None:
        self._library = library
        self._options = options
        self._name = name
        self._rows = rows_of(library, name, progress, token)
        positions = np.arange(len(self._rows), dtype=np.int64)
        if options.only is not None:
            positions = positions[self._rows.splits == SPLITS.index(options.only)]
        self._positions = positions

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """What there is."""
        rows = self._rows
        labels = rows.labels[self._positions]
        counts = Counter(labels.tolist())
        return Preview(
            Path(self._name),
            rows.title,
            len(self._positions),
            labels=tuple((label, counts[place]) for place, label in enumerate(rows.label_set.names) if counts[place]),
            has_labels=bool((labels != UNKNOWN).any()),
            has_splits=True,
            has_writers=bool((rows.writers[self._positions] != UNKNOWN).any()),
            first=self._chunk(self._positions[:FIRST]),
        )

    def chunks(
        self, progress: ProgressCallback = no_progress, token: CancellationToken | None = None
    ) -> Iterator[Chunk]:
        """The samples, with `options` applied."""
        step = _ORIGINALS if self._rows.is_editable else _CHUNK
        for start in range(0, len(self._positions), step):
            if token is not None:
                token.check()
            progress(start, len(self._positions), self._rows.title)
            yield self._chunk(self._positions[start : start + step])

    def _chunk(self, positions: NDArray[np.int64]) -> Chunk:
        rows = self._rows
        contents: Sequence[Content] | NDArray[np.uint8]
        problems: list[Problem] = []
        if rows.is_editable:
            positions, contents, problems = self._originals(positions)
        else:
            contents = rows.pictures(positions)
        places = positions.tolist()
        chunk = Chunk(
            contents,
            labels=[rows.label(place) for place in places],
            splits=[SPLITS[number] for number in rows.splits[positions].tolist()],
            writers=_texts(rows.writers[positions], rows.writer_names),
            sources=_texts(rows.sources[positions], rows.source_names, self._name),
            notes=_texts(rows.notes[positions], rows.note_texts),
            flags=rows.flags[positions].tolist(),
            created=rows.created[positions].tolist(),
            problems=tuple(problems),
        )
        return applied(chunk, self._options)

    def _originals(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Content], list[Problem]]:
        """What was kept of the samples, with the positions of those that can be read, and what cannot."""
        ids = self._rows.ids
        try:
            return positions, self._library.originals(ids[positions]), []
        except RecognizerError:
            pass
        good: list[int] = []
        contents: list[Content] = []
        problems: list[Problem] = []
        for position in positions.tolist():
            try:
                contents += self._library.originals(ids[position : position + 1])
                good.append(position)
            except RecognizerError as error:
                problems.append(Problem(self._name, error))
        return np.array(good, np.int64), contents, problems


def rows_of(
    library: Library,
    name: str,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> SampleTable:
    """The samples called `name` as a table: one of the library, which can be edited, or one that the program brings.

    Raises:
        RecognizerError: There is no such dataset, or it cannot be had.
        Cancelled: By `token`.
    """
    if is_built_in(name):
        return table_of(load_dataset(name, profile_of(library), progress, token))
    return tables.table(library, library.record(name).name)


def applied(chunk: Chunk, options: ImportOptions) -> Chunk:
    """A chunk with what the user says of it: a label and a writer where it has none, the split for all of it."""
    n = len(chunk)
    if options.label != NO_LABEL:
        chunk = replace(chunk, labels=[label or options.label for label in chunk.labels or [NO_LABEL] * n])
    if options.writer:
        chunk = replace(chunk, writers=[writer or options.writer for writer in chunk.writers or [""] * n])
    if options.split is not None:
        chunk = replace(chunk, splits=[options.split] * n)
    return chunk


def _texts(indices: NDArray[np.int32], names: tuple[str, ...], usual: str = "") -> list[str]:
    return [names[index] if index >= 0 else usual for index in indices.tolist()]
