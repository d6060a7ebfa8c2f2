"""The card in which a dataset, its classes and its splits are chosen."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Card, Label, scrolled
from recognizer.gui.widgets.class_bars import ClassBars
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.sources import BUILT_IN


class DatasetPanel(Card):
    """Dataset chooser, class bars and split buttons. It shows a choice and asks for others; it decides nothing.

    Signals:
        datasetPicked: The name of the dataset that the user chose.
        splitsPicked: A tuple of the splits that the user wants; empty means all.
    """

    datasetPicked = Signal(str)
    splitsPicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._split_counts: dict[Split, int] = {}
        self._names = list(BUILT_IN)
        self._opened: dict[str, tuple[str, int]] = {}
        self.chooser = QComboBox()
        self.chooser.setObjectName("datasetChooser")
        self.chooser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.chooser.setMinimumContentsLength(8)
        self._summary = Label("secondary", wraps=True)
        self._summary.setObjectName("datasetSummary")
        self._classes = Label("heading")
        self.bars = ClassBars()
        self.bars.setObjectName("classBars")
        self._splits = Label("heading")
        self._buttons: dict[Split, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(6)
        for split in SPLITS:
            button = QPushButton()
            button.setObjectName(f"{split}SplitButton")
            button.setCheckable(True)
            button.setStyleSheet("QPushButton { padding: 4px 3px; }")
            button.clicked.connect(self._on_split_clicked)
            self._buttons[split] = button
            row.addWidget(button)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addWidget(self._summary)
        column.addSpacing(6)
        column.addWidget(self._classes)
        column.addWidget(self.bars)
        column.addSpacing(6)
        column.addWidget(self._splits)
        column.addLayout(row)
        column.addStretch(1)
        self.body.addWidget(self.chooser)
        self.body.addWidget(scrolled(content), 1)
        for name in self._names:
            self.chooser.addItem("", name)
        self.chooser.currentIndexChanged.connect(self._on_chosen)
        self.retranslate()

    def current(self) -> str:
        """The name of the chosen dataset."""
        return str(self.chooser.currentData())

    def title(self) -> str:
        """What people call the chosen dataset."""
        name = self.current()
        return BUILT_IN[name].title if name in BUILT_IN else self._opened.get(name, (name, 0))[0]

    def choose(self, name: str) -> None:
        """Choose the dataset `name` without asking for it; one that is not listed yet is added."""
        if name not in self._names:
            self._names.append(name)
            self.chooser.blockSignals(True)
            self.chooser.addItem(name, name)
            self.chooser.blockSignals(False)
        if name != self.current():
            self.chooser.blockSignals(True)
            self.chooser.setCurrentIndex(self._names.index(name))
            self.chooser.blockSignals(False)
        self._show_summary()

    def set_library(self, datasets: list[tuple[str, str, int]]) -> None:
        """Say which datasets the library has: name, title and number of samples of each, in their order.

        Those that are gone leave the list; where the chosen one is gone, the first one is chosen instead.
        """
        own = {name for name, _, _ in datasets}
        current = self.current()
        names = [name for name in self._names if name in BUILT_IN or name in own]
        names += [name for name, _, _ in datasets if name not in names]
        self._opened = {name: known for name, known in self._opened.items() if name in BUILT_IN}
        self._opened |= {name: (title, count) for name, title, count in datasets}
        if names != self._names:
            self._names = names
            self.chooser.blockSignals(True)
            self.chooser.clear()
            for name in names:
                self.chooser.addItem("", name)
            self.chooser.setCurrentIndex(names.index(current) if current in names else 0)
            self.chooser.blockSignals(False)
        self._show_items()
        self._show_summary()

    def set_opened(self, name: str, title: str, count: int) -> None:
        """Say what the dataset `name` turned out to be."""
        self._opened[name] = (title, count)
        self._show_items()

    def set_split_counts(self, counts: dict[Split, int]) -> None:
        """Say how many samples each split has; an empty split cannot be chosen."""
        self._split_counts = counts
        self._show_splits()

    def set_chosen_splits(self, splits: tuple[Split, ...]) -> None:
        """Mark the splits that are wanted; none means all."""
        for split, button in self._buttons.items():
            button.setChecked(split in splits)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.chooser.setToolTip(tr("The dataset to look at"))
        self.chooser.setAccessibleName(tr("Dataset"))
        self._classes.setText(tr("Classes"))
        self.bars.setAccessibleName(tr("Samples of each class"))
        self._splits.setText(tr("Split"))
        texts = {Split.TRAIN: tr("Train"), Split.VALIDATION: tr("Validation"), Split.TEST: tr("Test")}
        for split, button in self._buttons.items():
            button.setText(texts[split])
            button.setAccessibleName(tr("Only the split “{name}”", name=texts[split]))
        self._show_items()
        self._show_splits()
        self._show_summary()

    def _show_items(self) -> None:
        for row, name in enumerate(self._names):
            if name in self._opened:
                title, count = self._opened[name]
            elif name in BUILT_IN:
                title, count = BUILT_IN[name].title, BUILT_IN[name].n_train + BUILT_IN[name].n_test
            else:
                title, count = name, 0
            if name in BUILT_IN:
                title = BUILT_IN[name].title
            self.chooser.setItemText(row, f"{title} · {count:,}" if count else title)

    def _show_summary(self) -> None:
        info = BUILT_IN.get(self.current())
        self._summary.setText(info.summary if info else "")
        self._summary.setVisible(info is not None)

    def _show_splits(self) -> None:
        for split, button in self._buttons.items():
            count = self._split_counts.get(split, 0)
            button.setEnabled(count > 0)
            if count:
                tip = ntr("{n} sample. Press again to show all", "{n} samples. Press again to show all", count)
                button.setToolTip(tip)
            else:
                button.setToolTip(tr("This dataset has no samples in this split"))

    def _on_chosen(self) -> None:
        self._show_summary()
        self.datasetPicked.emit(self.current())

    def _on_split_clicked(self) -> None:
        self.splitsPicked.emit(tuple(split for split in SPLITS if self._buttons[split].isChecked()))
