"""Ink on an uneven ground: how far each pixel of a photo differs from the paper or board around it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SMALL: Final = 320
"""Longest side at which the ground is found, pixels."""
_FINE: Final = 12.0
_PEN: Final = 5.0
"""Width of the broader strokes after reducing, pixels."""
_SPECK: Final = 0.0004
"""Share of the picture under which a spot does not help to tell ink from ground."""
_FAINT: Final = 0.035
"""The least share of light that ink takes away; compression and paper's grain stay below it."""
_LOW: Final = 0.38
"""Share of the darkest ink nearby from which on a pixel is ink."""
_GHOST: Final = 0.40
"""Share of the picture's usual ink under which a whole spot is print that shines through, a crease, a shadow's edge."""


@dataclass(frozen=True, slots=True, eq=False)
class InkMap:
    """The ink of a picture.

    Attributes:
        strength: (h, w) float32, 0 the ground; how strongly the ink stands out.
        mask: (h, w) uint8, 1 where there is ink.
        noise: Standard deviation of `strength` on the bare ground.
        is_light: Whether the ink is lighter than its ground.
        scale: Pixels here for each pixel of the picture, at most 1.
    """

    strength: NDArray[np.float32]
    mask: NDArray[np.uint8]
    noise: float
    is_light: bool
    scale: float = 1.0


