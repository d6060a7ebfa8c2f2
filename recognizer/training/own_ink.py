"""The user's own ink, varied as the same hand would vary it."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.preprocess import PreprocessingSpec, Preprocessor
from recognizer.ink.stroke import Ink, Stroke
from recognizer.library.handwriting import Sample
from recognizer.training.augment import Augmentation, augment

_PEN: Final = (1.7, 4.0)
"""Range of pen widths at the scale of 28×28, pixels: what MNIST shows."""
_TURN: Final = 0.07
_SHEAR: Final = 0.10
_STRETCH: Final = 0.09
_STROKE_SHIFT: Final = 0.02
_WOBBLE: Final = 0.018
"""Standard deviations: radians, run for each rise, logarithm of the factor, and two shares of the drawing's size."""
_MILD: Final = Augmentation(
    rotation=5.0, shear=0.08, zoom=0.07, shift=1.0, bend=0.5, thin=0.3, thick=0.5, harden=1.5, share=0.9
)


def variations(
    samples: Sequence[Sample], copies: int, rng: np.random.Generator, check: Callable[[], None]
) -> NDArray[np.uint8]:
    """Pictures of every sample, the first of its `copies` as it is.

    Args:
        samples: What the user wrote.
        copies: How many of each, at least 1.
        rng: Where chance comes from.
        check: Raises where the work is to stop; called for each sample.

    Returns:
        (n · copies, 28, 28) uint8; the copies of a sample stand together.
    """
    usual = Preprocessor()
    out = np.empty((len(samples), copies, 28, 28), np.uint8)
    for place, sample in enumerate(samples):
        check()
        if sample.ink is not None:
            for copy in range(copies):
                out[place, copy] = _drawn_anew(sample.ink, rng) if copy else usual.from_ink(sample.ink)
        else:
            assert sample.picture is not None
            out[place] = usual.from_image(sample.picture)
        varied = augment(out[place, 1:], rng, _MILD)
        out[place, 1:] = np.round(varied * 255).astype(np.uint8)
    return out.reshape(-1, 28, 28)


def _drawn_anew(ink: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """`ink` with another slant, width and pen, its strokes a little displaced and bent."""
    pen = float(np.clip(np.exp(rng.normal(np.log(2.5), 0.25)), *_PEN))
    return Preprocessor(PreprocessingSpec(pen=pen)).from_ink(varied_ink(ink, rng))


def varied_ink(ink: Ink, rng: np.random.Generator) -> Ink:
    """A copy of `ink` as the same hand might have written it; as many strokes and points."""
    left, top, right, bottom = ink.bounds()
    extent = max(right - left, bottom - top, 1e-6)
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    turn, shear = rng.normal(0, _TURN), rng.normal(0, _SHEAR)
    stretch = np.exp(rng.normal(0, _STRETCH))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    change = turned @ np.array([[stretch, shear], [0, 1 / stretch]])
    strokes = []
    for stroke in ink.strokes:
        points = (stroke.points - middle) @ change.T
        points = points + rng.normal(0, _STROKE_SHIFT * extent, 2) + _bend(points, extent, rng) + middle
        strokes.append(Stroke(points.astype(np.float32), stroke.times, stroke.pressures))
    return Ink(tuple(strokes), ink.pen_width)


def _bend(points: NDArray[np.float64], extent: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth displacements along the way, two slow waves for each axis."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(steps))) / extent
    lengths, phases = rng.uniform(0.4, 1.6, (2, 2)), rng.uniform(0, 2 * np.pi, (2, 2))
    waves = np.sin(2 * np.pi * along[:, None, None] / lengths + phases).sum(axis=2)
    return waves * rng.normal(0, _WOBBLE * extent, 2)
