"""The command line: documents on stdout, one-line errors on stderr, and the promised exit codes."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import recognizer
from recognizer import cli, doctor
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.commands.common import stoppable
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.files import read_ink_file, write_ink_file
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library.dataset import Split
from recognizer.training import trainer
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochEnded, EpochMetrics, RunCancelled, RunEnded, StageBegan

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _logging_is_restored() -> Any:
    logger = logging.getLogger("recognizer")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    for handler in set(logger.handlers) - set(before[0]):
        handler.close()
    logger.handlers[:], logger.level, logger.propagate = before[0], before[1], before[2]


@pytest.fixture
def shipped() -> str:
    folder = shipped_models_path() / "digits"
    if not (folder / "model.json").is_file():
        pytest.skip("no shipped model")
    return "digits"


def run(profile: Profile, *arguments: object) -> int:
    return cli.main([*map(str, arguments), "--profile", str(profile.root)])


def document(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def complaint(capsys: Capture) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("recognizer: ")
    return line


def picture(path: Path, label: int) -> Path:
    """A clear digit, dark on light, as a picture of 140 pixels."""
    image = Preprocessor().from_ink(generate_ink(label, np.random.default_rng(label)))
    Image.fromarray(255 - image).resize((140, 140), Image.Resampling.BICUBIC).save(path)
    return path


def test_predict_pictures(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    files = [picture(tmp_path / f"{label}.png", label) for label in (3, 7)]
    assert run(profile, "predict", *files, "--json") == 0
    answer = document(capsys)
    assert answer["model"] == "digits"
    assert [entry["file"] for entry in answer["predictions"]] == [str(file) for file in files]
    assert [entry["label"] for entry in answer["predictions"]] == ["3", "7"]
    for entry in answer["predictions"]:
        assert set(entry) == {"file", "label", "confidence", "verdict", "is_rejected", "probabilities"}
        assert sum(entry["probabilities"].values()) == pytest.approx(1, abs=1e-4)
        assert entry["confidence"] == max(entry["probabilities"].values())
    assert run(profile, "predict", *files) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{files[0]}: 3")
    assert second.startswith(f"{files[1]}: 7")


def test_predict_says_what_the_answer_is_without_each_step(
    profile: Profile, shipped: str, tmp_path: Path, capsys: Capture
) -> None:
    file = picture(tmp_path / "seven.png", 7)
    assert run(profile, "predict", "--explain", file, "--json") == 0
    (entry,) = document(capsys)["predictions"]
    without = entry.pop("without")
    assert list(without) == ["polarity", "crop", "proportions", "pen", "average", "centre", "shrink_only"]
    assert all(set(answer) == set(entry) - {"file"} for answer in without.values())
    assert entry["label"] == "7"
    assert without["polarity"]["is_rejected"]
    assert run(profile, "predict", file, "--json") == 0
    assert document(capsys)["predictions"] == [entry]
    assert run(profile, "predict", "--explain", file) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{file}: 7 (")
    assert [line.partition(":")[0] for line in rest] == [
        "    not made bright on black",
        "    not cut out",
        "    stretched to a square",
        "    own pen width",
        "    hard edges",
        "    not centred",
        "    only shrunk",
    ]
    assert rest[0].startswith("    not made bright on black: not recognised (at best ")


def test_predict_ink(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    chance = np.random.default_rng(0)
    inks = [generate_ink(label, chance) for label in (0, 2)]
    strokes = [stroke.points * np.array([1, -1]) for ink in inks for stroke in ink.strokes]
    np.savez(
        tmp_path / "ink.npz",
        points=np.concatenate(strokes),
        stroke_offsets=np.cumsum([0, *map(len, strokes)]),
        sample_stroke_offsets=np.cumsum([0, *(len(ink.strokes) for ink in inks)]),
    )
    assert run(profile, "predict", tmp_path / "ink.npz", "--json") == 0
    entries = document(capsys)["predictions"]
    assert [(entry["sample"], entry["label"]) for entry in entries] == [(0, "0"), (1, "2")]


@pytest.mark.parametrize("name", ["ink.inkml", "ink.unp", "ink.dat"])
def test_predict_ink_of_other_kinds(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture, name: str) -> None:
    chance = np.random.default_rng(0)
    write_ink_file(tmp_path / name, [generate_ink(label, chance) for label in (0, 2)], ["", "2"])
    assert run(profile, "predict", tmp_path / name, "--json") == 0
    entries = document(capsys)["predictions"]
    assert [(entry["sample"], entry["label"]) for entry in entries] == [(0, "0"), (1, "2")]
    assert run(profile, "predict", tmp_path / name) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / name}[0]: 0")


def test_predict_ink_without_drawings(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "none.inkml").write_text("<ink/>")
    assert run(profile, "predict", tmp_path / "none.inkml") == 2
    assert "it holds no drawings" in complaint(capsys)


def test_read_numbers_from_ink(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    rng = np.random.default_rng(5)
    number = [
        Stroke(stroke.points + np.array([130 * place, 0], np.float32))
        for place, digit in enumerate((2, 0, 7))
        for stroke in generate_ink(digit, rng).strokes
    ]
    write_ink_file(tmp_path / "numbers.inkml", [Ink(tuple(number)), generate_ink(3, rng)])
    assert run(profile, "read", tmp_path / "numbers.inkml", tmp_path / "none.png", "--model", shipped, "--json") == 2
    readings = document(capsys)["readings"]
    assert [(reading["sample"], reading["text"]) for reading in readings] == [(0, "207"), (1, "3")]
    boxes = [symbol["box"] for symbol in readings[0]["lines"][0]["symbols"]]
    assert boxes[0][0] < boxes[1][0] < boxes[2][0]


def test_convert_ink(profile: Profile, tmp_path: Path, capsys: Capture) -> None:
    inks = [generate_ink(label, np.random.default_rng(label)) for label in (4, 7)]
    write_ink_file(tmp_path / "a.inkml", inks, ["4", "7"])
    assert run(profile, "convert", tmp_path / "a.inkml", "--to", tmp_path / "b.unp") == 0
    assert capsys.readouterr().out == f"2 drawings are in {tmp_path / 'b.unp'}\n"
    assert run(profile, "convert", tmp_path / "b.unp", "--to", tmp_path / "c.npz", "--json") == 0
    answer = document(capsys)
    assert answer == {"file": str(tmp_path / "b.unp"), "to": str(tmp_path / "c.npz"), "drawings": 2}
    file = read_ink_file(tmp_path / "c.npz")
    assert file.labels == ("4", "7")
    for ink, wanted in zip(file.inks, inks, strict=True):
        for stroke, before in zip(ink.strokes, wanted.strokes, strict=True):
            np.testing.assert_array_equal(stroke.points, before.points)
    assert run(profile, "convert", tmp_path / "a.inkml", "--to", tmp_path / "d.svg") == 2
    assert "d.svg" in complaint(capsys)


def test_predict_goes_on_after_a_bad_file(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    Image.new("L", (40, 40), 255).save(tmp_path / "blank.png")
    code = run(profile, "predict", tmp_path / "none.png", tmp_path / "bad.png", tmp_path / "blank.png", "--json")
    assert code == 2
    captured = capsys.readouterr()
    first, second = captured.err.splitlines()
    assert "none.png" in first
    assert "bad.png" in second
    (entry,) = json.loads(captured.out)["predictions"]
    assert entry["verdict"] == "empty"
    assert entry["label"] == ""
    assert entry["is_rejected"] is True


def test_model_by_folder_and_unknown_model(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    file = picture(tmp_path / "1.png", 1)
    assert run(profile, "predict", file, "--model", shipped_models_path() / "digits", "--json") == 0
    assert document(capsys)["model"] == "digits"
    assert run(profile, "predict", file, "--model", "nonsense") == 2
    assert "nonsense" in complaint(capsys)


def evaluation_data(path: Path, labels: list[str] | None = None) -> Path:
    images, truth = generate(40, 5)
    names = np.array(labels if labels else [str(label) for label in truth])
    np.savez(path, x_train=images[:20], y_train=names[:20], x_test=images[20:], y_test=names[20:])
    return path


def test_evaluate(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    data = evaluation_data(tmp_path / "data.npz")
    assert run(profile, "evaluate", data, "--json") == 0
    answer = document(capsys)
    stable = {"n", "accuracy", "rejected", "labels", "confusion", "per_class", "model", "data", "split"}
    figures = {"interval", "balanced_accuracy", "macro", "weighted", "calibration", "top2_accuracy"}
    assert set(answer) == stable | figures
    assert answer["interval"]["low"] < answer["accuracy"] <= answer["interval"]["high"]
    assert answer["accuracy"] <= answer["top2_accuracy"] <= 1
    assert sum(each["n"] for each in answer["calibration"]["bins"]) == 20
    assert (answer["n"], answer["split"], answer["model"]) == (20, "test", "digits")
    assert answer["labels"] == list("0123456789")
    assert np.array(answer["confusion"]).sum() == 20
    assert answer["accuracy"] == np.trace(np.array(answer["confusion"])) / 20
    assert answer["accuracy"] >= 0.9
    for split, n in (("train", 20), ("all", 40)):
        assert run(profile, "--json", "evaluate", data, "--split", split) == 0
        assert document(capsys)["n"] == n
    assert run(profile, "evaluate", data, "--split", "validation") == 2
    assert "split = validation" in complaint(capsys)
    assert run(profile, "evaluate", data) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("20 samples, accuracy ")
    assert "balanced accuracy" in printed
    assert "worse pictures" not in printed


def test_evaluate_on_worse_pictures(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    data = evaluation_data(tmp_path / "data.npz")
    assert run(profile, "evaluate", data, "--robustness", "--json") == 0
    answer = document(capsys)
    table = answer["robustness"]
    assert (table["n"], table["accuracy"]) == (answer["n"], answer["accuracy"])
    assert {row["family"] for row in table["rows"]} == {"noise", "blur", "tilt", "shift", "thin", "thick"}
    for row in table["rows"]:
        assert row["accuracy"] * 20 == pytest.approx(answer["accuracy"] * 20 - len(row["lost"]) + len(row["gained"]))
        # Positions in the judged samples.
        assert all(0 <= place < 20 for place in row["lost"] + row["gained"])
    assert any(row["lost"] for row in table["rows"])
    assert run(profile, "evaluate", data, "--robustness") == 0
    lines = capsys.readouterr().out.splitlines()
    head = next(place for place, line in enumerate(lines) if line.startswith("worse pictures"))
    assert len(lines) - head - 2 == len(table["rows"])


def test_labels_that_the_model_does_not_know(profile: Profile, shipped: str, tmp_path: Path, capsys: Capture) -> None:
    _, truth = generate(40, 5)
    labels = [str(label) for label in truth]
    labels[20:25] = ["x"] * 5
    data = evaluation_data(tmp_path / "data.npz", labels)
    assert run(profile, "evaluate", data, "--json") == 0
    captured = capsys.readouterr()
    assert "does not know x" in captured.err
    answer = json.loads(captured.out)
    assert answer["labels"] == [*"0123456789", "x"]
    assert answer["per_class"]["x"]["support"] == 5
    assert answer["accuracy"] <= 0.75
    data = evaluation_data(tmp_path / "letters.npz", ["a", "b"] * 20)
    assert run(profile, "evaluate", data) == 2
    assert "none of the data's labels" in complaint(capsys)


def test_models(profile: Profile, shipped: str, capsys: Capture) -> None:
    assert run(profile, "models", "--json") == 0
    first = document(capsys)["models"][0]
    assert first["id"] == "digits"
    assert first["is_shipped"] is True
    assert run(profile, "models") == 0
    assert capsys.readouterr().out.startswith("digits ")


class FakeTrainer:
    """Says what a trainer would, and remembers what it was asked."""

    asked: tuple[TrainingConfig, Any] | None = None
    outcome: str = "ended"

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def fit(self, config: TrainingConfig, data: Any, on_event: Any, token: CancellationToken) -> Any:
        FakeTrainer.asked = (config, data)
        on_event(StageBegan("Preparing the network"))
        on_event(EpochEnded(EpochMetrics(1, 0.5, 0.8, 0.4, 0.9, 0.001, 2.0)))
        if self.outcome == "interrupted":
            signal.raise_signal(signal.SIGINT)
            assert token.is_cancelled
        if self.outcome == "cancelled":
            return RunCancelled("r1")
        if self.outcome == "broken":
            raise ZeroDivisionError("by\nnothing")
        report = EvaluationReport(ConfusionMatrix(np.eye(10, dtype=np.int64) * 3, tuple("0123456789")), 1)
        return RunEnded("r1", "m1", report, "test", 1, self.outcome == "interrupted", 3.0, 2.0)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeTrainer]:
    monkeypatch.setattr(trainer, "Trainer", FakeTrainer)
    monkeypatch.setattr(FakeTrainer, "outcome", "ended")
    monkeypatch.setattr(FakeTrainer, "asked", None)
    return FakeTrainer


def test_train(profile: Profile, fake: type[FakeTrainer], tmp_path: Path, capsys: Capture) -> None:
    data = evaluation_data(tmp_path / "data.npz")
    options = ("--epochs", 3, "--batch-size", 8, "--learning-rate", 0.01, "--optimizer", "sgd", "--seed", 9)
    assert run(profile, "train", "--data", data, "--preset", "cnn", *options, "--validation-share", 0.2, "--json") == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert (answer["model"], answer["run"], answer["accuracy"], answer["was_stopped"]) == ("m1", "r1", 1.0, False)
    assert captured.err.splitlines() == [
        "Preparing the network",
        "Epoch 1: loss 0.5000, accuracy 80.00 %, 2.0 s; validation loss 0.4000, accuracy 90.00 %",
    ]
    assert fake.asked is not None
    assert fake.asked[0] == TrainingConfig("cnn", 3, 8, 0.01, "sgd", 9, 0.2)
    assert answer["config"] == fake.asked[0].to_dict()
    assert fake.asked[1].counts([Split.TRAIN]).sum() == 20


def test_train_as_usual_for_the_preset(
    profile: Profile, fake: type[FakeTrainer], tmp_path: Path, capsys: Capture
) -> None:
    for preset, epochs in (("dense", 10), ("cnn", 5)):
        assert run(profile, "train", "--data", evaluation_data(tmp_path / "d.npz"), "--preset", preset) == 0
        assert fake.asked is not None
        assert fake.asked[0] == TrainingConfig(preset, epochs)
    assert "The model is stored as m1" in capsys.readouterr().out


def test_data_without_a_split_is_divided(
    profile: Profile, fake: type[FakeTrainer], tmp_path: Path, capsys: Capture
) -> None:
    images, labels = generate(50, 1)
    np.savez(tmp_path / "d.npz", x=images, y=labels)
    assert run(profile, "train", "--data", tmp_path / "d.npz", "--preset", "dense") == 0
    assert "a fifth of every class" in capsys.readouterr().err
    assert fake.asked is not None
    assert fake.asked[1].counts([Split.TEST]).tolist() == [1] * 10
    assert fake.asked[1].counts([Split.TRAIN]).tolist() == [4] * 10


def test_interrupted_training_keeps_the_best(
    profile: Profile, fake: type[FakeTrainer], tmp_path: Path, capsys: Capture
) -> None:
    fake.outcome = "interrupted"
    before = signal.getsignal(signal.SIGINT)
    assert run(profile, "train", "--data", evaluation_data(tmp_path / "d.npz"), "--preset", "dense", "--json") == 130
    answer = document(capsys)
    assert (answer["was_stopped"], answer["model"]) == (True, "m1")
    assert signal.getsignal(signal.SIGINT) is before


def test_training_cancelled_before_there_was_a_model(
    profile: Profile, fake: type[FakeTrainer], tmp_path: Path, capsys: Capture
) -> None:
    fake.outcome = "cancelled"
    assert run(profile, "train", "--data", evaluation_data(tmp_path / "d.npz"), "--preset", "dense", "--json") == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1] == "recognizer: Stopped."


def test_unexpected_error_is_one_line_and_its_traceback_is_logged(
    profile: Profile, fake: type[FakeTrainer], tmp_path: Path, capsys: Capture
) -> None:
    fake.outcome = "broken"
    assert run(profile, "train", "--data", evaluation_data(tmp_path / "d.npz"), "--preset", "dense") == 1
    line = capsys.readouterr().err.splitlines()[-1]
    log = profile.logs / "recognizer.log"
    assert line == f"recognizer: An unexpected error, ZeroDivisionError: by nothing. The log is {log}"
    assert "Traceback" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("train", "--data", "uci-digits", "--preset", "dense", "--learning-rate", "nan"), "learning_rate = nan"),
        (("train", "--data", "uci-digits", "--preset", "dense", "--epochs", "0"), "epochs = 0"),
        (("train", "--data", "uci-digits", "--preset", "dense", "--validation-share", "0.9"), "validation_share = 0.9"),
        (("train", "--data", "nonsense", "--preset", "dense"), "nonsense"),
        (("evaluate", "nonsense", "--json"), "nonsense"),
        (("predict", "nonsense.png"), "nonsense.png"),
    ],
)
def test_bad_input(profile: Profile, shipped: str, arguments: tuple[str, ...], reason: str, capsys: Capture) -> None:
    assert run(profile, *arguments) == 2
    if arguments[0] == "predict":
        assert reason in capsys.readouterr().err
    else:
        assert reason in complaint(capsys)


def test_one_class_cannot_be_trained_on(profile: Profile, tmp_path: Path, capsys: Capture) -> None:
    images, _ = generate(40, 1)
    np.savez(tmp_path / "d.npz", x=images, y=np.zeros(40, np.int64))
    assert run(profile, "train", "--data", tmp_path / "d.npz", "--preset", "dense") == 2
    assert "all of one class" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["train"], ["evaluate"], ["predict"], ["evaluate", "x", "--split", "y"], ["--nonsense"]]
)
def test_wrong_arguments(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: recognizer" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "gui", "demo", "predict", "evaluate", "train", "models", "doctor"])
def test_help(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"] if command else ["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "--profile DIR" in out
    assert "--json" in out


def test_profile_and_json_before_the_command(profile: Profile, capsys: Capture) -> None:
    assert cli.main(["--json", "--profile", str(profile.root), "models"]) == 0
    assert "models" in document(capsys)
    assert (profile.root / "models").is_dir()


def test_profile_that_cannot_be_used(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").touch()
    assert cli.main(["models", "--profile", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in complaint(capsys)


def test_no_command_opens_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.gui import app

    asked: list[Path | None] = []

    def run_window(profile: Path | None = None) -> int:
        asked.append(profile)
        return 7

    monkeypatch.setattr(app, "run", run_window)
    assert cli.main([]) == 7
    assert cli.main(["gui", "--profile", str(tmp_path)]) == 7
    assert asked == [None, tmp_path]


def test_no_display_is_said_before_qt_aborts(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["gui"]) == 1
    assert "recognizer demo --out demo.png" in complaint(capsys)


def test_missing_system_libraries_are_named(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setattr(doctor, "_loads", lambda name: name != "libxcb-cursor.so.0")
    assert cli.main(["gui"]) == 1
    assert "apt-get install libxcb-cursor0." in complaint(capsys)


def test_demo(profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    from recognizer.gui import demo

    asked: list[object] = []

    def run_demo(out: Path, profile: Path | None = None, say: Any = None) -> dict[str, Any]:
        asked.extend([out, profile])
        say("drawing")
        return {"read": "7"}

    monkeypatch.setattr(demo, "run_demo", run_demo)
    monkeypatch.chdir(tmp_path)
    assert run(profile, "demo", "--out", "x.png", "--json") == 0
    assert asked == [tmp_path / "x.png", profile.root]
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"read": "7"}
    assert captured.err == "drawing\n"


def test_doctor(profile: Profile, shipped: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_loads", lambda name: True)
    assert run(profile, "doctor", "--json") == 0
    answer = document(capsys)
    assert answer["ok"] is True
    statuses = {check["name"]: check["status"] for check in answer["checks"]}
    for name in (
        "program",
        "packages",
        "profile",
        "model digits",
        "dataset mnist",
        "dataset uci-digits",
        "Qt",
        "display",
    ):
        assert name in statuses
    assert "problem" not in statuses.values()
    (line,) = [check["detail"] for check in answer["checks"] if check["name"] == "model digits"]
    assert line.endswith("reads a line as 1")


def test_doctor_finds_problems(profile: Profile, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing_qt_libraries", lambda: {"libxcb-cursor.so.0": "libxcb-cursor0"})
    folder = profile.models / "broken"
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    assert run(profile, "doctor") == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("problem  model broken: ") for line in lines)
    assert "problem  Qt: these system packages are missing: libxcb-cursor0" in lines


def test_second_interrupt_is_not_held_back() -> None:
    token = CancellationToken()
    before = signal.getsignal(signal.SIGINT)
    with stoppable(token):
        signal.raise_signal(signal.SIGINT)
        assert token.is_cancelled
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupt_and_cancel_end_with_130(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    for kind in (KeyboardInterrupt, Cancelled):

        def stop(asked: object, kind: type[BaseException] = kind) -> int:
            raise kind

        monkeypatch.setitem(cli.COMMANDS, "models", stop)
        assert cli.main(["models"]) == 130
        assert complaint(capsys) == "recognizer: Stopped."


def test_errors_are_one_line_and_keep_their_code(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def fail(asked: object) -> int:
        raise RecognizerError("What", where="a\nb", fix="Do", exit_code=1)

    monkeypatch.setitem(cli.COMMANDS, "models", fail)
    assert cli.main(["models"]) == 1
    assert complaint(capsys) == "recognizer: What: a b. Do."


def test_as_a_process_from_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "空 folder"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "recognizer", "models", "--json", "--profile", folder / "配置"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(recognizer.__file__).parents[1])},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert isinstance(json.loads(done.stdout)["models"], list)
