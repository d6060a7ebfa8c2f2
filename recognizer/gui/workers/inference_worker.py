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
from recognizer.inference.prediction import Prediction
from recognizer.inference.registry import ModelRecord
from recognizer.ink.stroke import Ink

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was read.

    Attributes:
        revision: Of the canvas that was read.
        model_id: Who read it.
        prediction: The answer.
        image: (28, 28) uint8, what the model saw.
        seconds: From handing over the canvas to the answer.
    """

    revision: int
    model_id: str
    prediction: Prediction
    image: NDArray[np.uint8]
    seconds: float


class InferenceWorker(QThread):
    """A latest-wins worker: what is submitted while it works replaces what was waiting.

    Signals:
        answered: An `Answer`; a stale one is the receiver's to drop, by its revision.
        model_ready: The id of a model that has been loaded.
        failed: (model id, RecognizerError): the model cannot be used.
    """

    answered = Signal(object)
    model_ready = Signal(str)
    failed = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wake = threading.Condition()
        self._waiting: tuple[int, Ink | NDArray[np.uint8], float] | None = None
        self._wanted: ModelRecord | None = None
        self._is_cancelled = False
        self._classifier: Classifier | None = None

    def use_model(self, record: ModelRecord) -> None:
        """Read with `record` from now on."""
        with self._wake:
            self._wanted = record
            self._wake.notify()

    def submit(self, revision: int, content: Ink | NDArray[np.uint8]) -> None:
        """Read `content`: ink, or (h, w) uint8 grey levels."""
        with self._wake:
            self._waiting = (revision, content, time.perf_counter())
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
                    self.model_ready.emit(wanted.id)
                elif self._classifier is not None:
                    self.answered.emit(_answer(self._classifier, *request))
            except RecognizerError as error:
                self._give_up(wanted, error)
            except Exception as error:
                _log.exception("reading failed")
                self._give_up(wanted, unexpected(error))

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


def _answer(classifier: Classifier, revision: int, content: Ink | NDArray[np.uint8], began: float) -> Answer:
    preprocessor = Preprocessor(classifier.record.preprocessing)
    image = preprocessor.from_ink(content) if isinstance(content, Ink) else preprocessor.from_image(content)
    prediction = classifier.predict(image)
    return Answer(revision, classifier.record.id, prediction, image, time.perf_counter() - began)
