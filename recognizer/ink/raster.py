"""Ink to picture, at the scale of the model: anti-aliased, with a pen of constant width."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.stroke import Ink

_SPACING = 0.25
"""Distance between stamps, pixels; the edge of a line is then straight within 0.01 px for pens over 1.5 px."""
_MAX_STAMPS = 20_000
"""In a stroke."""
_MAX_TOGETHER = 2_000_000
_MIN_STAMPS = 100
"""In a long stroke, however many strokes there are."""
_MANY = 10_000
"""With more stamps than this, 20 times those of a long digit, near ones are merged."""
_MERGED = 8
"""Merged stamps lie on a grid of that many places a pixel, so that none moves by more than 0.09 px."""
_TOGETHER = 32
"""Drawings whose distances are taken together; these then fit into the processor's cache."""
_BLOCK = 1 << 14
"""Stamps that are set at once: 16 pixels each for a pen of 2.5 px, 20 bytes a pixel."""


def rasterize(ink: Ink, size: int = 28, fit: float = 20.0, pen: float = 2.5) -> NDArray[np.float32]:
    """Draw `ink` so that its longest side, pen included, is `fit` pixels long.

    The drawing's upper left corner is put on a whole pixel, as near to the middle as that allows; it keeps its
    proportions. A drawing that is smaller than its own pen is a dot and is not enlarged.

    Args:
        ink: What was drawn; must not be empty.
        size: Side of the square picture, pixels.
        fit: Longest side of the drawing, pixels.
        pen: Width of the pen, pixels.

    Returns:
        (size, size) float32, 0 the ground and 1 full ink: the share of each pixel that the pen covers.
    """
    return rasterize_all([ink], size, fit, pen)[0]


def rasterize_all(inks: Sequence[Ink], size: int = 28, fit: float = 20.0, pen: float = 2.5) -> NDArray[np.float32]:
    """`rasterize` of n drawings, (n, size, size) float32."""
    out = np.empty((len(inks), size, size), np.float32)
    for start in range(0, len(inks), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        # Merged one by one, so that those of many long drawings are never there together.
        stamps = [_merged(_stamps(ink, size, fit, pen), size, pen / 2 + 0.5) for ink in inks[part]]
        out[part] = _covered(stamps, size, pen / 2)
    return out


def _stamps(ink: Ink, size: int, fit: float, pen: float) -> NDArray[np.float32]:
    """Where the pen is pressed on to draw `ink`, (m, 2) pixels."""
    left, top, right, bottom = ink.bounds()
    extent = max(right - left, bottom - top)
    is_dot = extent <= max(ink.pen_width, 1e-6)
    scale = 0.0 if is_dot else (fit - pen) / extent
    width, height = (right - left) * scale + pen, (bottom - top) * scale + pen
    corner = np.array([round((size - width) / 2), round((size - height) / 2)], np.float32)
    origin = np.array([left, top], np.float32)
    most = min(max(_MAX_TOGETHER // len(ink.strokes), _MIN_STAMPS), _MAX_STAMPS)
    return np.concatenate(
        [
            resample((stroke.points - origin) * np.float32(scale) + corner + np.float32(pen / 2), most=most)
            for stroke in ink.strokes
        ]
    )


def resample(points: NDArray[np.float32], spacing: float = _SPACING, most: int = _MAX_STAMPS) -> NDArray[np.float32]:
    """Points along a polyline at most `spacing` apart, ends included.

    Args:
        points: (n, 2), n ≥ 1.
        spacing: In the unit of the points.
        most: How many points are given at most; where that is too few, they are further apart.

    Returns:
        (m, 2) float32, at least one point.
    """
    if len(points) == 1:
        return points.astype(np.float32)
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    count = min(max(2, int(np.ceil(along[-1] / spacing)) + 1), most)
    wanted = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)


def coverage(stamps: NDArray[np.float32], size: int, radius: float) -> NDArray[np.float32]:
    """How far discs of `radius` around `stamps` cover each pixel.

    The edge is a ramp one pixel wide around the outline, what averaging over a pixel gives for a straight edge.

    Args:
        stamps: (m, 2) float32 centres in pixels; pixel (i, j) spans [j, j + 1) × [i, i + 1).

    Returns:
        (size, size) float32, 0 to 1.
    """
    return _covered([_merged(stamps, size, radius + 0.5)], size, radius)[0]


def _covered(stamps: list[NDArray[np.float32]], size: int, radius: float) -> NDArray[np.float32]:
    """`coverage` of n pictures with merged stamps, (n, size, size) float32."""
    reach = radius + 0.5
    pictures = np.repeat(np.arange(len(stamps)), [len(each) for each in stamps])
    nearest = nearest_squares(np.concatenate(stamps), pictures, len(stamps), size, reach)
    return np.clip(reach - np.sqrt(nearest), 0.0, 1.0)


def nearest_squares(
    stamps: NDArray[np.float32], pictures: NDArray[np.intp], count: int, size: int, reach: float
) -> NDArray[np.float32]:
    """The square of each pixel's distance to the nearest stamp, in many pictures at once.

    Each stamp is only compared with the pixels that it reaches, which is what makes this fast.

    Args:
        stamps: (m, 2) float32 centres in pixels, as for `coverage`.
        pictures: (m,) the picture to which each stamp belongs, from 0 up to `count`.
        count: How many pictures there are.
        size: Side of a picture, pixels.
        reach: Distances from here on do not matter, pixels; they may be given as infinite.

    Returns:
        (count, size, size) float32.
    """
    side = int(2 * reach) + 1
    steps = np.arange(side)
    # A margin of a stamp's reach takes what lies outside.
    wide = size + 2 * side
    nearest = np.full(count * wide * wide, np.inf, np.float32)
    is_near = (np.abs(stamps - size / 2) < size / 2 + reach).all(axis=1)
    if not is_near.all():
        stamps, pictures = stamps[is_near], pictures[is_near]
    for start in range(0, len(stamps), _BLOCK):
        block = stamps[start : start + _BLOCK]
        first = np.ceil(block - (reach + 0.5)).astype(np.intp)
        across, down = (
            np.square((first[:, axis, None] + steps).astype(np.float32) + 0.5 - block[:, axis, None]) for axis in (0, 1)
        )
        corner = (pictures[start : start + _BLOCK] * wide + first[:, 1] + side) * wide + first[:, 0] + side
        places = corner[:, None, None] + steps[:, None] * wide + steps
        squares = down[:, :, None] + across[:, None, :]
        np.minimum.at(nearest, places.ravel(), squares.ravel())
    return nearest.reshape(count, wide, wide)[:, side:-side, side:-side]


def _merged(stamps: NDArray[np.float32], size: int, reach: float) -> NDArray[np.float32]:
    """The places of a fine grid on which there are stamps that reach the picture; a few stay where they are."""
    if len(stamps) <= _MANY:
        return stamps
    # Ten thousand strokes must not keep anybody waiting.
    margin = int(reach) + 2
    side = (size + 2 * margin) * _MERGED + 1
    is_taken = np.zeros(side * side, bool)
    for start in range(0, len(stamps), _BLOCK):
        block = stamps[start : start + _BLOCK]
        block = block[(np.abs(block - size / 2) < size / 2 + margin).all(axis=1)]
        places = np.rint((block + margin) * _MERGED).astype(np.intp)
        is_taken[places[:, 1] * side + places[:, 0]] = True
    rows, columns = np.divmod(np.flatnonzero(is_taken), side)
    return (np.stack([columns, rows], axis=1) / _MERGED - margin).astype(np.float32)
