"""The Library page: loading, filtering, choosing, and what it says when something is missing."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QPushButton, QSlider, QTableView, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.base.settings import Settings
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.library import LibraryPage
from recognizer.gui.session import Session
from recognizer.gui.widgets.class_bars import ClassBars
from recognizer.gui.widgets.statistics_view import StatisticsView
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.gui.workers.sample_reader import SampleReader
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.registry import ModelRegistry
from recognizer.library import sources
from recognizer.library.dataset import Dataset

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier

Loader = Callable[[str, Profile, ProgressCallback, CancellationToken], Dataset]


def made_up(name: str = "mnist") -> Dataset:
    """200 samples: label = position modulo 10, the last 50 are for testing; one is empty."""
    images = np.zeros((200, 28, 28), np.uint8)
    images[:, 4:24, 9:18] = 200
    images[7] = 0
    positions = np.arange(200)
    splits = np.where(positions < 150, 0, 2).astype(np.uint8)
    return Dataset(name, f"Made up {name}", images, positions % 10, splits, source="a test")


class Sources:
    """Stands in for the datasets of the program; what a test changes takes effect at the next load."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.available = True
        self.load: Loader = lambda name, profile, progress, token: made_up(name)

    def load_dataset(
        self, name: str, profile: Profile, progress: ProgressCallback, token: CancellationToken
    ) -> Dataset:
        self.asked.append(name)
        return self.load(name, profile, progress, token)


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Sources:
    made = Sources()
    monkeypatch.setattr(sources, "load_dataset", made.load_dataset)
    monkeypatch.setattr("recognizer.gui.pages.library_loading.is_available", lambda name, profile: made.available)
    return made


@pytest.fixture
def session(profile: Profile, tmp_path: Path, qtbot: QtBot) -> Iterator[Session]:
    made = Session(profile, Settings(profile))
    made.registry = ModelRegistry(profile, tmp_path / "no models")
    yield made
    assert made.stop_threads(60_000)


@pytest.fixture
def page(session: Session, datasets: Sources, qtbot: QtBot) -> LibraryPage:
    """The page, not opened yet."""
    made = LibraryPage(session)
    qtbot.addWidget(made)
    made.resize(1192, 760)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    return made


@pytest.fixture
def opened(page: LibraryPage, qtbot: QtBot) -> LibraryPage:
    page.shown()
    qtbot.waitUntil(lambda: grid(page).samples.table is not None)
    return page


def find(page: QWidget, kind: type, name: str) -> QWidget:
    widget = page.findChild(kind, name)
    assert widget is not None, name
    return widget


def grid(page: LibraryPage) -> ThumbnailGrid:
    view = find(page, QTableView, "datasetView")
    assert isinstance(view, ThumbnailGrid)
    return view


def shown(page: LibraryPage) -> list[int]:
    return grid(page).samples.positions.tolist()


def text(page: LibraryPage, name: str) -> str:
    return find(page, QLabel, name).text().replace("\u00a0", " ")


def write(page: LibraryPage, line: str) -> None:
    field = find(page, QLineEdit, "datasetFilter")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(field, line) if line else QTest.keyClick(field, Qt.Key.Key_Delete)


def go_to(view: ThumbnailGrid, offset: int) -> None:
    view.selectionModel().setCurrentIndex(
        view.samples.index_at(offset), QItemSelectionModel.SelectionFlag.ClearAndSelect
    )


def click_bar(page: LibraryPage, label: str, modifier: Qt.KeyboardModifier = NONE) -> None:
    bars = find(page, ClassBars, "classBars")
    QTest.mouseClick(bars, LEFT, modifier, bars.row_centre(label))


# Loading


def test_nothing_is_loaded_before_the_page_is_opened(page: LibraryPage, datasets: Sources, qtbot: QtBot) -> None:
    assert datasets.asked == []
    chooser = find(page, QComboBox, "datasetChooser")
    assert chooser.currentData() == "mnist"
    assert chooser.currentText() == "MNIST · 70,000"
    assert [chooser.itemData(row) for row in range(chooser.count())] == list(sources.BUILT_IN)
    page.shown()
    qtbot.waitUntil(lambda: len(shown(page)) == 200)
    assert datasets.asked == ["mnist"]
    assert chooser.currentText() == "MNIST · 200"
    assert text(page, "foundCount") == "200 found"
    assert grid(page).isVisible()


