"""The Train page: watch a network learn, and see what it gets wrong."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.pages.run_figures import RunFigures
from recognizer.gui.pages.run_keeper import RunKeeper
from recognizer.gui.pages.run_viewer import RunViewer
from recognizer.gui.pages.stored_run import local_date
from recognizer.gui.pages.time_machine import TimeMachine
from recognizer.gui.pages.train_run import MOST_WAITING, RunDesk, State
from recognizer.gui.session import Session
from recognizer.gui.widgets.asking import ask
from recognizer.gui.widgets.basics import GAP, Button, Card, Page
from recognizer.gui.widgets.epoch_slider import EpochSlider
from recognizer.gui.widgets.fine_tune_card import FineTuneCard
from recognizer.gui.widgets.learning_curves import LearningCurveView
from recognizer.gui.widgets.run_interrupted import InterruptedBanner
from recognizer.gui.widgets.run_queue import RunQueue
from recognizer.gui.widgets.run_results import CardPair, RunResults
from recognizer.gui.widgets.run_table import RunTable
from recognizer.gui.widgets.runs_card import RunsCard
from recognizer.gui.widgets.training_panel import TrainingPanel
from recognizer.gui.widgets.training_progress import TrainingProgress
from recognizer.gui.words import dataset_title
from recognizer.inference.registry import ModelRecord
from recognizer.library import uci
from recognizer.library.dataset import Dataset, Split
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.library.store import tables
from recognizer.training.config import TrainingConfig
from recognizer.training.finetune import can_be_tuned, origin
from recognizer.training.networks import list_networks
from recognizer.training.run_records import network_title
from recognizer.training.runs import TrainingRun

_PROGRESS: Final = 76
"""The height of the card with the progress, logical pixels."""
_DIGITS: Final = 10
_TALL: Final = 1150
"""From this height on, the report and the runs are in sight as well."""
_BELOW: Final = 384
_SLIDER: Final = 38
"""The height of the slider with the space above it."""
_NARROW: Final = 640
"""Up to this width the results need more height."""
_PEEK: Final = 26
"""So much of the report shows that there is more below."""


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
        free = height - _PROGRESS - _SLIDER - below - 3 * GAP
        curves = max(round(0.36 * free), self._curves.minimumSizeHint().height(), 176)
        self._curves.setFixedHeight(curves)
        least = 336 if self.viewport().width() > _NARROW else 420
        self._results.setFixedHeight(max(free - curves, least))
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
        self.panel = TrainingPanel()
        self.queue = RunQueue()
        self.runs_button = Button("down", role="flat")
        self.own_card = FineTuneCard()
        self.progress = TrainingProgress()
        self.curves = LearningCurveView()
        self.results = RunResults()
        self.runs = RunTable()
        self._viewer = RunViewer(session, self.progress, self.curves, self.results, self.runs, self)
        self.epochs = EpochSlider()
        self.machine = TimeMachine(session, self.epochs, self.curves, self.results, self._viewer.live, self)
        self._viewer.runShown.connect(self.machine.show_run)
        self.machine.lookedBack.connect(self._viewer.set_looking_back)
        self.figures = RunFigures(session, self)
        self._viewer.runShown.connect(self.figures.show_run)
        self._viewer.samplesFound.connect(self.figures.set_dataset)
        self.figures.samplesRequested.connect(self._viewer.open_samples)
        self.interrupted = InterruptedBanner()
        self._desk = RunDesk(session, self.progress, self.curves, self._viewer, self)
        self._told: set[str] = set()
        self._interrupted_run: TrainingRun | None = None
        self._report_card, self.runs_card = Card(), RunsCard(self.runs)
        self._keeper = RunKeeper(session, self._viewer, self.runs_card, self.panel, self)
        self._lay_out()
        self.panel.startRequested.connect(self._desk.start)
        self.panel.stopRequested.connect(self._desk.stop)
        self.panel.pauseRequested.connect(self._desk.pause)
        self.panel.resumeRequested.connect(self._desk.resume)
        self.panel.discardRequested.connect(self._discard)
        self.queue.withdrawn.connect(self._desk.withdraw)
        self.panel.datasetChanged.connect(self._check_availability)
        self.panel.layersRequested.connect(self._open_layers)
        self.panel.amountsRequested.connect(self._open_amounts)
        self._desk.changed.connect(self._on_state)
        self._viewer.interruptedFound.connect(self._offer_to_go_on)
        self.interrupted.goOnRequested.connect(self._go_on_with_newest)
        self.progress.goOnRequested.connect(self._go_on_with_shown)
        session.dataset_loaded.connect(self._on_dataset)
        session.dataset_chosen.connect(self._follow_dataset)
        session.library_changed.connect(self._show_own)
        session.models_changed.connect(self._show_own)
        self.own_card.wanted.connect(self._start_fine_tuning)
        self.own_card.shippedWanted.connect(self._draw_with_shipped)
        self.panel.choose_dataset(session.settings.get("dataset"))
        self.retranslate()

    def _lay_out(self) -> None:
        self._report_card.body.addWidget(self.results.report, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(GAP)
        column.addWidget(self.progress)
        curves = QVBoxLayout()
        curves.setSpacing(8)
        curves.addWidget(self.curves)
        curves.addWidget(self.epochs)
        column.addLayout(curves)
        column.addWidget(self.results)
        column.addWidget(CardPair(self._report_card, self.figures.calibration, 900))
        column.addWidget(self.figures.robustness)
        column.addWidget(self.runs_card, 1)
        area = self._column = _Column(self.progress, self.curves, self.results)
        area.setWidget(content)
        self.runs_button.setObjectName("runsButton")
        self.runs_button.set_keys("Ctrl+R")
        self.runs_button.clicked.connect(self._go_to_runs)
        self.tools.addWidget(self.runs_button)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(self.panel, 1)
        left.addWidget(self.queue)
        self.queue.setFixedWidth(self.panel.width())
        left.addWidget(self.own_card)
        self.own_card.setFixedWidth(self.panel.width())
        row.addLayout(left)
        row.addWidget(area, 1)
        self.body.addWidget(self.interrupted)
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
        self.runs_button.set_texts(tr("All runs"), tr("Go to the table of all runs: look at them again, compare them"))
        for part in (
            self.panel,
            self.queue,
            self.own_card,
            self.progress,
            self.curves,
            self.epochs,
            self.results,
            self.runs_card,
            self._keeper,
            self.interrupted,
        ):
            part.retranslate()
        self.figures.retranslate()
        self._viewer.retranslate()
        self.machine.retranslate()
        self._name_interrupted()

    def shown(self) -> None:
        """Make the plots and read the runs, which takes a moment, when they are first wanted."""
        self.curves.prepare()
        self.machine.refresh()
        self._check_availability(self.panel.dataset_name())
        self._viewer.load_runs()
        self._load_networks()
        self._show_own()

    def _go_to_runs(self) -> None:
        """Bring the table of all runs in sight, ready for keys."""
        self._column.ensureWidgetVisible(self.runs_card)
        self.runs.setFocus()

    def show_run(self, run_id: str) -> None:
        """Show a stored run's curves and results; while another one goes on, its results alone."""
        self._viewer.show_run(run_id)

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
        self.panel.set_classes(self._classes_of(self.panel.dataset_name()))
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
        return self._desk.busy_with()

    def _on_state(self) -> None:
        desk = self._desk
        is_running = desk.state is not State.IDLE
        self.panel.set_running(
            is_running,
            is_stopping=desk.state is State.STOPPING,
            can_pause=desk.can_pause,
            is_paused=desk.is_paused,
        )
        self.panel.buttons.set_room(len(desk.waiting) < MOST_WAITING)
        self.queue.set_runs([desk.subject(name, config) for name, config in desk.waiting])
        self.own_card.set_running(is_running)
        self.interrupted.set_running(is_running)

    def _discard(self) -> None:
        """End the run and leave nothing of it, if the user says so once more."""
        what = tr("Discard this run?")
        detail = tr("It ends, and its curves and weights are deleted; they cannot be brought back.")
        if ask(self, "discardRunQuestion", what, detail, tr("Discard"), tr("Go on")):
            self._desk.discard()

    # Data

    def _check_availability(self, name: str) -> None:
        self.panel.set_needs_download(name in BUILT_IN and not is_available(name, self._session.profile))
        self.panel.set_classes(self._classes_of(name))

    def _classes_of(self, name: str) -> int:
        """How many classes the dataset `name` has; as many as there are digits where that is not known yet."""
        dataset, library = self._session.dataset(name), self._session.library
        if dataset is not None:
            return len(dataset.label_set)
        if name in BUILT_IN and name != OWN:
            return _DIGITS
        try:
            record = library.find_record(name)
        except RecognizerError:
            record = None
        return len(library.names.classes_of(record.id)) or _DIGITS if record is not None else _DIGITS

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        if name == self.panel.dataset_name():
            self._check_availability(name)

    # The network and the variations

    def _load_networks(self) -> None:
        """Offer the user's networks; a damaged file is said once."""
        networks, problems = list_networks(self._session.profile)
        self.panel.preset.set_networks(networks)
        for problem in problems:
            if problem.where not in self._told:
                self._told.add(problem.where)
                self._session.report(problem)

    def _open_layers(self) -> None:
        from recognizer.gui.dialogs.layer_editor import LayerEditor

        try:
            settings = self.panel.config().to_dict()
        except RecognizerError:
            settings = TrainingConfig().to_dict()
        chooser = self.panel.preset
        name = self.panel.dataset_name()
        editor = LayerEditor(
            self._session, chooser.recipe(), chooser.name(), self._classes_of(name), settings, self.window()
        )
        editor.networksChanged.connect(self._load_networks)
        editor.chosen.connect(chooser.use)
        editor.open()

    def _open_amounts(self) -> None:
        from recognizer.gui.dialogs.augmentation_dialog import AugmentationDialog

        name = self.panel.dataset_name()
        if not self.panel.dataset.has_pictures():
            # There is nothing of its own to show.
            name = uci.NAME
        dialog = AugmentationDialog(self._session, self.panel.amounts(), name, self.window())
        dialog.chosen.connect(self.panel.set_amounts)
        dialog.open()

    # Training further

    def _start_fine_tuning(self) -> None:
        record = self._drawn_with()
        if record is not None:
            self._desk.fine_tune(record.id)

    def _draw_with_shipped(self) -> None:
        shipped = next((record for record in self._session.registry.list() if record.is_shipped), None)
        if shipped is not None:
            self._session.model_chosen.emit(shipped.id)

    # Going on

    def _offer_to_go_on(self, run: TrainingRun | None) -> None:
        self._interrupted_run = run
        self._name_interrupted()

    def _name_interrupted(self) -> None:
        run = self._interrupted_run
        if run is None:
            self.interrupted.set_run("")
            return
        what = f"{network_title(run.config.preset)} · {dataset_title(run.dataset, run.dataset_title)}"
        self.interrupted.set_run(run.id, local_date(run.started), what, run.epochs, run.config.epochs)

    def _go_on_with_newest(self, run_id: str) -> None:
        if self._interrupted_run is not None:
            self._desk.go_on(run_id, self._interrupted_run.dataset)

    def _go_on_with_shown(self) -> None:
        stored = self._viewer.shown()
        if stored is not None:
            self._desk.go_on(stored.run.id, stored.run.dataset)
