"""Below a run's results on the Train page: its figures and the samples behind them, and worse and worse pictures."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from train_hand import LEFT, choose, click, find, text

from recognizer.base.paths import Profile
from recognizer.base.settings import Settings
from recognizer.evaluation.calibration import CalibrationCurve, calibration_curve
from recognizer.evaluation.figures import BINS, wilson_interval
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.evaluation.robustness import FAMILIES, RobustnessRow, RobustnessTable
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.stored_run import are_samples_in, read_stored
from recognizer.gui.session import Session
from recognizer.gui.widgets import robustness_card
from recognizer.gui.widgets.calibration_view import CalibrationView
from recognizer.gui.widgets.class_report import ClassReport
from recognizer.gui.widgets.figures_card import calibration_words
from recognizer.gui.widgets.picked_view import PickedView
from recognizer.gui.widgets.robustness_card import Judged, RobustnessCard
from recognizer.inference.registry import ModelRegistry
from recognizer.library import uci
from recognizer.library.dataset import Dataset, LabelSet, Split
from recognizer.training.config import TrainingConfig
from recognizer.training.run_robustness import RunRobustness, read_robustness
from recognizer.training.runs import Predictions, RunFolder

N = 60


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return uci.load()


Finish = Callable[..., str]


@pytest.fixture
def finish(profile: Profile, digits: Dataset) -> Finish:
    """Leaves a run that was judged on the first test samples: every sixth is wrong, every twelfth at the second guess
    right."""

    def finish(*, model: str = "", has_guesses: bool = True, judged_on: str = "test") -> str:
        indices = digits.indices((Split.TEST,))[:N]
        truth, rows = digits.labels[indices], np.arange(N)
        probabilities = np.full((N, 10), 0.005, np.float32)
        probabilities[rows, truth] = np.where(rows < 30, 0.95, 0.85)
        probabilities[::6] = 0.01
        probabilities[rows[::6], (truth[::6] + 1) % 10] = 0.55 + 0.04 * np.arange(10)
        probabilities[rows[::12], truth[::12]] = 0.2
        predicted = probabilities.argmax(axis=1)
        report = EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, digits.label_set.names))
        with RunFolder(profile, TrainingConfig(), digits) as run:
            run.save_predictions(
                Predictions(indices, truth, predicted, probabilities.max(axis=1)),
                probabilities if has_guesses else None,
            )
            results = {"accuracy": report.accuracy, "report": report.to_dict(), "judged_on": judged_on}
            run.finish("finished", model_id=model, **results)
        return run.id

    return finish


@pytest.fixture
def shipped(profile: Profile) -> str:
    """The id of the model that comes with the program: it stands for the run's."""
    records = [record.id for record in ModelRegistry(profile).list() if record.is_shipped]
    if not records:
        pytest.skip("no model comes with the program")
    return records[0]


def show(window: MainWindow, qtbot: QtBot, run_id: str) -> None:
    page = window.train_page
    page.show_run(run_id)

    def is_shown() -> bool:
        judged = page.figures.robustness.judged()
        has_samples = len(page.results.strip.samples()) > 0 and page.results.report.report() is not None
        return judged is not None and judged.folder.name == run_id and has_samples

    qtbot.waitUntil(is_shown, timeout=20_000)


@pytest.fixture
def train(window: MainWindow) -> MainWindow:
    """The window, open on the Train page with the UCI digits chosen."""
    click(window, "trainPageButton", QToolButton)
    choose(window, "trainDatasetChooser", "uci-digits")
    return window


def view(window: MainWindow, name: str) -> PickedView:
    """A painted part, scrolled into sight."""
    found = find(window, PickedView, name)
    reveal(found)
    return found


def reveal(widget: QWidget) -> None:
    above = widget.parentWidget()
    while not isinstance(above, QScrollArea):
        above = above.parentWidget()
    above.ensureWidgetVisible(widget)


def place(painted: PickedView, number: int) -> QPoint:
    return painted.item_rect(number).center().toPoint()


def asked_by(window: MainWindow, qtbot: QtBot, act: Callable[[], object]) -> tuple[list[int], str]:
    """The samples that the Library is asked for when `act` is done, and what they are called."""
    with qtbot.waitSignal(window.session.samples_requested) as asked:
        act()
    name, positions, heading = asked.args
    assert name == "uci-digits"
    return list(positions), heading


# In the window


