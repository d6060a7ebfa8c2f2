"""A question in a box of its own: what would happen, in words, and two answers."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from recognizer.base.paths import PROGRAM


def question(
    parent: QWidget, name: str, what: str, detail: str, yes: str, no: str, *, is_usual: bool = False
) -> tuple[QMessageBox, QPushButton]:
    """A box to be opened, and its button that agrees.

    Args:
        parent: What it lies above.
        name: Its object name.
        what: The question.
        detail: What comes of it.
        yes, no: The answers; Esc is the second.
        is_usual: Whether Return agrees; it refuses otherwise, as what cannot be brought back needs.
    """
    box = QMessageBox(parent)
    box.setObjectName(name)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(PROGRAM)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(what)
    box.setInformativeText(detail)
    roles = QMessageBox.ButtonRole
    agree = box.addButton(yes, roles.AcceptRole if is_usual else roles.DestructiveRole)
    refuse = box.addButton(no, roles.RejectRole)
    box.setDefaultButton(agree if is_usual else refuse)
    box.setEscapeButton(refuse)
    return box, agree


def ask(parent: QWidget, name: str, what: str, detail: str, yes: str, no: str, *, is_usual: bool = False) -> bool:
    """Ask, and wait for the answer; see `question`."""
    box, agree = question(parent, name, what, detail, yes, no, is_usual=is_usual)
    box.exec()
    box.deleteLater()
    return box.clickedButton() is agree
