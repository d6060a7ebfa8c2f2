"""What an edit changes, so that it can be undone and done again."""

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.store.names import REMOVED

NOT_YET: Final = -1
"""As `before` of the column `deleted`: the edit brought the sample into the library."""
_HEAD: Final = struct.Struct("<I")
_MOST: Final = 1 << 30
"""Bytes of an unpacked edit; one that touches ten million samples takes 240 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnChange:
    """One column of some samples.

    Attributes:
        field: A column of the table `samples`.
        ids: (n,) int64.
        before, after: (n,) int64.
    """

    field: str
    ids: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of `datasets` or `classes`.

    Attributes:
        table: Which of the two.
        id: The row's.
        before: The row as it was; None where the edit made it.
        after: The row as it became; None where the edit removed it.
    """

    table: str
    id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


Change = ColumnChange | RowChange


def inverse(changes: tuple[Change, ...], now: int) -> tuple[Change, ...]:
    """What undoes `changes`; samples that they brought in are put away at the time `now`, seconds since 1970."""
    return tuple(_inverse(change, now) for change in reversed(changes))


def _inverse(change: Change, now: int) -> Change:
    if isinstance(change, RowChange):
        if change.before is None and change.table == "classes" and change.after is not None:
            # Its samples wait in the trash, from which they can be brought back when the edit no longer can.
            return RowChange(change.table, change.id, change.after, change.after | {"place": REMOVED})
        return RowChange(change.table, change.id, change.after, change.before)
    after = np.where(change.before == NOT_YET, now, change.before) if change.field == "deleted" else change.before
    return ColumnChange(change.field, change.ids, change.after, after)


def pack_changes(changes: tuple[Change, ...]) -> bytes:
    """The bytes that `unpack_changes` reads: a JSON head, then columns of ids, before and after, deflated."""
    head: list[dict[str, Any]] = []
    arrays: list[bytes] = []
    for change in changes:
        if isinstance(change, RowChange):
            head.append({"table": change.table, "id": change.id, "before": change.before, "after": change.after})
            continue
        columns = []
        for values, is_ids in ((change.ids, True), (change.before, False), (change.after, False)):
            columns.append(_pack_column(np.asarray(values, np.int64), arrays, is_ids=is_ids))
        head.append({"field": change.field, "n": len(change.ids), "columns": columns})
    text = json.dumps(head, ensure_ascii=False).encode()
    return zlib.compress(_HEAD.pack(len(text)) + text + b"".join(arrays), 3)


def _pack_column(values: NDArray[np.int64], arrays: list[bytes], *, is_ids: bool) -> list[int]:
    """[first, step] where that says it all, else nothing, and the values are added to `arrays`."""
    if len(values) == 0:
        return [0, 0]
    step = 1 if is_ids else 0
    if np.array_equal(values, np.arange(len(values), dtype=np.int64) * step + values[0]):
        return [int(values[0]), step]
    arrays.append(values.astype("<i8").tobytes())
    return []


def unpack_changes(blob: bytes) -> tuple[Change, ...]:
    """The changes that `pack_changes` packed.

    Raises:
        ValueError: They are damaged.
    """
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(blob, _MOST)
        if not inflater.eof:
            raise ValueError("cut short")
        (length,) = _HEAD.unpack_from(plain)
        head = json.loads(plain[_HEAD.size : _HEAD.size + length])
        place = _HEAD.size + length
        changes: list[Change] = []
        for entry in head:
            if "table" in entry:
                changes.append(RowChange(entry["table"], entry["id"], entry["before"], entry["after"]))
                continue
            n, columns = entry["n"], []
            for column in entry["columns"]:
                if column:
                    columns.append(np.arange(n, dtype=np.int64) * column[1] + column[0])
                else:
                    columns.append(np.frombuffer(plain, "<i8", n, place).astype(np.int64))
                    place += 8 * n
            changes.append(ColumnChange(entry["field"], *columns))
    except (zlib.error, struct.error, KeyError, TypeError, IndexError, RecursionError, MemoryError) as error:
        raise ValueError(f"an edit is damaged: {error}") from error
    return tuple(changes)


def span(changes: tuple[Change, ...]) -> tuple[int, int]:
    """The lowest and the highest id of a sample in `changes`; (0, 0) where they touch none."""
    ids = [change.ids for change in changes if isinstance(change, ColumnChange) and len(change.ids)]
    return (min(int(part.min()) for part in ids), max(int(part.max()) for part in ids)) if ids else (0, 0)