def test_the_figures_of_a_run_and_the_samples_behind_them(
    finish: Finish, train: MainWindow, qtbot: QtBot, digits: Dataset
) -> None:
    tests = digits.indices((Split.TEST,))
    show(train, qtbot, finish())
    assert text(train, "testAccuracy") == "83.3 %"
    assert text(train, "accuracyInterval") == "72.0 to 90.7 %"
    assert "60 test samples" in text(train, "testBasis")

    curve = view(train, "calibrationCurve")
    last = curve.item_count() - 1
    positions, heading = asked_by(train, qtbot, lambda: QTest.mouseClick(curve, LEFT, pos=place(curve, last)))
    assert heading == "Confidence 90 to 100 %"
    # The mistake first.
    assert positions[0] == tests[54]
    assert set(positions[1:]) == {tests[i] for i in range(30) if i % 6}
    assert train.library_page.isVisible()

    click(train, "trainPageButton", QToolButton)
    button = find(train, QPushButton, "secondGuessButton")
    reveal(button)
    positions, heading = asked_by(train, qtbot, lambda: QTest.mouseClick(button, LEFT))
    assert heading == "Right at the second guess"
    assert positions == [tests[i] for i in (48, 36, 24, 12, 0)]

    click(train, "trainPageButton", QToolButton)
    report = find(train, ClassReport, "classReport")
    reveal(report)
    where = report.visualItemRect(report.item(3, 0)).center()
    positions, heading = asked_by(train, qtbot, lambda: QTest.mouseClick(report.viewport(), LEFT, pos=where))
    assert heading == "Every 3"
    assert set(positions) == {int(i) for i in tests[:N] if digits.labels[i] == 3}
    is_wrong = [list(tests).index(i) % 6 == 0 for i in positions]
    assert is_wrong == sorted(is_wrong, reverse=True)

    # What older versions have kept has no second guess.
    click(train, "trainPageButton", QToolButton)
    show(train, qtbot, finish(has_guesses=False, judged_on="validation"))
    assert "60 validation samples" in text(train, "testBasis")
    assert not find(train, QWidget, "secondGuessText").isVisible()
    assert not button.isVisible()
    assert curve.item_count() == last + 1


def test_worse_pictures_are_asked_about_and_kept(
    finish: Finish, shipped: str, train: MainWindow, qtbot: QtBot, profile: Profile
) -> None:
    run_id, other = finish(model=shipped), finish()
    show(train, qtbot, run_id)
    assert text(train, "robustnessText").startswith("How much does it still read when pictures get worse? 60 of the 60")
    button = find(train, QPushButton, "testRobustnessButton")
    reveal(button)
    QTest.mouseClick(button, LEFT)
    assert find(train, QPushButton, "cancelRobustnessButton").isVisible()
    table = find(train, PickedView, "robustnessTable")
    qtbot.waitUntil(table.isVisible, timeout=60_000)
    assert not button.isVisible()
    kept = read_robustness(profile.runs / run_id)
    assert kept is not None
    assert table.item_count() == len(kept.table.rows) == sum(len(each.strengths) for each in FAMILIES.values())
    row = max(range(table.item_count()), key=lambda i: len(kept.table.rows[i].lost))
    reveal(table)
    positions, heading = asked_by(train, qtbot, lambda: QTest.mouseClick(table, LEFT, pos=place(table, row)))
    assert positions == kept.table.rows[row].lost.tolist()
    assert heading.startswith("Wrong with ")

    click(train, "trainPageButton", QToolButton)
    show(train, qtbot, other)
    assert not table.isVisible()
    assert text(train, "robustnessText") == "This run has no model that could be asked again"
    show(train, qtbot, run_id)
    assert table.isVisible()
    assert table.item_count() == len(kept.table.rows)


def test_samples_are_told_by_the_names_of_their_classes(finish: Finish, profile: Profile, digits: Dataset) -> None:
    stored = read_stored(profile, ModelRegistry(profile), finish())
    assert are_samples_in(stored, digits)
    others = replace(digits, label_set=LabelSet(tuple("x0123456789")), labels=digits.labels + 1)
    assert are_samples_in(stored, others)
    assert not are_samples_in(stored, replace(others, labels=digits.labels))
    few = slice(0, 10)
    assert not are_samples_in(
        stored, replace(digits, images=digits.images[few], labels=digits.labels[few], splits=digits.splits[few])
    )


# The cards by themselves


