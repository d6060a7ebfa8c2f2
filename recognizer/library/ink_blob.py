"""Ink as bytes for the library: compact, versioned, exactly what went in comes out."""

import zlib
from typing import Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.stroke import Ink, Stroke

MAX_POINTS: Final = 200_000
MAX_STROKES: Final = 20_000
_MAGIC: Final = b"RINK\x01"
_HEADER: Final = 8 + 4 + 4
"""Bytes of the pen's width, the number of strokes and the number of points."""


def pack_ink(ink: Ink) -> bytes:
    """The bytes that `unpack_ink` reads: those of `plain_ink`, deflated, after the five bytes `RINK` and 1.

    Raises:
        RecognizerError: As `plain_ink`.
    """
    return _MAGIC + zlib.compress(plain_ink(ink), 6)


def is_packed_ink(data: bytes) -> bool:
    """Whether `data` begins as `pack_ink` begins."""
    return data.startswith(_MAGIC[:4])


def plain_ink(ink: Ink) -> bytes:
    """Ink as bytes, the same for the same ink.

    The layout, little-endian: the pen's width (float64), the numbers s of strokes and p of points (uint32), s lengths
    (uint32), then p float32 each of x, y, time and pressure.

    Raises:
        RecognizerError: There is nothing in it, there are too many points, or some are no numbers.
    """
    if ink.is_empty:
        raise _unfit(tr("nothing has been drawn"))
    lengths = np.array([len(stroke.points) for stroke in ink.strokes], "<u4")
    total = int(lengths.sum())
    if len(lengths) > MAX_STROKES or total > MAX_POINTS:
        raise _unfit(
            tr(
                "{strokes:,} strokes with {points:,} points, at most {most_strokes:,} with {most_points:,} are kept",
                strokes=len(lengths),
                points=total,
                most_strokes=MAX_STROKES,
                most_points=MAX_POINTS,
            )
        )
    columns = [
        *np.concatenate([stroke.points for stroke in ink.strokes]).T,
        np.concatenate([stroke.times for stroke in ink.strokes]),
        np.concatenate([stroke.pressures for stroke in ink.strokes]),
    ]
    if not all(np.isfinite(column).all() for column in columns) or not np.isfinite(ink.pen_width):
        raise _unfit(tr("it holds values that are no numbers"))
    head = np.float64(ink.pen_width).astype("<f8").tobytes() + np.array([len(lengths), total], "<u4").tobytes()
    body = b"".join(np.ascontiguousarray(column, "<f4").tobytes() for column in columns)
    return head + lengths.tobytes() + body


def unpack_ink(data: bytes) -> Ink:
    """The ink that `pack_ink` packed, bit by bit.

    Raises:
        ValueError: It is damaged or of another version.
    """
    if not data.startswith(_MAGIC):
        raise ValueError(f"begins with {data[:5]!r}")
    most = _HEADER + 4 * MAX_STROKES + 16 * MAX_POINTS
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data[len(_MAGIC) :], most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    # Without its end there is no checksum either.
    if not inflater.eof or inflater.unused_data or len(plain) < _HEADER:
        raise ValueError(f"{len(plain)} bytes")
    pen = float(np.frombuffer(plain, "<f8", 1)[0])
    strokes, points = (int(count) for count in np.frombuffer(plain, "<u4", 2, 8))
    if len(plain) != _HEADER + 4 * strokes + 16 * points:
        raise ValueError(f"{len(plain)} bytes for {strokes} strokes and {points} points")
    lengths = np.frombuffer(plain, "<u4", strokes, _HEADER).astype(np.int64)
    if lengths.sum() != points or strokes == 0 or lengths.min() == 0:
        raise ValueError("stroke lengths")
    values = np.frombuffer(plain, "<f4", 4 * points, _HEADER + 4 * strokes).reshape(4, points).astype(np.float32)
    ends = np.cumsum(lengths)
    return Ink(
        tuple(
            Stroke(values[:2, end - length : end].T, values[2, end - length : end], values[3, end - length : end])
            for end, length in zip(ends, lengths, strict=True)
        ),
        pen,
    )


def _unfit(reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The sample cannot be kept"), where=reason, fix=tr("Draw one symbol, or choose a picture of one symbol")
    )
