"""Drawings that are no digits: what a reject rule is trained and judged with.

Left out is whatever a person could read as a digit, as upright lines (1), circles with or without a dot, slash or bar
(0), the letters O, D, S, Z, B, b, q, g, I, l and their like; and what is a sign of arithmetic: level lines, slashes,
crosses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.letters import letters
from recognizer.ink.operators import operators
from recognizer.ink.raster import resample
from recognizer.ink.templates import Alphabet, curve_basis
from recognizer.ink.templates_symbols import symbols

Strokes = list[NDArray[np.float32]]
"""Lines of (n, 2) points, y down, in any unit."""
Write = Callable[[Alphabet | None, int], Strokes]
"""Gives the strokes of a symbol, about 100 units high: an alphabet, or None for the digits, and its class index."""

_SPACING: Final = 0.018
"""Distance between points as a share of the drawing's longest side: 0.36 px in a symbol of 20 px."""

_LIKE_DIGITS: Final = frozenset("BDGIOQSXZbgijloqsxz")
"""Letters most of whose forms could be digits or signs of arithmetic: 8 0 6 1 0 0 5 × 2, 6 9 1 1 1 0 9 5 × 2."""
_FORMS_LIKE_DIGITS: Final = frozenset(
    {
        ("A", "one storey"),
        ("C", "looped"),
        ("E", "Greek"),
        ("F", "like a crossed J"),
        ("F", "swung"),
        ("J", "bare"),
        ("J", "hooked and looped"),
        ("J", "looped"),
        ("L", "looped"),
        ("L", "narrow"),
        ("R", "like a 2"),
        ("T", "crossing"),
        ("T", "swung"),
        ("Y", "cup with tail"),
        ("Y", "straight tail"),
        ("a", "like an o with a tail"),
        ("a", "one storey"),
        ("a", "stem apart"),
        ("a", "two storeys, tailed"),
        ("d", "uncial"),
        ("e", "Greek"),
        ("f", "long"),
        ("f", "two loops"),
        ("h", "curled"),
        ("r", "flat arm"),
        ("r", "joined"),
        ("r", "looped"),
        ("t", "like a plus"),
        ("t", "plain"),
        ("y", "cup with straight tail"),
        ("y", "cup with tail"),
        ("y", "forked and looped"),
        ("y", "looped"),
        ("y", "narrow loop"),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """Templates that show no digit.

    Attributes:
        alphabet: Where they come from.
        chosen: Their indices.
        shares: How often each is written; adds up to 1.
    """

    alphabet: Alphabet
    chosen: NDArray[np.int64]
    shares: NDArray[np.float64]


@cache
def letters_unlike_digits() -> Signs:
    """Letters that nobody reads as a digit or a sign of arithmetic, all letters equally often."""
    return _signs(
        letters(), lambda symbol, name: symbol not in _LIKE_DIGITS and (symbol, name) not in _FORMS_LIKE_DIGITS
    )


@cache
def other_symbols() -> Signs:
    """All other signs, those more often of which there are more forms."""
    alphabet = symbols()
    weights = np.array([template.weight for template in alphabet.templates])
    return Signs(alphabet, np.arange(len(weights)), weights / weights.sum())


def _signs(alphabet: Alphabet, is_chosen: Callable[[str, str], bool]) -> Signs:
    chosen, shares = [], []
    for members in alphabet.members:
        group = [i for i in members if is_chosen(alphabet.templates[i].symbol, alphabet.templates[i].name)]
        weights = np.array([alphabet.templates[i].weight for i in group])
        chosen += group
        shares += list(weights / weights.sum())
    return Signs(alphabet, np.array(chosen), np.array(shares) / np.sum(shares))


def draw(rng: np.random.Generator, write: Write) -> Strokes:
    """One drawing of a random kind: a scribble, a dot, a curve, or several symbols at once.

    Args:
        rng: Where chance comes from.
        write: Writes one symbol.
    """
    kinds = list(_KINDS)
    weights = np.array(list(_KINDS.values()), np.float64)
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    return kind(rng, write)


def dense(strokes: Strokes) -> NDArray[np.float32]:
    """All points of `strokes`, close enough to each other to be rendered."""
    points = np.concatenate(strokes)
    extent = float((points.max(axis=0) - points.min(axis=0)).max())
    return np.concatenate([resample(stroke, max(extent * _SPACING, 1e-6)) for stroke in strokes])


def _dot(rng: np.random.Generator, _: Write) -> Strokes:
    return [np.zeros((1, 2), np.float32)]


def _blot(rng: np.random.Generator, _: Write) -> Strokes:
    """A filled spot: a dot that was enlarged."""
    turns = np.linspace(0, 2 * np.pi * 9, 400)
    shape = 1 + 0.15 * np.sin(turns * int(rng.integers(2, 6)) + rng.uniform(0, 6))
    spot = _polar(turns, turns / turns[-1] * shape)
    return _posed([spot], rng, turn=3.0)


def _specks(rng: np.random.Generator, _: Write) -> Strokes:
    places = rng.uniform(0, 100, (int(rng.integers(2, 9)), 2))
    return [(place + rng.normal(0, 3, (2, 2))).astype(np.float32) for place in places]


def _dashes(rng: np.random.Generator, _: Write) -> Strokes:
    """Short dashes that point the same way, one after the other."""
    count = int(rng.integers(2, 6))
    starts = np.arange(count) * rng.uniform(26, 45) + rng.normal(0, 2, count)
    length, angle = rng.uniform(8, 18), rng.uniform(-0.25, 0.25)
    shifts = np.stack([starts, rng.normal(0, 2, count)], axis=1)
    return [_turned(np.array([[0, 0], [length, 0]]) + shift, angle) for shift in shifts]


def _arc(rng: np.random.Generator, _: Write) -> Strokes:
    """A bow that opens up or down."""
    half = rng.uniform(1.1, 1.5)
    angles = np.linspace(-half, half, 40) + (np.pi / 2) * rng.choice([-1, 1])
    points = np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.7, 1.3)], axis=1)
    return [_turned(100 * points, rng.uniform(-0.3, 0.3))]


