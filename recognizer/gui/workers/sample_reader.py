"""What the current model says about one sample at a time, asked in the background."""

import logging

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.progress import ProgressCallback
from recognizer.gui.session import Session
from recognizer.gui.workers.task import Task
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction

_log = logging.getLogger(__name__)


class SampleReader(QObject):
    """Reads the newest picture that it was given; older ones that wait are dropped.

    Signals:
        answered: (key, Prediction, the model's title).
        failed: (key, RecognizerError): there is no model, or it is damaged.
    """

    answered = Signal(int, object, str)
    failed = Signal(int, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._classifier: Classifier | None = None
        self._loaded_for = ("", -1)
        self._generation = 0
        self._asked_for = ("", 0)
        self._task: Task | None = None
        self._key = -1
        self._waiting: tuple[int, NDArray[np.uint8]] | None = None
        session.models_changed.connect(self._forget_model)

    def _forget_model(self) -> None:
        self._generation += 1

    def read(self, key: int, image: NDArray[np.uint8]) -> None:
        """Ask about `image`, (28, 28) uint8; `answered` or `failed` follows with `key`, unless a newer call comes."""
        self._waiting = (key, image)
        if self._task is None:
            self._begin()

    def _begin(self) -> None:
        if self._waiting is None:
            return
        self._key, image = self._waiting
        self._waiting = None
        registry, wanted = self._session.registry, self._session.settings.get("model")
        self._asked_for = (wanted, self._generation)
        known = self._classifier if self._loaded_for == self._asked_for else None

        def work(progress: ProgressCallback, token: CancellationToken) -> tuple[Classifier, Prediction]:
            classifier = known
            if classifier is None:
                try:
                    record = registry.get(wanted) if wanted else registry.default()
                except RecognizerError:
                    record = registry.default()
                classifier = Classifier(record)
            token.check()
            return classifier, classifier.predict(image)

        # Connected before it starts: it may be done before the next line.
        self._task = Task(work, self._session)
        self._task.succeeded.connect(self._on_succeeded)
        self._task.failed.connect(self._on_failed)
        self._task.cancelled.connect(self._on_cancelled)
        self._task.finished.connect(self._on_finished)
        self._session.start(self._task)

    def _on_succeeded(self, result: tuple[Classifier, Prediction]) -> None:
        classifier, prediction = result
        self._classifier, self._loaded_for = classifier, self._asked_for
        if self._waiting is None:
            self.answered.emit(self._key, prediction, classifier.record.title)

    def _on_failed(self, error: RecognizerError) -> None:
        _log.info("%s", error)
        if self._waiting is None:
            self.failed.emit(self._key, error)

    def _on_cancelled(self) -> None:
        # The window closes: nothing may begin any more.
        self._waiting = None

    def _on_finished(self) -> None:
        if self._task is not None:
            # It may still be about to tell the session that it has ended, which has to know it then.
            self._task.wait()
            self._task.deleteLater()
            self._task = None
        self._begin()
