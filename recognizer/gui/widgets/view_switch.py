"""Two buttons of which one is down: the samples behind a matrix, or the look inside a network."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button


class ViewSwitch(QWidget):
    """Says what stands beside the confusion matrix.

    Signals:
        changed: Whether that is the look inside from now on.
    """

    changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples, self._inside = Button(role="segment"), Button(role="segment")
        self._samples.setObjectName("samplesButton")
        self._inside.setObjectName("insideButton")
        group = QButtonGroup(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for button, side in ((self._samples, "left"), (self._inside, "right")):
            button.setProperty("side", side)
            button.setCheckable(True)
            group.addButton(button)
            line.addWidget(button)
        self._samples.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._inside.toggled.connect(self.changed)

    def retranslate(self) -> None:
        """Set the texts anew."""
        self._samples.set_texts(tr("Samples"), tr("The samples behind the matrix"))
        self._inside.set_texts(tr("Inside"), tr("The filters of the network, and how it reads what is on the canvas"))
