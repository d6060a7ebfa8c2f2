"""How a printed page is bent: where the lines of its boxes are seen, beside where a flat page would show them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LINE: Final = 30
"""Darkness of a line beyond that of the paper beside it from which on more tells nothing more."""
_BESIDE: Final = 0.6
"""How far from a line there is paper again, millimetres."""
_MIDDLE: Final = 0.7
"""Share of a piece that is looked at; at the corners the lines meet others."""
_WINDOW: Final = 22.0
"""Lines that are looked for together lie within that of a box's middle, millimetres."""
_PASSES: Final = ((6.0, 18.0), (1.5, 10.0), (0.8, 10.0))
"""How far from where it is expected a line is looked for, and the longest piece of it whose place is taken at once,
millimetres: first together with the lines nearby, then each by itself."""
_APART: Final = 1.5
"""Places that far apart are different ones, millimetres."""
_CLEARER: Final = 1.2
"""How much clearer than any other place the right one must be."""
_LEAST: Final = 0.25
"""How much of a line must be seen, of 1."""
_DEGREE: Final = 8
_STIFFNESS: Final = 1e-4
_ROUNDS: Final = 6
_OFF: Final = 0.1
"""Half of what a line may be off its bend without being doubted, millimetres."""
_HELD: Final = 3.0
"""What a corner of a mark counts, in lines."""


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """How far each place of a page is beside where it would be if the page were flat, as a polynomial.

    Attributes:
        middle, half: Of the page, millimetres.
        powers: (k, 2) degrees in x and y of products of Chebyshev's polynomials.
        weights: (k, 2) for the shift across and down, millimetres.
    """

    middle: NDArray[np.float64]
    half: NDArray[np.float64]
    powers: NDArray[np.int64]
    weights: NDArray[np.float64]

    @classmethod
    def none(cls, size: tuple[float, float]) -> "Bend":
        """Of a flat page."""
        half = np.array(size, np.float64) / 2
        return cls(half, half, np.zeros((1, 2), np.int64), np.zeros((1, 2)))

    def shift(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much (…, 2) each of the `places` (…, 2) is shifted, millimetres."""
        scaled = (places - self.middle) / self.half
        return _terms(scaled.reshape(-1, 2), self.powers).dot(self.weights).reshape(places.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The boxes on a page, found on a photo.

    Attributes:
        bend: Of the page.
        seen: (n,) float64, how much of each box's outline is seen where it should be, 0 to 1.
    """

    bend: Bend
    seen: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Pieces of the boxes' lines that run alike, lengths in millimetres.

    Attributes:
        axis: That in which the place of a line is sought: 0 for upright lines, 1 for level ones.
        box: (m,) to which box each belongs.
        at: (m,) where it is along `axis`.
        start, end: (m,) of what is looked at, along the other axis.
        nearby: (m, k) how far lines that run alike are from it along `axis`, itself with 0; NaN where there are fewer.
    """

    axis: int
    box: NDArray[np.intp]
    at: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    nearby: NDArray[np.float64]

    @property
    def middles(self) -> NDArray[np.float64]:
        """(m, 2)."""
        along = (self.start + self.end) / 2
        return np.stack([self.at, along] if self.axis == 0 else [along, self.at], axis=1)


def find_grid(
    dark: NDArray[np.uint8],
    scale: float,
    boxes: NDArray[np.float64],
    size: tuple[float, float],
    held: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Grid:
    """Find how a page is bent.

    Args:
        dark: (h, w) uint8, how much darker than the paper each place is, as if the page were flat.
        scale: Pixels of `dark` in a millimetre.
        boxes: (n, 4) left, top, width and height, millimetres.
        size: Of the page, millimetres.
        held: (m, 2) places whose (m, 2) shifts are known, such as those of the marks.
    """
    beside = max(2, round(_BESIDE * scale))
    sums = [_summed(_ridges(dark, axis, beside), axis) for axis in (0, 1)]
    bend = Bend.none(size)
    seen = np.zeros(len(boxes))
    for number, (reach, longest) in enumerate(_PASSES):
        weights = np.zeros((len(_powers(_DEGREE)), 2))
        seen[:] = 0
        for axis in (0, 1):
            pieces = _cut(boxes, axis, longest)
            shifts = bend.shift(pieces.middles)
            found, clear = _seek(sums[axis], scale, pieces, shifts, reach, are_together=number == 0)
            weights[:, axis] = _fitted(bend, pieces, found, clear, held)
            share = np.bincount(pieces.box, clear, len(boxes)) / np.bincount(pieces.box, minlength=len(boxes))
            seen += np.minimum(share, 1.0) / 2
        bend = Bend(bend.middle, bend.half, _powers(_DEGREE), weights)
    return Grid(bend, seen)


def _ridges(dark: NDArray[np.uint8], axis: int, beside: int) -> NDArray[np.float32]:
    """Where something thin and dark runs across `axis`, 0 to 1."""
    import cv2

    padded = cv2.copyMakeBorder(dark, *(beside,) * 4, cv2.BORDER_REPLICATE)
    height, width = dark.shape
    if axis == 0:
        sides = (padded[beside : beside + height, start : start + width] for start in (0, 2 * beside))
    else:
        sides = (padded[start : start + height, beside : beside + width] for start in (0, 2 * beside))
    before, after = sides
    return np.minimum(cv2.subtract(dark, cv2.max(before, after)), _LINE).astype(np.float32) / _LINE


def _summed(ridges: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Sums along the lines across `axis` up to each place, which lies in the first dimension of what is given."""
    alike = ridges if axis == 0 else ridges.T
    sums = np.zeros((alike.shape[0] + 1, alike.shape[1]), np.float32)
    np.cumsum(alike, axis=0, out=sums[1:])
    return sums


def _cut(boxes: NDArray[np.float64], axis: int, longest: float) -> _Pieces:
    """The lines of boxes across `axis` in pieces."""
    owners, ats, starts, ends, nearby = [], [], [], [], []
    for number, box in enumerate(boxes):
        # Boxes in the same row share their upright lines' heights, those in a column their level lines' widths.
        alike = boxes[np.abs(boxes[:, 1 - axis] - box[1 - axis]) < 0.01]
        lines = np.unique(np.concatenate([alike[:, axis], alike[:, axis] + alike[:, 2 + axis]]))
        count = int(np.ceil(box[3 - axis] / longest))
        length = box[3 - axis] / count
        for at in (box[axis], box[axis] + box[2 + axis]):
            near = lines[np.abs(lines - at) <= _WINDOW] - at
            for part in range(count):
                middle = box[1 - axis] + (part + 0.5) * length
                owners.append(number)
                ats.append(at)
                starts.append(middle - _MIDDLE * length / 2)
                ends.append(middle + _MIDDLE * length / 2)
                nearby.append(near)
    padded = np.full((len(nearby), max(len(near) for near in nearby)), np.nan)
    for row, near in zip(padded, nearby, strict=True):
        row[: len(near)] = near
    return _Pieces(axis, np.array(owners), np.array(ats), np.array(starts), np.array(ends), padded)


def _seek(
    sums: NDArray[np.float32],
    scale: float,
    pieces: _Pieces,
    shifts: NDArray[np.float64],
    reach: float,
    *,
    are_together: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far pieces are shifted along their axis, (m,) millimetres, and how clearly each is seen, (m,) 0 to about 1.

    Args:
        sums: Of the ridges, by `_summed`.
        scale: Pixels in a millimetre.
        pieces: What is looked for.
        shifts: (m, 2), what is expected.
        reach: How far beside that, millimetres.
        are_together: Whether the lines nearby are looked for as well.
    """
    along, across = shifts[:, pieces.axis], shifts[:, 1 - pieces.axis]
    steps = np.arange(-round(reach * scale), round(reach * scale) + 1)
    lines = pieces.nearby if are_together else np.zeros((len(pieces.at), 1))
    # The middle of pixel i is (i + 0.5) / scale.
    first, last = (
        np.clip(np.round((end + across) * scale), 0, len(sums) - 1).astype(np.intp)
        for end in (pieces.start, pieces.end)
    )
    exact = (pieces.at + along)[:, None] * scale + lines * scale - 0.5
    wanted = np.round(np.nan_to_num(exact, nan=-1e6)).astype(np.intp)[:, :, None] + steps
    # One more at either end: a line that runs a little askew is spread over some pixels.
    shares = np.zeros(wanted.shape)
    for beside, weight in ((-1, 0.25), (0, 0.5), (1, 0.25)):
        places = wanted + beside
        is_inside = (places >= 0) & (places < sums.shape[1])
        places = np.where(is_inside, places, 0)
        total = sums[last[:, None, None], places] - sums[first[:, None, None], places]
        shares += weight * np.where(is_inside, total / np.maximum(last - first, 1)[:, None, None], 0)
    score = np.nansum(shares, axis=1) / np.isfinite(lines).sum(axis=1)[:, None]
    best = score.argmax(axis=1)
    rows = np.arange(len(best))
    clear = score[rows, best]
    if are_together:
        is_apart = np.abs(steps - steps[best][:, None]) > _APART * scale
        clear = np.where(clear < _CLEARER * np.where(is_apart, score, 0).max(axis=1), 0.0, clear)
    inner = np.clip(best, 1, len(steps) - 2)
    left, here, right = score[rows, inner - 1], score[rows, inner], score[rows, inner + 1]
    curve = left - 2 * here + right
    part = np.where((curve < 0) & (inner == best), 0.5 * (left - right) / np.where(curve < 0, curve, 1), 0)
    own = (pieces.at + along) * scale - 0.5
    # What rounding has taken is given back.
    return along + (steps[best] + part - (own - np.round(own))) / scale, clear


def _fitted(
    before: Bend,
    pieces: _Pieces,
    found: NDArray[np.float64],
    clear: NDArray[np.float64],
    held: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """The weights along the pieces' axis that the places of lines ask for, (k,)."""
    chosen = clear >= _LEAST
    places = np.concatenate([pieces.middles[chosen], held[0]])
    shifts = np.concatenate([found[chosen], held[1][:, pieces.axis]])
    trust = np.concatenate([clear[chosen], np.full(len(held[0]), _HELD)])
    # Twice as many places as unknowns.
    top = next(d for d in range(_DEGREE, -1, -1) if d == 0 or (d + 1) * (d + 2) <= len(shifts))
    solved = _solved((places - before.middle) / before.half, shifts, trust, top)
    weights = np.zeros(len(_powers(_DEGREE)))
    weights[: len(solved)] = solved
    return weights


def _solved(
    scaled: NDArray[np.float64], shifts: NDArray[np.float64], trust: NDArray[np.float64], degree: int
) -> NDArray[np.float64]:
    """The weights of a bend of `degree`; places that many others contradict count less and less."""
    powers = _powers(degree)
    if len(shifts) == 0:
        return np.zeros(len(powers))
    terms = _terms(scaled, powers)
    # Paper bends, it does not crumple: high degrees must be worth it.
    stiff = np.diag(_STIFFNESS * len(shifts) * np.maximum(powers.sum(axis=1) - 1.0, 0) ** 2)
    share = np.ones(len(shifts))
    weights: NDArray[np.float64] = np.zeros(len(powers))
    for _ in range(_ROUNDS):
        weighted = terms * (trust * share)[:, None]
        # Not a matrix product: for so few numbers its threads wait longer for each other than they work.
        square = np.einsum("nk,nl->kl", weighted, terms)
        weights = np.linalg.lstsq(square + stiff, weighted.T @ shifts, rcond=1e-10)[0]
        off = np.abs(terms @ weights - shifts)
        usual = max(_OFF, 1.5 * float(np.median(off)))
        share = 1 / (1 + np.square(off / usual)) ** 2
    return weights


def _powers(degree: int) -> NDArray[np.int64]:
    """Degrees in x and y, by their sum."""
    return np.array([(total - y, y) for total in range(degree + 1) for y in range(total + 1)], np.int64)


def _terms(scaled: NDArray[np.float64], powers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Products of Chebyshev's polynomials at (n, 2) places within ±1, (n, k)."""
    angles = np.arccos(np.clip(scaled, -1, 1))
    x, y = (np.cos(angles[:, axis, None] * np.arange(powers.max() + 1)) for axis in (0, 1))
    return np.asarray(x[:, powers[:, 0]] * y[:, powers[:, 1]])
