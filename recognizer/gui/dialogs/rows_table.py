"""A table of texts that is looked at, and in which one row may be chosen."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from recognizer.gui import theme

Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
CELLS: Final = "QTableView::item { padding: 0px 3px; }"
"""Sets texts as far in as the style sheet of the program sets their captions; Qt adds 3 pixels of its own."""
_ROW: Final = 28
_ROOM: Final = 20
"""What a column takes beside its text, logical pixels."""
_WIDEST: Final = 300
"""Where there is too little room for all, a column that does not take what is left is no wider, logical pixels."""
_HIGHEST: Final = 10_000
_MEASURED: Final = 200
"""Rows that decide how wide the columns are."""
_NORMAL, _STRONG = QFont.Weight.Normal, QFont.Weight.DemiBold


class _Rows(QAbstractTableModel):
    """Texts in rows and columns."""

    def __init__(self, captions: Sequence[str], right: Collection[int], parent: QObject) -> None:
        super().__init__(parent)
        self.captions = tuple(captions)
        self.rows: tuple[tuple[str, ...], ...] = ()
        self.strong: frozenset[int] = frozenset()
        self.colors: dict[tuple[int, int], str] = {}
        self._right = frozenset(right)

    def replace(
        self, rows: Sequence[Sequence[str]], strong: Collection[int], colors: dict[tuple[int, int], str]
    ) -> None:
        self.beginResetModel()
        self.rows = tuple(tuple(row) for row in rows)
        self.strong, self.colors = frozenset(strong), dict(colors)
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.captions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.rows[row][column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.captions[column]}: {self.rows[row][column]}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(column)
        if role == Qt.ItemDataRole.FontRole and row in self.strong:
            return theme.font(10, _STRONG)
        if role == Qt.ItemDataRole.ForegroundRole and (row, column) in self.colors:
            return QColor(getattr(theme.colors(), self.colors[row, column]))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.captions[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self._side(section)
        return None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column in self._right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class RowsTable(QTableView):
    """Shows rows of texts; the column `wide` takes the room that is left.

    Args:
        name: Its object name.
        captions: Of the columns.
        right: Columns whose texts stand at the right, such as numbers.
        wide: The column that stretches.
        can_choose: Whether a row can be chosen.
        wraps: Whether texts that are longer than their column is wide go on in further lines.
    """

    def __init__(
        self,
        name: str,
        captions: Sequence[str],
        *,
        right: Collection[int] = (),
        wide: int = 0,
        can_choose: bool = False,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._wide = wide
        self._wraps = wraps
        self._natural: tuple[int, ...] = ()
        self._rows = _Rows(captions, right, self)
        self.setModel(self._rows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.SingleSelection if can_choose else mode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(wraps)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setStyleSheet(CELLS)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(24)
        for column in range(len(captions)):
            is_wide = column == wide
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if is_wide else QHeaderView.ResizeMode.Fixed
            )
        self.setMinimumHeight(_ROW * 3)

    def set_rows(
        self,
        rows: Sequence[Sequence[str]],
        *,
        strong: Collection[int] = (),
        colors: dict[tuple[int, int], str] | None = None,
    ) -> None:
        """Show `rows`.

        Args:
            rows: A text for each column.
            strong: Rows in bold type.
            colors: Names of `theme.Colors` for cells (row, column) that are not in the usual one.
        """
        chosen = self.chosen()
        self._rows.replace(rows, strong, colors or {})
        self._natural = self._measure()
        self._fit_columns()
        if 0 <= chosen < len(rows):
            self.selectRow(chosen)

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """What is shown."""
        return self._rows.rows

    def chosen(self) -> int:
        """The row that is chosen; −1 for none."""
        found = self.selectionModel().selectedRows()
        return found[0].row() if found else -1

    def _fit_columns(self) -> None:
        has_room = sum(self._natural) <= self.viewport().width()
        for column, width in enumerate(self._natural):
            if column != self._wide:
                self.setColumnWidth(column, width if has_room else min(width, self._widest()))
        if self._wraps:
            self._fit_rows()

    def _widest(self) -> int:
        """The most that a column takes that does not take what is left, logical pixels."""
        return self.viewport().width() // len(self._natural) if self._wraps else _WIDEST

    def _fit_rows(self) -> None:
        """Make each row as high as its texts are; Qt's own measure does not know the style sheet."""
        metrics = QFontMetrics(theme.font(10, _NORMAL))
        # A pixel more, because widths are rounded: else a text that just fits would be given two lines.
        rooms = [max(1, self.columnWidth(column) - _ROOM + 1) for column in range(len(self._natural))]
        for place, row in enumerate(self._rows.rows):
            high = max(
                metrics.boundingRect(0, 0, room, _HIGHEST, Qt.TextFlag.TextWordWrap, text).height()
                for room, text in zip(rooms, row, strict=True)
            )
            self.setRowHeight(place, max(_ROW, high + _ROW - metrics.height()))

    def _measure(self) -> tuple[int, ...]:
        """How wide each column would be if every text in it was to be seen whole, logical pixels."""
        usual, strong = (QFontMetrics(theme.font(10, weight)) for weight in (_NORMAL, _STRONG))
        rows, found = self._rows, []
        for column, caption in enumerate(rows.captions):
            widths = [strong.horizontalAdvance(caption)]
            widths += [
                (strong if place in rows.strong else usual).horizontalAdvance(row[column])
                for place, row in enumerate(rows.rows[:_MEASURED])
            ]
            found.append(max(widths) + _ROOM)
        return tuple(found)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the columns have the room that there is."""
        super().resizeEvent(event)
        self._fit_columns()
