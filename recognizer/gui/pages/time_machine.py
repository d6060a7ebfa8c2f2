"""Goes back through the epochs of a run: curves, matrix, samples, filters and the reading of the ink, together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.pages.live_results import LiveResults, show_answers
from recognizer.gui.pages.stored_run import StoredRun
from recognizer.gui.session import Session
from recognizer.gui.widgets.epoch_slider import RESULT, EpochSlider
from recognizer.gui.widgets.learning_curves import LearningCurveView
from recognizer.gui.widgets.run_results import RunResults
from recognizer.gui.workers.task import Task
from recognizer.library.dataset import Dataset
from recognizer.library.sources import BUILT_IN, is_available
from recognizer.training.events import EpochJudged, EpochMetrics
from recognizer.training.lookback import Look, Lookback, best_epoch


@dataclass(slots=True, eq=False)
class _Run:
    """The run that is gone back through; `lookback` is made when it is first needed, in a thread."""

    run_id: str
    dataset: str
    labels: tuple[str, ...]
    planned: int
    metrics: list[EpochMetrics]
    has_result: bool
    is_live: bool = False
    best: int = 0
    lookback: Lookback | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A look at a run with what was given to it to read, and what that is called."""

    run: _Run
    lookback: Lookback
    look: Look
    picture: NDArray[np.uint8] | None
    source: str
    is_ink: bool


