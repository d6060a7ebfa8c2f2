"""The form of the Train page: what the presets set, what is folded away, and a network of one's own."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from train_hand import choose, click, find, text

from recognizer.gui.widgets.switch import Switch
from recognizer.gui.widgets.training_panel import TrainingPanel
from recognizer.training.augment import Augmentation
from recognizer.training.config import BASELINES, CUSTOM, TrainingConfig, baseline_config
from recognizer.training.networks import Network
from recognizer.training.presets import PRESETS

WRONG = Network("begun", ({"type": "dense", "units": 0, "activation": "softmax"},))
RIGHT = Network("mine", PRESETS["cnn"].layers)


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    made = TrainingPanel()
    qtbot.addWidget(made)
    made.resize(316, 700)
    made.show()
    return made


def started(panel: TrainingPanel, qtbot: QtBot) -> TrainingConfig:
    with qtbot.waitSignal(panel.startRequested) as signal:
        click(panel, "trainButton")
    return signal.args[1]


@pytest.mark.parametrize("name", list(PRESETS))
def test_each_preset_sets_what_is_usual_for_it(panel: TrainingPanel, qtbot: QtBot, name: str) -> None:
    choose(panel, "presetChooser", "dense-fast")
    choose(panel, "presetChooser", name)
    preset = PRESETS[name]
    wanted = TrainingConfig(preset=name, epochs=preset.epochs, batch_size=preset.batch_size, **preset.settings)
    assert started(panel, qtbot) == wanted


def test_the_first_preset_is_the_one_that_is_offered_at_first(panel: TrainingPanel, qtbot: QtBot) -> None:
    assert started(panel, qtbot) == TrainingConfig()


def test_more_unfolds_by_mouse_and_key_and_gives_what_it_shows(panel: TrainingPanel, qtbot: QtBot) -> None:
    assert not find(panel, QComboBox, "scheduleChooser").isVisible()
    click(panel, "moreSettingsButton")
    assert find(panel, QComboBox, "scheduleChooser").isVisible()
    QTest.keyClick(find(panel, QPushButton, "moreSettingsButton"), Qt.Key.Key_Space)
    assert not find(panel, QComboBox, "scheduleChooser").isVisible()
    click(panel, "moreSettingsButton")
    choose(panel, "scheduleChooser", "plateau")
    choose(panel, "optimizerChooser", "sgd")
    find(panel, QLineEdit, "momentumInput").setText("0.9")
    find(panel, QLineEdit, "labelSmoothingInput").setText("0.1")
    panel.more.patience.setValue(3)
    for name in ("classWeightsSwitch", "deterministicSwitch", "augmentationSwitch"):
        QTest.keyClick(find(panel, Switch, name), Qt.Key.Key_Space)
    assert started(panel, qtbot) == TrainingConfig(
        optimizer="sgd",
        schedule="plateau",
        momentum=0.9,
        label_smoothing=0.1,
        patience=3,
        class_weights=True,
        deterministic=True,
        augmentation=Augmentation(),
    )


def test_only_sgd_has_a_momentum(panel: TrainingPanel, qtbot: QtBot) -> None:
    choose(panel, "optimizerChooser", "sgd")
    field = find(panel, QLineEdit, "momentumInput")
    assert field.isEnabled()
    field.setText("0.9")
    choose(panel, "optimizerChooser", "adam")
    assert not field.isEnabled()
    assert started(panel, qtbot).momentum == 0.0
    panel.set_running(True)
    panel.set_running(False)
    assert not field.isEnabled()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("momentumInput", "1", "momentum = 1.0. Enter a number from 0 to 0.999."),
        ("labelSmoothingInput", "much", "label_smoothing = 'much'. Enter a number from 0 to 0.5."),
        ("labelSmoothingInput", "nan", "label_smoothing = nan. Enter a number from 0 to 0.5."),
    ],
)
def test_a_wrong_number_that_is_folded_away_is_shown(
    panel: TrainingPanel, qtbot: QtBot, name: str, value: str, words: str
) -> None:
    choose(panel, "optimizerChooser", "sgd")
    field = find(panel, QLineEdit, name)
    field.setText(value)
    with qtbot.assertNotEmitted(panel.startRequested):
        click(panel, "trainButton")
    assert text(panel, "trainingFormMessage").endswith(words)
    assert field.isVisible()
    assert field.property("state") == "wrong"
    assert field.accessibleDescription().endswith(words)
    field.selectAll()
    QTest.keyClicks(field, "0.25")
    assert not find(panel, QLabel, "trainingFormMessage").isVisible()
    assert field.property("state") == ""


def test_every_field_that_is_folded_away_has_a_caption_a_tooltip_and_a_name(panel: TrainingPanel) -> None:
    assert set(panel.more.captions) == set(panel.more.fields.values())
    for field, caption in panel.more.captions.items():
        assert field.toolTip()
        assert field.accessibleName() == caption.text() != ""
        assert caption.buddy() is field


@pytest.mark.parametrize("name", BASELINES)
def test_a_method_without_a_network_knows_data_seed_and_validation_alone(
    panel: TrainingPanel, qtbot: QtBot, name: str
) -> None:
    click(panel, "moreSettingsButton")
    panel.augmentation.setChecked(True)
    choose(panel, "presetChooser", name)
    fields: tuple[QWidget, ...] = (*panel.more.fields.values(), panel.augmentation, panel.layers_button)
    others = (panel.epochs, panel.batch_size, panel.learning_rate, panel.optimizer, panel.amounts_button)
    assert not any(field.isEnabled() for field in (*fields, *others))
    assert panel.method_note.isVisible()
    panel.seed.setValue(3)
    panel.validation.setValue(20)
    assert started(panel, qtbot) == baseline_config(name, 3, 0.2)
    choose(panel, "presetChooser", "cnn")
    assert panel.epochs.isEnabled()
    assert panel.more.schedule.isEnabled()
    assert not panel.method_note.isVisible()


def test_the_focus_follows_pause_resume_and_stop(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.start_button.setFocus()
    panel.set_running(True)
    assert panel.stop_button.hasFocus()
    panel.set_running(True, can_pause=True)
    panel.buttons.pause.setFocus()
    panel.set_running(True, can_pause=True, is_paused=True)
    assert panel.buttons.resume.hasFocus()
    assert not panel.buttons.pause.isVisible()
    panel.set_running(True, can_pause=True)
    assert panel.buttons.pause.hasFocus()
    panel.set_running(False)
    assert panel.start_button.hasFocus()


def test_own_networks_follow_the_presets(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.preset.set_networks([RIGHT])
    names = [panel.preset.itemData(place) for place in range(panel.preset.count())]
    assert names == [*PRESETS, "mine", None, *BASELINES]
    assert panel.preset.name() == "dense"
    choose(panel, "presetChooser", "mine")
    assert panel.preset.currentText() == "mine · 6 layers"
    config = started(panel, qtbot)
    assert (config.preset, config.layers) == ("mine", RIGHT.layers)
    panel.preset.set_networks([])
    assert panel.preset.name() == "dense"


def test_the_settings_stay_when_the_list_of_networks_is_read_again(panel: TrainingPanel) -> None:
    panel.epochs.setValue(77)
    panel.preset.set_networks([RIGHT])
    assert panel.epochs.value() == 77


def test_a_network_that_cannot_be_trained_says_why_and_does_not_start(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.preset.set_networks([WRONG])
    choose(panel, "presetChooser", "begun")
    assert not panel.start_button.isEnabled()
    assert text(panel, "trainingFormMessage").startswith("This network cannot be trained: layer 1: a picture goes in")
    choose(panel, "presetChooser", "dense")
    assert panel.start_button.isEnabled()
    assert not find(panel, QLabel, "trainingFormMessage").isVisible()


def test_a_network_is_judged_by_the_classes_of_the_data(panel: TrainingPanel) -> None:
    ten = Network("ten", ({"type": "flatten"}, {"type": "dense", "units": 10, "activation": "softmax"}))
    panel.preset.set_networks([ten])
    choose(panel, "presetChooser", "ten")
    assert panel.start_button.isEnabled()
    panel.set_classes(26)
    assert not panel.start_button.isEnabled()


def test_layers_without_a_name_can_be_trained(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.preset.use(RIGHT.layers)
    assert panel.preset.currentText() == "own network · 6 layers"
    config = started(panel, qtbot)
    assert (config.preset, config.layers) == (CUSTOM, RIGHT.layers)
