"""Tells a test of the packaged program what the window shows; installed only where RECOGNIZER_SMOKE names a file.

The test sits outside the process and works with real mouse and keyboard events. It reads where the controls are, and
what they show, from this file: one JSON document a line, appended whenever something has changed.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QTimer
from PySide6.QtWidgets import QAbstractButton, QComboBox, QProgressBar, QSpinBox, QWidget

NAMES: Final = (
    "pageBar", "drawPageButton", "libraryPageButton", "trainPageButton", "canvas", "predictedLabel", "probabilityView",
    "modelChooser", "clearButton", "undoButton", "openImageButton", "datasetChooser", "datasetView", "datasetFilter",
    "trainDatasetChooser", "presetChooser", "epochsInput", "batchSizeInput", "trainButton", "stopButton",
    "trainingProgress", "learningCurves", "confusionMatrix", "classReport", "runTable",
)  # fmt: skip
_PERIOD: Final = 20
"""Milliseconds between two looks."""


def install_probe(window: QWidget, path: Path) -> QObject:
    """Report what `window` shows to the file `path` until it is gone.

    Returns:
        The reporter; the window owns it.
    """
    return _Probe(window, path)


class _Probe(QObject):
    def __init__(self, window: QWidget, path: Path) -> None:
        super().__init__(window)
        self.setObjectName("probe")
        self._window = window
        self._path = path
        self._last: dict[str, Any] = {}
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._on_quit)
        timer = QTimer(self)
        timer.timeout.connect(self._look)
        timer.start(_PERIOD)

    def _look(self) -> None:
        if not self._window.isVisible():
            return
        state = {"window": int(self._window.winId()), "widgets": self._widgets()}
        if state != self._last:
            self._last = state
            self._write({"event": "state", **state})

    def _on_quit(self) -> None:
        heavy = sorted({"tensorflow", "keras", "sklearn", "pyqtgraph"} & set(sys.modules))
        self._write({"event": "closing", "imported": heavy})

    def _write(self, document: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": time.time(), **document}, ensure_ascii=False) + "\n")

    def _widgets(self) -> dict[str, dict[str, Any]]:
        shown = (widget for widget in self._window.findChildren(QWidget) if widget.objectName() in NAMES)
        return {widget.objectName(): _facts(widget) for widget in shown if widget.isVisible()}


def _facts(widget: QWidget) -> dict[str, Any]:
    ratio = widget.devicePixelRatioF()
    corner = widget.mapToGlobal(QPoint(0, 0))
    facts: dict[str, Any] = {
        "rectangle": [round(value * ratio) for value in (corner.x(), corner.y(), widget.width(), widget.height())],
        "enabled": widget.isEnabled(),
        "covered": widget.visibleRegion().isEmpty(),
    }
    if isinstance(widget, QComboBox):
        facts["text"] = widget.currentText()
        facts["items"] = [widget.itemText(index) for index in range(widget.count())]
    elif isinstance(widget, QSpinBox | QProgressBar):
        facts["value"] = widget.value()
    elif isinstance(widget, QAbstractButton):
        facts["checked"] = widget.isChecked()
    else:
        # `predictedLabel.text` is promised; a label has it as a method.
        text = getattr(widget, "text", None)
        value = text() if callable(text) else text
        if isinstance(value, str):
            facts["text"] = value
    return facts
