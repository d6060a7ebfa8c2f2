"""The order of samples: right, stable, unknown ones last."""

from dataclasses import replace

import numpy as np
import pytest
from sample_tables import random_table

from recognizer.library import sorting
from recognizer.library.dataset import DIGITS
from recognizer.library.samples import UNKNOWN, SampleTable
from recognizer.library.sorting import SortKey, sorted_by, sorted_positions


def natural(name: str) -> tuple[object, ...]:
    names = ["2", "10", "a", "anna", "Anna Lee", "Ben", "Müller, Jo", "none", "李明"]
    return (names.index(name),)


def value(table: SampleTable, at: int, key: SortKey) -> object:
    """What the sample at `at` is sorted by; None where that is not known."""
    index = {
        SortKey.LABEL: table.labels,
        SortKey.WRITER: table.writers,
        SortKey.PREDICTED: table.predicted,
        SortKey.NOTE: table.notes,
        SortKey.SOURCE: table.sources,
    }
    if key in index and index[key][at] == UNKNOWN:
        return None
    if key is SortKey.WRITER:
        return natural(table.writer_names[table.writers[at]])
    if key is SortKey.NOTE:
        return table.note_texts[table.notes[at]]
    if key is SortKey.SOURCE:
        return ['C:\\x "y".png', "drawn", "sheets/A 1.png", "Ｓheets/b2.png"].index(
            table.source_names[table.sources[at]]
        )
    if key is SortKey.PREDICTED:
        return [*DIGITS.names, "B", "other"].index(table.predicted_names[table.predicted[at]])
    if key is SortKey.CONFIDENCE:
        return None if np.isnan(table.confidences[at]) else float(table.confidences[at])
    if key is SortKey.DATE:
        return (int(table.created[at]), int(table.ids[at])) if table.created[at] else None
    column = {
        SortKey.ID: table.ids,
        SortKey.LABEL: table.labels,
        SortKey.SPLIT: table.splits,
        SortKey.FLAG: table.flags,
        SortKey.KIND: table.is_ink,
    }[key]
    return int(column[at])


@pytest.mark.parametrize("key", [key for key in SortKey if key is not SortKey.WRONG])
@pytest.mark.parametrize("descending", [False, True])
def test_the_order_is_that_of_a_plain_sort(key: SortKey, descending: bool) -> None:
    table = random_table(600, 5)
    positions = np.random.default_rng(1).permutation(600)[:500]
    known = [at for at in positions.tolist() if value(table, at, key) is not None]
    unknown = [at for at in positions.tolist() if value(table, at, key) is None]
    # Python keeps equal ones in order either way round.
    expected = sorted(known, key=lambda at: value(table, at, key), reverse=descending)
    found = sorted_positions(table, positions, key, descending=descending).tolist()
    assert found[: len(known)] == expected
    assert sorted(found[len(known) :]) == sorted(unknown)
    if key is not SortKey.DATE:
        assert found[len(known) :] == unknown


def test_mistakes_come_first_and_the_surest_of_them_before() -> None:
    table = random_table(600, 6)
    found = sorted_positions(table, np.arange(600), SortKey.WRONG)
    names = [table.predicted_names[index] if index >= 0 else "" for index in table.predicted[found]]
    labels = [table.label(at) for at in found]
    kinds = [2 if not label or not name else int(label == name) for label, name in zip(labels, names, strict=True)]
    assert kinds == sorted(kinds)
    assert set(kinds) == {0, 1, 2}
    wrong = np.nan_to_num(table.confidences[found[: kinds.count(0)]], nan=0)
    assert (np.diff(wrong) <= 0).all()


def test_numbers_in_names_are_compared_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("sheet 10", "Sheet 2", "sheet 1", "sheet", "10", "9", "a")
    table = replace(random_table(7, 0), writers=np.arange(7, dtype=np.int32), writer_names=names)
    ordered = ["9", "10", "a", "sheet", "sheet 1", "Sheet 2", "sheet 10"]
    for _ in range(2):
        found = sorted_positions(table, np.arange(7), SortKey.WRITER)
        assert [names[at] for at in found] == ordered
        monkeypatch.setattr(sorting, "_MANY", 1)
        ordered = sorted(names, key=str.casefold)
    assert len(sorting._known_ranks) <= 3


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        np.array([3, -1, 3, 2**40, -(2**40), 0, 2**40]),
        np.array([2**64 - 1, 0, 2**63, 5, 5, 1, 0], np.uint64),
        np.array([-(2**31), 2**31 - 1, 0, -1, 1, 0, 5], np.int32),
        np.array([0.5, -0.0, 0.0, -3.25, np.inf, -np.inf, 1e-30]),
        np.array([True, False, True, True, False, False, True]),
        np.array([255, 0, 7, 7, 200, 1, 0], np.uint8),
        np.array([70_000, 0, 65_535, 65_536, 3, 70_000, 1]),
    ],
)
def test_any_numbers(values: np.ndarray, descending: bool) -> None:
    places = np.array([6, 5, 4, 3, 2, 1, 0])
    order = sorted(range(7), key=lambda index: values[index].item(), reverse=descending)
    assert sorted_by(places, values, descending=descending).tolist() == places[order].tolist()


def test_what_is_missing_is_last_and_nothing_is_nothing() -> None:
    places = np.arange(5)
    values = np.array([np.nan, 2, np.nan, 1, 3])
    assert sorted_by(places, values).tolist() == [3, 1, 4, 0, 2]
    assert sorted_by(places, values, descending=True).tolist() == [4, 1, 3, 0, 2]
    assert sorted_by(places, np.arange(5), values > 1).tolist() == [0, 2, 3, 1, 4]
    assert sorted_by(places, np.full(5, np.nan)).tolist() == [0, 1, 2, 3, 4]
    assert sorted_by(places[:0], values[:0]).tolist() == []
    empty = random_table(0, 0)
    for key in SortKey:
        assert sorted_positions(empty, np.arange(0), key).tolist() == []
