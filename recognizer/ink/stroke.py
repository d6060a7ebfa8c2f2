"""Strokes and drawings as they were made, independent of any screen."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

FAR: Final = 1e30
"""The largest coordinate: single precision ends at 3e38, and squares and sums need room."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One pen-down line.

    Attributes:
        points: (n, 2) float32, x to the right and y **down**, any unit, finite and within ±`FAR`; n ≥ 1.
        times: (n,) float32, seconds since the drawing began.
        pressures: (n,) float32, 0 to 1; 1 where the device has none.
    """

    points: NDArray[np.float32]
    times: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    pressures: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        points = np.asarray(self.points).reshape(-1, 2)
        if len(points) == 0:
            raise ValueError("a stroke needs at least one point")
        # Said the other way round, NaN would pass.
        if not np.abs(points).max() <= FAR:
            raise ValueError(f"a stroke's points must be numbers within ±{FAR:g}")
        points = points.astype(np.float32, copy=False)
        object.__setattr__(self, "points", points)
        for name, fill in (("times", 0.0), ("pressures", 1.0)):
            values = np.asarray(getattr(self, name), np.float32).ravel()
            if len(values) == 0:
                values = np.full(len(points), fill, np.float32)
            if len(values) != len(points):
                raise ValueError(f"{len(values)} {name} for {len(points)} points")
            object.__setattr__(self, name, values)

    @property
    def length(self) -> float:
        """The length of the line, in the unit of its points."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum()) if len(self.points) > 1 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """A whole drawing.

    Attributes:
        strokes: The strokes in the order in which they were drawn.
        pen_width: Width of the pen that drew them, in the unit of the points; 0 where it is not known. It only
            tells a dot from a small symbol.
    """

    strokes: tuple[Stroke, ...] = ()
    pen_width: float = 0.0

    @classmethod
    def from_arrays(cls, strokes: Iterable[NDArray[np.floating]]) -> "Ink":
        """A drawing from (n, 2) arrays, y down."""
        return cls(tuple(Stroke(np.asarray(points, np.float32)) for points in strokes if len(points)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been drawn."""
        return not self.strokes

    @property
    def length(self) -> float:
        """The length of all strokes together."""
        return sum(stroke.length for stroke in self.strokes)

    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the points, without the pen's width.

        Raises:
            ValueError: The drawing is empty.
        """
        if self.is_empty:
            raise ValueError("empty ink has no bounds")
        points = np.concatenate([stroke.points for stroke in self.strokes])
        left, top = points.min(axis=0)
        right, bottom = points.max(axis=0)
        return float(left), float(top), float(right), float(bottom)
