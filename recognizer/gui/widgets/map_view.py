"""One map of a network, or a picture, so large that each number can be pointed at."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.imaging.heat import signed_colours

_DIMMED: Final = 0.22
"""How much is seen of what an animation has not come to yet."""

Window = tuple[int, int, int, int]
"""Top, left, height and width, in numbers of the map."""


class MapView(QWidget):
    """Shows (h, w) numbers as squares; a click, dragging or the arrow keys choose one.

    Signals:
        picked: (row, column) that the user wants to look at.
    """

    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._image: QImage | None = None
        self._window: Window | None = None
        self._cursor: tuple[int, int] | None = None
        self._revealed = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def set_values(self, values: NDArray[np.float32], scale: float, *, is_picture: bool = False) -> None:
        """Show numbers.

        Args:
            values: (h, w) float32; what is no number is left out.
            scale: What the palest colour stands for, more than 0.
            is_picture: Whether they are shown as grey levels.
        """
        self._values = values
        colours = grey_or_signed(values, scale, is_picture=is_picture)
        self._image = image_of(colours)
        self._fit()
        self.update()

    def values(self) -> NDArray[np.float32]:
        """What is shown."""
        return self._values

    def set_window(self, window: Window | None) -> None:
        """Frame a part of the map; it may stand out."""
        self._window = window
        self.update()

    def window_shown(self) -> Window | None:
        """The framed part."""
        return self._window

    def set_place(self, place: tuple[int, int] | None) -> None:
        """Frame one number: (row, column)."""
        self._cursor = place
        self.update()

    def place(self) -> tuple[int, int] | None:
        """The framed number."""
        return self._cursor

    def set_revealed(self, count: int) -> None:
        """Dim all numbers but the first so many, row by row; none below 0."""
        self._revealed = count
        self.update()

    def place_centre(self, row: int, column: int) -> QPoint:
        """Where a number is."""
        return self._cell(row, column).center().toPoint()

    def sizeHint(self) -> QSize:
        """Large enough to point at a pixel of 28."""
        return QSize(224, 224)

    def _target(self) -> QRectF:
        rows, columns = self._values.shape
        if not rows or not columns:
            return QRectF()
        side = min(self.width() / columns, self.height() / rows)
        width, height = side * columns, side * rows
        return QRectF((self.width() - width) / 2, 0, width, height).adjusted(2, 2, -2, -2)

    def _cell(self, row: float, column: float, height: float = 1, width: float = 1) -> QRectF:
        target = self._target()
        rows, columns = self._values.shape
        across, down = target.width() / columns, target.height() / rows
        return QRectF(target.x() + column * across, target.y() + row * down, width * across, height * down)

    def _fit(self) -> None:
        """Take no more height than the map can fill."""
        rows, columns = self._values.shape
        self.setMaximumHeight(max(self.minimumHeight(), self.width() * rows // max(1, columns)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height to the width."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the numbers, then the frames."""
        if self._image is None or not self._values.size:
            return
        painter = QPainter(self)
        target = self._target()
        painter.drawImage(target, self._image)
        if self._revealed >= 0:
            self._dim(painter, target)
        now = theme.colors()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(now.accent if self.hasFocus() else now.line), 2 if self.hasFocus() else 1))
        painter.drawRect(target)
        if self._window is not None:
            top, left, height, width = self._window
            # Where it stands out, into the padding, there is no more room than this.
            room = QRectF(self.rect()).adjusted(2, 2, -2, -2)
            _frame(painter, self._cell(top, left, height, width).intersected(room))
        if self._cursor is not None:
            _frame(painter, self._cell(*self._cursor))

    def _dim(self, painter: QPainter, target: QRectF) -> None:
        row, column = divmod(self._revealed, self._values.shape[1])
        shade = QColor(theme.colors().card)
        shade.setAlphaF(1 - _DIMMED)
        cell = self._cell(row, column)
        painter.fillRect(QRectF(cell.x(), cell.y(), target.right() - cell.x(), cell.height()), shade)
        painter.fillRect(QRectF(target.x(), cell.bottom(), target.width(), target.bottom() - cell.bottom()), shade)

    def _pick(self, point: QPointF) -> None:
        target = self._target()
        if target.isEmpty():
            return
        rows, columns = self._values.shape
        row = int((point.y() - target.y()) / target.height() * rows)
        column = int((point.x() - target.x()) / target.width() * columns)
        self._go(row, column)

    def _go(self, row: int, column: int) -> None:
        rows, columns = self._values.shape
        row, column = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
        if not np.isnan(self._values[row, column]):
            self.picked.emit(row, column)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the number under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pressed mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pick(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move."""
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or self._cursor is None or not self._values.size:
            super().keyPressEvent(event)
        else:
            self._go(self._cursor[0] + step[0], self._cursor[1] + step[1])


def grey_or_signed(values: NDArray[np.float32], scale: float, *, is_picture: bool) -> NDArray[np.uint8]:
    """The colours of numbers, (..., 3) uint8; what is no number is black.

    Args:
        values: (..., w) float32.
        scale: What the brightest stands for, more than 0.
        is_picture: Grey levels, else orange above 0 and blue below.
    """
    # A network that has gone wrong may hold anything.
    with np.errstate(invalid="ignore", over="ignore"):
        share = np.nan_to_num(values / np.float32(scale or 1.0), neginf=-1.0, posinf=1.0)
    if is_picture:
        return np.repeat(np.round(255 * np.clip(share, 0, 1)).astype(np.uint8)[..., None], 3, axis=-1)
    return signed_colours(share)


def image_of(colours: NDArray[np.uint8]) -> QImage:
    """(h, w, 3) colours as an image with its own memory."""
    height, width = colours.shape[:2]
    data = np.ascontiguousarray(colours)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _frame(painter: QPainter, cell: QRectF) -> None:
    """A frame that is seen on every ground: white with a dark edge."""
    painter.setPen(QPen(QColor("#000000"), 4))
    painter.drawRect(cell)
    painter.setPen(QPen(QColor("#ffffff"), 2))
    painter.drawRect(cell)
