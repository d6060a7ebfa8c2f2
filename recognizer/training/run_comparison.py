"""Runs side by side: which settings differ, which samples one has right and the other wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.evaluation.comparison import PairedComparison, compare_paired
from recognizer.evaluation.figures import Interval, wilson_interval
from recognizer.training.config import FINE_TUNE, TrainingConfig
from recognizer.training.events import EpochMetrics
from recognizer.training.recipe import trace
from recognizer.training.run_keeping import find_run
from recognizer.training.run_records import RunRecord, record_of
from recognizer.training.runs import Predictions, TrainingRun, load_predictions, read_metrics, read_report

_DIGITS = tuple("0123456789")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What two runs said about the samples that both were judged on; all arrays are (n,).

    Attributes:
        positions: int64, in the dataset, ascending.
        truth, first, second: int64, class indices.
        confidence: float32, the second run's probability of what it said.
    """

    positions: NDArray[np.int64]
    truth: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """What parts two runs.

    Attributes:
        first, second: The runs.
        settings: Name and both values of each setting that differs, in the order of `TrainingConfig`.
        accuracies: On the samples that both were judged on, 0 to 1.
        intervals: Wilson's 95 % intervals of them.
        paired: By sample; positions in the dataset.
        answers: What was said of each of these samples.
    """

    first: TrainingRun
    second: TrainingRun
    settings: tuple[tuple[str, Any, Any], ...]
    accuracies: tuple[float, float]
    intervals: tuple[Interval, Interval]
    paired: PairedComparison
    answers: Answers

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with the positions."""
        runs = zip((self.first, self.second), self.accuracies, self.intervals, strict=True)
        return {
            "runs": [
                {"id": run.id, "accuracy": accuracy, "low": interval.low, "high": interval.high}
                for run, accuracy, interval in runs
            ],
            "dataset": self.first.dataset,
            "settings": {name: [first, second] for name, first, second in self.settings},
            **self.paired.to_dict(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the runs that are looked at side by side.

    Attributes:
        record: The run.
        epochs: Its curves.
        labels: Its classes by their indices.
        parameters: Numbers that are learnt, or gathered while learning; None where its network is not known.
        multiplies: Multiplications for one picture, likewise.
    """

    record: RunRecord
    epochs: tuple[EpochMetrics, ...]
    labels: tuple[str, ...]
    parameters: int | None
    multiplies: int | None


def read_sides(profile: Profile, run_ids: Sequence[str]) -> list[Side]:
    """All that can be told of some runs, one by one.

    Raises:
        RecognizerError: One of them cannot be read.
    """
    return [_side(profile, run_id) for run_id in run_ids]


def _side(profile: Profile, run_id: str) -> Side:
    run = find_run(profile, run_id)
    folder = profile.runs / run.id
    report = read_report(folder)
    labels = report.confusion.labels if report is not None else _DIGITS
    parameters = multiplies = None
    if run.config.recipe and run.config.preset != FINE_TUNE:
        try:
            layers = trace(run.config.recipe, len(labels))
        except RecognizerError:
            layers = []
        if layers:
            parameters = sum(layer.parameters for layer in layers)
            multiplies = sum(layer.multiplies for layer in layers)
    return Side(record_of(profile, run), tuple(read_metrics(folder)), labels, parameters, multiplies)


def compare_runs(profile: Profile, first: TrainingRun, second: TrainingRun) -> RunComparison:
    """Compare what two runs said about the samples that both were judged on.

    Raises:
        RecognizerError: They were trained on other datasets, one has no predictions, they share no judged samples, or
            these have other labels now than then.
    """
    pair = (first, second)
    if first.dataset != second.dataset:
        raise RecognizerError(
            tr("The runs are about different data"),
            where=f"{first.dataset}, {second.dataset}",
            fix=tr("Compare runs on the same dataset"),
        )
    said = tuple(load_predictions(profile, run.id) for run in pair)
    shared, places_first, places_second = np.intersect1d(
        said[0].indices, said[1].indices, assume_unique=True, return_indices=True
    )
    names = f"{first.id}, {second.id}"
    if len(shared) == 0:
        raise RecognizerError(
            tr("The runs were judged on different samples"),
            where=names,
            fix=tr("Compare runs with the same division of the data"),
        )
    truth = said[0].truth[places_first]
    if (truth != said[1].truth[places_second]).any():
        raise RecognizerError(
            tr("The labels have changed between the two runs"),
            where=names,
            fix=tr("Train again on the data as it is now"),
        )
    right = (_right(said[0], places_first), _right(said[1], places_second))
    n = len(shared)
    positions = shared.astype(np.int64)
    return RunComparison(
        first,
        second,
        tuple((name, *values) for name, values in differing_settings([run.config for run in pair])),
        (float(right[0].mean()), float(right[1].mean())),
        (wilson_interval(int(right[0].sum()), n), wilson_interval(int(right[1].sum()), n)),
        compare_paired(*right, positions),
        Answers(
            positions,
            truth.astype(np.int64),
            said[0].predicted[places_first].astype(np.int64),
            said[1].predicted[places_second].astype(np.int64),
            said[1].confidence[places_second].astype(np.float32),
        ),
    )


def _right(said: Predictions, places: NDArray[np.intp]) -> NDArray[np.bool_]:
    return said.predicted[places] == said.truth[places]


def differing_settings(configs: Sequence[TrainingConfig]) -> list[tuple[str, tuple[Any, ...]]]:
    """Each setting that is not the same in all of `configs`, with its value in each, in their JSON form."""
    values = [config.to_dict() for config in configs]
    rows = ((name, tuple(one[name] for one in values)) for name in values[0])
    return [(name, row) for name, row in rows if any(each != row[0] for each in row)]