def curve_of(*bins: tuple[float, int, float]) -> CalibrationCurve:
    """From (confidence, how many answers, which share of them is right)."""
    parts = [(np.full(n, confidence), np.arange(n) < round(n * share)) for confidence, n, share in bins]
    confidence, is_right = (np.concatenate(each) for each in zip(*parts, strict=True))
    return calibration_curve(confidence, is_right, BINS)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (
            curve_of((0.85, 100, 0.7), (0.95, 100, 0.9)),
            "When it says 85 %, it is right 70 % of the time (100 samples). "
            "On average the two are 10.0 points apart: it is too sure of itself.",
        ),
        (
            curve_of((0.55, 100, 0.9), (0.95, 300, 0.94)),
            "When it says 55 %, it is right 90 % of the time (100 samples). "
            "On average the two are 9.5 points apart: it is right more often than it says.",
        ),
        (
            curve_of((0.75, 40, 0.75), (0.998, 9_000, 0.999)),
            "When it says 75 %, it is right 75 % of the time (40 samples). "
            "On average the two are 0.1 points apart: it can be taken at its word.",
        ),
        (
            curve_of((0.99999, 1, 1.0)),
            "When it says 99.9 %, it is right 100 % of the time (1 sample). "
            "So few samples do not tell whether it can be taken at its word.",
        ),
    ],
)
def test_the_curve_in_words(curve: CalibrationCurve, words: str) -> None:
    assert calibration_words(curve) == words


def test_the_keys_go_over_the_bars(qtbot: QtBot) -> None:
    curve = CalibrationView()
    qtbot.addWidget(curve)
    curve.show()
    QTest.keyClick(curve, Qt.Key.Key_Return)
    curve.set_curve(curve_of((0.35, 2, 0.5), (0.85, 20, 0.7), (0.95, 100, 0.9)))
    assert curve.accessibleDescription().startswith("Confidence 90 to 100 %: 100 answers, 95.0 % sure on average")
    with qtbot.assertNotEmitted(curve.picked):
        QTest.keyClick(curve, Qt.Key.Key_Right)
        QTest.keyClick(curve, Qt.Key.Key_Left)
    assert "80 to 90 %: 20 answers, 85.0 % sure on average, 70.0 % right" in curve.accessibleDescription()
    with qtbot.waitSignal(curve.picked) as picked:
        QTest.keyClick(curve, Qt.Key.Key_Space)
    assert curve.bin_number(picked.args[0]) == 8
    QTest.keyClick(curve, Qt.Key.Key_Home)
    with qtbot.waitSignal(curve.picked) as picked:
        QTest.keyClick(curve, Qt.Key.Key_Return)
    assert curve.bin_number(picked.args[0]) == 3
    # Empty bins are no bars.
    with qtbot.assertNotEmitted(curve.picked):
        QTest.mouseClick(curve, LEFT, pos=(place(curve, 0) + place(curve, 1)) / 2)