def _zigzag(rng: np.random.Generator, _: Write) -> Strokes:
    turns = int(rng.integers(6, 26))
    x = np.linspace(0, 100, turns) + rng.normal(0, 4, turns)
    y = np.where(np.arange(turns) % 2, 100, 0) * rng.uniform(0.4, 1.2) + rng.normal(0, 9, turns)
    return [_smooth(_turned(np.stack([x, y], axis=1), rng.uniform(0, np.pi)), rng.random() < 0.5)]


def _wave(rng: np.random.Generator, _: Write) -> Strokes:
    """A wavy line that runs sideways."""
    x = np.linspace(0, 100, 120)
    height = rng.uniform(6, 22) * (1 + 0.5 * np.sin(x / 100 * rng.uniform(0, 6)))
    points = np.stack([x, height * np.sin(x / 100 * 2 * np.pi * rng.uniform(2, 6))], axis=1)
    return [_turned(points, rng.uniform(-0.4, 0.4))]


def _loops(rng: np.random.Generator, _: Write) -> Strokes:
    """A coil of three or more loops; far from upright, where it would be a bold 1."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(3, 7), 300)
    points = np.stack([rng.uniform(5, 14) * t + 40 * np.cos(t), rng.uniform(30, 60) * np.sin(t)], axis=1)
    return [_turned(points, rng.uniform(-0.7, 0.7))]


def _circling(rng: np.random.Generator, _: Write) -> Strokes:
    """Round and round on one place, each round another: a fast scribble that fills."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(4, 9), 300)
    slow = t * rng.uniform(0.18, 0.45, (3, 1)) + rng.uniform(0, 6.3, (3, 1))
    reach, right, down = np.array([[0.55], [0], [0]]) + np.array([[0.45], [0.3], [0.3]]) * np.sin(slow)
    points = np.stack([reach * np.cos(t) + right, reach * rng.uniform(0.5, 0.95) * np.sin(t) + down], axis=1)
    return [_turned(points * 50, rng.uniform(0, np.pi))]


def _walk(rng: np.random.Generator, _: Write) -> Strokes:
    """A pen that wanders, turning at random."""
    turning = np.cumsum(rng.normal(0, rng.uniform(0.7, 1.2), int(rng.integers(35, 70)))) + rng.uniform(0, 6)
    points = np.cumsum(np.stack([np.cos(turning), np.sin(turning)], axis=1), axis=0).astype(np.float32) * 10
    return [_smooth(_round(points), is_smooth=True)]


def _hatching(rng: np.random.Generator, _: Write) -> Strokes:
    """Parallel lines, often a second layer across them."""
    lines: Strokes = []
    for layer in range(1 if rng.random() < 0.5 else 2):
        places = np.linspace(0, 100, int(rng.integers(4, 10))) + rng.normal(0, 3)
        angle = rng.uniform(0.5, 1.1) + layer * np.pi / 2
        for place in places:
            ends = np.array([[place - 50, -50 + rng.normal(0, 6)], [place - 50, 50 + rng.normal(0, 6)]])
            lines.append(_turned(ends + rng.normal(0, 2, (2, 2)), angle))
    return lines


def _tangle(rng: np.random.Generator, _: Write) -> Strokes:
    """A curve that runs about aimlessly."""
    count = int(rng.integers(11, 30))
    return [_smooth(rng.uniform(0, 100, (count, 2)).astype(np.float32), is_smooth=rng.random() < 0.8)]


