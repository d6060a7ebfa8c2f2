"""Strokes in NumPy's NPZ: `points`, `stroke_offsets`, `sample_stroke_offsets`, `labels`; the y axis points up."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.npz import read_npz, save_npz
from recognizer.ink.stroke import Ink, Stroke

FIELDS: Final = ("points", "stroke_offsets", "sample_stroke_offsets")


@dataclass(frozen=True, slots=True, eq=False)
class StrokeArrays:
    """Many drawings in four arrays.

    Attributes:
        points: (p, 2) float32, y **down**: flipped when it was read.
        stroke_offsets: (s + 1,) int64; stroke i has the points from `[i]` up to `[i + 1]`.
        sample_stroke_offsets: (n + 1,) int64; drawing i has the strokes from `[i]` up to `[i + 1]`.
        labels: (n,) text; empty where there are none.
    """

    points: NDArray[np.float32]
    stroke_offsets: NDArray[np.int64]
    sample_stroke_offsets: NDArray[np.int64]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sample_stroke_offsets) - 1

    def ink(self, index: int) -> Ink:
        """Drawing `index`; strokes without points are left out."""
        strokes = []
        for stroke in range(self.sample_stroke_offsets[index], self.sample_stroke_offsets[index + 1]):
            points = self.points[self.stroke_offsets[stroke] : self.stroke_offsets[stroke + 1]]
            if len(points):
                strokes.append(Stroke(points))
        return Ink(tuple(strokes))

    def __iter__(self) -> Iterator[Ink]:
        return (self.ink(index) for index in range(len(self)))


def read_strokes(path: Path) -> StrokeArrays:
    """Read a stroke NPZ.

    Raises:
        RecognizerError: It cannot be read, or its arrays do not fit together.
    """
    return strokes_from(read_npz(path, (*FIELDS, "labels")), path)


def strokes_from(arrays: dict[str, NDArray], path: Path) -> StrokeArrays:
    """Check the arrays of `path` and make y point down."""
    missing = [name for name in FIELDS if name not in arrays]
    if missing:
        raise _bad(path, tr("it lacks {names}", names=", ".join(missing)))
    points = arrays["points"]
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "iuf":
        raise _bad(path, f"points: {points.shape} {points.dtype}")
    points = points.astype(np.float32)
    if not np.isfinite(points).all():
        raise _bad(path, tr("points holds values that are no numbers"))
    strokes = _offsets(arrays, "stroke_offsets", len(points), path)
    samples = _offsets(arrays, "sample_stroke_offsets", len(strokes) - 1, path)
    labels = _labels(arrays, len(samples) - 1, path)
    return StrokeArrays(points * np.array([1, -1], np.float32), strokes, samples, labels)


def write_strokes(path: Path, arrays: StrokeArrays) -> None:
    """Write drawings so that `read_strokes` gives them back.

    Raises:
        RecognizerError: The file cannot be written.
    """
    fields: dict[str, NDArray] = {
        "points": arrays.points * np.array([1, -1], np.float32),
        "stroke_offsets": arrays.stroke_offsets,
        "sample_stroke_offsets": arrays.sample_stroke_offsets,
    }
    if arrays.labels:
        fields["labels"] = np.array(arrays.labels)
    save_npz(path, fields)


def _offsets(arrays: dict[str, NDArray], name: str, end: int, path: Path) -> NDArray[np.int64]:
    values = arrays[name]
    if values.ndim != 1 or len(values) == 0 or values.dtype.kind not in "iu":
        raise _bad(path, f"{name}: {values.shape} {values.dtype}")
    offsets = values.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != end or (np.diff(offsets) < 0).any():
        raise _bad(path, tr("{name} must rise from 0 to {end}", name=name, end=end))
    return offsets


def _labels(arrays: dict[str, NDArray], n: int, path: Path) -> tuple[str, ...]:
    if "labels" not in arrays:
        return ()
    values = arrays["labels"]
    if values.shape != (n,) or values.dtype.kind not in "iuU":
        raise _bad(path, f"labels: {values.shape} {values.dtype}, n = {n}")
    return tuple(str(value) for value in values)


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The stroke file cannot be used"),
        where=f"{path} ({reason})",
        fix=tr("Give a file with points, stroke_offsets, sample_stroke_offsets and labels"),
    )
