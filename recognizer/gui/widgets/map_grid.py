"""All maps that a step of a network gives, small, to choose one; beside flat filters what each of them finds."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.map_view import grey_or_signed, image_of
from recognizer.inference.layer_words import number

_THUMB: Final = 34.0
_FILTER: Final = 22.0
_SPACE: Final = 4.0


class MapGrid(QWidget):
    """As many maps in a row as there is room for; a click or the arrow keys choose one. It wants to be scrolled.

    Signals:
        picked: The number of a map, counted from 0.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self._filters: list[QImage] = []
        self._largest: list[float] = []
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_maps(self, maps: NDArray[np.float32], scale: float, kernels: NDArray[np.float32] | None = None) -> None:
        """Show maps.

        Args:
            maps: (h, w, c) float32.
            scale: What the palest colour stands for.
            kernels: (k, k, c) float32: the filter of each; None where they cannot be shown as pictures.
        """
        self._images = _images(maps, scale)
        self._filters = [] if kernels is None else _images(kernels, float(np.abs(kernels).max(initial=0)))
        self._largest = [float(each) for each in maps.max(axis=(0, 1))]
        self._current = 0
        self._fit()
        self.update()

    def count(self) -> int:
        """How many maps there are."""
        return len(self._images)

    def set_current(self, index: int) -> None:
        """Frame a map and bring it in sight."""
        self._current = index
        self.update()
        self._reveal()

    def current(self) -> int:
        """The framed map."""
        return self._current

    def _reveal(self) -> None:
        index = self._current
        viewport = self.parentWidget()
        area = viewport.parentWidget() if viewport is not None else None
        if isinstance(area, QScrollArea) and index < len(self._images):
            place = self.map_rect(index)
            area.ensureVisible(0, round(place.center().y()), 0, round(place.height() / 2 + _SPACE))

    def map_rect(self, index: int) -> QRectF:
        """Where a map, and its filter, are painted."""
        width, height = self._cell()
        row, column = divmod(index, self._columns())
        return QRectF(column * width, row * height, width, height)

    def map_centre(self, index: int) -> QPoint:
        """The middle of a map."""
        return self.map_rect(index).center().toPoint()

    def sizeHint(self) -> QSize:
        """Room for some columns."""
        return QSize(220, self.minimumHeight())

    def _cell(self) -> tuple[float, float]:
        filters = _FILTER + 2 if self._filters else 0
        return _THUMB + filters + 2 * _SPACE, _THUMB + 2 * _SPACE

    def _columns(self) -> int:
        return max(1, int(self.width() / self._cell()[0]))

    def _fit(self) -> None:
        rows = -(-len(self._images) // self._columns())
        self.setMinimumHeight(round(rows * self._cell()[1]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many rows as are needed now."""
        super().resizeEvent(event)
        self._fit()
        # When the area that scrolls has taken its new size.
        QTimer.singleShot(0, self, self._reveal)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the maps that can be seen."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, image in enumerate(self._images):
            place = self.map_rect(index)
            if not place.intersects(QRectF(event.rect())):
                continue
            if index == self._current:
                painter.setPen(QPen(QColor(now.accent), 2 if self.hasFocus() else 1.5))
                painter.setBrush(QColor(now.accent_soft))
                painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 5, 5)
            inner = place.adjusted(_SPACE, _SPACE, -_SPACE, -_SPACE)
            if self._filters:
                top = inner.center().y() - _FILTER / 2
                painter.drawImage(QRectF(inner.x(), top, _FILTER, _FILTER), self._filters[index])
            painter.drawImage(QRectF(inner.right() - _THUMB, inner.y(), _THUMB, _THUMB), image)

    def _index_at(self, point: QPointF) -> int:
        return next((i for i in range(len(self._images)) if self.map_rect(i).contains(point)), -1)

    def event(self, event: QEvent) -> bool:
        """Name the map under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._index_at(QPointF(event.pos()))
            if index < 0:
                QToolTip.hideText()
            else:
                text = tr("Map {n}, largest number {value}", n=index + 1, value=number(self._largest[index]))
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the map under the mouse."""
        index = self._index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.picked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the next map, or to the one above or below."""
        columns = self._columns()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        wanted = self._current + steps.get(Qt.Key(event.key()), len(self._images))
        if Qt.Key(event.key()) not in steps:
            super().keyPressEvent(event)
        elif 0 <= wanted < len(self._images):
            self.picked.emit(wanted)


def _images(maps: NDArray[np.float32], scale: float) -> list[QImage]:
    return [image_of(each) for each in grey_or_signed(np.moveaxis(maps, 2, 0), scale, is_picture=False)]
