"""The steps of a network in a row, from the picture to the probabilities, in as many lines as the width asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme

_HEIGHT: Final = 38.0
_ARROW: Final = 12.0
_LINE: Final = 5.0
"""Space between two lines."""
_PADDING: Final = 4.0


@dataclass(frozen=True, slots=True)
class Chip:
    """A step: its name and the shape of what comes out of it."""

    name: str
    shape: str


class LayerChips(QWidget):
    """Shows chips with arrows in between; a click or the arrow keys choose one.

    Signals:
        picked: The number of a chip, counted from 0.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: tuple[Chip, ...] = ()
        self._places: list[QRectF] = []
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """Show `chips`."""
        self._chips = tuple(chips)
        self._arrange()

    def chips(self) -> tuple[Chip, ...]:
        """What is shown."""
        return self._chips

    def set_current(self, index: int) -> None:
        """Light up a chip."""
        self._current = index
        if index < len(self._chips):
            self.setAccessibleDescription(f"{self._chips[index].name}, {self._chips[index].shape}")
        self.update()

    def current(self) -> int:
        """The lit chip."""
        return self._current

    def chip_centre(self, index: int) -> QPoint:
        """The middle of a chip."""
        return self._places[index].center().toPoint()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(600, round(_HEIGHT))

    def _arrange(self) -> None:
        name, shape = QFontMetricsF(theme.font(9, QFont.Weight.DemiBold)), QFontMetricsF(theme.font(8))
        left = top = 0.0
        self._places = []
        for chip in self._chips:
            width = max(name.horizontalAdvance(chip.name), shape.horizontalAdvance(chip.shape)) + 2 * _PADDING
            if left and left + width > self.width():
                left, top = 0.0, top + _HEIGHT + _LINE
            self._places.append(QRectF(left, top, width, _HEIGHT))
            left += width + _ARROW
        self.setFixedHeight(round(top + _HEIGHT))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the row anew."""
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the chips."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (chip, place) in enumerate(zip(self._chips, self._places, strict=True)):
            is_current = index == self._current
            frame = place.adjusted(0.75, 0.75, -0.75, -0.75)
            painter.setBrush(QColor(now.accent_soft if is_current else now.card))
            is_marked = is_current and self.hasFocus()
            painter.setPen(QPen(QColor(now.accent if is_current else now.line), 2 if is_marked else 1))
            painter.drawRoundedRect(frame, 8, 8)
            painter.setFont(theme.font(9, QFont.Weight.DemiBold))
            painter.setPen(QColor(now.accent if is_current else now.text))
            centred = Qt.AlignmentFlag.AlignCenter
            painter.drawText(QRectF(place.x(), place.y() + 3, place.width(), 18), centred, chip.name)
            painter.setFont(theme.font(8))
            painter.setPen(QColor(now.secondary))
            painter.drawText(QRectF(place.x(), place.y() + 19, place.width(), 15), centred, chip.shape)
            if index + 1 < len(self._chips):
                x, y = place.right() + 3, place.center().y()
                painter.setPen(QPen(QColor(now.secondary), 1.2))
                tip = QPointF(x + _ARROW - 6, y)
                painter.drawLine(QPointF(x, y), tip)
                painter.drawLine(tip, tip + QPointF(-3, -3))
                painter.drawLine(tip, tip + QPointF(-3, 3))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the chip under the mouse."""
        index = next((i for i, place in enumerate(self._places) if place.contains(event.position())), -1)
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.picked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go to the step before and to the next."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key not in steps:
            super().keyPressEvent(event)
        elif 0 <= self._current + steps[key] < len(self._chips):
            self.picked.emit(self._current + steps[key])
