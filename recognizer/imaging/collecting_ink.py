"""What is written in the boxes of a page: its ink without the lines, each piece in the box to which it belongs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.collecting_flat import FlatPage
from recognizer.imaging.photo_symbol import stroke_width

SCALE: Final = 12.0
"""Pixels in a millimetre of the pictures of boxes."""
_SMOOTH: Final = 0.8
"""Pixels by which a page is blurred, as pens are broader than its noise."""
_ACROSS: Final = 1.5
_DOWN: Final = 2.8
"""How far writing may leave its box, millimetres; no more than half of what is between two."""
_INSET: Final = 0.6
"""What is no further from a box's line than that may be the line itself, millimetres."""
_GUIDE: Final = 0.3
"""How far around the place of a printed symbol may be a part of it, millimetres."""
_FAINT: Final = 12
"""Darkness up to which there is no ink, of 255."""
_PEAK: Final = 24
"""Darkness that every piece of ink reaches somewhere."""
_GHOST: Final = 0.25
"""Share of the darkness of a box's ink that every piece of it reaches somewhere."""
_SHARED: Final = 0.25
"""Share of a piece of ink in one box from which on a part of it belongs there, even if more is in another."""
_STRAY: Final = 0.02
"""Share of a box's ink under which a small piece that does not reach into the middle is dirt."""
_LINE_REACH: Final = 0.9
_LINE_OFF: Final = 0.55
_LINE_HALF: Final = 0.42
"""Around where a line should be, millimetres: what is looked at, how far it may be, how far it darkens the paper."""
_LINE_PIECE: Final = 4.0
_LINE_BENDS: Final = 2
"""How far a piece of a line may be beside the whole, pixels."""
_LINE_DARKER: Final = 1.6
_LINE_NOISE: Final = 8
"""A pixel of a line that is darker than that many times the line, and that much, is of writing that crosses it."""
_FULL: Final = 80
"""Percent of the inked pixels that are no darker than what is shown as black."""
_COVERED: Final = 12
"""How much darker than all other boxes an empty one may be, of 255."""


