"""Pages of dictionaries in Parquet files: how many values they claim, and how long the longest text of one is.

Their headers are Thrift's compact protocol (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), the fields
those of `PageHeader` in github.com/apache/parquet-format, src/main/thrift/parquet.thrift.
"""

import zlib
from typing import Final, NamedTuple

PAGE_HEADER: Final = 64
"""Bytes in which what is looked at stands."""
_INTEGERS: Final = frozenset({4, 5, 6})
_STRUCT: Final = 12
_UNCOMPRESSED: Final = 2
_COMPRESSED: Final = 3
_DICTIONARY: Final = 7
_VALUES: Final = 1
_MAX_PARTS: Final = 1_000_000
"""Parts of packed content; they take half a second."""


class DictionaryPage(NamedTuple):
    """What the header of a dictionary says.

    Attributes:
        size: Bytes of its content.
        packed: Bytes of it in the file.
        values: How many values it has.
        begin: Where its content begins, counted from the header.
    """

    size: int
    packed: int
    values: int
    begin: int


def dictionary_page(header: bytes) -> DictionaryPage | None:
    """What a page that begins with `header` says of itself; None where it is no dictionary, or nonsense."""
    numbers = {_UNCOMPRESSED: 0, _COMPRESSED: 0}
    place = field = values = 0
    is_dictionary = False
    try:
        while header[place]:
            field, kind, place = _field(header, place, field)
            if field == _DICTIONARY and kind == _STRUCT:
                is_dictionary = True
                inner = 0
                while header[place]:
                    inner, kind, place = _field(header, place, inner)
                    if kind in _INTEGERS:
                        number, place = _integer(header, place)
                        values = number if inner == _VALUES else values
                place += 1
            elif kind in _INTEGERS:
                numbers[field], place = _integer(header, place)
            else:
                break
    except IndexError:
        pass
    return DictionaryPage(numbers[2], numbers[3], values, place + 1) if is_dictionary else None


def longest_text(content: bytes, codec: str, page: DictionaryPage) -> int | None:
    """Bytes of the longest text of a dictionary; None where its codec is not known here.

    Args:
        content: The page's content as it is in the file.
        codec: As Parquet names it.
        page: What its header says.

    Raises:
        ValueError: It is damaged.
    """
    plain: bytes | bytearray
    if codec == "UNCOMPRESSED":
        plain = content
    elif codec == "GZIP":
        try:
            plain = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, max(page.size, 1))
        except zlib.error as error:
            raise ValueError(str(error)) from error
    elif codec == "SNAPPY":
        plain = _unsnapped(content, page.size)
    else:
        return None
    place = longest = 0
    for _ in range(page.values):
        length = int.from_bytes(plain[place : place + 4], "little")
        place += 4 + length
        if place > len(plain):
            raise ValueError(f"a text of {length:,} bytes")
        longest = max(longest, length)
    return longest


def _unsnapped(content: bytes, size: int) -> bytearray:
    """What Snappy has packed: https://github.com/google/snappy/blob/main/format_description.txt."""
    plain = bytearray()
    try:
        _, place = _varint(content, 0)
        n_parts = 0
        while place < len(content) and len(plain) < size:
            n_parts += 1
            if n_parts > _MAX_PARTS:
                raise ValueError(f"Snappy has more than {_MAX_PARTS:,} parts")
            tag = content[place]
            place += 1
            if tag & 3 == 0:
                length = tag >> 2
                if length >= 60:
                    extra = length - 59
                    length = int.from_bytes(content[place : place + extra], "little")
                    place += extra
                plain += content[place : place + length + 1]
                place += length + 1
                continue
            width = (1, 2, 4)[(tag & 3) - 1]
            offset = int.from_bytes(content[place : place + width], "little")
            place += width
            length = (tag >> 2) + 1
            if width == 1:
                offset |= (tag >> 5) << 8
                length = ((tag >> 2) & 7) + 4
            if not 0 < offset <= len(plain):
                raise ValueError(f"Snappy looks back {offset:,} bytes")
            begin = len(plain) - offset
            part = plain[begin : begin + length]
            plain += (part * (length // len(part) + 1))[:length]
    except IndexError as error:
        raise ValueError("Snappy is cut short") from error
    return plain


def _field(header: bytes, place: int, before: int) -> tuple[int, int, int]:
    """The number and type of the field at `place`, and where its value is; the field before has the number `before`."""
    head = header[place]
    if head >> 4:
        return before + (head >> 4), head & 15, place + 1
    number, place = _integer(header, place + 1)
    return number, head & 15, place


def _integer(header: bytes, place: int) -> tuple[int, int]:
    """The zigzag number of 32 bits at `place`, and where it ends."""
    value, place = _varint(header, place)
    number = (value >> 1) ^ -(value & 1)
    return (number + (1 << 31)) % (1 << 32) - (1 << 31), place


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place
