"""The table of runs: sorted, filtered, renamed, noted and deleted by mouse and keys; what stays after a restart."""

import shutil

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QMenu, QMessageBox, QPlainTextEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot
from run_hand import digits, write_run
from train_hand import LEFT, click, find, text

from recognizer.base.paths import Profile, open_profile
from recognizer.gui.app import create_window
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.run_rows import COLUMNS
from recognizer.gui.widgets.run_table import RunTable
from recognizer.ink.synthesis import generate_ink
from recognizer.library import uci
from recognizer.training.augment import Augmentation
from recognizer.training.config import TrainingConfig
from recognizer.training.run_keeping import RunWords, folder_size, words_of
from recognizer.training.runs import RunFolder, list_runs

CTRL = Qt.KeyboardModifier.ControlModifier
OWN = ({"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"})
KEYS = [column.key for column in COLUMNS]


@pytest.fixture(autouse=True)
def _loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures are there at once."""
    monkeypatch.setattr(uci, "load", digits)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Profile, list[str]]:
    """Five runs: dense, cnn, an own network, one that failed, one that was interrupted; from old to new."""
    profile = open_profile(tmp_path_factory.mktemp("written"))
    return profile, [
        write_run(profile, list(range(20)), started="2026-11-20T12:00:00Z", seconds=100.0, name="First"),
        write_run(
            profile, list(range(5)), started="2026-11-21T12:00:00Z", preset="cnn", epochs=5, note="many\nlines", seed=7
        ),
        write_run(
            profile,
            list(range(10)),
            started="2026-11-22T12:00:00Z",
            seconds=9.0,
            preset="mine",
            layers=OWN,
            epochs=3,
            batch_size=64,
            learning_rate=0.02,
            optimizer="sgd",
            momentum=0.9,
            validation_share=0.2,
            augmentation=Augmentation(rotation=5.0),
        ),
        write_run(profile, None, started="2026-11-23T12:00:00Z", state="failed", name="Wrong rate", epochs=1),
        write_run(profile, None, started="2026-11-24T12:00:00Z", state="interrupted", epochs=2),
    ]


@pytest.fixture
def ids(written: tuple[Profile, list[str]], profile: Profile) -> list[str]:
    """These runs in the profile of the test."""
    shutil.copytree(written[0].runs, profile.runs, dirs_exist_ok=True)
    return written[1]


@pytest.fixture
def train(ids: list[str], window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window on its Train page, with the runs listed."""
    click(window, "trainPageButton", QToolButton)
    qtbot.waitUntil(lambda: table_of(window).rowCount() == 5, timeout=20_000)
    return window


def table_of(window: MainWindow) -> RunTable:
    return find(window, RunTable, "runTable")


def order(window: MainWindow, ids: list[str]) -> str:
    """Which runs are shown, by their places in `ids`."""
    return "".join(str(ids.index(record.run.id)) for record in table_of(window).runs())


def cell(window: MainWindow, row: int, key: str, role: int = Qt.ItemDataRole.DisplayRole) -> str:
    return table_of(window).model().index(row, KEYS.index(key)).data(role)


