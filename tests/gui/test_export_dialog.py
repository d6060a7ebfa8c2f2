"""The dialog that exports: which samples, as what, where to, and what came of it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from dialog_hand import Desk, button, click, counts, fill, find, set_up_desk, table, text
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QRadioButton
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs import export_work
from recognizer.gui.dialogs.export_dialog import ExportDialog
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.ink.synthesis import generate_ink
from recognizer.library.dataset import Dataset
from recognizer.library.exporting.export import ExportReport
from recognizer.library.exporting.formats import FORMATS
from recognizer.library.samples import Chunk, Problem, SampleTable, table_of
from recognizer.library.store.adding import Import
from recognizer.library.transfer import import_into


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialog is opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def name(desk: Desk) -> str:
    """Six pictures and one drawing."""
    made = fill(desk, "012345")
    ink = generate_ink(7, np.random.default_rng(0))
    Import(desk.session.library, made, source="a test").add(Chunk([ink], labels=["7"]))
    return made


Open = Callable[..., ExportDialog]


@pytest.fixture
def open_dialog(desk: Desk, qtbot: QtBot) -> Open:
    """Opens the dialog; by default everything is shown, and one sample is selected."""

    def make(rows: SampleTable, shown: tuple[int, ...] | None = None, selected: tuple[int, ...] = (0,)) -> ExportDialog:
        places = np.arange(len(rows)) if shown is None else np.array(shown, np.int64)
        dialog = ExportDialog(desk.session, rows, places, np.array(selected, np.int64), desk)
        dialog.open()
        qtbot.waitActive(dialog)
        return dialog

    return make


@pytest.fixture
def save_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | None], list[str]]:
    """What the file dialog is answered with, None for Cancel; gives what it was asked."""

    def answer(path: Path | None) -> list[str]:
        asked: list[str] = []

        def choose(parent: object, title: str, suggested: str, kinds: str) -> tuple[str, str]:
            asked.extend((suggested, kinds))
            return (str(path) if path else "", "")

        monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
        return asked

    return answer


def choose_format(dialog: ExportDialog, wanted: str) -> None:
    formats = find(dialog, RowsTable, "exportFormats")
    assert isinstance(formats, RowsTable)
    formats.selectRow(list(FORMATS).index(wanted))


def is_chosen(dialog: ExportDialog, which: str) -> bool:
    return find(dialog, QRadioButton, which).isChecked()


def test_it_begins_with_all_in_the_format_that_keeps_all(open_dialog: Open, desk: Desk, name: str) -> None:
    dialog = open_dialog(table(desk, name))
    assert is_chosen(dialog, "exportAll")
    assert find(dialog, QRadioButton, "exportAll").text() == "All: 7 samples"
    assert button(dialog, "exportStartButton").text() == "Export 7 samples…"
    assert text(dialog, "exportKept").endswith("What goes out comes back identical.")
    rows = find(dialog, RowsTable, "exportFormats").rows()
    assert [row[0] for row in rows] == [
        "ZIP", "Parquet", "NPZ", "IDX", "CSV", "InkML", "UNIPEN", "NPZ of strokes"
    ]  # fmt: skip


def test_what_is_shown_or_selected_is_suggested(open_dialog: Open, desk: Desk, name: str) -> None:
    rows = table(desk, name)
    shown = open_dialog(rows, (5, 1))
    assert is_chosen(shown, "exportShown")
    assert shown.positions().tolist() == [1, 5]
    selected = open_dialog(rows, (5, 1), (1, 5))
    assert is_chosen(selected, "exportSelected")
    find(selected, QRadioButton, "exportAll").click()
    assert len(selected.positions()) == 7
    nothing = open_dialog(rows, (), ())
    assert not find(nothing, QRadioButton, "exportShown").isEnabled()
    assert not find(nothing, QRadioButton, "exportSelected").isEnabled()
    assert is_chosen(nothing, "exportAll")


def test_what_a_format_loses_is_said_before(open_dialog: Open, desk: Desk, name: str) -> None:
    dialog = open_dialog(table(desk, name))
    choose_format(dialog, "npz")
    assert "1 is a drawing: its picture is kept, not its strokes." in text(dialog, "exportKept")
    choose_format(dialog, "inkml")
    assert "6 are pictures and are left out." in text(dialog, "exportKept")
    assert button(dialog, "exportStartButton").text() == "Export 1 sample…"
    find(dialog, QRadioButton, "exportSelected").click()
    assert "nothing to write" in text(dialog, "exportKept")
    assert not button(dialog, "exportStartButton").isEnabled()


@pytest.mark.parametrize("kind", ["zip", "npz", "csv"])
def test_what_goes_out_comes_in_again(
    open_dialog: Open,
    desk: Desk,
    name: str,
    save_as: Callable[[Path | None], list[str]],
    tmp_path: Path,
    kind: str,
    qtbot: QtBot,
) -> None:
    dialog = open_dialog(table(desk, name))
    choose_format(dialog, kind)
    asked = save_as(tmp_path / "out")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    folder = button(dialog, "exportOpenFolderButton")
    qtbot.waitUntil(folder.isVisible, timeout=20_000)
    assert asked[0] == f"Class 3b.{kind}"
    assert asked[1].endswith(f"(*.{kind})")
    path = tmp_path / f"out.{kind}"
    assert path.is_file()
    assert text(dialog, "exportDone").startswith(f"7 samples written to out.{kind}, ")
    report = import_into(desk.session.library, [path], "Again")
    assert counts(desk, report.dataset) == counts(desk, name)
    assert dialog.isVisible()


def test_only_the_chosen_ones_are_written(
    open_dialog: Open, desk: Desk, name: str, save_as: Callable[[Path | None], list[str]], tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = open_dialog(table(desk, name), (4, 2))
    save_as(tmp_path / "two.zip")
    click(dialog, "exportStartButton")
    qtbot.waitUntil(button(dialog, "exportOpenFolderButton").isVisible, timeout=20_000)
    assert counts(desk, import_into(desk.session.library, [tmp_path / "two.zip"], "Two").dataset) == {"2": 1, "4": 1}


def test_idx_files_are_a_folder_that_is_opened(
    open_dialog: Open,
    desk: Desk,
    name: str,
    save_as: Callable[[Path | None], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    dialog = open_dialog(table(desk, name))
    choose_format(dialog, "idx")
    asked = save_as(tmp_path / "idx files")
    click(dialog, "exportStartButton")
    qtbot.waitUntil(button(dialog, "exportOpenFolderButton").isVisible, timeout=20_000)
    assert asked == ["Class 3b", ""]
    click(dialog, "exportOpenFolderButton")
    assert opened == [str(tmp_path / "idx files")]
    assert (tmp_path / "idx files").is_dir()


def test_a_dataset_of_the_program_is_exported_too(
    open_dialog: Open, save_as: Callable[[Path | None], list[str]], tmp_path: Path, qtbot: QtBot
) -> None:
    images = np.random.default_rng(1).integers(0, 255, (5, 28, 28)).astype(np.uint8)
    dialog = open_dialog(table_of(Dataset("photos", "a/b:c", images, np.arange(5), np.zeros(5, np.uint8))))
    choose_format(dialog, "npz")
    asked = save_as(tmp_path / "five.npz")
    click(dialog, "exportStartButton")
    qtbot.waitUntil(button(dialog, "exportOpenFolderButton").isVisible, timeout=20_000)
    assert asked[0] == "a_b_c.npz", "no name of a folder"
    with np.load(tmp_path / "five.npz") as found:
        assert sum(len(found[key]) for key in found.files if key.startswith("x")) == 5


def test_cancelling_the_file_dialog_writes_nothing(
    open_dialog: Open, desk: Desk, name: str, save_as: Callable[[Path | None], list[str]]
) -> None:
    dialog = open_dialog(table(desk, name))
    save_as(None)
    click(dialog, "exportStartButton")
    assert not button(dialog, "exportOpenFolderButton").isVisible()
    assert button(dialog, "exportStartButton").isEnabled()


def test_a_place_that_cannot_be_written_is_said(
    open_dialog: Open, desk: Desk, name: str, save_as: Callable[[Path | None], list[str]], tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").write_text("no folder")
    dialog = open_dialog(table(desk, name))
    save_as(tmp_path / "file" / "out.zip")
    click(dialog, "exportStartButton")
    qtbot.waitUntil(dialog.notice.isVisible)
    assert text(dialog, "dialogProblemText") == "The file cannot be written"
    assert button(dialog, "exportStartButton").isEnabled()


def test_writing_is_stopped_by_escape(
    open_dialog: Open,
    desk: Desk,
    name: str,
    save_as: Callable[[Path | None], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    begun = threading.Event()

    def endless(*given: object) -> ExportReport:
        progress, token = given[-2:]
        progress(3, 7, "Writing")
        begun.set()
        while True:
            token.check()

    monkeypatch.setattr(export_work, "export_samples", endless)
    dialog = open_dialog(table(desk, name))
    save_as(tmp_path / "out.zip")
    click(dialog, "exportStartButton")
    assert begun.wait(10)
    qtbot.waitUntil(lambda: text(dialog, "dialogCount") == "3 of 7")
    assert not find(dialog, RowsTable, "exportFormats").isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: text(dialog, "exportDone") == "Stopped; no file was written")
    assert not button(dialog, "exportOpenFolderButton").isVisible()
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_what_is_missing_in_the_file_is_said(
    open_dialog: Open,
    desk: Desk,
    name: str,
    save_as: Callable[[Path | None], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    def some(
        rows: SampleTable, positions: object, originals: object, to: Path, kind: str,
        progress: ProgressCallback, token: CancellationToken,
    ) -> ExportReport:  # fmt: skip
        to.write_bytes(bytes(2500))
        return ExportReport(to, 4, 1, (Problem("a", RecognizerError("A sample is gone", where="id = 3")),) * 2)

    monkeypatch.setattr(export_work, "export_samples", some)
    dialog = open_dialog(table(desk, name))
    save_as(tmp_path / "out.zip")
    click(dialog, "exportStartButton")
    qtbot.waitUntil(button(dialog, "exportOpenFolderButton").isVisible)
    assert text(dialog, "exportDone") == "4 samples written to out.zip, 2.5 kB"
    assert text(dialog, "exportRest") == (
        "1 is left out: the format cannot hold it.\n2 could not be read; the first: A sample is gone: id = 3."
    )
