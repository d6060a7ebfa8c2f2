"""The commands around My handwriting: keep, evaluate, export, finetune, and models --delete."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recognizer import cli
from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.inference.registry import ModelRegistry
from recognizer.ink.files import read_ink_file, write_ink_file
from recognizer.ink.synthesis import generate_ink
from recognizer.library.handwriting import Handwriting
from recognizer.training import finetune
from recognizer.training.events import EventCallback, RunEnded

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _logging_is_restored() -> Iterator[None]:
    logger = logging.getLogger("recognizer")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    for handler in set(logger.handlers) - set(before[0]):
        handler.close()
    logger.handlers[:], logger.level, logger.propagate = before[0], before[1], before[2]


def run(profile: Profile, *arguments: object) -> int:
    return cli.main([*map(str, arguments), "--profile", str(profile.root)])


def document(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def ink_file(tmp_path: Path) -> Path:
    """Ten drawings with their labels."""
    rng = np.random.default_rng(1)
    path = tmp_path / "ten.inkml"
    write_ink_file(path, [generate_ink(digit, rng) for digit in range(10)], list("0123456789"))
    return path


def test_files_are_kept_and_judged(profile: Profile, tmp_path: Path, ink_file: Path, capsys: Capture) -> None:
    picture = np.full((90, 60), 255, np.uint8)
    picture[10:80, 26:34] = 0
    Image.fromarray(picture).save(tmp_path / "one.png")
    assert run(profile, "keep", tmp_path / "one.png", "--label", "1") == 0
    assert capsys.readouterr().out == "1 new sample; My handwriting has 1\n"
    assert run(profile, "keep", ink_file, "--json") == 0
    kept = document(capsys)
    assert kept == {"ids": list(range(2, 12)), "new": 10, "counts": {"1": 2, **dict.fromkeys("023456789", 1)}}
    assert run(profile, "keep", ink_file, "--json") == 0
    assert document(capsys)["new"] == 0, "what is kept already is not kept twice"
    assert [sample.source for sample in Handwriting(profile).samples()] == ["one.png", *["ten.inkml"] * 10]
    assert run(profile, "evaluate", "my-handwriting", "--split", "all", "--json") == 0
    report = document(capsys)
    assert (report["n"], report["data"], report["split"]) == (11, "my-handwriting", "all")
    assert report["accuracy"] > 0.7


def test_what_cannot_be_kept_is_said(profile: Profile, tmp_path: Path, ink_file: Path, capsys: Capture) -> None:
    Image.fromarray(np.zeros((30, 30), np.uint8)).save(tmp_path / "empty.png")
    assert run(profile, "keep", tmp_path / "absent.png", ink_file, "--label", "7") == 2
    captured = capsys.readouterr()
    assert "absent.png" in captured.err
    assert captured.out == "10 new samples; My handwriting has 10\n"
    assert run(profile, "keep", tmp_path / "empty.png") == 2
    assert "The file does not say what its symbols are" in capsys.readouterr().err
    assert run(profile, "keep", ink_file, "--label", "x" * 40) == 2
    assert "The label cannot be used" in capsys.readouterr().err


def test_what_is_exported_comes_back(profile: Profile, tmp_path: Path, ink_file: Path, capsys: Capture) -> None:
    assert run(profile, "export", "my-handwriting", "--to", tmp_path / "none.inkml") == 2
    assert "My handwriting has no drawings yet" in capsys.readouterr().err
    run(profile, "keep", ink_file)
    Handwriting(profile).add_picture(np.eye(28, dtype=np.uint8) * 255, "7")
    capsys.readouterr()
    assert run(profile, "export", "my-handwriting", "--to", tmp_path / "mine.npz", "--json") == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["name"], told["to"]) == ("my-handwriting", str(tmp_path / "mine.npz"))
    assert (told["drawings"], told["left_out"], told["format"]) == (10, 1, "strokes")
    assert "1 is a picture and is left out." in captured.err
    before, after = read_ink_file(ink_file), read_ink_file(tmp_path / "mine.npz")
    assert after.labels == before.labels
    for first, second in zip(before.inks, after.inks, strict=True):
        for one, other in zip(first.strokes, second.strokes, strict=True):
            np.testing.assert_allclose(other.points, one.points, atol=1e-3)
    for name in ("mine.inkml", "mine.unp"):
        assert run(profile, "export", "my-handwriting", "--to", tmp_path / name) == 0
        assert capsys.readouterr().out == f"10 drawings are in {tmp_path / name}\n"
        assert read_ink_file(tmp_path / name).labels == before.labels


def test_finetune_tells_both_figures(
    profile: Profile, capsys: Capture, monkeypatch: pytest.MonkeyPatch, ink_file: Path
) -> None:
    shipped = shipped_models_path() / "digits"
    tuned = profile.models / "tuned"
    tuned.mkdir()
    for path in shipped.iterdir():
        (tuned / path.name).write_bytes(path.read_bytes())
    card = json.loads((tuned / "model.json").read_text(encoding="utf-8"))
    card["title"] = "Digits, tuned"
    card["training"]["base"] = {"id": "digits"}
    card["metrics"] |= {
        "own": {"n": 10, "before": 0.7, "after": 0.9},
        "guard": {"data": "mnist", "n": 5000, "before": 0.99, "after": 0.9898},
    }
    (tuned / "model.json").write_text(json.dumps(card), encoding="utf-8")
    asked: list[str] = []

    def fake(whose: Profile, model_id: str, on_event: EventCallback, token: CancellationToken) -> RunEnded:
        asked.append(model_id)
        matrix = ConfusionMatrix.from_predictions(np.arange(2), np.arange(2), ("0", "1"))
        return RunEnded("run", "tuned", EvaluationReport(matrix, 0), "test", 1, False, 2.0, 1.0)

    monkeypatch.setattr(finetune, "fine_tune", fake)
    assert run(profile, "finetune") == 0
    assert capsys.readouterr().out.splitlines() == [
        "The model is stored as tuned: Digits, tuned",
        "your handwriting: 70.00 % → 90.00 % of 10",
        "mnist: 99.00 % → 98.98 % of 5000",
    ]
    assert run(profile, "finetune", "--model", "digits", "--json") == 0
    told = document(capsys)
    assert (told["model"], told["base"], told["own"]["after"], told["guard"]["n"]) == ("tuned", "digits", 0.9, 5000)
    assert asked == ["", "digits"]


def test_finetune_without_handwriting(profile: Profile, capsys: Capture) -> None:
    assert run(profile, "finetune") == 2
    assert "There is too little of your handwriting to learn from: 0 samples." in capsys.readouterr().err


def test_deleting_models(profile: Profile, capsys: Capture) -> None:
    mine = profile.models / "mine"
    mine.mkdir()
    for path in (shipped_models_path() / "digits").iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    assert run(profile, "models", "--delete", "digits") == 2
    assert "came with the program" in capsys.readouterr().err
    assert run(profile, "models", "--delete", "nobody") == 2
    capsys.readouterr()
    assert run(profile, "models", "--delete", "mine", "--json") == 0
    assert "mine" not in [model["id"] for model in document(capsys)["models"]]
    assert "mine" not in [record.id for record in ModelRegistry(profile).list()]
    assert [path.name for path in profile.root.iterdir() if path.name.startswith(".deleted")] == []
