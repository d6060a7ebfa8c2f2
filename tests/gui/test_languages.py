"""Every page in every language: nothing is left in English, nothing is cut off, every character has a shape."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QRawFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot
from read_hand import click_box

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import LANGUAGES, set_language, tr
from recognizer.base.resources import resource_path
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.read import ReadPage
from recognizer.gui.translations import translate_qt
from recognizer.gui.widgets.dataset_state import DatasetState, State
from recognizer.library.dataset import DIGITS
from recognizer.training.config import TrainingConfig
from recognizer.training.events import BatchProgress
from recognizer.training.run_keeping import RunWords
from recognizer.training.run_records import RunRecord
from recognizer.training.runs import TrainingRun

Draw = Callable[[list[list[list[float]]]], None]

NAMES = {
    "Adam", "AdamW", "Alpaydin", "Burges", "Cortes", "Ctrl", "Del", "Digits", "English", "Handwritten", "InkML",
    "Kaynak", "LeCun", "MB", "MNIST", "Optical", "PNG", "RMSprop", "Recognition", "Recognizer", "Return", "SGD",
    "Shift", "UCI", "bill", "cnn", "dense", "label", "learn", "of", "png", "scikit", "split", "test",
    "CSV", "Enter", "HTML", "IDX", "NPZ", "Parquet", "ZIP", "anna", "confidence", "date", "flag", "flagged", "ink",
    "is", "kind", "note", "predicted", "sheet", "source", "tail", "unlabelled", "writer", "wrong",
    "fast", "lenet", "residual", "separable", "shipped", "LiteRT", "UNIPEN", "ea", "fc", "kB", "keras",
    "pendigits",
    "Esc", "accuracy", "batch", "best", "data", "epochs", "failed", "min", "mnist", "model", "name", "rate", "slow",
    "state", "time", "GB", "RBF", "forest", "knn", "logistic", "svm",
}  # fmt: skip
"""Words that are the same in every language: names, titles, units, keys, and what the filter understands."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    set_language("en")
    translate_qt("en")


def choose(window: MainWindow, code: str) -> None:
    window._language_actions[code].trigger()
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    QApplication.processEvents()


def open_page(window: MainWindow, index: int) -> None:
    window._bar.setCurrentIndex(index)


@pytest.fixture
def at_work(
    window: MainWindow, opened_page: ReadPage, draw: Draw, strokes: dict[str, list[list[list[float]]]], qtbot: QtBot
) -> MainWindow:
    """The window with an answer, a picture, a dataset and a finished run on its pages, at 1000 × 640."""
    window.resize(1000, 640)
    click_box(opened_page, 2)
    open_page(window, 0)
    draw(strokes["5"])
    open_page(window, 2)
    chooser, grid = window.findChild(QComboBox, "datasetChooser"), window.library_page._grid
    chooser.setCurrentIndex(chooser.findData("uci-digits"))
    qtbot.waitUntil(lambda: len(grid.samples.positions) == 1797, timeout=20_000)
    answer = window.findChild(QLabel, "sampleAnswer")
    qtbot.waitUntil(lambda: "%" in answer.text(), timeout=20_000)
    open_page(window, 3)
    page = window.train_page
    qtbot.waitUntil(lambda: page._viewer._listing is None, timeout=5000)
    truth = np.arange(2000) % 10
    confusion = ConfusionMatrix.from_predictions(truth, np.where(truth == 3, 8, truth), DIGITS.names)
    page.results.show_report(EvaluationReport(confusion))
    run = TrainingRun("a", TrainingConfig(), "mnist", "MNIST", "finished", "2026-01-31T12:00:00Z", 10, 9.0, 0.9, "", "")
    page.runs.set_runs([RunRecord(run, RunWords("", ""))])
    open_page(window, 4)
    qtbot.waitUntil(lambda: window.models_page.details.portrait() is not None, timeout=20_000)
    return window


def shown(window: MainWindow) -> list[QWidget]:
    """What is on the open page, in the rail and over the page."""
    return [widget for widget in window.findChildren(QWidget) if widget.isVisible()]


def texts(widget: QWidget) -> set[str]:
    """Everything that a widget says, tooltip and what is read out included."""
    said = {widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()}
    if isinstance(widget, QLabel | QAbstractButton):
        said.add(widget.text())
    if isinstance(widget, QLineEdit):
        said.add(widget.placeholderText())
    if isinstance(widget, QSpinBox):
        said.add(widget.suffix())
    if isinstance(widget, QComboBox):
        for row in range(widget.count()):
            said.add(widget.itemText(row))
            said.add(widget.itemData(row, Qt.ItemDataRole.ToolTipRole) or "")
    if isinstance(widget, QTableWidget):
        heads = [widget.horizontalHeaderItem(column) for column in range(widget.columnCount())]
        said |= {text for head in heads if head for text in (head.text(), head.toolTip())}
    return {text for text in said if text}


def english_words(window: MainWindow) -> set[str]:
    said = {text for widget in shown(window) for text in texts(widget)}
    return {f"{text}: {word}" for text in said for word in WORD.findall(text) if word not in NAMES}


