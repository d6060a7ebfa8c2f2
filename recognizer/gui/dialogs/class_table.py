"""The rows of the classes dialog: selected, renamed in place, and dragged."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from recognizer.gui.dialogs.class_model import ClassModel
from recognizer.gui.dialogs.rows_table import CELLS


class ClassTable(QTableView):
    """Rows that are dragged; Enter edits, Delete removes.

    Args:
        model: What is shown.

    Signals:
        removeWanted: The selected classes are to go.
    """

    removeWanted = Signal()

    def __init__(self, model: ClassModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setObjectName("classTable")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setStyleSheet(CELLS)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(1, 96)

    def selected(self) -> list[str]:
        """The names of the selected classes, in their order."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        names = self._model.names()
        return [names[row] for row in rows]

    def select(self, wanted: Sequence[str]) -> None:
        """Select the classes of these names and no others; the first of them becomes the current one."""
        taken = set(wanted)
        rows = [row for row, name in enumerate(self._model.names()) if name in taken]
        selection = QItemSelection()
        for row in rows:
            selection.select(self._model.index(row, 0), self._model.index(row, 1))
        selector = self.selectionModel()
        if rows:
            selector.setCurrentIndex(self._model.index(rows[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(self._model.index(rows[0], 0))
        selector.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def edit_name(self) -> None:
        """Let the name of the selected class be written anew."""
        row = self.selectionModel().selectedRows()[0]
        self.setFocus()
        self.setCurrentIndex(row)
        self.edit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter edits the name, Delete removes."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.state() != QAbstractItemView.State.EditingState:
            self.edit(self.currentIndex().siblingAtColumn(0))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removeWanted.emit()
        else:
            super().keyPressEvent(event)
