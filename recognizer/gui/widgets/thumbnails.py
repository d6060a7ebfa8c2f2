"""A grid of thumbnails that scrolls and selects like a list."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.sample_model import Index, SampleListModel
from recognizer.gui.widgets.thumbnail_delegate import SIDE_GAP, ThumbnailDelegate
from recognizer.library.samples import SampleTable

SMALLEST: Final = 28
LARGEST: Final = 140
STEP: Final = 8
"""How much Ctrl and the wheel, or Ctrl and plus or minus, change the size."""


class ThumbnailGrid(QTableView):
    """Shows samples in rows that fill the width; only what is in sight is painted.

    A table, because Qt's list view lays out every item before it shows the first.

    Signals:
        currentSampleChanged: The position in the table of the sample that has the keyboard, −1 for none.
        selectionCountChanged: How many samples are selected.
        sizeWanted: The thumbnail size that the user asks for by wheel or keys, logical pixels.
    """

    currentSampleChanged = Signal(int)
    selectionCountChanged = Signal(int)
    sizeWanted = Signal(int)

    def __init__(self, size: int = 52, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.samples = SampleListModel(self)
        self._delegate = ThumbnailDelegate(self.samples, size, self)
        self._selected: NDArray[np.bool_] = np.zeros(0, bool)
        self._announced = (-1, 0)
        self._is_refolding = False
        self.setItemDelegate(self._delegate)
        self.setModel(self.samples)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        # Scrolling then moves what is already painted and paints only what comes into sight.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._refold()

    def set_samples(self, table: SampleTable | None, positions: NDArray[np.int64]) -> None:
        """Show the samples at `positions` of `table`; the current one stays current if it is among them."""
        before = self.samples.position(self.currentIndex()) if table is self.samples.table else -1
        self.samples.set_samples(table, positions)
        offset = self.samples.offset_of(before) if before >= 0 else -1
        self.choose(np.array([max(offset, 0)], np.int64), max(offset, 0))

    def renew_samples(
        self, table: SampleTable, positions: NDArray[np.int64], offset: int, chosen: NDArray[np.int64]
    ) -> None:
        """Show the same samples after an edit, without scrolling more than is needed.

        Args:
            table: The dataset as it is now.
            positions: What is shown of it now.
            offset: The place of the sample that gets the keyboard; the last one where there are fewer.
            chosen: (n,) the places of the samples that are selected; that of the keyboard where there are none.
        """
        scrolled = self.verticalScrollBar().value()
        self.samples.set_samples(table, positions)
        self.verticalScrollBar().setValue(scrolled)
        offset = min(offset, len(positions) - 1)
        self.choose(chosen if len(chosen) else np.array([max(offset, 0)], np.int64), offset)

    def choose(self, chosen: NDArray[np.int64], offset: int) -> None:
        """Select the samples at the places `chosen`, (n,), and give the one at `offset` the keyboard."""
        mask = np.zeros(len(self.samples.positions), bool)
        mask[chosen[(chosen >= 0) & (chosen < len(mask))]] = True
        # The same position of another table is another sample.
        self._announced = (-2, -1)
        self._selected = mask
        self._select_mask(mask)
        index = self.samples.index_at(offset)
        if index.isValid():
            # Not by the view's own method, which heeds the keys that are held down.
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)
        self._announce()

    def choose_next(self) -> None:
        """Select the sample after the one that has the keyboard, where there is one."""
        offset = self.samples.offset(self.currentIndex()) + 1
        if offset < len(self.samples.positions):
            self.choose(np.array([offset], np.int64), offset)

    def thumbnail_size(self) -> int:
        """Side of a thumbnail, logical pixels."""
        return self._delegate.size

    def set_thumbnail_size(self, size: int) -> None:
        """Show thumbnails of `size` logical pixels."""
        if size != self._delegate.size:
            self._delegate.set_size(size)
            self._refold()

    def current_position(self) -> int:
        """The position in the table of the sample that has the keyboard, −1 for none."""
        return self.samples.position(self.currentIndex())

    def selected_positions(self) -> NDArray[np.int64]:
        """The positions in the table of the selected samples, in the order shown."""
        return self.samples.positions[self._selected]

    def _refold(self) -> None:
        """Choose the number of columns for the width, keeping selection and place."""
        # Counted without the scroll bar, so that its coming and going does not change the columns.
        width = max(1, self.width() - self.verticalScrollBar().sizeHint().width())
        columns = max(1, width // (self._delegate.size + SIDE_GAP))
        cell, height = width // columns, self._delegate.row_height
        header = self.verticalHeader()
        if (columns, cell, height) == (
            self.samples.columns,
            self.horizontalHeader().defaultSectionSize(),
            header.defaultSectionSize(),
        ):
            return
        first = (self.verticalOffset() // max(1, header.defaultSectionSize())) * self.samples.columns
        current, selected = self.samples.offset(self.currentIndex()), self._selected
        is_current_seen = current >= 0 and self.visualRect(self.currentIndex()).intersects(self.viewport().rect())
        self._is_refolding = True
        self.samples.set_columns(columns)
        self.horizontalHeader().setDefaultSectionSize(cell)
        header.setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(max(1, height // 2))
        self._selected = selected
        self._select_mask(selected)
        if current >= 0:
            self.selectionModel().setCurrentIndex(
                self.samples.index_at(current), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        self._is_refolding = False
        self.scrollTo(self.samples.index_at(first), QAbstractItemView.ScrollHint.PositionAtTop)
        if is_current_seen:
            self.scrollTo(self.currentIndex())
        self._announce()
        self.viewport().update()

    def _select_mask(self, mask: NDArray[np.bool_]) -> None:
        edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
        selection = QItemSelection()
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            selection.merge(self._span(int(first), int(end) - 1), QItemSelectionModel.SelectionFlag.Select)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _span(self, first: int, last: int) -> QItemSelection:
        """The cells from offset `first` to `last` in reading order: at most three rectangles."""
        columns = self.samples.columns
        top, bottom = first // columns, last // columns
        pieces = [(first, last)]
        if top != bottom:
            full_from = top if first % columns == 0 else top + 1
            full_to = bottom if last % columns == columns - 1 else bottom - 1
            pieces = [(first, top * columns + columns - 1)] if full_from != top else []
            if full_from <= full_to:
                pieces.append((full_from * columns, full_to * columns + columns - 1))
            if full_to != bottom:
                pieces.append((bottom * columns, last))
        selection = QItemSelection()
        for begin, end in pieces:
            selection.select(self.samples.index_at(begin), self.samples.index_at(end))
        return selection

    def _offset_near(self, point: QPoint) -> int:
        """The sample at `point` of the viewport, or the nearest one."""
        row = (point.y() + self.verticalOffset()) // max(1, self.verticalHeader().defaultSectionSize())
        column = point.x() // max(1, self.horizontalHeader().defaultSectionSize())
        columns = self.samples.columns
        offset = max(0, row) * columns + min(max(0, column), columns - 1)
        return min(offset, len(self.samples.positions) - 1)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select in reading order from the corner where `rect` began to where it ends, not the rectangle."""
        if not len(self.samples.positions):
            return
        first, last = sorted((self._offset_near(rect.topLeft()), self._offset_near(rect.bottomRight())))
        self.selectionModel().select(self._span(first, last), command)

    def selectAll(self) -> None:
        """Select every sample."""
        count = len(self.samples.positions)
        if count:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().select(self._span(0, count - 1), flags)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Where a key leads: left and right go on in the neighbouring row, Home and End reach the ends of the list."""
        last = len(self.samples.positions) - 1
        if last < 0:
            return QModelIndex()
        offset = self.samples.offset(self.currentIndex())
        if offset < 0:
            return self.samples.index_at(0)
        columns = self.samples.columns
        page = max(1, self.viewport().height() // self._delegate.row_height) * columns
        move = QAbstractItemView.CursorAction
        if action in (move.MoveHome, move.MoveEnd):
            return self.samples.index_at(0 if action == move.MoveHome else last)
        step = {
            move.MoveLeft: -1,
            move.MovePrevious: -1,
            move.MoveRight: 1,
            move.MoveNext: 1,
            move.MoveUp: -columns,
            move.MoveDown: columns,
            move.MovePageUp: -page,
            move.MovePageDown: page,
        }[action]
        target = offset + step
        if target < 0:
            target = offset % columns if abs(step) >= columns else 0
        elif target > last:
            is_in_last_row = offset // columns == last // columns
            target = offset if is_in_last_row and abs(step) >= columns else last
        return self.samples.index_at(target)

    def keyboardSearch(self, search: str) -> None:
        """Typing does not search: labels repeat, and the filter finds them better."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl with plus or minus changes the size; the rest is the table's."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
                self._want_size(STEP)
                return
            if event.key() == Qt.Key.Key_Minus:
                self._want_size(-STEP)
                return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl with the wheel changes the size."""
        turned = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and turned:
            self._want_size(STEP if turned > 0 else -STEP)
            event.accept()
            return
        super().wheelEvent(event)

    def _want_size(self, change: int) -> None:
        self.sizeWanted.emit(min(max(self._delegate.size + change, SMALLEST), LARGEST))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which sample has the keyboard now."""
        super().currentChanged(current, previous)
        self._announce()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Count the selected samples anew."""
        super().selectionChanged(selected, deselected)
        if self._is_refolding:
            return
        columns, count = self.samples.columns, len(self.samples.positions)
        mask = np.zeros(self.samples.rowCount() * columns, bool)
        table = mask.reshape(-1, columns)
        for span in self.selectionModel().selection().toList():
            table[span.top() : span.bottom() + 1, span.left() : span.right() + 1] = True
        self._selected = mask[:count]
        self._announce()

    def _announce(self) -> None:
        """Signal what has changed since the last time."""
        if self._is_refolding:
            return
        position, count = self.current_position(), int(self._selected.sum())
        old_position, old_count = self._announced
        self._announced = (position, count)
        if position != old_position:
            self.currentSampleChanged.emit(position)
        if count != old_count:
            self.selectionCountChanged.emit(count)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that `event` uncovers."""
        painter = QPainter(self.viewport())
        area = event.rect()
        painter.fillRect(area, QColor(theme.colors().card))
        rows, columns = self.samples.rowCount(), self.samples.columns
        height, scrolled = self._delegate.row_height, self.verticalOffset()
        self._delegate.prepare(
            self.horizontalHeader().defaultSectionSize(),
            self.viewport().devicePixelRatioF(),
            self.viewport().height() // height + 2,
        )
        current = self.samples.offset(self.currentIndex()) if self.hasFocus() else -1
        first, last = (area.top() + scrolled) // height, (area.bottom() + scrolled) // height
        for row in range(first, min(last, rows - 1) + 1):
            selected = self._selected[row * columns : (row + 1) * columns]
            column = current % columns if current // columns == row and current >= 0 else -1
            self._delegate.paint_row(painter, row, row * height - scrolled, selected, column)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the new width."""
        super().resizeEvent(event)
        self._refold()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._delegate.forget()
            self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
            self.viewport().update()
