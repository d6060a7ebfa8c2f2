"""The order in which samples are shown."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.filter_terms import label_of_prediction
from recognizer.library.filter_text import fold
from recognizer.library.samples import UNKNOWN, SampleTable

_MANY: Final = 20_000
"""Names from which on numbers in them are not compared by value, which takes long."""
_KEPT: Final = 3
_DIGITS: Final = re.compile(r"(\d+)")
_known_ranks: list[tuple[Sequence[str], NDArray[np.int32]]] = []


class SortKey(StrEnum):
    """What samples can be sorted by. Each can be turned round; what is not known comes last either way.

    `WRONG` puts first what was read as something else, the surest mistakes before the others, then what was read right.
    """

    ID = "id"
    DATE = "date"
    LABEL = "label"
    SPLIT = "split"
    WRITER = "writer"
    SOURCE = "source"
    NOTE = "note"
    FLAG = "flag"
    KIND = "kind"
    CONFIDENCE = "confidence"
    PREDICTED = "predicted"
    WRONG = "wrong"


def sorted_positions(
    table: SampleTable, positions: NDArray[np.int64], key: SortKey, *, descending: bool = False
) -> NDArray[np.int64]:
    """`positions` in the order of `key`.

    Equal ones stay in the order in which they are, except that dates of the same second follow their ids. Classes come
    in the user's order, names by the alphabet with numbers by value.

    Args:
        table: The samples.
        positions: (m,) some of them.
        key: What they are sorted by.
        descending: Last first.

    Returns:
        (m,) the same positions.
    """
    if key is SortKey.DATE:
        ids = table.ids[positions]
        if not descending and (ids[1:] >= ids[:-1]).all():
            pass
        elif descending and (ids[1:] >= ids[:-1]).all():
            positions = positions[::-1]
        else:
            positions = sorted_by(positions, ids, descending=descending)
        created = table.created[positions]
        return sorted_by(positions, created, created <= 0, descending=descending)
    if key is SortKey.WRONG:
        return sorted_by(positions, *_mistakes(table, positions), descending=descending)
    values = _values(table, positions, key)
    return sorted_by(positions, values, values < 0 if values.dtype == np.int32 else None, descending=descending)


def sorted_by(
    positions: NDArray[np.int64],
    values: NDArray,
    is_missing: NDArray[np.bool_] | None = None,
    *,
    descending: bool = False,
) -> NDArray[np.int64]:
    """`positions` in the order of the values that belong to them; equal ones stay as they are.

    Args:
        positions: (m,) positions.
        values: (m,) numbers or truth values; what is not a number comes last.
        is_missing: (m,) bool, what comes last whatever its value.
        descending: Largest first.
    """
    if values.dtype.kind == "f":
        is_missing = np.isnan(values) if is_missing is None else is_missing | np.isnan(values)
        values = _bits(values)
    elif values.dtype.kind == "b":
        values = values.view(np.uint8)
    if is_missing is not None and not is_missing.any():
        is_missing = None
    known = values if is_missing is None else values[~is_missing]
    if len(known) == 0:
        return positions
    low, high = known.min(), known.max()
    span = int(high) - int(low)
    kind = np.uint16 if span < 2**16 - 1 else np.uint32 if span < 2**32 - 1 else np.uint64
    # Whole numbers wrap, so that the differences are right whatever the type.
    keys = (high - values if descending else values - low).astype(kind)
    if is_missing is not None:
        keys[is_missing] = span + 1
    return positions[_stable_order(keys, span + 1)]


def _mistakes(table: SampleTable, positions: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Keys that put wrong answers before right ones and sure ones before the others; and what cannot be judged."""
    labels, predicted = table.labels[positions], table.predicted[positions]
    is_right = label_of_prediction(table).take(predicted) == labels
    doubts = np.nan_to_num(1 - table.confidences[positions], nan=1.0).clip(0, 1)
    keys = is_right.astype(np.uint32) << 31 | (doubts * np.float32(1 << 24)).astype(np.uint32)
    return keys, (predicted == UNKNOWN) | (labels == UNKNOWN)


def _values(table: SampleTable, positions: NDArray[np.int64], key: SortKey) -> NDArray:
    """What `key` sorts by; int32 has −1 where nothing is known."""
    if key in (SortKey.WRITER, SortKey.SOURCE, SortKey.NOTE, SortKey.PREDICTED):
        column, names = {
            SortKey.WRITER: (table.writers, table.writer_names),
            SortKey.SOURCE: (table.sources, table.source_names),
            SortKey.NOTE: (table.notes, table.note_texts),
            SortKey.PREDICTED: (table.predicted, _in_order_of_classes(table)),
        }[key]
        return _ranks(names).take(column[positions])
    columns: dict[SortKey, NDArray] = {
        SortKey.ID: table.ids,
        SortKey.LABEL: table.labels,
        SortKey.SPLIT: table.splits,
        SortKey.FLAG: table.flags,
        SortKey.KIND: table.is_ink,
        SortKey.CONFIDENCE: table.confidences,
    }
    return columns[key][positions]


def _in_order_of_classes(table: SampleTable) -> Sequence[str]:
    """The predicted names, each with its class' place before it, so that they sort as the classes do."""
    places = {name: index for index, name in enumerate(table.label_set.names)}
    return [f"{places.get(name, len(places)):09} {name}" for name in table.predicted_names]


def _ranks(names: Sequence[str]) -> NDArray[np.int32]:
    """For each name its place among all in alphabetical order, (n + 1,) int32; −1 for the last, which is no name."""
    for known, ranks in _known_ranks:
        if known is names:
            return ranks
    keys: Sequence[object] = (
        [_natural(name) for name in names] if len(names) < _MANY else [fold(name) for name in names]
    )
    order = sorted(range(len(names)), key=keys.__getitem__)  # type: ignore[arg-type]
    ranks = np.full(len(names) + 1, UNKNOWN, np.int32)
    ranks[order] = np.arange(len(names), dtype=np.int32)
    if len(names) >= _MANY:
        _known_ranks.append((names, ranks))
        del _known_ranks[:-_KEPT]
    return ranks


def _natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """`name` in parts, so that 2 comes before 10."""
    parts = _DIGITS.split(fold(name))
    return tuple((not part.isdecimal(), int(part[:18]) if part.isdecimal() else 0, part) for part in parts if part)


def _bits(values: NDArray) -> NDArray[np.uint32]:
    """Single-precision numbers as whole ones in the same order."""
    bits = (np.asarray(values, np.float32) + np.float32(0)).view(np.uint32)
    # Negative numbers have the first bit set and grow downwards.
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def _stable_order(keys: NDArray[np.unsignedinteger], most: int) -> NDArray[np.intp]:
    """The stable order of `keys`, the largest of which is `most`: 16 bits at a time, which NumPy sorts by radix."""
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    for shift in range(16, most.bit_length(), 16):
        digits = (keys >> shift).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order
