"""A Parquet file as DuckDB reads it, guarded: bounded memory and time, and every fault an error that names the file."""

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_error
from recognizer.base.i18n import tr
from recognizer.library.duck import connected, literal, reason_of
from recognizer.library.importing.parquet_pages import PAGE_HEADER, DictionaryPage, as_file, dictionary_page
from recognizer.library.rawdata import bad_data

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BLOCK: Final = 2048
"""Rows that DuckDB handles at once."""
MAX_ROWS: Final = 10_000_000
MAX_COLUMNS: Final = 4_200
"""A picture of 64 × 64 pixels, each in a column of its own, and what is said of it."""
MAX_FOOTER: Final = 1 << 24
"""Bytes of the list of everything that is in the file."""
SECONDS: Final = 60.0
"""How long one question may take."""
_OPENING: Final = 4.0
_MAGIC: Final = b"PAR1"
_TAIL: Final = 8
_MEMORY: Final = 96
"""Megabytes, for tables of few columns."""
_MORE_MEMORY: Final = 400
_MAX_COPIES: Final = 1 << 29
"""Bytes that copies of texts may take."""
_MAX_DICTIONARY: Final = 1 << 26
_CHECK_EVERY: Final = 1000
_FETCHED: Final = 512
_POLL: Final = 0.02
_FAULTS: Final = (UnicodeError, ValueError, OverflowError, MemoryError, RuntimeError, SystemError)


def is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as Parquet does.

    Raises:
        RecognizerError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC or file.seek(0, os.SEEK_END) < 2 * len(_MAGIC) + _TAIL:
                return False
            file.seek(-len(_MAGIC), os.SEEK_END)
            return file.read() == _MAGIC
    except OSError as error:
        raise read_error(path, error) from error


