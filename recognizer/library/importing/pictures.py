"""Samples that are files of their own: pictures, photos, sheets, and ink files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.images import decode_grey, decode_rgb
from recognizer.imaging.photo import symbol_of
from recognizer.ink.files import read_ink_file
from recognizer.ink.ink_file import InkFile
from recognizer.library.importing.files import DataFile, LeftOutError, renamed
from recognizer.library.importing.formats import Kind, kind_by_name, kind_of, kind_of_content
from recognizer.library.importing.reader import Facts
from recognizer.library.importing.words import created_of, flags_of, split_of
from recognizer.library.rawdata import bad_data
from recognizer.library.samples import Chunk, Content, Problem

MAX_PICTURE_BYTES: Final = 1 << 26
"""The largest file of a picture."""
_SHEET: Final = 400
"""Pixels of the shorter side from which on a picture may be a photo of a sheet."""

Item = tuple[Content, Facts] | Problem
"""A sample with what is known of it, or why there is none."""


def items_of(file: DataFile, facts: Facts, is_loose: bool) -> Iterator[Item]:
    """The samples of a file.

    Args:
        file: A picture, an ink file, or something else, which gives nothing.
        facts: What is known of its samples; an ink file that says what its drawings show knows better.
        is_loose: Whether nothing says what the file shows, so that it may as well be a sheet.

    Raises:
        RecognizerError: It cannot be read, is damaged, or is an archive.
    """
    by_name = kind_by_name(file)
    if by_name is Kind.PICTURE:
        begin = file.head()
        kind = kind_of_content(begin, "")
        if kind not in (Kind.PICTURE, Kind.INK, Kind.ARCHIVE):
            # The decoder says what is wrong with it; more of it is not needed for that.
            yield from _of_picture(begin, file.shown, facts, is_loose)
            return
    else:
        kind = kind_of(file)
    if kind is Kind.PICTURE:
        yield from _of_picture(_content(file), file.shown, facts, is_loose)
    elif kind is Kind.INK:
        yield from zip(*_of_ink(file, facts), strict=True)
    elif kind is Kind.ARCHIVE:
        raise LeftOutError(
            tr("An archive inside is not opened"), where=str(file.shown), fix=tr("Unpack it, and import what it holds")
        )


def _content(file: DataFile) -> bytes:
    with file.reading(), file.open() as stream:
        # What the file claims is checked first, so that nothing is gathered in vain.
        content = stream.read(MAX_PICTURE_BYTES + 1) if file.size() <= MAX_PICTURE_BYTES else b""
        if not content or len(content) > MAX_PICTURE_BYTES:
            raise bad_data(file.shown, tr("it is larger than {most:,} bytes", most=MAX_PICTURE_BYTES))
    return content


def _of_picture(content: bytes, shown: Path, facts: Facts, is_loose: bool) -> Iterator[Item]:
    grey = decode_grey(content, shown)
    if is_loose and min(grey.shape) > _SHEET:
        sheet = _read_sheet(decode_rgb(content, shown), shown)
        if sheet is not None:
            yield from _of_chunk(sheet, facts)
            return
    yield symbol_of(grey, lambda: decode_rgb(content, shown)), facts


def _read_sheet(picture: NDArray[np.uint8], shown: Path) -> Chunk | None:
    # Imported here: few imports have a photo that is large enough.
    from recognizer.library.sheets.reading import read_sheet

    return read_sheet(picture, shown)


def _of_chunk(chunk: Chunk, facts: Facts) -> Iterator[Item]:
    yield from chunk.problems
    for place, content in enumerate(chunk.contents):
        yield (
            content,
            Facts(
                label=chunk.labels[place] if chunk.labels else facts.label,
                split=(chunk.splits[place] if chunk.splits else None) or facts.split,
                writer=(chunk.writers[place] if chunk.writers else "") or facts.writer,
                source=(chunk.sources[place] if chunk.sources else "") or facts.source,
                note=(chunk.notes[place] if chunk.notes else "") or facts.note,
                flags=chunk.flags[place] if chunk.flags else facts.flags,
                created=(chunk.created[place] if chunk.created else 0) or facts.created,
            ),
        )


def _of_ink(file: DataFile, facts: Facts) -> tuple[tuple[Content, ...], list[Facts]]:
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
