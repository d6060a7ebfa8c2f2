"""Correcting a dataset of the library in the real window: keys, marks, notes, classes, order, deleted samples, undo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from recognizer.gui.dialogs.import_dialog import ImportDialog
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.library import LibraryPage
from recognizer.gui.pages.library_tools import LibraryTools
from recognizer.gui.widgets.class_bars import ClassBars
from recognizer.gui.widgets.statistics_view import StatisticsView
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.synthesis import generate_ink
from recognizer.library.samples import Chunk, Flag
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


def find(window: QWidget, kind: type, name: str) -> QWidget:
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def text(window: QWidget, name: str) -> str:
    return find(window, QLabel, name).text().replace("\u00a0", " ")


def labels(page: LibraryPage) -> str:
    """The labels of what is shown, in its order; a hyphen for none."""
    table = page.table()
    assert table is not None
    return "".join(table.label(int(position)) or "-" for position in page.shown_positions())


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> LibraryPage:
    """The Library with the dataset “Class 3b”: 0 to 9, an unlabelled one and an x, by two writers."""
    rng = np.random.default_rng(5)
    images = np.stack([Preprocessor().from_ink(generate_ink(digit % 10, rng)) for digit in range(12)])
    library = window.session.library
    name = editing.create_dataset(library, "Class 3b").name
    chunk = Chunk(images, [*"0123456789", "", "x"], writers=["anna", "bo"] * 6)
    Import(library, name, source="sheet.jpg").add(chunk)
    window.session.library_changed.emit()
    QTest.mouseClick(find(window, QWidget, "libraryPageButton"), LEFT)
    window.library_page.open_dataset(name)
    qtbot.waitUntil(lambda: window.library_page.table() is not None)
    grid(window.library_page).setFocus()
    return window.library_page


def grid(page: LibraryPage) -> ThumbnailGrid:
    return page.findChild(ThumbnailGrid)


def press(page: LibraryPage, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    for key in keys:
        QTest.keyClick(grid(page), key, modifier)


def choose(page: LibraryPage, label: str) -> None:
    press(page, Qt.Key.Key_Home, *[Qt.Key.Key_Right] * labels(page).index(label))


def test_the_page_says_what_there_is_and_what_the_keys_do(page: LibraryPage) -> None:
    assert labels(page) == "0123456789-x"
    assert find(page, QComboBox, "datasetChooser").currentText() == "Class 3b · 12"
    assert page.subtitle.text() == "12 samples of your own · all kept, all undoable"
    assert text(page, "editNotice").startswith("A digit's or letter's key labels what is selected")
    assert text(page, "sampleWriter") == "anna"
    assert text(page, "sampleSource") == "sheet.jpg"
    assert text(page, "sampleHistory").startswith("imported · ")


def test_f_and_x_mark_where_they_are_no_labels(page: LibraryPage) -> None:
    choose(page, "x")
    press(page, Qt.Key.Key_F)
    assert labels(page) == "0123456789-f"
    assert "Ctrl+M flags" in text(page, "editNotice") or text(page, "editNotice") == "Label 1 sample as f"
    press(page, Qt.Key.Key_Delete)
    editing.remove_class(page._session.library, "class-3b", "x")
    editing.remove_class(page._session.library, "class-3b", "f")
    page._session.library_changed.emit()
    choose(page, "3")
    press(page, Qt.Key.Key_F, Qt.Key.Key_X)
    assert find(page, QCheckBox, "flaggedBox").isChecked()
    assert find(page, QCheckBox, "excludedBox").isChecked()
    press(page, Qt.Key.Key_F)
    assert not find(page, QCheckBox, "flaggedBox").isChecked()


def test_digits_label_one_after_another(page: LibraryPage) -> None:
    choose(page, "0")
    press(page, Qt.Key.Key_5, Qt.Key.Key_6, Qt.Key.Key_7)
    assert labels(page) == "5673456789-x"
    assert grid(page).current_position() == 3
    assert text(page, "editNotice") == "Label 1 sample as 7"
    for expected in ("5623456789-x", "5123456789-x", "0123456789-x"):
        press(page, Qt.Key.Key_Z, modifier=CTRL)
        assert labels(page) == expected
    assert text(page, "editNotice") == "Undone: Label 1 sample as 5"
    press(page, Qt.Key.Key_Z, modifier=CTRL)
    assert text(page, "datasetStateText") == "Class 3b has no samples yet", "the import is undone as well"
    find(page, QPushButton, "libraryRedoButton").click()
    assert labels(page) == "0123456789-x"


def test_the_label_that_a_sample_has_already_goes_on_as_well(page: LibraryPage) -> None:
    choose(page, "0")
    before = page._session.library.edits()
    press(page, Qt.Key.Key_0, Qt.Key.Key_1)
    assert grid(page).current_position() == 2
    assert grid(page).selected_positions().tolist() == [2]
    assert page._session.library.edits() == before, "nothing has changed"
    press(page, Qt.Key.Key_5, Qt.Key.Key_3)
    assert labels(page) == "0153456789-x"
    assert grid(page).current_position() == 4
    # The last one has no next.
    press(page, Qt.Key.Key_End, Qt.Key.Key_X)
    assert grid(page).current_position() == 11
    assert page._session.library.edits()[0].describe() == "Label 1 sample as 5"


def test_letters_label_where_letters_are_classes_and_new_classes_come_by_the_menu(page: LibraryPage) -> None:
    choose(page, "-")
    press(page, Qt.Key.Key_Y)
    assert labels(page) == "0123456789yx"
    choose(page, "y")
    press(page, Qt.Key.Key_Return)
    menu = find(page, QMenu, "samplesMenu")
    menu.actions()[0].menu().actions()[-2].trigger()
    menu.close()
    question = find(page, QInputDialog, "sampleQuestion")
    question.setTextValue(" 汉 ")
    question.accept()
    assert labels(page) == "0123456789汉x"
    choose(page, "汉")
    assert text(page, "sampleHistory").splitlines()[1].startswith("unlabelled became y")


def test_many_are_relabelled_at_once_and_stay_selected(page: LibraryPage) -> None:
    press(page, Qt.Key.Key_A, modifier=CTRL)
    press(page, Qt.Key.Key_3)
    assert labels(page) == "3" * 12
    assert len(page.selected_positions()) == 12
    assert text(page, "editNotice") == "Label 12 samples as 3"
    press(page, Qt.Key.Key_Z, modifier=CTRL)
    assert labels(page) == "0123456789-x"


def test_a_relabelled_sample_leaves_the_filter_and_the_next_takes_its_place(page: LibraryPage) -> None:
    field = find(page, QLineEdit, "datasetFilter")
    field.setText("label:3,4,5")
    assert labels(page) == "345"
    choose(page, "4")
    press(page, Qt.Key.Key_9)
    assert labels(page) == "35"
    assert page.table().label(grid(page).current_position()) == "5"  # type: ignore[union-attr]


def test_marks_notes_and_what_is_done_with_them(page: LibraryPage, window: MainWindow) -> None:
    choose(page, "7")
    press(page, Qt.Key.Key_M, Qt.Key.Key_E, modifier=CTRL)
    assert find(page, QCheckBox, "flaggedBox").isChecked()
    assert find(page, QCheckBox, "excludedBox").isChecked()
    note = find(page, QLineEdit, "sampleNote")
    note.setFocus()
    QTest.keyClicks(note, "looks like a 1")
    QTest.keyClick(note, Qt.Key.Key_Return)
    find(page, QLineEdit, "datasetFilter").setText("flag:flagged note:looks")
    assert labels(page) == "7"
    table = page.table()
    assert table is not None
    assert int(table.flags[page.shown_positions()[0]]) == Flag.FLAGGED | Flag.EXCLUDED
    library = window.session.library
    assert "7" not in [
        tables.load(library, table.name).label_set.names[n] for n in tables.load(library, table.name).labels
    ]
    history = [line.rpartition(" · ")[0] for line in text(page, "sampleHistory").splitlines()]
    assert history == ["imported", "flagged", "excluded from training", "note “looks like a 1”"]
    find(page, QCheckBox, "flaggedBox").click()
    assert text(page, "datasetStateText") == "No sample fits the filter"


def test_deleted_samples_are_shown_and_brought_back(page: LibraryPage) -> None:
    choose(page, "4")
    press(page, Qt.Key.Key_Delete)
    assert labels(page) == "012356789-x"
    tools = page.findChild(LibraryTools)
    tools._actions["removed"].trigger()
    assert labels(page) == "4"
    assert find(page, QPushButton, "samplesChip").text() == "Deleted samples"
    assert text(page, "editNotice") == "Del brings back what is selected · Enter for more"
    assert find(page, QComboBox, "datasetChooser").currentText() == "Class 3b · 11"
    grid(page).setFocus()
    press(page, Qt.Key.Key_Delete)
    assert text(page, "datasetStateText") == "No deleted samples"
    assert not find(page, QPushButton, "statisticsButton").isEnabled()
    find(page, QPushButton, "datasetActionButton").click()
    assert labels(page) == "0123456789-x"


def test_the_deleted_samples_stay_in_view_while_a_dialog_reads_the_others(
    page: LibraryPage, window: MainWindow
) -> None:
    choose(page, "4")
    press(page, Qt.Key.Key_Delete)
    page.findChild(LibraryTools)._actions["removed"].trigger()
    page.tools_bar.open_classes()
    assert labels(page) == "4"
    dialog = page.tools_bar.dialog
    assert isinstance(dialog, QDialog)
    dialog.accept()
    assert labels(page) == "4"
    window.session.samples_requested.emit("class-3b", tables.table(window.session.library, "class-3b").ids[:2], "Two")
    assert labels(page) == "01"
    assert find(page, QPushButton, "samplesChip").text() == "Two · 2 samples"


def test_samples_come_in_the_order_that_is_chosen(page: LibraryPage, window: MainWindow) -> None:
    table = page.table()
    assert table is not None
    confidences = np.linspace(0.1, 0.9, len(table)).astype(np.float32)[::-1]
    editing.set_predictions(window.session.library, table.ids, [*"0123456780", "0", "x"], confidences, "digits")
    window.session.library_changed.emit()
    chooser = find(page, QComboBox, "sortChooser")
    chooser.setCurrentIndex(chooser.findText("newest first"))
    assert labels(page) == "x-9876543210"
    chooser.setCurrentIndex(chooser.findText("least sure first"))
    assert labels(page) == "x-9876543210"
    chooser.setCurrentIndex(chooser.findText("misread first"))
    assert labels(page)[0] == "9"
    find(page, QLineEdit, "datasetFilter").setText("is:wrong")
    assert labels(page) == "9"


def test_a_class_is_renamed_and_merged_from_its_bar(page: LibraryPage) -> None:
    bars = find(page, ClassBars, "classBars")
    for new, expected in (("ten", "ten"), ("9", "9")):
        bars.menuWanted.emit("x" if new == "ten" else "ten", QPoint(5, 5))
        menu = page.findChildren(QMenu, "classMenu")[-1]
        menu.actions()[0].trigger()
        menu.close()
        question = page.tools_bar.dialog
        assert isinstance(question, QInputDialog)
        question.setTextValue(new)
        question.accept()
        table = page.table()
        assert table is not None
        assert table.label(11) == expected
    assert bars.counts()["9"] == 2
    find(page, QPushButton, "libraryUndoButton").click()
    assert bars.counts()["9"] == 1


def test_a_dataset_is_made_renamed_deleted_and_brought_back(page: LibraryPage, window: MainWindow) -> None:
    tools, chooser = page.findChild(LibraryTools), find(page, QComboBox, "datasetChooser")
    tools.new_dataset()
    question = find(window, QInputDialog, "datasetQuestion")
    question.setTextValue("Letters")
    question.accept()
    assert chooser.currentText() == "Letters"
    assert text(page, "datasetStateText") == "Letters has no samples yet"
    tools.remove_dataset()
    assert chooser.findText("Letters") < 0
    find(page, QPushButton, "libraryUndoButton").click()
    assert chooser.findText("Letters") >= 0


def test_moving_to_another_dataset(page: LibraryPage, window: MainWindow, qtbot: QtBot) -> None:
    editing.create_dataset(window.session.library, "Doubtful")
    choose(page, "5")
    page.editor.move("doubtful")
    assert labels(page) == "012346789-x"
    page.open_dataset("doubtful")
    qtbot.waitUntil(lambda: page.table() is not None and labels(page) == "5")


def test_the_model_reads_everything_and_disagreements_are_found(page: LibraryPage, qtbot: QtBot) -> None:
    choose(page, "2")
    press(page, Qt.Key.Key_8)
    with qtbot.waitSignal(page._session.library_changed, timeout=30_000):
        page.findChild(LibraryTools).read_with_model()
    qtbot.waitUntil(lambda: text(page, "editNotice").startswith("The model has read 12 samples."))
    find(page, QLineEdit, "datasetFilter").setText("is:wrong predicted:2")
    assert labels(page) == "8"


def test_figures_follow_what_is_chosen_beside_them(page: LibraryPage, qtbot: QtBot) -> None:
    figures = page.findChild(StatisticsView)

    def wait_for(count: int) -> None:
        qtbot.waitUntil(lambda: figures.statistics() is not None and len(figures.statistics()) == count, timeout=20_000)

    QTest.mouseClick(find(page, QPushButton, "statisticsButton"), LEFT)
    wait_for(12)
    find(page, ClassBars, "classBars").picked.emit("4", False)
    wait_for(1)
    find(page, QLineEdit, "datasetFilter").setText("")
    wait_for(12)
    find(page, QLineEdit, "datasetFilter").setText("split:test")
    assert not figures.isVisible(), "there is nothing to say of no samples"
    assert text(page, "datasetStateText") == "No sample fits the filter"


def test_what_was_imported_is_shown_alone(page: LibraryPage, qtbot: QtBot, tmp_path: Path) -> None:
    for place, label in enumerate("3747"):
        picture = np.full((28, 28), 255, np.uint8)
        picture[6 : 20 + place, 10:14] = 0
        (tmp_path / "new" / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "new" / label / f"{place}.png")
    page.tools_bar.open_import([tmp_path / "new"])
    dialog = page.tools_bar.dialog
    assert isinstance(dialog, ImportDialog)
    start, show = (find(dialog, QPushButton, name) for name in ("importStartButton", "importShowButton"))
    qtbot.waitUntil(lambda: start.isVisible() and start.isEnabled(), timeout=20_000)
    QTest.mouseClick(start, LEFT)
    qtbot.waitUntil(show.isVisible, timeout=20_000)
    QTest.mouseClick(show, LEFT)
    assert sorted(labels(page)) == ["3", "4", "7", "7"]
    assert find(page, QPushButton, "samplesChip").text() == "Just imported · 4 samples"
    assert find(page, QComboBox, "datasetChooser").currentText() == "Class 3b · 16"
    QTest.mouseClick(find(page, QPushButton, "samplesChip"), LEFT)
    assert len(labels(page)) == 16


def test_dropped_files_are_offered_for_import(
    page: LibraryPage, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(page.tools_bar, "open_import", asked.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(f"{tmp_path}/a.png"), QUrl("https://example.org/b.png")])
    page.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier))
    assert [[path.name for path in paths] for paths in asked] == [["a.png"]]  # type: ignore[attr-defined]
