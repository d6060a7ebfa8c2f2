"""Whole numbers: which strokes are one symbol, in whatever order and however near they were written."""

import json

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.resources import resource_path, shipped_models_path
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.numbers import MAX_STROKES, InkReader, read_ink
from recognizer.inference.registry import read_record
from recognizer.ink.stroke import Ink, Stroke

# Digits of several strokes; bars and second strokes come last. In units of 1, y down.
FOUR = ([[0.45, 0.0], [0.25, 0.3], [0.0, 0.62], [0.3, 0.62], [0.72, 0.6]], [[0.5, 0.3], [0.5, 0.65], [0.48, 1.0]])
FIVE = (
    [[0.1, 0.02], [0.08, 0.42], [0.3, 0.36], [0.52, 0.5], [0.54, 0.78], [0.34, 0.98], [0.02, 0.9]],
    [[0.1, 0.02], [0.35, 0.02], [0.58, 0.0]],
)
SEVEN = ([[0.0, 0.02], [0.3, 0.03], [0.6, 0.0], [0.42, 0.4], [0.22, 1.0]], [[0.12, 0.5], [0.35, 0.49], [0.58, 0.48]])
BOW_SEVEN = (
    [[0.0, 0.16], [0.0, 0.0]],
    [[0.0, 0.02], [0.3, 0.03], [0.62, 0.0], [0.42, 0.4], [0.24, 1.0]],
    [[0.14, 0.5], [0.35, 0.49], [0.6, 0.48]],
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(read_record(shipped_models_path() / "digits", is_shipped=True))


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[np.ndarray]]:
    """The recorded digits, each 1 high and at 0, 0."""
    content = json.loads(resource_path("demo_strokes.json").read_text(encoding="utf-8"))
    digits = {}
    for digit, strokes in content.items():
        points = np.concatenate([np.array(stroke) for stroke in strokes])
        low, high = points.min(axis=0), points.max(axis=0)
        digits[digit] = [(np.array(stroke) - low) / (high - low).max() for stroke in strokes]
    return digits


def write(symbols: list, gap: float = 0.2, height: float = 100.0) -> tuple[list[np.ndarray], list[int]]:
    """Symbols in a line, and for each stroke the symbol's place."""
    strokes, owners, x = [], [], 0.0
    for place, symbol in enumerate(symbols):
        points = np.concatenate([np.asarray(stroke, np.float64) for stroke in symbol])
        left, right = points[:, 0].min(), points[:, 0].max()
        for stroke in symbol:
            strokes.append(((np.asarray(stroke) + np.array([x - left, 0])) * height).astype(np.float32))
            owners.append(place)
        x += right - left + gap
    return strokes, owners


def groups(owners: list[int]) -> list[tuple[int, ...]]:
    return [tuple(np.flatnonzero(np.array(owners) == place).tolist()) for place in range(max(owners) + 1)]


@pytest.mark.parametrize("gap", [0.02, 0.25, 0.6])
@pytest.mark.parametrize("number", ["2026", "731", "9608"])
def test_a_number_is_read(classifier: Classifier, recorded: dict, number: str, gap: float) -> None:
    strokes, owners = write([recorded[digit] for digit in number], gap)
    reading = read_ink(Ink.from_arrays(strokes), classifier)
    assert reading.text == number
    assert [symbol.strokes for symbol in reading.symbols] == groups(owners)


def test_digits_of_two_and_three_strokes_stay_whole(classifier: Classifier, recorded: dict) -> None:
    strokes, owners = write([FOUR, FIVE, SEVEN, BOW_SEVEN, recorded["2"]])
    reading = read_ink(Ink.from_arrays(strokes), classifier)
    assert [symbol.strokes for symbol in reading.symbols] == groups(owners)
    assert reading.text == "45772"


def test_a_stroke_that_comes_late_joins_its_digit(classifier: Classifier, recorded: dict) -> None:
    strokes, _ = write([FIVE, recorded["3"], FOUR])
    body, bar, *rest = strokes
    reading = read_ink(Ink.from_arrays([body, *rest, bar]), classifier)
    assert reading.text == "534"
    assert reading.symbols[0].strokes == (0, len(strokes) - 1)


def test_a_bar_that_reaches_over_the_next_digit_joins_its_own(classifier: Classifier, recorded: dict) -> None:
    long_bar = [[0.1, 0.02], [0.5, 0.0], [0.78, -0.02]]
    strokes, _ = write([(FIVE[0],), recorded["1"]], gap=0.12)
    reading = read_ink(Ink.from_arrays([*strokes, np.array(long_bar, np.float32) * 100]), classifier)
    assert reading.symbols[0].strokes == (0, len(strokes))
    assert reading.text == "51"


def test_numbers_below_each_other_are_lines(classifier: Classifier, recorded: dict) -> None:
    above, _ = write([recorded["2"], FIVE, recorded["0"]])
    below, _ = write([recorded["7"], recorded["3"]])
    reading = read_ink(Ink.from_arrays([*above, *(stroke + np.float32([30, 150]) for stroke in below)]), classifier)
    assert reading.text == "250\n73"