def mark(window: MainWindow, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    table = table_of(window)
    place = table.visualRect(table.model().index(row, 0)).center()
    QTest.mouseClick(table.viewport(), LEFT, keys, place)


def click_head(window: MainWindow, key: str) -> None:
    header = table_of(window).horizontalHeader()
    column = KEYS.index(key)
    middle = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
    QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(middle, header.height() // 2))


def test_the_cells_say_what_is_known_and_columns_give_way(train: MainWindow, ids: list[str]) -> None:
    rows = [[cell(train, row, key) for key in KEYS] for row in range(5)]
    assert [row[:7] for row in rows] == [
        ["dense", "UCI digits", "2", "32", "0.001", "Adam", "–"],
        ["Wrong rate · dense", "UCI digits", "1", "32", "0.001", "Adam", "–"],
        ["mine", "UCI digits", "3", "64", "0.02", "SGD", "97.2 %"],
        ["cnn", "UCI digits", "5", "32", "0.001", "Adam", "98.6 %"],
        ["First · dense", "UCI digits", "10", "32", "0.001", "Adam", "94.4 %"],
    ]
    assert [row[7] for row in rows] == ["30 s", "30 s", "9 s", "30 s", "1 min 40 s"]
    assert [row[9] for row in rows] == ["interrupted", "failed", "finished", "finished", "finished"]
    assert [row[10] for row in rows] == ["", "", "", "many", ""]
    tip = Qt.ItemDataRole.ToolTipRole
    assert cell(train, 3, "accuracy", tip) == "98.6 % of 360 samples; with 95 % certainty 96.8 to 99.4 %"
    assert "Version " in cell(train, 3, "data", tip)
    assert cell(train, 3, "note", tip) == "many\nlines"
    assert "Optimiser: SGD" in cell(train, 2, "name", tip)
    QAbstractItemModelTester(table_of(train).model(), QAbstractItemModelTester.FailureReportingMode.Fatal)
    # Those that there is no room for can be sorted by from the menu.
    train.resize(1000, 640)
    table = table_of(train)
    assert {"batch", "optimiser"} <= set(table.hidden_columns())
    assert not {"name", "data", "accuracy", "state"} & set(table.hidden_columns())
    assert table.horizontalHeader().length() <= table.viewport().width()
    train.train_page.runs_card._order_actions["batch"].trigger()
    assert order(train, ids)[0] == "2"
    assert not find(train, QPushButton, "deleteRunsButton").isVisible()
    train.resize(1800, 900)
    assert table.hidden_columns() == ()
    assert find(train, QPushButton, "deleteRunsButton").isVisible()


def test_a_click_on_a_head_sorts_and_the_order_outlives_the_window(
    train: MainWindow, ids: list[str], profile: Profile, qtbot: QtBot
) -> None:
    assert order(train, ids) == "43210"
    click_head(train, "accuracy")
    assert order(train, ids) == "12043"
    click_head(train, "accuracy")
    assert order(train, ids) == "02143"
    click_head(train, "name")
    assert order(train, ids) == "14023"
    click_head(train, "epochs")
    assert order(train, ids) == "01243"
    model = table_of(train).model()
    captions = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(len(KEYS))]
    assert captions[:4] == ["Run", "Data", "Epochs ↓", "Batch"]
    again = create_window(profile.root)
    qtbot.addWidget(again)
    again.show()
    click(again, "trainPageButton", QToolButton)
    qtbot.waitUntil(lambda: table_of(again).rowCount() == 5, timeout=20_000)
    assert order(again, ids) == "01243"
    assert again.session.stop_threads(60_000)


def test_the_filter_as_it_is_typed(train: MainWindow, ids: list[str], qtbot: QtBot) -> None:
    field = find(train, QLineEdit, "runFilter")
    field.setFocus()
    assert text(train, "runCount") == "5 runs"
    QTest.keyClicks(field, "uci accuracy:>")
    assert order(train, ids) == "43210"
    QTest.keyClicks(field, "97")
    assert order(train, ids) == "21"
    assert text(train, "runCount") == "2 of 5"
    field.setText("uci accuracy:>97 colour:red")
    assert order(train, ids) == "21"
    qtbot.waitUntil(lambda: field.property("state") == "wrong")
    assert text(train, "runNotice").startswith("“colour:red” is not understood. Before the colon")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), field.property("state"), order(train, ids)) == ("", "", "43210")
    assert "understood" not in text(train, "runNotice")
    QTest.keyClicks(field, "never")
    assert (table_of(train).rowCount(), text(train, "runCount")) == (0, "0 of 5")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert table_of(train).hasFocus()


