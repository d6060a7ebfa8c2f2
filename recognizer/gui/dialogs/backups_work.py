"""What the dialog of the backups does in the background."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.offers import size_words
from recognizer.library.store import tables
from recognizer.library.store.backups import DAILY, MANUAL, MIGRATION, RESTORE, BackupRecord
from recognizer.library.store.library import Library

_LISTED: Final = 6
"""Problems that are listed."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is.

    Attributes:
        words: The library in words.
        problem: Why it cannot be opened; None where it can.
        backups: Newest first, each with whether its file is what was written.
    """

    words: str
    problem: RecognizerError | None
    backups: tuple[tuple[BackupRecord, bool], ...]


@dataclass(frozen=True, slots=True)
class Health:
    """What was done, or what a check has found.

    Attributes:
        words: It in some sentences; empty where the list of the backups says it.
        is_good: Whether all is in order now.
        can_repair: Whether something is left that can be repaired.
        is_changed: Whether the library has changed.
    """

    words: str
    is_good: bool = True
    can_repair: bool = False
    is_changed: bool = False


def overview(library: Library, progress: ProgressCallback, token: CancellationToken) -> Overview:
    """Count the library and judge its backups; the library need not be in order for that.

    Raises:
        Cancelled: By `token`.
    """
    problem, words = None, tr("There is no library yet: it begins with the first sample that you keep.")
    try:
        if library.exists():
            counts = tables.counts(library)
            words = " · ".join(
                (
                    ntr("{n} sample", "{n} samples", sum(counts.values())),
                    ntr("{n} dataset", "{n} datasets", len(counts)),
                    size_words(_size(library.path) + _size(library.file.wal)),
                )
            )
    except RecognizerError as error:
        problem, words = error, tr("The library cannot be opened.")
    records = library.backups.list()
    found = []
    for place, record in enumerate(records):
        token.check()
        progress(place, len(records), tr("Looking at the backups"))
        found.append((record, record.is_good()))
    return Overview(words, problem, tuple(found))


def back_up(library: Library) -> Health:
    """Make a backup.

    Raises:
        RecognizerError: It cannot be written, or the library cannot be opened.
    """
    record = library.backup()
    return Health(tr("The backup of {time} is made.", time=moment_words(record.time)))


def restore(library: Library, name: str) -> Health:
    """Put the backup of that file name in the place of the library.

    Raises:
        RecognizerError: It is damaged, or the library cannot be written.
    """
    library.restore(name)
    return Health(tr("The library is as it was in the backup."), is_changed=True)


def check(library: Library, progress: ProgressCallback, token: CancellationToken) -> Health:
    """Read every sample.

    Raises:
        RecognizerError: The library cannot be opened.
        Cancelled: By `token`.
    """
    told = {incident.words() for incident in library.incidents}
    report = library.check(progress, token)
    found = [problem for problem in report.problems if problem not in told]
    if not found:
        return Health(
            ntr(
                "All is in order: {n} sample was checked.",
                "All is in order: {n} samples were checked.",
                report.samples,
            )
        )
    lines = [ntr("There is {n} problem:", "There are {n} problems:", len(found))]
    lines += [f"• {problem}" for problem in found[:_LISTED]]
    if len(found) > _LISTED:
        lines.append(ntr("and {n} more", "and {n} more", len(found) - _LISTED))
    return Health("\n".join(lines), is_good=False, can_repair=True)


def repair(library: Library, progress: ProgressCallback, token: CancellationToken) -> Health:
    """Mend what is damaged.

    Raises:
        RecognizerError: The library cannot be written.
        Cancelled: By `token`.
    """
    incident = library.repair(progress, token)
    words = incident.words() if incident is not None else tr("Nothing had to be repaired.")
    return Health(words, is_changed=incident is not None)


def reason_words(reason: str) -> str:
    """Why a backup was made."""
    words = {
        DAILY: tr("daily"),
        MANUAL: tr("by hand"),
        MIGRATION: tr("before update"),
        RESTORE: tr("before restore"),
    }
    return words.get(reason, reason)


def moment_words(seconds: int) -> str:
    """A moment in the computer's time zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
