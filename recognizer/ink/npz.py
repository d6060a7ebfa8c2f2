"""NumPy's NPY and NPZ without trusting them: nothing is unpickled, and sizes are checked before memory is taken."""

import contextlib
import gzip
import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr
from recognizer.base.zips import ZipEntry, ZipIndex

MAX_BYTES: Final = 1 << 31
"""The most that arrays which are read whole may take together."""
MAX_STREAMED: Final = 1 << 34
"""The most bytes of an array that is read in pieces."""
MAX_RATIO: Final = 250
"""How many times larger than its file may be what is unpacked, where that is more than `MAX_INFLATED`."""
MAX_INFLATED: Final = 1 << 30
_MAX_COLUMNWISE: Final = 1 << 26
"""The most bytes of an array whose first index changes fastest: none of its rows is in one piece."""
_MAX_ARRAYS: Final = 10_000
_CHUNK: Final = 1 << 20
_LAST_POINT: Final = 0x10FFFF
"""The greatest number of a character."""
_KINDS: Final = frozenset("buifU")
_MAGIC: Final = b"\x93NUMPY"
_MAX_HEADER: Final = 10_000
# NumPy evaluates the header as Python; what it writes is always of this form.
_HEADER: Final = re.compile(
    r"\s*\{\s*'descr'\s*:\s*(?P<descr>'[^']*'|\[.*\]|\(.*\))\s*,\s*'fortran_order'\s*:\s*(?P<order>True|False)\s*,"
    r"\s*'shape'\s*:\s*\((?P<shape>[\d\s,L]*)\)\s*,?\s*\}\s*",
    re.DOTALL,
)
_PLAIN: Final = re.compile(r"'([<>|=]?[biufU]\d{1,6})'")


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """An array in a file, of which only the header has been read.

    Attributes:
        shape: Of the whole array.
        kind: The type of its values.
        is_columnwise: Whether its first index changes fastest.
        open: Opens its values anew as a stream, at the first one.
        fail: The error for a reason.
        is_exact: Whether the stream must end after the values.
    """

    shape: tuple[int, ...]
    kind: np.dtype
    is_columnwise: bool
    open: Callable[[], BinaryIO]
    fail: Callable[[str], RecognizerError]
    is_exact: bool = False

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return math.prod(self.shape) * self.kind.itemsize

    @property
    def row_bytes(self) -> int:
        """Bytes of what stands at one place of its first index."""
        return math.prod(self.shape[1:]) * self.kind.itemsize

    def whole(self) -> NDArray:
        """The array.

        Raises:
            RecognizerError: It is damaged or cut short.
            OSError: The file cannot be read.
        """
        if self.nbytes == 0:
            return np.zeros(self.shape, self.kind)
        with self._faults(), self.open() as stream:
            content = self._content(stream, self.nbytes, 0)
            self._end(stream)
        return self._values(content).reshape(self.shape, order="F" if self.is_columnwise else "C")

    def pieces(self, rows: int) -> Iterator[NDArray]:
        """The array in order, `rows` rows at a time; every call reads from the start.

        Raises:
            RecognizerError: It is damaged or cut short, or too large to be turned from columns into rows.
            OSError: The file cannot be read.
        """
        if self.row_bytes == 0:
            yield np.zeros(self.shape, self.kind)
        elif self.is_columnwise and sum(size > 1 for size in self.shape) > 1:
            if self.nbytes > _MAX_COLUMNWISE:
                raise self.fail(tr("it is stored column by column and too large for that; save it row by row"))
            whole = self.whole()
            for begin in range(0, len(self), rows):
                yield whole[begin : begin + rows]
        else:
            with self._faults(), self.open() as stream:
                for begin in range(0, len(self), rows):
                    count = min(rows, len(self) - begin)
                    content = self._content(stream, count * self.row_bytes, begin * self.row_bytes)
                    if begin + count == len(self):
                        self._end(stream)
                    yield self._values(content).reshape(count, *self.shape[1:])

    def _values(self, content: bytes | bytearray) -> NDArray:
        values = np.frombuffer(content, self.kind)
        if self.kind.kind == "U":
            points = np.frombuffer(content, np.dtype("u4").newbyteorder(self.kind.byteorder))
            # Python ends in a fault of its own where such text is made a string.
            if points.size and points.max() > _LAST_POINT:
                raise self.fail(tr("it holds what is no text"))
        return values

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.fail(tr("its compressed content is damaged or cut short")) from error
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise self.fail(tr("it is damaged or encrypted: {reason}", reason=error)) from error

    def _content(self, stream: BinaryIO, size: int, before: int) -> bytes | bytearray:
        content = stream.read(min(size, _CHUNK))
        if len(content) == size:
            return content
        gathered = bytearray(content)
        while content and len(gathered) < size:
            content = stream.read(min(_CHUNK, size - len(gathered)))
            gathered += content
        if len(gathered) < size:
            raise self.fail(
                tr(
                    "its header claims {claimed:,} bytes, the file holds {held:,}",
                    claimed=self.nbytes,
                    held=before + len(gathered),
                )
            )
        return gathered

    def _end(self, stream: BinaryIO) -> None:
        # The end is read too, so that an archive's checksum is verified.
        if stream.read(1) and self.is_exact:
            raise self.fail(tr("it holds more than the {claimed:,} bytes that its header claims", claimed=self.nbytes))


