"""What geometry alone tells of a symbol in a line: a minus, a division sign."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from recognizer.imaging.photo_cuts import Atom

_LEAST_RISE: Final = 0.5
"""Digits that are lower than that share of the line's height become improbable."""
_STRAIGHT: Final = 0.14
"""Of a straight stroke, its spread across as a share of that along it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the place and form of ink in its line tell.

    Attributes:
        operator: The operator that it is beyond doubt; empty where only a model can tell.
        rise: Height of its box as a share of the line's height.
        lean: Degrees by which a straight stroke leans to the right; None where it is no straight stroke.
    """

    operator: str
    rise: float
    lean: float | None = None

    @property
    def as_digit(self) -> float:
        """How probable its height makes it a digit, 0 to 1: others in the line are about as high."""
        return min(1.0, max(0.05, self.rise / _LEAST_RISE)) ** 2


def shape_of(atoms: tuple[Atom, ...], height: float) -> Shape:
    """The shape of atoms that are taken for one symbol in a line whose symbols are `height` pixels high."""
    top = min(atom.top for atom in atoms)
    bottom = max(atom.top + atom.height for atom in atoms)
    rise = (bottom - top) / height
    whole = {id(atom.part): atom for atom in atoms}
    if len(whole) == len(atoms) and not any(atom.is_cut for atom in atoms):
        if len(atoms) == 1 and _is_bar(atoms[0], height):
            return Shape("-", rise)
        if len(atoms) == 3 and _is_division(atoms, height):
            return Shape("/", rise)
        if len(atoms) == 1:
            return Shape("", rise, _lean(atoms[0]))
    return Shape("", rise)


def _lean(atom: Atom) -> float | None:
    """By how many degrees a straight stroke leans to the right; None where it is none."""
    if atom.width > 1.6 * atom.height:
        return None
    y, x = np.nonzero(atom.mask)
    if len(x) < 8:
        return None
    spread, axes = np.linalg.eigh(np.cov(np.stack([x, y]).astype(np.float64)))
    if spread[0] > _STRAIGHT**2 * spread[1]:
        return None
    degrees = float(np.degrees(np.arctan2(axes[0, 1], -axes[1, 1])))
    return (degrees + 90) % 180 - 90


def _is_bar(atom: Atom, height: float) -> bool:
    if atom.width < 2.0 * atom.height or atom.height > 0.4 * height or not 0.15 * height <= atom.width <= 2 * height:
        return False
    # A straight line fills its box as a diagonal does; a curve has ink far from its chord.
    y, x = np.nonzero(atom.mask)
    slope = np.polyfit(x, y, 1) if atom.width > 2 else np.zeros(2)
    off = y - np.polyval(slope, x)
    return float(np.std(off)) < max(1.0, 0.09 * atom.width) and abs(float(slope[0])) < 0.45


def _is_division(atoms: tuple[Atom, ...], height: float) -> bool:
    ordered = sorted(atoms, key=lambda atom: atom.top + atom.height / 2)
    upper, bar, lower = ordered
    if not _is_bar(bar, height):
        return False
    dots = max(upper.width, upper.height, lower.width, lower.height)
    middle = bar.left + bar.width / 2
    is_central = all(abs(dot.left + dot.width / 2 - middle) < 0.6 * bar.width for dot in (upper, lower))
    is_apart = upper.top + upper.height <= bar.top + bar.height and lower.top >= bar.top
    return dots < 0.6 * bar.width and is_central and is_apart
