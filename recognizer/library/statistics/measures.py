"""What is measured of each picture: stroke width, size, place, brightness, amount of ink."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr
from recognizer.imaging.preprocess import PreprocessingSpec
from recognizer.library.statistics.products import product

INKED: Final = 32
"""Level from which on a pixel counts as inked: an eighth of full ink."""
NOT_MEASURED: Final = 255
"""The bin of a picture that has nothing to be measured."""
_AT_ONCE: Final = 512
"""Pictures; what is made of them then fits into the processor's cache."""


class Measure(StrEnum):
    """What is measured."""

    STROKE_WIDTH = "stroke_width"
    WIDTH = "width"
    HEIGHT = "height"
    OFFSET = "offset"
    BRIGHTNESS = "brightness"
    INK = "ink"


@dataclass(frozen=True, slots=True)
class Scale:
    """Bins of equal width; the last one also holds everything above.

    Attributes:
        step: Width of a bin; the first begins at 0.
        bins: How many there are.
        is_whole: Whether only whole numbers are measured.
    """

    step: float
    bins: int
    is_whole: bool = False

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where the bins begin and the last one ends, (bins + 1,)."""
        return np.asarray(np.arange(self.bins + 1) * self.step, np.float64)

    def bins_of(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The bin of each value, `NOT_MEASURED` for what is not a number."""
        is_known = ~np.isnan(values)
        # A value on an edge, such as 0.6 of steps of 0.2, belongs above it whatever its rounding.
        bins = np.floor(np.where(is_known, values, 0) / self.step + 1e-4)
        return np.where(is_known, np.clip(bins, 0, self.bins - 1), NOT_MEASURED).astype(np.uint8)


SCALES: Final = {
    Measure.STROKE_WIDTH: Scale(0.2, 40),
    Measure.WIDTH: Scale(1.0, 29, is_whole=True),
    Measure.HEIGHT: Scale(1.0, 29, is_whole=True),
    Measure.OFFSET: Scale(0.1, 40),
    Measure.BRIGHTNESS: Scale(5.0, 51),
    Measure.INK: Scale(6.0, 50),
}


def title(measure: Measure) -> str:
    """What the measure is called, in the language in use."""
    return {
        Measure.STROKE_WIDTH: tr("Stroke width"),
        Measure.WIDTH: tr("Width"),
        Measure.HEIGHT: tr("Height"),
        Measure.OFFSET: tr("Distance from the centre"),
        Measure.BRIGHTNESS: tr("Brightness"),
        Measure.INK: tr("Amount of ink"),
    }[measure]


def explanation(measure: Measure) -> str:
    """What exactly is measured, in the language in use."""
    return {
        Measure.STROKE_WIDTH: tr("Usual width of the strokes, pixels"),
        Measure.WIDTH: tr("From the leftmost to the rightmost inked pixel, pixels"),
        Measure.HEIGHT: tr("From the uppermost to the lowermost inked pixel, pixels"),
        Measure.OFFSET: tr("Between the centre of mass and the pixel on which it should lie, pixels"),
        Measure.BRIGHTNESS: tr("Mean level of the inked pixels, 0 to 255"),
        Measure.INK: tr("Sum of all levels, in pixels of full ink"),
    }[measure]


def measured(pictures: NDArray[np.uint8]) -> dict[Measure, NDArray[np.float32]]:
    """Measure pictures.

    Args:
        pictures: (k, 28, 28) uint8, 0 the ground and 255 full ink.

    Returns:
        For each measure (k,) float32; NaN for all but the amount of ink where no pixel is inked.
    """
    parts = [_measured(pictures[start : start + _AT_ONCE]) for start in range(0, len(pictures), _AT_ONCE)]
    if not parts:
        return {measure: np.zeros(0, np.float32) for measure in Measure}
    return {measure: np.concatenate([part[measure] for part in parts]) for measure in Measure}


def _measured(pictures: NDArray[np.uint8]) -> dict[Measure, NDArray[np.float32]]:
    k, size = len(pictures), pictures.shape[1]
    levels = pictures.astype(np.float32)
    is_inked = pictures >= INKED
    # All sums are whole numbers below 2**24 and thus exact.
    place = np.arange(size, dtype=np.float32)
    weights = np.stack([np.ones(size * size, np.float32), np.repeat(place, size), np.tile(place, size)], axis=1)
    mass, down, across = product(levels.reshape(k, -1), weights).T
    n_inked = is_inked.reshape(k, -1).sum(axis=1)
    is_empty = n_inked == 0
    divisor = np.where(is_empty, np.float32(1), mass)
    centre = PreprocessingSpec().centre
    values = {
        Measure.STROKE_WIDTH: stroke_widths(levels),
        Measure.WIDTH: _extent(np.any(is_inked, axis=1)),
        Measure.HEIGHT: _extent(np.any(is_inked, axis=2)),
        Measure.OFFSET: np.hypot(across / divisor - centre, down / divisor - centre),
        Measure.BRIGHTNESS: np.where(is_inked, levels, 0).reshape(k, -1).sum(axis=1) / np.maximum(n_inked, 1),
    }
    known = {measure: np.where(is_empty, np.nan, value).astype(np.float32) for measure, value in values.items()}
    return known | {Measure.INK: (mass / 255).astype(np.float32)}


def _extent(is_inked: NDArray) -> NDArray[np.intp]:
    """From the first to the last inked row or column, both counted, (k,)."""
    return is_inked.shape[1] - is_inked[:, ::-1].argmax(axis=1) - is_inked.argmax(axis=1)


def stroke_widths(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The usual width of the strokes in each picture, pixels.

    A long stroke of area A and outline P is 2·A / P wide. The area is the sum of all levels, the outline the sum of the
    gradients between four pixels each, which counts the soft edges of strokes for what they are. For ink of pens of 2
    to 5 px (pendigits, drawn by `ink.batch.render`) the median is the pen's width within 4 %, for 1.7 px 9 % above. A
    lone straight line seems 8 % thinner for its ends, a dot half as wide. For MNIST the median is 5 % above that of
    `photo_symbol.stroke_width` on the same pictures enlarged eightfold, which takes 50 times as long.

    Args:
        levels: (k, h, w) float32, 0 the ground and 255 full ink.

    Returns:
        (k,) float32; 0 where there is no ink.
    """
    framed = np.pad(levels, ((0, 0), (1, 1), (1, 1)))
    # Differences along the two diagonals of a cell: turned by 45 degrees, the gradient is as long.
    falling = framed[:, 1:, 1:] - framed[:, :-1, :-1]
    rising = framed[:, 1:, :-1] - framed[:, :-1, 1:]
    falling *= falling
    rising *= rising
    falling += rising
    outlines = np.sqrt(falling, out=falling).reshape(len(levels), -1).sum(axis=1) / np.float32(np.sqrt(2))
    areas = levels.reshape(len(levels), -1).sum(axis=1)
    return np.divide(2 * areas, outlines, out=np.zeros_like(areas), where=outlines > 0)
