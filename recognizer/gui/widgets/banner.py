"""The line that says what went wrong and what to do; it waits until it is closed and never blocks the window."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label


class Banner(QFrame):
    """Shows the newest problem: what, where, what to do. Copy puts all three on the clipboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problemBanner")
        self.setProperty("role", "banner")
        self._what = Label("strong", wraps=True)
        self._what.setObjectName("problemText")
        self._rest = Label("secondary", wraps=True)
        self._copy = Button(role="flat")
        self._copy.clicked.connect(self._copy_text)
        self._close = Button("close", role="flat")
        self._close.setObjectName("problemCloseButton")
        self._close.clicked.connect(self.hide)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._rest)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 8, 10)
        layout.addLayout(words, 1)
        layout.addWidget(self._copy)
        layout.addWidget(self._close)
        self.hide()

    def show_error(self, error: RecognizerError) -> None:
        """Show `error` until it is closed or another one comes."""
        self._what.setText(error.what)
        self._rest.setText("\n".join(part for part in (error.where, error.fix) if part))
        self._rest.setVisible(bool(error.where or error.fix))
        self.show()

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._what.text()}\n{self._rest.text()}")

    def retranslate(self) -> None:
        """Set the captions anew."""
        self._copy.set_texts(tr("Copy"), tr("Copy the message"))
        self._close.set_texts("", tr("Close the message"))
