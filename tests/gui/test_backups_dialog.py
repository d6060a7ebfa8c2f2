"""The dialog of the backups: they are made, judged and gone back to, and the library is checked and repaired."""

import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from dialog_hand import Desk, button, click, counts, fill, find, set_up_desk, text
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.backups_dialog import BackupsDialog
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.library.store.library import Library


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialog is opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def library(desk: Desk) -> Library:
    """The desk's."""
    return desk.session.library


Open = Callable[[], BackupsDialog]


@pytest.fixture
def open_dialog(desk: Desk, qtbot: QtBot) -> Open:
    """Opens the dialog, and waits until it knows what there is."""

    def make() -> BackupsDialog:
        dialog = BackupsDialog(desk.session, desk)
        dialog.open()
        qtbot.waitActive(dialog)
        settle(dialog, qtbot)
        return dialog

    return make


def settle(dialog: BackupsDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not dialog.is_busy() and not dialog._looking.is_running())


def rows(dialog: BackupsDialog) -> list[tuple[str, ...]]:
    """Why each backup was made, how many samples it holds, and its state."""
    table = find(dialog, RowsTable, "backupTable")
    assert isinstance(table, RowsTable)
    return [(row[1], row[2], row[4]) for row in table.rows()]


def go_back(dialog: BackupsDialog, row: int) -> None:
    find(dialog, RowsTable, "backupTable").selectRow(row)
    click(dialog, "backupRestoreButton")


def break_a_sample(library: Library) -> None:
    """Damage what is kept of one sample."""
    with library.file.transaction() as connection:
        connection.execute("UPDATE contents SET original = zeroblob(40) WHERE id = 1")


def test_an_empty_profile_has_nothing_to_back_up(open_dialog: Open) -> None:
    dialog = open_dialog()
    assert text(dialog, "libraryWords").startswith("There is no library yet")
    assert find(dialog, QLabel, "backupsNone").isVisible()
    assert not find(dialog, RowsTable, "backupTable").isVisible()
    for name in ("backupNowButton", "libraryCheckButton", "backupRestoreButton"):
        assert not button(dialog, name).isEnabled(), name
    assert not find(dialog, QPushButton, "libraryRepairButton").isVisible()


def test_a_backup_is_made_and_listed(open_dialog: Open, desk: Desk, library: Library, qtbot: QtBot) -> None:
    fill(desk, "0123")
    dialog = open_dialog()
    assert rows(dialog) == []
    assert text(dialog, "libraryWords").startswith("4 samples · 1 dataset · ")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    settle(dialog, qtbot)
    assert rows(dialog) == [("by hand", "4", "good")]
    assert text(dialog, "libraryHealth").startswith("The backup of 20")
    assert str(library.backups.folder) in text(dialog, "libraryPlaces")
    assert str(library.path) in text(dialog, "libraryPlaces")


def test_a_damaged_backup_is_marked_and_cannot_be_gone_back_to(open_dialog: Open, desk: Desk, library: Library) -> None:
    fill(desk, "01")
    made = library.backup()
    made.path.write_bytes(made.path.read_bytes()[:-1])
    dialog = open_dialog()
    assert rows(dialog) == [("by hand", "2", "damaged")]
    find(dialog, RowsTable, "backupTable").selectRow(0)
    assert not button(dialog, "backupRestoreButton").isEnabled()


def test_going_back_is_asked_once_and_can_be_gone_back_from(
    open_dialog: Open, desk: Desk, library: Library, qtbot: QtBot
) -> None:
    name = fill(desk, "0123")
    library.backup()
    fill(desk, "999", "Another")
    dialog = open_dialog()
    go_back(dialog, 0)
    assert text(dialog, "restoreQuestionText").startswith("Go back to the backup of 20")
    assert "with 4 samples" in text(dialog, "restoreQuestionDetail")
    assert button(dialog, "restoreRefuseButton").hasFocus(), "Space changes nothing"
    click(dialog, "restoreRefuseButton")
    assert not dialog.question.isVisible()
    assert len(library.records()) == 2
    go_back(dialog, 0)
    with qtbot.waitSignal(desk.session.library_changed):
        click(dialog, "restoreAgreeButton")
    settle(dialog, qtbot)
    assert [record.name for record in library.records()] == [name]
    assert text(dialog, "libraryHealth") == "The library is as it was in the backup."
    assert text(dialog, "libraryWords").startswith("4 samples · 1 dataset")
    assert rows(dialog) == [("before restore", "7", "good"), ("by hand", "4", "good")]
    go_back(dialog, 0)
    click(dialog, "restoreAgreeButton")
    settle(dialog, qtbot)
    assert len(library.records()) == 2


