"""The Train page."""

from PySide6.QtWidgets import QWidget

from recognizer.base.i18n import tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Page


class TrainPage(Page):
    """Being built."""

    icon_name = "train"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.retranslate()

    def name(self) -> str:
        """The page's short name."""
        return tr("Train")

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Train"))
