"""Samples that are files of their own: pictures, photos, sheets, and ink files."""

from collections.abc import Iterator
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.images import decode_grey, decode_rgb
from recognizer.imaging.photo import symbol_of
from recognizer.ink.files import read_ink_file
from recognizer.ink.ink_file import InkFile
from recognizer.ink.stroke import Ink
from recognizer.library.importing.files import DataFile, LeftOutError, renamed
from recognizer.library.importing.foreign import foreign_photo
from recognizer.library.importing.formats import Kind, kind_by_name, kind_of, kind_of_content
from recognizer.library.importing.reader import Facts
from recognizer.library.importing.sheet_photos import Doubtful, Item, SheetPhotos
from recognizer.library.importing.words import created_of, flags_of, split_of
from recognizer.library.rawdata import bad_data

MAX_PICTURE_BYTES: Final = 1 << 26
"""The largest file of a picture."""
_SHEET: Final = 400
"""Pixels of the shorter side from which on a picture may be a photo of a sheet."""


def items_of(file: DataFile, facts: Facts, sheets: SheetPhotos | None) -> Iterator[Item | Doubtful]:
    """The samples of a file.

    Args:
        file: A picture, an ink file, or something else, which gives nothing.
        facts: What is known of its samples; an ink file that says what its drawings show knows better.
        sheets: The sheets of the import so far; None where it is known that the file is no photo of one.

    Raises:
        RecognizerError: It cannot be read, is damaged, or is an archive.
    """
    by_name = kind_by_name(file)
    if by_name is Kind.PICTURE:
        begin = file.head()
        kind = kind_of_content(begin, "")
        if kind not in (Kind.PICTURE, Kind.INK, Kind.ARCHIVE):
            foreign = foreign_photo(file)
            if foreign is not None:
                raise foreign
            # The decoder says what is wrong with it; more of it is not needed for that.
            yield from _of_picture(begin, file, facts, sheets)
            return
    else:
        kind = kind_of(file)
    if kind is Kind.PICTURE:
        yield from _of_picture(_content(file), file, facts, sheets)
    elif kind is Kind.INK:
        yield from zip(*_of_ink(file, facts), strict=True)
    elif kind is Kind.ARCHIVE:
        raise LeftOutError(
            tr("An archive inside is not opened"), where=str(file.shown), fix=tr("Unpack it, and import what it holds")
        )
    elif kind is Kind.OTHER:
        foreign = foreign_photo(file)
        if foreign is not None:
            raise foreign


def _content(file: DataFile) -> bytes:
    with file.reading(), file.open() as stream:
        # What the file claims is checked first, so that nothing is gathered in vain.
        content = stream.read(MAX_PICTURE_BYTES + 1) if file.size() <= MAX_PICTURE_BYTES else b""
        if not content or len(content) > MAX_PICTURE_BYTES:
            raise bad_data(file.shown, tr("it is larger than {most:,} bytes", most=MAX_PICTURE_BYTES))
    return content


def _of_picture(content: bytes, file: DataFile, facts: Facts, sheets: SheetPhotos | None) -> Iterator[Item | Doubtful]:
    shown = file.shown
    grey = decode_grey(content, shown)
    if sheets is None or min(grey.shape) <= _SHEET:
        yield symbol_of(grey, lambda: decode_rgb(content, shown)), facts
        return
    items = sheets.items(decode_rgb(content, shown), file, facts)
    if items is not None:
        yield from items
        return
    yield Doubtful(symbol_of(grey, lambda: decode_rgb(content, shown)), facts, shown)


def _of_ink(file: DataFile, facts: Facts) -> tuple[tuple[Ink, ...], list[Facts]]:
    read = _ink_file(file)
    labels = read.labels if any(label.strip() for label in read.labels) else (facts.label,) * len(read)
    created = facts.created or created_of(read.date)
    return read.inks, [
        Facts(
            label,
            split_of(said.get("split", "")) or facts.split,
            facts.writer or writer,
            said.get("source", facts.source),
            said.get("note", facts.note),
            flags_of(said.get("flags", "")) or facts.flags,
            created_of(said.get("created", "")) or created,
        )
        for label, writer, said in zip(labels, read.writers, read.facts, strict=True)
    ]


def _ink_file(file: DataFile) -> InkFile:
    with file.local() as path:
        try:
            return read_ink_file(path)
        except RecognizerError as error:
            raise renamed(error, path, file.shown) from error
