"""What the tests of the Train page share: a hand that clicks, and a trainer that does what the test says."""

import threading
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.paths import Profile
from recognizer.library.dataset import Dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.events import (
    BatchProgress,
    EpochEnded,
    EpochMetrics,
    EventCallback,
    RunBegan,
    RunCancelled,
    RunEnded,
    StageBegan,
)

LEFT = Qt.MouseButton.LeftButton


def find(window: QWidget, kind: type, name: str) -> QWidget:
    widget = window.findChild(kind, name)
    assert widget is not None, name
    return widget


def click(window: QWidget, name: str, kind: type = QPushButton) -> None:
    QTest.mouseClick(find(window, kind, name), LEFT)


def choose(window: QWidget, name: str, data: str) -> None:
    chooser = find(window, QComboBox, name)
    assert chooser.findData(data) >= 0, data
    chooser.setCurrentIndex(chooser.findData(data))


def text(window: QWidget, name: str) -> str:
    return find(window, QLabel, name).text()


class FakeTrainer:
    """Plays the part of the trainer; `script` is what `fit` does."""

    script: Callable[[EventCallback, CancellationToken], RunEnded | RunCancelled]

    def __init__(self, profile: Profile) -> None:
        pass

    def fit(
        self, config: TrainingConfig, data: Dataset, on_event: EventCallback, token: CancellationToken
    ) -> RunEnded | RunCancelled:
        return type(self).script(on_event, token)

    def resume(
        self, run_id: str, data: Dataset, on_event: EventCallback, token: CancellationToken
    ) -> RunEnded | RunCancelled:
        return type(self).script(on_event, token)


class Rehearsal:
    """A run that goes on until the test lets it go or stops it."""

    def __init__(self, began: bool = True, error: Exception | None = None) -> None:
        self.go_on = threading.Event()
        self.has_begun = threading.Event()
        self.was_cancelled = False
        self._began, self._error = began, error

    def __call__(self, on_event: EventCallback, token: CancellationToken) -> RunCancelled:
        on_event(StageBegan("Loading TensorFlow"))
        if self._began:
            on_event(RunBegan("run", 5, 1293, 144, 360, 40, 101770))
            on_event(EpochEnded(EpochMetrics(1, 1.0, 0.6, 0.5, 0.8, 0.001, 1.0)))
            on_event(BatchProgress(2, 1204, 1688, 0.5, 0.7, 5480.0, 14.0))
        self.has_begun.set()
        while not self.go_on.wait(0.01):
            if token.is_cancelled and self._began:
                break
        self.was_cancelled = token.is_cancelled
        if self._error is not None:
            raise self._error
        return RunCancelled("run")
