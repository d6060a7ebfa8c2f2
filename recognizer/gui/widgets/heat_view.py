"""A picture as a model sees it, what speaks for a class laid over it; places can be covered to see what is left."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.imaging.heat import INK, heat_layer
from recognizer.inference.occlusion import WINDOW


class HeatView(QWidget):
    """Shows a picture and its heat. Where covering is on, the mouse or the arrow keys move a square over it.

    Signals:
        covered: (row, column) of the middle of the square, or (-1, -1) where there is none any more.
    """

    covered = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: NDArray[np.uint8] = np.zeros((28, 28), np.uint8)
        self._heat: NDArray[np.float32] | None = None
        self._can_cover = False
        self._is_bare = False
        self._place: tuple[int, int] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(196, 196)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_picture(self, picture: NDArray[np.uint8]) -> None:
        """Show (28, 28) uint8 with no heat yet."""
        self._picture = picture
        self._heat = None
        self._place = None
        self.update()

    def set_heat(self, heat: NDArray[np.float32] | None, *, can_cover: bool) -> None:
        """Lay (28, 28) values from -1 to 1 over the picture.

        Args:
            heat: None where it is not known yet.
            can_cover: Whether places can be covered.
        """
        self._heat = heat
        self._can_cover = can_cover
        if not can_cover:
            self._move(None)
        self.setCursor(Qt.CursorShape.CrossCursor if can_cover else Qt.CursorShape.ArrowCursor)
        self.update()

    def heat(self) -> NDArray[np.float32] | None:
        """What is laid over the picture."""
        return self._heat

    def set_bare(self, is_bare: bool) -> None:
        """Show the picture alone, or with its heat again."""
        self._is_bare = is_bare
        self.update()

    def is_bare(self) -> bool:
        """Whether the picture is shown alone."""
        return self._is_bare

    def place(self) -> tuple[int, int] | None:
        """The middle of the covered square."""
        return self._place

    def place_centre(self, row: int, column: int) -> QPoint:
        """Where a pixel of the picture is."""
        target, side = self._target(), self._target().width() / len(self._picture)
        return QPointF(target.x() + (column + 0.5) * side, target.y() + (row + 0.5) * side).toPoint()

    def sizeHint(self) -> QSize:
        """A large square."""
        return QSize(420, 420)

    def _target(self) -> QRectF:
        side = min(self.width(), self.height()) - 2.0
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels, then the heat smoothly over them, then what is covered."""
        painter = QPainter(self)
        target = self._target()
        height, width = self._picture.shape
        has_heat = self._heat is not None and not self._is_bare and self._place is None
        grey = np.ascontiguousarray((self._picture * INK).astype(np.uint8) if has_heat else self._picture)
        painter.drawImage(target, QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8))
        if self._heat is not None and has_heat:
            layer = np.ascontiguousarray(heat_layer(self._heat))
            image = QImage(layer.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            smooth = Qt.TransformationMode.SmoothTransformation
            size = (target.size() * self.devicePixelRatioF()).toSize()
            painter.drawImage(target, image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
        now = theme.colors()
        if self._place is not None:
            self._paint_cover(painter, target)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(now.accent if self.hasFocus() else now.line), 2 if self.hasFocus() else 1))
        painter.drawRect(target)

    def _paint_cover(self, painter: QPainter, target: QRectF) -> None:
        assert self._place is not None
        side = target.width() / len(self._picture)
        row, column = (each - WINDOW // 2 for each in self._place)
        square = QRectF(target.x() + column * side, target.y() + row * side, WINDOW * side, WINDOW * side)
        square = square.intersected(target)
        painter.fillRect(square, QColor("#000000"))
        painter.setPen(QPen(QColor("#ffffff"), 2, Qt.PenStyle.DashLine))
        painter.drawRect(square.adjusted(1, 1, -1, -1))

    def _move(self, place: tuple[int, int] | None) -> None:
        if place == self._place:
            return
        self._place = place
        self.update()
        self.covered.emit(*(place or (-1, -1)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Cover what is under the mouse."""
        target, point = self._target(), event.position()
        if not self._can_cover:
            return
        if not target.contains(point):
            self._move(None)
            return
        side = target.width() / len(self._picture)
        last = len(self._picture) - 1
        row, column = int((point.y() - target.y()) / side), int((point.x() - target.x()) / side)
        self._move((min(row, last), min(column, last)))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is covered."""
        self._move(None)
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing is covered."""
        self._move(None)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the square, from the middle at first."""
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._can_cover:
            super().keyPressEvent(event)
            return
        last = len(self._picture) - 1
        row, column = self._place or (last // 2, last // 2)
        self._move((min(max(row + step[0], 0), last), min(max(column + step[1], 0), last)))
