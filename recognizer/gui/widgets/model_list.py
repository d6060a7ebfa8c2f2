"""The list of models: what each is called, how well it reads, and which is in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.inference.registry import LONGEST_TITLE

Index = QModelIndex | QPersistentModelIndex
_ROW: Final = Qt.ItemDataRole.UserRole
_HEIGHT: Final = 72
_INSIDE: Final = 12
"""Space around the words of a row, logical pixels."""
_BADGE: Final = 8
"""Space at both ends of a badge, logical pixels."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model in the list, ready to be shown.

    Attributes:
        model_id: Which it is.
        title: What people call it.
        result: How well it reads, and what that was measured on.
        rest: Its size and its date.
        is_shipped: Whether it came with the program, and so cannot be renamed.
        is_drawn_with: Whether the Draw page reads with it.
    """

    model_id: str
    title: str
    result: str
    rest: str
    is_shipped: bool
    is_drawn_with: bool

    def badges(self) -> list[tuple[str, bool]]:
        """What marks it among the others, from the right, and whether it is marked in colour."""
        drawn = [(tr("on Draw"), True)] if self.is_drawn_with else []
        return drawn + ([(tr("shipped"), False)] if self.is_shipped else [])

    def words(self) -> str:
        """All of it, for a tooltip or to be read out."""
        marks = [tr("Came with the program")] if self.is_shipped else []
        marks += [tr("The Draw page reads with it")] if self.is_drawn_with else []
        return "\n".join((self.title, self.result, self.rest, *marks))


class ModelList(QListWidget):
    """One row a model; arrows choose, Enter draws, F2 renames, Del deletes.

    Signals:
        picked: The id of the model that is looked at now.
        drawWanted: The id of the model that the user wants to draw with.
        deleteWanted: The id of a model that the user wants gone.
        renamed: (id, title) that the user has typed.
        renameRefused: The id of a model that the user wants to rename although it came with the program.
    """

    picked = Signal(str)
    drawWanted = Signal(str)
    deleteWanted = Signal(str)
    renamed = Signal(str, str)
    renameRefused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelList")
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setSpacing(1)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        # What is dropped is the page's.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setMouseTracking(True)
        self.currentItemChanged.connect(self._on_current)
        self.itemDoubleClicked.connect(lambda item: self.drawWanted.emit(item.data(_ROW).model_id))

    def set_rows(self, rows: Sequence[ModelRow]) -> None:
        """Show `rows`; the model that is looked at stays so if it is still there, else the nearest one is."""
        chosen, place = self.chosen(), self.currentRow()
        self.blockSignals(True)
        self.clear()
        for row in rows:
            item = QListWidgetItem(row.title)
            item.setData(_ROW, row)
            item.setToolTip(row.words())
            item.setData(Qt.ItemDataRole.AccessibleTextRole, row.words().replace("\n", ", "))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.addItem(item)
        ids = [row.model_id for row in rows]
        if rows:
            self.setCurrentRow(ids.index(chosen) if chosen in ids else min(max(place, 0), len(rows) - 1))
        self.blockSignals(False)

    def rows(self) -> list[ModelRow]:
        """What is shown."""
        return [self.item(place).data(_ROW) for place in range(self.count())]

    def chosen(self) -> str:
        """The id of the model that is looked at; empty for none."""
        item = self.currentItem()
        return "" if item is None else str(item.data(_ROW).model_id)

    def choose(self, model_id: str) -> None:
        """Look at a model; one that is not there changes nothing."""
        ids = [row.model_id for row in self.rows()]
        if model_id in ids:
            self.setCurrentRow(ids.index(model_id))
            self.scrollToItem(self.currentItem())

    def rename(self) -> None:
        """Let the user type another title for the model that is looked at."""
        if not self.chosen():
            return
        item = self.currentItem()
        if item.data(_ROW).is_shipped:
            self.renameRefused.emit(item.data(_ROW).model_id)
        else:
            self.scrollToItem(item)
            self.editItem(item)

    def retranslate(self) -> None:
        """Set the texts anew; the rows are set by their owner."""
        self.setAccessibleName(tr("Models"))
        self.setToolTip(tr("Enter draws with the model, F2 renames it, Del deletes it"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that do something to the model that is looked at."""
        chosen = self.chosen()
        if chosen and self.state() != QAbstractItemView.State.EditingState:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.drawWanted.emit(chosen)
                return
            if event.key() == Qt.Key.Key_F2:
                self.rename()
                return
            if event.key() == Qt.Key.Key_Delete:
                self.deleteWanted.emit(chosen)
                return
        super().keyPressEvent(event)

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.picked.emit(item.data(_ROW).model_id)


class _Delegate(QStyledItemDelegate):
    """Three lines and a badge; the title can be typed over."""

    def __init__(self, parent: ModelList) -> None:
        super().__init__(parent)
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, _HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ModelRow = index.data(_ROW)
        self.initStyleOption(option, index)
        option.text = ""
        style = self._list.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, self._list)
        colors, room = theme.colors(), _inside(option.rect)
        painter.save()
        width = 0
        for text, is_accent in row.badges():
            width += _paint_badge(painter, room.adjusted(0, 0, -width, 0), text, is_accent=is_accent)
        strong = theme.font(10, QFont.Weight.DemiBold)
        _write(painter, _line(room, 0).adjusted(0, 0, -width, 0), row.title, strong, colors.text)
        _write(painter, _line(room, 1), row.result, theme.font(9.5), colors.text)
        _write(painter, _line(room, 2), row.rest, theme.font(9), colors.secondary)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = QLineEdit(parent)
        field.setObjectName("modelTitleInput")
        field.setMaxLength(LONGEST_TITLE)
        field.setAccessibleName(tr("What people call it"))
        field.setToolTip(tr("Enter keeps the title, Esc leaves the old one"))
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(index.data(_ROW).title)
        editor.selectAll()

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        row: ModelRow = index.data(_ROW)
        if editor.text() != row.title:
            self._list.renamed.emit(row.model_id, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        height = editor.sizeHint().height()
        rect = option.rect
        editor.setGeometry(rect.left() + 2, rect.top() + 2, rect.width() - 4, height)


def _inside(rect: QRect) -> QRect:
    return rect.adjusted(_INSIDE, 7, -_INSIDE, -7)


def _line(room: QRect, place: int) -> QRect:
    height = room.height() // 3
    return QRect(room.left(), room.top() + place * height, room.width(), height)


def _write(painter: QPainter, room: QRect, text: str, font: QFont, color: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(color))
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _paint_badge(painter: QPainter, room: QRect, text: str, *, is_accent: bool) -> int:
    """Paint a badge at the right of the first line; gives the width that it takes, logical pixels."""
    colors, font = theme.colors(), theme.font(8, QFont.Weight.DemiBold)
    metrics = QFontMetrics(font)
    width, height = metrics.horizontalAdvance(text) + 2 * _BADGE, metrics.height() + 2
    line = _line(room, 0)
    place = QRect(line.right() - width + 1, line.center().y() - height // 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors.accent if is_accent else colors.line))
    painter.drawRoundedRect(place, height / 2, height / 2)
    painter.setFont(font)
    painter.setPen(QColor(colors.on_accent if is_accent else colors.text))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    return width + _BADGE - 2
