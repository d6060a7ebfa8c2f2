"""A run from a dataset to a judged model, and all the ways in which it can end early."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRegistry
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.training import checkpoint, fitting
from recognizer.training.checkpoint import read_checkpoint
from recognizer.training.config import BASELINES, TrainingConfig, baseline_config
from recognizer.training.division import divide
from recognizer.training.events import (
    BatchProgress,
    CheckpointSaved,
    EpochEnded,
    EpochJudged,
    EpochMetrics,
    RunBegan,
    RunCancelled,
    RunEnded,
    RunFailed,
    StageBegan,
    TrainingEvent,
)
from recognizer.training.guesses import load_guesses
from recognizer.training.network import make_optimizer
from recognizer.training.runs import list_runs, load_predictions, read_answers, read_metrics
from recognizer.training.trainer import Trainer

N_TRAIN, N_TEST = 410, 70


@pytest.fixture(scope="module")
def data() -> Dataset:
    images, labels = generate(N_TRAIN + N_TEST, 21)
    splits = np.where(np.arange(len(labels)) < N_TRAIN, SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST))
    return Dataset("little", "Little set", images, labels, splits.astype(np.uint8))


def fit(
    profile: Profile,
    data: Dataset,
    config: TrainingConfig,
    on_event: Callable[[TrainingEvent, CancellationToken], None] = lambda event, token: None,
) -> tuple[RunEnded | RunCancelled, list[TrainingEvent]]:
    token, events = CancellationToken(), []

    def follow(event: TrainingEvent) -> None:
        events.append(event)
        on_event(event, token)

    return Trainer(profile).fit(config, data, follow, token), events


@pytest.mark.parametrize("preset", ["dense", "cnn"])
def test_whole_run(profile: Profile, data: Dataset, preset: str, capfd: pytest.CaptureFixture[str]) -> None:
    ended, events = fit(profile, data, TrainingConfig(preset=preset, epochs=3, batch_size=16))
    assert capfd.readouterr() == ("", "")
    assert isinstance(ended, RunEnded)
    assert events[-1] is ended
    kinds = [type(event) for event in events if not isinstance(event, BatchProgress | StageBegan)]
    assert kinds == [RunBegan, *[EpochJudged, EpochEnded, CheckpointSaved] * 3, RunEnded]
    began = next(event for event in events if isinstance(event, RunBegan))
    assert (began.n_train, began.n_validation, began.n_test) == (369, 41, N_TEST)
    assert (began.epochs, began.steps_per_epoch) == (3, 24)
    assert any(isinstance(event, BatchProgress) for event in events)
    assert (ended.judged_on, ended.was_stopped, ended.report.n) == ("test", False, N_TEST)
    assert ended.report.accuracy > 0.5

    epochs = [event.metrics for event in events if isinstance(event, EpochEnded)]
    for metrics, judged in zip(epochs, (event for event in events if isinstance(event, EpochJudged)), strict=True):
        assert (judged.predicted == judged.truth).mean() == pytest.approx(metrics.val_accuracy)
        np.testing.assert_array_equal(judged.truth, data.labels[judged.indices])
        kept = read_answers(profile.runs / ended.run_id, judged.epoch)
        assert kept is not None
        np.testing.assert_array_equal(kept.predicted, judged.predicted)
        np.testing.assert_allclose(kept.confidence, judged.confidence, atol=1e-3)
    best = max(epochs, key=lambda epoch: (epoch.val_accuracy or 0, -(epoch.val_loss or 0)))
    assert ended.best_epoch == best.epoch
    (run,) = list_runs(profile)
    assert (run.id, run.state, run.epochs) == (ended.run_id, "finished", 3)
    assert (run.accuracy, run.model_id) == (ended.report.accuracy, ended.model_id)
    assert read_metrics(profile.runs / run.id) == epochs

    record = ModelRegistry(profile).get(ended.model_id)
    assert record.title == f"{preset} · Little set · {100 * ended.report.accuracy:.1f} %"
    assert record.accuracy == ended.report.accuracy
    assert record.card["parameters"] == began.parameters
    assert record.card["training"]["samples"] == {"train": 369, "validation": 41, "test": N_TEST}
    assert {path.name for path in record.folder.iterdir()} == {
        "model.json",
        "model.tflite",
        "recipe.json",
        "weights.npz",
    }
    predictions = load_predictions(profile, run.id)
    np.testing.assert_array_equal(predictions.indices, np.arange(N_TRAIN, N_TRAIN + N_TEST))
    np.testing.assert_array_equal(predictions.truth, data.labels[N_TRAIN:])
    probabilities = Classifier(record).predict_proba(data.images[N_TRAIN:])
    np.testing.assert_array_equal(predictions.predicted, probabilities.argmax(axis=1))
    np.testing.assert_allclose(predictions.confidence, probabilities.max(axis=1), atol=1e-6)
    assert np.mean(predictions.predicted == predictions.truth) == pytest.approx(ended.report.accuracy)
    guesses = load_guesses(profile.runs / run.id, N_TEST)
    assert guesses is not None
    np.testing.assert_array_equal(guesses.classes[:, 0], predictions.predicted)


def test_same_seed_same_model_whatever_is_in_the_test_split(profile: Profile, data: Dataset) -> None:
    config = TrainingConfig(epochs=2, batch_size=64)
    other = replace(data, images=data.images.copy(), labels=data.labels.copy())
    other.images[N_TRAIN:] = 255
    other.labels[N_TRAIN:] = 0
    weights = []
    for samples in (data, other):
        ended, _ = fit(profile, samples, config)
        weights.append(read_checkpoint(profile.runs / ended.run_id).weights)
    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)


def stop_at(kind: type, number: int = 1) -> Callable[[TrainingEvent, CancellationToken], None]:
    seen = []

    def follow(event: TrainingEvent, token: CancellationToken) -> None:
        if isinstance(event, kind):
            seen.append(event)
            if len(seen) == number:
                token.cancel()

    return follow


def test_stopped_after_two_epochs_keeps_the_best(profile: Profile, data: Dataset) -> None:
    ended, events = fit(profile, data, TrainingConfig(epochs=50), stop_at(CheckpointSaved, 2))
    assert isinstance(ended, RunEnded)
    assert ended.was_stopped
    assert ended.best_epoch in (1, 2)
    assert sum(isinstance(event, EpochEnded) for event in events) == 2
    assert [(run.state, run.epochs) for run in list_runs(profile)] == [("stopped", 2)]
    assert ModelRegistry(profile).get(ended.model_id).accuracy == ended.report.accuracy


def test_stopped_within_the_first_epoch_keeps_what_was_learned(profile: Profile, data: Dataset) -> None:
    config = TrainingConfig(preset="cnn", epochs=5, batch_size=16)
    ended, events = fit(profile, data, config, stop_at(BatchProgress))
    assert isinstance(ended, RunEnded)
    assert (ended.was_stopped, ended.best_epoch) == (True, 0)
    assert not any(isinstance(event, EpochEnded) for event in events)
    assert read_checkpoint(profile.runs / ended.run_id).epoch == 0
    assert ModelRegistry(profile).get(ended.model_id).accuracy == ended.report.accuracy


def test_a_discarded_run_is_not_finished_whatever_it_has_learned(profile: Profile, data: Dataset) -> None:
    def discard(event: TrainingEvent, token: CancellationToken) -> None:
        if isinstance(event, EpochEnded):
            token.discard()

    ended, events = fit(profile, data, TrainingConfig(epochs=9, batch_size=64), discard)
    assert isinstance(ended, RunCancelled)
    assert sum(isinstance(event, EpochEnded) for event in events) == 1
    assert ModelRegistry(profile).list() == [record for record in ModelRegistry(profile).list() if record.is_shipped]


@pytest.mark.parametrize("kind", [StageBegan, RunBegan])
def test_stopped_before_the_first_step_leaves_no_model(profile: Profile, data: Dataset, kind: type) -> None:
    ended, events = fit(profile, data, TrainingConfig(), stop_at(kind))
    assert ended == RunCancelled(events[-1].run_id)  # type: ignore[union-attr]
    assert [run.state for run in list_runs(profile)] == ["cancelled"]
    assert list(profile.models.iterdir()) == []


def test_a_run_that_goes_astray_stops_and_says_what_to_try(
    profile: Profile, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No allowed learning rate makes these small networks overflow within a test's time.
    monkeypatch.setattr(fitting, "make_optimizer", lambda name, rate, momentum: make_optimizer(name, 1e30))
    events: list[TrainingEvent] = []
    config = TrainingConfig(optimizer="sgd", epochs=30)
    with pytest.raises(RecognizerError) as caught:
        Trainer(profile).fit(config, data, events.append, CancellationToken())
    assert "smaller learning rate" in caught.value.fix
    assert events[-1] == RunFailed(list_runs(profile)[0].id, str(caught.value))
    (run,) = list_runs(profile)
    assert (run.state, run.message) == ("failed", str(caught.value))
    assert list(profile.models.iterdir()) == []


def test_a_full_disk_fails_the_run_and_keeps_earlier_models(
    profile: Profile, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, _ = fit(profile, data, TrainingConfig(epochs=1))
    assert isinstance(earlier, RunEnded)

    def full(path: Path, payload: bytes) -> None:
        raise RecognizerError("There is no space left on the disk", where=str(path))

    monkeypatch.setattr(checkpoint, "write_atomic", full)
    events: list[TrainingEvent] = []
    with pytest.raises(RecognizerError, match="no space left"):
        Trainer(profile).fit(TrainingConfig(epochs=1), data, events.append, CancellationToken())
    assert isinstance(events[-1], RunFailed)
    assert [run.state for run in list_runs(profile)] == ["failed", "finished"]
    Classifier(ModelRegistry(profile).get(earlier.model_id))


def test_a_folder_that_is_deleted_meanwhile_comes_back_whole(profile: Profile, data: Dataset) -> None:
    def delete(event: TrainingEvent, token: CancellationToken) -> None:
        if isinstance(event, EpochEnded) and event.metrics.epoch == 2:
            (folder,) = profile.runs.iterdir()
            shutil.rmtree(folder)

    ended, events = fit(profile, data, TrainingConfig(epochs=4, batch_size=64), delete)
    assert isinstance(ended, RunEnded)
    (run,) = list_runs(profile)
    assert (run.state, run.model_id) == ("finished", ended.model_id)
    told = [event.metrics for event in events if isinstance(event, EpochEnded)]
    assert read_metrics(profile.runs / run.id) == told
    assert len(told) == 4


def test_no_validation(profile: Profile, data: Dataset) -> None:
    ended, events = fit(profile, data, TrainingConfig(epochs=2, validation_share=0.0))
    metrics = [event.metrics for event in events if isinstance(event, EpochEnded)]
    assert [(epoch.val_loss, epoch.val_accuracy) for epoch in metrics] == [(None, None)] * 2
    assert isinstance(ended, RunEnded)
    assert ended.best_epoch == max(metrics, key=lambda epoch: epoch.accuracy).epoch


def test_no_test_split_is_judged_on_validation(profile: Profile, data: Dataset) -> None:
    only = replace(data, splits=np.zeros(len(data), np.uint8))
    ended, _ = fit(profile, only, TrainingConfig(epochs=1))
    assert isinstance(ended, RunEnded)
    assert (ended.judged_on, ended.report.n) == ("validation", 48)


def test_a_dataset_with_its_own_validation_split(data: Dataset) -> None:
    splits = data.splits.copy()
    splits[:100] = SPLITS.index(Split.VALIDATION)
    division = divide(replace(data, splits=splits), TrainingConfig())
    np.testing.assert_array_equal(division.validation, np.arange(100))
    np.testing.assert_array_equal(division.train, np.arange(100, N_TRAIN))
    np.testing.assert_array_equal(division.test, np.arange(N_TRAIN, N_TRAIN + N_TEST))


def test_division_is_stratified_seeded_and_disjoint(data: Dataset) -> None:
    first, second, other = (divide(data, TrainingConfig(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.validation, second.validation)
    assert not np.array_equal(first.validation, other.validation)
    together = np.sort(np.concatenate([first.train, first.validation, first.test]))
    np.testing.assert_array_equal(together, np.arange(len(data)))
    np.testing.assert_allclose(np.bincount(data.labels[first.validation]), np.full(10, 4), atol=1)


def subset(data: Dataset, keep: np.ndarray) -> Dataset:
    return replace(data, images=data.images[keep], labels=data.labels[keep], splits=data.splits[keep])


@pytest.mark.parametrize(
    ("keep", "config", "what"),
    [
        (lambda data: data.labels == 3, TrainingConfig(), "all of one class"),
        (lambda data: data.splits == SPLITS.index(Split.TEST), TrainingConfig(), "no training samples"),
        (lambda data: np.arange(len(data)) < 40, TrainingConfig(batch_size=64), "batch is larger"),
        (lambda data: np.arange(len(data)) < 0, TrainingConfig(), "no training samples"),
    ],
)
def test_data_that_cannot_be_trained_on(
    profile: Profile, data: Dataset, keep: Callable[[Dataset], np.ndarray], config: TrainingConfig, what: str
) -> None:
    events: list[TrainingEvent] = []
    with pytest.raises(RecognizerError, match=what) as caught:
        Trainer(profile).fit(config, subset(data, keep(data)), events.append, CancellationToken())
    assert caught.value.where
    assert caught.value.fix
    assert events == []
    assert list(profile.runs.iterdir()) == []


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("name", ["dense", *BASELINES])
def test_pictures_that_are_all_the_same_are_refused(profile: Profile, data: Dataset, level: int, name: str) -> None:
    config = baseline_config(name) if name in BASELINES else TrainingConfig(name)
    same = replace(data, images=np.full_like(data.images, level))
    with pytest.raises(RecognizerError, match="all the same"):
        Trainer(profile).fit(config, same, lambda event: None, CancellationToken())
    assert list(profile.runs.iterdir()) == []


@pytest.mark.parametrize("name", ["dense", "knn"])
def test_a_class_that_a_split_lacks_is_said_with_the_run(profile: Profile, data: Dataset, name: str) -> None:
    is_test = data.splits == SPLITS.index(Split.TEST)
    partial = subset(data, ~((data.labels == 7) & ~is_test) & ~((data.labels == 2) & is_test))
    config = baseline_config(name) if name in BASELINES else TrainingConfig(name, 1)
    Trainer(profile).fit(config, partial, lambda event: None, CancellationToken())
    (run,) = list_runs(profile)
    assert run.message == "no training samples of 7 · no test samples of 2"


def test_events_are_kept_as_json(profile: Profile, data: Dataset) -> None:
    ended, events = fit(profile, data, TrainingConfig(epochs=1))
    lines = [json.loads(line) for line in (profile.runs / ended.run_id / "metrics.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["RunBegan", "EpochEnded", "CheckpointSaved", "RunEnded"]
    (metrics,) = [event.metrics for event in events if isinstance(event, EpochEnded)]
    assert EpochMetrics(**lines[1]["metrics"]) == metrics
