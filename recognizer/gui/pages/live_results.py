"""What a network that still learns says of the validation samples, after each epoch."""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from recognizer.base.i18n import tr
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui.widgets.run_results import RunResults
from recognizer.gui.widgets.training_progress import percent_words
from recognizer.library.dataset import Dataset
from recognizer.training.events import EpochJudged, EpochMetrics
from recognizer.training.runs import Predictions

_INTERVAL: Final = 150
"""Milliseconds between two epochs that are shown: small networks need less than that for one."""


class LiveResults(QObject):
    """Shows each epoch's confusion matrix where the final one will be.

    Signals:
        began: A run with results of its own begins; see the attributes.
        epochEnded: The EpochMetrics of a finished epoch.
        weightsSaved: The epoch whose weights can be looked at now.
        ended: The run is over.

    Args:
        results: Where.
        parent: Owns it.

    Attributes:
        run_id: Of the run that goes on; empty where there is none.
        epochs: How many are planned.
        data: What it is trained on.
    """

    began = Signal()
    epochEnded = Signal(object)
    weightsSaved = Signal(int)
    ended = Signal()

    def __init__(self, results: RunResults, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results = results
        self.run_id = ""
        self.epochs = 0
        self.data: Dataset | None = None
        self._newest: EpochJudged | None = None
        self._is_shown = True
        self._is_following = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._show)

    def begin(self, data: Dataset, epochs: int, run_id: str = "") -> None:
        """A run on `data` begins, planned for `epochs` epochs."""
        self.data, self.epochs, self.run_id, self._newest = data, epochs, run_id, None
        self._is_shown = self._is_following = True
        self.began.emit()

    def end(self) -> bool:
        """The run is over, its own results follow; whether those of an epoch are in their place."""
        was_shown = self._newest is not None and self._is_shown
        self._timer.stop()
        self.data = self._newest = None
        self.run_id = ""
        self.ended.emit()
        return was_shown

    def set_shown(self, is_shown: bool) -> None:
        """Show the run's results, or leave the place to those of another run."""
        self._is_shown = is_shown
        if is_shown:
            self._show()

    def set_following(self, is_following: bool) -> None:
        """Show each new epoch, or leave the place to an earlier one."""
        self._is_following = is_following
        if is_following:
            self._show()

    def add(self, event: EpochJudged) -> None:
        """An epoch has been judged."""
        is_first = self._newest is None
        self._newest = event
        if is_first:
            self._show()
        elif not self._timer.isActive():
            self._timer.start()

    def add_epoch(self, metrics: EpochMetrics) -> None:
        """An epoch has ended."""
        if self.data is not None:
            self.epochEnded.emit(metrics)

    def add_weights(self, epoch: int) -> None:
        """The weights of an epoch are safe."""
        if self.data is not None:
            self.weightsSaved.emit(epoch)

    def retranslate(self) -> None:
        """Say it anew in the current language."""
        self._show()

    def _show(self) -> None:
        event, data = self._newest, self.data
        if event is None or data is None or not self._is_shown or not self._is_following:
            return
        if len(event.indices) == len(event.truth):
            show_answers(self._results, event, data.label_set.names, self.epochs, data)


def show_answers(
    results: RunResults,
    event: EpochJudged,
    labels: tuple[str, ...],
    epochs: int,
    dataset: Dataset | None,
    missing: str = "",
) -> None:
    """Show what a network said of the validation samples after an epoch.

    Args:
        results: Where.
        event: What it said.
        labels: Of the classes.
        epochs: How many are planned.
        dataset: With the samples' pictures, if it is there.
        missing: Why it is not, in the user's language.
    """
    report = EvaluationReport(ConfusionMatrix.from_predictions(event.truth, event.predicted, labels))
    note = tr(
        "After epoch {epoch} of {epochs}: {share} of {n:,} validation samples",
        epoch=event.epoch,
        epochs=epochs,
        share=percent_words(report.accuracy).replace(" ", "\u00a0"),
        n=report.n,
    )
    predictions = Predictions(event.indices, event.truth, event.predicted, event.confidence)
    results.show_epoch(report, predictions, dataset, note, missing)
