"""ZIP files whose list may be long or hostile: its entries in little memory, and their contents as streams; gzip.

Python's own reader takes half a kilobyte and 10 µs for each entry before anything can be said about the file.
"""

import gzip
import io
import struct
import threading
import zipfile
from array import array
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

GZIP: Final = b"\x1f\x8b"
"""How a gzipped file begins."""
_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\5\6"
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_END_64_MARK: Final = b"PK\6\6"
_LOCATOR: Final = struct.Struct("<4sLQL")
_LOCATOR_MARK: Final = b"PK\6\7"
_ENTRY: Final = struct.Struct("<8x2H4x3L2H10xL")
_ENTRY_SIZE: Final = 46
_ENTRY_MARK: Final = b"PK\1\2"
_HEADER: Final = struct.Struct("<4s5H3L2H")
_HEADER_MARK: Final = b"PK\3\4"
_MAX_COMMENT: Final = 1 << 16
_MAX_LIST: Final = 1 << 26
"""Bytes of the list of files; 200,000 entries take 15 to 30 million."""
_LONG: Final = 0xFFFFFFFF
"""A size that stands elsewhere, because it does not fit into 32 bits."""
_IS_ENCRYPTED: Final = 0x1
_IS_UTF8: Final = 0x800
_SUPPORTED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ZipEntry(NamedTuple):
    """What the list says of a file.

    Attributes:
        raw_name: Its path as it was written.
        is_utf8: Whether the list says that the name is UTF-8.
        is_encrypted: Whether a password is needed.
        method: How it is packed, a constant of `zipfile`.
        crc: The CRC-32 of its content.
        packed: Bytes in the ZIP.
        size: Bytes when unpacked, as claimed.
        offset: Where its header is.
    """

    raw_name: bytes
    is_utf8: bool
    is_encrypted: bool
    method: int
    crc: int
    packed: int
    size: int
    offset: int

    @property
    def name(self) -> str:
        """Its path with slashes; names that are no UTF-8 are taken for the code page 437, as the format says."""
        try:
            return self.raw_name.decode("utf-8")
        except UnicodeDecodeError:
            return self.raw_name.decode("utf-8", "replace") if self.is_utf8 else self.raw_name.decode("cp437")

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self.raw_name.endswith(b"/")


