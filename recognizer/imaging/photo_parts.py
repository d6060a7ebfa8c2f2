"""Connected pieces of ink, without the specks, edges and shadows among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SPECK: Final = 0.09
"""Longest side of a speck as a share of the usual symbol's height."""
_MOST_PARTS: Final = 3000
"""Of more, the largest are kept: a photo of a lawn must not take minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A connected piece of ink.

    Attributes:
        left, top: Of its box, pixels.
        mask: (height, width) uint8, 1 its ink.
        area: Pixels of ink.
        is_at_edge: Whether it reaches the edge of the picture.
    """

    left: int
    top: int
    mask: NDArray[np.uint8]
    area: int
    is_at_edge: bool = False

    @property
    def width(self) -> int:
        """Of its box."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Of its box."""
        return int(self.mask.shape[0])

    @property
    def extent(self) -> int:
        """The longer side of its box."""
        return max(self.mask.shape)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle (x, y) of its box."""
        return self.left + self.width / 2, self.top + self.height / 2

    def distance(self, other: "Part") -> float:
        """How far the two boxes are apart; 0 where they overlap."""
        across = max(self.left, other.left) - min(self.left + self.width, other.left + other.width)
        down = max(self.top, other.top) - min(self.top + self.height, other.top + other.height)
        return float(np.hypot(max(across, 0), max(down, 0)))


def find_parts(mask: NDArray[np.uint8], strength: NDArray[np.float32] | None) -> list[Part]:
    """The pieces of ink in `mask`.

    Args:
        mask: (h, w) uint8, 1 the ink.
        strength: (h, w) float32 of the ink, to tell faint stains at the edges; None where that was done.
    """
    import cv2

    height, width = mask.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    order = np.argsort(stats[1:, cv2.CC_STAT_AREA])[::-1][:_MOST_PARTS] + 1
    parts = []
    for index in order:
        left, top, wide, high, area = (int(value) for value in stats[index])
        if area < 4:
            continue
        window = (slice(top, top + high), slice(left, left + wide))
        at_edge = left == 0 or top == 0 or left + wide == width or top + high == height
        parts.append(Part(left, top, (labels[window] == index).astype(np.uint8), area, at_edge))
    return _writing(parts, strength)


def usual_height(parts: Sequence[Part]) -> float:
    """The usual height of symbols among `parts`, pixels: the median, where large pieces count more."""
    if not parts:
        return 1.0
    # A minus tells nothing of the height of digits, but several joined digits do.
    tall = [part for part in parts if part.height > 0.25 * part.width or part.area < 0.5 * part.width * part.height]
    heights = np.array([part.height if tall else 0.6 * part.width for part in tall or parts], np.float64)
    weights = np.array([part.area for part in tall or parts], np.float64) ** 0.5
    order = np.argsort(heights)
    along = np.cumsum(weights[order])
    return float(heights[order][np.searchsorted(along, along[-1] / 2)])


def _writing(parts: list[Part], strength: NDArray[np.float32] | None) -> list[Part]:
    """`parts` without what no pen has written."""
    inner = [part for part in parts if not part.is_at_edge] or parts
    height = usual_height(inner)
    kept = []
    levels = [_level(part, strength) for part in parts]
    usual = float(
        np.median([level for part, level in zip(parts, levels, strict=True) if part.extent > 0.5 * height] or [1.0])
    )
    for part, level in zip(parts, levels, strict=True):
        if part.extent < _SPECK * height or part.area < 0.004 * height * height:
            continue
        if part.is_at_edge and len(inner) < len(parts):
            is_large = part.extent > 2.5 * height
            if is_large or (level < 0.6 * usual):
                continue
        if part.height > 6 * height or _is_blot(part, height):
            continue
        kept.append(part)
    return kept


def _level(part: Part, strength: NDArray[np.float32] | None) -> float:
    if strength is None:
        return 1.0
    window = strength[part.top : part.top + part.height, part.left : part.left + part.width]
    return float(window[part.mask > 0].mean())


def _is_blot(part: Part, height: float) -> bool:
    """Whether it is a filled area that is far larger than a stroke is wide."""
    return part.area > 0.75 * part.width * part.height and min(part.width, part.height) > 0.7 * height
