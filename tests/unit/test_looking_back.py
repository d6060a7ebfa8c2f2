"""Looking back over a run on the command line, without TensorFlow."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recognizer.base.paths import Profile
from recognizer.cli import main
from recognizer.library import uci
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochEnded, EpochJudged, EpochMetrics
from recognizer.training.lookback import Lookback, best_epoch
from recognizer.training.runs import RunFolder

Capture = pytest.CaptureFixture[str]
LAYERS = (
    {"type": "conv", "filters": 2, "size": 3, "activation": "linear"},
    {"type": "activation", "function": "relu"},
    {"type": "flatten"},
    {"type": "dense", "units": 0, "activation": "softmax"},
)
UPRIGHT = np.array([[-1, 2, -1]] * 3, np.float32)


@pytest.fixture
def run_id(profile: Profile) -> str:
    """A run of three epochs, whose network says after each the digit of that number; the third one's weights are gone.

    Its second filter finds upright strokes.
    """
    data = uci.load()
    truth = data.labels[:20].astype(np.int64)
    with RunFolder(profile, TrainingConfig("mine", 3, layers=LAYERS), data) as run:
        checkpoints = CheckpointFolder(run.path, 3)
        for epoch in (1, 2, 3):
            predicted = np.where(np.arange(20) < epoch, (truth + 1) % 10, truth)
            run.append(EpochJudged(epoch, np.arange(20), truth, predicted, np.full(20, 0.5, np.float32)))
            run.append(EpochEnded(EpochMetrics(epoch, 1.0, 0.5, 0.5, 0.8 if epoch == 2 else 0.6, 0.001, 1.0)))
            if epoch < 3:
                kernel = np.stack([np.zeros((3, 3), np.float32), UPRIGHT], -1)[:, :, None]
                bias = np.where(np.arange(10) == epoch, 5.0, 0.0).astype(np.float32)
                last = np.zeros((26 * 26 * 2, 10), np.float32)
                weights = [kernel, np.zeros(2, np.float32), last, bias]
                checkpoints.save(Checkpoint(epoch, weights), is_best=epoch == 2)
        run.finish("stopped")
    return run.id


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """An upright stroke."""
    grey = np.full((60, 60), 255, np.uint8)
    grey[8:52, 27:33] = 0
    Image.fromarray(grey).save(tmp_path / "stroke.png")
    return tmp_path / "stroke.png"


def document(profile: Profile, capsys: Capture, *arguments: Any) -> dict[str, Any]:
    assert main(["--profile", str(profile.root), "runs", "show", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_epoch_of_a_run(profile: Profile, run_id: str, picture: Path, capsys: Capture) -> None:
    found = document(profile, capsys, run_id, "--epoch", 1, "--read", picture)
    assert (found["id"], found["epoch"], found["metrics"]["val_accuracy"]) == (run_id, 1, 0.6)
    assert (found["report"]["n"], found["report"]["accuracy"]) == (20, 0.95)
    (reading,) = found["readings"]
    assert (reading["file"], reading["label"], reading["weights_of"]) == (str(picture), "1", 1)
    assert reading["confidence"] == pytest.approx(np.exp(5) / (np.exp(5) + 9))
    assert sum(reading["probabilities"].values()) == pytest.approx(1)
    # Without an epoch it is the best one; where that is not kept, the one next to it.
    assert document(profile, capsys, run_id, "--read", picture)["readings"][0]["label"] == "2"
    assert document(profile, capsys, run_id, "--epoch", 3, "--read", picture)["readings"][0]["weights_of"] == 2


def test_an_epoch_in_words(profile: Profile, run_id: str, picture: Path, capsys: Capture) -> None:
    asked = ["--profile", str(profile.root), "runs", "show", run_id, "--epoch", "3", "--read", str(picture)]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Epoch 3: loss 1.0000, accuracy 50.00 %")
    assert lines[2].split() == ["written", *map(str, range(10))]
    assert "20 samples, accuracy 85.00 %, 0 rejected" in lines
    assert lines[-1] == f"{picture}: 2 (94.3 %)  Weights of epoch 2, the nearest that is kept"


def test_an_epoch_that_is_not_there(profile: Profile, run_id: str, capsys: Capture) -> None:
    assert main(["--profile", str(profile.root), "runs", "show", run_id, "--epoch", "4"]) == 2
    assert "has no such epoch" in (complaint := capsys.readouterr().err)
    assert "from 1 to 3" in complaint


def test_what_a_filter_finds(profile: Profile, run_id: str) -> None:
    lookback = Lookback(profile.runs / run_id)
    assert best_epoch(lookback.metrics) == 2
    upright = np.zeros((28, 28), np.uint8)
    upright[4:24, 13] = 255
    look = lookback.look(3, upright)
    assert (look.epoch, look.kept, look.is_dense, look.found.shape) == (3, 2, False, (2, 26, 26))
    np.testing.assert_array_equal(look.filters[1], UPRIGHT)
    # What the activation that follows lets through: the stroke alone, and nothing of one that lies.
    assert set(np.flatnonzero(look.found[1].max(axis=0))) == {12}
    assert look.found[1].max() == pytest.approx(6)
    assert not lookback.look(2, np.ascontiguousarray(upright.T)).found[1][:, 4:22].any()
    blind = lookback.look(1)
    assert (blind.kept, blind.probabilities, len(blind.found)) == (1, None, 0)
