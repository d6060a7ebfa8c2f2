"""Models are exported, described and brought in from the command line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shipping_models import DENSE, random_model, staged

from recognizer.base.errors import RecognizerError
from recognizer.cli import main
from recognizer.training.shipping import shipment
from recognizer.training.shipping.formats import FORMATS
from recognizer.training.shipping.vectors import Samples

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return staged(tmp_path / "profile" / "models" / "mine").folder


def run(tmp_path: Path, *arguments: str) -> int:
    return main(["models", *arguments, "--profile", str(tmp_path / "profile")])


def test_export_and_bring_back(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out"
    assert run(tmp_path, "export", "mine", "--format", "keras", "--to", str(target)) == 0
    told = capsys.readouterr().out
    assert "keras" in told
    assert "passed" in told
    assert "1,000 pictures: synthetic digits" in told
    assert run(tmp_path, "import", str(target / "model.keras"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "model"
    assert main(["models", "--json", "--profile", str(tmp_path / "profile")]) == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert {"mine", "model"} <= {each["id"] for each in listed}


def test_the_export_goes_where_one_is(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(tmp_path, "export", "mine", "--format", "litert", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is True
    assert document["path"] == str(tmp_path / "mine-litert")
    assert (tmp_path / "mine-litert" / "model.tflite").is_file()
    assert run(tmp_path, "export", "mine", "--format", "litert") == 2
    assert "something already" in capsys.readouterr().err


def test_a_failed_stamp_is_told(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def other(*_: object, **__: object) -> Samples:
        return Samples(np.zeros((9, 28, 28), np.uint8), np.zeros(9, np.int64), "zeros", np.zeros((2, 28, 28), np.uint8))

    monkeypatch.setattr(shipment, "find_samples", other)
    monkeypatch.setattr(shipment, "make_vectors", lambda source, samples, _: _wrong(shipment.Vectors, samples))
    assert run(tmp_path, "export", "mine", "--format", "litert", "--to", str(tmp_path / "out")) == 1
    told = capsys.readouterr()
    assert "FAILED" in told.out
    assert "litert does not answer as the model does: a probability differs by" in told.err
    assert json.loads((tmp_path / "out" / "stamp.json").read_text())["passed"] is False


def _wrong(kind: type, samples: Samples) -> object:
    return kind(samples.images, np.full((9, 10), 2, np.float32), samples.truth, samples.origin)


def test_what_is_missing_is_told(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RecognizerError("No such thing")

    for name in list(FORMATS):
        if name != "litert":
            monkeypatch.setitem(FORMATS, name, replace(FORMATS[name], write=fail))
    assert run(tmp_path, "export", "mine", "--to", str(tmp_path / "out.zip")) == 1
    assert "onnx was not written: No such thing." in capsys.readouterr().err


def test_card(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "card", "mine", "--to", str(tmp_path / "c.html")) == 0
    assert (tmp_path / "c.html").read_text().startswith("<!DOCTYPE html>")
    assert run(tmp_path, "card", "none", "--to", str(tmp_path / "c.html")) == 2
    assert "no such model" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["hf://a/b", "https://example.org/m.keras"])
def test_addresses(tmp_path: Path, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "import", source) == 2
    assert "not fetched from addresses" in capsys.readouterr().err


@pytest.mark.parametrize(("given", "labels"), [("abc", ["a", "b", "c"]), ("cat dog cow", ["cat", "dog", "cow"])])
def test_labels(tmp_path: Path, given: str, labels: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    random_model(DENSE, 3).save(tmp_path / "m.keras")
    assert run(tmp_path, "import", str(tmp_path / "m.keras"), "--labels", given, "--json") == 0
    assert json.loads(capsys.readouterr().out)["labels"] == labels


def test_rename_and_delete(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "rename", "mine", "Class 3b", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"model": "mine", "title": "Class 3b"}
    assert run(tmp_path, "rename", "digits", "Mine") == 2
    assert "came with the program" in capsys.readouterr().err
    assert run(tmp_path, "delete", "mine") == 0
    assert "mine is deleted" in capsys.readouterr().out
    assert not model.exists()
    assert run(tmp_path, "delete", "mine") == 2
    assert "no such model" in capsys.readouterr().err


def test_what_comes_in_is_judged_where_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random_model(DENSE).save(tmp_path / "m.keras")
    assert run(tmp_path, "import", str(tmp_path / "m.keras"), "--data", "uci-digits") == 0
    told = capsys.readouterr().out
    card = json.loads((tmp_path / "profile" / "models" / "m" / "model.json").read_text())
    metrics = card["metrics"]
    assert metrics["data"]["name"] == "uci-digits"
    assert sum(map(sum, metrics["confusion"])) == metrics["n"] == 360
    assert f"{100 * metrics['accuracy']:.2f} % of 360 are read rightly" in told
