"""Deleting a model, after asking once more."""

from PySide6.QtWidgets import QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.asking import ask
from recognizer.inference.registry import ModelRecord
from recognizer.inference.removal import delete_model


def ask_and_delete(session: Session, record: ModelRecord, parent: QWidget) -> bool:
    """Delete a model if the user says so once more; a failure is reported.

    Returns:
        Whether it is gone.
    """
    what = tr("Delete “{title}”?", title=record.title)
    detail = tr("The model cannot be brought back. The record of its run stays.")
    if not ask(parent.window(), "deleteModelQuestion", what, detail, tr("Delete"), tr("Keep")):
        return False
    try:
        delete_model(session.profile, record.id)
    except RecognizerError as error:
        session.report(error)
        return False
    session.models_changed.emit("")
    return True
