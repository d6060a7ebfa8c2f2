"""Texts in the user's language."""

from pathlib import Path

import pytest

from recognizer.base import i18n
from recognizer.base.i18n import current_language, ntr, set_language, system_language, tr


def test_places_are_filled() -> None:
    assert tr("{n} of {name}", n=3, name="{x}") == "3 of {x}"
    assert tr("{kept}") == "{kept}"
    assert tr("") == ""


def test_numbers_decide_the_form() -> None:
    assert ntr("{n} sample", "{n} samples", 1) == "1 sample"
    assert ntr("{n} sample", "{n} samples", 1234) == "1,234 samples"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, "zh_CN"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_system_language(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert system_language() == expected


@pytest.mark.parametrize(
    "content",
    [None, b"nonsense", b"", b"\xde\x12\x04\x95"],
)
def test_missing_or_damaged_catalogue_falls_back_to_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "translations").mkdir()
        (tmp_path / "translations" / "zh_CN.mo").write_bytes(content)
    monkeypatch.setattr(i18n, "resource_path", lambda name: tmp_path / name)
    assert set_language("zh_CN") == "en"
    assert current_language() == "en"
    assert tr("Clear") == "Clear"
