"""A run as its folder tells it, and what is said of it."""

import logging
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QDateTime, Qt

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.paths import Profile
from recognizer.evaluation.figures import Figures, wilson_interval
from recognizer.evaluation.report import EvaluationReport
from recognizer.gui.widgets.training_progress import time_words
from recognizer.gui.words import dataset_title
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.library.dataset import Dataset
from recognizer.training.checkpoint import has_moment
from recognizer.training.events import EpochMetrics
from recognizer.training.guesses import Guesses
from recognizer.training.run_figures import read_guesses, run_figures
from recognizer.training.run_keeping import read_card
from recognizer.training.run_records import network_title
from recognizer.training.run_robustness import RunRobustness, read_robustness
from recognizer.training.runs import Predictions, TrainingRun, load_predictions, read_metrics, read_report, read_run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class StoredRun:
    """All that the folder of a run tells, its model where it is still there, and whether the run can go on.

    `judged_on` is `test`, `validation` or `train`; figures, guesses and robustness are None where they are not known.
    """

    run: TrainingRun
    epochs: tuple[EpochMetrics, ...]
    report: EvaluationReport | None
    predictions: Predictions | None
    model: ModelRecord | None
    can_go_on: bool = False
    judged_on: str = "test"
    figures: Figures | None = None
    guesses: Guesses | None = None
    robustness: RunRobustness | None = None


def read_stored(profile: Profile, registry: ModelRegistry, run_id: str) -> StoredRun:
    """Read the run `run_id`.

    Raises:
        RecognizerError: It cannot be read.
    """
    folder = profile.runs / run_id
    run = read_run(folder)
    report = read_report(folder)
    model = next((record for record in registry.list() if record.id == run.model_id), None)
    predictions = guesses = figures = None
    if report is not None:
        try:
            predictions = load_predictions(profile, run_id)
        except RecognizerError as error:
            # The report stands on its own; only the samples behind it are lost.
            _log.warning("%s", error)
        else:
            guesses = read_guesses(folder, predictions)
            figures = run_figures(report, predictions, guesses)
    return StoredRun(
        run=run,
        epochs=tuple(read_metrics(folder)),
        report=report,
        predictions=predictions,
        model=model,
        can_go_on=can_go_on(profile, run),
        judged_on=str(read_card(folder).get("judged_on", "test")),
        figures=figures,
        guesses=guesses,
        robustness=read_robustness(folder),
    )


def can_go_on(profile: Profile, run: TrainingRun) -> bool:
    """Whether the run was interrupted and has written down where it was."""
    return run.state == "interrupted" and has_moment(profile.runs / run.id)


def are_samples_in(stored: StoredRun, dataset: Dataset) -> bool:
    """Whether the samples that a run was judged on are in `dataset` with the labels that they had."""
    known, report = stored.predictions, stored.report
    if known is None or report is None or known.indices.max(initial=-1) >= len(dataset):
        return False
    # By name: a model that was trained further counts its classes otherwise than the user's handwriting.
    names = report.confusion.labels
    places = np.array([names.index(name) if name in names else -1 for name in dataset.label_set.names], np.int64)
    return np.array_equal(places[dataset.labels[known.indices]], known.truth)


def basis_words(stored: StoredRun) -> str:
    """What the accuracy was measured on; what happened instead where there is none."""
    run, report = stored.run, stored.report
    if report is None:
        instead = {
            "failed": tr("The run failed"),
            "cancelled": tr("The run was stopped before there was a model to keep"),
            "running": tr("The run goes on in another window"),
        }
        return instead.get(run.state, tr("The run was interrupted: the program ended before it did"))
    if stored.judged_on == "validation":
        return ntr(
            "of {n} validation sample read rightly; the data has no test split",
            "of {n} validation samples read rightly; the data has no test split",
            report.n,
        )
    if stored.judged_on == "train":
        return ntr(
            "of {n} training sample read rightly; the data has nothing else to judge by",
            "of {n} training samples read rightly; the data has nothing else to judge by",
            report.n,
        )
    return ntr("of {n} test sample read rightly", "of {n} test samples read rightly", report.n)


def interval_words(stored: StoredRun) -> str:
    """Where the true accuracy most probably lies; empty where the run was not judged."""
    if stored.report is None:
        return ""
    found = wilson_interval(int(stored.report.confusion.counts.trace()), stored.report.n)
    return tr("{low} to {high} %", low=f"{100 * found.low:.1f}", high=f"{100 * found.high:.1f}")


def story_words(stored: StoredRun) -> str:
    """Model, data, epochs and time of a run."""
    run = stored.run
    if run.epochs == run.config.epochs:
        epochs = ntr("{n} epoch", "{n} epochs", run.epochs)
    else:
        epochs = tr("{epochs} of {planned} epochs", epochs=run.epochs, planned=run.config.epochs)
    parts = [network_title(run.config.preset), dataset_title(run.dataset, run.dataset_title), epochs]
    best = stored.model.card.get("training", {}).get("best_epoch") if stored.model is not None else None
    if isinstance(best, int) and best > 0:
        parts.append(tr("best after epoch {epoch}", epoch=best))
    if run.seconds >= 1:
        parts.append(time_words(run.seconds))
    if run.message:
        parts.append(run.message.splitlines()[0])
    return " · ".join(parts)


def local_date(text: str) -> str:
    """A time in ISO 8601 as the clock here shows it."""
    moment = QDateTime.fromString(text, Qt.DateFormat.ISODate)
    return moment.toLocalTime().toString("yyyy-MM-dd HH:mm") if moment.isValid() else text
