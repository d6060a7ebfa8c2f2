"""Test pictures made worse in known ways, to see what a model can stand.

Fifteen of them are those of MNIST-C (Mu and Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer Vision",
arXiv:1906.02337), written anew with the severities that its authors published. The thick and thin pens are those of
Morpho-MNIST (Castro et al. 2019, "Morpho-MNIST", JMLR 20). The rest is what happens to scans: noise of a sensor, a lens
out of focus, paper that lies askew.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float32]
"""(n, 28, 28), 0 the ground and 1 full ink."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """One way of making pictures worse.

    Attributes:
        name: What it is called here and, where it is from there, in MNIST-C.
        group: What of a user's daily life it stands for; empty where for nothing in particular.
        severity: How far it goes, in words.
        apply: Makes the pictures worse; may reuse its argument.
    """

    name: str
    group: str
    severity: str
    apply: Callable[[Pictures, np.random.Generator], Pictures]


GROUPS: Final = ("noise", "blur", "tilt", "shift", "thick", "thin")
"""The groups that the mean accuracy on worse pictures is taken over, each counting the same."""


def corrupt(images: NDArray[np.uint8], name: str, seed: int = 0) -> NDArray[np.uint8]:
    """Pictures made worse.

    Args:
        images: (n, 28, 28) uint8, 0 the ground and 255 full ink.
        name: One of `CORRUPTIONS`.
        seed: The same seed gives the same pictures.

    Returns:
        (n, 28, 28) uint8.
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    worse = CORRUPTIONS[name].apply(images.astype(np.float32) / np.float32(255), rng)
    return (np.clip(worse, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def gaussian_noise(deviation: float) -> Callable[[Pictures, np.random.Generator], Pictures]:
    """Adds noise of that standard deviation, where full ink is 1."""

    def apply(images: Pictures, rng: np.random.Generator) -> Pictures:
        return images + rng.standard_normal(images.shape, np.float32) * np.float32(deviation)

    return apply


def _shot_noise(images: Pictures, rng: np.random.Generator) -> Pictures:
    photons = 3.0
    return (rng.poisson(images * photons) / photons).astype(np.float32)


def _impulse_noise(share: float) -> Callable[[Pictures, np.random.Generator], Pictures]:
    def apply(images: Pictures, rng: np.random.Generator) -> Pictures:
        chance = rng.random(images.shape, np.float32)
        return np.where(chance < share / 2, np.float32(0), np.where(chance > 1 - share / 2, np.float32(1), images))

    return apply


def _gaussian_blur(images: Pictures, rng: np.random.Generator) -> Pictures:
    return smooth(images, 1.0)


def _motion_blur(images: Pictures, rng: np.random.Generator) -> Pictures:
    """A smear to one side whose weight falls off like half a Gaussian bell, at −45° to 45°."""
    radius, deviation = 10, 3.0
    weights = np.exp(-0.5 * np.square(np.arange(2 * radius + 1) / deviation)).astype(np.float32)
    weights /= weights.sum()
    angle = np.radians(rng.uniform(-45, 45, len(images)))
    out = np.zeros_like(images)
    for step, weight in enumerate(weights):
        out += weight * affine(images, np.eye(2), -step * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return out


def _glass_blur(images: Pictures, rng: np.random.Generator) -> Pictures:
    """Softened, each pixel swapped twice with one of its neighbours above and left, softened again."""
    images = smooth(images, 0.7)
    everyone = np.arange(len(images))
    for _ in range(2):
        for row in range(27, 1, -1):
            for column in range(27, 1, -1):
                is_swapped = rng.random(len(images)) < 0.5
                down, across = rng.integers(-1, 1, (2, len(images)))
                there = everyone, row + down * is_swapped, column + across * is_swapped
                kept = images[:, row, column].copy()
                images[:, row, column] = images[there]
                images[there] = kept
    return smooth(images, 0.7)


def _tilt(images: Pictures, rng: np.random.Generator) -> Pictures:
    return turned(images, np.radians(20.0) * _either_way(rng, len(images)))


def _rotate(images: Pictures, rng: np.random.Generator) -> Pictures:
    return turned(images, 0.4 * _either_way(rng, len(images)))


def turned(images: Pictures, angle: NDArray[np.float64]) -> Pictures:
    """Each picture turned about its middle by its angle, (n,) radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return affine(images, np.moveaxis(np.array([[cosine, -sine], [sine, cosine]]), 2, 0), np.zeros(2))


def _shear(images: Pictures, rng: np.random.Generator) -> Pictures:
    angle = 0.4 * _either_way(rng, len(images))
    zero, one = np.zeros(len(images)), np.ones(len(images))
    return affine(images, np.moveaxis(np.array([[one, -np.sin(angle)], [zero, np.cos(angle)]]), 2, 0), np.zeros(2))


def _scale(images: Pictures, rng: np.random.Generator) -> Pictures:
    return affine(images, np.eye(2) / 0.7, np.zeros(2))


def _translate(images: Pictures, rng: np.random.Generator) -> Pictures:
    return affine(images, np.eye(2), 3.0 * np.stack([_either_way(rng, len(images)) for _ in "xy"], axis=1))


def _brightness(images: Pictures, rng: np.random.Generator) -> Pictures:
    return images + np.float32(0.5)


def _stripe(images: Pictures, rng: np.random.Generator) -> Pictures:
    images[:, :, :7] = 1 - images[:, :, :7]
    images[:, :, 21:] = 1 - images[:, :, 21:]
    return images


def _fog(images: Pictures, rng: np.random.Generator) -> Pictures:
    """Clouds by diamond-square, cut at random from 16 sheets of 256 by 256 pixels."""
    strength, decay, side = 3.0, 1.4, 256
    sheets = _plasma(16, side, decay, rng)
    chosen, rows, columns = (rng.integers(0, top, len(images)) for top in (len(sheets), side - 27, side - 27))
    window = np.arange(28)
    clouds = sheets[chosen[:, None, None], (rows[:, None] + window)[:, :, None], (columns[:, None] + window)[:, None]]
    brightest = images.max(axis=(1, 2), keepdims=True)
    return (images + strength * clouds) * (brightest / (brightest + strength))


def _plasma(n: int, side: int, decay: float, rng: np.random.Generator) -> Pictures:
    """(n, side, side) cloudy levels from 0 to 1; `side` is a power of two and the edges meet."""
    sheets = np.zeros((n, side, side), np.float32)
    step, amount = side, 1.0
    while step >= 2:
        half = step // 2

        def between(total: Pictures, amount: float = amount) -> Pictures:
            return np.float32(0.25) * total + rng.uniform(-amount, amount, total.shape).astype(np.float32)

        corners = sheets[:, ::step, ::step]
        pairs = corners + np.roll(corners, -1, 1)
        sheets[:, half::step, half::step] = between(pairs + np.roll(pairs, -1, 2))
        middles = sheets[:, half::step, half::step]
        sheets[:, ::step, half::step] = between(middles + np.roll(middles, 1, 1) + corners + np.roll(corners, -1, 2))
        sheets[:, half::step, ::step] = between(middles + np.roll(middles, 1, 2) + corners + np.roll(corners, -1, 1))
        step, amount = half, amount / decay**2
    sheets -= sheets.min(axis=(1, 2), keepdims=True)
    sheets /= sheets.max(axis=(1, 2), keepdims=True)
    return sheets


def _spatter(images: Pictures, rng: np.random.Generator) -> Pictures:
    """Dark mud over the picture."""
    liquid = smooth((0.65 + 0.3 * rng.standard_normal(images.shape)).astype(np.float32), 1.0)
    mud = smooth((liquid > 0.65).astype(np.float32), 1.5)
    mud[mud < 0.8] = 0
    return images * (1 - mud) + np.float32(63 / 255) * mud


def _dotted_line(images: Pictures, rng: np.random.Generator) -> Pictures:
    gaps = (np.arange(28) // 2) % 2 == 0
    for image, (left, right) in zip(images, rng.integers(0, 27, (len(images), 2)), strict=True):
        line = _line(0, left, 27, right)
        line[:, gaps] = 0
        image += line
    return images


def _zigzag(images: Pictures, rng: np.random.Generator) -> Pictures:
    """A line of teeth 2 pixels long and high across the picture."""
    first, last, tooth = 2.0, 25.0, 2.0
    for image, row, rise in zip(
        images, rng.integers(0, 27, len(images)), rng.integers(-5, 5, len(images)), strict=True
    ):
        angle = np.arctan(rise / (last - first))
        length = (last - first) / np.cos(angle)
        ends = [(0.0, 0.0)]
        ends += [((2 * i + 1) * tooth, (-1) ** i * tooth) for i in range(int((length - tooth) // (2 * tooth)) + 1)]
        ends.append((length, 0.0))
        across, down = np.array(ends).T
        xs, ys = (
            across * np.cos(angle) - down * np.sin(angle) + first,
            across * np.sin(angle) + down * np.cos(angle) + row,
        )
        for x0, y0, x1, y1 in zip(xs[:-1], ys[:-1], xs[1:], ys[1:], strict=True):
            image += _line(x0, y0, x1, y1)
        np.clip(image, 0, 1, out=image)
    return images


def _line(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float32]:
    """(28, 28) a line from (x0, y0) to (x1, y1), x0 < x1, whose level falls off by log(1 − d / 2.3) + 1."""
    place = np.arange(28, dtype=np.float32)
    distance = np.abs(place[:, None] - ((y1 - y0) / (x1 - x0) * (place - x0) + y0))
    line = np.clip(np.log(1 - np.minimum(distance, 2.2999) / 2.3) + 1, 0, 1)
    line[:, : int(np.floor(x0))] = 0
    line[:, int(np.ceil(x1)) :] = 0
    return line.astype(np.float32)


def _canny_edges(images: Pictures, rng: np.random.Generator) -> Pictures:
    import cv2

    levels = np.round(smooth(images, 1.0) * 255).astype(np.uint8)
    edges = [cv2.Canny(level, 0.1 * 255, 0.2 * 255, apertureSize=3, L2gradient=True) for level in levels]
    return np.stack(edges).astype(np.float32) / np.float32(255)


def _thick(images: Pictures, rng: np.random.Generator) -> Pictures:
    return with_pen(images, 1.0)


def _thin(images: Pictures, rng: np.random.Generator) -> Pictures:
    return with_pen(images, -0.7)


def with_pen(images: Pictures, amount: float) -> Pictures:
    """The pen's radius changed by `amount` times itself, at four times the size."""
    import cv2

    out = np.empty_like(images)
    for place, image in enumerate(images):
        large = (cv2.resize(image, (112, 112), interpolation=cv2.INTER_CUBIC) > 0.5).astype(np.uint8)
        distance = cv2.distanceTransform(large, cv2.DIST_L2, 5)
        ridge = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))
        radius = round(abs(amount) * float(distance[ridge].mean())) if ridge.any() else 0
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        changed = cv2.dilate(large, disc) if amount > 0 else cv2.erode(large, disc)
        out[place] = cv2.resize(changed.astype(np.float32), (28, 28), interpolation=cv2.INTER_AREA)
    return out


def _dilate(images: Pictures, rng: np.random.Generator) -> Pictures:
    """The brightest of each pixel and its four neighbours."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    sides = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    return np.maximum.reduce([images, *sides])


def _erode(images: Pictures, rng: np.random.Generator) -> Pictures:
    """The darkest of each pixel and those right of it, below and diagonally below."""
    padded = np.pad(images, ((0, 0), (0, 1), (0, 1)))
    return np.minimum.reduce([padded[:, :-1, :-1], padded[:, 1:, :-1], padded[:, :-1, 1:], padded[:, 1:, 1:]])


def _either_way(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.choice([-1.0, 1.0], n)


def smooth(images: Pictures, deviation: float) -> Pictures:
    """Convolved with a Gaussian bell, the border's pixels repeated."""
    reach = int(np.ceil(3 * deviation))
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / deviation)).astype(np.float32)
    weights /= weights.sum()
    for axis in (1, 2):
        pad = [(0, 0)] * 3
        pad[axis] = (reach, reach)
        padded = np.moveaxis(np.pad(images, pad, mode="edge"), axis, 0)
        total = sum(weight * padded[i : i + 28] for i, weight in enumerate(weights))
        images = np.moveaxis(np.asarray(total), 0, axis)
    return np.ascontiguousarray(images)