class TimeMachine(QObject):
    """Moves everything that is shown of a run to the epoch of the slider.

    Signals:
        lookedBack: Whether an epoch's answers stand now where those of the finished model were; when not, these are
            to be shown again.

    Args:
        session: Knows the runs, the datasets, and the ink on the canvas.
        slider: Moves it.
        curves, results: What is moved.
        live: The results of a run that goes on.
        parent: Owns it.
    """

    lookedBack = Signal(bool)

    def __init__(
        self,
        session: Session,
        slider: EpochSlider,
        curves: LearningCurveView,
        results: RunResults,
        live: LiveResults,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._slider, self._curves, self._results, self._live = session, slider, curves, results, live
        self._run: _Run | None = None
        self._task: Task | None = None
        self._is_wanted = False
        self._is_back = False
        self._sample: tuple[NDArray[np.uint8], str] | None = None
        slider.chosen.connect(self._on_chosen)
        curves.epochPicked.connect(self._on_picked)
        results.insideWanted.connect(self._request)
        live.began.connect(self._begin_live)
        live.epochEnded.connect(self._on_epoch)
        live.weightsSaved.connect(self._on_weights)
        live.ended.connect(self._end_live)
        session.ink_changed.connect(self.refresh)
        session.dataset_loaded.connect(self._on_dataset)
        self._show_nothing()

    # Which run

    def show_run(self, stored: StoredRun | None) -> None:
        """Go back through a run of the past; with None, through the one that goes on, if there is one."""
        if stored is None:
            if self._live.run_id:
                self._begin_live()
            else:
                self._show_nothing()
            return
        run = stored.run
        labels: tuple[str, ...] = ()
        if stored.report is not None:
            labels = stored.report.confusion.labels
        elif (data := self._session.dataset(run.dataset)) is not None:
            labels = data.label_set.names
        kept = stored.model.card.get("training", {}).get("best_epoch") if stored.model is not None else None
        best = kept if isinstance(kept, int) else best_epoch(list(stored.epochs))
        metrics = list(stored.epochs)
        self._set_run(
            _Run(run.id, run.dataset, labels, run.config.epochs, metrics, stored.report is not None, best=best)
        )
        if not metrics:
            self._say_no_epochs()
        if stored.report is None and metrics:
            # There is no other result: its last epoch says most.
            self._ask_for_pictures(run.dataset)
            self._move()

    def _begin_live(self) -> None:
        live, metrics = self._live, list(self._curves.metrics())
        if live.data is None or not live.run_id:
            return
        run = _Run(live.run_id, live.data.name, live.data.label_set.names, live.epochs, metrics, False, is_live=True)
        run.best = best_epoch(metrics)
        live.set_following(True)
        self._set_run(run)

    def _set_run(self, run: _Run) -> None:
        self._run, self._is_back, self._sample = run, False, None
        epochs = [each.epoch for each in run.metrics]
        self._slider.set_run(epochs, run.planned, run.best, has_result=run.has_result, is_live=run.is_live)
        self._results.inside.reset()
        self._results.refresh_inside()
        self._mark()
        self._request()

    def _show_nothing(self) -> None:
        self._run, self._is_back = None, False
        self._slider.clear(tr("The slider goes back through the epochs of a run"))
        self._curves.set_marked(None)
        self._results.inside.reset()
        self._results.refresh_inside()

    def _end_live(self) -> None:
        if self._run is not None and self._run.is_live:
            self._show_nothing()

    # Where in it

    def epoch(self) -> int:
        """The epoch whose network is looked at; 0 where there is none."""
        if self._run is None:
            return 0
        epoch = self._slider.epoch()
        return self._run.best if epoch == RESULT else epoch

    def refresh(self) -> None:
        """Look again, if that can be seen: the ink is another one."""
        if self._results.isVisible():
            self._request()

    def retranslate(self) -> None:
        """Say everything anew in the current language."""
        if self._run is None:
            self._show_nothing()
        elif not self._run.is_live and not self._run.metrics:
            self._say_no_epochs()
        else:
            self.refresh()

    def _say_no_epochs(self) -> None:
        why = tr("This run has no epochs to go back through")
        self._slider.clear(why)
        self._results.inside.reset(why)

    def _on_picked(self, epoch: int) -> None:
        if self._run is not None and self._moves_curves():
            self._slider.go_to(epoch)

    def _on_chosen(self, epoch: int) -> None:
        self._move()

    def _move(self) -> None:
        """Go where the slider stands."""
        run = self._run
        if run is None:
            return
        was_back, self._is_back = self._is_back, self._slider.epoch() != RESULT and not self._is_following()
        self._mark()
        if run.is_live:
            self._live.set_following(not self._is_back)
        elif was_back != self._is_back:
            self.lookedBack.emit(self._is_back)
        self._request()

    def _is_following(self) -> bool:
        return self._run is not None and self._run.is_live and self._slider.is_at_end()

    def _moves_curves(self) -> bool:
        """Whether the curves are those of this run: while one goes on, they stay its own."""
        return self._run is not None and (self._run.is_live or not self._live.run_id)

    def _mark(self) -> None:
        if self._moves_curves():
            self._curves.set_marked(None if self._is_following() else self.epoch() or None)
        else:
            self._curves.set_marked(None)

    def _on_epoch(self, metrics: EpochMetrics) -> None:
        run = self._run
        if run is None or not run.is_live:
            return
        run.metrics = [each for each in run.metrics if each.epoch < metrics.epoch] + [metrics]
        run.best = best_epoch(run.metrics)
        self._slider.add_epoch(metrics.epoch, run.best)

    def _on_weights(self, epoch: int) -> None:
        if self._is_following():
            self._request()

    # Looking

    def _request(self) -> None:
        """Look as soon as the look before has ended; only the newest place counts."""
        self._is_wanted = True
        if self._task is None:
            self._start()

    def _start(self) -> None:
        run, epoch = self._run, self.epoch()
        self._is_wanted = False
        is_inside = self._results.is_inside()
        if run is None or not epoch or not (is_inside or self._is_back):
            return
        folder = self._session.profile.runs / run.run_id
        picture, source = self._picture()
        wanted = picture if is_inside else None

        known, is_ink = run.lookback, picture is self._session.ink_picture

        def work(progress: ProgressCallback, token: CancellationToken) -> _Found:
            lookback = known or Lookback(folder)
            return _Found(run, lookback, lookback.look(epoch, wanted), wanted, source, is_ink)

        self._task = Task(work, self)
        self._task.succeeded.connect(self._on_look)
        self._task.failed.connect(self._on_no_look)
        self._task.finished.connect(self._task.deleteLater)
        self._session.start(self._task)

    def _picture(self) -> tuple[NDArray[np.uint8] | None, str]:
        """What is given to the network to read, and what it is called: the ink, else a sample that was read wrong."""
        if self._session.ink_picture is not None:
            return self._session.ink_picture, tr("your ink")
        samples = self._results.strip.samples()
        if self._sample is None and samples:
            self._sample = samples[0].picture, samples[0].written
        if self._sample is None:
            return None, ""
        return self._sample[0], tr("sample: {label}", label=self._sample[1])

    def _on_look(self, found: _Found) -> None:
        if self.sender() is not self._task:
            return
        self._task = None
        run, look = found.run, found.look
        run.lookback = found.lookback
        if run is self._run:
            if self._is_back and look.epoch == self.epoch():
                self._show_answers(run, look.answers)
            if self._results.is_inside():
                note = "" if found.is_ink else tr("Draw on the Draw page to see your own ink")
                self._results.inside.show_look(look, run.labels, found.picture, found.source, note)
                self._results.refresh_inside()
        if self._is_wanted:
            self._start()

    def _on_no_look(self, error: RecognizerError) -> None:
        if self.sender() is not self._task:
            return
        self._task = None
        self._results.inside.reset(str(error))
        self._results.refresh_inside()
        if self._is_back:
            self._results.show_report(None)
            self._results.set_note(str(error))
        if self._is_wanted:
            self._start()

    def _show_answers(self, run: _Run, answers: EpochJudged | None) -> None:
        if answers is None or not len(answers.indices):
            self._results.show_report(None)
            self._results.set_note(tr("What was said of each sample after this epoch is not kept with the run"))
            return
        most = int(max(answers.truth.max(), answers.predicted.max())) + 1
        labels = run.labels if most <= len(run.labels) else tuple(map(str, range(most)))
        data = self._session.dataset(run.dataset)
        missing = ""
        if data is not None and not _is_of(answers, data):
            data, missing = None, tr("The dataset has changed since this run")
        elif data is None and not self._can_load(run.dataset):
            missing = tr("The pictures are not on this computer; open the dataset in the Library to download it")
        show_answers(self._results, answers, labels, run.planned, data, missing)

    def _can_load(self, name: str) -> bool:
        return name not in BUILT_IN or is_available(name, self._session.profile)

    def _ask_for_pictures(self, name: str) -> None:
        if self._session.dataset(name) is not None or self._can_load(name):
            self._session.request_dataset(name)

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        run = self._run
        if run is not None and run.dataset == name:
            run.labels = run.labels or dataset.label_set.names
            if self._is_back or self._results.inside.look() is None or self._sample is None:
                self._request()


def _is_of(answers: EpochJudged, data: Dataset) -> bool:
    """Whether the samples are still where they were."""
    return int(answers.indices.max()) < len(data) and np.array_equal(data.labels[answers.indices], answers.truth)
