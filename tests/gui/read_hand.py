"""A hand on the Read page: pictures that are read as a test says, and what it sees and presses."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.gui.pages.read import ReadPage
from recognizer.gui.widgets.picture_view import PictureView
from recognizer.gui.widgets.reading_marks import Mark
from recognizer.gui.widgets.reading_text import ReadingText
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import Reading, ReadLine, ReadSymbol
from recognizer.library.dataset import DIGITS

LEFT, NONE, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SIZE = (400, 300)
BROKEN = 250
"""The grey level of a picture that cannot be read."""


def symbol(text: str, column: int, line: int) -> ReadSymbol:
    """`4` is sure, `4?` doubtful (with 9 as the second guess), `?` not recognised."""
    probabilities = np.full(10, 0.001, np.float32)
    if text == "?":
        label, verdict = "0", Verdict.REJECTED
        probabilities[:] = 0.1
    else:
        label, verdict = text[0], Verdict.UNSURE if text.endswith("?") else Verdict.SURE
        probabilities[int(label)] = 0.6 if verdict == Verdict.UNSURE else 0.991
        if verdict == Verdict.UNSURE:
            probabilities[9] = 0.392
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 4 + column : 8 + column] = 255
    box = (20.0 + 60 * column, 30.0 + 90 * line, 40.0, 60.0)
    return ReadSymbol(
        "?" if text == "?" else label, Prediction(label, probabilities, DIGITS.names, verdict), image, box
    )


def reading(*lines: str) -> Reading:
    """A reading of lines such as `1 2 | 4?`, in which a bar stands for a wide gap."""
    made = []
    for number, line in enumerate(lines):
        parts = line.split()
        symbols = [part for part in parts if part != "|"]
        gaps = frozenset(place - parts[:place].count("|") for place, part in enumerate(parts) if part == "|")
        made.append(ReadLine(tuple(symbol(text, i, number) for i, text in enumerate(symbols)), gaps))
    return Reading(tuple(made), *map(float, SIZE))


class FakeReader:
    """Stands in for `read_photo`: what it reads depends on the grey level of the picture."""

    def __init__(self) -> None:
        self.readings = {10: reading("1 2 | 4? 7", "? 5"), 20: reading("3"), 30: reading("8 8"), 40: Reading(())}
        self.models: list[str] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(
        self, picture: NDArray[np.uint8], classifier: Classifier, token: CancellationToken | None = None
    ) -> Reading:
        self.models.append(classifier.record.id)
        self.threads.add(threading.get_ident())
        while not self.gate.wait(0.002):
            if token is not None:
                token.check()
        level = int(picture[0, 0, 0])
        if level == BROKEN:
            raise RecognizerError("The picture is too odd", where="level 250", fix="Take another one")
        return self.readings[level]


Make = Callable[[str, int], Path]


def find(page: ReadPage, kind: type, name: str) -> QWidget:
    widget = page.findChild(kind, name)
    assert widget is not None, name
    return widget


def view(page: ReadPage) -> PictureView:
    return find(page, PictureView, "pictureView")


def text(page: ReadPage) -> str:
    return find(page, ReadingText, "readText").toPlainText()


def label(page: ReadPage, name: str) -> str:
    return find(page, QLabel, name).text()


def marks(page: ReadPage) -> list[Mark]:
    return [box.mark for box in view(page).boxes()]


def click(page: ReadPage, name: str) -> None:
    button = find(page, QPushButton, name)
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, LEFT)


def click_box(page: ReadPage, index: int) -> None:
    QTest.mouseClick(view(page), LEFT, NONE, view(page).box_rect(index).center().toPoint())


def move_to(widget: QWidget, place: QPoint) -> None:
    """Move the mouse from elsewhere onto `place`."""
    QTest.mouseMove(widget, QPoint(1, widget.height() - 2))
    QTest.mouseMove(widget, place)


def key(page: ReadPage, which: Qt.Key | str, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Press a key where the keyboard is now."""
    QTest.keyClick(QApplication.focusWidget() or page, which, modifiers)


def all_are_read(page: ReadPage) -> Callable[[], bool]:
    return lambda: not page._reader.is_busy() and page._reader._task is None
