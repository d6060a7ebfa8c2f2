"""The layer editor, by mouse and keys: putting a network together, what is wrong with it, its name, its script."""

import re
from collections.abc import Callable, Iterator

import pytest
from dialog_hand import Desk, set_up_desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot
from train_hand import LEFT, choose, click, find, text

from recognizer.base.paths import Profile
from recognizer.gui.dialogs.augmentation_dialog import AugmentationDialog
from recognizer.gui.dialogs.layer_editor import LayerEditor
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.training_fields import Choice
from recognizer.training.config import CUSTOM, TrainingConfig
from recognizer.training.networks import list_networks, load_network, save_network
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import ACTIVATIONS, LAYERS, completed
from recognizer.training.script import keras_script

SETTINGS = TrainingConfig().to_dict()
Open = Callable[..., LayerEditor]


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def opened(desk: Desk, qtbot: QtBot) -> Open:
    def open_editor(name: str = "cnn", classes: int = 10) -> LayerEditor:
        layers = PRESETS[name].layers if name in PRESETS else load_network(desk.session.profile, name).layers
        editor = LayerEditor(desk.session, layers, name, classes, SETTINGS, desk)
        editor.open()
        editor.activateWindow()
        qtbot.waitUntil(editor.isActiveWindow)
        return editor

    return open_editor


def types(editor: LayerEditor) -> list[str]:
    return [entry["type"] for entry in editor.layers()]


def row(editor: LayerEditor, number: int) -> list[str]:
    return [editor.table.item(number, column).text() for column in range(5)]


def click_row(editor: LayerEditor, number: int) -> None:
    place = editor.table.visualItemRect(editor.table.item(number, 0)).center()
    QTest.mouseClick(editor.table.viewport(), LEFT, pos=QPoint(place))


def add(editor: LayerEditor, kind: str) -> None:
    menu = find(editor, QPushButton, "addLayerButton").menu()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.data() == kind).trigger()


def test_each_layer_says_what_it_gives_and_costs(opened: Open) -> None:
    editor = opened("cnn")
    assert row(editor, 0) == ["1  Conv2D", "32 · 3×3 · relu", "26 × 26 × 32", "320", f"{9 * 32 * 26 * 26:,}"]
    assert row(editor, 5)[1:3] == ["one a class · softmax", "10"]
    assert text(editor, "networkTotals").startswith("6 layers · 34,826 parameters · ")
    assert not find(editor, QLabel, "layerProblem").isVisible()
    assert find(editor, QPushButton, "useNetworkButton").isEnabled()


@pytest.mark.parametrize("kind", list(LAYERS))
def test_every_parameter_has_a_field_of_its_kind(opened: Open, kind: str) -> None:
    editor = opened("dense")
    add(editor, kind)
    fields = editor.fields.fields
    assert list(fields) == [parameter.name for parameter in LAYERS[kind].parameters]
    for parameter in LAYERS[kind].parameters:
        field = fields[parameter.name]
        assert field.toolTip()
        assert field.accessibleName()
        if parameter.choices:
            assert isinstance(field, Choice)
            assert [field.itemData(index) for index in range(field.count())] == list(parameter.choices)
        elif not isinstance(parameter.usual, bool):
            assert (field.minimum(), field.maximum()) == (parameter.low, parameter.high)
    completed(editor.layers()[editor.table.chosen()])


def test_a_new_layer_goes_below_the_chosen_one_but_above_the_answer(opened: Open) -> None:
    editor = opened("cnn")
    click_row(editor, 0)
    add(editor, "batch_norm")
    assert types(editor)[:3] == ["conv", "batch_norm", "max_pool"]
    assert editor.table.chosen() == 1
    click_row(editor, len(editor.layers()) - 1)
    add(editor, "dropout")
    assert types(editor)[-2:] == ["dropout", "dense"]
    assert find(editor, QPushButton, "useNetworkButton").isEnabled()


