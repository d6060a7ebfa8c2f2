"""Many drawings to pictures at once, by the rules of the model's preprocessing."""

import numpy as np
from numpy.typing import NDArray


def render(
    curves: list[NDArray[np.float32]],
    pens: NDArray[np.float32],
    size: int = 28,
    fit: int = 20,
    centre: int = 14,
) -> NDArray[np.uint8]:
    """Draw each curve with a round pen: longest side `fit` pixels, centre of mass on the pixel `centre`.

    The result is that of `Preprocessor.from_ink` for a pen of that width, 10 times faster.

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
    out = np.zeros((len(curves), size, size), np.uint8)
    middles = np.arange(fit, dtype=np.float32) + np.float32(0.5)
    longest = max((len(curve) for curve in curves), default=0)
    # One buffer for all, and no matrix product: that would start threads of its own and round differently elsewhere.
    squares = np.empty((longest, fit, fit), np.float32)
    place = np.arange(fit, dtype=np.float32)
    for picture, curve, pen in zip(out, curves, pens, strict=True):
        m = len(curve)
        low = curve.min(axis=0)
        span = curve.max(axis=0) - low
        extent = float(span.max())
        scale = (fit - pen) / extent if extent > 1e-6 else 0.0
        local = (curve - low) * np.float32(scale) + np.float32(pen / 2)
        across, down = (np.square(middles - local[:, axis, None]) for axis in (0, 1))
        np.add(down[:, :, None], across[:, None, :], out=squares[:m])
        nearest = np.sqrt(squares[:m].min(axis=0))
        levels = (np.clip(pen / 2 + 0.5 - nearest, 0, 1) * 255 + 0.5).astype(np.uint8)
        width, height = (min(fit, int(np.ceil(side * scale + pen - 1e-4))) for side in span)
        mass = levels.sum(dtype=np.int64)
        top = _start(levels.sum(axis=1) @ place / mass, height, size, centre)
        left = _start(levels.sum(axis=0) @ place / mass, width, size, centre)
        picture[top : top + height, left : left + width] = levels[:height, :width]
    return out


def _start(balance: float, length: int, size: int, centre: int) -> int:
    """Where a drawing begins so that its centre of mass, `balance` pixels after its begin, lies on `centre`."""
    return int(np.clip(round(centre - float(balance)), 0, size - length))
