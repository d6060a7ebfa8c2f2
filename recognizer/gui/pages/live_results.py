"""What a network that still learns says of the validation samples, after each epoch."""

from typing import Final

from PySide6.QtCore import QObject, QTimer

from recognizer.base.i18n import tr
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.gui.widgets.run_results import RunResults
from recognizer.gui.widgets.training_progress import percent_words
from recognizer.library.dataset import Dataset
from recognizer.training.events import EpochJudged
from recognizer.training.runs import Predictions

_INTERVAL: Final = 150
"""Milliseconds between two epochs that are shown: small networks need less than that for one."""


class LiveResults(QObject):
    """Shows each epoch's confusion matrix where the final one will be.

    Args:
        results: Where.
        parent: Owns it.
    """

    def __init__(self, results: RunResults, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._results = results
        self._data: Dataset | None = None
        self._epochs = 0
        self._newest: EpochJudged | None = None
        self._is_shown = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._show)

    def begin(self, data: Dataset, epochs: int) -> None:
        """A run on `data` begins, planned for `epochs` epochs."""
        self._data, self._epochs, self._newest = data, epochs, None
        self._is_shown = True

    def end(self) -> bool:
        """The run is over, its own results follow; whether those of an epoch are in their place."""
        was_shown = self._newest is not None and self._is_shown
        self._timer.stop()
        self._data = self._newest = None
        return was_shown

    def set_shown(self, is_shown: bool) -> None:
        """Show the run's results, or leave the place to those of another run."""
        self._is_shown = is_shown
        if is_shown:
            self._show()

    def add(self, event: EpochJudged) -> None:
        """An epoch has been judged."""
        is_first = self._newest is None
        self._newest = event
        if is_first:
            self._show()
        elif not self._timer.isActive():
            self._timer.start()

    def retranslate(self) -> None:
        """Say it anew in the current language."""
        self._show()

    def _show(self) -> None:
        event, data = self._newest, self._data
        if event is None or data is None or not self._is_shown or len(event.indices) != len(event.truth):
            return
        report = EvaluationReport(ConfusionMatrix.from_predictions(event.truth, event.predicted, data.label_set.names))
        note = tr(
            "After epoch {epoch} of {epochs}: {share} of {n:,} validation samples",
            epoch=event.epoch,
            epochs=self._epochs,
            share=percent_words(report.accuracy).replace(" ", "\u00a0"),
            n=report.n,
        )
        predictions = Predictions(event.indices, event.truth, event.predicted, event.confidence)
        self._results.show_epoch(report, predictions, data, note)
