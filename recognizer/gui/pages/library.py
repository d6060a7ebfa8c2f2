"""The Library page: every sample seen, found, corrected and counted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.pages.library_choice import Asked, Choice
from recognizer.gui.pages.library_loading import LibraryLoader
from recognizer.gui.pages.library_samples import SamplesView
from recognizer.gui.pages.library_tools import LibraryTools
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Page
from recognizer.gui.widgets.dataset_panel import DatasetPanel
from recognizer.gui.widgets.sample_editor import SampleEditor
from recognizer.gui.widgets.sample_model import Hints, doubt_words
from recognizer.gui.widgets.sample_panel import SamplePanel
from recognizer.gui.widgets.statistics_view import StatisticsView
from recognizer.gui.workers.sample_reader import SampleReader
from recognizer.inference.prediction import Prediction
from recognizer.library.filters import SampleFilter
from recognizer.library.samples import SampleTable
from recognizer.library.store.tables import LibraryDataset

_NARROW = 1000
"""Width in logical pixels below which the buttons at the top show no captions."""


class LibraryPage(Page):
    """Datasets, classes and splits on the left, the samples in the middle, the chosen sample on the right.

    Nothing is loaded before the page is opened, and nothing is downloaded without being asked for. Datasets of the
    library can be edited; those that come with the program are shown as published.
    """

    icon_name = "library"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._choice = Choice()
        self._panel = DatasetPanel()
        self._samples = SamplesView(session)
        self._bar, self._grid, self._stack = self._samples.bar, self._samples.grid, self._samples.stack
        self._state, self._notice = self._samples.state, self._samples.notice
        self._loader = LibraryLoader(session, self._panel, self._state, self._choice, self)
        self._statistics = StatisticsView(session)
        self._sample = SamplePanel(session)
        self.editor = SampleEditor(session, self._grid)
        self.tools_bar = LibraryTools(session, self)
        self._reader = SampleReader(session, self)
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._panel.choose(session.settings.get("dataset"))
        self.retranslate()

    def _lay_out(self) -> None:
        self.tools.addWidget(self.tools_bar)
        self._views = QStackedWidget()
        self._views.addWidget(self._samples)
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
        QWidget.setTabOrder(self._panel.chooser, self._panel.bars)
        QWidget.setTabOrder(self._panel.bars, self._bar.field)
        self._samples.add_find_keys(self)

    def _connect(self) -> None:
        session = self._session
        self._loader.arrived.connect(self._on_arrived)
        self._loader.emptied.connect(self._on_emptied)
        self._loader.stateWanted.connect(lambda: self._stack.setCurrentWidget(self._state))
        self._loader.listed.connect(self._show_counts)
        self._loader.switched.connect(self._on_dataset_picked)
        session.samples_requested.connect(self._show_requested)
        session.models_changed.connect(self._ask_model)
        session.library_changed.connect(self._on_library_changed)
        session.edited.connect(self._notice.say)
        self._panel.datasetPicked.connect(self._on_dataset_picked)
        self._panel.splitsPicked.connect(self._on_splits_picked)
        self._panel.bars.picked.connect(self._on_class_picked)
        self._panel.bars.menuWanted.connect(self.tools_bar.open_class_menu)
        self._bar.edited.connect(self._on_filter_edited)
        self._bar.chipClosed.connect(self._show_all)
        self._bar.sortChosen.connect(self._show_samples)
        self._grid.currentSampleChanged.connect(self._on_sample_changed)
        self._grid.selectionCountChanged.connect(self._sample.set_selected)
        self._notice.undoWanted.connect(session.undo)
        self._notice.redoWanted.connect(session.redo)
        self._notice.copyWanted.connect(self.tools_bar.copy_to_edit)
        self.editor.readOnlyTouched.connect(lambda: self._notice.set_editable(False))
        self._sample.noteWritten.connect(self.editor.set_note)
        self._sample.flagToggled.connect(self.editor.toggle)
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

    def name(self) -> str:
        """The page's short name."""
        return tr("Library")

    def shown(self) -> None:
        """Show the chosen dataset if it is at hand; ask before anything is downloaded."""
        self._list_datasets()
        if self.table() is None:
            self._loader.open()
        else:
            self._ask_model()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Library"))
        self._panel.retranslate()
        self._state.set_title(self._panel.title())
        for part in (self._samples, self._sample, self.tools_bar, self._statistics):
            part.retranslate()
        self._say_keys()
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
        return self._loader.table

    def shown_positions(self) -> NDArray[np.int64]:
        """(n,) the positions in the table of what the filter leaves, in the order shown."""
        return self._grid.samples.positions

    def selected_positions(self) -> NDArray[np.int64]:
        """(n,) the positions in the table of the selected samples."""
        return self._grid.selected_positions()

    # The dataset

    def open_dataset(self, name: str) -> None:
        """Choose the dataset `name` and show it."""
        self._list_datasets()
        self._panel.choose(name)
        self._on_dataset_picked(name)

    def _list_datasets(self) -> None:
        self._loader.list_datasets()

    def _on_library_changed(self) -> None:
        if self.isVisible():
            self._loader.renew()
        else:
            self._loader.forget()

    def _draw(self) -> None:
        self._session.model_chosen.emit(self._session.settings.get("model"))

    def _on_dataset_picked(self, name: str) -> None:
        self._session.choose_dataset(name)
        self._choice.only = None
        self._set_removed(False)
        self._loader.clear()
        self._loader.open()

    def _on_emptied(self) -> None:
        self._leave_statistics()
        self._grid.set_samples(None, np.zeros(0, np.int64))
        self._sample.set_sample(None, -1)
        self._panel.bars.set_counts((), ())
        self._panel.set_split_counts({})
        self._notice.set_editable(self._session.is_own(self._panel.current()))
        self.tools_bar.refresh()
        self._show_counts()

    def _on_arrived(self, before: SampleTable | None) -> None:
        table = self.table()
        assert table is not None
        self._choice.arrive()
        if before is None or before.name != table.name:
            has_letters = any(label.isalpha() for label in table.label_set.names)
            self._notice.set_editable(table.is_editable, has_letters=has_letters)
            self._say_keys()
        self._read_filter(self._bar.text())
        self._show_samples(before=before)
        self.tools_bar.refresh()

    def _say_keys(self) -> None:
        """Say what the keys do where they do something else than usually."""
        if self._choice.is_removed:
            self._notice.say(tr("Del brings back what is selected · Enter for more"))

    def _set_statistics(self, is_wanted: bool) -> None:
        """Show figures about the samples that are shown, or these again."""
        table = self.table()
        if is_wanted and table is not None and len(self.shown_positions()):
            self._views.setCurrentWidget(self._statistics)
            self._statistics.show_samples(table, np.sort(self.shown_positions()))
        else:
            self._leave_statistics()

    def _leave_statistics(self) -> None:
        self._views.setCurrentIndex(0)
        self.tools_bar.statistics_button.setChecked(False)

    # Choosing samples

    def _show_requested(self, name: str, positions: object, heading: str) -> None:
        """Show just the samples of a loaded dataset that another page asks for."""
        places, loaded = np.asarray(positions, np.int64), self._session.dataset(name)
        ids = loaded.ids[places] if isinstance(loaded, LibraryDataset) else places
        is_there = name == self._panel.current() and self.table() is not None and not self._choice.is_removed
        self._set_removed(False)
        if is_there:
            self.show_only(ids, heading)
        else:
            self._choice.show_only(Asked(ids, heading), is_there=False)
            self._bar.set_text("")
            self._list_datasets()
            self._panel.choose(name)
            self._loader.clear()
            self._loader.open()

    def show_only(self, ids: NDArray[np.int64], heading: str, hints: Hints | None = None) -> None:
        """Show just the samples with these ids, (n,), of the dataset that is shown."""
        self._leave_statistics()
        self._choice.show_only(Asked(ids, heading, hints or Hints()), is_there=True)
        self._bar.set_text("")
        self._show_samples()

    def _show_all(self) -> None:
        self._choice.only = None
        self._show_samples()
        self._grid.setFocus()

    def _clear_choice(self) -> None:
        if self._choice.is_removed:
            self._set_removed_view(False)
        else:
            self._choice.only = None
            self._use_filter(SampleFilter())

    def _set_removed(self, is_removed: bool) -> None:
        self._choice.is_removed = self.editor.is_removed_view = is_removed
        self.tools_bar.set_removed(is_removed)

    def _set_removed_view(self, is_removed: bool) -> None:
        """Show the deleted samples of the dataset, or the others again."""
        self._set_removed(is_removed)
        self._choice.only = None
        self._loader.clear()
        self._loader.open()

    def _on_filter_edited(self, text: str) -> None:
        if self._read_filter(text):
            self._show_samples()

    def _read_filter(self, text: str) -> bool:
        """Take over the filter that `text` stands for; where it stands for none, say so and keep the last one."""
        table = self.table()
        if table is None:
            return False
        problem = self._choice.read(text, table)
        self._bar.set_problem(problem)
        return problem is None

    def _use_filter(self, wanted: SampleFilter) -> None:
        self._choice.filter = wanted
        self._bar.set_problem(None)
        self._bar.set_text(wanted.text)
        self._show_samples()

    def _on_class_picked(self, label: str, is_added: bool) -> None:
        self._use_filter(self._choice.with_class(label, is_added, self.table()))

    def _on_splits_picked(self, splits: object) -> None:
        assert isinstance(splits, tuple)
        self._use_filter(replace(self._choice.filter, splits=splits))

    def _show_samples(self, *_: object, before: SampleTable | None = None) -> None:
        """Show what filter and order ask for.

        Args:
            before: The table that has just been replaced by another one of the same dataset, after an edit.
        """
        table = self.table()
        if table is None:
            return
        self._samples.set_hints(self._choice.hints())
        found = self._choice.found(table, self._bar.order(), self._bar.usual_order())
        self._panel.bars.set_counts(table.label_set.names, found.counts)
        self._panel.bars.set_chosen(self._choice.filter.labels)
        self._panel.set_chosen_splits(self._choice.filter.splits)
        if before is not None and before.name == table.name:
            self._samples.renew_samples(table, found.positions, before, advances=self.editor.advances)
        else:
            self._samples.show_samples(table, found.positions)
        if len(found.positions):
            self._stack.setCurrentWidget(self._grid)
        else:
            had_focus = self._grid.hasFocus()
            self._loader.show_nothing()
            if had_focus:
                self._bar.field.setFocus()
        if self._views.currentWidget() is self._statistics:
            self._set_statistics(True)
        self._show_counts()

    def _show_counts(self) -> None:
        self._bar.set_found(len(self._grid.samples.positions) if self.table() is not None else -1)
        self._bar.set_chip(self._choice.words())
        if self._loader.total:
            samples = ntr("{n} sample of your own", "{n} samples of your own", self._loader.total)
            self.subtitle.setText(tr("{samples} · all kept, all undoable", samples=samples))
        else:
            self.subtitle.setText(tr("Look through the samples that models learn from, and collect your own"))

    # The chosen sample

    def _on_sample_changed(self, position: int) -> None:
        self._sample.set_sample(self.table(), position, doubt_words(self._grid.samples.doubt(position)))
        self._ask_model()

    def _ask_model(self) -> None:
        table, position = self.table(), self._grid.current_position()
        if table is not None and position >= 0 and self.isVisible():
            self._reader.read(position, table.pictures(np.array([position], np.int64))[0])

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
