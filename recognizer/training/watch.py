"""What happens while Keras fits: progress, the best weights so far, stopping, and giving up on infinite losses."""

import math
import time
from collections.abc import Callable
from typing import Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.blocks import BlockPlan
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder, Weights
from recognizer.training.events import BatchProgress, CheckpointSaved, EpochEnded, EpochMetrics, EventCallback
from recognizer.training.runtime import import_keras

_PROGRESS_INTERVAL: Final = 0.1


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

    Attributes:
        best: The best checkpoint so far, by validation accuracy, then validation loss; by the training figures where
            there is no validation.
        blocks_trained: Over all epochs.
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
    ) -> None:
        self._plan, self._planned = plan, epochs
        self._learning_rate, self._weights = learning_rate, weights
        self._checkpoints, self._emit, self._token = checkpoints, emit, token
        self.best: Checkpoint | None = None
        self.blocks_trained = 0
        self.epochs: list[EpochMetrics] = []
        self._best_score = (-math.inf, -math.inf)
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
        self.blocks_trained += 1
        loss = float(logs["loss"])
        _check_finite(loss)
        self._token.check()
        now = time.perf_counter()
        if now - self._last_progress < _PROGRESS_INTERVAL:
            return
        self._last_progress = now
        plan = self._plan
        seen, elapsed = plan.samples_after(blocks), max(now - self._began, 1e-9)
        left = (plan.samples - seen + plan.samples * (self._planned - self._epoch)) * elapsed / seen
        left += self._validation_seconds * (self._planned - self._epoch + 1)
        self._emit(
            BatchProgress(
                self._epoch,
                plan.steps_after(blocks),
                plan.steps_per_epoch,
                loss,
                float(logs["accuracy"]),
                seen / elapsed,
                left,
            )
        )

    def validation_began(self) -> None:
        """The epoch's training is done, validation begins."""
        self._validation_began = time.perf_counter()
        self._token.check()

    def validation_block_ended(self) -> None:
        """A part of the validation is done."""
        self._token.check()

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
        _check_finite(metrics.loss)
        _check_finite(metrics.val_loss or 0.0)
        checkpoint = Checkpoint(self._epoch, self._weights())
        score = _score(metrics)
        is_best = score > self._best_score
        if is_best:
            self.best, self._best_score = checkpoint, score
        self.epochs.append(metrics)
        self._emit(EpochEnded(metrics))
        self._checkpoints.save(checkpoint, is_best=is_best)
        self._emit(CheckpointSaved(self._epoch, is_best))
        self._token.check()


def _score(metrics: EpochMetrics) -> tuple[float, float]:
    if metrics.val_accuracy is None or metrics.val_loss is None:
        return metrics.accuracy, -metrics.loss
    return metrics.val_accuracy, -metrics.val_loss


def _check_finite(loss: float) -> None:
    if not math.isfinite(loss):
        raise RecognizerError(
            tr("The training has run away: the loss is no longer a finite number"),
            where=f"loss = {loss}",
            fix=tr("Try a smaller learning rate, such as a tenth of it; the weights before this are kept in the run"),
        )


def keras_callback(watch: FitWatch) -> Any:
    """The Keras callback that tells `watch`."""
    _, keras = import_keras()
    base: Any = keras.callbacks.Callback

    class Watching(base):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            watch.epoch_began(epoch + 1)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            watch.block_ended(batch + 1, logs)

        def on_test_begin(self, logs: Any = None) -> None:
            watch.validation_began()

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            watch.validation_block_ended()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            watch.epoch_ended(logs)

    return Watching()