def test_another_choice_takes_the_question_back(open_dialog: Open, desk: Desk, library: Library) -> None:
    fill(desk, "01")
    library.backup()
    fill(desk, "2", "Another")
    library.backup()
    dialog = open_dialog()
    go_back(dialog, 0)
    assert dialog.question.isVisible()
    find(dialog, RowsTable, "backupTable").selectRow(1)
    assert not dialog.question.isVisible()


def test_a_check_says_that_all_is_well(open_dialog: Open, desk: Desk, qtbot: QtBot) -> None:
    fill(desk, "0123")
    dialog = open_dialog()
    click(dialog, "libraryCheckButton")
    settle(dialog, qtbot)
    assert text(dialog, "libraryHealth") == "All is in order: 4 samples were checked."
    assert not button(dialog, "libraryRepairButton").isVisible()


def test_damage_is_found_and_repaired_from_a_backup(
    open_dialog: Open, desk: Desk, library: Library, qtbot: QtBot
) -> None:
    name = fill(desk, "0123")
    library.backup()
    break_a_sample(library)
    dialog = open_dialog()
    click(dialog, "libraryCheckButton")
    settle(dialog, qtbot)
    assert text(dialog, "libraryHealth").startswith("There is 1 problem:\n• sample 1: ")
    with qtbot.waitSignal(desk.session.library_changed):
        click(dialog, "libraryRepairButton")
    settle(dialog, qtbot)
    assert "none is lost" in text(dialog, "libraryHealth")
    assert text(dialog, "libraryIncidents") == text(dialog, "libraryHealth")
    assert not button(dialog, "libraryRepairButton").isVisible()
    assert counts(desk, name) == {"0": 1, "1": 1, "2": 1, "3": 1}
    click(dialog, "libraryCheckButton")
    settle(dialog, qtbot)
    assert text(dialog, "libraryHealth") == "All is in order: 4 samples were checked."


def test_a_library_that_cannot_be_opened_is_replaced_by_a_backup(
    open_dialog: Open, desk: Desk, library: Library, qtbot: QtBot
) -> None:
    name = fill(desk, "0123")
    library.backup()
    library.close()
    with sqlite3.connect(library.path) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'version'")
    connection.close()
    dialog = open_dialog()
    assert text(dialog, "libraryWords") == "The library cannot be opened."
    assert text(dialog, "dialogProblemText") == "The library was written by a newer version of this program"
    assert rows(dialog) == [("by hand", "4", "good")]
    go_back(dialog, 0)
    click(dialog, "restoreAgreeButton")
    settle(dialog, qtbot)
    assert counts(desk, name) == {"0": 1, "1": 1, "2": 1, "3": 1}
    assert text(dialog, "libraryWords").startswith("4 samples")
    assert not dialog.notice.isVisible()


def test_a_failure_is_said(open_dialog: Open, desk: Desk, library: Library, qtbot: QtBot) -> None:
    fill(desk, "0")
    dialog = open_dialog()
    library.backups.folder.write_text("no folder")
    click(dialog, "backupNowButton")
    settle(dialog, qtbot)
    assert text(dialog, "dialogProblemText") == "The file cannot be written"
    assert button(dialog, "backupNowButton").isEnabled()


def test_a_check_is_stopped(
    open_dialog: Open, desk: Desk, library: Library, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun = threading.Event()

    def endless(progress: ProgressCallback, token: CancellationToken) -> None:
        progress(1, 4, "Checking")
        begun.set()
        while True:
            token.check()

    fill(desk, "0123")
    dialog = open_dialog()
    monkeypatch.setattr(library, "check", endless)
    click(dialog, "libraryCheckButton")
    assert begun.wait(10)
    qtbot.waitUntil(lambda: text(dialog, "dialogCount") == "1 of 4")
    assert not button(dialog, "backupNowButton").isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settle(dialog, qtbot)
    assert dialog.isVisible()
    assert button(dialog, "backupNowButton").isEnabled()
    assert not find(dialog, QLabel, "libraryHealth").isVisible()


def test_the_folder_is_opened(open_dialog: Open, desk: Desk, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    fill(desk, "0")
    dialog = open_dialog()
    click(dialog, "backupsOpenFolderButton")
    library.backup()
    click(dialog, "backupsOpenFolderButton")
    assert opened == [str(library.path.parent), str(library.backups.folder)]
