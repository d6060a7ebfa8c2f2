"""Two runs side by side: which settings differ, which samples one has right and the other wrong."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.evaluation.comparison import PairedComparison, compare_paired
from recognizer.evaluation.figures import Interval, wilson_interval
from recognizer.training.runs import Predictions, TrainingRun, load_predictions


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """What parts two runs.

    Attributes:
        first, second: The runs.
        settings: Name and both values of each setting that differs, in the order of `TrainingConfig`.
        accuracies: On the samples that both were judged on, 0 to 1.
        intervals: Wilson's 95 % intervals of them.
        paired: By sample; positions in the dataset.
    """

    first: TrainingRun
    second: TrainingRun
    settings: tuple[tuple[str, Any, Any], ...]
    accuracies: tuple[float, float]
    intervals: tuple[Interval, Interval]
    paired: PairedComparison

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
    if (said[0].truth[places_first] != said[1].truth[places_second]).any():
        raise RecognizerError(
            tr("The labels have changed between the two runs"),
            where=names,
            fix=tr("Train again on the data as it is now"),
        )
    right = (_right(said[0], places_first), _right(said[1], places_second))
    n = len(shared)
    return RunComparison(
        first,
        second,
        _differences(first, second),
        (float(right[0].mean()), float(right[1].mean())),
        (wilson_interval(int(right[0].sum()), n), wilson_interval(int(right[1].sum()), n)),
        compare_paired(*right, shared.astype(np.int64)),
    )


def _right(said: Predictions, places: NDArray[np.intp]) -> NDArray[np.bool_]:
    return said.predicted[places] == said.truth[places]


def _differences(first: TrainingRun, second: TrainingRun) -> tuple[tuple[str, Any, Any], ...]:
    left, right = first.config.to_dict(), second.config.to_dict()
    names = list(dict.fromkeys([*left, *right]))
    return tuple((name, left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name))
