"""The button that says which figures a confusion matrix shows, and offers the others."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button
from recognizer.gui.widgets.confusion_words import Figures


class FiguresButton(Button):
    """Opens a menu: counts, percent of what was written, percent of what was read.

    Signals:
        chosen: The Figures that the user wants.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(role="flat", parent=parent)
        self.setObjectName("confusionModeButton")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        menu = QMenu(self)
        self._group = QActionGroup(self)
        for figures in Figures:
            action = menu.addAction("")
            action.setCheckable(True)
            action.setData(figures)
            action.setChecked(figures is Figures.COUNTS)
            self._group.addAction(action)
        self.setMenu(menu)
        self._group.triggered.connect(self._on_triggered)
        self.retranslate()

    def _on_triggered(self, action: QAction) -> None:
        self.retranslate()
        self.chosen.emit(Figures(action.data()))

    def retranslate(self) -> None:
        """Set the texts anew."""
        texts = {
            Figures.COUNTS: (tr("Counts"), tr("How many samples there are in each cell")),
            Figures.OF_ACTUAL: (tr("% of written"), tr("Percent of what was written; each row sums to 100")),
            Figures.OF_PREDICTED: (tr("% of read"), tr("Percent of what was read; each column sums to 100")),
        }
        for action in self._group.actions():
            caption, tip = texts[Figures(action.data())]
            action.setText(tip)
            if action.isChecked():
                self.set_texts(caption, tip)
