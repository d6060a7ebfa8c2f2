"""The dark and light modules of a QR code that lies upright, at a place that is roughly known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIDES: Final = range(21, 78, 4)
"""Modules across that a code can have here."""
_FINE: Final = 8.0
"""Pixels in a millimetre where the corners of the code are looked for."""
_REACH: Final = 5.0
"""How far a corner can be from where it is expected, millimetres."""
_CLOSED: Final = 4.0
"""No light is missing over more than that, millimetres, but for shadows."""
_LEAST_ALIKE: Final = 0.45
"""Correlation from which on a corner may be one."""
_TRIED: Final = 4
"""Numbers of modules that are tried."""
_LEAST_TIMING: Final = 0.8
"""Share of the alternating modules that must alternate."""
_SMOOTH: Final = 0.22
"""Blur before a module's level is taken, in modules."""
_SHARPER: Final = (0.0, 0.7, 1.5)
_SLIPS: Final = 2
_SLIP: Final = 0.2
"""Modules are looked for up to `_SLIPS` times that far beside their places, in modules."""
_ALIKE: Final = 15
"""Modules across that are beside their places by about the same."""
_AROUND: Final = 11
"""Modules across around each, whose lightest and darkest tell what is dark."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A number of modules, and where the finder patterns' middles are, (3, 2): upper left, upper right, lower left."""

    side: int
    middles: NDArray[np.float32]
    likeness: float


def read_modules(patch: NDArray[np.uint8], scale: float, corner: tuple[float, float], size: float) -> Iterator[NDArray]:
    """What the code on a patch of a page may be, most probable first.

    Args:
        patch: (h, w) uint8, the page upright.
        scale: Pixels of the patch in a millimetre.
        corner: Where the code's left and top are expected, millimetres from those of the patch.
        size: Side of the code, millimetres.

    Yields:
        (n, n) bool, true where dark; nothing where there is no code.
    """
    import cv2

    level = _levelled(patch, scale)
    coarse = cv2.resize(level, None, fx=_FINE / scale, fy=_FINE / scale, interpolation=cv2.INTER_AREA)
    fits = [_fit(coarse, side, corner, size) for side in _SIDES]
    fits = sorted((fit for fit in fits if fit.likeness >= _LEAST_ALIKE), key=lambda fit: -fit.likeness)
    for fit in fits[:_TRIED]:
        read = [
            modules
            for is_aligned in (True, False)
            for modules in _sampled(level, fit, scale, is_aligned)
            if _timing(modules) >= _LEAST_TIMING
        ]
        yield from sorted(read, key=_timing, reverse=True)