@dataclass(frozen=True, slots=True, eq=False)
class BoxInk:
    """What is written in a box.

    Attributes:
        picture: (h, w) uint8, the box with a margin at `SCALE`; 255 the paper, dark the ink. All 255 if it is empty.
        extent: The diagonal around the ink, millimetres; 0 if the box is empty.
        share: Of the box that is inked.
        pen: Width of the strokes, millimetres.
        length: Of all strokes together, millimetres, if none is written twice.
    """

    picture: NDArray[np.uint8]
    extent: float
    share: float
    pen: float
    length: float


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """A part of a page that holds all boxes, at `SCALE`; lengths in pixels.

    Attributes:
        dark: (h, w) uint8, how much darker than paper; 0 where no writing can be.
        origin: Left and top in millimetres.
        boxes: (n, 4) left, top, right and bottom of each box.
        areas: (n, 4) the same of what belongs to each box and to no other.
        floors: (n,) darkness up to which there is no ink.
    """

    dark: NDArray[np.uint8]
    origin: NDArray[np.float64]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    floors: NDArray[np.float64]

    def area(self, number: int) -> tuple[slice, slice]:
        """What belongs to a box."""
        left, top, right, bottom = (int(side) for side in self.areas[number])
        return slice(top, bottom), slice(left, right)


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Connected pieces of ink, at half of `SCALE`.

    Attributes:
        mask: (h, w) uint8, 1 the ink.
        labels: (h, w) int32, which piece each pixel of ink belongs to.
        peaks: (count,) the greatest darkness of each.
        is_kept: (count,) bool, room to mark some of them.
    """

    mask: NDArray[np.uint8]
    labels: NDArray[np.int32]
    peaks: NDArray[np.float64]
    is_kept: NDArray[np.bool_]


def read_boxes(
    page: FlatPage, boxes: NDArray[np.float64], guides: NDArray[np.float64], between: tuple[float, float]
) -> list[BoxInk]:
    """The ink in the boxes of a page.

    Args:
        page: With its bend.
        boxes: (n, 4) left, top, width and height, millimetres.
        guides: (n, 4) the same of the symbols printed beside them.
        between: Room between boxes across and down, millimetres.
    """
    plane = _plane(page, boxes, between)
    _remove_guides(plane, guides)
    _remove_lines(plane)
    return _divided(plane)


def _plane(page: FlatPage, boxes: NDArray[np.float64], between: tuple[float, float]) -> _Plane:
    import cv2

    reach = np.minimum([_ACROSS, _DOWN], np.array(between) / 2)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    low, high = corners[:, :2].min(axis=0) - reach - 0.5, corners[:, 2:].max(axis=0) + reach + 0.5
    # Whole pixels, and a pair of them in each direction.
    size = (np.ceil((high - low) * SCALE / 2) * 2).astype(int)
    dark = np.zeros((size[1], size[0]), np.uint8)
    placed = (corners - np.tile(low, 2)) * SCALE
    areas = np.round(placed + np.concatenate([-reach, reach]) * SCALE).astype(np.int64)
    # Row by row, because the whole page in colour takes more memory than its parts.
    for top in np.unique(areas[:, 1]):
        bottom = int(areas[areas[:, 1] == top, 3].max())
        seen = page.darkness(float(low[0]), float(low[1] + top / SCALE), size[0] / SCALE, (bottom - top) / SCALE, SCALE)
        dark[top:bottom] = np.maximum(dark[top:bottom], cv2.GaussianBlur(seen, (0, 0), _SMOOTH))
    plane = _Plane(np.zeros_like(dark), low, np.round(placed).astype(np.int64), areas, np.zeros(len(boxes)))
    levels = np.zeros((len(boxes), 2))
    for number in range(len(boxes)):
        values = dark[plane.area(number)][::3, ::3]
        middle = np.median(values)
        levels[number] = middle, 1.4826 * np.median(np.abs(values - middle))
    usual = np.median(levels, axis=0)
    # Where ink covers most of a box, what is usual in it says nothing of the paper.
    paper = np.minimum(levels[:, 0], usual[0] + _COVERED)
    noise = np.minimum(levels[:, 1], 3 * usual[1] + 2)
    for number, (level, spread) in enumerate(zip(paper, noise, strict=True)):
        window = plane.area(number)
        plane.dark[window] = cv2.subtract(dark[window], float(level))
        plane.floors[number] = max(_FAINT, 4 * spread)
    return plane


def _remove_guides(plane: _Plane, guides: NDArray[np.float64]) -> None:
    for left, top, width, height in guides.tolist():
        first = np.floor((np.array([left, top]) - _GUIDE - plane.origin) * SCALE).astype(int)
        last = np.ceil((np.array([left + width, top + height]) + _GUIDE - plane.origin) * SCALE).astype(int)
        first = np.maximum(first, 0)
        plane.dark[first[1] : max(last[1], 0), first[0] : max(last[0], 0)] = 0


def _remove_lines(plane: _Plane) -> None:
    """Make the boxes' lines paper, but for writing that crosses them."""
    reach = round(_LINE_REACH * SCALE)
    bands: list[tuple[NDArray[np.uint8], NDArray[np.float64]]] = []
    for left, top, right, bottom in plane.boxes.tolist():
        for at in (left, right):
            bands.append(_band(plane.dark[top - reach // 2 : bottom + reach // 2, at - reach : at + reach + 1]))
        for at in (top, bottom):
            bands.append(_band(plane.dark[at - reach : at + reach + 1, left - reach // 2 : right + reach // 2].T))
    peaks = np.array([float(profiles.max(axis=1).mean()) for _, profiles in bands])
    # Writing along a line is not the line.
    most = 1.4 * float(np.median(peaks)) + 6
    off, half = round(_LINE_OFF * SCALE), round(_LINE_HALF * SCALE)
    for band, profiles in bands:
        # Of writing beside the line a part of the line's length knows, not the whole.
        usual = np.minimum(profiles, most).mean(axis=0)
        middle = reach - off + int(usual[reach - off : reach + off + 1].argmax())
        pieces = np.array_split(np.arange(len(band)), len(profiles))
        for rows, profile in zip(pieces, profiles, strict=True):
            line = np.minimum(profile, _LINE_DARKER * usual)
            centre = middle + int(line[middle - _LINE_BENDS : middle + _LINE_BENDS + 1].argmax()) - _LINE_BENDS
            window = band[rows[0] : rows[-1] + 1, centre - half : centre + half + 1]
            window[window <= _LINE_DARKER * line[centre - half : centre + half + 1] + _LINE_NOISE] = 0


def _band(band: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """What is around a line, along it first, and the usual darkness across it, (pieces, width)."""
    count = max(1, round(len(band) / (_LINE_PIECE * SCALE)))
    # Writing crosses a line in few places.
    return band, np.stack([np.median(piece, axis=0) for piece in np.array_split(band, count)])


def _divided(plane: _Plane) -> list[BoxInk]:
    """The pieces of ink, each in its box."""
    import cv2

    mask = np.zeros_like(plane.dark)
    for number, floor in enumerate(plane.floors.tolist()):
        window = plane.area(number)
        mask[window] = plane.dark[window] > floor
    # At half the scale: that divides no piece, and takes a quarter of the memory.
    height, width = plane.dark.shape
    half = mask.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))
    count, labels = cv2.connectedComponents(half, connectivity=8)
    home = np.zeros(half.shape, np.int16)
    inset = round(_INSET * SCALE)
    for number, (left, top, right, bottom) in enumerate(plane.boxes.tolist()):
        home[(top + inset) // 2 : (bottom - inset) // 2, (left + inset) // 2 : (right - inset) // 2] = number + 1
    inked = np.flatnonzero(half)
    of = labels.ravel()[inked]
    dark = plane.dark.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))
    pieces = _Pieces(half, labels, _peaks(dark.ravel()[inked], of, count), np.zeros(count, bool))
    n = len(plane.boxes)
    # How much of each piece is in which box, where it is in one at all.
    pairs, inside = np.unique(of.astype(np.int64) * (n + 1) + home.ravel()[inked], return_counts=True)
    piece, box = np.divmod(pairs, n + 1)
    piece, box, inside = piece[box > 0], box[box > 0] - 1, inside[box > 0]
    most, total = np.zeros(count, np.int64), np.bincount(piece, inside, count)
    np.maximum.at(most, piece, inside)
    # A piece of which there is much in two boxes is divided where one ends.
    belongs = ((inside == most[piece]) | (inside >= _SHARED * total[piece])) & (pieces.peaks[piece] >= _PEAK)
    found = []
    for number in range(n):
        chosen = belongs & (box == number)
        found.append(_box(plane, number, pieces, piece[chosen], inside[chosen]))
    return found


def _peaks(values: NDArray[np.uint8], of: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """The largest value of each piece."""
    peaks = np.zeros(count)
    if len(of):
        order = np.argsort(of, kind="stable")
        starts = np.flatnonzero(np.diff(of[order], prepend=-1))
        peaks[of[order][starts]] = np.maximum.reduceat(values[order], starts)
    return peaks


def _box(plane: _Plane, number: int, pieces: _Pieces, members: NDArray[np.int64], inside: NDArray[np.int64]) -> BoxInk:
    import cv2

    rows, columns = plane.area(number)
    dark = plane.dark[rows, columns]
    if len(members) == 0:
        return BoxInk(np.full(dark.shape, 255, np.uint8), 0.0, 0.0, 0.0, 0.0)
    peaks = pieces.peaks[members]
    kept = members[(peaks >= _GHOST * peaks.max()) & (inside >= _STRAY * inside.max())]
    window = slice(rows.start // 2, -(-rows.stop // 2)), slice(columns.start // 2, -(-columns.stop // 2))
    pieces.is_kept[kept] = True
    ink = pieces.is_kept[pieces.labels[window]] & (pieces.mask[window] > 0)
    pieces.is_kept[kept] = False
    across, down = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    extent = float(np.hypot(across[-1] - across[0] + 1, down[-1] - down[0] + 1)) * 2 / SCALE
    pen = stroke_width(ink.astype(np.uint8)) * 2 / SCALE
    area = float(ink.sum()) * 4 / SCALE**2
    left, top, right, bottom = (float(side) / SCALE for side in plane.boxes[number])
    share = area / ((right - left) * (bottom - top))
    # The soft edge of strokes belongs to them.
    near = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)).repeat(2, axis=0).repeat(2, axis=1)
    y, x = rows.start - 2 * window[0].start, columns.start - 2 * window[1].start
    shown = dark * near[y : y + dark.shape[0], x : x + dark.shape[1]]
    strong = shown[shown > plane.floors[number]]
    level = max(float(np.percentile(strong, _FULL)) if len(strong) else 0.0, 2.0 * _PEAK)
    picture = 255 - np.clip(shown.astype(np.float32) * np.float32(255 / level), 0, 255)
    return BoxInk(np.round(picture).astype(np.uint8), extent, share, pen, area / pen if pen else 0.0)