def _lobes(rng: np.random.Generator, _: Write) -> Strokes:
    """A closed curve of several lobes that crosses itself."""
    t = np.linspace(0, 2 * np.pi, 400)
    x, y = np.zeros_like(t), np.zeros_like(t)
    for harmonic in range(1, int(rng.integers(5, 8))):
        for out in (x, y):
            out += rng.normal(0, 1 if harmonic > 1 else 0.5) * np.sin(harmonic * t + rng.uniform(0, 6.3))
    return [_round(np.stack([x, y], axis=1))]


def _spiral(rng: np.random.Generator, _: Write) -> Strokes:
    turns = np.linspace(0.5, 2 * np.pi * rng.uniform(2.2, 4.5), 300)
    points = _polar(turns * rng.choice([-1, 1]), turns)
    return _posed([points], rng, turn=3.0)


def _strokes(rng: np.random.Generator, _: Write) -> Strokes:
    """Several strokes across each other."""
    return [_smooth(rng.uniform(0, 100, (3, 2)).astype(np.float32), True) for _ in range(int(rng.integers(4, 9)))]


def _number(rng: np.random.Generator, write: Write) -> Strokes:
    """Two or three digits side by side, or a digit and a sign of arithmetic or a letter."""
    out = write(None, int(rng.integers(10)))
    for _ in range(1 if rng.random() < 0.75 else 2):
        kind = rng.random()
        alphabet = None if kind < 0.75 else operators() if kind < 0.87 else letters()
        following = write(alphabet, int(rng.integers(10 if alphabet is None else len(alphabet.symbols))))
        out = out + _beside(out, following, rng.uniform(8, 30), rng)
    return out


def _word(rng: np.random.Generator, write: Write) -> Strokes:
    """Two or three letters."""
    out = write(letters(), int(rng.integers(52)))
    for _ in range(int(rng.integers(1, 3))):
        out = out + _beside(out, write(letters(), int(rng.integers(52))), rng.uniform(4, 25), rng)
    return out


def _overlap(rng: np.random.Generator, write: Write) -> Strokes:
    """Two different digits written over each other; no 1, which would be a slash or a stem."""
    one, other = rng.choice([0, 2, 3, 4, 5, 6, 7, 8, 9], 2, replace=False)
    first, second = write(None, int(one)), write(None, int(other))
    return first + _beside(first, second, -rng.uniform(12, 35), rng)


def _crossed_out(rng: np.random.Generator, write: Write) -> Strokes:
    """A digit under a big cross or under a zigzag; no 1, which would be a ray of an asterisk."""
    digit = write(None, int(rng.choice([0, 2, 3, 4, 5, 6, 7, 8, 9])))
    points = np.concatenate(digit)
    low, high = points.min(axis=0) - 12, points.max(axis=0) + 12
    if rng.random() < 0.5:
        marks = [np.array([[0, 0], [1, 1]]), np.array([[1, 0], [0, 1]])]
    else:
        turns = int(rng.integers(5, 10))
        marks = [np.stack([np.linspace(0, 1, turns), np.arange(turns) % 2 * 0.8 + 0.1], axis=1)]
    noisy = (mark + rng.normal(0, 0.06, mark.shape) for mark in marks)
    return digit + [(low + mark * (high - low)).astype(np.float32) for mark in noisy]


def _beside(first: Strokes, second: Strokes, gap: float, rng: np.random.Generator) -> Strokes:
    right = max(float(stroke[:, 0].max()) for stroke in first)
    left = min(float(stroke[:, 0].min()) for stroke in second)
    shift = np.array([right - left + gap, rng.normal(0, 8)], np.float32)
    return [stroke + shift for stroke in second]


_KINDS: Final[dict[Callable[[np.random.Generator, Write], Strokes], float]] = {
    _dot: 1.5,
    _blot: 3,
    _specks: 3,
    _dashes: 2,
    _arc: 2,
    _zigzag: 5,
    _wave: 3,
    _loops: 4,
    _circling: 4,
    _walk: 5,
    _hatching: 4,
    _tangle: 5,
    _lobes: 5,
    _spiral: 3,
    _strokes: 5,
    _number: 10,
    _word: 5,
    _overlap: 4,
    _crossed_out: 4,
}


def _polar(angle: NDArray[np.floating], radius: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)


def _round(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """`points` stretched so that they spread equally in all directions: a long thin tangle could be a 1."""
    away = points - points.mean(axis=0)
    spread, axes = np.linalg.eigh(away.T @ away / len(away))
    return ((away @ axes) / np.sqrt(np.maximum(spread, 1e-9)) @ axes.T * 30).astype(np.float32)


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
    if not is_smooth:
        return points.astype(np.float32)
    return curve_basis(points, np.zeros(len(points), np.bool_), 8.0) @ points
