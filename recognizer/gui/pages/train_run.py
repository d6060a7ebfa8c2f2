"""One training run at a time on the Train page, and those that wait: started, paused, stopped, gone on with."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.pages.run_viewer import RunViewer
from recognizer.gui.session import Session
from recognizer.gui.widgets.learning_curves import LearningCurveView
from recognizer.gui.widgets.training_progress import TrainingProgress
from recognizer.gui.words import dataset_title
from recognizer.gui.workers.training_worker import FineTuningWorker, ResumingWorker, RunWorker, TrainingWorker
from recognizer.library.dataset import Dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.events import (
    BatchProgress,
    CheckpointSaved,
    EpochEnded,
    EpochJudged,
    RunBegan,
    RunEnded,
    SamplesChosen,
    StageBegan,
    TrainingEvent,
)
from recognizer.training.finetune import FineTuneRecipe
from recognizer.training.run_records import network_title

MOST_WAITING: Final = 2
"""Runs that may wait for the one that goes on."""


class State(Enum):
    """Where a run is."""

    IDLE = auto()
    LOADING = auto()
    """The dataset is on its way."""
    TRAINING = auto()
    STOPPING = auto()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A run that waits for its dataset; `run_id` where it is one that goes on."""

    dataset: str
    worker: Callable[[Dataset], RunWorker]
    run_id: str = ""


