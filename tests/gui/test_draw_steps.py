"""The steps of the preprocessing on the Draw page: for what was just drawn, opened or clicked, and only while open."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from recognizer.base.paths import Profile
from recognizer.gui.app import create_window
from recognizer.gui.main_window import MainWindow
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.steps_view import StepsView
from recognizer.gui.widgets.switch import Switch
from recognizer.gui.workers.steps_worker import StepsWorker
from recognizer.imaging.preprocess import Preprocessor
from recognizer.imaging.steps import Step, step_source

LEFT = Qt.MouseButton.LeftButton


def steps_of(window: MainWindow) -> StepsView:
    found = window.findChild(StepsView, "stepsView")
    assert found is not None
    return found


def settle(window: MainWindow, qtbot: QtBot) -> StepsView:
    """Wait until the steps are those of the last answer."""
    view = steps_of(window)
    qtbot.waitUntil(
        lambda: window.draw_page.is_up_to_date() and view.is_up_to_date() and view.answer() is not None, timeout=20_000
    )
    return view


def test_what_is_drawn_is_taken_apart_with_its_size_and_place(
    window: MainWindow, draw: Callable, strokes: dict, qtbot: QtBot
) -> None:
    draw([[[x * 0.25, y * 0.25] for x, y in stroke] for stroke in strokes["7"]])
    view = settle(window, qtbot)
    canvas = window.draw_page.canvas
    ink = canvas.ink()
    np.testing.assert_array_equal(view.findChild(PixelView, "stepPicture_centre").image(), Preprocessor().from_ink(ink))
    QTest.mouseClick(view.findChild(Switch, "stepSwitch_centre"), LEFT)
    settle(window, qtbot)
    frame = (-canvas.width() / 2, -canvas.height() / 2, canvas.width(), canvas.height())
    seen = view.findChild(PixelView, "stepsWithoutPicture").image()
    np.testing.assert_array_equal(seen, step_source(ink, frame=frame).final({Step.CENTRE}))
    # It was drawn in the upper left corner.
    assert seen[:20, :20].sum() > 0.9 * seen.sum()
    assert view.findChild(QLabel, "stepsHeadline").text().startswith("7, ")
    # A click on a switch leaves the keys to the canvas.
    assert window.focusWidget() is canvas


def test_an_example_is_put_on_the_canvas_and_undone(window: MainWindow, qtbot: QtBot) -> None:
    view = steps_of(window)
    example = view.findChild(QPushButton, "stepsExampleButton")
    qtbot.waitUntil(example.isVisible, timeout=5000)
    QTest.mouseClick(example, LEFT)
    settle(window, qtbot)
    assert view.answer().answers.answer.label == "7"
    QTest.mouseClick(window.findChild(QPushButton, "undoButton"), LEFT)
    assert window.draw_page.canvas.is_empty()
    assert view.answer() is None
    assert example.isVisible()


def test_closed_they_do_not_work_and_stay_closed(
    window: MainWindow, draw: Callable, strokes: dict, qtbot: QtBot, profile: Profile
) -> None:
    button, view = window.findChild(QPushButton, "stepsButton"), steps_of(window)
    large = window.findChild(PixelView, "modelInputView")
    assert view.isVisible()
    assert not large.isVisible()
    QTest.mouseClick(button, LEFT)
    assert not view.isVisible()
    assert large.isVisible()
    draw(strokes["3"])
    np.testing.assert_array_equal(large.image(), Preprocessor().from_ink(window.draw_page.canvas.ink()))
    assert not any(isinstance(thread, StepsWorker) for thread in window.session._threads)
    assert view.answer() is None
    QTest.mouseClick(button, LEFT)
    assert settle(window, qtbot).answer().answers.answer.label == "3"
    QTest.mouseClick(button, LEFT)
    window.close()
    again = create_window(profile.root)
    qtbot.addWidget(again)
    again.show()
    assert not steps_of(again).isVisible()
    assert again.session.stop_threads(60_000)


def test_of_a_number_the_symbol_that_is_looked_at_is_taken_apart(
    window: MainWindow, draw: Callable, strokes: dict, qtbot: QtBot
) -> None:
    page = window.draw_page
    page.set_number_mode(True)
    draw(
        [
            [[0.45 * place + x * 0.35, 0.3 + y * 0.5] for x, y in stroke]
            for place, digit in enumerate("37")
            for stroke in strokes[digit]
        ]
    )
    qtbot.waitUntil(lambda: page.findChild(QLabel, "predictedLabel").text() == "37", timeout=20_000)
    view = settle(window, qtbot)
    assert view.answer().answers.answer.label == "7"
    page._answers.select(0)
    assert settle(window, qtbot).answer().answers.answer.label == "3"