def test_a_download_is_asked_for_first(page: LibraryPage, datasets: Sources, qtbot: QtBot) -> None:
    datasets.available = False
    page.shown()
    assert text(page, "datasetStateText") == "MNIST is not on this computer yet"
    assert text(page, "datasetStateHelp") == "The download takes 12 MB. It is needed once and kept in the profile."
    button = find(page, QPushButton, "datasetActionButton")
    assert button.text() == "Download"
    assert datasets.asked == []
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: len(shown(page)) == 200)
    assert datasets.asked == ["mnist"]


def test_loading_shows_progress_and_can_be_stopped(page: LibraryPage, datasets: Sources, qtbot: QtBot) -> None:
    def endless(name: str, profile: Profile, progress: ProgressCallback, token: CancellationToken) -> Dataset:
        progress(3, 12, "Downloading MNIST")
        while True:
            token.check()

    datasets.load = endless
    page.shown()
    bar = find(page, QProgressBar, "datasetProgress")
    qtbot.waitUntil(lambda: bar.value() == 3)
    assert bar.isVisible()
    assert bar.maximum() == 12
    assert text(page, "datasetStateHelp") == "Downloading MNIST · 25 %"
    QTest.mouseClick(find(page, QPushButton, "datasetCancelButton"), LEFT)
    qtbot.waitUntil(lambda: text(page, "datasetStateText") == "Loading MNIST was stopped")
    assert not bar.isVisible()
    datasets.load = lambda name, profile, progress, token: made_up(name)
    QTest.mouseClick(find(page, QPushButton, "datasetActionButton"), LEFT)
    qtbot.waitUntil(lambda: len(shown(page)) == 200)


def test_a_failure_says_what_to_do_and_can_be_tried_again(
    page: LibraryPage, session: Session, datasets: Sources, qtbot: QtBot
) -> None:
    def fail(name: str, profile: Profile, progress: ProgressCallback, token: CancellationToken) -> Dataset:
        raise RecognizerError("There is no network", where="host = example", fix="Connect to it")

    problems: list[RecognizerError] = []
    session.problem.connect(problems.append)
    datasets.load = fail
    page.shown()
    qtbot.waitUntil(lambda: text(page, "datasetStateText") == "MNIST could not be loaded")
    assert text(page, "datasetStateHelp") == "There is no network. Connect to it."
    assert [problem.where for problem in problems] == ["host = example"]
    button = find(page, QPushButton, "datasetActionButton")
    assert button.text() == "Try again"
    set_language("en")
    page.retranslate()
    assert text(page, "datasetStateHelp") == "There is no network. Connect to it."
    datasets.load = lambda name, profile, progress, token: made_up(name)
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: len(shown(page)) == 200)


def test_another_dataset_is_loaded_when_it_is_chosen(
    opened: LibraryPage, session: Session, datasets: Sources, qtbot: QtBot
) -> None:
    chooser = find(opened, QComboBox, "datasetChooser")
    write(opened, "4")
    chooser.setFocus()
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    name = chooser.currentData()
    assert name != "mnist"
    qtbot.waitUntil(lambda: grid(opened).samples.table is not None)
    assert datasets.asked == ["mnist", name]
    assert session.settings.get("dataset") == name
    assert len(shown(opened)) == 20, "the filter stays"
    chooser.setCurrentIndex(0)
    assert datasets.asked == ["mnist", name], "what is in memory is not loaded again"
    assert grid(opened).samples.table.name == "mnist"


def test_a_dataset_that_another_page_loads_is_not_shown(opened: LibraryPage, session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.dataset_loaded):
        session.request_dataset("uci-digits")
    assert grid(opened).samples.table.name == "mnist"


# Filtering


def test_the_filter_line_filters(opened: LibraryPage) -> None:
    write(opened, "label:4 split:test")
    assert shown(opened) == [154, 164, 174, 184, 194]
    assert text(opened, "foundCount") == "5 found"
    assert find(opened, ClassBars, "classBars").chosen() == ("4",)
    assert find(opened, QPushButton, "testSplitButton").isChecked()
    assert not find(opened, QPushButton, "trainSplitButton").isChecked()
    assert find(opened, ClassBars, "classBars").counts() == {str(label): 5 for label in range(10)}
    QTest.keyClick(find(opened, QLineEdit, "datasetFilter"), Qt.Key.Key_Escape)
    assert len(shown(opened)) == 200
    assert find(opened, ClassBars, "classBars").chosen() == ()


