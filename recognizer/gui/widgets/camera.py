"""Taking a picture with a camera, where Qt brings what it needs for that and there is a camera."""

import importlib
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label
from recognizer.gui.widgets.picture_view import PictureView


def multimedia() -> Any:
    """Qt's multimedia module; None where it is not installed, does not load, or finds no camera.

    It is in PySide6-Addons, which the program does not ask for: that is large, and this one button would need it.
    """
    try:
        module = importlib.import_module("PySide6.QtMultimedia")
    except ImportError:
        return None
    return module if module.QMediaDevices.videoInputs() else None


class CameraDialog(QDialog):
    """Shows what the camera sees until a picture is taken.

    Signals:
        taken: The picture, a QImage.
        failed: A RecognizerError: the camera cannot be used; the dialog has closed itself.

    Args:
        module: As `multimedia` gives it.
    """

    taken = Signal(QImage)
    failed = Signal(object)

    def __init__(self, module: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cameraDialog")
        self.setWindowTitle(tr("Take a picture"))
        self.resize(760, 560)
        self._image = QImage()
        self._view = PictureView()
        self._view.setObjectName("cameraView")
        self._view.setAccessibleName(tr("What the camera sees"))
        hint = Label("secondary")
        hint.setText(tr("Hold the paper flat, in even light."))
        self._take = Button("camera", role="primary")
        self._take.setObjectName("cameraTakeButton")
        self._take.set_texts(tr("Take the picture"), tr("Read what the camera sees now"))
        self._take.setEnabled(False)
        self._take.setDefault(True)
        self._take.clicked.connect(self._on_take)
        cancel = Button()
        cancel.setObjectName("cameraCancelButton")
        cancel.set_texts(tr("Cancel"), tr("Close the camera"))
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(hint, 1)
        row.addWidget(cancel)
        row.addWidget(self._take)
        column = QVBoxLayout(self)
        column.addWidget(self._view, 1)
        column.addLayout(row)
        self._sink = module.QVideoSink(self)
        self._sink.videoFrameChanged.connect(self._on_frame)
        self._camera = module.QCamera(module.QMediaDevices.defaultVideoInput(), self)
        self._camera.errorOccurred.connect(self._on_error)
        self._capture = module.QMediaCaptureSession(self)
        self._capture.setCamera(self._camera)
        self._capture.setVideoSink(self._sink)
        self.finished.connect(self._camera.stop)
        self._camera.start()

    def _on_frame(self, frame: Any) -> None:
        image = frame.toImage()
        if image.isNull():
            return
        self._image = image
        self._view.set_picture(image, QSize(image.width(), image.height()))
        self._take.setEnabled(True)

    def _on_take(self) -> None:
        # Stopped first, or a later frame would replace what was seen.
        self._camera.stop()
        self.taken.emit(self._image)
        self.accept()

    def _on_error(self, _code: Any, reason: str) -> None:
        self.reject()
        self.failed.emit(
            RecognizerError(
                tr("The camera cannot be used"),
                where=reason,
                fix=tr("Close other programs that use it, and allow this one to use the camera"),
                exit_code=1,
            )
        )
