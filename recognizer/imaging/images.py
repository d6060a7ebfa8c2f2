"""Reading pictures safely: what the eye sees, as grey levels, from any file that Pillow knows."""

import warnings
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr

MAX_PIXELS: Final = 100_000_000
MAX_FILE_BYTES: Final = 1 << 28
IMAGE_SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm"}
)


def load_grey(path: Path) -> NDArray[np.uint8]:
    """The picture in `path` as one sees it: turned upright by its EXIF, transparency on a contrasting ground.

    Returns:
        (h, w) uint8, 0 black and 255 white; h and w at least 1. Of an animation, the first frame.

    Raises:
        RecognizerError: The file is missing, no picture, cut short, or larger than 100 million pixels.
    """
    try:
        with path.open("rb") as file:
            # Bounded, because the size that a device or a pipe states is 0.
            content = file.read(MAX_FILE_BYTES + 1) if path.stat().st_size <= MAX_FILE_BYTES else b""
            is_too_large = len(content) > MAX_FILE_BYTES or path.stat().st_size > MAX_FILE_BYTES
    except OSError as error:
        raise read_error(path, error) from error
    if is_too_large:
        raise _bad(path, tr("it is larger than {most:,} bytes", most=MAX_FILE_BYTES))
    return decode_grey(content, path)


def decode_grey(content: bytes, path: Path) -> NDArray[np.uint8]:
    """As `load_grey`, from the content of `path`; `path` is only named in errors."""
    if not content:
        raise _bad(path, tr("it is empty"))
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures that are within our own bound, and of broken EXIF that is then ignored.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise _bad(
                        path,
                        tr(
                            "{width}×{height} pixels, at most {most:,} are read",
                            width=width,
                            height=height,
                            most=MAX_PIXELS,
                        ),
                    )
                image.load()
                return _grey(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise _bad(path, tr("it has more than {most:,} pixels", most=MAX_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise _bad(path, tr("it is no picture of a known kind")) from error
    # Pillow's decoders raise whatever their parsing trips over.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise _bad(path, tr("it is damaged or cut short: {reason}", reason=error)) from error


def _grey(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bit(np.asarray(image), is_float=image.mode == "F")
    if image.mode == "PA" or (image.mode == "P" and "transparency" in image.info):
        image = image.convert("RGBA")
    if image.mode in ("LA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        return _on_ground(image.convert("RGBA"))
    return np.asarray(image.convert("L"))


def _eight_bit(levels: NDArray, *, is_float: bool) -> NDArray[np.uint8]:
    """Grey levels of more than 8 bits: the whole range of the type where they are integers, theirs where not."""
    values = levels.astype(np.float64)
    if is_float:
        if not np.isfinite(values).all():
            raise ValueError("NaN")
        low, high = float(values.min()), float(values.max())
        if low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        elif low >= 0 and high <= 255:
            low, high = 0.0, 255.0
    else:
        low, high = 0.0, 65535.0 if values.max() > 255 else 255.0
    scaled = (values - low) * (255.0 / max(high - low, 1e-9))
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


def _on_ground(image: Image.Image) -> NDArray[np.uint8]:
    """An RGBA picture on white; on black where what is drawn is so light that white would hide it."""
    levels = np.asarray(image.convert("RGB").convert("L"), np.float32)
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    drawn = float(alpha.sum())
    is_light = drawn > 0 and float(alpha.min()) < 0.5 and float((levels * alpha).sum()) / drawn > 160
    ground = 0.0 if is_light else 255.0
    return np.round(levels * alpha + ground * (1 - alpha)).astype(np.uint8)


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The picture cannot be read"),
        where=f"{path} ({reason})",
        fix=tr("Choose a picture such as PNG or JPEG that other programs can open"),
    )
