"""Correcting the user's own samples where they are shown: another label, removing, and all of it undone again."""

import unicodedata
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.library.store.tables import LibraryDataset


class OwnSampleEditor(QObject):
    """Keys and a menu for the selected samples of My handwriting; other datasets are left alone.

    A key that is one of the labels relabels, Delete removes, the usual keys undo and redo.

    Args:
        session: Has the samples.
        grid: Shows them.
    """

    def __init__(self, session: Session, grid: ThumbnailGrid) -> None:
        super().__init__(grid)
        self._session = session
        self._grid = grid
        self.undo_stack = QUndoStack(self)
        grid.installEventFilter(self)
        grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        grid.customContextMenuRequested.connect(self._open_menu)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that edit."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._on_key(event):
            return True
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        dataset = self._dataset()
        if dataset is None:
            return False
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_stack.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_stack.redo()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove()
        elif event.text() in dataset.label_set.names and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.relabel(event.text())
        else:
            return False
        return True

    def relabel(self, label: str) -> None:
        """Say of the selected samples that they are `label`."""
        dataset = self._dataset()
        if dataset is None:
            return
        own = self._session.handwriting
        label = unicodedata.normalize("NFC", label).strip()
        changes: list[_Change] = []
        for position in self._grid.selected_positions():
            sample_id, before = int(dataset.ids[position]), dataset.label_set.names[dataset.labels[position]]
            if before != label:
                changes.append((_call(own.relabel, sample_id, label), _call(own.relabel, sample_id, before)))
        self._do(ntr("Relabel {n} sample", "Relabel {n} samples", len(changes)), changes)

    def remove(self) -> None:
        """Remove the selected samples."""
        dataset = self._dataset()
        if dataset is None:
            return
        own = self._session.handwriting
        ids = [int(dataset.ids[position]) for position in self._grid.selected_positions()]
        changes = [(_call(own.remove, sample_id), _call(own.restore, sample_id)) for sample_id in ids]
        self._do(ntr("Delete {n} sample", "Delete {n} samples", len(changes)), changes)

    def _do(self, text: str, changes: "list[_Change]") -> None:
        if changes:
            self.undo_stack.push(_Edit(text, changes, self._session))

    def _dataset(self) -> LibraryDataset | None:
        dataset = self._grid.samples.dataset
        return dataset if isinstance(dataset, LibraryDataset) else None

    def _open_menu(self, place: QPoint) -> None:
        dataset = self._dataset()
        if dataset is None:
            return
        menu = self.menu(dataset)
        menu.popup(self._grid.viewport().mapToGlobal(place))

    def menu(self, dataset: LibraryDataset) -> QMenu:
        """What can be done with the selected samples; goes when it is closed."""
        menu = QMenu(self._grid)
        menu.setObjectName("ownSamplesMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        has_selection = len(self._grid.selected_positions()) > 0
        labels = menu.addMenu(tr("This is a"))
        for label in dataset.label_set.names:
            # An ampersand would mark a key.
            labels.addAction(label.replace("&", "&&")).triggered.connect(_call(self.relabel, label))
        labels.addAction(tr("Something else…")).triggered.connect(self._ask_label)
        labels.setEnabled(has_selection)
        self._add(menu, tr("Delete"), self.remove, QKeySequence.StandardKey.Delete).setEnabled(has_selection)
        menu.addSeparator()
        undo = self._add(menu, tr("Undo"), self.undo_stack.undo, QKeySequence.StandardKey.Undo)
        undo.setEnabled(self.undo_stack.canUndo())
        redo = self._add(menu, tr("Redo"), self.undo_stack.redo, QKeySequence.StandardKey.Redo)
        redo.setEnabled(self.undo_stack.canRedo())
        return menu

    def _add(self, menu: QMenu, text: str, action: Callable[[], None], keys: QKeySequence.StandardKey) -> QAction:
        added = menu.addAction(text)
        added.setShortcut(QKeySequence(keys))
        added.triggered.connect(_call(action))
        return added

    def _ask_label(self) -> None:
        label, is_given = QInputDialog.getText(
            self._grid, tr("My handwriting"), tr("What is it?"), QLineEdit.EchoMode.Normal, ""
        )
        if is_given:
            self.relabel(label)


_Change = tuple[Callable[..., None], Callable[..., None]]
"""What is done, and what undoes it."""


class _Edit(QUndoCommand):
    def __init__(self, text: str, changes: list[_Change], session: Session) -> None:
        super().__init__(text)
        self._changes = changes
        self._session = session

    def redo(self) -> None:
        self._apply(0, self._changes)

    def undo(self) -> None:
        self._apply(1, self._changes[::-1])

    def _apply(self, direction: int, changes: list[_Change]) -> None:
        try:
            for change in changes:
                change[direction]()
        except RecognizerError as error:
            self.setObsolete(True)
            self._session.report(error)
        self._session.library_changed.emit()


def _call(function: Callable[..., None], *arguments: object) -> Callable[..., None]:
    """`function` with `arguments`, whatever it is called with."""
    return lambda *_: function(*arguments)
