"""Which strokes may belong to one symbol: lines of writing, and groups of neighbouring strokes in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.raster import resample
from recognizer.ink.stroke import Stroke

MOST_STROKES: Final = 4
"""Of which a symbol is written at most; what needs more is drawn in pieces that are one symbol already."""
_PLACES: Final = 32
"""Points per stroke with which distances are measured."""
_REACH: Final = 0.5
"""The widest gap inside a symbol, line heights."""
_MOST_WIDE: Final = 1.9
"""The widest group of strokes, line heights."""
_MOST_GROUPS: Final = 24
"""Groups that begin with the same stroke, at most."""
_GROUPS_OF_A_LINE: Final = 300
"""About how many groups a line has at most; each costs half a millisecond to read."""
_HOPELESS: Final = -7.0
_FLAT: Final = 0.15
"""Height to width of the flattest number that is one stroke."""
_UNCUT: Final = 4.0
"""The log-odds that two neighbouring parts of one stroke belong to one symbol."""

# Overlap, distance, centres' distance, overlap in height, height of the lower one, touching, width of both; constant.
# By logistic regression on 13,725 pairs of strokes of numbers composed from the ink of 82 writers (pendigits and
# UNIPEN); on those of 82 other writers they tell 98.7 % of the pairs right.
_WEIGHTS: Final = np.array((11.6, -7.8, -6.2, -1.7, -3.6, 0.4, -2.1), np.float32)
_CONSTANT: Final = 5.6


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stroke, or a part of one that joins two symbols.

    Attributes:
        stroke: The line.
        source: Index of the stroke in the drawing.
        part: Which part of that stroke it is, from its beginning.
        places: (m, 2) float32, points spread evenly along it.
        box: (left, top, right, bottom).
    """

    stroke: Stroke
    source: int
    part: int = 0
    places: NDArray[np.float32] = field(init=False)
    box: tuple[float, float, float, float] = field(init=False)

    def __post_init__(self) -> None:
        points = self.stroke.points
        spacing = self.stroke.length / _PLACES
        object.__setattr__(self, "places", resample(points, spacing) if spacing > 0 else points[:1])
        low, high = points.min(axis=0), points.max(axis=0)
        object.__setattr__(self, "box", (float(low[0]), float(low[1]), float(high[0]), float(high[1])))

    @property
    def width(self) -> float:
        """Of its box."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Of its box."""
        return self.box[3] - self.box[1]

    @property
    def middle(self) -> float:
        """Of its box, from left to right."""
        return (self.box[0] + self.box[2]) / 2


def line_height(pieces: Sequence[Piece]) -> float:
    """How high a symbol of this line is written: bars and dots do not count, a long tail only a little.

    Where nothing is high, as in a lone minus, half the width of the widest stroke.
    """
    heights = np.sort([piece.height for piece in pieces])
    usual = float(heights[int(np.ceil(0.7 * (len(heights) - 1)))])
    widest = max(piece.width for piece in pieces)
    return max(usual, 0.5 * widest if usual < _FLAT * widest else 0.0, 1e-3)


