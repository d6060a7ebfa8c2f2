"""Reading and writing IDX, the format of MNIST: a header with the shape, then the values; gzipped or not.

A file is judged by its content, never by its name, and nothing is allocated on the word of a header alone.
"""

import gzip
import io
import math
import zlib
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr

TYPES: Final = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES: Final = 1 << 31
"""The largest content that is read, bytes: 2.7 million pictures of 28 by 28."""
_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_MAX_RATIO: Final = 1032
"""Deflate cannot shrink anything further (zlib.net, technical details)."""


def read_idx(path: Path, dimensions: int | None = None) -> NDArray:
    """Read an IDX file.

    Args:
        path: The file.
        dimensions: How many dimensions it must have; any number from 1 to 4 where None.

    Returns:
        An array of the file's shape and type, in the machine's byte order.

    Raises:
        RecognizerError: The file is missing, empty, cut short, too long, too large, or not IDX.
    """
    try:
        with path.open("rb") as raw:
            is_zipped = raw.read(2) == _GZIP
            raw.seek(0)
            held = path.stat().st_size
            if held == 0:
                raise _bad(path, tr("it is empty"))
            if not is_zipped:
                return _read(raw, path, dimensions, held)
            with gzip.GzipFile(fileobj=raw) as unzipped:
                return _read(unzipped, path, dimensions, held * _MAX_RATIO)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _bad(path, tr("its compressed content is damaged or cut short")) from error
    except OSError as error:
        raise read_error(path, error) from error


def parse_idx(content: bytes, path: Path, dimensions: int | None = None) -> NDArray:
    """As `read_idx`, from the unzipped content of `path`; `path` is only named in errors."""
    if not content:
        raise _bad(path, tr("it is empty"))
    return _read(io.BytesIO(content), path, dimensions, len(content))


def write_idx(path: Path, array: NDArray, *, compress: bool = False) -> None:
    """Write `array`, of one of IDX's types, to `path` in one step.

    Raises:
        ValueError: IDX has no such type.
        RecognizerError: The file cannot be written.
    """
    kind = array.dtype.newbyteorder(">").str.replace("|", ">")
    codes = {text: code for code, text in TYPES.items()}
    if kind not in codes:
        raise ValueError(f"IDX cannot hold {array.dtype}")
    header = bytes([0, 0, codes[kind], array.ndim]) + np.asarray(array.shape, ">u4").tobytes()
    payload = header + array.astype(kind).tobytes()
    write_atomic(path, gzip.compress(payload, 6, mtime=0) if compress else payload)


def _read(file: BinaryIO, path: Path, dimensions: int | None, most: int) -> NDArray:
    """Parse an unzipped stream that can hold at most `most` bytes."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 4:
        raise _bad(path, tr("it does not begin like an IDX file: {magic}", magic=magic.hex(" ")))
    if dimensions is not None and magic[3] != dimensions:
        raise _bad(
            path,
            tr("it has {found} dimensions, {wanted} are needed", found=magic[3], wanted=dimensions),
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise _bad(path, tr("its header is cut short"))
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    kind = np.dtype(TYPES[magic[2]])
    claimed = math.prod(shape) * kind.itemsize
    header = len(magic) + len(sizes)
    if claimed > MAX_BYTES:
        raise _bad(
            path,
            tr("its header claims {claimed:,} bytes, more than the {most:,} allowed", claimed=claimed, most=MAX_BYTES),
        )
    if claimed > most - header:
        raise _short(path, claimed, None)
    content = bytearray()
    while len(content) < claimed:
        chunk = file.read(min(_CHUNK, claimed - len(content)))
        if not chunk:
            raise _short(path, claimed, len(content))
        content += chunk
    # The last read also makes gzip check its own checksum.
    if file.read(1):
        raise _bad(path, tr("it holds more than the {claimed:,} bytes that its header claims", claimed=claimed))
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def _short(path: Path, claimed: int, held: int | None) -> RecognizerError:
    if held is None:
        return _bad(path, tr("its header claims {claimed:,} bytes, more than the file can hold", claimed=claimed))
    return _bad(path, tr("its header claims {claimed:,} bytes, the file holds {held:,}", claimed=claimed, held=held))


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The IDX file cannot be used"),
        where=f"{path} ({reason})",
        fix=tr("Get the file anew, or choose another"),
    )
