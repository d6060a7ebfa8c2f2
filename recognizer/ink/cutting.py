"""Where a stroke that joins several symbols may be cut."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.raster import resample
from recognizer.ink.stroke import Stroke

_PLACES: Final = 96
"""Points along a stroke that are looked at."""
_MOST_CUTS: Final = 5
_MOST_CROSSED: Final = 0.3
"""How much of the two parts may lie on the wrong side of a cut; 0 where one is wholly at the left of the other."""
_LEAST_PART: Final = 0.12
"""The least length of a part, as a share of the stroke's."""


def cut(stroke: Stroke) -> tuple[Stroke, ...]:
    """The parts of a stroke between the places where one symbol may end and the next begin.

    Such a place lies on a way to the right that has all that was written before at its left and all that comes after
    at its right. Neighbouring parts share the point between them.

    Returns:
        The parts in the order in which they were written; the stroke alone where it cannot be cut.
    """
    points = stroke.points
    length = stroke.length
    if len(points) < 4 or length <= 0:
        return (stroke,)
    places = resample(points, length / _PLACES)
    wanted = _cuts(places)
    if not wanted:
        return (stroke,)
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    parts = []
    ends = [0.0, *(place / (len(places) - 1) * float(along[-1]) for place in wanted), float(along[-1])]
    for start, end in pairwise(ends):
        inner = (along > start) & (along < end)
        at = np.concatenate(([start], along[inner], [end]))
        part = np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=1)
        times, pressures = (np.interp(at, along, values) for values in (stroke.times, stroke.pressures))
        parts.append(Stroke(part.astype(np.float32), times.astype(np.float32), pressures.astype(np.float32)))
    return tuple(parts)


def _cuts(places: NDArray[np.float32]) -> list[int]:
    """Indices of the best places for cuts, ascending."""
    n = len(places)
    x = places[:, 0]
    width = float(np.ptp(x)) or 1.0
    crossed = np.full(n, np.inf)
    least = max(2, round(_LEAST_PART * n))
    for t in range(least, n - least):
        if x[t + 1] - x[t - 1] <= 0:
            continue
        # Ink on the wrong side, in widths of the stroke: how far it reaches, averaged over each part.
        before = np.maximum(x[:t] - x[t], 0).mean()
        after = np.maximum(x[t] - x[t + 1 :], 0).mean()
        crossed[t] = (before + after) / width * 10
    found: list[int] = []
    for t in np.argsort(crossed, kind="stable"):
        if crossed[t] > _MOST_CROSSED or len(found) == _MOST_CUTS:
            break
        if all(abs(int(t) - other) >= least for other in found):
            found.append(int(t))
    return sorted(found)
