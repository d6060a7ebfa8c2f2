"""The training runs of the profile, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.training_progress import percent_words


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the table.

    Attributes:
        run_id: Which run.
        date: When it began, ready to be shown.
        preset: Its network.
        dataset: What the dataset is called.
        epochs: How many epochs were finished.
        planned: How many there were to be.
        accuracy: 0 to 1; None where the run was not judged.
        state: How it ended, in the user's language.
    """

    run_id: str
    date: str
    preset: str
    dataset: str
    epochs: int
    planned: int
    accuracy: float | None
    state: str


class RunTable(QTableWidget):
    """One row a run.

    Signals:
        runChosen: The id of the run that the user has chosen, by mouse or keyboard.
    """

    runChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 6, parent)
        self.setObjectName("runTable")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        self.setMinimumHeight(28 * 6)
        self._rows: Sequence[RunRow] = ()
        self.itemSelectionChanged.connect(self._on_selection)
        self.retranslate()

    def set_runs(self, rows: Sequence[RunRow]) -> None:
        """Show `rows`; the chosen run stays chosen."""
        chosen = self.chosen()
        self._rows = rows
        self.blockSignals(True)
        self.clearContents()
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            epochs = str(row.epochs) if row.epochs == row.planned else f"{row.epochs} / {row.planned}"
            accuracy = "–" if row.accuracy is None else percent_words(row.accuracy)
            for column, text in enumerate((row.date, row.preset, row.dataset, epochs, accuracy, row.state)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(number, column, item)
        self.blockSignals(False)
        self._fit_columns()
        self.choose(chosen)

    def _fit_columns(self) -> None:
        for column in range(self.columnCount() - 1):
            wanted = max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column))
            self.setColumnWidth(column, wanted + 2)

    def runs(self) -> Sequence[RunRow]:
        """What is shown."""
        return self._rows

    def chosen(self) -> str:
        """The id of the run that is marked, or empty."""
        numbers = {index.row() for index in self.selectedIndexes()}
        return self._rows[numbers.pop()].run_id if len(numbers) == 1 else ""

    def choose(self, run_id: str) -> None:
        """Mark a run without signalling; none where `run_id` is not there."""
        number = next((i for i, row in enumerate(self._rows) if row.run_id == run_id), -1)
        self.blockSignals(True)
        if number < 0:
            self.clearSelection()
        else:
            self.selectRow(number)
        self.blockSignals(False)
        self.viewport().update()

    def _on_selection(self) -> None:
        run_id = self.chosen()
        if run_id:
            self.runChosen.emit(run_id)

    def retranslate(self) -> None:
        """Set the captions anew; the rows are set by their owner."""
        captions = (tr("Date"), tr("Model"), tr("Data"), tr("Epochs"), tr("Accuracy"), tr("State"))
        for column, caption in enumerate(captions):
            item = QTableWidgetItem(caption)
            item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        self._fit_columns()
        self.setAccessibleName(tr("Training runs"))
        self.setToolTip(tr("Choose a run to see its curves and its confusion matrix again"))
