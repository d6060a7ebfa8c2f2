"""Figures of a judgement, against scikit-learn and against values that are published or worked out by hand."""

import numpy as np
import pytest
from sklearn import metrics

from recognizer.evaluation.calibration import calibration_curve, calibration_error, reliability
from recognizer.evaluation.figures import (
    Averages,
    balanced_accuracy,
    figures_of,
    macro_averages,
    top_accuracy,
    weighted_averages,
    wilson_interval,
)
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport

LABELS = ("a", "b", "c", "d")


def report(truth: np.ndarray, predicted: np.ndarray) -> EvaluationReport:
    return EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, LABELS))


def test_wilson_interval_is_the_published_one() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I: method 3, 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
    for right, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        interval = wilson_interval(right, n)
        assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)
    assert wilson_interval(1, 29).low == pytest.approx(0.0061, abs=5e-5)
    assert wilson_interval(20, 20).high == 1.0
    assert (wilson_interval(0, 0).low, wilson_interval(0, 0).high) == (0.0, 1.0)
    assert wilson_interval(50, 100, 0.99).low < wilson_interval(50, 100).low
    with pytest.raises(ValueError, match="3 of 2"):
        wilson_interval(3, 2)


def test_means_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    truth = rng.choice(3, 200, p=[0.7, 0.2, 0.1])
    predicted = np.where(rng.random(200) < 0.6, truth, rng.choice(4, 200))
    judged = report(truth, predicted)
    for averages, kind in ((macro_averages(judged), "macro"), (weighted_averages(judged), "weighted")):
        expected = metrics.precision_recall_fscore_support(truth, predicted, average=kind, zero_division=0)[:3]
        np.testing.assert_allclose([averages.precision, averages.recall, averages.f1], expected)
    # Of the classes that have samples alone, as scikit-learn has it too, but for a warning.
    recalls = metrics.recall_score(truth, predicted, labels=[0, 1, 2], average=None)
    assert balanced_accuracy(judged) == pytest.approx(recalls.mean())
    assert balanced_accuracy(judged) != pytest.approx(judged.accuracy, abs=0.01)


def test_a_class_that_is_neither_there_nor_answered_does_not_count() -> None:
    judged = report(np.array([0, 1]), np.array([0, 1]))
    assert macro_averages(judged) == Averages(1.0, 1.0, 1.0)
    nothing = report(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert macro_averages(nothing) == weighted_averages(nothing) == Averages(0.0, 0.0, 0.0)
    assert balanced_accuracy(nothing) == 0.0


def test_the_second_guess_counts() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.4, 0.2, 0.4], [0.9, 0.1, 0]])
    truth = np.array([0, 1, 2, 2, 3])
    assert top_accuracy(probabilities, truth) == 3 / 5
    assert top_accuracy(probabilities, truth, 1) == 1 / 5
    assert top_accuracy(probabilities, truth, 3) == 4 / 5
    assert top_accuracy(np.zeros((0, 3)), np.zeros(0, np.int64)) == 0.0
    rng = np.random.default_rng(0)
    many, true = rng.dirichlet(np.ones(5), 300), rng.integers(0, 5, 300)
    assert top_accuracy(many, true) == pytest.approx(metrics.top_k_accuracy_score(true, many, k=2))


def test_equally_probable_classes_are_one_guess_each() -> None:
    same = np.full((4, 4), 0.25)
    assert top_accuracy(same, np.arange(4), 2) == 0.5


def test_the_curve_is_the_table_with_its_errors() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.2, 1, 500).astype(np.float32)
    is_right = rng.random(500) < confidence**2
    curve = calibration_curve(confidence, is_right, 10)
    assert curve.bins == reliability(confidence, is_right, 10)
    assert curve.error == calibration_error(confidence, is_right, 10)
    assert sum(each.n for each in curve.bins) == 500
    assert curve.error > 0.1
    document = curve.to_dict()
    assert document["bins"][9] == {
        "low": 0.9,
        "high": 1.0,
        "n": curve.bins[9].n,
        "confidence": curve.bins[9].confidence,
        "accuracy": curve.bins[9].accuracy,
    }


def test_all_figures_together() -> None:
    truth, predicted = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.4, 0.5], [0.1, 0.2, 0.7]])
    confidence = probabilities.max(axis=1)
    found = figures_of(report(truth, predicted), confidence, predicted == truth, top_accuracy(probabilities, truth))
    assert found.top2_accuracy == 1.0
    assert found.interval == wilson_interval(3, 4)
    assert found.to_dict()["macro"]["recall"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert figures_of(report(truth, predicted), confidence, predicted == truth).top2_accuracy is None
