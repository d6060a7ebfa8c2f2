"""The filter line: what it understands, what it says otherwise, and what it finds."""

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.library.dataset import DIGITS, Dataset, LabelSet, Split
from recognizer.library.filters import SampleFilter, parse_filter


@pytest.fixture
def dataset() -> Dataset:
    labels = np.array([4, 9, 4, 1, 4, 9], np.int64)
    splits = np.array([0, 0, 1, 2, 2, 2], np.uint8)
    return Dataset("made-up", "Made up", np.zeros((6, 28, 28), np.uint8), labels, splits)


@pytest.mark.parametrize(
    ("text", "labels", "splits"),
    [
        ("", (), ()),
        ("   ", (), ()),
        ("4", ("4",), ()),
        ("label:4", ("4",), ()),
        ("label:9,4", ("4", "9"), ()),
        ("9 label:4 4", ("4", "9"), ()),
        ("split:test", (), (Split.TEST,)),
        ("test", (), (Split.TEST,)),
        ("split:test,train", (), (Split.TRAIN, Split.TEST)),
        ("label:4 split:test", ("4",), (Split.TEST,)),
        (" LABEL : 4 ,9  Split: Validation ", ("4", "9"), (Split.VALIDATION,)),
        ("label：４ split：test", ("4",), (Split.TEST,)),
    ],
)
def test_what_is_understood(text: str, labels: tuple[str, ...], splits: tuple[Split, ...]) -> None:
    assert parse_filter(text, DIGITS) == SampleFilter(labels, splits)


@pytest.mark.parametrize(
    "wanted", [SampleFilter(), SampleFilter(("4", "9")), SampleFilter(("0",), (Split.TRAIN, Split.TEST))]
)
def test_the_text_of_a_filter_reads_as_the_filter(wanted: SampleFilter) -> None:
    assert parse_filter(wanted.text, DIGITS) == wanted


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("label:x", "There is no class “x”", "The classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ("label:4,", "The class is missing after “label:”", "The classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ("split:exam", "There is no split “exam”", "The splits are train, validation, test"),
        ("split:", "The split is missing after “split:”", "The splits are train, validation, test"),
        ("4 predicted:9", "“predicted:9” is not understood", "Write label:0, split:test, or both"),
        ("{4}", "“{4}” is not understood", "Write label:0, split:test, or both"),
    ],
)
def test_what_is_not_understood(text: str, what: str, fix: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        parse_filter(text, DIGITS)
    assert (caught.value.what, caught.value.fix) == (what, fix)


def test_letters_are_told_apart_by_case_where_both_exist() -> None:
    letters = LabelSet(("a", "A", "b"))
    assert parse_filter("A", letters).labels == ("A",)
    assert parse_filter("a", letters).labels == ("a",)
    assert parse_filter("B", letters).labels == ("b",)


def test_many_classes_are_not_all_listed() -> None:
    with pytest.raises(RecognizerError) as caught:
        parse_filter("label:zz", LabelSet(tuple(f"c{number}" for number in range(40))))
    assert caught.value.fix == "The classes are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, …"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SampleFilter(), [0, 1, 2, 3, 4, 5]),
        (SampleFilter(("4",)), [0, 2, 4]),
        (SampleFilter(("4", "9"), (Split.TEST,)), [4, 5]),
        (SampleFilter((), (Split.TRAIN, Split.VALIDATION)), [0, 1, 2]),
        (SampleFilter(("7",)), []),
        (SampleFilter(("unknown",)), []),
    ],
)
def test_what_is_found(dataset: Dataset, wanted: SampleFilter, found: list[int]) -> None:
    assert wanted.indices(dataset).tolist() == found
