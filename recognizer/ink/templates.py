"""How digits are written: stroke templates, several for each digit.

A template is a line of text: control points `x,y` in percent of the digit's height, y down; `!` after a point makes
it a corner, `|` lifts the pen. The line through the points is a smooth curve that stays linear in the points, so a
whole batch of varied copies is one matrix product.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SPACING: Final = 1.6
"""Distance between points of a curve, percent of the height: 0.32 px in a symbol of 20 px."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One way to write a digit.

    Attributes:
        digit: 0 to 9.
        name: What is special about it.
        weight: How common it is among the ways to write this digit.
        controls: (c, 2) float32 control points, percent of the height.
        sharp, soft: (m, c) float32; a product with the controls gives the m points of the curves, with corners as
            marked, or with every corner rounded.
        stroke_of_control: (c,) the stroke that each control point belongs to.
        stroke_of_point: (m,) the stroke that each point belongs to.
    """

    digit: int
    name: str
    weight: float
    controls: NDArray[np.float32]
    sharp: NDArray[np.float32]
    soft: NDArray[np.float32]
    stroke_of_control: NDArray[np.int64]
    stroke_of_point: NDArray[np.int64]


def parse(text: str) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """The strokes of a template's text: for each its (c, 2) control points and which of them are corners."""
    strokes = []
    for stroke in text.split("|"):
        words = stroke.split()
        points = np.array([[float(part) for part in word.rstrip("!").split(",")] for word in words], np.float32)
        strokes.append((points, np.array([word.endswith("!") for word in words])))
    return strokes


def curve_basis(
    controls: NDArray[np.float32], corners: NDArray[np.bool_], spacing: float = _SPACING
) -> NDArray[np.float32]:
    """The matrix that takes control points to points of a smooth curve through them.

    Between corners the curve is a cubic Hermite spline with parabolic (Bessel) tangents and centripetal parameters,
    which neither loops nor overshoots where control points are unevenly spaced (Yuksel et al. 2011).

    Args:
        controls: (c, 2), c ≥ 2; neighbours must differ.
        corners: (c,), where the direction may jump; the ends are corners anyway.
        spacing: Wanted distance between points, in the unit of the controls.

    Returns:
        (m, c) float32; each row sums to 1.
    """
    count = len(controls)
    chords = np.hypot(*np.diff(controls.astype(np.float64), axis=0).T)
    steps = np.sqrt(chords)
    cuts = [0, *(i for i in range(1, count - 1) if corners[i]), count - 1]
    rows = []
    for first, last in pairwise(cuts):
        tangents = _tangents(count, first, last, steps)
        for i in range(first, last):
            n = max(2, int(np.ceil(chords[i] / spacing)))
            u = np.arange(n)[:, None] / n
            h = steps[i]
            row = (u**3 - 2 * u**2 + u) * h * tangents[i - first] + (u**3 - u**2) * h * tangents[i + 1 - first]
            row[:, i] += (2 * u**3 - 3 * u**2 + 1)[:, 0]
            row[:, i + 1] += (3 * u**2 - 2 * u**3)[:, 0]
            rows.append(row)
    rows.append(np.eye(count)[-1:])
    return np.concatenate(rows).astype(np.float32)


