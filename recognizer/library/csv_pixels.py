"""CSV tables of pictures, line by line: a label, the pixels, and perhaps more that is known, in each row."""

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.importing.words import FACT_COLUMNS, LABEL_COLUMNS, unescaped
from recognizer.library.rawdata import bad_data

MAX_LINE: Final = 1 << 22
"""Bytes of a line; of a longer one no more is ever read."""
_BLOCK_ROWS: Final = 512
_BLOCK_BYTES: Final = 1 << 20
_LEAST_PIXELS: Final = 4
_LEAST_UNLABELLED: Final = 16
_MOST_DIGITS: Final = 5


@dataclass(slots=True, eq=False)
class TableBlock:
    """Some rows of a table.

    Attributes:
        pixels: (n, side, side) int32 or float32, finite.
        lines: The n numbers of their lines, from 1.
        cells: The n cells of each other column, by `label` or a name in `FACT_COLUMNS`.
        problems: The numbers of lines that could not be used, each with what is wrong.
    """

    pixels: NDArray
    lines: list[int] = field(default_factory=list)
    cells: dict[str, list[str]] = field(default_factory=dict)
    problems: list[tuple[int, RecognizerError]] = field(default_factory=list)


class PixelTable:
    """A table that is being read; a first row without numbers is its header and may name columns.

    Args:
        stream: The file, from its begin.
        path: The file, for errors.

    Attributes:
        columns: Where `label` and the facts stand, by name; without `label` nothing says what the pictures show.
        side: Height and width of the pictures.

    Raises:
        RecognizerError: It is no text, or its rows are no pictures.
        OSError: It cannot be read.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        lines = _lines(stream, path)
        self._path = path
        first = next(lines, None)
        if first is None:
            raise bad_data(path, tr("it is empty"))
        line = first[1]
        self._separator = max((b",", b";", b"\t"), key=line.count)
        try:
            cells = [cell.strip() for cell in self._split(line)]
        except (csv.Error, UnicodeDecodeError) as error:
            raise bad_data(path, tr("it is no text")) from error
        self._width = len(cells)
        self.columns, self._pixels, is_header = _columns(cells, path)
        # Whoever stops reading rows leaves the rest of them.
        self._lines = itertools.chain(() if is_header else (first,), lines)
        self.side = round(float(np.sqrt(len(self._pixels))))
        begin = self._pixels[0]
        self._is_in_one_piece = self._pixels == list(range(begin, begin + len(self._pixels)))
        self._n_before = begin
        self._n_after = self._width - begin - len(self._pixels)
        self._places = {name: place for place, name in sorted((place, name) for name, place in self.columns.items())}

    def blocks(self) -> Iterator[TableBlock]:
        """The rows, some hundred at a time.

        Raises:
            RecognizerError: A line is too long to go on.
            OSError: It cannot be read on.
        """
        lines: list[int] = []
        bodies: list[bytes] = []
        rows: list[list[str]] = []
        problems: list[tuple[int, RecognizerError]] = []
        size = 0
        failure: Exception | None = None
        while True:
            try:
                number, line = next(self._lines, (0, b""))
            except Exception as error:
                # What came before is handed on first.
                failure = error
                break
            if not number:
                break
            try:
                others, body = self._parted(line, number)
            except RecognizerError as error:
                problems.append((number, error))
            else:
                rows.append(others)
                bodies.append(body)
                lines.append(number)
                size += len(body)
            if len(bodies) + len(problems) >= _BLOCK_ROWS or size >= _BLOCK_BYTES:
                yield self._block(lines, bodies, rows, problems)
                lines, bodies, rows, problems, size = [], [], [], [], 0
        if bodies or problems:
            yield self._block(lines, bodies, rows, problems)
        if failure is not None:
            raise failure

    def labels(self) -> Iterator[str | None]:
        """The labels of the rows that have not been read yet, whose pixels are not looked at; None for a bad row.

        Raises:
            RecognizerError: A line is too long to go on.
            OSError: It cannot be read on.
        """
        place = list(self._places).index("label") if "label" in self._places else -1
        for number, line in self._lines:
            try:
                others, _ = self._parted(line, number)
            except RecognizerError:
                yield None
            else:
                yield _label(others[place]) if place >= 0 else ""

    def _split(self, line: bytes) -> list[str]:
        text = line.decode("utf-8").rstrip("\r\n")
        return next(csv.reader([text], delimiter=self._separator.decode()), [])

    def _parted(self, line: bytes, number: int) -> tuple[list[str], bytes]:
        """The cells of a row that are no pixels, in the order of their columns, and its pixels as text."""
        separator = self._separator
        if self._is_in_one_piece and b'"' not in line:
            line = line.rstrip(b"\r\n")
            *before, body = line.split(separator, self._n_before)
            body, *after = body.rsplit(separator, self._n_after) if self._n_after else [body]
            if (
                len(before) != self._n_before
                or len(after) != self._n_after
                or body.count(separator) != len(self._pixels) - 1
            ):
                raise self._wrong_width(number, line.count(separator) + 1)
            try:
                texts = [cell.decode("utf-8") for cell in (*before, *after)]
            except UnicodeDecodeError as error:
                raise bad_data(self._path, tr("line {number} is no text", number=number)) from error
            begin = self._n_before
            others = [texts[place if place < begin else place - len(self._pixels)] for place in self._places.values()]
            return others, body
        try:
            cells = self._split(line)
        except (csv.Error, UnicodeDecodeError) as error:
            raise bad_data(self._path, tr("line {number} is no text", number=number)) from error
        if len(cells) != self._width:
            raise self._wrong_width(number, len(cells))
        pixels = separator.decode().join(cells[place].strip() or "?" for place in self._pixels)
        return [cells[place] for place in self._places.values()], pixels.encode("utf-8")

    def _wrong_width(self, number: int, found: int) -> RecognizerError:
        return bad_data(
            self._path,
            tr("line {number} has {found} values, not {wanted}", number=number, found=found, wanted=self._width),
        )

    def _block(
        self,
        lines: list[int],
        bodies: list[bytes],
        rows: list[list[str]],
        problems: list[tuple[int, RecognizerError]],
    ) -> TableBlock:
        n = len(self._pixels)
        values: NDArray | None = _integers(bodies, n, self._separator[0]) if bodies else np.zeros((0, n), np.int32)
        if values is None:
            values, is_good = _numbers(bodies, n, self._separator.decode())
            for place in np.flatnonzero(~is_good):
                reason = tr("line {number} holds something that is no number", number=lines[place])
                problems.append((lines[place], bad_data(self._path, reason)))
            values = values[is_good]
            lines = [line for line, good in zip(lines, is_good, strict=True) if good]
            rows = [row for row, good in zip(rows, is_good, strict=True) if good]
        cells = {name: [row[place] for row in rows] for place, name in enumerate(self._places)}
        if "label" in cells:
            cells["label"] = [_label(cell) for cell in cells["label"]]
        return TableBlock(values.reshape(-1, self.side, self.side), lines, cells, problems)


def _lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """The rows that are not empty, each with the number of its first line; cells in quotes may go over several."""
    reader: Any = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream, 1 << 17)
    number = 0
    while line := reader.readline(MAX_LINE + 1):
        number += 1
        first = number
        if line.count(b'"') % 2:
            line, n_more = _closed(reader, line)
            number += n_more
        if len(line) > MAX_LINE:
            reason = tr("line {number} is longer than {most:,} bytes", number=first, most=MAX_LINE)
            raise bad_data(path, reason)
        if first == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield first, line


def _closed(reader: BinaryIO, line: bytes) -> tuple[bytes, int]:
    """A line with those behind it, up to the one that ends its open quotes, and how many these are."""
    lines, size = [line], len(line)
    while size <= MAX_LINE and (more := reader.readline(MAX_LINE + 1 - size)):
        lines.append(more)
        size += len(more)
        if more.count(b'"') % 2:
            break
    return b"".join(lines), len(lines) - 1


def _columns(cells: list[str], path: Path) -> tuple[dict[str, int], list[int], bool]:
    """Where the label and the facts stand, the places of the pixels, and whether the first row is a header."""
    n = len(cells)
    texts = [place for place, cell in enumerate(cells) if not _is_number(cell)]
    is_header = 2 * len(texts) > n or _counts_up([cell for cell in cells if _is_number(cell)])
    columns: dict[str, int] = {}
    if is_header:
        names = [cell.lower() for cell in cells]
        columns = {name: names.index(name) for name in FACT_COLUMNS if name in names}
        label = next((place for place, name in enumerate(names) if name in LABEL_COLUMNS), None)
    else:
        label = texts[0] if len(texts) == 1 else None
    pixels = [place for place in range(n) if place not in columns.values() and place != label]
    if label is None and not (_is_square(len(pixels)) and len(pixels) >= _LEAST_UNLABELLED) and pixels:
        label = pixels.pop(0)
    if label is not None:
        columns["label"] = label
    if len(pixels) < _LEAST_PIXELS or not _is_square(len(pixels)):
        raise bad_data(path, tr("its rows have {n} values, not a label and a square of pixels", n=n))
    return columns, pixels, is_header


def _is_square(n: int) -> bool:
    return round(float(np.sqrt(n))) ** 2 == n


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _counts_up(cells: list[str]) -> bool:
    """Whether numbers are those of the pixels rather than their values."""
    return len(cells) >= _LEAST_PIXELS and cells in (
        [str(number) for number in range(len(cells))],
        [str(number) for number in range(1, len(cells) + 1)],
    )


def _label(cell: str) -> str:
    """`3.0` is how some programs write the label 3."""
    cell = cell.strip()
    return cell.removesuffix(".0") if cell.removesuffix(".0").isdecimal() else unescaped(cell)


def _integers(bodies: list[bytes], n: int, separator: int) -> NDArray[np.int32] | None:
    """Rows of plain whole numbers as (rows, n) int32; None where there is anything else."""
    text = np.frombuffer(b"\n".join(bodies) + b"\n", np.uint8)
    digits = text - np.uint8(48)
    ends = np.flatnonzero(digits > 9)
    if len(ends) != len(bodies) * n:
        return None
    marks = text[ends].reshape(len(bodies), n)
    if not ((marks[:, :-1] == separator).all() and (marks[:, -1] == 10).all()):
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    most = int(lengths.max())
    if int(lengths.min()) < 1 or most > _MOST_DIGITS:
        return None
    values = digits[ends - 1].astype(np.int32)
    for place in range(1, most):
        longer = np.flatnonzero(lengths > place)
        values[longer] += digits[ends[longer] - 1 - place] * np.int32(10**place)
    return values.reshape(len(bodies), n)


def _numbers(bodies: list[bytes], n: int, separator: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Rows of any numbers as (rows, n) float32, and which rows are that."""
    texts = [body.decode("latin-1") for body in bodies]
    values = np.zeros((len(bodies), n), np.float32)
    is_good = np.ones(len(bodies), bool)
    # What single precision cannot hold becomes infinite and is refused with its row.
    with np.errstate(over="ignore"):
        try:
            read = np.loadtxt(texts, np.float32, delimiter=separator, comments=None, ndmin=2)
        except ValueError:
            read = np.zeros((0, 0), np.float32)
        if read.shape == values.shape:
            values = read
        else:
            for row, text in enumerate(texts):
                try:
                    values[row] = [float(cell) for cell in text.split(separator)]
                except ValueError:
                    is_good[row] = False
    is_good[np.flatnonzero(~np.isfinite(values).all(axis=1))] = False
    return values, is_good
