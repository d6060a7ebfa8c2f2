"""The classes of a dataset: renamed, put in order, merged, added and removed; all of it can be undone."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.dialogs.class_model import ClassModel, moved, stepped
from recognizer.gui.dialogs.class_table import ClassTable
from recognizer.gui.dialogs.parts import Dialog, SideCard, elastic, typed_chooser
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.words import dataset_title
from recognizer.library.samples import SampleTable
from recognizer.library.store import editing
from recognizer.library.store.library import Library
from recognizer.library.store.names import MAX_LABEL

_MOST_SHOWN: Final = 500
"""Classes up to which all are offered to merge into; beyond, the name is typed."""


class ClassesDialog(Dialog):
    """The classes with their counts on the left, what can be done with the selected ones on the right.

    Every change is made in the library at once, as an edit that can be undone.

    Args:
        session: The window's.
        name: The dataset's name in the library.
        parent: The window below.
    """

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(session, "classesDialog", QSize(760, 600), parent)
        self._name = name
        self._is_busy = False
        self._is_there = False
        self._had_keys = False
        """Whether the keyboard was elsewhere than in a field when the change began."""
        self._wanted: list[str] = []
        """What is to be selected when the classes are shown anew."""
        self.model = ClassModel(self)
        self.table = ClassTable(self.model)
        self._status = elastic(Label("secondary"))
        self._status.setObjectName("classesStatus")
        self._selected = Label("strong", wraps=True)
        self._selected.setObjectName("classesSelected")
        self._target, self._into = typed_chooser("mergeTarget")
        self._added = QLineEdit()
        self._added.setObjectName("newClassInput")
        self._added.setMaxLength(MAX_LABEL)
        self._rename = self._button("renameClassButton", "draw", tr("Rename"), tr("Change the name (F2)"))
        self._up = self._button("classUpButton", "up", tr("Up"), tr("Move the selected classes up"), "Alt+Up")
        self._down = self._button(
            "classDownButton", "down", tr("Down"), tr("Move the selected classes down"), "Alt+Down"
        )
        self._merge = self._button(
            "mergeClassesButton",
            "merge",
            tr("Merge"),
            tr("Make the samples of the selected classes samples of this one"),
        )
        self._gone = self._button(
            "removeClassButton", "clear", tr("Remove"), tr("Remove the selected classes; they must have no samples")
        )
        self._add = self._button("addClassButton", "plus", tr("Add"), tr("Add a class that has no samples yet"))
        self._sort = self._button(
            "naturalOrderButton",
            "order",
            tr("Natural order"),
            tr("Numbers by their value, then letters by the alphabet; new classes are sorted in, too"),
        )
        self._undo = self._button("classesUndoButton", "undo", tr("Undo"), "")
        self._redo = self._button("classesRedoButton", "redo", tr("Redo"), "")
        self._lay_out()
        self._connect()
        self._say_texts()
        self.table.setFocus()
        self._read()

    def _button(self, name: str, icon_name: str, text: str, tip: str, keys: str = "") -> Button:
        button = Button(icon_name)
        button.setObjectName(name)
        if keys:
            button.set_keys(keys)
        button.set_texts(text, tip)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        left = Card()
        left.body.addWidget(self.table, 1)
        hint = Label("secondary", wraps=True)
        hint.setText(tr("Double-click a class to rename it, drag it to move it."))
        left.body.addWidget(hint)
        left.setMinimumWidth(260)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(self._selected)
        column.addLayout(_row(self._rename, self._gone))
        column.addLayout(_row(self._up, self._down))
        for caption, field, button in (
            (tr("Merge the selected classes into"), self._target, self._merge),
            (tr("New class"), self._added, self._add),
        ):
            label = Label("secondary", wraps=True)
            label.setText(caption)
            label.setBuddy(field)
            field.setAccessibleName(caption)
            line = QHBoxLayout()
            line.setSpacing(8)
            line.addWidget(field, 1)
            line.addWidget(button)
            part = QVBoxLayout()
            part.setSpacing(5)
            part.addWidget(label)
            part.addLayout(line)
            column.addLayout(part)
        column.addWidget(self._sort)
        column.addStretch(1)
        right = SideCard(column, 290)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(left, 1)
        row.addWidget(right)
        self.body.addLayout(row, 1)
        self.footer.addWidget(self._undo)
        self.footer.addWidget(self._redo)
        self.footer.addWidget(self._status, 1)
        # Enter belongs to the table and to the fields.
        self.add_button("classesDoneButton", tr("Done"), tr("Close"), self.accept, role="primary", takes_enter=False)

    def _connect(self) -> None:
        # The model may only be filled anew when the editor or the drag that asked has come to its end.
        queued = Qt.ConnectionType.QueuedConnection
        self.model.renameWanted.connect(self._on_rename, queued)
        self.model.moveWanted.connect(self._on_move, queued)
        self.table.selectionModel().selectionChanged.connect(self._on_selection)
        self.table.removeWanted.connect(self._remove)
        self._target.editTextChanged.connect(self._update)
        self._added.textChanged.connect(self._update)
        self._added.returnPressed.connect(self._add.click)
        self._into.returnPressed.connect(self._merge.click)
        self._rename.clicked.connect(self._edit_name)
        self._up.clicked.connect(lambda: self._step(-1))
        self._down.clicked.connect(lambda: self._step(1))
        self._merge.clicked.connect(self._on_merge)
        self._gone.clicked.connect(self._remove)
        self._add.clicked.connect(self._on_add)
        self._sort.clicked.connect(self._on_sort)
        self._undo.clicked.connect(self._on_undo)
        self._redo.clicked.connect(self._on_redo)
        for keys, button in (
            (QKeySequence(QKeySequence.StandardKey.Undo), self._undo),
            (QKeySequence(QKeySequence.StandardKey.Redo), self._redo),
            (QKeySequence("Ctrl+Y"), self._redo),
        ):
            QShortcut(keys, self).activated.connect(button.click)
        session = self.session
        session.table_loaded.connect(self._on_table)
        session.table_failed.connect(self._on_table_failed)
        session.library_changed.connect(self._on_library_changed)
        session.edited.connect(self._on_edited)
        session.problem.connect(self._on_problem)

    def _say_texts(self) -> None:
        self.set_heading(tr("Classes"))
        self.table.setAccessibleName(tr("Classes and their samples"))
        self._target.setToolTip(tr("Choose a class, or type a new name"))
        self._into.setPlaceholderText(tr("Class"))
        self._added.setPlaceholderText(tr("Name"))
        self._added.setToolTip(tr("1 to {most} visible characters", most=MAX_LABEL))

    # What is shown

    def _read(self) -> None:
        self.session.request_table(self._name)

    def _on_table(self, name: str, table: SampleTable) -> None:
        if name != self._name:
            return
        counts = np.bincount(table.labels[table.labels >= 0], minlength=len(table.label_set)).tolist()
        unlabelled = int((table.labels < 0).sum())
        wanted = self._wanted or self.selected()
        self._wanted = []
        self._is_there = True
        self.model.set_rows(list(zip(table.label_set.names, counts, strict=True)))
        self.table.select(wanted)
        words = [
            dataset_title(table.name, table.title),
            ntr("{n} class", "{n} classes", len(counts)),
            ntr("{n} sample", "{n} samples", len(table)),
        ]
        if unlabelled:
            words.append(ntr("{n} has no label", "{n} have no label", unlabelled))
        self.say_step(
            tr("{dataset}. Select classes to change them; every change can be undone.", dataset=" · ".join(words))
        )
        self._offer_targets()
        self._update()

    def _on_table_failed(self, name: str, error: RecognizerError) -> None:
        if name == self._name:
            self._is_there = False
            self.model.set_rows(())
            self._update()

    def selected(self) -> list[str]:
        """The names of the selected classes, in their order."""
        return self.table.selected()

    def _on_selection(self) -> None:
        self._offer_targets()
        self._update()

    def _offer_targets(self) -> None:
        """Offer the classes to merge into; of several that are selected, the largest."""
        chosen, counts = self.selected(), dict(self.model.rows())
        names = self.model.names()
        self._target.blockSignals(True)
        self._target.clear()
        self._target.addItems(names if len(names) <= _MOST_SHOWN else chosen)
        largest = max(chosen, key=lambda name: counts[name]) if len(chosen) > 1 else ""
        self._target.setCurrentIndex(self._target.findText(largest, Qt.MatchFlag.MatchExactly))
        self._target.setEditText(largest)
        self._target.blockSignals(False)

    def _update(self) -> None:
        chosen, counts = self.selected(), dict(self.model.rows())
        can_edit = self._is_there and not self._is_busy
        if not chosen:
            self._selected.setText(tr("No class is selected"))
        else:
            held = ntr("{n} sample", "{n} samples", sum(counts[name] for name in chosen))
            what = (
                tr("“{label}”", label=chosen[0]) if len(chosen) == 1 else ntr("{n} class", "{n} classes", len(chosen))
            )
            self._selected.setText(f"{what} · {held}")
        names = self.model.names()
        self.table.setEnabled(can_edit)
        self._rename.setEnabled(can_edit and len(chosen) == 1)
        self._up.setEnabled(can_edit and stepped(names, chosen, -1) != names)
        self._down.setEnabled(can_edit and stepped(names, chosen, 1) != names)
        self._gone.setEnabled(can_edit and bool(chosen) and not any(counts[name] for name in chosen))
        into = self._target.currentText().strip()
        self._merge.setEnabled(can_edit and bool(into) and any(name != into for name in chosen))
        new = self._added.text().strip()
        self._add.setEnabled(can_edit and bool(new) and new not in counts)
        self._sort.setEnabled(can_edit and not self._is_in_natural_order())
        self._show_steps()

    def _is_in_natural_order(self) -> bool:
        try:
            return editing.is_in_natural_order(self.session.library, self._name)
        except RecognizerError:
            return True

    def _show_steps(self) -> None:
        try:
            steps = self.session.library.next_steps()
        except RecognizerError:
            steps = (None, None)
        for button, step, text in (
            (self._undo, steps[0], tr("Undo: {edit}", edit=steps[0].describe()) if steps[0] else tr("Nothing to undo")),
            (
                self._redo,
                steps[1],
                tr("Do again: {edit}", edit=steps[1].describe()) if steps[1] else tr("Nothing to redo"),
            ),
        ):
            button.setEnabled(step is not None and not self._is_busy)
            button.setToolTip(text)

    # What is done

    def _edit(self, work: Callable[[Library], Any], size: int, wanted: Sequence[str] = ()) -> None:
        """Do `work`, and select the classes `wanted` afterwards."""
        if self._is_busy:
            return
        self._wanted = list(wanted)
        self._begin()
        self.session.edit(work, size)

    def _begin(self) -> None:
        self.notice.hide()
        # What is disabled meanwhile loses the keyboard to whatever comes next.
        self._had_keys = self.focusWidget() not in (self._target, self._into, self._added)
        self._is_busy = True
        self._update()

    def _on_library_changed(self) -> None:
        self._is_busy = False
        self._read()
        self._update()

    def _on_edited(self, words: str) -> None:
        # Also where there was nothing to undo, which changes nothing.
        self._is_busy = False
        self._status.setText(words)
        self._status.setToolTip(words)
        self._update()
        self._give_back_keys()

    def _on_problem(self, error: RecognizerError) -> None:
        self._is_busy = False
        self._wanted = []
        self.notice.show_error(error)
        self._update()
        self._give_back_keys()

    def _give_back_keys(self) -> None:
        if self._had_keys:
            self._had_keys = False
            self.table.setFocus()

    def _edit_name(self) -> None:
        if len(self.selected()) == 1:
            self.table.edit_name()

    def _on_rename(self, label: str, new: str) -> None:
        size = dict(self.model.rows()).get(label, 0) if new in self.model.names() else 1
        self._edit(lambda library: editing.rename_class(library, self._name, label, new), size, [new])

    def _on_move(self, names: list[str], before: str) -> None:
        self._reorder(moved(self.model.names(), names, before), names)

    def _step(self, step: int) -> None:
        chosen = self.selected()
        self._reorder(stepped(self.model.names(), chosen, step), chosen)

    def _on_sort(self) -> None:
        size = len(self.model.names())
        self._edit(lambda library: editing.sort_classes(library, self._name), size, self.selected())

    def _reorder(self, order: list[str], chosen: Sequence[str]) -> None:
        if order != self.model.names():
            self._edit(lambda library: editing.reorder_classes(library, self._name, order), len(order), chosen)

    def _on_merge(self) -> None:
        into = self._target.currentText().strip()
        labels = [label for label in self.selected() if label != into]
        size = sum(count for name, count in self.model.rows() if name in labels)
        self._edit(lambda library: editing.merge_classes(library, self._name, labels, into), size, [into])

    def _remove(self) -> None:
        labels = self.selected()
        if self._gone.isEnabled():
            self._edit(lambda library: editing.remove_classes(library, self._name, labels), len(labels))

    def _on_add(self) -> None:
        label = self._added.text().strip()
        if self._add.isEnabled():
            self._added.clear()
            self._edit(lambda library: editing.add_class(library, self._name, label), 1, [label])

    def _on_undo(self) -> None:
        self._begin()
        self.session.undo()

    def _on_redo(self) -> None:
        self._begin()
        self.session.redo()


def _row(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    for widget in widgets:
        line.addWidget(widget, 1)
    return line
