"""Corner marks of printed pages, and where the page lies on a photo by them."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MARK_MODULES: Final = 6
"""Of a mark across: ArUco's `DICT_4X4_50` with its frame."""
_GLANCE: Final = 1200
"""Longest side at which marks are looked for first, pixels."""
_CLOSE: Final = 2800
"""The same where some were found and some are missing."""
_WINDOW: Final = 7
_WINDOW_STEP: Final = 16
_MOST_ALIKE: Final = 3
"""Marks of the same number that are looked at."""
_LEAST: Final = 3
"""Marks by which a page is placed."""
_WORST: Final = 4.0
"""How far a mark may be from where the others want it, millimetres: pages are bent."""
_LEAST_SCALE: Final = 2.5
"""Pixels for each millimetre at which a page can still be one."""
_FAR_OFF: Final = 0.4
"""Share by which the distance of two marks may differ from the page's."""


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A mark on a photo.

    Attributes:
        number: Which of the dictionary.
        corners: (4, 2) float64, pixels, from its upper left corner clockwise; (0, 0) is the middle of the first pixel.
    """

    number: int
    corners: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PageView:
    """Where a page lies on a photo.

    Attributes:
        to_photo: (3, 3) float64, takes (x, y, 1) in millimetres of the page to pixels.
        marks: What it was found by.
        worst: How far a corner of a mark is from where it should be, millimetres.
    """

    to_photo: NDArray[np.float64]
    marks: tuple[Mark, ...]
    worst: float

    def pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """The pixels (…, 2) at places (…, 2) of the page, millimetres."""
        return _mapped(self.to_photo, places)

    def places(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """The places (…, 2) of the page at pixels (…, 2), millimetres."""
        return _mapped(np.asarray(np.linalg.inv(self.to_photo), np.float64), pixels)

    def scale(self, place: Sequence[float]) -> float:
        """Pixels for each millimetre at a place of the page, where it is seen smallest."""
        x, y = place
        here, right, below = self.pixels(np.array([(x, y), (x + 1, y), (x, y + 1)], np.float64))
        return float(min(np.hypot(*(right - here)), np.hypot(*(below - here))))


def mark_modules(number: int) -> NDArray[np.bool_]:
    """The modules of a mark, (6, 6), true where dark."""
    import cv2

    return np.asarray(cv2.aruco.generateImageMarker(_dictionary(), number, MARK_MODULES) == 0)


def glance(picture: NDArray[np.uint8], numbers: Collection[int]) -> list[Mark]:
    """Marks on a photo, found in a reduced picture: quick, and without those that are small or blurred.

    Args:
        picture: (h, w, 3) RGB or (h, w) grey levels.
        numbers: Which are wanted.

    Returns:
        Those that were found, their corners exact to a part of a pixel.
    """
    return [_refined(picture, mark) for mark in _found(picture, numbers, _GLANCE)]


def look_closely(picture: NDArray[np.uint8], numbers: Collection[int]) -> list[Mark]:
    """As `glance`, in finer detail and slower."""
    return [_refined(picture, mark) for mark in _found(picture, numbers, _CLOSE)]


def place_pages(marks: Sequence[Mark], corners: Mapping[int, NDArray[np.float64]]) -> list[PageView]:
    """The pages that marks belong to, the one with the most and best marks first.

    Args:
        marks: On a photo, perhaps several of a number.
        corners: By number, where the (4, 2) corners of a mark are on the page, millimetres.
    """
    pages: list[PageView] = []
    left = [mark for mark in marks if mark.number in corners]
    while True:
        views = [view for chosen in _choices(left) if (view := _placed(chosen, corners)) is not None]
        if not views:
            return pages
        best = max(views, key=lambda view: (len(view.marks), -view.worst))
        pages.append(best)
        left = [mark for mark in left if mark not in best.marks]


def view_by_one(mark: Mark, corners: Mapping[int, NDArray[np.float64]]) -> PageView:
    """Where the page lies by a single mark: near to that roughly right, and further away not at all."""
    import cv2

    lens = cv2.getPerspectiveTransform(corners[mark.number].astype(np.float32), mark.corners.astype(np.float32))
    return PageView(np.asarray(lens, np.float64), (mark,), 0.0)


def upright_part(
    picture: NDArray[np.uint8],
    view: PageView,
    corner: tuple[float, float],
    size: tuple[float, float],
    scale: float,
) -> NDArray[np.uint8]:
    """A part of a page as if it lay flat before the eye.

    Args:
        picture: The photo.
        view: Where the page lies on it.
        corner: Left and top of the part, millimetres.
        size: Its width and height, millimetres.
        scale: Pixels in a millimetre.

    Returns:
        (h, w) uint8 grey levels, of photos in colour the green.
    """
    import cv2

    pixels = np.array([[1 / scale, 0, corner[0] + 0.5 / scale], [0, 1 / scale, corner[1] + 0.5 / scale], [0, 0, 1]])
    lens = view.to_photo @ pixels
    wide, high = (round(side * scale) for side in size)
    # Only what is seen of the photo is taken, because the whole of it is large.
    seen = _mapped(lens, np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float64))
    low = np.clip(np.floor(seen.min(axis=0)) - 2, 0, np.array(picture.shape[1::-1]) - 1).astype(int)
    end = np.clip(np.ceil(seen.max(axis=0)) + 3, low + 1, np.array(picture.shape[1::-1])).astype(int)
    part = picture[low[1] : end[1], low[0] : end[0]]
    part = np.ascontiguousarray(part if part.ndim == 2 else part[:, :, 1])
    moved = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], np.float64) @ lens
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(part, moved, (wide, high), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def are_of_one_page(marks: Sequence[Mark], corners: Mapping[int, NDArray[np.float64]]) -> bool:
    """Whether two different marks lie to each other as on the page, roughly: then it is there, if not as a whole."""
    for one, other in itertools.combinations(marks, 2):
        if one.number == other.number or not {one.number, other.number} <= corners.keys():
            continue
        on_page = _relation(corners[one.number], corners[other.number])
        on_photo = _relation(one.corners, other.corners)
        # Complex quotients: their amount is the change of size, their angle the turn.
        if on_page and abs(on_photo / on_page - 1) < _FAR_OFF:
            return True
    return False


def _relation(one: NDArray[np.float64], other: NDArray[np.float64]) -> complex:
    """Where another mark lies, in units and directions of the first one's upper side."""
    side = complex(*(one[1] - one[0] + one[2] - one[3]) / 2)
    return complex(*(other.mean(axis=0) - one.mean(axis=0))) / side if side else 0j


