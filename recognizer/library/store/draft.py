"""An edit while it is being made: what it changes in the file at once, and in memory when it has been committed."""

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.store.changes import NOT_YET, Change, ColumnChange, RowChange
from recognizer.library.store.columns import TYPES, Columns
from recognizer.library.store.contents import Packed
from recognizer.library.store.names import MAX_CLASSES, ClassRecord, Names, cleaned
from recognizer.library.store.schema import SAMPLE_COLUMNS


@dataclass(slots=True)
class Growing:
    """An edit that goes on over several transactions, such as an import.

    Attributes:
        id: Its row in the journal; 0 before the first transaction.
        changes: What it has changed so far.
    """

    id: int = 0
    changes: tuple[Change, ...] = ()

    def changes_with(self, more: tuple[Change, ...]) -> tuple[Change, ...]:
        """`changes` and `more`, samples that were brought in joined into one change."""
        joined = [change for change in (*self.changes, *more) if not _is_arrival(change)]
        arrivals = [c for c in (*self.changes, *more) if isinstance(c, ColumnChange) and _is_arrival(c)]
        if arrivals:
            columns = [np.concatenate([getattr(c, name) for c in arrivals]) for name in ("ids", "before", "after")]
            joined.append(ColumnChange("deleted", *columns))
        return tuple(joined)


def _is_arrival(change: Change) -> bool:
    return (
        isinstance(change, ColumnChange)
        and change.field == "deleted"
        and len(change.before) > 0
        and int(change.before[0]) == NOT_YET
    )