class ZipIndex:
    """The list of a ZIP and access to its contents, from any thread.

    Args:
        file: The ZIP, open and seekable; it has to stay open.

    Attributes:
        held: Bytes of the ZIP.
        n_files: How many of its entries are no folders.

    Raises:
        zipfile.BadZipFile: It is no ZIP, damaged, or its list of files is too long.
        OSError: It cannot be read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self.held = file.seek(0, io.SEEK_END)
        self._list, self._shift = self._read_list()
        self._places = array("Q")
        self.n_files = 0
        place = 0
        # Counting from the entries themselves, because the number that the file states may be any.
        while self._list[place : place + 4] == _ENTRY_MARK and place + _ENTRY_SIZE <= len(self._list):
            self._places.append(place)
            name, extra, comment = struct.unpack_from("<3H", self._list, place + 28)
            place += _ENTRY_SIZE + name
            self.n_files += self._list[place - 1 : place] != b"/"
            place += extra + comment
        if place > len(self._list) or (place < len(self._list) and not self._places):
            raise zipfile.BadZipFile("its list of files is damaged")

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[ZipEntry]:
        return (self.entry(number) for number in range(len(self)))

    def entry(self, number: int) -> ZipEntry:
        """What the list says of entry `number`.

        Raises:
            zipfile.BadZipFile: The entry is damaged.
        """
        place = self._places[number]
        flags, method, crc, packed, size, name_length, extra_length, offset = _ENTRY.unpack_from(self._list, place)
        begin = place + _ENTRY_SIZE
        name = self._list[begin : begin + name_length]
        if _LONG in (packed, size, offset):
            extra = self._list[begin + name_length : begin + name_length + extra_length]
            size, packed, offset = _long_sizes(extra, [size, packed, offset])
        return ZipEntry(name, bool(flags & _IS_UTF8), bool(flags & _IS_ENCRYPTED), method, crc, packed, size, offset)

    def open(self, number: int) -> BinaryIO:
        """The content of entry `number` as a stream; its checksum is verified where it is read to its end.

        Raises:
            zipfile.BadZipFile: Its header is damaged.
            NotImplementedError: It is encrypted or packed in a way that is not read.
            OSError: The ZIP cannot be read.
        """
        entry = self.entry(number)
        if entry.is_encrypted:
            raise NotImplementedError("it is encrypted")
        if entry.method not in _SUPPORTED:
            raise NotImplementedError(f"it is packed by method {entry.method}")
        start = self._shift + entry.offset
        header = self.read_at(start, _HEADER.size)
        if len(header) < _HEADER.size or header[:4] != _HEADER_MARK:
            raise zipfile.BadZipFile("the header of a file is damaged")
        lengths = _HEADER.unpack(header)[-2:]
        info = zipfile.ZipInfo(entry.name.replace("\0", "") or "?")
        info.compress_type, info.CRC = entry.method, entry.crc
        info.compress_size, info.file_size = entry.packed, entry.size
        part = _Part(self, start + _HEADER.size + sum(lengths), entry.packed)
        return zipfile.ZipExtFile(part, "r", info, close_fileobj=True)  # type: ignore[return-value]

    def read_at(self, place: int, size: int) -> bytes:
        """Up to `size` bytes of the ZIP from `place` on."""
        if not 0 <= place <= self.held:
            return b""
        with self._lock:
            self._file.seek(place)
            return self._file.read(size)

    def _read_list(self) -> tuple[bytes, int]:
        """The list, and how many bytes stand before what the ZIP takes for its begin."""
        tail_size = min(self.held, _END.size + _MAX_COMMENT)
        tail = self.read_at(self.held - tail_size, tail_size)
        found = tail.rfind(_END_MARK)
        while found >= 0 and found + _END.size > len(tail):
            found = tail.rfind(_END_MARK, 0, found)
        if found < 0:
            raise zipfile.BadZipFile("its end is missing")
        end = self.held - tail_size + found
        _, _, _, _, _, size, offset, _ = _END.unpack_from(tail, found)
        locator = self.read_at(max(end - _LOCATOR.size, 0), _LOCATOR.size)
        if locator[:4] == _LOCATOR_MARK and len(locator) == _LOCATOR.size:
            place = end - _LOCATOR.size - _END_64.size
            record = self.read_at(max(place, 0), _END_64.size)
            if record[:4] == _END_64_MARK and len(record) == _END_64.size:
                end = place
                size, offset = _END_64.unpack(record)[-2:]
        if size > _MAX_LIST:
            raise zipfile.BadZipFile(f"its list of files takes {size:,} bytes")
        shift = end - size - offset
        if shift < 0:
            raise zipfile.BadZipFile("its list of files is damaged")
        return self.read_at(end - size, size), shift


class GzipStream(gzip.GzipFile):
    """What a gzipped stream holds; closing it closes that stream too."""

    def __init__(self, zipped: BinaryIO) -> None:
        super().__init__(fileobj=zipped, mode="rb")
        self._zipped = zipped

    @property
    def place(self) -> int:
        """How many bytes of the gzipped stream have been read."""
        return self._zipped.tell()

    def close(self) -> None:
        """Close both streams."""
        super().close()
        self._zipped.close()


class _Part:
    """A stretch of the ZIP as a stream, beside others of the same file."""

    def __init__(self, index: ZipIndex, place: int, size: int) -> None:
        self._index = index
        self._place = place
        self._left = size

    def read(self, size: int) -> bytes:
        found = self._index.read_at(self._place, min(size, self._left))
        self._place += len(found)
        self._left -= len(found)
        return found

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """The file belongs to the index."""


def _long_sizes(extra: bytes, sizes: list[int]) -> list[int]:
    """`sizes` with those that did not fit into 32 bits from the field that ZIP64 adds."""
    place = 0
    while _LONG in sizes and place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            content = extra[place + 4 : place + 4 + length]
            for position, size in enumerate(sizes):
                if size == _LONG:
                    if len(content) < 8:
                        raise zipfile.BadZipFile("its list of files is damaged")
                    sizes[position] = int.from_bytes(content[:8], "little")
                    content = content[8:]
            break
        place += 4 + length
    return sizes
