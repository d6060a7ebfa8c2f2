"""Shows finished runs on the Train page: the one that has just ended, and those of the past."""

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.explain_dialog import open_explanation
from recognizer.gui.dialogs.model_removal import ask_and_delete
from recognizer.gui.pages.live_results import LiveResults
from recognizer.gui.pages.stored_run import (
    StoredRun,
    are_samples_in,
    basis_words,
    can_go_on,
    interval_words,
    read_stored,
    story_words,
)
from recognizer.gui.session import Session
from recognizer.gui.widgets.learning_curves import LearningCurveView
from recognizer.gui.widgets.run_results import RunResults
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.widgets.sample_strip import JudgedSample
from recognizer.gui.widgets.training_progress import TrainingProgress
from recognizer.gui.workers.task import Task
from recognizer.library.dataset import Dataset
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.training.data_versions import DataVersions
from recognizer.training.run_records import RunRecord, record_of
from recognizer.training.runs import TrainingRun, list_runs

Listed = tuple[list[RunRecord], TrainingRun | None]
"""The runs, the newest first, and the newest of those that were interrupted and can go on."""


class RunViewer(QObject):
    """Fills the parts of the Train page from the folders of runs.

    While a run goes on, progress and curves are its own; choosing another run then changes the results alone.

    Signals:
        interruptedFound: The newest TrainingRun that was interrupted and can go on, or None.
        runShown: The StoredRun whose results are shown now, or None.
        samplesFound: The Dataset with the samples that it was judged on; None where they are not to be had.

    Attributes:
        live: The results of the run that goes on.
    """

    interruptedFound = Signal(object)
    runShown = Signal(object)
    samplesFound = Signal(object)

    def __init__(
        self,
        session: Session,
        progress: TrainingProgress,
        curves: LearningCurveView,
        results: RunResults,
        table: RunTable,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._progress, self._curves, self._results, self._table = progress, curves, results, table
        self._runs: list[RunRecord] = []
        self._versions = DataVersions(session.profile)
        self._shown: StoredRun | None = None
        self._listing: Task | None = None
        self._reading: Task | None = None
        self._is_training = self._is_back = False
        self._live_id = ""
        self.live = LiveResults(results, self)
        table.runChosen.connect(self.show_run)
        results.strip.whyWanted.connect(self._explain)
        results.samplesRequested.connect(self.open_samples)
        progress.drawRequested.connect(self._draw)
        progress.deleteRequested.connect(self._delete)
        session.dataset_loaded.connect(self._on_dataset)
        session.dataset_failed.connect(self._on_no_dataset)
        session.dataset_cancelled.connect(self._on_no_dataset)

    def load_runs(self) -> None:
        """Read the list of runs anew."""
        profile, versions = self._session.profile, self._versions
        names = {record.run.dataset for record in self._runs}
        loaded = {name: data for name in names if (data := self._session.dataset(name)) is not None}

        def work(progress: ProgressCallback, token: CancellationToken) -> Listed:
            runs = list_runs(profile)
            now = versions.now([run.dataset for run in runs], loaded, token)
            records = [record_of(profile, run, now) for run in runs]
            return records, next((run for run in runs if can_go_on(profile, run)), None)

        # Connected before the start: a quick task may have signalled before `Session.run` returned.
        self._listing = Task(work, self)
        self._listing.succeeded.connect(self._on_runs)
        self._listing.failed.connect(self._session.report)
        self._listing.finished.connect(self._listing.deleteLater)
        self._session.start(self._listing)

    def training_began(self) -> None:
        """A run begins: what was shown of another one goes."""
        self._is_training = True
        self._live_id = ""
        self._clear()
        self._table.choose("")

    def run_began(self, run_id: str) -> None:
        """The run has got its folder: it is among the others now."""
        self._live_id = run_id
        self.load_runs()

    def training_ended(self, run_id: str = "") -> None:
        """The run is over: show it, or nothing where it has left nothing to show."""
        self._is_training = False
        self._live_id = ""
        if self.live.end():
            self._results.show_report(None)
        self.load_runs()
        if run_id:
            self.show_run(run_id)
        elif self._shown is not None:
            self._show()
        else:
            self._curves.clear()
            self._progress.show_idle()

    def show_run(self, run_id: str) -> None:
        """Show the run `run_id`, stored in the profile, or the one that goes on."""
        if run_id == self._live_id:
            self._clear()
            self.live.set_shown(True)
            return
        self.live.set_shown(False)
        profile, registry = self._session.profile, self._session.registry

        def work(progress: ProgressCallback, token: CancellationToken) -> StoredRun:
            return read_stored(profile, registry, run_id)

        self._reading = Task(work, self)
        self._reading.succeeded.connect(self._on_run)
        self._reading.failed.connect(self._on_unreadable)
        self._reading.finished.connect(self._reading.deleteLater)
        self._session.start(self._reading)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._fill_table()
        if self._is_training:
            self.live.retranslate()
            return
        if self._shown is None:
            self._progress.show_idle()
        else:
            self._show_story(self._shown)

    def _clear(self) -> None:
        self._shown = None
        self._reading = None
        self._offer_explanations()
        self._results.show_report(None)
        self.runShown.emit(None)

    def shown(self) -> StoredRun | None:
        """The run of the past that is shown."""
        return self._shown

    def _on_runs(self, listed: Listed) -> None:
        if self.sender() is self._listing:
            self._listing = None
            self._runs, interrupted = listed
            self._fill_table()
            self.interruptedFound.emit(interrupted)

    def records(self) -> list[RunRecord]:
        """Every run that is known, the newest first."""
        return self._runs

    def forget(self, run_ids: Collection[str]) -> None:
        """Show nothing more of runs that are gone."""
        if self._shown is not None and self._shown.run.id in run_ids:
            self._clear()
            if not self._is_training:
                self._curves.clear()
                self._progress.show_idle()
        self.load_runs()

    def _fill_table(self) -> None:
        self._table.set_runs(self._runs)
        if self._shown is not None:
            self._table.choose(self._shown.run.id)
        elif self._live_id and self._reading is None:
            self._table.choose(self._live_id)

    def _on_unreadable(self, error: RecognizerError) -> None:
        if self.sender() is self._reading:
            self._clear()
            if not self._is_training:
                self._curves.clear()
                self._progress.show_idle()
            self._session.report(error)

    def _on_run(self, stored: StoredRun) -> None:
        if self.sender() is self._reading:
            self._reading = None
            self._shown = stored
            self._table.choose(stored.run.id)
            self._show()

    def _show(self) -> None:
        stored = self._shown
        if stored is None:
            return
        if not self._is_training:
            self._curves.show_epochs(stored.run.config.epochs, stored.epochs)
            self._show_story(stored)
        self._is_back = False
        self._offer_explanations()
        self._results.show_report(stored.report)
        self.runShown.emit(stored)
        self._show_predictions(stored)

    def set_looking_back(self, is_back: bool) -> None:
        """Leave the results' place to those of an epoch, or show the run's own again."""
        self._is_back = is_back
        self._offer_explanations()
        if not is_back and self._shown is not None:
            self._results.show_report(self._shown.report)
            self._show_predictions(self._shown)

    def _offer_explanations(self) -> None:
        """Only what the model that was kept has read can be explained by it."""
        shown = self._shown
        self._results.strip.set_explainable(shown is not None and shown.model is not None and not self._is_back)

    def _explain(self, sample: JudgedSample) -> None:
        if self._shown is not None and self._shown.model is not None:
            open_explanation(self._session, sample.picture, self._shown.model.id, sample.written, self._table)

    def _show_predictions(self, stored: StoredRun) -> None:
        if stored.predictions is None:
            if stored.report is not None:
                lost = tr("What the model said about each sample is not kept with this run any more")
                self._results.show_predictions(None, None, lost)
            return
        name = stored.run.dataset
        self._results.show_predictions(stored.predictions, None)
        if self._session.dataset(name) is not None or name not in BUILT_IN or is_available(name, self._session.profile):
            self._session.request_dataset(name)
        else:
            missing = tr("The pictures are not on this computer; open the dataset in the Library to download it")
            self._results.show_predictions(stored.predictions, None, missing)
            self.samplesFound.emit(None)

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        known = self._shown.predictions if self._shown is not None else None
        if self._shown is None or known is None or self._shown.run.dataset != name:
            return
        are_there = are_samples_in(self._shown, dataset)
        if not self._is_back:
            missing = "" if are_there else tr("The dataset has changed since this run")
            self._results.show_predictions(known, dataset if are_there else None, missing)
        self.samplesFound.emit(dataset if are_there else None)

    def _on_no_dataset(self, name: str) -> None:
        shown = self._shown
        if shown is not None and shown.predictions is not None and shown.run.dataset == name:
            if not self._is_back:
                self._results.show_predictions(shown.predictions, None, tr("The pictures could not be loaded"))
            self.samplesFound.emit(None)

    def _show_story(self, stored: StoredRun) -> None:
        run = stored.run
        self._progress.show_result(
            None if stored.report is None else stored.report.accuracy,
            basis_words(stored),
            story_words(stored),
            interval=interval_words(stored),
            can_draw=stored.model is not None,
            can_go_on=stored.can_go_on,
        )
        self._progress.setToolTip(run.message)

    def open_samples(self, positions: object, heading: str) -> None:
        """Open samples of the run that is shown, or of the one that goes on, in the Library."""
        if self._shown is not None:
            self._session.samples_requested.emit(self._shown.run.dataset, positions, heading)
        elif self.live.data is not None:
            self._session.samples_requested.emit(self.live.data.name, positions, heading)

    def _draw(self) -> None:
        if self._shown is not None and self._shown.model is not None:
            self._session.model_chosen.emit(self._shown.model.id)

    def _delete(self) -> None:
        """Delete the model that is shown, if the user says so once more."""
        stored = self._shown
        if stored is None or stored.model is None:
            return
        if ask_and_delete(self._session, stored.model, self._table):
            self.show_run(stored.run.id)
