"""A question inside a dialog: what would happen, in words, and two answers."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.gui.widgets.basics import Button, Label


class Question(QFrame):
    """Asks once; it goes with the answer.

    Signals:
        agreed: The user wants it.
        refused: The user does not.

    Args:
        name: The beginning of the buttons' object names.
    """

    agreed = Signal()
    refused = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}Question")
        self.setProperty("role", "hint")
        self._what = Label("strong", wraps=True)
        self._what.setObjectName(f"{name}QuestionText")
        self._detail = Label(wraps=True)
        self._detail.setObjectName(f"{name}QuestionDetail")
        self._yes, self._no = Button(), Button()
        self._yes.setObjectName(f"{name}AgreeButton")
        self._no.setObjectName(f"{name}RefuseButton")
        for button, answer in ((self._no, self.refused), (self._yes, self.agreed)):
            button.setAutoDefault(False)
            button.clicked.connect(self.hide)
            button.clicked.connect(answer)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._what)
        words.addWidget(self._detail)
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 10, 12, 10)
        line.setSpacing(8)
        line.addLayout(words, 1)
        line.addWidget(self._no)
        line.addWidget(self._yes)
        self.hide()

    def ask(self, what: str, detail: str, yes: str, no: str) -> None:
        """Show the question; the focus goes to the answer that changes nothing."""
        self._what.setText(what)
        self._detail.setText(detail)
        self._yes.set_texts(yes, yes)
        self._no.set_texts(no, no)
        self.setAccessibleName(f"{what} {detail}")
        self.show()
        self._no.setFocus()
