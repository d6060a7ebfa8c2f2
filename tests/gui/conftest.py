"""The real window, and a hand that draws in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from read_hand import SIZE, FakeReader, Make, text

from recognizer.base.paths import Profile
from recognizer.gui import main_window
from recognizer.gui.app import create_window
from recognizer.gui.demo import recorded_strokes
from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.read import ReadPage
from recognizer.inference import photo

Draw = Callable[[list[list[list[float]]]], None]


@pytest.fixture(autouse=True)
def _stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that would leave the process, because a thread does not end, fails its test instead."""

    def leave(code: int) -> None:
        raise AssertionError("a thread did not end in time")

    monkeypatch.setattr(main_window, "_leave", leave)


@pytest.fixture
def window(qtbot: QtBot, profile: Profile) -> Iterator[MainWindow]:
    """The whole program on a private profile, shown at 1280 × 800."""
    made = create_window(profile.root)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    yield made
    # A thread that outlives its object ends the whole run; on a busy machine an export may take its time.
    assert made.session.stop_threads(60_000)
    # After a test that failed in the midst of a run nobody is there to answer whether it may be interrupted.
    made.close_unasked()


@pytest.fixture
def draw(window: MainWindow, qtbot: QtBot) -> Draw:
    """Draw strokes, (x, y) from 0 to 1, with the mouse, and wait for the answer."""
    page = window.draw_page

    def draw(strokes: list[list[list[float]]]) -> None:
        canvas = page.canvas
        side = min(canvas.width(), canvas.height()) * 0.7
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        for stroke in strokes:
            places = [QPoint(round(40 + x * side), round(40 + y * side)) for x, y in stroke]
            QTest.mousePress(canvas, left, none, places[0])
            for place in places[1:]:
                QTest.mouseMove(canvas, place)
            QTest.mouseRelease(canvas, left, none, places[-1])
        qtbot.waitUntil(page.is_up_to_date, timeout=20_000)

    return draw


@pytest.fixture
def strokes() -> dict[str, list[list[list[float]]]]:
    """The recorded digits."""
    return recorded_strokes()


@pytest.fixture
def fake_reader(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """What reads the pictures."""
    fake = FakeReader()
    monkeypatch.setattr(photo, "read_photo", fake)
    return fake


@pytest.fixture
def read_page(window: MainWindow, fake_reader: FakeReader) -> ReadPage:
    """The open Read page, with pictures that are read as the test says."""
    QTest.mouseClick(window.findChild(QToolButton, "readPageButton"), Qt.MouseButton.LeftButton)
    assert window.read_page.isVisible()
    return window.read_page


@pytest.fixture
def make_picture(tmp_path: Path) -> Make:
    """Makes a picture of one grey level."""

    def make(name: str, level: int) -> Path:
        path = tmp_path / name
        Image.new("RGB", SIZE, (level, level, level)).save(path)
        return path

    return make


@pytest.fixture
def opened_page(read_page: ReadPage, make_picture: Make, qtbot: QtBot) -> ReadPage:
    """The page with one picture, read as `12 47` above `?5`."""
    read_page.open_pictures([make_picture("bill.png", 10)])
    qtbot.waitUntil(lambda: text(read_page) == "12 47\n?5", timeout=20_000)
    return read_page
