"""What a run leaves on disk can be read back, whatever became of the run."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.library.dataset import Dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.events import BatchProgress, EpochEnded, EpochMetrics, RunEnded, StageBegan
from recognizer.training.runs import (
    METRICS,
    PREDICTIONS,
    RUN,
    Predictions,
    RunFolder,
    list_runs,
    load_predictions,
    read_metrics,
    read_report,
)

CONFIG = TrainingConfig(preset="dense", epochs=2, seed=9)
FIRST = EpochMetrics(1, 0.5, 0.8, 0.4, 0.9, 0.001, 1.25)
SECOND = replace(FIRST, epoch=2, loss=0.3, val_loss=None, val_accuracy=None)


@pytest.fixture
def data() -> Dataset:
    zeros = np.zeros(4, np.int64)
    return Dataset("little", "Little set", np.zeros((4, 28, 28), np.uint8), zeros, zeros.astype(np.uint8))


def report() -> EvaluationReport:
    return EvaluationReport(ConfusionMatrix(np.array([[3, 1], [0, 4]]), ("a", "b")), 2)


def test_a_finished_run(profile: Profile, data: Dataset) -> None:
    with RunFolder(profile, CONFIG, data) as run:
        assert [(found.id, found.state) for found in list_runs(profile)] == [(run.id, "running")]
        run.append(StageBegan("Loading"))
        run.append(BatchProgress(1, 1, 2, 0.5, 0.8, 100.0, 1.0))
        run.append(EpochEnded(FIRST))
        run.append(EpochEnded(SECOND))
        run.append(RunEnded(run.id, "m", report(), "test", 2, False, 3.0, 2.0))
        run.finish("finished", accuracy=0.875, model_id="m", report=report().to_dict())
    (found,) = list_runs(profile)
    assert (found.state, found.epochs, found.accuracy, found.model_id) == ("finished", 2, 0.875, "m")
    assert (found.config, found.dataset, found.dataset_title) == (CONFIG, "little", "Little set")
    assert found.seconds > 0
    assert read_metrics(run.path) == [FIRST, SECOND]
    read = read_report(run.path)
    assert read is not None
    np.testing.assert_array_equal(read.confusion.counts, report().confusion.counts)
    assert read.rejected == 2
    events = [json.loads(line)["event"] for line in (run.path / METRICS).read_text().splitlines()]
    assert events == ["EpochEnded", "EpochEnded", "RunEnded"]
    card = json.loads((run.path / RUN).read_text())
    assert {"python", "keras", "numpy"} <= card["versions"].keys()


def test_a_killed_run_is_interrupted_and_its_cut_line_left_out(profile: Profile, data: Dataset) -> None:
    with RunFolder(profile, CONFIG, data) as run:
        run.append(EpochEnded(FIRST))
    with (run.path / METRICS).open("a") as file:
        file.write('{"event": "EpochEnded", "time": 1.0, "metrics": {"epo')
    (found,) = list_runs(profile)
    assert (found.state, found.epochs, found.accuracy, found.seconds) == ("interrupted", 1, None, 1.25)
    assert read_metrics(run.path) == [FIRST]
    assert read_report(run.path) is None


def test_newest_first_and_damaged_ones_left_out(profile: Profile, data: Dataset) -> None:
    ids = []
    for _ in range(3):
        with RunFolder(profile, CONFIG, data) as run:
            run.finish("cancelled")
        ids.append(run.id)
    assert len(set(ids)) == 3
    (profile.runs / ids[1] / RUN).write_text("{broken")
    assert [found.id for found in list_runs(profile)] == [ids[2], ids[0]]


@pytest.mark.parametrize(
    "changes",
    [{"seconds": 10**400}, {"seconds": float("inf")}, {"seconds": -1}, {"accuracy": float("nan")}, {"data": []}],
)
def test_one_damaged_run_keeps_no_other_from_being_listed(
    profile: Profile, data: Dataset, changes: dict[str, object]
) -> None:
    ids = []
    for _ in range(2):
        with RunFolder(profile, CONFIG, data) as run:
            run.finish("cancelled")
        ids.append(run.id)
    card = json.loads((profile.runs / ids[0] / RUN).read_text())
    (profile.runs / ids[0] / RUN).write_text(json.dumps({**card, **changes}))
    assert [found.id for found in list_runs(profile)] == [ids[1]]


@pytest.mark.parametrize("changes", [{"epoch": None}, {"epoch": 10**9}, {"loss": "x"}, {"seconds": 10**400}])
def test_epochs_whose_figures_are_none_are_left_out(
    profile: Profile, data: Dataset, changes: dict[str, object]
) -> None:
    with RunFolder(profile, CONFIG, data) as run:
        run.append(EpochEnded(FIRST))
    line = json.dumps({"event": "EpochEnded", "metrics": {**asdict(SECOND), **changes}})
    with (run.path / METRICS).open("a") as file:
        file.write(line + "\n")
    assert read_metrics(run.path) == [FIRST]
    assert [found.epochs for found in list_runs(profile)] == [1]


@pytest.mark.parametrize("changes", [{"confusion": [[1]]}, {"labels": []}, {"confusion": [[1, -1], [0, 1]]}])
def test_a_damaged_report_is_refused(profile: Profile, data: Dataset, changes: dict[str, object]) -> None:
    with RunFolder(profile, CONFIG, data) as run:
        run.finish("finished", report={**report().to_dict(), **changes})
    with pytest.raises(RecognizerError, match="cannot be read"):
        read_report(run.path)


def test_damaged_predictions_are_refused(profile: Profile, data: Dataset) -> None:
    with RunFolder(profile, CONFIG, data) as run:
        path = run.path / PREDICTIONS
    good = {"indices": [1, 2], "truth": [0, 1], "predicted": [0, 0], "confidence": [0.5, 0.5]}
    for changes in ({"indices": [-1, 2]}, {"truth": [[0, 1]]}, {"predicted": ["a", "b"]}, {"confidence": [1.0]}):
        np.savez(path, **{**good, **changes})
        with pytest.raises(RecognizerError, match="cannot be read"):
            load_predictions(profile, run.id)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(RecognizerError, match="cannot be read"):
        load_predictions(profile, run.id)
    path.write_bytes(b"")
    with pytest.raises(RecognizerError, match="cannot be read"):
        load_predictions(profile, run.id)


def test_predictions(profile: Profile, data: Dataset) -> None:
    kept = Predictions(np.array([4, 7]), np.array([1, 0]), np.array([1, 1]), np.array([0.75, 0.5], np.float32))
    with RunFolder(profile, CONFIG, data) as run:
        run.save_predictions(kept)
    found = load_predictions(profile, run.id)
    for name in ("indices", "truth", "predicted", "confidence"):
        np.testing.assert_array_equal(getattr(found, name), getattr(kept, name))
        assert getattr(found, name).dtype == getattr(kept, name).dtype
    (run.path / PREDICTIONS).write_bytes(b"PK nonsense")
    with pytest.raises(RecognizerError, match=r"predictions\.npz"):
        load_predictions(profile, run.id)


def test_missing_predictions(profile: Profile) -> None:
    with pytest.raises(RecognizerError, match="There is no such file"):
        load_predictions(profile, "never")


def test_a_profile_that_cannot_be_written(tmp_path: Path, data: Dataset) -> None:
    (tmp_path / "runs").write_text("a file where the folder belongs")
    with pytest.raises(RecognizerError) as caught:
        RunFolder(Profile(tmp_path), CONFIG, data)
    assert str(tmp_path / "runs") in caught.value.where
