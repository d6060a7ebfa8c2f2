"""What the figures of a stored run are worth: its interval, its second guesses, how sure it is and how often right."""

import logging
from pathlib import Path

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.evaluation.figures import Figures, figures_of
from recognizer.evaluation.report import EvaluationReport
from recognizer.training.guesses import Guesses, load_guesses
from recognizer.training.runs import Predictions, load_predictions

_log = logging.getLogger(__name__)


def read_guesses(folder: Path, predictions: Predictions) -> Guesses | None:
    """The guesses of the run in `folder`; None where older versions have kept none, or they are damaged."""
    try:
        return load_guesses(folder, len(predictions.truth))
    except RecognizerError as error:
        # All but the second guess is known without them.
        _log.warning("%s", error)
        return None


def read_figures(profile: Profile, run_id: str, report: EvaluationReport) -> Figures | None:
    """The figures of the run `run_id`; None where what its model said of each sample is lost."""
    try:
        predictions = load_predictions(profile, run_id)
    except RecognizerError as error:
        _log.warning("%s", error)
        return None
    return run_figures(report, predictions, read_guesses(profile.runs / run_id, predictions))


def run_figures(report: EvaluationReport, predictions: Predictions, guesses: Guesses | None) -> Figures:
    """The figures of a run.

    Args:
        report: What its folder tells.
        predictions: What its model said of each sample.
        guesses: The best classes of each, where they are known.
    """
    truth = predictions.truth
    is_right = predictions.predicted == truth
    top2 = float(guesses.is_within(truth).mean()) if guesses is not None and len(truth) else None
    return figures_of(report, predictions.confidence, is_right, top2)
