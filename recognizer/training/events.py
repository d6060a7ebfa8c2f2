"""What a training run reports while it goes on; frozen, so that they may cross threads."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.evaluation.report import EvaluationReport


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """One finished epoch.

    Attributes:
        epoch: Counted from 1.
        loss, accuracy: Mean over the epoch's training batches.
        val_loss, val_accuracy: On the validation split; None where there is none.
        learning_rate: At the end of the epoch.
        seconds: What the epoch took, validation included.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class StageBegan:
    """Something other than an epoch begins; `message` says what, in the user's language."""

    message: str


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The model is built and the first epoch begins; sample counts, steps an epoch and trainable parameters."""

    run_id: str
    epochs: int
    n_train: int
    n_validation: int
    n_test: int
    steps_per_epoch: int
    parameters: int


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """Where the run is, at most 10 a second.

    Attributes:
        epoch, batch: Counted from 1; `batch` of `batches` in this epoch.
        loss, accuracy: Running means of this epoch.
        samples_per_second: Over this epoch so far.
        seconds_left: Estimate for the rest of the run, validation included.
        memory: What the program takes up, bytes; 0 where that is not known.
    """

    epoch: int
    batch: int
    batches: int
    loss: float
    accuracy: float
    samples_per_second: float
    seconds_left: float
    memory: int = 0


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch and its validation are done."""

    metrics: EpochMetrics


@dataclass(frozen=True, slots=True, eq=False)
class EpochJudged:
    """What the network says of the validation samples after an epoch; all arrays are (n,).

    Attributes:
        epoch: Counted from 1.
        indices: int64, positions in the run's data.
        truth, predicted: int64, class indices.
        confidence: float32, the probability of the predicted class.
    """

    epoch: int
    indices: NDArray[np.int64]
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """The weights after `epoch` are safe on disk; `is_best` where they are the best so far."""

    epoch: int
    is_best: bool


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The model is stored and judged.

    Attributes:
        model_id: Its id in the `ModelRegistry`.
        report: On the test split; on the validation split where the dataset has no test split.
        judged_on: `test` or `validation`.
        was_stopped: Whether the user stopped the run early.
        seconds: The whole run.
        fit_seconds: Inside Keras' `fit`.
    """

    run_id: str
    model_id: str
    report: EvaluationReport
    judged_on: str
    best_epoch: int
    was_stopped: bool
    seconds: float
    fit_seconds: float


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The run was stopped before there was a model to keep."""

    run_id: str


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended by an error; `message` in the user's language."""

    run_id: str
    message: str


@dataclass(frozen=True, slots=True)
class SamplesChosen:
    """How many of the training samples a baseline learns from: `n_used` of `n_train`."""

    n_used: int
    n_train: int


TrainingEvent = (
    StageBegan
    | RunBegan
    | BatchProgress
    | EpochJudged
    | EpochEnded
    | CheckpointSaved
    | RunEnded
    | RunCancelled
    | RunFailed
    | SamplesChosen
)
EventCallback = Callable[[TrainingEvent], None]
