"""Models that can be chosen: whole ones are listed, damaged ones are left out and named."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.imaging.preprocess import PreprocessingSpec
from recognizer.inference.registry import CARD, NETWORK, ModelRegistry, file_entry, read_record
from recognizer.inference.reject import RejectRule


def write_model(folder: Path, created: str = "2026-01-01T00:00:00Z", **changes: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / NETWORK).write_bytes(b"network")
    card = {
        "format": 1,
        "title": "Test",
        "labels": ["a", "b"],
        "preprocessing": PreprocessingSpec().to_dict(),
        "reject": RejectRule().to_dict(),
        "created": created,
        "files": {NETWORK: file_entry(folder / NETWORK)},
        **changes,
    }
    (folder / CARD).write_text(json.dumps({key: value for key, value in card.items() if value is not None}))
    return folder


@pytest.fixture
def registry(profile: Profile, tmp_path: Path) -> ModelRegistry:
    write_model(tmp_path / "shipped" / "first", metrics={"accuracy": 0.99})
    return ModelRegistry(profile, tmp_path / "shipped")


def test_the_shipped_model_to_begin_with_does_not_depend_on_when_it_was_made(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    write_model(tmp_path / "shipped" / "another", created="2020-01-01T00:00:00Z")
    write_model(tmp_path / "shipped" / "zebra", created="2019-01-01T00:00:00Z")
    assert [record.id for record in registry.list()] == ["another", "first", "zebra"]
    assert registry.default().id == "another"


def test_shipped_first_then_the_newest(registry: ModelRegistry, profile: Profile) -> None:
    for name, day in (("old", "01"), ("new", "03"), ("middle", "02")):
        write_model(profile.models / name, created=f"2026-02-{day}T00:00:00Z")
    assert [record.id for record in registry.list()] == ["first", "new", "middle", "old"]
    assert [record.is_shipped for record in registry.list()] == [True, False, False, False]
    assert registry.default().id == "first"
    assert registry.get("middle").created == "2026-02-02T00:00:00Z"
    assert registry.get("first").accuracy == 0.99
    assert registry.get("old").accuracy is None


def test_unknown_model_names_the_known(registry: ModelRegistry) -> None:
    with pytest.raises(RecognizerError) as caught:
        registry.get("../first")
    assert caught.value.where == "../first"
    assert "first" in caught.value.fix


def test_no_model_at_all(profile: Profile, tmp_path: Path) -> None:
    with pytest.raises(RecognizerError, match="no model yet"):
        ModelRegistry(profile, tmp_path / "none").default()


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"format": None},
        {"labels": ["a"]},
        {"labels": [1, 2]},
        {"labels": None},
        {"preprocessing": {"version": 99}},
        {"reject": {"nonsense": 1}},
        {"title": None},
        {"labels": "ab"},
        {"labels": ["a", "a"]},
        {"metrics": []},
        {"metrics": {"accuracy": "high"}},
        {"metrics": {"accuracy": 10**400}},
        {"metrics": {"accuracy": float("nan")}},
        {"files": []},
        {"files": {"model.tflite": []}},
        {"training": []},
        {"reject": []},
        {"reject": {"reject_below": "x"}},
    ],
)
def test_damaged_card_is_refused_and_left_out(
    registry: ModelRegistry, profile: Profile, changes: dict[str, Any]
) -> None:
    folder = write_model(profile.models / "bad", **changes)
    with pytest.raises(RecognizerError) as caught:
        read_record(folder, is_shipped=False)
    assert str(folder / CARD) in caught.value.where
    assert [record.id for record in registry.list()] == ["first"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_card_that_is_no_table(registry: ModelRegistry, profile: Profile, content: bytes) -> None:
    folder = write_model(profile.models / "bad")
    (folder / CARD).write_bytes(content)
    with pytest.raises(RecognizerError):
        read_record(folder, is_shipped=False)
    assert [record.id for record in registry.list()] == ["first"]


def test_adding_is_one_rename(registry: ModelRegistry, profile: Profile, tmp_path: Path) -> None:
    staged = write_model(tmp_path / "staged")
    record = registry.add(staged, "mine")
    assert record.folder == profile.models / "mine"
    assert not staged.exists()
    assert registry.get("mine").labels == ("a", "b")


def test_adding_makes_the_folder_of_models_anew(registry: ModelRegistry, profile: Profile, tmp_path: Path) -> None:
    profile.models.rmdir()
    registry.add(write_model(tmp_path / "staged"), "mine")
    assert [record.id for record in registry.list()] == ["first", "mine"]


def test_half_a_model_is_not_added(registry: ModelRegistry, profile: Profile, tmp_path: Path) -> None:
    staged = write_model(tmp_path / "staged")
    (staged / CARD).unlink()
    with pytest.raises(RecognizerError):
        registry.add(staged, "mine")
    assert list(profile.models.iterdir()) == []


def test_a_model_is_never_replaced(registry: ModelRegistry, profile: Profile, tmp_path: Path) -> None:
    write_model(profile.models / "mine", title="Mine")
    with pytest.raises(RecognizerError, match="cannot be written"):
        registry.add(write_model(tmp_path / "staged"), "mine")
    assert registry.get("mine").title == "Mine"


def test_full_disk(registry: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    staged = write_model(tmp_path / "staged")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(RecognizerError, match="no space left"):
        registry.add(staged, "mine")
    assert staged.is_dir()


def test_folders_without_a_card_are_no_models(registry: ModelRegistry, profile: Profile) -> None:
    (profile.models / "empty").mkdir()
    (profile.models / "file").touch()
    shutil.rmtree(profile.models / "empty")
    assert [record.id for record in registry.list()] == ["first"]


def test_renaming_keeps_everything_else(registry: ModelRegistry, profile: Profile) -> None:
    folder = write_model(profile.models / "mine", metrics={"accuracy": 0.5}, strange={"é": [1]})
    before = json.loads((folder / CARD).read_text())
    assert registry.rename("mine", "  Class\t 3b ").title == "Class 3b"
    after = json.loads((folder / CARD).read_text())
    assert after == {**before, "title": "Class 3b"}
    assert [path.name for path in folder.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize("title", ["", " \n ", "a" * 81, "a\u202eb", "\x00"])
def test_titles_that_nobody_could_read(registry: ModelRegistry, profile: Profile, title: str) -> None:
    write_model(profile.models / "mine")
    with pytest.raises(RecognizerError, match="cannot be called this"):
        registry.rename("mine", title)
    assert registry.get("mine").title == "Test"


def test_what_came_with_the_program_keeps_its_title(registry: ModelRegistry) -> None:
    with pytest.raises(RecognizerError, match="came with the program"):
        registry.rename("first", "Mine")
    assert registry.get("first").title == "Test"


def test_renaming_on_a_full_disk(registry: ModelRegistry, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write_model(profile.models / "mine")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(RecognizerError, match="no space left"):
        registry.rename("mine", "Other")
    assert registry.get("mine").title == "Test"
