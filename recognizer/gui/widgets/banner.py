"""The line that says what went wrong and what to do; it waits until it is closed, blocks nothing and moves nothing."""

from typing import Final

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label

_WIDEST: Final = 820
_EDGE: Final = 12
"""Space to the edges of what lies below, logical pixels."""


class Banner(QFrame):
    """Shows the newest problem: what, where, what to do. Copy puts all three on the clipboard.

    It lies over the top of `below`, so that nothing jumps under the pen.
    """

    def __init__(self, below: QWidget) -> None:
        super().__init__(below)
        self._below = below
        below.installEventFilter(self)
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
        self._place()

    def _place(self) -> None:
        self.setFixedWidth(min(_WIDEST, self._below.width() - 2 * _EDGE))
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.move((self._below.width() - self.width()) // 2, _EDGE)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._what.text()}\n{self._rest.text()}")

    def retranslate(self) -> None:
        """Set the captions anew."""
        self._copy.set_texts(tr("Copy"), tr("Copy the message"))
        self._close.set_texts("", tr("Close the message"))
