"""How many samples each class has, as bars that filter."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme

_ROW: Final = 26
_BAR: Final = 8
_GAP: Final = 8
_DIMMED: Final = 0.4
"""How opaque the bars are that are not chosen."""


class ClassBars(QWidget):
    """One bar a class with its name and count. A click, or Space on the row with the keyboard, asks for that class.

    Signals:
        picked: (class name, whether it is added to the choice instead of replacing it). Picking the only chosen class
            again means that all are wanted.
        menuWanted: (class name, place on the screen): a right click, or the menu key.
    """

    picked = Signal(str, bool)
    menuWanted = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._counts: tuple[int, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self._row = 0
        self._hovered = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_counts(self, names: tuple[str, ...], counts: tuple[int, ...]) -> None:
        """Show `counts`, one a name."""
        is_taller = len(names) != len(self._names)
        self._names, self._counts = names, counts
        self._row = min(self._row, max(0, len(names) - 1))
        self._describe()
        if is_taller:
            self.updateGeometry()
        self.update()

    def set_chosen(self, names: tuple[str, ...]) -> None:
        """Mark the classes that are wanted; none means all."""
        self._chosen = names
        self._describe()
        self.update()

    def chosen(self) -> tuple[str, ...]:
        """The marked classes."""
        return self._chosen

    def counts(self) -> dict[str, int]:
        """What is shown."""
        return dict(zip(self._names, self._counts, strict=True))

    def row_centre(self, name: str) -> QPoint:
        """Where the bar of the class `name` is."""
        return QPoint(self.width() // 2, self._names.index(name) * _ROW + _ROW // 2)

    def sizeHint(self) -> QSize:
        """High enough for every bar."""
        return QSize(180, max(1, len(self._names)) * _ROW)

    def minimumSizeHint(self) -> QSize:
        """Narrow, but with every bar."""
        return QSize(120, self.sizeHint().height())

    def _describe(self) -> None:
        shown = "; ".join(f"{name}: {count:,}" for name, count in zip(self._names, self._counts, strict=True))
        self.setAccessibleDescription(shown)

    def _pick(self, row: int, *, is_added: bool) -> None:
        if 0 <= row < len(self._names):
            self._row = row
            self.update()
            self.picked.emit(self._names[row], is_added)

    def _row_at(self, point: QPoint) -> int:
        row = point.y() // _ROW
        return row if 0 <= row < len(self._names) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the bar; with Ctrl in addition to those that are chosen."""
        if event.button() == Qt.MouseButton.LeftButton:
            is_added = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._pick(self._row_at(event.position().toPoint()), is_added=is_added)
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask what is to be done with the class."""
        by_keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self._row if by_keyboard else self._row_at(event.pos())
        if 0 <= row < len(self._names):
            self.menuWanted.emit(self._names[row], event.globalPos())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the bar under the pointer."""
        self._hover(self._row_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """No bar is under the pointer."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up, Down, Home and End move; Space and Enter pick, with Ctrl in addition."""
        key, last = event.key(), len(self._names) - 1
        moves = {
            Qt.Key.Key_Up: max(0, self._row - 1),
            Qt.Key.Key_Down: min(last, self._row + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if key in moves and last >= 0:
            self._row = moves[Qt.Key(key)]
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self._row, is_added=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Show what the bar under the pointer stands for."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self._row_at(event.pos())
            if row < 0:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self._tip(row), self)
            return True
        return super().event(event)

    def _tip(self, row: int) -> str:
        name, total = self._names[row], sum(self._counts)
        share = f"{100.0 * self._counts[row] / total:.1f} %" if total else "–"
        if self._chosen == (name,):
            return tr(
                "{count} of class {label} ({share}). Click to show all",
                count=f"{self._counts[row]:,}",
                label=name,
                share=share,
            )
        return tr(
            "{count} of class {label} ({share}). Click to show only these",
            count=f"{self._counts[row]:,}",
            label=name,
            share=share,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint name, bar and count of every class."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        name_font, count_font = theme.font(10, QFont.Weight.DemiBold), theme.font(9)
        names, counts = QFontMetrics(name_font), QFontMetrics(count_font)
        name_width = min(max((names.horizontalAdvance(name) for name in self._names), default=0), self.width() // 3)
        count_width = max((counts.horizontalAdvance(f"{count:,}") for count in self._counts), default=0)
        left = name_width + 2 * _GAP
        length = max(8, self.width() - left - count_width - 2 * _GAP)
        most = max(self._counts, default=0)
        for row, (name, count) in enumerate(zip(self._names, self._counts, strict=True)):
            top = row * _ROW
            is_chosen = name in self._chosen
            frame = QRectF(0.5, top + 1.5, self.width() - 1, _ROW - 3)
            if is_chosen or row == self._hovered:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(now.accent_soft if is_chosen else now.ground))
                painter.drawRoundedRect(frame, 6, 6)
            if self.hasFocus() and row == self._row:
                painter.setPen(QColor(now.accent))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(frame, 6, 6)
            painter.setFont(name_font)
            painter.setPen(QColor(now.text))
            middle = Qt.AlignmentFlag.AlignVCenter
            shown = names.elidedText(name, Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(QRectF(_GAP, top, name_width, _ROW), middle | Qt.AlignmentFlag.AlignLeft, shown)
            track = QRectF(left, top + (_ROW - _BAR) / 2, length, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.line))
            painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
            if count:
                color = QColor(now.accent)
                if self._chosen and not is_chosen:
                    color.setAlphaF(_DIMMED)
                track.setWidth(max(_BAR, length * count / most))
                painter.setBrush(color)
                painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
            painter.setFont(count_font)
            painter.setPen(QColor(now.secondary))
            place = QRectF(0, top, self.width() - _GAP, _ROW)
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, f"{count:,}")
