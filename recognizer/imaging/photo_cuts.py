"""Pieces of ink to the atoms that symbols are put together from: whole pieces, or slices of joined digits."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.photo_parts import Part
from recognizer.imaging.photo_symbol import stroke_width

_WIDE: Final = 0.85
"""Width of a piece as a share of the line's height from which on it may be several digits."""
_WORST: Final = 9.0
"""Ink at a cut at most, in widths of the pen."""
_MOST_CUTS: Final = 24
_CUTS: Final = 6.0
"""How many places are tried for each line's height of width."""


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A piece of ink that is never divided further.

    Attributes:
        left, top: Of its box, pixels of the reduced picture.
        mask: (height, width) uint8, 1 its ink.
        part: The piece of ink that it was cut from; the same object for all atoms of one piece.
        is_cut: Whether the atom before it belongs to the same piece.
    """

    left: int
    top: int
    mask: NDArray[np.uint8]
    part: Part
    is_cut: bool = False

    @property
    def width(self) -> int:
        """Of its box."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Of its box."""
        return int(self.mask.shape[0])


def cut(part: Part, height: float) -> list[Atom]:
    """The atoms of a piece of ink in a line whose symbols are `height` pixels high."""
    places = _places(part, height)
    if not places:
        return [Atom(part.left, part.top, part.mask, part)]
    atoms: list[Atom] = []
    for start, end in zip([0, *places], [*places, part.width], strict=True):
        piece = part.mask[:, start:end]
        rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
        if len(rows) == 0:
            continue
        trimmed = piece[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        atoms.append(Atom(part.left + start + int(columns[0]), part.top + int(rows[0]), trimmed, part, bool(atoms)))
    return atoms


def _places(part: Part, height: float) -> list[int]:
    """Columns at which a piece could fall into digits: where little ink joins what is left and right."""
    if part.width < _WIDE * max(part.height, 0.8 * height) or part.height < 0.5 * height:
        return []
    pen = max(stroke_width(part.mask), 1.0)
    ink = part.mask.sum(axis=0).astype(np.float64)
    crossings = (np.diff(part.mask.astype(np.int8), axis=0, prepend=0) == 1).sum(axis=0)
    # One stroke that runs on to the next digit is a better place than two.
    cost = np.convolve(ink / pen + 1.5 * (crossings > 1), np.ones(3) / 3, mode="same")
    margin = int(max(0.15 * height, 1.5 * pen))
    least = max(2, int(0.12 * height))
    reach = max(1, round(0.05 * height))
    lowest = np.array([cost[max(0, x - reach) : x + reach + 1].min() for x in range(len(cost))])
    lows = np.flatnonzero(cost <= lowest + 0.15)
    order = [x for x in lows[np.argsort(cost[lows], kind="stable")] if margin <= x < part.width - margin]
    chosen: list[int] = []
    most = max(1, min(_MOST_CUTS, round(_CUTS * (part.width / height - 0.5))))
    for column in order:
        if cost[column] > _WORST or len(chosen) == most:
            break
        if all(abs(column - other) >= least for other in chosen):
            chosen.append(int(column))
    return sorted(chosen)
