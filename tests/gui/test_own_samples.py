"""My handwriting in the Library and on the Train page: what is kept appears, is corrected, and is learned from."""

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMenu, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.library import LibraryPage
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.gui.workers import training_worker
from recognizer.ink.synthesis import generate_ink
from recognizer.library.dataset import Dataset
from recognizer.library.handwriting import NAME
from recognizer.library.store import editing, tables
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochEnded, EpochMetrics, EventCallback, RunBegan, RunEnded, StageBegan
from recognizer.training.runs import RunFolder

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def find(window: QWidget, kind: type, name: str) -> QWidget:
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def text(window: QWidget, name: str) -> str:
    return find(window, QLabel, name).text()


def keep(window: MainWindow, labels: str) -> list[int]:
    rng = np.random.default_rng(len(labels))
    ids = [window.session.handwriting.add(generate_ink(int(label), rng), label) for label in labels]
    window.session.library_changed.emit()
    return ids


def labels(page: LibraryPage) -> str:
    table = page.findChild(ThumbnailGrid).samples.table
    return "".join(table.label(position) for position in range(len(table))) if table is not None else ""


def open_library(window: MainWindow) -> LibraryPage:
    QTest.mouseClick(find(window, QWidget, "libraryPageButton"), LEFT)
    page = window.library_page
    chooser = find(page, QComboBox, "datasetChooser")
    chooser.setCurrentIndex(chooser.findData(NAME))
    return page


@pytest.fixture
def filled(window: MainWindow, qtbot: QtBot) -> LibraryPage:
    """The Library with the samples 0 to 4, the first one chosen."""
    keep(window, "01234")
    page = open_library(window)
    qtbot.waitUntil(lambda: labels(page) == "01234")
    page.findChild(ThumbnailGrid).setFocus()
    return page


# The Library


def test_an_empty_dataset_leads_to_the_draw_page(window: MainWindow, qtbot: QtBot) -> None:
    page = open_library(window)
    assert find(page, QComboBox, "datasetChooser").currentText() == "My handwriting"
    assert text(page, "datasetStateText") == "You have not kept anything yet"
    QTest.mouseClick(find(page, QPushButton, "datasetActionButton"), LEFT)
    assert window.draw_page.isVisible()
    keep(window, "7")
    page = open_library(window)
    QTest.mouseClick(find(window, QWidget, "libraryPageButton"), LEFT)
    qtbot.waitUntil(lambda: labels(page) == "7")
    assert find(page, QComboBox, "datasetChooser").currentText() == "My handwriting · 1"


def test_what_is_kept_meanwhile_appears(filled: LibraryPage, window: MainWindow, qtbot: QtBot) -> None:
    keep(window, "99")
    qtbot.waitUntil(lambda: labels(filled) == "0123499")
    assert find(filled, QComboBox, "datasetChooser").currentText() == "My handwriting · 7"


def test_keys_relabel_and_delete_and_all_is_undone(filled: LibraryPage, window: MainWindow, qtbot: QtBot) -> None:
    grid = filled.findChild(ThumbnailGrid)
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_8)
    qtbot.waitUntil(lambda: labels(filled) == "08234")
    assert grid.current_position() == 2, "the next sample is chosen"
    QTest.keyClick(grid, Qt.Key.Key_Left)
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: labels(filled) == "0234")
    assert grid.current_position() == 1, "the next one takes its place"
    assert window.session.handwriting.counts() == {"0": 1, "2": 1, "3": 1, "4": 1}
    QTest.keyClick(grid, Qt.Key.Key_A, CTRL)
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: text(filled, "datasetStateText") == "You have not kept anything yet")
    for expected in ("0234", "08234", "01234"):
        QTest.mouseClick(find(filled, QPushButton, "libraryUndoButton"), LEFT)
        qtbot.waitUntil(lambda wanted=expected: labels(filled) == wanted)
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Y, CTRL)
    qtbot.waitUntil(lambda: labels(filled) == "08234")
    QTest.keyClick(grid, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: labels(filled) == "01234")


