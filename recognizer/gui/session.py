"""What the pages share: profile, settings, models, datasets, error reports, and the threads that run."""

import atexit
import logging
import weakref

from PySide6.QtCore import QDeadlineTimer, QObject, QThread, Signal
from shiboken6 import isValid

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback
from recognizer.base.settings import Settings
from recognizer.gui.workers.task import Task
from recognizer.inference.registry import ModelRegistry
from recognizer.library.dataset import Dataset
from recognizer.library.handwriting import NAME as HANDWRITING
from recognizer.library.handwriting import Handwriting

_log = logging.getLogger(__name__)

_KEPT_DATASETS = 3


class Session(QObject):
    """One window's shared state.

    Signals:
        problem: A RecognizerError that the window shows in words.
        models_changed: The registry has changed; carries the new model's id, or "".
        dataset_progressed: (name, done, total, message) while a dataset is loaded.
        dataset_loaded: (name, Dataset).
        dataset_failed: (name, RecognizerError); also reported through `problem`.
        dataset_cancelled: (name).
        samples_requested: (dataset name, positions, heading): the Library page is asked to show just these.
        model_chosen: A model's id: the Draw page is asked to open and to read with it.
        dataset_chosen: The name of the dataset that the user now works with.
        handwriting_changed: Something was kept in `handwriting`, removed or relabelled; whoever does so emits it.

    Attributes:
        handwriting: The user's own samples.
    """

    problem = Signal(object)
    models_changed = Signal(str)
    dataset_progressed = Signal(str, int, int, str)
    dataset_loaded = Signal(str, object)
    dataset_failed = Signal(str, object)
    dataset_cancelled = Signal(str)
    samples_requested = Signal(str, object, str)
    model_chosen = Signal(str)
    dataset_chosen = Signal(str)
    handwriting_changed = Signal()

    def __init__(self, profile: Profile, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.profile = profile
        self.settings = settings
        self.registry = ModelRegistry(profile)
        self.handwriting = Handwriting(profile)
        self._threads: list[QThread] = []
        self._datasets: dict[str, Dataset] = {}
        self._loading: dict[str, Task] = {}
        self._given_up: dict[str, bool] = {}
        """The datasets whose loading is being cancelled, and whether they have been asked for again since."""
        # Before any page: they may ask for the dataset again.
        self.handwriting_changed.connect(self._forget_handwriting)
        # Qt aborts the process when a thread is still running as its object goes.
        atexit.register(_stop_at_exit, weakref.ref(self))

    def report(self, error: RecognizerError) -> None:
        """Show `error` to the user; from the main thread."""
        _log.warning("%s", error)
        self.problem.emit(error)

    def remember(self, key: str, value: str | int | float | bool) -> None:
        """Store a setting; a failure is reported, not raised."""
        try:
            self.settings.set(key, value)
        except RecognizerError as error:
            self.report(error)

    def choose_dataset(self, name: str) -> None:
        """Say that the user now works with the dataset `name`; every page follows, and the next start too."""
        self.remember("dataset", name)
        self.dataset_chosen.emit(name)

    def start(self, thread: QThread) -> None:
        """Start `thread` and count it among those that are stopped when the window closes.

        Connect to its signals before: it may end at once.
        """
        self._threads.append(thread)
        thread.finished.connect(self._forget_finished)
        thread.start()

    def _forget_finished(self) -> None:
        self._threads = [thread for thread in self._threads if not thread.isFinished()]

    def request_dataset(self, name: str) -> None:
        """Load the dataset `name`; `dataset_loaded`, `dataset_failed` or `dataset_cancelled` follows, maybe at once."""
        if name in self._datasets:
            self._datasets[name] = self._datasets.pop(name)
            self.dataset_loaded.emit(name, self._datasets[name])
            return
        if name in self._loading:
            if name in self._given_up:
                self._given_up[name] = True
            return
        profile = self.profile

        def work(progress: ProgressCallback, token: CancellationToken) -> Dataset:
            from recognizer.library.sources import load_dataset

            return load_dataset(name, profile, progress, token)

        task = Task(work, self)
        task.setProperty("dataset", name)
        self._loading[name] = task
        task.progressed.connect(self._on_dataset_progressed)
        task.succeeded.connect(self._on_dataset_loaded)
        task.failed.connect(self._on_dataset_failed)
        task.cancelled.connect(self._on_dataset_cancelled)
        self.start(task)

    def dataset(self, name: str) -> Dataset | None:
        """The dataset `name` if it is loaded."""
        return self._datasets.get(name)

    def is_loading(self, name: str) -> bool:
        """Whether the dataset `name` is on its way."""
        return name in self._loading

    def cancel_dataset(self, name: str) -> None:
        """Give up loading `name`."""
        if name in self._loading:
            self._given_up[name] = False
            self._loading[name].cancel()

    def _forget_handwriting(self) -> None:
        """The next request reads the samples anew."""
        self._datasets.pop(HANDWRITING, None)
        if HANDWRITING in self._loading:
            self._given_up[HANDWRITING] = True
            self._loading[HANDWRITING].cancel()

    def _sender_name(self) -> str:
        return str(self.sender().property("dataset"))

    def _on_dataset_progressed(self, done: int, total: int, message: str) -> None:
        self.dataset_progressed.emit(self._sender_name(), done, total, message)

    def _on_dataset_loaded(self, dataset: Dataset) -> None:
        is_outdated = self._sender_name() == HANDWRITING and self._given_up.get(HANDWRITING, False)
        name = self._loading_ended()
        if is_outdated:
            self.request_dataset(name)
            return
        self._datasets[name] = dataset
        while len(self._datasets) > _KEPT_DATASETS:
            self._datasets.pop(next(iter(self._datasets)))
        self.dataset_loaded.emit(name, dataset)

    def _on_dataset_failed(self, error: RecognizerError) -> None:
        name = self._loading_ended()
        self.report(error)
        self.dataset_failed.emit(name, error)

    def _on_dataset_cancelled(self) -> None:
        is_wanted_again = self._given_up.get(self._sender_name(), False)
        name = self._loading_ended()
        if is_wanted_again:
            self.request_dataset(name)
        else:
            self.dataset_cancelled.emit(name)

    def _loading_ended(self) -> str:
        name = self._sender_name()
        self._loading.pop(name, None)
        self._given_up.pop(name, None)
        return name

    def stop_threads(self, milliseconds: int) -> bool:
        """Cancel every thread and wait for them.

        Threads that have a `cancel` method are asked by it.

        Args:
            milliseconds: How long to wait for all of them together.

        Returns:
            Whether all of them have ended.
        """
        self._given_up = {}
        for thread in self._threads:
            cancel = getattr(thread, "cancel", None)
            if cancel is not None:
                cancel()
        deadline = QDeadlineTimer(milliseconds)
        return all([thread.wait(deadline) for thread in list(self._threads)])


def _stop_at_exit(reference: "weakref.ref[Session]") -> None:
    session = reference()
    if session is not None and isValid(session):
        session.stop_threads(4000)
