"""Signs among the symbols of a line: read where they are clear and where they can stand."""

import numpy as np
import pytest

from recognizer.inference.arithmetic import as_operator, read_signs
from recognizer.inference.kinds import KINDS
from recognizer.inference.prediction import Prediction, Verdict

DIGITS = tuple("0123456789")


def digit(label: str, verdict: Verdict = Verdict.SURE) -> Prediction:
    return Prediction(label, np.eye(10, dtype=np.float32)[int(label)], DIGITS, verdict)


def share(**probable: float) -> np.ndarray:
    """Shares of the signs that are named; the rest is a digit's."""
    names = {"plus": "+", "minus": "-", "times": "*", "slash": "/", "left": "(", "right": ")", "other": "other"}
    out = np.zeros(len(KINDS), np.float32)
    for name, value in probable.items():
        out[KINDS.index(names[name])] = value
    out[0] = 1 - out.sum()
    return out


def read(*symbols: tuple[str, np.ndarray]) -> list[str]:
    """What the line reads as."""
    predictions = [digit(label) for label, _ in symbols]
    signs = read_signs(predictions, [shares for _, shares in symbols])
    return [sign.label if sign else prediction.label for sign, prediction in zip(signs, predictions, strict=True)]


@pytest.mark.parametrize(
    ("probable", "verdict", "expected"),
    [
        (0.9, Verdict.SURE, ("+", Verdict.SURE)),
        (0.6, Verdict.SURE, ("+", Verdict.UNSURE)),
        (0.4, Verdict.SURE, None),
        (0.4, Verdict.REJECTED, ("+", Verdict.UNSURE)),
        (0.1, Verdict.REJECTED, None),
    ],
)
def test_how_clear_a_sign_must_be(probable: float, verdict: Verdict, expected: tuple[str, Verdict] | None) -> None:
    found = as_operator(digit("4", verdict), share(plus=probable))
    assert (None if found is None else (found.label, found.verdict)) == expected


def test_the_probabilities_are_those_of_digits_and_signs_together() -> None:
    found = as_operator(digit("7"), share(slash=0.6, other=0.2))
    assert found is not None
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.alternatives[:2] == (("/", pytest.approx(0.75)), ("7", pytest.approx(0.25)))


def test_a_slash_at_an_end_is_a_one() -> None:
    slash = ("1", share(slash=0.9))
    assert read(slash, ("4", share()), slash) == ["1", "4", "1"]
    assert read(("8", share()), slash, ("4", share())) == ["8", "/", "4"]


def test_a_lone_bracket_is_a_digit_and_a_pair_is_read() -> None:
    left, right, two = ("1", share(left=0.9)), ("1", share(right=0.9)), ("2", share())
    assert read(left, two) == ["1", "2"]
    assert read(two, right) == ["2", "1"]
    assert read(left, two, right) == ["(", "2", ")"]


def test_the_partner_of_a_certain_bracket_need_not_be_certain() -> None:
    left, right, two = ("1", share(left=0.9)), ("1", share(right=0.9)), ("2", share())
    assert read(("1", share(left=0.2)), two, right) == ["(", "2", ")"]
    assert read(left, two, ("1", share(right=0.2))) == ["(", "2", ")"]
    assert read(("1", share(left=0.01)), two, right) == ["1", "2", "1"]
