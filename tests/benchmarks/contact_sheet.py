"""Sheets of small pictures to look at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_SIDE = 64
_CAPTION = 13


def save_sheet(
    path: Path, tiles: Sequence[tuple[Sequence[NDArray[np.uint8]], str]], columns: int = 16, most: int = 320
) -> None:
    """Write a PNG of tiles, each some pictures side by side with a caption below; every k-th where there are too many.

    Args:
        path: The PNG.
        tiles: Pictures, (h, w) uint8 of any size, and a caption of about 11 characters a picture.
        columns: How many pictures in a row.
        most: How many tiles at the most.
    """
    if not tiles:
        return
    chosen = tiles[:: -(-len(tiles) // most)]
    width = len(chosen[0][0]) * (_SIDE + 1) + 3
    across = max(1, columns // len(chosen[0][0]))
    height = _SIDE + _CAPTION + 3
    sheet = Image.new("L", (across * width, -(-len(chosen) // across) * height), 96)
    draw = ImageDraw.Draw(sheet)
    for place, (pictures, caption) in enumerate(chosen):
        left, top = place % across * width, place // across * height
        for number, picture in enumerate(pictures):
            image = Image.fromarray(picture)
            small = max(image.size) < _SIDE
            scale = _SIDE / max(image.size)
            size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            image = image.resize(size, Image.Resampling.NEAREST if small else Image.Resampling.BOX)
            sheet.paste(image, (left + number * (_SIDE + 1), top))
        draw.text((left + 1, top + _SIDE), caption, fill=255)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
