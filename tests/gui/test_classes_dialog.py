"""The dialog of a dataset's classes: each is renamed, moved, merged, added and removed, and all of it is undone."""

from collections.abc import Iterator

import pytest
from dialog_hand import CTRL, LEFT, NONE, Desk, button, click, counts, fill, find, set_up_desk, text
from PySide6.QtCore import QItemSelectionModel, QMimeData, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.gui.dialogs.class_model import ClassModel, moved, stepped
from recognizer.gui.dialogs.classes_dialog import ClassesDialog
from recognizer.library.store import editing


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """What the dialog is opened over."""
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def name(desk: Desk) -> str:
    """A dataset with one 1, two 2 and three 7."""
    return fill(desk, "122777")


@pytest.fixture
def dialog(desk: Desk, name: str, qtbot: QtBot) -> ClassesDialog:
    made = ClassesDialog(desk.session, name, desk)
    made.open()
    qtbot.waitActive(made)
    assert made.model.rows() == (("1", 1), ("2", 2), ("7", 3))
    return made


def select(dialog: ClassesDialog, *names: str) -> None:
    for place, label in enumerate(names):
        index = dialog.model.index(dialog.model.names().index(label), 0)
        where = dialog.table.visualRect(index).center()
        QTest.mouseClick(dialog.table.viewport(), LEFT, CTRL if place else NONE, where)
    assert dialog.selected() == [label for label in dialog.model.names() if label in names]


def type_name(dialog: ClassesDialog, new: str) -> None:
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert dialog.table.isAncestorOf(editor)
    editor.selectAll()
    QTest.keyClicks(editor, new)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def test_it_says_what_there_is(dialog: ClassesDialog) -> None:
    assert text(dialog, "dialogStep").startswith("Class 3b · 3 classes · 6 samples. Select classes")
    assert text(dialog, "classesSelected") == "No class is selected"
    for each in ("renameClassButton", "classUpButton", "mergeClassesButton", "removeClassButton", "addClassButton"):
        assert not button(dialog, each).isEnabled(), each
    select(dialog, "2", "7")
    assert text(dialog, "classesSelected") == "2 classes · 5 samples"


def test_samples_without_a_label_are_told_of(desk: Desk) -> None:
    dialog = ClassesDialog(desk.session, fill(desk, "11 ", "With blanks"), desk)
    dialog.open()
    assert "2 samples" not in text(dialog, "dialogStep")
    assert "3 samples · 1 has no label" in text(dialog, "dialogStep")


def test_a_class_is_renamed_in_its_row(dialog: ClassesDialog, desk: Desk, name: str, qtbot: QtBot) -> None:
    select(dialog, "2")
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    type_name(dialog, "zwei")
    qtbot.waitUntil(lambda: dialog.model.names() == ["1", "7", "zwei"])
    assert dialog.selected() == ["zwei"], "it stays chosen"
    assert counts(desk, name) == {"1": 1, "7": 3, "zwei": 2}
    assert text(dialog, "classesStatus") == "Rename class 2 to zwei"
    assert button(dialog, "classesUndoButton").toolTip() == "Undo: Rename class 2 to zwei"
    QTest.keyClick(dialog.table, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: dialog.model.names() == ["1", "2", "7"])
    click(dialog, "classesRedoButton")
    qtbot.waitUntil(lambda: dialog.model.names() == ["1", "7", "zwei"])


