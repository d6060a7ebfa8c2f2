"""Pictures inside an HTML file: ink on no ground, so that they suit light and dark pages alike."""

import base64
import io
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SPREAD_FULL: Final = 128.0
"""The largest standard deviation that a pixel can have, nearly."""
_SPREAD_COLOUR: Final = (47, 111, 237)


def ink_image(levels: NDArray, alternative: str) -> str:
    """An image of (28, 28) levels, 255 full ink: black, turned white on dark pages by the class `ink`."""
    alpha = np.clip(np.round(levels), 0, 255).astype(np.uint8)
    pixels = np.stack([np.zeros_like(alpha), alpha], axis=-1)
    return f'<img class="ink" alt="{escape(alternative)}" src="{_data(pixels)}">'


def spread_image(levels: NDArray[np.float32], alternative: str) -> str:
    """An image of (28, 28) standard deviations, in one colour that is seen on light and dark ground."""
    # Squared, since most pixels of a class vary much, and those that do not are what is to be seen.
    alpha = np.clip((levels / _SPREAD_FULL) ** 2 * 255, 0, 255).astype(np.uint8)
    pixels = np.empty((*alpha.shape, 4), np.uint8)
    pixels[..., :3] = _SPREAD_COLOUR
    pixels[..., 3] = alpha
    return f'<img class="spread" alt="{escape(alternative)}" src="{_data(pixels)}">'


def _data(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
