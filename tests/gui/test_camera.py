"""Taking a picture on the Read page; a camera that needs no hardware stands in for Qt's."""

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from read_hand import SIZE, click, label, text

from recognizer.gui.main_window import MainWindow
from recognizer.gui.pages.read import ReadPage
from recognizer.gui.widgets import camera
from recognizer.gui.widgets.camera import CameraDialog, multimedia


class FakeSink(QObject):
    videoFrameChanged = Signal(object)


class FakeCamera(QObject):
    errorOccurred = Signal(object, str)

    def __init__(self, device: str, parent: QObject) -> None:
        super().__init__(parent)
        self.device = device
        self.is_running = False

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


class FakeSession(QObject):
    def setCamera(self, used: FakeCamera) -> None:
        self.camera = used

    def setVideoSink(self, sink: FakeSink) -> None:
        self.sink = sink


def fake_module(*devices: str) -> Any:
    return SimpleNamespace(
        QMediaDevices=SimpleNamespace(videoInputs=lambda: list(devices), defaultVideoInput=lambda: devices[0]),
        QVideoSink=FakeSink,
        QCamera=FakeCamera,
        QMediaCaptureSession=FakeSession,
    )


def install(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    def load(name: str) -> Any:
        assert name == "PySide6.QtMultimedia"
        if module is None:
            raise ImportError(name)
        return module

    monkeypatch.setattr(camera, "importlib", SimpleNamespace(import_module=load))


@pytest.mark.parametrize("module", [None, fake_module()])
def test_without_a_camera_there_is_no_button(read_page: ReadPage, monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    install(monkeypatch, module)
    read_page.shown()
    assert multimedia() is None
    assert not read_page.findChild(QPushButton, "readCameraButton").isVisible()


def test_a_picture_is_taken_and_read(read_page: ReadPage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    install(monkeypatch, fake_module("front"))
    read_page.shown()
    click(read_page, "readCameraButton")
    dialog = read_page.findChild(CameraDialog)
    used, sink, button = (
        dialog.findChild(FakeCamera),
        dialog.findChild(FakeSink),
        dialog.findChild(QPushButton, "cameraTakeButton"),
    )
    assert (used.device, used.is_running, button.isEnabled()) == ("front", True, False)
    sink.videoFrameChanged.emit(SimpleNamespace(toImage=QImage))
    assert not button.isEnabled()
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.fill(0xFF141414)
    sink.videoFrameChanged.emit(SimpleNamespace(toImage=lambda: image))
    running: list[bool] = []
    dialog.finished.connect(lambda: running.append(used.is_running))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert running == [False]
    qtbot.waitUntil(lambda: text(read_page) == "3", timeout=20_000)
    assert label(read_page, "readPictureName") == "photo"


def test_a_camera_that_fails_is_explained(
    read_page: ReadPage, window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    install(monkeypatch, fake_module("front"))
    read_page.shown()
    click(read_page, "readCameraButton")
    dialog = read_page.findChild(CameraDialog)
    used = dialog.findChild(FakeCamera)
    with qtbot.waitSignal(window.session.problem) as problem:
        used.errorOccurred.emit(1, "in use")
    assert problem.args[0].where == "in use"
    assert not dialog.isVisible()
