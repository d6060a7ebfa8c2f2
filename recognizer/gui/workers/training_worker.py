"""The thread in which Keras trains."""

import logging
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal

from recognizer.base.cancellation import CancellationToken, Cancelled, PausableToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.gui.workers.task import unexpected
from recognizer.inference.removal import delete_model
from recognizer.library.dataset import Dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochMetrics, EventCallback, RunCancelled, RunEnded, RunFailed, TrainingEvent
from recognizer.training.finetune import fine_tune
from recognizer.training.run_keeping import delete_run
from recognizer.training.runs import read_metrics
from recognizer.training.trainer import Trainer

_log = logging.getLogger(__name__)

_STACK_BYTES: Final = 64 * 1024 * 1024
"""Compilers recurse deeply, and a thread's stack is smaller than the main thread's on some systems."""


class _Token(PausableToken):
    """Says when the work has begun to wait."""

    def __init__(self, waits: Callable[[], None]) -> None:
        super().__init__()
        self._waits = waits

    def check(self) -> None:
        if self.is_paused:
            self._waits()
        super().check()


class RunWorker(QThread):
    """A training run in a thread; after the events, exactly one of the three endings is signalled.

    Args:
        profile: Where runs and models are kept.
        parent: Owns the worker.

    Signals:
        paused: The run waits, after `pause`.
        happened: A TrainingEvent while the run goes on; the last ones are signalled by the endings instead.
        ended: RunEnded; the model is in the registry.
        failed: A RecognizerError.
        cancelled: The run was stopped before there was a model to keep, or nothing of it is to be kept.
    """

    paused = Signal()
    happened = Signal(object)
    ended = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, profile: Profile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._profile = profile
        self.setObjectName("training")
        self.setStackSize(_STACK_BYTES)
        self._token = _Token(self.paused.emit)

    def cancel(self) -> None:
        """Ask the run to stop and keep its best model; one of the endings follows."""
        self._token.cancel()

    def discard(self) -> None:
        """Ask the run to stop and to leave nothing behind; `cancelled` or `failed` follows."""
        self._token.discard()

    def pause(self) -> None:
        """Ask the run to wait; `paused` follows within a tenth of a second, unless it ends before."""
        self._token.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._token.resume()

    @property
    def is_paused(self) -> bool:
        """Whether the run waits, or will in a moment."""
        return self._token.is_paused

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` has been called."""
        return self._token.is_cancelled

    def run(self) -> None:
        """Train; called by Qt in the new thread."""
        try:
            outcome = self._train(self._on_event, self._token)
            if self._token.is_discarded:
                self._forget(outcome)
        except Cancelled:
            self.cancelled.emit()
        except RecognizerError as error:
            self.failed.emit(error)
        except Exception as error:
            _log.exception("training failed")
            self.failed.emit(unexpected(error))
        else:
            if isinstance(outcome, RunEnded) and not self._token.is_discarded:
                self.ended.emit(outcome)
            else:
                self.cancelled.emit()

    def _train(self, on_event: EventCallback, token: CancellationToken) -> RunEnded | RunCancelled:
        raise NotImplementedError

    def _forget(self, outcome: RunEnded | RunCancelled) -> None:
        """Delete the run, and its model where it had one before it heard of it."""
        if isinstance(outcome, RunEnded) and outcome.model_id:
            delete_model(self._profile, outcome.model_id)
        delete_run(self._profile, outcome.run_id)

    def _on_event(self, event: TrainingEvent) -> None:
        if not isinstance(event, RunEnded | RunCancelled | RunFailed):
            self.happened.emit(event)


class TrainingWorker(RunWorker):
    """Trains one model.

    Args:
        profile: Where runs and models are kept.
        config: What to train.
        data: The samples.
        parent: Owns the worker.
    """

    def __init__(self, profile: Profile, config: TrainingConfig, data: Dataset, parent: QObject | None = None) -> None:
        super().__init__(profile, parent)
        self._config = config
        self._data = data

    def _train(self, on_event: EventCallback, token: CancellationToken) -> RunEnded | RunCancelled:
        return Trainer(self._profile).fit(self._config, self._data, on_event, token)


class ResumingWorker(RunWorker):
    """Goes on with a run that was interrupted.

    Args:
        profile: Where runs and models are kept.
        run_id: Which run.
        data: What it was trained on.
        parent: Owns the worker.

    Attributes:
        earlier: The epochs that were finished before; known when the run goes on.
    """

    def __init__(self, profile: Profile, run_id: str, data: Dataset, parent: QObject | None = None) -> None:
        super().__init__(profile, parent)
        self._run_id = run_id
        self._data = data
        self.earlier: tuple[EpochMetrics, ...] = ()

    def _train(self, on_event: EventCallback, token: CancellationToken) -> RunEnded | RunCancelled:
        self.earlier = tuple(read_metrics(self._profile.runs / self._run_id))
        return Trainer(self._profile).resume(self._run_id, self._data, on_event, token)


class FineTuningWorker(RunWorker):
    """Trains a model further on the user's handwriting; it reads what it needs by itself.

    Args:
        profile: Whose handwriting and models.
        model_id: The model to begin with.
        parent: Owns the worker.
    """

    def __init__(self, profile: Profile, model_id: str, parent: QObject | None = None) -> None:
        super().__init__(profile, parent)
        self._model_id = model_id

    def _train(self, on_event: EventCallback, token: CancellationToken) -> RunEnded | RunCancelled:
        return fine_tune(self._profile, self._model_id, on_event, token)
