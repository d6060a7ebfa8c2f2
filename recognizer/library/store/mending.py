"""Saving what can be saved of a damaged library: from the file itself, its index, and the newest good backup."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.files import keep_aside, sync_folder, write_error
from recognizer.base.i18n import tr
from recognizer.imaging.preprocess import PREPROCESSING_VERSION
from recognizer.ink.stroke import Ink
from recognizer.library.store import schema
from recognizer.library.store.backups import Backups
from recognizer.library.store.changes import unpack_changes
from recognizer.library.store.columns import TYPES, Columns
from recognizer.library.store.contents import INK, PICTURE, hash_of, pack_seen, seen_of, unpack
from recognizer.library.store.health import Incident, content_problem
from recognizer.library.store.index_file import Seal, read_index
from recognizer.library.store.names import name_from, now

_WINDOW: Final = 500
_GUESS: Final = 100_000
"""Highest id that is looked for where nothing says how many there are."""
_FIRST_PAGE: Final = 4096
_UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError, OverflowError)
_CLASS: Final = schema.SAMPLE_COLUMNS.index("class")
_HASH: Final = schema.SAMPLE_COLUMNS.index("hash")
_NOWHERE: Final = (1 << 31) - 1
"""The dataset of samples of which nobody knows where they belonged."""
_TEXTS: Final = ("writer", "source", "note", "predicted", "model")
_NAMES: Final = {
    "datasets": ("id", "name", "title", "created", "deleted"),
    "classes": ("id", "dataset", "name", "place"),
    "texts": ("id", "text"),
}


def mend(path: Path, index: Path, backups: Backups, reason: str) -> Incident:
    """Keep a damaged library aside and put what can be saved in its place.

    Args:
        path: The library's file; nobody may have it open.
        index: Its index.
        backups: Its copies.
        reason: What is wrong.

    Raises:
        RecognizerError: The folder cannot be written, or is full; the damaged file then stays where it is.
    """
    scratch, target = path.with_name(f".{path.name}.damaged"), path.with_name(f".{path.name}.mended")
    known = read_index(index)
    good = backups.newest_good()
    journal = path.with_name(f"{path.name}-wal")
    try:
        for old in (scratch, target):
            _remove(old)
        shutil.copyfile(path, scratch)
        if journal.exists():
            shutil.copyfile(journal, scratch.with_name(f"{scratch.name}-wal"))
        rescue = _Rescue(known, None if good is None else good.path)
        try:
            rescue.read_damaged(scratch)
            rescue.write(target)
        finally:
            rescue.close()
        kept = keep_aside(path)
        if journal.exists():
            os.replace(journal, kept.with_name(f"{kept.name}-wal"))
        os.replace(target, path)
        sync_folder(path.parent)
    except OSError as error:
        raise write_error(path, error) from error
    except sqlite3.OperationalError as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        raise write_error(path, OSError(errno.ENOSPC if full else errno.EIO, str(error))) from error
    finally:
        for old in (scratch, target):
            _remove(old)
    return Incident(reason, kept, rescue.saved, rescue.fetched, tuple(rescue.lost), rescue.unlabelled, good)


class _Rescue:
    """Reads whatever can be read and writes a new file.

    Args:
        known: The index with its seal.
        backup: A good copy.
    """

    def __init__(self, known: tuple[Columns, Seal] | None, backup: Path | None) -> None:
        self.saved = self.fetched = self.unlabelled = 0
        self.lost: list[int] = []
        self._known = known
        self._damaged: sqlite3.Connection | None = None
        self._backup: sqlite3.Connection | None = None
        self._columns: Columns | None = None
        if backup is not None:
            self._backup = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)

    def close(self) -> None:
        for connection in (self._damaged, self._backup):
            if connection is not None:
                connection.close()

    def read_damaged(self, path: Path) -> None:
        """Open a copy of the damaged file; where its first page cannot be read, with that of an empty library."""
        self._damaged = _readable(path)
        if self._damaged is None:
            _remove(path.with_name(f"{path.name}-wal"))
            _renew_first_page(path)
            self._damaged = _readable(path)

    def write(self, target: Path) -> None:
        connection = sqlite3.connect(target, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = FULL")
            schema.create(connection)
            connection.execute("BEGIN")
            revision = self._revision()
            known = self._known
            if known is not None and revision in (None, known[1].revision):
                self._columns = known[0]
            names = {table: self._names(table, columns) for table, columns in _NAMES.items()}
            for table, rows in names.items():
                marks = ", ".join("?" * len(_NAMES[table]))
                connection.executemany(
                    f"INSERT OR IGNORE INTO {table} ({', '.join(_NAMES[table])}) VALUES ({marks})", rows
                )
            there = {table: {row[0] for row in rows} for table, rows in names.items()}
            highest = self._highest()
            for first in range(1, highest + 1, _WINDOW):
                self._write_samples(connection, first, min(first + _WINDOW - 1, highest), there)
            self._write_journal(connection)
            connection.execute("INSERT OR REPLACE INTO sqlite_sequence (name, seq) VALUES ('samples', ?)", (highest,))
            counts = [revision or 0, known[1].revision if known is not None else 0]
            # Above all that were used, so that no index and no copy is taken for one of this file.
            connection.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (str(max(counts) + 1_000),))
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _revision(self) -> int | None:
        for row in _rows(self._damaged, "SELECT value FROM meta WHERE key = 'revision'"):
            if str(row[0]).isdecimal():
                return int(row[0])
        return None

    def _highest(self) -> int:
        found = [0]
        if self._columns is not None and len(self._columns):
            found.append(int(self._columns["id"][-1]))
        for source in (self._damaged, self._backup):
            for query in (
                "SELECT seq FROM sqlite_sequence WHERE name = 'samples'",
                "SELECT max(id) FROM samples",
                "SELECT max(id) FROM contents",
            ):
                found += [row[0] for row in _rows(source, query) if isinstance(row[0], int)]
        sane = [number for number in found if 0 <= number < 1 << 40]
        if max(sane) == 0 and self._damaged is not None:
            return _GUESS
        # A damaged number must not make the search endless.
        return min(max(sane), 10 * max(_GUESS, len(self._columns or ())))

    def _names(self, table: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """The rows of a small table, of the damaged file where they can be read, else of the backup."""
        found: dict[int, tuple[Any, ...]] = {}
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE id BETWEEN ? AND ?"
        for source in (self._backup, self._damaged):
            for row in _in_range(source, query, 1, self._last(source, table)):
                if _is_sane(row):
                    found[row[0]] = row
        return [found[number] for number in sorted(found)]

    def _last(self, source: sqlite3.Connection | None, table: str) -> int:
        numbers = [
            row[0]
            for query in (f"SELECT max(id) FROM {table}", f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'")
            for row in _rows(source, query)
            if isinstance(row[0], int)
        ]
        return min(max(numbers, default=2_000), 10_000_000)

    def _write_samples(self, connection: sqlite3.Connection, first: int, last: int, there: dict[str, set[int]]) -> None:
        names = ", ".join(f'"{name}"' for name in schema.SAMPLE_COLUMNS)
        query = f"SELECT {names} FROM samples WHERE id BETWEEN ? AND ?"
        seen = [row for row in _in_range(self._damaged, query, first, last) if _is_possible(row)]
        poor = {row[0]: row for row in seen}
        own = {row[0]: row for row in seen if _fits(row, there)}
        old = {row[0]: row for row in _in_range(self._backup, query, first, last) if _fits(row, there)}
        rows = poor | old | own
        if self._columns is not None:
            rows = {row[0]: row for row in _rows_of(self._columns, first, last)}
        content = "SELECT id, original, picture FROM contents WHERE id BETWEEN ? AND ?"
        contents = {row[0]: row[1:] for row in _in_range(self._damaged, content, first, last)}
        samples, kept = [], []
        if self._columns is None:
            # Of some nothing is known but what they look like.
            rows |= {number: _row_of(number, found) for number, found in contents.items() if number not in rows}
        for number, known in sorted(rows.items()):
            row, good = known, _good(known[_HASH], contents.get(number))
            self.saved += good is not None
            if good is None and number in old:
                if known[_HASH] != old[number][_HASH]:
                    # Not the content is damaged but the row, which may be another sample's.
                    row = old[number]
                found = _in_range(self._backup, content, number, number)
                kept_then = found[0][1:] if found else None
                good = _good(row[_HASH], contents.get(number)) or _good(row[_HASH], kept_then)
                self.fetched += good is not None
            if good is None:
                self.lost.append(number)
                continue
            values = _without_lost_names(row, there)
            if not values["deleted"]:
                if values["dataset"] not in there["datasets"]:
                    _add_dataset(connection, values["dataset"])
                    there["datasets"].add(values["dataset"])
                self.unlabelled += row[_CLASS] not in (0, values["class"])
            samples.append(tuple(values.values()))
            kept.append((number, *good))
        marks = ", ".join("?" * len(schema.SAMPLE_COLUMNS))
        connection.executemany(f"INSERT INTO samples VALUES ({marks})", samples)
        connection.executemany("INSERT INTO contents VALUES (?, ?, ?)", kept)

    def _write_journal(self, connection: sqlite3.Connection) -> None:
        names = "id, time, kind, words, state, first, last, changes"
        found: dict[int, tuple[Any, ...]] = {}
        for source in (self._backup, self._damaged):
            last = self._last(source, "journal")
            for first in range(1, last + 1, _WINDOW):
                query = f"SELECT {names} FROM journal WHERE id BETWEEN ? AND ?"
                for row in _in_range(source, query, first, min(first + _WINDOW - 1, last)):
                    if _is_sane(row[:3]) and _is_whole(row[-1]):
                        found[row[0]] = row
        rows = [found[number] for number in sorted(found)]
        connection.executemany(f"INSERT INTO journal ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _good(digest: int, content: Sequence[Any] | None) -> tuple[bytes, bytes | None] | None:
    """A content that is what its hash says; its picture is made anew where only that is damaged."""
    if content is None:
        return None
    original, picture = content
    if not content_problem(digest, original, picture):
        return original, picture
    try:
        plain = unpack(original)
    except (ValueError, TypeError, AttributeError):
        return None
    if hash_of(plain) != digest:
        return None
    return original, pack_seen(seen_of(plain))


def _is_possible(row: tuple[Any, ...]) -> bool:
    """Whether a sample's columns are numbers that there can be."""
    if not all(isinstance(value, int) for value in row):
        return False
    values = dict(zip(schema.SAMPLE_COLUMNS, row, strict=True))
    for name, kind in TYPES.items():
        limits = np.iinfo(kind)  # type: ignore[type-var]
        if not limits.min <= values[name] <= limits.max:
            return False
    return values["split"] <= 2 and values["kind"] <= 1


