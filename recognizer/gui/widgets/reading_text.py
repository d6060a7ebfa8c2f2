"""The text that was read, large; each of its characters belongs to a symbol of the picture."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.reading_document import Span
from recognizer.gui.widgets.reading_marks import UNDERLINES, Mark, mark_color

_LARGEST: Final = 26
_USUAL: Final = 15
_SMALLEST: Final = 11
"""Type sizes, points: the longest line decides between the first and the last, many lines down to the second."""


class ReadingText(QPlainTextEdit):
    """Shows a text that can be selected but not changed. The mouse and the cursor lead to symbols, and the other way.

    Signals:
        symbolHovered: The symbol under the mouse; -1 where there is none.
        symbolPicked: The symbol at which the cursor was set.
    """

    symbolHovered = Signal(int)
    symbolPicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readText")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        # Pictures that are dropped here are the page's.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setMinimumHeight(64)
        self._spans: Sequence[Span] = ()
        self._mark: Callable[[int], Mark] = lambda index: Mark.SURE
        self._current = -1
        self._hovered = -1
        self._points = 0
        self.cursorPositionChanged.connect(self._on_cursor_moved)

    def show_text(self, text: str, spans: Sequence[Span], mark: Callable[[int], Mark]) -> None:
        """Show `text`, the symbols of which are at `spans`; `mark` tells how far each can be trusted."""
        self._spans, self._mark = spans, mark
        self.blockSignals(True)
        if text != self.toPlainText():
            self.setPlainText(text)
        self.blockSignals(False)
        self._fit_type()
        self._paint_marks()

    def set_current(self, index: int) -> None:
        """Mark the symbol `index` and bring it into sight; -1 for none."""
        self._current = index
        span = self._span(index)
        at = self.textCursor().position()
        if span is not None and not (span.start <= at <= span.end):
            cursor = self.textCursor()
            cursor.setPosition(span.start)
            self.blockSignals(True)
            self.setTextCursor(cursor)
            self.blockSignals(False)
        self._paint_marks()

    def set_hovered(self, index: int) -> None:
        """Light up the symbol `index`; -1 for none."""
        if index != self._hovered:
            self._hovered = index
            self._paint_marks()

    def current(self) -> int:
        """The marked symbol; -1 for none."""
        return self._current

    def hovered(self) -> int:
        """The symbol that is lit up; -1 for none."""
        return self._hovered

    def symbol_place(self, index: int) -> QPoint:
        """The middle of the symbol `index` on the viewport."""
        span = self._span(index)
        if span is None:
            return QPoint()
        left, right = (self.cursorRect(self._cursor_at(place)) for place in (span.start, span.end))
        return QPoint((left.left() + right.left()) // 2, left.center().y())

    def _span(self, index: int) -> Span | None:
        return next((span for span in self._spans if span.index == index), None)

    def _cursor_at(self, place: int, end: int | None = None) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.setPosition(place)
        if end is not None:
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _index_at(self, point: QPoint) -> int:
        """The symbol whose character is under `point` of the viewport."""
        cursor = self.cursorForPosition(point)
        edge = self.cursorRect(cursor)
        # The cursor stands at the nearer side of the character.
        place = cursor.position() - (1 if point.x() < edge.left() else 0)
        span = next((span for span in self._spans if span.start <= place < span.end), None)
        if span is None or not edge.top() <= point.y() <= edge.bottom():
            return -1
        return span.index

    def _on_cursor_moved(self) -> None:
        # At the cursor's right, and at the end of a line at its left.
        place = self.textCursor().position()
        for at in (place, place - 1):
            span = next((span for span in self._spans if span.start <= at < span.end), None)
            if span is not None:
                self.symbolPicked.emit(span.index)
                return

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which symbol is under the mouse."""
        super().mouseMoveEvent(event)
        self._hover(self._index_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        super().leaveEvent(event)
        self._hover(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a character chooses its symbol, even where the cursor stood there before."""
        super().mouseReleaseEvent(event)
        index = self._index_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0 and not self.textCursor().hasSelection():
            self.symbolPicked.emit(index)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self.set_hovered(index)
            self.symbolHovered.emit(index)

    def event(self, event: QEvent) -> bool:
        """Keep the key for copying to itself while something is selected: then only that is wanted."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.matches(QKeySequence.StandardKey.Copy) and self.textCursor().hasSelection():
                event.accept()
            else:
                event.ignore()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room."""
        super().resizeEvent(event)
        self._fit_type()

    def _fit_type(self) -> None:
        """Choose the largest type in which everything fits; what does not fit in the smallest scrolls."""
        lines = self.toPlainText().split("\n")
        room = self.width() - 26
        metrics = QFontMetricsF(theme.font(_LARGEST, QFont.Weight.DemiBold))
        longest = max((metrics.horizontalAdvance(line) for line in lines), default=0.0)
        wide = _LARGEST * room / max(longest, 1.0)
        high = max(_LARGEST * (self.height() - 12) / (metrics.lineSpacing() * len(lines)), _USUAL)
        points = int(max(min(wide, high, _LARGEST), _SMALLEST)) if any(lines) else _SMALLEST
        if points != self._points:
            self._points = points
            weight = 600 if any(lines) else 400
            # A style sheet of its own, because a change of theme sets every plain font back.
            self.setStyleSheet(f"QPlainTextEdit {{ font-size: {points}pt; font-weight: {weight}; }}")

    def _paint_marks(self) -> None:
        now = theme.colors()
        found = []
        for span in self._spans:
            mark = self._mark(span.index)
            selection = QTextEdit.ExtraSelection()
            selection.cursor = self._cursor_at(span.start, span.end)
            form = selection.format
            if mark != Mark.SURE:
                form.setForeground(QColor(mark_color(mark)))
                form.setUnderlineStyle(UNDERLINES[mark])
                form.setUnderlineColor(QColor(mark_color(mark)))
            if span.index in (self._current, self._hovered):
                form.setBackground(QColor(now.accent_soft if span.index == self._current else now.line))
            found.append(selection)
        self.setExtraSelections(found)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_spans"):
            self._paint_marks()