def test_f2_renames_in_place_and_the_name_outlives_the_window(
    train: MainWindow, ids: list[str], profile: Profile, qtbot: QtBot
) -> None:
    table = table_of(train)
    mark(train, 3)
    QTest.keyClick(table, Qt.Key.Key_F2)
    field = find(train, QLineEdit, "runNameInput")
    assert (field.text(), field.placeholderText()) == ("", "cnn")
    QTest.keyClicks(field, "  Best <b>so</b>   far ")
    # A list that comes meanwhile does not take the field away.
    train.train_page._viewer.load_runs()
    qtbot.waitUntil(lambda: train.train_page._viewer._listing is None)
    assert field.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: cell(train, 3, "name") == "Best <b>so</b> far · cnn")
    qtbot.waitUntil(lambda: words_of(profile, ids[1]) == RunWords("Best <b>so</b> far", "many\nlines"))
    qtbot.waitUntil(lambda: train.train_page._viewer._listing is None)
    assert cell(train, 3, "name") == "Best <b>so</b> far · cnn"
    assert "&lt;b&gt;" in cell(train, 3, "name", Qt.ItemDataRole.ToolTipRole)
    qtbot.waitUntil(lambda: train.findChild(QLineEdit, "runNameInput") is None)
    mark(train, 3)
    QTest.keyClick(table, Qt.Key.Key_F2)
    field = find(train, QLineEdit, "runNameInput")
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: words_of(profile, ids[1]).name == "")
    assert cell(train, 3, "name") == "cnn"


def test_a_note_is_written_in_a_dialog_and_found_by_the_filter(
    train: MainWindow, ids: list[str], profile: Profile, qtbot: QtBot
) -> None:
    mark(train, 3)
    train.train_page.runs_card._actions["noteRunAction"].trigger()
    dialog = find(train, QDialog, "runNoteDialog")
    field = find(dialog, QPlainTextEdit, "runNoteInput")
    assert field.toPlainText() == "many\nlines"
    field.setPlainText("x" * 10_001)
    assert not find(dialog, QPushButton, "runNoteSaveButton").isEnabled()
    field.setPlainText("learnt quickly")
    click(dialog, "runNoteSaveButton")
    qtbot.waitUntil(lambda: cell(train, 3, "note") == "learnt quickly")
    assert words_of(profile, ids[1]) == RunWords("", "learnt quickly")
    QTest.keyClicks(find(train, QLineEdit, "runFilter"), "note:quick")
    assert order(train, ids) == "1"


def answer(window: MainWindow, qtbot: QtBot, button: str) -> tuple[str, str]:
    """What the question says; it is answered."""
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "deleteRunsQuestion") is not None, timeout=20_000)
    box = window.findChild(QMessageBox, "deleteRunsQuestion")
    said = box.text(), box.informativeText()
    chosen = next(each for each in box.buttons() if each.text() == button)
    QTest.mouseClick(chosen, LEFT)
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "deleteRunsQuestion") is None)
    return said


def test_runs_are_deleted_after_a_question_and_what_was_freed_is_said(
    train: MainWindow, ids: list[str], profile: Profile, qtbot: QtBot
) -> None:
    (profile.runs / ids[1] / "checkpoint-0001.npz").write_bytes(b"x" * 2_500_000)
    page = train.train_page
    mark(train, 3)
    qtbot.waitUntil(lambda: page._viewer.shown() is not None, timeout=20_000)
    mark(train, 4, CTRL)
    size = sum(folder_size(profile.runs / each) for each in ids[:2])
    assert size > 2_500_000
    QTest.keyClick(table_of(train), Qt.Key.Key_Delete)
    what, more = answer(train, qtbot, "Do not delete")
    assert what == "Delete 2 runs?"
    assert more.startswith("2.5 MB are freed: their curves, predictions and checkpoints")
    assert more.endswith("The models that came of them stay.")
    assert len(list_runs(profile)) == 5
    click(train, "deleteRunsButton")
    answer(train, qtbot, "Delete")
    qtbot.waitUntil(lambda: table_of(train).rowCount() == 3, timeout=20_000)
    assert order(train, ids) == "432"
    assert text(train, "runNotice") == "2 runs deleted; 2.5 MB are free again"
    assert [run.id for run in list_runs(profile)] == [run.id for run in list_runs(profile) if run.id in ids[2:]]
    assert page._viewer.shown() is None
    assert page.curves.metrics() == ()
    assert page.results.matrix.matrix() is None


