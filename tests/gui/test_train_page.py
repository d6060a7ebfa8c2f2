"""The Train page in the real window: the form, a run from start to end, stopping, failing, and runs of the past."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from train_hand import LEFT, FakeTrainer, Rehearsal, choose, click, find, text

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui.app import create_window
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.widgets.training_panel import TrainingPanel
from recognizer.gui.widgets.training_progress import percent_words, time_words
from recognizer.gui.workers import training_worker
from recognizer.gui.workers.training_worker import TrainingWorker
from recognizer.library import uci
from recognizer.library.dataset import Dataset, Split
from recognizer.training.config import TrainingConfig
from recognizer.training.events import (
    BatchProgress,
    EpochEnded,
    EpochMetrics,
    EventCallback,
    RunBegan,
    RunCancelled,
    RunEnded,
    StageBegan,
)
from recognizer.training.runs import RunFolder

# The form


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    made = TrainingPanel()
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_form_gives_what_it_shows(panel: TrainingPanel, qtbot: QtBot) -> None:
    choose(panel, "trainDatasetChooser", "uci-digits")
    choose(panel, "presetChooser", "cnn")
    assert (panel.epochs.value(), panel.batch_size.value()) == (5, 32)
    choose(panel, "optimizerChooser", "sgd")
    find(panel, QSpinBox, "epochsInput").setValue(3)
    find(panel, QSpinBox, "batchSizeInput").setValue(64)
    find(panel, QSpinBox, "seedInput").setValue(7)
    find(panel, QSpinBox, "validationInput").setValue(20)
    find(panel, QLineEdit, "learningRateInput").setText("1e-2")
    with qtbot.waitSignal(panel.startRequested) as started:
        click(panel, "trainButton")
    assert started.args == ["uci-digits", TrainingConfig("cnn", 3, 64, 0.01, "sgd", 7, 0.2)]


def test_choosing_a_preset_sets_its_usual_epochs(panel: TrainingPanel) -> None:
    choose(panel, "presetChooser", "cnn")
    assert panel.epochs.value() == 5
    choose(panel, "presetChooser", "dense")
    assert panel.epochs.value() == 10


def test_the_form_says_how_the_samples_are_divided(panel: TrainingPanel) -> None:
    choose(panel, "trainDatasetChooser", "mnist")
    assert text(panel, "splitSummary") == "54,000 train · 6,000 validation · 10,000 test"
    panel.validation.setValue(0)
    panel.set_needs_download(True)
    assert text(panel, "splitSummary").startswith("60,000 train · 0 validation · 10,000 test\nNot on this computer")


@pytest.mark.parametrize("rate", ["nan", "inf", "-0.1", "0", "11", "fast", ""])
def test_a_wrong_learning_rate_is_refused_at_the_field(panel: TrainingPanel, qtbot: QtBot, rate: str) -> None:
    field = find(panel, QLineEdit, "learningRateInput")
    field.setText(rate)
    with qtbot.assertNotEmitted(panel.startRequested):
        click(panel, "trainButton")
    message = find(panel, QLabel, "trainingFormMessage")
    assert message.isVisible()
    assert message.text().startswith("The training setting is out of range: learning_rate = ")
    assert message.text().endswith("Enter a number from 1e-07 to 10.")
    assert field.property("state") == "wrong"
    field.clear()
    QTest.keyClicks(field, "0.01")
    assert not message.isVisible()
    assert field.property("state") == ""


def test_while_a_run_goes_on_the_form_is_for_the_next_one(panel: TrainingPanel, qtbot: QtBot) -> None:
    assert not panel.buttons.queue.isVisible()
    panel.set_running(True)
    assert not panel.start_button.isEnabled()
    panel.epochs.setValue(4)
    assert panel.stop_button.isEnabled()
    with qtbot.waitSignal(panel.startRequested) as wanted:
        click(panel, "queueButton")
    assert wanted.args[1].epochs == 4
    panel.buttons.set_room(False)
    assert not panel.buttons.queue.isEnabled()
    assert "Two runs wait" in panel.buttons.queue.toolTip()
    panel.set_running(True, is_stopping=True)
    assert panel.stop_button.text() == "Stopping…"
    assert not panel.stop_button.isEnabled()
    panel.set_running(False)
    assert panel.start_button.isEnabled()
    assert not panel.stop_button.isEnabled()


def test_every_field_has_a_caption_a_tooltip_and_a_name(panel: TrainingPanel) -> None:
    for field in panel._captions:
        assert field.toolTip()
        assert field.accessibleName() == panel._captions[field].text() != ""
        assert panel._captions[field].buddy() is field
        assert field.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (14, "14 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (float("inf"), "…")]
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert time_words(seconds) == words


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert [percent_words(share) for share in (0.9996, 1.0, 0.978, 0.0)] == ["99.9 %", "100.0 %", "97.8 %", "0.0 %"]


# The worker


class Listener(QObject):
    """Notes what a worker signals, and in which thread."""

    def __init__(self, worker: TrainingWorker) -> None:
        super().__init__()
        self.heard: list[object] = []
        self.threads: set[QThread] = set()
        for signal in (worker.happened, worker.ended, worker.failed):
            signal.connect(self.note)
        worker.cancelled.connect(self.note_cancelled)

    def note(self, event: object) -> None:
        self.heard.append(event)
        self.threads.add(QThread.currentThread())

    def note_cancelled(self) -> None:
        self.note("cancelled")


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


def heard_from(qtbot: QtBot, profile: Profile, data: Dataset) -> Listener:
    worker = TrainingWorker(profile, TrainingConfig(), data)
    listener = Listener(worker)
    with qtbot.waitSignal(worker.finished):
        worker.start()
    qtbot.waitUntil(lambda: bool(listener.heard))
    worker.wait()
    return listener


def test_events_arrive_in_order_on_the_main_thread(
    script: Callable, qtbot: QtBot, profile: Profile, digits: Dataset
) -> None:
    events = [StageBegan("a"), RunBegan("r", 1, 2, 3, 4, 5, 6), BatchProgress(1, 1, 2, 0.5, 0.5, 1.0, 1.0)]

    def fit(on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        for event in events:
            on_event(event)
        on_event(RunCancelled("r"))
        return RunCancelled("r")

    script(fit)
    listener = heard_from(qtbot, profile, digits)
    assert listener.heard == [*events, "cancelled"]
    assert listener.threads == {listener.thread()}


def test_each_way_of_failing_is_told_once(script: Callable, qtbot: QtBot, profile: Profile, digits: Dataset) -> None:
    own = RecognizerError("The disk is full")

    def raises(error: Exception) -> Callable:
        def fit(on_event: EventCallback, token: CancellationToken) -> RunEnded:
            raise error

        return fit

    script(raises(own))
    assert heard_from(qtbot, profile, digits).heard == [own]
    script(raises(Cancelled()))
    assert heard_from(qtbot, profile, digits).heard == ["cancelled"]
    script(raises(KeyError("layer")))
    (error,) = heard_from(qtbot, profile, digits).heard
    assert isinstance(error, RecognizerError)
    assert error.where == "KeyError: 'layer'"


# The page with a trainer that waits for the test


@pytest.fixture
def train(window: MainWindow) -> Iterator[MainWindow]:
    """The window, open on the Train page with the UCI digits chosen."""
    click(window, "trainPageButton", QToolButton)
    choose(window, "trainDatasetChooser", "uci-digits")
    return window


def test_progress_is_said_in_words_and_the_window_knows_that_it_is_busy(
    train: MainWindow, script: Callable, qtbot: QtBot
) -> None:
    rehearsal = Rehearsal()
    script(rehearsal)
    page = train.train_page
    assert page.busy_with() == ""
    click(train, "trainButton")
    assert not find(train, QPushButton, "trainButton").isEnabled()
    qtbot.waitUntil(lambda: "batch" in text(train, "trainingStatus"))
    assert text(train, "trainingStatus") == "Epoch 2 of 5 · batch 1,204 of 1,688"
    assert text(train, "trainingDetail") == "about 14 s left · 5,480 samples/s"
    assert page.progress.bar.value() == round(1000 * (1 + 1204 / 1688) / 5)
    assert page.busy_with() == "A model is being trained: epoch 2 of 5."
    assert page.curves.points("accuracy", "validation") == [(1.0, 80.0)]
    assert page.curves.points("loss", "live")[-1] == (pytest.approx(1 + 1204 / 1688), 0.5)

    click(train, "stopButton")
    assert find(train, QPushButton, "stopButton").text() == "Stopping…"
    assert text(train, "trainingStatus") == "Stopping…"
    qtbot.waitUntil(lambda: page.busy_with() == "")
    assert rehearsal.was_cancelled
    assert find(train, QPushButton, "trainButton").isEnabled()
    assert not page.progress.bar.isVisible()


def test_stop_while_tensorflow_loads_gives_the_page_back_at_once(
    train: MainWindow, script: Callable, qtbot: QtBot
) -> None:
    stuck = Rehearsal(began=False, error=RecognizerError("Too late to matter"))
    script(stuck)
    click(train, "trainButton")
    qtbot.waitUntil(stuck.has_begun.is_set)
    click(train, "stopButton")
    assert train.train_page.busy_with() == ""
    assert find(train, QPushButton, "trainButton").isEnabled()

    second = Rehearsal()
    script(second)
    click(train, "trainButton")
    qtbot.waitUntil(lambda: "batch" in text(train, "trainingStatus"))
    stuck.go_on.set()
    qtbot.waitUntil(lambda: len(train.train_page.findChildren(TrainingWorker)) == 1)
    assert stuck.was_cancelled
    assert "batch" in text(train, "trainingStatus")
    assert not train.findChild(QWidget, "problemBanner").isVisible()
    second.go_on.set()
    qtbot.waitUntil(lambda: train.train_page.busy_with() == "")
    assert not second.was_cancelled


def test_a_failure_is_said_and_the_page_goes_on_working(train: MainWindow, script: Callable, qtbot: QtBot) -> None:
    failing = Rehearsal(error=RecognizerError("The training has run away", where="loss = nan"))
    script(failing)
    failing.go_on.set()
    click(train, "trainButton")
    qtbot.waitUntil(lambda: train.findChild(QWidget, "problemBanner").isVisible())
    assert text(train, "problemText") == "The training has run away"
    assert train.train_page.busy_with() == ""
    assert find(train, QPushButton, "trainButton").isEnabled()


def test_what_a_failed_run_has_left_stays_in_sight(
    train: MainWindow, script: Callable, qtbot: QtBot, digits: Dataset
) -> None:
    def fit(on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        with RunFolder(train.session.profile, TrainingConfig(epochs=5), digits) as run:
            events = (
                RunBegan(run.id, 5, 1293, 144, 360, 40, 101770),
                EpochEnded(EpochMetrics(1, 1.0, 0.6, 0.5, 0.8, 0.001, 1.0)),
            )
            for event in events:
                run.append(event)
                on_event(event)
            run.finish("failed", message="The training has run away")
        raise RecognizerError("The training has run away", where="loss = nan")

    script(fit)
    click(train, "trainButton")
    table = find(train, RunTable, "runTable")
    qtbot.waitUntil(lambda: text(train, "testBasis") == "The run failed", timeout=10_000)
    # The list of runs is read by another thread.
    qtbot.waitUntil(lambda: table.chosen() != "", timeout=10_000)
    assert train.train_page.curves.points("accuracy", "validation") == [(1.0, 80.0)]
    assert text(train, "problemText") == "The training has run away"


def test_a_run_without_its_predictions_still_shows_its_report(train: MainWindow, qtbot: QtBot, digits: Dataset) -> None:
    matrix = ConfusionMatrix(np.eye(10, dtype=np.int64) * 36, digits.label_set.names)
    with RunFolder(train.session.profile, TrainingConfig(epochs=1), digits) as run:
        run.append(EpochEnded(EpochMetrics(1, 1.0, 0.6, 0.5, 0.8, 0.001, 1.0)))
        run.finish("finished", report=EvaluationReport(matrix).to_dict())
    click(train, "drawPageButton", QToolButton)
    click(train, "trainPageButton", QToolButton)
    table = find(train, RunTable, "runTable")
    qtbot.waitUntil(lambda: table.rowCount() == 1, timeout=10_000)
    table.selectRow(0)
    qtbot.waitUntil(lambda: text(train, "testAccuracy") == "100.0 %", timeout=10_000)
    assert train.findChild(QWidget, "confusionMatrix").matrix() is not None
    assert not train.findChild(QWidget, "problemBanner").isVisible()


def test_a_dataset_that_cannot_be_had_starts_nothing(
    train: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> Dataset:
        raise RecognizerError("There is no network", fix="Connect it")

    monkeypatch.setattr(uci, "load", unavailable)
    click(train, "trainButton")
    qtbot.waitUntil(lambda: train.findChild(QWidget, "problemBanner").isVisible())
    assert text(train, "problemText") == "There is no network"
    assert find(train, QPushButton, "trainButton").isEnabled()
    assert train.train_page.findChildren(TrainingWorker) == []


# A real run


def cells(table: QWidget) -> list[list[str]]:
    model = table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def test_a_real_run_from_start_to_the_draw_page_and_again_after_a_restart(
    train: MainWindow, qtbot: QtBot, profile: Profile, digits: Dataset
) -> None:
    page = train.train_page
    choose(train, "presetChooser", "dense")
    find(train, QSpinBox, "epochsInput").setValue(2)
    with qtbot.waitSignal(train.session.models_changed, timeout=120_000) as changed:
        click(train, "trainButton")
    qtbot.waitUntil(lambda: len(page.results.strip.samples()) > 0, timeout=20_000)
    qtbot.waitUntil(lambda: page.results.report.report() is not None)

    report = page.results.report.report()
    assert report.n == 360
    assert report.accuracy > 0.7
    assert text(train, "testAccuracy") == percent_words(report.accuracy)
    assert text(train, "testBasis") == "of 360 test samples read rightly"
    assert np.array_equal(page.results.matrix.matrix().counts, report.confusion.counts)
    assert [metrics.epoch for metrics in page.curves.metrics()] == [1, 2]
    assert len(cells(find(train, QWidget, "classReport"))) == 12
    assert " to " in text(train, "accuracyInterval")
    assert page.figures.calibration.view.item_count() > 0
    assert text(train, "secondGuessText").startswith("Top-2: for ")
    wrong = int(360 - np.trace(report.confusion.counts))
    assert text(train, "misreadHeading") == f"Read wrong ({wrong})"
    confidences = [sample.confidence for sample in page.results.strip.samples()]
    assert confidences == sorted(confidences, reverse=True)
    table = find(train, RunTable, "runTable")
    qtbot.waitUntil(lambda: [row[-2] for row in cells(table)] == ["finished"])
    row = cells(table)[0]
    assert row[:7] == ["dense", "UCI digits", "2", "32", "0.001", "Adam", percent_words(report.accuracy)]

    # A cell shows its samples, in the strip and in the Library.
    errors = report.confusion.counts * (1 - np.eye(10, dtype=np.int64))
    actual, predicted = (int(index) for index in np.unravel_index(errors.argmax(), errors.shape))
    matrix = page.results.matrix
    QTest.mouseClick(matrix, LEFT, pos=matrix.cell_rect(actual, predicted).center().toPoint())
    positions = page.results.positions()
    assert len(positions) == errors.max()
    assert set(digits.labels[positions]) == {actual}
    assert set(positions) <= set(digits.indices((Split.TEST,)))
    with qtbot.waitSignal(train.session.samples_requested) as asked:
        click(train, "openInLibraryButton")
    assert asked.args[0] == "uci-digits"
    assert list(asked.args[1]) == list(positions)
    assert asked.args[2] == f"{actual} read as {predicted}"
    click(train, "trainPageButton", QToolButton)
    click(train, "allMisreadButton")
    assert len(page.results.positions()) == wrong

    # The model is on the Draw page at once.
    chooser = find(train, QComboBox, "modelChooser")
    assert chooser.findData(changed.args[0]) >= 0
    with qtbot.waitSignal(train.session.model_chosen) as chosen:
        click(train, "drawWithModelButton")
    assert chosen.args == changed.args

    # After a restart the run shows what it showed.
    again = create_window(profile.root)
    qtbot.addWidget(again)
    again.resize(1280, 800)
    again.show()
    click(again, "trainPageButton", QToolButton)
    table = find(again, RunTable, "runTable")
    qtbot.waitUntil(lambda: table.rowCount() == 1)
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(0, 0)).center())
    restored = again.train_page
    qtbot.waitUntil(lambda: len(restored.results.strip.samples()) > 0, timeout=20_000)
    assert np.array_equal(restored.results.matrix.matrix().counts, report.confusion.counts)
    assert restored.curves.metrics() == page.curves.metrics()
    assert text(again, "testAccuracy") == percent_words(report.accuracy)
    assert find(again, QComboBox, "modelChooser").findData(changed.args[0]) >= 0
    assert again.session.stop_threads(60_000)


def test_an_interrupted_run_says_so_and_shows_its_curves(
    window: MainWindow, qtbot: QtBot, profile: Profile, digits: Dataset
) -> None:
    with RunFolder(profile, TrainingConfig(epochs=9), digits) as run:
        run.append(EpochEnded(EpochMetrics(1, 1.0, 0.6, 0.5, 0.8, 0.001, 1.0)))
    click(window, "trainPageButton", QToolButton)
    table = find(window, RunTable, "runTable")
    qtbot.waitUntil(lambda: table.rowCount() == 1)
    row = cells(table)[0]
    assert (row[2], row[6], row[9]) == ("1 / 9", "–", "interrupted")
    table.selectRow(0)
    page = window.train_page
    qtbot.waitUntil(lambda: len(page.curves.metrics()) == 1)
    assert text(window, "testBasis") == "The run was interrupted: the program ended before it did"
    assert page.results.matrix.matrix() is None
    assert not find(window, QPushButton, "drawWithModelButton").isVisible()
