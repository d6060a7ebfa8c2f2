"""Stroke templates, from which handwriting is made.

A template is a line of text: control points `x,y` in percent of the symbol's height, y down; `!` after a point makes
it a corner, `|` lifts the pen. The line through the points is a smooth curve that stays linear in the points, so a
whole batch of varied copies is one matrix product.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SPACING: Final = 1.6
"""Distance between points of a curve, percent of the height: 0.32 px in a symbol of 20 px."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One way to write a symbol.

    Attributes:
        symbol: What it shows.
        name: What is special about it.
        weight: How common it is among the ways to write this symbol.
        lean: How much of the writer's slant and turn, and of bends in the paper, it takes on, 0 to 1.
        controls: (c, 2) float32 control points, percent of the height.
        sharp, soft: (m, c) float32; a product with the controls gives the m points of the curves, with corners as
            marked, or with every corner rounded.
        stroke_of_control: (c,) the stroke that each control point belongs to.
        stroke_of_point: (m,) the stroke that each point belongs to.
    """

    symbol: str
    name: str
    weight: float
    lean: float
    controls: NDArray[np.float32]
    sharp: NDArray[np.float32]
    soft: NDArray[np.float32]
    stroke_of_control: NDArray[np.int64]
    stroke_of_point: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """Symbols and the ways to write them.

    Attributes:
        symbols: In the order of their class indices.
        templates: The ways to write them.
        members: For each symbol the indices of its templates.
        shares: For each symbol how often each of its templates is written; adds up to 1.
    """

    symbols: tuple[str, ...]
    templates: tuple[Template, ...]
    members: tuple[NDArray[np.int64], ...]
    shares: tuple[NDArray[np.float64], ...]


Row = tuple[str, str, float, str]
"""Symbols that are written so, a name, a weight, and the template's text."""


def build_alphabet(
    symbols: str, rows: Iterable[Row], lean: float = 1.0, widths: Mapping[str, float] = MappingProxyType({})
) -> Alphabet:
    """The alphabet of `symbols`, each of which has at least one row.

    Args:
        symbols: One character each, in the order of their class indices.
        rows: The ways to write them.
        lean: Of all templates.
        widths: Factors for the width of some symbols.
    """
    templates = tuple(
        _template(symbol, name, weight, lean, text, widths.get(symbol, 1.0))
        for row, name, weight, text in rows
        for symbol in row
    )
    members = tuple(np.array([i for i, way in enumerate(templates) if way.symbol == symbol]) for symbol in symbols)
    weights = (np.array([templates[index].weight for index in group]) for group in members)
    return Alphabet(tuple(symbols), templates, members, tuple(weight / weight.sum() for weight in weights))


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


def _template(symbol: str, name: str, weight: float, lean: float, text: str, width: float) -> Template:
    strokes = [(points * np.array([width, 1], np.float32), corners) for points, corners in parse(text)]
    controls = np.concatenate([points for points, _ in strokes])
    sharp = [curve_basis(points, corners) for points, corners in strokes]
    soft = [curve_basis(points, np.zeros(len(points), np.bool_)) for points, _ in strokes]
    order = np.arange(len(strokes))
    return Template(
        symbol,
        name,
        weight,
        lean,
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
