"""Pictures as numbers in Parquet: lists of pixels, or a column for each."""

from collections.abc import Iterable, Iterator
from math import isqrt, prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.importing.parquet_columns import Columns
from recognizer.library.importing.parquet_file import ParquetFile
from recognizer.library.importing.parquet_windows import Window
from recognizer.library.rawdata import GreyRange, bad_data
from recognizer.library.samples import Content

Row = tuple[int, Content | RecognizerError, dict[str, Any]]
"""The number of a row, its content or why there is none, and its texts."""
SETTLED_ROWS: Final = 16_384
"""After so many rows it is settled what the numbers mean."""
_CHANNELS: Final = (1, 3, 4)
_LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Shares of red, green and blue in grey: ITU-R BT.601."""


class PixelReader:
    """Reads windows of rows.

    Args:
        file: The table.
        columns: What its columns are.
        shown: The file, for errors.
    """

    def __init__(self, file: ParquetFile, columns: Columns, shown: Path) -> None:
        self._file = file
        self._columns = columns
        self._shown = shown
        self._range = GreyRange()
        self._is_settled = False
        self._kind = "FLOAT"

    def settle(self, windows: Iterable[Window]) -> None:
        """Find out what the numbers mean, from the rows of the first windows.

        Raises:
            RecognizerError: They are no grey levels.
        """
        for window in windows:
            if not window.is_too_large:
                self._range.add(self._values(window.begin, window.end)[0])
            if self._range.high > 16:
                break
        if self._range.high < self._range.low:
            raise bad_data(self._shown, tr("its pictures hold no numbers"))
        self._range.check(self._shown)
        if self._columns.kind not in ("FLOAT", "DOUBLE") and self._range.low >= 0 and self._range.high <= 255:
            self._kind = "UTINYINT"

    def read(self, begin: int, end: int) -> Iterator[Row]:
        """The rows from `begin` up to `end`."""
        texts, shapes = self._columns.texts, self._columns.shape
        length = f"len(TRY_CAST({self._columns.pixels} AS {self._kind}[]))" if self._columns.pixels else "NULL"
        wanted = ", ".join(("file_row_number", length, *shapes, *texts.values()))
        query = f"SELECT {wanted} FROM {self._file.table()} WHERE file_row_number BETWEEN $2 AND $3"
        rows = self._file.rows(query, self._file.parameters(begin, end - 1))
        values, is_missing = self._values(begin, end)
        fits = self._range.fits(values[:, None]) if len(values) else np.zeros(0, bool)
        fits &= ~is_missing
        values[~fits] = 0
        levels = self._range.levels(values)
        place = 0
        for number, length, *more in rows:
            shape = tuple(more[: len(shapes)]) if shapes else (len(self._columns.cells),)
            found = dict(zip(texts, more[len(shapes) :], strict=True))
            n = shape[0] if self._columns.cells else length or 0
            part = slice(place, place + n)
            place += n
            yield number, self._picture(levels[part], fits[part], shape), found

    def _values(self, begin: int, end: int) -> tuple[NDArray, NDArray[np.bool_]]:
        """The numbers of all pictures one after the other, and which of them are missing."""
        file, columns = self._file, self._columns
        condition = "WHERE file_row_number BETWEEN $2 AND $3"
        parameters = file.parameters(begin, end - 1)
        if columns.pixels:
            query = f"SELECT unnest(TRY_CAST({columns.pixels} AS {self._kind}[])) AS v FROM {file.table()} {condition}"
            (flat,) = file.arrays(query, parameters).values()
        else:
            wanted = ", ".join(f"TRY_CAST({cell} AS {self._kind}) AS p{n}" for n, cell in enumerate(columns.cells))
            found = file.arrays(f"SELECT {wanted} FROM {file.table()} {condition}", parameters)
            is_masked = any(isinstance(values, np.ma.MaskedArray) for values in found.values())
            flat = (np.ma.stack if is_masked else np.stack)(list(found.values()), axis=1).ravel()
        values = np.array(np.ma.getdata(flat))
        return values, np.broadcast_to(np.ma.getmaskarray(flat), values.shape)

    def _picture(
        self, levels: NDArray[np.uint8], fits: NDArray[np.bool_], shape: tuple[Any, ...]
    ) -> Content | RecognizerError:
        """A picture, or the error that it is.

        Args:
            levels: (n,), its grey levels.
            fits: (n,), which of them are that.
            shape: The lengths of the list's dimensions; None where there is no list.
        """
        if None in shape or prod(shape) == 0:
            return bad_data(self._shown, tr("the row holds neither a picture nor strokes"))
        if prod(shape) != len(levels):
            return bad_data(self._shown, tr("the pixels of a row are no rectangle"))
        if not fits.all():
            return bad_data(self._shown, tr("a row holds values that are no grey levels"))
        if len(shape) == 1:
            side = isqrt(len(levels))
            if side * side != len(levels):
                return bad_data(self._shown, tr("{n} pixels a picture are no square", n=len(levels)))
            return levels.reshape(side, side)
        if len(shape) == 2:
            return levels.reshape(shape)
        if shape[2] in _CHANNELS:
            return _grey(levels.reshape(shape))
        if shape[0] in _CHANNELS:
            return _grey(np.moveaxis(levels.reshape(shape), 0, 2))
        return bad_data(self._shown, tr("pictures of shape {shape}", shape=shape))


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture, (h, w, channels), in grey."""
    if picture.shape[2] == 1:
        return picture[..., 0]
    return np.round(picture[..., :3].astype(np.float32) @ _LUMINANCE).astype(np.uint8)
