"""Reads pictures of numbers one after the other in the background."""

import io
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.progress import ProgressCallback
from recognizer.gui.session import Session
from recognizer.gui.workers.task import Task
from recognizer.inference.classifier import Classifier
from recognizer.inference.reading import Reading
from recognizer.inference.registry import ModelRecord

_SHOWN_SIDE: Final = 2400
"""The longest side, pixels, of a picture as the window shows it."""
_THUMBNAIL: Final = QSize(192, 144)


@dataclass(frozen=True, slots=True, eq=False)
class PictureSource:
    """Where a picture comes from: a file, or another program or a camera.

    Attributes:
        name: What people call it; a file's name.
        path: The file.
        image: The picture, where there is no file.
        content: The same as a PNG file's content.
    """

    name: str
    path: Path | None = None
    image: QImage | None = None
    content: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class ReadPicture:
    """A picture that has been read.

    Attributes:
        source: Where it can be had again.
        reading: What was read.
        labels: The classes of the model that read.
        width, height: Of the upright picture, pixels.
        shown: It, at most 2,400 pixels on its longest side, as a JPEG file's content: many may be open.
        thumbnail: It, small.
    """

    source: PictureSource
    reading: Reading
    labels: tuple[str, ...]
    width: int
    height: int
    shown: bytes
    thumbnail: QImage


class _ModelFailed(RecognizerError):
    """The model cannot be loaded, so that no picture can be read."""


class PhotoReader(QObject):
    """A queue of pictures, each read by a `Task` of its own; a picture that cannot be read does not stop the others.

    Signals:
        began: The key of the picture that is being read.
        finished: (key, ReadPicture).
        failed: (key, RecognizerError).
        dropped: The key of a picture that is not read after all.
        model_failed: (model id, RecognizerError): nothing can be read with that model; what waited is dropped.
        progressed: (how many are done, how many of how many there are): 0, 0 when there is nothing left to do.
    """

    began = Signal(int)
    finished = Signal(int, object)
    failed = Signal(int, object)
    dropped = Signal(int)
    model_failed = Signal(str, object)
    progressed = Signal(int, int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._record: ModelRecord | None = None
        self._classifier: Classifier | None = None
        self._waiting: deque[tuple[int, PictureSource]] = deque()
        self._task: Task | None = None
        self._key = -1
        self._is_given_up = False
        self._done = 0
        self._total = 0

    def use_model(self, record: ModelRecord | None) -> None:
        """Read with `record` from now on; what waits or is being read is dropped."""
        self.cancel()
        self._record = record

    def is_busy(self) -> bool:
        """Whether there is something left to read."""
        return self._total > 0

    def read(self, key: int, source: PictureSource) -> None:
        """Read `source` when its turn comes; a signal with `key` follows."""
        self._waiting.append((key, source))
        self._total += 1
        self.progressed.emit(self._done, self._total)
        self._begin()

    def cancel(self) -> None:
        """Drop what waits and what is being read."""
        waiting, self._waiting = self._waiting, deque()
        if self._task is not None and not self._is_given_up:
            self._is_given_up = True
            self._task.cancel()
            self.dropped.emit(self._key)
        for key, _ in waiting:
            self.dropped.emit(key)
        self._rest()

    def drop(self, key: int) -> None:
        """Do not read the picture `key`."""
        before = len(self._waiting)
        self._waiting = deque(pair for pair in self._waiting if pair[0] != key)
        if len(self._waiting) < before:
            self._total -= 1
            self._tell()
        elif self._task is not None and self._key == key and not self._is_given_up:
            self._is_given_up = True
            self._task.cancel()
            self._count()

    def _begin(self) -> None:
        if self._task is not None or not self._waiting or self._record is None:
            return
        self._key, source = self._waiting.popleft()
        self._is_given_up = False
        record = self._record
        known = self._classifier if self._classifier is not None and self._classifier.record is record else None

        def work(progress: ProgressCallback, token: CancellationToken) -> tuple[Classifier, ReadPicture]:
            classifier = known or _load(record)
            return classifier, read_picture(source, classifier, token)

        # Connected before it starts: it may be done before the next line.
        self._task = Task(work, self._session)
        self._task.succeeded.connect(self._on_succeeded)
        self._task.failed.connect(self._on_failed)
        self._task.cancelled.connect(self._on_cancelled)
        self._task.finished.connect(self._on_finished)
        self.began.emit(self._key)
        self._session.start(self._task)

    def _on_succeeded(self, result: tuple[Classifier, ReadPicture]) -> None:
        self._classifier, picture = result
        if not self._is_given_up:
            self.finished.emit(self._key, picture)
            self._count()

    def _on_failed(self, error: RecognizerError) -> None:
        if self._is_given_up:
            return
        if isinstance(error, _ModelFailed) and self._record is not None:
            failed = self._record.id
            self.cancel()
            self.model_failed.emit(failed, error)
        else:
            self.failed.emit(self._key, error)
            self._count()

    def _on_cancelled(self) -> None:
        # Not by `cancel`, then the window closes: nothing may begin any more.
        if not self._is_given_up:
            self._waiting.clear()
            self._rest()

    def _on_finished(self) -> None:
        if self._task is not None:
            self._task.deleteLater()
            self._task = None
        self._begin()

    def _count(self) -> None:
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        if self._done >= self._total:
            self._rest()
        else:
            self.progressed.emit(self._done, self._total)

    def _rest(self) -> None:
        self._done = self._total = 0
        self.progressed.emit(0, 0)


def _load(record: ModelRecord) -> Classifier:
    try:
        return Classifier(record)
    except RecognizerError as error:
        raise _ModelFailed(error.what, where=error.where, fix=error.fix, exit_code=error.exit_code) from error


def read_picture(source: PictureSource, classifier: Classifier, token: CancellationToken) -> ReadPicture:
    """Load a picture, read it, and make what the window shows of it.

    Raises:
        RecognizerError: It is no picture, or a too large one.
        Cancelled: By `token`.
    """
    # Imported here: OpenCV takes its time, and its first user is a worker thread.
    from recognizer.imaging.images import decode_rgb, load_rgb
    from recognizer.inference.photo import read_photo

    if source.path is not None:
        pixels = load_rgb(source.path)
    else:
        if source.image is not None:
            source = replace(source, image=None, content=_png(source.image))
        pixels = decode_rgb(source.content, Path(source.name))
    token.check()
    reading = read_photo(pixels, classifier, token)
    token.check()
    height, width = pixels.shape[:2]
    shown, thumbnail = _shown(pixels)
    return ReadPicture(source, reading, classifier.record.labels, width, height, shown, thumbnail)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def _shown(pixels: NDArray[np.uint8]) -> tuple[bytes, QImage]:
    """A picture as the window shows it, and its thumbnail."""
    image = Image.fromarray(pixels)
    image.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    small = np.ascontiguousarray(image.convert("RGB"))
    height, width = small.shape[:2]
    picture = QImage(small.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    smooth = Qt.TransformationMode.SmoothTransformation
    # Scaling to another size copies; where it is the same size, the picture would lose what it is made of.
    return buffer.getvalue(), picture.scaled(_THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, smooth).copy()
