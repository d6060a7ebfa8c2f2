"""Typefaces for print: those that come with the program, then the system's, chosen by the characters that they have."""

import mmap
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.resources import resource_path

_OWN: Final = ("fonts/Inter-Regular.otf", "fonts/RecognizerSansSC.otf")
_OWN_BOLD: Final = ("fonts/Inter-SemiBold.otf", "fonts/RecognizerSansSC.otf")
_WANTED: Final = ("notosanscjk", "notosanssc", "sourcehansans", "msyh", "pingfang", "wqy", "hiragino", "simhei", "deng")
"""Parts of the names of files that hold many 汉字; these are looked at first."""
_UNWANTED: Final = ("bold", "black", "heavy", "light", "thin", "medium", "italic", "oblique", "mono", "msyhbd", "msyhl")
_MOST_FACES: Final = 40
_MOST_FILES: Final = 3000
_MOST_BYTES: Final = 1 << 27
_MOST_SEGMENTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Typeface:
    """A file, and which of the typefaces in it."""

    path: Path
    index: int = 0


@cache
def font(typeface: Typeface, size: int) -> ImageFont.FreeTypeFont:
    """A typeface at `size` pixels to the em."""
    # Without shaping every platform sets a line alike.
    return ImageFont.truetype(str(typeface.path), size, typeface.index, layout_engine=ImageFont.Layout.BASIC)


def runs(text: str, *, is_bold: bool = False) -> list[tuple[str, Typeface]]:
    """`text` in pieces, each with a typeface that has all its characters.

    Raises:
        RecognizerError: Neither the program nor the system has a typeface with a character; it is named.
    """
    pieces: list[tuple[str, Typeface]] = []
    for character in text:
        path = _font_for(character, is_bold)
        if pieces and pieces[-1][1] == path:
            pieces[-1] = (pieces[-1][0] + character, path)
        else:
            pieces.append((character, path))
    return pieces


def can_print(text: str) -> bool:
    """Whether the program's own typefaces have every character of `text`."""
    held = [_characters(typeface) for typeface in _own_typefaces(False)]
    return all(any(ord(character) in characters for characters in held) for character in text)


@cache
def _font_for(character: str, is_bold: bool) -> Typeface:
    for typeface in _own_typefaces(is_bold):
        if ord(character) in _characters(typeface):
            return typeface
    for path in _system_fonts():
        typeface = Typeface(path, _chinese_face(path))
        if ord(character) in _characters(typeface):
            return typeface
    raise RecognizerError(
        tr("There is no typeface for a character on the sheet"),
        where=f"{character} (U+{ord(character):04X})",
        fix=tr("Leave it out, or install a typeface that has it, such as Noto Sans CJK"),
    )


@cache
def _own_typefaces(is_bold: bool) -> tuple[Typeface, ...]:
    return tuple(Typeface(resource_path(name)) for name in (_OWN_BOLD if is_bold else _OWN))


@cache
def _system_fonts() -> tuple[Path, ...]:
    """The files of the system's typefaces, those for 汉字 first."""
    found = [path for folder in _folders() for path in _files_below(folder)][:_MOST_FILES]
    return tuple(sorted(found, key=lambda path: (_rank(path.name), path.name.lower())))


def _rank(name: str) -> tuple[int, bool]:
    plain = name.lower().replace("-", "").replace("_", "")
    wanted = next((place for place, part in enumerate(_WANTED) if part in plain), len(_WANTED))
    return wanted, any(part in plain for part in _UNWANTED)


def _folders() -> tuple[Path, ...]:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        own = (Path(local) / "Microsoft" / "Windows" / "Fonts",) if local else ()
        return (Path(os.environ.get("WINDIR", "C:\\Windows")) / "Fonts", *own)
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path.home() / "Library" / "Fonts"
    own_data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), own_data / "fonts", Path.home() / ".fonts"


def _files_below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root) / name for name in sorted(names) if name.lower().endswith((".otf", ".ttf", ".ttc")))


@cache
def _characters(typeface: Typeface) -> frozenset[int]:
    """The code points for which a typeface has a glyph; none where the file is damaged or unreadable."""
    try:
        content = _content(typeface.path)
        return _mapped(content, _table(content, _starts(content)[typeface.index], b"cmap"))
    except (OSError, struct.error, ValueError, IndexError):
        return frozenset()


@cache
def _chinese_face(path: Path) -> int:
    """Which typeface of a collection draws 汉字 as they are drawn in China: many have one for each country."""
    if path.suffix.lower() != ".ttc":
        return 0
    try:
        content = _content(path)
        names = [_family(content, start) for start in _starts(content)]
    except (OSError, struct.error, ValueError, IndexError):
        return 0
    return next((index for index, name in enumerate(names) if name.endswith((" SC", " GB", " Hei"))), 0)


def _content(path: Path) -> memoryview:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(path)
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _starts(content: memoryview) -> tuple[int, ...]:
    """Where the typefaces of a file begin."""
    if bytes(content[:4]) != b"ttcf":
        return (0,)
    (count,) = struct.unpack_from(">I", content, 8)
    return struct.unpack_from(f">{min(count, _MOST_FACES)}I", content, 12)


def _table(content: memoryview, start: int, tag: bytes) -> int:
    """Where a table of a typeface begins."""
    (count,) = struct.unpack_from(">H", content, start + 4)
    for place in range(count):
        name, _, offset, _ = struct.unpack_from(">4sIII", content, start + 12 + 16 * place)
        if name == tag:
            return int(offset)
    raise ValueError(tag)


def _family(content: memoryview, start: int) -> str:
    """The name of a typeface, in English; empty where it has none in Unicode."""
    table = _table(content, start, b"name")
    count, texts = struct.unpack_from(">HH", content, table + 2)
    for place in range(count):
        platform, _, language, kind, length, at = struct.unpack_from(">6H", content, table + 6 + 12 * place)
        if (platform, language, kind) == (3, 0x409, 1):
            return bytes(content[table + texts + at : table + texts + at + length]).decode("utf-16-be", "replace")
    return ""


def _mapped(content: memoryview, cmap: int) -> frozenset[int]:
    """The code points in the best Unicode table of `cmap`."""
    (count,) = struct.unpack_from(">H", content, cmap + 2)
    found: dict[int, int] = {}
    for place in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", content, cmap + 4 + 8 * place)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            (kind,) = struct.unpack_from(">H", content, cmap + offset)
            found.setdefault(kind, cmap + offset)
    if 12 in found:
        return _groups(content, found[12])
    return _segments(content, found[4]) if 4 in found else frozenset()


def _groups(content: memoryview, start: int) -> frozenset[int]:
    """Of a table of format 12."""
    (count,) = struct.unpack_from(">I", content, start + 12)
    points: set[int] = set()
    for place in range(min(count, _MOST_SEGMENTS)):
        first, last, glyph = struct.unpack_from(">III", content, start + 16 + 12 * place)
        points.update(range(first + (glyph == 0), min(last, 0x10FFFF) + 1))
    return frozenset(points)


def _segments(content: memoryview, start: int) -> frozenset[int]:
    """Of a table of format 4."""
    count = struct.unpack_from(">H", content, start + 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", content, start + 14 + 2 * count * part + 2 * (part > 0)) for part in range(4)
    )
    points: set[int] = set()
    at = start + 16 + 6 * count
    for place, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if offset:
                (glyph,) = struct.unpack_from(">H", content, at + 2 * place + offset + 2 * (point - first))
            if glyph and (glyph if offset else (glyph + delta) & 0xFFFF):
                points.add(point)
    return frozenset(points)
