"""Pictures and their labels in arrays, read in pieces: what IDX, NPZ and NPY have in common."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.ink.npz import StoredArray
from recognizer.library.dataset import Split
from recognizer.library.importing.files import translated
from recognizer.library.importing.orientation import is_on_its_side, speaks_of_emnist
from recognizer.library.importing.reader import (
    CHUNK_BYTES,
    CHUNK_SAMPLES,
    FIRST,
    MAX_PROBLEMS,
    Deadline,
    ImportOptions,
    check,
    problem,
)
from recognizer.library.importing.words import created_of, flags_of, split_of
from recognizer.library.rawdata import (
    GreyRange,
    bad_data,
    label_names,
    no_numbers,
    picture_shape,
    sorted_labels,
    texts,
)
from recognizer.library.samples import Chunk, Preview, Problem

MAX_ROWS: Final = 10_000_000
"""The most samples of one array."""
_PIECE_BYTES: Final = 1 << 23
_MAX_LABEL_BYTES: Final = 1 << 16
"""Bytes of a label or another fact of one sample: 16,384 characters."""
_LOOKED_AT: Final = 500


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPart:
    """Pictures that belong together, with what is known of them.

    Attributes:
        pictures: As `picture_shape` has them.
        labels: As `label_names` has them; None where there are none.
        shown: The file with the pictures, for errors.
        labels_shown: The file with the labels, for errors.
        source: Where the pictures come from, as `Chunk.sources`.
        split: What they are used for; None where that is not known.
        names: Text for labels that are numbers.
        facts: Arrays of length n by the names in `words.FACT_COLUMNS`.
    """

    pictures: StoredArray
    labels: StoredArray | None
    shown: Path
    labels_shown: Path
    source: str
    split: Split | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, StoredArray] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return picture_shape(self.pictures.shape, self.pictures.kind, self.shown)

    def check(self) -> None:
        """Raise RecognizerError where the arrays do not fit together."""
        height, width = self.size
        n = len(self.pictures)
        if n > MAX_ROWS:
            raise bad_data(self.shown, tr("it has {n:,} samples, at most {most:,} are read", n=n, most=MAX_ROWS))
        if height * width * max(self.pictures.kind.itemsize, 1) > 4 * CHUNK_BYTES:
            shape, kind = self.pictures.shape, self.pictures.kind
            raise bad_data(self.shown, tr("pictures of shape {shape} and type {kind}", shape=shape, kind=kind))
        if self.labels is not None and len(self.labels) != n:
            raise bad_data(
                self.labels_shown,
                tr("{labels:,} labels for {pictures:,} pictures", labels=len(self.labels), pictures=n),
            )
        for name, array in self.facts.items():
            if array.shape != (n,) or array.kind.kind not in "biufU":
                raise bad_data(self.shown, f"{name}: {array.shape} {array.kind}, n = {n}")
        for stored in (self.labels, *self.facts.values()):
            if stored is not None and stored.row_bytes > _MAX_LABEL_BYTES:
                raise bad_data(
                    self.shown, tr("labels of shape {shape} and type {kind}", shape=stored.shape, kind=stored.kind)
                )


class ArraysReader:
    """Reads parts one after the other.

    Args:
        parts: At least one.
        path: What the user named.
        kind: What it is, in words.
        options: Of the import.
        notes: For the preview.

    Raises:
        RecognizerError: The arrays do not fit together.
    """

    def __init__(
        self,
        parts: Sequence[ArrayPart],
        path: Path,
        kind: str,
        options: ImportOptions,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._path = path
        self._kind = kind
        self._options = options
        self._notes = notes
        for part in parts:
            part.check()
        if len({part.size for part in parts if len(part.pictures)}) > 1:
            raise bad_data(parts[-1].shown, tr("pictures of another size than in the other split"))
        self._parts = [part for part in parts if options.only is None or part.split in (None, options.only)]
        self._guess: bool | None = None
        self.count = sum(len(part.pictures) for part in self._parts)

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """As `Reader.preview`."""
        deadline = Deadline()
        labels: Counter[str] = Counter()
        is_complete = True
        for part in self._parts:
            if part.labels is not None and is_complete:
                rows = max(1, min(CHUNK_SAMPLES, _PIECE_BYTES // max(part.labels.row_bytes, 1)))
                for found in self._labels(part, rows):
                    check(token)
                    labels.update(found)
                    if deadline.is_over:
                        is_complete = False
                        break
        first = next((chunk for part in self._parts[:1] for chunk in self._read(part, FIRST, token, most=1)), Chunk(()))
        names = self._names()
        question = ""
        notes = self._notes
        if self._speaks_of_emnist and self._options.is_transposed is None:
            question = tr("Do the pictures lie on their side, as EMNIST's do?")
            notes += (
                tr("They look as if they did, and are turned upright.")
                if self._is_transposed()
                else tr("They look as if they did not, and are left as they are."),
            )
        return Preview(
            self._path,
            self._kind,
            self.count,
            labels=tuple((name, labels[name]) for name in sorted_labels(labels)) if is_complete else (),
            has_labels=any(part.labels is not None for part in self._parts),
            has_splits=any(part.split is not None or "split" in names for part in self._parts),
            has_writers="writer" in names,
            first=first,
            question=question,
            notes=notes,
        )

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """As `Reader.chunks`."""
        done = 0
        message = tr("Reading {name}", name=self._path.name)
        for part in self._parts:
            for chunk in self._read(part, CHUNK_SAMPLES, token):
                yield chunk
                done += len(chunk) + len(chunk.problems)
                progress(min(done, self.count), self.count, message)

    def _names(self) -> set[str]:
        return {name for part in self._parts for name in part.facts}

    @property
    def _speaks_of_emnist(self) -> bool:
        return any(speaks_of_emnist(part.shown, part.source) for part in self._parts)

    def _is_transposed(self) -> bool:
        if self._options.is_transposed is not None:
            return self._options.is_transposed
        if not self._speaks_of_emnist:
            return False
        if self._guess is None:
            with translated(self._path):
                rows = [next(part.pictures.pieces(_LOOKED_AT)) for part in self._parts[:1] if len(part.pictures)]
            self._guess = not rows or is_on_its_side(rows[0].reshape(len(rows[0]), *self._parts[0].size))
        return self._guess

    def _read(self, part: ArrayPart, rows: int, token: CancellationToken | None, most: int = 0) -> Iterator[Chunk]:
        """The samples of a part, `rows` at most in a chunk, and at most `most` chunks unless that is 0."""
        height, width = part.size
        widest = max([part.pictures.row_bytes, *(stored.row_bytes for stored in part.facts.values())])
        if part.labels is not None:
            widest = max(widest, part.labels.row_bytes)
        rows = max(1, min(rows, _PIECE_BYTES // max(widest, 1), CHUNK_BYTES // (height * width)))
        with translated(part.shown):
            found = self._range(part, rows, token, most)
            is_turned = self._is_transposed()
            labels = self._labels(part, rows)
            facts = {name: stored.pieces(rows) for name, stored in part.facts.items()}
            n_problems = 0
            for number, piece in enumerate(part.pictures.pieces(rows)):
                check(token)
                begin = number * rows
                pictures = piece.reshape(len(piece), height, width)
                columns = {name: column(name, next(pieces), part.shown) for name, pieces in facts.items()}
                names = next(labels) if part.labels is not None else ()
                problems: tuple[Problem, ...] = ()
                if pictures.dtype.kind == "f" and len(pictures):
                    fits = found.fits(pictures)
                    if not fits.all():
                        problems = tuple(
                            problem(str(part.shown), no_numbers(part.shown, begin + int(place)))
                            for place in np.flatnonzero(~fits)[:MAX_PROBLEMS]
                        )
                        n_problems += len(problems)
                        pictures = pictures[fits]
                        names = [name for name, fit in zip(names, fits, strict=True) if fit] if names else ()
                        columns = {
                            name: [value for value, fit in zip(values, fits, strict=True) if fit]
                            for name, values in columns.items()
                        }
                levels = found.levels(pictures)
                if is_turned:
                    levels = np.ascontiguousarray(levels.swapaxes(1, 2))
                k = len(levels)
                yield Chunk(
                    levels,
                    labels=names,
                    splits=columns.get("split", [part.split] * k if part.split is not None else ()),
                    writers=columns.get("writer", ()),
                    sources=columns.get("source", [part.source] * k),
                    notes=columns.get("note", ()),
                    flags=columns.get("flags", ()),
                    created=columns.get("created", ()),
                    problems=problems,
                )
                if number + 1 == most:
                    return
                if n_problems >= MAX_PROBLEMS:
                    break

    def _range(self, part: ArrayPart, rows: int, token: CancellationToken | None, most: int) -> GreyRange:
        """What the values of a part mean; judged from its begin alone where `most` is not 0."""
        found = GreyRange()
        for number, piece in enumerate(part.pictures.pieces(rows), 1):
            check(token)
            found.add(piece)
            if found.is_certain(piece.dtype) or number == most:
                break
        found.check(part.shown)
        return found

    def _labels(self, part: ArrayPart, rows: int) -> Iterator[list[str]]:
        """The labels of a part, `rows` at a time."""
        if part.labels is None:
            return
        for number, piece in enumerate(part.labels.pieces(rows)):
            names = label_names(piece, part.labels_shown, number * rows)
            if part.names:
                names = [part.names.get(name, name) for name in names]
            yield names


def column(name: str, values: NDArray, path: Path) -> list[Any]:
    """One fact of some samples, as `Chunk` has it."""
    words = texts(values, path) if values.dtype.kind == "U" else [str(value) for value in values.tolist()]
    if name == "split":
        return [split_of(word) for word in words]
    if name == "flags":
        return [flags_of(word) for word in words]
    if name == "created":
        return [created_of(word) for word in words]
    return words
