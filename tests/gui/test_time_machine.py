"""The time machine in the real window: one slider moves curves, matrix, samples, filters and the reading of the ink."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from epochs_hand import EPOCHS, JUDGED, judged, metrics, weights, write_run
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from train_hand import LEFT, FakeTrainer, choose, click, find, text

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile
from recognizer.base.settings import Settings
from recognizer.gui import theme
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.train import TrainPage
from recognizer.gui.session import Session
from recognizer.gui.workers import training_worker
from recognizer.library import uci
from recognizer.library.dataset import Dataset
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder
from recognizer.training.config import TrainingConfig
from recognizer.training.events import (
    CheckpointSaved,
    EpochEnded,
    EventCallback,
    RunBegan,
    RunCancelled,
)
from recognizer.training.lookback import Lookback
from recognizer.training.runs import RunFolder

NONE = Qt.KeyboardModifier.NoModifier
HOME, END, RIGHT, BACK = Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Left


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return uci.load()


@pytest.fixture
def train(qtbot: QtBot, profile: Profile, digits: Dataset) -> Iterator[TrainPage]:
    """The Train page alone, which knows the digits and has one of them as ink."""
    theme.set_up(QApplication.instance(), "light")
    session = Session(profile, Settings(profile))
    session._datasets["uci-digits"] = digits
    session.set_ink(digits.images[7])
    page = TrainPage(session)
    qtbot.addWidget(page)
    page.resize(1170, 800)
    page.show()
    page.shown()
    yield page
    assert session.stop_threads(60_000)


def show(page: TrainPage, qtbot: QtBot, run_id: str) -> TrainPage:
    """Show a run, with the pictures of the samples that it was judged on."""
    page.show_run(run_id)
    qtbot.waitUntil(lambda: len(page.results.strip.samples()) > 0, timeout=20_000)
    return page


def slider(window: QWidget) -> QSlider:
    return find(window, QSlider, "epochSlider")


def note(window: QWidget) -> str:
    label = find(window, QWidget, "epochNote")
    return text(window, "epochNote") if label.isVisible() else ""


def wrong(page: TrainPage) -> int:
    counts = page.results.matrix.matrix().counts
    return int(counts.sum() - np.trace(counts))


def test_the_slider_moves_everything_together(
    window: MainWindow, qtbot: QtBot, digits: Dataset, draw: Callable, strokes: dict
) -> None:
    draw(strokes["7"])
    ink = window.session.ink_picture
    click(window, "trainPageButton", QToolButton)
    page = show(window.train_page, qtbot, write_run(window.session.profile, digits))
    results, curves = page.results, page.curves
    assert (text(window, "epochText"), text(window, "epochDetail")) == ("Result: epoch 4", "the best")
    assert (note(window), wrong(page), curves.marked()) == ("", 2, 4)
    click(window, "insideButton")
    qtbot.waitUntil(lambda: text(window, "insideAnswer").startswith("Read as 4"))

    for key, epoch in ((HOME, 1), (RIGHT, 2), (BACK, 1), (RIGHT, 2), (RIGHT, 3)):
        QTest.keyClick(slider(window), key)
        qtbot.waitUntil(lambda epoch=epoch: note(window).startswith(f"After epoch {epoch} of 5: "))
        qtbot.waitUntil(lambda epoch=epoch: text(window, "insideAnswer").startswith(f"Read as {epoch}: "))
        assert text(window, "epochText") == f"Epoch {epoch} of 5"
        assert text(window, "epochDetail") == "best: 4"
        assert curves.marked() == epoch
        assert (wrong(page), len(results.strip.samples())) == (10 - epoch, 10 - epoch)
        assert results.report.report() is not None
        look = results.inside.look()
        assert look.epoch == epoch
        np.testing.assert_array_equal(look.filters[3].ravel(), weights("dense", epoch)[0][:, 3])
    assert note(window) == "After epoch 3 of 5: 82.5\u00a0% of 40 validation samples"

    QTest.keyClick(slider(window), END)
    qtbot.waitUntil(lambda: text(window, "insideAnswer").startswith("Read as 4: "))
    assert (note(window), wrong(page), curves.marked()) == ("", 2, 4)
    qtbot.waitUntil(lambda: len(results.strip.samples()) == 2)
    np.testing.assert_array_equal(find(window, QWidget, "insideInk").image(), ink)

    click(window, "drawPageButton", QToolButton)
    window.draw_page.canvas.clear()
    assert window.session.ink_picture is None
    click(window, "trainPageButton", QToolButton)
    # A sample that was read wrong takes its place.
    qtbot.waitUntil(lambda: "your own ink" in text(window, "insideWords"))
    sample = results.strip.samples()[0].picture
    np.testing.assert_array_equal(find(window, QWidget, "insideInk").image(), sample)


def test_a_click_on_a_curve_goes_there_and_it_plays(train: TrainPage, qtbot: QtBot, digits: Dataset) -> None:
    page = show(train, qtbot, write_run(train._session.profile, digits))
    card = page.curves._loss
    QTest.mouseClick(card, LEFT, pos=card.place_of(2.2).toPoint() - QPoint(0, 20))
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 2 of 5: "))
    assert slider(train).value() == 1
    assert len(page.results.strip.samples()) == 8

    QTest.keyClick(slider(train), END)
    page.epochs._timer.setInterval(1)
    seen: list[int] = []
    page.epochs.chosen.connect(seen.append)
    click(train, "playEpochsButton", QToolButton)
    qtbot.waitUntil(lambda: not find(train, QToolButton, "playEpochsButton").isChecked())
    assert seen == [1, 2, 3, 4, 5, 0]
    qtbot.waitUntil(lambda: page.machine._task is None)
    click(train, "epochBackButton", QToolButton)
    assert text(train, "epochText") == "Epoch 5 of 5"
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 5 of 5: "))


def test_a_filter_shows_what_it_finds(train: TrainPage, qtbot: QtBot, digits: Dataset) -> None:
    run_id = write_run(train._session.profile, digits, "conv")
    page = show(train, qtbot, run_id)
    click(train, "insideButton")
    qtbot.waitUntil(lambda: page.results.inside.look() is not None)
    grid, finding = page.results.inside.filters, find(train, QWidget, "filterFinding")
    look = Lookback(train._session.profile.runs / run_id).look(4, train._session.ink_picture)
    assert (grid.count(), look.found.shape) == (4, (4, 26, 26))
    assert text(train, "insideWords").startswith("4 filters of 3 × 3 pixels")
    QTest.mouseClick(grid, LEFT, pos=grid.filter_rect(2).center().toPoint())
    np.testing.assert_array_equal(finding.values(), look.found[2])
    assert text(train, "filterWords") == "filter 3"
    QTest.keyClick(grid, HOME)
    np.testing.assert_array_equal(finding.values(), look.found[0])
    # The mouse looks without choosing. Sent, for the screen of the tests may be smaller than the page.
    there, none = grid.filter_rect(3).center(), Qt.MouseButton.NoButton
    moved = QMouseEvent(QEvent.Type.MouseMove, there, grid.mapToGlobal(there), none, none, NONE)
    QApplication.sendEvent(grid, moved)
    assert grid.current() == 3
    np.testing.assert_array_equal(finding.values(), look.found[3])
    page.grab()
    QApplication.sendEvent(grid, QEvent(QEvent.Type.Leave))
    np.testing.assert_array_equal(finding.values(), look.found[0])


def test_of_many_units_the_strongest_are_shown_and_stay_in_their_places(
    train: TrainPage, qtbot: QtBot, digits: Dataset
) -> None:
    page = show(train, qtbot, write_run(train._session.profile, digits))
    click(train, "insideButton")
    grid = page.results.inside.filters
    qtbot.waitUntil(lambda: grid.count() == 64)
    norms = np.linalg.norm(weights("dense", 4)[0], axis=0)
    assert list(grid.shown()) == list(np.argsort(-norms)[:64])
    assert text(train, "insideWords").startswith("64 of 70 units")
    before = list(grid.shown())
    QTest.keyClick(slider(train), HOME)
    qtbot.waitUntil(lambda: page.results.inside.look().epoch == 1)
    assert list(grid.shown()) == before


def test_runs_that_lack_something(train: TrainPage, qtbot: QtBot, digits: Dataset) -> None:
    profile = train._session.profile
    assert not slider(train).isVisible()
    assert text(train, "epochDetail") == "The slider goes back through the epochs of a run"

    # Interrupted: its last epoch stands for its result.
    page = show(train, qtbot, write_run(profile, digits, ends=False))
    assert note(train).startswith("After epoch 5 of 5: ")
    assert slider(train).maximum() == 4
    QTest.keyClick(slider(train), BACK)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 4 of 5: "))
    assert wrong(page) == 6

    # Without its weights: the matrix alone.
    show(train, qtbot, write_run(profile, digits, keeps=False))
    qtbot.waitUntil(lambda: wrong(page) == 2)
    click(train, "insideButton")
    QTest.keyClick(slider(train), HOME)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 1 of 5: "))
    assert text(train, "insideHint").startswith("The weights of this run are not kept")
    assert wrong(page) == 9

    # Damaged: said, and the next epoch works.
    run_id = write_run(profile, digits)
    (profile.runs / run_id / "checkpoint-0001.npz").write_bytes(b"PK")
    show(train, qtbot, run_id)
    qtbot.waitUntil(lambda: wrong(page) == 2)
    QTest.keyClick(slider(train), HOME)
    qtbot.waitUntil(lambda: text(train, "insideHint").startswith("The checkpoint is damaged"))
    assert page.results.matrix.matrix() is None
    QTest.keyClick(slider(train), RIGHT)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 2 of 5: "))
    assert page.results.inside.look().epoch == 2

    # Ended before its first epoch.
    with RunFolder(profile, TrainingConfig(epochs=2), digits) as run:
        run.finish("failed", message="no")
    page.show_run(run.id)
    qtbot.waitUntil(lambda: text(train, "epochDetail") == "This run has no epochs to go back through")
    assert not slider(train).isVisible()
    assert note(train) == ""


class Going:
    """A run that goes on by one epoch each time that the test lets it."""

    def __init__(self, data: Dataset, profile: Profile) -> None:
        self._data, self._profile = data, profile
        self.wanted = 0

    def __call__(self, on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        with RunFolder(self._profile, TrainingConfig("dense", EPOCHS), self._data) as run:
            checkpoints = CheckpointFolder(run.path, EPOCHS)
            on_event(RunBegan(run.id, EPOCHS, 1293, JUDGED, 360, 40, 101770))
            done = 0
            while not token.is_cancelled:
                if done < self.wanted:
                    done += 1
                    run.append(answers := judged(self._data, done))
                    on_event(answers)
                    on_event(EpochEnded(metrics(done)))
                    checkpoints.save(Checkpoint(done, weights("dense", done)), is_best=True)
                    on_event(CheckpointSaved(done, True))
            return RunCancelled(run.id)


def test_a_run_that_goes_on_is_followed_and_gone_back_through(
    train: TrainPage, qtbot: QtBot, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = Going(digits, train._session.profile)
    monkeypatch.setattr(training_worker, "Trainer", FakeTrainer)
    monkeypatch.setattr(FakeTrainer, "script", staticmethod(going), raising=False)
    choose(train, "trainDatasetChooser", "uci-digits")
    page = train
    click(train, "insideButton")
    click(train, "trainButton")
    going.wanted = 2
    qtbot.waitUntil(lambda: text(train, "epochText") == "Epoch 2 of 5", timeout=20_000)
    assert text(train, "epochDetail") == "the newest"
    assert page.curves.marked() is None
    qtbot.waitUntil(lambda: text(train, "insideAnswer").startswith("Read as 2: "))
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 2 of 5: "))

    QTest.keyClick(slider(train), BACK)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 1 of 5: "))
    qtbot.waitUntil(lambda: text(train, "insideAnswer").startswith("Read as 1: "))
    going.wanted = 4
    qtbot.waitUntil(lambda: slider(train).maximum() == 3)
    assert (slider(train).value(), page.curves.marked()) == (0, 1)
    qtbot.waitUntil(lambda: not page._viewer.live._timer.isActive())
    assert note(train).startswith("After epoch 1 of 5: ")

    QTest.keyClick(slider(train), END)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 4 of 5: "))
    qtbot.waitUntil(lambda: text(train, "insideAnswer").startswith("Read as 4: "))
    assert page.curves.marked() is None
    click(train, "stopButton")
    qtbot.waitUntil(lambda: page.busy_with() == "")
    assert not slider(train).isVisible()
    assert page.results.matrix.matrix() is None


def test_another_run_can_be_gone_back_through_meanwhile(
    train: TrainPage, qtbot: QtBot, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_run(train._session.profile, digits)
    going = Going(digits, train._session.profile)
    monkeypatch.setattr(training_worker, "Trainer", FakeTrainer)
    monkeypatch.setattr(FakeTrainer, "script", staticmethod(going), raising=False)
    choose(train, "trainDatasetChooser", "uci-digits")
    click(train, "trainButton")
    going.wanted = 2
    qtbot.waitUntil(lambda: text(train, "epochText") == "Epoch 2 of 5", timeout=20_000)
    QTest.keyClick(slider(train), HOME)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 1 of 5: "))

    train.show_run(old)
    qtbot.waitUntil(lambda: text(train, "epochText") == "Result: epoch 4")
    # The curves stay those of the run that goes on.
    assert train.curves.marked() is None
    QTest.keyClick(slider(train), HOME)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 1 of 5: ") and wrong(train) == 9)
    going.wanted = 3
    qtbot.waitUntil(lambda: len(train.curves.metrics()) == 3)
    assert slider(train).maximum() == 5

    train.show_run(train._viewer.live.run_id)
    qtbot.waitUntil(lambda: note(train).startswith("After epoch 3 of 5: "))
    assert (text(train, "epochText"), text(train, "epochDetail")) == ("Epoch 3 of 5", "the newest")
    click(train, "stopButton")
    qtbot.waitUntil(lambda: train.busy_with() == "")
