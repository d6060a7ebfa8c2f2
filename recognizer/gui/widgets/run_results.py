"""What a model got right and wrong: confusion matrix, samples read wrong, the report of every class."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.evaluation.report import EvaluationReport
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.widgets.class_report import ClassReport
from recognizer.gui.widgets.confusion_matrix import ConfusionMatrixView
from recognizer.gui.widgets.sample_strip import JudgedSample, SampleStrip
from recognizer.library.dataset import Dataset
from recognizer.training.runs import Predictions

_MOST_PICTURES: Final = 240


class RunResults(QWidget):
    """The confusion matrix and the samples behind its cells, side by side.

    `report` is made here and shown elsewhere.

    Signals:
        samplesRequested: (positions, heading): these samples should be opened in the Library.
    """

    samplesRequested = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = ConfusionMatrixView()
        self.report = ClassReport()
        self.strip = SampleStrip()
        self._judged: EvaluationReport | None = None
        self._judged_on = "test"
        self._predictions: Predictions | None = None
        self._dataset: Dataset | None = None
        self._missing = ""
        self._positions: NDArray[np.int64] = np.zeros(0, np.int64)
        self.mode_button = Button(role="flat")
        self.mode_button.setObjectName("confusionModeButton")
        self.mode_button.setCheckable(True)
        self._words = Label("secondary")
        self._words.setObjectName("confusionCellText")
        self._all_button = Button(role="flat")
        self._all_button.setObjectName("allMisreadButton")
        self._open_button = Button(role="flat")
        self._open_button.setObjectName("openInLibraryButton")
        self._note = Label("strong", wraps=True)
        self._note.setObjectName("epochNote")
        self._note.hide()
        self._matrix_title = Label("heading")
        self._strip_title = Label("heading")
        self._strip_title.setObjectName("misreadHeading")
        self._hint = Label("secondary")
        self._lay_out()
        self.matrix.cellClicked.connect(self._on_cell)
        self.matrix.currentChanged.connect(self._on_hover)
        self.strip.sampleClicked.connect(self._on_sample)
        self.mode_button.toggled.connect(self._on_mode)
        self._all_button.clicked.connect(self.show_all_misread)
        self._open_button.clicked.connect(self._open_all)
        self.retranslate()

    def _lay_out(self) -> None:
        matrix_card, strip_card = Card(), Card()
        for card, title, button, content, foot in (
            (matrix_card, self._matrix_title, self.mode_button, self.matrix, (self._words,)),
            (strip_card, self._strip_title, self._all_button, self.strip, (self._hint, self._open_button)),
        ):
            header, footer = QHBoxLayout(), QHBoxLayout()
            header.addWidget(title, 1)
            header.addWidget(button)
            for part in foot:
                footer.addWidget(part, 1 if isinstance(part, Label) else 0)
            card.body.addLayout(header)
            if card is matrix_card:
                card.body.addWidget(self._note)
            card.body.addWidget(content, 1)
            card.body.addLayout(footer)
        for button in (self.mode_button, self._all_button, self._open_button):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for words in (self._words, self._hint):
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(matrix_card, 5)
        layout.addWidget(strip_card, 4)

    def show_report(self, report: EvaluationReport | None, judged_on: str = "test") -> None:
        """Show a report, or nothing; the samples behind it follow by `show_predictions`.

        Args:
            report: What came out.
            judged_on: `test` or `validation`.
        """
        self._judged, self._judged_on = report, judged_on
        self._predictions = self._dataset = None
        self._missing = ""
        self._note.hide()
        self.matrix.set_matrix(report.confusion if report is not None else None)
        self.report.set_report(report)
        self._words.setText(self._idle_words())
        self.show_all_misread()

    def show_epoch(self, report: EvaluationReport, predictions: Predictions, dataset: Dataset, note: str) -> None:
        """Show what a network that still learns says of the validation samples; a chosen cell stays chosen.

        Args:
            report: What came out.
            predictions: What it said of each sample.
            dataset: Where the pictures come from.
            note: After which epoch that is.
        """
        before, cell = self._judged, self.matrix.selected()
        self.show_report(report, "validation")
        if before is not None and before.confusion.labels == report.confusion.labels:
            self.matrix.set_selected(cell)
        self._note.setText(note)
        self._note.setToolTip(note)
        self._note.show()
        self.show_predictions(predictions, dataset)

    def show_predictions(self, predictions: Predictions | None, dataset: Dataset | None, missing: str = "") -> None:
        """Show the samples behind the report.

        Args:
            predictions: What the model said about each sample; None where that is not known.
            dataset: Where the pictures come from; None while they are not there.
            missing: Why there are no pictures, in the user's language.
        """
        self._predictions, self._dataset, self._missing = predictions, dataset, missing
        self._refresh_samples()

    def show_all_misread(self) -> None:
        """Show every sample that was read wrong instead of those of one cell."""
        self.matrix.set_selected(None)
        self._refresh_samples()

    def positions(self) -> NDArray[np.int64]:
        """The samples that are shown, in the order of the strip; their positions in the dataset."""
        return self._positions

    def heading(self) -> str:
        """What is shown beside the matrix, in words."""
        cell = self.matrix.selected()
        if cell is None or self._judged is None:
            return tr("Read wrong")
        truth, read = (self._judged.confusion.labels[index] for index in cell)
        if truth == read:
            return tr("{truth} read rightly", truth=truth)
        return tr("{truth} read as {read}", truth=truth, read=read)

    def _count(self) -> int:
        """How many samples the heading speaks of."""
        if self._judged is None:
            return 0
        counts = self._judged.confusion.counts
        cell = self.matrix.selected()
        return int(counts.sum() - np.trace(counts)) if cell is None else int(counts[cell])

    def _refresh_samples(self) -> None:
        cell = self.matrix.selected()
        count = self._count()
        self._strip_title.setText(f"{self.heading()} ({count:,})" if self._judged is not None else self.heading())
        self._all_button.setVisible(cell is not None)
        chosen = self._chosen()
        self._positions = self._predictions.indices[chosen] if self._predictions is not None else chosen
        self._open_button.setEnabled(len(self._positions) > 0 and self._dataset is not None)
        self.strip.set_samples(self._judged_samples(chosen[:_MOST_PICTURES]), self._message(count))

    def _chosen(self) -> NDArray[np.int64]:
        """Indices into the predictions, those first that are worth a look first."""
        if self._predictions is None:
            return np.zeros(0, np.int64)
        cell = self.matrix.selected()
        truth, predicted = self._predictions.truth, self._predictions.predicted
        is_wanted = truth != predicted if cell is None else (truth == cell[0]) & (predicted == cell[1])
        chosen = np.flatnonzero(is_wanted)
        confidence = self._predictions.confidence[chosen]
        is_right = cell is not None and cell[0] == cell[1]
        # Confident mistakes and doubtful hits say most.
        return chosen[np.argsort(confidence if is_right else -confidence, kind="stable")]

    def _judged_samples(self, chosen: NDArray[np.int64]) -> list[JudgedSample]:
        known, dataset = self._predictions, self._dataset
        if known is None or dataset is None or self._judged is None:
            return []
        labels = self._judged.confusion.labels
        return [
            JudgedSample(
                position=int(known.indices[i]),
                picture=dataset.images[known.indices[i]],
                written=labels[known.truth[i]],
                read=labels[known.predicted[i]],
                confidence=float(known.confidence[i]),
            )
            for i in chosen
        ]

    def _message(self, count: int) -> str:
        if self._judged is None:
            return tr("The samples that the model read wrong appear here")
        if count == 0:
            return tr("There are none")
        return self._missing or tr("Loading the pictures…")

    def _on_cell(self, actual: int, predicted: int) -> None:
        self._refresh_samples()

    def _on_hover(self, actual: int, predicted: int) -> None:
        self._words.setText(self.matrix.cell_words(actual, predicted) if actual >= 0 else self._idle_words())

    def _idle_words(self) -> str:
        return tr("Click a cell to see its samples") if self._judged is not None else ""

    def _on_sample(self, position: int) -> None:
        rest = self._positions[self._positions != position]
        self._request(np.concatenate([np.array([position], np.int64), rest]))

    def _open_all(self) -> None:
        self._request(self._positions)

    def _request(self, positions: NDArray[np.int64]) -> None:
        self.samplesRequested.emit(positions, self.heading())

    def _on_mode(self, is_percent: bool) -> None:
        self.matrix.set_percent(is_percent)
        self._set_mode_texts()

    def _set_mode_texts(self) -> None:
        if self.mode_button.isChecked():
            self.mode_button.set_texts(tr("Show counts"), tr("Show how many samples there are in each cell"))
        else:
            self.mode_button.set_texts(tr("Show percent"), tr("Show percent of what was written"))

    def _set_hint(self) -> None:
        # Half a sentence helps nobody.
        self._hint.setText(tr("Click a picture to open it") if self.width() > 700 else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the hint out where it does not fit."""
        self._set_hint()
        super().resizeEvent(event)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._matrix_title.setText(tr("Confusion matrix"))
        self._set_mode_texts()
        self._all_button.set_texts(tr("All"), tr("Show all samples that were read wrong"))
        self._open_button.set_texts(tr("Open in Library"), tr("Open these samples in the Library"))
        self._set_hint()
        self._words.setText(self._idle_words())
        self.matrix.retranslate()
        self.report.retranslate()
        self.strip.retranslate()
        self._refresh_samples()


class CardPair(QWidget):
    """Two cards side by side where there is room, else one below the other.

    Args:
        first, second: The cards.
        least_width: From how many logical pixels on they stand side by side.
    """

    def __init__(self, first: Card, second: Card, least_width: int) -> None:
        super().__init__()
        self._least_width = least_width
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GAP)
        self._layout.addWidget(first, 4)
        self._layout.addWidget(second, 5)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the cards for the new width."""
        ways = self._layout.Direction
        self._layout.setDirection(ways.LeftToRight if self.width() >= self._least_width else ways.TopToBottom)
        super().resizeEvent(event)
