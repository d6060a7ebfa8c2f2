"""Colours for what speaks for and against, told apart without red and green: orange above 0, blue below."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.files import write_atomic

FOR: Final = (255, 140, 26)
AGAINST: Final = (64, 140, 255)
"""Orange and blue are told apart with every kind of colour blindness, on black, grey and white."""
_PALE: Final = 0.8
"""How far towards white the largest values go."""
_TURN: Final = 0.55
"""From which value on a colour becomes paler instead of brighter."""
INK: Final = 0.7
"""How bright full ink is under a map, so that its colours are seen there too."""
_MOST: Final = 0.85
"""How much of a map's colour is seen over a picture where it is 1."""


def signed_colours(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colours of numbers: black for 0, over orange to pale above it, over blue to pale below.

    Args:
        values: (h, w), -1 to 1; others count as the nearer of these.

    Returns:
        (h, w, 3) uint8.
    """
    size = np.clip(np.abs(values), 0, 1)[..., None]
    hue = np.where(values[..., None] < 0, np.array(AGAINST, np.float64), np.array(FOR, np.float64))
    bright = hue * np.minimum(size / _TURN, 1)
    pale = _PALE * np.maximum(size - _TURN, 0) / (1 - _TURN)
    return np.round(bright + (255 - bright) * pale).astype(np.uint8)


def heat_layer(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """What is laid over a picture: orange where values are above 0, blue below, the more opaque the further from it.

    Args:
        values: (h, w), -1 to 1; others count as the nearer of these.

    Returns:
        (h, w, 4) uint8: red, green, blue, opacity.
    """
    hue = np.where(values[..., None] < 0, np.array(AGAINST, np.float64), np.array(FOR, np.float64))
    opacity = 255 * _MOST * np.clip(np.abs(values), 0, 1)
    return np.round(np.concatenate([hue, opacity[..., None]], axis=-1)).astype(np.uint8)


def heat_picture(picture: NDArray[np.uint8], values: NDArray[np.floating], zoom: int = 16) -> NDArray[np.uint8]:
    """A picture as a model sees it, bright on black, with a map over it.

    Args:
        picture: (h, w) uint8, 0 the ground and 255 full ink.
        values: (h, w), -1 to 1.
        zoom: Pixels for each pixel.

    Returns:
        (h * zoom, w * zoom, 3) uint8.
    """
    layer = heat_layer(values).astype(np.float64)
    cover = layer[..., 3:] / 255
    mixed = np.round(INK * picture[..., None] * (1 - cover) + layer[..., :3] * cover).astype(np.uint8)
    return mixed.repeat(zoom, axis=0).repeat(zoom, axis=1)


def write_heat(path: Path, picture: NDArray[np.uint8], values: NDArray[np.floating]) -> None:
    """Write `heat_picture` to `path` as PNG.

    Raises:
        RecognizerError: It cannot be written.
    """
    buffer = io.BytesIO()
    Image.fromarray(heat_picture(picture, values)).save(buffer, "PNG")
    write_atomic(path, buffer.getvalue())
