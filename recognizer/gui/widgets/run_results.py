"""What a model got right and wrong, and a look inside: confusion matrix, samples, filters, classes."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.evaluation.report import EvaluationReport
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.widgets.class_report import ClassReport
from recognizer.gui.widgets.confusion_matrix import ConfusionMatrixView
from recognizer.gui.widgets.confusion_words import EVERY
from recognizer.gui.widgets.figures_button import FiguresButton
from recognizer.gui.widgets.inside_view import InsideView
from recognizer.gui.widgets.sample_strip import JudgedSample, SampleStrip
from recognizer.gui.widgets.view_switch import ViewSwitch
from recognizer.library.dataset import Dataset
from recognizer.training.runs import Predictions

_MOST_PICTURES: Final = 240
_INTERVAL: Final = 150
"""Milliseconds between two fillings of the report."""
_NARROW: Final = 270
"""A card narrower than this, logical pixels, has its switch below its heading."""


class RunResults(QWidget):
    """The confusion matrix, and beside it the samples behind its cells or a look inside the network.

    `report` is made here and shown elsewhere.

    Signals:
        samplesRequested: (positions, heading): these samples should be opened in the Library.
        insideWanted: The look inside has been opened.
    """

    samplesRequested = Signal(object, str)
    insideWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = ConfusionMatrixView()
        self.report = ClassReport()
        self.strip = SampleStrip()
        self.inside = InsideView()
        self._judged: EvaluationReport | None = None
        self._judged_on = "test"
        self._predictions: Predictions | None = None
        self._dataset: Dataset | None = None
        self._missing = ""
        self._positions: NDArray[np.int64] = np.zeros(0, np.int64)
        self.mode_button = FiguresButton()
        self._switch = ViewSwitch()
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
        self._strip_title.setMinimumWidth(1)
        self._inside_title = Label("strong")
        self._inside_title.setObjectName("insideAnswer")
        self._inside_title.setMinimumWidth(1)
        self._hint = Label("secondary")
        self._is_report_due = False
        self._reporting = QTimer(self)
        self._reporting.setSingleShot(True)
        self._reporting.setInterval(_INTERVAL)
        self._reporting.timeout.connect(self._fill_due_report)
        self._lay_out()
        self.matrix.cellClicked.connect(self._on_cell)
        self.matrix.currentChanged.connect(self._on_hover)
        self.strip.sampleClicked.connect(self._on_sample)
        self.report.classPicked.connect(self._on_class)
        self.mode_button.chosen.connect(self.matrix.set_figures)
        self._switch.changed.connect(self._on_switch)
        self._all_button.clicked.connect(self.show_all_misread)
        self._open_button.clicked.connect(self._open_all)
        self.retranslate()

    def _lay_out(self) -> None:
        matrix_card, self._side_card = Card(), Card()
        header, footer = QHBoxLayout(), QHBoxLayout()
        header.addWidget(self._matrix_title, 1)
        header.addWidget(self._note, 1)
        header.addWidget(self.mode_button)
        footer.addWidget(self._words, 1)
        matrix_card.body.addLayout(header)
        matrix_card.body.addWidget(self.matrix, 1)
        matrix_card.body.addLayout(footer)
        title = QHBoxLayout()
        title.addWidget(self._strip_title, 1)
        title.addWidget(self._inside_title, 1)
        title.addWidget(self._all_button)
        self._side_header = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._side_header.setSpacing(6)
        self._side_header.addLayout(title, 1)
        self._side_header.addWidget(self._switch)
        samples = QWidget()
        column, line = QVBoxLayout(samples), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._hint, 1)
        line.addWidget(self._open_button)
        column.addWidget(self.strip, 1)
        column.addLayout(line)
        self._pages = QStackedWidget()
        self._pages.addWidget(samples)
        self._pages.addWidget(self.inside)
        self._side_card.body.addLayout(self._side_header)
        self._side_card.body.addWidget(self._pages, 1)
        for button in (self._all_button, self._open_button):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for words in (self._words, self._hint):
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(matrix_card, 5)
        layout.addWidget(self._side_card, 4)

    def is_inside(self) -> bool:
        """Whether the look inside is open."""
        return self._pages.currentWidget() is self.inside

    def _on_switch(self, is_inside: bool) -> None:
        self._pages.setCurrentIndex(int(is_inside))
        self._refresh_heading()
        if is_inside:
            self.insideWanted.emit()

    def refresh_inside(self) -> None:
        """The look inside has changed."""
        self._inside_title.setText(self.inside.answer() or tr("Inside the network"))

    def _refresh_heading(self) -> None:
        is_inside = self.is_inside()
        self._strip_title.setVisible(not is_inside)
        self._inside_title.setVisible(is_inside)
        self._all_button.setVisible(not is_inside and self.matrix.selected() is not None)
        self.refresh_inside()

    def show_report(self, report: EvaluationReport | None, judged_on: str = "test") -> None:
        """Show a report, or nothing; the samples behind it follow by `show_predictions`.

        Args:
            report: What came out.
            judged_on: `test` or `validation`.
        """
        self._judged, self._judged_on = report, judged_on
        self.set_note("")
        self._show(report, None, None, None)

    def _show(
        self,
        report: EvaluationReport | None,
        predictions: Predictions | None,
        dataset: Dataset | None,
        cell: tuple[int, int] | None,
        missing: str = "",
    ) -> None:
        self._predictions, self._dataset, self._missing = predictions, dataset, missing
        self.matrix.set_matrix(report.confusion if report is not None else None)
        self.matrix.set_selected(cell)
        if self._reporting.isActive():
            self._is_report_due = True
        else:
            self._fill_report()
        self._words.setText(self._idle_words())
        self._refresh_samples()

    def show_epoch(
        self,
        report: EvaluationReport,
        predictions: Predictions,
        dataset: Dataset | None,
        note: str,
        missing: str = "",
    ) -> None:
        """Show what a network said of the validation samples after an epoch; a chosen cell stays chosen.

        Args:
            report: What came out.
            predictions: What it said of each sample.
            dataset: Where the pictures come from; None while they are not there.
            note: After which epoch that is.
            missing: Why there are no pictures, in the user's language.
        """
        before, cell = self._judged, self.matrix.selected()
        self._judged, self._judged_on = report, "validation"
        is_same = before is not None and before.confusion.labels == report.confusion.labels
        self.set_note(note)
        self._show(report, predictions, dataset, cell if is_same else None, missing)

    def _fill_report(self) -> None:
        """Fill the table of the classes, which takes its time: at most every so often."""
        self._is_report_due = False
        self.report.set_report(self._judged)
        self._reporting.start()

    def _fill_due_report(self) -> None:
        if self._is_report_due:
            self._fill_report()

    def set_note(self, note: str) -> None:
        """Say above the matrix what is special about it; nothing where empty."""
        self._note.setText(note)
        self._note.setToolTip(note)
        self._note.setVisible(bool(note))
        self._matrix_title.setVisible(not note)

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
        names = self._judged.confusion.labels
        if cell[1] == EVERY:
            return tr("Every {label}", label=names[cell[0]])
        if cell[0] == EVERY:
            return tr("Read as {label}", label=names[cell[1]])
        truth, read = names[cell[0]], names[cell[1]]
        if truth == read:
            return tr("{truth} read rightly", truth=truth)
        return tr("{truth} read as {read}", truth=truth, read=read)

    def _count(self) -> int:
        """How many samples the heading speaks of."""
        if self._judged is None:
            return 0
        counts = self._judged.confusion.counts
        cell = self.matrix.selected()
        if cell is None:
            return int(counts.sum() - np.trace(counts))
        return int(counts[tuple(slice(None) if index == EVERY else index for index in cell)].sum())

    def _refresh_samples(self) -> None:
        count = self._count()
        self._strip_title.setText(f"{self.heading()} ({count:,})" if self._judged is not None else self.heading())
        self._refresh_heading()
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
        is_wrong = truth != predicted
        is_wanted = is_wrong
        if cell is not None:
            is_wanted = np.ones(len(truth), np.bool_)
            for classes, index in ((truth, cell[0]), (predicted, cell[1])):
                if index != EVERY:
                    is_wanted = is_wanted & (classes == index)
        chosen = np.flatnonzero(is_wanted)
        confidence = self._predictions.confidence[chosen]
        # Confident mistakes and doubtful hits say most, and mistakes more than hits.
        return chosen[np.argsort(np.where(is_wrong[chosen], -confidence, confidence), kind="stable")]

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
        self._words.setText(self.matrix.cell_words(actual, predicted) or self._idle_words())

    def _idle_words(self) -> str:
        return tr("Click a cell to see its samples") if self._judged is not None else ""

    def _on_sample(self, position: int) -> None:
        rest = self._positions[self._positions != position]
        self._request(np.concatenate([np.array([position], np.int64), rest]))

    def _on_class(self, number: int) -> None:
        self.matrix.set_selected((number, EVERY))
        self._refresh_samples()
        if self._dataset is not None and len(self._positions):
            self._open_all()

    def _open_all(self) -> None:
        self._request(self._positions)

    def _request(self, positions: NDArray[np.int64]) -> None:
        self.samplesRequested.emit(positions, self.heading())

    def _set_hint(self) -> None:
        # Half a sentence helps nobody.
        self._hint.setText(tr("Click a picture to open it") if self.width() > 700 else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the hint out where it does not fit; where it is narrow, the switch stands below the heading."""
        self._set_hint()
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        self._side_header.setDirection(ways.LeftToRight if self._side_card.width() >= _NARROW else ways.TopToBottom)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._matrix_title.setText(tr("Confusion matrix"))
        self.mode_button.retranslate()
        self._switch.retranslate()
        self._all_button.set_texts(tr("All"), tr("Show all samples that were read wrong"))
        self._open_button.set_texts(tr("Open in Library"), tr("Open these samples in the Library"))
        self._set_hint()
        self._words.setText(self._idle_words())
        self.matrix.retranslate()
        self.report.retranslate()
        self.strip.retranslate()
        self.inside.retranslate()
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
