"""Strokes in NumPy's NPZ: `points`, `stroke_offsets`, `sample_stroke_offsets`, `labels`; the y axis points up.

There may also be `times` and `pressures` of the points, and `pen_widths` and `writer` of the drawings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.ink_file import InkFile
from recognizer.ink.npz import read_npz, save_npz
from recognizer.ink.stroke import FAR, Ink, Stroke

FIELDS: Final = ("points", "stroke_offsets", "sample_stroke_offsets")
_OF_POINTS: Final = ("times", "pressures")
_OF_DRAWINGS: Final = ("labels", "writer", "pen_widths")
ALL_FIELDS: Final = (*FIELDS, *_OF_POINTS, *_OF_DRAWINGS)


@dataclass(frozen=True, slots=True, eq=False)
class StrokeArrays:
    """Many drawings in four arrays.

    Attributes:
        points: (p, 2) float32, y **down**: flipped when it was read.
        stroke_offsets: (s + 1,) int64; stroke i has the points from `[i]` up to `[i + 1]`.
        sample_stroke_offsets: (n + 1,) int64; drawing i has the strokes from `[i]` up to `[i + 1]`.
        labels: (n,) text; empty where there are none.
        times: (p,) float32, seconds since each drawing began; None where they are not known.
        pressures: (p,) float32, 0 to 1; None where they are not known.
        pen_widths: (n,) float32, as `Ink.pen_width`; None where they are not known.
        writers: (n,) text; empty where they are not known.
    """

    points: NDArray[np.float32]
    stroke_offsets: NDArray[np.int64]
    sample_stroke_offsets: NDArray[np.int64]
    labels: tuple[str, ...]
    times: NDArray[np.float32] | None = None
    pressures: NDArray[np.float32] | None = None
    pen_widths: NDArray[np.float32] | None = None
    writers: tuple[str, ...] = ()

    @classmethod
    def of(cls, file: InkFile) -> "StrokeArrays":
        """The arrays of drawings."""
        strokes = [stroke for ink in file.inks for stroke in ink.strokes]
        times, pressures = (
            np.concatenate([np.zeros(0, np.float32), *(getattr(stroke, name) for stroke in strokes)])
            for name in _OF_POINTS
        )
        widths = np.array([ink.pen_width for ink in file.inks], np.float32)
        return cls(
            np.concatenate([np.zeros((0, 2), np.float32), *(stroke.points for stroke in strokes)]),
            np.cumsum([0, *(len(stroke.points) for stroke in strokes)]),
            np.cumsum([0, *(len(ink.strokes) for ink in file.inks)]),
            file.labels if any(file.labels) else (),
            times if times.any() else None,
            pressures if (pressures != 1).any() else None,
            widths if widths.any() else None,
            file.writers if any(file.writers) else (),
        )

    def __len__(self) -> int:
        return len(self.sample_stroke_offsets) - 1

    def ink(self, index: int) -> Ink:
        """Drawing `index`; strokes without points are left out."""
        strokes = []
        for stroke in range(self.sample_stroke_offsets[index], self.sample_stroke_offsets[index + 1]):
            part = slice(self.stroke_offsets[stroke], self.stroke_offsets[stroke + 1])
            points = self.points[part]
            if len(points):
                given = {
                    name: values[part]
                    for name, values in (("times", self.times), ("pressures", self.pressures))
                    if values is not None
                }
                strokes.append(Stroke(points, **given))
        return Ink(tuple(strokes), float(self.pen_widths[index]) if self.pen_widths is not None else 0.0)

    def __iter__(self) -> Iterator[Ink]:
        return (self.ink(index) for index in range(len(self)))


def read_strokes(path: Path) -> StrokeArrays:
    """Read a stroke NPZ.

    Raises:
        RecognizerError: It cannot be read, or its arrays do not fit together.
    """
    return strokes_from(read_npz(path, ALL_FIELDS), path)


def strokes_from(arrays: dict[str, NDArray], path: Path) -> StrokeArrays:
    """Check the arrays of `path` and make y point down."""
    missing = [name for name in FIELDS if name not in arrays]
    if missing:
        raise _bad(path, tr("it lacks {names}", names=", ".join(missing)))
    points = arrays["points"]
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "iuf":
        raise _bad(path, f"points: {points.shape} {points.dtype}")
    if not np.isfinite(points).all():
        raise _bad(path, tr("points holds values that are no numbers"))
    if len(points) and np.abs(points).max() > FAR:
        raise _bad(path, tr("a coordinate is larger than {most:g}", most=FAR))
    strokes = _offsets(arrays, "stroke_offsets", len(points), path)
    samples = _offsets(arrays, "sample_stroke_offsets", len(strokes) - 1, path)
    n = len(samples) - 1
    return StrokeArrays(
        points.astype(np.float32) * np.array([1, -1], np.float32),
        strokes,
        samples,
        _texts(arrays, "labels", n, path),
        _values(arrays, "times", len(points), path),
        _values(arrays, "pressures", len(points), path),
        _values(arrays, "pen_widths", n, path),
        _texts(arrays, "writer", n, path),
    )


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
    for name, texts in (("labels", arrays.labels), ("writer", arrays.writers)):
        if texts:
            fields[name] = np.array(texts)
    for name in (*_OF_POINTS, "pen_widths"):
        if getattr(arrays, name) is not None:
            fields[name] = getattr(arrays, name)
    save_npz(path, fields)


def _offsets(arrays: dict[str, NDArray], name: str, end: int, path: Path) -> NDArray[np.int64]:
    values = arrays[name]
    if values.ndim != 1 or len(values) == 0 or values.dtype.kind not in "iu":
        raise _bad(path, f"{name}: {values.shape} {values.dtype}")
    offsets = values.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != end or (np.diff(offsets) < 0).any():
        raise _bad(path, tr("{name} must rise from 0 to {end}", name=name, end=end))
    return offsets


def _texts(arrays: dict[str, NDArray], name: str, n: int, path: Path) -> tuple[str, ...]:
    if name not in arrays:
        return ()
    values = arrays[name]
    if values.shape != (n,) or values.dtype.kind not in "iuU":
        raise _bad(path, f"{name}: {values.shape} {values.dtype}, n = {n}")
    return tuple(str(value) for value in values.tolist())


def _values(arrays: dict[str, NDArray], name: str, n: int, path: Path) -> NDArray[np.float32] | None:
    if name not in arrays:
        return None
    values = arrays[name]
    if values.shape != (n,) or values.dtype.kind not in "iuf":
        raise _bad(path, f"{name}: {values.shape} {values.dtype}, n = {n}")
    if not (np.abs(values) <= FAR).all():
        raise _bad(path, tr("{name} holds values that are no numbers", name=name))
    return values.astype(np.float32)


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The stroke file cannot be used"),
        where=f"{path} ({reason})",
        fix=tr("Give a file with points, stroke_offsets, sample_stroke_offsets and labels"),
    )
