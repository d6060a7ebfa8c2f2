"""What there is to remember about a run, in a field of some lines."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.dialogs.parts import Dialog
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Card, Label
from recognizer.training.run_keeping import MAX_NOTE


class RunNoteDialog(Dialog):
    """Write, save or leave it.

    Signals:
        written: The note, empty for none.

    Args:
        session: The window's.
        title: What the run is called.
        note: What there is already.
        parent: The window below.
    """

    written = Signal(str)

    def __init__(self, session: Session, title: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(session, "runNoteDialog", QSize(520, 320), parent)
        self.setMinimumSize(400, 260)
        self.set_heading(tr("Note on {run}", run=title))
        self.say_step(tr("What was tried, and what came of it; the filter of the runs finds it."))
        self.field = QPlainTextEdit(note)
        self.field.setObjectName("runNoteInput")
        self.field.setAccessibleName(tr("Note"))
        self.field.setToolTip(tr("At most {most} characters", most=f"{MAX_NOTE:,}"))
        self.field.setTabChangesFocus(True)
        self._count = Label("wrong")
        card = Card(margin=10)
        card.body.addWidget(self.field, 1)
        card.body.addWidget(self._count)
        self.body.addWidget(card, 1)
        self.footer.addStretch(1)
        self.add_button("runNoteCancelButton", tr("Cancel"), tr("Leave the note as it was"), self.reject)
        self._save = self.add_button(
            "runNoteSaveButton", tr("Save"), tr("Keep the note"), self._on_save, role="primary"
        )
        self.field.textChanged.connect(self._check)
        self._check()
        self.field.moveCursor(self.field.textCursor().MoveOperation.End)
        self.field.setFocus()

    def _check(self) -> None:
        n = len(self.field.toPlainText())
        self._count.setVisible(n > MAX_NOTE)
        self._count.setText(tr("{n} of at most {most} characters", n=f"{n:,}", most=f"{MAX_NOTE:,}"))
        self._save.setEnabled(n <= MAX_NOTE)

    def _on_save(self) -> None:
        self.written.emit(self.field.toPlainText())
        self.accept()
