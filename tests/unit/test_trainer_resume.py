"""Runs that were interrupted go on, pause, vary their pictures, change their rates: and give what they should."""

import multiprocessing
import signal
import sys
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled, PausableToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile, open_profile
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.training import watch
from recognizer.training.augment import Augmentation
from recognizer.training.checkpoint import Weights, has_moment, kept_epochs, read_checkpoint, read_moment
from recognizer.training.config import TrainingConfig
from recognizer.training.events import BatchProgress, CheckpointSaved, EpochEnded, RunEnded, TrainingEvent
from recognizer.training.lookback import Lookback
from recognizer.training.network import make_schedule
from recognizer.training.runs import list_runs, read_metrics
from recognizer.training.runtime import import_keras
from recognizer.training.trainer import Trainer
from recognizer.training.variation import Variation

END: dict[str, Any] = {"type": "dense", "units": 0, "activation": "softmax"}
DROPPING = (
    {"type": "flatten"},
    {"type": "dense", "units": 24, "activation": "relu"},
    {"type": "dropout", "rate": 0.3},
    END,
)
PICTORIAL = (
    {"type": "conv", "filters": 4, "size": 5, "strides": 2, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "residual", "filters": 6, "strides": 2},
    {"type": "flatten"},
    END,
)
CONFIG = TrainingConfig("mine", 4, 16, layers=DROPPING, schedule="cosine", deterministic=True)


def make_data(count: int = 480) -> Dataset:
    images, labels = generate(count, 21)
    splits = np.where(np.arange(count) < count - 70, SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST))
    return Dataset("little", "Little set", images, labels, splits.astype(np.uint8))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return make_data()


def fit(profile: Profile, data: Dataset, config: TrainingConfig) -> tuple[RunEnded, list[TrainingEvent]]:
    events: list[TrainingEvent] = []
    ended = Trainer(profile).fit(config, data, events.append, CancellationToken())
    assert isinstance(ended, RunEnded)
    return ended, events


def test_looking_back_over_a_run(profile: Profile, data: Dataset) -> None:
    ended, _ = fit(profile, data, replace(CONFIG, layers=PICTORIAL, deterministic=False))
    folder = profile.runs / ended.run_id
    lookback = Lookback(folder)
    assert lookback.epochs == [1, 2, 3, 4]
    assert [lookback.nearest(epoch) for epoch in (0, 2, 9)] == [1, 2, 4]
    assert [one.epoch for one in lookback.metrics] == [1, 2, 3, 4]
    for epoch in lookback.epochs:
        answers = lookback.answers(epoch)
        assert answers is not None
        for place in range(5):
            probabilities = lookback.probabilities(epoch, data.images[answers.indices[place]])
            assert probabilities.argmax() == answers.predicted[place]
            assert probabilities.max() == pytest.approx(answers.confidence[place], abs=2e-3)
    assert lookback.filters(2).shape == (4, 5, 5)
    assert (lookback.filters(1) != lookback.filters(4)).any()
    (folder / "checkpoint-0002.npz").write_bytes(b"PK")
    with pytest.raises(RecognizerError, match="damaged"):
        Lookback(folder).weights(2)


def test_tensorboard_can_show_the_curves(profile: Profile, data: Dataset) -> None:
    ended, events = fit(profile, data, TrainingConfig("dense", 2, 32))
    tf, _ = import_keras()
    for name, wanted in (("train", ["loss", "accuracy", "learning_rate"]), ("validation", ["loss", "accuracy"])):
        (path,) = (profile.runs / ended.run_id / "tensorboard" / name).iterdir()
        found: dict[str, list[float]] = {}
        for record in tf.data.TFRecordDataset(str(path)):
            for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value:
                found.setdefault(value.tag, []).append(value.simple_value)
        assert set(found) == {f"epoch_{key}" for key in wanted}
        epochs = [event.metrics for event in events if isinstance(event, EpochEnded)]
        expected = [one.loss if name == "train" else one.val_loss for one in epochs]
        np.testing.assert_allclose(found["epoch_loss"], expected, rtol=1e-6)


class Crash(BaseException):
    """What no code expects."""


def crash_at(kind: type, number: int) -> Any:
    seen: list[TrainingEvent] = []

    def follow(event: TrainingEvent) -> None:
        if isinstance(event, kind):
            seen.append(event)
            if len(seen) == number:
                raise Crash

    return follow


