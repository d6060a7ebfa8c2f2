"""Runs are filtered by words and comparisons, and sorted by what is known of them; the command line does the same."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from recognizer import cli
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.training.config import TrainingConfig
from recognizer.training.run_filter import ORDERS, filter_runs, sort_runs
from recognizer.training.run_keeping import RunWords
from recognizer.training.run_records import RunRecord, distinct_titles
from recognizer.training.runs import TrainingRun


def record(run_id: str, accuracy: float | None = None, **told: Any) -> RunRecord:
    words = RunWords(told.pop("name", ""), told.pop("note", ""))
    settings = {name: told.pop(name) for name in ("preset", "batch_size", "learning_rate", "optimizer") if name in told}
    run = TrainingRun(
        id=run_id,
        config=TrainingConfig(**settings),
        dataset=told.pop("dataset", "mnist"),
        dataset_title=told.pop("title", "MNIST"),
        state=told.pop("state", "finished"),
        started=told.pop("started", "2026-11-22T12:00:00Z"),
        epochs=told.pop("epochs", 10),
        seconds=told.pop("seconds", 30.0),
        accuracy=accuracy,
        model_id="",
        message="",
    )
    assert not told
    return RunRecord(run, words)


RUNS = [
    record("a", 0.978, name="Plain tutorial", note="kept: slow"),
    record("b", 0.9912, preset="cnn", epochs=5, seconds=95.0, batch_size=64, started="2026-11-23T12:00:00Z"),
    record("c", 0.96, preset="knn", epochs=1, seconds=7200.0, dataset="uci-digits", title="UCI digits"),
    record("d", None, preset="cnn", epochs=2, state="failed", learning_rate=5.0, optimizer="sgd", name="大批量"),
]


def found(line: str) -> str:
    return "".join(one.run.id for one in filter_runs(RUNS, line))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "abcd"),
        ("  ", "abcd"),
        ("cnn", "bd"),
        ("CNN mnist", "bd"),
        ("cnn finished", "b"),
        ("-cnn", "ac"),
        ("tutorial", "a"),
        ("批量", "d"),
        ("name:tutorial", "a"),
        ("model:cnn", "bd"),
        ("data:uci", "c"),
        ("uci-digits", "c"),
        ("state:failed", "d"),
        ("-state:failed", "abc"),
        ("state:failed,finished", "abcd"),
        ("note:slow", "a"),
        ('"kept: slow"', "a"),
        ("optimiser:sgd", "d"),
        ("accuracy:>98", "b"),
        ("accuracy:>=97.8", "ab"),
        ("accuracy:97..99.5", "ab"),
        ("accuracy:99.1", "b"),
        ("accuracy:>98%", "b"),
        ("-accuracy:>98", "acd"),
        ("epochs:<5", "cd"),
        ("epochs:2..5", "bd"),
        ("epochs: 5", "b"),
        ("batch:64", "b"),
        ("rate:<0.01", "abc"),
        ("rate:1e-3", "abc"),
        ("time:>1min", "bc"),
        ("time:2h", "c"),
        ("time:<=30", "ad"),
        ("date:>2026-11-22", "b"),
        ("cnn epochs：＜5", "d"),
        # Still being typed.
        ("accuracy:", "abcd"),
        ("accuracy:>", "abcd"),
        ("cnn epochs:<", "bd"),
    ],
)
def test_a_line_of_words(line: str, expected: str) -> None:
    assert found(line) == expected


@pytest.mark.parametrize(
    ("line", "help_"),
    [
        ("colour:red", "Before the colon goes one of name, model,"),
        ("epochs:many", "epochs:5, epochs:>5"),
        ("accuracy:>x", "accuracy:>98"),
        ("time:3weeks", "time:>2min"),
        ("date:soon", "date:2026-11-22"),
    ],
)
def test_what_is_not_understood_is_said(line: str, help_: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        found(f"cnn {line}")
    assert caught.value.what == f"“{line}” is not understood"
    assert help_ in caught.value.fix


@pytest.mark.parametrize(
    ("key", "rising", "falling"),
    [
        ("accuracy", "cabd", "bacd"),
        ("time", "adbc", "cbad"),
        ("epochs", "cdba", "abdc"),
        ("batch", "acdb", "bacd"),
        ("date", "acdb", "bdca"),
        ("note", "abcd", "abcd"),
        ("state", "dabc", "abcd"),
        ("name", "bcad", "dacb"),
    ],
)
def test_orders(key: str, rising: str, falling: str) -> None:
    assert "".join(one.run.id for one in sort_runs(RUNS, key)) == rising
    assert "".join(one.run.id for one in sort_runs(RUNS, key, descending=True)) == falling


def test_every_order_exists_and_no_other() -> None:
    for key in ORDERS:
        assert len(sort_runs(RUNS, key)) == 4
    with pytest.raises(RecognizerError, match="colour"):
        sort_runs(RUNS, "colour")


def test_titles_are_told_apart_by_time_and_id() -> None:
    same = [record("x"), record("y"), record("z", started="2026-11-22T13:00:00Z"), record("w", preset="cnn")]
    titles = distinct_titles(same)
    assert len(set(titles)) == 4
    assert titles[3] == "cnn"
    assert (titles[0], titles[1]) == ("dense · x", "dense · y")
    moment = datetime(2026, 11, 22, 13, tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    assert titles[2] == f"dense · {moment}"


def test_the_filter_is_quick_enough_to_type_in() -> None:
    many = RUNS * 1_000
    began = time.perf_counter()
    assert len(sort_runs(filter_runs(many, "cnn accuracy:>98 -state:failed"), "accuracy")) == 1_000
    assert time.perf_counter() - began < 1.0


def folder(profile: Profile, run_id: str, accuracy: float, epochs: int, name: str = "") -> None:
    path = profile.runs / run_id
    path.mkdir(parents=True)
    card = {
        "state": "finished",
        "started": "2026-11-22T12:00:00Z",
        "config": TrainingConfig(epochs=epochs).to_dict(),
        "data": {"name": "mnist", "title": "MNIST", "fingerprint": "ab12cd34"},
        "accuracy": accuracy,
        "name": name,
    }
    (path / "run.json").write_text(json.dumps(card))


def test_the_command_line_filters_and_sorts(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    for run_id, accuracy, name in (("1-a", 0.97, "good"), ("2-b", 0.99, "best"), ("3-c", 0.95, "bad")):
        folder(profile, run_id, accuracy, 3, name)

    def listed(*arguments: str) -> list[str]:
        assert cli.main(["runs", "list", "--json", *arguments, "--profile", str(profile.root)]) == 0
        runs = json.loads(capsys.readouterr().out)["runs"]
        assert {run["version"] for run in runs} <= {"ab12cd34"}
        return [run["id"] for run in runs]

    assert listed() == ["3-c", "2-b", "1-a"]
    assert listed("--sort", "accuracy") == ["3-c", "1-a", "2-b"]
    assert listed("--sort", "accuracy", "--reverse") == ["2-b", "1-a", "3-c"]
    assert listed("--filter", "accuracy:>96", "--sort", "name") == ["2-b", "1-a"]
    assert cli.main(["runs", "list", "--filter", "nothing", "--profile", str(profile.root)]) == 0
    assert capsys.readouterr().out == "No run fits the filter\n"
    for wrong in (("--filter", "colour:red"), ("--sort", "colour")):
        assert cli.main(["runs", "list", *wrong, "--profile", str(profile.root)]) == 2
        assert "colour" in capsys.readouterr().err
