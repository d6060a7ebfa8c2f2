"""Many drawings to pictures at once, by the rules of the model's preprocessing."""

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.raster import nearest_squares

_AT_ONCE = 64
"""Pictures; their distances and those of their stamps then fit into the processor's cache."""


def render(
    curves: list[NDArray[np.float32]],
    pens: NDArray[np.float32],
    size: int = 28,
    fit: int = 20,
    centre: int = 14,
) -> NDArray[np.uint8]:
    """Draw each curve with a round pen: longest side `fit` pixels, centre of mass on the pixel `centre`.

    The result is that of `Preprocessor.from_ink` for a pen of that width, several times faster.

    Args:
        curves: For each picture (m, 2) float32 points in any unit, y down; the line must be so densely sampled that
            neighbours are at most half a pixel apart in the picture. Points at one place give a dot.
        pens: (n,) float32, the widths of the pens in pixels.
        size: Side of the pictures, pixels.
        fit: Longest side of a drawing, pen included, pixels.
        centre: The pixel on which the centre of mass lies, counted from 0.

    Returns:
        (n, size, size) uint8, 0 the ground and 255 full ink.
    """
    out = np.empty((len(curves), size, size), np.uint8)
    for start in range(0, len(curves), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        out[part] = _rendered(curves[part], pens[part], size, fit, centre)
    return out


def _rendered(
    curves: list[NDArray[np.float32]], pens: NDArray[np.float32], size: int, fit: int, centre: int
) -> NDArray[np.uint8]:
    n, lengths = len(curves), [len(curve) for curve in curves]
    points = np.concatenate(curves)
    begins = np.cumsum([0, *lengths[:-1]])
    low = np.minimum.reduceat(points, begins)
    span = np.maximum.reduceat(points, begins) - low
    extent = span.max(axis=1)
    is_dot = extent <= 1e-6
    scale = np.where(is_dot, np.float32(0), (fit - pens) / np.where(is_dot, np.float32(1), extent))
    picture = np.repeat(np.arange(n), lengths)
    local = ((points - low[picture]) * scale[picture, None] + (pens / 2)[picture, None]).astype(np.float32, copy=False)
    reach = pens / 2 + np.float32(0.5)
    nearest = np.sqrt(nearest_squares(local, picture, n, fit, float(reach.max())))
    levels = (np.clip(reach[:, None, None] - nearest, 0, 1) * 255 + 0.5).astype(np.uint8)
    place = np.arange(fit)
    mass = levels.sum(axis=(1, 2), dtype=np.int64)
    rows, columns = (
        _sources(
            levels.sum(axis=3 - axis, dtype=np.int64) @ place / mass,
            span[:, 2 - axis] * scale + pens,
            size,
            fit,
            centre,
        )
        for axis in (1, 2)
    )
    # Beside the drawing there is one more row and column of nothing.
    framed = np.pad(levels, ((0, 0), (0, 1), (0, 1)))
    return framed[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _sources(
    balance: NDArray[np.float64], lengths: NDArray[np.float32], size: int, fit: int, centre: int
) -> NDArray[np.intp]:
    """For each picture's rows or columns, which one of its drawing's is shown there; `fit` for none.

    Args:
        balance: (n,) where the centres of mass are in the drawings.
        lengths: (n,) how long the drawings are.
    """
    whole = np.minimum(fit, np.ceil(lengths - 1e-4)).astype(np.intp)
    begins = np.clip(np.round(centre - balance).astype(np.intp), 0, size - whole)
    sources = np.arange(size) - begins[:, None]
    return np.where((sources >= 0) & (sources < whole[:, None]), sources, fit)