def test_an_eight_of_two_circles_is_one_symbol_in_one_line(classifier: Classifier, recorded: dict) -> None:
    turns = np.linspace(0, 2 * np.pi, 24)
    circle = np.stack([0.22 * np.sin(turns) + 0.25, 0.25 - 0.25 * np.cos(turns)], axis=1)
    eight = [circle, circle + np.array([0, 0.51])]
    for number in (["eight"], ["2", "eight"], ["eight", "eight"]):
        strokes, owners = write([eight if digit == "eight" else recorded[digit] for digit in number])
        reading = read_ink(Ink.from_arrays(strokes), classifier)
        assert reading.text == "".join(number).replace("eight", "8")
        assert [symbol.strokes for symbol in reading.symbols] == groups(owners)


def test_a_line_that_climbs_is_one_line(classifier: Classifier, recorded: dict) -> None:
    strokes, owners = write([recorded[digit] for digit in "2703"])
    climbing = [stroke - np.float32([0, 45 * owner]) for stroke, owner in zip(strokes, owners, strict=True)]
    assert read_ink(Ink.from_arrays(climbing), classifier).text == "2703"


PLUS = ([[0.25, 0.3], [0.25, 0.55], [0.25, 0.8]], [[0.0, 0.55], [0.25, 0.55], [0.5, 0.55]])
MINUS = ([[0.0, 0.5], [0.25, 0.5], [0.5, 0.5]],)


def test_signs_of_arithmetic_are_read(classifier: Classifier, recorded: dict) -> None:
    strokes, owners = write([recorded["3"], PLUS, recorded["2"], MINUS, recorded["6"]])
    reading = read_ink(Ink.from_arrays(strokes), classifier)
    assert reading.text == "3+2-6"
    assert [symbol.strokes for symbol in reading.symbols] == groups(owners)


def test_a_wide_gap_parts_numbers(classifier: Classifier, recorded: dict) -> None:
    left, _ = write([recorded["2"], recorded["0"]], gap=0.1)
    right, _ = write([recorded["2"], recorded["6"]], gap=0.1)
    reading = read_ink(Ink.from_arrays([*left, *(stroke + np.float32([350, 0]) for stroke in right)]), classifier)
    assert reading.text == "20 26"


def test_each_symbol_says_what_the_model_saw_and_where(classifier: Classifier, recorded: dict) -> None:
    strokes, _ = write([recorded["8"], FOUR])
    ink = Ink.from_arrays(strokes)
    for symbol in read_ink(ink, classifier).symbols:
        own = Ink(tuple(ink.strokes[index] for index in symbol.strokes))
        assert np.array_equal(symbol.image, Preprocessor().from_ink(own))
        left, top, right, bottom = own.bounds()
        assert symbol.box == pytest.approx((left, top, right - left, bottom - top))
        assert symbol.prediction.label == symbol.text


def test_a_reader_reads_only_what_is_new(
    classifier: Classifier, recorded: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    strokes, _ = write([recorded["4"], recorded["7"], recorded["3"]])
    ink = Ink.from_arrays(strokes)
    reader = InkReader(classifier)
    first = reader.read(ink)
    asked: list[int] = []
    original = classifier.predict_all
    monkeypatch.setattr(
        classifier, "predict_all", lambda images, token=None: asked.append(len(images)) or original(images, token)
    )
    again = reader.read(Ink(ink.strokes))
    assert (asked, again.text) == ([], first.text)
    far = Stroke(np.array([[900, 0], [900, 50], [898, 100]], np.float32))
    reader.read(Ink((*ink.strokes, far)))
    assert asked == [1]


def test_an_empty_drawing_has_no_lines(classifier: Classifier) -> None:
    assert read_ink(Ink(), classifier).lines == ()


def test_too_many_strokes_are_refused_with_their_number(classifier: Classifier) -> None:
    ink = Ink(tuple(Stroke(np.array([[index, 0.0]], np.float32)) for index in range(MAX_STROKES + 1)))
    with pytest.raises(RecognizerError, match="201 strokes, at most 200"):
        read_ink(ink, classifier)


def test_a_heap_of_strokes_is_read_in_time(classifier: Classifier) -> None:
    rng = np.random.default_rng(5)
    ink = Ink.from_arrays([rng.uniform(0, 300, (12, 2)) for _ in range(60)])
    reading = read_ink(ink, classifier)
    assert {index for symbol in reading.symbols for index in symbol.strokes} == set(range(60))


def test_digits_written_in_one_stroke_are_parted(classifier: Classifier, recorded: dict) -> None:
    strokes, _ = write([recorded["2"], recorded["0"]], gap=0.3)
    joined = Ink.from_arrays([np.concatenate(strokes)])
    reading = read_ink(joined, classifier)
    assert reading.text == "20"
    assert [symbol.strokes for symbol in reading.symbols] == [(0,), (0,)]


def test_a_wide_digit_of_one_stroke_stays_whole(classifier: Classifier, recorded: dict) -> None:
    strokes = [stroke * np.float32([1.3, 1.0]) for stroke in write([recorded["2"]])[0]]
    assert read_ink(Ink.from_arrays(strokes), classifier).text == "2"
