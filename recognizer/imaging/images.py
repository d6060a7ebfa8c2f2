"""Reading pictures safely: what the eye sees, in grey or in colour, from any file that Pillow knows."""

import warnings
from collections.abc import Callable
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
_KEPT_PIXELS: Final = 12_500_000
"""Larger pictures are reduced while they are read."""
_MEMORY: Final = 120_000_000
"""Bytes that decoding may take."""
_BAND: Final = 256
IMAGE_SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm"}
)


def load_grey(path: Path) -> NDArray[np.uint8]:
    """The picture in `path` as one sees it: turned upright by its EXIF, transparency on a contrasting ground.

    Returns:
        (h, w) uint8, 0 black and 255 white; h and w at least 1. Of an animation, the first frame. A picture of more
        than 12.5 million pixels is reduced by a whole factor.

    Raises:
        RecognizerError: The file is missing, no picture, cut short, or too large to be read in little memory.
    """
    return decode_grey(_content(path), path)


def load_rgb(path: Path) -> NDArray[np.uint8]:
    """As `load_grey`, in colour: (h, w, 3) uint8 RGB."""
    return decode_rgb(_content(path), path)


def decode_grey(content: bytes, path: Path) -> NDArray[np.uint8]:
    """As `load_grey`, from the content of `path`; `path` is only named in errors."""
    return _decode(content, path, _grey)


def decode_rgb(content: bytes, path: Path) -> NDArray[np.uint8]:
    """As `load_rgb`, from the content of `path`; `path` is only named in errors."""
    return _decode(content, path, _rgb)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # Bounded, because the size that a device or a pipe states is 0.
            content = file.read(MAX_FILE_BYTES + 1) if path.stat().st_size <= MAX_FILE_BYTES else b""
            is_too_large = len(content) > MAX_FILE_BYTES or path.stat().st_size > MAX_FILE_BYTES
    except OSError as error:
        raise read_error(path, error) from error
    if is_too_large:
        raise _bad(path, tr("it is larger than {most:,} bytes", most=MAX_FILE_BYTES))
    return content


