"""The catalogues of translations: complete, exact, compiled; and what happens without one."""

import ast
import gettext
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Message

from recognizer.base.i18n import LANGUAGES, current_language, ntr, set_language, tr

CHECKOUT = Path(__file__).resolve().parents[2]
TRANSLATIONS = CHECKOUT / "resources" / "translations"
CATALOGUES = [code for code in LANGUAGES if code != "en"]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A fresh copy of tools/translations.py."""
    spec = importlib.util.spec_from_file_location("tool_translations", CHECKOUT / "tools" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tool works on a copy of the Chinese catalogue, whose .po this is."""
    for name in ("zh_CN.po", "zh_CN.mo"):
        (tmp_path / name).write_bytes((TRANSLATIONS / name).read_bytes())
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["translations.py", "--check"])
    return tmp_path / "zh_CN.po"


def literals(path: Path) -> Iterator[str]:
    """The texts that a module hands to `tr` and `ntr`, found by Python's own parser, inside f-strings too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "ntr"):
            for argument in node.args[: 1 if node.func.id == "tr" else 2]:
                assert isinstance(argument, ast.Constant), f"{path}:{node.lineno}: not a plain string"
                yield argument.value


def test_there_is_a_catalogue_for_every_language() -> None:
    assert sorted(path.stem for path in TRANSLATIONS.glob("*.po")) == sorted(CATALOGUES)
    assert sorted(path.stem for path in TRANSLATIONS.glob("*.mo")) == sorted(CATALOGUES)


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_text_is_translated_exactly_and_compiled(tool: ModuleType, code: str) -> None:
    path = TRANSLATIONS / f"{code}.po"
    catalog = tool.updated(path, tool.extract())
    messages = [message for message in catalog if message.id]
    assert len(messages) > 300
    assert [fault for message in messages for fault in tool.faults(message)] == []
    assert (path.read_bytes(), path.with_suffix(".mo").read_bytes()) == tool.serialised(catalog)


def test_the_extraction_finds_every_text(tool: ModuleType) -> None:
    known = {text for message in tool.extract() for text in (message.id if message.pluralizable else [message.id])}
    package = CHECKOUT / "recognizer"
    lost = [
        f"{path.relative_to(CHECKOUT)}: {text}"
        for path in sorted(package.rglob("*.py"))
        for text in literals(path)
        if text not in known
    ]
    assert lost == []


def test_the_check_passes_as_it_is(tool: ModuleType, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main() == 0
    assert capsys.readouterr().err == ""


def test_the_check_names_what_lacks_and_changes_nothing(
    tool: ModuleType, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = copied.read_text(encoding="utf-8").replace('msgid "Clear"\nmsgstr "清空"', 'msgid "Clear"\nmsgstr ""')
    copied.write_text(content, encoding="utf-8")
    assert tool.main() == 1
    assert "zh_CN.po: not translated: 'Clear'" in capsys.readouterr().err
    assert copied.read_text(encoding="utf-8") == content


def test_an_update_drops_unused_texts_and_compiles(
    tool: ModuleType, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = copied.read_bytes(), copied.with_suffix(".mo").read_bytes()
    copied.write_bytes(wanted[0] + '\nmsgid "Nobody says this"\nmsgstr "没人这么说"\n'.encode())
    copied.with_suffix(".mo").unlink()
    monkeypatch.setattr(sys, "argv", ["translations.py"])
    assert tool.main() == 0
    assert (copied.read_bytes(), copied.with_suffix(".mo").read_bytes()) == wanted


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Pen {width}", "笔宽 {width}", 0),
        ("Pen {width}", "笔宽", 1),
        ("Pen {width}", "笔宽 {breadth}", 1),
        ("Pen {width}", "", 1),
        (("{n} epoch", "{n} epochs"), ("{n} 轮",), 0),
        (("{n} epoch", "{n} epochs"), ("轮",), 1),
    ],
)
def test_places_must_be_kept(
    tool: ModuleType, source: str | tuple[str, str], target: str | tuple[str], expected: int
) -> None:
    assert len(tool.faults(Message(source, target))) == expected


@pytest.mark.parametrize("code", CATALOGUES)
def test_percent_places_of_the_command_line_are_kept(code: str) -> None:
    with (TRANSLATIONS / f"{code}.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    help_texts = [text for text in literals(CHECKOUT / "recognizer" / "arguments.py") if "%" in text]
    assert help_texts != []
    for text in help_texts:
        assert catalogue.gettext(text).count("%(default)s") == text.count("%(default)s") == text.count("%")
        assert catalogue.gettext(text).count("%") == text.count("%")


def test_chinese_and_back() -> None:
    assert set_language("zh_CN") == current_language() == "zh_CN"
    assert tr("Clear") == "清空"
    assert tr("Pen {width}", width=12) == "笔宽 12"
    assert ntr("{n} sample", "{n} samples", 1) == "1 个样本"
    assert ntr("{n} sample", "{n} samples", 70_000) == "70,000 个样本"
    assert tr("Nobody says this") == "Nobody says this"
    assert set_language("en") == current_language() == "en"
    assert tr("Clear") == "Clear"


def test_an_unknown_language_is_english() -> None:
    assert set_language("zh_CN") == "zh_CN"
    assert set_language("xx_XX") == current_language() == "en"
    assert tr("Clear") == "Clear"


def test_the_systems_language_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert set_language("system") == "zh_CN"
    assert tr("Undo") == "撤销"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert set_language("system") == "en"
    assert tr("Undo") == "Undo"
