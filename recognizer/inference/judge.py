"""Judging a model on labelled pictures: one way for training, command line and window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.evaluation.figures import Figures, figures_of, top_accuracy
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Verdict


class Labels(Protocol):
    """Class names in the order of their indices, such as a dataset's `LabelSet`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a model said about every sample.

    Attributes:
        report: The figures. Its labels are the model's, followed by those of the data that the model does not know.
        predicted: (n,) int64, the best label as an index into the report's labels.
        confidence: (n,) float32, the probability of the best label.
        truth: (n,) int64, the true label as an index into the report's labels.
        probabilities: (n, k) float32, of the model's labels, which are the first k of the report's.
    """

    report: EvaluationReport
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    @property
    def figures(self) -> Figures:
        """What is to be said of it beside the report."""
        is_right = self.predicted == self.truth
        return figures_of(self.report, self.confidence, is_right, top_accuracy(self.probabilities, self.truth))


def known_as(name: str, labels: tuple[str, ...]) -> str | None:
    """The label by which a model knows `name`: itself, or its other case where it takes both for one; else None."""
    return next((label for label in (name, name.swapcase()) if label in labels), None)


def judge(
    classifier: Classifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    label_set: Labels,
    token: CancellationToken | None = None,
) -> Judgement:
    """Compare a model's answers with the truth.

    Args:
        classifier: The model; used from the calling thread.
        images: (n, 28, 28) uint8, made by the model's `Preprocessor`.
        labels: (n,) int64, indices into `label_set`.
        label_set: The classes of the data.
        token: Checked between blocks of 256 pictures.

    Raises:
        Cancelled: By `token`.
    """
    probabilities, verdicts = classifier.judge(images, token)
    return judgement_of(classifier.record.labels, probabilities, verdicts, labels, label_set)


def judgement_of(
    known: tuple[str, ...],
    probabilities: NDArray[np.float32],
    verdicts: Sequence[Verdict],
    labels: NDArray[np.int64],
    label_set: Labels,
) -> Judgement:
    """Compare answers with the truth, whoever gave them.

    Args:
        known: The k labels that there are probabilities of.
        probabilities: (n, k) float32.
        verdicts: n of them.
        labels: (n,) int64, indices into `label_set`.
        label_set: The classes of the data.
    """
    meant = [known_as(name, known) or name for name in label_set.names]
    names = known + tuple(dict.fromkeys(name for name in meant if name not in known))
    truth = np.array([names.index(name) for name in meant], np.int64)[labels]
    predicted = probabilities.argmax(axis=1).astype(np.int64)
    rejected = sum(verdict in (Verdict.EMPTY, Verdict.REJECTED) for verdict in verdicts)
    report = EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, names), rejected)
    return Judgement(report, predicted, probabilities.max(axis=1), truth, probabilities)
