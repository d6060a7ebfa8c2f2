"""The library: every sample of the user's, in one file of the profile."""

import json
import logging
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.samples import Content
from recognizer.library.store import health, legacy, mending, schema, upkeep
from recognizer.library.store.backups import BackupRecord, Backups
from recognizer.library.store.changes import (
    Change,
    ColumnChange,
    RowChange,
    inverse,
    pack_changes,
    span,
    unpack_changes,
)
from recognizer.library.store.columns import Columns
from recognizer.library.store.contents import SEEN, SIDE, unpack, unpack_seen
from recognizer.library.store.draft import Draft, apply_change
from recognizer.library.store.file import DamageError, LibraryFile
from recognizer.library.store.index_file import Seal, read_index, seal_of, write_index
from recognizer.library.store.journal import DONE, DROPPED, UNDONE, Edit
from recognizer.library.store.names import DatasetRecord, Names, now, read_names

_log = logging.getLogger(__name__)

FILE: Final = "library.sqlite"
INDEX: Final = "library.index"
BACKUPS: Final = "backups"
_WINDOW: Final = 400
"""Ids that are asked for in one statement."""
_DENSE: Final = 2
"""Ids that are spread over at most so many times their number are read as one range."""


class Library:
    """The samples of a profile, in a file that is opened at the first call.

    All methods may be called from any thread. Objects for the same profile share one connection (`Library.of`). What a
    method that changes something has returned from is durable, is one row of the journal, and can be undone.

    Every method raises RecognizerError where the file is in use by another process, from a newer version, or cannot
    be written. A damaged file is kept aside, and what can be saved of it is put in its place; `incidents` says so.

    Args:
        profile: Whose library.

    Attributes:
        file: The connection.
        columns, names: The samples' columns and what their numbers mean; read them under `file.lock`.
        revision: Counts the changes; a copy of something is up to date while it stays the same.
        incidents: What was found damaged since the start, oldest first.
        backups: The copies of the file.
    """

    def __init__(self, profile: Profile) -> None:
        self.path: Final = profile.root / FILE
        self.file: Final = LibraryFile(self.path, self._prepare, self._mend, self._distrust)
        self.backups: Final = Backups(profile.root / BACKUPS)
        self.columns = Columns()
        self.names = Names()
        self.revision = 0
        self.incidents: list[health.Incident] = []
        self.cache: dict[Any, tuple[int, Any]] = {}
        self._profile = profile
        self._index = profile.root / INDEX
        self._is_suspect = False

    @classmethod
    def of(cls, profile: Profile) -> "Library":
        """The process's one library of `profile`; it goes when nobody holds it any more."""
        with _shared_lock:
            found = _shared.get(profile.root)
            if found is None:
                found = _shared[profile.root] = cls(profile)
            return found

    def exists(self) -> bool:
        """Whether there is a file, or samples of an older version that will become one; it is not opened."""
        return self.path.exists() or legacy.path(self._profile).exists()

    def open(self) -> None:
        """Open the file if it is not open yet, check it if the last run did not end in order, and mend it if need be.

        Opening takes some milliseconds after a run that ended in order; else 0.4 s for 100,000 samples.
        """
        with self.file.opened():
            pass

    def close(self) -> None:
        """Give the file free for other processes; the next call opens it again."""
        with self.file.lock:
            was_open = self.file.is_open()
            self.file.close()
            seal = seal_of(self.path, self.revision)
            if was_open and seal is not None:
                write_index(self._index, self.columns, seal)
            self.columns, self.names, self.cache = Columns(), Names(), {}

    # Opening

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and application == 0 and tables == 0:
            schema.create(connection)
        elif application != schema.APPLICATION or version < 1:
            raise DamageError(f"version {version}, application {application}")
        elif version > schema.VERSION:
            raise RecognizerError(
                tr("The library was written by a newer version of this program"),
                where=tr("{path}, version {version}", path=self.path, version=version),
                fix=tr("Update this program; the file has not been touched"),
            )
        elif version < schema.VERSION:
            self.backups.make(connection, "migration")
            schema.migrate(connection, version)
        self._load(connection)
        self._take_over_legacy(connection)

    def _take_over_legacy(self, connection: sqlite3.Connection) -> None:
        """Take in what a version before the library kept, once."""
        if not legacy.path(self._profile).exists():
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            draft = Draft(connection, self.columns, self.names)
            legacy.take_over(self._profile, draft, self.names)
            self.count_up(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        draft.publish()
        self.revision += 1
        legacy.put_away(self._profile)

    def _load(self, connection: sqlite3.Connection) -> None:
        """Read the columns, from the index where it belongs to this state of the file, and check them where not."""
        try:
            difference = schema.differences(connection)
            if difference:
                raise DamageError(f"table {difference}")
            revision = int(connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])
            index, found = read_index(self._index), self.file.found
            if index is not None and found is not None and index[1] == Seal(revision, *found) and not self._is_suspect:
                columns, names = index[0], read_names(connection)
            else:
                known = index[0] if index is not None and index[1].revision == revision else None
                was_touched = known is not None and found is not None
                columns, names = health.checked(connection, known, thoroughly=was_touched or self._is_suspect)
        except (ValueError, TypeError, OverflowError, IndexError) as error:
            raise DamageError(str(error)) from error
        self.columns, self.names, self.revision, self.cache = columns, names, revision, {}
        self._is_suspect = False

    def _distrust(self) -> None:
        """Check everything when the file is opened next."""
        self._is_suspect = True

    def _mend(self, reason: str) -> None:
        incident = mending.mend(self.path, self._index, self.backups, reason)
        _log.warning("%s", incident.words())
        self.incidents.append(incident)

    def mend_now(self, reason: str) -> None:
        """Put what can be saved in the place of the file, which is known to be damaged."""
        with self.file.lock:
            self.file.close()
            self._mend(reason)
            self.open()

    # Upkeep; see `upkeep`

    def maintain(self) -> None:
        """Remove for good what was deleted long ago, and make the daily backup if it is due; never raises."""
        upkeep.maintain(self)

    def check(
        self, progress: ProgressCallback = no_progress, token: CancellationToken | None = None
    ) -> upkeep.CheckReport:
        """Look for damage everywhere in the file."""
        return upkeep.check(self, progress, token)

    def repair(
        self, progress: ProgressCallback = no_progress, token: CancellationToken | None = None
    ) -> health.Incident | None:
        """Mend what is damaged; None where everything is in order."""
        return upkeep.repair(self, progress, token)

    def backup(self) -> BackupRecord:
        """Copy the library now."""
        return upkeep.backup(self)

    def restore(self, name: str = "") -> BackupRecord:
        """Put a copy, the newest good one where `name` is empty, in the place of the library."""
        return upkeep.restore(self, name)

    # Changing

    @contextmanager
    def edit(self, kind: str, **words: Any) -> Iterator[Draft]:
        """One edit: the body says what it changes, its end makes that durable, and undo takes it back.

        Args:
            kind: What is done, a key of `journal.KINDS`.
            words: What the description of the edit needs to know, JSON.
        """
        with self.file.lock:
            with self.file.transaction() as connection:
                draft = Draft(connection, self.columns, self.names)
                yield draft
                if draft.changes:
                    self._write_edit(connection, draft, kind, words)
            draft.publish()
            if draft.changes:
                self.revision += 1

    def _write_edit(self, connection: sqlite3.Connection, draft: Draft, kind: str, words: dict[str, Any]) -> None:
        changes = tuple(draft.changes)
        row = (*span(changes), pack_changes(changes))
        text = json.dumps(words, ensure_ascii=False)
        known = draft.extends
        if known is not None:
            state = connection.execute("SELECT state FROM journal WHERE id = ?", (known.id,)).fetchone()
            if state is not None and state[0] == DONE:
                changes = known.changes_with(changes)
                row = (*span(changes), pack_changes(changes))
                connection.execute(
                    "UPDATE journal SET words = ?, first = ?, last = ?, changes = ? WHERE id = ?",
                    (text, *row, known.id),
                )
                known.changes = changes
                self.count_up(connection)
                return
        connection.execute("UPDATE journal SET state = ? WHERE state = ?", (DROPPED, UNDONE))
        cursor = connection.execute(
            "INSERT INTO journal (time, kind, words, state, first, last, changes) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (now(), kind, text, DONE, *row),
        )
        if known is not None:
            assert cursor.lastrowid is not None
            known.id, known.changes = cursor.lastrowid, changes
        self.count_up(connection)

    def count_up(self, connection: sqlite3.Connection) -> None:
        """Write down that the file is at the next revision; `revision` follows after the commit."""
        connection.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (str(self.revision + 1),))

    @contextmanager
    def unjournalled(self) -> Iterator[Draft]:
        """A change that is no edit of the user's and cannot be undone, such as what a model says of samples."""
        with self.file.lock:
            with self.file.transaction() as connection:
                draft = Draft(connection, self.columns, self.names)
                yield draft
                self.count_up(connection)
            draft.publish()
            self.revision += 1

    def undo(self) -> Edit | None:
        """Take back the latest edit; None where there is none left."""
        return self._step(
            "SELECT id, time, kind, words, state, changes FROM journal WHERE state = ? ORDER BY id DESC LIMIT 1",
            DONE,
            UNDONE,
            lambda changes: inverse(changes, now()),
        )

    def redo(self) -> Edit | None:
        """Do again what was taken back last; None where there is nothing."""
        return self._step(
            "SELECT id, time, kind, words, state, changes FROM journal WHERE state = ? ORDER BY id LIMIT 1",
            UNDONE,
            DONE,
            lambda changes: changes,
        )

    def _step(
        self, query: str, state: int, becomes: int, turn: Callable[[tuple[Change, ...]], tuple[Change, ...]]
    ) -> Edit | None:
        with self.file.lock:
            with self.file.transaction() as connection:
                row = connection.execute(query, (state,)).fetchone()
                if row is None:
                    return None
                try:
                    changes = turn(unpack_changes(row[5]))
                except ValueError as error:
                    raise DamageError(str(error)) from error
                for change in changes:
                    apply_change(connection, change)
                connection.execute("UPDATE journal SET state = ? WHERE id = ?", (becomes, row[0]))
                self.count_up(connection)
            for change in changes:
                self._take_over(change)
            self.revision += 1
            return Edit.from_row((*row[:4], becomes))

    def _take_over(self, change: Change) -> None:
        if isinstance(change, RowChange):
            self.names.put(change.table, change.id, change.after)
        else:
            self.columns.set(change.field, change.ids, change.after)

    def edits(self, most: int = 100) -> list[Edit]:
        """The latest edits, newest first."""
        with self.file.opened() as connection:
            rows = connection.execute(
                "SELECT id, time, kind, words, state FROM journal ORDER BY id DESC LIMIT ?", (most,)
            ).fetchall()
        return [Edit.from_row(row) for row in rows]

    def next_steps(self) -> tuple[Edit | None, Edit | None]:
        """What undo would take back, and what redo would do again."""
        with self.file.opened() as connection:
            found = []
            for state, order in ((DONE, "DESC"), (UNDONE, "ASC")):
                row = connection.execute(
                    f"SELECT id, time, kind, words, state FROM journal WHERE state = ? ORDER BY id {order} LIMIT 1",
                    (state,),
                ).fetchone()
                found.append(Edit.from_row(row) if row else None)
        return found[0], found[1]

    def history(self, sample_id: int) -> list[tuple[Edit, tuple[ColumnChange, ...]]]:
        """Every edit that touched a sample, oldest first, with its own part of each change."""
        with self.file.opened() as connection:
            rows = connection.execute(
                "SELECT id, time, kind, words, state, changes FROM journal WHERE first <= ? AND last >= ? ORDER BY id",
                (sample_id, sample_id),
            ).fetchall()
        found = []
        for row in rows:
            try:
                changes = unpack_changes(row[5])
            except ValueError as error:
                _log.warning("journal %s: %s", row[0], error)
                continue
            own = tuple(_part(change, sample_id) for change in changes if _touches(change, sample_id))
            if own:
                found.append((Edit.from_row(row[:5]), own))
        return found

    # Reading

    def records(self, *, removed: bool = False) -> list[DatasetRecord]:
        """The datasets in the order of their making; with those that were put away where `removed`."""
        if not self.exists():
            return []
        with self.file.opened():
            found = [record for record in self.names.datasets.values() if removed or not record.deleted]
            return sorted(found, key=lambda record: record.id)

    def record(self, name: str) -> DatasetRecord:
        """The dataset called `name` (or so titled); RecognizerError where there is none."""
        found = self.find_record(name)
        if found is None:
            known = ", ".join(record.name for record in self.records())
            raise RecognizerError(
                tr("There is no such dataset in the library"),
                where=name,
                fix=tr("Choose one of {names}", names=known) if known else tr("Import something first"),
            )
        return found

    def find_record(self, name: str) -> DatasetRecord | None:
        """The dataset called `name` (or so titled); None where there is none."""
        records = self.records()
        return next(
            (record for record in records if record.name == name),
            next((record for record in records if record.title.casefold() == name.casefold()), None),
        )

    def pictures(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        """What models see of the samples with these ids, (n, 28, 28); empty pictures for those that are gone."""
        ids = np.asarray(ids, np.int64)
        found = self._blobs(SEEN, ids)
        blank = np.zeros((SIDE, SIDE), np.uint8)
        if len(found) == len(ids):
            return unpack_seen([found[number] for number in ids.tolist()])
        known = [number for number in ids.tolist() if number in found]
        images = dict(zip(known, unpack_seen([found[number] for number in known]), strict=True))
        return (
            np.stack([images.get(number, blank) for number in ids.tolist()])
            if len(ids)
            else blank[:0].reshape(0, 28, 28)
        )

    def originals(self, ids: NDArray[np.int64]) -> list[Content]:
        """What was kept of the samples with these ids, in their order.

        Raises:
            RecognizerError: One is gone or damaged.
        """
        ids = np.asarray(ids, np.int64)
        found = self._blobs("original", ids)
        contents = []
        for number in ids.tolist():
            try:
                contents.append(unpack(found[number]))
            except (KeyError, ValueError) as error:
                raise RecognizerError(
                    tr("A sample of the library is gone or damaged"),
                    where=f"id = {number}",
                    fix=tr("Check and repair the library"),
                    exit_code=1,
                ) from error
        return contents

    def _blobs(self, expression: str, ids: NDArray[np.int64]) -> dict[int, bytes]:
        """The bytes of `expression` by the ids, without those that there are not."""
        found: dict[int, bytes] = {}
        ordered = np.unique(ids)
        for start in range(0, len(ordered), _WINDOW):
            window = ordered[start : start + _WINDOW]
            first, last = int(window[0]), int(window[-1])
            with self.file.opened() as connection:
                if last - first < _DENSE * len(window):
                    query, values = "BETWEEN ? AND ?", [first, last]
                else:
                    query, values = f"IN ({', '.join('?' * len(window))})", window.tolist()
                found.update(
                    connection.execute(f"SELECT id, {expression} FROM contents WHERE id {query}", values).fetchall()
                )
        return found


def _touches(change: Change, sample_id: int) -> bool:
    return isinstance(change, ColumnChange) and bool((change.ids == sample_id).any())


def _part(change: Change, sample_id: int) -> ColumnChange:
    assert isinstance(change, ColumnChange)
    own = change.ids == sample_id
    return ColumnChange(change.field, change.ids[own], change.before[own], change.after[own])


_shared: "weakref.WeakValueDictionary[Path, Library]" = weakref.WeakValueDictionary()
_shared_lock = threading.Lock()
