"""Contact sheets of synthetic handwriting, to look at beside real ink."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.ink import synthesis

SHEETS: Final = ("digits", "letters", "operators", "others")
_OTHER_ROWS: Final = 16
_GAP: Final = 1
_GAP_LEVEL: Final = 200


def synthetic_sheet(symbols: str, seed: int, columns: int = 32, zoom: int = 2) -> NDArray[np.uint8]:
    """What a seed gives, dark on white: a row for each symbol.

    Args:
        symbols: One of `SHEETS`.
        seed: Of the synthesis.
        columns: Samples of each symbol.
        zoom: Pixels for each pixel of a sample.

    Returns:
        (h, w) uint8 grey levels.

    Raises:
        RecognizerError: The seed is below 0.
    """
    if seed < 0:
        raise RecognizerError(tr("That is no seed"), where=f"seed = {seed}", fix=tr("Give a whole number from 0 up"))
    if symbols == "digits":
        images = _by_label(*synthesis.generate(10 * columns, seed))
    elif symbols == "letters":
        images = _by_label(*synthesis.letters(52 * columns, seed))
    elif symbols == "operators":
        images = _by_label(*synthesis.operators(6 * columns, seed))
    else:
        images = synthesis.non_digits(_OTHER_ROWS * columns, seed)
    return _tiled(images.reshape(-1, columns, *images.shape[1:]), zoom)


def write_sheet(path: Path, sheet: NDArray[np.uint8]) -> None:
    """Write `sheet` to `path` as PNG.

    Raises:
        RecognizerError: It cannot be written.
    """
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG")
    write_atomic(path, buffer.getvalue())


def _by_label(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    return images[np.argsort(labels, kind="stable")]


def _tiled(images: NDArray[np.uint8], zoom: int) -> NDArray[np.uint8]:
    """(rows, columns, h, w) pictures as one, light lines between them."""
    framed = np.pad(255 - images, ((0, 0), (0, 0), (0, _GAP), (0, _GAP)), constant_values=_GAP_LEVEL)
    rows, columns, height, width = framed.shape
    sheet = framed.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    return sheet.repeat(zoom, axis=0).repeat(zoom, axis=1)
