"""The line above the grid: filter, found count, chip, thumbnail size."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QSlider, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.thumbnails import LARGEST, SMALLEST, STEP

_ORDERS: Final = (
    *(("id", False), ("id", True), ("label", False), ("split", False), ("writer", False), ("source", False)),
    *(("confidence", False), ("confidence", True), ("wrong", False), ("flag", True)),
)
"""The orders that can be chosen: a key, and whether descending."""
_COMPLAIN_AFTER = 600
"""Milliseconds of rest after which a half-written word is called not understood."""


class FilterBar(Card):
    """Signals what the user writes and chooses.

    Args:
        size: The thumbnail size at first, logical pixels.

    Signals:
        edited: The filter's text, after each key.
        left: The user is done with the filter and wants to go to the samples.
        chipClosed: The samples that another page asked for are no longer wanted.
        sizeChosen: The thumbnail size, logical pixels.
        sortChosen: (key, whether descending): the order in which samples are wanted.
    """

    edited = Signal(str)
    left = Signal()
    chipClosed = Signal()
    sizeChosen = Signal(int)
    sortChosen = Signal(str, bool)

    def __init__(self, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=10)
        self._found_count = -1
        self._chip_text = self._order_words = ""
        self._problem: RecognizerError | None = None
        self.field = QLineEdit()
        self.field.setObjectName("datasetFilter")
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(80)
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self.edited)
        self.field.returnPressed.connect(self._on_return)
        self._found = Label("secondary")
        self._found.setObjectName("foundCount")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("thumbnailSize")
        self.slider.setRange(SMALLEST, LARGEST)
        self.slider.setSingleStep(4)
        self.slider.setPageStep(2 * STEP)
        self.slider.setValue(size)
        self.slider.setMinimumWidth(40)
        self.slider.setMaximumWidth(96)
        self.slider.setMinimumHeight(22)
        self.slider.valueChanged.connect(self.sizeChosen)
        self.sort = QComboBox()
        self.sort.setObjectName("sortChooser")
        for key, descending in _ORDERS:
            self.sort.addItem("", (key, descending))
        self.sort.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.sort.setMinimumWidth(52)
        self.sort.currentIndexChanged.connect(self._on_sorted)
        self._chip = Button("close")
        self._chip.setObjectName("samplesChip")
        self._chip.setIconSize(QSize(14, 14))
        self._chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._chip.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._chip.clicked.connect(self.chipClosed)
        self._chip.hide()
        self._message = Label("wrong", wraps=True)
        self._message.setObjectName("filterProblem")
        self._message.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_COMPLAIN_AFTER)
        self._timer.timeout.connect(self._complain)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(self.field, 4)
        line.addWidget(self._found)
        line.addWidget(self.sort)
        line.addWidget(self.slider, 1)
        self.body.addLayout(line)
        chip_line = QHBoxLayout()
        chip_line.addWidget(self._chip)
        chip_line.addStretch(1)
        self.body.addLayout(chip_line)
        self.body.addWidget(self._message)
        self.retranslate()

    def text(self) -> str:
        """The filter as written."""
        return self.field.text()

    def set_text(self, text: str) -> None:
        """Write `text` into the field without signalling it."""
        if text != self.field.text():
            self.field.blockSignals(True)
            self.field.setText(text)
            self.field.blockSignals(False)

    def focus_field(self) -> None:
        """Let the user write a filter."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def set_problem(self, error: RecognizerError | None) -> None:
        """Say that the text is not understood, once the user rests; None takes it back at once."""
        self._problem = error
        if error is None:
            self._timer.stop()
            self._complain()
        elif self._message.isVisible():
            self._complain()
        else:
            self._timer.start()

    def set_found(self, count: int) -> None:
        """Say how many samples are shown; negative where there is no dataset."""
        self._found_count = count
        self._found.setText(ntr("{n} found", "{n} found", count) if count >= 0 else "")

    def set_chip(self, text: str) -> None:
        """Name the samples that another page asked for; empty where all are shown."""
        self._chip_text = text
        self._chip.setVisible(bool(text))
        if text:
            self._chip.set_texts(text.replace("&", "&&"), tr("Only these samples are shown. Press to show all"))

    def order(self) -> tuple[str, bool]:
        """The order that is chosen: a key of `sorted_positions`, and whether descending."""
        key, descending = self.sort.currentData()
        return str(key), bool(descending)

    @staticmethod
    def usual_order() -> tuple[str, bool]:
        """The order that is chosen at first."""
        return _ORDERS[0]

    def set_order_words(self, words: str) -> None:
        """Say in which order the samples come that were asked for, and choose it; empty for the usual order."""
        if words == self._order_words:
            return
        self._order_words = words
        self.sort.setItemText(0, words or tr("oldest first"))
        if words:
            self.sort.blockSignals(True)
            self.sort.setCurrentIndex(0)
            self.sort.blockSignals(False)

    def _on_sorted(self) -> None:
        self.sortChosen.emit(*self.order())

    def set_size(self, size: int) -> None:
        """Choose the thumbnail size."""
        self.slider.setValue(size)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.field.setPlaceholderText(tr("Filter, such as label:4 split:test"))
        self.field.setToolTip(
            tr(
                "Show only some samples (Ctrl+F):\n"
                "label:4,9   split:test   writer:anna   source:sheet\n"
                "flag:flagged   is:wrong   is:unlabelled   kind:ink\n"
                "confidence:<0.6   predicted:9   date:2026-11   note:tail\n"
                "A minus before a word leaves out; a word alone is searched everywhere."
            )
        )
        words = {
            ("id", False): self._order_words or tr("oldest first"),
            ("id", True): tr("newest first"),
            ("label", False): tr("by label"),
            ("split", False): tr("by split"),
            ("writer", False): tr("by writer"),
            ("source", False): tr("by source"),
            ("confidence", False): tr("least sure first"),
            ("confidence", True): tr("surest first"),
            ("wrong", False): tr("misread first"),
            ("flag", True): tr("flagged first"),
        }
        for index, order in enumerate(_ORDERS):
            self.sort.setItemText(index, words[order])
        self.sort.setToolTip(tr("The order of the samples"))
        self.sort.setAccessibleName(tr("The order of the samples"))
        self.field.setAccessibleName(tr("Filter"))
        self.slider.setToolTip(tr("Size of the thumbnails (Ctrl with + and −, or with the wheel)"))
        self.slider.setAccessibleName(tr("Size of the thumbnails"))
        self._found.setToolTip(tr("How many samples are shown"))
        self.set_found(self._found_count)
        self.set_chip(self._chip_text)
        self._complain()

    def _complain(self) -> None:
        error = self._problem
        state = "wrong" if error else ""
        if self.field.property("state") != state:
            self.field.setProperty("state", state)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)
        self._message.setText(f"{error.what}. {error.fix}." if error else "")
        self._message.setVisible(error is not None)

    def _on_return(self) -> None:
        if self._problem is not None:
            self._timer.stop()
            self._complain()
        else:
            self.left.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape clears the field, Down leads to the samples."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self.field.text():
                self.field.clear()
                return True
            if event.key() == Qt.Key.Key_Down:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)
