"""What a file is: by its content, and by its name only where many files are counted or the content says nothing."""

import zlib
from enum import Enum, auto
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.zips import GZIP
from recognizer.imaging.images import IMAGE_SUFFIXES
from recognizer.ink.files import InkKind, kind_of_begin
from recognizer.library.importing.files import DataFile
from recognizer.library.importing.idx_files import is_idx_begin, is_idx_name


class Kind(Enum):
    """Kinds of files."""

    PICTURE = auto()
    INK = auto()
    TABLE = auto()
    IDX = auto()
    NPZ = auto()
    NPY = auto()
    PARQUET = auto()
    ARCHIVE = auto()
    """Something with files inside; a ZIP that is no NPZ, too."""
    EMPTY = auto()
    OTHER = auto()


INK_SUFFIXES: Final = frozenset({".inkml", ".unp", ".unipen"})
TABLE_SUFFIXES: Final = frozenset({".csv", ".tsv", ".txt"})
_PICTURES: Final = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    *(b"P%d%c" % (kind, blank) for kind in range(1, 7) for blank in b" \t\r\n"),
)
_ARCHIVES: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
)
_ARCHIVE_SUFFIXES: Final = frozenset({".zip", ".rar", ".7z", ".tar", ".tgz", ".xz", ".bz2", ".zst"})
_BY_SUFFIX: Final = {
    **dict.fromkeys(IMAGE_SUFFIXES, Kind.PICTURE),
    **dict.fromkeys(INK_SUFFIXES, Kind.INK),
    **dict.fromkeys(TABLE_SUFFIXES, Kind.TABLE),
    **dict.fromkeys(_ARCHIVE_SUFFIXES, Kind.ARCHIVE),
    ".npz": Kind.NPZ,
    ".npy": Kind.NPY,
    ".parquet": Kind.PARQUET,
}
_LEAST_CELLS: Final = 5


def kind_by_name(file: DataFile) -> Kind | None:
    """What the file's name says that it is; None where it says nothing."""
    by_suffix = _BY_SUFFIX.get(file.suffix)
    return Kind.IDX if by_suffix is None and is_idx_name(file.name) else by_suffix


def kind_of(file: DataFile) -> Kind:
    """What the file is.

    Raises:
        RecognizerError: It cannot be read.
    """
    begin = file.head()
    by_name = kind_by_name(file)
    if not begin:
        return Kind.EMPTY
    if begin.startswith(GZIP):
        inner = _unzipped(begin)
        if by_name is Kind.IDX or is_idx_begin(inner):
            return Kind.IDX
        return Kind.TABLE if _is_table(inner) else Kind.ARCHIVE
    found = kind_of_content(begin, file.suffix)
    return found if found is not Kind.OTHER or by_name is None else by_name


def kind_of_content(begin: bytes, suffix: str) -> Kind:
    """What a file is that begins like that; its name's ending only tells a ZIP from an NPZ, and text from text."""
    if begin.startswith(b"PK\x03\x04") and suffix == ".npz":
        return Kind.NPZ
    if begin.startswith(_ARCHIVES) or begin[257:262] == b"ustar":
        return Kind.ARCHIVE
    if begin.startswith(_PICTURES) or (begin[:4] == b"RIFF" and begin[8:12] == b"WEBP") or _is_bmp(begin):
        return Kind.PICTURE
    if begin.startswith(b"PAR1"):
        return Kind.PARQUET
    if begin.startswith(b"\x93NUMPY"):
        return Kind.NPY
    if is_idx_begin(begin):
        return Kind.IDX
    if kind_of_begin(begin, "") in (InkKind.INKML, InkKind.UNIPEN):
        return Kind.INK
    return Kind.TABLE if _is_table(begin) else Kind.OTHER


def has_samples(file: DataFile) -> bool:
    """Whether a file is a picture or an ink file: by its name, else by its content."""
    by_name = kind_by_name(file)
    if by_name is not None:
        return by_name in (Kind.PICTURE, Kind.INK)
    try:
        return kind_of(file) in (Kind.PICTURE, Kind.INK)
    except RecognizerError:
        return False


def _is_bmp(begin: bytes) -> bool:
    # The two letters alone begin many a text.
    return begin[:2] == b"BM" and begin[6:10] == b"\0\0\0\0"


def _is_table(begin: bytes) -> bool:
    """Whether a file's first line is text in several cells."""
    line = begin.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    if any(byte < 32 and byte not in b"\t\r" for byte in line):
        return False
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be cut in two.
        if error.start < len(line) - 3:
            return False
    return max(line.count(mark) for mark in (b",", b";", b"\t")) + 1 >= _LEAST_CELLS


def _unzipped(begin: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(begin, 4096)
    except zlib.error:
        return b""
