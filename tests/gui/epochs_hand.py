"""Runs written by hand, whose networks say after each epoch the digit of that number."""

import numpy as np

from recognizer.base.paths import Profile
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.library.dataset import Dataset
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder, Weights
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochEnded, EpochJudged, EpochMetrics
from recognizer.training.runs import Predictions, RunFolder

END = {"type": "dense", "units": 0, "activation": "softmax"}
DENSE = ({"type": "flatten"}, {"type": "dense", "units": 70, "activation": "relu"}, END)
CONV = ({"type": "conv", "filters": 4, "size": 3, "activation": "relu"}, {"type": "flatten"}, END)
EPOCHS = 5
JUDGED = 40


def weights(kind: str, epoch: int) -> Weights:
    """After an epoch; filters that differ, and a bias that says its number."""
    random = np.random.default_rng(epoch)
    bias = np.where(np.arange(10) == epoch, 5.0, 0.0).astype(np.float32)
    if kind == "dense":
        first = random.normal(size=(784, 70)).astype(np.float32)
        return [first, np.zeros(70, np.float32), np.zeros((70, 10), np.float32), bias]
    first = random.normal(size=(3, 3, 1, 4)).astype(np.float32)
    return [first, np.zeros(4, np.float32), np.zeros((26 * 26 * 4, 10), np.float32), bias]


def judged(data: Dataset, epoch: int, wrong: int | None = None) -> EpochJudged:
    """What it says of the first samples; the first `wrong` of them are read as the next digit."""
    truth = data.labels[:JUDGED].astype(np.int64)
    predicted = truth.copy()
    count = 10 - epoch if wrong is None else wrong
    predicted[:count] = (predicted[:count] + 1) % 10
    return EpochJudged(epoch, np.arange(JUDGED), truth, predicted, np.full(JUDGED, 0.5, np.float32))


def metrics(epoch: int) -> EpochMetrics:
    """The fourth epoch is the best."""
    return EpochMetrics(epoch, 1.0 / epoch, 0.5 + epoch / 20, 0.5, 0.9 - abs(epoch - 4) / 10, 0.001, 1.0)


def write_run(profile: Profile, data: Dataset, kind: str = "dense", *, keeps: bool = True, ends: bool = True) -> str:
    """A run of five epochs; with or without its weights, judged or interrupted."""
    layers = DENSE if kind == "dense" else CONV
    with RunFolder(profile, TrainingConfig("mine", EPOCHS, layers=layers), data) as run:
        checkpoints = CheckpointFolder(run.path, EPOCHS)
        for epoch in range(1, EPOCHS + 1):
            run.append(judged(data, epoch))
            run.append(EpochEnded(metrics(epoch)))
            if keeps:
                checkpoints.save(Checkpoint(epoch, weights(kind, epoch)), is_best=epoch == 4)
        if ends:
            last = judged(data, EPOCHS, wrong=2)
            names = data.label_set.names
            report = EvaluationReport(ConfusionMatrix.from_predictions(last.truth, last.predicted, names))
            run.save_predictions(Predictions(last.indices, last.truth, last.predicted, last.confidence))
            run.finish("finished", report=report.to_dict(), accuracy=report.accuracy)
    return run.id
