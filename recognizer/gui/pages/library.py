"""The Library page: looking through datasets."""

import logging

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Page
from recognizer.gui.widgets.dataset_panel import DatasetPanel
from recognizer.gui.widgets.dataset_state import DatasetState, State
from recognizer.gui.widgets.filter_bar import FilterBar
from recognizer.gui.widgets.own_samples import OwnSampleEditor
from recognizer.gui.widgets.sample_panel import SamplePanel
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.gui.workers.sample_reader import SampleReader
from recognizer.inference.prediction import Prediction
from recognizer.library.dataset import SPLITS, Dataset
from recognizer.library.filters import SampleFilter, parse_filter
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.library.store.tables import LibraryDataset

_log = logging.getLogger(__name__)

_REMEMBER_AFTER = 400
"""Milliseconds of rest after which the thumbnail size is stored."""


class LibraryPage(Page):
    """Datasets, classes and splits on the left, the samples in the middle, the chosen sample on the right.

    Nothing is loaded before the page is opened, and nothing is downloaded without being asked for.
    """

    icon_name = "library"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dataset: Dataset | None = None
        self._filter = SampleFilter()
        self._only: tuple[NDArray[np.int64], str] | None = None
        self._was_shown = False
        size = int(session.settings.get("thumbnail_size"))
        self._panel = DatasetPanel()
        self._bar = FilterBar(size)
        self._grid = ThumbnailGrid(size)
        self._grid.setObjectName("datasetView")
        self._state = DatasetState()
        self._sample = SamplePanel()
        self._editor = OwnSampleEditor(session, self._grid)
        self._reader = SampleReader(session, self)
        self._size_timer = QTimer(self)
        self._size_timer.setSingleShot(True)
        self._size_timer.setInterval(_REMEMBER_AFTER)
        self._lay_out()
        self._connect()
        self._panel.choose(session.settings.get("dataset") if session.settings.get("dataset") in BUILT_IN else "mnist")
        self.retranslate()

    def _lay_out(self) -> None:
        grid_card = Card(margin=12)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._state)
        self._stack.addWidget(self._grid)
        grid_card.body.addWidget(self._stack)
        middle = QVBoxLayout()
        middle.setSpacing(GAP)
        middle.addWidget(self._bar)
        middle.addWidget(grid_card, 1)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for card, low, high in ((self._panel, 206, 300), (self._sample, 214, 380)):
            card.setMinimumWidth(low)
            card.setMaximumWidth(high)
        row.addWidget(self._panel, 19)
        row.addLayout(middle, 59)
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
        session.samples_requested.connect(self._show_only)
        session.models_changed.connect(self._ask_model)
        session.library_changed.connect(self._on_own_changed)
        self._panel.datasetPicked.connect(self._on_dataset_picked)
        self._panel.splitsPicked.connect(self._on_splits_picked)
        self._panel.bars.picked.connect(self._on_class_picked)
        self._bar.edited.connect(self._on_filter_edited)
        self._bar.left.connect(self._grid.setFocus)
        self._bar.chipClosed.connect(self._show_all)
        self._bar.sizeChosen.connect(self._on_size_chosen)
        self._grid.sizeWanted.connect(self._bar.set_size)
        self._grid.currentSampleChanged.connect(self._on_sample_changed)
        self._grid.selectionCountChanged.connect(self._sample.set_selected)
        self._state.wanted.connect(self._load)
        self._state.cancelWanted.connect(lambda: session.cancel_dataset(self._panel.current()))
        self._state.clearWanted.connect(lambda: self._use_filter(SampleFilter()))
        self._state.drawWanted.connect(self._draw)
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
        self._count_own()
        if self._dataset is None:
            self._open()
        else:
            self._ask_model()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Library"))
        self._grid.setAccessibleName(tr("Samples"))
        self._panel.retranslate()
        self._state.set_title(self._panel.title())
        for part in (self._bar, self._state, self._sample):
            part.retranslate()
        self._show_counts()

    # Loading

    def _open(self) -> None:
        name = self._panel.current()
        loaded = self._session.dataset(name)
        if loaded is not None:
            self._on_loaded(name, loaded)
        elif name == OWN and self._count_own() == 0:
            self._clear()
            self._show_state(State.EMPTY)
        elif name in BUILT_IN and not is_available(name, self._session.profile):
            self._show_state(State.ABSENT, megabytes=round(BUILT_IN[name].download_bytes / 1e6))
        else:
            self._load()

    def _count_own(self) -> int:
        """How many samples My handwriting has, shown in the chooser; −1 where that cannot be told."""
        try:
            count = self._session.handwriting.count()
        except RecognizerError as error:
            _log.warning("%s", error)
            return -1
        self._panel.set_opened(OWN, "", count)
        return count

    def _on_own_changed(self) -> None:
        if self._panel.current() != OWN:
            if self.isVisible():
                self._count_own()
        elif self.isVisible():
            # What is shown stays until it can be replaced.
            self._open()
        else:
            self._dataset = None

    def _draw(self) -> None:
        self._session.model_chosen.emit(self._session.settings.get("model"))

    def _load(self) -> None:
        name = self._panel.current()
        if self._session.dataset(name) is None and self._dataset is None:
            self._show_state(State.LOADING)
        self._session.request_dataset(name)

    def _show_state(self, state: State, *, error: RecognizerError | None = None, megabytes: int = 0) -> None:
        self._state.show_state(state, self._panel.title(), error=error, megabytes=megabytes)
        self._stack.setCurrentWidget(self._state)

    def _on_dataset_picked(self, name: str) -> None:
        self._session.choose_dataset(name)
        self._only = None
        self._clear()
        self._open()

    def _clear(self) -> None:
        self._dataset = None
        self._grid.set_samples(None, np.zeros(0, np.int64))
        self._sample.set_sample(None, -1)
        self._panel.bars.set_counts((), ())
        self._panel.set_split_counts({})
        self._show_counts()

    def _on_progressed(self, name: str, done: int, total: int, message: str) -> None:
        if name == self._panel.current() and self._dataset is None:
            if self._state.state() != State.LOADING:
                self._show_state(State.LOADING)
            self._state.set_progress(done, total, message)

    def _on_loaded(self, name: str, dataset: Dataset) -> None:
        if name != self._panel.current() or dataset is self._dataset:
            return
        current = self._current_id()
        self._dataset = dataset
        self._panel.set_opened(name, dataset.title, len(dataset))
        self._panel.set_split_counts(
            dict(zip(SPLITS, (int(n) for n in np.bincount(dataset.splits, minlength=len(SPLITS))), strict=True))
        )
        self._read_filter(self._bar.text())
        self._show_samples()
        self._go_back_to(*current)

    def _go_back_to(self, sample_id: int, offset: int) -> None:
        """Choose the sample of that id of My handwriting again; where it is gone, the one in its place."""
        if sample_id < 0 or not isinstance(self._dataset, LibraryDataset):
            return
        found = np.flatnonzero(self._dataset.ids == sample_id)
        place = self._grid.samples.offset_of(int(found[0])) if len(found) else -1
        last = len(self._grid.samples.positions) - 1
        index = self._grid.samples.index_at(place if place >= 0 else min(offset, last))
        if index.isValid():
            self._grid.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self._grid.scrollTo(index)

    def _current_id(self) -> tuple[int, int]:
        """The id of the chosen sample of My handwriting, −1 where there is none, and its place in the grid."""
        position = self._grid.current_position()
        if not isinstance(self._dataset, LibraryDataset) or position < 0:
            return -1, -1
        return int(self._dataset.ids[position]), self._grid.samples.offset_of(position)

    def _on_failed(self, name: str, error: RecognizerError) -> None:
        if name == self._panel.current() and self._dataset is None:
            self._show_state(State.FAILED, error=error)

    def _on_cancelled(self, name: str) -> None:
        if name == self._panel.current() and self._dataset is None:
            self._show_state(State.STOPPED)

    # Choosing samples

    def _show_only(self, name: str, positions: object, heading: str) -> None:
        """Show just the samples that another page asks for."""
        self._only = (np.asarray(positions, np.int64), heading)
        self._filter = SampleFilter()
        self._bar.set_text("")
        if name != self._panel.current():
            self._panel.choose(name)
            self._clear()
        if self._dataset is None:
            self._open()
        else:
            self._show_samples()

    def _show_all(self) -> None:
        self._only = None
        self._show_samples()
        self._grid.setFocus()

    def _on_filter_edited(self, text: str) -> None:
        if self._read_filter(text):
            self._show_samples()

    def _read_filter(self, text: str) -> bool:
        """Take over the filter that `text` stands for; where it stands for none, say so and keep the last one."""
        if self._dataset is None:
            return False
        try:
            self._filter = parse_filter(text, self._dataset.label_set)
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
        # Read back, so that the classes are in their order.
        names = self._dataset.label_set.names if self._dataset else ()
        self._use_filter(SampleFilter(tuple(name for name in names if name in chosen), self._filter.splits))

    def _on_splits_picked(self, splits: object) -> None:
        assert isinstance(splits, tuple)
        self._use_filter(SampleFilter(self._filter.labels, splits))

    def _show_samples(self) -> None:
        dataset = self._dataset
        if dataset is None:
            return
        in_splits = SampleFilter(splits=self._filter.splits).indices(dataset)
        if self._only is not None:
            positions = self._only[0]
            positions = positions[(positions >= 0) & (positions < len(dataset))]
            in_splits = positions[np.isin(positions, in_splits)]
        labels = dataset.labels[in_splits]
        counts = np.bincount(labels, minlength=len(dataset.label_set))
        wanted = [dataset.label_set.index(label) for label in self._filter.labels]
        found = in_splits[np.isin(labels, wanted)] if wanted else in_splits
        self._panel.bars.set_counts(dataset.label_set.names, tuple(int(count) for count in counts))
        self._panel.bars.set_chosen(self._filter.labels)
        self._panel.set_chosen_splits(self._filter.splits)
        self._grid.set_samples(dataset, found)
        if len(found):
            self._stack.setCurrentWidget(self._grid)
        else:
            self._show_state(State.NOTHING_FOUND)
        self._show_counts()

    def _show_counts(self) -> None:
        dataset = self._dataset
        found = len(self._grid.samples.positions)
        self._bar.set_found(found if dataset is not None else -1)
        chip = ""
        if self._only is not None:
            count = ntr("{n} sample", "{n} samples", len(self._only[0]))
            chip = f"{self._only[1]} · {count}" if self._only[1] else count
        self._bar.set_chip(chip)
        if dataset is None:
            self.subtitle.setText(tr("Look through the samples that models learn from"))
        else:
            count = ntr("{n} sample", "{n} samples", len(dataset))
            words = [self._panel.title(), count]
            if isinstance(dataset, LibraryDataset):
                words.append(tr("a label's key changes the label, Delete removes, a right click shows more"))
            self.subtitle.setText(" · ".join(words))

    # The chosen sample

    def _on_sample_changed(self, position: int) -> None:
        self._sample.set_sample(self._dataset, position)
        self._ask_model()

    def _ask_model(self) -> None:
        position = self._grid.current_position()
        if self._dataset is not None and position >= 0 and self.isVisible():
            self._reader.read(position, self._dataset.images[position])

    def _on_answered(self, position: int, prediction: Prediction, model_title: str) -> None:
        if position == self._grid.current_position():
            self._sample.set_answer(prediction, model_title)

    def _on_unread(self, position: int, error: RecognizerError) -> None:
        if position == self._grid.current_position():
            self._sample.set_answer(error)

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
