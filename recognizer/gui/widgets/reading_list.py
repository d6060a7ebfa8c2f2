"""The strip of opened pictures."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Card

Index = QModelIndex | QPersistentModelIndex

_PICTURE: Final = QSize(92, 69)
_CELL: Final = QSize(104, 116)
_POINTS: Final = 9
_KEY: Final = Qt.ItemDataRole.UserRole


class PictureList(Card):
    """Small pictures below each other, each with its name and what became of it.

    Signals:
        picked: The key of the picture that was chosen.
        removeWanted: The key of a picture that should be closed.
    """

    picked = Signal(int)
    removeWanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=8)
        self._items: dict[int, QListWidgetItem] = {}
        self._list = _Strip()
        self._list.setObjectName("readPictureList")
        self._list.currentItemChanged.connect(self._on_current_changed)
        self._list.removePressed.connect(self._on_remove_pressed)
        self.body.addWidget(self._list, 1)
        self.setFixedWidth(_CELL.width() + 28)
        self.hide()

    def add(self, key: int, name: str) -> None:
        """List the picture `key`."""
        item = QListWidgetItem(name)
        item.setData(_KEY, key)
        item.setToolTip(name)
        self._items[key] = item
        self._list.addItem(item)
        self.setVisible(self._list.count() > 1)

    def remove(self, key: int) -> None:
        """List the picture `key` no longer."""
        item = self._items.pop(key, None)
        if item is not None:
            self._list.blockSignals(True)
            self._list.takeItem(self._list.row(item))
            self._list.blockSignals(False)
        self.setVisible(self._list.count() > 1)

    def set_thumbnail(self, key: int, image: QImage) -> None:
        """Show the picture."""
        item = self._items.get(key)
        if item is not None:
            pixmap = _framed(image, self.devicePixelRatioF())
            icon = QIcon(pixmap)
            # Qt would tint the chosen one.
            icon.addPixmap(pixmap, QIcon.Mode.Selected)
            item.setIcon(icon)

    def set_note(self, key: int, name: str, note: str) -> None:
        """Say what became of the picture called `name`."""
        item = self._items.get(key)
        if item is not None:
            metrics, room = QFontMetrics(theme.font(_POINTS)), _CELL.width() - 10
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
            item.setText(f"{short}\n{metrics.elidedText(note, Qt.TextElideMode.ElideRight, room)}")
            item.setToolTip(f"{name}\n{note}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}: {note}")

    def set_current(self, key: int) -> None:
        """Mark the picture `key`."""
        item = self._items.get(key)
        if item is not None:
            self._list.blockSignals(True)
            self._list.setCurrentItem(item)
            self._list.scrollToItem(item)
            self._list.blockSignals(False)
            self._list.viewport().update()

    def order(self) -> list[int]:
        """The pictures in their order."""
        return [int(self._list.item(row).data(_KEY)) for row in range(self._list.count())]

    def note(self, key: int) -> str:
        """What is said of a picture."""
        item = self._items.get(key)
        return "" if item is None else str(item.toolTip())

    def place(self, key: int) -> tuple[QWidget, QPoint]:
        """The widget on which the picture `key` is, and where."""
        item = self._items.get(key)
        viewport = self._list.viewport()
        return viewport, QPoint() if item is None else self._list.visualItemRect(item).center()

    def retranslate(self) -> None:
        """Set every text anew."""
        self._list.setAccessibleName(tr("Opened pictures"))
        self._list.setToolTip(tr("The opened pictures; Del closes one"))

    def _on_current_changed(self, current: QListWidgetItem | None) -> None:
        if current is not None:
            self.picked.emit(int(current.data(_KEY)))

    def _on_remove_pressed(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            self.removeWanted.emit(int(item.data(_KEY)))


class _Strip(QListWidget):
    """The list itself; Del wants its current picture gone."""

    removePressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_Delegate(self))
        self.setIconSize(_PICTURE)
        self.setUniformItemSizes(True)
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setDragEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setStyleSheet(f"QListWidget {{ font-size: {_POINTS}pt; }} QListWidget::item {{ padding: 6px 0px; }}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del closes; letters and digits are the page's, which corrects with them."""
        if event.key() == Qt.Key.Key_Delete:
            self.removePressed.emit()
        elif event.text().isprintable() and event.text().strip():
            event.ignore()
        else:
            super().keyPressEvent(event)


class _Delegate(QStyledItemDelegate):
    """The picture above its words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return _CELL

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.decorationPosition = QStyleOptionViewItem.Position.Top
        option.decorationAlignment = Qt.AlignmentFlag.AlignCenter
        option.displayAlignment = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop


def _framed(image: QImage, ratio: float) -> QPixmap:
    """`image` in a cell of its own, so that all names stand at the same height."""
    side = _PICTURE * ratio
    fitted = image.scaled(side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    pixmap = QPixmap(side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.drawImage((side.width() - fitted.width()) // 2, (side.height() - fitted.height()) // 2, fitted)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
