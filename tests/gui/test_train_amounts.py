"""How far pictures are varied: the sliders, what they do to the pictures, and that nothing is mirrored."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from dialog_hand import Desk, set_up_desk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot
from train_hand import click, find, text

from recognizer.base.paths import Profile
from recognizer.gui.dialogs.augmentation_dialog import PICTURES, AugmentationDialog
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.switch import Switch
from recognizer.library import uci
from recognizer.library.dataset import Split
from recognizer.training.augment import Augmentation

NONE = dict.fromkeys(("rotation", "shear", "zoom", "shift", "bend", "thin", "thick", "blur", "noise"), 0.0)


@pytest.fixture
def desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    yield from set_up_desk(profile, qtbot)


@pytest.fixture
def dialog(desk: Desk, qtbot: QtBot) -> AugmentationDialog:
    made = AugmentationDialog(desk.session, Augmentation(), "uci-digits", desk)
    made.open()
    qtbot.waitUntil(lambda: made.preview.pictures() is not None, timeout=60_000)
    return made


def pictures(dialog: AugmentationDialog) -> np.ndarray:
    shown = dialog.preview.pictures()
    assert shown is not None
    return shown.copy()


def test_a_slider_changes_its_amount_and_the_pictures(dialog: AugmentationDialog) -> None:
    before = pictures(dialog)
    assert before.shape == (PICTURES, 28, 28)
    slider = find(dialog, QSlider, "rotationSlider")
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert dialog.amounts() == replace(Augmentation(), rotation=14.0)
    assert not np.array_equal(pictures(dialog), before)
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert dialog.amounts() == Augmentation()
    assert np.array_equal(pictures(dialog), before)


@pytest.mark.parametrize("name", list(NONE))
def test_every_amount_has_a_slider_that_reaches_its_usual_place(dialog: AugmentationDialog, name: str) -> None:
    slider = find(dialog, QSlider, f"{name}Slider")
    usual = getattr(Augmentation(), name)
    slider.setValue(slider.maximum())
    assert getattr(dialog.amounts(), name) > usual
    click(dialog, "usualAmountsButton")
    assert dialog.amounts() == Augmentation()
    slider.setValue(slider.value() + 1)
    slider.setValue(slider.value() - 1)
    assert getattr(dialog.amounts(), name) == pytest.approx(usual)


def test_at_zero_the_pictures_are_the_training_pictures(dialog: AugmentationDialog) -> None:
    dialog.set_amounts(replace(Augmentation(), **NONE, harden=1.0))
    data = uci.load()
    known = data.indices((Split.TRAIN,))
    chosen = known[np.linspace(0, len(known) - 1, PICTURES).astype(np.int64)]
    assert np.abs(pictures(dialog).astype(int) - data.images[chosen]).max() <= 1
    assert text(dialog, "variedPicturesSource") == "Training pictures of UCI digits"


def test_nothing_is_ever_mirrored(dialog: AugmentationDialog) -> None:
    flag = np.zeros((PICTURES, 28, 28), np.uint8)
    flag[:, 4:24, 8:11] = 255
    flag[:, 4:14, 11:20] = 255
    dialog._images = flag
    is_alike = []
    for _ in range(20):
        click(dialog, "otherVariationsButton")
        varied = pictures(dialog).astype(float)
        is_alike += list((varied * flag).sum(axis=(1, 2)) > (varied * flag[:, :, ::-1]).sum(axis=(1, 2)))
    # A shift to the side may hide it in a few; of mirrored ones it would be a tenth.
    assert np.mean(is_alike) > 0.85


def test_others_shows_the_same_pictures_in_another_way(dialog: AugmentationDialog) -> None:
    before = pictures(dialog)
    click(dialog, "otherVariationsButton")
    assert not np.array_equal(pictures(dialog), before)
    assert dialog.amounts() == Augmentation()


def test_the_page_takes_the_amounts(window: MainWindow, qtbot: QtBot) -> None:
    window._bar.setCurrentIndex(3)
    panel = window.train_page.panel
    assert not panel.amounts_button.isEnabled()
    QTest.keyClick(find(window, Switch, "augmentationSwitch"), Qt.Key.Key_Space)
    click(window, "amountsButton")
    dialog = window.findChild(AugmentationDialog)
    qtbot.waitUntil(dialog.isVisible)
    find(dialog, QSlider, "rotationSlider").setValue(5)
    click(dialog, "useAmountsButton")
    assert panel.config().augmentation == replace(Augmentation(), rotation=5.0)
    QTest.keyClick(find(window, Switch, "augmentationSwitch"), Qt.Key.Key_Space)
    assert panel.config().augmentation is None


def test_closing_changes_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window._bar.setCurrentIndex(3)
    QTest.keyClick(find(window, Switch, "augmentationSwitch"), Qt.Key.Key_Space)
    click(window, "amountsButton")
    dialog = window.findChild(AugmentationDialog)
    find(dialog, QSlider, "rotationSlider").setValue(5)
    with qtbot.waitSignal(dialog.rejected):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.train_page.panel.config().augmentation == Augmentation()