def _levelled(patch: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The patch as if it lay in even light."""
    import cv2

    side = 2 * round(_CLOSED * scale) + 1
    ground = cv2.morphologyEx(cv2.medianBlur(patch, 3), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(cv2.divide(patch, np.maximum(ground, 1), scale=255), np.uint8)


def _fit(level: NDArray[np.uint8], side: int, corner: tuple[float, float], size: float) -> _Fit:
    """Where the finder patterns are if the code has `side` modules across; millimetres from the patch's corner."""
    import cv2

    module = size / side
    template = _finder(module * _FINE)
    middles, likeness = [], []
    for across, down in ((0, 0), (1, 0), (0, 1)):
        expected = np.array(corner) + 3.5 * module + np.array([across, down]) * (size - 7 * module)
        low = np.round((expected - _REACH) * _FINE - np.array(template.shape[::-1]) / 2).astype(int)
        high = np.round((expected + _REACH) * _FINE + np.array(template.shape[::-1]) / 2).astype(int)
        low = np.maximum(low, 0)
        window = level[low[1] : high[1], low[0] : high[0]]
        if window.shape[0] < template.shape[0] or window.shape[1] < template.shape[1]:
            return _Fit(side, np.zeros((3, 2), np.float32), 0.0)
        found = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(found)
        middles.append((np.array([x, y]) + low + np.array(template.shape[::-1]) / 2) / _FINE)
        likeness.append(best)
    # One corner may be dirty, but not all.
    return _Fit(side, np.array(middles, np.float32), float(np.mean(likeness)))


def _finder(module: float) -> NDArray[np.uint8]:
    """A finder pattern with the light around it, 9 modules across."""
    import cv2

    rings = np.full((9, 9), 255, np.uint8)
    rings[1:8, 1:8] = 0
    rings[2:7, 2:7] = 255
    rings[3:6, 3:6] = 0
    side = max(9, round(9 * module))
    large = rings.repeat(16, axis=0).repeat(16, axis=1)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _sampled(level: NDArray[np.uint8], fit: _Fit, scale: float, is_aligned: bool) -> Iterator[NDArray[np.bool_]]:
    """The modules by the middles of the finder patterns; with `is_aligned`, by the lower right corner's mark as well.

    They come several times, more and more of the blur taken away.
    """
    import cv2

    n = fit.side
    known = np.array([(3.5, 3.5), (n - 3.5, 3.5), (3.5, n - 3.5)], np.float32)
    seen = fit.middles * np.float32(scale) - np.float32(0.5)
    affine = cv2.getAffineTransform(known, seen)
    module = float(np.hypot(*(seen[1] - seen[0]))) / (n - 7)
    smooth = cv2.GaussianBlur(level, (0, 0), max(0.3, _SMOOTH * module))
    lens = np.vstack([affine, [0, 0, 1]])
    if is_aligned and n > min(_SIDES):
        fourth = _alignment(smooth, affine @ np.array([n - 6.5, n - 6.5, 1.0]), module)
        known = np.vstack([known, [(n - 6.5, n - 6.5)]]).astype(np.float32)
        lens = cv2.getPerspectiveTransform(known, np.vstack([seen, [fourth]]).astype(np.float32))
    x, y = np.meshgrid(np.arange(n) + 0.5, np.arange(n) + 0.5)
    places = np.stack([x, y, np.ones_like(x)], axis=-1) @ lens.T
    places = (places[..., :2] / places[..., 2:]).astype(np.float32)
    values = _values(smooth, places + _slips(smooth, places, module))
    for sharpness in _SHARPER:
        clear = values + sharpness * (values - cv2.blur(values, (3, 3)))
        yield np.asarray(clear < _middle(clear))


def _slips(smooth: NDArray[np.uint8], places: NDArray[np.float32], module: float) -> NDArray[np.float32]:
    """How far each module is beside its place, (n, n, 2): where dark and light nearby are most apart."""
    import cv2

    steps = np.arange(-_SLIPS, _SLIPS + 1) * (_SLIP * module)
    slips = np.array([(x, y) for x in steps for y in steps], np.float32)
    contrast = []
    for slip in slips:
        values = _values(smooth, places + slip)
        contrast.append(cv2.blur(np.abs(values - _middle(values)), (_ALIKE, _ALIKE)))
    found = slips[np.argmax(contrast, axis=0)]
    return np.asarray(cv2.blur(found, (_ALIKE, _ALIKE)), np.float32)


def _values(smooth: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.float32]:
    import cv2

    seen = cv2.remap(smooth, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _middle(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The level between dark and light around each module."""
    import cv2

    around = np.ones((_AROUND, _AROUND), np.uint8)
    return np.asarray((cv2.dilate(values, around) + cv2.erode(values, around)) / 2, np.float32)


def _alignment(smooth: NDArray[np.uint8], expected: NDArray[np.float64], module: float) -> NDArray[np.float64]:
    """The middle of the alignment pattern near `expected`, pixels; `expected` itself where there is none."""
    import cv2

    rings = np.full((5, 5), 0, np.uint8)
    rings[1:4, 1:4] = 255
    rings[2, 2] = 0
    side = max(5, round(5 * module))
    template = cv2.resize(rings.repeat(16, axis=0).repeat(16, axis=1), (side, side), interpolation=cv2.INTER_AREA)
    reach = 2.2 * module + side / 2
    low = np.maximum(np.round(expected - reach), 0).astype(int)
    high = np.round(expected + reach).astype(int)
    window = smooth[low[1] : high[1], low[0] : high[0]]
    if min(window.shape) <= side:
        return expected
    _, best, _, place = cv2.minMaxLoc(cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED))
    if best < _LEAST_ALIKE:
        return expected
    return np.asarray(np.array(place) + low + (side - 1) / 2, np.float64)


def _timing(modules: NDArray[np.bool_]) -> float:
    """The share of the modules between the finder patterns that alternate as they should."""
    n = len(modules)
    wanted = np.arange(8, n - 8) % 2 == 0
    return float(np.mean([modules[6, 8 : n - 8] == wanted, modules[8 : n - 8, 6] == wanted]))
