"""The main job played in the real window, with no display needed: draw, be read, train, draw with the new model."""

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.resources import resource_path

_SIZE: Final = (1280, 800)
_READ_SECONDS: Final = 20
_TRAIN_SECONDS: Final = 600


def run_demo(out: Path, profile: Path | None = None, say: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Play the main job and leave a picture of it.

    Args:
        out: The PNG to write: the Draw, Train and Library pages, one below the other.
        profile: Whose profile to use; a temporary one where None.
        say: Told each step in words.

    Returns:
        `{"drawn": [{"digit", "read", "confidence"}], "training": {"dataset", "accuracy", "model"}, "picture"}`.

    Raises:
        RecognizerError: A step did not come to its end.
    """
    _check_writable(out)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from recognizer.gui.app import create_window

    application = QApplication.instance() or QApplication([])
    with _profile(profile) as folder:
        window = create_window(folder)
        # The user's choices are put back; the run and its model stay.
        chosen = {key: window.session.settings.get(key) for key in ("model", "dataset")}
        window.resize(*_SIZE)
        window.show()
        try:
            player = _Player(window, say)
            # Whatever model this profile draws with: what is shown is what the program comes with.
            window.draw_page.choose_model(window.session.registry.default().id)
            drawn = player.draw_digits()
            training = player.train()
            player.draw_with(training["model"])
            player.open_library(training["dataset"])
            write_atomic(out, player.picture())
        finally:
            for key, value in chosen.items():
                window.session.remember(key, value)
            window.session.stop_threads(10_000)
            window.close()
            application.processEvents()
    say(tr("Picture: {path}", path=out))
    return {"drawn": drawn, "training": training, "picture": str(out)}


def _check_writable(out: Path) -> None:
    """Refuse a place for the picture before the demo is played, not after."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(out))
        if not os.access(out.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(out.parent))
    except OSError as error:
        raise write_error(out, error) from error


@contextlib.contextmanager
def _profile(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="recognizer-demo-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def recorded_strokes() -> dict[str, list[list[list[float]]]]:
    """Digit to strokes, each a list of (x, y) from 0 to 1, y down."""
    return json.loads(resource_path("demo_strokes.json").read_text(encoding="utf-8"))


class _Player:
    """Uses a window as a person does: by mouse and keys."""

    def __init__(self, window: Any, say: Callable[[str], None]) -> None:
        self._window = window
        self._say = say
        self._pages: list[Any] = []

    def _find(self, name: str) -> Any:
        from PySide6.QtWidgets import QWidget

        widget = self._window.findChild(QWidget, name)
        if widget is None:
            raise RecognizerError("A control of the window is missing", where=name, exit_code=1)
        return widget

    def _click(self, name: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.mouseClick(self._find(name), Qt.MouseButton.LeftButton)

    def _wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer

        deadline = QDeadlineTimer(int(seconds * 1000))
        loop, timer = QEventLoop(), QTimer()
        timer.timeout.connect(lambda: loop.quit() if condition() or deadline.hasExpired() else None)
        timer.start(10)
        if not condition():
            loop.exec()
        if not condition():
            raise RecognizerError(tr("The demo waited in vain"), where=what, exit_code=1)

    def _draw(self, strokes: list[list[list[float]]]) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        canvas = self._find("canvas")
        side = min(canvas.width(), canvas.height()) * 0.7
        left, top = (canvas.width() - side) / 2, (canvas.height() - side) / 2
        button = Qt.MouseButton.LeftButton
        for stroke in strokes:
            places = [QPoint(round(left + x * side), round(top + y * side)) for x, y in stroke]
            QTest.mousePress(canvas, button, Qt.KeyboardModifier.NoModifier, places[0])
            for place in places[1:]:
                QTest.mouseMove(canvas, place)
            QTest.mouseRelease(canvas, button, Qt.KeyboardModifier.NoModifier, places[-1])

    def _read(self, digit: str) -> dict[str, Any]:
        self._click("clearButton")
        self._draw(recorded_strokes()[digit])
        page = self._window.draw_page
        self._wait(page.is_up_to_date, _READ_SECONDS, tr("the answer to a drawn {digit}", digit=digit))
        read = self._find("predictedLabel").text()
        confidence = max(self._find("probabilityView").probabilities().values())
        self._say(
            tr(
                "Drawn: {digit}   read: {read}   {percent} %",
                digit=digit,
                read=read or "?",
                percent=f"{confidence * 100:.1f}",
            )
        )
        return {"digit": digit, "read": read, "confidence": round(confidence, 4)}

    def _settle(self) -> None:
        """Let what the last step set off be painted."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(300, loop.quit)
        loop.exec()

    def _grab(self) -> None:
        self._pages.append(self._window.grab().toImage())

    def draw_digits(self) -> list[dict[str, Any]]:
        """Draw every recorded digit and read the answer off the window."""
        return [self._read(digit) for digit in sorted(recorded_strokes())]

    def train(self) -> dict[str, Any]:
        """Train a small network from the Train page and wait for its judgement."""
        from recognizer.library.sources import is_available

        dataset = "mnist" if is_available("mnist", self._window.session.profile) else "uci-digits"
        self._click("trainPageButton")
        chooser, presets = self._find("trainDatasetChooser"), self._find("presetChooser")
        chooser.setCurrentIndex(chooser.findData(dataset))
        presets.setCurrentIndex(presets.findData("dense"))
        self._find("epochsInput").setValue(3 if dataset == "mnist" else 12)
        added: list[str] = []
        self._window.session.models_changed.connect(added.append)
        self._say(tr("Training “dense” on {dataset}…", dataset=dataset))
        self._click("trainButton")
        self._wait(lambda: bool(added), _TRAIN_SECONDS, tr("the end of the training"))
        self._wait(self._find("trainButton").isEnabled, _READ_SECONDS, tr("the end of the training"))
        record = self._window.session.registry.get(added[0])
        self._say(tr("Test accuracy: {percent} %", percent=f"{(record.accuracy or 0.0) * 100:.1f}"))
        return {"dataset": dataset, "accuracy": record.accuracy, "model": record.id}

    def draw_with(self, model_id: str) -> None:
        """Draw again with the model that was just trained; grabs both pages on the way."""
        self._settle()
        trained = self._window.grab().toImage()
        self._click("drawPageButton")
        self._window.draw_page.choose_model(model_id)
        self._read("3")
        self._grab()
        self._pages.append(trained)

    def open_library(self, dataset: str) -> None:
        """Look at what the model was trained on."""
        self._click("libraryPageButton")
        chooser = self._find("datasetChooser")
        chooser.setCurrentIndex(chooser.findData(dataset))
        view = self._find("datasetView")
        self._wait(lambda: view.model() is not None and view.model().rowCount() > 0, _READ_SECONDS, "datasetView")
        self._settle()
        self._grab()

    def picture(self) -> bytes:
        """The grabbed pages one below the other, as PNG."""
        from PySide6.QtCore import QBuffer, QByteArray, QIODevice
        from PySide6.QtGui import QImage, QImageWriter, QPainter

        width = max(page.width() for page in self._pages)
        sheet = QImage(width, sum(page.height() for page in self._pages), QImage.Format.Format_RGB32)
        painter = QPainter(sheet)
        top = 0
        for page in self._pages:
            page.setDevicePixelRatio(1.0)
            painter.drawImage(0, top, page)
            top += page.height()
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(sheet)
        return bytes(buffer.data().data())
