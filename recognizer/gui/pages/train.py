"""The Train page: watch a network learn, and see what it gets wrong."""

from enum import Enum, auto
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.pages.run_viewer import RunViewer
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Page
from recognizer.gui.widgets.fine_tune_card import FineTuneCard
from recognizer.gui.widgets.learning_curves import LearningCurveView
from recognizer.gui.widgets.run_results import CardPair, RunResults
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.widgets.training_panel import TrainingPanel
from recognizer.gui.widgets.training_progress import TrainingProgress
from recognizer.gui.workers.training_worker import FineTuningWorker, RunWorker, TrainingWorker
from recognizer.inference.registry import ModelRecord
from recognizer.library.dataset import Dataset, Split
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.library.store import tables
from recognizer.training.config import TrainingConfig
from recognizer.training.events import BatchProgress, EpochEnded, RunBegan, RunEnded, StageBegan, TrainingEvent
from recognizer.training.finetune import FineTuneRecipe, can_be_tuned, origin

_PROGRESS: Final = 76
"""The height of the card with the progress, logical pixels."""
_TALL: Final = 1150
"""From this height on, the report and the runs are in sight as well."""
_BELOW: Final = 384
_PEEK: Final = 26
"""So much of the report shows that there is more below."""


class _State(Enum):
    IDLE = auto()
    LOADING = auto()
    """The dataset is on its way."""
    TRAINING = auto()
    STOPPING = auto()


