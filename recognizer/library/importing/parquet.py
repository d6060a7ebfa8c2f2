"""Samples from Parquet: our own exports, Hugging Face's datasets of pictures, lists of pixels, a column a pixel."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.imaging.images import decode_grey, decode_rgb
from recognizer.imaging.photo import symbol_of
from recognizer.ink.stroke import Ink, Stroke
from recognizer.library.importing.orientation import is_on_its_side
from recognizer.library.importing.parquet_columns import Columns, columns_of
from recognizer.library.importing.parquet_file import ParquetFile, is_parquet
from recognizer.library.importing.parquet_pixels import SETTLED_ROWS, PixelReader, Row
from recognizer.library.importing.parquet_windows import Window, windows_of
from recognizer.library.importing.reader import FIRST, MAX_PROBLEMS, Batch, Facts, ImportOptions, check
from recognizer.library.importing.words import created_of, flags_of, split_in_name, split_of
from recognizer.library.rawdata import bad_data, sorted_labels
from recognizer.library.samples import NO_LABEL, Chunk, Content, Preview, Problem

__all__ = ["ParquetSource", "is_parquet"]

_MARK: Final = "recognizer"
_MAX_METADATA: Final = 1 << 22
_LABELS_SECONDS: Final = 1.0
_MAX_CLASSES: Final = 20_000
_LABELS_LOOKED_AT: Final = 256
_MAX_TEXT_BYTES: Final = 1 << 14
_MAX_DIGITS: Final = 9


class ParquetSource:
    """Reads a Parquet file.

    Args:
        path: The file.
        options: Of the import; only `is_transposed` and `only` are applied.
        shown: Its path as the user knows it; `path` where None.
        source: As `Chunk.sources`; the file's name where empty.
        scratch: Where a part of it may be copied to for a moment; the system's place for that where None.

    Attributes:
        count: How many rows it has.

    Raises:
        RecognizerError: It is damaged, too large, or has no column of pictures or strokes.
    """

    def __init__(
        self,
        path: Path,
        options: ImportOptions,
        shown: Path | None = None,
        source: str = "",
        scratch: Path | None = None,
    ) -> None:
        self._scratch = scratch
        self._path = path
        self._shown = shown or path
        self._options = options
        self._source = source or self._shown.name
        self._split = split_in_name(self._shown.name)
        self._guess: bool | None = None
        self._file: ParquetFile | None = None
        with self._opened(None) as file:
            columns = columns_of(file.columns, file.metadata("huggingface", _MAX_METADATA), self._shown)
            self._columns = _of_short_texts(file, columns, self._shown)
            self._is_ours = bool(file.metadata(_MARK, 16))
            self._n_rows = file.count
        if not self._n_rows:
            raise bad_data(self._shown, tr("it has 0 samples"))
        is_unwanted = "split" not in self._columns.facts and self._is_unwanted(self._split)
        self.count = 0 if is_unwanted else self._n_rows

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """As `Reader.preview`."""
        with self._opened(token) as file:
            labels = self._labels(file)
            first = next(self._read(file, 0, min(FIRST, self.count), token), Chunk(()))
        question = ""
        notes: tuple[str, ...] = ()
        if self._speaks_of_emnist and self._options.is_transposed is None:
            question = tr("Do the pictures lie on their side, as EMNIST's do?")
            if self._guess is not None:
                notes = (
                    tr("They look as if they did, and are turned upright.")
                    if self._guess
                    else tr("They look as if they did not, and are left as they are."),
                )
        return Preview(
            self._shown,
            tr("Parquet table"),
            self.count,
            labels=tuple((name, labels[name]) for name in sorted_labels(labels)),
            has_labels=bool(self._columns.label),
            has_splits="split" in self._columns.facts or self._split is not None,
            has_writers="writer" in self._columns.facts,
            first=first,
            question=question,
            notes=notes,
        )

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """As `Reader.chunks`."""
        message = tr("Reading {name}", name=self._shown.name)
        done = n_problems = 0
        with self._opened(token) as file:
            for chunk in self._read(file, 0, self.count, token):
                yield chunk
                done += len(chunk) + len(chunk.problems)
                n_problems += len(chunk.problems)
                progress(min(done, self.count), self.count, message)
                if n_problems >= MAX_PROBLEMS:
                    return

    @property
    def _speaks_of_emnist(self) -> bool:
        return "emnist" in str(self._shown).lower() and not self._is_ours

    @contextlib.contextmanager
    def _opened(self, token: CancellationToken | None) -> Iterator[ParquetFile]:
        """The file, kept open from one use to the next, because opening the database takes 20 ms."""
        file, self._file = self._file, None
        if file is None or not file.is_unchanged():
            file = ParquetFile(self._path, self._shown, self._scratch, token)
        file.token = token
        try:
            yield file
        except BaseException:
            file.close()
            raise
        self._file = file

    def _is_unwanted(self, split: object) -> bool:
        return self._options.only is not None and split not in (None, self._options.only)

    def _labels(self, file: ParquetFile) -> Counter[str]:
        """How often each label occurs; nothing where there are too many, or counting them takes too long."""
        if not self._columns.label or not self.count:
            return Counter()
        short = f"left({self._columns.label}, {_LABELS_LOOKED_AT})"
        query = f"SELECT {short} AS label, count(*) FROM {file.table()} GROUP BY label LIMIT {_MAX_CLASSES + 1}"
        try:
            rows = file.rows(query, file.parameters(), seconds=_LABELS_SECONDS)
        except RecognizerError:
            return Counter()
        counts: Counter[str] = Counter()
        for label, count in rows if len(rows) <= _MAX_CLASSES else ():
            counts[self._label(label)] += count
        del counts[NO_LABEL]
        return counts

    def _read(self, file: ParquetFile, begin: int, end: int, token: CancellationToken | None) -> Iterator[Chunk]:
        """The samples of the rows from `begin` up to `end`."""
        batch = Batch()
        pixels = PixelReader(file, self._columns, self._shown) if self._columns.is_array else None
        if pixels is not None:
            pixels.settle(windows_of(file, self._columns, 0, min(self._n_rows, SETTLED_ROWS)))
        for window in windows_of(file, self._columns, begin, end):
            check(token)
            for number, content, texts in self._rows(file, pixels, window):
                facts = self._facts(texts)
                if self._is_unwanted(facts.split):
                    continue
                if isinstance(content, RecognizerError):
                    where = tr("{path}, row {number}", path=self._shown, number=number + 1)
                    batch.refuse(Problem(where, content))
                else:
                    batch.add(self._upright(content), facts)
                if batch.is_full:
                    check(token)
                    yield batch.take()
        if not batch.is_empty:
            yield batch.take()

    def _rows(self, file: ParquetFile, pixels: PixelReader | None, window: Window) -> Iterator[Row]:
        if window.is_too_large:
            yield window.begin, bad_data(self._shown, tr("its content is too large")), {}
        elif pixels is not None:
            yield from pixels.read(window.begin, window.end)
        else:
            yield from self._of_cells(file, window.begin, window.end)

    def _of_cells(self, file: ParquetFile, begin: int, end: int) -> Iterator[Row]:
        """Rows with the files of pictures, or strokes."""
        columns = self._columns
        texts = columns.texts
        wanted = [
            "file_row_number",
            *(sql or "NULL" for sql in (columns.bytes, columns.strokes, columns.pen_width)),
            *texts.values(),
        ]
        query = f"SELECT {', '.join(wanted)} FROM {file.table()} WHERE file_row_number BETWEEN $2 AND $3"
        for rows in file.stream(query, file.parameters(begin, end - 1)):
            for number, content, strokes, width, *values in rows:
                found = dict(zip(texts, values, strict=True))
                try:
                    yield number, self._content(content, strokes, width), found
                except RecognizerError as error:
                    yield number, error, found

    def _content(self, content: bytes | None, strokes: Sequence[Any] | None, width: float | None) -> Content:
        if content is not None:
            grey = decode_grey(content, self._shown)
            return grey if self._is_ours else symbol_of(grey, lambda: decode_rgb(content, self._shown))
        if strokes is not None:
            return _ink(strokes, width, self._columns.stroke_parts, self._shown)
        raise bad_data(self._shown, tr("the row holds neither a picture nor strokes"))

    def _facts(self, texts: dict[str, Any]) -> Facts:
        said = {name: text or "" for name, text in texts.items()}
        return Facts(
            label=self._label(texts.get("label")),
            split=split_of(said["split"]) if "split" in said else self._split,
            writer=said.get("writer", ""),
            source=said.get("source", self._source),
            note=said.get("note", ""),
            flags=flags_of(said.get("flags", "")),
            created=created_of(said.get("created", "")),
        )

    def _label(self, text: str | None) -> str:
        names = self._columns.class_names
        if not text or not names or not text.removeprefix("-").isdecimal() or len(text) > _MAX_DIGITS:
            return text or NO_LABEL
        return names[int(text)] if 0 <= int(text) < len(names) else NO_LABEL

    def _upright(self, content: Content) -> Content:
        if isinstance(content, Ink):
            return content
        if self._options.is_transposed is not None:
            is_transposed = self._options.is_transposed
        else:
            if self._guess is None:
                self._guess = self._speaks_of_emnist and is_on_its_side(content[None])
            is_transposed = self._guess
        return np.ascontiguousarray(content.T) if is_transposed else content


def _of_short_texts(file: ParquetFile, columns: Columns, path: Path) -> Columns:
    """The columns without facts whose texts are so long that a block of them would take too much memory.

    Raises:
        RecognizerError: The labels are.
    """
    if not columns.lengths:
        return columns
    wanted = ", ".join(f"max({length})" for length in columns.lengths.values())
    (longest,) = file.rows(f"SELECT {wanted} FROM {file.table()}", file.parameters())
    for fact, length in zip(columns.lengths, longest, strict=True):
        if (length or 0) > _MAX_TEXT_BYTES:
            if fact == "label":
                raise bad_data(path, tr("it has labels of {n:,} bytes", n=length))
            columns = columns.without(fact)
    return columns


def _ink(strokes: Sequence[Any], width: float | None, parts: frozenset[str], path: Path) -> Ink:
    made = []
    try:
        for stroke in strokes:
            if not stroke["x"]:
                continue
            points = np.stack([_numbers(stroke["x"]), _numbers(stroke["y"])], axis=1)
            more = {
                field: _numbers(stroke[part])
                for part, field in (("time", "times"), ("pressure", "pressures"))
                if part in parts and stroke[part] is not None
            }
            made.append(Stroke(points, **more))
        return Ink(tuple(made), float(width or 0.0))
    except (TypeError, ValueError, KeyError) as error:
        raise bad_data(path, tr("the strokes of a row cannot be used: {reason}", reason=error)) from error


def _numbers(values: Any) -> NDArray[np.float32]:
    return np.array(values, np.float64).astype(np.float32)