def assert_equal(first: Weights, second: Weights) -> None:
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layers", [DROPPING, PICTORIAL], ids=["dropout", "pictorial"])
@pytest.mark.parametrize("within", [False, True], ids=["after an epoch", "within an epoch"])
def test_a_run_that_went_on_ends_with_the_same_weights(
    tmp_path: Path, data: Dataset, layers: Any, within: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, layers=layers, augmentation=Augmentation())
    whole, broken = open_profile(tmp_path / "whole"), open_profile(tmp_path / "broken")
    ended, _ = fit(whole, data, config)
    if within:
        monkeypatch.setattr(watch, "_MOMENT_INTERVAL", 0.0)
        monkeypatch.setattr(watch, "_PROGRESS_INTERVAL", 0.0)
        monkeypatch.setattr("recognizer.training.blocks._DENSE_BLOCK", 64)
        monkeypatch.setattr("recognizer.training.blocks._CONV_BLOCK", 64)
    follow = crash_at(BatchProgress, 9) if within else crash_at(CheckpointSaved, 2)
    with pytest.raises(Crash):
        Trainer(broken).fit(config, data, follow, CancellationToken())
    (run,) = list_runs(broken)
    assert run.state == "interrupted"
    moment = read_moment(broken.runs / run.id)
    assert (moment.epoch, moment.blocks > 0) == ((2, True) if within else (3, False))
    events: list[TrainingEvent] = []
    again = Trainer(broken).resume(run.id, data, events.append, CancellationToken())
    assert isinstance(again, RunEnded)
    assert again.run_id == run.id
    done = [event.metrics.epoch for event in events if isinstance(event, EpochEnded)]
    assert done == ([2, 3, 4] if within else [3, 4])
    expected, found = whole.runs / ended.run_id, broken.runs / run.id
    for which in ("latest", "best"):
        assert_equal(read_checkpoint(found, which).weights, read_checkpoint(expected, which).weights)
    for one, other in zip(read_metrics(found), read_metrics(expected), strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)
    assert again.report.accuracy == ended.report.accuracy
    assert [one.state for one in list_runs(broken)] == ["finished"]
    assert not has_moment(found), "its space is free again"
    assert kept_epochs(found) == [1, 2, 3, 4]
    with pytest.raises(RecognizerError, match="cannot go on"):
        Trainer(broken).resume(run.id, data, events.append, CancellationToken())


def test_a_run_goes_on_from_the_moment_before_a_damaged_one_and_not_with_other_data(
    profile: Profile, data: Dataset
) -> None:
    with pytest.raises(Crash):
        Trainer(profile).fit(CONFIG, data, crash_at(CheckpointSaved, 3), CancellationToken())
    (run,) = list_runs(profile)
    folder = profile.runs / run.id
    assert read_moment(folder).epoch == 4
    changed = replace(data, labels=np.roll(data.labels, 1))
    with pytest.raises(RecognizerError, match="the data has changed"):
        Trainer(profile).resume(run.id, changed, lambda event: None, CancellationToken())
    for name in ("moment-a.npz", "moment-b.npz"):
        content = bytearray((folder / name).read_bytes())
        content[-200] ^= 1
        (folder / name).write_bytes(content)
        if name == "moment-a.npz":
            assert read_moment(folder).epoch == 3
    with pytest.raises(RecognizerError, match="damaged"):
        Trainer(profile).resume(run.id, data, lambda event: None, CancellationToken())


def train_until_killed(folder: str, told: Connection) -> None:
    def follow(event: TrainingEvent) -> None:
        if isinstance(event, BatchProgress | CheckpointSaved):
            told.send(type(event).__name__)

    Trainer(open_profile(Path(folder))).fit(replace(CONFIG, epochs=60), make_data(), follow, CancellationToken())


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_run_goes_on(tmp_path: Path, data: Dataset) -> None:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=train_until_killed, args=(str(tmp_path), sender))
    process.start()
    sender.close()
    saved = 0
    while saved < 3:
        saved += receiver.recv() == "CheckpointSaved"
    process.kill()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    profile = open_profile(tmp_path)
    (run,) = list_runs(profile)
    assert (run.state, run.epochs >= 3) == ("interrupted", True)
    token = CancellationToken()
    finished: list[int] = []

    def follow(event: TrainingEvent) -> None:
        if isinstance(event, EpochEnded):
            finished.append(event.metrics.epoch)
            token.cancel()

    ended = Trainer(profile).resume(run.id, data, follow, token)
    assert isinstance(ended, RunEnded)
    assert finished[0] in (run.epochs, run.epochs + 1)
    assert ended.was_stopped


def test_pausing_waits_and_changes_nothing(tmp_path: Path, data: Dataset) -> None:
    config = replace(CONFIG, epochs=2)
    ended, _ = fit(open_profile(tmp_path / "straight"), data, config)
    token, paused = PausableToken(), threading.Event()

    def follow(event: TrainingEvent) -> None:
        if isinstance(event, CheckpointSaved) and event.epoch == 1:
            token.pause()
            paused.set()

    profile, outcome = open_profile(tmp_path / "paused"), []
    thread = threading.Thread(target=lambda: outcome.append(Trainer(profile).fit(config, data, follow, token)))
    thread.start()
    assert paused.wait(60)
    thread.join(0.3)
    assert thread.is_alive()
    assert token.is_paused
    (run,) = list_runs(profile)
    assert (run.state, run.epochs) == ("running", 1)
    token.resume()
    thread.join(60)
    assert isinstance(outcome[0], RunEnded)
    expected = read_checkpoint(tmp_path / "straight" / "runs" / ended.run_id, "latest").weights
    assert_equal(read_checkpoint(profile.runs / run.id, "latest").weights, expected)