def affine(images: Pictures, matrix: NDArray[np.float64], moved: NDArray[np.float64]) -> Pictures:
    """Bilinear, about the middle (13.5, 13.5): a pixel at p, (x, y), shows what was at matrix · p − moved; 0 outside.

    Args:
        images: The pictures.
        matrix: (2, 2), or (n, 2, 2).
        moved: (2,), or (n, 2), pixels.
    """
    import cv2

    matrices = np.broadcast_to(matrix, (len(images), 2, 2))
    ends = np.broadcast_to(moved, (len(images), 2))
    out = np.empty_like(images)
    for image, turned, shift, target in zip(images, matrices, ends, out, strict=True):
        offset = 13.5 - turned @ np.array([13.5, 13.5]) - shift
        cv2.warpAffine(
            image,
            np.column_stack([turned, offset]),
            (28, 28),
            dst=target,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        )
    return out


CORRUPTIONS: Final = {
    each.name: each
    for each in (
        Corruption(
            "gaussian_noise",
            "noise",
            "standard deviation 0.18 (MNIST-C's optional set, severity 3)",
            gaussian_noise(0.18),
        ),
        Corruption("salt_and_pepper", "noise", "9 % of the pixels (severity 3 of impulse noise)", _impulse_noise(0.09)),
        Corruption(
            "gaussian_blur", "blur", "standard deviation 1 px (MNIST-C's optional set, severity 1)", _gaussian_blur
        ),
        Corruption("motion_blur", "blur", "half a bell of 3 px, −45° to 45° (MNIST-C)", _motion_blur),
        Corruption("tilt", "tilt", "20° to the left or to the right", _tilt),
        Corruption("translate", "shift", "3 px in both directions, either way (MNIST-C)", _translate),
        Corruption("thick", "thick", "pen twice as wide (Morpho-MNIST)", _thick),
        Corruption("dilate", "thick", "brightest of 5 pixels in a cross", _dilate),
        Corruption("thin", "thin", "pen 70 % thinner (Morpho-MNIST)", _thin),
        Corruption("erode", "thin", "darkest of 2 × 2 pixels", _erode),
        Corruption("shot_noise", "", "3 photons for full ink (MNIST-C)", _shot_noise),
        Corruption("impulse_noise", "", "17 % of the pixels (MNIST-C)", _impulse_noise(0.17)),
        Corruption("glass_blur", "", "0.7 px, two swaps with neighbours (MNIST-C)", _glass_blur),
        Corruption("shear", "", "0.4 rad, either way (MNIST-C)", _shear),
        Corruption("scale", "", "0.7 times the size (MNIST-C)", _scale),
        Corruption("rotate", "", "0.4 rad = 23°, either way (MNIST-C)", _rotate),
        Corruption("brightness", "", "half of the range brighter, ground and ink (MNIST-C)", _brightness),
        Corruption("stripe", "", "a quarter at the left and at the right inverted (MNIST-C)", _stripe),
        Corruption("fog", "", "clouds of 3 times the ink's level (MNIST-C)", _fog),
        Corruption("spatter", "", "mud of level 63 (MNIST-C)", _spatter),
        Corruption("dotted_line", "", "a dotted line from side to side (MNIST-C)", _dotted_line),
        Corruption("zigzag", "", "a zigzag from side to side (MNIST-C)", _zigzag),
        Corruption("canny_edges", "", "edges only, by Canny 1986 (MNIST-C)", _canny_edges),
    )
}
"""All of them by name; those with a group first."""

MNIST_C: Final = tuple(name for name, each in CORRUPTIONS.items() if "(MNIST-C)" in each.severity)
"""The fifteen of MNIST-C."""
