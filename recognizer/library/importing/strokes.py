"""Drawings in arrays, as `recognizer.ink.stroke_npz` has them, read some at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.ink.ink_file import MAX_DRAWING_POINTS, MAX_DRAWING_STROKES
from recognizer.ink.npz import StoredArray
from recognizer.ink.stroke_npz import FIELDS, strokes_from
from recognizer.library.importing.arrays import column
from recognizer.library.importing.files import translated
from recognizer.library.importing.reader import CHUNK_SAMPLES, FIRST, Deadline, check, problem
from recognizer.library.importing.words import FACT_COLUMNS
from recognizer.library.rawdata import bad_data, label_names, sorted_labels
from recognizer.library.samples import Chunk, Preview

_POINTS: Final = ("points", "times", "pressures")
_CHUNK_POINTS: Final = 1 << 20
_MAX_STROKES: Final = 1 << 22
"""The most strokes: their places are held in memory."""
_ROWS: Final = 1 << 16


class StrokesReader:
    """Reads drawings.

    Args:
        arrays: By name.
        path: The file, also for errors.
        source: As `Chunk.sources`.

    Raises:
        RecognizerError: An array is missing, or they do not fit together.
    """

    def __init__(self, arrays: Mapping[str, StoredArray], path: Path, source: str) -> None:
        missing = [name for name in FIELDS if name not in arrays]
        if missing:
            raise bad_data(path, tr("it lacks {names}", names=", ".join(missing)))
        self._arrays = arrays
        self._path = path
        self._source = source
        points = arrays["points"]
        if len(points.shape) != 2 or points.shape[1] != 2 or points.kind.kind not in "iuf":
            raise bad_data(path, f"points: {points.shape} {points.kind}")
        with translated(path):
            self._strokes = self._offsets("stroke_offsets", len(points))
            self._samples = self._offsets("sample_stroke_offsets", len(self._strokes) - 1)
        self.count = len(self._samples) - 1
        self._facts = {fact: arrays[name] for fact in FACT_COLUMNS for name in (fact, f"{fact}s") if name in arrays}
        of_samples = {name: arrays[name] for name in ("labels", "pen_widths") if name in arrays} | self._facts
        of_points = {name: arrays[name] for name in _POINTS[1:] if name in arrays}
        for name, array, n in (
            *((name, array, self.count) for name, array in of_samples.items()),
            *((name, array, len(points)) for name, array in of_points.items()),
        ):
            if array.shape != (n,) or array.row_bytes > _ROWS or (name in of_points and array.kind.kind not in "iuf"):
                raise bad_data(path, f"{name}: {array.shape} {array.kind}, n = {n}")
        self._begins = self._strokes[self._samples]
        if self.count and (
            int(np.diff(self._begins).max()) > MAX_DRAWING_POINTS
            or int(np.diff(self._samples).max()) > MAX_DRAWING_STROKES
        ):
            raise bad_data(path, tr("a drawing has more than {most:,} points", most=MAX_DRAWING_POINTS))

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """As `Reader.preview`."""
        deadline = Deadline()
        labels: Counter[str] = Counter()
        stored = self._arrays.get("labels")
        with translated(self._path):
            for piece in stored.pieces(self._rows(stored)) if stored is not None else ():
                check(token)
                labels.update(label_names(piece, self._path))
                if deadline.is_over:
                    labels.clear()
                    break
        return Preview(
            self._path,
            tr("Strokes in an NPZ file"),
            self.count,
            labels=tuple((name, labels[name]) for name in sorted_labels(labels)),
            has_labels=stored is not None,
            has_splits="split" in self._facts,
            has_writers="writer" in self._facts,
            first=next(self._read(FIRST, token), Chunk(())),
        )

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """As `Reader.chunks`."""
        done = 0
        message = tr("Reading {name}", name=self._path.name)
        for chunk in self._read(CHUNK_SAMPLES, token):
            yield chunk
            done += len(chunk)
            progress(done, self.count, message)

    def _rows(self, stored: StoredArray) -> int:
        return max(1, min(CHUNK_SAMPLES, (1 << 23) // max(stored.row_bytes, 1)))

    def _offsets(self, name: str, end: int) -> NDArray[np.int64]:
        stored = self._arrays[name]
        if len(stored.shape) != 1 or not 0 < len(stored) <= _MAX_STROKES + 1 or stored.kind.kind not in "iu":
            raise bad_data(self._path, f"{name}: {stored.shape} {stored.kind}")
        offsets = np.empty(len(stored), np.int64)
        for number, piece in enumerate(stored.pieces(_ROWS)):
            offsets[number * _ROWS :][: len(piece)] = piece
        if offsets[0] != 0 or offsets[-1] != end or (np.diff(offsets) < 0).any():
            raise bad_data(self._path, tr("{name} must rise from 0 to {end}", name=name, end=end))
        return offsets

    def _read(self, most: int, token: CancellationToken | None) -> Iterator[Chunk]:
        """The drawings, up to `most` of them or about a million points at a time."""
        of_points = {name: _Rows(self._arrays[name]) for name in _POINTS if name in self._arrays}
        of_samples = {name: _Rows(self._arrays[name]) for name in ("labels", "pen_widths") if name in self._arrays}
        of_samples |= {name: _Rows(stored) for name, stored in self._facts.items()}
        begin = 0
        with translated(self._path):
            while begin < self.count:
                check(token)
                end = int(np.searchsorted(self._begins, self._begins[begin] + _CHUNK_POINTS, "right")) - 1
                end = min(max(end, begin + 1), begin + most, self.count)
                strokes = self._strokes[self._samples[begin] : self._samples[end] + 1]
                block = _Block(
                    {name: rows.take(int(strokes[-1] - strokes[0])) for name, rows in of_points.items()},
                    {name: rows.take(end - begin) for name, rows in of_samples.items()},
                    strokes - strokes[0],
                    self._samples[begin : end + 1] - self._samples[begin],
                )
                try:
                    chunks = [self._chunk(block)]
                except RecognizerError:
                    # One drawing is to blame; the others are kept.
                    chunks = [
                        self._chunk_or_problem(block.drawing(place), begin + place) for place in range(len(block))
                    ]
                yield from chunks
                begin = end

    def _chunk_or_problem(self, block: "_Block", number: int) -> Chunk:
        try:
            return self._chunk(block)
        except RecognizerError as error:
            return Chunk((), problems=(problem(f"{self._path}: {number}", error),))

    def _chunk(self, block: "_Block") -> Chunk:
        offsets = {"stroke_offsets": block.strokes, "sample_stroke_offsets": block.samples}
        widths = {name: values for name, values in block.of_samples.items() if name == "pen_widths"}
        inks = list(strokes_from({**block.of_points, **offsets, **widths}, self._path))
        columns = {name: column(name, block.of_samples[name], self._path) for name in self._facts}
        return Chunk(
            inks,
            labels=label_names(block.of_samples["labels"], self._path) if "labels" in block.of_samples else (),
            splits=columns.get("split", ()),
            writers=columns.get("writer", ()),
            sources=columns.get("source", [self._source] * len(inks)),
            notes=columns.get("note", ()),
            flags=columns.get("flags", ()),
            created=columns.get("created", ()),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Some drawings.

    Attributes:
        of_points, of_samples: Values of their points and of themselves, by name.
        strokes, samples: As `StrokeArrays` has its offsets, from 0.
    """

    of_points: dict[str, NDArray]
    of_samples: dict[str, NDArray]
    strokes: NDArray[np.int64]
    samples: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.samples) - 1

    def drawing(self, place: int) -> "_Block":
        """The block of one of them."""
        strokes = self.strokes[self.samples[place] : self.samples[place + 1] + 1]
        return _Block(
            {name: values[strokes[0] : strokes[-1]] for name, values in self.of_points.items()},
            {name: values[place : place + 1] for name, values in self.of_samples.items()},
            strokes - strokes[0],
            np.array([0, len(strokes) - 1]),
        )


class _Rows:
    """An array from which any number of rows is taken in order."""

    def __init__(self, stored: StoredArray) -> None:
        self._pieces = stored.pieces(max(1, (1 << 22) // max(stored.row_bytes, 1)))
        self._left = np.zeros((0, *stored.shape[1:]), stored.kind)

    def take(self, count: int) -> NDArray:
        taken = [self._left]
        while sum(map(len, taken)) < count:
            taken.append(next(self._pieces))
        joined = np.concatenate(taken) if len(taken) > 1 else taken[0]
        self._left = joined[count:]
        return joined[:count]