def test_keys_move_remove_and_undo(opened: Open) -> None:
    editor = opened("cnn")
    before = editor.layers()
    editor.table.setFocus()
    click_row(editor, 1)
    QTest.keyClick(editor.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert types(editor)[:2] == ["max_pool", "conv"]
    QTest.keyClick(editor.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert editor.layers() == before
    QTest.keyClick(editor.table, Qt.Key.Key_Down)
    assert editor.table.chosen() == 2
    QTest.keyClick(editor.table, Qt.Key.Key_Delete)
    assert len(editor.layers()) == 5
    for _ in range(3):
        QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.layers() == before
    assert not find(editor, QPushButton, "undoLayersButton").isEnabled()


def test_buttons_move_and_remove(opened: Open) -> None:
    editor = opened("cnn")
    assert not find(editor, QPushButton, "moveLayerUpButton").isEnabled()
    click(editor, "moveLayerDownButton")
    assert types(editor)[:2] == ["max_pool", "conv"]
    click(editor, "moveLayerUpButton")
    click(editor, "removeLayerButton")
    assert types(editor)[0] == "max_pool"
    for _ in range(5):
        click(editor, "removeLayerButton")
    assert editor.layers() == []
    assert "0 layers" in text(editor, "layerProblem")
    assert not find(editor, QPushButton, "useNetworkButton").isEnabled()


def test_what_is_typed_is_traced_at_once(opened: Open) -> None:
    editor = opened("cnn")
    field = find(editor, QSpinBox, "layerFiltersField")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "8")
    assert row(editor, 0)[2:4] == ["26 × 26 × 8", "80"]
    assert find(editor, QSpinBox, "layerFiltersField") is field
    assert field.hasFocus()


def test_what_is_wrong_is_said_at_the_layer_and_cannot_be_used(opened: Open) -> None:
    editor = opened("cnn")
    click_row(editor, 3)
    find(editor, QSpinBox, "layerSizeField").setValue(28)
    assert text(editor, "layerProblem") == "Layer 4: a window of 28×28 does not fit into 11×11 pixels"
    assert find(editor, QLabel, "layerProblem").isVisible()
    assert editor.table.item(3, 0).toolTip() == "layer 4: a window of 28×28 does not fit into 11×11 pixels"
    assert row(editor, 3)[2:] == ["", "", ""]
    for name in ("useNetworkButton", "copyScriptButton"):
        assert not find(editor, QPushButton, name).isEnabled()
    click(editor, "undoLayersButton")
    assert find(editor, QPushButton, "useNetworkButton").isEnabled()


def test_a_preset_to_begin_with(opened: Open, qtbot: QtBot) -> None:
    editor = opened("dense")
    index = editor.start.findData("lenet5")
    editor.start.setCurrentIndex(index)
    editor.start.activated.emit(index)
    assert editor.layers() == list(PRESETS["lenet5"].layers)
    with qtbot.waitSignal(editor.chosen) as chosen:
        click(editor, "useNetworkButton")
    assert chosen.args == [list(PRESETS["lenet5"].layers), "lenet5"]


def test_saving_renaming_and_deleting(opened: Open, desk: Desk, qtbot: QtBot) -> None:
    profile = desk.session.profile
    editor = opened("cnn")
    field = find(editor, QLineEdit, "networkNameInput")
    assert not find(editor, QPushButton, "saveNetworkButton").isEnabled()
    click(editor, "removeLayerButton")
    field.setFocus()
    QTest.keyClicks(field, "mine")
    with qtbot.waitSignal(editor.networksChanged):
        click(editor, "saveNetworkButton")
    assert list(load_network(profile, "mine").layers) == editor.layers()
    assert text(editor, "dialogStep") == "Saved as “mine”"
    field.selectAll()
    QTest.keyClicks(field, "Yours")
    click(editor, "renameNetworkButton")
    assert [network.name for network in list_networks(profile)[0]] == ["Yours"]
    click(editor, "deleteNetworkButton")
    assert [network.name for network in list_networks(profile)[0]] == ["Yours"]
    assert find(editor, QLabel, "networkNameHint").isVisible()
    click(editor, "deleteNetworkButton")
    assert list_networks(profile)[0] == []
    assert len(editor.layers()) == 5


def test_another_network_is_replaced_only_when_asked_twice(opened: Open, desk: Desk) -> None:
    profile = desk.session.profile
    save_network(profile, "mine", PRESETS["dense"].layers)
    editor = opened("cnn")
    find(editor, QLineEdit, "networkNameInput").setFocus()
    QTest.keyClicks(find(editor, QLineEdit, "networkNameInput"), "Mine")
    click(editor, "saveNetworkButton")
    assert load_network(profile, "mine").layers == PRESETS["dense"].layers
    assert text(editor, "networkNameHint").startswith("There is a network “Mine” already.")
    click(editor, "saveNetworkButton")
    assert load_network(profile, "mine").layers == PRESETS["cnn"].layers


def test_a_name_that_cannot_be_is_said_in_the_dialog(opened: Open, desk: Desk) -> None:
    editor = opened("cnn")
    QTest.keyClicks(find(editor, QLineEdit, "networkNameInput"), "a/b")
    click(editor, "saveNetworkButton")
    assert text(editor, "dialogProblemText") == "The network cannot have this name"
    assert list_networks(desk.session.profile)[0] == []


def test_the_script_is_what_the_command_line_would_write(opened: Open) -> None:
    editor = opened("lenet5", 26)
    click(editor, "copyScriptButton")
    assert QGuiApplication.clipboard().text() == keras_script(PRESETS["lenet5"].layers, 26, SETTINGS)


def test_changes_are_not_lost_without_being_asked(opened: Open, qtbot: QtBot) -> None:
    editor = opened("cnn")
    click(editor, "removeLayerButton")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.isVisible()
    assert text(editor, "discardLayersQuestionText") == "Close without the changes?"
    click(editor, "discardLayersRefuseButton")
    assert editor.isVisible()
    click(editor, "layersCancelButton")
    with qtbot.waitSignal(editor.rejected):
        click(editor, "discardLayersAgreeButton")


def test_without_changes_it_closes_at_once(opened: Open, qtbot: QtBot) -> None:
    editor = opened("cnn")
    with qtbot.waitSignal(editor.rejected):
        QTest.keyClick(editor, Qt.Key.Key_Escape)


# From the page


def test_the_page_takes_what_is_put_together(window: MainWindow, qtbot: QtBot) -> None:
    save_network(window.session.profile, "kept", PRESETS["cnn"].layers)
    (window.session.profile.root / "networks" / "bad.json").write_text("{", encoding="utf-8")
    window._bar.setCurrentIndex(3)
    qtbot.waitUntil(find(window, QWidget, "problemBanner").isVisible)
    assert text(window, "problemText") == "The file of a network is damaged; it is left as it is"
    choose(window, "presetChooser", "kept")
    click(window, "layersButton")
    editor = window.findChild(LayerEditor)
    qtbot.waitUntil(editor.isVisible)
    assert find(editor, QLineEdit, "networkNameInput").text() == "kept"
    add(editor, "dropout")
    click(editor, "useNetworkButton")
    panel = window.train_page.panel
    assert panel.preset.name() == CUSTOM
    assert [entry["type"] for entry in panel.config().layers][1] == "dropout"


ENGLISH = {
    "Alt",
    "Conv",
    "Ctrl",
    "Del",
    "Dense",
    "Dropout",
    "Flatten",
    "Keras",
    "MNIST",
    "MaxPooling",
    "relu",
    "softmax",
}
ENGLISH |= {"Activation", "AveragePooling", "BatchNormalization", "DepthwiseConv", "GlobalAveragePooling"}
ENGLISH |= {"SeparableConv", "same", "valid", *ACTIVATIONS, *re.findall(r"[A-Za-z]{2,}", " ".join(PRESETS)), "LeNet"}


@pytest.mark.parametrize("kind", [LayerEditor, AugmentationDialog])
def test_the_dialogs_are_said_in_chinese(window: MainWindow, qtbot: QtBot, kind: type) -> None:
    window.resize(1000, 640)
    window._bar.setCurrentIndex(3)
    window._language_actions["zh_CN"].trigger()
    try:
        panel = window.train_page.panel
        (panel.layersRequested if kind is LayerEditor else panel.amountsRequested).emit()
        dialog = window.findChild(kind)
        qtbot.waitUntil(dialog.isVisible)
        said = [
            text
            for part in (dialog, *dialog.findChildren(QWidget))
            for text in (part.toolTip(), part.accessibleName(), part.accessibleDescription(), part_text(part))
        ]
        words = {word for text in said for word in re.findall(r"[A-Za-z]{2,}", text)}
        assert words - ENGLISH == set()
        lacking = [
            label.text()
            for label in dialog.findChildren(QLabel)
            if label.isVisible() and not label.wordWrap() and label.text()
            if label.fontMetrics().horizontalAdvance(label.text()) > label.contentsRect().width()
        ]
        assert lacking == []
    finally:
        window._language_actions["en"].trigger()


def part_text(part: QWidget) -> str:
    return part.text() if isinstance(part, QLabel | QPushButton) else ""
