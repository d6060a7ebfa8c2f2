"""Drawings that are no digits: what a reject rule is trained and judged with.

Left out is whatever a person would read as a digit: upright lines (1), circles (0), the letters O, D, S, Z, B, l and
their like.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.raster import resample
from recognizer.ink.templates import curve_basis, parse

Strokes = list[NDArray[np.float32]]
"""Lines of (n, 2) points, y down, in any unit."""

_SPACING: Final = 0.018
"""Distance between points as a share of the drawing's longest side: 0.36 px in a symbol of 20 px."""

_SHAPES: Final = (
    # Letters.
    "0,100 30,0! 62,100 | 12,62 50,60",
    "8,0 6,50 6,100 | 8,2 55,0 | 7,48 46,46 | 6,98 56,100",
    "8,0 6,50 6,100 | 8,2 58,0 | 7,46 46,44",
    "6,0 5,50 5,100 | 56,0 55,50 56,100 | 6,50 55,48",
    "6,0 6,50 5,100 | 54,2 30,32 8,54 | 14,50 36,74 60,100",
    "0,100 8,0! 38,70! 70,0! 78,100",
    "4,100 6,0! 54,98! 58,0",
    "6,100 6,50 8,2! 40,2 52,20 42,44 8,52! 34,76 60,100",
    "0,3 32,2 66,0 | 33,2 34,50 33,100",
    "0,0 18,98! 40,26! 60,98! 80,0",
    "2,0 30,50 58,100 | 58,2 30,50 0,100",
    "0,30 4,96! 12,40 26,32 34,50 36,96! 44,42 58,32 68,50 70,98",
    "2,30 10,92 24,96! 34,40! 44,92 56,94 68,30",
    "50,10 34,0 24,18 24,60 22,100 | 4,44 28,42 50,42",
    "4,0 4,50 2,100! 30,98 58,99",
    "0,0 16,50 30,100! 46,48 62,0",
    # Signs.
    "0,50 50,50 100,50 | 50,0 50,50 50,100",
    "4,4 50,50 96,96 | 96,4 50,50 4,96",
    "0,30 50,28 100,30 | 0,70 50,70 100,68",
    "30,0 26,50 20,100 | 74,0 70,50 64,100 | 2,34 50,33 98,32 | 0,68 50,67 96,66",
    "50,0 50,50 50,100 | 6,24 50,50 94,76 | 94,24 50,50 6,76",
    "0,55 30,100! 64,46 100,0",
    "0,50 50,50 100,50! | 66,20 84,36 100,50! 84,66 68,82",
    "50,0! 64,36! 100,38! 72,62! 82,100! 50,78! 18,100! 28,62! 0,38! 36,36! 50,0",
    "20,100! 50,0! 80,100! 2,38! 98,38! 20,100",
    "50,28! 38,4 10,4 2,34 20,66 50,100! 80,66 98,34 90,4 62,4 50,28",
    "50,0! 100,92! 0,92! 50,0",
    "0,0! 100,4! 50,96! 0,0",
    "0,0! 96,3! 100,98! 3,100! 0,2",
    "0,0! 100,2! 98,100! 2,98! 0,0 | 2,2 50,50 98,98",
    "0,50 20,10 40,50 60,90 80,50 100,10 120,50",
    "30,0 34,50 30,100 | 60,0 62,50 60,100 | 90,0 92,50 88,100",
    "0,0 50,4 100,0 | 4,40 50,42 100,38 | 0,80 50,82 100,78",
)


def draw(rng: np.random.Generator, digit: Callable[[int], Strokes]) -> Strokes:
    """One drawing of a random kind.

    Args:
        rng: Where chance comes from.
        digit: Gives the strokes of a written digit, about 100 units high, for drawings of two digits at once.
    """
    kinds = list(_KINDS)
    weights = np.array(list(_KINDS.values()), np.float64)
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    return kind(rng, digit)


def dense(strokes: Strokes) -> NDArray[np.float32]:
    """All points of `strokes`, close enough to each other to be rendered."""
    points = np.concatenate(strokes)
    extent = float((points.max(axis=0) - points.min(axis=0)).max())
    return np.concatenate([resample(stroke, max(extent * _SPACING, 1e-6)) for stroke in strokes])


