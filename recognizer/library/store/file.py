"""The library's SQLite file: opened once a process, one writer, never overwritten."""

import logging
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr

_log = logging.getLogger(__name__)

_BUSY_SECONDS: Final = 0.3
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY: Final = 0xFF
"""SQLite's extended error codes have the plain one in their lowest byte."""
_CACHE_KIB: Final = 16_384


class DamageError(sqlite3.DatabaseError):
    """SQLite can read the file, but it is not what we wrote."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class LibraryFile:
    """The one connection to a file; any thread may use it, one at a time.

    Args:
        path: Where the file is or is to be made.
        prepare: Called with the new connection when the file is opened.
        mend: Called with what is wrong with a damaged file, after the connection to it has been closed; when it
            returns, there is a good file in its place.
        distrust: Called when something turns out to be damaged while the file is in use; it is closed then, and the
            next use has to find out what is wrong.

    Attributes:
        lock: Held by whoever uses the connection or what belongs to it.
        found: The file's size and time of change in bytes and nanoseconds, as they were before it was opened; None
            where there was none, or its journal held something, as it does after a crash.
    """

    def __init__(
        self,
        path: Path,
        prepare: Callable[[sqlite3.Connection], None],
        mend: Callable[[str], None],
        distrust: Callable[[], None],
    ) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._prepare = prepare
        self._mend = mend
        self._distrust = distrust
        self._connection: sqlite3.Connection | None = None
        self._finalizer: weakref.finalize | None = None
        self._identity: tuple[int, int] | None = None
        self.found: tuple[int, int] | None = None

    @property
    def wal(self) -> Path:
        """SQLite's journal of what is not yet in the file itself."""
        return self.path.with_name(f"{self.path.name}-wal")

    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The connection, for reading.

        Raises:
            RecognizerError: The file is in use by another process, from a newer version, or cannot be read.
        """
        with self.lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                raise self.failure(error) from error
            except UnicodeDecodeError as error:
                # Where the names of tables are damaged, so is the text of SQLite's own message.
                raise self.failure(DamageError(str(error))) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """As `opened`, in a transaction that is durable once the body has ended, and undone where it raises."""
        with self.opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Give the file free; the next use opens it again."""
        with self.lock:
            if self._finalizer is not None:
                self._finalizer()
            self._connection = self._finalizer = self._identity = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity != _identity(self.path):
            # Somebody has moved or removed the file; what is written to its shadow would be lost.
            _log.warning("%s was replaced while it was open", self.path)
            self.close()
        if self._connection is None:
            try:
                self._connect()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._mend(str(error))
                self._connect()
            except UnicodeDecodeError as error:
                self._mend(str(error))
                self._connect()
        assert self._connection is not None
        return self._connection

    def _connect(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._cannot_write(error.strerror or str(error)) from error
        self.found = self._state()
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            configure(connection)
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._finalizer = weakref.finalize(self, connection.close)
        self._identity = _identity(self.path)

    def _state(self) -> tuple[int, int] | None:
        try:
            if self.wal.exists() and self.wal.stat().st_size:
                return None
            status = self.path.stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    def failure(self, error: sqlite3.Error) -> RecognizerError:
        """What `error` means for the user."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return RecognizerError(
                tr("The library is in use by another window or command of this program"),
                where=str(self.path),
                fix=tr("Close the other one and try again"),
            )
        if code == sqlite3.SQLITE_FULL:
            return RecognizerError(
                tr("There is no space left on the disk"),
                where=str(self.path),
                fix=tr("Free some space and try again; what was there before is unchanged"),
                exit_code=1,
            )
        if is_damage(error):
            # The next use opens it anew, and mends it.
            self._distrust()
            self.close()
            return RecognizerError(
                tr("The library's file is damaged"),
                where=f"{self.path} ({error})",
                fix=tr("Try again: the file is then repaired, and the damaged one kept aside"),
                exit_code=1,
            )
        return self._cannot_write(str(error))

    def _cannot_write(self, reason: str) -> RecognizerError:
        return RecognizerError(
            tr("The library cannot be opened or written"),
            where=f"{self.path} ({reason})",
            fix=tr("Check that you may write to this folder and that its disk is in order"),
            exit_code=1,
        )


def configure(connection: sqlite3.Connection) -> None:
    """Set what holds for every connection to a library's file, and take its lock."""
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    # Exclusive before WAL, so that no shared memory is needed, which network drives do not have.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether `error` says that the file's content is not in order."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY in _DAMAGE


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
