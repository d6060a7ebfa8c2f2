"""Noise on a picture of one symbol: pixels that were flipped, spots, the pale halo that compression leaves."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_BRIGHT: Final = 0.4
"""Share of the darkest ink from which on a pixel counts as a flipped one."""
_FLIPPED: Final = 0.004
"""Share of a picture's pixels that stand alone from which on it is noise; of MNIST's pictures none has four of them."""
_ALONE: Final = 1
"""A flipped pixel of the ground has no more bright neighbours than this, of 8."""
_SURROUNDED: Final = 5
"""A flipped pixel of a line has no fewer than this."""
_ROUNDS: Final = 2
_STRONG: Final = 0.2
"""Share of the lines' usual level from which on a pixel is ink for itself; paler ones count only beside one."""
_SPECK: Final = 0.02
"""A spot smaller than this share of the largest one does not belong to the symbol."""
_SPECK_IN_NOISE: Final = 0.06


def without_specks(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink without what does not belong to the symbol; clean pictures, such as those of MNIST, stay as they are.

    Args:
        ink: (h, w) uint8, 0 the ground and 255 full ink.

    Returns:
        (h, w) uint8; 0 where there was noise.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return ink
    # What is around it need not be looked at: of a large picture it may be most.
    area = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    out = np.zeros_like(ink)
    out[area] = _cleaned(np.ascontiguousarray(ink[area]))
    return out


def _cleaned(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same for the part of a picture that has ink."""
    # Imported here: it takes 0.1 s to load, and drawing on the canvas does not need it.
    import cv2

    top = int(ink.max())
    is_bright = ink >= _BRIGHT * top
    is_noisy = int((is_bright & (_neighbours(is_bright) == 0)).sum()) >= max(4, _FLIPPED * ink.size)
    if is_noisy:
        ink = _without_flipped(ink, top)
    square = np.ones((3, 3), np.uint8)
    # Along the middle of the lines, because a pale line may have a single dark point.
    middle = ink[(ink >= 0.1 * top) & (ink == cv2.dilate(ink, square))]
    usual = float(np.median(middle)) if len(middle) else float(top)
    near = cv2.dilate((ink >= _STRONG * usual).astype(np.uint8), square)
    _, spots, stats, _ = cv2.connectedComponentsWithStats(((ink > 0) & (near > 0)).astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    is_kept = areas >= (_SPECK_IN_NOISE if is_noisy else _SPECK) * areas.max()
    is_kept[0] = False
    return np.where(is_kept[spots], ink, np.uint8(0))


def _without_flipped(ink: NDArray[np.uint8], top: int) -> NDArray[np.uint8]:
    """Single bright pixels on the ground and dark ones in lines replaced by the median around them."""
    import cv2

    for _ in range(_ROUNDS):
        is_bright = ink >= _BRIGHT * top
        around = _neighbours(is_bright)
        is_flipped = np.where(is_bright, around <= _ALONE, around >= _SURROUNDED)
        ink = np.where(is_flipped, cv2.medianBlur(ink, 3), ink)
    return ink


def _neighbours(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many of each pixel's 8 neighbours are set."""
    import cv2

    ring = np.ones((3, 3), np.float32)
    ring[1, 1] = 0
    return cv2.filter2D(mask.astype(np.uint8), -1, ring, borderType=cv2.BORDER_CONSTANT)
