"""A run on the Train page that waits, one that was interrupted, and what each epoch says of the validation samples."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from train_hand import FakeTrainer, Rehearsal, choose, click, find, text

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.workers import training_worker
from recognizer.library import uci
from recognizer.library.dataset import Dataset
from recognizer.training.checkpoint import CheckpointFolder, Moment
from recognizer.training.config import TrainingConfig
from recognizer.training.events import (
    BatchProgress,
    EpochEnded,
    EpochJudged,
    EpochMetrics,
    EventCallback,
    RunBegan,
    RunCancelled,
    StageBegan,
)
from recognizer.training.runs import RunFolder


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], None]:
    """Sets what the trainer does."""
    monkeypatch.setattr(training_worker, "Trainer", FakeTrainer)

    def set_script(script: Callable) -> None:
        monkeypatch.setattr(FakeTrainer, "script", staticmethod(script), raising=False)

    return set_script


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return uci.load()


@pytest.fixture
def train(window: MainWindow) -> Iterator[MainWindow]:
    """The window, open on the Train page with the UCI digits chosen."""
    click(window, "trainPageButton", QToolButton)
    choose(window, "trainDatasetChooser", "uci-digits")
    return window


def wait_for_stop(token: CancellationToken) -> None:
    stopped = threading.Event()
    while not stopped.wait(0.005):
        if token.is_cancelled:
            stopped.set()


class Checking(Rehearsal):
    """A run that looks at its token every few milliseconds, as a real one does at each block."""

    def __call__(self, on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        on_event(RunBegan("run", 5, 1293, 144, 360, 40, 101770))
        on_event(BatchProgress(2, 1204, 1688, 0.5, 0.7, 5480.0, 14.0))
        self.has_begun.set()
        self.blocks = 0
        while not self.go_on.wait(0.01):
            token.check()
            self.blocks += 1
        return RunCancelled("run")


def begin(train: MainWindow, qtbot: QtBot, script: Callable, run: Rehearsal) -> None:
    script(run)
    click(train, "trainButton")
    qtbot.waitUntil(lambda: "batch" in text(train, "trainingStatus"), timeout=20_000)


def test_a_run_waits_and_goes_on(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    run = Checking()
    begin(train, qtbot, script, run)
    page = train.train_page
    clicked = time.perf_counter()
    click(train, "pauseButton")
    assert text(train, "trainingStatus") in ("Pausing…", "Paused in epoch 2 of 5")
    assert time.perf_counter() - clicked < 0.1
    qtbot.waitUntil(lambda: text(train, "trainingStatus") == "Paused in epoch 2 of 5")
    assert not find(train, QPushButton, "pauseButton").isVisible()
    assert page.busy_with() == "A model is being trained: epoch 2 of 5."
    before = run.blocks
    with pytest.raises(qtbot.TimeoutError):
        qtbot.waitUntil(lambda: run.blocks > before, timeout=100)
    click(train, "resumeButton")
    qtbot.waitUntil(lambda: run.blocks > before)
    assert find(train, QPushButton, "pauseButton").isVisible()
    run.go_on.set()
    qtbot.waitUntil(lambda: page.busy_with() == "")
    assert find(train, QPushButton, "trainButton").isVisible()


def test_the_keys_pause_and_resume(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    run = Checking()
    begin(train, qtbot, script, run)
    QTest.keyClick(train, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: text(train, "trainingStatus") == "Paused in epoch 2 of 5")
    QTest.keyClick(train, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert find(train, QPushButton, "pauseButton").isVisible()
    run.go_on.set()
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")


def test_while_the_model_is_saved_there_is_nothing_to_pause(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    go_on = threading.Event()

    def fit(on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        on_event(RunBegan("run", 5, 1293, 144, 360, 40, 101770))
        on_event(StageBegan("Saving the model"))
        go_on.wait(60)
        return RunCancelled("run")

    script(fit)
    click(train, "trainButton")
    qtbot.waitUntil(lambda: text(train, "trainingStatus") == "Saving the model…", timeout=20_000)
    assert not find(train, QPushButton, "pauseButton").isEnabled()
    go_on.set()
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")


def test_stop_ends_a_pause(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    begin(train, qtbot, script, Checking())
    click(train, "pauseButton")
    qtbot.waitUntil(lambda: text(train, "trainingStatus") == "Paused in epoch 2 of 5")
    click(train, "stopButton")
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")
    assert find(train, QPushButton, "trainButton").isEnabled()


def test_the_window_closes_while_a_run_waits(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    begin(train, qtbot, script, Checking())
    click(train, "pauseButton")
    qtbot.waitUntil(lambda: text(train, "trainingStatus") == "Paused in epoch 2 of 5")
    train.close_unasked()
    assert not train.isVisible()


def test_before_its_first_epoch_a_run_cannot_wait(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    stuck = Rehearsal(began=False)
    script(stuck)
    click(train, "trainButton")
    qtbot.waitUntil(stuck.has_begun.is_set, timeout=20_000)
    assert not find(train, QPushButton, "pauseButton").isEnabled()
    stuck.go_on.set()
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")


# Runs that were interrupted


@pytest.fixture
def interrupted(profile: Profile, digits: Dataset) -> str:
    """A run that the program left after two of nine epochs."""
    with RunFolder(profile, TrainingConfig(epochs=9), digits) as run:
        for epoch in (1, 2):
            run.append(EpochEnded(EpochMetrics(epoch, 1.0, 0.6, 0.5, 0.8, 0.001, 1.0)))
        CheckpointFolder(run.path, 9).save_moment(Moment(3, 0, [np.zeros(3, np.float32)]))
        return run.id


def resumed(on_event: EventCallback, token: CancellationToken) -> RunCancelled:
    on_event(RunBegan("run", 9, 1293, 144, 360, 40, 101770))
    on_event(EpochEnded(EpochMetrics(3, 0.8, 0.7, 0.4, 0.9, 0.001, 1.0)))
    wait_for_stop(token)
    return RunCancelled("run")


def test_an_interrupted_run_goes_on_from_the_head_of_the_page(
    interrupted: str, train: MainWindow, script: Callable, qtbot: QtBot
) -> None:
    banner = find(train, QWidget, "interruptedBanner")
    qtbot.waitUntil(banner.isVisible, timeout=20_000)
    assert "(dense · UCI digits) was interrupted after 2 of 9 epochs." in text(train, "interruptedText")
    script(resumed)
    click(train, "goOnButton")
    curves = train.train_page.curves
    qtbot.waitUntil(lambda: [each.epoch for each in curves.metrics()] == [1, 2, 3], timeout=20_000)
    assert curves.points("accuracy", "validation") == [(1.0, 80.0), (2.0, 80.0), (3.0, 90.0)]
    assert text(train, "trainingStatus") == "Epoch 3 of 9"
    assert not banner.isVisible()
    click(train, "stopButton")
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")


def test_it_goes_on_from_its_row_too_and_the_banner_can_be_put_off(
    interrupted: str, train: MainWindow, script: Callable, qtbot: QtBot
) -> None:
    banner, table = find(train, QWidget, "interruptedBanner"), find(train, RunTable, "runTable")
    qtbot.waitUntil(banner.isVisible, timeout=20_000)
    click(train, "goOnLaterButton")
    assert not banner.isVisible()
    table.selectRow(0)
    button = find(train, QPushButton, "goOnWithRunButton")
    qtbot.waitUntil(button.isVisible, timeout=20_000)
    script(resumed)
    click(train, "goOnWithRunButton")
    qtbot.waitUntil(lambda: text(train, "trainingStatus") == "Epoch 3 of 9", timeout=20_000)
    click(train, "stopButton")
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")
    assert not banner.isVisible()


def test_data_that_has_changed_is_said(interrupted: str, train: MainWindow, qtbot: QtBot, digits: Dataset) -> None:
    path = train.session.profile.runs / interrupted / "run.json"
    path.write_text(path.read_text().replace('"fingerprint": "', '"fingerprint": "x'))
    qtbot.waitUntil(find(train, QWidget, "interruptedBanner").isVisible, timeout=20_000)
    click(train, "goOnButton")
    qtbot.waitUntil(find(train, QWidget, "problemBanner").isVisible, timeout=60_000)
    assert text(train, "problemText") == "The run cannot go on: the data has changed since"
    assert train.train_page.busy_with() == ""
    qtbot.waitUntil(lambda: len(train.train_page.curves.metrics()) == 2)
    assert find(train, QWidget, "interruptedBanner").isVisible()


def test_a_run_that_has_nothing_to_go_on_with_is_not_offered(
    profile: Profile, digits: Dataset, train: MainWindow, qtbot: QtBot
) -> None:
    with RunFolder(profile, TrainingConfig(epochs=9), digits):
        pass
    click(train, "drawPageButton", QToolButton)
    click(train, "trainPageButton", QToolButton)
    table = find(train, RunTable, "runTable")
    qtbot.waitUntil(lambda: table.rowCount() == 1, timeout=20_000)
    assert not find(train, QWidget, "interruptedBanner").isVisible()


# What each epoch says


class Judged(Rehearsal):
    """Tells what the network says of ten samples after each of two epochs, the second when the test lets it go."""

    def __init__(self, data: Dataset, fails: bool = False) -> None:
        super().__init__()
        self._truth = data.labels[:10].astype(np.int64)
        self._fails = fails
        self.may_end = False

    def _epoch(self, epoch: int, wrong: int) -> EpochJudged:
        predicted = self._truth.copy()
        predicted[:wrong] = (predicted[:wrong] + 1) % 10
        return EpochJudged(epoch, np.arange(10), self._truth, predicted, np.full(10, 0.5, np.float32))

    def __call__(self, on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        on_event(RunBegan("run", 5, 1293, 10, 360, 40, 101770))
        on_event(self._epoch(1, 4))
        self.go_on.wait(60)
        on_event(self._epoch(2, 1))
        wait_for_stop(token)
        if self._fails:
            raise RecognizerError("The disk is full")
        return RunCancelled("run")


def test_each_epochs_answers_are_shown_where_the_final_ones_will_be(
    train: MainWindow, script: Callable, qtbot: QtBot, digits: Dataset
) -> None:
    run = Judged(digits)
    script(run)
    click(train, "trainButton")
    page = train.train_page
    results = page.results
    qtbot.waitUntil(lambda: results.matrix.matrix() is not None, timeout=20_000)
    assert text(train, "epochNote") == "After epoch 1 of 5: 60.0\u00a0% of 10 validation samples"
    assert find(train, QWidget, "epochNote").isVisible()
    assert text(train, "misreadHeading") == "Read wrong (4)"
    assert len(results.strip.samples()) == 4
    assert results.report.report().n == 10
    cell = (int(digits.labels[0]), int(digits.labels[0] + 1) % 10)
    results.matrix.set_selected(cell)
    run.go_on.set()
    qtbot.waitUntil(lambda: text(train, "epochNote").startswith("After epoch 2 of 5: 90.0\u00a0%"))
    assert results.matrix.selected() == cell
    click(train, "stopButton")
    qtbot.waitUntil(lambda: page.busy_with() == "")
    assert results.matrix.matrix() is None
    assert not find(train, QWidget, "epochNote").isVisible()


def test_another_run_can_be_looked_at_meanwhile(
    train: MainWindow, script: Callable, qtbot: QtBot, digits: Dataset
) -> None:
    with RunFolder(train.session.profile, TrainingConfig(epochs=1), digits) as old:
        old.finish("failed", message="no")
    run = Judged(digits)
    script(run)
    click(train, "trainButton")
    table, results = find(train, RunTable, "runTable"), train.train_page.results
    qtbot.waitUntil(lambda: results.matrix.matrix() is not None, timeout=20_000)
    qtbot.waitUntil(lambda: table.rowCount() == 1)
    table.selectRow(0)
    qtbot.waitUntil(lambda: results.matrix.matrix() is None)
    run.go_on.set()
    live = train.train_page._viewer.live
    qtbot.waitUntil(lambda: live._newest.epoch == 2 and not live._timer.isActive())
    assert results.matrix.matrix() is None
    click(train, "stopButton")
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")


def test_the_window_and_its_train_page_need_no_tensorflow(profile: Profile) -> None:
    code = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from recognizer.gui.app import create_window
application = QApplication([])
window = create_window(Path({str(profile.root)!r}))
window._bar.setCurrentIndex(3)
page = window.train_page
page.panel.preset.use(({{"type": "flatten"}}, {{"type": "dense", "units": 0, "activation": "softmax"}}))
page.panel.layersRequested.emit()
page.panel.amountsRequested.emit()
application.processEvents()
print([name for name in ("tensorflow", "keras") if name in sys.modules])
window.session.stop_threads(60000)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stderr
