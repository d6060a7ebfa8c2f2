"""Following a fit: which weights are best, when it stops, what is kept on disk."""

import math
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.training.blocks import BlockPlan
from recognizer.training.checkpoint import MANIFEST, CheckpointFolder, kept_epochs, read_checkpoint, read_epoch
from recognizer.training.events import BatchProgress, CheckpointSaved, TrainingEvent
from recognizer.training.watch import FitWatch


class Fit:
    """Plays Keras for a FitWatch; the weights are the number of the epoch."""

    def __init__(self, folder: Path) -> None:
        self.token = CancellationToken()
        self.events: list[TrainingEvent] = []
        self.epoch = 0
        self.watch = FitWatch(
            BlockPlan(100, 10, 5),
            9,
            lambda: 0.5,
            lambda: [np.full(3, self.epoch, np.float32)],
            CheckpointFolder(folder),
            self.events.append,
            self.token,
        )

    def run_epoch(self, loss: float, accuracy: float, **validation: float) -> None:
        self.epoch += 1
        self.watch.epoch_began(self.epoch)
        for block in (1, 2):
            self.watch.block_ended(block, {"loss": loss, "accuracy": accuracy})
        self.watch.validation_began()
        self.watch.validation_block_ended()
        self.watch.epoch_ended({"loss": loss, "accuracy": accuracy, **validation})


def test_best_by_validation_accuracy_then_loss_and_what_stays_on_disk(tmp_path: Path) -> None:
    fit = Fit(tmp_path)
    for loss, accuracy, val_loss, val_accuracy in [
        (0.9, 0.5, 0.8, 0.90),
        (0.8, 0.6, 0.7, 0.95),
        (0.7, 0.7, 0.6, 0.95),
        (0.6, 0.8, 0.6, 0.95),
        (0.5, 0.9, 0.1, 0.94),
    ]:
        fit.run_epoch(loss, accuracy, val_loss=val_loss, val_accuracy=val_accuracy)
    saved = [event for event in fit.events if isinstance(event, CheckpointSaved)]
    assert [event.is_best for event in saved] == [True, True, True, False, False]
    assert fit.watch.best is not None
    assert fit.watch.best.epoch == 3
    assert {path.name for path in tmp_path.iterdir()} == {
        MANIFEST,
        *(f"checkpoint-000{epoch}.npz" for epoch in range(1, 6)),
    }
    assert kept_epochs(tmp_path) == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(read_epoch(tmp_path, 2)[0], np.full(3, 2, np.float32))
    for which, epoch in (("best", 3), ("previous", 4), ("latest", 5)):
        found = read_checkpoint(tmp_path, which)
        assert found.epoch == epoch
        np.testing.assert_array_equal(found.weights[0], np.full(3, epoch, np.float32))


def test_best_by_training_accuracy_where_there_is_no_validation(tmp_path: Path) -> None:
    fit = Fit(tmp_path)
    for accuracy in (0.5, 0.7, 0.6):
        fit.run_epoch(1.0, accuracy)
    assert fit.watch.best is not None
    assert fit.watch.best.epoch == 2


def test_a_damaged_latest_checkpoint_gives_the_one_before(tmp_path: Path) -> None:
    fit = Fit(tmp_path)
    fit.run_epoch(0.5, 0.5, val_loss=0.5, val_accuracy=0.5)
    fit.run_epoch(0.4, 0.6, val_loss=0.4, val_accuracy=0.6)
    path = tmp_path / "checkpoint-0002.npz"
    path.write_bytes(path.read_bytes()[:-7])
    assert read_checkpoint(tmp_path, "latest").epoch == 1
    with pytest.raises(RecognizerError, match="checksum"):
        read_checkpoint(tmp_path, "best")


def test_progress_says_where_it_is_and_is_rare(tmp_path: Path) -> None:
    fit = Fit(tmp_path)
    fit.run_epoch(0.5, 0.25)
    (progress,) = [event for event in fit.events if isinstance(event, BatchProgress)]
    assert (progress.epoch, progress.batch, progress.batches) == (1, 5, 10)
    assert (progress.loss, progress.accuracy) == (0.5, 0.25)
    assert progress.samples_per_second > 0
    assert progress.seconds_left == pytest.approx((50 + 8 * 100) / progress.samples_per_second)


@pytest.mark.parametrize("moment", ["epoch_began", "block_ended", "validation_began", "validation_block_ended"])
def test_cancelled_wherever_it_is(tmp_path: Path, moment: str) -> None:
    fit = Fit(tmp_path)
    fit.watch.epoch_began(1)
    fit.token.cancel()
    arguments = {"epoch_began": (1,), "block_ended": (1, {"loss": 0.5, "accuracy": 0.5})}.get(moment, ())
    with pytest.raises(Cancelled):
        getattr(fit.watch, moment)(*arguments)
    assert fit.watch.blocks_trained == (1 if moment == "block_ended" else 0)


def test_a_cancel_at_the_end_of_an_epoch_keeps_that_epoch(tmp_path: Path) -> None:
    fit = Fit(tmp_path)
    fit.watch.epoch_began(1)
    fit.token.cancel()
    with pytest.raises(Cancelled):
        fit.watch.epoch_ended({"loss": 0.5, "accuracy": 0.5})
    assert fit.watch.best is not None
    assert read_checkpoint(tmp_path).epoch == fit.watch.best.epoch == 1


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_infinite_losses_stop_and_keep_the_last_finite_weights(tmp_path: Path, loss: float) -> None:
    fit = Fit(tmp_path)
    fit.run_epoch(0.5, 0.5)
    with pytest.raises(RecognizerError, match=f"loss = {loss}"):
        fit.run_epoch(loss, 0.1)
    assert read_checkpoint(tmp_path, "latest").epoch == 1
