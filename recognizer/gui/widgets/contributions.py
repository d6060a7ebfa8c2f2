"""What adds to a number and what takes from it: a bar for each, to the right or to the left of a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.imaging.heat import AGAINST, FOR

_ROW: Final = 22
_GAP: Final = 8


@dataclass(frozen=True, slots=True)
class Contribution:
    """One of the parts.

    Attributes:
        name: Before the bar.
        value: How long the bar is; to the left below 0.
        text: After the bar.
        key: What is picked with it; below 0 where nothing is, and then there is no bar.
    """

    name: str
    value: float
    text: str
    key: int = -1


class Contributions(QWidget):
    """A row for each part; a click or Enter picks one.

    Signals:
        picked: The part's key.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[Contribution, ...] = ()
        self._chosen = -1
        self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def set_parts(self, parts: Sequence[Contribution], chosen: int = -1) -> None:
        """Show `parts`, the one with the key `chosen` lit up."""
        self._parts, self._chosen = tuple(parts), chosen
        self._at = next((place for place, part in enumerate(parts) if part.key == chosen >= 0), 0)
        self.setMinimumHeight(_ROW * len(parts))
        self.setAccessibleDescription("; ".join(f"{part.name}: {part.text}" for part in parts))
        self.update()

    def parts(self) -> tuple[Contribution, ...]:
        """What is shown."""
        return self._parts

    def row_centre(self, row: int) -> QPoint:
        """The middle of a row."""
        return QPoint(self.width() // 2, row * _ROW + _ROW // 2)

    def sizeHint(self) -> QSize:
        """Room for all rows."""
        return QSize(300, _ROW * max(1, len(self._parts)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plain, strong = theme.font(9.5), theme.font(9.5, QFont.Weight.DemiBold)
        metrics = QFontMetricsF(strong)
        names = min(
            max((metrics.horizontalAdvance(part.name) for part in self._parts), default=0) + 6, self.width() / 2
        )
        texts = max((metrics.horizontalAdvance(part.text) for part in self._parts), default=0) + 6
        left, right = names + _GAP, self.width() - texts - _GAP
        # What cannot be picked is many things together, and would dwarf each of the others.
        values = [part.value for part in self._parts if part.key >= 0]
        lowest, highest = min(values, default=0.0), max(values, default=0.0)
        lowest, highest = min(lowest, 0.0), max(highest, 0.0)
        span = (highest - lowest) or 1.0
        zero = left + (right - left) * -lowest / span
        for place, part in enumerate(self._parts):
            row = QRectF(0, place * _ROW, self.width(), _ROW)
            if part.key == self._chosen >= 0:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(now.accent_soft))
                painter.drawRoundedRect(row.adjusted(0, 1, 0, -1), 5, 5)
            if self.hasFocus() and place == self._at and part.key >= 0:
                painter.setPen(QPen(QColor(now.accent), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), 5, 5)
            painter.setFont(strong if part.key == self._chosen >= 0 else plain)
            painter.setPen(QColor(now.text if part.key >= 0 else now.secondary))
            middle, end = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(4, row.y(), names, _ROW), middle | Qt.AlignmentFlag.AlignLeft, part.name)
            painter.drawText(QRectF(right, row.y(), texts + _GAP - 4, _ROW), middle | end, part.text)
            if part.key < 0:
                continue
            length = (right - left) * abs(part.value) / span
            start = zero if part.value >= 0 else zero - length
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(*(FOR if part.value >= 0 else AGAINST)))
            painter.drawRoundedRect(QRectF(start, row.center().y() - 5, max(length, 1.0), 10), 2, 2)
        painter.setPen(QPen(QColor(now.secondary), 1))
        painter.drawLine(QPointF(zero, 2), QPointF(zero, _ROW * len(values) - 2))

    def _pick(self, row: int) -> None:
        if 0 <= row < len(self._parts) and self._parts[row].key >= 0:
            self._at = row
            self.picked.emit(self._parts[row].key)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the row under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(int(event.position().y()) // _ROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down move, Enter and the space bar pick."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._parts:
            step = 1 if key == Qt.Key.Key_Down else -1
            self._at = min(max(self._at + step, 0), len(self._parts) - 1)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self._at)
        else:
            super().keyPressEvent(event)
