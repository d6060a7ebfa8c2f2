"""Photos and scans of writing: its lines and what each consists of, and one symbol alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.images import load_grey, load_rgb
from recognizer.imaging.photo_cuts import Atom, cut
from recognizer.imaging.photo_ground import InkMap, find_ink
from recognizer.imaging.photo_lines import group_lines, tilt
from recognizer.imaging.photo_parts import Part, find_parts, usual_height
from recognizer.imaging.photo_rules import remove_rules
from recognizer.imaging.photo_symbol import redraw

_ICON: Final = 40
"""Shorter side of a picture, pixels, up to which it was cut out and made ready by somebody, as MNIST's were."""
_LEAST_TILT: Final = 2.0
"""Degrees from which on tilted lines are turned upright."""


@dataclass(frozen=True, slots=True, eq=False)
class PhotoLine:
    """A line of writing.

    Attributes:
        atoms: Pieces of ink from left to right; each is a symbol or a part of one.
        height: The usual height of its symbols, pixels of the reduced picture.
    """

    atoms: tuple[Atom, ...]
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class PhotoWriting:
    """What is written on a picture.

    Attributes:
        lines: From top to bottom.
        to_picture: (2, 3) float64, takes (x, y, 1) in the reduced, upright picture to pixels of the whole one.
        scale: Pixels of the reduced picture for each pixel of the whole one.
    """

    lines: tuple[PhotoLine, ...]
    to_picture: NDArray[np.float64]
    scale: float

    def box(self, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        """The box (left, top, width, height) in the whole picture around one in the reduced one."""
        corners = np.array([(x, y, 1.0) for x in (left, left + width) for y in (top, top + height)])
        placed = corners @ self.to_picture.T
        low, high = placed.min(axis=0), placed.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def find_writing(picture: NDArray[np.uint8]) -> PhotoWriting:
    """The lines of writing on a picture.

    Args:
        picture: (h, w, 3) uint8 RGB.
    """
    found = find_ink(picture)
    mask = remove_rules(found.mask)
    parts = find_parts(mask, found.strength)
    upright = np.array([[1 / found.scale, 0, 0], [0, 1 / found.scale, 0]])
    angle = tilt(parts)
    if abs(angle) >= _LEAST_TILT:
        mask, back = _turned(mask, angle)
        parts = find_parts(mask, None)
        upright = np.array([[1 / found.scale, 0], [0, 1 / found.scale]]) @ back
    lines = []
    for members in group_lines(parts):
        height = usual_height(members)
        atoms = [atom for part in members for atom in cut(part, height)]
        lines.append(PhotoLine(tuple(sorted(atoms, key=lambda atom: atom.left + atom.width / 2)), height))
    return PhotoWriting(tuple(lines), upright, found.scale)


def load_symbol(path: Path) -> NDArray[np.uint8]:
    """A picture of one symbol made ready for `Preprocessor.from_image`: photos isolated, icons left as they are.

    Returns:
        (h, w) uint8 grey levels.

    Raises:
        RecognizerError: As `load_rgb`.
    """
    return symbol_of(load_grey(path), lambda: load_rgb(path))


def symbol_of(grey: NDArray[np.uint8], colour: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """As `load_symbol`, of a picture that has been read.

    Args:
        grey: (h, w) uint8 grey levels.
        colour: Gives the picture as (h, w, 3) uint8 RGB; called where it is a photo.
    """
    if min(grey.shape) <= _ICON:
        return grey
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    # A flat ground was never in front of a camera.
    is_drawn = np.mean(border == np.median(border)) > 0.9
    return grey if is_drawn else isolate_symbol(colour())


def isolate_symbol(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The one symbol of a photo, redrawn with a pen of the usual width.

    Args:
        picture: (h, w, 3) uint8 RGB or (h, w) grey levels.

    Returns:
        (m, n) uint8, 0 the ground and 255 full ink, for `Preprocessor.from_image`; all zeros where there is nothing.
    """
    found = find_ink(picture, 800)
    parts = find_parts(remove_rules(found.mask, is_single=True), found.strength)
    if not parts:
        return np.zeros((1, 1), np.uint8)
    return redraw(_together(_main(parts, found)))


def _main(parts: list[Part], found: InkMap) -> list[Part]:
    """The largest and most central part with those that belong to it."""
    height, width = found.mask.shape

    def weight(part: Part) -> float:
        aside = np.hypot((part.centre[0] - width / 2) / width, (part.centre[1] - height / 2) / height)
        return part.area * part.extent * max(0.1, 1 - aside) * (0.3 if part.is_at_edge else 1.0)

    main = max(parts, key=weight)
    near = 0.25 * main.extent
    return [
        part
        for part in parts
        if part is main
        or (
            (part.area >= 0.012 * main.area or part.extent >= 0.1 * main.extent)
            and part.distance(main) <= near
            and (main.is_at_edge or not part.is_at_edge)
        )
    ]


def _together(parts: list[Part]) -> NDArray[np.uint8]:
    left, top = min(part.left for part in parts), min(part.top for part in parts)
    right, bottom = (max(part.left + part.width for part in parts), max(part.top + part.height for part in parts))
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for part in parts:
        y, x = part.top - top, part.left - left
        mask[y : y + part.height, x : x + part.width] |= part.mask
    return mask


def _turned(mask: NDArray[np.uint8], degrees: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """`mask` with lines that fall by `degrees` made level, and the (2, 3) matrix that leads back."""
    import cv2

    height, width = mask.shape
    forth = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    corners = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)]) @ forth.T
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    forth[:, 2] -= low
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    smooth = cv2.warpAffine(mask * np.uint8(255), forth, size, flags=cv2.INTER_LINEAR)
    return (smooth > 127).astype(np.uint8), cv2.invertAffineTransform(forth)
