"""The dialog that prints sheets: what is asked for is shown at once, and saved."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dialog_hand import Desk, button, click, find, set_up_desk, text
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QPlainTextEdit, QSpinBox
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.page_view import PageView
from recognizer.gui.dialogs.sheet_dialog import SheetDialog, symbols_in, text_of
from recognizer.library.sheets import printing
from recognizer.library.sheets.page import SheetLayout


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialog is opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def dialog(desk: Desk, qtbot: QtBot) -> SheetDialog:
    made = SheetDialog(desk.session, ("a", "b"), desk)
    made.open()
    qtbot.waitActive(made)
    qtbot.waitUntil(button(made, "sheetPdfButton").isEnabled)
    return made


@pytest.fixture
def save_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], None]:
    """What the file dialog is answered with; None for Cancel."""

    def answer(path: Path | None) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path) if path else "", ""))

    return answer


def write(dialog: SheetDialog, name: str, line: str) -> None:
    field = find(dialog, QLineEdit, name)
    field.selectAll()
    QTest.keyClicks(field, line) if line else QTest.keyClick(field, Qt.Key.Key_Delete)


def wait(dialog: SheetDialog, qtbot: QtBot, summary: str) -> None:
    qtbot.waitUntil(lambda: text(dialog, "sheetSummary") == summary)


def test_it_begins_with_the_classes_of_the_dataset(dialog: SheetDialog) -> None:
    assert find(dialog, QLineEdit, "sheetSymbols").text() == "ab"
    assert text(dialog, "sheetSummary") == "1 page · 20 boxes to write in"
    assert text(dialog, "sheetSymbolsNote") == "2 symbols"
    view = find(dialog, PageView, "sheetPreview")
    assert not view.is_empty()
    assert view.accessibleDescription() == "1 page · 20 boxes to write in"


def test_without_classes_there_are_the_digits(desk: Desk, qtbot: QtBot) -> None:
    dialog = SheetDialog(desk.session, (), desk)
    dialog.open()
    wait(dialog, qtbot, "1 page · 100 boxes to write in")
    assert find(dialog, QLineEdit, "sheetSymbols").text() == "0123456789"
    assert dialog.findChild(QLineEdit, "sheetPreset-classes") is None


def test_the_preview_follows(dialog: SheetDialog, qtbot: QtBot) -> None:
    click(dialog, "sheetPreset-capitals")
    assert not button(dialog, "sheetPdfButton").isEnabled(), "what is shown is out of date"
    wait(dialog, qtbot, "3 pages · 260 boxes to write in")
    find(dialog, QSpinBox, "sheetCopies").setValue(2)
    wait(dialog, qtbot, "1 page · 52 boxes to write in")
    find(dialog, QSpinBox, "sheetWriters").setValue(25)
    wait(dialog, qtbot, "for each of 25 writers · 1 page · 52 boxes to write in · 25 pages in all")
    click(dialog, "sheetPreset-classes")
    wait(dialog, qtbot, "for each of 25 writers · 1 page · 4 boxes to write in · 25 pages in all")


def test_sheets_for_writers_by_name(dialog: SheetDialog, qtbot: QtBot) -> None:
    names = find(dialog, QPlainTextEdit, "sheetNames")
    names.setPlainText("Anna Berg\n\n Ben \n")
    wait(dialog, qtbot, "for each of 2 writers · 1 page · 20 boxes to write in · 2 pages in all")
    assert [page.name for page in dialog._laid.layouts] == ["Anna Berg", "Ben"]
    assert not find(dialog, QSpinBox, "sheetWriters").isEnabled()
    names.setPlainText("Ben\nBen")
    qtbot.waitUntil(lambda: text(dialog, "dialogProblemText") == "Two writers have the same name")
    assert not button(dialog, "sheetPdfButton").isEnabled()
    names.clear()
    qtbot.waitUntil(button(dialog, "sheetPdfButton").isEnabled)
    assert find(dialog, QSpinBox, "sheetWriters").isEnabled()


def test_what_cannot_be_printed_is_said(dialog: SheetDialog, qtbot: QtBot) -> None:
    write(dialog, "sheetSymbols", "")
    qtbot.waitUntil(dialog.notice.isVisible)
    assert text(dialog, "dialogProblemText") == "A sheet needs symbols to copy"
    assert not button(dialog, "sheetPdfButton").isEnabled()
    click(dialog, "sheetPreset-digits")
    qtbot.waitUntil(button(dialog, "sheetPngButton").isEnabled)
    assert not dialog.notice.isVisible()


def test_a_pdf_is_saved_and_its_folder_opened(
    dialog: SheetDialog,
    save_as: Callable[[Path | None], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    save_as(None)
    click(dialog, "sheetPdfButton")
    assert list(tmp_path.glob("*.pdf")) == []
    # The ending is added where it was left out.
    save_as(tmp_path / "class 3b")
    write(dialog, "sheetTitle", "Class 3b")
    qtbot.waitUntil(button(dialog, "sheetPdfButton").isEnabled)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    folder = button(dialog, "sheetOpenFolderButton")
    qtbot.waitUntil(folder.isVisible)
    assert (tmp_path / "class 3b.pdf").read_bytes().startswith(b"%PDF")
    assert text(dialog, "dialogStep").startswith("class 3b.pdf is saved. Print it at its full size (100 %)")
    click(dialog, "sheetOpenFolderButton")
    assert opened == [str(tmp_path)]
    assert dialog.isVisible()


def test_pictures_are_saved_one_a_page(
    dialog: SheetDialog, save_as: Callable[[Path | None], None], tmp_path: Path, qtbot: QtBot
) -> None:
    find(dialog, QSpinBox, "sheetWriters").setValue(2)
    find(dialog, QComboBox, "sheetPaper").setCurrentIndex(1)
    qtbot.waitUntil(button(dialog, "sheetPngButton").isEnabled)
    save_as(tmp_path / "sheet.png")
    click(dialog, "sheetPngButton")
    qtbot.waitUntil(button(dialog, "sheetOpenFolderButton").isVisible)
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    assert names == ["sheet-1.png", "sheet-2.png"]
    with Image.open(tmp_path / "sheet-1.png") as picture:
        assert picture.size == (2550, 3300), "US Letter at 300 dots to the inch"
    assert text(dialog, "dialogStep").startswith("2 pictures saved, from sheet-1.png on.")


def test_saving_is_stopped_by_escape_and_closing_is_for_the_second_time(
    dialog: SheetDialog,
    save_as: Callable[[Path | None], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    begun = threading.Event()

    def endless(
        layouts: list[SheetLayout], to: Path, progress: ProgressCallback, token: CancellationToken
    ) -> list[Path]:
        progress(1, 3, "Drawing")
        begun.set()
        while True:
            token.check()

    monkeypatch.setattr(printing, "print_sheets", endless)
    save_as(tmp_path / "sheet.pdf")
    click(dialog, "sheetPdfButton")
    assert begun.wait(10)
    qtbot.waitUntil(lambda: text(dialog, "dialogCount") == "1 of 3")
    assert not button(dialog, "sheetPdfButton").isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    qtbot.waitUntil(button(dialog, "sheetPdfButton").isEnabled)
    assert not button(dialog, "dialogCancelButton").isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_folder_that_cannot_be_written_is_said(
    dialog: SheetDialog, save_as: Callable[[Path | None], None], tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").write_text("no folder")
    save_as(tmp_path / "file" / "sheet.pdf")
    click(dialog, "sheetPdfButton")
    qtbot.waitUntil(dialog.notice.isVisible)
    assert text(dialog, "dialogProblemText") == "The file cannot be written"
    assert button(dialog, "sheetPdfButton").isEnabled()


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("012", ["0", "1", "2"]),
        ("ten one", ["ten", "one"]),
        ("012 ", ["0", "1", "2"]),
        ("ten ten", ["ten", "ten"]),
        ("木 水", ["木", "水"]),
        ("", []),
    ],
)
def test_symbols_of_a_line(line: str, labels: list[str]) -> None:
    assert symbols_in(line) == labels


@pytest.mark.parametrize("labels", [["0", "1"], ["ten", "one"], ["ten"], ["x"], []])
def test_a_line_of_symbols_means_these_symbols(labels: list[str]) -> None:
    assert list(dict.fromkeys(symbols_in(text_of(labels)))) == labels