def test_escape_leaves_the_name_as_it_was(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    select(dialog, "2")
    click(dialog, "renameClassButton")
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert list(counts(desk, name)) == ["1", "2", "7"]


def test_a_name_that_there_is_merges(dialog: ClassesDialog, desk: Desk, name: str, qtbot: QtBot) -> None:
    select(dialog, "1")
    QTest.keyClick(dialog.table, Qt.Key.Key_F2)
    type_name(dialog, "7")
    qtbot.waitUntil(lambda: dialog.model.rows() == (("2", 2), ("7", 4)))
    assert dialog.selected() == ["7"]


def test_a_name_that_cannot_be_is_refused_in_words(dialog: ClassesDialog, qtbot: QtBot) -> None:
    select(dialog, "1")
    QTest.keyClick(dialog.table, Qt.Key.Key_F2)
    type_name(dialog, "a" * 33)
    qtbot.waitUntil(dialog.notice.isVisible)
    assert text(dialog, "dialogProblemText") == "The label cannot be used"
    assert dialog.model.names() == ["1", "2", "7"]
    assert dialog.table.isEnabled()


def test_several_become_the_largest_of_them(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    select(dialog, "1", "7")
    assert find(dialog, QComboBox, "mergeTarget").currentText() == "7"
    click(dialog, "mergeClassesButton")
    assert counts(desk, name) == {"2": 2, "7": 4}
    assert dialog.model.rows() == (("2", 2), ("7", 4))
    click(dialog, "classesUndoButton")
    assert counts(desk, name) == {"1": 1, "2": 2, "7": 3}


def test_one_is_merged_into_what_is_typed(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    select(dialog, "1")
    field = find(dialog, QComboBox, "mergeTarget")
    assert not button(dialog, "mergeClassesButton").isEnabled()
    QTest.keyClicks(field, "1")
    assert not button(dialog, "mergeClassesButton").isEnabled(), "into itself"
    QTest.keyClicks(field, "2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert counts(desk, name) == {"2": 2, "7": 3, "12": 1}
    assert dialog.isVisible()


def test_classes_go_up_and_down(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    select(dialog, "7")
    assert not button(dialog, "classDownButton").isEnabled()
    click(dialog, "classUpButton")
    assert list(counts(desk, name)) == ["1", "7", "2"]
    QTest.keyClick(dialog.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert dialog.model.names() == ["7", "1", "2"]
    assert not button(dialog, "classUpButton").isEnabled()
    QTest.keyClick(dialog.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert dialog.model.names() == ["1", "7", "2"]
    click(dialog, "naturalOrderButton")
    assert list(counts(desk, name)) == ["1", "2", "7"]
    assert not button(dialog, "naturalOrderButton").isEnabled()
    assert dialog.selected() == ["7"]


def test_a_dragged_class_lands_where_it_is_dropped(dialog: ClassesDialog, qtbot: QtBot) -> None:
    data = dialog.model.mimeData([dialog.model.index(2, 0), dialog.model.index(2, 1)])
    assert dialog.model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    qtbot.waitUntil(lambda: dialog.model.names() == ["7", "1", "2"])
    data = dialog.model.mimeData([dialog.model.index(0, 0)])
    assert dialog.model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, QModelIndex())
    qtbot.waitUntil(lambda: dialog.model.names() == ["1", "2", "7"])
    assert not dialog.model.dropMimeData(QMimeData(), Qt.DropAction.MoveAction, 0, 0, QModelIndex())


def test_an_empty_class_is_added_and_removed(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    field = find(dialog, QLineEdit, "newClassInput")
    QTest.keyClicks(field, "7")
    assert not button(dialog, "addClassButton").isEnabled(), "there is one"
    QTest.keyClicks(field, "e")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert counts(desk, name) == {"1": 1, "2": 2, "7": 3, "7e": 0}
    assert field.text() == ""
    assert dialog.selected() == ["7e"]
    assert button(dialog, "removeClassButton").isEnabled()
    QTest.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert list(counts(desk, name)) == ["1", "2", "7"]
    select(dialog, "2")
    assert not button(dialog, "removeClassButton").isEnabled()
    QTest.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert list(counts(desk, name)) == ["1", "2", "7"], "it has samples"


def test_several_empty_classes_are_removed_and_brought_back_in_one_step(
    dialog: ClassesDialog, desk: Desk, name: str
) -> None:
    for label in "abc":
        editing.add_class(desk.session.library, name, label)
    desk.session.library_changed.emit()
    select(dialog, "a", "c")
    click(dialog, "removeClassButton")
    assert dialog.model.names() == ["1", "2", "7", "b"]
    assert text(dialog, "classesStatus") == "Remove 2 classes"
    QTest.keyClick(dialog.table, Qt.Key.Key_Z, CTRL)
    assert dialog.model.names() == ["1", "2", "7", "a", "b", "c"]
    assert button(dialog, "classesUndoButton").toolTip() == "Undo: Add class c"


def test_the_keyboard_stays_with_the_rows(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    editing.add_class(desk.session.library, name, "a")
    desk.session.library_changed.emit()
    select(dialog, "a")
    click(dialog, "classUpButton")
    assert dialog.table.hasFocus()
    click(dialog, "removeClassButton")
    assert dialog.table.hasFocus(), "what was clicked can no longer be"
    field = find(dialog, QLineEdit, "newClassInput")
    field.setFocus()
    QTest.keyClicks(field, "b")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.hasFocus(), "another one may follow"


def test_in_the_natural_order_a_new_class_is_sorted_in(dialog: ClassesDialog, desk: Desk, name: str) -> None:
    select(dialog, "7")
    click(dialog, "classUpButton")
    click(dialog, "classDownButton")
    assert dialog.model.names() == ["1", "2", "7"]
    assert button(dialog, "naturalOrderButton").isEnabled(), "new classes would come last"
    click(dialog, "naturalOrderButton")
    assert text(dialog, "classesStatus") == "Put the classes in their natural order"
    field = find(dialog, QLineEdit, "newClassInput")
    QTest.keyClicks(field, "5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert dialog.model.names() == ["1", "2", "5", "7"]
    assert not button(dialog, "naturalOrderButton").isEnabled()


def test_what_fails_is_said_and_can_be_tried_again(
    dialog: ClassesDialog, monkeypatch: pytest.MonkeyPatch, desk: Desk, name: str
) -> None:
    def fail(*_: object) -> None:
        raise RecognizerError("No space", fix="Make some")

    with monkeypatch.context() as patch:
        patch.setattr(editing, "merge_classes", fail)
        select(dialog, "1", "2")
        click(dialog, "mergeClassesButton")
        assert text(dialog, "dialogProblemText") == "No space"
        assert text(dialog, "dialogProblemDetail") == "Make some"
        click(dialog, "dialogProblemCopyButton")
        assert QApplication.clipboard().text() == "No space\nMake some"
    click(dialog, "mergeClassesButton")
    assert not dialog.notice.isVisible()
    assert counts(desk, name) == {"2": 3, "7": 3}


def test_undo_past_the_making_of_the_dataset_can_be_redone(dialog: ClassesDialog, desk: Desk) -> None:
    click(dialog, "classesUndoButton")
    click(dialog, "classesUndoButton")
    assert text(dialog, "dialogProblemText") == "There is no such dataset in the library"
    assert dialog.model.rows() == ()
    click(dialog, "classesRedoButton")
    click(dialog, "classesRedoButton")
    assert dialog.model.rows() == (("1", 1), ("2", 2), ("7", 3))


def test_a_large_merge_is_made_in_the_background(desk: Desk, qtbot: QtBot) -> None:
    name = fill(desk, "3" * 3200 + "5", "Many")
    dialog = ClassesDialog(desk.session, name, desk)
    dialog.open()
    select(dialog, "3")
    field = find(dialog, QComboBox, "mergeTarget")
    QTest.keyClicks(field, "5")
    with qtbot.waitSignal(desk.session.edited):
        click(dialog, "mergeClassesButton")
        assert not dialog.table.isEnabled()
        assert not button(dialog, "classesUndoButton").isEnabled()
    assert dialog.model.rows() == (("5", 3201),)
    assert dialog.table.isEnabled()


def test_enter_does_not_close_it_and_escape_does(dialog: ClassesDialog) -> None:
    dialog.table.setFocus()
    dialog.table.selectionModel().clear()
    dialog.table.selectionModel().setCurrentIndex(QModelIndex(), QItemSelectionModel.SelectionFlag.Clear)
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_model_keeps_the_rules_of_qt() -> None:
    model = ClassModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_rows([("a", 1), ("b", 2)])
    model.set_rows([("b", 2)])
    assert model.rowCount() == 1
    tester.deleteLater()


@pytest.mark.parametrize(
    ("picked", "before", "expected"),
    [("a", "c", "bacd"), ("ad", "b", "adbc"), ("cd", "a", "cdab"), ("ab", "", "cdab"), ("b", "b", "acdb")],
)
def test_moving_before_another(picked: str, before: str, expected: str) -> None:
    assert "".join(moved("abcd", picked, before)) == expected


@pytest.mark.parametrize(
    ("picked", "step", "expected"),
    [("b", -1, "bacd"), ("a", -1, "abcd"), ("ac", -1, "acbd"), ("ab", 1, "cabd"), ("bd", 1, "acbd"), ("cd", 1, "abcd")],
)
def test_moving_by_a_step(picked: str, step: int, expected: str) -> None:
    assert "".join(stepped("abcd", picked, step)) == expected
