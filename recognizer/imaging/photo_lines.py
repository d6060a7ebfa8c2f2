"""Pieces of ink to lines of writing."""

from itertools import pairwise
from typing import Final

import numpy as np

from recognizer.imaging.photo_parts import Part, usual_height

_MOST_TILT: Final = 22.0
"""Degrees; digits that climb more steeply are upright digits of a slanting line."""


def tilt(parts: list[Part]) -> float:
    """By how many degrees the lines of writing fall to the right; 0 where that cannot be told."""
    height = usual_height(parts)
    tall = [part for part in parts if 0.5 * height <= part.height <= 2 * height and part.width <= 2 * height]
    if len(tall) < 3:
        return 0.0
    # The feet of digits stand on the line; their middles are the fallback for digits of unequal height.
    x = np.array([part.centre[0] for part in tall])
    y = np.array([part.centre[1] for part in tall])
    angles, weights = [], []
    for index in range(len(tall)):
        across, down = x - x[index], y - y[index]
        near = np.flatnonzero((across > 0.3 * height) & (across < 4 * height) & (np.abs(down) < 0.6 * across))
        if len(near) == 0:
            continue
        first = near[np.argmin(across[near] + 2 * np.abs(down[near]))]
        angles.append(np.degrees(np.arctan2(down[first], across[first])))
        weights.append(across[first])
    if len(angles) < 2:
        return 0.0
    angle = float(np.median(angles))
    spread = float(np.median(np.abs(np.array(angles) - angle)))
    return angle if abs(angle) <= _MOST_TILT and spread < max(3.0, 0.5 * abs(angle)) else 0.0


def group_lines(parts: list[Part]) -> list[list[Part]]:
    """The parts of each line from left to right, lines from top to bottom; tilt must have been taken out."""
    if not parts:
        return []
    height = usual_height(parts)
    is_main = [part.height >= 0.4 * height for part in parts]
    mains = sorted((part for part, main in zip(parts, is_main, strict=True) if main), key=lambda part: part.left)
    small = [part for part, main in zip(parts, is_main, strict=True) if not main]
    lines: list[list[Part]] = []
    for part in mains:
        best, score = None, 0.35
        for line in lines:
            overlap = max(_overlap_down(part, other) for other in line[-2:])
            if overlap > score:
                best, score = line, overlap
        if best is None:
            lines.append([part])
        else:
            best.append(part)
    lines = _merged(lines, height)
    for part in small:
        _add_small(part, lines, height)
    for line in lines:
        line.sort(key=lambda part: part.left)
    return sorted(lines, key=lambda line: float(np.mean([part.centre[1] for part in line])))


def _overlap_down(one: Part, other: Part) -> float:
    """How much of the lower one's height the two share, 0 to 1."""
    shared = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return max(0.0, shared / min(one.height, other.height))


def _merged(lines: list[list[Part]], height: float) -> list[list[Part]]:
    """Lines joined where their symbols stand one after the other, however they go up and down."""
    lines = [list(line) for line in lines]
    is_changed = True
    while is_changed and len(lines) > 1:
        is_changed = False
        for first in range(len(lines)):
            for second in range(first + 1, len(lines)):
                if _are_one(lines[first], lines[second], height):
                    lines[first] = sorted(lines[first] + lines[second], key=lambda part: part.left)
                    del lines[second]
                    is_changed = True
                    break
            if is_changed:
                break
    return lines


def _are_one(one: list[Part], other: list[Part], height: float) -> bool:
    both = sorted([(part, 0) for part in one] + [(part, 1) for part in other], key=lambda pair: pair[0].centre[0])
    is_near = True
    for (left, line), (right, next_line) in pairwise(both):
        if line == next_line:
            continue
        shared = left.left + left.width - right.left
        if shared > 0.3 * min(left.width, right.width) and _overlap_down(left, right) < 0.2:
            return False
        gap = right.left - left.left - left.width
        is_near = is_near and gap < 1.5 * height and abs(left.centre[1] - right.centre[1]) < 1.6 * height
    return is_near


def _add_small(part: Part, lines: list[list[Part]], height: float) -> None:
    """Add a bar, a dot or a minus to the line that it stands in, or make it one of its own."""
    best, score = None, 1.0
    for line in lines:
        for other in line:
            across = max(0, max(part.left, other.left) - min(part.left + part.width, other.left + other.width))
            down = max(0, max(part.top, other.top) - min(part.top + part.height, other.top + other.height))
            distance = across / (2.5 * height) + down / (0.45 * height)
            if distance < score:
                best, score = line, distance
    if best is not None:
        best.append(part)
    elif part.extent > 0.3 * height:
        lines.append([part])