def test_what_is_not_understood_is_said_and_changes_nothing(opened: LibraryPage, qtbot: QtBot) -> None:
    problem = find(opened, QLabel, "filterProblem")
    write(opened, "7")
    find(opened, QLineEdit, "datasetFilter").setText("7 color:red")
    assert len(shown(opened)) == 20, "what was understood before stays"
    assert not problem.isVisible(), "one who still writes is not interrupted"
    QTest.keyClick(find(opened, QLineEdit, "datasetFilter"), Qt.Key.Key_Return)
    assert problem.isVisible()
    assert problem.text().startswith("“color:red” is not understood. Before a colon may stand label, split,")
    write(opened, "7 test")
    assert not problem.isVisible()
    assert shown(opened) == [157, 167, 177, 187, 197]
    write(opened, "splt:test")
    qtbot.waitUntil(problem.isVisible)
    assert find(opened, QLineEdit, "datasetFilter").property("state") == "wrong"


def test_bars_filter_and_write_the_line(opened: LibraryPage) -> None:
    field = find(opened, QLineEdit, "datasetFilter")
    click_bar(opened, "3")
    assert field.text() == "label:3"
    assert shown(opened) == list(range(3, 200, 10))
    click_bar(opened, "1", CTRL)
    assert field.text() == "label:1,3"
    click_bar(opened, "3", CTRL)
    assert field.text() == "label:1"
    click_bar(opened, "1")
    assert field.text() == ""
    assert len(shown(opened)) == 200


def test_bars_work_from_the_keyboard(opened: LibraryPage) -> None:
    bars = find(opened, ClassBars, "classBars")
    bars.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Space):
        QTest.keyClick(bars, key)
    assert find(opened, QLineEdit, "datasetFilter").text() == "label:2"
    QTest.keyClick(bars, Qt.Key.Key_End)
    QTest.keyClick(bars, Qt.Key.Key_Return, CTRL)
    assert find(opened, QLineEdit, "datasetFilter").text() == "label:2,9"
    QTest.keyClick(bars, Qt.Key.Key_Home)
    QTest.keyClick(bars, Qt.Key.Key_Up)
    QTest.keyClick(bars, Qt.Key.Key_Space)
    assert find(opened, QLineEdit, "datasetFilter").text() == "label:0"


def test_split_buttons_filter_and_write_the_line(opened: LibraryPage) -> None:
    button = find(opened, QPushButton, "testSplitButton")
    assert not find(opened, QPushButton, "validationSplitButton").isEnabled()
    QTest.mouseClick(button, LEFT)
    assert find(opened, QLineEdit, "datasetFilter").text() == "split:test"
    assert shown(opened) == list(range(150, 200))
    click_bar(opened, "9")
    assert find(opened, QLineEdit, "datasetFilter").text() == "label:9 split:test"
    QTest.mouseClick(button, LEFT)
    assert find(opened, QLineEdit, "datasetFilter").text() == "label:9"


def test_nothing_found_offers_to_show_all(opened: LibraryPage) -> None:
    write(opened, "split:validation")
    assert shown(opened) == []
    assert text(opened, "datasetStateText") == "No sample fits the filter"
    assert text(opened, "foundCount") == "0 found"
    QTest.mouseClick(find(opened, QPushButton, "datasetActionButton"), LEFT)
    assert len(shown(opened)) == 200
    assert grid(opened).isVisible()


def test_ctrl_f_and_down_go_to_the_filter_and_back(opened: LibraryPage) -> None:
    grid(opened).setFocus()
    QTest.keyClick(grid(opened), Qt.Key.Key_F, CTRL)
    field = find(opened, QLineEdit, "datasetFilter")
    assert field.hasFocus()
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert grid(opened).hasFocus()


# The chosen sample


def test_the_chosen_sample_is_shown_large_with_its_facts(opened: LibraryPage) -> None:
    view = grid(opened)
    view.setFocus()
    go_to(view, 150)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert text(opened, "sampleTitle") == "MNIST #1"
    assert text(opened, "sampleLabel") == "1"
    assert text(opened, "sampleSplit") == "test"
    assert text(opened, "sampleNumber") == "1"
    assert text(opened, "sampleInk") == "9×20 px"
    assert text(opened, "sampleSource").startswith("LeCun, Cortes and Burges")
    assert (find(opened, QWidget, "sampleView").image() == made_up().images[151]).all()
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert text(opened, "sampleTitle") == "2 selected"
    go_to(view, 7)
    assert text(opened, "sampleInk") == "none"


def test_without_a_model_the_page_says_so(opened: LibraryPage, qtbot: QtBot) -> None:
    expected = "There is no model yet. Train one on the Train page."
    qtbot.waitUntil(lambda: text(opened, "sampleAnswer") == expected)
    assert not find(opened, QLabel, "sampleModel").isVisible()


