"""The main job through the real program: draw, be read, train, draw with the new model, look at the data."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.base.settings import Settings
from recognizer.gui import app
from recognizer.gui.demo import run_demo


@pytest.mark.parametrize("place", ["file/demo.png", "folder"])
def test_a_picture_that_cannot_be_left_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("a file where a folder belongs")
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(app, "create_window", lambda profile: pytest.fail("the demo has begun"))
    with pytest.raises(RecognizerError) as caught:
        run_demo(tmp_path / place, tmp_path / "profile")
    assert str(tmp_path / place) in caught.value.where


def test_the_demo_plays_the_main_job_without_a_display(profile: Profile, tmp_path: Path) -> None:
    out = tmp_path / "a folder 文件" / "demo.png"
    # A model that this profile happens to draw with has no part in the demo, and is still chosen after it.
    mine = profile.models / "mine"
    shutil.copytree(shipped_models_path() / "digits", mine)
    card = json.loads((mine / "model.json").read_text(encoding="utf-8"))
    card["labels"] = card["labels"][::-1]
    (mine / "model.json").write_text(json.dumps(card), encoding="utf-8")
    Settings(profile).set("model", "mine")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "RECOGNIZER_DATASETS")
    }
    done = subprocess.run(
        [sys.executable, "-m", "recognizer", "demo", "--out", out, "--json", "--profile", profile.root],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["Drawn:"] * 10 + [
        "Training",
        "Test",
        "Drawn:",
        "Picture:",
    ]
    result = json.loads(done.stdout)
    assert [drawn["read"] for drawn in result["drawn"]] == list("0123456789")
    assert result["training"]["dataset"] == "uci-digits"
    assert result["training"]["accuracy"] > 0.93
    with Image.open(out) as picture:
        assert picture.size == (1280, 2400)
    assert sorted(path.name for path in profile.models.iterdir()) == [result["training"]["model"], "mine"]
    assert Settings(profile).get("model") == "mine"
    # The runs' own record of it is there for the next start.
    assert len(list(profile.runs.glob("*/metrics.jsonl"))) == 1