def _row_of(number: int, content: Sequence[Any]) -> tuple[Any, ...]:
    """The columns of a sample of which only the content is left."""
    try:
        plain = unpack(content[0])
    except (ValueError, TypeError, AttributeError):
        known = {}
    else:
        known = {"kind": INK if isinstance(plain, Ink) else PICTURE, "hash": hash_of(plain)}
    values = dict.fromkeys(schema.SAMPLE_COLUMNS, 0) | known
    values |= {"id": number, "dataset": _NOWHERE, "class": _NOWHERE, "created": now()}
    return tuple((values | {"preprocessing": PREPROCESSING_VERSION}).values())


def _without_lost_names(row: tuple[Any, ...], there: dict[str, set[int]]) -> dict[str, Any]:
    """A sample's columns, without a class or texts that are lost."""
    tables = {"class": "classes"} | dict.fromkeys(_TEXTS, "texts")
    values = zip(schema.SAMPLE_COLUMNS, row, strict=True)
    return {name: 0 if name in tables and value not in there[tables[name]] else value for name, value in values}


def _add_dataset(connection: sqlite3.Connection, number: int) -> None:
    """Make a dataset for samples whose own is lost."""
    names = {row[0] for row in connection.execute("SELECT name FROM datasets")}
    connection.execute(
        "INSERT INTO datasets (id, name, title, created, deleted) VALUES (?, ?, ?, ?, 0)",
        (number, name_from("saved", names), tr("Saved samples"), now()),
    )


