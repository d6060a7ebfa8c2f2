"""A picture that can be zoomed and moved, with a box on each symbol that was read in it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.reading_boxes import SymbolBox, paint_box

_LARGEST: Final = 8.0
"""The most logical pixels of the screen for one of the picture."""
_STEP: Final = 1.25
_LEAST_TARGET: Final = 16.0
"""The least side, logical pixels, of what can be hit with the mouse."""
_ROUND: Final = 8.0


class PictureView(QWidget):
    """Shows a picture and its symbols. The wheel zooms, dragging moves, a click chooses a symbol, as do the arrow keys.

    Signals:
        symbolPicked: The symbol that was chosen; -1 for none.
        symbolHovered: The symbol under the mouse; -1 where there is none.
        zoomChanged: Whether the whole picture fits.
    """

    symbolPicked = Signal(int)
    symbolHovered = Signal(int)
    zoomChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pictureView")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(180, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage()
        self._size = QSize(1, 1)
        self._boxes: Sequence[SymbolBox] = ()
        self._current = -1
        self._hovered = -1
        self._scale = 1.0
        self._origin = QPointF()
        self._is_fitted = True
        self._pressed_at: QPointF | None = None
        self._moved_from: QPointF | None = None
        self._scaled = QPixmap()
        self._scaled_for = 0.0

    # What is shown

    def set_picture(self, image: QImage, size: QSize) -> None:
        """Show `image`, whole; boxes are in pixels of a picture of `size`, of which it may be a smaller copy."""
        self._image, self._size = image, size
        self._scaled = QPixmap()
        self._current = self._hovered = -1
        self._boxes = ()
        self.fit()

    def set_boxes(self, boxes: Sequence[SymbolBox]) -> None:
        """Show `boxes`, in reading order."""
        self._boxes = boxes
        if self._box(self._current) is None:
            self._current = -1
        self._describe()
        self.update()

    def set_current(self, index: int) -> None:
        """Mark the symbol `index` as the chosen one, and bring it into sight; -1 for none."""
        self._current = index
        box = self._box(index)
        if box is not None:
            self._reveal(box.rect)
        self._describe()
        self.update()

    def set_hovered(self, index: int) -> None:
        """Light up the symbol `index`; -1 for none."""
        if index != self._hovered:
            self._hovered = index
            self.update()

    def current(self) -> int:
        """The chosen symbol; -1 for none."""
        return self._current

    def hovered(self) -> int:
        """The symbol that is lit up; -1 for none."""
        return self._hovered

    def boxes(self) -> Sequence[SymbolBox]:
        """What is shown."""
        return self._boxes

    def box_rect(self, index: int) -> QRectF:
        """Where the symbol `index` is on the widget."""
        box = self._box(index)
        return QRectF() if box is None else self._on_screen(box.rect)

    def _box(self, index: int) -> SymbolBox | None:
        return next((box for box in self._boxes if box.index == index), None)

    def _describe(self) -> None:
        box = self._box(self._current)
        self.setAccessibleDescription(box.words if box else "")

    # Zoom and place

    def is_fitted(self) -> bool:
        """Whether the whole picture is shown, as large as there is room."""
        return self._is_fitted

    def zoom(self) -> float:
        """Logical pixels of the screen for one of the picture."""
        return self._scale

    def fit(self) -> None:
        """Show the whole picture."""
        self._is_fitted = True
        self._scale = self._fitting_scale()
        self._keep_inside()
        self.zoomChanged.emit(True)

    def zoom_in(self) -> None:
        """Show the picture larger."""
        self._zoom_by(_STEP, QRectF(self.rect()).center())

    def zoom_out(self) -> None:
        """Show the picture smaller."""
        self._zoom_by(1 / _STEP, QRectF(self.rect()).center())

    def _fitting_scale(self) -> float:
        room = QSize(max(1, self.width()), max(1, self.height()))
        return min(room.width() / self._size.width(), room.height() / self._size.height(), _LARGEST)

    def _zoom_by(self, factor: float, around: QPointF) -> None:
        if self._image.isNull():
            return
        fitting = self._fitting_scale()
        wanted = min(max(self._scale * factor, fitting), max(_LARGEST, fitting))
        place = (around - self._origin) / self._scale
        self._scale = wanted
        self._origin = around - place * wanted
        self._is_fitted = wanted <= fitting
        self._keep_inside()
        self.zoomChanged.emit(self._is_fitted)

    def _keep_inside(self) -> None:
        """Centre a picture that is smaller than the widget; leave no empty edge beside a larger one."""
        width, height = self._size.width() * self._scale, self._size.height() * self._scale
        x, y = self._origin.x(), self._origin.y()
        x = (self.width() - width) / 2 if width <= self.width() else min(0.0, max(x, self.width() - width))
        y = (self.height() - height) / 2 if height <= self.height() else min(0.0, max(y, self.height() - height))
        self._origin = QPointF(x, y)
        self.update()

    def _reveal(self, rect: QRectF) -> None:
        shown = self._on_screen(rect).adjusted(-24, -24, 24, 24)
        dx = max(0.0, -shown.left()) - max(0.0, shown.right() - self.width())
        dy = max(0.0, -shown.top()) - max(0.0, shown.bottom() - self.height())
        if dx or dy:
            self._origin += QPointF(dx, dy)
            self._keep_inside()

    def _on_screen(self, rect: QRectF) -> QRectF:
        corner = self._origin + rect.topLeft() * self._scale
        return QRectF(corner, rect.size() * self._scale)

    def _index_at(self, place: QPointF) -> int:
        """The symbol at `place`: of several the smallest, as it would be hidden otherwise."""
        found, least = -1, float("inf")
        for box in self._boxes:
            rect = self._on_screen(box.rect)
            grow_x = max(0.0, (_LEAST_TARGET - rect.width()) / 2)
            grow_y = max(0.0, (_LEAST_TARGET - rect.height()) / 2)
            area = rect.width() * rect.height()
            if rect.adjusted(-grow_x, -grow_y, grow_x, grow_y).contains(place) and area < least:
                found, least = box.index, area
        return found

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click or a drag begins."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed_at = self._moved_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture, or light up what is under the mouse."""
        place = event.position()
        if self._pressed_at is None or self._moved_from is None:
            index = self._index_at(place)
            if index != self._hovered:
                self.set_hovered(index)
                self.symbolHovered.emit(index)
            pointing = Qt.CursorShape.PointingHandCursor
            free = Qt.CursorShape.ArrowCursor if self._is_fitted else Qt.CursorShape.OpenHandCursor
            self.setCursor(pointing if index >= 0 else free)
            return
        has_begun = self._moved_from is not self._pressed_at
        if has_begun or (place - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._origin += place - self._moved_from
            self._moved_from = place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._keep_inside()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the symbol that was clicked."""
        was_click = self._pressed_at is not None and self._moved_from is self._pressed_at
        self._pressed_at = self._moved_from = None
        self.unsetCursor()
        if was_click and event.button() == Qt.MouseButton.LeftButton:
            self.symbolPicked.emit(self._index_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        if self._hovered != -1:
            self.set_hovered(-1)
            self.symbolHovered.emit(-1)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the mouse."""
        turned = event.angleDelta().y()
        if turned:
            self._zoom_by(_STEP ** (turned / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom with two fingers; say in words what is under the mouse."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_by(1 + event.value(), event.position())
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            box = self._box(self._index_at(QPointF(event.pos())))
            if box is not None:
                QToolTip.showText(event.globalPos(), box.words, self)
                return True
            QToolTip.hideText()
        return super().event(event)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose symbols, Escape none."""
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: -1}
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._current >= 0:
            self.symbolPicked.emit(-1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._boxes:
            self._step(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._boxes:
            self._change_line(1 if key == Qt.Key.Key_Down else -1)
        elif key in ends and self._boxes:
            self.symbolPicked.emit(self._boxes[ends[key]].index)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from symbol to symbol once one is chosen, and leaves the picture behind the last."""
        order = [box.index for box in self._boxes]
        if self._current in order:
            place = order.index(self._current) + (1 if next else -1)
            if 0 <= place < len(order):
                self.symbolPicked.emit(order[place])
                return True
        return super().focusNextPrevChild(next)

    def _step(self, by: int) -> None:
        order = [box.index for box in self._boxes]
        if self._current not in order:
            self.symbolPicked.emit(order[0 if by > 0 else -1])
            return
        self.symbolPicked.emit(order[min(max(order.index(self._current) + by, 0), len(order) - 1)])

    def _change_line(self, by: int) -> None:
        current = self._box(self._current)
        if current is None:
            self._step(by)
            return
        middle = current.rect.center().x()
        there = [box for box in self._boxes if box.line == current.line + by]
        if there:
            nearest = min(there, key=lambda box: abs(box.rect.center().x() - middle))
            self.symbolPicked.emit(nearest.index)

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole picture in sight, or its part."""
        super().resizeEvent(event)
        if self._is_fitted:
            self._scale = self._fitting_scale()
        self._keep_inside()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, then the boxes, the chosen one last."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()), _ROUND, _ROUND)
        painter.fillPath(frame, QColor(theme.colors().field))
        painter.setClipPath(frame)
        if not self._image.isNull():
            self._paint_picture(painter)
        order = sorted(self._boxes, key=lambda box: (box.index == self._current, box.index == self._hovered))
        for box in order:
            rect = self._on_screen(box.rect).adjusted(-2, -2, 2, 2)
            if rect.intersects(QRectF(self.rect()).adjusted(-40, -40, 40, 40)):
                is_lit = box.index == self._hovered
                paint_box(painter, box, rect, self.width(), is_current=box.index == self._current, is_lit=is_lit)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.colors().accent), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75), _ROUND, _ROUND)

    def _paint_picture(self, painter: QPainter) -> None:
        target = self._on_screen(QRectF(0, 0, self._size.width(), self._size.height()))
        ratio = self.devicePixelRatioF()
        width = round(target.width() * ratio)
        if width >= self._image.width():
            painter.drawImage(target, self._image)
            return
        # Qt would leave pixels out where it shrinks a picture to less than half its size.
        if self._scaled.isNull() or self._scaled_for != width:
            height = max(1, round(target.height() * ratio))
            smooth = Qt.TransformationMode.SmoothTransformation
            fitted = self._image.scaled(max(1, width), height, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled, self._scaled_for = QPixmap.fromImage(fitted), width
        painter.drawPixmap(target, self._scaled, QRectF(self._scaled.rect()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
