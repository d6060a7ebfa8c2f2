"""The classes of a dataset as rows that can be renamed and dragged."""

import json
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from recognizer.base.i18n import ntr, tr

Index = QModelIndex | QPersistentModelIndex
_KIND: Final = "application/x-recognizer-classes"
_NOWHERE: Final = QModelIndex()


class ClassModel(QAbstractTableModel):
    """Shows names and counts; it changes nothing itself, but asks for changes.

    Signals:
        renameWanted: (class, its new name).
        moveWanted: (classes, the class before which they are to stand; empty for the end).
    """

    renameWanted = Signal(str, str)
    moveWanted = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, int], ...] = ()

    def set_rows(self, rows: Sequence[tuple[str, int]]) -> None:
        """Show classes with their counts of samples, in this order."""
        if tuple(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rows(self) -> tuple[tuple[str, int], ...]:
        """What is shown."""
        return self._rows

    def names(self) -> list[str]:
        """The classes in their order."""
        return [name for name, _ in self._rows]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """A row a class."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Name and count."""
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name, or the count with its thousands grouped."""
        if not index.isValid():
            return None
        name, count = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return name if index.column() == 0 else f"{count:,}"
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            samples = ntr("{n} sample", "{n} samples", count)
            return tr("Class {label}: {samples}", label=name, samples=samples)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the columns are."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return (tr("Class"), tr("Samples"))[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be edited; rows can be dragged, and dropped between others."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        found = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        return found | Qt.ItemFlag.ItemIsEditable if index.column() == 0 else found

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        name, new = self._rows[index.row()][0], str(value).strip()
        if new and new != name:
            self.renameWanted.emit(name, new)
        return True

    def supportedDropActions(self) -> Qt.DropAction:
        """Rows are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Rows of this model alone."""
        return [_KIND]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The names of the classes that are dragged."""
        names = [self._rows[row][0] for row in sorted({index.row() for index in indexes})]
        data = QMimeData()
        data.setData(_KIND, QByteArray(json.dumps(names).encode()))
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Ask for the dragged classes to stand before the row at which they were dropped."""
        if not data.hasFormat(_KIND) or action != Qt.DropAction.MoveAction:
            return False
        names = json.loads(bytes(data.data(_KIND).data()))
        at = parent.row() if parent.isValid() else row
        at = len(self._rows) if at < 0 else at
        # The first class from there on that is not dragged itself.
        before = next((name for name, _ in self._rows[at:] if name not in names), "")
        self.moveWanted.emit(names, before)
        return True


def moved(names: Sequence[str], picked: Sequence[str], before: str) -> list[str]:
    """`names` with those of `picked` side by side before the one called `before`, or at the end where it is empty."""
    taken = set(picked)
    kept = [name for name in names if name not in taken]
    at = kept.index(before) if before in kept else len(kept)
    return [*kept[:at], *(name for name in names if name in taken), *kept[at:]]


def stepped(names: Sequence[str], picked: Sequence[str], step: int) -> list[str]:
    """`names` with each of `picked` one place further up (`step` −1) or down (1), as far as there is room."""
    order, taken = list(names), set(picked)
    rows = [row for row, name in enumerate(order) if name in taken]
    barred = -1 if step < 0 else len(order)
    for row in rows if step < 0 else reversed(rows):
        if row + step == barred:
            # At the edge, or next to one that stays at the edge.
            barred = row
        else:
            order[row], order[row + step] = order[row + step], order[row]
    return order
