"""The last step of an import: what it has brought."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui.dialogs.import_work import Outcome
from recognizer.gui.dialogs.parts import sentences
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.words import dataset_title
from recognizer.library.samples import Problem

_LISTED: Final = 1000
"""Problems and notes that the table shows; all that are kept can be copied."""


class ImportResultView(QWidget):
    """What was added and what was not.

    Signals:
        undoWanted: The import is to be taken back.
    """

    undoWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problems: tuple[Problem, ...] = ()
        self._added = Label("title", wraps=True)
        self._added.setObjectName("importAdded")
        self._rest = Label("secondary", wraps=True)
        self._rest.setObjectName("importRest")
        self._undo = Button("undo")
        self._undo.setObjectName("importUndoButton")
        self._undo.set_texts(tr("Undo the import"), tr("Take out again what this import has brought"))
        self._undo.setAutoDefault(False)
        self._undo.clicked.connect(self.undoWanted)
        self._count = Label("heading")
        self._count.setObjectName("importProblemCount")
        self._copy = Button("copy", role="flat")
        self._copy.setObjectName("importCopyProblemsButton")
        self._copy.set_texts(tr("Copy the list"), tr("Copy all of it, to paste it elsewhere"))
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(self._copy_problems)
        self.table = RowsTable("importProblems", (tr("Where"), tr("What"), tr("What to do")), wide=1, wraps=True)
        self.table.setAccessibleName(tr("What could not be used, and what was left out"))
        self._list = Card()
        self._lay_out()

    def _lay_out(self) -> None:
        card = Card()
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._added)
        words.addWidget(self._rest)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addLayout(words, 1)
        line.addWidget(self._undo)
        card.body.addLayout(line)
        head = QHBoxLayout()
        head.addWidget(self._count, 1)
        head.addWidget(self._copy)
        self._list.body.addLayout(head)
        self._list.body.addWidget(self.table, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(card)
        column.addWidget(self._list, 1)
        column.addStretch(0)

    def show_outcome(self, outcome: Outcome) -> None:
        """Show how the import ended."""
        report = outcome.report
        self._problems = (*report.problems, *report.notes) if report else ()
        if report is None:
            self._added.setText(outcome.stopped or tr("Stopped; nothing was imported"))
            self._rest.setText(
                tr("What is there already stays, unless you undo it.") if outcome.edit else tr("Nothing has changed.")
            )
        else:
            added = ntr("{n} sample added", "{n} samples added", report.added)
            self._added.setText(added if report.added else tr("There was nothing new to add"))
            said = [
                ntr(
                    "{title} now has {n} sample.",
                    "{title} now has {n} samples.",
                    report.total,
                    title=dataset_title(report.dataset, report.title),
                )
            ]
            if report.duplicates:
                said.append(
                    ntr("{n} exact duplicate was left out.", "{n} exact duplicates were left out.", report.duplicates)
                )
            if report.known_boxes:
                said.append(
                    ntr(
                        "{n} box is there already, from another photo of the sheet.",
                        "{n} boxes are there already, from other photos of the sheets.",
                        report.known_boxes,
                    )
                )
            if report.failed:
                said.append(ntr("{n} could not be used.", "{n} could not be used.", report.failed))
            self._rest.setText(sentences(said))
        self._undo.setVisible(bool(outcome.edit))
        self._undo.setEnabled(True)
        self._list.setVisible(bool(self._problems))
        if report is not None and self._problems:
            listed = self._problems[:_LISTED]
            shown, found = len(listed), report.failed + report.noted
            counts = [ntr("{n} problem", "{n} problems", report.failed)] if report.failed else []
            counts += [ntr("{n} note", "{n} notes", report.noted)] if report.noted else []
            count = " · ".join(counts)
            if shown < found:
                count += tr(" · the first {shown:,} are listed", shown=shown)
            self._count.setText(count)
            self.table.set_rows([(_place(one.where), _what(one), one.error.fix) for one in listed])

    def say_undone(self) -> None:
        """Say that the import has been taken back."""
        self._added.setText(tr("The import is undone"))
        self._rest.setText(tr("Everything is as it was before. It can be done again with Redo on the Library page."))
        self._undo.setVisible(False)
        self._list.hide()

    def set_busy(self, is_busy: bool) -> None:
        """Say whether undoing is under way."""
        self._undo.setEnabled(not is_busy)

    def _copy_problems(self) -> None:
        QGuiApplication.clipboard().setText(
            "\n".join(f"{one.where}\t{_what(one)}\t{one.error.fix}" for one in self._problems)
        )


def _place(where: str) -> str:
    """A file by its name and its folder's; the rest of a path is the same for all of them."""
    path = Path(where)
    return str(Path(*path.parts[-2:])) if path.is_absolute() and len(path.parts) > 3 else where


def _what(problem: Problem) -> str:
    """What is wrong, with the place where it says more than the file's name."""
    where = problem.error.where
    if where and problem.where not in where:
        return tr("{what}: {where}", what=problem.error.what, where=where)
    return problem.error.what
