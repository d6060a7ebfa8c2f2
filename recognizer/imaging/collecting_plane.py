"""The writing on a page beside what is printed: a plane that knows the boxes, without their lines and symbols."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.collecting_flat import FlatPage

SCALE: Final = 12.0
"""Pixels in a millimetre of the pictures of boxes."""
BEYOND: Final = 2.5
"""How far writing may leave the area of its box, millimetres."""
EDGE: Final = 6
"""Pixels around writing that leaves it."""
_SMOOTH: Final = 0.8
"""Pixels by which a page is blurred, as pens are broader than its noise."""
_ACROSS: Final = 1.5
_DOWN: Final = 2.8
"""How far the area of a box reaches beyond it, millimetres; no more than half of what is between two."""
_GUIDE: Final = 0.3
"""How far around the place of a printed symbol may be a part of it, millimetres."""
_GUIDE_DARK: Final = 145
"""Darkness that no printed symbol has, but most pens."""
_FAINT: Final = 12
"""Darkness up to which there is no ink, of 255."""
_LINE_REACH: Final = 0.9
_LINE_OFF: Final = 0.55
_LINE_HALF: Final = 0.42
"""Around where a line should be, millimetres: what is looked at, how far it may be, how far it darkens the paper."""
_LINE_PIECE: Final = 4.0
_LINE_BENDS: Final = 2
"""How far a piece of a line may be beside the whole, pixels."""
_LINE_VARIES: Final = 1.2
_LINE_FAINT: Final = 4
"""How much darker a line can be than lines of the page usually are: so many times, and so much of 255."""
_LINE_DARKER: Final = 1.6
_LINE_NOISE: Final = 8
"""A pixel of a line that is darker than that many times the line, and that much, is of writing that crosses it."""
_CROSSING: Final = 4
"""How far askew writing may cross a line, pixels."""
_CROSSINGS: Final = np.ones(2 * _CROSSING + 1)
_COVERED: Final = 12
"""How much darker than all other boxes an empty one may be, of 255."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A part of a page that holds all boxes, at `SCALE`; lengths in pixels.

    Attributes:
        dark: (h, w) uint8, how much darker than paper; 0 where no writing can be. h and w are even.
        origin: Left and top in millimetres.
        boxes: (n, 4) left, top, right and bottom of each box.
        areas: (n, 4) the same of what belongs to each box and to no other; around each there is room enough.
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


def plane_of(
    page: FlatPage, boxes: NDArray[np.float64], guides: NDArray[np.float64], between: tuple[float, float]
) -> Plane:
    """What is written on a page.

    Args:
        page: With its bend.
        boxes: (n, 4) left, top, width and height, millimetres.
        guides: (n, 4) the same of the symbols printed beside them.
        between: Room between boxes across and down, millimetres.
    """
    plane = _plane(page, boxes, between)
    _remove_guides(plane, guides)
    _remove_lines(plane)
    return plane


def _plane(page: FlatPage, boxes: NDArray[np.float64], between: tuple[float, float]) -> Plane:
    import cv2

    reach = np.minimum([_ACROSS, _DOWN], np.array(between) / 2)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    room = reach + BEYOND + EDGE / SCALE + 0.5
    low, high = corners[:, :2].min(axis=0) - room, corners[:, 2:].max(axis=0) + room
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
    plane = Plane(np.zeros_like(dark), low, np.round(placed).astype(np.int64), areas, np.zeros(len(boxes)))
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


def _remove_guides(plane: Plane, guides: NDArray[np.float64]) -> None:
    """Make the printed symbols paper, but for writing on top of them that is darker."""
    corners = np.concatenate([guides[:, :2] - _GUIDE, guides[:, :2] + guides[:, 2:] + _GUIDE], axis=1)
    placed = np.round((corners - np.tile(plane.origin, 2)) * SCALE).astype(int)
    for left, top, right, bottom in np.maximum(placed, 0).tolist():
        window = plane.dark[top:bottom, left:right]
        window[window < _GUIDE_DARK] = 0


def _remove_lines(plane: Plane) -> None:
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
    most = _LINE_VARIES * float(np.median(peaks)) + _LINE_FAINT
    off = round(_LINE_OFF * SCALE)
    for band, profiles in bands:
        # Of writing beside the line a part of the line's length knows, not the whole.
        usual = np.minimum(profiles, most).mean(axis=0)
        middle = reach - off + int(usual[reach - off : reach + off + 1].argmax())
        pieces = np.array_split(np.arange(len(band)), len(profiles))
        for rows, profile in zip(pieces, profiles, strict=True):
            line = np.minimum(profile, most)
            centre = middle + int(line[middle - _LINE_BENDS : middle + _LINE_BENDS + 1].argmax()) - _LINE_BENDS
            _lift(band[rows[0] : rows[-1] + 1], line, centre)


def _lift(band: NDArray[np.uint8], line: NDArray[np.float64], centre: int) -> None:
    """Take a line out of a (n, width) piece of a band, which is (width,) dark and has its middle at `centre`."""
    half = round(_LINE_HALF * SCALE)
    across = slice(centre - half, centre + half + 1)
    window = band[:, across]
    # Writing goes on at both sides of the line that it crosses.
    is_crossed = np.ones(len(band), bool)
    for side in (band[:, centre - half - 2 : centre - half], band[:, centre + half + 1 : centre + half + 3]):
        inked = (side > _LINE_NOISE + _FAINT).any(axis=1)
        is_crossed &= np.convolve(inked, _CROSSINGS, "same") > 0.5
    darker = np.where(is_crossed, 1.0, _LINE_DARKER)[:, None]
    window[window <= darker * line[across] + _LINE_NOISE] = 0


def _band(band: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """What is around a line, along it first, and the usual darkness across it, (pieces, width)."""
    count = max(1, round(len(band) / (_LINE_PIECE * SCALE)))
    # Writing crosses a line in few places.
    return band, np.stack([np.median(piece, axis=0) for piece in np.array_split(band, count)])
