"""Which rows of a Parquet file are read at once, so that memory stays bounded whatever they hold.

A dictionary makes it cheap for a file to claim that each of a million rows is a picture of 16 MB: sizes are asked for
before contents.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr
from recognizer.library.importing.parquet_columns import Columns
from recognizer.library.importing.parquet_file import BLOCK, ParquetFile

MAX_CONTENT: Final = 1 << 24
"""The most bytes of a row's picture or strokes."""
MAX_PIXELS: Final = 1 << 22
"""The most numbers of a picture."""
_LIGHT: Final = 1 << 23
"""Bytes of a block that may be copied as a whole."""
_INTEGERS: Final = 12_000_000
_FLOATS: Final = 4_000_000
"""Pixels that are read at once."""
_MOST_ROWS: Final = 8 * BLOCK
_ASKED: Final = 128 * BLOCK
"""Rows whose sizes are asked for at once."""
_HUGE: Final = 1 << 50


class Window(NamedTuple):
    """Rows that can be read at once.

    Attributes:
        begin: The first one.
        end: The one after the last.
        is_too_large: Whether it is a single row whose content must not be read.
    """

    begin: int
    end: int
    is_too_large: bool = False


def windows_of(file: ParquetFile, columns: Columns, begin: int, end: int) -> Iterator[Window]:
    """The windows of the rows from `begin` up to `end`."""
    if columns.cells:
        rows = max(1, min(_MOST_ROWS, _most_pixels(columns) // len(columns.cells)))
        for start in range(begin, end, rows):
            yield Window(start, min(start + rows, end))
        return
    budget = _most_pixels(columns) if columns.is_array else _LIGHT
    most = MAX_PIXELS if columns.is_array else MAX_CONTENT
    start = begin
    gathered = 0
    for first, sizes in _blocks(file, columns, begin, end):
        size = int(sizes.sum())
        last = first + len(sizes)
        # Contents of light rows stream; arrays are taken as a whole.
        is_full = columns.is_array and (gathered + size > budget or last - start > _MOST_ROWS)
        if first > start and (size > budget or is_full):
            yield Window(start, first)
            start, gathered = first, 0
        if size > budget:
            yield from _parts(first, sizes, budget, most)
            start = last
        else:
            gathered += size
    if end > start:
        yield Window(start, end)


def _most_pixels(columns: Columns) -> int:
    return _FLOATS if columns.kind in ("FLOAT", "DOUBLE") else _INTEGERS


def _blocks(file: ParquetFile, columns: Columns, begin: int, end: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The first row of each block, and the sizes of its rows."""
    # Neither summed nor sorted by DuckDB: it would copy contents for that.
    query = f"SELECT {columns.size} AS size FROM {file.table()} WHERE file_row_number BETWEEN $2 AND $3"
    for start in range(begin, end, _ASKED):
        stop = min(start + _ASKED, end)
        (found,) = file.arrays(query, file.parameters(start, stop - 1)).values()
        if len(found) != stop - start:
            raise file.damaged(tr("it has fewer rows than it claims"))
        sizes = np.minimum(np.ma.getdata(found), _HUGE).astype(np.int64)
        for first in range(0, len(sizes), BLOCK):
            yield start + first, sizes[first : first + BLOCK]


def _parts(first: int, sizes: NDArray[np.int64], budget: int, most: int) -> Iterator[Window]:
    """Windows of a heavy block that begins with the row `first`."""
    start, gathered = first, 0
    for number, size in enumerate(sizes.tolist(), first):
        is_too_large = size > most
        if number > start and (gathered + size > budget or is_too_large):
            yield Window(start, number)
            start, gathered = number, 0
        if is_too_large:
            yield Window(number, number + 1, is_too_large=True)
            start = number + 1
        else:
            gathered += size
    if first + len(sizes) > start:
        yield Window(start, first + len(sizes))
