"""Originals and pictures as bytes: compact, versioned, what went in comes out bit by bit."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.stroke import Ink
from recognizer.library.ink_blob import is_packed_ink, pack_ink, plain_ink, unpack_ink
from recognizer.library.samples import Content

MAX_SIDE: Final = 1024
"""Longest side of a picture that is kept, pixels; one symbol needs no more."""
PICTURE, INK = 0, 1
"""The kinds of originals."""
SIDE: Final = 28
"""Side of what a model sees, pixels."""
_MAGIC: Final = b"RPIX\x01"
_HEAD: Final = len(_MAGIC) + 4
_LEVEL: Final = 1
"""Of zlib: 14 µs a digit of MNIST and a quarter of its size; a higher level saves 5 % more."""


@dataclass(frozen=True, slots=True)
class Packed:
    """An original as it is stored.

    Attributes:
        kind: `PICTURE` or `INK`.
        hash: The first 64 bits of the SHA-256 of the content, as SQLite's signed whole number. It does not depend on
            how the content is compressed.
        blob: The stored bytes.
    """

    kind: int
    hash: int
    blob: bytes


def pack(content: Content) -> Packed:
    """An original as bytes.

    Args:
        content: Ink, or an (h, w) uint8 picture; one whose longest side is over 1,024 pixels is shrunk to that.

    Raises:
        RecognizerError: It is empty, too large, or no grey picture.
    """
    if isinstance(content, Ink):
        plain = plain_ink(content)
        return Packed(INK, _hash(b"ink", plain), pack_ink(content))
    image = _bounded(content)
    levels = image.tobytes()
    head = struct.pack("<HH", *image.shape)
    return Packed(PICTURE, _hash(head, levels), _MAGIC + head + zlib.compress(levels, _LEVEL))


def pack_pictures(images: NDArray[np.uint8]) -> list[Packed]:
    """As `pack` for each of (n, h, w) uint8 pictures of one size, in less time."""
    if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape[1:] or max(images.shape[1:]) > MAX_SIDE:
        return [pack(image) for image in images]
    head = struct.pack("<HH", *images.shape[1:])
    size = images.shape[1] * images.shape[2]
    every = np.ascontiguousarray(images).tobytes()
    front, compress = _MAGIC + head, zlib.compress
    packed = []
    for start in range(0, len(every), size):
        levels = every[start : start + size]
        packed.append(Packed(PICTURE, _hash(head, levels), front + compress(levels, _LEVEL)))
    return packed


def unpack(blob: bytes) -> Content:
    """The original that `pack` packed.

    Raises:
        ValueError: It is damaged.
    """
    if is_packed_ink(blob):
        return unpack_ink(blob)
    if not blob.startswith(_MAGIC):
        return _unpack_png(blob)
    height, width = struct.unpack_from("<HH", blob, len(_MAGIC)) if len(blob) >= _HEAD else (0, 0)
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise ValueError(f"{height} × {width} pixels")
    return np.frombuffer(_inflated(blob[_HEAD:], height * width), np.uint8).reshape(height, width)


def hash_of(content: Content) -> int:
    """The hash that `pack` gives; an exact copy of the content has the same one."""
    if isinstance(content, Ink):
        return _hash(b"ink", plain_ink(content))
    image = _bounded(content)
    return _hash(struct.pack("<HH", *image.shape), image.tobytes())


def seen_of(content: Content) -> NDArray[np.uint8]:
    """What a model sees of an original, (28, 28) uint8."""
    preprocessor = Preprocessor()
    return preprocessor.from_ink(content) if isinstance(content, Ink) else preprocessor.from_image(content)


def pack_seen(picture: NDArray[np.uint8]) -> bytes:
    """What a model sees, (28, 28) uint8, as bytes."""
    return zlib.compress(picture.tobytes(), _LEVEL)


SEEN: Final = f"coalesce(picture, substr(original, {_HEAD + 1}))"
"""SQL for the bytes of what a model sees; `unpack_seen` reads them."""


def unpack_seen(blobs: Sequence[bytes]) -> NDArray[np.uint8]:
    """(n, 28, 28) uint8 from what `SEEN` selects; a damaged one becomes an empty picture."""
    inflate = zlib.decompress
    try:
        every = b"".join([inflate(blob) for blob in blobs])
    except (zlib.error, TypeError):
        every = b""
    if len(every) != len(blobs) * SIDE * SIDE:
        every = b"".join([_seen_or_empty(blob) for blob in blobs])
    return np.frombuffer(every, np.uint8).reshape(len(blobs), SIDE, SIDE)


def _seen_or_empty(blob: bytes) -> bytes:
    try:
        return _inflated(blob, SIDE * SIDE)
    except ValueError:
        return bytes(SIDE * SIDE)


def _inflated(blob: bytes, size: int) -> bytes:
    """`size` bytes, not one more or less; without its end there is no checksum either."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(blob, size + 1)
    except (zlib.error, TypeError) as error:
        raise ValueError(str(error)) from error
    if len(plain) != size or not inflater.eof or inflater.unused_data:
        raise ValueError(f"{len(plain)} bytes, not {size}")
    return plain


def _unpack_png(blob: bytes) -> NDArray[np.uint8]:
    """What versions before the library kept as PNG."""
    try:
        with Image.open(BytesIO(blob), formats=("PNG",)) as picture:
            if picture.mode != "L" or max(picture.size) > MAX_SIDE:
                raise ValueError(f"{picture.mode} {picture.size}")
            return np.asarray(picture)
    except (OSError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _bounded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.ndim != 2 or image.dtype != np.uint8 or 0 in image.shape:
        raise RecognizerError(
            tr("The sample cannot be kept"),
            where=tr("a picture of shape {shape} and type {kind}", shape=image.shape, kind=image.dtype),
            fix=tr("Draw one symbol, or choose a picture of one symbol"),
        )
    longest = max(image.shape)
    if longest <= MAX_SIDE:
        return image
    height, width = (max(1, round(side * MAX_SIDE / longest)) for side in image.shape)
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))


def _hash(head: bytes, body: bytes) -> int:
    return int.from_bytes(hashlib.sha256(head + body).digest()[:8], "little", signed=True)
