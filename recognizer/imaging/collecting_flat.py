"""A page made flat and evenly lit: how much darker than the paper each place of it is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.collecting_grid import Bend
from recognizer.imaging.collecting_marks import PageView

OVERVIEW: Final = 6.0
"""Pixels in a millimetre of the page as a whole."""
_GROUND: Final = 2.0
"""Pixels in a millimetre at which the paper's light is found."""
_STRIDE: Final = 8
"""Pixels for which the way from page to photo is computed once."""
_STRONGEST: Final = 0.8
"""Share with which a colour of light counts that ink takes away alone."""


class FlatPage:
    """A page on a photo.

    Args:
        picture: (h, w, 3) RGB or (h, w) grey levels, uint8.
        view: Where the page lies on it.
        size: Of the page, millimetres.
        largest: Width and height of what may be dark all over without being a shadow, millimetres.
    """

    def __init__(
        self, picture: NDArray[np.uint8], view: PageView, size: tuple[float, float], largest: tuple[float, float]
    ) -> None:
        self._picture = picture
        self._view = view
        self._size = size
        self.bend = Bend.none(size)
        overview = self._seen_from_afar()
        self.ground = _ground(overview, largest)
        self.overview = _darkness(overview, self.ground)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, millimetres."""
        return self._size

    def pixels(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """The pixels of the photo (…, 2) at places (…, 2) of the page, millimetres."""
        return self._view.pixels(places + self.bend.shift(places))

    def is_inside(self, left: float, top: float, width: float, height: float) -> bool:
        """Whether a part of the page, millimetres, is on the photo."""
        x, y = np.meshgrid([left, left + width / 2, left + width], [top, top + height / 2, top + height])
        places = self.pixels(np.stack([x, y], axis=-1).astype(np.float64))
        limits = np.array(self._picture.shape[1::-1]) - 1
        return bool(((places >= 0) & (places <= limits)).all())

    def darkness(self, left: float, top: float, width: float, height: float, scale: float) -> NDArray[np.uint8]:
        """How much of the light a part of the page takes away, (h, w) uint8, 255 all; millimetres and pixels in one."""
        import cv2

        columns, rows = round(width * scale), round(height * scale)
        # One more on each side, because beyond the last known places there is nothing to go by.
        x = (np.arange(-1, columns // _STRIDE + 2) + 0.5) * _STRIDE / scale + left
        y = (np.arange(-1, rows // _STRIDE + 2) + 0.5) * _STRIDE / scale + top
        places = np.stack(np.meshgrid(x, y), axis=-1)
        shifted = places + self.bend.shift(places)
        size = (len(x) * _STRIDE, len(y) * _STRIDE)
        window = (slice(_STRIDE, _STRIDE + rows), slice(_STRIDE, _STRIDE + columns))

        def dense(coarse: NDArray[np.float64]) -> NDArray[np.float32]:
            whole = cv2.resize(coarse.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
            return np.ascontiguousarray(whole[window])

        seen = self._view.pixels(shifted)
        x, y = dense(seen[..., 0]), dense(seen[..., 1])
        part = cv2.remap(self._picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        # The paper's light is known where the page would be if it were flat.
        x, y = (dense(shifted[..., axis] * _GROUND - 0.5) for axis in (0, 1))
        ground = cv2.remap(self.ground, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return _share_taken(part, ground)

    def _seen_from_afar(self) -> NDArray[np.uint8]:
        """The whole page at `OVERVIEW`, as if it were flat."""
        import cv2

        picture, to_photo = self._picture, self._view.to_photo
        # Leaving out pixels of a fine photo would add noise.
        if self._view.scale((self._size[0] / 2, self._size[1] / 2)) > 1.5 * OVERVIEW:
            height, width = (side // 2 * 2 for side in picture.shape[:2])
            picture = cv2.resize(picture[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            to_photo = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]]) @ to_photo
        from_overview = np.array([[1 / OVERVIEW, 0, 0.5 / OVERVIEW], [0, 1 / OVERVIEW, 0.5 / OVERVIEW], [0, 0, 1]])
        size = (round(self._size[0] * OVERVIEW), round(self._size[1] * OVERVIEW))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(
            picture, to_photo @ from_overview, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(seen, np.uint8)


def _ground(overview: NDArray[np.uint8], largest: tuple[float, float]) -> NDArray[np.uint8]:
    """The light of the bare paper at `_GROUND`: what is left when everything dark is closed that is no shadow."""
    import cv2

    size = tuple(max(1, round(side * _GROUND / OVERVIEW)) for side in overview.shape[1::-1])
    small = cv2.medianBlur(cv2.resize(overview, size, interpolation=cv2.INTER_AREA), 3)
    kernel = np.ones([round(side * _GROUND) | 1 for side in largest[::-1]], np.uint8)
    reach = max(kernel.shape)
    padded = cv2.copyMakeBorder(small, *(reach,) * 4, cv2.BORDER_REFLECT_101)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    smooth = cv2.blur(closed, (5, 5))
    return np.ascontiguousarray(np.maximum(smooth, 1)[reach:-reach, reach:-reach])


def _darkness(overview: NDArray[np.uint8], ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return _share_taken(overview, cv2.resize(ground, overview.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _share_taken(part: NDArray[np.uint8], ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Which share of the paper's light is missing, (h, w), 255 all of it."""
    import cv2

    lit = cv2.divide(part, ground, scale=255)
    if lit.ndim == 2:
        return np.asarray(255 - lit, np.uint8)
    mean = cv2.transform(lit, np.full((1, 3), 1 / 3, np.float32))
    red, green, blue = cv2.split(lit)
    least = cv2.min(cv2.min(red, green), blue)
    # A coloured pen may take one colour of the light only.
    return np.asarray(cv2.max(255 - mean, cv2.convertScaleAbs(255 - least, alpha=_STRONGEST)), np.uint8)