class ParquetFile:
    """An open file.

    Args:
        path: The file.
        shown: Its path as the user knows it.
        scratch: Where a part of it may be copied to for a moment; the system's place for that where None.
        token: Stops the opening.

    Attributes:
        columns: The names of its columns and their types in SQL, in order.
        count: How many rows it has.
        token: Stops what is being read.
    """

    def __init__(
        self, path: Path, shown: Path, scratch: Path | None = None, token: CancellationToken | None = None
    ) -> None:
        self._path = path
        self._scratch = scratch
        self._shown = shown
        self.token = token
        self._stack = contextlib.ExitStack()
        self._opened = self._state()
        self._check_ends()
        try:
            # Large files, which nobody makes by chance, may have large pages.
            memory = _MEMORY + min(self._opened[0] * 3 >> 20, _MORE_MEMORY)
            n_columns = self._connect(memory).rows(
                "SELECT count(*) FROM parquet_schema($1)", self.parameters(), seconds=_OPENING
            )[0][0]
            if n_columns > MAX_COLUMNS:
                raise bad_data(
                    shown, tr("it has {n:,} columns, at most {most:,} are read", n=n_columns, most=MAX_COLUMNS)
                )
            if n_columns > MAX_COLUMNS // 4:
                # A block of 2,048 values of each column has to fit.
                self._stack.close()
                self._connect(memory + n_columns // 16)
            self.count = self._counted()
            self._check_dictionaries()
            described = self.rows("DESCRIBE SELECT * FROM " + self.table(), self.parameters(), seconds=_OPENING)
            self.columns: dict[str, str] = {row[0]: row[1] for row in described}
        except BaseException:
            self._stack.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._stack.close()

    def is_unchanged(self) -> bool:
        """Whether the file is the one that was opened.

        Raises:
            RecognizerError: It is gone.
        """
        return self._state() == self._opened

    def _state(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except OSError as error:
            raise read_error(self._shown, error) from error
        return status.st_size, status.st_mtime_ns

    @staticmethod
    def table() -> str:
        """SQL for its rows, which have a column `file_row_number`; `$1` is to be the first of `parameters`."""
        return "read_parquet($1, file_row_number = true, hive_partitioning = false)"

    def parameters(self, *more: object) -> list[object]:
        """The parameters of a query over `table`."""
        return [literal(self._path), *more]

    def metadata(self, key: str, most: int) -> bytes:
        """What the file says under `key` of itself; empty where that is nothing, or more than `most` bytes."""
        rows = self.rows(
            "SELECT value FROM parquet_kv_metadata($1) WHERE key = encode($2) AND octet_length(value) <= $3 LIMIT 1",
            self.parameters(key, most),
        )
        return bytes(rows[0][0]) if rows else b""

    def rows(self, query: str, parameters: Sequence[object] = (), seconds: float = SECONDS) -> list[tuple[Any, ...]]:
        """All rows that a query gives.

        Raises:
            RecognizerError: The file is damaged, or the answer takes too much time or memory.
            Cancelled: By the token.
        """
        with self._watched(seconds):
            return self._connection.execute(query, list(parameters)).fetchall()

    def arrays(self, query: str, parameters: Sequence[object] = ()) -> dict[str, NDArray]:
        """As `rows`, as an array for each column; masked where there are NULLs."""
        with self._watched(SECONDS):
            return self._connection.execute(query, list(parameters)).fetchnumpy()

    def stream(self, query: str, parameters: Sequence[object] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """As `rows`, some hundred at a time."""
        with self._watched(SECONDS):
            cursor = self._connection.execute(query, list(parameters))
        while True:
            with self._watched(SECONDS):
                found = cursor.fetchmany(_FETCHED)
            if not found:
                return
            yield found

    def damaged(self, reason: object) -> RecognizerError:
        """The error for a file that is damaged."""
        return bad_data(self._shown, tr("it is damaged: {reason}", reason=reason))

    def _connect(self, megabytes: int) -> "ParquetFile":
        self._connection = self._stack.enter_context(connected(self._path, memory=f"{megabytes}MB", threads=2))
        return self

    def _check_ends(self) -> None:
        if not is_parquet(self._path):
            raise bad_data(self._shown, tr("it does not begin and end as Parquet does"))
        try:
            with self._path.open("rb") as file:
                size = file.seek(-_TAIL, os.SEEK_END) + _TAIL
                footer = int.from_bytes(file.read(4), "little")
        except OSError as error:
            raise read_error(self._shown, error) from error
        if footer > min(size - _TAIL - len(_MAGIC), MAX_FOOTER):
            raise bad_data(self._shown, tr("its header claims {claimed:,} bytes", claimed=footer))

    def _counted(self) -> int:
        rows = self.rows("SELECT num_rows FROM parquet_file_metadata($1)", self.parameters(), seconds=_OPENING)
        count = int(rows[0][0]) if len(rows) == 1 and rows[0][0] is not None else -1
        if not 0 <= count <= MAX_ROWS:
            raise bad_data(self._shown, tr("it claims {n:,} rows, at most {most:,} are read", n=count, most=MAX_ROWS))
        return count

    def _check_dictionaries(self) -> None:
        """Refuse dictionaries for which DuckDB would take far more memory than the file has bytes.

        It takes memory for all values that one claims; and where a text stands in a structure, it copies the text for
        every row that points at it, once a block of rows goes over a page's end.
        """
        chunks = self.rows(
            "SELECT CASE WHEN dictionary_page_offset > 0 AND dictionary_page_offset < data_page_offset "
            "THEN dictionary_page_offset ELSE data_page_offset END, compression, num_values, "
            "type = 'BYTE_ARRAY' AND contains(path_in_schema, ', ') FROM parquet_metadata($1)",
            self.parameters(),
            seconds=_OPENING,
        )
        end = time.monotonic() + _OPENING
        try:
            with self._path.open("rb") as file:
                for number, (begin, codec, n_values, is_nested) in enumerate(chunks):
                    if number % _CHECK_EVERY == 0 and self.token is not None:
                        self.token.check()
                    if time.monotonic() > end:
                        raise bad_data(self._shown, tr("reading it takes too long"))
                    file.seek(max(begin or 0, 0))
                    page = dictionary_page(file.read(PAGE_HEADER))
                    if page is None:
                        continue
                    if not 0 <= page.values <= max(page.size, 0):
                        raise self.damaged(tr("a dictionary claims more values than it holds"))
                    rows = min(n_values or 0, BLOCK)
                    if is_nested and rows * page.size > _MAX_COPIES:
                        file.seek(begin + page.begin)
                        content = file.read(min(max(page.packed, 0), _MAX_DICTIONARY))
                        longest = self._longest_text(content, codec, page)
                        if rows * longest > _MAX_COPIES:
                            raise bad_data(self._shown, tr("a dictionary holds contents of {n:,} bytes", n=longest))
        except (OSError, OverflowError, ValueError) as error:
            raise self.damaged(error) from error

    def _longest_text(self, content: bytes, codec: str, page: DictionaryPage) -> int:
        """Bytes of the longest text of a dictionary; it is made the only column of a file of its own for that."""
        with tempfile.TemporaryDirectory(prefix="parquet-", dir=self._scratch) as folder:
            alone = Path(folder) / "dictionary.parquet"
            try:
                alone.write_bytes(as_file(content, codec, page))
            except OSError as error:
                raise write_error(alone, error) from error
            query = "SELECT max(octet_length(v)) FROM read_parquet($1)"
            megabytes = _MEMORY + (page.size >> 19)
            with (
                connected(alone, memory=f"{megabytes}MB", threads=1) as connection,
                self._watched(_OPENING, connection),
            ):
                (found,) = connection.execute(query, [literal(alone)]).fetchall()
        return int(found[0] or 0)

    @contextlib.contextmanager
    def _watched(self, seconds: float, connection: "DuckDBPyConnection | None" = None) -> Iterator[None]:
        """Interrupts the database where that is asked for or it takes too long, and names the file in its errors."""
        import duckdb

        end = time.monotonic() + seconds
        is_done = threading.Event()
        thread = threading.Thread(
            target=self._watch, args=(connection or self._connection, end, is_done), name="parquet-watch", daemon=True
        )
        thread.start()
        try:
            yield
        except (duckdb.Error, *_FAULTS) as error:
            if self.token is not None:
                self.token.check()
            raise self._bad(error, is_late=time.monotonic() > end) from error
        finally:
            is_done.set()
            thread.join()

    def _watch(self, connection: "DuckDBPyConnection", end: float, is_done: threading.Event) -> None:
        while not is_done.wait(_POLL):
            if time.monotonic() > end or (self.token is not None and self.token.is_cancelled):
                connection.interrupt()

    def _bad(self, error: BaseException, *, is_late: bool) -> RecognizerError:
        import duckdb

        if is_late:
            return bad_data(self._shown, tr("reading it takes too long"))
        if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
            return bad_data(self._shown, tr("reading it takes too much memory"))
        return self.damaged(reason_of(error))
