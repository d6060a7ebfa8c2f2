"""Deleting a model, after asking once more."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import PROGRAM
from recognizer.gui.session import Session
from recognizer.inference.registry import ModelRecord
from recognizer.inference.removal import delete_model


def ask_and_delete(session: Session, record: ModelRecord, parent: QWidget) -> bool:
    """Delete a model if the user says so once more; a failure is reported.

    Returns:
        Whether it is gone.
    """
    box = QMessageBox(parent.window())
    box.setObjectName("deleteModelQuestion")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(PROGRAM)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(tr("Delete “{title}”?", title=record.title))
    box.setInformativeText(tr("The model cannot be brought back. The record of its run stays."))
    delete = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    box.deleteLater()
    if box.clickedButton() is not delete:
        return False
    try:
        delete_model(session.profile, record.id)
    except RecognizerError as error:
        session.report(error)
        return False
    session.models_changed.emit("")
    return True
