"""The window as a whole: pages, languages, themes, problems, closing."""

import json
import os
import signal
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSlider,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import set_language
from recognizer.base.paths import Profile
from recognizer.gui import theme
from recognizer.gui.app import create_window
from recognizer.gui.main_window import MainWindow
from recognizer.gui.signals import SignalCloser
from recognizer.library import sources, uci
from recognizer.library.dataset import Dataset

STABLE_NAMES = (
    "pageBar", "canvas", "predictedLabel", "probabilityView", "modelChooser", "clearButton", "undoButton",
    "openImageButton", "datasetChooser", "datasetView", "datasetFilter", "presetChooser", "epochsInput",
    "batchSizeInput", "trainButton", "stopButton", "trainingProgress", "learningCurves", "confusionMatrix",
    "classReport", "runTable", "readPage", "readOpenButton", "pictureView", "readText", "readInspector",
    "readModelChooser", "readCopyButton", "readSaveButton", "modelsPage", "modelList", "modelTitle", "modelAccuracy",
    "modelDrawButton", "modelExportButton", "modelCardButton", "modelRunButton", "modelImportButton",
    "modelRenameButton", "modelDeleteButton",
)  # fmt: skip


def page_index(window: MainWindow) -> int:
    return window.findChild(QStackedWidget, "pageStack").currentIndex()


def test_every_stable_name_is_there_once(window: MainWindow) -> None:
    counts = {name: len(window.findChildren(QWidget, name)) for name in STABLE_NAMES}
    assert counts == dict.fromkeys(STABLE_NAMES, 1)


def test_a_dataset_asked_for_again_while_its_loading_is_cancelled_is_loaded(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, cancelled = threading.Event(), []
    load = uci.load

    def slow(name: str, profile: Profile, progress: object, token: CancellationToken) -> Dataset:
        if not began.is_set():
            began.set()
            while True:
                token.check()
        return load()

    monkeypatch.setattr(sources, "load_dataset", slow)
    session = window.session
    session.dataset_cancelled.connect(cancelled.append)
    session.request_dataset("uci-digits")
    assert began.wait(10)
    with qtbot.waitSignal(session.dataset_loaded, timeout=20_000):
        session.cancel_dataset("uci-digits")
        session.request_dataset("uci-digits")
    assert cancelled == []
    assert not session.is_loading("uci-digits")


def test_it_opens_on_the_draw_page_and_keys_open_the_others(window: MainWindow) -> None:
    assert page_index(window) == 0
    for number, key in enumerate((Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_1)):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert page_index(window) == (1, 2, 3, 4, 0)[number]


def test_clicks_in_the_rail_open_pages(window: MainWindow) -> None:
    names = ("drawPageButton", "readPageButton", "libraryPageButton", "trainPageButton", "modelsPageButton")
    for index, name in reversed(list(enumerate(names))):
        QTest.mouseClick(window.findChild(QToolButton, name), Qt.MouseButton.LeftButton)
        assert page_index(window) == index


def own_controls(window: MainWindow) -> list[QWidget]:
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QSlider)
    return [
        widget
        for kind in kinds
        for widget in window.findChildren(kind)
        # Parts of other controls, Qt's own, and what has no words until it is needed.
        if not widget.isHidden()
        and not isinstance(widget.parent(), QComboBox | QAbstractSpinBox | QLineEdit)
        and not widget.objectName().startswith("qt_")
        and type(widget).__name__ != "QTableCornerButton"
        and type(widget) is not QAbstractButton
    ]


def test_every_control_has_a_tooltip_and_a_keyboard_way_in(window: MainWindow) -> None:
    controls = own_controls(window)
    assert len(controls) > 25
    without = [(type(widget).__name__, widget.objectName()) for widget in controls if not widget.toolTip()]
    unreachable = [
        (type(widget).__name__, widget.objectName())
        for widget in controls
        # In a pop-up the arrow keys do what its buttons do.
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.window() is window
    ]
    assert without == []
    assert unreachable == []


def words(window: MainWindow) -> set[str]:
    texts = {label.text() for label in window.findChildren(QLabel)}
    texts |= {button.text() for button in window.findChildren(QAbstractButton)}
    texts |= {widget.toolTip() for widget in own_controls(window)}
    return {text for text in texts if text}


def test_the_language_changes_at_once_and_back(window: MainWindow) -> None:
    english = words(window)
    window._language_actions["zh_CN"].trigger()
    chinese = words(window)
    assert window.session.settings.get("language") == "zh_CN"
    assert {"绘制", "训练", "清空"} <= chinese
    letters = {text for text in chinese & english if any("a" <= c <= "z" for c in text.lower())}
    # Names, figures and units are the same in both languages.
    assert {text for text in letters if " " in text and not text.isupper()} <= {"…"}
    window._language_actions["en"].trigger()
    assert words(window) == english
    set_language("en")


def test_the_theme_changes_at_once_and_is_remembered(window: MainWindow, profile: Profile) -> None:
    window._theme_actions["dark"].trigger()
    assert window.grab().toImage().pixelColor(95, 300).name() == theme.DARK.ground
    window._theme_actions["light"].trigger()
    assert window.grab().toImage().pixelColor(95, 300).name() == theme.LIGHT.ground
    assert json.loads(profile.settings_file.read_text())["theme"] == "light"
    theme.set_theme("system")


