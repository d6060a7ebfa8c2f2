"""The Draw page in the real window: what is drawn is read, and what is no digit is not called one."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.gui import theme
from recognizer.gui.app import create_window
from recognizer.gui.main_window import MainWindow
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.stroke import Ink

LEFT = Qt.MouseButton.LeftButton


def find(window: MainWindow, kind: type, name: str) -> QWidget:
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def answer(window: MainWindow) -> str:
    return find(window, QLabel, "predictedLabel").text()


def verdict(window: MainWindow) -> str:
    return find(window, QLabel, "verdictLabel").text()


@pytest.mark.parametrize("digit", list("0123456789"))
def test_a_drawn_digit_is_read(window: MainWindow, draw: Callable, strokes: dict, digit: str) -> None:
    draw(strokes[digit])
    assert answer(window) == digit
    probabilities = window.draw_page.findChild(QWidget, "probabilityView").probabilities()
    assert max(probabilities, key=probabilities.get) == digit
    assert sum(probabilities.values()) == pytest.approx(1.0, abs=1e-3)
    assert find(window, QLabel, "latencyLabel").text().endswith(" ms")


def test_an_empty_canvas_shows_no_answer(window: MainWindow, draw: Callable, strokes: dict) -> None:
    assert answer(window) == ""
    draw(strokes["3"])
    QTest.mouseClick(find(window, QPushButton, "clearButton"), LEFT)
    assert answer(window) == ""
    assert verdict(window) == "Nothing to read yet"
    assert window.draw_page.findChild(QWidget, "modelInputView").image() is None
    QTest.keyClick(window.draw_page.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(window.draw_page.canvas.ink().strokes) == len(strokes["3"])


SCRIBBLES = {
    "dot": [[[0.5, 0.5]]],
    "two dots": [[[0.4, 0.5]], [[0.6, 0.5]]],
    "zigzag": [[[0.05 * i, 0.1 if i % 2 else 0.9] for i in range(21)]],
    "dense zigzag": [[[0.02 * i, 0.1 if i % 2 else 0.9] for i in range(51)]],
    "knot": [[[0.5 + 0.45 * math.sin(3.1 * t), 0.5 + 0.45 * math.sin(4.7 * t + 1)] for t in np.linspace(0, 9, 300)]],
    "grid": [[[0.1, y], [0.9, y]] for y in (0.2, 0.5, 0.8)] + [[[x, 0.1], [x, 0.9]] for x in (0.2, 0.5, 0.8)],
}


@pytest.mark.parametrize("name", SCRIBBLES)
def test_a_scribble_is_not_called_a_digit(window: MainWindow, draw: Callable, name: str) -> None:
    draw(SCRIBBLES[name])
    assert verdict(window).startswith("Not sure"), (answer(window), verdict(window))


def test_the_model_sees_the_ink_at_its_own_scale(window: MainWindow, draw: Callable, strokes: dict) -> None:
    draw(strokes["4"])
    seen = window.draw_page.findChild(QWidget, "modelInputView").image()
    assert np.array_equal(seen, Preprocessor().from_ink(window.draw_page.canvas.ink()))
    inked = np.argwhere(seen > 0)
    assert max(np.ptp(inked, axis=0)) + 1 == 20


def test_pen_width_and_place_do_not_matter(window: MainWindow, draw: Callable, strokes: dict) -> None:
    draw(strokes["2"])
    before = window.draw_page.findChild(QWidget, "modelInputView").image()
    canvas = window.draw_page.canvas
    find(window, QSlider, "penWidthSlider").setValue(44)
    ink = canvas.ink()
    moved = Ink.from_arrays([stroke.points * 0.5 + 60 for stroke in ink.strokes])
    assert np.abs(Preprocessor().from_ink(moved).astype(int) - before).max() <= 2


def test_a_picture_is_read(window: MainWindow, draw: Callable, strokes: dict, tmp_path: Path, qtbot: QtBot) -> None:
    picture = Preprocessor().from_ink(Ink.from_arrays([np.array(stroke) for stroke in strokes["5"]]))
    path = tmp_path / "a five.png"
    Image.fromarray(255 - picture).resize((280, 280)).save(path)
    window.draw_page.open_picture(path)
    qtbot.waitUntil(lambda: answer(window) == "5", timeout=20_000)
    QTest.mouseClick(find(window, QPushButton, "undoButton"), LEFT)
    assert answer(window) == ""


def test_a_file_that_is_no_picture_is_explained_and_the_window_goes_on(
    window: MainWindow, draw: Callable, strokes: dict, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "letter.png"
    path.write_text("Dear reader")
    with qtbot.waitSignal(window.session.problem, timeout=20_000) as problem:
        window.draw_page.open_picture(path)
    assert str(path) in str(problem.args[0])
    assert find(window, QWidget, "problemBanner").isVisible()
    draw(strokes["1"])
    assert answer(window) == "1"


def test_pasting(window: MainWindow, strokes: dict, tmp_path: Path, qtbot: QtBot) -> None:
    picture = Preprocessor().from_ink(Ink.from_arrays([np.array(stroke) for stroke in strokes["7"]]))
    path = tmp_path / "seven.png"
    Image.fromarray(picture).resize((140, 140)).save(path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QGuiApplication.clipboard().setMimeData(data)
    window.draw_page.canvas.setFocus()
    QTest.keyClick(window.draw_page.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: answer(window) == "7", timeout=20_000)
    # The clipboard outlives Python; an object of Python's in it would crash the process at its end.
    QGuiApplication.clipboard().clear()


def test_a_pasted_drawing_on_a_transparent_ground_is_read(window: MainWindow, strokes: dict, qtbot: QtBot) -> None:
    ink = Preprocessor().from_ink(Ink.from_arrays([np.array(stroke) for stroke in strokes["7"]]))
    pixels = np.zeros((28, 28, 4), np.uint8)
    pixels[..., 3] = ink
    image = QImage(pixels.data, 28, 28, QImage.Format.Format_RGBA8888).scaled(140, 140)
    data = QMimeData()
    data.setImageData(image)
    window.draw_page._take(data)
    qtbot.waitUntil(lambda: answer(window) == "7", timeout=20_000)


def test_a_pasted_picture_of_no_size_is_explained(window: MainWindow, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setImageData(QImage())
    with qtbot.waitSignal(window.session.problem, timeout=20_000) as problem:
        window.draw_page._take(data)
    assert problem.args[0].where == "pasted picture (it is empty)"


def test_a_model_that_another_process_trained_can_be_chosen(window: MainWindow, profile: Profile) -> None:
    add_model(profile, "theirs")
    window.session.model_chosen.emit("theirs")
    assert find(window, QComboBox, "modelChooser").currentData() == "theirs"


def test_a_model_that_another_process_trained_appears_when_the_page_is_opened(
    window: MainWindow, profile: Profile
) -> None:
    chooser = find(window, QComboBox, "modelChooser")
    QTest.mouseClick(find(window, QAbstractButton, "trainPageButton"), LEFT)
    add_model(profile, "theirs")
    assert chooser.findData("theirs") < 0
    QTest.mouseClick(find(window, QAbstractButton, "drawPageButton"), LEFT)
    assert chooser.findData("theirs") >= 0
    assert chooser.currentData() == "digits"


def add_model(profile: Profile, name: str) -> Path:
    folder = profile.models / name
    shutil.copytree(shipped_models_path() / "digits", folder)
    card = json.loads((folder / "model.json").read_text())
    card["title"] = name
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def test_a_new_model_can_be_chosen_and_stays_chosen(
    window: MainWindow, draw: Callable, strokes: dict, profile: Profile, qtbot: QtBot
) -> None:
    add_model(profile, "mine")
    window.session.models_changed.emit("mine")
    chooser = find(window, QComboBox, "modelChooser")
    assert chooser.currentData() == "digits"
    window.draw_page.choose_model("mine")
    assert chooser.currentData() == "mine"
    draw(strokes["6"])
    assert answer(window) == "6"
    window.close()
    again = create_window(profile.root)
    qtbot.addWidget(again)
    assert find(again, QComboBox, "modelChooser").currentData() == "mine"
    assert again.session.stop_threads(60_000)


def test_a_damaged_model_is_explained_and_another_reads(
    window: MainWindow, draw: Callable, strokes: dict, profile: Profile, qtbot: QtBot
) -> None:
    folder = add_model(profile, "broken")
    network = bytearray((folder / "model.tflite").read_bytes())
    network[len(network) // 2] ^= 255
    (folder / "model.tflite").write_bytes(network)
    window.session.models_changed.emit("broken")
    with qtbot.waitSignal(window.session.problem, timeout=20_000) as problem:
        window.draw_page.choose_model("broken")
    assert "damaged" in str(problem.args[0])
    draw(strokes["8"])
    assert answer(window) == "8"
    assert find(window, QComboBox, "modelChooser").currentData() == "digits"
    # It is not tried again each time that the page is opened.
    window.draw_page.shown()
    assert find(window, QComboBox, "modelChooser").findData("broken") < 0


def test_keys_clear_undo_and_change_the_pen(window: MainWindow, draw: Callable, strokes: dict) -> None:
    canvas = window.draw_page.canvas
    width = canvas.pen_width()
    draw(strokes["7"])
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert canvas.pen_width() == width + 2
    QTest.keyClick(canvas, Qt.Key.Key_E)
    QTest.mouseClick(canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    assert not canvas.is_empty()
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert canvas.is_empty()
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not canvas.is_empty()


def test_the_models_are_named_in_the_language_in_use(window: MainWindow) -> None:
    chooser = find(window, QComboBox, "modelChooser")
    english = chooser.currentText()
    window._language_actions["zh_CN"].trigger()
    chinese = chooser.currentText()
    window._language_actions["en"].trigger()
    assert chooser.currentText() == english
    assert chinese != english


def test_the_answer_grows_with_the_window_and_the_tools_lose_their_captions(window: MainWindow, qtbot: QtBot) -> None:
    label, clear = find(window, QLabel, "predictedLabel"), find(window, QPushButton, "clearButton")
    usual = label.font().pixelSize()
    assert clear.text() == "Clear"
    window.resize(2400, 1500)
    qtbot.waitUntil(lambda: label.font().pixelSize() > 1.5 * usual, timeout=5000)
    window._theme_actions["dark"].trigger()
    assert label.font().pixelSize() > 1.5 * usual
    window.resize(900, 600)
    qtbot.waitUntil(lambda: clear.text() == "", timeout=5000)
    assert clear.toolTip().startswith("Empty the canvas")
    window._language_actions["zh_CN"].trigger()
    assert clear.text() == ""
    window._language_actions["en"].trigger()
    theme.set_theme("system")
