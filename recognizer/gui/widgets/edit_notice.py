"""The line under the samples: what was done last, with undo and redo, or what the keys do."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label


class EditNotice(QWidget):
    """Says what has just been done to the samples.

    Signals:
        undoWanted, redoWanted: The user wants the latest edit taken back, or done again.
        copyWanted: The user wants a copy of the dataset that can be edited.
    """

    undoWanted = Signal()
    redoWanted = Signal()
    copyWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_editable = self._has_letters = False
        self._told = ""
        self._text = Label("secondary", wraps=True)
        self._text.setObjectName("editNotice")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._copy = Button()
        self._copy.setObjectName("copyToEditButton")
        self._copy.clicked.connect(self.copyWanted)
        self.undo, self.redo = Button("undo", role="flat"), Button("redo", role="flat")
        self.undo.setObjectName("libraryUndoButton")
        self.redo.setObjectName("libraryRedoButton")
        self.undo.set_keys(QKeySequence.StandardKey.Undo)
        self.redo.set_keys(QKeySequence.StandardKey.Redo)
        self.undo.clicked.connect(self.undoWanted)
        self.redo.clicked.connect(self.redoWanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 4, 0, 0)
        line.setSpacing(4)
        line.addWidget(self._text, 1)
        for button in (self._copy, self.undo, self.redo):
            line.addWidget(button)
        self.retranslate()

    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def set_editable(self, is_editable: bool, *, has_letters: bool = False) -> None:
        """Say whether the samples that are shown can be edited, and whether letters are among their labels."""
        self._is_editable, self._has_letters = is_editable, has_letters
        self._told = ""
        self._show()

    def say(self, words: str) -> None:
        """Say what was done, until something else is shown."""
        self._told = words
        self._show()

    def _show(self) -> None:
        if self._told:
            self._text.setText(self._told)
        elif self._is_editable and self._has_letters:
            self._text.setText(
                tr("A digit's or letter's key labels what is selected · Del deletes · Ctrl+M flags · Enter for more")
            )
        elif self._is_editable:
            self._text.setText(tr("A digit's key labels what is selected · Del deletes · F flags · Enter for more"))
        else:
            self._text.setText(tr("These samples are as published. To correct them, take a copy into your library."))
        self._text.setToolTip(self._text.text())
        self._copy.setVisible(not self._is_editable)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._copy.set_texts(
            tr("Copy to edit"), tr("Copy this dataset into your library, where everything can be changed")
        )
        self.undo.set_texts("", tr("Undo the latest edit of the library"))
        self.redo.set_texts("", tr("Do again what was undone"))
        self._told = ""
        self._show()
