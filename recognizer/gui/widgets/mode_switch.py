"""One symbol or a whole number: two buttons of which one is down."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button


class ModeSwitch(QWidget):
    """Says what the canvas is read as.

    Signals:
        changed: Whether a whole number is read from now on; by the user alone.
    """

    changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._single, self._number = Button(role="segment"), Button(role="segment")
        self._single.setObjectName("singleModeButton")
        self._number.setObjectName("numberModeButton")
        self._single.setProperty("side", "left")
        self._number.setProperty("side", "right")
        group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for button in (self._single, self._number):
            button.setCheckable(True)
            group.addButton(button)
            line.addWidget(button)
        self._single.setChecked(True)
        self._single.set_keys("S")
        self._number.set_keys("N")
        self._number.clicked.connect(lambda: self.changed.emit(True))
        self._single.clicked.connect(lambda: self.changed.emit(False))

    def is_number(self) -> bool:
        """Whether a whole number is to be read."""
        return self._number.isChecked()

    def set_number(self, is_number: bool) -> None:
        """Press the button; `changed` is not emitted."""
        (self._number if is_number else self._single).setChecked(True)

    def retranslate(self) -> None:
        """Set the texts anew."""
        self._single.set_texts(tr("One symbol"), tr("Read everything on the canvas as one symbol"))
        self._number.set_texts(tr("Whole number"), tr("Read the canvas as numbers of several symbols, line by line"))