def _decode(content: bytes, path: Path, convert: Callable[[Image.Image], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    if not content:
        raise _bad(path, tr("it is empty"))
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures that are within our own bound, and of broken EXIF that is then ignored.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as image:
                width, height = image.size
                most = _most_pixels(image)
                if width * height > most:
                    raise _bad(
                        path,
                        tr(
                            "{width}×{height} pixels, at most {most:,} are read",
                            width=width,
                            height=height,
                            most=most,
                        ),
                    )
                factor = _reduction(width, height)
                # The decoder of JPEG can give a smaller picture at once.
                image.draft(None, (width // factor, height // factor))
                image.load()
                picture = _reduced(image)
                if picture is not image:
                    # Frees its pixels, which leaving the block would not.
                    image.close()
                ImageOps.exif_transpose(picture, in_place=True)
                return convert(picture)
    except Image.DecompressionBombError as error:
        raise _bad(path, tr("it has more than {most:,} pixels", most=MAX_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise _bad(path, tr("it is no picture of a known kind")) from error
    # Pillow's decoders raise whatever their parsing trips over.
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise _bad(path, tr("it is damaged or cut short: {reason}", reason=error)) from error


def _most_pixels(image: Image.Image) -> int:
    """How many pixels of an opened picture fit into the memory that decoding may take."""
    if image.format == "JPEG":
        # A progressive one is held whole, as 16-bit coefficients, before its first pixel is known.
        return _MEMORY // 6 if image.info.get("progressive") else MAX_PIXELS
    # What the decoder itself keeps comes on top of Pillow's pixels, which take four bytes where there are colours.
    bytes_a_pixel = {"1": 1, "L": 1, "P": 1, "I": 8, "F": 8}.get(image.mode, 4)
    if image.format in ("WEBP", "AVIF", "JPEG2000"):
        bytes_a_pixel += 4
    return min(MAX_PIXELS, _MEMORY // bytes_a_pixel)


def _reduction(width: int, height: int) -> int:
    """The least power of 2 by which a picture must be reduced."""
    factor = 1
    while (width // factor) * (height // factor) > _KEPT_PIXELS:
        factor *= 2
    return factor


def _reduced(image: Image.Image) -> Image.Image:
    factor = _reduction(*image.size)
    if factor == 1 or image.mode.startswith("I;16"):
        return image
    # A bilevel picture and one with a palette hold names of colours, which cannot be averaged.
    if image.mode in ("1", "P", "PA"):
        return image.resize((image.width // factor, image.height // factor), Image.Resampling.NEAREST)
    exif = image.getexif()
    smaller = image.reduce(factor)
    smaller.info = {**image.info, "exif": exif.tobytes()} if exif else dict(image.info)
    return smaller


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    if _is_plain_grey(image):
        return np.repeat(_grey(image)[:, :, None], 3, axis=2)
    if _has_transparency(image):
        image = _on_ground(image)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _grey(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bit(image)
    return np.asarray((_on_ground(image) if _has_transparency(image) else image).convert("L"))


def _is_plain_grey(image: Image.Image) -> bool:
    return (image.mode in ("1", "L", "I", "F") and "transparency" not in image.info) or image.mode.startswith("I;16")


def _has_transparency(image: Image.Image) -> bool:
    return image.mode in ("PA", "LA", "La", "RGBA", "RGBa") or "transparency" in image.info


def _eight_bit(image: Image.Image) -> NDArray[np.uint8]:
    """Grey levels of more than 8 bits: the whole range of the type where they are integers, theirs where not."""
    levels = np.asarray(image)
    if levels.dtype == np.float32:
        if not np.isfinite(levels).all():
            raise ValueError("NaN")
        low, high = float(levels.min()), float(levels.max())
        if low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        elif low >= 0 and high <= 255:
            low, high = 0.0, 255.0
    else:
        low, high = 0.0, 65535.0 if levels.max() > 255 else 255.0
    step = _reduction(image.width, image.height)
    levels = levels[: levels.shape[0] // step * step, : levels.shape[1] // step * step]
    out = np.empty((levels.shape[0] // step, levels.shape[1] // step), np.uint8)
    # In bands, because 64-bit numbers of a whole picture would take eight times its memory.
    for start in range(0, len(out), _BAND):
        band = levels[start * step : (start + _BAND) * step].astype(np.float64)
        if step > 1:
            band = band.reshape(len(band) // step, step, -1, step).mean(axis=(1, 3))
        scaled = (band - low) * (255.0 / max(high - low, 1e-9))
        out[start : start + _BAND] = np.clip(np.round(scaled), 0, 255)
    return out


def _on_ground(image: Image.Image) -> Image.Image:
    """A picture with transparency on white; on black where what is drawn is so light that white would hide it."""
    image = image if image.mode == "RGBA" else image.convert("RGBA")
    alpha = image.getchannel("A")
    step = max(1, round((image.width * image.height / 1e6) ** 0.5))
    few = (
        image.resize((-(-image.width // step), -(-image.height // step)), Image.Resampling.NEAREST)
        if step > 1
        else image
    )
    cover = np.asarray(few.getchannel("A"), np.float32)
    levels = np.asarray(few.convert("RGB").convert("L"), np.float32)
    drawn = float(cover.sum())
    is_light = drawn > 0 and float(cover.min()) < 127.5 and float((levels * cover).sum()) / drawn > 160
    ground = Image.new("RGB", image.size, (0, 0, 0) if is_light else (255, 255, 255))
    ground.paste(image, mask=alpha)
    return ground


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The picture cannot be read"),
        where=f"{path} ({reason})",
        fix=tr("Choose a picture such as PNG or JPEG that other programs can open"),
    )
