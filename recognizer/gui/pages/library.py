"""The Library page: every sample seen, found, corrected and counted."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.pages.library_tools import LibraryTools
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Page
from recognizer.gui.widgets.dataset_panel import DatasetPanel
from recognizer.gui.widgets.dataset_state import DatasetState, State
from recognizer.gui.widgets.edit_notice import EditNotice
from recognizer.gui.widgets.filter_bar import FilterBar
from recognizer.gui.widgets.sample_editor import SampleEditor
from recognizer.gui.widgets.sample_panel import SamplePanel
from recognizer.gui.widgets.statistics_view import StatisticsView
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.gui.workers.sample_reader import SampleReader
from recognizer.inference.prediction import Prediction
from recognizer.library.dataset import SPLITS, Dataset
from recognizer.library.filters import SampleFilter, parse_filter
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.samples import SampleTable, table_of
from recognizer.library.sorting import SortKey, sorted_positions
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.library.store import tables
from recognizer.library.store.tables import LibraryDataset

_log = logging.getLogger(__name__)

_NARROW = 1000
"""Width in logical pixels below which the buttons at the top show no captions."""
_REMEMBER_AFTER = 400
"""Milliseconds of rest after which the thumbnail size is stored."""


class LibraryPage(Page):
    """Datasets, classes and splits on the left, the samples in the middle, the chosen sample on the right.

    Nothing is loaded before the page is opened, and nothing is downloaded without being asked for. Datasets of the
    library can be edited; those that come with the program are shown as published.
    """

    icon_name = "library"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._table: SampleTable | None = None
        self._filter = SampleFilter()
        self._only: tuple[NDArray[np.int64], str] | None = None
        """The ids of the samples that another page or a figure asks for, and what they are called."""
        self._asked: tuple[NDArray[np.int64], str] | None = None
        self._is_removed_view = False
        self._total = 0
        """Samples in the whole library."""
        size = int(session.settings.get("thumbnail_size"))
        self._panel = DatasetPanel()
        self._bar = FilterBar(size)
        self._grid = ThumbnailGrid(size)
        self._grid.setObjectName("datasetView")
        self._state = DatasetState()
        self._notice = EditNotice()
        self._statistics = StatisticsView(session)
        self._sample = SamplePanel(session)
        self.editor = SampleEditor(session, self._grid)
        self.tools_bar = LibraryTools(session, self)
        self._reader = SampleReader(session, self)
        self._size_timer = QTimer(self)
        self._size_timer.setSingleShot(True)
        self._size_timer.setInterval(_REMEMBER_AFTER)
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._panel.choose(session.settings.get("dataset"))
        self.retranslate()

    def _lay_out(self) -> None:
        self.tools.addWidget(self.tools_bar)
        grid_card = Card(margin=12)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._state)
        self._stack.addWidget(self._grid)
        grid_card.body.addWidget(self._stack, 1)
        grid_card.body.addWidget(self._notice)
        samples = QWidget()
        middle = QVBoxLayout(samples)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(GAP)
        middle.addWidget(self._bar)
        middle.addWidget(grid_card, 1)
        self._views = QStackedWidget()
        self._views.addWidget(samples)
        self._views.addWidget(self._statistics)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for card, low, high in ((self._panel, 206, 300), (self._sample, 214, 380)):
            card.setMinimumWidth(low)
            card.setMaximumWidth(high)
        row.addWidget(self._panel, 19)
        row.addWidget(self._views, 59)
        row.addWidget(self._sample, 22)
        self.body.addLayout(row, 1)
        for first, second in (
            (self._panel.chooser, self._panel.bars),
            (self._panel.bars, self._bar.field),
            (self._bar.slider, self._grid),
        ):
            QWidget.setTabOrder(first, second)

    def _connect(self) -> None:
        session = self._session
        session.dataset_progressed.connect(self._on_progressed)
        session.dataset_loaded.connect(self._on_loaded)
        session.dataset_failed.connect(self._on_failed)
        session.dataset_cancelled.connect(self._on_cancelled)
        session.table_loaded.connect(self._on_table)
        session.table_failed.connect(self._on_failed)
        session.samples_requested.connect(self._show_requested)
        session.models_changed.connect(self._ask_model)
        session.library_changed.connect(self._on_library_changed)
        session.edited.connect(self._notice.say)
        self._panel.datasetPicked.connect(self._on_dataset_picked)
        self._panel.splitsPicked.connect(self._on_splits_picked)
        self._panel.bars.picked.connect(self._on_class_picked)
        self._panel.bars.menuWanted.connect(self.tools_bar.open_class_menu)
        self._bar.edited.connect(self._on_filter_edited)
        self._bar.left.connect(self._grid.setFocus)
        self._bar.chipClosed.connect(self._show_all)
        self._bar.sizeChosen.connect(self._on_size_chosen)
        self._bar.sortChosen.connect(self._show_samples)
        self._grid.sizeWanted.connect(self._bar.set_size)
        self._grid.currentSampleChanged.connect(self._on_sample_changed)
        self._grid.selectionCountChanged.connect(self._sample.set_selected)
        self._notice.undoWanted.connect(session.undo)
        self._notice.redoWanted.connect(session.redo)
        self._notice.copyWanted.connect(self.tools_bar.copy_to_edit)
        self.editor.readOnlyTouched.connect(lambda: self._notice.set_editable(False))
        self._sample.noteWritten.connect(self.editor.set_note)
        self._sample.flagToggled.connect(self.editor.toggle)
        self._state.wanted.connect(self._load)
        self._state.cancelWanted.connect(lambda: session.cancel_dataset(self._panel.current()))
        self._state.clearWanted.connect(self._clear_choice)
        self._state.drawWanted.connect(self._draw)
        self._state.importWanted.connect(lambda: self.tools_bar.open_import())
        self.tools_bar.datasetWanted.connect(self.open_dataset)
        self.tools_bar.statisticsToggled.connect(self._set_statistics)
        self._statistics.samplesWanted.connect(self.show_only)
        self._statistics.saveWanted.connect(self.tools_bar.save_statistics)
        self.tools_bar.removedToggled.connect(self._set_removed_view)
        self.tools_bar.samplesWanted.connect(self.show_only)
        self._reader.answered.connect(self._on_answered)
        self._reader.failed.connect(self._on_unread)
        self._size_timer.timeout.connect(self._remember_size)
        self._find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        self._find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._find.activated.connect(self._bar.focus_field)

    def name(self) -> str:
        """The page's short name."""
        return tr("Library")

    def shown(self) -> None:
        """Show the chosen dataset if it is at hand; ask before anything is downloaded."""
        self._list_datasets()
        if self._table is None:
            self._open()
        else:
            self._ask_model()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Library"))
        self._grid.setAccessibleName(tr("Samples"))
        self._panel.retranslate()
        self._state.set_title(self._panel.title())
        for part in (self._bar, self._state, self._sample, self._notice, self.tools_bar, self._statistics):
            part.retranslate()
        self._show_counts()

    # What is shown now, for the tools

    def dataset_name(self) -> str:
        """The name of the chosen dataset."""
        return self._panel.current()

    def dataset_title(self) -> str:
        """What people call it."""
        return self._panel.title()

    def table(self) -> SampleTable | None:
        """The dataset that is shown; None while there is none."""
        return self._table

    def shown_positions(self) -> NDArray[np.int64]:
        """(n,) the positions in the table of what the filter leaves, in the order shown."""
        return self._grid.samples.positions

    def selected_positions(self) -> NDArray[np.int64]:
        """(n,) the positions in the table of the selected samples."""
        return self._grid.selected_positions()

    # Loading

    def open_dataset(self, name: str) -> None:
        """Choose the dataset `name` and show it."""
        self._list_datasets()
        self._panel.choose(name)
        self._on_dataset_picked(name)

    def _open(self) -> None:
        name = self._panel.current()
        loaded = self._session.dataset(name)
        if self._session.is_own(name):
            if name == OWN and self._counts().get(OWN, 0) == 0 and not self._is_removed_view:
                self._clear()
                self._show_state(State.EMPTY)
            else:
                self._load()
        elif loaded is not None:
            self._on_loaded(name, loaded)
        elif not is_available(name, self._session.profile):
            self._show_state(State.ABSENT, megabytes=round(BUILT_IN[name].download_bytes / 1e6))
        else:
            self._load()

    def _counts(self) -> dict[str, int]:
        try:
            return tables.counts(self._session.library)
        except RecognizerError as error:
            _log.warning("%s", error)
            return {}

    def _list_datasets(self) -> None:
        """Say in the chooser which datasets the library has."""
        library = self._session.library
        if library.exists() and not library.file.is_open():
            # It is being opened in the background, and tells when it is done.
            return
        counts = self._counts()
        self._panel.set_library([(one.name, one.title, counts.get(one.name, 0)) for one in self._records()])
        if OWN not in counts:
            self._panel.set_opened(OWN, "", 0)
        self._total = sum(counts.values())
        self._show_counts()

    def _records(self) -> list:
        try:
            return self._session.library.records()
        except RecognizerError as error:
            _log.warning("%s", error)
            return []

    def _on_library_changed(self) -> None:
        if not self.isVisible():
            if self._session.is_own(self._panel.current()):
                self._table = None
            return
        before = self._panel.current()
        self._list_datasets()
        if self._panel.current() != before:
            self._on_dataset_picked(self._panel.current())
        elif self._session.is_own(before):
            # What is shown stays until it can be replaced.
            self._open()

    def _draw(self) -> None:
        self._session.model_chosen.emit(self._session.settings.get("model"))

    def _load(self) -> None:
        name = self._panel.current()
        if self._table is None:
            self._show_state(State.LOADING)
        if not self._session.is_own(name):
            self._session.request_dataset(name)
        elif self._is_removed_view:
            self._on_table(name, tables.table(self._session.library, name, removed=True))
        else:
            self._session.request_table(name)

    def _show_state(self, state: State, *, error: RecognizerError | None = None, megabytes: int = 0) -> None:
        self._state.show_state(state, self._panel.title(), error=error, megabytes=megabytes)
        self._stack.setCurrentWidget(self._state)

    def _on_dataset_picked(self, name: str) -> None:
        self._session.choose_dataset(name)
        self._only = None
        self._set_removed(False)
        self._clear()
        self._open()

    def _set_statistics(self, is_wanted: bool) -> None:
        """Show figures about the samples that are shown, or these again."""
        if is_wanted and self._table is not None and len(self.shown_positions()):
            self._views.setCurrentWidget(self._statistics)
            self._statistics.show_samples(self._table, np.sort(self.shown_positions()))
        else:
            self._leave_statistics()

    def _leave_statistics(self) -> None:
        self._views.setCurrentIndex(0)
        self.tools_bar.statistics_button.setChecked(False)

    def _clear(self) -> None:
        self._leave_statistics()
        self._table = None
        self._grid.set_samples(None, np.zeros(0, np.int64))
        self._sample.set_sample(None, -1)
        self._panel.bars.set_counts((), ())
        self._panel.set_split_counts({})
        self._notice.set_editable(self._session.is_own(self._panel.current()))
        self.tools_bar.refresh()
        self._show_counts()

    def _on_progressed(self, name: str, done: int, total: int, message: str) -> None:
        if name == self._panel.current() and self._table is None:
            if self._state.state() != State.LOADING:
                self._show_state(State.LOADING)
            self._state.set_progress(done, total, message)

    def _on_loaded(self, name: str, dataset: Dataset) -> None:
        if name == self._panel.current() and not self._session.is_own(name) and self._table is None:
            self._on_table(name, table_of(dataset))

    def _on_table(self, name: str, table: SampleTable) -> None:
        if name != self._panel.current() or table is self._table:
            return
        before, self._table = self._table, table
        if self._asked is not None:
            self._only, self._asked = self._asked, None
        self._panel.set_opened(name, table.title, len(table))
        self._panel.set_split_counts(
            dict(zip(SPLITS, (int(n) for n in np.bincount(table.splits, minlength=len(SPLITS))), strict=True))
        )
        if before is None or before.name != name:
            has_letters = any(label.isalpha() for label in table.label_set.names)
            self._notice.set_editable(table.is_editable, has_letters=has_letters)
        self._read_filter(self._bar.text())
        self._show_samples(before=before)
        self.tools_bar.refresh()

    def _on_failed(self, name: str, error: RecognizerError) -> None:
        if name == self._panel.current() and self._table is None:
            self._show_state(State.FAILED, error=error)

    def _on_cancelled(self, name: str) -> None:
        if name == self._panel.current() and self._table is None:
            self._show_state(State.STOPPED)

    # Choosing samples

    def _show_requested(self, name: str, positions: object, heading: str) -> None:
        """Show just the samples of a loaded dataset that another page asks for."""
        places, loaded = np.asarray(positions, np.int64), self._session.dataset(name)
        ids = loaded.ids[places] if isinstance(loaded, LibraryDataset) else places
        self._asked = (ids, heading)
        self._bar.set_text("")
        self._filter = SampleFilter()
        self._set_removed(False)
        if name != self._panel.current() or self._table is None:
            self._list_datasets()
            self._panel.choose(name)
            self._clear()
            self._open()
        else:
            self.show_only(*self._asked)

    def show_only(self, ids: NDArray[np.int64], heading: str) -> None:
        """Show just the samples with these ids, (n,), of the dataset that is shown."""
        self._asked = None
        self._leave_statistics()
        self._only = (ids, heading)
        self._bar.set_text("")
        self._filter = SampleFilter()
        self._show_samples()

    def _show_all(self) -> None:
        self._only = None
        self._show_samples()
        self._grid.setFocus()

    def _clear_choice(self) -> None:
        if self._is_removed_view:
            self._set_removed_view(False)
        else:
            self._only = None
            self._use_filter(SampleFilter())

    def _set_removed(self, is_removed: bool) -> None:
        self._is_removed_view = self.editor.is_removed_view = is_removed
        self.tools_bar.set_removed(is_removed)

    def _set_removed_view(self, is_removed: bool) -> None:
        """Show the deleted samples of the dataset, or the others again."""
        self._set_removed(is_removed)
        self._only = None
        self._clear()
        self._open()

    def _on_filter_edited(self, text: str) -> None:
        if self._read_filter(text):
            self._show_samples()

    def _read_filter(self, text: str) -> bool:
        """Take over the filter that `text` stands for; where it stands for none, say so and keep the last one."""
        if self._table is None:
            return False
        try:
            self._filter = parse_filter(text, self._table.label_set)
        except RecognizerError as error:
            self._bar.set_problem(error)
            return False
        self._bar.set_problem(None)
        return True

    def _use_filter(self, wanted: SampleFilter) -> None:
        self._filter = wanted
        self._bar.set_problem(None)
        self._bar.set_text(wanted.text)
        self._show_samples()

    def _on_class_picked(self, label: str, is_added: bool) -> None:
        chosen = self._filter.labels
        if is_added:
            chosen = tuple(name for name in (*chosen, label) if name != label or label not in chosen)
        else:
            chosen = () if chosen == (label,) else (label,)
        names = self._table.label_set.names if self._table else ()
        self._use_filter(replace(self._filter, labels=tuple(name for name in names if name in chosen)))

    def _on_splits_picked(self, splits: object) -> None:
        assert isinstance(splits, tuple)
        self._use_filter(replace(self._filter, splits=splits))

    def _show_samples(self, *_: object, before: SampleTable | None = None) -> None:
        """Show what filter and order ask for.

        Args:
            before: The table that has just been replaced by another one of the same dataset, after an edit.
        """
        table = self._table
        if table is None:
            return
        without_classes = replace(self._filter, labels=()).indices(table)
        if self._only is not None:
            wanted = np.isin(table.ids, self._only[0])
            without_classes = without_classes[wanted[without_classes]]
        labels = table.labels[without_classes]
        counts = np.bincount(labels[labels >= 0], minlength=len(table.label_set))
        chosen = [table.label_set.index(label) for label in self._filter.labels if label in table.label_set.names]
        found = without_classes[np.isin(labels, chosen)] if self._filter.labels else without_classes
        order = self._bar.order()
        if self._only is not None and order == self._bar.usual_order():
            # As they were asked for: the most doubtful first, say.
            places = np.argsort(self._only[0], kind="stable")
            found = found[np.argsort(places[np.searchsorted(self._only[0][places], table.ids[found])], kind="stable")]
        else:
            found = sorted_positions(table, found, SortKey(order[0]), descending=order[1])
        self._panel.bars.set_counts(table.label_set.names, tuple(int(count) for count in counts))
        self._panel.bars.set_chosen(self._filter.labels)
        self._panel.set_chosen_splits(self._filter.splits)
        if before is not None and before.name == table.name:
            self._renew(table, found, before)
        else:
            self._grid.set_samples(table, found)
        if len(found):
            self._stack.setCurrentWidget(self._grid)
        else:
            self._show_nothing(table)
        self._show_counts()

    def _show_nothing(self, table: SampleTable) -> None:
        had_focus = self._grid.hasFocus()
        if self._is_removed_view and not len(table):
            self._show_state(State.NONE_DELETED)
        elif len(table):
            self._show_state(State.NOTHING_FOUND)
        else:
            self._show_state(State.EMPTY if table.name == OWN else State.VACANT)
        if had_focus:
            self._bar.field.setFocus()

    def _renew(self, table: SampleTable, found: NDArray[np.int64], before: SampleTable) -> None:
        """Show the samples after an edit: the same ones are selected; where they have gone, those in their place."""
        samples = self._grid.samples
        offset = max(samples.offset(self._grid.currentIndex()), 0)
        old = samples.positions
        current = int(before.ids[old[offset]]) if offset < len(old) and len(before) else -1
        selected = before.ids[self._grid.selected_positions()] if len(old) else np.zeros(0, np.int64)
        ids = table.ids[found]
        chosen = np.flatnonzero(np.isin(ids, selected))
        place = np.flatnonzero(ids == current)
        if len(place):
            offset = int(place[0])
            if self.editor.advances and offset + 1 < len(ids):
                offset, chosen = offset + 1, np.zeros(0, np.int64)
        self._grid.renew_samples(table, found, offset, chosen)

    def _show_counts(self) -> None:
        table = self._table
        self._bar.set_found(len(self._grid.samples.positions) if table is not None else -1)
        chip = ""
        if self._is_removed_view:
            chip = tr("Deleted samples")
        elif self._only is not None:
            count = ntr("{n} sample", "{n} samples", len(self._only[0]))
            chip = f"{self._only[1]} · {count}" if self._only[1] else count
        self._bar.set_chip(chip)
        if self._total:
            samples = ntr("{n} sample of your own", "{n} samples of your own", self._total)
            self.subtitle.setText(tr("{samples} · all kept, all undoable", samples=samples))
        else:
            self.subtitle.setText(tr("Look through the samples that models learn from, and collect your own"))

    # The chosen sample

    def _on_sample_changed(self, position: int) -> None:
        self._sample.set_sample(self._table, position)
        self._ask_model()

    def _ask_model(self) -> None:
        position = self._grid.current_position()
        if self._table is not None and position >= 0 and self.isVisible():
            self._reader.read(position, self._table.pictures(np.array([position], np.int64))[0])

    def _on_answered(self, position: int, prediction: Prediction, model_title: str) -> None:
        if position == self._grid.current_position():
            self._sample.set_answer(prediction, model_title)

    def _on_unread(self, position: int, error: RecognizerError) -> None:
        if position == self._grid.current_position():
            self._sample.set_answer(error)

    # Room

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show icons alone where there is little room."""
        super().resizeEvent(event)
        self.tools_bar.set_compact(self.width() < _NARROW)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what is dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.tools_bar.open_import(paths)

    # Size

    def _on_size_chosen(self, size: int) -> None:
        self._grid.set_thumbnail_size(size)
        self._size_timer.start()

    def _remember_size(self) -> None:
        self._size_timer.stop()
        self._session.remember("thumbnail_size", self._grid.thumbnail_size())

    def hideEvent(self, event: QHideEvent) -> None:
        """Store what waits to be stored."""
        if self._size_timer.isActive():
            self._remember_size()
        super().hideEvent(event)
