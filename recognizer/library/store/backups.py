"""Copies of the library's file: made once a day, kept for seven days and four weeks, checked before they are used."""

import errno
import hashlib
import json
import logging
import os
import re
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import sync_file, sync_folder, write_atomic, write_error
from recognizer.base.i18n import tr

_log = logging.getLogger(__name__)

DAILY, MANUAL, MIGRATION, RESTORE = "daily", "manual", "migration", "restore"
"""Why a copy was made: the day's own, asked for, before a migration, before another copy was restored."""
DAYS: Final = 7
WEEKS: Final = 4
_DAY: Final = 86_400
_NAME: Final = re.compile(r"library-(\d{8}-\d{6})(?:-\d+)?-(daily|manual|migration|restore)\.sqlite")
_SPARE: Final = 2
"""A daily copy is only made where so many times its size is free."""


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """One copy.

    Attributes:
        path: The file.
        time: When it was made, seconds since 1970, UTC.
        reason: `DAILY`, `MANUAL`, `MIGRATION` or `RESTORE`.
        revision: The library's at that time.
        samples: How many samples it holds, without those that were put away.
        size: Bytes.
        digest: BLAKE2b of the file, hexadecimal.
    """

    path: Path
    time: int
    reason: str
    revision: int
    samples: int
    size: int
    digest: str

    def is_good(self) -> bool:
        """Whether the file is what was written; reads all of it."""
        try:
            return self.path.stat().st_size == self.size and _digest(self.path) == self.digest
        except OSError:
            return False


class Backups:
    """The copies in a folder.

    Args:
        folder: Made when the first copy is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def list(self) -> list[BackupRecord]:
        """Every copy, newest first; what is no copy of ours is passed over."""
        found = []
        for path in self.folder.glob("library-*.sqlite") if self.folder.is_dir() else ():
            match = _NAME.fullmatch(path.name)
            record = _read_record(path, match[2]) if match else None
            if record is not None:
                found.append(record)
        return sorted(found, key=lambda record: (record.time, record.path.name), reverse=True)

    def newest_good(self) -> BackupRecord | None:
        """The newest copy that is what was written; None where there is none."""
        return next((record for record in self.list() if record.is_good()), None)

    def find(self, name: str) -> BackupRecord:
        """The copy of that file name, or the newest good one for an empty name; RecognizerError where there is none."""
        found = self.newest_good() if not name else next((r for r in self.list() if r.path.name == name), None)
        if found is None or not found.is_good():
            raise RecognizerError(
                tr("There is no such backup") if found is None else tr("The backup is damaged"),
                where=name or str(self.folder),
                fix=tr("See `recognizer library backup --list`"),
            )
        return found

    def is_due(self, revision: int, now: float | None = None) -> bool:
        """Whether a daily copy is due: a day has passed since the last one, and something has changed since."""
        newest = next(iter(self.list()), None)
        return newest is None or (newest.revision != revision and (now or time.time()) - newest.time >= _DAY)

    def make(self, connection: sqlite3.Connection, reason: str) -> BackupRecord | None:
        """Copy the file that `connection` has open, and remove the copies that are old enough.

        Args:
            connection: Outside of a transaction.
            reason: Why.

        Returns:
            The copy; None where a daily one would fill the disk.

        Raises:
            RecognizerError: The copy cannot be written.
        """
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if reason == DAILY and shutil.disk_usage(self.folder).free < _SPARE * pages * size:
                _log.warning(tr("There is too little space for a backup of the library in {path}", path=self.folder))
                return None
            path, made = self._free_path(reason)
            temporary = path.with_suffix(".tmp")
            try:
                _copy(connection, temporary)
                record = self._record(connection, temporary, path, made, reason)
                os.replace(temporary, path)
                sync_folder(self.folder)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(self.folder, error) from error
        write_atomic(_card(path), json.dumps({name: getattr(record, name) for name in _KEPT}))
        self.prune()
        return record

    def _record(
        self, connection: sqlite3.Connection, temporary: Path, path: Path, made: int, reason: str
    ) -> BackupRecord:
        revision = samples = 0
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]:
            revision = int(connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])
            samples = connection.execute("SELECT count(*) FROM samples WHERE deleted = 0").fetchone()[0]
        return BackupRecord(path, made, reason, revision, samples, temporary.stat().st_size, _digest(temporary))

    def _free_path(self, reason: str) -> tuple[Path, int]:
        made = int(time.time())
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(made))
        path, number = self.folder / f"library-{stamp}-{reason}.sqlite", 1
        while path.exists():
            number += 1
            path = self.folder / f"library-{stamp}-{number}-{reason}.sqlite"
        return path, made

    def prune(self, now: float | None = None) -> None:
        """Remove daily copies but the newest of each of the last seven days and of each of the last four weeks.

        Copies that were asked for or made before a migration or a restore go after four weeks, the newest excepted.
        """
        today = int((now or time.time()) // _DAY)
        # Days are counted from Thursday, 1 January 1970: shifted by three, weeks begin on Mondays.
        week = (today + 3) // 7
        kept_days: set[int] = set()
        kept_weeks: set[int] = set()
        for place, record in enumerate(self.list()):
            day = record.time // _DAY
            its_week = (day + 3) // 7
            if record.reason != DAILY:
                keeps = today - day <= 7 * WEEKS or place == 0
            else:
                keeps = place == 0 or (today - day < DAYS and day not in kept_days)
                keeps = keeps or (week - its_week < WEEKS and its_week not in kept_weeks)
                kept_days.add(day)
                kept_weeks.add(its_week)
            if not keeps:
                record.path.unlink(missing_ok=True)
                _card(record.path).unlink(missing_ok=True)


_KEPT: Final = ("time", "revision", "samples", "size", "digest")


def _card(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_record(path: Path, reason: str) -> BackupRecord | None:
    try:
        card = json.loads(_card(path).read_text(encoding="utf-8"))
        made, revision, samples, size = (int(card[name]) for name in _KEPT[:4])
        return BackupRecord(path, made, reason, revision, samples, size, str(card["digest"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("%s: %s", path, error)
        return None


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    target = sqlite3.connect(to)
    try:
        connection.backup(target)
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise OSError(errno.ENOSPC if code == sqlite3.SQLITE_FULL else errno.EIO, str(error)) from error
    finally:
        target.close()
    sync_file(to)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, hashlib.blake2b).hexdigest()