def split_lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Lines of writing from top to bottom.

    Strokes whose heights overlap by half are in one line; what is small joins the line of the nearest high stroke.
    """
    height = line_height(pieces)
    tall = [piece for piece in pieces if piece.height >= 0.4 * height]
    if len(tall) < 2:
        return [list(pieces)]
    box = np.array([piece.box for piece in tall])
    tops, bottoms = box[:, 1], box[:, 3]
    shared = np.minimum(bottoms[:, None], bottoms) - np.maximum(tops[:, None], tops)
    lower = np.minimum((bottoms - tops)[:, None], bottoms - tops)
    beside = np.maximum(box[:, None, 0], box[:, 0]) >= np.minimum(box[:, None, 2], box[:, 2])
    number = _components(shared >= np.where(beside, 0.35, 0.5) * lower)
    number = _joined_beside(number, box)
    lines: dict[int, list[Piece]] = {}
    for piece, line in zip(tall, number, strict=True):
        lines.setdefault(line, []).append(piece)
    for piece in pieces:
        if piece.height >= 0.4 * height:
            continue
        across = np.maximum(np.maximum(box[:, 0] - piece.box[2], piece.box[0] - box[:, 2]), 0)
        down = np.maximum(np.maximum(tops - piece.box[3], piece.box[1] - bottoms), 0)
        # A line goes on sideways: a gap downwards counts more.
        nearest = int(np.argmin(across + 3 * down))
        lines[number[nearest]].append(piece)
    return sorted(lines.values(), key=lambda line: float(np.mean([piece.box[1] + piece.box[3] for piece in line])))


def may_be_one(above: Sequence[Piece], below: Sequence[Piece]) -> bool:
    """Whether two lines may be one, with a symbol whose strokes lie one above the other.

    They nearly touch, and one of them has few strokes.
    """
    if min(len(above), len(below)) > 2:
        return False
    top, bottom = min(piece.box[1] for piece in below), max(piece.box[3] for piece in above)
    return top - bottom < 0.1 * min(line_height(above), line_height(below))


def _joined_beside(number: list[int], box: NDArray[np.float64]) -> list[int]:
    """The lines of strokes with those joined that lie wholly beside each other at about the same height."""
    names = sorted(set(number))
    line = np.array(number)
    low = np.array([box[line == name, :2].min(axis=0) for name in names])
    high = np.array([box[line == name, 2:].max(axis=0) for name in names])
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    size = np.minimum((high - low)[:, None], high - low)
    joined = _components((shared[..., 0] <= 0) & (shared[..., 1] >= 0.2 * size[..., 1]))
    return [names[joined[names.index(name)]] for name in number]


def _components(linked: NDArray[np.bool_]) -> list[int]:
    """For each of n things the smallest index of those that it is linked with, directly or not."""
    number = list(range(len(linked)))
    for i in range(len(linked)):
        for j in np.flatnonzero(linked[i, :i]):
            old, new = number[i], number[int(j)]
            if old != new:
                number = [min(old, new) if value in (old, new) else value for value in number]
    return number


def same_symbol(first: Piece, second: Piece, height: float) -> float:
    """The log-odds that two strokes belong to one symbol, by their places alone.

    Args:
        first, second: The strokes.
        height: Of the line.

    Returns:
        Above 0 where they rather do; minus infinity where they are too far from each other.
    """
    if first.source == second.source:
        return _UNCUT if abs(first.part - second.part) == 1 else -np.inf
    a, b = first.box, second.box
    overlap = min(a[2], b[2]) - max(a[0], b[0])
    if overlap < -_REACH * height:
        return -np.inf
    across, down = (np.square(first.places[:, axis, None] - second.places[:, axis]) for axis in (0, 1))
    distance = float(np.sqrt((across + down).min())) / height
    if distance >= _REACH:
        return -np.inf
    narrower = max(min(first.width, second.width), 0.15 * height)
    lower = max(min(first.height, second.height), 0.1 * height)
    features = (
        min(overlap / narrower, 1.0) if overlap > 0 else overlap / height,
        distance,
        min(abs(first.middle - second.middle) / height, 1.5),
        min(max((min(a[3], b[3]) - max(a[1], b[1])) / lower, -1.0), 1.0),
        min(min(first.height, second.height) / height, 1.2),
        float(distance < 0.03),
        min((max(a[2], b[2]) - min(a[0], b[0])) / height, 2.5),
    )
    return float(np.dot(_WEIGHTS, np.array(features, np.float32)) + _CONSTANT)


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that may be one symbol.

    Attributes:
        members: Their indices in the line, ascending.
        odds: The log-odds that they are, by their places: the sum over the likeliest links; 0 for one piece.
    """

    members: tuple[int, ...]
    odds: float


def groups(pieces: Sequence[Piece], height: float) -> list[list[Group]]:
    """For each piece the groups in which it is the first.

    Args:
        pieces: One line's, in any order that puts neighbours near each other.
        height: Of the line.
    """
    links: list[dict[int, float]] = [{} for _ in pieces]
    for i, first in enumerate(pieces):
        for j in range(i + 1, len(pieces)):
            if pieces[j].box[0] - first.box[2] > _REACH * height:
                continue
            odds = same_symbol(first, pieces[j], height)
            if odds > _HOPELESS:
                links[i][j] = links[j][i] = odds
    most = min(_MOST_GROUPS, max(2, _GROUPS_OF_A_LINE // len(pieces)))
    return [_groups_from(start, pieces, links, height, most) for start in range(len(pieces))]


def _groups_from(
    start: int, pieces: Sequence[Piece], links: list[dict[int, float]], height: float, most: int
) -> list[Group]:
    found: dict[tuple[int, ...], float] = {(start,): 0.0}
    newest: list[tuple[int, ...]] = [(start,)]
    for _ in range(MOST_STROKES - 1 + max(piece.part for piece in pieces)):
        grown: dict[tuple[int, ...], float] = {}
        for members in newest:
            near = {j for i in members for j in links[i] if j > start} - set(members)
            for j in near:
                wider = tuple(sorted((*members, j)))
                strokes = len({pieces[i].source for i in wider})
                if strokes > 1 and _width(wider, pieces) > _MOST_WIDE * height:
                    continue
                if strokes > MOST_STROKES or not _is_connected(j, members, pieces):
                    continue
                odds = found[members] + max(links[i][j] for i in members if j in links[i])
                if odds > _HOPELESS:
                    grown[wider] = max(odds, grown.get(wider, -np.inf))
        newest = sorted(grown, key=grown.__getitem__, reverse=True)[:most]
        found.update((members, grown[members]) for members in newest)
    best = sorted(found, key=found.__getitem__, reverse=True)[:most]
    kept = best if (start,) in best else [*best, (start,)]
    return [Group(members, found[members]) for members in kept]


def _is_connected(piece: int, members: tuple[int, ...], pieces: Sequence[Piece]) -> bool:
    """Whether a part of a stroke follows on another part of it, where there are others."""
    new = pieces[piece]
    parts = [pieces[i].part for i in members if pieces[i].source == new.source]
    return not parts or any(abs(new.part - part) == 1 for part in parts)


def _width(members: tuple[int, ...], pieces: Sequence[Piece]) -> float:
    return max(pieces[i].box[2] for i in members) - min(pieces[i].box[0] for i in members)
