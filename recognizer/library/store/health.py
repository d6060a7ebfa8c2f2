"""Whether the library's file is in order, and what can be saved where it is not."""

import sqlite3
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from recognizer.base.i18n import ntr, tr
from recognizer.library.store.backups import BackupRecord
from recognizer.library.store.changes import unpack_changes
from recognizer.library.store.columns import TYPES, Columns, read_columns
from recognizer.library.store.contents import SIDE, hash_of, unpack
from recognizer.library.store.file import DamageError
from recognizer.library.store.names import Names, read_names

CONTENTS_IN_RANGE: Final = (
    "SELECT samples.id, hash, original, picture FROM samples LEFT JOIN contents USING (id)"
    " WHERE samples.id BETWEEN ? AND ? ORDER BY samples.id"
)
"""SQL for what `content_problem` looks at."""
_PATIENCE: Final = 0.5
"""Seconds that the start may spend on reading every sample after a crash; the rest is read when it is needed."""
_FETCHED: Final = 500


@dataclass(frozen=True, slots=True)
class Incident:
    """A damaged file that was mended.

    Attributes:
        reason: What was wrong with it.
        kept: Where the damaged file is now.
        saved: How many samples could be saved from it.
        fetched: How many more came from a backup.
        lost: Ids of samples of which nothing could be saved.
        unlabelled: How many samples that were saved have lost their label.
        backup: The newest good backup; None where there is none.
    """

    reason: str
    kept: Path
    saved: int
    fetched: int
    lost: tuple[int, ...]
    unlabelled: int
    backup: BackupRecord | None

    def words(self) -> str:
        """All of it in a sentence or two, in the language in use."""
        parts = [
            tr("The library's file was damaged ({reason}) and is kept as {path}.", reason=self.reason, path=self.kept),
            ntr("{n} sample was saved from it", "{n} samples were saved from it", self.saved)
            + (ntr(", {n} came from a backup", ", {n} came from a backup", self.fetched) if self.fetched else "")
            + (ntr(", {n} is lost.", ", {n} are lost.", len(self.lost)) if self.lost else tr(", none is lost.")),
        ]
        if self.unlabelled:
            parts.append(ntr("{n} sample lost its label.", "{n} samples lost their labels.", self.unlabelled))
        if self.backup is not None:
            parts.append(
                tr(
                    "The newest good backup, {name}, has {n:,} samples.",
                    name=self.backup.path.name,
                    n=self.backup.samples,
                )
            )
        return " ".join(parts)


def checked(connection: sqlite3.Connection, known: Columns | None, *, thoroughly: bool) -> tuple[Columns, Names]:
    """The columns and names of a file that may be damaged.

    Args:
        connection: To the file.
        known: The columns as they are known to be; None where they are not known.
        thoroughly: Read every sample, however long that takes.

    Raises:
        DamageError: Something is not as it should be.
        sqlite3.Error, ValueError, TypeError, OverflowError: Likewise.
    """
    problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise DamageError(problem)
    columns, names = read_columns(connection), read_names(connection)
    if known is not None:
        different = next((name for name in TYPES if not np.array_equal(columns[name], known[name])), None)
        if different is not None:
            raise DamageError(f"samples.{different} differs from the index")
    loose = stray(columns, names)
    if loose:
        raise DamageError(loose)
    until = None if thoroughly else time.monotonic() + _PATIENCE
    for sample_id, reason in damaged_contents(connection, until):
        raise DamageError(f"sample {sample_id}: {reason}")
    if thoroughly:
        for number, blob in connection.execute("SELECT id, changes FROM journal"):
            try:
                unpack_changes(blob)
            except ValueError as error:
                raise DamageError(f"journal {number}: {error}") from error
    return columns, names


def stray(columns: Columns, names: Names) -> str:
    """What refers to nothing; empty where all is well."""
    texts = np.zeros(len(names.texts), bool)
    texts[list(names.text_ids.values())] = True
    for name in ("writer", "source", "note", "predicted", "model"):
        if not _all_in(columns[name], texts):
            return f"samples.{name}"
    # Where an import was undone, its samples wait for it to be done again; so do their classes and their dataset.
    kept = columns["deleted"] == 0
    for name, known in (("class", {0, *names.classes}), ("dataset", set(names.datasets))):
        there = np.zeros(max(known, default=0) + 1, bool)
        there[list(known)] = True
        if not _all_in(columns[name][kept], there):
            return f"samples.{name}"
    ids = columns["id"]
    if len(ids) and (ids[0] < 1 or (columns["split"] > 2).any() or (columns["kind"] > 1).any()):
        return "samples"
    return ""


def _all_in(numbers: np.ndarray, there: np.ndarray) -> bool:
    if not len(numbers):
        return True
    return bool(numbers.min() >= 0 and numbers.max() < len(there) and there[numbers].all())


def damaged_contents(connection: sqlite3.Connection, until: float | None = None) -> Iterator[tuple[int, str]]:
    """The ids of samples whose content is missing or not what its hash says, with the reason.

    Args:
        connection: To the file.
        until: When to give up, on the monotonic clock; None for never.
    """
    cursor = connection.execute(
        "SELECT samples.id, hash, original, picture FROM samples LEFT JOIN contents USING (id) ORDER BY samples.id"
    )
    while rows := cursor.fetchmany(_FETCHED):
        for sample_id, digest, original, picture in rows:
            reason = content_problem(digest, original, picture)
            if reason:
                yield sample_id, reason
        if until is not None and time.monotonic() > until:
            return
    (extra,) = connection.execute("SELECT count(*) FROM contents WHERE id NOT IN (SELECT id FROM samples)").fetchone()
    if extra:
        yield 0, tr("{n} contents without a sample", n=extra)


def content_problem(digest: int, original: bytes | None, picture: bytes | None) -> str:
    """What is wrong with a sample's content; empty where nothing is."""
    if not isinstance(original, bytes):
        return tr("its content is missing")
    try:
        content = unpack(original)
    except ValueError as error:
        return str(error)
    if hash_of(content) != digest:
        return tr("its checksum is wrong")
    if picture is None:
        return "" if getattr(content, "shape", None) == (SIDE, SIDE) else tr("its picture is missing")
    if not isinstance(picture, bytes) or not _is_seen(picture):
        return tr("its picture is damaged")
    return ""


def _is_seen(picture: bytes) -> bool:
    try:
        return len(zlib.decompress(picture)) == SIDE * SIDE
    except zlib.error:
        return False
