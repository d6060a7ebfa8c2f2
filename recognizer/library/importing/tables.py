"""Pictures from CSV tables, in chunks."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.base.zips import GZIP, GzipStream
from recognizer.library.csv_pixels import PixelTable, TableBlock
from recognizer.library.dataset import Split
from recognizer.library.importing.files import DataFile, translated
from recognizer.library.importing.orientation import is_on_its_side, speaks_of_emnist
from recognizer.library.importing.reader import (
    CHUNK_BYTES,
    CHUNK_SAMPLES,
    FIRST,
    MAX_PROBLEMS,
    Deadline,
    ImportOptions,
    check,
    problem,
)
from recognizer.library.importing.words import created_of, flags_of, split_of, unescaped
from recognizer.library.rawdata import GreyRange, bad_data, sorted_labels
from recognizer.library.samples import UNKNOWN, Chunk, Preview

_CHECK_EVERY: Final = 500
_UNSETTLED_BYTES: Final = 1 << 25
"""How much is gathered at most before it is settled what the pixels' values mean."""


class TableReader:
    """Reads a CSV.

    Args:
        file: The table, which may be gzipped.
        path: What the user named.
        options: Of the import.
        split: What its samples are used for where it does not say so itself.
    """

    def __init__(self, file: DataFile, path: Path, options: ImportOptions, split: Split | None = None) -> None:
        self._file = file
        self._path = path
        self._options = options
        self._split = split
        self._guess: bool | None = None
        self.count = UNKNOWN

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """As `Reader.preview`."""
        deadline = Deadline()
        labels: Counter[str] = Counter()
        count = 0
        first = Chunk(())
        with translated(self._file.shown), self._open() as stream:
            table = PixelTable(stream, self._file.shown)
            found = GreyRange()
            check(token)
            block = next(table.blocks(), None)
            if block is not None:
                found.add(block.pixels)
                found.check(self._file.shown)
                first = self._chunk(_part(block, FIRST), found)
                labels.update(block.cells.get("label", ()))
                count = len(block.lines)
            with contextlib.suppress(RecognizerError):
                is_complete = False
                for number, label in enumerate(table.labels()):
                    if label is not None:
                        labels[label] += 1
                        count += 1
                    if number % _CHECK_EVERY == 0:
                        check(token)
                        if deadline.is_over:
                            break
                else:
                    is_complete = True
        question = tr("Do the pictures lie on their side, as EMNIST's do?") if self._speaks_of_emnist else ""
        return Preview(
            self._path,
            tr("CSV table"),
            count if is_complete else UNKNOWN,
            labels=tuple((name, labels[name]) for name in sorted_labels(labels) if name) if is_complete else (),
            has_labels="label" in table.columns,
            has_splits="split" in table.columns or self._split is not None,
            has_writers="writer" in table.columns,
            first=first,
            question=question if self._options.is_transposed is None else "",
        )

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """As `Reader.chunks`; the total is an estimate by the bytes that have been read."""
        message = tr("Reading {name}", name=self._path.name)
        done = 0
        n_problems = 0
        shown = self._file.shown
        with translated(shown), self._open() as stream:
            size = self._file.size()
            table = PixelTable(stream, shown)
            blocks = table.blocks()
            found, waiting = GreyRange(), _Waiting()
            is_settled = is_over = False
            while not is_over:
                check(token)
                try:
                    with translated(shown):
                        block = next(blocks, None)
                except RecognizerError as error:
                    # The lines before are good for all that.
                    block = TableBlock(np.zeros((0, table.side, table.side), np.int32), problems=[(0, error)])
                    is_over = True
                if block is None:
                    is_over = True
                else:
                    n_problems += len(block.problems)
                    if is_settled:
                        _sort_out(block, found, shown)
                    else:
                        found.add(block.pixels)
                    waiting.add(block)
                if n_problems > MAX_PROBLEMS:
                    is_over = True
                if not is_settled and (
                    is_over or (waiting.count >= CHUNK_SAMPLES and found.high > 16) or waiting.nbytes > _UNSETTLED_BYTES
                ):
                    found.check(shown)
                    is_settled = True
                while is_settled and waiting.blocks and (is_over or waiting.is_full(table.side)):
                    chunk = self._chunk(waiting.take(table.side), found)
                    yield chunk
                    done += len(chunk)
                    total = done + waiting.count
                    # At its end, or where it broke off, the stream may be closed.
                    progress(done, total if is_over else max(done, total * size // max(_place(stream), 1)), message)

    @property
    def _speaks_of_emnist(self) -> bool:
        return speaks_of_emnist(self._file.shown, self._file.source)

    def _open(self) -> BinaryIO:
        is_zipped = self._file.head(2) == GZIP
        stream = self._file.open()
        return GzipStream(stream) if is_zipped else stream  # type: ignore[return-value]

    def _chunk(self, block: TableBlock, found: GreyRange) -> Chunk:
        n = len(block.lines)
        levels = found.levels(block.pixels) if n else np.zeros(block.pixels.shape, np.uint8)
        if n and self._is_transposed(levels):
            levels = np.ascontiguousarray(levels.swapaxes(1, 2))
        cells = block.cells
        splits: list[Split | None] = [split_of(cell) for cell in cells.get("split", ())]
        if not splits and self._split is not None:
            splits = [self._split] * n
        return Chunk(
            levels,
            labels=cells.get("label", ()),
            splits=splits,
            writers=[unescaped(cell) for cell in cells.get("writer", ())],
            sources=[unescaped(cell) for cell in cells["source"]] if "source" in cells else [self._file.source] * n,
            notes=[unescaped(cell) for cell in cells.get("note", ())],
            flags=[flags_of(cell) for cell in cells.get("flags", ())],
            created=[created_of(cell) for cell in cells.get("created", ())],
            problems=tuple(problem(str(self._file.shown), error) for _, error in block.problems),
        )

    def _is_transposed(self, levels: NDArray[np.uint8]) -> bool:
        if self._options.is_transposed is not None:
            return self._options.is_transposed
        if self._guess is None:
            self._guess = self._speaks_of_emnist and is_on_its_side(levels)
        return self._guess


class _Waiting:
    """Blocks that are to become chunks."""

    def __init__(self) -> None:
        self.blocks: list[TableBlock] = []
        self.count = 0
        self.nbytes = 0

    def add(self, block: TableBlock) -> None:
        self.blocks.append(block)
        self.count += len(block.lines)
        self.nbytes += block.pixels.nbytes

    def is_full(self, side: int) -> bool:
        return self.count >= min(CHUNK_SAMPLES, CHUNK_BYTES // (side * side))

    def take(self, side: int) -> TableBlock:
        """As many blocks as make a chunk, as one."""
        taken: list[TableBlock] = []
        n = size = 0
        while self.blocks and (not taken or n + len(self.blocks[0].lines) <= CHUNK_SAMPLES) and size < CHUNK_BYTES:
            taken.append(self.blocks.pop(0))
            n += len(taken[-1].lines)
            size = n * side * side
        # A block that only bears a problem has no columns.
        names = next((list(block.cells) for block in taken if block.lines), [])
        self.count -= n
        self.nbytes -= sum(block.pixels.nbytes for block in taken)
        return TableBlock(
            np.concatenate([block.pixels for block in taken]),
            [line for block in taken for line in block.lines],
            {name: [cell for block in taken for cell in block.cells.get(name, ())] for name in names},
            [problem for block in taken for problem in block.problems],
        )


def _place(stream: object) -> int:
    """How many bytes of the file have been read."""
    return stream.place if isinstance(stream, GzipStream) else stream.tell()  # type: ignore[attr-defined]


def _part(block: TableBlock, n: int) -> TableBlock:
    cells = {name: values[:n] for name, values in block.cells.items()}
    return TableBlock(block.pixels[:n], block.lines[:n], cells)


def _sort_out(block: TableBlock, found: GreyRange, path: Path) -> None:
    """Turn rows into problems whose values do not mean what those of all rows before mean."""
    fits = found.fits(block.pixels) if len(block.pixels) else np.ones(0, bool)
    if fits.all():
        return
    for place in np.flatnonzero(~fits):
        low, high = float(block.pixels[place].min()), float(block.pixels[place].max())
        where = f"{tr('line {line}', line=block.lines[place])}: "
        error = bad_data(path, where + tr("pixel values from {low:g} to {high:g}", low=low, high=high))
        block.problems.append((block.lines[place], error))
    block.pixels = block.pixels[fits]
    block.lines = [line for line, fit in zip(block.lines, fits, strict=True) if fit]
    block.cells = {
        name: [cell for cell, fit in zip(cells, fits, strict=True) if fit] for name, cells in block.cells.items()
    }
