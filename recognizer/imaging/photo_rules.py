"""Ruled and squared paper, form boxes and table grids: their lines taken away, the writing across them kept."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.photo_symbol import stroke_width

_THICKEST: Final = 2.6
"""Thickness of a printed line at most, in widths of the pen."""
_SEED: Final = 4.0
"""Least length of a bare piece of a line, in widths of the pen."""
_STEEPEST: Final = 0.45
"""Of a line's slope against its axis."""
_LINES_LONG: Final = 5.0
"""How many times their distance the lines of ruled paper are long at least; a row of ones is shorter."""
_LONG: Final = 3.0
"""A line longer than so many digits' heights is none of a digit's strokes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A nearly level line; of upright ones, x and y are swapped.

    Attributes:
        start, stop: Its first column and the one after its last.
        middle: (stop - start,) float32, the row of its middle for each column.
        thickness: Pixels.
        wobble: How far its bare pieces stray from it, standard deviation in pixels.
    """

    start: int
    stop: int
    middle: NDArray[np.float32]
    thickness: float
    wobble: float

    @property
    def length(self) -> int:
        return self.stop - self.start

    @property
    def slope(self) -> float:
        return float(self.middle[-1] - self.middle[0]) / max(1, self.length - 1)

    def at(self, x: float) -> float:
        """Its row at column `x`, the line prolonged at its ends."""
        inside = float(np.clip(x, self.start, self.stop - 1))
        return float(self.middle[int(inside) - self.start]) + (x - inside) * self.slope


def remove_rules(mask: NDArray[np.uint8], *, is_single: bool = False) -> NDArray[np.uint8]:
    """`mask` without the lines of the paper.

    Lines count as printed where they cross the whole picture, where they form boxes or a family of parallels, and
    where they are much longer than the digits are high.

    Args:
        mask: (h, w) uint8, 1 the ink.
        is_single: Whether one symbol is expected, which may be as long as the picture.
    """
    pen = stroke_width(mask)
    if pen == 0:
        return mask
    level, upright = _find(mask, pen), _find(np.ascontiguousarray(mask.T), pen)
    level_kept, upright_kept = _printed(level, upright, mask, is_single)
    if not level_kept and not upright_kept:
        return mask
    out = _erased(mask, level_kept)
    out = np.ascontiguousarray(_erased(np.ascontiguousarray(out.T), upright_kept).T)
    out = _mended(out, mask, level_kept, upright_kept, pen)
    # A symbol that consists of straight lines is no paper.
    return out if out.sum() > 0.02 * mask.sum() or not is_single else mask