def _shape(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """A letter or a sign."""
    strokes = []
    for controls, corners in parse(_SHAPES[int(rng.integers(len(_SHAPES)))]):
        moved = controls + rng.normal(0, 3.0, controls.shape).astype(np.float32)
        strokes.append(curve_basis(controls, corners, 4.0) @ moved)
    return _posed(strokes, rng, turn=0.15)


def _dot(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    return [np.zeros((1, 2), np.float32)]


def _blot(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """A filled spot: a dot that was enlarged."""
    turns = np.linspace(0, 2 * np.pi * 9, 400)
    shape = 1 + 0.15 * np.sin(turns * int(rng.integers(2, 6)) + rng.uniform(0, 6))
    spot = _polar(turns, turns / turns[-1] * shape)
    return _posed([spot], rng, turn=3.0)


def _specks(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    places = rng.uniform(0, 100, (int(rng.integers(2, 9)), 2))
    return [(place + rng.normal(0, 3, (2, 2))).astype(np.float32) for place in places]


def _line(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """A line that is far from upright, straight or a little bent."""
    angle = rng.uniform(np.radians(-28), np.radians(28))
    along = np.linspace(0, 100, 20)
    points = np.stack([along, rng.normal(0, 0.1) * along * (100 - along) / 25], axis=1)
    return [_turned(points, angle)]


def _zigzag(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    turns = int(rng.integers(6, 26))
    x = np.linspace(0, 100, turns) + rng.normal(0, 4, turns)
    y = np.where(np.arange(turns) % 2, 100, 0) * rng.uniform(0.4, 1.2) + rng.normal(0, 9, turns)
    return [_smooth(_turned(np.stack([x, y], axis=1), rng.uniform(0, np.pi)), rng.random() < 0.5)]


def _loops(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """A coil of three or more loops; far from upright, where it would be a bold 1."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(3, 7), 300)
    points = np.stack([rng.uniform(5, 14) * t + 40 * np.cos(t), rng.uniform(30, 60) * np.sin(t)], axis=1)
    return [_turned(points, rng.uniform(-0.7, 0.7))]


def _tangle(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """A curve that runs about aimlessly."""
    count = int(rng.integers(11, 30))
    return [_smooth(rng.uniform(0, 100, (count, 2)).astype(np.float32), is_smooth=rng.random() < 0.8)]


def _waves(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """A closed curve of several lobes that crosses itself."""
    t = np.linspace(0, 2 * np.pi, 400)
    x, y = np.zeros_like(t), np.zeros_like(t)
    for harmonic in range(1, int(rng.integers(5, 8))):
        for out in (x, y):
            out += rng.normal(0, 1) * np.sin(harmonic * t + rng.uniform(0, 6.3))
    return [np.stack([x, y], axis=1).astype(np.float32)]


def _spiral(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    turns = np.linspace(0.5, 2 * np.pi * rng.uniform(2.2, 4.5), 300)
    points = _polar(turns * rng.choice([-1, 1]), turns)
    return _posed([points], rng, turn=3.0)


def _strokes(rng: np.random.Generator, _: Callable[[int], Strokes]) -> Strokes:
    """Several strokes across each other."""
    return [_smooth(rng.uniform(0, 100, (3, 2)).astype(np.float32), True) for _ in range(int(rng.integers(4, 9)))]


def _pair(rng: np.random.Generator, digit: Callable[[int], Strokes]) -> Strokes:
    """Two digits side by side."""
    first, second = digit(int(rng.integers(10))), digit(int(rng.integers(10)))
    return first + _beside(first, second, rng.uniform(2, 25), rng)


def _overlap(rng: np.random.Generator, digit: Callable[[int], Strokes]) -> Strokes:
    """Two different digits written over each other; no 1, which would be a slash or a stem."""
    one, other = rng.choice([0, 2, 3, 4, 5, 6, 7, 8, 9], 2, replace=False)
    first, second = digit(int(one)), digit(int(other))
    return first + _beside(first, second, -rng.uniform(12, 35), rng)


def _beside(first: Strokes, second: Strokes, gap: float, rng: np.random.Generator) -> Strokes:
    right = max(float(stroke[:, 0].max()) for stroke in first)
    left = min(float(stroke[:, 0].min()) for stroke in second)
    shift = np.array([right - left + gap, rng.normal(0, 8)], np.float32)
    return [stroke + shift for stroke in second]


_KINDS: Final[dict[Callable[[np.random.Generator, Callable[[int], Strokes]], Strokes], float]] = {
    _shape: 30,
    _dot: 2,
    _blot: 4,
    _specks: 4,
    _line: 6,
    _zigzag: 8,
    _loops: 6,
    _tangle: 8,
    _waves: 6,
    _spiral: 4,
    _strokes: 6,
    _pair: 8,
    _overlap: 6,
}


def _polar(angle: NDArray[np.floating], radius: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)


def _turned(points: NDArray[np.floating], angle: float) -> NDArray[np.float32]:
    cos, sin = np.cos(angle), np.sin(angle)
    return (points @ np.array([[cos, sin], [-sin, cos]])).astype(np.float32)


def _posed(strokes: Strokes, rng: np.random.Generator, turn: float) -> Strokes:
    """`strokes` turned by up to about `turn` radians, stretched and slanted."""
    angle, stretch, slant = rng.normal(0, turn / 2), np.exp(rng.normal(0, 0.12)), rng.normal(0, 0.12)
    matrix = np.array([[stretch, 0], [-slant, 1]], np.float32)
    return [_turned(stroke @ matrix, angle) for stroke in strokes]


def _smooth(points: NDArray[np.float32], is_smooth: bool) -> NDArray[np.float32]:
    """A curve through `points`, or the straight lines between them."""
    return curve_basis(points, np.full(len(points), not is_smooth), 4.0) @ points
