"""Reading and writing IDX, the format of MNIST: a header with the shape, then the values; gzipped or not.

A file is judged by its content, never by its name, and nothing is allocated on the word of a header alone.
"""

import gzip
import io
import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr
from recognizer.base.zips import GZIP, GzipStream
from recognizer.ink.npz import MAX_INFLATED, MAX_RATIO, StoredArray

TYPES: Final = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES: Final = 1 << 31
"""The largest content that is read, bytes: 2.7 million pictures of 28 by 28."""
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
        return _native(stored_idx(lambda: path.open("rb"), path.stat().st_size, path, dimensions))
    except OSError as error:
        raise read_error(path, error) from error


def parse_idx(content: bytes, path: Path, dimensions: int | None = None) -> NDArray:
    """As `read_idx`, from the unzipped content of `path`; `path` is only named in errors."""
    return _native(stored_idx(lambda: io.BytesIO(content), len(content), path, dimensions))


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


def stored_idx(
    open_file: Callable[[], BinaryIO], held: int, path: Path, dimensions: int | None = None, most: int = MAX_BYTES
) -> StoredArray:
    """Read the header of an IDX file; its values are big-endian.

    Args:
        open_file: Opens it anew; it may be gzipped.
        held: Its size, bytes.
        path: The file, only named in errors.
        dimensions: As in `read_idx`.
        most: The most bytes that its values may take.

    Raises:
        RecognizerError: As `read_idx`.
        OSError: It cannot be read.
    """
    if held == 0:
        raise _bad(path, tr("it is empty"))
    with open_file() as raw:
        is_zipped = raw.read(2) == GZIP

    def open_content() -> BinaryIO:
        return GzipStream(open_file()) if is_zipped else open_file()  # type: ignore[return-value]

    try:
        with open_content() as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 4:
                raise _bad(path, tr("it does not begin like an IDX file: {magic}", magic=magic.hex(" ")))
            if dimensions is not None and magic[3] != dimensions:
                raise _bad(
                    path,
                    tr("it has {found} dimensions, {wanted} are needed", found=magic[3], wanted=dimensions),
                )
            sizes = file.read(4 * magic[3])
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _bad(path, tr("its compressed content is damaged or cut short")) from error
    if len(sizes) < 4 * magic[3]:
        raise _bad(path, tr("its header is cut short"))
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    kind = np.dtype(TYPES[magic[2]])
    claimed = math.prod(shape) * kind.itemsize
    header = len(magic) + len(sizes)
    if claimed > most:
        raise _bad(
            path,
            tr("its header claims {claimed:,} bytes, more than the {most:,} allowed", claimed=claimed, most=most),
        )
    if claimed > held * (_MAX_RATIO if is_zipped else 1) - header or (
        is_zipped and claimed > max(MAX_INFLATED, MAX_RATIO * held)
    ):
        raise _bad(path, tr("its header claims {claimed:,} bytes, more than the file can hold", claimed=claimed))

    def open_values() -> BinaryIO:
        file = open_content()
        file.read(header)
        return file

    return StoredArray(shape, kind, False, open_values, lambda reason: _bad(path, reason), is_exact=True)


def _native(stored: StoredArray) -> NDArray:
    return stored.whole().astype(stored.kind.newbyteorder("="), copy=False)


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The IDX file cannot be used"),
        where=f"{path} ({reason})",
        fix=tr("Get the file anew, or choose another"),
    )
