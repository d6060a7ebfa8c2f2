"""A switch: on or off, by mouse, touch or space bar."""

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from recognizer.gui import theme

_WIDTH: Final = 30
_HEIGHT: Final = 16
_RING: Final = 3
"""Space around it for the ring that shows the focus."""


class Switch(QCheckBox):
    """A check box that looks like a switch and has no caption; its accessible name is what it is called."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """The switch and its ring."""
        return QSize(_WIDTH + 2 * _RING, _HEIGHT + 2 * _RING)

    def minimumSizeHint(self) -> QSize:
        """The same: it does not shrink."""
        return self.sizeHint()

    def hitButton(self, place: QPoint) -> bool:
        """All of it can be clicked."""
        return self.rect().contains(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a pill with a knob, at the right where it is on."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pill = QRectF((self.width() - _WIDTH) / 2, (self.height() - _HEIGHT) / 2, _WIDTH, _HEIGHT)
        if self.hasFocus():
            painter.setPen(QPen(QColor(now.text), 1.5))
            painter.drawRoundedRect(pill.adjusted(-2, -2, 2, 2), _HEIGHT / 2 + 2, _HEIGHT / 2 + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        is_on = self.isChecked() and self.isEnabled()
        painter.setBrush(QColor(now.accent if is_on else now.secondary if self.isEnabled() else now.line))
        painter.drawRoundedRect(pill, _HEIGHT / 2, _HEIGHT / 2)
        knob = _HEIGHT - 4
        left = pill.right() - knob - 2 if self.isChecked() else pill.left() + 2
        painter.setBrush(QColor(now.on_accent if is_on else now.card))
        painter.drawEllipse(QRectF(left, pill.top() + 2, knob, knob))
