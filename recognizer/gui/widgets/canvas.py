"""The canvas: vector strokes from mouse, touch and pen, with undo, redo and a stroke eraser."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTabletEvent,
    QTouchEvent,
    QTransform,
    QUndoStack,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.basics import MARGIN
from recognizer.gui.widgets.canvas_marks import Mark, paint_marks
from recognizer.gui.widgets.drawing import Change, Drawing, distance
from recognizer.ink.stroke import Ink, Stroke

_EDGE: Final = 24.0
"""Space around a drawing that is shown smaller, logical pixels."""
_MIN_PRESSURE_WIDTH: Final = 0.35
"""The share of the pen's width that is left at no pressure."""


class PaintCanvas(QWidget):
    """Where one draws.

    A drawing that is larger than the canvas, made in a larger window or opened, is shown smaller.

    Signals:
        drawingChanged: Something was drawn, erased, undone or opened; also during a stroke.
        strokeBegan: The pen was put down to draw.
        keyTyped: A figure was typed, "0" to "9".
    """

    drawingChanged = Signal()
    strokeBegan = Signal()
    keyTyped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 200)
        self.undo_stack = QUndoStack(self)
        self._drawing = Drawing()
        self._points: list[tuple[float, float]] = []
        self._times: list[float] = []
        self._pressures: list[float] = []
        self._before_erasing: Drawing | None = None
        self._began = 0.0
        self._pen_width = 22
        self._is_erasing = False
        self._hint = ""
        self._middle = QPointF()
        self._zoom = 1.0
        self._marks: tuple[Mark, ...] = ()
        self._layer: QPixmap | None = None
        self._tablet_is_down = False

    # What is on the canvas

    def ink(self) -> Ink:
        """Everything drawn, the stroke under the pen included."""
        current = self._current_stroke()
        strokes = self._drawing.strokes if current is None else (*self._drawing.strokes, current)
        return Ink(strokes, pen_width=float(self._pen_width))

    def picture(self) -> NDArray[np.uint8] | None:
        """The picture that was opened, (h, w) uint8; None where one draws."""
        return self._drawing.picture if not self._points else None

    def is_empty(self) -> bool:
        """Whether there is nothing on the canvas."""
        return self._drawing.is_empty and not self._points

    def show_picture(self, picture: NDArray[np.uint8]) -> None:
        """Put a picture in the place of what was drawn; undo brings that back.

        Args:
            picture: (h, w) uint8 grey levels.
        """
        self._finish_stroke()
        self._change(Drawing(picture=np.ascontiguousarray(picture)))

    def show_ink(self, ink: Ink) -> None:
        """Put strokes, in logical pixels from the middle, in the place of what was drawn; undo brings that back."""
        self._finish_stroke()
        self._change(Drawing(strokes=ink.strokes))

    def clear(self, undone: Callable[[], None] | None = None, redone: Callable[[], None] | None = None) -> None:
        """Empty the canvas; undo brings everything back.

        Args:
            undone: Called when the emptying is taken back.
            redone: Called when it is done again; not at first.
        """
        self._finish_stroke()
        if not self._drawing.is_empty:
            self.undo_stack.push(Change(self.set_drawing, self._drawing, Drawing(), undone, redone))

    def undo(self) -> None:
        """Take the last step back; a stroke under the pen is finished first."""
        self._finish_stroke()
        self.undo_stack.undo()

    def redo(self) -> None:
        """Do the last undone step again."""
        self._finish_stroke()
        self.undo_stack.redo()

    def _change(self, after: Drawing) -> None:
        self.undo_stack.push(Change(self.set_drawing, self._drawing, after))

    def set_drawing(self, drawing: Drawing) -> None:
        """Show `drawing`; called by the undo stack alone."""
        self._drawing = drawing
        self._fit_view()
        self._layer = None
        self.update()
        self.drawingChanged.emit()

    # How it is drawn

    def pen_width(self) -> int:
        """The pen's width, logical pixels."""
        return self._pen_width

    def set_pen_width(self, width: int) -> None:
        """Set the width of the pen; strokes already drawn follow, they are lines and not pixels."""
        self._pen_width = width
        self._layer = None
        self.update()

    def set_erasing(self, is_erasing: bool) -> None:
        """Whether the pen takes strokes away instead of adding them."""
        self._finish_stroke()
        self._is_erasing = is_erasing
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_erasing else Qt.CursorShape.CrossCursor)

    def set_hint(self, text: str) -> None:
        """The words on the empty canvas."""
        self._hint = text
        self.update()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show boxes around parts of the drawing, in its coordinates."""
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            self.update()

    def marks(self) -> tuple[Mark, ...]:
        """The boxes that are shown."""
        return self._marks

    def sizeHint(self) -> QSize:
        """As large as the page allows."""
        return QSize(560, 520)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() == Qt.MouseButton.LeftButton and not self._tablet_is_down:
            self._press(event.position(), 1.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a stroke."""
        if event.buttons() & Qt.MouseButton.LeftButton and not self._tablet_is_down:
            self._move(event.position(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a stroke."""
        if event.button() == Qt.MouseButton.LeftButton and not self._tablet_is_down:
            self._finish_stroke()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen that has pressure; its other end erases."""
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._tablet_is_down = True
            self._press(event.position(), event.pressure(), event.pointerType() == event.pointerType().Eraser)
        elif kind == QEvent.Type.TabletMove and self._tablet_is_down:
            self._move(event.position(), event.pressure())
        elif kind == QEvent.Type.TabletRelease:
            self._finish_stroke()
            self._tablet_is_down = False
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Draw with the first finger; others are ignored."""
        touches = (QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TouchEnd, QEvent.Type.TouchCancel)
        if event.type() not in touches or not isinstance(event, QTouchEvent):
            return super().event(event)
        points = event.points()
        if event.type() == QEvent.Type.TouchBegin and points:
            self._press(points[0].position(), 1.0)
        elif event.type() == QEvent.Type.TouchUpdate and points:
            self._move(points[0].position(), 1.0)
        else:
            self._finish_stroke()
        event.accept()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Figures say what was drawn."""
        if event.text() in tuple("0123456789") and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.keyTyped.emit(event.text())
            event.accept()
            return
        super().keyPressEvent(event)

    def _press(self, position: QPointF, pressure: float, is_eraser: bool = False) -> None:
        self._finish_stroke()
        if self._is_erasing or is_eraser:
            self._before_erasing = self._drawing
            self._erase(position)
            return
        if not self._drawing.strokes:
            self._began = time.monotonic()
        self._points, self._times, self._pressures = [], [], []
        self.strokeBegan.emit()
        self._append(position, pressure)

    def _move(self, position: QPointF, pressure: float) -> None:
        if self._before_erasing is not None:
            self._erase(position)
        elif self._points:
            self._append(position, pressure)

    def _append(self, position: QPointF, pressure: float) -> None:
        x = (min(max(position.x(), 0.0), float(self.width())) - self._middle.x()) / self._zoom
        y = (min(max(position.y(), 0.0), float(self.height())) - self._middle.y()) / self._zoom
        if self._points and (x, y) == self._points[-1]:
            return
        self._points.append((x, y))
        self._times.append(time.monotonic() - self._began)
        self._pressures.append(pressure)
        self._paint_newest()
        self.drawingChanged.emit()

    def _finish_stroke(self) -> None:
        if self._before_erasing is not None:
            before, after = self._before_erasing, self._drawing
            self._before_erasing = None
            if after is not before:
                self.undo_stack.push(Change(self.set_drawing, before, after))
        stroke = self._current_stroke()
        if stroke is not None:
            self._points = []
            middle = QPointF(self.width() / 2, self.height() / 2)
            if middle != self._middle:
                self._middle, self._layer = middle, None
            layer, zoom = self._layer, self._zoom
            self._change(Drawing(strokes=(*self._drawing.strokes, stroke)))
            if self._zoom == zoom:
                # The stroke is on the layer already.
                self._layer = layer

    def _erase(self, position: QPointF) -> None:
        if self._drawing.picture is not None:
            self.set_drawing(Drawing())
            return
        place = np.array((position - self._middle).toTuple(), np.float32) / np.float32(self._zoom)
        reach = self._pen_width / 2 + 4.0 / self._zoom
        left = tuple(stroke for stroke in self._drawing.strokes if distance(stroke, place) > reach)
        if len(left) != len(self._drawing.strokes):
            self.set_drawing(Drawing(strokes=left))

    def _current_stroke(self) -> Stroke | None:
        if not self._points:
            return None
        return Stroke(
            np.array(self._points, np.float32),
            np.array(self._times, np.float32),
            np.array(self._pressures, np.float32),
        )

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy what changed from the layer."""
        if self._layer is None or self._layer.deviceIndependentSize().toSize() != self.size():
            self._layer = self._paint_layer(theme.colors())
        painter = QPainter(self)
        ratio = self._layer.devicePixelRatio()
        area = QRectF(event.rect())
        source = QRectF(area.topLeft() * ratio, area.size() * ratio)
        painter.drawPixmap(area, self._layer, source)
        if self._marks:
            paint_marks(painter, self._marks, self._middle, self._zoom, QRectF(self.rect()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the drawing in the middle and in sight; a stroke under the pen is not moved away from it."""
        self._layer = None
        if not self._points:
            self._middle = QPointF(self.width() / 2, self.height() / 2)
            self._fit_view()
        super().resizeEvent(event)

    def _fit_view(self) -> None:
        """Show a drawing that is larger than the canvas smaller."""
        reach = np.zeros(2)
        for stroke in self._drawing.strokes:
            reach = np.maximum(reach, np.abs(stroke.points).max(axis=0))
        # What was drawn to the edge stays as it is: only what lies beyond is a reason.
        room = np.array([self.width(), self.height()]) / 2
        is_outside = bool((reach > room + 1.0).any())
        self._zoom = float(((room - _EDGE) / np.maximum(reach, 1.0)).min()) if is_outside else 1.0

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._layer = None
            self.update()
        super().changeEvent(event)

    def image(self) -> QImage:
        """The drawing in black on white, as it lies on the canvas."""
        return self._paint_layer(theme.LIGHT).toImage()

    def _paint_layer(self, now: theme.Colors) -> QPixmap:
        ratio = self.devicePixelRatioF()
        layer = QPixmap(self.size() * ratio)
        layer.setDevicePixelRatio(ratio)
        layer.fill(QColor(now.card))
        painter = QPainter(layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.is_empty():
            painter.setPen(QColor(now.secondary))
            painter.setFont(theme.font(13))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN), flags, self._hint)
        picture = self.picture()
        if picture is not None:
            self._paint_picture(painter, picture)
        painter.translate(self._middle)
        painter.scale(self._zoom, self._zoom)
        for stroke in self._drawing.strokes:
            self._paint_stroke(painter, stroke.points, stroke.pressures, now.text)
        if self._points:
            self._paint_stroke(painter, np.array(self._points), np.array(self._pressures), now.text)
        painter.end()
        return layer

    def _paint_picture(self, painter: QPainter, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape
        image = QImage(picture.data, width, height, width, QImage.Format.Format_Grayscale8)
        size = QSize(width, height).scaled(self.size() - QSize(40, 40), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(
            (self.width() - size.width()) / 2, (self.height() - size.height()) / 2, size.width(), size.height()
        )
        clip = QPainterPath()
        clip.addRoundedRect(target, 8, 8)
        painter.save()
        painter.setClipPath(clip)
        painter.drawImage(target, image)
        painter.restore()

    def _paint_stroke(self, painter: QPainter, points: NDArray, pressures: NDArray, color: str) -> None:
        if np.all(pressures == 1.0):
            path = QPainterPath(QPointF(*points[0]))
            for x, y in points[1:]:
                path.lineTo(x, y)
            if len(points) == 1:
                path.lineTo(points[0][0] + 0.01, points[0][1])
            painter.strokePath(path, self._pen(1.0, color))
            return
        for index in range(max(1, len(points) - 1)):
            start, end = points[index], points[min(index + 1, len(points) - 1)]
            painter.setPen(self._pen(float(pressures[min(index + 1, len(points) - 1)]), color))
            painter.drawLine(QPointF(*start), QPointF(end[0] + 0.01, end[1]))

    def _paint_newest(self) -> None:
        """Paint the last segment onto the layer and ask for just its surroundings."""
        if self._layer is None or (len(self._points) == 1 and not self._drawing.strokes):
            # The first stroke takes the place of the hint, or of a picture.
            self._layer = None
            self.update()
            return
        start, end = self._points[-2:][0], self._points[-1]
        painter = QPainter(self._layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self._middle)
        painter.scale(self._zoom, self._zoom)
        painter.setPen(self._pen(self._pressures[-1], theme.colors().text))
        painter.drawLine(QPointF(*start), QPointF(end[0] + 0.01, end[1]))
        painter.end()
        reach = self._pen_width / 2 + 2
        area = QRectF(QPointF(*start), QPointF(*end)).normalized().adjusted(-reach, -reach, reach, reach)
        view = QTransform.fromTranslate(self._middle.x(), self._middle.y()).scale(self._zoom, self._zoom)
        self.update(view.mapRect(area).toAlignedRect())

    def _pen(self, pressure: float, color: str) -> QPen:
        width = self._pen_width * (_MIN_PRESSURE_WIDTH + (1 - _MIN_PRESSURE_WIDTH) * pressure)
        pen = QPen(QColor(color), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return pen
