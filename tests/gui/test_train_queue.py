"""More than one run on the Train page: those that wait, those that are thrown away, and methods without a network."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from train_hand import FakeTrainer, Rehearsal, choose, click, find, text

from recognizer.base.paths import Profile
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.train_run import State
from recognizer.gui.workers import training_worker
from recognizer.training.runs import list_runs


@pytest.fixture
def train(window: MainWindow) -> Iterator[MainWindow]:
    """The window, open on the Train page with the UCI digits chosen."""
    click(window, "trainPageButton", QToolButton)
    choose(window, "trainDatasetChooser", "uci-digits")
    return window


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], None]:
    """Sets what the trainer does."""
    monkeypatch.setattr(training_worker, "Trainer", FakeTrainer)

    def set_script(script: Callable) -> None:
        monkeypatch.setattr(FakeTrainer, "script", staticmethod(script), raising=False)

    return set_script


def answer(button_text: str) -> None:
    """Press a button of the question that is about to come."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(button for button in box.buttons() if button.text() == button_text).click()

    QTimer.singleShot(0, press)


def test_a_run_waits_for_another_and_begins_when_that_is_over(
    train: MainWindow, script: Callable, qtbot: QtBot
) -> None:
    first = Rehearsal()
    script(first)
    page = train.train_page
    choose(train, "presetChooser", "dense")
    click(train, "trainButton")
    qtbot.waitUntil(lambda: "batch" in text(train, "trainingStatus"))
    assert text(train, "trainingSubject") == "dense · UCI digits"
    choose(train, "presetChooser", "cnn")
    click(train, "queueButton")
    choose(train, "presetChooser", "svm")
    click(train, "queueButton")
    assert not find(train, QPushButton, "queueButton").isEnabled()
    assert text(train, "waitingRun0") == "Next: cnn · UCI digits"
    assert text(train, "waitingRun1") == "Then: svm · UCI digits"
    assert page.busy_with() == "A model is being trained: epoch 2 of 5. 2 more runs wait."
    click(train, "withdrawButton1")
    assert find(train, QPushButton, "queueButton").isEnabled()

    second = Rehearsal()
    script(second)
    first.go_on.set()
    qtbot.waitUntil(second.has_begun.is_set)
    qtbot.waitUntil(lambda: text(train, "trainingSubject") == "cnn · UCI digits")
    assert not find(train, QWidget, "runQueue").isVisible()
    second.go_on.set()
    qtbot.waitUntil(lambda: page.busy_with() == "")


def test_the_next_run_begins_after_one_that_failed(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    first = Rehearsal(error=RuntimeError("no luck"))
    script(first)
    click(train, "trainButton")
    qtbot.waitUntil(lambda: "batch" in text(train, "trainingStatus"))
    click(train, "queueButton")
    second = Rehearsal()
    script(second)
    first.go_on.set()
    qtbot.waitUntil(second.has_begun.is_set)
    click(train, "stopButton")
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")


def test_a_run_is_discarded_only_when_that_is_said_twice(train: MainWindow, profile: Profile, qtbot: QtBot) -> None:
    find(train, QSpinBox, "epochsInput").setValue(500)
    click(train, "trainButton")
    page = train.train_page
    qtbot.waitUntil(lambda: "Epoch 2 " in text(train, "trainingStatus"), timeout=60_000)
    assert "GB of memory" in text(train, "trainingDetail")
    answer("Go on")
    click(train, "discardButton")
    assert page._desk.state is State.TRAINING
    answer("Discard")
    click(train, "discardButton")
    qtbot.waitUntil(lambda: page.busy_with() == "", timeout=20_000)
    assert list_runs(profile) == []
    assert not any(profile.models.iterdir()) if profile.models.is_dir() else True
    assert text(train, "trainingStatus") == "Nothing is being trained"
    assert not find(train, QWidget, "problemBanner").isVisible()


def test_a_method_without_a_network_is_trained_and_judged_in_the_same_page(
    train: MainWindow, profile: Profile, qtbot: QtBot
) -> None:
    choose(train, "presetChooser", "knn")
    click(train, "trainButton")
    page = train.train_page
    qtbot.waitUntil(lambda: page.results.report.report() is not None, timeout=60_000)
    assert page.results.report.report().accuracy > 0.9
    qtbot.waitUntil(lambda: len(page.results.strip.samples()) > 0)
    assert not find(train, QPushButton, "drawWithModelButton").isVisible()
    (run,) = list_runs(profile)
    assert (run.config.preset, run.model_id, run.state) == ("knn", "", "finished")