def test_a_problem_is_shown_as_plain_text_until_it_is_closed(window: MainWindow) -> None:
    window.session.report(RecognizerError("<b>Bad</b> thing", where="file <i>x</i>", fix="Do that"))
    banner = window.findChild(QWidget, "problemBanner")
    assert banner.isVisible()
    text = window.findChild(QLabel, "problemText")
    assert text.text() == "<b>Bad</b> thing"
    assert text.textFormat() == Qt.TextFormat.PlainText
    QTest.mouseClick(window.findChild(QPushButton, "problemCloseButton"), Qt.MouseButton.LeftButton)
    assert not banner.isVisible()


def test_a_problem_stays_on_top_when_another_page_opens(window: MainWindow) -> None:
    window.session.report(RecognizerError("Bad thing", where="file x", fix="Do that"))
    for index in (1, 2, 3, 4, 0):
        window._bar.setCurrentIndex(index)
        close = window.findChild(QPushButton, "problemCloseButton")
        place = close.mapTo(window, close.rect().center())
        assert window.childAt(place) is close, index


def test_no_label_takes_text_for_html(window: MainWindow) -> None:
    assert [label.text() for label in window.findChildren(QLabel) if label.textFormat() == Qt.TextFormat.RichText] == []
    ours = [label for label in window.findChildren(QLabel) if label.parent() is not None and label.text()]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in ours)


def test_damaged_settings_are_kept_aside_and_the_window_starts(profile: Profile, qtbot: QtBot) -> None:
    profile.settings_file.write_text('{"theme": "pink", "pen_width": 30}')
    window = create_window(profile.root)
    qtbot.addWidget(window)
    window.show()
    banner = window.findChild(QWidget, "problemBanner")
    qtbot.waitUntil(banner.isVisible, timeout=5000)
    assert "pink" in window.findChild(QLabel, "problemText").text()
    assert window.session.settings.get("pen_width") == 30
    assert [path.read_text() for path in profile.root.glob("settings.json.damaged-*")] == [
        '{"theme": "pink", "pen_width": 30}'
    ]
    assert window.session.stop_threads(60_000)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that may not be written")
def test_a_profile_that_cannot_be_written_is_explained(tmp_path: Path, qapp: QApplication) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(RecognizerError, match="locked"):
        create_window(folder)


def test_a_profile_that_is_a_file_is_explained(tmp_path: Path, qapp: QApplication) -> None:
    path = tmp_path / "profile.txt"
    path.write_text("mine")
    with pytest.raises(RecognizerError, match=r"profile\.txt"):
        create_window(path)
    assert path.read_text() == "mine"


def answer_with(button: str) -> Callable[[], None]:
    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(each for each in box.buttons() if each.text() == button).click()

    return answer


def test_closing_asks_while_something_runs(window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(window.train_page, "busy_with", lambda: "A model is being trained.")
    QTimer.singleShot(0, window, answer_with("Go on"))
    assert not window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "closeQuestion") is None)
    QTimer.singleShot(0, window, answer_with("Stop and close"))
    assert window.close()
    assert not window.isVisible()


@pytest.mark.skipif(os.name == "nt", reason="a process there cannot send itself these signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_terminal_closes_without_a_question(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(window.train_page, "busy_with", lambda: "A model is being trained.")
    before = signal.getsignal(number)
    closer = SignalCloser(window)
    closer.install()
    try:
        QTimer.singleShot(0, window, lambda: os.kill(os.getpid(), number))
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    finally:
        closer.uninstall()
    assert closer.received == number
    assert signal.getsignal(number) is before


def test_closing_without_work_does_not_ask_and_leaves_no_thread(window: MainWindow) -> None:
    assert window.close()
    assert all(thread.isFinished() for thread in window.session._threads)


def test_draw_with_the_model_that_was_trained(window: MainWindow) -> None:
    window._bar.setCurrentIndex(3)
    window.session.model_chosen.emit("digits")
    assert page_index(window) == 0
    assert window.findChild(QComboBox, "modelChooser").currentData() == "digits"


def test_the_train_page_follows_the_dataset_of_the_library(window: MainWindow, profile: Profile, qtbot: QtBot) -> None:
    window._bar.setCurrentIndex(2)
    chooser = window.findChild(QComboBox, "datasetChooser")
    chooser.setCurrentIndex(chooser.findData("uci-digits"))
    assert window.findChild(QComboBox, "trainDatasetChooser").currentData() == "uci-digits"
    again = create_window(profile.root)
    qtbot.addWidget(again)
    assert again.findChild(QComboBox, "trainDatasetChooser").currentData() == "uci-digits"
    assert again.session.stop_threads(60_000)


def test_the_rail_follows_the_theme_down_to_its_menus(window: MainWindow) -> None:
    def lightness(name: str) -> int:
        image = window.findChild(QToolButton, name).icon().pixmap(22).toImage()
        drawn = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
        return max(drawn, key=lambda color: color.alpha()).lightness()

    for choice, colors in (("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.set_theme(choice)
        wanted = pytest.approx(QColor(colors.secondary).lightness(), abs=4)
        assert lightness("languageButton") == wanted
        assert lightness("themeButton") == wanted
    theme.set_theme("system")
