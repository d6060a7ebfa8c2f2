"""Networks under names of one's own: kept, renamed, deleted; what cannot be is said, what is damaged is left alone."""

import errno
import os
from pathlib import Path

import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.training.networks import (
    check_name,
    delete_network,
    examine,
    list_networks,
    load_network,
    rename_network,
    save_network,
)
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import trace

END = {"type": "dense", "units": 0, "activation": "softmax"}
SMALL = ({"type": "flatten"}, END)


def names(profile: Profile) -> list[str]:
    return [network.name for network in list_networks(profile)[0]]


def test_a_network_is_kept_under_its_name(profile: Profile) -> None:
    assert list_networks(profile) == ([], [])
    save_network(profile, "  Zwei Schichten ", SMALL)
    save_network(profile, "数字", PRESETS["cnn"].layers)
    assert names(profile) == ["Zwei Schichten", "数字"]
    assert load_network(profile, "zwei schichten").layers == SMALL
    assert load_network(profile, "数字").layers == PRESETS["cnn"].layers
    assert not [path for path in (profile.root / "networks").iterdir() if path.suffix != ".json"]


def test_a_name_is_taken_once_however_it_is_capitalised(profile: Profile) -> None:
    save_network(profile, "Own", SMALL)
    with pytest.raises(RecognizerError, match="already"):
        save_network(profile, "OWN", SMALL)
    save_network(profile, "OWN", PRESETS["dense"].layers, replace=True)
    assert names(profile) == ["OWN"]
    assert load_network(profile, "own").layers == PRESETS["dense"].layers


def test_renaming_and_deleting(profile: Profile) -> None:
    save_network(profile, "a", SMALL)
    save_network(profile, "b", SMALL)
    with pytest.raises(RecognizerError, match="already"):
        rename_network(profile, "a", "B")
    assert rename_network(profile, "a", "A").name == "A"
    assert rename_network(profile, "A", "c").layers == SMALL
    assert names(profile) == ["b", "c"]
    delete_network(profile, "b")
    assert names(profile) == ["c"]
    for missing in (lambda: delete_network(profile, "b"), lambda: rename_network(profile, "b", "d")):
        with pytest.raises(RecognizerError, match=r"no network of this name: b\. Choose one of c"):
            missing()


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "a/b", "..", ".hidden", "a\\b", "C:", "what?", "nul", "COM1.x", "dense", "Dense-Fast"),
        *("fine-tune", "custom", "x" * 41, "a\nb", "end.", "a\x00b", "\u202eabc"),
    ],
)
def test_names_that_cannot_be_are_refused(profile: Profile, name: str) -> None:
    with pytest.raises(RecognizerError, match="cannot have this name"):
        save_network(profile, name, SMALL)
    assert not (profile.root / "networks").exists()


def test_a_name_may_have_what_every_disk_takes() -> None:
    assert [check_name(name) for name in (" mine 2 ", "mine-v1.2", "é_(ü)")] == ["mine 2", "mine-v1.2", "é_(ü)"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"layers": 3}', '{"layers": [1]}', "null", "[" * 100_000])
def test_damaged_files_are_named_and_left_alone(profile: Profile, content: str) -> None:
    save_network(profile, "good", SMALL)
    path = profile.root / "networks" / "bad.json"
    path.write_text(content, encoding="utf-8")
    found, problems = list_networks(profile)
    assert [network.name for network in found] == ["good"]
    assert [str(path) in problem.where for problem in problems] == [True]
    assert path.read_text(encoding="utf-8") == content
    with pytest.raises(RecognizerError, match="left as it is"):
        load_network(profile, "bad")


def test_a_full_disk_leaves_what_was_there(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    save_network(profile, "own", SMALL)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecognizerError, match="no space"):
        save_network(profile, "own", PRESETS["cnn"].layers, replace=True)
    assert load_network(profile, "own").layers == SMALL
    assert [path.name for path in (profile.root / "networks").iterdir()] == ["own.json"]


def test_a_network_that_cannot_be_trained_yet_is_kept_too(profile: Profile) -> None:
    save_network(profile, "begun", ({"type": "conv"},))
    assert load_network(profile, "begun").layers == ({"type": "conv"},)


@pytest.mark.parametrize("name", list(PRESETS))
def test_what_is_right_is_traced_as_ever(name: str) -> None:
    found = examine(PRESETS[name].layers, 26)
    assert list(found.traces) == trace(PRESETS[name].layers, 26)
    assert (found.number, found.problem) == (0, "")


@pytest.mark.parametrize(
    ("recipe", "number", "traced", "words"),
    [
        ((), 1, 0, "0 layers"),
        (({"type": "conv", "filters": 4, "size": 28}, {"type": "max_pool", "size": 2}, *SMALL), 2, 1, "does not fit"),
        ((END,), 1, 0, "put Flatten"),
        (({"type": "flatten"}, {"type": "dense", "units": 4}), 2, 2, "last layer must be Dense"),
        (({"type": "flatten"}, {"type": "dense", "units": 5000}, END), 2, 1, "units = 5000"),
        (({"type": "who"},), 1, 0, "no layer of type"),
        (
            ({"type": "conv", "filters": 64, "size": 1}, {"type": "flatten"}, {"type": "dense", "units": 4096}, END),
            *(3, 4, "parameters"),
        ),
    ],
)
def test_the_layer_that_is_wrong_is_named(recipe: tuple, number: int, traced: int, words: str) -> None:
    found = examine(recipe, 10)
    assert found.number == number
    assert len(found.traces) == traced
    assert words in found.problem
    assert not recipe or found.problem.startswith(f"layer {number}: ")


def test_without_a_folder_that_can_be_read_there_are_none(tmp_path: Path) -> None:
    assert list_networks(Profile(tmp_path / "nowhere")) == ([], [])