def test_a_caption_sorts_the_classes_and_enter_chooses_one(qtbot: QtBot) -> None:
    report = ClassReport()
    qtbot.addWidget(report)
    report.resize(700, 400)
    report.show()
    matrix = ConfusionMatrix(np.array([[8, 2, 0], [0, 10, 0], [3, 3, 4]]), ("a", "b", "c"))
    report.set_report(EvaluationReport(matrix))
    header = report.horizontalHeader()

    def names_by(column: int) -> str:
        where = QPoint(header.sectionPosition(column) + header.sectionSize(column) // 2, header.height() // 2)
        QTest.mouseClick(header.viewport(), LEFT, pos=where)
        return "".join(report.item(row, 0).text()[:5] + " " for row in range(report.rowCount())).strip()

    assert names_by(2) == "c a b mean  mean"
    assert names_by(2) == "b a c mean  mean"
    assert names_by(0) == "a b c mean  mean"
    assert names_by(2) == "c a b mean  mean"
    report.selectRow(0)
    with qtbot.waitSignal(report.classPicked) as picked:
        QTest.keyClick(report, Qt.Key.Key_Return)
    assert picked.args == [2]
    report.selectRow(3)
    with qtbot.assertNotEmitted(report.classPicked):
        QTest.keyClick(report, Qt.Key.Key_Return)


def made_up(lost: int) -> RunRobustness:
    """A table with three strengths of a tilt; from the last one `lost` samples are lost."""
    rows = tuple(
        RobustnessRow("tilt", 10.0 * i, "", N - gone, wilson_interval(N - gone, N), np.arange(gone), np.arange(0))
        for i, gone in ((1, 0), (2, 0), (3, lost))
    )
    return RunRobustness(RobustnessTable(N, N, rows, 0), np.zeros((28, 28), np.uint8), np.zeros((3, 28, 28), np.uint8))


class Waiting:
    """Stands for the test; goes on until it is let go or cancelled."""

    def __init__(self) -> None:
        self.go_on, self.has_begun = threading.Event(), threading.Event()
        self.was_cancelled = False

    def __call__(self, *given: object) -> RunRobustness:
        token, progress = given[-2:]
        progress(1, 21, "noise")
        self.has_begun.set()
        while not self.go_on.wait(0.005):
            self.was_cancelled = token.is_cancelled
            token.check()
        return made_up(4)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    made = Waiting()
    monkeypatch.setattr(robustness_card, "measure_run", made)
    return made


@pytest.fixture
def card(profile: Profile, qtbot: QtBot) -> Iterator[RobustnessCard]:
    """The card of worse pictures, without a window."""
    session = Session(profile, Settings(profile))
    made = RobustnessCard(session)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    yield made
    assert session.stop_threads(60_000)


@pytest.fixture
def judge(profile: Profile, digits: Dataset, shipped: str) -> Callable[[RobustnessCard, str], Judged]:
    """Shows the card a run in the folder of that name."""

    def judge(card: RobustnessCard, name: str) -> Judged:
        indices = digits.indices((Split.TEST,))[:N]
        truth = digits.labels[indices]
        predictions = Predictions(indices, truth, truth, np.ones(N, np.float32))
        judged = Judged(profile.runs / name, ModelRegistry(profile).get(shipped), predictions, None)
        card.show_run(judged)
        card.set_images(digits.images)
        return judged

    return judge


Judge = Callable[[RobustnessCard, str], Judged]


def begin(card: RobustnessCard, qtbot: QtBot, waiting: Waiting) -> None:
    click(card, "testRobustnessButton")
    qtbot.waitUntil(waiting.has_begun.is_set)


def test_the_test_can_be_cancelled(card: RobustnessCard, judge: Judge, waiting: Waiting, qtbot: QtBot) -> None:
    judge(card, "run")
    begin(card, qtbot, waiting)
    assert find(card, QWidget, "robustnessProgress").isVisible()
    assert text(card, "robustnessText") == "Asking the model about worse and worse pictures…"
    click(card, "cancelRobustnessButton")
    qtbot.waitUntil(find(card, QPushButton, "testRobustnessButton").isVisible)
    assert not find(card, QPushButton, "cancelRobustnessButton").isVisible()
    assert not card.view.isVisible()


def test_what_was_found_of_another_run_is_not_shown(
    card: RobustnessCard, judge: Judge, waiting: Waiting, qtbot: QtBot
) -> None:
    judge(card, "first")
    begin(card, qtbot, waiting)
    judge(card, "second")
    qtbot.waitUntil(lambda: waiting.was_cancelled)
    assert find(card, QPushButton, "testRobustnessButton").isVisible()
    assert not find(card, QWidget, "robustnessProgress").isVisible()
    waiting.go_on.set()
    begin(card, qtbot, waiting)
    qtbot.waitUntil(card.view.isVisible)
    QTest.keyClick(card.view, Qt.Key.Key_Home)
    # Nothing is lost by it, so there is nothing to see.
    with qtbot.assertNotEmitted(card.samplesRequested):
        QTest.keyClick(card.view, Qt.Key.Key_Return)
    QTest.keyClick(card.view, Qt.Key.Key_Right)
    QTest.keyClick(card.view, Qt.Key.Key_Right)
    assert card.view.accessibleDescription().startswith("tilt ±30°: 93.3 % read rightly")
    with qtbot.waitSignal(card.samplesRequested) as asked:
        QTest.keyClick(card.view, Qt.Key.Key_Space)
    assert list(asked.args[0]) == [0, 1, 2, 3]
    assert asked.args[1] == "Wrong with tilt ±30°, right without"


def test_a_run_that_is_deleted_meanwhile(card: RobustnessCard, judge: Judge, qtbot: QtBot) -> None:
    judged = judge(card, "gone")
    with qtbot.waitSignal(card.session.problem, timeout=60_000) as told:
        click(card, "testRobustnessButton")
    assert told.args[0].what == "There is no such run"
    assert find(card, QPushButton, "testRobustnessButton").isVisible()
    assert not judged.folder.exists()


def test_there_are_words_where_nothing_can_be_tested(card: RobustnessCard, judge: Judge) -> None:
    assert text(card, "robustnessText").startswith("When a run has ended")
    judged = judge(card, "run")
    button = find(card, QPushButton, "testRobustnessButton")
    assert button.isEnabled()
    card.set_images(None)
    assert text(card, "robustnessText").startswith("The pictures that it was judged on are not here")
    assert not button.isVisible()
    card.show_run(judged)
    assert button.isVisible()
    assert not button.isEnabled()
    card.show_run(replace(judged, model=None))
    assert text(card, "robustnessText") == "This run has no model that could be asked again"
    card.show_run(replace(judged, predictions=None))
    assert "not kept with this run any more" in text(card, "robustnessText")
    assert not button.isVisible()