def _tangents(count: int, first: int, last: int, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tangents at the controls `first` to `last`, each a (count,) row of weights."""
    slopes = np.zeros((last - first, count))
    for k in range(last - first):
        slopes[k, first + k + 1] = 1 / steps[first + k]
        slopes[k, first + k] = -1 / steps[first + k]
    tangents = np.zeros((last - first + 1, count))
    for k in range(1, last - first):
        before, after = steps[first + k - 1], steps[first + k]
        tangents[k] = (slopes[k - 1] * after + slopes[k] * before) / (before + after)
    tangents[0] = slopes[0] if last - first == 1 else 2 * slopes[0] - tangents[1]
    tangents[-1] = slopes[-1] if last - first == 1 else 2 * slopes[-1] - tangents[-2]
    return tangents


def _template(digit: int, name: str, weight: float, text: str) -> Template:
    strokes = parse(text)
    controls = np.concatenate([points for points, _ in strokes])
    sharp = [curve_basis(points, corners) for points, corners in strokes]
    soft = [curve_basis(points, np.zeros(len(points), np.bool_)) for points, _ in strokes]
    order = np.arange(len(strokes))
    return Template(
        digit,
        name,
        weight,
        controls,
        _diagonal(sharp),
        _diagonal(soft),
        np.repeat(order, [len(points) for points, _ in strokes]),
        np.repeat(order, [len(block) for block in sharp]),
    )


def _diagonal(blocks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    out = np.zeros((sum(len(block) for block in blocks), sum(block.shape[1] for block in blocks)), np.float32)
    row = column = 0
    for block in blocks:
        out[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return out


_TABLE: Final = (
    (0, "plain", 5, "36,0 10,12 0,50 10,88 32,100 55,88 65,50 55,12 34,1"),
    (0, "crossing at the top", 3, "50,8 26,2 5,25 0,60 15,95 40,98 60,75 65,40 50,8 30,0 20,8"),
    (0, "open at the top", 1.5, "48,9 28,0 8,18 0,55 12,92 38,100 60,75 62,35 52,14"),
    (0, "clockwise", 1, "22,4 45,3 62,28 60,70 38,99 12,92 0,60 6,22 28,3"),
    (0, "slashed", 0.7, "36,0 10,12 0,50 10,88 32,100 55,88 65,50 55,12 34,1 | 60,8 6,94"),
    (1, "bare", 7, "11,0 10,50 9,100"),
    (1, "hooked", 3, "5,21 15,12 24,0! 23,50 22,100"),
    (1, "long hook", 0.5, "8,34 19,20 30,0! 29,50 28,100"),
    (1, "based", 1, "4,20 14,12 24,0! 23,50 23,98 | 2,99 24,98 46,99"),
    (1, "bare and based", 0.5, "22,0 22,50 22,98 | 2,99 22,98 44,99"),
    (2, "plain", 4, "3,22 15,4 38,0 54,14 50,38 28,68 0,99! 30,97 64,98"),
    (2, "curved base", 3, "4,20 18,2 42,1 54,20 44,50 22,78 0,95! 22,92 44,99 66,94"),
    (2, "looped", 3, "5,22 18,3 40,0 54,18 47,48 26,76 8,96 0,93 8,82 24,86 44,97 66,94"),
    (2, "narrow head", 1.5, "8,14 24,2 40,8 42,30 24,66 2,96! 28,98 58,97"),
    (2, "hooked head", 1, "16,26 6,18 18,3 40,0 54,18 44,48 22,76 0,97! 30,94 64,98"),
    (3, "round", 4, "4,12 24,0 47,7 50,26 38,42 18,47! 42,52 56,70 48,92 24,100 0,90"),
    (3, "soft waist", 2, "6,10 28,0 48,10 46,32 24,46 30,48 52,60 56,80 38,98 16,100 0,92"),
    (3, "flat top", 1.2, "2,3 28,2 52,2! 34,24 20,42! 44,47 57,66 48,92 24,100 0,91"),
    (3, "looped waist", 1.5, "6,10 28,0 49,10 46,34 26,48 16,47 24,42 46,54 56,74 44,95 20,100 0,90"),
    (3, "narrow", 1, "10,8 26,0 42,10 40,30 22,44! 40,56 44,78 30,98 6,92"),
    (4, "open", 4, "12,2 6,28 0,54! 30,55 62,52 | 50,0 46,50 42,100"),
    (4, "open, rounded", 2.5, "10,2 3,32 8,50 28,52 50,42 | 54,0 48,50 40,100"),
    (4, "open in one stroke", 1.5, "10,0 3,34 10,50 30,48 48,22 54,4! 48,50 40,100"),
    (4, "closed", 2, "46,0! 22,34 0,66! 32,65 66,63 | 46,1 45,50 43,100"),
    (4, "closed in one stroke", 1, "40,100 43,50 46,0! 20,36 0,64! 32,62 64,60"),
    (4, "angular", 1, "8,0 4,30 2,56! 28,56 58,55 | 48,28 46,64 44,100"),
    (5, "one stroke", 3.5, "60,3 36,3 16,5! 12,24 8,43! 30,36 53,48 56,72 40,95 18,100 0,91"),
    (5, "two strokes", 3, "16,4 12,24 8,43! 30,36 53,48 56,72 40,95 18,100 0,91 | 15,4 38,3 64,0"),
    (5, "flowing", 2.5, "58,4 32,2 16,8 12,30 18,42 36,46 50,62 46,86 24,100 0,94"),
    (5, "big belly", 1.5, "54,2 34,4 18,4! 12,20 10,34! 32,28 58,42 62,68 44,94 20,100 0,92"),
    (5, "steep", 1, "60,0 44,4 30,6! 22,26 16,42! 34,44 44,58 40,82 22,100 0,96"),
    (6, "plain", 4, "46,0 22,22 4,54 3,82 20,100 42,95 52,76 42,58 22,58 5,76"),
    (6, "straight back", 2, "38,0 20,30 4,66 8,92 28,100 46,88 48,68 32,58 14,66 4,80"),
    (6, "curled top", 1.5, "54,9 38,0 16,16 3,50 5,84 24,100 47,92 52,70 36,55 14,64 6,78"),
    (6, "small loop", 2, "40,0 18,26 3,64 10,93 32,100 48,88 44,72 26,69 10,80 6,90"),
    (6, "wide loop", 1.5, "28,0 10,32 0,66 8,93 34,100 60,90 64,70 44,58 18,64 3,80"),
    (7, "plain", 4, "0,4 28,4 56,2! 42,34 30,66 22,100"),
    (7, "curved", 3, "0,12 14,4 36,7 56,3! 44,28 32,58 28,100"),
    (7, "crossed", 1.5, "0,5 28,4 56,2! 42,34 30,66 22,100 | 14,50 34,49 54,47"),
    (7, "serif", 1.2, "2,20 1,12 2,4! 28,4 56,3! 42,34 32,66 26,100"),
    (7, "rounded", 2, "0,8 22,3 44,5 52,18 44,42 36,70 32,100"),
    (7, "steep", 0.7, "0,5 24,4 48,2! 41,35 35,68 31,100"),
    (8, "one stroke", 5, "52,13 32,0 10,10 12,32 32,46 52,64 50,90 28,100 6,90 8,66 28,49 48,32 53,14"),
    (8, "open top", 1.5, "56,8 34,2 12,12 14,32 34,46 52,66 46,92 24,100 6,88 12,66 34,46 54,26 62,4"),
    (8, "two circles", 2, "31,0 12,8 10,32 29,46 47,36 50,12 33,0 | 29,47 8,58 2,82 25,100 50,90 53,62 31,47"),
    (8, "from the middle", 1.5, "32,46 12,32 12,10 32,0 52,12 48,32 30,48 8,66 6,90 28,100 50,90 52,66 34,48"),
    (8, "narrow waist", 1, "46,10 28,0 12,12 20,34 36,54 46,76 36,98 16,98 8,78 22,54 38,32 46,12"),
    (9, "straight", 4, "51,12 32,0 9,10 2,33 18,47 40,38 53,10! 51,54 48,100"),
    (9, "curled", 2, "52,14 32,0 9,10 3,34 20,47 42,36 53,12! 54,54 46,88 24,100 4,91"),
    (9, "slanted", 2.5, "50,14 30,0 8,12 2,34 16,46 38,36 51,12! 40,54 26,100"),
    (9, "small loop", 1.5, "44,14 32,2 14,6 6,24 18,36 36,28 46,8! 48,50 44,100"),
    (9, "two strokes", 1, "48,16 28,0 5,12 4,38 24,50 44,38 50,14 | 52,2 51,50 49,100"),
    (9, "rounded", 1.5, "48,10 26,0 4,16 4,38 24,48 46,34 50,12 52,40 44,74 30,100"),
)

TEMPLATES: Final = tuple(_template(*row) for row in _TABLE)
