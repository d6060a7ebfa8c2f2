"""Figures about the samples that are shown, each of which leads to the samples behind it."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.session import Session
from recognizer.gui.widgets.bar_plot import BarPlot
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, scrolled
from recognizer.gui.widgets.class_pictures import ClassPicturesView
from recognizer.gui.widgets.sample_model import Hints
from recognizer.gui.workers.task import Task
from recognizer.library.dataset import SPLITS
from recognizer.library.samples import SampleTable
from recognizer.library.statistics.compute import compute
from recognizer.library.statistics.findings import Finding, Severity, findings
from recognizer.library.statistics.measures import SCALES, Measure, explanation, title
from recognizer.library.statistics.results import Kind, Statistics

_MANY: Final = 1_000_000
"""Samples up to which near duplicates are looked for: of 280,000 in 13 s of one core and 70 MB, of a million in 57 s
and 165 MB, measured with MNIST and warped copies of it on 2 cores."""
_COLORS: Final = ("accent", "doubt", "sure")
"""Of the splits: training, validation, test."""


class StatisticsView(QWidget):
    """Computes in the background and shows what was found, balance, class pictures and distributions.

    Args:
        session: Runs the work and shows its errors.

    Signals:
        samplesWanted: (ids, heading, hints): the samples behind a figure, and the `Hints` about them.
        saveWanted: The `Statistics` are to be saved as a web page.
    """

    samplesWanted = Signal(object, str, object)
    saveWanted = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._task: Task | None = None
        self._statistics: Statistics | None = None
        self._asked: tuple[SampleTable, NDArray[np.int64]] | None = None
        self._card = Card()
        self._text = Label("strong", wraps=True)
        self._text.setObjectName("statisticsText")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setObjectName("statisticsProgress")
        self._cancel, self._save = Button(), Button("save")
        self._cancel.setObjectName("statisticsCancelButton")
        self._save.setObjectName("statisticsSaveButton")
        self._cancel.clicked.connect(self.cancel)
        self._save.clicked.connect(lambda: self.saveWanted.emit(self._statistics))
        self._found = QVBoxLayout()
        self._found.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(self._text, 1)
        head.addWidget(self._cancel)
        head.addWidget(self._save)
        self._card.body.addLayout(head)
        self._card.body.addWidget(self._bar)
        self._card.body.addLayout(self._found)
        self._balance = BarPlot()
        self._balance.setObjectName("balancePlot")
        self._balance.picked.connect(self._on_class)
        self._classes_card = Card()
        self._classes = ClassPicturesView()
        self._classes.setObjectName("classPictures")
        self._classes.picked.connect(self._on_class)
        self._classes_card.body.addWidget(self._classes)
        self._plots = {measure: BarPlot() for measure in Measure}
        grid = QGridLayout()
        grid.setSpacing(GAP)
        for place, (measure, plot) in enumerate(self._plots.items()):
            plot.setObjectName(f"{measure.value}Plot")
            plot.picked.connect(lambda number, measure=measure: self._on_bin(measure, number))
            grid.addWidget(plot, place // 2, place % 2)
        self._figures = QWidget()
        column = QVBoxLayout(self._figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._balance)
        column.addWidget(self._classes_card)
        column.addLayout(grid)
        content = QWidget()
        every = QVBoxLayout(content)
        every.setContentsMargins(0, 0, 8, 0)
        every.setSpacing(GAP)
        every.addWidget(self._card)
        every.addWidget(self._figures)
        every.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(content))
        self.retranslate()

    def statistics(self) -> Statistics | None:
        """What is shown; None while there is nothing."""
        return self._statistics

    def show_samples(self, table: SampleTable, positions: NDArray[np.int64]) -> None:
        """Compute the statistics of the samples at `positions` of `table`, unless they are shown already."""
        known = self._asked
        if known is not None and known[0] is table and np.array_equal(known[1], positions):
            return
        self.cancel()
        self._asked, self._statistics = (table, positions), None

        def work(progress: ProgressCallback, token: CancellationToken) -> Statistics:
            return compute(table, positions, progress, token, with_neighbours=len(positions) <= _MANY)

        task = self._task = Task(work, self._session)
        task.progressed.connect(self._on_progress)
        task.succeeded.connect(self._on_done)
        task.failed.connect(self._on_failed)
        task.cancelled.connect(self._on_cancelled)
        self._refresh()
        self._session.start(task)

    def cancel(self) -> None:
        """Give up what is being computed."""
        if self._task is not None:
            self._task.cancel()
            self._task = self._asked = None
            self._refresh()

    def retranslate(self) -> None:
        """Set every text anew."""
        self._cancel.set_texts(tr("Cancel"), tr("Stop computing"))
        self._save.set_texts(tr("Save as a web page…"), tr("Save these figures as one HTML file"))
        self._classes_card.set_heading(tr("What the classes look like: mean and spread"))
        self._classes.setAccessibleName(tr("Mean and spread picture of each class"))
        self._bar.setAccessibleName(tr("How far the computing is"))
        self._refresh()
        if self._statistics is not None:
            self._show(self._statistics)

    def _refresh(self) -> None:
        is_running = self._task is not None
        self._bar.setVisible(is_running)
        self._cancel.setVisible(is_running)
        self._save.setVisible(self._statistics is not None)
        self._figures.setVisible(self._statistics is not None)
        if is_running:
            self._bar.setRange(0, 0)
            self._text.setText(tr("Looking at every sample…"))
            self._clear_found()
        elif self._statistics is None:
            self._text.setText(tr("No figures yet"))

    def _on_progress(self, done: int, total: int, message: str) -> None:
        if self.sender() is self._task:
            self._bar.setRange(0, total)
            self._bar.setValue(done)
            self._text.setText(message)

    def _on_done(self, statistics: Statistics) -> None:
        if self.sender() is not self._task:
            return
        self._task, self._statistics = None, statistics
        self._refresh()
        self._show(statistics)

    def _on_failed(self, error: RecognizerError) -> None:
        if self.sender() is self._task:
            self._task = self._asked = None
            self._refresh()
            self._session.report(error)

    def _on_cancelled(self) -> None:
        if self.sender() is self._task:
            self._task = self._asked = None
            self._refresh()

    def _clear_found(self) -> None:
        while (item := self._found.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()

    def _show(self, statistics: Statistics) -> None:
        self._clear_found()
        count = ntr("{n} sample", "{n} samples", len(statistics))
        found = findings(statistics)
        if found:
            self._text.setText(tr("{samples}. What stands out, each a click away:", samples=count))
        else:
            self._text.setText(tr("{samples}. Nothing stands out.", samples=count))
        for finding in found:
            self._found.addWidget(_FindingButton(finding, self))
        if not statistics.has_neighbours and len(statistics) > _MANY:
            words = tr("With so many samples, near duplicates are looked for by `recognizer library stats` alone.")
            note = Label("secondary", wraps=True)
            note.setText(words)
            self._found.addWidget(note)
        names = (*statistics.label_names, tr("none"))
        rows = statistics.balance if statistics.balance[-1].any() else statistics.balance[:-1]
        left = np.arange(len(rows), dtype=np.float64)
        ticks = [(place + 0.5, names[place]) for place in range(len(rows))] if len(rows) <= 40 else None
        self._balance.show_bars(
            tr("Samples of each class"),
            tr("Training blue, validation yellow, test green. Click a bar to see its samples"),
            left,
            1.0,
            [(_COLORS[split], rows[:, split].astype(np.float64)) for split in range(len(SPLITS))],
            ticks=ticks,
        )
        self._classes.show_classes(statistics.classes, statistics.label_names)
        for measure, plot in self._plots.items():
            distribution = statistics.distribution(measure)
            scale = SCALES[measure]
            usual = distribution.reference if distribution.reference.any() else None
            used = np.flatnonzero((distribution.counts > 0) | (distribution.reference > 0.001))
            end = int(used[-1]) + 1 if len(used) else len(distribution.counts)
            plot.show_bars(
                title(measure),
                tr("{explanation}. The line: what the shipped models learned from", explanation=explanation(measure)),
                scale.edges[:end],
                scale.step,
                [("accent", distribution.shares[:end])],
                None if usual is None else usual[:end],
            )

    def show_finding(self, finding: Finding) -> None:
        """Ask for the samples behind a finding."""
        self._want(finding.kind, finding.key, finding.text)

    def _on_class(self, label: int) -> None:
        statistics = self._statistics
        if statistics is not None:
            is_named = label < len(statistics.label_names)
            name = statistics.label_names[label] if is_named else tr("none")
            self._want(Kind.CLASS, (label if is_named else -1, None), tr("Class {label}", label=name))

    def _on_bin(self, measure: Measure, number: int) -> None:
        edges = SCALES[measure].edges
        words = tr(
            "{measure} {low} to {high}",
            measure=title(measure),
            low=f"{edges[number]:g}",
            high=f"{edges[number + 1]:g}",
        )
        self._want(measure, number, words)

    def _want(self, kind: Kind | Measure, key: Any, words: str) -> None:
        statistics, asked = self._statistics, self._asked
        if statistics is None or asked is None:
            return
        positions = statistics.positions_of(kind, key)
        if len(positions):
            self.samplesWanted.emit(asked[0].ids[positions], words, _hints(statistics, asked[0], kind))


def _hints(statistics: Statistics, table: SampleTable, kind: Kind | Measure) -> Hints:
    """What is to be said of the samples behind a figure."""
    if kind is Kind.SUSPECT:
        suspects = statistics.suspects
        ids = table.ids[suspects.positions].tolist()
        return Hints(tr("most suspicious first"), dict(zip(ids, suspects.answers, strict=True)))
    return Hints(tr("copies side by side") if kind in (Kind.EQUAL, Kind.NEAR) else "")


class _FindingButton(QPushButton):
    """A sentence that leads to its samples."""

    def __init__(self, finding: Finding, view: StatisticsView) -> None:
        super().__init__()
        self.setObjectName("finding")
        self.setProperty("role", "flat")
        sign = {Severity.FINE: "·", Severity.DOUBT: "▲", Severity.WRONG: "●"}[finding.severity]
        self.setText(f"{sign}  {finding.text}".replace("&", "&&"))
        self.setToolTip(f"{finding.text}\n{tr('Click to see the samples')}")
        self.setStyleSheet("text-align: left; padding: 4px 6px;")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumWidth(40)
        self.clicked.connect(lambda: view.show_finding(finding))
