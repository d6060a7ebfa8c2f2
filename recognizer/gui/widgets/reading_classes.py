"""The probabilities of one symbol, each bar a button for the class that it stands for."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.probability_view import ProbabilityView


class ClassPicker(ProbabilityView):
    """Shows how probable each class is; a click on one, or Enter, says that it is the right one.

    Signals:
        picked: The class that was picked.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readProbabilities")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._chosen = ""
        self._at = 0
        self._hovered = -1

    def set_chosen(self, label: str) -> None:
        """Frame the class that the symbol is now held to be."""
        self._chosen = label
        labels = [name for name, _ in self._bars]
        self._at = labels.index(label) if label in labels else 0
        self.update()

    def chosen(self) -> str:
        """The framed class."""
        return self._chosen

    def class_place(self, label: str) -> QPoint:
        """The middle of a class's bar."""
        labels = [name for name, _ in self._bars]
        return self._slot(labels.index(label)).center().toPoint()

    def sizeHint(self) -> QSize:
        """Room for the bars of a column at the side."""
        return QSize(240, 120)

    def _bar_at(self, place: QPointF) -> int:
        return next((i for i in range(len(self._bars)) if self._slot(i).contains(place)), -1)

    def _pick(self, index: int) -> None:
        if 0 <= index < len(self._bars):
            self.picked.emit(self._bars[index][0])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the class under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._bar_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the class under the mouse."""
        self._hover(self._bar_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move, Enter and the space bar pick."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps and self._bars:
            self._at = min(max(self._at + steps[key], 0), len(self._bars) - 1)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is chosen and lit up, then the bars."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (label, _) in enumerate(self._bars):
            frame: QRectF = self._slot(index).adjusted(0.75, 0.75, -0.75, -0.75)
            painter.setPen(Qt.PenStyle.NoPen)
            if label == self._chosen or index == self._hovered:
                painter.setBrush(QColor(now.accent_soft if label == self._chosen else now.ground))
                painter.drawRoundedRect(frame, 6, 6)
            if self.hasFocus() and index == self._at:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(now.accent), 1.5))
                painter.drawRoundedRect(frame, 6, 6)
        painter.end()
        super().paintEvent(event)
