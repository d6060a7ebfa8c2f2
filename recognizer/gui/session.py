"""What the pages share: profile, settings, models, datasets, error reports, and the threads that run."""

import atexit
import logging
import weakref
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDeadlineTimer, QObject, QThread, Signal
from shiboken6 import isValid

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.base.settings import Settings
from recognizer.gui.workers.task import Task
from recognizer.inference.registry import ModelRegistry
from recognizer.library.dataset import Dataset
from recognizer.library.handwriting import NAME as HANDWRITING
from recognizer.library.handwriting import Handwriting
from recognizer.library.samples import SampleTable
from recognizer.library.sources import BUILT_IN
from recognizer.library.store import tables
from recognizer.library.store.library import Library

_log = logging.getLogger(__name__)

_KEPT_DATASETS: Final = 3
_AT_ONCE: Final = 3_000
"""Samples up to which an edit is made in the main thread: it takes less than a tenth of a second."""


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
        library_changed: Something in the library was added, changed or removed; whoever does so emits it.
        table_loaded: (name, SampleTable) after `request_table`.
        table_failed: (name, RecognizerError) likewise; also reported through `problem`.
        edited: (words): what the user has just done to the library, or undone.
        ink_changed: `ink_picture` is another one.

    Attributes:
        library: Every sample that the user keeps.
        handwriting: The user's own samples in it.
        ink_picture: (28, 28) uint8, the symbol on the canvas of the Draw page as models see it; None where there is
            none. Set by `set_ink`.
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
    library_changed = Signal()
    table_loaded = Signal(str, object)
    table_failed = Signal(str, object)
    edited = Signal(str)
    ink_changed = Signal()

    def __init__(self, profile: Profile, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.profile = profile
        self.settings = settings
        self.registry = ModelRegistry(profile)
        self.library = Library.of(profile)
        self.handwriting = Handwriting(profile)
        self.ink_picture: NDArray[np.uint8] | None = None
        self._threads: list[QThread] = []
        self._datasets: dict[str, Dataset] = {}
        self._loading: dict[str, Task] = {}
        self._given_up: dict[str, bool] = {}
        """The datasets whose loading is being cancelled, and whether they have been asked for again since."""
        self._told_incidents = 0
        # Before any page: they may ask for the dataset again.
        self.library_changed.connect(self._forget_own)
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

    def set_ink(self, picture: NDArray[np.uint8] | None) -> None:
        """Say what the canvas holds now; called by the Draw page."""
        if picture is not self.ink_picture:
            self.ink_picture = picture
            self.ink_changed.emit()

    def start(self, thread: QThread) -> None:
        """Start `thread` and count it among those that are stopped when the window closes.

        Connect to its signals before: it may end at once.
        """
        self._threads.append(thread)
        thread.finished.connect(self._forget_finished)
        thread.start()

    def _forget_finished(self) -> None:
        # One may be deleted already: it says that it has finished a moment before it has.
        self._threads = [thread for thread in self._threads if isValid(thread) and not thread.isFinished()]

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

    def _forget_own(self) -> None:
        """The next request reads the samples of the library anew."""
        for name in [name for name in self._datasets if self.is_own(name)]:
            del self._datasets[name]
        for name in [name for name in self._loading if self.is_own(name)]:
            self._given_up[name] = True
            self._loading[name].cancel()

    # The library

    def open_library(self) -> None:
        """Open the library in the background, with the daily backup; `library_changed` follows if there is one."""
        library = self.library
        if not library.exists():
            return

        def work(progress: ProgressCallback, token: CancellationToken) -> None:
            library.open()
            library.maintain()

        task = Task(work, self)
        task.succeeded.connect(self._on_opened)
        task.failed.connect(self.report)
        self.start(task)

    def close_library(self) -> None:
        """Leave the library in order, so that it is there at once the next time."""
        try:
            self.library.close()
        except RecognizerError as error:
            _log.warning("%s", error)

    def _on_opened(self) -> None:
        self._tell_incidents()
        self.library_changed.emit()

    def _tell_incidents(self) -> None:
        """Say what was found damaged since the last time."""
        incidents = self.library.incidents[self._told_incidents :]
        self._told_incidents = len(self.library.incidents)
        for incident in incidents:
            self.report(
                RecognizerError(
                    incident.words(), fix=tr("Open the Library page to go back to a backup, if you want to")
                )
            )

    def is_own(self, name: str) -> bool:
        """Whether the dataset `name` is one of the library, which the user can change."""
        if name in BUILT_IN:
            return name == HANDWRITING
        try:
            return self.library.find_record(name) is not None
        except RecognizerError:
            return False

    def request_table(self, name: str) -> None:
        """Read the library's dataset `name`; `table_loaded` or `table_failed` follows, at once if it is open."""
        library = self.library
        if library.file.is_open():
            try:
                found = tables.table(library, name)
            except RecognizerError as error:
                self._on_no_table(name, error)
            else:
                self.table_loaded.emit(name, found)
            return

        def work(progress: ProgressCallback, token: CancellationToken) -> SampleTable:
            return tables.table(library, name)

        task = Task(work, self)
        task.setProperty("dataset", name)
        task.succeeded.connect(self._on_table)
        task.failed.connect(self._on_table_failed)
        self.start(task)

    def _on_table(self, found: SampleTable) -> None:
        self._tell_incidents()
        self.table_loaded.emit(self._sender_name(), found)

    def _on_table_failed(self, error: RecognizerError) -> None:
        self._on_no_table(self._sender_name(), error)

    def _on_no_table(self, name: str, error: RecognizerError) -> None:
        self.report(error)
        self.table_failed.emit(name, error)

    def edit(self, work: Callable[[Library], Any], size: int, words: str = "") -> None:
        """Change the library; `library_changed` and `edited` follow, at once where few samples are concerned.

        Args:
            work: Does it; called with the library, perhaps in another thread.
            size: How many samples it is about.
            words: What is done, for the user; what the journal calls it where empty.
        """
        library = self.library

        def change(progress: ProgressCallback, token: CancellationToken) -> str:
            work(library)
            if words:
                return words
            done = library.next_steps()[0]
            return done.describe() if done is not None else ""

        self._run_edit(change, size)

    def undo(self) -> None:
        """Take back the latest edit of the library; nothing happens where there is none."""
        self._step(0)

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._step(1)

    def _step(self, which: int) -> None:
        library = self.library
        if not library.exists():
            return
        try:
            step = library.next_steps()[which]
        except RecognizerError as error:
            self.report(error)
            return
        if step is None:
            self.edited.emit(tr("There is nothing more to undo") if which == 0 else tr("There is nothing to do again"))
            return

        def change(progress: ProgressCallback, token: CancellationToken) -> str:
            done = library.redo() if which else library.undo()
            if done is None:
                return ""
            return (
                tr("Done again: {edit}", edit=done.describe()) if which else tr("Undone: {edit}", edit=done.describe())
            )

        size = step.words.get("n", 0)
        self._run_edit(change, size if isinstance(size, int) else 0)

    def _run_edit(self, change: Callable[[ProgressCallback, CancellationToken], str], size: int) -> None:
        if size <= _AT_ONCE:
            try:
                words = change(no_progress, CancellationToken())
            except RecognizerError as error:
                self.report(error)
            else:
                self._on_edited(words)
            return
        task = Task(change, self)
        task.succeeded.connect(self._on_edited)
        task.failed.connect(self.report)
        self.start(task)

    def _on_edited(self, words: str) -> None:
        self._tell_incidents()
        self.library_changed.emit()
        if words:
            self.edited.emit(words)

    def _sender_name(self) -> str:
        return str(self.sender().property("dataset"))

    def _on_dataset_progressed(self, done: int, total: int, message: str) -> None:
        self.dataset_progressed.emit(self._sender_name(), done, total, message)

    def _on_dataset_loaded(self, dataset: Dataset) -> None:
        name = self._sender_name()
        is_outdated = self.is_own(name) and self._given_up.get(name, False)
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
        self._forget_finished()
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
