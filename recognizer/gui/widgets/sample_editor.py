"""Correcting samples where they are shown, by keys and by a menu; every edit can be undone."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.thumbnails import ThumbnailGrid
from recognizer.library.dataset import SPLITS, Split, split_name
from recognizer.library.samples import NO_LABEL, Flag, SampleTable
from recognizer.library.store import editing
from recognizer.library.store.names import checked_label

_LISTED: Final = 40
"""Most classes that the menu lists."""


class SampleEditor(QObject):
    """Keys and a menu for the selected samples of a dataset of the library; other datasets are left alone.

    A key that is a label relabels and goes on to the next sample, Delete deletes, F flags, X excludes, Enter opens the
    menu. Where F or X is a label itself, Ctrl+M and Ctrl+E do the same.

    Args:
        session: Has the library.
        grid: Shows the samples.

    Signals:
        readOnlyTouched: The user has tried to edit samples that cannot be edited.
    """

    readOnlyTouched = Signal()

    def __init__(self, session: Session, grid: ThumbnailGrid) -> None:
        super().__init__(grid)
        self._session = session
        self._grid = grid
        self.is_removed_view = False
        """Whether the grid shows samples that were deleted."""
        self.advances = False
        """Whether the edit that is going on is to move the keyboard to the next sample."""
        grid.installEventFilter(self)
        grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        grid.customContextMenuRequested.connect(self._open_menu)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that edit."""
        is_key = isinstance(event, QKeyEvent)
        if is_key and event.type() == QEvent.Type.ShortcutOverride and self._means_label(event):  # type: ignore[arg-type]
            # Keys of the grid come before the window's shortcuts.
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._on_key(event):
            return True
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        table = self._table()
        if table is None:
            if self._grid.samples.table is not None and _is_sign(event):
                self.readOnlyTouched.emit()
            return False
        has_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        key = event.key()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2, Qt.Key.Key_Menu):
            self._open_menu(self._grid.visualRect(self._grid.currentIndex()).center())
        elif has_control and key == Qt.Key.Key_M:
            self.toggle(Flag.FLAGGED)
        elif has_control and key == Qt.Key.Key_E:
            self.toggle(Flag.EXCLUDED)
        elif self._means_label(event):
            self.relabel(event.text(), advances=True)
        elif not has_control and key == Qt.Key.Key_F:
            self.toggle(Flag.FLAGGED)
        elif not has_control and key == Qt.Key.Key_X:
            self.toggle(Flag.EXCLUDED)
        else:
            return False
        return True

    def _means_label(self, event: QKeyEvent) -> bool:
        """Whether a key stands for a label: a class, a digit, or any letter where letters are classes."""
        table, text = self._table(), event.text()
        if table is None or not _is_sign(event) or self.is_removed_view:
            return False
        names = table.label_set.names
        return text in names or text.isdecimal() or (text.isalpha() and any(name.isalpha() for name in names))

    # Edits

    def ids(self) -> NDArray[np.int64]:
        """(n,) the selected samples' ids."""
        table = self._table()
        return table.ids[self._grid.selected_positions()] if table is not None else np.zeros(0, np.int64)

    def relabel(self, label: str, *, advances: bool = False) -> None:
        """Say of the selected samples that they are `label`; `NO_LABEL` takes the label off."""
        try:
            label = checked_label(label) if label != NO_LABEL else NO_LABEL
        except RecognizerError as error:
            self._session.report(error)
            return
        # Only one that was alone goes on to the next.
        self.advances = advances and len(self.ids()) == 1
        if self.advances and self._has_label(label):
            # To say so again is no edit.
            self._grid.choose_next()
        else:
            self._edit(editing.relabel, label)
        self.advances = False

    def _has_label(self, label: str) -> bool:
        """Whether the selected samples are `label` already."""
        table = self._table()
        return table is not None and all(
            table.label(position) == label for position in self._grid.selected_positions().tolist()
        )

    def remove(self) -> None:
        """Delete the selected samples, or bring them back where deleted ones are shown."""
        self._edit(editing.restore if self.is_removed_view else editing.remove)

    def toggle(self, flag: Flag) -> None:
        """Set a mark on the selected samples; take it off where all of them bear it."""
        table = self._table()
        if table is not None:
            marked = table.flags[self._grid.selected_positions()] & int(flag)
            self._edit(editing.set_flag, flag, not bool(marked.all()))

    def set_split(self, split: Split) -> None:
        """Say what the selected samples are used for."""
        self._edit(editing.set_splits, split)

    def move(self, name: str) -> None:
        """Put the selected samples into another dataset."""
        self._edit(editing.move, name)

    def set_note(self, note: str) -> None:
        """Write a note on the selected samples."""
        self._edit(editing.set_note, note)

    def set_writer(self, writer: str) -> None:
        """Say who wrote the selected samples."""
        self._edit(editing.set_writer, writer)

    def _edit(self, act: Callable[..., Any], *values: object) -> None:
        """Let `act`, a function of `editing`, do something to the selected samples, where there are any."""
        ids = self.ids()
        if len(ids):
            self._session.edit(lambda library: act(library, ids, *values), len(ids))

    def _table(self) -> SampleTable | None:
        table = self._grid.samples.table
        return table if table is not None and table.is_editable else None

    # Menu

    def _open_menu(self, place: QPoint) -> None:
        if self._table() is None:
            self.readOnlyTouched.emit()
            return
        self.menu().popup(self._grid.viewport().mapToGlobal(place))

    def menu(self) -> QMenu:
        """What can be done with the selected samples; goes when it is closed."""
        table = self._table()
        count = len(self.ids())
        menu = QMenu(self._grid)
        menu.setObjectName("samplesMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if table is None:
            return menu
        if self.is_removed_view:
            self._add(menu, ntr("Bring back {n} sample", "Bring back {n} samples", count), self.remove)
            return menu
        labels = menu.addMenu(tr("This is a"))
        for label in table.label_set.names[:_LISTED]:
            # An ampersand would mark a key.
            self._add(labels, label.replace("&", "&&"), partial(self.relabel, label))
        labels.addSeparator()
        self._add(labels, tr("Something else…"), lambda: self._ask(tr("What is it?"), "", self.relabel))
        self._add(labels, tr("No label"), lambda: self.relabel(NO_LABEL))
        splits = menu.addMenu(tr("Use it for"))
        for split in SPLITS:
            self._add(splits, split_name(split), partial(self.set_split, split))
        others = [record for record in self._session.library.records() if record.name != table.name]
        moves = menu.addMenu(tr("Move to"))
        for record in others:
            self._add(moves, record.title.replace("&", "&&"), partial(self.move, record.name))
        moves.setEnabled(bool(others))
        self._add(menu, tr("Flag, or take the flag off"), lambda: self.toggle(Flag.FLAGGED), "Ctrl+M")
        self._add(menu, tr("Exclude from training, or include again"), lambda: self.toggle(Flag.EXCLUDED), "Ctrl+E")
        self._add(menu, tr("Note…"), lambda: self._ask(tr("Note:"), self._note(table), self.set_note))
        self._add(menu, tr("Writer…"), lambda: self._ask(tr("Who wrote it?"), self._writer(table), self.set_writer))
        menu.addSeparator()
        self._add(
            menu, ntr("Delete {n} sample", "Delete {n} samples", count), self.remove, QKeySequence.StandardKey.Delete
        )
        menu.setEnabled(count > 0)
        return menu

    def _note(self, table: SampleTable) -> str:
        index = int(table.notes[self._grid.current_position()])
        return table.note_texts[index] if index >= 0 else ""

    def _writer(self, table: SampleTable) -> str:
        index = int(table.writers[self._grid.current_position()])
        return table.writer_names[index] if index >= 0 else ""

    @staticmethod
    def _add(
        menu: QMenu, text: str, action: Callable[[], None], keys: str | QKeySequence.StandardKey | None = None
    ) -> QAction:
        added = menu.addAction(text)
        if keys is not None:
            added.setShortcut(QKeySequence(keys))
        added.triggered.connect(lambda: action())
        return added

    def _ask(self, question: str, known: str, answer: Callable[[str], None]) -> None:
        dialog = QInputDialog(self._grid)
        dialog.setObjectName("sampleQuestion")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Library"))
        dialog.setLabelText(question)
        dialog.setTextEchoMode(QLineEdit.EchoMode.Normal)
        dialog.setTextValue(known)
        dialog.textValueSelected.connect(answer)
        dialog.open()


def _is_sign(event: QKeyEvent) -> bool:
    """Whether a key writes one visible sign."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier & ~Qt.KeyboardModifier.KeypadModifier
    return modifiers == Qt.KeyboardModifier.NoModifier and event.text().isprintable() and bool(event.text().strip())
