"""Run folders on the UCI digits for the tests of the table and of the comparison, written without training."""

import json
from functools import cache
from typing import Any

import numpy as np

from recognizer.base.paths import Profile
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.library import uci
from recognizer.library.dataset import Dataset, Split
from recognizer.training.config import TrainingConfig
from recognizer.training.events import EpochEnded, EpochMetrics
from recognizer.training.run_keeping import rename_run
from recognizer.training.runs import Predictions, RunFolder

_load = uci.load


@cache
def digits() -> Dataset:
    """The UCI digits, loaded once, which takes a second or two."""
    return _load()


def write_run(
    profile: Profile,
    wrong: list[int] | None,
    *,
    data: Dataset | None = None,
    started: str = "2026-11-22T12:00:00Z",
    seconds: float = 30.0,
    name: str = "",
    note: str = "",
    state: str = "finished",
    **settings: Any,
) -> str:
    """A run whose model reads those of the test samples wrong, by their places; None where it was not judged.

    What is wrong is read as the next class.
    """
    data = data or digits()
    test = data.indices((Split.TEST,))
    config = TrainingConfig(**settings)
    results: dict[str, Any] = {}
    with RunFolder(profile, config, data) as run:
        for epoch in range(1, config.epochs + 1):
            run.append(EpochEnded(EpochMetrics(epoch, 1 / epoch, 0.6, 0.5 / epoch, 1 - 0.2 / epoch, 0.001, 2.5)))
        if wrong is not None:
            truth = data.labels[test].astype(np.int64)
            predicted = truth.copy()
            predicted[wrong] = (predicted[wrong] + 1) % 10
            report = EvaluationReport(ConfusionMatrix.from_predictions(truth, predicted, data.label_set.names))
            confidence = np.linspace(0.5, 0.99, len(test), dtype=np.float32)
            run.save_predictions(Predictions(test, truth, predicted, confidence))
            results = {"accuracy": report.accuracy, "report": report.to_dict()}
        if state != "interrupted":
            run.finish(state, **results)
    path = run.path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"started": started, "seconds": seconds}))
    if name or note:
        rename_run(profile, run.id, name, note)
    return run.id