def cut_off(window: MainWindow) -> list[str]:
    """The labels, captions and choices that have less room than their text needs."""
    found = []
    for widget in shown(window):
        lacking = 0
        if isinstance(widget, QLabel) and widget.text():
            lacking = label_lacks(widget)
        elif isinstance(widget, QAbstractButton) and widget.text():
            lacking = button_lacks(widget)
        elif isinstance(widget, QComboBox):
            lacking = choice_lacks(widget)
        if lacking > 0:
            found.append(f"{widget.objectName() or type(widget).__name__} lacks {lacking} px for {texts(widget)}")
    return found


def label_lacks(label: QLabel) -> int:
    room = label.contentsRect()
    if label.wordWrap():
        return label.heightForWidth(label.width()) - label.height()
    lines = label.text().split("\n")
    metrics = label.fontMetrics()
    return max(
        max(metrics.horizontalAdvance(line) for line in lines) - room.width(),
        metrics.height() * len(lines) - room.height(),
    )


def button_lacks(button: QAbstractButton) -> int:
    needed = button.fontMetrics().horizontalAdvance(button.text().replace("&&", "&"))
    if not isinstance(button, QPushButton):
        return needed - button.width()
    option = QStyleOptionButton()
    button.initStyleOption(option)
    contents = button.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, button)
    icon = 0 if button.icon().isNull() else button.iconSize().width() + 4
    return needed + icon - contents.width()


def choice_lacks(chooser: QComboBox) -> int:
    option = QStyleOptionComboBox()
    chooser.initStyleOption(option)
    control, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
    room = chooser.style().subControlRect(control, option, field, chooser)
    return chooser.fontMetrics().horizontalAdvance(chooser.currentText()) - room.width()


@pytest.mark.parametrize("page", [0, 1, 2, 3, 4])
def test_nothing_is_left_in_english(at_work: MainWindow, page: int) -> None:
    open_page(at_work, page)
    choose(at_work, "zh_CN")
    assert any(CHINESE.search(text) for widget in shown(at_work) for text in texts(widget))
    assert english_words(at_work) == set()


@pytest.mark.parametrize("page", [0, 1, 2, 3, 4])
def test_nothing_is_left_in_chinese(at_work: MainWindow, page: int) -> None:
    choose(at_work, "zh_CN")
    open_page(at_work, page)
    choose(at_work, "en")
    said = {text for widget in shown(at_work) for text in texts(widget)}
    assert len(said) > 20
    assert {text for text in said if CHINESE.search(text)} == set()


@pytest.mark.parametrize("code", list(LANGUAGES))
@pytest.mark.parametrize("page", [0, 1, 2, 3, 4])
def test_nothing_is_cut_off(at_work: MainWindow, page: int, code: str) -> None:
    choose(at_work, code)
    open_page(at_work, page)
    QApplication.processEvents()
    assert (at_work.width(), at_work.height()) == (1000, 640)
    assert cut_off(at_work) == []


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_a_running_training_has_room_for_its_words(window: MainWindow, code: str) -> None:
    window.resize(1000, 640)
    choose(window, code)
    open_page(window, 3)
    progress = window.train_page.progress
    progress.begin(20)
    progress.show_batch(
        BatchProgress(
            epoch=12,
            batch=1234,
            batches=1688,
            loss=0.1,
            accuracy=0.9,
            samples_per_second=12_345.0,
            seconds_left=754.0,
            memory=12_300_000_000,
        )
    )
    progress.set_subject("separable · UCI Digits")
    panel = window.train_page.panel
    panel.set_running(True, can_pause=True)
    panel.more.unfold()
    QApplication.processEvents()
    assert cut_off(window) == []
    panel.set_running(True, can_pause=True, is_paused=True)
    progress.show_paused(12, is_waiting=True)
    window.train_page.interrupted.set_run("a", "2026-01-31 12:00", "residual · MNIST", 12, 20)
    QApplication.processEvents()
    assert cut_off(window) == []
    if code == "zh_CN":
        assert english_words(window) == set()


@pytest.mark.parametrize("state", [state for state in State if state is not State.IDLE])
def test_every_state_of_a_dataset_is_said_in_chinese(window: MainWindow, state: State) -> None:
    window.resize(1000, 640)
    open_page(window, 2)
    choose(window, "zh_CN")
    place = window.findChild(DatasetState)
    error = RecognizerError(tr("There is no space left on the disk"), fix=tr("Check the path"))
    place.show_state(state, "MNIST", error=error, megabytes=11)
    window.library_page._stack.setCurrentWidget(place)
    QApplication.processEvents()
    assert english_words(window) == set()
    assert cut_off(window) == []


def test_qts_own_dialogs_follow(window: MainWindow) -> None:
    choose(window, "zh_CN")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"
    choose(window, "en")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"


def test_the_typeface_has_every_character(qapp: QApplication) -> None:
    typeface = QRawFont(str(resource_path("fonts/RecognizerSansSC.otf")), 16.0)
    assert typeface.isValid()
    catalogues = [Path(path) for path in resource_path("translations").glob("*.po")]
    content = "".join([path.read_text(encoding="utf-8") for path in catalogues] + list(LANGUAGES.values()))
    wanted = {character for character in content if ord(character) >= 0x2E80}
    assert len(wanted) > 300
    assert {character for character in wanted if not typeface.supportsCharacter(ord(character))} == set()
