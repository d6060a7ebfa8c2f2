"""Two or more runs side by side: curves, figures, settings, and the samples that one fixed and broke."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.parts import Dialog, sentences
from recognizer.gui.dialogs.run_curves import Curve, OverlaidCurves
from recognizer.gui.dialogs.run_differences import DifferenceTable
from recognizer.gui.dialogs.run_pair import PairView
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Label
from recognizer.library.dataset import Dataset
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.training.run_comparison import RunComparison, Side, compare_runs, read_sides
from recognizer.training.run_records import distinct_titles, shortened
from recognizer.training.run_story import data_words, story

_SIZE: Final = QSize(1160, 760)
_EDGE: Final = 24
_FEW: Final = 3
"""Beyond it, the table needs more room than the samples."""


class RunComparisonDialog(Dialog):
    """A window of its own beside the program's; it closes with that.

    Args:
        session: The window's.
        run_ids: Two or more; the worst stands first and the best last.
        below: The program's window.
    """

    def __init__(self, session: Session, run_ids: Sequence[str], below: QWidget) -> None:
        super().__init__(session, "runComparison", _SIZE)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.setWindowFlag(Qt.WindowType.Window)
        # The program ends with its own window.
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self._below = below
        below.installEventFilter(self)
        self._ids = list(run_ids)
        self._sides: list[Side] = []
        self._titles: list[str] = []
        self._pair = (0, 1)
        self._compared: RunComparison | None = None
        self._problem: RecognizerError | None = None
        self._summary = Label("strong", wraps=True)
        self._summary.setObjectName("runComparisonSummary")
        self._reasons = Label("", wraps=True)
        self._reasons.setObjectName("runComparisonReasons")
        self.curves = OverlaidCurves()
        self.table = DifferenceTable()
        self.pair = PairView()
        self._lay_out()
        self._reading, self._comparing = self.job(), self.job()
        self._comparing.failed.disconnect(self.notice.show_error)
        self._reading.succeeded.connect(self._on_sides)
        self._comparing.succeeded.connect(self._on_compared)
        self._comparing.failed.connect(self._on_not_comparable)
        self.pair.pairChosen.connect(self._compare)
        self.pair.samplesRequested.connect(self._open_samples)
        session.dataset_loaded.connect(self._on_dataset)
        session.dataset_failed.connect(self._on_no_dataset)
        session.dataset_cancelled.connect(self._on_no_dataset)
        self._close = self.add_button("closeComparisonButton", "", "", self.reject)
        self.retranslate()
        self._read()

    def _lay_out(self) -> None:
        figures = Card(margin=12)
        figures.body.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.setSpacing(GAP)
        below.addWidget(figures, 1 if len(self._ids) <= _FEW else 3)
        below.addWidget(self.pair, 1 if len(self._ids) <= _FEW else 2)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._summary)
        words.addWidget(self._reasons)
        self.body.setSpacing(10)
        self.body.addLayout(words)
        self.body.addWidget(self.curves, 5)
        self.body.addLayout(below, 6)
        self.footer.addStretch(1)

    def sizeHint(self) -> QSize:
        """As large as is wanted, but no larger than the program's window."""
        return QSize(_SIZE).boundedTo(self._below.size() - QSize(_EDGE, _EDGE)).expandedTo(self.minimumSize())

    # What is shown

    def _read(self) -> None:
        profile, ids = self.session.profile, self._ids

        def work(progress: ProgressCallback, token: CancellationToken) -> list[Side]:
            return read_sides(profile, ids)

        self._reading.start(work)

    def _on_sides(self, sides: list[Side]) -> None:
        # The older of two equally good ones first.
        self._sides = sorted(sides, key=lambda side: (side.record.run.accuracy or 0.0, side.record.run.id))
        self._show_sides()
        first, second = self._first_pair()
        self.pair.set_runs(self._titles, first, second)
        self._compare(first, second)

    def _first_pair(self) -> tuple[int, int]:
        """The best run, and the worst of those that are about the same data and were judged."""
        second = len(self._sides) - 1
        best = self._sides[second].record.run
        alike = (
            place
            for place, side in enumerate(self._sides[:second])
            if side.record.run.dataset == best.dataset and side.record.run.accuracy is not None
        )
        return next(alike, 0), second

    def _show_sides(self) -> None:
        self._titles = distinct_titles([side.record for side in self._sides])
        self.curves.set_curves(
            [Curve(title, side.epochs) for title, side in zip(self._titles, self._sides, strict=True)]
        )
        self.table.set_runs(self._sides, self._titles)

    def _compare(self, first: int, second: int) -> None:
        self._pair = (first, second)
        self._compared = self._problem = None
        self.pair.wait()
        self._say()
        profile = self.session.profile
        runs = self._sides[first].record.run, self._sides[second].record.run

        def work(progress: ProgressCallback, token: CancellationToken) -> RunComparison:
            return compare_runs(profile, *runs)

        self._comparing.start(work)

    def _both(self) -> tuple[Side, Side]:
        return self._sides[self._pair[0]], self._sides[self._pair[1]]

    def _on_compared(self, compared: RunComparison) -> None:
        self._compared = compared
        self.pair.show_pair(compared, self._both())
        self._say()
        name = compared.first.dataset
        if self.session.dataset(name) is not None or name not in BUILT_IN or is_available(name, self.session.profile):
            self.session.request_dataset(name)
        else:
            self.pair.show_dataset(
                None, tr("The pictures are not on this computer; open the dataset in the Library to download it")
            )

    def _on_not_comparable(self, error: RecognizerError) -> None:
        self._problem = error
        self.pair.show_problem(self._problem_words(error))
        self._say()

    def _problem_words(self, error: RecognizerError) -> str:
        unjudged = [
            shortened(self._titles[place]) for place in self._pair if self._sides[place].record.run.accuracy is None
        ]
        if unjudged:
            return tr("{run} was not judged: there is nothing to compare sample by sample", run=", ".join(unjudged))
        return tr("{what}: they cannot be compared sample by sample. {fix}.", what=error.what, fix=error.fix)

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        compared = self._compared
        if compared is None or compared.first.dataset != name:
            return
        answers = compared.answers
        is_same = answers.positions.max(initial=-1) < len(dataset) and np.array_equal(
            dataset.labels[answers.positions], answers.truth
        )
        if is_same:
            self.pair.show_dataset(dataset)
        else:
            self.pair.show_dataset(None, tr("The dataset has changed since these runs: their pictures are not known"))

    def _on_no_dataset(self, name: str) -> None:
        if self._compared is not None and self._compared.first.dataset == name:
            self.pair.show_dataset(None, tr("The pictures could not be loaded"))

    def _open_samples(self, positions: object, heading: str) -> None:
        self.session.samples_requested.emit(self._both()[0].record.run.dataset, positions, heading)
        self._below.raise_()
        self._below.activateWindow()

    # Words

    def _say(self) -> None:
        """The sentences at the top."""
        said: list[str] = []
        if self._compared is not None:
            pair = self._both()
            titles = shortened(self._titles[self._pair[0]]), shortened(self._titles[self._pair[1]])
            said = [*story(self._compared, pair, titles), data_words(pair)]
        elif self._problem is not None:
            said = [self._problem_words(self._problem)]
        elif not self._sides:
            said = [tr("Reading the runs…")]
        self._summary.setText(said[0] if said else tr("Comparing…"))
        rest = sentences([sentence for sentence in said[1:] if sentence])
        self._reasons.setText(rest)
        self._reasons.setVisible(bool(rest))
        self.setAccessibleDescription(sentences([self._summary.text(), rest]))

    def retranslate(self) -> None:
        """Set every text anew."""
        self.set_heading(ntr("{n} run side by side", "{n} runs side by side", len(self._ids)))
        # The sentence below says more than a title.
        self._title_label.hide()
        self._step_label.hide()
        self._close.set_texts(tr("Close"), tr("Close the comparison"))
        self.curves.retranslate()
        self.table.retranslate()
        self.pair.retranslate()
        if self._sides:
            self._titles = distinct_titles([side.record for side in self._sides])
        if self._problem is not None:
            self.pair.show_problem(self._problem_words(self._problem))
        self._say()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close with the program's window."""
        if watched is self._below and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.close()
        return super().eventFilter(watched, event)