def test_the_shipped_model_reads_real_samples(
    session: Session, qtbot: QtBot, real_mnist_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOGNIZER_DATASETS", str(real_mnist_folder.parent))
    session.registry = ModelRegistry(session.profile)
    if not session.registry.list():
        pytest.fail("the program ships no model")
    page = LibraryPage(session)
    qtbot.addWidget(page)
    page.show()
    page.shown()
    qtbot.waitUntil(lambda: len(shown(page)) == 70_000, timeout=60_000)
    write(page, "label:4 split:test")
    assert len(shown(page)) == 982, "as published"
    qtbot.waitUntil(lambda: text(page, "sampleAnswer").startswith("4 · "), timeout=20_000)
    assert text(page, "sampleModel") == session.registry.default().title


def test_what_has_read_a_sample_is_not_deleted_before_the_session_knows_its_end(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, never = session.start, threading.Event()

    def end_late(task: QThread) -> None:
        """The thread still runs for a while when its end is heard of."""
        task.finished.connect(lambda: never.wait(0.5), Qt.ConnectionType.DirectConnection)
        start(task)

    monkeypatch.setattr(session, "start", end_late)
    reader = SampleReader(session)
    gone: list[bool] = []
    with qtbot.waitSignal(reader.failed):
        reader.read(1, np.zeros((28, 28), np.uint8))
        session._threads[0].destroyed.connect(lambda: gone.append(True))
    qtbot.waitUntil(lambda: bool(gone))
    assert session._threads == []


@pytest.mark.parametrize(
    ("best", "verdict", "said", "role"),
    [
        ({4: 0.999}, Verdict.SURE, "4 · 99 %", "sure"),
        ({4: 0.62, 9: 0.35}, Verdict.UNSURE, "4 · 62 % (9 · 35 %), not sure", "doubt"),
        ({9: 0.71, 4: 0.27}, Verdict.UNSURE, "9 · 71 % (4 · 27 %), wrong, not sure", "wrong"),
        ({9: 1.0}, Verdict.SURE, "9 · 100 %, wrong", "wrong"),
    ],
)
def test_what_the_model_says_is_put_into_words(
    opened: LibraryPage, qtbot: QtBot, best: dict[int, float], verdict: Verdict, said: str, role: str
) -> None:
    qtbot.waitUntil(lambda: text(opened, "sampleAnswer") != "…")
    go_to(grid(opened), 4)
    probabilities = np.zeros(10, np.float32)
    for label, share in best.items():
        probabilities[label] = share
    answer = Prediction(str(int(probabilities.argmax())), probabilities, tuple("0123456789"), verdict)
    opened._on_answered(4, answer, "A model")
    assert text(opened, "sampleAnswer") == said
    assert find(opened, QLabel, "sampleAnswer").property("role") == role
    assert text(opened, "sampleModel") == "A model"
    opened._on_answered(5, answer, "Another model")
    assert text(opened, "sampleModel") == "A model", "an answer about another sample is passed over"


# Figures


@pytest.mark.parametrize(("n", "is_compared"), [(200, True), (280_000, True), (1_000_001, False)])
def test_near_duplicates_are_looked_for_in_all_of_emnist_too(
    opened: LibraryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, n: int, is_compared: bool
) -> None:
    asked: list[bool] = []

    def note(*_: object, with_neighbours: bool) -> None:
        asked.append(with_neighbours)
        raise RecognizerError("Not computed in this test")

    monkeypatch.setattr("recognizer.gui.widgets.statistics_view.compute", note)
    table = grid(opened).samples.table
    assert table is not None
    with qtbot.waitSignal(opened._session.problem):
        opened.findChild(StatisticsView).show_samples(table, np.arange(n))
    assert asked == [is_compared]


# Samples that another page asks for


def test_asked_for_samples_are_shown_alone_until_the_chip_is_closed(opened: LibraryPage, session: Session) -> None:
    write(opened, "split:test")
    session.samples_requested.emit("mnist", np.array([14, 4, 154]), "4 read as 9")
    assert shown(opened) == [14, 4, 154]
    assert find(opened, QLineEdit, "datasetFilter").text() == ""
    chip = find(opened, QPushButton, "samplesChip")
    assert chip.isVisible()
    assert chip.text() == "4 read as 9 · 3 samples"
    assert find(opened, ClassBars, "classBars").counts()["4"] == 3
    write(opened, "test")
    assert shown(opened) == [154]
    write(opened, "")
    QTest.mouseClick(chip, LEFT)
    assert len(shown(opened)) == 200
    assert not chip.isVisible()


def test_asking_for_samples_opens_the_page_and_loads_their_dataset(
    window: MainWindow, datasets: Sources, qtbot: QtBot
) -> None:
    window.session.samples_requested.emit("uci-digits", [199, 0, 5000], "0 read as 6")
    page = window.library_page
    qtbot.waitUntil(lambda: shown(page) == [199, 0])
    assert page.isVisible()
    assert find(page, QComboBox, "datasetChooser").currentData() == "uci-digits"
    assert datasets.asked == ["uci-digits"]


def test_samples_of_a_dataset_from_a_file_can_be_asked_for(opened: LibraryPage, session: Session, qtbot: QtBot) -> None:
    session.samples_requested.emit("folder/some.npz", [1, 2], "")
    qtbot.waitUntil(lambda: shown(opened) == [1, 2])
    chooser = find(opened, QComboBox, "datasetChooser")
    assert chooser.currentText() == "Made up folder/some.npz · 200"
    assert find(opened, QPushButton, "samplesChip").text() == "2 samples"


# The page itself


def test_the_thumbnail_size_is_kept(opened: LibraryPage, session: Session, qtbot: QtBot) -> None:
    slider = find(opened, QSlider, "thumbnailSize")
    assert slider.value() == 52
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert grid(opened).thumbnail_size() == 68
    QTest.keyClick(grid(opened), Qt.Key.Key_Minus, CTRL)
    assert slider.value() == 60
    qtbot.waitUntil(lambda: session.settings.get("thumbnail_size") == 60)
    QTest.keyClick(slider, Qt.Key.Key_End)
    opened.hide()
    assert session.settings.get("thumbnail_size") == 140, "leaving the page does not lose it"


def test_a_change_of_language_sets_every_text(opened: LibraryPage, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("gui.pages.library", "gui.widgets.dataset_panel", "gui.widgets.filter_bar", "gui.widgets.sample_panel")
    for name in names:
        module = f"recognizer.{name}"
        monkeypatch.setattr(f"{module}.tr", lambda text, **values: f"«{text.format(**values)}»")
    for name in names[:3]:
        monkeypatch.setattr(f"recognizer.{name}.ntr", lambda one, many, n, **values: f"«{n}»")
    opened.retranslate()
    assert opened.title.text() == "«Library»"
    assert find(opened, QLineEdit, "datasetFilter").placeholderText() == "«Filter, such as label:4 split:test»"
    assert text(opened, "foundCount") == "«200»"
    assert find(opened, QPushButton, "testSplitButton").text() == "«Test»"
    assert find(opened, QSlider, "thumbnailSize").toolTip().startswith("«")
    assert text(opened, "sampleTitle") == "«MNIST #0»"


def test_every_control_has_a_tooltip_and_a_name_and_can_be_reached_by_keyboard(opened: LibraryPage) -> None:
    controls = [
        find(opened, kind, name)
        for kind, name in (
            (QComboBox, "datasetChooser"),
            (ClassBars, "classBars"),
            (QPushButton, "trainSplitButton"),
            (QPushButton, "testSplitButton"),
            (QLineEdit, "datasetFilter"),
            (QSlider, "thumbnailSize"),
            (QTableView, "datasetView"),
        )
    ]
    for control in controls:
        assert control.accessibleName(), control.objectName()
        if not isinstance(control, ClassBars | ThumbnailGrid):
            assert control.toolTip(), control.objectName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()
    reached = set()
    controls[0].setFocus()
    for _ in range(20):
        focused = opened.focusWidget()
        reached.add(focused.objectName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert {control.objectName() for control in controls} <= reached


@pytest.mark.parametrize(("width", "height"), [(792, 560), (912, 640), (1192, 800), (3752, 2160)])
def test_nothing_overlaps_at_any_size(opened: LibraryPage, width: int, height: int, qtbot: QtBot) -> None:
    opened.resize(width, height)
    frame = find(opened, QWidget, "sampleView")
    qtbot.waitUntil(lambda: frame.mapTo(opened, QPoint(frame.width(), 0)).x() <= width)
    assert opened.width() == width
    for name in ("datasetChooser", "datasetFilter", "foundCount", "thumbnailSize", "datasetView", "sampleView"):
        widget = find(opened, QWidget, name)
        place = widget.mapTo(opened, QPoint(0, 0))
        assert place.x() >= 0, name
        assert place.x() + widget.width() <= width, name
        assert widget.width() >= min(widget.minimumSizeHint().width(), 120), name
    assert grid(opened).samples.columns >= 3
    assert find(opened, QPushButton, "validationSplitButton").width() >= (
        find(opened, QPushButton, "validationSplitButton").fontMetrics().horizontalAdvance("Validation")
    )