def test_a_run_that_goes_on_cannot_be_deleted_or_renamed(
    train: MainWindow, ids: list[str], profile: Profile, qtbot: QtBot
) -> None:
    table = table_of(train)
    with RunFolder(profile, TrainingConfig(), digits()) as run:
        train.train_page._viewer.load_runs()
        qtbot.waitUntil(lambda: table.rowCount() == 6, timeout=20_000)
        place = next(row for row, record in enumerate(table.runs()) if record.run.id == run.id)
        mark(train, place)
        QTest.keyClick(table, Qt.Key.Key_F2)
        assert train.findChild(QLineEdit, "runNameInput") is None
        QTest.keyClick(table, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: find(train, QLabel, "problemText").isVisible())
        assert text(train, "problemText") == "The run is going on"
        mark(train, 5, CTRL)
        QTest.keyClick(table, Qt.Key.Key_Delete)
        what, more = answer(train, qtbot, "Do not delete")
        assert what == "Delete the run “First”?"
        assert more.endswith("1 run is going on and stays.")
        assert (run.path / "run.json").is_file()


def test_the_form_takes_a_runs_settings_with_its_own_layers(train: MainWindow, ids: list[str]) -> None:
    panel = train.train_page.panel
    panel.choose_dataset("mnist")
    mark(train, 2)
    click(train, "useRunSettingsButton")
    record = next(record for record in table_of(train).runs() if record.run.id == ids[2])
    config = panel.config()
    assert config.layers == OWN
    assert config.to_dict() | {"preset": "mine"} == record.run.config.to_dict()
    assert panel.dataset_name() == "uci-digits"
    assert text(train, "runNotice") == "The form at the left has the settings of mine now"
    mark(train, 3)
    click(train, "useRunSettingsButton")
    assert panel.config() == TrainingConfig(preset="cnn", epochs=5, seed=7)


def test_buttons_follow_what_is_marked(train: MainWindow, qtbot: QtBot) -> None:
    names = ("compareRunsButton", "useRunSettingsButton", "deleteRunsButton")

    def enabled() -> list[bool]:
        return [find(train, QPushButton, name).isEnabled() for name in names]

    assert enabled() == [False, False, False]
    assert text(train, "runNotice") == "Ctrl+click a second run to compare two"
    mark(train, 2)
    assert enabled() == [False, True, True]
    mark(train, 3, CTRL)
    assert enabled() == [True, False, True]
    assert text(train, "runNotice") == "2 runs marked"
    # The page shows the first of them, and what it does not make of two is their mark.
    qtbot.waitUntil(lambda: train.train_page._viewer._reading is None, timeout=20_000)
    assert enabled() == [True, False, True]
    menu = find(train, QMenu, "runMenu")
    enabled_actions = {action.objectName(): action.isEnabled() for action in menu.actions() if action.objectName()}
    assert enabled_actions == {
        "compareRunsAction": True,
        "useRunSettingsAction": False,
        "renameRunAction": False,
        "noteRunAction": False,
        "deleteRunsAction": True,
    }
    # Enter compares, too.
    mark(train, 2)
    QTest.keyClick(table_of(train), Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert [record.run.config.preset for record in table_of(train).marked_runs()] == ["mine", "cnn"]
    QTest.keyClick(table_of(train), Qt.Key.Key_Return)
    dialog = train.train_page._keeper._comparison
    assert dialog is not None
    assert dialog.isVisible()


def test_a_run_is_marked_whose_data_has_been_edited_since(window: MainWindow, profile: Profile, qtbot: QtBot) -> None:
    own = window.session.handwriting
    rng = np.random.default_rng(3)
    ids = [own.add(generate_ink(digit % 10, rng), str(digit % 10)) for digit in range(20)]
    write_run(profile, None, data=own.dataset(), epochs=1, state="failed")
    click(window, "trainPageButton", QToolButton)
    table = table_of(window)
    qtbot.waitUntil(lambda: table.rowCount() == 1, timeout=20_000)
    assert cell(window, 0, "data", Qt.ItemDataRole.DecorationRole) is None
    own.relabel(ids[0], "8")
    window.session.library_changed.emit()
    click(window, "drawPageButton", QToolButton)
    click(window, "trainPageButton", QToolButton)
    qtbot.waitUntil(lambda: cell(window, 0, "data", Qt.ItemDataRole.DecorationRole) is not None, timeout=20_000)
    tip = cell(window, 0, "data", Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith("\nThe dataset has changed since this run")
