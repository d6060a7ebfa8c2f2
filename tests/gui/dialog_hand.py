"""What the tests of the dialogs share: a small dataset in the library of a private profile, and a hand that clicks."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from recognizer.base.paths import Profile
from recognizer.base.settings import Settings
from recognizer.gui.session import Session
from recognizer.library.dataset import Split
from recognizer.library.samples import Chunk, SampleTable
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Desk(QWidget):
    """A window to open dialogs over, without the program's pages, which take their time."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session


def set_up_desk(profile: Profile, qtbot: QtBot) -> Iterator[Desk]:
    """A window of 1280 × 800 with a session of its own; it ends when every thread has."""
    session = Session(profile, Settings(profile))
    made = Desk(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    yield made
    assert session.stop_threads(60_000)


def find(parent: QWidget, kind: type, name: str) -> QWidget:
    widget = parent.findChild(kind, name)
    assert widget is not None, name
    return widget


def text(parent: QWidget, name: str) -> str:
    return find(parent, QLabel, name).text()


def button(parent: QWidget, name: str) -> QPushButton:
    found = find(parent, QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def click(parent: QWidget, name: str) -> None:
    """Click a button that can be seen and clicked."""
    found = button(parent, name)
    assert found.isVisible(), name
    assert found.isEnabled(), name
    QTest.mouseClick(found, LEFT)


def pictures(n: int, seed: int = 0) -> np.ndarray:
    """(n, 28, 28) uint8 bars, no two alike."""
    random = np.random.default_rng(seed)
    images = np.zeros((n, 28, 28), np.uint8)
    for image in images:
        left, top = random.integers(4, 12, 2)
        image[top : top + random.integers(8, 14), left : left + random.integers(3, 10)] = random.integers(120, 255)
        image[14, 4:24] = random.integers(1, 255, 20)
    return images


def fill(
    desk: Desk, labels: str, title: str = "Class 3b", *, writers: tuple[str, ...] = (), split: Split = Split.TRAIN
) -> str:
    """Make a dataset with a sample for each character of `labels`, a blank for none; returns its name."""
    library = desk.session.library
    record = editing.create_dataset(library, title)
    names = [label.strip() for label in labels]
    importing = Import(library, record.name, source="a test", split=split, keeps_duplicates=True)
    importing.add(Chunk(pictures(len(names)), labels=names, writers=writers))
    desk.session.library_changed.emit()
    return record.name


def table(desk: Desk, name: str) -> SampleTable:
    """The dataset `name` as it is now."""
    return tables.table(desk.session.library, name)


def counts(desk: Desk, name: str) -> dict[str, int]:
    """How many samples each class has, in the order of the classes."""
    found = table(desk, name)
    numbers = np.bincount(found.labels[found.labels >= 0], minlength=len(found.label_set))
    return dict(zip(found.label_set.names, numbers.tolist(), strict=True))
