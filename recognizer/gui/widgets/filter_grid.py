"""What the first layer of a network looks for: a small picture for each of its filters."""

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.signed_picture import as_image, signed_pixels

MOST: Final = 64
"""Filters that are shown."""
_LARGEST: Final = 54.0
_GAP: Final = 3.0
_NOWHERE: Final = -1


@lru_cache(8)
def _arranged(count: int, width: int, height: int) -> tuple[int, float]:
    """Columns, and the side of a place, for the largest pictures; of equally large ones those in few rows."""
    sides = ((n, min(width / n, height / math.ceil(count / n), _LARGEST)) for n in range(1, count + 1))
    return max(sides, key=lambda found: (found[1], found[0]))


class FilterGrid(QWidget):
    """Shows filters in rows, as large as there is room; one of them is looked at.

    Signals:
        looked: The filter that the mouse is on, or else the one that was chosen; its number in the layer.
    """

    looked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterGrid")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 84)
        self._filters: NDArray[np.float32] = np.zeros((0, 1, 1), np.float32)
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._scale = 1.0
        self._pixels: NDArray[np.uint8] | None = None
        self._chosen = self._hovered = _NOWHERE
        self.retranslate()

    def reset(self) -> None:
        """Another network follows."""
        self._filters = np.zeros((0, 1, 1), np.float32)
        self._order = np.zeros(0, np.int64)
        self._pixels = None
        self._chosen = self._hovered = _NOWHERE
        self.update()

    def set_filters(self, filters: NDArray[np.float32], scale: float) -> None:
        """Show filters.

        Args:
            filters: (n, h, w) float32; of very many those with the largest weights are shown, the same until `reset`.
            scale: Of which weights on the colours are full.
        """
        self._scale = scale
        if filters.shape != self._filters.shape:
            self.reset()
            norms = np.sqrt(np.square(filters).sum(axis=(1, 2)))
            self._order = np.arange(len(filters)) if len(filters) <= MOST else np.argsort(-norms, kind="stable")[:MOST]
            self._chosen = 0 if len(filters) else _NOWHERE
        self._filters, self._pixels = filters, None
        self._describe()
        self.update()

    def count(self) -> int:
        """How many are shown."""
        return len(self._order)

    def shown(self) -> NDArray[np.int64]:
        """The numbers of those that are shown, in their order."""
        return self._order

    def current(self) -> int:
        """The number of the filter that is looked at; −1 for none."""
        place = self._chosen if self._hovered == _NOWHERE else self._hovered
        return int(self._order[place]) if 0 <= place < len(self._order) else _NOWHERE

    def choose(self, number: int) -> None:
        """Look at a filter by its number; nothing happens where it is not shown."""
        places = np.flatnonzero(self._order == number)
        if len(places):
            self._look(int(places[0]))

    def filter_rect(self, place: int) -> QRectF:
        """Where the filter at a place, counted from 0, is painted."""
        columns, side = self._grid()
        rows = math.ceil(len(self._order) / columns)
        left = (self.width() - columns * side) / 2
        top = max((self.height() - rows * side) / 2, 0.0)
        # Inset, so that the frame of one at the edge is seen.
        inset = _GAP / 2
        return QRectF(
            left + place % columns * side + inset, top + place // columns * side + inset, side - _GAP, side - _GAP
        )

    def _grid(self) -> tuple[int, float]:
        """Columns, and the side of a place, so that the pictures are as large as can be."""
        return _arranged(max(len(self._order), 1), self.width(), self.height())

    def _place_at(self, point: QPointF) -> int:
        return next((place for place in range(self.count()) if self.filter_rect(place).contains(point)), _NOWHERE)

    def _describe(self) -> None:
        number = self.current()
        self.setAccessibleDescription(tr("Filter {number}", number=number + 1) if number >= 0 else "")

    def sizeHint(self) -> QSize:
        """A few rows."""
        return QSize(300, 150)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the filters, all to one scale."""
        if not self.count():
            return
        if self._pixels is None:
            shown = self._filters[self._order]
            self._pixels = signed_pixels(shown, self._scale)
        now = theme.colors()
        painter = QPainter(self)
        painter.setPen(QColor(now.line))
        is_shrunk = self._filters.shape[1] > self._grid()[1]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_shrunk)
        for place in range(self.count()):
            rect = self.filter_rect(place)
            painter.drawImage(rect, as_image(self._pixels[place]))
            painter.drawRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marks = [(self._chosen, now.accent, 3.0 if self.hasFocus() else 2.0), (self._hovered, now.secondary, 2.0)]
        for place, name, thickness in marks:
            if 0 <= place < self.count():
                frame = self.filter_rect(place).adjusted(-1, -1, 1, 1)
                painter.setPen(QPen(QColor(now.card), thickness + 2))
                painter.drawRoundedRect(frame, 2, 2)
                painter.setPen(QPen(QColor(name), thickness))
                painter.drawRoundedRect(frame, 2, 2)

    def event(self, event: QEvent) -> bool:
        """Name the filter under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(QPointF(event.pos()))
            if place == _NOWHERE:
                QToolTip.hideText()
            else:
                number = int(self._order[place])
                size = float(np.abs(self._filters[number]).max())
                words = tr("Filter {number}: weights up to {size}", number=number + 1, size=f"{size:.2f}")
                QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look at what is under the mouse."""
        self._hover(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Look at the chosen one again."""
        self._hover(_NOWHERE)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the filter under the mouse."""
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place != _NOWHERE:
            self._look(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose."""
        columns, last = self._grid()[0], self.count() - 1
        moves = {
            Qt.Key.Key_Left: self._chosen - 1,
            Qt.Key.Key_Right: self._chosen + 1,
            Qt.Key.Key_Up: self._chosen - columns,
            Qt.Key.Key_Down: self._chosen + columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        place = moves.get(Qt.Key(event.key()))
        if place is None or last < 0:
            super().keyPressEvent(event)
        elif 0 <= place <= last:
            self._hovered = _NOWHERE
            self._look(place)

    def _look(self, place: int) -> None:
        self._chosen = place
        self._describe()
        self.update()
        self.looked.emit(self.current())

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.setCursor(Qt.CursorShape.ArrowCursor if place == _NOWHERE else Qt.CursorShape.PointingHandCursor)
            self.update()
            self.looked.emit(self.current())

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("Filters of the first layer"))
        self._describe()