def find_ink(picture: NDArray[np.uint8], longest_side: int = 2000) -> InkMap:
    """Tell ink from ground, whatever the light, the ground's colour and the pen's are.

    Args:
        picture: (height, width, 3) RGB or (height, width) grey levels.
        longest_side: The picture is reduced to it, and further where its strokes are broad.
    """
    import cv2

    rgb = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
    longest = max(rgb.shape[:2])
    small, shrink = _reduced(rgb, _SMALL)
    is_light = has_light_ink(small)
    marked, pen = _marked(small, is_light)
    ground = _ground(small, marked, pen, is_light)
    # First a scale at which no stroke is lost, then the one at which averaging takes the noise away.
    scale = min(1.0, longest_side / longest, max(_FINE * shrink / pen, _SMALL / longest))
    level, _ = _reduced(rgb, round(longest * scale))
    height, width = level.shape[:2]
    ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    bare = cv2.resize(1 - marked, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    strength = _strength(level, ground, is_light)
    pen = _pen(strength, _noise(strength, bare))
    if pen > 1.3 * _PEN:
        strength, shrink = _reduced(strength, max(_SMALL, round(max(strength.shape) * _PEN / pen)))
        bare = cv2.resize(bare.astype(np.uint8), strength.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        pen *= shrink
    noise = _noise(strength, bare)
    strength = np.clip(strength, 0.0, 1.5)
    return InkMap(strength, _mask(strength, noise, pen), noise, is_light, strength.shape[1] / rgb.shape[1])


def has_light_ink(small: NDArray[np.uint8]) -> bool:
    """Whether what is written on a reduced picture (h, w, 3) is lighter than what it is written on."""
    import cv2

    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    bright, dark = (_strokes(side) for side in _two_sides(grey))
    if max(bright, dark) > 2 * min(bright, dark):
        return bright > dark
    wide = _odd(max(grey.shape) * 0.4)
    apart = grey.astype(np.float32) - _median(grey, wide)
    apart[np.abs(apart) < 12] = 0
    # Shadows and reflections are wide; what is thin counts.
    thin = apart - cv2.blur(apart, (wide, wide))
    thin[apart == 0] = 0
    return float(np.square(np.maximum(thin, 0)).sum()) > float(np.square(np.minimum(thin, 0)).sum())


def _two_sides(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What is brighter and what is darker than the level that divides the picture best, by Otsu."""
    import cv2

    _, bright = cv2.threshold(cv2.medianBlur(grey, 3), 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return bright, np.asarray(1 - bright, np.uint8)


def _strokes(side: NDArray[np.uint8]) -> float:
    """How long the pieces of a mask are together, each in its own widths: much for strokes, little for areas."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(side, connectivity=8)
    inside = cv2.distanceTransform(side, cv2.DIST_L2, 3)
    half = np.zeros(count, np.float32)
    # Where all is one side, the distance to the other is without end.
    np.maximum.at(half, labels.ravel(), np.minimum(inside, max(side.shape)).ravel())
    area = stats[:, cv2.CC_STAT_AREA]
    counted = area >= max(12.0, _SPECK * side.size)
    counted[0] = False
    return float((area[counted] / np.square(2 * half[counted])).sum())


def _marked(small: NDArray[np.uint8], is_light: bool) -> tuple[NDArray[np.uint8], float]:
    """Roughly where ink is in a reduced picture (1 there), and the width of its broader strokes in pixels."""
    apart = small.astype(np.float32) - _median(small, _odd(max(small.shape) * 0.4))
    inked = (apart if is_light else -apart).max(axis=2)
    spread = float(np.median(np.abs(inked - np.median(inked)))) * 1.4826
    # In a small picture ink may be so much that the spread is its own.
    top = float(np.percentile(inked, 99.5))
    marked = (inked > max(12.0, min(4 * spread, 0.45 * top), 0.3 * top)).astype(np.uint8)
    return marked, max(_width(marked, 90), 2.0)


def _ground(small: NDArray[np.uint8], marked: NDArray[np.uint8], pen: float, is_light: bool) -> NDArray[np.float32]:
    """The bare ground of a reduced picture (h, w, 3): closed over the strokes, so that shadows keep their edges."""
    import cv2

    height, width = small.shape[:2]
    # Wider than any stroke, narrower than shadows.
    side = _odd(min(max(2.25 * pen + 3, 9), 0.45 * max(height, width)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    smooth = cv2.medianBlur(small, 3)
    operation = cv2.MORPH_OPEN if is_light else cv2.MORPH_CLOSE
    padded = cv2.copyMakeBorder(smooth, *(side,) * 4, cv2.BORDER_REFLECT_101)
    closed = cv2.morphologyEx(padded, operation, kernel)[side : side + height, side : side + width]
    # Closing follows the brightest grain; the middle of the grain is wanted.
    bare = marked == 0
    offset = np.median((smooth.astype(np.float32) - closed)[bare], axis=0) if bare.any() else np.float32(0)
    blurred = cv2.GaussianBlur(closed, (0, 0), side / 4)
    # Blur reaches across the edges of the paper; there the ground is what was seen.
    return (np.maximum if is_light else np.minimum)(closed, blurred).astype(np.float32) + offset


def _strength(level: NDArray[np.uint8], ground: NDArray[np.float32], is_light: bool) -> NDArray[np.float32]:
    """How far a picture (h, w, 3) is from its ground, (h, w)."""
    mean = np.zeros(level.shape[:2], np.float32)
    most = np.full(level.shape[:2], -np.inf, np.float32)
    # Colour by colour: numpy is slow along an axis of three.
    for colour in range(3):
        around = ground[:, :, colour]
        if is_light:
            apart = (level[:, :, colour] - around) / np.maximum(255.0 - around, 96.0)
        else:
            apart = (around - level[:, :, colour]) / np.maximum(around, 40.0)
        mean += apart
        np.maximum(most, apart, out=most)
    # A coloured pen may take one colour of the light only.
    return np.maximum(mean / 3, 0.8 * most)


def _noise(strength: NDArray[np.float32], bare: NDArray[np.bool_]) -> float:
    """The standard deviation of the bare ground."""
    values = strength[bare] if bare.any() else strength.ravel()
    values = values[:: max(1, values.size // 200_000)]
    return max(float(np.median(np.abs(values - np.median(values)))) * 1.4826, 1e-3)


def _pen(strength: NDArray[np.float32], noise: float) -> float:
    """The width of the broader strokes, pixels."""
    import cv2

    smooth = cv2.GaussianBlur(strength, (0, 0), 1.0)
    floor = max(4 * noise, _FAINT)
    inked = smooth[smooth > floor]
    level = float(np.percentile(inked, 70)) if len(inked) else 1.0
    return max(_width((smooth > max(floor, 0.5 * level)).astype(np.uint8), 75) - 0.5, 1.0)


def _width(marked: NDArray[np.uint8], share: float) -> float:
    """The width of strokes in a mask under which `share` percent of their length lies; 0 where there are none."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    edge = _at_edge(stats, marked.shape)
    edge[0] = True
    # A dark corner or the table around the paper is no stroke.
    if stats[~edge, cv2.CC_STAT_AREA].sum() > 0.1 * stats[1:, cv2.CC_STAT_AREA].sum() and count > 1:
        marked = (~edge)[labels].astype(np.uint8)
    framed = cv2.copyMakeBorder(marked, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(framed, cv2.DIST_L2, 5)
    ridge = inside[(inside > 0) & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 1e-3)]
    return 2 * float(np.percentile(ridge, share)) if len(ridge) else 0.0


def _at_edge(stats: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components reach the edge of their picture."""
    left, top, width, height = (stats[:, column] for column in range(4))
    return (left == 0) | (top == 0) | (left + width == shape[1]) | (top + height == shape[0])


def _median(image: NDArray[np.uint8], wide: int) -> NDArray[np.uint8]:
    """The median around each pixel, the picture mirrored at its edges."""
    import cv2

    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(image, *(wide // 2,) * 4, cv2.BORDER_REFLECT_101)
    return cv2.medianBlur(padded, wide)[wide // 2 : wide // 2 + height, wide // 2 : wide // 2 + width]


def _mask(strength: NDArray[np.float32], noise: float, pen: float) -> NDArray[np.uint8]:
    """1 where there is ink, judged beside the strongest ink nearby."""
    import cv2

    smooth = cv2.GaussianBlur(strength, (0, 0), 0.8) if max(strength.shape) > 200 else strength
    floor = max(4.0 * noise, _FAINT)
    longest = max(strength.shape)
    small, shrink = _reduced(smooth, _SMALL)
    # Reducing averages; the peak of a thin line is wanted.
    if shrink < 1:
        step = int(np.ceil(1 / shrink))
        small = cv2.resize(cv2.dilate(smooth, np.ones((step, step), np.uint8)), small.shape[::-1], interpolation=0)
    reach = _odd(max(small.shape) * 0.06)
    nearby = cv2.blur(cv2.dilate(small, np.ones((reach, reach), np.uint8)), (reach, reach))
    nearby = cv2.resize(nearby, strength.shape[::-1], interpolation=cv2.INTER_LINEAR) if longest > _SMALL else nearby
    # The ground inside small loops, which blur has darkened, is still lighter than the strokes around it.
    window = _odd(max(3 * pen, 7))
    around = cv2.blur(smooth, (window, window))
    mask = (smooth > np.maximum(np.maximum(_LOW * nearby, floor), 0.9 * around)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return mask
    peaks = _peaks(smooth, labels, count)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    # A dark corner is larger than all writing.
    inner = np.flatnonzero(~_at_edge(stats, mask.shape))
    members = inner if areas[inner].sum() > 0.02 * areas[1:].sum() else np.arange(1, count)
    usual = _weighted_quantile(peaks[members], areas[members], 0.7)
    kept = peaks >= max(_GHOST * usual, 1.5 * floor)
    kept[0] = False
    return kept[labels].astype(np.uint8)


def _peaks(strength: NDArray[np.float32], labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """The largest strength of each component."""
    peaks = np.zeros(count, np.float32)
    flat = labels.ravel()
    inked = np.flatnonzero(flat)
    np.maximum.at(peaks, flat[inked], strength.ravel()[inked])
    return peaks.astype(np.float64)


def _weighted_quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    order = np.argsort(values)
    along = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(along, share * along[-1])])


def _reduced(image: NDArray, longest: int = _SMALL) -> tuple[NDArray, float]:
    """`image` with no side over `longest`, and by how much it was scaled."""
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale == 1.0:
        return image, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def _odd(value: float) -> int:
    return max(3, int(value) | 1)