def test_the_menu_does_the_same(filled: LibraryPage, qtbot: QtBot) -> None:
    grid = filled.findChild(ThumbnailGrid)
    grid.customContextMenuRequested.emit(grid.viewport().rect().center())
    menu = find(filled, QMenu, "samplesMenu")
    texts = [action.text() for action in menu.actions()]
    assert texts[:3] == ["This is a", "Use it for", "Move to"]
    assert texts[-1] == "Delete 1 sample"
    assert not menu.actions()[2].menu().isEnabled(), "there is no other dataset"
    kinds = menu.actions()[0].menu()
    assert [action.text() for action in kinds.actions()] == [*"01234", "", "Something else…", "No label"]
    kinds.actions()[3].trigger()
    menu.close()
    qtbot.waitUntil(lambda: labels(filled) == "31234")


def test_other_datasets_cannot_be_edited(window: MainWindow, qtbot: QtBot) -> None:
    page = open_library(window)
    chooser = find(page, QComboBox, "datasetChooser")
    chooser.setCurrentIndex(chooser.findData("uci-digits"))
    qtbot.waitUntil(lambda: len(labels(page)) == 1797, timeout=30_000)
    grid = page.findChild(ThumbnailGrid)
    grid.setFocus()
    before = labels(page)
    QTest.keyClick(grid, Qt.Key.Key_8)
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    grid.customContextMenuRequested.emit(grid.viewport().rect().center())
    assert page.findChild(QMenu, "samplesMenu") is None
    assert text(page, "editNotice").startswith("These samples are as published.")
    assert labels(page) == before


