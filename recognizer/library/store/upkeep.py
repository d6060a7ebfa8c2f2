"""Keeping the library in order: checks, repairs, backups, and removing for good what was deleted long ago."""

import logging
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside, sync_file, sync_folder, write_error
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.store import health
from recognizer.library.store.backups import DAILY, MANUAL, RESTORE, BackupRecord
from recognizer.library.store.names import now

if TYPE_CHECKING:
    from recognizer.library.store.library import Library

_log = logging.getLogger(__name__)

DAYS_KEPT: Final = 30
"""Days for which what was deleted can be brought back."""
_DAY: Final = 86_400
_WINDOW: Final = 5_000
_MOST_PROBLEMS: Final = 200


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check has found.

    Attributes:
        samples: How many samples were looked at.
        problems: What is not in order, in words; at most 200.
    """

    samples: int
    problems: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether everything is in order."""
        return not self.problems

    def words(self) -> str:
        """The outcome in a sentence without its full stop."""
        if self.is_good:
            return ntr(
                "The library is in order: {n} sample was checked",
                "The library is in order: {n} samples were checked",
                self.samples,
            )
        return tr("The library is damaged: {problems}", problems="; ".join(self.problems[:5]))


def maintain(library: "Library") -> None:
    """Remove for good what was deleted more than 30 days ago, and make the daily backup if it is due.

    A failure is logged: the library can be used all the same.
    """
    try:
        purge(library)
        with library.file.opened() as connection:
            if library.backups.is_due(library.revision):
                library.backups.make(connection, DAILY)
    except RecognizerError as error:
        _log.warning("%s", error)


def purge(library: "Library", before: int | None = None) -> int:
    """Remove samples and datasets for good that were deleted before a moment; returns how many samples.

    Args:
        library: Where.
        before: Seconds since 1970; 30 days ago where None.
    """
    limit = now() - DAYS_KEPT * _DAY if before is None else before
    with library.file.opened():
        columns = library.columns
        gone = [one.id for one in library.names.datasets.values() if 0 < one.deleted < limit]
        mask = ((columns["deleted"] > 0) & (columns["deleted"] < limit)) | np.isin(columns["dataset"], gone)
        ids = columns["id"][mask]
        if not len(ids) and not gone:
            return 0
        with library.file.transaction() as connection:
            marks = [(number,) for number in ids.tolist()]
            connection.executemany("DELETE FROM samples WHERE id = ?", marks)
            connection.executemany("DELETE FROM contents WHERE id = ?", marks)
            connection.executemany("DELETE FROM classes WHERE dataset = ?", [(number,) for number in gone])
            connection.executemany("DELETE FROM datasets WHERE id = ?", [(number,) for number in gone])
            library.count_up(connection)
        columns.keep(~mask)
        for number in gone:
            library.names.put("datasets", number, None)
        for record in [one for one in library.names.classes.values() if one.dataset in gone]:
            library.names.put("classes", record.id, None)
        library.revision += 1
        return len(ids)


def check(
    library: "Library", progress: ProgressCallback = no_progress, token: CancellationToken | None = None
) -> CheckReport:
    """Look at everything in the file: its structure, every sample's content, the journal.

    The library can be used meanwhile: it is held for some milliseconds at a time, and once for the structure.

    Raises:
        RecognizerError: The file cannot be read at all.
        Cancelled: By `token`.
    """
    problems: list[str] = [incident.words() for incident in library.incidents]
    with library.file.opened() as connection:
        found = connection.execute("PRAGMA integrity_check(20)").fetchall()
        problems += [str(row[0]).replace("\n", " ") for row in found if row[0] != "ok"]
        stray = health.stray(library.columns, library.names)
        if stray:
            problems.append(tr("{place} refers to nothing", place=stray))
        highest = int(library.columns["id"][-1]) if len(library.columns) else 0
        count = len(library.columns)
    done = 0
    for first in range(1, highest + 1, _WINDOW):
        if token is not None:
            token.check()
        progress(done, count, tr("Checking the samples"))
        try:
            with library.file.opened() as connection:
                rows = connection.execute(health.CONTENTS_IN_RANGE, (first, first + _WINDOW - 1)).fetchall()
        except RecognizerError as error:
            problems.append(str(error))
            break
        for sample_id, digest, original, picture in rows:
            reason = health.content_problem(digest, original, picture)
            if reason and len(problems) < _MOST_PROBLEMS:
                problems.append(tr("sample {id}: {reason}", id=sample_id, reason=reason))
        done += len(rows)
    return CheckReport(done, tuple(problems))


def repair(
    library: "Library", progress: ProgressCallback = no_progress, token: CancellationToken | None = None
) -> health.Incident | None:
    """Mend the library if something is wrong with it.

    Returns:
        What was done; None where everything was in order.
    """
    known = len(library.incidents)
    report = check(library, progress, token)
    if len(library.incidents) > known:
        return library.incidents[-1]
    fresh = report.problems[known:]
    if fresh:
        library.mend_now(fresh[0])
        return library.incidents[-1]
    return None


def backup(library: "Library", reason: str = MANUAL) -> BackupRecord:
    """Copy the library now.

    Raises:
        RecognizerError: The copy cannot be written.
    """
    with library.file.opened() as connection:
        made = library.backups.make(connection, reason)
    assert made is not None
    return made


def restore(library: "Library", name: str = "") -> BackupRecord:
    """Put a copy in the place of the library; what is there now becomes a copy itself, or is kept aside if damaged.

    Args:
        library: Whose file.
        name: The copy's file name; the newest good one where empty.

    Returns:
        The copy that was put there.

    Raises:
        RecognizerError: There is no such copy, it is damaged, or the file is in use or cannot be written.
    """
    record = library.backups.find(name)
    with library.file.lock:
        if library.path.exists():
            try:
                backup(library, RESTORE)
            except RecognizerError:
                _log.warning("the library could not be copied before a backup was restored")
                library.close()
                if library.path.exists():
                    keep_aside(library.path)
        library.close()
        _put(record.path, library.path)
        library.incidents.clear()
        library.open()
        # No index and no backup of the file before may be taken for one of this file.
        with library.file.transaction() as connection:
            _count_past(connection, library)
    return record


def _count_past(connection: sqlite3.Connection, library: "Library") -> None:
    highest = max([library.revision, *(one.revision for one in library.backups.list())]) + 1
    connection.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (str(highest),))
    library.revision = highest


def _put(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.restored")
    try:
        shutil.copyfile(source, temporary)
        sync_file(temporary)
        target.with_name(f"{target.name}-wal").unlink(missing_ok=True)
        os.replace(temporary, target)
        sync_folder(target.parent)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)