class NpzFile:
    """An NPZ of which only the headers have been read.

    Attributes:
        arrays: By name.
    """

    def __init__(self, path: Path, names: Collection[str] | None = None, shown: Path | None = None) -> None:
        """Open `path`.

        Args:
            path: The NPZ.
            names: The arrays that are wanted; all where None.
            shown: What it is called in errors; `path` where None.

        Raises:
            RecognizerError: As `read_npz`.
        """
        shown = path if shown is None else shown
        self.arrays: dict[str, StoredArray] = {}
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise read_error(shown, error) from error
        try:
            with _faults(shown):
                index = ZipIndex(self._file)
                if len(index) > _MAX_ARRAYS:
                    raise _bad(shown, tr("it is damaged or no NPZ file"))
                for number, entry in enumerate(index):
                    name = entry.name.removesuffix(".npy")
                    if name != entry.name and (names is None or name in names):
                        self.arrays[name] = _member(index, number, entry, shown)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "NpzFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def read_npz(path: Path, names: Collection[str] | None = None) -> dict[str, NDArray]:
    """The arrays in `path`, or those of them that `names` lists.

    Raises:
        RecognizerError: It is no NPZ, is damaged, or holds an array that is too large or of a type that is not plain
            numbers, truth values or text.
    """
    with NpzFile(path, names) as file, _faults(path):
        total = 0
        for name, array in file.arrays.items():
            total += array.nbytes
            if total > MAX_BYTES:
                raise _bad(path, tr("{name} claims {claimed:,} bytes", name=f"{name}.npy", claimed=array.nbytes))
        return {name: array.whole() for name, array in file.arrays.items()}


def save_npz(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write `arrays` to `path` in one step, compressed.

    Raises:
        RecognizerError: The file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomic(path, buffer.getvalue())


def stored_npy(
    open_file: Callable[[], BinaryIO], held: int, title: str, fail: Callable[[str], RecognizerError]
) -> StoredArray:
    """Read the header of an NPY.

    Args:
        open_file: Opens it anew.
        held: Bytes that it has at most.
        title: What it is called in errors.
        fail: The error for a reason.

    Raises:
        RecognizerError: It is no NPY, of a type that is not plain numbers, truth values or text, or claims more than
            it holds.
        OSError: It cannot be read.
    """
    with open_file() as stream:
        magic = stream.read(len(_MAGIC) + 2)
        if magic[: len(_MAGIC)] != _MAGIC or len(magic) < len(_MAGIC) + 2 or magic[-2] not in (1, 2, 3):
            raise fail(tr("{name} does not begin like an array of NumPy", name=title))
        width = 2 if magic[-2] == 1 else 4
        length = int.from_bytes(stream.read(width), "little")
        text = stream.read(length).decode("latin-1") if length <= _MAX_HEADER else ""
    begin = len(magic) + width + length
    header = _HEADER.fullmatch(text)
    if header is None:
        raise fail(tr("the header of {name} is damaged", name=title))
    plain = _PLAIN.fullmatch(header["descr"])
    try:
        kind = np.dtype(plain[1]) if plain else None
        shape = tuple(int(size.strip().rstrip("L")) for size in header["shape"].split(",") if size.strip())
    except (TypeError, ValueError) as error:
        raise fail(tr("the header of {name} is damaged", name=title)) from error
    if kind is None or kind.kind not in _KINDS or kind.itemsize == 0:
        raise fail(tr("{name} holds {kind}, not plain numbers or text", name=title, kind=header["descr"][:60]))
    claimed = math.prod(shape) * kind.itemsize
    if claimed > MAX_STREAMED or any(size > MAX_STREAMED for size in shape) or len(shape) > 32:
        raise fail(tr("{name} claims {claimed:,} bytes", name=title, claimed=claimed))
    if claimed > held - begin:
        raise fail(
            tr(
                "{name} claims {claimed:,} bytes and holds {held:,}",
                name=title,
                claimed=claimed,
                held=max(held - begin, 0),
            )
        )

    def open_values() -> BinaryIO:
        stream = open_file()
        stream.read(begin)
        return stream

    return StoredArray(shape, kind, header["order"] == "True", open_values, fail)


def _member(index: ZipIndex, number: int, entry: ZipEntry, path: Path) -> StoredArray:
    title = entry.name[-80:]
    if entry.size > max(MAX_INFLATED, MAX_RATIO * entry.packed):
        raise _bad(path, tr("{name} claims {claimed:,} bytes", name=title, claimed=entry.size))
    return stored_npy(lambda: index.open(number), entry.size, title, lambda reason: _bad(path, reason))


@contextlib.contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except zipfile.BadZipFile as error:
        raise _bad(path, tr("it is damaged or no NPZ file")) from error
    except (EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise _bad(path, tr("it is damaged or encrypted: {reason}", reason=error)) from error
    except OSError as error:
        raise read_error(path, error) from error


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The NPZ file cannot be used"), where=f"{path} ({reason})", fix=tr("Get the file anew, or choose another")
    )
