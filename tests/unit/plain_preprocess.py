"""The preprocessing of pictures written plainly, one picture at a time, for the fast one to be compared with."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.imaging.levels import broadened


def prepared(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(28, 28) uint8 of a (h, w) uint8 picture."""
    ink = broadened(levels_of(image))
    if not ink.any():
        return np.zeros((28, 28), np.uint8)
    if ink.shape == (28, 28) and longest(ink) == 20 and shift_of(ink) == (0, 0):
        return ink
    top, bottom, left, right = box(ink)
    symbol = ink[top:bottom, left:right]
    height, width = symbol.shape
    scale = 20 / max(height, width)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if target != (width, height):
        symbol = np.asarray(Image.fromarray(symbol).resize(target, Image.Resampling(4 if scale < 1 else 3)))
    framed = np.zeros((28, 28), np.uint8)
    down, across = (28 - target[1]) // 2, (28 - target[0]) // 2
    framed[down : down + target[1], across : across + target[0]] = symbol
    return np.roll(framed, shift_of(framed), (0, 1))


def levels_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink on a ground of 0."""
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    ground = float(np.median(border))
    is_dark = ground - float(image.min()) > float(image.max()) - ground
    ink = ground - image.astype(np.float32) if is_dark else image.astype(np.float32) - ground
    top = float(ink.max())
    if top < 24:
        return np.zeros(image.shape, np.uint8)
    noise = float(np.percentile(np.abs(border.astype(np.float32) - ground), 90))
    is_clean = noise == 0 or (ground == 0 and image.shape == (28, 28))
    if is_clean and top >= 100 and longest(ink > 0) == 20:
        return np.clip(np.round(ink), 0, 255).astype(np.uint8)
    floor = 0.0 if noise == 0 else min(max(3.0 * noise, 0.15 * top), 0.5 * top)
    if ((ink > floor) & (ink <= 0.1 * top)).sum() > (ink > 0.1 * top).sum():
        floor = 0.1 * top
    ink[ink <= floor] = 0
    levels = np.clip(np.round(ink * (255.0 / top) if noise or top < 200 else ink), 0, 255).astype(np.uint8)
    return without_specks(levels)


def without_specks(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink without flipped pixels, halo and spots."""
    if not ink.any():
        return ink
    above, below, left, right = box(ink)
    part = ink[above:below, left:right].copy()
    top = int(part.max())
    is_bright = part >= 0.4 * top
    is_noisy = (is_bright & (neighbours(is_bright) == 0)).sum() >= max(4, 0.004 * part.size)
    for _ in range(2 if is_noisy else 0):
        is_bright = part >= 0.4 * top
        around = neighbours(is_bright)
        part = np.where(np.where(is_bright, around <= 1, around >= 5), cv2.medianBlur(part, 3), part)
    square = np.ones((3, 3), np.uint8)
    middle = part[(part >= 0.1 * top) & (part == cv2.dilate(part, square))]
    usual = float(np.median(middle)) if len(middle) else float(top)
    near = cv2.dilate((part >= 0.2 * usual).astype(np.uint8), square)
    number, spots = cv2.connectedComponents(((part > 0) & (near > 0)).astype(np.uint8), connectivity=8)
    sizes = [int((spots == spot).sum()) for spot in range(number)]
    least = (0.06 if is_noisy else 0.02) * max(sizes[1:], default=0)
    out = np.zeros_like(ink)
    for spot in range(1, number):
        if sizes[spot] >= least:
            out[above:below, left:right][spots == spot] = part[spots == spot]
    return out


def neighbours(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of each pixel's 8 neighbours are set."""
    framed = np.pad(mask.astype(np.int64), 1)
    height, width = mask.shape
    parts = [framed[y : y + height, x : x + width] for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    return sum(parts[1:], start=parts[0])


def box(ink: NDArray) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is not 0."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def longest(ink: NDArray) -> int:
    """The longest side of what is not 0."""
    top, bottom, left, right = box(ink)
    return max(bottom - top, right - left)


def shift_of(ink: NDArray[np.uint8]) -> tuple[int, int]:
    """Whole pixels (down, right) from the centre of mass to (14, 14), as far as the ink stays in the picture."""
    mass = ink.astype(np.float64)
    top, bottom, left, right = box(ink)
    down, across = (round(14 - float((mass.sum(axis=axis) * np.arange(28)).sum() / mass.sum())) for axis in (1, 0))
    return int(np.clip(down, -top, 28 - bottom)), int(np.clip(across, -left, 28 - right))
