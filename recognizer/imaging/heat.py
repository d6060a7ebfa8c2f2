"""A map over a picture: where something matters, in colours that are told apart without red and green."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.files import write_atomic

_STOPS: Final = np.array([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], np.float64)
"""Five colours of the `inferno` map (Smith and van der Walt, matplotlib 2.0), even in lightness from dark to bright."""
_LEAST: Final = 0.12
"""How much of the map's colour is seen where it is 0."""
_MOST: Final = 0.75


def heat_colours(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 colours of (h, w) values from 0 to 1; others count as the nearer of these."""
    place = np.clip(values, 0, 1) * (len(_STOPS) - 1)
    bands = [np.interp(place, np.arange(len(_STOPS)), _STOPS[:, band]) for band in range(3)]
    return np.round(np.stack(bands, axis=-1)).astype(np.uint8)


def heat_picture(picture: NDArray[np.uint8], values: NDArray[np.floating], zoom: int = 16) -> NDArray[np.uint8]:
    """A picture, dark on white, with a map over it that covers it the more the higher it is.

    Args:
        picture: (h, w) uint8, 0 the ground and 255 full ink.
        values: (h, w), 0 to 1.
        zoom: Pixels for each pixel.

    Returns:
        (h * zoom, w * zoom, 3) uint8.
    """
    paper = np.repeat(255.0 - picture[..., None], 3, axis=-1)
    cover = (_LEAST + (_MOST - _LEAST) * np.clip(values, 0, 1))[..., None]
    mixed = np.round(paper * (1 - cover) + heat_colours(values) * cover).astype(np.uint8)
    return mixed.repeat(zoom, axis=0).repeat(zoom, axis=1)


def write_heat(path: Path, picture: NDArray[np.uint8], values: NDArray[np.floating]) -> None:
    """Write `heat_picture` to `path` as PNG.

    Raises:
        RecognizerError: It cannot be written.
    """
    buffer = io.BytesIO()
    Image.fromarray(heat_picture(picture, values)).save(buffer, "PNG")
    write_atomic(path, buffer.getvalue())