def _choices(marks: Sequence[Mark]) -> Iterator[tuple[Mark, ...]]:
    """All ways to take at least three marks, at most one of each number."""
    by_number: dict[int, list[Mark | None]] = {}
    for mark in marks:
        alike = by_number.setdefault(mark.number, [None])
        if len(alike) <= _MOST_ALIKE:
            alike.append(mark)
    for chosen in itertools.product(*by_number.values()):
        taken = tuple(mark for mark in chosen if mark is not None)
        if len(taken) >= _LEAST:
            yield taken


def _placed(marks: tuple[Mark, ...], corners: Mapping[int, NDArray[np.float64]]) -> PageView | None:
    """The page by `marks`; None where they cannot all be of the same."""
    import cv2

    on_page = np.concatenate([corners[mark.number] for mark in marks])
    on_photo = np.concatenate([mark.corners for mark in marks])
    found, _ = cv2.findHomography(on_page, on_photo, 0)
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found)) < 1e-12:
        return None
    # Behind the camera there is nothing.
    if np.min((on_page @ found[2, :2] + found[2, 2]) * np.sign(found[2, 2])) <= 0:
        return None
    off = np.hypot(*(_mapped(np.linalg.inv(found), on_photo) - on_page).T)
    view = PageView(np.asarray(found, np.float64), marks, float(off.max()))
    is_seen = min(view.scale(place) for place in on_page) >= _LEAST_SCALE
    return view if view.worst <= _WORST and is_seen else None


def _mapped(lens: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (…, 2) as a (3, 3) matrix shows them."""
    x, y = points[..., 0], points[..., 1]
    across, down, weight = (row[0] * x + row[1] * y + row[2] for row in lens)
    return np.stack([across / weight, down / weight], axis=-1)


def _found(picture: NDArray[np.uint8], numbers: Collection[int], longest: int) -> list[Mark]:
    import cv2

    small, scale = _reduced(picture, longest)
    settings = cv2.aruco.DetectorParameters()
    # Two sizes of window do what the usual three do, in two thirds of the time.
    settings.adaptiveThreshWinSizeMin, settings.adaptiveThreshWinSizeStep = _WINDOW, _WINDOW_STEP
    detector: Any = cv2.aruco.ArucoDetector(_dictionary(), settings)
    corners, found, _ = detector.detectMarkers(small)
    if found is None:
        return []
    return [
        Mark(int(number), (places.reshape(4, 2).astype(np.float64) + 0.5) * scale - 0.5)
        for number, places in zip(found.ravel(), corners, strict=True)
        if int(number) in numbers
    ]


def _reduced(picture: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The green of `picture` with no side over `longest`, and pixels for each of its pixels, across and down."""
    import cv2

    height, width = picture.shape[:2]
    # Leaving pixels out is much faster than averaging, and marks are coarse.
    step = max(1, round(max(height, width) / (1.7 * longest)))
    plane = picture[::step, ::step] if picture.ndim == 2 else picture[::step, ::step, 1]
    plane = np.ascontiguousarray(plane)
    factor = min(1.0, longest / max(plane.shape))
    size = (max(1, round(plane.shape[1] * factor)), max(1, round(plane.shape[0] * factor)))
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA) if factor < 1 else plane
    return np.asarray(small, np.uint8), step * np.array(plane.shape[::-1]) / np.array(size)


def _refined(picture: NDArray[np.uint8], mark: Mark) -> Mark:
    """`mark` with its corners at full detail."""
    import cv2

    side = float(np.hypot(*np.diff(mark.corners, axis=0).T).mean())
    reach = max(2, round(side / MARK_MODULES / 3))
    low = np.maximum(np.floor(mark.corners.min(axis=0)).astype(int) - 3 * reach, 0)
    high = np.ceil(mark.corners.max(axis=0)).astype(int) + 3 * reach + 1
    window = picture[low[1] : high[1], low[0] : high[0]]
    if min(window.shape[:2]) <= 2 * reach + 5:
        return mark
    grey = np.ascontiguousarray(window if window.ndim == 2 else window[:, :, 1])
    places = (mark.corners - low).astype(np.float32).reshape(-1, 1, 2)
    if (places < reach).any() or (places > np.array(grey.shape[::-1]) - 1 - reach).any():
        return mark
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.02)
    found = cv2.cornerSubPix(grey, places.copy(), (reach, reach), (-1, -1), stop)
    # A corner that walks away is none.
    if np.abs(found - places).max() > reach:
        return mark
    return Mark(mark.number, found.reshape(4, 2).astype(np.float64) + low)


def _dictionary() -> Any:
    import cv2

    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
