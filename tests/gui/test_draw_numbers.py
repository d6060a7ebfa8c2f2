"""Whole numbers on the Draw page: written with the mouse, read live, symbol by symbol."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.paths import Profile
from recognizer.gui.app import create_window
from recognizer.gui.main_window import MainWindow
from recognizer.inference.numbers import MAX_STROKES
from recognizer.inference.prediction import Verdict

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
Strokes = list[list[list[float]]]
Write = Callable[[str], None]

FIVE = [
    [[0.1, 0.02], [0.08, 0.42], [0.3, 0.36], [0.52, 0.5], [0.54, 0.78], [0.34, 0.98], [0.02, 0.9]],
    [[0.1, 0.02], [0.35, 0.02], [0.58, 0.0]],
]


def find(window: MainWindow, kind: type, name: str) -> QWidget:
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def text(window: MainWindow, name: str = "predictedLabel") -> str:
    return find(window, QLabel, name).text()


def click(window: MainWindow, name: str) -> None:
    QTest.mouseClick(find(window, QPushButton, name), LEFT)


def chips(window: MainWindow) -> list[str]:
    return [chip.text() for chip in window.draw_page._answers.card.chips.chips()]


def put(window: MainWindow, stroke: list[list[float]], left: float, side: float) -> None:
    canvas = window.draw_page.canvas
    places = [QPoint(round(left + x * side), round(150 + y * side)) for x, y in stroke]
    QTest.mousePress(canvas, LEFT, NONE, places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, LEFT, NONE, places[-1])


@pytest.fixture
def write(window: MainWindow, strokes: dict[str, Strokes], qtbot: QtBot) -> Write:
    """Write digits beside each other."""

    def write(number: str) -> None:
        side, x = 110.0, 40.0
        for digit in number:
            points = np.concatenate([np.array(stroke) for stroke in strokes[digit]])
            left, width = points[:, 0].min(), np.ptp(points[:, 0])
            for stroke in strokes[digit]:
                put(window, stroke, x - left * side, side)
            x += width * side + 30
        qtbot.waitUntil(window.draw_page.is_up_to_date, timeout=20_000)

    return write


@pytest.mark.parametrize("number", ["2026", "73", "9"])
def test_a_whole_number_is_read(window: MainWindow, write: Write, number: str) -> None:
    click(window, "numberModeButton")
    write(number)
    assert text(window) == number
    assert [chip[0] for chip in chips(window)] == list(number)
    assert [mark.text[0] for mark in window.draw_page.canvas.marks()] == list(number)


def test_it_is_read_while_it_is_written(window: MainWindow, write: Write) -> None:
    click(window, "numberModeButton")
    write("4")
    assert text(window) == "4"
    canvas = window.draw_page.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(canvas.marks()) <= 1
    canvas.clear()
    assert (text(window), chips(window), canvas.marks()) == ("", [], ())


def test_a_bar_added_late_joins_its_five(window: MainWindow, strokes: dict[str, Strokes], qtbot: QtBot) -> None:
    click(window, "numberModeButton")
    put(window, FIVE[0], 60, 130)
    for stroke in strokes["3"]:
        put(window, stroke, 170, 130)
    put(window, FIVE[1], 60, 130)
    qtbot.waitUntil(window.draw_page.is_up_to_date, timeout=20_000)
    assert text(window) == "53"


def test_the_mode_is_one_click_away_and_stays_after_a_restart(
    window: MainWindow, write: Write, profile: Profile, qtbot: QtBot
) -> None:
    assert not find(window, QPushButton, "numberModeButton").isChecked()
    click(window, "numberModeButton")
    write("71")
    click(window, "singleModeButton")
    qtbot.waitUntil(window.draw_page.is_up_to_date, timeout=20_000)
    assert text(window) != "71"
    assert window.draw_page.canvas.marks() == ()
    click(window, "numberModeButton")
    qtbot.waitUntil(lambda: text(window) == "71", timeout=20_000)
    window.close()
    again = create_window(profile.root)
    qtbot.addWidget(again)
    assert find(again, QPushButton, "numberModeButton").isChecked()
    assert again.session.stop_threads(60_000)


def test_keys_change_the_mode(window: MainWindow) -> None:
    canvas, number = window.draw_page.canvas, find(window, QPushButton, "numberModeButton")
    QTest.keyClick(canvas, Qt.Key.Key_N)
    assert number.isChecked()
    QTest.keyClick(canvas, Qt.Key.Key_S)
    assert not number.isChecked()
    assert canvas.hasFocus()


def test_a_chip_shows_its_probabilities_and_what_the_model_saw(window: MainWindow, write: Write) -> None:
    click(window, "numberModeButton")
    write("205")
    bars, seen = find(window, QWidget, "probabilityView"), find(window, QWidget, "modelInputView")
    newest = seen.image()
    assert max(bars.probabilities(), key=bars.probabilities().get) == "5"
    click(window, "symbolChip0")
    assert max(bars.probabilities(), key=bars.probabilities().get) == "2"
    assert not np.array_equal(seen.image(), newest)
    assert [mark.is_selected for mark in window.draw_page.canvas.marks()] == [True, False, False]
    # Its symbol stays the one that is looked at while others are written.
    put(window, [[0.0, 0.0], [0.0, 0.5], [0.02, 1.0]], 420, 100)
    assert window.draw_page.canvas.marks()[0].is_selected


def test_the_canvas_says_what_to_write(window: MainWindow) -> None:
    canvas = window.draw_page.canvas
    assert canvas._hint == "Write one digit here, as large as you like"
    click(window, "numberModeButton")
    assert canvas._hint == "Write a number here, in one line or several"


def test_a_number_written_as_one_symbol_is_offered_as_a_number(window: MainWindow, write: Write, qtbot: QtBot) -> None:
    write("306")
    offer = find(window, QPushButton, "readAsNumberButton")
    qtbot.waitUntil(offer.isVisible, timeout=20_000)
    assert "306" in offer.text()
    assert text(window) == ""
    QTest.mouseClick(offer, LEFT)
    qtbot.waitUntil(lambda: text(window) == "306", timeout=20_000)
    assert find(window, QPushButton, "numberModeButton").isChecked()
    assert not offer.isVisible()


def test_what_cannot_be_read_is_said_and_the_next_number_is_read(
    window: MainWindow, write: Write, qtbot: QtBot
) -> None:
    click(window, "numberModeButton")
    canvas = window.draw_page.canvas
    for index in range(MAX_STROKES + 1):
        QTest.mouseClick(canvas, LEFT, NONE, QPoint(10 + 20 * (index % 25), 20 + 15 * (index // 25)))
    qtbot.waitUntil(window.draw_page.is_up_to_date, timeout=30_000)
    assert text(window) == ""
    assert text(window, "verdictLabel") == "This is too much to be read as numbers"
    canvas.clear()
    write("12")
    assert text(window) == "12"


def test_what_is_no_digit_is_said_with_its_place(window: MainWindow, write: Write, qtbot: QtBot) -> None:
    click(window, "numberModeButton")
    write("23")
    zigzag = [[0.03 * i, 0.1 if i % 2 else 0.9] for i in range(31)]
    put(window, zigzag, 300, 120)
    qtbot.waitUntil(window.draw_page.is_up_to_date, timeout=20_000)
    marks = window.draw_page.canvas.marks()
    assert [mark.verdict for mark in marks] == [Verdict.SURE, Verdict.SURE, Verdict.REJECTED]
    assert text(window) == "23?"
    assert text(window, "verdictLabel") == "Not sure: symbol 3 does not look like a digit"


def test_a_long_number_has_room(window: MainWindow, write: Write) -> None:
    window.resize(1000, 640)
    click(window, "numberModeButton")
    label = find(window, QLabel, "predictedLabel")
    write("1")
    large = label.font().pixelSize()
    window.draw_page.canvas.clear()
    write("171717")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.contentsRect().width()
    assert 14 <= label.font().pixelSize() <= large
