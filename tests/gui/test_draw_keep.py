"""Right or wrong? A click or a key keeps what was drawn with its label, and undo takes it back."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.reading_classes import ClassPicker

LEFT = Qt.MouseButton.LeftButton


def said(window: MainWindow) -> str:
    return window.findChild(QLabel, "keepLabel").text()


def kept(window: MainWindow) -> dict[str, int]:
    return window.session.handwriting.counts()


def undo_button(window: MainWindow) -> QPushButton:
    return window.findChild(QPushButton, "keepUndoButton")


def test_a_key_keeps_the_drawing_and_empties_the_canvas(window: MainWindow, draw: Callable, strokes: dict) -> None:
    canvas = window.draw_page.canvas
    draw(strokes["7"])
    points = [stroke.points for stroke in canvas.ink().strokes]
    QTest.keyClick(canvas, Qt.Key.Key_1)
    assert canvas.is_empty()
    assert said(window) == "Kept as 1 in “My handwriting” (1 sample)."
    (sample,) = window.session.handwriting.samples()
    assert (sample.label, sample.predicted, sample.model_id) == ("1", "7", "digits")
    assert all(np.array_equal(a.points, b) for a, b in zip(sample.ink.strokes, points, strict=True))


def test_a_click_on_a_bar_keeps_it(window: MainWindow, draw: Callable, strokes: dict) -> None:
    draw(strokes["4"])
    bars = window.findChild(ClassPicker, "probabilityView")
    QTest.mouseClick(bars, LEFT, Qt.KeyboardModifier.NoModifier, bars.class_place("9"))
    assert kept(window) == {"9": 1}
    assert window.draw_page.canvas.hasFocus()


def test_undo_brings_the_drawing_back_and_forgets_the_sample(window: MainWindow, draw: Callable, strokes: dict) -> None:
    canvas = window.draw_page.canvas
    draw(strokes["5"])
    QTest.keyClick(canvas, Qt.Key.Key_5)
    QTest.mouseClick(undo_button(window), LEFT)
    assert len(canvas.ink().strokes) == len(strokes["5"])
    assert kept(window) == {}
    assert not undo_button(window).isVisible()
    QTest.mouseClick(window.findChild(QPushButton, "redoButton"), LEFT)
    assert canvas.is_empty()
    assert kept(window) == {"5": 1}
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (canvas.is_empty(), kept(window)) == (False, {})


def test_the_next_stroke_ends_the_offer_to_undo(window: MainWindow, draw: Callable, strokes: dict) -> None:
    canvas = window.draw_page.canvas
    draw(strokes["2"])
    QTest.keyClick(canvas, Qt.Key.Key_2)
    assert undo_button(window).isVisible()
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
    assert not undo_button(window).isVisible()
    assert said(window).startswith("Right or wrong?")
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(100, 120))
    assert kept(window) == {"2": 1}


def test_nothing_is_kept_of_an_empty_canvas(window: MainWindow) -> None:
    QTest.keyClick(window.draw_page.canvas, Qt.Key.Key_3)
    assert kept(window) == {}
    assert said(window).startswith("Right or wrong?")


def test_a_symbol_of_a_number_is_kept_alone(window: MainWindow, draw: Callable, strokes: dict, qtbot: QtBot) -> None:
    window.draw_page.set_number_mode(True)
    canvas = window.draw_page.canvas
    shrunk = {d: [[[x * 0.4, y * 0.4] for x, y in stroke] for stroke in strokes[d]] for d in "37"}
    draw([*shrunk["3"], *[[[x + 0.5, y] for x, y in stroke] for stroke in shrunk["7"]]])
    assert window.findChild(QLabel, "predictedLabel").text() == "37"
    QTest.mouseClick(window.findChild(QPushButton, "symbolChip0"), LEFT)
    QTest.keyClick(canvas, Qt.Key.Key_3)
    (sample,) = window.session.handwriting.samples()
    assert (sample.label, len(sample.ink.strokes)) == ("3", len(strokes["3"]))
    assert len(canvas.ink().strokes) == len(strokes["3"]) + len(strokes["7"])
    QTest.mouseClick(undo_button(window), LEFT)
    assert kept(window) == {}
    assert len(canvas.ink().strokes) == len(strokes["3"]) + len(strokes["7"])


def test_a_picture_is_kept(window: MainWindow, draw: Callable, qtbot: QtBot) -> None:
    picture = np.zeros((40, 40), np.uint8)
    picture[5:35, 18:22] = 255
    window.draw_page.canvas.show_picture(picture)
    qtbot.waitUntil(window.draw_page.is_up_to_date, timeout=20_000)
    QTest.keyClick(window.draw_page.canvas, Qt.Key.Key_1)
    (sample,) = window.session.handwriting.samples()
    assert np.array_equal(sample.picture, picture)
    assert window.draw_page.canvas.is_empty()


def test_many_symbols_are_typed(window: MainWindow, draw: Callable, strokes: dict) -> None:
    page = window.draw_page
    field = window.findChild(QLineEdit, "keepLabelInput")
    assert not field.isVisible()
    page._keep_bar.set_labels(tuple("0123456789ABCDEFGH"))
    assert field.isVisible()
    draw(strokes["8"])
    QTest.keyClicks(field, "B")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert kept(window) == {"B": 1}
    assert field.text() == ""


def test_a_label_that_cannot_be_kept_is_explained(
    window: MainWindow, draw: Callable, strokes: dict, qtbot: QtBot
) -> None:
    draw(strokes["8"])
    with qtbot.waitSignal(window.session.problem, timeout=5000):
        window.draw_page._keeper.keep("x" * 400)
    assert not window.draw_page.canvas.is_empty()
    assert said(window).startswith("Right or wrong?")
