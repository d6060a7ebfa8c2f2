"""Runs are listed, compared, named and deleted, and one that is going on is left alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer import cli
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.evaluation.comparison import mcnemar_p
from recognizer.evaluation.figures import wilson_interval
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.library.dataset import Dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochEnded, EpochMetrics
from recognizer.training.run_comparison import compare_runs
from recognizer.training.run_keeping import RunWords, delete_run, find_run, folder_size, rename_run, words_of
from recognizer.training.runs import RUN, Predictions, RunFolder, list_runs, read_run

Capture = pytest.CaptureFixture[str]


def dataset(name: str = "little") -> Dataset:
    zeros = np.zeros(4, np.int64)
    return Dataset(name, "Little set", np.zeros((4, 28, 28), np.uint8), zeros, zeros.astype(np.uint8))


def finished(
    profile: Profile,
    predicted: list[int],
    truth: list[int],
    first: int = 0,
    data: str = "little",
    **settings: Any,
) -> str:
    """A run that was judged on samples from `first` on."""
    labels = ("a", "b", "c")
    report = EvaluationReport(ConfusionMatrix.from_predictions(np.array(truth), np.array(predicted), labels))
    with RunFolder(profile, TrainingConfig(**settings), dataset(data)) as run:
        run.append(EpochEnded(EpochMetrics(1, 0.5, 0.8, 0.4, 0.9, 0.001, 1.25)))
        n = len(truth)
        run.save_predictions(
            Predictions(np.arange(first, first + n), np.array(truth), np.array(predicted), np.ones(n, np.float32))
        )
        run.finish("finished", accuracy=report.accuracy, report=report.to_dict(), model_id="m")
    return run.id


def command(profile: Profile, *arguments: str) -> int:
    return cli.main(["runs", *arguments, "--profile", str(profile.root)])


def test_a_name_and_a_note_are_kept_in_the_runs_own_record(profile: Profile) -> None:
    run_id = finished(profile, [0], [0])
    before = json.loads((profile.runs / run_id / RUN).read_text())
    assert words_of(profile, run_id) == RunWords("", "")
    assert rename_run(profile, run_id, " My\nbest ", "two\nlines ") == RunWords("My best", "two\nlines")
    assert rename_run(profile, run_id, note="") == RunWords("My best", "")
    assert words_of(profile, run_id) == RunWords("My best", "")
    after = json.loads((profile.runs / run_id / RUN).read_text())
    assert after == {**before, "name": "My best", "note": ""}
    assert read_run(profile.runs / run_id).state == "finished"
    assert find_run(profile, "My best").id == run_id
    with pytest.raises(RecognizerError, match="201 characters"):
        rename_run(profile, run_id, "x" * 201)


def test_a_name_that_two_runs_have_is_not_enough(profile: Profile) -> None:
    ids = [finished(profile, [0], [0]) for _ in range(2)]
    for run_id in ids:
        rename_run(profile, run_id, "same")
    with pytest.raises(RecognizerError, match="Several runs") as caught:
        find_run(profile, "same")
    assert all(run_id in caught.value.fix for run_id in ids)


@pytest.mark.parametrize("name", ["", "never", "..", ".", "../runs", "/"])
def test_what_is_no_run_is_refused(profile: Profile, name: str) -> None:
    run_id = finished(profile, [0], [0])
    with pytest.raises(RecognizerError, match="no such run"):
        delete_run(profile, name)
    with pytest.raises(RecognizerError, match="no such run"):
        rename_run(profile, name, "x")
    assert [run.id for run in list_runs(profile)] == [run_id]


def test_deletion_says_how_much_it_freed(profile: Profile) -> None:
    kept, gone = finished(profile, [0], [0]), finished(profile, [0], [0])
    (profile.runs / gone / "checkpoint-0001.npz").write_bytes(b"x" * 5_000)
    size = sum(path.stat().st_size for path in (profile.runs / gone).iterdir())
    assert size == folder_size(profile.runs / gone) > 5_000
    assert delete_run(profile, gone) == size
    assert [run.id for run in list_runs(profile)] == [kept]
    assert not [path for path in profile.root.iterdir() if path.name.startswith(".deleted")]


def test_a_run_that_is_going_on_is_left_alone(profile: Profile) -> None:
    with RunFolder(profile, TrainingConfig(), dataset()) as run:
        for change in (lambda: delete_run(profile, run.id), lambda: rename_run(profile, run.id, "x")):
            with pytest.raises(RecognizerError, match="The run is going on"):
                change()
        assert (run.path / RUN).is_file()
    assert delete_run(profile, run.id) > 0


def test_samples_that_one_run_has_right_and_the_other_wrong(profile: Profile) -> None:
    first = finished(profile, [0, 1, 2, 0, 1], [0, 1, 2, 1, 2], epochs=2)
    second = finished(profile, [0, 0, 1, 2, 2, 1, 2], [0, 0, 1, 2, 1, 2, 0], epochs=3)
    with pytest.raises(RecognizerError, match="labels have changed"):
        compare_runs(profile, find_run(profile, first), find_run(profile, second))
    # Judged on the next five samples, of which four are common.
    third = finished(profile, [2, 2, 0, 2, 0], [1, 2, 1, 2, 0], first=1, seed=9, epochs=2)
    found = compare_runs(profile, find_run(profile, first), find_run(profile, third))
    assert found.paired.to_dict() == {
        "n": 4,
        "both_right": 1,
        "fixed": [4],
        "broke": [1],
        "both_wrong": [3],
        "p_value": mcnemar_p(1, 1),
    }
    assert found.accuracies == (0.5, 0.5)
    assert found.intervals == (wilson_interval(2, 4), wilson_interval(2, 4))
    assert found.settings == (("seed", 42, 9),)


def test_runs_that_cannot_be_compared(profile: Profile) -> None:
    first = find_run(profile, finished(profile, [0], [0]))
    for other, reason in (
        (finished(profile, [0], [0], data="another"), "different data"),
        (finished(profile, [0], [0], first=5), "different samples"),
    ):
        with pytest.raises(RecognizerError, match=reason):
            compare_runs(profile, first, find_run(profile, other))


def test_list_show_and_rename_on_the_command_line(profile: Profile, capsys: Capture) -> None:
    assert command(profile, "list") == 0
    assert capsys.readouterr().out == "There is no run yet\n"
    run_id = finished(profile, [0, 1], [0, 2])
    assert command(profile, "rename", run_id, "--name", "first try", "--note", "slow", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"id": run_id, "name": "first try", "note": "slow"}
    assert command(profile, "list") == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "name", "data", "state", "accuracy"]
    assert line.split() == [run_id, "first", "try", "Little", "set", "finished", "50.00", "%"]
    assert command(profile, "list", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)["runs"]
    assert (entry["id"], entry["name"], entry["note"], entry["state"]) == (run_id, "first try", "slow", "finished")
    assert (entry["accuracy"], entry["model"], entry["preset"], entry["dataset"]) == (0.5, "m", "dense", "little")
    assert command(profile, "show", "first try") == 0
    printed = capsys.readouterr().out
    assert "slow" in printed
    assert "Epoch 1: loss 0.5000" in printed
    assert "2 samples, accuracy 50.00 %" in printed
    assert command(profile, "show", run_id, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["bytes"] == folder_size(profile.runs / run_id)
    assert shown["metrics"][0]["loss"] == 0.5
    assert shown["report"]["accuracy"] == 0.5


def test_compare_and_delete_on_the_command_line(profile: Profile, capsys: Capture) -> None:
    first = finished(profile, [0, 1, 2], [0, 1, 1], epochs=2)
    second = finished(profile, [0, 0, 1], [0, 1, 1], epochs=4)
    assert command(profile, "compare", first, second) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert lines[0].split() == [first, second]
    assert lines[1].split() == ["epochs", "2", "4"]
    assert "Of 3 samples the second run fixed 1 and broke 1; 0 are wrong in both" in printed
    assert "probability of 1 " in printed
    assert command(profile, "compare", first, second, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["fixed"], document["broke"], document["p_value"]) == ([2], [1], 1.0)
    assert document["settings"] == {"epochs": [2, 4]}
    assert [run["id"] for run in document["runs"]] == [first, second]
    assert command(profile, "compare", first, "nonsense") == 2
    assert "nonsense" in capsys.readouterr().err
    freed = folder_size(profile.runs / second)
    assert command(profile, "delete", second, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": [second], "freed": freed}
    assert command(profile, "delete", first) == 0
    assert "MB are free again" in capsys.readouterr().out
    assert list_runs(profile) == []
    assert not list(Path(profile.runs).iterdir())
