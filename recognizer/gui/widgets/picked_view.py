"""Painted items that can be pointed at, gone to by the arrow keys, and chosen."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from recognizer.gui import theme


class PickedView(QWidget):
    """Says each item in words, to the mouse, to the keyboard and to screen readers; what is painted is the subclass's.

    Signals:
        picked: The number of the item that was chosen, by mouse, Enter or the space bar.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._cursor = 0
        self._hovered = -1

    def item_count(self) -> int:
        """How many items there are."""
        raise NotImplementedError

    def item_rect(self, number: int) -> QRectF:
        """Where an item is, logical pixels."""
        raise NotImplementedError

    def item_words(self, number: int) -> str:
        """An item in a sentence."""
        raise NotImplementedError

    def items_changed(self, cursor: int = 0) -> None:
        """Start anew with other items; the keyboard begins at `cursor`."""
        self._cursor, self._hovered = cursor, -1
        self._describe()
        self.update()

    def item_at(self, point: QPointF) -> int:
        """The item under `point`; −1 where there is none."""
        return next((i for i in range(self.item_count()) if self.item_rect(i).contains(point)), -1)

    def paint_marks(self, painter: QPainter, radius: float) -> None:
        """Frame the items that the mouse and the keyboard are at."""
        now = theme.colors()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        marks = [(self._hovered, now.secondary, 1.0)]
        if self.hasFocus():
            marks.append((self._cursor, now.text, 1.5))
        for number, color, width in marks:
            if 0 <= number < self.item_count():
                painter.setPen(QPen(QColor(color), width))
                painter.drawRoundedRect(self.item_rect(number).adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)

    def _describe(self) -> None:
        self.setAccessibleDescription(self.item_words(self._cursor) if self.item_count() else "")

    def _next(self, dx: int, dy: int) -> int:
        """The nearest item in a direction; the current one where there is none."""
        here = self.item_rect(self._cursor).center()
        best, least = self._cursor, float("inf")
        for number in range(self.item_count()):
            way = self.item_rect(number).center() - here
            ahead, aside = (way.x() * dx, abs(way.y())) if dx else (way.y() * dy, abs(way.x()))
            if ahead > 1 and ahead + 4 * aside < least:
                best, least = number, ahead + 4 * aside
        return best

    def event(self, event: QEvent) -> bool:
        """Say an item in words when the mouse rests on it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self.item_at(QPointF(event.pos()))
            if number < 0:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.item_words(number), self, self.item_rect(number).toRect())
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self._hover(self.item_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._hover(-1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard has gone."""
        super().focusOutEvent(event)
        self.update()

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.setCursor(Qt.CursorShape.ArrowCursor if number < 0 else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the item under the mouse."""
        number = self.item_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._cursor = number
            self._describe()
            self.update()
            self.picked.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move; Enter and the space bar choose."""
        ways = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key, count = Qt.Key(event.key()), self.item_count()
        if count and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.picked.emit(self._cursor)
        elif count and (key in ways or key in (Qt.Key.Key_Home, Qt.Key.Key_End)):
            self._cursor = self._next(*ways[key]) if key in ways else 0 if key == Qt.Key.Key_Home else count - 1
            self._describe()
            corner = self.mapToGlobal(self.item_rect(self._cursor).bottomRight().toPoint())
            QToolTip.showText(corner + QPoint(2, 2), self.item_words(self._cursor), self)
            self.update()
        else:
            super().keyPressEvent(event)
