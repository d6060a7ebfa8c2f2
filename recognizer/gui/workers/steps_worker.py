"""Takes the preprocessing apart for what is on the canvas, always for the newest state of it, in its own thread."""

import logging
import threading
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QObject, QThread, Signal

from recognizer.base.errors import RecognizerError
from recognizer.gui.workers.task import unexpected
from recognizer.imaging.steps import Facts, Frame, Step, StepPicture, StepSource, step_source
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRecord
from recognizer.inference.step_answers import StepAnswers, step_answers
from recognizer.ink.stroke import Ink

_log = logging.getLogger(__name__)

_MOST_PIXELS: Final = 4_000_000
"""Larger pictures are made smaller first: nobody sees a difference, and memory stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class StepsRequest:
    """What is to be taken apart.

    Attributes:
        revision: Counts the requests.
        content: Ink, or (h, w) uint8 grey levels.
        frame: The canvas that the ink is on, where it is known.
        record: The model to ask.
        off: The steps to leave out.
    """

    revision: int
    content: Ink | NDArray[np.uint8]
    frame: Frame | None
    record: ModelRecord
    off: frozenset[Step]


@dataclass(frozen=True, slots=True, eq=False)
class StepsAnswer:
    """A request with what came of it.

    Attributes:
        request: What was asked.
        pictures: What was given, and what there is after each step.
        complete: (28, 28) uint8, what the model sees with every step.
        final: (28, 28) uint8, what it would see without those that are off.
        facts: Size, place and pen of the symbol in `final`.
        answers: What the model says.
    """

    request: StepsRequest
    pictures: tuple[StepPicture, ...]
    complete: NDArray[np.uint8]
    final: NDArray[np.uint8]
    facts: Facts
    answers: StepAnswers


class StepsWorker(QThread):
    """A latest-wins worker: what is submitted while it works replaces what was waiting.

    Signals:
        answered: A `StepsAnswer`.
        failed: (StepsRequest, RecognizerError): the model cannot be used.
    """

    answered = Signal(object)
    failed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wake = threading.Condition()
        self._waiting: StepsRequest | None = None
        self._is_cancelled = False
        self._classifier: Classifier | None = None
        self._source: tuple[StepsRequest, StepSource] | None = None

    def submit(self, request: StepsRequest) -> None:
        """Work on `request`, and forget the one that is waiting."""
        with self._wake:
            self._waiting = request
            self._wake.notify()

    def cancel(self) -> None:
        """End the thread."""
        with self._wake:
            self._is_cancelled = True
            self._wake.notify()

    def run(self) -> None:
        """Work, answer, wait; called by Qt in the new thread."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._is_cancelled or self._waiting is not None)
                request, self._waiting = self._waiting, None
                if self._is_cancelled or request is None:
                    return
            try:
                self.answered.emit(self._answer(request))
            except RecognizerError as error:
                self.failed.emit(request, error)
            except Exception as error:
                _log.exception("taking the steps apart failed")
                self.failed.emit(request, unexpected(error))

    def _answer(self, request: StepsRequest) -> StepsAnswer:
        if self._classifier is None or self._classifier.record is not request.record:
            self._classifier = Classifier(request.record)
        source = self._prepared(request)
        answers = step_answers(source, self._classifier, request.off)
        return StepsAnswer(
            request,
            source.pictures(request.off),
            source.final(),
            source.final(request.off),
            source.facts(request.off),
            answers,
        )

    def _prepared(self, request: StepsRequest) -> StepSource:
        """The source of `request`, the last one where only a switch has been moved."""
        if self._source is not None:
            last, source = self._source
            if last.content is request.content and last.frame == request.frame and last.record is request.record:
                return source
        source = step_source(_smaller(request.content), request.record.preprocessing, request.frame)
        self._source = (request, source)
        return source


def _smaller(content: Ink | NDArray[np.uint8]) -> Ink | NDArray[np.uint8]:
    if isinstance(content, Ink) or content.size <= _MOST_PIXELS:
        return content
    factor = int(np.ceil(np.sqrt(content.size / _MOST_PIXELS)))
    return np.asarray(Image.fromarray(content).reduce(factor))
