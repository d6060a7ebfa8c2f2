"""One symbol of a photo as a model knows symbols: its ink redrawn with a pen of the usual width."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

PEN: Final = 2.5
"""Width of the redrawn strokes where the symbol is 20 pixels high."""
_FIT: Final = 20
_DETAIL: Final = 8
"""Pixels for each pixel of the model's picture while strokes are redrawn."""


def redraw(mask: NDArray[np.uint8], pen: float = PEN) -> NDArray[np.uint8]:
    """Draw a symbol anew at a scale that suits the model, its strokes about `pen` wide.

    Strokes that are thinner are thickened all around, thicker ones are thinned as far as they keep their core.

    Args:
        mask: (h, w) uint8, 1 the symbol's ink.
        pen: Width of the strokes, pixels of the model.

    Returns:
        (m, n) uint8, 0 the ground and 255 full ink, about 20 · 5 pixels on the longest side with a free margin; for
        `Preprocessor.from_image`. All zeros where there is no ink.
    """
    import cv2

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return np.zeros((1, 1), np.uint8)
    symbol = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = _FIT * _DETAIL
    # What a stroke gains in width makes the whole symbol larger; leave room for it.
    scale = side / max(symbol.shape)
    edge = max(1, round(4 / scale)) if scale > 1 else 1
    framed = cv2.copyMakeBorder(symbol * np.uint8(255), edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)
    size = (max(1, round(framed.shape[1] * scale)), max(1, round(framed.shape[0] * scale)))
    large = cv2.resize(framed, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    # Rounds the stairs of enlarged pixels.
    if scale > 1:
        large = cv2.GaussianBlur(large, (0, 0), min(0.5 * scale, 0.4 * _DETAIL))
    inked = (large > 100).astype(np.uint8)
    room = 2 * _DETAIL
    inked = cv2.copyMakeBorder(inked, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    if not inked.any():
        return inked
    width = stroke_width(inked)
    grow = (pen * _DETAIL - width) / 2
    if grow > 0:
        outside = cv2.distanceTransform(1 - inked, cv2.DIST_L2, 5)
        return np.clip((min(grow, room - 2) + 0.5 - outside) * 255, 0, 255).astype(np.uint8)
    inside = cv2.distanceTransform(inked, cv2.DIST_L2, 5)
    return np.clip((inside + max(grow, -width / 4)) * 255, 0, 255).astype(np.uint8)


def stroke_width(mask: NDArray[np.uint8]) -> float:
    """The usual width of the strokes in `mask` (1 the ink), pixels; 0 where there are none."""
    import cv2

    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(framed, cv2.DIST_L2, 5)
    ridge = inside[(inside > 0) & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 1e-3)]
    return 2 * float(np.median(ridge)) - 0.5 if len(ridge) else 0.0
