"""Bringing the dataset that was chosen on the Library page: listing, asking, loading, and what is said meanwhile."""

import logging

import numpy as np
from PySide6.QtCore import QObject, Signal

from recognizer.base.errors import RecognizerError
from recognizer.gui.pages.library_choice import Choice
from recognizer.gui.session import Session
from recognizer.gui.widgets.dataset_panel import DatasetPanel
from recognizer.gui.widgets.dataset_state import DatasetState, State
from recognizer.library.dataset import SPLITS, Dataset
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.samples import SampleTable, table_of
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.library.store import tables
from recognizer.library.store.names import DatasetRecord

_log = logging.getLogger(__name__)


class LibraryLoader(QObject):
    """Brings the dataset that the chooser names; nothing is downloaded without being asked for.

    Args:
        session: Loads it.
        panel: Has the chooser.
        state: Says why no samples are to be seen.
        choice: Whether the deleted samples are wanted.
        parent: Owns it.

    Signals:
        arrived: Another table is there; the SampleTable that it replaces after an edit, or None.
        emptied: There is no table any more.
        stateWanted: `state` is to be seen in the place of the samples.
        listed: The chooser and `total` are up to date.
        switched: The chosen dataset has gone; the name of the one that is chosen now.

    Attributes:
        table: What is shown; None while there is nothing.
        total: Samples in the whole library.
    """

    arrived = Signal(object)
    emptied = Signal()
    stateWanted = Signal()
    listed = Signal()
    switched = Signal(str)

    def __init__(
        self, session: Session, panel: DatasetPanel, state: DatasetState, choice: Choice, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.table: SampleTable | None = None
        self.total = 0
        self._session = session
        self._panel = panel
        self._state = state
        self._choice = choice
        session.dataset_progressed.connect(self._on_progressed)
        session.dataset_loaded.connect(self._on_loaded)
        session.dataset_failed.connect(self._on_failed)
        session.dataset_cancelled.connect(self._on_cancelled)
        session.table_loaded.connect(self._on_own_table)
        session.table_failed.connect(self._on_failed)
        state.wanted.connect(self.load)
        state.cancelWanted.connect(lambda: session.cancel_dataset(panel.current()))

    def list_datasets(self) -> None:
        """Say in the chooser which datasets the library has."""
        library = self._session.library
        if library.exists() and not library.file.is_open():
            # It is being opened in the background, and tells when it is done.
            return
        counts = self._counts()
        self._panel.set_library([(one.name, one.title, counts.get(one.name, 0)) for one in self._records()])
        if OWN not in counts:
            self._panel.set_opened(OWN, "", 0)
        self.total = sum(counts.values())
        self.listed.emit()

    def _counts(self) -> dict[str, int]:
        try:
            return tables.counts(self._session.library)
        except RecognizerError as error:
            _log.warning("%s", error)
            return {}

    def _records(self) -> list[DatasetRecord]:
        try:
            return self._session.library.records()
        except RecognizerError as error:
            _log.warning("%s", error)
            return []

    def open(self) -> None:
        """Bring the chosen dataset if it is at hand; else say what can be done."""
        name = self._panel.current()
        loaded = self._session.dataset(name)
        if self._session.is_own(name):
            if name == OWN and self._counts().get(OWN, 0) == 0 and not self._choice.is_removed:
                self.clear()
                self.show_state(State.EMPTY)
            else:
                self.load()
        elif loaded is not None:
            self._on_loaded(name, loaded)
        elif not is_available(name, self._session.profile):
            self.show_state(State.ABSENT, megabytes=round(BUILT_IN[name].download_bytes / 1e6))
        else:
            self.load()

    def load(self) -> None:
        """Bring the chosen dataset, even where it has to be downloaded."""
        name = self._panel.current()
        if self.table is None:
            self.show_state(State.LOADING)
        if not self._session.is_own(name):
            self._session.request_dataset(name)
        elif self._choice.is_removed:
            self._on_table(name, tables.table(self._session.library, name, removed=True))
        else:
            self._session.request_table(name)

    def renew(self) -> None:
        """Bring what is shown as it is after a change in the library; it stays until it can be replaced."""
        before = self._panel.current()
        self.list_datasets()
        if self._panel.current() != before:
            self.switched.emit(self._panel.current())
        elif self._session.is_own(before):
            self.open()

    def forget(self) -> None:
        """Bring a dataset of the library anew when the page is opened next."""
        if self._session.is_own(self._panel.current()):
            self.table = None

    def clear(self) -> None:
        """Have no dataset."""
        self.table = None
        self.emptied.emit()

    def show_state(self, state: State, *, error: RecognizerError | None = None, megabytes: int = 0) -> None:
        """Say something in the place of the samples.

        Args:
            state: What.
            error: Where loading has failed.
            megabytes: How much a download takes.
        """
        self._state.show_state(state, self._panel.title(), error=error, megabytes=megabytes)
        self.stateWanted.emit()

    def show_nothing(self) -> None:
        """Say why there is no sample to be seen in the dataset that is there."""
        table = self.table
        if table is None:
            return
        if self._choice.is_removed and not len(table):
            self.show_state(State.NONE_DELETED)
        elif len(table):
            self.show_state(State.NOTHING_FOUND)
        else:
            self.show_state(State.EMPTY if table.name == OWN else State.VACANT)

    def _on_progressed(self, name: str, done: int, total: int, message: str) -> None:
        if name == self._panel.current() and self.table is None:
            if self._state.state() != State.LOADING:
                self.show_state(State.LOADING)
            self._state.set_progress(done, total, message)

    def _on_loaded(self, name: str, dataset: Dataset) -> None:
        if name == self._panel.current() and not self._session.is_own(name) and self.table is None:
            self._on_table(name, table_of(dataset))

    def _on_own_table(self, name: str, table: SampleTable) -> None:
        # A dialog may have asked for it while the deleted samples are shown.
        if not self._choice.is_removed:
            self._on_table(name, table)

    def _on_table(self, name: str, table: SampleTable) -> None:
        if name != self._panel.current() or table is self.table:
            return
        before, self.table = self.table, table
        if not self._choice.is_removed:
            self._panel.set_opened(name, table.title, len(table))
        self._panel.set_split_counts(
            dict(zip(SPLITS, (int(n) for n in np.bincount(table.splits, minlength=len(SPLITS))), strict=True))
        )
        self.arrived.emit(before)

    def _on_failed(self, name: str, error: RecognizerError) -> None:
        if name == self._panel.current() and self.table is None:
            self.show_state(State.FAILED, error=error)

    def _on_cancelled(self, name: str) -> None:
        if name == self._panel.current() and self.table is None:
            self.show_state(State.STOPPED)