def test_cancelling_ends_a_pause() -> None:
    token = PausableToken()
    token.pause()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(Cancelled):
        token.check()
    token.pause()
    assert not token.is_paused


def test_patience_ends_a_run_early(profile: Profile, data: Dataset) -> None:
    config = TrainingConfig("dense", 50, 32, 0.03, patience=2)
    ended, events = fit(profile, data, config)
    epochs = [event.metrics for event in events if isinstance(event, EpochEnded)]
    assert len(epochs) < 50
    assert ended.best_epoch == len(epochs) - 2
    assert not ended.was_stopped


def test_rates_follow_their_schedules(profile: Profile, data: Dataset) -> None:
    rates = {}
    for schedule in ("constant", "cosine", "one-cycle"):
        _, events = fit(profile, data, TrainingConfig("dense", 5, 32, 0.01, schedule=schedule))
        rates[schedule] = [event.metrics.learning_rate for event in events if isinstance(event, EpochEnded)]
    np.testing.assert_allclose(rates["constant"], [0.01] * 5, rtol=1e-6)
    steps = np.arange(1, 6) / 5
    np.testing.assert_allclose(rates["cosine"], 0.01 * (0.5 + 0.5 * np.cos(np.pi * steps)), atol=1e-8)
    falling = 0.5 + 0.5 * np.cos(np.pi * (steps - 0.3) / 0.7)
    expected = 0.01 * np.where(steps < 0.3, 0.04 + 0.96 * steps / 0.3, falling)
    np.testing.assert_allclose(rates["one-cycle"], expected, atol=1e-7)
    assert float(make_schedule("one-cycle", 1.0, 10)(3)) == pytest.approx(1.0)


def test_a_plateau_halves_the_rate(profile: Profile, data: Dataset) -> None:
    _, events = fit(profile, data, TrainingConfig("dense", 30, 8, 0.03, schedule="plateau"))
    epochs = [event.metrics for event in events if isinstance(event, EpochEnded)]
    rates = [metrics.learning_rate for metrics in epochs]
    losses = [metrics.val_loss or 0.0 for metrics in epochs]
    expected, rate = [], 0.03
    for number in range(len(epochs)):
        expected.append(rate)
        since = number - int(np.argmin(losses[: number + 1]))
        rate /= 2 if since > 0 and since % watch.PLATEAU == 0 else 1
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    assert rates[-1] < 0.03


def test_class_weights_help_a_rare_class(tmp_path: Path) -> None:
    data = make_data(1200)
    rare = np.flatnonzero((data.labels == 3) & (data.splits == SPLITS.index(Split.TRAIN)))[15:]
    keep = np.delete(np.arange(len(data)), rare)
    data = replace(data, images=data.images[keep], labels=data.labels[keep], splits=data.splits[keep])
    recall = []
    for weighted in (False, True):
        config = TrainingConfig("dense", 6, 32, validation_share=0.0, class_weights=weighted)
        ended, _ = fit(open_profile(tmp_path / str(weighted)), data, config)
        recall.append(ended.report.per_class[3].recall)
    assert recall[1] > recall[0]


def test_smoothed_labels_keep_the_loss_up(tmp_path: Path, data: Dataset) -> None:
    losses, accuracies = [], []
    for smoothing in (0.0, 0.3):
        config = TrainingConfig("dense", 25, 32, label_smoothing=smoothing)
        ended, events = fit(open_profile(tmp_path / str(smoothing)), data, config)
        losses.append([event.metrics.loss for event in events if isinstance(event, EpochEnded)][-1])
        accuracies.append(ended.report.accuracy)
    # The least that the cross-entropy can be, with 0.3 spread over ten classes.
    least = -(0.73 * np.log(0.73) + 9 * 0.03 * np.log(0.03))
    assert losses[0] < 0.3
    assert losses[1] > least
    assert min(accuracies) > 0.7


def test_every_epoch_has_variations_of_its_own() -> None:
    images, _ = generate(50, 3)
    used: list[np.ndarray] = []
    for first in (1, 3):
        variation = Variation(images, Augmentation(), 7, used.append)
        for epoch in range(first, 4):
            variation.begin(epoch, lambda: None)
        variation.close()
    assert (used[0] != used[1]).any()
    np.testing.assert_array_equal(used[2], used[3])
    assert {image.dtype for image in used} == {np.dtype(np.uint8)}


def test_waiting_for_variations_can_be_stopped() -> None:
    images, _ = generate(3000, 3)
    variation = Variation(images, Augmentation(), 7, lambda pictures: None)
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        variation.begin(1, token.check)
    variation.close()
