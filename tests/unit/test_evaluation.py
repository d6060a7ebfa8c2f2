"""Judging: counts by the true and the best label, rejected or not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.inference.judge import judge, known_as
from recognizer.inference.prediction import Verdict
from recognizer.library.dataset import LabelSet


class Rule:
    def verdicts(self, images: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> list[Verdict]:
        verdicts = [Verdict.SURE if best > 0.6 else Verdict.REJECTED for best in probabilities.max(axis=1)]
        return [Verdict.EMPTY if not image.any() else verdict for image, verdict in zip(images, verdicts, strict=True)]


class Record:
    labels = ("a", "b", "c")
    reject = Rule()


class Oracle:
    """Says what the picture's first three pixels say."""

    record = Record()

    def predict_proba(self, batch: NDArray[np.uint8], token: CancellationToken | None = None) -> NDArray[np.float32]:
        if token is not None:
            token.check()
        return (batch[:, 0, :3] / np.maximum(batch[:, 0, :3].sum(axis=1, keepdims=True), 1)).astype(np.float32)

    def judge(
        self, batch: NDArray[np.uint8], token: CancellationToken | None = None
    ) -> tuple[NDArray[np.float32], list[Verdict]]:
        probabilities = self.predict_proba(batch, token)
        return probabilities, self.record.reject.verdicts(batch, probabilities)


def pictures(*rows: tuple[int, int, int]) -> NDArray[np.uint8]:
    images = np.zeros((len(rows), 28, 28), np.uint8)
    images[:, 0, :3] = rows
    return images


IMAGES = pictures((80, 10, 10), (10, 80, 10), (50, 40, 10), (0, 0, 0), (5, 5, 90))


def test_same_labels() -> None:
    judged = judge(Oracle(), IMAGES, np.array([0, 1, 1, 2, 2]), LabelSet(("a", "b", "c")))  # type: ignore[arg-type]
    np.testing.assert_array_equal(judged.report.confusion.counts, [[1, 0, 0], [1, 1, 0], [1, 0, 1]])
    np.testing.assert_array_equal(judged.predicted, [0, 1, 0, 0, 2])
    np.testing.assert_allclose(judged.confidence, [0.8, 0.8, 0.5, 0.0, 0.9])
    assert (judged.report.n, judged.report.accuracy, judged.report.rejected) == (5, 0.6, 2)


def test_other_order_and_labels_that_the_model_does_not_know() -> None:
    labels = LabelSet(("d", "c", "a"))
    judged = judge(Oracle(), IMAGES, np.array([2, 0, 2, 0, 1]), labels)  # type: ignore[arg-type]
    assert judged.report.confusion.labels == ("a", "b", "c", "d")
    expected = np.zeros((4, 4), np.int64)
    expected[0, 0] = 2
    expected[3, 1] = 1
    expected[3, 0] = 1
    expected[2, 2] = 1
    np.testing.assert_array_equal(judged.report.confusion.counts, expected)
    assert judged.report.accuracy == pytest.approx(0.6)


def test_cancelled() -> None:
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        judge(Oracle(), IMAGES, np.zeros(5, np.int64), LabelSet(("a",)), token)  # type: ignore[arg-type]


def test_a_letter_counts_as_its_other_case_where_the_model_takes_both_for_one() -> None:
    assert known_as("a", ("a", "A")) == "a"
    assert known_as("c", ("C", "1")) == "C"
    assert known_as("7", ("C", "1")) is None
    judgement = judge(Oracle(), pictures((9, 0, 0), (0, 9, 0)), np.array([0, 1]), LabelSet(("A", "x")))  # type: ignore[arg-type]
    assert judgement.report.confusion.labels == ("a", "b", "c", "x")
    assert judgement.report.accuracy == 0.5