class RunDesk(QObject):
    """Starts and follows runs; when one is over, the next of those that wait begins.

    Signals:
        changed: Something else goes on now; see the properties.

    Args:
        session: What the pages share.
        progress, curves: Where the run is shown.
        viewer: Shows what it has left.
        parent: Owns the desk.

    Attributes:
        waiting: Dataset and settings of the runs that wait, the next one first; at most `MOST_WAITING`.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        progress: TrainingProgress,
        curves: LearningCurveView,
        viewer: RunViewer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._progress, self._curves, self._viewer = session, progress, curves, viewer
        self._state = State.IDLE
        self._epoch = self._epochs = 0
        self._is_fitting = False
        self._has_epochs = True
        self._run_id = ""
        self._worker: RunWorker | None = None
        self._wanted: _Wanted | None = None
        self._data: Dataset | None = None
        self._is_my_loading = False
        self._subject = ""
        self.waiting: list[tuple[str, TrainingConfig]] = []
        session.dataset_progressed.connect(self._on_dataset_progress)
        session.dataset_loaded.connect(self._on_dataset)
        session.dataset_failed.connect(self._on_no_dataset)
        session.dataset_cancelled.connect(self._on_no_dataset)

    @property
    def state(self) -> State:
        """Where the run is."""
        return self._state

    @property
    def is_paused(self) -> bool:
        """Whether it waits, or will in a moment."""
        return self._worker is not None and self._worker.is_paused

    @property
    def can_pause(self) -> bool:
        """Whether its epochs have begun, and have not ended."""
        return self._state is State.TRAINING and self._is_fitting

    def busy_with(self) -> str:
        """What closing the window would interrupt."""
        if self._state in (State.IDLE, State.LOADING):
            return ""
        words = tr("A model is being trained.")
        if self._epochs:
            words = tr("A model is being trained: epoch {epoch} of {epochs}.", epoch=self._epoch, epochs=self._epochs)
        n = len(self.waiting)
        return f"{words} {ntr('{n} more run waits.', '{n} more runs wait.', n)}" if n else words

    # Starting

    def start(self, name: str, config: TrainingConfig) -> None:
        """Train on the dataset `name`; after the run that goes on, where there is one."""
        if self._state is not State.IDLE:
            if len(self.waiting) < MOST_WAITING:
                self.waiting.append((name, config))
                self.changed.emit()
            return

        def worker(data: Dataset) -> RunWorker:
            return TrainingWorker(self._session.profile, config, data, self)

        self._load(_Wanted(name, worker), config.epochs, self.subject(name, config))

    def subject(self, name: str, config: TrainingConfig) -> str:
        """What a run trains on what, in words."""
        dataset = self._session.dataset(name)
        title = dataset_title(name, dataset.title if dataset is not None else name)
        return f"{network_title(config.preset)} · {title}"

    def withdraw(self, place: int) -> None:
        """Forget one of the runs that wait."""
        del self.waiting[place]
        self.changed.emit()

    def _start_next(self) -> None:
        if self._state is State.IDLE and self.waiting:
            self.start(*self.waiting.pop(0))

    def go_on(self, run_id: str, name: str) -> None:
        """Go on with an interrupted run on the dataset `name`."""

        def worker(data: Dataset) -> RunWorker:
            return ResumingWorker(self._session.profile, run_id, data, self)

        self._load(_Wanted(name, worker, run_id), 1)

    def fine_tune(self, model_id: str) -> None:
        """Train a model further on the user's handwriting."""
        if self._state is not State.IDLE:
            return
        self._subject = ""
        self._begin(FineTuneRecipe().epochs, tr("Reading your handwriting…"))
        # What is tuned is the model that it comes from, however often.
        self._run(FineTuningWorker(self._session.profile, model_id, self))

    def _load(self, wanted: _Wanted, epochs: int, subject: str = "") -> None:
        if self._state is not State.IDLE:
            return
        self._wanted, self._subject = wanted, subject
        self._begin(epochs, tr("Loading the samples…"))
        self._set_state(State.LOADING)
        name = wanted.dataset
        self._is_my_loading = self._session.dataset(name) is None and not self._session.is_loading(name)
        self._session.request_dataset(name)

    def _begin(self, epochs: int, message: str) -> None:
        self._epoch = self._epochs = 0
        self._is_fitting = False
        self._has_epochs = True
        self._run_id = ""
        self._data = None
        self._viewer.training_began()
        self._progress.set_subject(self._subject)
        self._curves.clear(epochs)
        self._progress.show_stage(message)

    def _on_dataset_progress(self, name: str, done: int, total: int, message: str) -> None:
        if self._state is State.LOADING and self._wanted is not None and name == self._wanted.dataset:
            self._progress.show_stage(message, done, total)

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        wanted = self._wanted
        if self._state is not State.LOADING or wanted is None or name != wanted.dataset:
            return
        self._progress.show_stage(tr("Loading TensorFlow…"))
        self._data = dataset
        self._run(wanted.worker(dataset))

    def _on_no_dataset(self, name: str) -> None:
        if self._state is State.LOADING and self._wanted is not None and name == self._wanted.dataset:
            self._end(self._wanted.run_id)

    def _run(self, worker: RunWorker) -> None:
        worker.happened.connect(self._on_event)
        worker.ended.connect(self._on_ended)
        worker.failed.connect(self._on_failed)
        worker.cancelled.connect(self._on_cancelled)
        worker.paused.connect(self._on_paused)
        worker.finished.connect(worker.deleteLater)
        self._worker = worker
        self._set_state(State.TRAINING)
        self._session.start(worker)

    # Pausing and stopping

    def pause(self) -> None:
        """Let the run wait."""
        if self.can_pause and self._worker is not None:
            self._worker.pause()
            self._progress.show_paused(self._epoch, is_waiting=False)
            self.changed.emit()

    def resume(self) -> None:
        """Let the run that waits go on."""
        if self._worker is not None and self._worker.is_paused:
            self._worker.resume()
            self._progress.begin(self._epochs, self._epoch - 1)
            self.changed.emit()

    def _on_paused(self) -> None:
        if self.sender() is self._worker and self.is_paused and self._state is State.TRAINING:
            self._progress.show_paused(self._epoch, is_waiting=True)

    def stop(self) -> None:
        """End the run, and keep its best model where there is one."""
        if self._state is State.LOADING and self._wanted is not None:
            wanted = self._wanted
            self._end(wanted.run_id)
            if self._is_my_loading:
                self._session.cancel_dataset(wanted.dataset)
        elif self._state is State.TRAINING and self._worker is not None:
            self._worker.cancel()
            if not self._epochs:
                # Nothing has been learned, and an import cannot be interrupted: it ends unattended.
                self._end()
            else:
                self._set_state(State.STOPPING)
                self._progress.show_stopping(tr("Stopping…"))

    def discard(self) -> None:
        """End the run and leave nothing of it."""
        if self._worker is not None:
            self._worker.discard()
        if self._state is State.STOPPING:
            self._progress.show_stopping(tr("Discarding…"))
        else:
            self.stop()

    def _set_state(self, state: State) -> None:
        self._state = state
        self.changed.emit()

    def _end(self, run_id: str = "") -> None:
        self._worker = self._wanted = self._data = None
        self._set_state(State.IDLE)
        self._viewer.training_ended(run_id)
        if self.waiting:
            QTimer.singleShot(0, self, self._start_next)

    # What the worker tells

    def _on_event(self, event: TrainingEvent) -> None:
        if self.sender() is not self._worker:
            return
        match event:
            case StageBegan():
                self._is_fitting = False
                if self.is_paused and self._worker is not None:
                    # There is nothing left that could wait.
                    self._worker.resume()
                self.changed.emit()
                if self._state is State.TRAINING or self._epochs:
                    self._progress.show_stage(f"{event.message}…")
            case RunBegan():
                self._on_began(event)
            case BatchProgress():
                self._epoch = event.epoch
                self._curves.add_batch(event)
                if self._state is State.TRAINING and not self.is_paused:
                    self._progress.show_batch(event)
            case SamplesChosen():
                # Only methods without a network choose.
                self._has_epochs = False
                if event.n_used < event.n_train:
                    words = tr("learns from {n} of {all} samples", n=f"{event.n_used:,}", all=f"{event.n_train:,}")
                    self._progress.set_subject(f"{self._subject} · {words}")
            case EpochJudged():
                self._viewer.live.add(event)
            case CheckpointSaved():
                self._viewer.live.add_weights(event.epoch)
            case EpochEnded():
                self._curves.add_epoch(event.metrics)
                self._viewer.live.add_epoch(event.metrics)

    def _on_began(self, event: RunBegan) -> None:
        earlier = self._worker.earlier if isinstance(self._worker, ResumingWorker) else ()
        self._epoch, self._epochs, self._run_id = len(earlier) + 1, event.epochs, event.run_id
        self._is_fitting = True
        self._curves.show_epochs(event.epochs, earlier)
        if self._data is not None:
            self._viewer.live.begin(self._data, event.epochs, event.run_id)
        self._viewer.run_began(event.run_id)
        if self._state is State.TRAINING:
            self._progress.begin(event.epochs, len(earlier), has_epochs=self._has_epochs)
        self.changed.emit()

    def _on_ended(self, event: RunEnded) -> None:
        self._session.models_changed.emit(event.model_id)
        if self.sender() is self._worker:
            self._end(event.run_id)
        else:
            self._viewer.load_runs()

    def _on_failed(self, error: RecognizerError) -> None:
        if self.sender() is self._worker:
            # What the run has left, its curves and how it ended, stays in sight.
            run_id = self._run_id or (self._wanted.run_id if self._wanted is not None else "")
            is_kept = bool(run_id) and (self._session.profile.runs / run_id).is_dir()
            self._end(run_id if is_kept else "")
            self._session.report(error)

    def _on_cancelled(self) -> None:
        if self.sender() is self._worker:
            self._end()
        else:
            self._viewer.load_runs()
