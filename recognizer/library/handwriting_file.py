"""The SQLite file of the user's own handwriting: opened once a process, one writer, checked, never overwritten."""

import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside
from recognizer.base.i18n import tr

_log = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 1
_APPLICATION: Final = 0x52434F47
"""What SQLite calls the application id: `RCOG`."""
_BUSY_SECONDS: Final = 0.3
COLUMNS: Final = (
    *("id", "label", "kind", "content", "hash", "split"),
    *("predicted", "model_id", "preprocessing", "source", "created", "deleted"),
)
_SCHEMA: Final = """
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ink', 'picture')),
    content BLOB NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    split TEXT NOT NULL CHECK (split IN ('train', 'test')),
    predicted TEXT NOT NULL,
    model_id TEXT NOT NULL,
    preprocessing INTEGER NOT NULL,
    source TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX samples_label ON samples (label);
"""
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY: Final = 0xFF
"""SQLite's extended error codes have the plain one in their lowest byte."""


class _WrongContentError(sqlite3.DatabaseError):
    """SQLite can read the file, but it is not what we wrote."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class HandwritingFile:
    """The one connection to a file; any thread may use it, one at a time.

    The file is opened and checked at the first use, and stays locked against other processes until `close`.

    Args:
        path: Where the file is or is to be made.

    Attributes:
        pictures: What models see of samples, (28, 28) uint8 by their ids, as far as it has been made; a sample's
            content never changes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pictures: dict[int, NDArray[np.uint8]] = {}
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._finalizer: weakref.finalize | None = None
        self._identity: tuple[int, int] | None = None

    @classmethod
    def shared(cls, path: Path) -> "HandwritingFile":
        """The process's one connection to `path`; it goes when nobody holds it any more."""
        with _shared_lock:
            found = _shared.get(path)
            if found is None:
                found = _shared[path] = cls(path)
            return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that is durable once the body has ended, and undone where it raises.

        Raises:
            RecognizerError: The file is in use by another process, damaged (it is then kept aside, and the next use
                begins a new one), from a newer version, or cannot be written.
        """
        with self._lock:
            try:
                connection = self._opened()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise self._failure(error) from error
            except UnicodeDecodeError as error:
                # Where the names of tables are damaged, so is the text of SQLite's own message.
                raise self._failure(_WrongContentError(str(error))) from error

    def close(self) -> None:
        """Give the file free; the next use opens it again."""
        with self._lock:
            if self._finalizer is not None:
                self._finalizer()
            self._connection = self._finalizer = self._identity = None
            self.pictures = {}

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity != _identity(self.path):
            # Somebody has moved or removed the file; what is written to its shadow would be lost.
            self.close()
        if self._connection is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._cannot_write(error.strerror or str(error)) from error
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._finalizer = weakref.finalize(self, connection.close)
            self._identity = _identity(self.path)
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        # Exclusive before WAL, so that no shared memory is needed, which network drives do not have.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and application == 0 and tables == 0:
            connection.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA application_id = {_APPLICATION};"
                f" PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
            return
        if application == _APPLICATION and version > SCHEMA_VERSION:
            raise RecognizerError(
                tr("My handwriting was written by a newer version of this program"),
                where=tr("{path}, version {version}", path=self.path, version=version),
                fix=tr("Update this program; the file has not been touched"),
            )
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if application != _APPLICATION or version < 1 or problem != "ok":
            raise _WrongContentError(problem if problem != "ok" else f"version {version}, application {application}")
        found = [row[1] for row in connection.execute("PRAGMA table_info(samples)")]
        if found != list(COLUMNS):
            raise _WrongContentError(f"samples: {', '.join(found)}")

    def _failure(self, error: sqlite3.Error) -> RecognizerError:
        """What `error` means for the user; a damaged file is kept aside."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return RecognizerError(
                tr("My handwriting is in use by another window or command of this program"),
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
        if code not in _DAMAGE:
            return self._cannot_write(str(error))
        self.close()
        try:
            kept = self._keep_aside()
        except OSError as failure:
            return self._cannot_write(f"{error}; {failure}")
        _log.warning("%s is damaged (%s), kept as %s", self.path, error, kept)
        return RecognizerError(
            tr("The file of My handwriting is damaged and has been kept aside"),
            where=f"{kept} ({error})",
            fix=tr("Try again: a new, empty one is begun; keep the damaged file, some of it may be saved later"),
            exit_code=1,
        )

    def _keep_aside(self) -> Path:
        kept = keep_aside(self.path)
        # The journal belongs to the file and is found by its name.
        journal = self.path.with_name(f"{self.path.name}-wal")
        if journal.exists():
            os.replace(journal, kept.with_name(f"{kept.name}-wal"))
        return kept

    def _cannot_write(self, reason: str) -> RecognizerError:
        return RecognizerError(
            tr("My handwriting cannot be opened or written"),
            where=f"{self.path} ({reason})",
            fix=tr("Check that you may write to this folder and that its disk is in order"),
            exit_code=1,
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


_shared: "weakref.WeakValueDictionary[Path, HandwritingFile]" = weakref.WeakValueDictionary()
_shared_lock = threading.Lock()