class _Column(QScrollArea):
    """Scrolls; gives curves and results the height that is in sight, and the rest below where the window is tall."""

    def __init__(self, progress: QWidget, curves: QWidget, results: QWidget) -> None:
        super().__init__()
        self._progress, self._curves, self._results = progress, curves, results
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the height."""
        height = self.viewport().height()
        below = _BELOW if height > _TALL else _PEEK
        free = height - _PROGRESS - below - 3 * GAP
        curves = max(round(0.36 * free), self._curves.minimumSizeHint().height(), 176)
        self._curves.setFixedHeight(curves)
        self._results.setFixedHeight(max(free - curves, 336))
        super().resizeEvent(event)


class TrainPage(Page):
    """The form at the left; progress, curves, results and runs at the right.

    Args:
        session: What the pages share.
    """

    icon_name = "train"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._state = _State.IDLE
        self._epoch = self._epochs = 0
        self._run_id = ""
        self._worker: RunWorker | None = None
        self._wanted: tuple[str, TrainingConfig] | None = None
        self._is_my_loading = False
        self.panel = TrainingPanel()
        self.own_card = FineTuneCard()
        self.progress = TrainingProgress()
        self.curves = LearningCurveView()
        self.results = RunResults()
        self.runs = RunTable()
        self._viewer = RunViewer(session, self.progress, self.curves, self.results, self.runs, self)
        self._report_card, self._runs_card = Card(), Card()
        self._lay_out()
        self.panel.startRequested.connect(self._start)
        self.panel.stopRequested.connect(self._stop)
        self.panel.datasetChanged.connect(self._check_availability)
        session.dataset_progressed.connect(self._on_dataset_progress)
        session.dataset_loaded.connect(self._on_dataset)
        session.dataset_failed.connect(self._on_no_dataset)
        session.dataset_cancelled.connect(self._on_no_dataset)
        session.dataset_chosen.connect(self._follow_dataset)
        session.library_changed.connect(self._show_own)
        session.models_changed.connect(self._show_own)
        self.own_card.wanted.connect(self._start_fine_tuning)
        self.own_card.shippedWanted.connect(self._draw_with_shipped)
        self.panel.choose_dataset(session.settings.get("dataset"))
        self.retranslate()

    def _lay_out(self) -> None:
        self._report_card.body.addWidget(self.results.report, 1)
        self._runs_card.body.addWidget(self.runs, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(GAP)
        column.addWidget(self.progress)
        column.addWidget(self.curves)
        column.addWidget(self.results)
        column.addWidget(CardPair(self._report_card, self._runs_card, 900), 1)
        area = _Column(self.progress, self.curves, self.results)
        area.setWidget(content)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(self.panel, 1)
        left.addWidget(self.own_card)
        self.own_card.setFixedWidth(self.panel.width())
        row.addLayout(left)
        row.addWidget(area, 1)
        self.body.addLayout(row, 1)

    # The page in the window

    def name(self) -> str:
        """The page's short name."""
        return tr("Train")

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Train"))
        self.subtitle.setText(tr("Watch a network learn. Nothing is lost if you stop or close."))
        self._report_card.set_heading(tr("By class"))
        self._runs_card.set_heading(tr("Runs"))
        for part in (self.panel, self.own_card, self.progress, self.curves, self.results, self.runs):
            part.retranslate()
        self._viewer.retranslate()

    def shown(self) -> None:
        """Make the plots and read the runs, which takes a moment, when they are first wanted."""
        self.curves.prepare()
        self._check_availability(self.panel.dataset_name())
        self._viewer.load_runs()
        self._show_own()

    def _show_own(self) -> None:
        """Say how much handwriting there is, and which model could learn from it; while the page is open."""
        if not self.isVisible():
            return
        session = self._session
        try:
            counts = tables.split_counts(session.library)
            records = {record.name: record.title for record in session.library.records()}
        except RecognizerError as error:
            self.own_card.set_count(0, str(error))
        else:
            self.own_card.set_count(sum(counts.get(OWN, {}).values()))
            self.panel.set_library({name: (records[name], n[Split.TRAIN], n[Split.TEST]) for name, n in counts.items()})
        chosen = self._drawn_with()
        record = origin(session.registry, chosen) if chosen is not None else None
        self.own_card.set_model(
            record.title if record else "",
            can_be_tuned=record is not None and can_be_tuned(record),
            can_revert=chosen is not None and not chosen.is_shipped,
        )

    def _drawn_with(self) -> ModelRecord | None:
        """The model of the Draw page."""
        wanted, records = self._session.settings.get("model"), self._session.registry.list()
        return next((record for record in records if record.id == wanted), records[0] if records else None)

    def _follow_dataset(self, name: str) -> None:
        if not self.busy_with():
            self.panel.choose_dataset(name)

    def busy_with(self) -> str:
        """What closing would interrupt."""
        if self._state in (_State.IDLE, _State.LOADING):
            return ""
        if not self._epochs:
            return tr("A model is being trained.")
        return tr("A model is being trained: epoch {epoch} of {epochs}.", epoch=self._epoch, epochs=self._epochs)

    # Starting and stopping

    def _check_availability(self, name: str) -> None:
        self.panel.set_needs_download(name in BUILT_IN and not is_available(name, self._session.profile))

    def _start(self, name: str, config: TrainingConfig) -> None:
        if self._state is not _State.IDLE:
            return
        self._wanted = (name, config)
        self._epoch = self._epochs = 0
        self._run_id = ""
        self._set_state(_State.LOADING)
        self._viewer.training_began()
        self.curves.clear(config.epochs)
        self.progress.show_stage(tr("Loading the samples…"))
        self._is_my_loading = self._session.dataset(name) is None and not self._session.is_loading(name)
        self._session.request_dataset(name)

    def _on_dataset_progress(self, name: str, done: int, total: int, message: str) -> None:
        if self._state is _State.LOADING and self._wanted is not None and name == self._wanted[0]:
            self.progress.show_stage(message, done, total)

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        if self._state is not _State.LOADING or self._wanted is None or name != self._wanted[0]:
            return
        self._check_availability(self.panel.dataset_name())
        self.progress.show_stage(tr("Loading TensorFlow…"))
        self._run(TrainingWorker(self._session.profile, self._wanted[1], dataset, self))

    def _start_fine_tuning(self) -> None:
        record = self._drawn_with()
        if self._state is not _State.IDLE or record is None:
            return
        self._epoch = self._epochs = 0
        self._run_id = ""
        self._viewer.training_began()
        self.curves.clear(FineTuneRecipe().epochs)
        self.progress.show_stage(tr("Reading your handwriting…"))
        # What is tuned is the model that it comes from, however often.
        self._run(FineTuningWorker(self._session.profile, record.id, self))

    def _draw_with_shipped(self) -> None:
        shipped = next((record for record in self._session.registry.list() if record.is_shipped), None)
        if shipped is not None:
            self._session.model_chosen.emit(shipped.id)

    def _run(self, worker: RunWorker) -> None:
        worker.happened.connect(self._on_event)
        worker.ended.connect(self._on_ended)
        worker.failed.connect(self._on_failed)
        worker.cancelled.connect(self._on_cancelled)
        worker.finished.connect(worker.deleteLater)
        self._worker = worker
        self._set_state(_State.TRAINING)
        self._session.start(worker)

    def _on_no_dataset(self, name: str) -> None:
        if self._state is _State.LOADING and self._wanted is not None and name == self._wanted[0]:
            self._end()

    def _stop(self) -> None:
        if self._state is _State.LOADING and self._wanted is not None:
            name = self._wanted[0]
            self._end()
            if self._is_my_loading:
                self._session.cancel_dataset(name)
        elif self._state is _State.TRAINING and self._worker is not None:
            self._worker.cancel()
            if not self._epochs:
                # Nothing has been learned, and an import cannot be interrupted: it ends unattended.
                self._end()
            else:
                self._set_state(_State.STOPPING)
                self.progress.show_stopping(tr("Stopping…"))

    def _set_state(self, state: _State) -> None:
        self._state = state
        self.panel.set_running(state is not _State.IDLE, is_stopping=state is _State.STOPPING)
        self.own_card.set_running(state is not _State.IDLE)

    def _end(self, run_id: str = "") -> None:
        self._worker = None
        self._wanted = None
        self._set_state(_State.IDLE)
        self._viewer.training_ended(run_id)

    # What the worker tells

    def _on_event(self, event: TrainingEvent) -> None:
        if self.sender() is not self._worker:
            return
        match event:
            case StageBegan():
                if self._state is _State.TRAINING or self._epochs:
                    self.progress.show_stage(f"{event.message}…")
            case RunBegan():
                self._epoch, self._epochs, self._run_id = 1, event.epochs, event.run_id
                self.curves.clear(event.epochs)
                if self._state is _State.TRAINING:
                    self.progress.begin(event.epochs)
            case BatchProgress():
                self._epoch = event.epoch
                self.curves.add_batch(event)
                if self._state is _State.TRAINING:
                    self.progress.show_batch(event)
            case EpochEnded():
                self.curves.add_epoch(event.metrics)

    def _on_ended(self, event: RunEnded) -> None:
        self._session.models_changed.emit(event.model_id)
        if self.sender() is self._worker:
            self._end(event.run_id)
        else:
            self._viewer.load_runs()

    def _on_failed(self, error: RecognizerError) -> None:
        if self.sender() is self._worker:
            # What the run has left, its curves and how it ended, stays in sight.
            is_kept = bool(self._run_id) and (self._session.profile.runs / self._run_id).is_dir()
            self._end(self._run_id if is_kept else "")
            self._session.report(error)

    def _on_cancelled(self) -> None:
        if self.sender() is self._worker:
            self._end()
        else:
            self._viewer.load_runs()
