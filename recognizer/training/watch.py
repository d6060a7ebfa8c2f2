"""What happens while Keras fits: progress, the best weights so far, stopping, and giving up on infinite losses."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.blocks import BlockPlan
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder, Moment, Weights
from recognizer.training.events import BatchProgress, CheckpointSaved, EpochEnded, EpochMetrics, EventCallback
from recognizer.training.memory import used_memory
from recognizer.training.runtime import import_keras

_PROGRESS_INTERVAL: Final = 0.1
_MOMENT_INTERVAL: Final = 60.0
"""Seconds after which where the run is is written down within an epoch; it is at each epoch's end."""
_COPY_INTERVAL: Final = 0.5
"""Seconds after which finite weights are put by, for the case that the next ones are not."""
PLATEAU: Final = 2
"""Epochs without a better loss after which the schedule `plateau` halves the learning rate."""


class FitWatch:
    """Follows a fit; knows Keras only by the values that it is given.

    Args:
        plan: How the training epochs are cut up.
        epochs: How many are planned.
        learning_rate: Gives the optimiser's learning rate.
        weights: Gives a copy of the current weights.
        checkpoints: Where weights are kept.
        emit: Told what happens.
        token: Stops the fit by raising Cancelled from whatever callback comes next.
        arrays: Gives all that the run goes on with after a crash; nothing is written down for that where None.
        patience: Epochs without a better result after which the run ends; 0 for never.
        halve: Halves the learning rate; called where that is due on a plateau.
        earlier: The epochs of a run that goes on.

    Attributes:
        best: The best checkpoint so far, by validation accuracy, then validation loss; by the training figures where
            there is no validation.
        blocks_trained: Over all epochs.
        blocks_before: Of the epoch that goes on, those that were trained before the run was interrupted.
        epochs: The finished ones.
    """

    def __init__(
        self,
        plan: BlockPlan,
        epochs: int,
        learning_rate: Callable[[], float],
        weights: Callable[[], Weights],
        checkpoints: CheckpointFolder,
        emit: EventCallback,
        token: CancellationToken,
        *,
        arrays: Callable[[], list[NDArray]] | None = None,
        patience: int = 0,
        halve: Callable[[], None] | None = None,
        earlier: Sequence[EpochMetrics] = (),
    ) -> None:
        self._plan, self._planned = plan, epochs
        self._learning_rate, self._weights = learning_rate, weights
        self._checkpoints, self._emit, self._token = checkpoints, emit, token
        self.best: Checkpoint | None = None
        self.blocks_trained = self.blocks_before = 0
        self.epochs: list[EpochMetrics] = list(earlier)
        self._best_score = max(map(_score, earlier), default=(-math.inf, -math.inf))
        self._arrays, self._patience, self._halve = arrays, patience, halve
        self._last_moment = self._last_copy = time.perf_counter()
        self._finite: Weights | None = None
        self._epoch = 0
        self._began = self._validation_began = self._last_progress = 0.0
        self._validation_seconds = 0.0

    def epoch_began(self, epoch: int) -> None:
        """Epoch `epoch`, counted from 1, begins."""
        self._token.check()
        self._epoch = epoch
        self._began = time.perf_counter()

    def block_ended(self, blocks: int, logs: dict[str, Any]) -> None:
        """So many blocks of the epoch are done; `logs` holds the running means."""
        if blocks <= self.blocks_before:
            return
        self.blocks_trained += 1
        loss = float(logs["loss"])
        self._check_finite(loss)
        self._check()
        now = time.perf_counter()
        if now - self._last_copy >= _COPY_INTERVAL:
            self._finite, self._last_copy = self._weights(), now
        if self._arrays is not None and now - self._last_moment >= _MOMENT_INTERVAL and blocks < self._plan.blocks:
            self._save_moment(self._epoch, blocks)
        if now - self._last_progress < _PROGRESS_INTERVAL:
            return
        self._last_progress = now
        plan = self._plan
        seen, elapsed = plan.samples_after(blocks), max(now - self._began, 1e-9)
        seconds = elapsed / (seen - plan.samples_after(self.blocks_before))
        left = (plan.samples - seen + plan.samples * (self._planned - self._epoch)) * seconds
        left += self._validation_seconds * (self._planned - self._epoch + 1)
        self._emit(
            BatchProgress(
                self._epoch,
                plan.steps_after(blocks),
                plan.steps_per_epoch,
                loss,
                float(logs["accuracy"]),
                1 / seconds,
                left,
                used_memory(),
            )
        )

    def validation_began(self) -> None:
        """The epoch's training is done, validation begins."""
        self._validation_began = time.perf_counter()
        self._check()

    def validation_block_ended(self) -> None:
        """A part of the validation is done."""
        self._check()

    def _check(self) -> None:
        """Give up where that is asked for; a pause in here counts for no time."""
        before = time.perf_counter()
        self._token.check()
        paused = time.perf_counter() - before
        self._began += paused
        self._validation_began += paused

    def epoch_ended(self, logs: dict[str, Any]) -> None:
        """The epoch and its validation are done: keep the weights, say so."""
        now = time.perf_counter()
        val_loss, val_accuracy = logs.get("val_loss"), logs.get("val_accuracy")
        if val_loss is not None:
            self._validation_seconds = now - self._validation_began
        metrics = EpochMetrics(
            self._epoch,
            float(logs["loss"]),
            float(logs["accuracy"]),
            None if val_loss is None else float(val_loss),
            None if val_accuracy is None else float(val_accuracy),
            self._learning_rate(),
            now - self._began,
        )
        self._check_finite(metrics.loss)
        self._check_finite(metrics.val_loss or 0.0)
        checkpoint = Checkpoint(self._epoch, self._weights())
        score = _score(metrics)
        is_best = score > self._best_score
        if is_best:
            self.best, self._best_score = checkpoint, score
        self.epochs.append(metrics)
        self._emit(EpochEnded(metrics))
        self._checkpoints.save(checkpoint, is_best=is_best)
        if self._halve is not None and self._is_on_plateau():
            self._halve()
        if self._arrays is not None:
            self._save_moment(self._epoch + 1, 0)
        self._emit(CheckpointSaved(self._epoch, is_best))
        self._token.check()

    def is_exhausted(self) -> bool:
        """Whether so many epochs have brought nothing that the run is to end."""
        scores = [_score(metrics) for metrics in self.epochs]
        return bool(self._patience) and bool(scores) and len(scores) - 1 - scores.index(max(scores)) >= self._patience

    def _is_on_plateau(self) -> bool:
        losses = [metrics.loss if metrics.val_loss is None else metrics.val_loss for metrics in self.epochs]
        since = len(losses) - 1 - losses.index(min(losses))
        return since > 0 and since % PLATEAU == 0

    def _save_moment(self, epoch: int, blocks: int) -> None:
        assert self._arrays is not None
        self._checkpoints.save_moment(Moment(epoch, blocks, self._arrays()))
        self._last_moment = time.perf_counter()

    def _check_finite(self, loss: float) -> None:
        if math.isfinite(loss):
            return
        weights = self._finite or (self.best.weights if self.best else None)
        if weights is not None:
            self._checkpoints.save_finite(weights)
        raise RecognizerError(
            tr("The training has run away: the loss is no longer a finite number"),
            where=f"loss = {loss}",
            fix=tr("Try a smaller learning rate, such as a tenth of it; the weights before this are kept in the run"),
        )


def _score(metrics: EpochMetrics) -> tuple[float, float]:
    if metrics.val_accuracy is None or metrics.val_loss is None:
        return metrics.accuracy, -metrics.loss
    return metrics.val_accuracy, -metrics.val_loss


def keras_callback(
    watch: FitWatch,
    begin: Callable[[int], None],
    judged: Callable[[int], None],
    begin_judging: Callable[[], None] | None = None,
) -> Any:
    """The Keras callback that tells `watch`.

    Args:
        watch: What follows the fit.
        begin: Called at the beginning of each epoch, counted from 1.
        judged: Called at its end, before the watch is told.
        begin_judging: Called at the beginning of each validation.
    """
    _, keras = import_keras()
    base: Any = keras.callbacks.Callback

    class Watching(base):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            begin(epoch + 1)
            watch.epoch_began(epoch + 1)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            watch.block_ended(batch + 1, logs)

        def on_test_begin(self, logs: Any = None) -> None:
            watch.validation_began()
            if begin_judging is not None:
                begin_judging()

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            watch.validation_block_ended()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            judged(epoch + 1)
            watch.epoch_ended(logs)
            self.model.stop_training = watch.is_exhausted()

    return Watching()
