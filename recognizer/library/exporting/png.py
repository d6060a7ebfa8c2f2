"""Grey pictures as PNG, several times faster than by Pillow: most are so small that starting it takes longest."""

import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY_8_BIT: Final = bytes([8, 0, 0, 0, 0])
"""Depth, colour type, compression, filter, interlacing."""
_LARGE: Final = 1 << 16
"""Pixels from which on filtering the rows makes a file smaller."""
_UP: Final = 2


def png_of(picture: NDArray[np.uint8]) -> bytes:
    """A picture, (h, w) uint8, as a PNG file (https://www.w3.org/TR/png-3/)."""
    height, width = picture.shape
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = picture
    if picture.size >= _LARGE:
        rows[1:, 1:] -= picture[:-1]
        rows[1:, 0] = _UP
    head = struct.pack(">2I", width, height) + _GREY_8_BIT
    return b"".join(
        (_SIGNATURE, _part(b"IHDR", head), _part(b"IDAT", zlib.compress(rows.tobytes(), 6)), _part(b"IEND", b""))
    )


def _part(kind: bytes, content: bytes) -> bytes:
    return b"".join((len(content).to_bytes(4, "big"), kind, content, zlib.crc32(kind + content).to_bytes(4, "big")))
