"""Calibration against values computed by hand."""

import numpy as np
import pytest

from recognizer.evaluation.calibration import (
    adaptive_calibration_error,
    calibration_error,
    fit_temperature,
    log_probabilities,
    negative_log_likelihood,
    reliability,
    with_temperature,
)

CONFIDENCE = np.array([0.9, 0.9, 0.8, 0.6])
IS_RIGHT = np.array([True, False, True, True])


def test_error_by_hand_with_five_bins() -> None:
    # (0.8, 1.0]: accuracy 0.5 against 0.9; (0.6, 0.8]: 1 against 0.8; (0.4, 0.6]: 1 against 0.6.
    assert calibration_error(CONFIDENCE, IS_RIGHT, bins=5) == pytest.approx((2 * 0.4 + 0.2 + 0.4) / 4)


def test_table_by_hand() -> None:
    table = reliability(CONFIDENCE, IS_RIGHT, bins=5)
    assert [each.n for each in table] == [0, 0, 1, 1, 2]
    assert (table[4].low, table[4].high) == pytest.approx((0.8, 1.0))
    assert (table[4].confidence, table[4].accuracy) == pytest.approx((0.9, 0.5))
    assert (table[0].confidence, table[0].accuracy) == (0, 0)


def test_ends_of_the_range_fall_into_the_outer_bins() -> None:
    table = reliability(np.array([0.0, 1.0]), np.array([False, True]))
    assert [each.n for each in table] == [1, *[0] * 13, 1]


def test_adaptive_error_by_hand() -> None:
    # Two bins of two answers: {0.6, 0.8} both right, {0.9, 0.9} one of two right.
    assert adaptive_calibration_error(CONFIDENCE, IS_RIGHT, bins=2) == pytest.approx(0.5 * (1 - 0.7) + 0.5 * 0.4)


def test_adaptive_bins_share_the_answers_evenly_whatever_their_number() -> None:
    assert adaptive_calibration_error(CONFIDENCE, IS_RIGHT, bins=15) == pytest.approx((0.1 + 0.9 + 0.2 + 0.4) / 4)


def test_perfectly_calibrated_answers_have_no_error() -> None:
    confidence = np.repeat([0.75, 0.95], [4, 20])
    is_right = np.concatenate([[True, True, True, False], [False], np.ones(19, bool)])
    assert calibration_error(confidence, is_right) == pytest.approx(0)
    assert adaptive_calibration_error(confidence, is_right, bins=6) == pytest.approx(0, abs=0.09)


def test_no_answers_have_no_error() -> None:
    nothing = np.zeros(0)
    assert calibration_error(nothing, nothing.astype(bool)) == 0
    assert adaptive_calibration_error(nothing, nothing.astype(bool)) == 0


def test_likelihood_by_hand() -> None:
    scores = np.array([[2.0, 0.0], [0.0, 0.0]])
    expected = (np.log(1 + np.exp(-2)) + np.log(2)) / 2
    assert negative_log_likelihood(scores, np.array([0, 1])) == pytest.approx(expected)
    halved = (np.log(1 + np.exp(-1)) + np.log(2)) / 2
    assert negative_log_likelihood(scores, np.array([0, 1]), temperature=2) == pytest.approx(halved)


@pytest.mark.parametrize(("margin", "right"), [(4.0, 80), (4.0, 99), (0.5, 90)])
def test_temperature_is_the_one_that_gives_the_accuracy(margin: float, right: int) -> None:
    # Of 100 samples with scores (margin, 0), `right` are of class 0: p = right / 100 = 1 / (1 + exp(−margin / T)).
    scores = np.tile([margin, 0.0], (100, 1))
    labels = (np.arange(100) >= right).astype(int)
    share = right / 100
    expected = margin / np.log(share / (1 - share))
    assert fit_temperature(scores, labels) == pytest.approx(expected, rel=1e-4)
    shifted = scores + np.arange(100)[:, None]
    assert fit_temperature(shifted, labels) == pytest.approx(expected, rel=1e-4)


def test_probabilities_serve_as_well_as_logits() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 3, (500, 10))
    true = np.exp(logits / 2.5)
    labels = np.array([rng.choice(10, p=row) for row in true / true.sum(axis=1, keepdims=True)])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    fitted = fit_temperature(log_probabilities(probabilities), labels)
    assert fitted == pytest.approx(fit_temperature(logits, labels), rel=1e-4)
    assert fitted == pytest.approx(2.5, rel=0.15)


def test_temperature_changes_confidence_and_not_the_order() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.0, 0.0, 1.0]])
    cooled = with_temperature(probabilities, 0.5)
    expected = np.array([0.49, 0.04, 0.01]) / 0.54
    assert cooled[0] == pytest.approx(expected, abs=1e-6)
    assert cooled[1] == pytest.approx([0, 0, 1], abs=1e-6)
    assert with_temperature(probabilities, 1)[0] == pytest.approx(probabilities[0], abs=1e-6)
    assert cooled.dtype == np.float32