def test_a_failure_is_reported_and_cannot_be_undone(
    filled: LibraryPage, window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(library: object, ids: object) -> None:
        raise RecognizerError("No space")

    monkeypatch.setattr(editing, "remove", fail)
    grid = filled.findChild(ThumbnailGrid)
    with qtbot.waitSignal(window.session.problem):
        QTest.keyClick(grid, Qt.Key.Key_Delete)
    step = window.session.library.next_steps()[0]
    assert step is not None
    assert step.kind == "add"
    assert labels(filled) == "01234"


# The Train page


class Tuning:
    """Stands in for the training; ends with a model of the registry."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, profile: Profile, model_id: str, on_event: EventCallback, token: CancellationToken) -> RunEnded:
        self.asked.append(model_id)
        on_event(StageBegan("Reading"))
        on_event(RunBegan("run", 1, 100, 10, 3, 4, 5))
        on_event(EpochEnded(EpochMetrics(1, 0.5, 0.9, 0.4, 0.95, 0.001, 1.0)))
        truth = np.arange(3)
        report = EvaluationReport(ConfusionMatrix.from_predictions(truth, truth, tuple("0123456789")), 0)
        return RunEnded("run", "digits", report, "test", 1, False, 1.0, 1.0)


@pytest.fixture
def tuning(monkeypatch: pytest.MonkeyPatch) -> Tuning:
    made = Tuning()
    monkeypatch.setattr(training_worker, "fine_tune", made)
    return made


def test_the_card_says_how_much_is_missing(window: MainWindow) -> None:
    QTest.mouseClick(find(window, QWidget, "trainPageButton"), LEFT)
    button = find(window, QPushButton, "fineTuneButton")
    assert not button.isEnabled()
    assert text(window, "fineTuneText").startswith("0 samples kept. Draw, and say what it is: from 10 samples on")
    keep(window, "0123456789")
    assert text(window, "fineTuneText").startswith("10 samples kept. “Digits” learns from them")
    assert button.isEnabled()
    chooser = find(window, QComboBox, "trainDatasetChooser")
    assert chooser.itemText(chooser.findData(NAME)) == "My handwriting · 8 + 2"
    chooser.setCurrentIndex(chooser.findData(NAME))
    assert text(window, "splitSummary") == "7 train · 1 validation · 2 test"


def test_a_click_trains_and_leads_back_to_the_choice(window: MainWindow, tuning: Tuning, qtbot: QtBot) -> None:
    keep(window, "0123456789")
    QTest.mouseClick(find(window, QWidget, "trainPageButton"), LEFT)
    button = find(window, QPushButton, "fineTuneButton")
    with qtbot.waitSignal(window.session.models_changed) as changed:
        QTest.mouseClick(button, LEFT)
        assert not button.isEnabled()
        assert not find(window, QPushButton, "trainButton").isEnabled()
    assert changed.args == ["digits"]
    assert tuning.asked == ["digits"]
    qtbot.waitUntil(button.isEnabled)
    assert find(window, QPushButton, "trainButton").isEnabled()


def test_a_model_is_deleted_after_a_question(window: MainWindow, qtbot: QtBot) -> None:
    profile = window.session.profile
    shipped = window.session.registry.get("digits")
    model = profile.models / "20260101-000000-dense"
    model.mkdir()
    for path in shipped.folder.iterdir():
        (model / path.name).write_bytes(path.read_bytes())
    truth = np.arange(10)
    report = EvaluationReport(ConfusionMatrix.from_predictions(truth, truth, tuple("0123456789")), 0)
    nothing = Dataset("gone", "Gone", np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64), np.zeros(0, np.uint8))
    with RunFolder(profile, TrainingConfig(epochs=1), nothing) as run:
        run.finish("finished", model_id=model.name, accuracy=1.0, report=report.to_dict())
    window.session.models_changed.emit(model.name)
    window.draw_page.choose_model(model.name)
    QTest.mouseClick(find(window, QWidget, "trainPageButton"), LEFT)
    table = find(window, RunTable, "runTable")
    qtbot.waitUntil(lambda: len(table.runs()) == 1)
    table.selectRow(0)
    delete = find(window, QPushButton, "deleteModelButton")
    qtbot.waitUntil(delete.isVisible)
    assert find(window, QPushButton, "shippedModelButton").isVisible()

    def answer(caption: str) -> None:
        box = next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "deleteModelQuestion")
        assert isinstance(box, QMessageBox)
        assert shipped.title in box.text()
        QTest.mouseClick(next(button for button in box.buttons() if button.text() == caption), LEFT)

    QTimer.singleShot(0, lambda: answer("Keep"))
    QTest.mouseClick(delete, LEFT)
    assert model.is_dir()
    QTimer.singleShot(0, lambda: answer("Delete"))
    with qtbot.waitSignal(window.session.models_changed):
        QTest.mouseClick(delete, LEFT)
    assert not model.exists()
    qtbot.waitUntil(lambda: not delete.isVisible())
    assert len(table.runs()) == 1, "the record stays"
    chooser = find(window, QComboBox, "modelChooser")
    assert chooser.currentData() == "digits"


def test_one_click_leads_back_to_the_shipped_model(window: MainWindow) -> None:
    shipped = window.session.registry.get("digits")
    model = window.session.profile.models / "mine"
    model.mkdir()
    for path in shipped.folder.iterdir():
        (model / path.name).write_bytes(path.read_bytes())
    window.session.models_changed.emit("mine")
    window.draw_page.choose_model("mine")
    QTest.mouseClick(find(window, QWidget, "trainPageButton"), LEFT)
    button = find(window, QPushButton, "shippedModelButton")
    QTest.mouseClick(button, LEFT)
    assert window.draw_page.isVisible()
    assert find(window, QComboBox, "modelChooser").currentData() == "digits"
    assert window.session.settings.get("model") == "digits"
    QTest.mouseClick(find(window, QWidget, "trainPageButton"), LEFT)
    assert not button.isVisible()


def test_a_store_in_use_is_said_in_the_card(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(library: object) -> None:
        raise RecognizerError("In use", fix="Close the other one")

    monkeypatch.setattr(tables, "split_counts", fail)
    QTest.mouseClick(find(window, QWidget, "trainPageButton"), LEFT)
    assert text(window, "fineTuneText") == "In use. Close the other one."
    assert not find(window, QPushButton, "fineTuneButton").isEnabled()
