"""The table `samples.csv` that says of every file of a folder what is known of it; our own exports have one."""

import csv
from collections.abc import Iterator
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.csv_pixels import MAX_LINE
from recognizer.library.importing.files import DataFile, Folder
from recognizer.library.importing.words import unescaped
from recognizer.library.rawdata import bad_data

NAMES: Final = ("samples.csv", "labels.csv")
_FILE_COLUMNS: Final = ("file", "filename", "path")
_LOOKED_AT: Final = 4096


def manifest_of(folder: Folder) -> DataFile | None:
    """The folder's manifest: a table whose header has columns for the file and the label; None where it has none."""
    for name in NAMES:
        file = folder.files.get(name)
        if file is None:
            continue
        try:
            begin = file.head(_LOOKED_AT).decode("utf-8-sig", "replace")
        except RecognizerError:
            continue
        header = _header(begin.split("\n", 1)[0].split(","))
        if "label" in header and any(column in header for column in _FILE_COLUMNS):
            return file
    return None


def rows_of(file: DataFile) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a manifest: the path of a file in its folder, and the cells by the names of their columns.

    Raises:
        RecognizerError: It cannot be read, or a line is too long or no text.
    """
    with file.reading(), file.open() as stream:
        reader = csv.reader(_texts(stream, file))
        header: list[str] = []
        while True:
            try:
                cells = next(reader, None)
            except (csv.Error, UnicodeDecodeError) as error:
                reason = tr("line {number} is no text", number=reader.line_num + 1)
                raise bad_data(file.shown, reason) from error
            if cells is None:
                return
            if not cells:
                continue
            if not header:
                header = _header(cells)
                continue
            row = dict(zip(header, cells, strict=False))
            path = next((row[name] for name in _FILE_COLUMNS if name in row), "")
            if path:
                yield unescaped(path), row


def _header(cells: list[str]) -> list[str]:
    return [cell.strip().strip('"').lower() for cell in cells]


def _texts(stream: object, file: DataFile) -> Iterator[str]:
    number = 0
    while line := stream.readline(MAX_LINE + 1):  # type: ignore[attr-defined]
        number += 1
        if len(line) > MAX_LINE:
            reason = tr("line {number} is longer than {most:,} bytes", number=number, most=MAX_LINE)
            raise bad_data(file.shown, reason)
        yield line.decode("utf-8-sig" if number == 1 else "utf-8")
