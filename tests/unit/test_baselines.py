"""Methods without a network: what scikit-learn gives, runs as networks leave them, and given up at once."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer import cli
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.paths import Profile
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRegistry
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.training import baseline_methods, baselines
from recognizer.training.abandon import abandonable
from recognizer.training.baseline_methods import METHODS, Forest, Logistic, Machine, Neighbours, softmax
from recognizer.training.baselines import fit_baseline
from recognizer.training.config import BASELINES, baseline_config
from recognizer.training.events import (
    BatchProgress,
    EpochEnded,
    RunBegan,
    RunCancelled,
    RunEnded,
    RunFailed,
    SamplesChosen,
    StageBegan,
    TrainingEvent,
)
from recognizer.training.guesses import PROBABILITIES, load_guesses
from recognizer.training.runs import list_runs, load_predictions, read_metrics, read_report

N_TRAIN, N_TEST = 500, 80


@pytest.fixture(scope="module")
def data() -> Dataset:
    images, labels = generate(N_TRAIN + N_TEST, 31)
    splits = np.where(np.arange(len(labels)) < N_TRAIN, SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST))
    return Dataset("little", "Little set", images, labels, splits.astype(np.uint8))


@pytest.fixture(scope="module")
def arrays(data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    x = data.images.reshape(len(data), -1).astype(np.float32) / np.float32(255)
    return x[:N_TRAIN], data.labels[:N_TRAIN], x[N_TRAIN:], data.labels[N_TRAIN:]


def nothing(value: object) -> None:
    pass


def fit(profile: Profile, data: Dataset, name: str) -> tuple[RunEnded | RunCancelled, list[TrainingEvent]]:
    events: list[TrainingEvent] = []
    return fit_baseline(profile, baseline_config(name), data, events.append, CancellationToken()), events


def test_the_names_are_those_of_the_settings() -> None:
    assert tuple(METHODS) == BASELINES


def test_logistic_regression_is_scikit_learns(arrays: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    x, y, test, _ = arrays
    method = Logistic()
    method.settings = {**Logistic.settings, "max_iter": 2000, "gtol": 1e-6}
    method.learn(x, y, 10, 0, nothing)
    theirs = LogisticRegression(C=1.0, max_iter=2000, tol=1e-6).fit(x, y)
    np.testing.assert_allclose(method.answer(test), theirs.predict_proba(test), atol=2e-3)
    np.testing.assert_array_equal(method.answer(test).argmax(axis=1), theirs.predict(test))
    # A constant added to all biases changes nothing.
    np.testing.assert_allclose(method.weights, theirs.coef_.T, atol=5e-3)
    assert method.parameters == 7850


@pytest.mark.parametrize("classes", [10, 2])
def test_the_support_vector_machine_answers_as_scikit_learns(arrays: Any, classes: int) -> None:
    from sklearn.svm import SVC

    x, y, test, _ = arrays
    some = y < classes
    method = Machine()
    method.learn(x[some], y[some], 10, 0, nothing)
    theirs = SVC(C=5.0, kernel="rbf", gamma="scale", break_ties=True).fit(x[some], y[some])
    scores = method.answer(test)
    np.testing.assert_array_equal(scores.argmax(axis=1), theirs.predict(test))
    if classes == 10:
        np.testing.assert_allclose(scores, theirs.decision_function(test), atol=2e-3)
    assert (scores[:, classes:] < scores[:, :classes].min()).all()


def test_neighbours_and_forest_are_scikit_learns(arrays: Any) -> None:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier

    x, y, test, _ = arrays
    near = Neighbours()
    near.learn(x, y, 10, 0, nothing)
    theirs = KNeighborsClassifier(4, weights="distance").fit(x, y)
    np.testing.assert_allclose(near.answer(test), theirs.predict_proba(test), atol=1e-4)
    forest = Forest()
    forest.learn(x, y, 10, 7, nothing)
    trees = RandomForestClassifier(100, random_state=7).fit(x, y)
    np.testing.assert_allclose(forest.answer(test), trees.predict_proba(test), atol=1e-6)


def test_classes_without_samples_are_never_answered(arrays: Any) -> None:
    x, y, test, _ = arrays
    some = y != 3
    for name, kind in METHODS.items():
        method = kind()
        method.learn(x[some], y[some], 10, 0, nothing)
        scores = method.answer(test)
        assert scores.shape == (len(test), 10), name
        assert (scores.argmax(axis=1) != 3).all(), name


@pytest.mark.parametrize("name", ["knn", "forest", "svm"])
def test_a_whole_run(profile: Profile, data: Dataset, name: str) -> None:
    ended, events = fit(profile, data, name)
    assert isinstance(ended, RunEnded)
    kinds = [type(event) for event in events if not isinstance(event, BatchProgress | StageBegan)]
    assert kinds == [SamplesChosen, RunBegan, EpochEnded, RunEnded]
    assert events[-1] is ended
    assert any(isinstance(event, BatchProgress) for event in events)
    began = next(event for event in events if isinstance(event, RunBegan))
    assert (began.n_train, began.n_validation, began.n_test) == (450, 50, N_TEST)
    last = [event for event in events if isinstance(event, BatchProgress)][-1]
    assert last.batch == last.batches == began.steps_per_epoch
    assert (ended.model_id, ended.judged_on, ended.report.n) == ("", "test", N_TEST)
    assert ended.report.accuracy > 0.6

    (run,) = list_runs(profile)
    assert (run.id, run.state, run.epochs, run.accuracy) == (ended.run_id, "finished", 1, ended.report.accuracy)
    assert run.config.preset == name
    folder = profile.runs / run.id
    assert read_metrics(folder)[0].val_accuracy is not None
    report = read_report(folder)
    assert report is not None
    np.testing.assert_array_equal(report.confusion.counts, ended.report.confusion.counts)
    said = load_predictions(profile, run.id)
    np.testing.assert_array_equal(said.indices, np.arange(N_TRAIN, N_TRAIN + N_TEST))
    assert np.mean(said.predicted == said.truth) == ended.report.accuracy
    guesses = load_guesses(folder, N_TEST)
    assert guesses is not None
    np.testing.assert_allclose(guesses.probabilities.sum(axis=1), 1, atol=2e-3)
    np.testing.assert_array_equal(guesses.classes[:, 0], said.predicted)
    assert {path.name for path in folder.iterdir()} == {
        "run.json",
        "metrics.jsonl",
        "predictions.npz",
        PROBABILITIES,
        "lock",
    }
    card = json.loads((folder / "run.json").read_text())
    assert card["baseline"]["n_used"] == card["baseline"]["n_train"] == 450
    assert ModelRegistry(profile, shipped=profile.root / "none").list() == []


def test_logistic_regression_becomes_a_model(profile: Profile, data: Dataset, arrays: Any) -> None:
    ended, _ = fit(profile, data, "logistic")
    assert isinstance(ended, RunEnded)
    record = ModelRegistry(profile).get(ended.model_id)
    assert record.accuracy == ended.report.accuracy
    assert record.title == f"logistic · Little set · {100 * ended.report.accuracy:.1f} %"
    assert record.card["parameters"] == 7850
    said = load_predictions(profile, ended.run_id)
    probabilities = Classifier(record).predict_proba(data.images[N_TRAIN:])
    np.testing.assert_array_equal(probabilities.argmax(axis=1), said.predicted)
    with np.load(record.folder / "weights.npz", allow_pickle=False) as kept:
        weights, bias = kept["0"], kept["1"]
    own = softmax(arrays[2] @ weights + bias)
    np.testing.assert_array_equal(own.argmax(axis=1), said.predicted)
    np.testing.assert_allclose(own, probabilities, atol=1e-5)
    assert not (profile.runs / ended.run_id / "model").exists()


def test_where_all_samples_would_take_too_long_some_are_taken(
    profile: Profile, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Machine, "most", 200)
    ended, events = fit(profile, data, "svm")
    assert SamplesChosen(200, 450) in events
    assert StageBegan("Learning from 200 of 450 samples") in events
    card = json.loads((profile.runs / ended.run_id / "run.json").read_text())
    assert (card["baseline"]["n_used"], card["baseline"]["n_train"]) == (200, 450)
    metrics = (profile.runs / ended.run_id / "metrics.jsonl").read_text()
    assert '"event": "SamplesChosen"' in metrics.splitlines()[0]


def test_limits_hold_for_few_classes_and_many_answers() -> None:
    ten, two = np.full(10, 6_000), np.array([30_000, 30_000])
    assert Machine().limit(ten, 0) == Machine.most
    assert Machine().limit(two, 0) == Machine._PAIR
    assert Neighbours().limit(ten, 10_000) == 60_000
    assert Neighbours().limit(ten, 100_000) == 8_000
    assert Forest().limit(np.full(26, 20_000), 0) == Logistic().limit(np.full(26, 20_000), 0) == 60_000
    assert Logistic().limit(np.array([10, 20]), 5) == 30


@pytest.mark.parametrize("name", BASELINES)
def test_given_up_at_any_step(profile: Profile, data: Dataset, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "_INTERVAL", 0.0)
    token, events = CancellationToken(), []

    def on_event(event: TrainingEvent) -> None:
        events.append(event)
        if isinstance(event, BatchProgress):
            token.cancel()

    ended = fit_baseline(profile, baseline_config(name), data, on_event, token)
    assert isinstance(ended, RunCancelled)
    assert events[-1] == ended
    assert sum(isinstance(event, BatchProgress) for event in events) == 1
    (run,) = list_runs(profile)
    assert (run.state, run.model_id, run.accuracy) == ("cancelled", "", None)
    for thread in threading.enumerate():
        if thread.name == "abandonable":
            thread.join(20)
            assert not thread.is_alive()


def test_a_step_that_hangs_holds_nobody_up() -> None:
    token, going, let_go = CancellationToken(), threading.Event(), threading.Event()
    seen: list[str] = []

    def work(report: Callable[[int], None]) -> int:
        going.set()
        let_go.wait(20)
        try:
            report(1)
        except Cancelled:
            seen.append("cancelled")
            raise
        return 3

    stopper = threading.Thread(target=lambda: (going.wait(20), token.cancel()))
    stopper.start()
    began = time.perf_counter()
    with pytest.raises(Cancelled):
        abandonable(work, nothing, token)
    assert time.perf_counter() - began < 2
    let_go.set()
    stopper.join()
    for thread in threading.enumerate():
        if thread.name == "abandonable":
            thread.join(20)
    assert seen == ["cancelled"]


def test_a_run_is_given_up_while_its_reject_rule_is_worked_out(
    profile: Profile, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, let_go = CancellationToken(), threading.Event()

    def slow(*arguments: object) -> None:
        token.cancel()
        let_go.wait(20)

    monkeypatch.setattr(baselines, "rule_for", slow)
    began = time.perf_counter()
    assert isinstance(fit_baseline(profile, baseline_config("knn"), data, nothing, token), RunCancelled)
    assert time.perf_counter() - began < 10
    let_go.set()


def test_work_that_ends_or_fails_by_itself() -> None:
    told: list[int] = []

    def work(report: Callable[[int], None]) -> str:
        report(1)
        report(2)
        return "done"

    def broken(report: Callable[[int], None]) -> str:
        raise ZeroDivisionError

    assert abandonable(work, told.append, CancellationToken()) == "done"
    assert told == [1, 2]
    with pytest.raises(ZeroDivisionError):
        abandonable(broken, told.append, CancellationToken())


def test_a_fault_is_recorded(profile: Profile, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(baseline_methods.Forest, "learn", fail)
    events: list[TrainingEvent] = []
    with pytest.raises(MemoryError):
        fit_baseline(profile, baseline_config("forest"), data, events.append, CancellationToken())
    assert isinstance(events[-1], RunFailed)
    (run,) = list_runs(profile)
    assert (run.state, run.message) == ("failed", "MemoryError: no room")


def test_on_the_command_line(
    profile: Profile, data: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.npz"
    np.savez(
        path,
        x_train=data.images[:200],
        y_train=data.labels[:200],
        x_test=data.images[N_TRAIN:],
        y_test=data.labels[N_TRAIN:],
    )
    arguments = ["train", "--data", str(path), "--preset", "knn", "--profile", str(profile.root)]
    assert cli.main([*arguments, "--epochs", "3"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("There is no model of it; it was judged on the test split\n80 samples, accuracy ")
    assert "knows no epochs" in captured.err
    assert cli.main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["model"], answer["n"], answer["config"]["preset"]) == ("", 80, "knn")