def _fits(row: tuple[Any, ...], there: dict[str, set[int]]) -> bool:
    """Whether all that a sample refers to is there."""
    values = dict(zip(schema.SAMPLE_COLUMNS, row, strict=True))
    texts = [values[name] for name in _TEXTS]
    is_placed = values["dataset"] in there["datasets"] and (values["class"] == 0 or values["class"] in there["classes"])
    # One that was deleted may wait for the edit that brought its dataset to be done again.
    return (is_placed or values["deleted"] > 0) and all(number == 0 or number in there["texts"] for number in texts)


def _rows_of(columns: Columns, first: int, last: int) -> list[tuple[int, ...]]:
    begin, end = np.searchsorted(columns["id"], [first, last + 1])
    parts = [columns[name][begin:end].tolist() for name in schema.SAMPLE_COLUMNS]
    return list(zip(*parts, strict=True))


def _is_sane(row: tuple[Any, ...]) -> bool:
    return isinstance(row[0], int) and row[0] > 0 and all(isinstance(value, int | str) for value in row)


def _is_whole(blob: Any) -> bool:
    try:
        unpack_changes(blob)
    except (ValueError, TypeError):
        return False
    return True


def _rows(connection: sqlite3.Connection | None, query: str) -> list[tuple[Any, ...]]:
    """What a query finds; nothing where the file cannot be read there."""
    if connection is None:
        return []
    try:
        return connection.execute(query).fetchall()
    except _UNREADABLE:
        return []


def _in_range(connection: sqlite3.Connection | None, query: str, first: int, last: int) -> list[tuple[Any, ...]]:
    """The rows with ids from `first` to `last` that can be read; halves are tried where the whole cannot."""
    if connection is None or first > last:
        return []
    try:
        return connection.execute(query, (first, last)).fetchall()
    except _UNREADABLE as error:
        if first == last or "no such table" in str(error):
            return []
    middle = (first + last) // 2
    return [*_in_range(connection, query, first, middle), *_in_range(connection, query, middle + 1, last)]


def _readable(path: Path) -> sqlite3.Connection | None:
    """A connection to a library; None where not even the list of its tables can be read."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if found >= {"samples", "contents"}:
            return connection
    except _UNREADABLE:
        pass
    connection.close()
    return None


def _renew_first_page(path: Path) -> None:
    """Give a file the first page of an empty library: every library's tables begin at the same pages."""
    fresh = path.with_name(f"{path.name}.fresh")
    try:
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            schema.create(connection)
        finally:
            connection.close()
        page = bytearray(fresh.read_bytes()[:_FIRST_PAGE])
    finally:
        fresh.unlink(missing_ok=True)
    pages = path.stat().st_size // _FIRST_PAGE
    page[28:32] = pages.to_bytes(4, "big")
    # No page is free: what is free is then never read.
    page[32:40] = bytes(8)
    with path.open("r+b") as file:
        file.write(page)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
