"""Pages of dictionaries in Parquet files: how many values they claim, and what their texts are.

Their headers are Thrift's compact protocol (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), the fields
those of `PageHeader` in github.com/apache/parquet-format, src/main/thrift/parquet.thrift.
"""

from typing import Any, Final, NamedTuple

PAGE_HEADER: Final = 64
"""Bytes in which what is looked at stands."""
_INTEGERS: Final = frozenset({4, 5, 6})
_INTEGER: Final = 5
_LONG: Final = 6
_BINARY: Final = 8
_LIST: Final = 9
_STRUCT: Final = 12
_MAGIC: Final = b"PAR1"
_BYTE_ARRAY: Final = 6
CODECS: Final = ("UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW")
"""How pages may be packed, in the order of their numbers."""
_UNCOMPRESSED: Final = 2
_COMPRESSED: Final = 3
_DICTIONARY: Final = 7
_VALUES: Final = 1


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


def as_file(content: bytes, codec: str, page: DictionaryPage) -> bytes:
    """A Parquet file whose only column `v` has the texts of a dictionary as its rows.

    Args:
        content: The page's content, packed as it is.
        codec: As Parquet names it; `CODECS` has them.
        page: What its header says.
    """
    coding = {1: page.values, 2: 0, 3: 3, 4: 3}
    body = _MAGIC + _struct({1: 0, 2: page.size, 3: len(content), 5: _struct(coding)}) + content
    size = _Long(len(body) - len(_MAGIC))
    count = _Long(page.values)
    root = _struct({4: b"r", 5: 1})
    leaf = _struct({1: _BYTE_ARRAY, 3: 0, 4: b"v"})
    begin = _Long(len(_MAGIC))
    chunk = {1: _BYTE_ARRAY, 2: [0], 3: [b"v"], 4: CODECS.index(codec), 5: count, 6: size, 7: size, 9: begin}
    group = _struct({1: [_struct({2: begin, 3: _struct(chunk)})], 2: size, 3: count})
    footer = _struct({1: 1, 2: [root, leaf], 3: count, 4: [group]})
    return body + footer + len(footer).to_bytes(4, "little") + _MAGIC


class _Long(int):
    """A number of 64 bits; others have 32."""


class _Struct(bytes):
    """Fields that have been written."""


def _struct(fields: dict[int, Any]) -> _Struct:
    """Thrift's bytes for fields by their numbers: whole numbers, text, structures, and lists of one of these."""
    written = b""
    before = 0
    for number, value in fields.items():
        kind, content = _value(value)
        written += bytes([(number - before) << 4 | kind]) + content
        before = number
    return _Struct(written + b"\0")


def _value(value: Any) -> tuple[int, bytes]:
    """The type and the bytes of a field."""
    if isinstance(value, _Struct):
        return _STRUCT, value
    if isinstance(value, list):
        parts = [_value(each) for each in value]
        return _LIST, bytes([len(parts) << 4 | parts[0][0]]) + b"".join(content for _, content in parts)
    if isinstance(value, bytes):
        return _BINARY, bytes([len(value)]) + value
    left = value << 1
    written = bytearray()
    while left > 127:
        written.append(left & 127 | 128)
        left >>= 7
    return _LONG if isinstance(value, _Long) else _INTEGER, bytes([*written, left])


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
