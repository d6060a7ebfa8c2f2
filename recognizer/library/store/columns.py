"""The samples' columns in memory: what is filtered, sorted and counted without asking the file."""

import sqlite3
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.store.schema import SAMPLE_COLUMNS

TYPES: Final[dict[str, type[np.generic]]] = {
    "id": np.int64,
    "dataset": np.int32,
    "class": np.int32,
    "split": np.uint8,
    "writer": np.int32,
    "source": np.int32,
    "note": np.int32,
    "flags": np.uint8,
    "created": np.int64,
    "deleted": np.int64,
    "kind": np.uint8,
    "hash": np.int64,
    "preprocessing": np.uint8,
    "predicted": np.int32,
    "confidence": np.uint16,
    "model": np.int32,
}
"""How each column of the table `samples` is kept in memory: 62 bytes a sample."""
_LEAST: Final = np.array([np.iinfo(TYPES[name]).min for name in SAMPLE_COLUMNS], np.int64)  # type: ignore[type-var]
_MOST: Final = np.array([np.iinfo(TYPES[name]).max for name in SAMPLE_COLUMNS], np.int64)  # type: ignore[type-var]
_FETCHED: Final = 20_000


class Columns:
    """A growing table of whole numbers; rows are in the order of the ids, which only grow.

    Not protected against other threads: the library's lock is.
    """

    def __init__(self, arrays: dict[str, NDArray] | None = None) -> None:
        self._arrays = arrays or {name: np.zeros(0, kind) for name, kind in TYPES.items()}
        self._count = len(self._arrays["id"])

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> NDArray:
        """The column `name`, (n,); a view that later edits change."""
        return self._arrays[name][: self._count]

    def append(self, rows: dict[str, NDArray]) -> None:
        """Add samples with ids above all others; `rows` has every column."""
        added = len(rows["id"])
        needed = self._count + added
        if needed > len(self._arrays["id"]):
            capacity = max(needed, len(self._arrays["id"]) * 3 // 2, 1024)
            for name, kind in TYPES.items():
                grown = np.zeros(capacity, kind)
                grown[: self._count] = self._arrays[name][: self._count]
                self._arrays[name] = grown
        for name in TYPES:
            self._arrays[name][self._count : needed] = rows[name]
        self._count = needed

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of the samples with these ids, (n,); −1 where there is none."""
        known = self["id"]
        rows = np.searchsorted(known, ids)
        is_known = rows < len(known)
        is_known[is_known] = known[rows[is_known]] == ids[is_known]
        return np.where(is_known, rows, -1)

    def set(self, name: str, ids: NDArray[np.int64], values: NDArray) -> None:
        """Change a column for the samples with these ids; ids that are gone are passed over."""
        rows = self.rows_of(ids)
        found = rows >= 0
        self._arrays[name][rows[found]] = values[found]

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Forget the rows outside of `mask`, (n,)."""
        self._arrays = {name: self[name][mask] for name in TYPES}
        self._count = len(self._arrays["id"])


def read_columns(connection: sqlite3.Connection) -> Columns:
    """The columns of the table `samples`.

    Raises:
        sqlite3.Error: The table cannot be read.
        ValueError, TypeError, OverflowError: It holds what is no number of its column's range.
    """
    names = ", ".join(f'"{name}"' for name in SAMPLE_COLUMNS)
    cursor = connection.execute(f"SELECT {names} FROM samples ORDER BY id")
    parts: dict[str, list[NDArray]] = {name: [] for name in TYPES}
    while rows := cursor.fetchmany(_FETCHED):
        # In one go: a column at a time takes twice as long.
        table = np.array(rows)
        if table.dtype != np.int64:
            raise ValueError(f"{table.dtype} in the table of samples")
        rows_of_columns = np.ascontiguousarray(table.T)
        is_outside = (rows_of_columns.min(axis=1) < _LEAST) | (rows_of_columns.max(axis=1) > _MOST)
        if is_outside.any():
            raise OverflowError(f"samples.{SAMPLE_COLUMNS[int(is_outside.argmax())]}")
        for name, values in zip(SAMPLE_COLUMNS, rows_of_columns, strict=True):
            parts[name].append(values.astype(TYPES[name]))
    if not parts["id"]:
        return Columns()
    return Columns({name: np.concatenate(pieces) for name, pieces in parts.items()})
