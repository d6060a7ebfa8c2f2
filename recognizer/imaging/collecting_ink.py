"""What is written in the boxes of a page: each connected piece of ink in the box to which it belongs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.collecting_plane import BEYOND, EDGE, SCALE, Plane
from recognizer.imaging.photo_symbol import stroke_width

_INSET: Final = 0.6
"""What is no further from a box's line than that may be the line itself, millimetres."""
_PEAK: Final = 24
"""Darkness that every piece of ink reaches somewhere, of 255."""
_SURE: Final = 1.5
"""And how many times the darkness up to which there is no ink."""
_GHOST: Final = 0.25
"""Share of the darkness of a box's ink that every piece of it reaches somewhere."""
_SHARED: Final = 0.25
"""Share of a piece of ink in one box from which on a part of it belongs there, even if more is in another."""
_STRAY: Final = 0.02
"""Share of a box's largest piece of ink under which another is dirt."""
_CORE: Final = 0.45
"""Share of the greatest darkness in a box from which on a pixel is within a stroke, not at its edge."""
_NEAR: Final = 9
"""Pixels across around writing in which what is outside of all boxes belongs to it."""
_FULL: Final = 80
"""Percent of the inked pixels that are no darker than what is shown as black."""


@dataclass(frozen=True, slots=True, eq=False)
class BoxInk:
    """What is written in a box.

    Attributes:
        picture: (h, w) uint8, the box with a margin at `SCALE`; 255 the paper, dark the ink. All 255 if it is empty.
        extent: The diagonal around the largest piece of ink, millimetres; 0 if the box is empty.
        share: Of the box that is inked.
        pen: Width of the strokes, millimetres; 0 if the box is empty.
    """

    picture: NDArray[np.uint8]
    extent: float
    share: float
    pen: float


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Connected pieces of ink, at half of `SCALE`: that divides none, and takes a quarter of the memory.

    Attributes:
        mask: (h, w) uint8, 1 the ink.
        labels: (h, w) int32, which piece each pixel of ink belongs to.
        dark: (h, w) uint8, how dark each is.
        peaks: (count,) the greatest darkness of each.
        is_marked: (count,) bool, room to mark some of them.
    """

    mask: NDArray[np.uint8]
    labels: NDArray[np.int32]
    dark: NDArray[np.uint8]
    peaks: NDArray[np.float64]
    is_marked: NDArray[np.bool_]

    def marked(self, window: tuple[slice, slice], numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Where in a window some of the pieces are."""
        self.is_marked[numbers] = True
        found = self.is_marked[self.labels[window]] & (self.mask[window] > 0)
        self.is_marked[numbers] = False
        return np.asarray(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Members:
    """The pieces of ink of a box.

    Attributes:
        own: (k,) which pieces.
        inside: (k,) how much of each is in the box.
        is_shared: (k,) whether another box has as good a right to it.
        loose: Pieces that are in the area of the box, but in no box.
    """

    own: NDArray[np.int64]
    inside: NDArray[np.int64]
    is_shared: NDArray[np.bool_]
    loose: NDArray[np.int64]


def read_boxes(plane: Plane) -> list[BoxInk]:
    """The ink in each of the boxes of a plane."""
    pieces = _pieces(plane)
    return [_box(plane, number, pieces, members) for number, members in enumerate(_members(plane, pieces))]


def _pieces(plane: Plane) -> _Pieces:
    import cv2

    mask = np.zeros_like(plane.dark)
    for number, floor in enumerate(plane.floors.tolist()):
        window = plane.area(number)
        mask[window] = plane.dark[window] > floor
    mask = _halved(mask)
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    dark = _halved(plane.dark)
    peaks = np.zeros(count)
    inked = np.flatnonzero(mask)
    if len(inked):
        of = labels.ravel()[inked]
        order = np.argsort(of, kind="stable")
        starts = np.flatnonzero(np.diff(of[order], prepend=-1))
        peaks[of[order][starts]] = np.maximum.reduceat(dark.ravel()[inked][order], starts)
    return _Pieces(mask, np.asarray(labels, np.int32), dark, peaks, np.zeros(count, bool))


def _halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows = np.maximum(image[::2], image[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])


def _members(plane: Plane, pieces: _Pieces) -> list[_Members]:
    """Which pieces belong to which box."""
    n, count = len(plane.boxes), len(pieces.peaks)
    inset = round(_INSET * SCALE)
    inner = plane.boxes + np.array([inset, inset, -inset, -inset])
    piece, box, inside = _overlaps(pieces, inner)
    most, total = np.zeros(count, np.int64), np.bincount(piece, inside, count)
    np.maximum.at(most, piece, inside)
    is_sure = pieces.peaks[piece] >= np.maximum(_PEAK, _SURE * plane.floors[box])
    belongs = is_sure & ((inside == most[piece]) | (inside >= _SHARED * total[piece]))
    piece, box, inside = piece[belongs], box[belongs], inside[belongs]
    is_shared = np.bincount(piece, minlength=count)[piece] > 1
    around, of_area, _ = _overlaps(pieces, plane.areas)
    is_loose = (total[around] == 0) & (pieces.peaks[around] >= _PEAK)
    around, of_area = around[is_loose], of_area[is_loose]
    found = []
    for number in range(n):
        chosen = box == number
        found.append(_Members(piece[chosen], inside[chosen], is_shared[chosen], around[of_area == number]))
    return found


def _overlaps(
    pieces: _Pieces, rectangles: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a piece and one of the (n, 4) rectangles in which a part of it is, and how large that is."""
    n = len(rectangles)
    home = np.zeros(pieces.mask.shape, np.int16)
    for number, (left, top, right, bottom) in enumerate((rectangles // 2).tolist()):
        home[top:bottom, left:right] = number + 1
    inked = np.flatnonzero(pieces.mask)
    pairs = pieces.labels.ravel()[inked].astype(np.int64) * (n + 1) + home.ravel()[inked]
    found, sizes = np.unique(pairs, return_counts=True)
    piece, rectangle = np.divmod(found, n + 1)
    is_in = rectangle > 0
    return piece[is_in], rectangle[is_in] - 1, sizes[is_in].astype(np.int64)


def _box(plane: Plane, number: int, pieces: _Pieces, members: _Members) -> BoxInk:
    import cv2

    left, top, right, bottom = (int(side) for side in plane.areas[number])
    if len(members.own) == 0:
        return BoxInk(np.full((bottom - top, right - left), 255, np.uint8), 0.0, 0.0, 0.0)
    # Further than its own area may writing reach into those of others.
    beyond = round(BEYOND * SCALE / 2)
    rows = slice(top // 2 - beyond, bottom // 2 + beyond)
    columns = slice(left // 2 - beyond, right // 2 + beyond)
    peaks = pieces.peaks[members.own]
    is_kept = (peaks >= _GHOST * peaks.max()) & (members.inside >= _STRAY * members.inside.max())
    ink = pieces.marked((rows, columns), members.own[is_kept & ~members.is_shared])
    shared = pieces.marked((rows, columns), members.own[is_kept & members.is_shared])
    ink[beyond:-beyond, beyond:-beyond] |= shared[beyond:-beyond, beyond:-beyond]
    near = cv2.dilate(ink.astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)) > 0
    close = np.intersect1d(pieces.labels[rows, columns][near], members.loose)
    ink |= pieces.marked((rows, columns), close)
    # Blur makes everything broader; at half of its darkness a stroke is as wide as it is.
    core = ink & (pieces.dark[rows, columns] >= _CORE * peaks.max())
    main = pieces.marked((rows, columns), members.own[[int(members.inside.argmax())]])
    main = main & core if (main & core).any() else main
    extent = float(np.hypot(*(side.stop - side.start for side in _bounds(main)))) * 2 / SCALE
    pen = stroke_width(core.astype(np.uint8)) * 2 / SCALE
    area = float(core.sum()) * 4 / SCALE**2
    box = plane.boxes[number] / SCALE
    share = area / float((box[2] - box[0]) * (box[3] - box[1]))
    # The soft edge of strokes belongs to them.
    soft = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)).repeat(2, axis=0).repeat(2, axis=1)
    shown = plane.dark[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop] * soft
    strong = shown[shown > plane.floors[number]]
    level = max(float(np.percentile(strong, _FULL)) if len(strong) else 0.0, 2.0 * _PEAK)
    # All of the box's area is shown, and as much more as the writing takes.
    down, across = _bounds(ink)
    first, last = min(2 * down.start - EDGE, 2 * beyond), max(2 * down.stop + EDGE, len(shown) - 2 * beyond)
    begin, end = min(2 * across.start - EDGE, 2 * beyond), max(2 * across.stop + EDGE, shown.shape[1] - 2 * beyond)
    shown = shown[max(0, first) : last, max(0, begin) : end]
    picture = 255 - np.clip(shown.astype(np.float32) * np.float32(255 / level), 0, 255)
    return BoxInk(np.round(picture).astype(np.uint8), extent, share, pen)


def _bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns of what is true; something must be."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
