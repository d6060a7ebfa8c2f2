"""Right or wrong? What was drawn is kept with its label, and can be taken back."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Button, Label

_BARS_AND_KEYS = 12
"""Up to so many symbols all have a bar to click on and a key; with more, the label can be typed into a field."""


class KeepBar(QWidget):
    """Asks what the symbol really is; afterwards says what was kept.

    Signals:
        labelled: What the user typed into the field.
        undoWanted: What was kept last is to be taken back.
    """

    labelled = Signal(str)
    undoWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = ""
        self._count = 0
        self._labels: tuple[str, ...] = ()
        self._text = Label("secondary", wraps=True)
        self._text.setObjectName("keepLabel")
        self._field = QLineEdit()
        self._field.setObjectName("keepLabelInput")
        self._field.setFixedWidth(64)
        self._field.returnPressed.connect(self._on_typed)
        self._undo = Button("undo")
        self._undo.setObjectName("keepUndoButton")
        self._undo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._undo.clicked.connect(self.undoWanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._text, 1)
        line.addWidget(self._field)
        line.addWidget(self._undo)
        self._undo.hide()

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """The symbols that the model knows."""
        self._labels = labels
        self._field.setMaxLength(max((len(label) for label in labels), default=1))
        self._show()

    def set_count(self, count: int) -> None:
        """How many samples are kept."""
        self._count = count
        self._show()

    def say_kept(self, label: str) -> None:
        """Say that the symbol was kept as `label`, and offer to take it back."""
        self._kept = label
        self._show()

    def ask(self) -> None:
        """Ask what the next symbol is."""
        if self._kept:
            self._kept = ""
            self._show()

    def retranslate(self) -> None:
        """Set the texts anew."""
        self._undo.set_texts(tr("Undo"), tr("Forget what was kept and bring the drawing back"))
        self._field.setToolTip(tr("What the symbol really is; Enter keeps it"))
        self._field.setAccessibleName(tr("The right symbol"))
        self._show()

    def _show(self) -> None:
        count = ntr("{n} sample", "{n} samples", self._count)
        if self._kept:
            text = tr("Kept as {label} in “My handwriting” ({count}).", label=self._kept, count=count)
        elif len(self._labels) > _BARS_AND_KEYS:
            text = tr(
                "Right or wrong? Click the right symbol's bar, or type it and press Enter: it is kept in "
                "“My handwriting” ({count}).",
                count=count,
            )
        else:
            text = tr(
                "Right or wrong? Click the right symbol's bar, or press its key: it is kept in “My handwriting” "
                "({count}).",
                count=count,
            )
        self._text.set_role("sure" if self._kept else "secondary")
        self._text.setText(text)
        self._field.setVisible(not self._kept and len(self._labels) > _BARS_AND_KEYS)
        self._undo.setVisible(bool(self._kept))

    def _on_typed(self) -> None:
        label = self._field.text().strip()
        if label:
            self._field.clear()
            self.labelled.emit(label)
