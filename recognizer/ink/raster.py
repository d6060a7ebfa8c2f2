"""Ink to picture, at the scale of the model: anti-aliased, with a pen of constant width."""

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.stroke import Ink

_SPACING = 0.25
"""Distance between stamps, pixels; the edge of a line is then straight within 0.01 px for pens over 1.5 px."""
_MAX_STAMPS = 20_000
_MANY = 10_000
"""With more stamps than this, 20 times those of a long digit, near ones are merged."""
_MERGED = 8
"""Merged stamps lie on a grid of that many places a pixel, so that none moves by more than 0.09 px."""
_BLOCK = 512


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
    left, top, right, bottom = ink.bounds()
    extent = max(right - left, bottom - top)
    is_dot = extent <= max(ink.pen_width, 1e-6)
    scale = 0.0 if is_dot else (fit - pen) / extent
    width, height = (right - left) * scale + pen, (bottom - top) * scale + pen
    corner = np.array([round((size - width) / 2), round((size - height) / 2)], np.float32)
    origin = np.array([left, top], np.float32)
    stamps = [
        resample((stroke.points - origin) * np.float32(scale) + corner + np.float32(pen / 2)) for stroke in ink.strokes
    ]
    return coverage(np.concatenate(stamps), size, pen / 2)


def resample(points: NDArray[np.float32], spacing: float = _SPACING) -> NDArray[np.float32]:
    """Points along a polyline at most `spacing` apart, ends included.

    Args:
        points: (n, 2), n ≥ 1.

    Returns:
        (m, 2) float32, at least one point.
    """
    if len(points) == 1:
        return points.astype(np.float32)
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    count = min(max(2, int(np.ceil(along[-1] / spacing)) + 1), _MAX_STAMPS)
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
    centres = np.arange(size, dtype=np.float32) + 0.5
    nearest = np.full((size, size), np.inf, np.float32)
    if len(stamps) > _MANY:
        # Ten thousand strokes must not keep anybody waiting.
        within = stamps[(np.abs(stamps - size / 2) <= size / 2 + radius + 1).all(axis=1)]
        grid = np.round(within * _MERGED).astype(np.int64)
        keys = np.unique((grid[:, 1] << 32) + grid[:, 0] + (1 << 31))
        stamps = (np.stack([(keys & 0xFFFFFFFF) - (1 << 31), keys >> 32], axis=1) / _MERGED).astype(np.float32)
    for start in range(0, len(stamps), _BLOCK):
        block = stamps[start : start + _BLOCK]
        across, down = (np.square(centres - block[:, axis, None]) for axis in (0, 1))
        np.minimum(nearest, (down[:, :, None] + across[:, None, :]).min(axis=0), out=nearest)
    return np.clip(radius + 0.5 - np.sqrt(nearest), 0.0, 1.0)