class Draft:
    """Collects what one transaction changes; `publish` takes it over into memory after the commit.

    Args:
        connection: In a transaction.
        columns, names: The library's; they are not changed before `publish`.

    Attributes:
        changes: For the journal.
        extends: The edit that this transaction goes on with; None for an edit of its own.
    """

    def __init__(self, connection: sqlite3.Connection, columns: Columns, names: Names) -> None:
        self.connection = connection
        self.changes: list[Change] = []
        self.extends: Growing | None = None
        self._columns = columns
        self._names = names
        self._texts: dict[str, int] = {}
        self._classes: dict[tuple[int, str], int] = {}
        self._class_counts: dict[int, int] = {}
        self._rows: list[dict[str, NDArray]] = []
        self._silent: list[ColumnChange] = []

    def text_id(self, text: str) -> int:
        """The id of a text, which is taken up where it is new."""
        known = self._names.text_ids.get(text, self._texts.get(text))
        if known is None:
            known = self._insert("INSERT INTO texts (text) VALUES (?)", (text,))
            self._texts[text] = known
        return known

    def cleaned_text_id(self, text: str) -> int:
        """As `text_id`, of a text that came with data."""
        return self.text_id(cleaned(text)) if text else 0

    def class_id(self, dataset: int, name: str) -> int:
        """The id of the class `name` of a dataset, which is made where there is none; 0 for no name."""
        if not name:
            return 0
        known = self._names.class_ids.get((dataset, name), self._classes.get((dataset, name)))
        if known is None:
            others = self._class_counts.get(dataset)
            if others is None:
                others = sum(1 for key in self._names.class_ids if key[0] == dataset)
            if others >= MAX_CLASSES:
                raise RecognizerError(
                    tr("The dataset has too many classes"),
                    where=tr("{n:,} classes, and one more, “{label}”", n=others, label=name),
                    fix=tr("Check whether the labels are what they should be"),
                )
            known = self._insert("INSERT INTO classes (dataset, name, place) VALUES (?, ?, 0)", (dataset, name))
            self._classes[dataset, name] = known
            self._class_counts[dataset] = others + 1
            self.changes.append(RowChange("classes", known, None, {"dataset": dataset, "name": name, "place": 0}))
        return known

    def change_class(self, record: ClassRecord, **values: Any) -> None:
        """Change a class."""
        before = {key: value for key, value in asdict(record).items() if key != "id"}
        self._change_row("classes", record.id, before, before | values)

    def change_dataset(self, number: int, **values: Any) -> None:
        """Change a dataset."""
        before = {key: value for key, value in asdict(self._names.datasets[number]).items() if key != "id"}
        self._change_row("datasets", number, before, before | values)

    def add_dataset(self, name: str, title: str, created: int) -> int:
        """Make a dataset; returns its id."""
        row = {"name": name, "title": title, "created": created, "deleted": 0}
        number = self._insert(
            "INSERT INTO datasets (name, title, created, deleted) VALUES (?, ?, ?, ?)", tuple(row.values())
        )
        self.changes.append(RowChange("datasets", number, None, row))
        return number

    def _change_row(self, table: str, number: int, before: dict[str, Any], after: dict[str, Any]) -> None:
        if before != after:
            change = RowChange(table, number, before, after)
            apply_change(self.connection, change)
            self.changes.append(change)

    def set(self, field: str, ids: NDArray[np.int64], values: NDArray | int, *, silently: bool = False) -> int:
        """Change a column of samples; only those whose value differs are touched.

        Args:
            field: The column.
            ids: (n,) of samples that there are.
            values: (n,), or one for all.
            silently: Not for the journal.

        Returns:
            How many were changed.
        """
        ids = np.asarray(ids, np.int64)
        rows = self._columns.rows_of(ids)
        before = self._columns[field][rows].astype(np.int64)
        after = np.broadcast_to(np.asarray(values, np.int64), ids.shape)
        differ = (before != after) & (rows >= 0)
        if not differ.any():
            return 0
        change = ColumnChange(field, ids[differ], before[differ], after[differ].copy())
        apply_change(self.connection, change)
        (self._silent if silently else self.changes).append(change)
        return int(differ.sum())

    def add_samples(
        self, packed: list[Packed], seen: list[bytes | None], rows: dict[str, NDArray]
    ) -> NDArray[np.int64]:
        """Bring samples in.

        Args:
            packed: The n originals.
            seen: What models see of each; None where that is the original.
            rows: (n,) of every column but `id`, `kind` and `hash`.

        Returns:
            (n,) int64, their ids.
        """
        n = len(packed)
        (highest,) = self.connection.execute(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'samples'), 0)"
        ).fetchone()
        ids = np.arange(highest + 1, highest + 1 + n, dtype=np.int64)
        rows = rows | {
            "id": ids,
            "kind": np.array([one.kind for one in packed], np.uint8),
            "hash": np.array([one.hash for one in packed], np.int64),
        }
        marks = ", ".join("?" * len(SAMPLE_COLUMNS))
        values = zip(*(rows[name].tolist() for name in SAMPLE_COLUMNS), strict=True)
        self.connection.executemany(f"INSERT INTO samples VALUES ({marks})", values)
        self.connection.executemany(
            "INSERT INTO contents VALUES (?, ?, ?)",
            zip(ids.tolist(), (one.blob for one in packed), seen, strict=True),
        )
        self._rows.append({name: np.asarray(rows[name]).astype(kind) for name, kind in TYPES.items()})
        self.changes.append(ColumnChange("deleted", ids, np.full(n, NOT_YET, np.int64), np.zeros(n, np.int64)))
        return ids

    def _insert(self, statement: str, values: tuple[Any, ...]) -> int:
        number = self.connection.execute(statement, values).lastrowid
        assert number is not None
        return number

    def publish(self) -> None:
        """Take over into memory what has been committed."""
        for text, number in self._texts.items():
            self._names.add_text(number, text)
        for rows in self._rows:
            self._columns.append(rows)
        for change in (*self.changes, *self._silent):
            if isinstance(change, RowChange):
                self._names.put(change.table, change.id, change.after)
            elif not _is_arrival(change):
                self._columns.set(change.field, change.ids, change.after)


def apply_change(connection: sqlite3.Connection, change: Change) -> None:
    """Do a change in the file; samples that have been removed for good since are passed over."""
    if isinstance(change, RowChange):
        if change.after is None:
            connection.execute(f"DELETE FROM {change.table} WHERE id = ?", (change.id,))
            return
        names, values = list(change.after), list(change.after.values())
        marks = ", ".join("?" * (len(names) + 1))
        connection.execute(
            f"INSERT OR REPLACE INTO {change.table} (id, {', '.join(names)}) VALUES ({marks})", (change.id, *values)
        )
        return
    ids, after = change.ids, change.after
    is_range = len(ids) > 1 and int(ids[-1]) - int(ids[0]) == len(ids) - 1 and bool((np.diff(ids) == 1).all())
    if is_range and bool((after == after[0]).all()):
        connection.execute(
            f'UPDATE samples SET "{change.field}" = ? WHERE id BETWEEN ? AND ?',
            (int(after[0]), int(ids[0]), int(ids[-1])),
        )
        return
    order = np.argsort(ids, kind="stable")
    connection.executemany(
        f'UPDATE samples SET "{change.field}" = ? WHERE id = ?',
        zip(after[order].tolist(), ids[order].tolist(), strict=True),
    )
