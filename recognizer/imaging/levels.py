"""Ink and ground: bright ink on a ground of 0, whatever the picture's own levels are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.boxes import inked_boxes, longest_sides
from recognizer.imaging.photo_symbol import stroke_width
from recognizer.imaging.specks import all_without_specks

SIZE: Final = 28
"""Side of a model's picture, pixels."""
FIT: Final = 20
"""Longest side of the symbol on it, pixels."""
_SEEN: Final = 24
"""How far ink stands out from the ground at least, grey levels."""
_READY: Final = 100
"""The same for a symbol that has the model's size already; preprocessing leaves 125 and more."""
_CLEAR: Final = 200
"""From here on levels are not stretched."""
_FAINT: Final = 0.1
"""Share of the brightest level up to which a pixel may be a trace of the picture's compression."""
_MARKED: Final = 100
"""Level from which on a pixel belongs to a line whose width is measured."""
_SMALL: Final = 0.5
"""Only symbols that are reduced by more than that are looked at."""
_THIN: Final = 1.0
"""Width of lines in the model's picture, pixels, under which they are broadened; MNIST's are 1.7 to 4."""
_BROADENED: Final = 2.2
"""Their width then; of 1.7, 2.2 and 2.5 the one with which most digits of 69 people were read."""


def separate_ink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ink_levels` with lines broadened that are much thinner than a pen's would be at the model's scale."""
    return broadened(ink_levels(image))


def separate_all(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`separate_ink` of (n, h, w) pictures."""
    levels = all_ink_levels(images)
    if max(levels.shape[1:]) * _SMALL > FIT:
        for place, image in enumerate(levels):
            levels[place] = broadened(image)
    return levels


def ink_levels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bright ink on a ground of exactly 0, whichever of the two is dark in `image`.

    The ground is the grey level of most of the border; levels near it count as ground, as far as the picture's own
    noise reaches, and so do faint traces all over the picture, and specks.

    A symbol whose longest side is 20 pixels on a clean ground is one that has been preprocessed before, such as
    those of MNIST are. It keeps every pixel.

    Args:
        image: (h, w) uint8 grey levels.

    Returns:
        (h, w) uint8, the ink stretched to 255; all zeros where nothing stands out by 24 levels.
    """
    return all_ink_levels(image[None])[0]


def all_ink_levels(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ink_levels` of (n, h, w) pictures."""
    edges = (images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1])
    border = np.concatenate(edges, axis=1)
    ground = np.median(border, axis=1)
    below = ground - images.min(axis=(1, 2))
    above = images.max(axis=(1, 2)) - ground
    is_dark_on_light = below > above
    top = np.maximum(below, above)
    noise = _noise(border, ground)
    ink = images.astype(np.float32)
    ink -= ground.astype(np.float32)[:, None, None]
    ink *= np.where(is_dark_on_light, np.float32(-1), np.float32(1))[:, None, None]
    # On a picture of that size so small a symbol leaves most of the border free.
    is_clean = (noise == 0) | ((ground == 0) & (images.shape[1:] == (SIZE, SIZE)))
    is_seen = top >= _SEEN
    levels = np.zeros_like(images)
    clean = np.flatnonzero(is_clean & (top >= _READY))
    if len(clean):
        kept = _whole(ink[clean])
        is_ready = longest_sides(inked_boxes(kept)) == FIT
        levels[clean[is_ready]] = kept[is_ready]
        is_seen[clean[is_ready]] = False
    rest = np.flatnonzero(is_seen)
    if len(rest):
        # Of a large picture there is no second one.
        chosen = ink if len(rest) == len(ink) else ink[rest]
        levels[rest] = all_without_specks(_stretched(chosen, top[rest], noise[rest]))
    return levels


def _noise(border: NDArray[np.uint8], ground: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how far nine tenths of the pixels of each border are from the ground at most."""
    out = np.zeros(len(border))
    is_ground = border == ground[:, None]
    # Most borders are clean, which counting shows much faster than sorting.
    rest = np.flatnonzero(np.count_nonzero(is_ground, axis=1) < 0.9 * (border.shape[1] - 1) + 1)
    if len(rest):
        away = np.abs(border[rest].astype(np.float32) - ground[rest].astype(np.float32)[:, None])
        out[rest] = np.percentile(away, 90, axis=1)
    return out


def _stretched(ink: NDArray[np.float32], top: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Ink without the ground's noise and faint traces, stretched to 255 where it is noisy or dim.

    Args:
        ink: (n, h, w) how far each pixel stands out from the ground; it is used up.
        top: (n,) its largest values.
        noise: (n,) the share of it that is noise.
    """

    def each(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return values.astype(np.float32)[:, None, None]

    floor = np.where(noise == 0, 0.0, np.minimum(np.maximum(3.0 * noise, 0.15 * top), 0.5 * top))
    is_inked = ink > each(_FAINT * top)
    faint = np.count_nonzero((ink > each(floor)) & ~is_inked, axis=(1, 2))
    # Traces of compression around the ink; a clean picture has fewer faint pixels than inked ones.
    is_traced = faint > np.count_nonzero(is_inked, axis=(1, 2))
    floor = np.where(is_traced, _FAINT * top, floor)
    factor = np.where((noise != 0) | (top < _CLEAR), 255.0 / top, 1.0)
    ink[ink <= each(floor)] = 0
    ink *= each(factor)
    return _whole(ink)


def _whole(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Whole grey levels; the argument is used up."""
    np.round(levels, out=levels)
    return np.clip(levels, 0, 255, out=levels).astype(np.uint8)


def broadened(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ink` with its lines broadened where they would all but vanish when the symbol is reduced, else `ink` itself."""
    marked = (ink > _MARKED).astype(np.uint8)
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if len(rows) == 0:
        return ink
    symbol = marked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = FIT / max(symbol.shape)
    if scale >= _SMALL:
        return ink
    width = stroke_width(symbol) * scale
    if width >= _THIN:
        return ink
    # Imported here: it takes 0.1 s to load, and few pictures need it.
    import cv2

    grown = (_BROADENED - width) / 2 / scale
    outside = cv2.distanceTransform(1 - marked, cv2.DIST_L2, 5)
    return np.maximum(ink, np.clip((grown + 0.5 - outside) * 255, 0, 255).astype(np.uint8))
