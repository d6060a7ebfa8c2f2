"""The card with the text that was read, and the model that read it."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.model_chooser import ModelChooser
from recognizer.gui.widgets.reading_document import ReadingDocument
from recognizer.gui.widgets.reading_marks import Mark
from recognizer.gui.widgets.reading_text import ReadingText

_SAID_FOR = 1600
"""Milliseconds for which the button says that it has copied."""


class ReadingCard(Card):
    """Text, Copy, Save and the choice of the model.

    Signals:
        copyWanted: The text should go to the clipboard.
        saveWanted: The text should be saved.
    """

    copyWanted = Signal()
    saveWanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ReadingText()
        self.chooser = ModelChooser(session)
        self.chooser.setObjectName("readModelChooser")
        self._model_label = Label("secondary")
        self._model_label.setBuddy(self.chooser)
        self._copy = Button("copy", role="flat")
        self._copy.setObjectName("readCopyButton")
        self._copy.set_keys(QKeySequence.StandardKey.Copy)
        self._copy.clicked.connect(self.copyWanted)
        self._save = Button("save", role="flat")
        self._save.setObjectName("readSaveButton")
        self._save.set_keys(QKeySequence.StandardKey.Save)
        self._save.clicked.connect(self.saveWanted)
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.setInterval(_SAID_FOR)
        self._said.timeout.connect(self._name_copy)
        self.body.removeWidget(self.heading)
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.heading, 1)
        for button in (self._copy, self._save):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            head.addWidget(button)
        model = QHBoxLayout()
        model.addWidget(self._model_label)
        model.addWidget(self.chooser, 1)
        self.body.addLayout(head)
        self.body.addWidget(self.text, 1)
        self.body.addLayout(model)

    def show_document(self, document: ReadingDocument | None) -> None:
        """Show the text of `document`; none where there is nothing yet."""
        if document is None:
            self.text.show_text("", (), lambda index: Mark.SURE)
        else:
            self.text.show_text(document.text, document.spans, document.mark)
        self._copy.setEnabled(document is not None and bool(document.text))
        self._name_copy()

    def set_hint(self, text: str) -> None:
        """Say `text` where the text will be."""
        self.text.setPlaceholderText(text)

    def set_can_save(self, can_save: bool) -> None:
        """Whether there is anything to save."""
        self._save.setEnabled(can_save)

    def say_copied(self) -> None:
        """Say for a moment that the text has been copied."""
        self._copy.set_texts(tr("Copied"), tr("Copy the text of this picture"))
        self._said.start()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.set_heading(tr("It reads"))
        self.text.setAccessibleName(tr("The text that was read"))
        self._name_copy()
        self._save.set_texts(tr("Save…"), tr("Save the text of every picture, as text or as a table"))
        self._model_label.setText(tr("Model"))
        self.chooser.retranslate()

    def _name_copy(self) -> None:
        self._said.stop()
        self._copy.set_texts(tr("Copy"), tr("Copy the text of this picture"))
