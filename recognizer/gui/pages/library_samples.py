"""The middle of the Library page: the filter line, the samples or what is said in their place, and a line below."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card
from recognizer.gui.widgets.dataset_state import DatasetState
from recognizer.gui.widgets.edit_notice import EditNotice
from recognizer.gui.widgets.filter_bar import FilterBar
from recognizer.gui.widgets.sample_model import Hints
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.library.samples import SampleTable

_REMEMBER_AFTER = 400
"""Milliseconds of rest after which the thumbnail size is stored."""


class SamplesView(QWidget):
    """Shows the samples that it is given, and remembers how large.

    Args:
        session: Keeps the thumbnail size.

    Attributes:
        bar: The filter line, the order and the size.
        stack: Shows `grid` or `state`.
        grid: The samples.
        state: What is said in their place.
        notice: What was done last, and how to take it back.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        size = int(session.settings.get("thumbnail_size"))
        self.bar = FilterBar(size)
        self.grid = ThumbnailGrid(size)
        self.grid.setObjectName("datasetView")
        self.state = DatasetState()
        self.notice = EditNotice()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.state)
        self.stack.addWidget(self.grid)
        card = Card(margin=12)
        card.body.addWidget(self.stack, 1)
        card.body.addWidget(self.notice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.bar)
        column.addWidget(card, 1)
        QWidget.setTabOrder(self.bar.slider, self.grid)
        self._size_timer = QTimer(self)
        self._size_timer.setSingleShot(True)
        self._size_timer.setInterval(_REMEMBER_AFTER)
        self._size_timer.timeout.connect(self._remember_size)
        self.bar.left.connect(self.grid.setFocus)
        self.bar.sizeChosen.connect(self._on_size_chosen)
        self.grid.sizeWanted.connect(self.bar.set_size)

    def add_find_keys(self, page: QWidget) -> None:
        """Let the keys for finding lead to the filter line from everywhere on `page`."""
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), page)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.bar.focus_field)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.grid.setAccessibleName(tr("Samples"))
        for part in (self.bar, self.state, self.notice):
            part.retranslate()

    def set_hints(self, hints: Hints) -> None:
        """Say what is known of the samples that are shown next, and in which order they come."""
        self.bar.set_order_words(hints.order)
        self.grid.samples.hints = hints

    def show_samples(self, table: SampleTable, positions: NDArray[np.int64]) -> None:
        """Show the samples at `positions`, (n,) int64, of `table` in this order."""
        self.grid.set_samples(table, positions)

    def renew_samples(
        self, table: SampleTable, positions: NDArray[np.int64], before: SampleTable, *, advances: bool
    ) -> None:
        """Show the samples after an edit: the same ones are selected; where they have gone, those in their place.

        Args:
            table: The dataset as it is now.
            positions: (n,) int64, the samples that are shown.
            before: The table that was shown.
            advances: Whether the next sample becomes the current one.
        """
        samples = self.grid.samples
        offset = max(samples.offset(self.grid.currentIndex()), 0)
        old = samples.positions
        current = int(before.ids[old[offset]]) if offset < len(old) and len(before) else -1
        selected = before.ids[self.grid.selected_positions()] if len(old) else np.zeros(0, np.int64)
        ids = table.ids[positions]
        chosen = np.flatnonzero(np.isin(ids, selected))
        place = np.flatnonzero(ids == current)
        if len(place):
            offset = int(place[0])
            if advances and offset + 1 < len(ids):
                offset, chosen = offset + 1, np.zeros(0, np.int64)
        self.grid.renew_samples(table, positions, offset, chosen)

    def _on_size_chosen(self, size: int) -> None:
        self.grid.set_thumbnail_size(size)
        self._size_timer.start()

    def _remember_size(self) -> None:
        self._size_timer.stop()
        self._session.remember("thumbnail_size", self.grid.thumbnail_size())

    def hideEvent(self, event: QHideEvent) -> None:
        """Store what waits to be stored."""
        if self._size_timer.isActive():
            self._remember_size()
        super().hideEvent(event)
