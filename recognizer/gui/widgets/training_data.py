"""The list of data that can be trained on, and how much of each there is."""

from PySide6.QtCore import Qt

from recognizer.base.i18n import tr
from recognizer.gui.widgets.training_fields import Choice
from recognizer.library.sources import BUILT_IN


class DataChoice(Choice):
    """Offers the datasets of the program, then those of the library; `currentIndexChanged` says that another is chosen.

    Attributes:
        needs_download: Whether the chosen one would have to be fetched first.
    """

    def __init__(self, object_name: str) -> None:
        super().__init__(object_name)
        self.needs_download = False
        self._own: dict[str, tuple[str, int, int]] = {}
        """Title, training and test samples of each dataset of the library, by its name."""
        for name in BUILT_IN:
            self.addItem("", name)

    def name(self) -> str:
        """The chosen dataset."""
        return str(self.currentData())

    def set_library(self, datasets: dict[str, tuple[str, int, int]]) -> None:
        """Say which datasets the library has: title, training and test samples of each, by its name."""
        self._own = datasets
        names = [*BUILT_IN, *(name for name in datasets if name not in BUILT_IN)]
        if names != [self.itemData(index) for index in range(self.count())]:
            current = self.name()
            self.blockSignals(True)
            self.clear()
            for name in names:
                self.addItem("", name)
            self.setCurrentIndex(max(0, self.findData(current)))
            self.blockSignals(False)
            if self.name() != current:
                self.currentIndexChanged.emit(self.currentIndex())
        self.retranslate()

    def counts(self) -> tuple[int, int]:
        """How many training and test samples the chosen dataset has."""
        return self._counts(self.name())

    def has_pictures(self) -> bool:
        """Whether the chosen dataset has training samples at hand."""
        return self.counts()[0] > 0 and not self.needs_download

    def _counts(self, name: str) -> tuple[int, int]:
        if name in self._own:
            return self._own[name][1:]
        return BUILT_IN[name].n_train, BUILT_IN[name].n_test

    def retranslate(self) -> None:
        """Set every text anew."""
        for index in range(self.count()):
            name = self.itemData(index)
            train, test = self._counts(name)
            count = f"{train:,} + {test:,}" if train + test else tr("nothing yet")
            title = BUILT_IN[name].title if name in BUILT_IN else self._own[name][0]
            self.setItemText(index, f"{title} · {count}")
            tip = BUILT_IN[name].summary if name in BUILT_IN else tr("A dataset of your library")
            self.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
