"""The runs that wait for the one that goes on."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label


class RunQueue(QWidget):
    """A line for each run that waits; there is nothing to see where none does.

    Signals:
        withdrawn: The place of the run that is not wanted any more, from 0.
    """

    withdrawn = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runQueue")
        self._subjects: Sequence[str] = ()
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        self.hide()

    def set_runs(self, subjects: Sequence[str]) -> None:
        """Show what waits, the next one first; each in words."""
        self._subjects = tuple(subjects)
        while (item := self._lines.takeAt(0)) is not None:
            if (line := item.widget()) is not None:
                line.hide()
                line.deleteLater()
        for place, subject in enumerate(self._subjects):
            self._lines.addWidget(self._line(place, subject))
        self.setVisible(bool(self._subjects))

    def _line(self, place: int, subject: str) -> QWidget:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        words = Label("secondary")
        words.setObjectName(f"waitingRun{place}")
        words.setText(tr("Next: {run}", run=subject) if place == 0 else tr("Then: {run}", run=subject))
        words.setToolTip(subject)
        words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        button = Button("close", role="flat")
        button.setObjectName(f"withdrawButton{place}")
        button.set_texts("", tr("Do not train this one"))
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self.withdrawn.emit(place))
        layout.addWidget(words, 1)
        layout.addWidget(button)
        return line

    def retranslate(self) -> None:
        """Set every text anew."""
        self.set_runs(self._subjects)
