"""Pictures of symbols varied as handwriting varies: slant, size, place, bends, pen; never mirrored."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_CHUNK: Final = 2000
_BLURRED, _NOISY, _FAINT = 0.2, 0.1, 0.1
"""The shares of the pictures that are blurred, noisy and faint."""
_KNOTS: Final = 5
"""Knots a side of the grid whose random shifts bend a picture."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures are varied; each amount is the bound of an even distribution unless it says otherwise.

    Attributes:
        rotation: Degrees, either way.
        shear: Run to the right for each rise, either way.
        zoom: Natural logarithm of the factor, drawn for both axes together and again for each by half as much.
        shift: Pixels, either way, in both directions.
        bend: Standard deviation of the knots' shifts, pixels.
        thin, thick: How far the pen becomes thinner or thicker, in pixels of the outline.
        extreme: The share of the pictures for which that is doubled.
        fade: The least level of full ink that a tenth of the pictures keep, 0 to 1.
        harden: Largest factor by which the edges' contrast grows.
        blur: How much of a picture is replaced by its mean over 3×3 pixels, at most.
        noise: Largest standard deviation of the noise that a tenth of the pictures get, of full ink.
        share: The share of the pictures that are varied at all.
    """

    rotation: float = 13.0
    shear: float = 0.28
    zoom: float = 0.12
    shift: float = 1.6
    bend: float = 0.9
    thin: float = 0.6
    thick: float = 1.0
    extreme: float = 0.0
    fade: float = 1.0
    harden: float = 2.0
    blur: float = 0.0
    noise: float = 0.0
    share: float = 0.95

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    def scaled(self, factor: float) -> "Augmentation":
        """The same kinds of variation, `factor` times as far, for as many pictures."""
        bounds = {name: value * factor for name, value in asdict(self).items()}
        return Augmentation(
            **{
                **bounds,
                "fade": 1 - (1 - self.fade) * factor,
                "harden": self.harden**factor,
                "share": self.share,
            }
        )


def augment(
    images: NDArray[np.uint8], rng: np.random.Generator, amounts: Augmentation | None = None
) -> NDArray[np.float32]:
    """Variations of pictures.

    Args:
        images: (n, size, size) uint8, 0 the ground and 255 full ink.
        rng: Where chance comes from.
        amounts: How far they are varied.

    Returns:
        (n, size, size) float32, 0 to 1.
    """
    amounts = amounts or Augmentation()
    out = np.empty(images.shape, np.float32)
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK].astype(np.float32) / np.float32(255.0)
        changed = rng.random(len(part)) < amounts.share
        part[changed] = _spoil(_warp(_pen(part[changed], rng, amounts), rng, amounts), rng, amounts)
        out[start : start + len(part)] = part
    return out


def _pen(images: NDArray[np.float32], rng: np.random.Generator, amounts: Augmentation) -> NDArray[np.float32]:
    """Thinner or thicker lines, harder edges, fainter ink."""
    n = len(images)
    amount = rng.uniform(-amounts.thin, amounts.thick, (n, 1, 1)).astype(np.float32)
    amount[rng.random(n) < amounts.extreme] *= 2
    lowest, highest = _neighbourhood(images)
    out = images + np.clip(amount, 0, 1) * (highest - images) + np.clip(-amount, 0, 1) * (lowest - images)
    far = np.flatnonzero(amount[:, 0, 0] > 1)
    out[far] += (amount[far] - 1) * (_neighbourhood(highest[far])[1] - highest[far])
    gain = np.exp(rng.uniform(0.0, np.log(amounts.harden), (n, 1, 1))).astype(np.float32)
    out = np.clip((out - 0.5) * gain + 0.5, 0.0, 1.0)
    if amounts.fade < 1:
        faint = rng.random(n) < _FAINT
        out[faint] *= rng.uniform(amounts.fade, 1, (int(faint.sum()), 1, 1)).astype(np.float32)
    return out


def _neighbourhood(images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The lowest and the highest level of each pixel and its four neighbours."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    lowest, highest = images.copy(), images.copy()
    for neighbour in (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]):
        np.minimum(lowest, neighbour, out=lowest)
        np.maximum(highest, neighbour, out=highest)
    return lowest, highest


def _spoil(images: NDArray[np.float32], rng: np.random.Generator, amounts: Augmentation) -> NDArray[np.float32]:
    """A fifth of the pictures blurred, a tenth noisy."""
    n = len(images)
    if amounts.blur > 0:
        chosen = rng.random(n) < _BLURRED
        some = images[chosen]
        mean = some.copy()
        for axis in (1, 2):
            mean = (mean + np.roll(mean, 1, axis) + np.roll(mean, -1, axis)) / np.float32(3)
        amount = rng.uniform(0, amounts.blur, (len(some), 1, 1)).astype(np.float32)
        images[chosen] = some + amount * (mean - some)
    if amounts.noise > 0:
        chosen = rng.random(n) < _NOISY
        some = images[chosen]
        spread = rng.uniform(0, amounts.noise, (len(some), 1, 1)).astype(np.float32)
        images[chosen] = np.clip(some + spread * rng.standard_normal(some.shape, np.float32), 0, 1)
    return images


def _warp(images: NDArray[np.float32], rng: np.random.Generator, amounts: Augmentation) -> NDArray[np.float32]:
    """Rotated, sheared, zoomed, shifted and bent about the middle, sampled bilinearly."""
    n, size, _ = images.shape
    angle = np.radians(rng.uniform(-amounts.rotation, amounts.rotation, n))
    shear = rng.uniform(-amounts.shear, amounts.shear, n)
    zoom = rng.uniform(-amounts.zoom, amounts.zoom, (n, 1))
    scale = np.exp(-(zoom + rng.uniform(-amounts.zoom, amounts.zoom, (n, 2)) / 2))
    shift = rng.uniform(-amounts.shift, amounts.shift, (n, 2, 1, 1))
    cosine, sine = np.cos(angle), np.sin(angle)
    place = np.arange(size, dtype=np.float32) - (size - 1) / 2
    y, x = place[None, :, None], place[None, None, :]

    def each(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return values.astype(np.float32)[:, None, None]

    column = each(scale[:, 0] * (cosine + shear * sine)) * x + each(scale[:, 0] * (shear * cosine - sine)) * y
    row = each(scale[:, 1] * sine) * x + each(scale[:, 1] * cosine) * y
    bends = rng.normal(0.0, amounts.bend, (n, 2, _KNOTS, _KNOTS)).astype(np.float32)
    curve = _smooth(size)
    moved = curve @ bends @ curve.T + shift.astype(np.float32)
    middle = np.float32((size - 1) / 2)
    return _sample(images, row + moved[:, 0] + middle, column + moved[:, 1] + middle)


def _smooth(size: int) -> NDArray[np.float32]:
    """(size, knots) weights that spread the knots' shifts smoothly; rows sum to 1."""
    knots = np.linspace(0, size - 1, _KNOTS)
    distance = (np.arange(size)[:, None] - knots[None, :]) / (knots[1] - knots[0])
    weights = np.exp(-0.5 * np.square(distance / 0.6))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _sample(
    images: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Bilinear values of each picture at (rows, columns); 0 outside of it."""
    n, size, _ = images.shape
    wide = size + 2
    flat = np.pad(images, ((0, 0), (1, 1), (1, 1))).ravel()
    rows, columns = np.clip(rows + 1, 0, size + 0.999), np.clip(columns + 1, 0, size + 0.999)
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down, right = rows - top, columns - left
    first = top * wide + left + (np.arange(n, dtype=np.int32) * wide * wide)[:, None, None]
    upper = flat[first] * (1 - right) + flat[first + 1] * right
    lower = flat[first + wide] * (1 - right) + flat[first + wide + 1] * right
    return upper * (1 - down) + lower * down
