"""Reads what is on the canvas, always the newest state of it, in a thread of its own."""

import logging
import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal

from recognizer.base.errors import RecognizerError
from recognizer.gui.workers.task import unexpected
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.numbers import InkReader
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import Reading
from recognizer.inference.registry import ModelRecord
from recognizer.ink.stroke import Ink

_log = logging.getLogger(__name__)

_MOST_HINT_STROKES = 24
"""Drawings of more strokes than this are not looked at a second time unasked."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was read.

    Attributes:
        revision: Of the canvas that was read.
        model_id: Who read it.
        prediction: The answer where one symbol was asked for.
        image: (28, 28) uint8, what the model saw of it.
        reading: The answer where a number was asked for.
        seconds: From handing over the canvas to the answer.
    """

    revision: int
    model_id: str
    prediction: Prediction | None
    image: NDArray[np.uint8] | None
    reading: Reading | None
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    revision: int
    content: Ink | NDArray[np.uint8]
    is_number: bool
    began: float


class InferenceWorker(QThread):
    """A latest-wins worker: what is submitted while it works replaces what was waiting.

    Signals:
        answered: An `Answer`; a stale one is the receiver's to drop, by its revision.
        hinted: (revision, text): what was no symbol reads well as this number. Follows the answer.
        unread: (revision, RecognizerError): this cannot be read; the next drawing may.
        model_ready: The id of a model that has been loaded.
        failed: (model id, RecognizerError): the model cannot be used.
    """

    answered = Signal(object)
    hinted = Signal(int, str)
    unread = Signal(int, object)
    model_ready = Signal(str)
    failed = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wake = threading.Condition()
        self._waiting: _Request | None = None
        self._wanted: ModelRecord | None = None
        self._is_cancelled = False
        self._classifier: Classifier | None = None
        self._reader: InkReader | None = None

    def use_model(self, record: ModelRecord) -> None:
        """Read with `record` from now on."""
        with self._wake:
            self._wanted = record
            self._wake.notify()

    def submit(self, revision: int, content: Ink | NDArray[np.uint8], *, is_number: bool = False) -> None:
        """Read `content`: ink, as one symbol or as a number, or (h, w) uint8 grey levels of one symbol."""
        with self._wake:
            self._waiting = _Request(revision, content, is_number, time.perf_counter())
            self._wake.notify()

    def cancel(self) -> None:
        """End the thread."""
        with self._wake:
            self._is_cancelled = True
            self._wake.notify()

    def run(self) -> None:
        """Load, read, answer, wait; called by Qt in the new thread."""
        while True:
            with self._wake:
                self._wake.wait_for(self._has_work)
                if self._is_cancelled or self._wanted is None:
                    return
                wanted, request = self._wanted, None
                if self._is_loaded():
                    request, self._waiting = self._waiting, None
            try:
                if request is None:
                    self._classifier = Classifier(wanted)
                    self._reader = InkReader(self._classifier)
                    self.model_ready.emit(wanted.id)
                elif self._classifier is not None and self._reader is not None:
                    self._answer(request, self._classifier, self._reader)
            except RecognizerError as error:
                self._give_up(wanted, error)
            except Exception as error:
                _log.exception("reading failed")
                self._give_up(wanted, unexpected(error))

    def _answer(self, request: _Request, classifier: Classifier, reader: InkReader) -> None:
        content, model_id = request.content, classifier.record.id
        if request.is_number and isinstance(content, Ink):
            try:
                reading = reader.read(content)
            except RecognizerError as error:
                self.unread.emit(request.revision, error)
                return
            seconds = time.perf_counter() - request.began
            self.answered.emit(Answer(request.revision, model_id, None, None, reading, seconds))
            return
        preprocessor = Preprocessor(classifier.record.preprocessing)
        image = preprocessor.from_ink(content) if isinstance(content, Ink) else preprocessor.from_image(content)
        prediction = classifier.predict(image)
        seconds = time.perf_counter() - request.began
        self.answered.emit(Answer(request.revision, model_id, prediction, image, None, seconds))
        if isinstance(content, Ink) and prediction.verdict in (Verdict.REJECTED, Verdict.UNSURE):
            self._look_for_number(request.revision, content, reader)

    def _look_for_number(self, revision: int, ink: Ink, reader: InkReader) -> None:
        """Say so where a drawing that is no symbol is clearly several; only while nothing newer waits."""
        with self._wake:
            if self._waiting is not None or not 2 <= len(ink.strokes) <= _MOST_HINT_STROKES:
                return
        symbols = reader.read(ink).symbols
        if len(symbols) >= 2 and all(symbol.is_sure for symbol in symbols):
            self.hinted.emit(revision, "".join(symbol.text for symbol in symbols))

    def _is_loaded(self) -> bool:
        return self._classifier is not None and self._classifier.record is self._wanted

    def _has_work(self) -> bool:
        if self._is_cancelled:
            return True
        return self._wanted is not None and (self._waiting is not None or not self._is_loaded())

    def _give_up(self, record: ModelRecord, error: RecognizerError) -> None:
        with self._wake:
            if self._wanted is record:
                self._wanted = None
        self.failed.emit(record.id, error)
