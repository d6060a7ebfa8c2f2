"""Noise on a picture of one symbol: pixels that were flipped, spots, the pale halo that compression leaves."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.boxes import inked_boxes

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
    """Ink without what does not belong to the symbol; clean pictures stay as they are.

    Args:
        ink: (h, w) uint8, 0 the ground and 255 full ink.

    Returns:
        (h, w) uint8; 0 where there was noise.
    """
    return all_without_specks(ink[None])[0]


def all_without_specks(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`without_specks` of (n, h, w) pictures."""
    boxes = inked_boxes(ink)
    is_inked = boxes[:, 1] > 0
    if not is_inked.any():
        return ink
    # What is around them need not be looked at: of a large picture it may be most.
    first, last = boxes[is_inked].min(axis=0), boxes[is_inked].max(axis=0)
    area = slice(None), slice(first[0], last[1]), slice(first[2], last[3])
    out = np.zeros_like(ink)
    out[area] = _cleaned(ink[area], boxes - np.array([first[0], first[0], first[2], first[2]]))
    return out


def _cleaned(ink: NDArray[np.uint8], boxes: NDArray[np.intp]) -> NDArray[np.uint8]:
    """The same for the part of the pictures that has ink, of which `boxes` are the boxes."""
    # Imported here: it takes 0.1 s to load, and drawing on the canvas does not need it.
    import cv2

    n, height, width = ink.shape
    # One below the other, a free row between them, they are one picture for OpenCV.
    tall = np.zeros((n, height + 1, width), np.uint8)
    tall[:, :height] = ink
    flat = tall.reshape(-1, width)
    top = tall.max(axis=(1, 2))
    is_bright = tall >= _levels(_BRIGHT * top)
    is_alone = is_bright & (_neighbours(is_bright.reshape(flat.shape)).reshape(tall.shape) == 0)
    areas = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    is_noisy = np.count_nonzero(is_alone, axis=(1, 2)) >= np.maximum(4, _FLIPPED * areas)
    for place in np.flatnonzero(is_noisy):
        upper, lower, left, right = boxes[place]
        part = tall[place, upper:lower, left:right]
        part[:] = _without_flipped(np.ascontiguousarray(part), int(top[place]))
    square = np.ones((3, 3), np.uint8)
    # Along the middle of the lines, because a pale line may have a single dark point.
    is_middle = (tall >= _levels(0.1 * top)) & (tall == cv2.dilate(flat, square).reshape(tall.shape))
    usual = _medians(tall, is_middle, top)
    near = cv2.dilate((tall >= _levels(_STRONG * usual)).astype(np.uint8).reshape(flat.shape), square)
    _, spots, stats, _ = cv2.connectedComponentsWithStats(((flat > 0) & (near > 0)).astype(np.uint8), connectivity=8)
    # The first one is the ground.
    sizes, owners = stats[1:, cv2.CC_STAT_AREA], stats[1:, cv2.CC_STAT_TOP] // (height + 1)
    largest = np.zeros(n, sizes.dtype)
    np.maximum.at(largest, owners, sizes)
    least = np.where(is_noisy, _SPECK_IN_NOISE, _SPECK) * largest
    is_kept = np.concatenate([[False], sizes >= least[owners]])
    return np.where(is_kept[spots.reshape(tall.shape)], tall, np.uint8(0))[:, :height]


def _levels(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """For each picture the lowest whole level that is not below its share, (n, 1, 1)."""
    return np.ceil(shares).astype(np.uint8)[:, None, None]


def _medians(values: NDArray[np.uint8], mask: NDArray[np.bool_], otherwise: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Each picture's median where `mask` is set, `otherwise` where it is not set at all."""
    n = len(values)
    places = np.flatnonzero(mask)
    each = places // values[0].size * 256 + values.ravel()[places]
    counts = np.bincount(each, minlength=n * 256).reshape(n, 256).cumsum(axis=1)
    number = counts[:, -1:]
    middle = ((counts > (number - 1) // 2).argmax(axis=1) + (counts > number // 2).argmax(axis=1)) / 2
    return np.where(number[:, 0] > 0, middle, otherwise)


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