def _find(mask: NDArray[np.uint8], pen: float) -> list[_Rule]:
    """Every nearly level, straight and thin line of `mask`, longest first."""
    import cv2

    thickest = max(4, round(_THICKEST * pen))
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8))
    thin = mask & (1 - thick)
    least = max(12, round(_SEED * pen))
    seeds = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seeds, connectivity=8)
    wide = stats[:, cv2.CC_STAT_WIDTH]
    order = [int(index) for index in np.argsort(wide)[::-1] if index and wide[index] >= least][:4000]
    del count
    near = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    found: list[_Rule] = []
    used = np.zeros(mask.shape, np.uint8)
    for index in order:
        left, top, width, height, area = (int(value) for value in stats[index])
        if height > max(2.5 * pen, _STEEPEST * width + 2 * pen) or area > 1.2 * thickest * width:
            continue
        window = labels[top : top + height, left : left + width] == index
        x = np.flatnonzero(window.any(axis=0))
        rows = np.arange(height)[:, None]
        runs = window.sum(axis=0)[x]
        middle = (window * rows).sum(axis=0)[x] / runs + top
        if used[np.clip(np.round(middle[len(x) // 2]), 0, len(used) - 1).astype(int), left + int(x[len(x) // 2])]:
            continue
        rule = _tracked(near, thin, left + x, middle, float(np.median(runs)), pen)
        if rule is not None and rule.length >= 1.5 * least:
            found.append(rule)
            columns = np.arange(rule.start, rule.stop)
            for off in range(-round(pen / 2 + 1), round(pen / 2 + 1) + 1):
                used[np.clip(np.round(rule.middle).astype(int) + off, 0, len(used) - 1), columns] = 1
    return found


def _tracked(
    near: NDArray[np.uint8],
    thin: NDArray[np.uint8],
    x: NDArray[np.intp],
    middle: NDArray[np.float64],
    thickness: float,
    pen: float,
) -> _Rule | None:
    """The line that a bare piece of it belongs to, followed to both sides as far as there is ink."""
    height, width = near.shape
    columns = np.arange(width)
    gap = max(4, round(1.5 * pen))
    wobble = 0.0
    start, stop = int(x[0]), int(x[-1]) + 1
    fit = np.polyfit(x, middle, 1)
    if np.std(middle - np.polyval(fit, x)) > max(1.0, 0.35 * thickness) or abs(fit[0]) > _STEEPEST:
        return None
    for _ in range(6):
        rows = np.polyval(fit, columns)
        whole = np.round(rows).astype(int)
        inside = (whole >= 0) & (whole < height)
        inked = inside & (near[np.clip(whole, 0, height - 1), columns] > 0)
        new_start, new_stop = _extent(inked, (start + stop) // 2, gap)
        if new_stop - new_start < 4:
            return None
        # The line is fitted anew to all its bare pixels; a long one may be bent as its paper is.
        reach = max(1, round(thickness / 2 + 1))
        span = np.arange(new_start, new_stop)
        offsets = np.arange(-reach, reach + 1)
        picked = np.clip(whole[span, None] + offsets, 0, height - 1)
        weights = thin[picked, span[:, None]].astype(np.float64)
        mass = weights.sum(axis=1)
        bare = (mass > 0) & (mass <= 2 * reach)
        is_settled = (new_start, new_stop) == (start, stop)
        start, stop = new_start, new_stop
        if bare.sum() >= 4:
            degree = 2 if stop - start > 60 * pen and bare.mean() > 0.5 else 1
            centres = (picked * weights).sum(axis=1)[bare] / mass[bare]
            fit = np.polyfit(span[bare], centres, degree)
            wobble = float(np.std(centres - np.polyval(fit, span[bare])))
            thickness = float(np.median(mass[bare]))
        if is_settled:
            break
    span = np.arange(start, stop)
    rows = np.polyval(fit, span)
    whole = np.clip(np.round(rows).astype(int), 0, height - 1)
    if near[whole, span].mean() < 0.9:
        return None
    return _Rule(start, stop, rows.astype(np.float32), thickness, wobble)


def _extent(inked: NDArray[np.bool_], middle: int, gap: int) -> tuple[int, int]:
    """From where to where around `middle` there is ink, with gaps of at most `gap`."""
    at = np.flatnonzero(inked)
    if len(at) == 0:
        return middle, middle
    breaks = np.flatnonzero(np.diff(at) > gap + 1)
    starts, stops = np.r_[0, breaks + 1], np.r_[breaks, len(at) - 1]
    best = int(np.argmin(np.abs((at[starts] + at[stops]) / 2 - middle) - (at[stops] - at[starts]) / 2))
    return int(at[starts[best]]), int(at[stops[best]]) + 1


def _printed(
    level: list[_Rule], upright: list[_Rule], mask: NDArray[np.uint8], is_single: bool
) -> tuple[list[_Rule], list[_Rule]]:
    """Which of the lines are the paper's."""
    height, width = mask.shape
    touches = np.array([[_touch(one, other) for other in upright] for one in level], bool).reshape(
        len(level), len(upright)
    )
    level_is, upright_is = _boxes(level, upright, touches)
    spans = [
        [rule.start <= 0.02 * across + 2 and rule.stop >= 0.98 * across - 2 for rule in rules]
        for rules, across in ((level, width), (upright, height))
    ]
    others = sum(map(sum, spans)) + int(level_is.sum() + upright_is.sum())
    for rules, is_printed, spanning, across, down in (
        (level, level_is, spans[0], width, height),
        (upright, upright_is, spans[1], height, width),
    ):
        for index, rule in enumerate(rules):
            if is_single:
                is_aside = min(rule.middle.mean(), down - rule.middle.mean()) < 0.25 * down
                is_printed[index] |= spanning[index] and is_aside and others >= 2
            else:
                is_printed[index] |= spanning[index] and across > 12 * rule.thickness
        if not is_single:
            is_printed |= _family(rules, across)
    if not is_single:
        _add_long(level, level_is, upright, upright_is, mask)
    return (
        [rule for rule, is_printed in zip(level, level_is, strict=True) if is_printed],
        [rule for rule, is_printed in zip(upright, upright_is, strict=True) if is_printed],
    )


def _touch(level: _Rule, upright: _Rule) -> bool:
    """Whether a nearly level and a nearly upright line meet or cross."""
    x = upright.at(level.at((level.start + level.stop) / 2))
    y = level.at(x)
    x = upright.at(y)
    slack = (level.thickness + upright.thickness) / 2 + 2
    return level.start - slack <= x <= level.stop + slack and upright.start - slack <= y <= upright.stop + slack


def _boxes(
    level: list[_Rule], upright: list[_Rule], touches: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lines form rectangles with others, and are as straight, thin and parallel as printed ones are."""
    level_is = np.array([_is_side(rule, touches[i], upright) for i, rule in enumerate(level)], bool)
    upright_is = np.array([_is_side(rule, touches[:, i], level) for i, rule in enumerate(upright)], bool)
    for _ in range(3):
        touching = touches & level_is[:, None] & upright_is
        level_is, upright_is = level_is & _boxed(touching), upright_is & _boxed(touching.T)
        chosen = [(rule, 1) for rule, is_side in zip(level, level_is, strict=True) if is_side]
        chosen += [(rule, -1) for rule, is_side in zip(upright, upright_is, strict=True) if is_side]
        if not chosen:
            break
        lengths = [rule.length for rule, _ in chosen]
        slope = _middle([sign * rule.slope for rule, sign in chosen], lengths)
        thickness = _middle([rule.thickness for rule, _ in chosen], lengths)
        for rules, sides, sign in ((level, level_is, 1), (upright, upright_is, -1)):
            for index, rule in enumerate(rules):
                sides[index] &= abs(sign * rule.slope - slope) < 0.07 and rule.thickness < 1.7 * thickness + 1
    return level_is, upright_is


def _middle(values: list[float], weights: list[int]) -> float:
    """The median, long lines counting more."""
    order = np.argsort(values)
    along = np.cumsum(np.array(weights)[order])
    return float(np.array(values)[order][np.searchsorted(along, along[-1] / 2)])


def _is_side(rule: _Rule, touches: NDArray[np.bool_], others: list[_Rule]) -> bool:
    """Whether a line is straight, and ends where others meet it."""
    meets = [other for other, is_met in zip(others, touches, strict=True) if is_met]
    if len(meets) < 2 or rule.wobble > 0.5 + 0.08 * rule.thickness:
        return False
    places = [other.at(rule.at((rule.start + rule.stop) / 2)) for other in meets]
    slack = (rule.thickness + max(other.thickness for other in meets)) / 2 + 3
    return min(places) - rule.start < slack and rule.stop - max(places) < slack


def _boxed(touches: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which lines (rows) form a rectangle with another one and two that cross both."""
    shared = touches.astype(np.int32) @ touches.T.astype(np.int32)
    np.fill_diagonal(shared, 0)
    return np.asarray((shared >= 2).any(axis=1) if len(shared) else np.zeros(0, bool))


def _family(rules: list[_Rule], across: int) -> NDArray[np.bool_]:
    """Which lines have two or more parallels as long, much nearer to each other than they are long."""
    family = np.zeros(len(rules), bool)
    for index, rule in enumerate(rules):
        if rule.length < 0.3 * across:
            continue
        alike = [
            other.at((rule.start + rule.stop) / 2)
            for other in rules
            if abs(other.slope - rule.slope) < 0.04 and 0.8 < other.length / rule.length < 1.25
        ]
        if len(alike) >= 3:
            family[index] = float(np.median(np.diff(np.sort(alike)))) * _LINES_LONG < rule.length
    return family


def _add_long(
    level: list[_Rule],
    level_is: NDArray[np.bool_],
    upright: list[_Rule],
    upright_is: NDArray[np.bool_],
    mask: NDArray[np.uint8],
) -> None:
    """Mark lines that are far longer than the digits are high."""
    import cv2

    left = _erased(mask, [rule for rule, is_printed in zip(level, level_is, strict=True) if is_printed])
    left = _erased(
        np.ascontiguousarray(left.T), [rule for rule, is_printed in zip(upright, upright_is, strict=True) if is_printed]
    ).T
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(left), connectivity=8)
    heights, areas = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    written = heights > 0.25 * stats[1:, cv2.CC_STAT_WIDTH]
    if not written.any():
        return
    heights, weights = heights[written], np.sqrt(areas[written])
    order = np.argsort(heights)
    along = np.cumsum(weights[order])
    usual = float(heights[order][np.searchsorted(along, along[-1] / 2)])
    for rules, is_printed in ((level, level_is), (upright, upright_is)):
        for index, rule in enumerate(rules):
            is_printed[index] |= rule.length > _LONG * usual and rule.length > 20 * rule.thickness


def _erased(mask: NDArray[np.uint8], rules: list[_Rule]) -> NDArray[np.uint8]:
    """`mask` without these level lines where nothing crosses them."""
    out = mask.copy()
    height = mask.shape[0]
    for rule in rules:
        reach = int(np.ceil(1.5 * rule.thickness)) + 3
        columns = np.arange(rule.start, rule.stop)
        rows = np.round(rule.middle).astype(int)[:, None] + np.arange(-reach, reach + 1)
        strip = np.where((rows >= 0) & (rows < height), mask[np.clip(rows, 0, height - 1), columns[:, None]], 0)
        # The run of ink through the line's middle, or through the ink next to it.
        middle = reach + np.zeros(len(columns), int)
        for off in (1, -1, 2, -2):
            missing = strip[np.arange(len(columns)), middle] == 0
            candidate = strip[:, reach + off] > 0
            middle = np.where(missing & candidate, reach + off, middle)
        place = np.arange(2 * reach + 1)
        blocked = strip == 0
        above = np.where(blocked & (place < middle[:, None]), place, -1).max(axis=1)
        below = np.where(blocked & (place > middle[:, None]), place, 2 * reach + 1).min(axis=1)
        run = below - above - 1
        bare = run <= 1.5 * rule.thickness + 1
        clear = (place > above[:, None]) & (place < below[:, None]) & bare[:, None] & (strip > 0)
        x = np.broadcast_to(columns[:, None], rows.shape)[clear]
        out[rows[clear], x] = 0
    return out


def _mended(
    out: NDArray[np.uint8], mask: NDArray[np.uint8], level: list[_Rule], upright: list[_Rule], pen: float
) -> NDArray[np.uint8]:
    """Strokes that a line was cut out of joined again; crumbs of the lines removed."""
    import cv2

    band = np.zeros(mask.shape, np.uint8)
    for rules, target in ((level, band), (upright, band.T)):
        for rule in rules:
            reach = int(np.ceil(rule.thickness / 2)) + 2
            columns = np.arange(rule.start, rule.stop)
            rows = np.clip(
                np.round(rule.middle).astype(int)[:, None] + np.arange(-reach, reach + 1), 0, len(target) - 1
            )
            target[rows, columns[:, None]] = 1
    thickest = max(rule.thickness for rule in level + upright)
    side = int(thickest + 2) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    framed = cv2.copyMakeBorder(out, side, side, side, side, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, kernel)[side:-side, side:-side]
    out = out | (closed & mask & band)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(out, connectivity=8)
    inside = np.bincount(labels.ravel(), weights=band.ravel(), minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    crumb = (inside > 0.75 * areas) | ((inside > 0.3 * areas) & (areas < 3 * pen * pen))
    crumb[0] = True
    return (1 - crumb[labels]).astype(np.uint8)
