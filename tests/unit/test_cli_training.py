"""Training on the command line: networks of one's own, what shapes a run, going on after a crash."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile
from recognizer.base.progress import no_progress
from recognizer.cli import main
from recognizer.ink.synthesis import generate
from recognizer.library.datafiles import load_path
from recognizer.library.splits import with_split
from recognizer.training.config import TrainingConfig
from recognizer.training.events import CheckpointSaved, TrainingEvent
from recognizer.training.networks import save_network
from recognizer.training.runs import list_runs
from recognizer.training.trainer import Trainer

Capture = pytest.CaptureFixture[str]
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": 12, "activation": "relu"}]
END = {"type": "dense", "units": 0, "activation": "softmax"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    images, labels = generate(300, 5)
    np.savez(tmp_path / "little.npz", x=images, y=labels)
    return tmp_path / "little.npz"


def run(profile: Profile, capsys: Capture, *arguments: Any) -> dict[str, Any]:
    assert main(["--profile", str(profile.root), *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_network_of_ones_own_with_everything_set(profile: Profile, data: Path, capsys: Capture) -> None:
    path = data.with_name("my network.json")
    path.write_text(json.dumps([*LAYERS, END]))
    shaping = {"epochs": 2, "schedule": "cosine", "label-smoothing": 0.1, "patience": 5, "momentum": 0.9}
    named = [word for name, value in shaping.items() for word in (f"--{name}", value)]
    switches = ["--class-weights", "--augment", "--deterministic"]
    found = run(profile, capsys, "train", "--data", data, "--network", path, *named, "--optimizer", "sgd", *switches)
    config = TrainingConfig.from_dict(found["config"])
    assert (config.preset, config.schedule, config.momentum, config.patience) == ("my network", "cosine", 0.9, 5)
    assert config.layers == (*LAYERS, END)
    assert config.augmentation is not None
    assert config.class_weights
    assert config.deterministic
    assert "my-network" in found["run"]
    save_network(profile, "kept", config.layers)
    again = run(profile, capsys, "train", "--data", data, "--network", "kept", "--epochs", 1)
    assert again["config"]["layers"] == found["config"]["layers"]


def test_usual_settings_of_a_fast_preset(profile: Profile, data: Path, capsys: Capture) -> None:
    found = run(profile, capsys, "train", "--data", data, "--preset", "dense-fast", "--batch-size", 32)
    assert (found["config"]["schedule"], found["config"]["learning_rate"], found["config"]["epochs"]) == (
        *("one-cycle", 0.01, 3),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "cannot be built"),
        (json.dumps([{"type": "lambda"}]), "layer 1: there is no layer of type “lambda”"),
        (json.dumps(LAYERS), "layer 2: the last layer must be Dense"),
    ],
)
def test_bad_networks_are_refused_before_anything_runs(
    profile: Profile, data: Path, capsys: Capture, text: str, words: str
) -> None:
    path = data.with_name("bad.json")
    path.write_text(text)
    for name in (path, data.with_name("gone.json"), "nowhere"):
        assert main(["--profile", str(profile.root), "train", "--data", str(data), "--network", str(name)]) == 2
        said = capsys.readouterr().err
        assert words in said or name != path
    assert list_runs(profile) == []


def test_an_interrupted_run_goes_on(profile: Profile, data: Path, capsys: Capture) -> None:
    class Crash(BaseException):
        pass

    def crash(event: TrainingEvent) -> None:
        if isinstance(event, CheckpointSaved):
            raise Crash

    samples = with_split(load_path(data, profile.datasets, no_progress), 0.2, 42)
    with pytest.raises(Crash):
        Trainer(profile).fit(TrainingConfig(epochs=2), samples, crash, CancellationToken())
    (interrupted,) = list_runs(profile)
    assert interrupted.state == "interrupted"
    found = run(profile, capsys, "runs", "resume", interrupted.id, "--data", data)
    assert found["run"] == interrupted.id
    assert main(["--profile", str(profile.root), "runs", "resume", interrupted.id, "--data", str(data)]) == 2
    assert "cannot go on" in capsys.readouterr().err
