"""Settings: kept, checked, and reset rather than trusted."""

import json

import pytest

from recognizer.base.paths import Profile
from recognizer.base.settings import TABLE, Settings


def test_defaults_are_allowed_and_nothing_is_written(profile: Profile) -> None:
    settings = Settings(profile)
    for key, row in TABLE.items():
        assert row.accepts(row.default)
        assert settings.get(key) == row.default
    assert settings.problems == []
    assert not profile.settings_file.exists()


def test_values_are_kept(profile: Profile) -> None:
    Settings(profile).set("theme", "dark")
    Settings(profile).set("pen_width", 30)
    settings = Settings(profile)
    assert (settings.get("theme"), settings.get("pen_width")) == ("dark", 30)


@pytest.mark.parametrize(
    ("key", "value"), [("theme", "pink"), ("pen_width", 3), ("pen_width", 30.5), ("pen_width", True)]
)
def test_bad_values_are_refused(profile: Profile, key: str, value: str | int | float | bool) -> None:
    settings = Settings(profile)
    with pytest.raises(ValueError, match=key):
        settings.set(key, value)
    assert settings.get(key) == TABLE[key].default


def test_bad_value_in_the_file_is_reset_kept_and_reported(profile: Profile) -> None:
    content = json.dumps({"theme": "pink", "pen_width": 40, "unknown": 1})
    profile.settings_file.write_text(content)
    settings = Settings(profile)
    assert (settings.get("theme"), settings.get("pen_width")) == ("system", 40)
    (problem,) = settings.problems
    assert "theme = 'pink'" in problem
    (kept,) = profile.root.glob("settings.json.damaged-*")
    assert kept.read_text() == content
    settings.set("language", "zh_CN")
    assert Settings(profile).get("pen_width") == 40


def test_good_values_beside_a_bad_one_outlive_a_start_that_changes_nothing(profile: Profile) -> None:
    profile.settings_file.write_text(json.dumps({"theme": "dark", "pen_width": 999}))
    assert len(Settings(profile).problems) == 1
    settings = Settings(profile)
    assert (settings.get("theme"), settings.problems) == ("dark", [])


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_damaged_file_never_stops_the_start(profile: Profile, content: bytes) -> None:
    profile.settings_file.write_bytes(content)
    settings = Settings(profile)
    assert settings.get("theme") == "system"
    assert len(settings.problems) == 1
    (kept,) = profile.root.glob("settings.json.damaged-*")
    assert kept.read_bytes() == content


def test_file_that_is_a_folder(profile: Profile) -> None:
    profile.settings_file.mkdir()
    settings = Settings(profile)
    assert settings.get("theme") == "system"
    assert len(settings.problems) == 1
