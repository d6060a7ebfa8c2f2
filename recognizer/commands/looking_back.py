"""What a run's network was after an epoch: `runs show RUN --epoch N [--read PICTURE]`."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.commands.common import print_json, symbols_in

if TYPE_CHECKING:
    from recognizer.base.paths import Profile
    from recognizer.evaluation.report import EvaluationReport
    from recognizer.training.events import EpochJudged
    from recognizer.training.lookback import Lookback
    from recognizer.training.runs import TrainingRun


def show_epoch(asked: argparse.Namespace, profile: "Profile", run: "TrainingRun") -> int:
    """Say what the network was after the epoch `asked.epoch`, or its best one, and how it read the files `asked.read`.

    Raises:
        RecognizerError: There is no such epoch, its weights are not kept, or a file cannot be read.
    """
    from recognizer.console import epoch_line, report_text, table
    from recognizer.training.lookback import Lookback, best_epoch
    from recognizer.training.runs import read_report

    folder = profile.runs / run.id
    lookback = Lookback(folder)
    epoch = best_epoch(lookback.metrics) if asked.epoch is None else asked.epoch
    metrics = next((each for each in lookback.metrics if each.epoch == epoch), None)
    if metrics is None:
        finished = [each.epoch for each in lookback.metrics]
        raise RecognizerError(
            tr("The run has no such epoch"),
            where=f"{run.id}: {epoch}",
            fix=tr("Choose one from {first} to {last}", first=finished[0], last=finished[-1])
            if finished
            else tr("Train again"),
        )
    final = read_report(folder)
    labels = final.confusion.labels if final is not None else ()
    report = _report(lookback.answers(epoch), labels)
    readings = [reading for path in asked.read for reading in _readings(path, lookback, epoch, labels)]
    if asked.json:
        document: dict[str, Any] = {"id": run.id, "epoch": epoch, "metrics": asdict(metrics)}
        document |= {} if report is None else {"report": report.to_dict()}
        print_json({**document, **({"readings": readings} if asked.read else {})})
        return 0
    print(epoch_line(metrics))
    if report is not None:
        heads = [tr("written"), *report.confusion.labels]
        rows = [
            [label, *counts]
            for label, counts in zip(report.confusion.labels, report.confusion.counts.tolist(), strict=True)
        ]
        print("\n" + table(heads, rows))
        print("\n" + report_text(report))
    if readings:
        print()
    for reading in readings:
        name = reading["file"] if "sample" not in reading else f"{reading['file']}[{reading['sample']}]"
        line = f"{name}: {reading['label']} ({100 * reading['confidence']:.1f} %)"
        if reading["weights_of"] != epoch:
            line += "  " + tr("Weights of epoch {epoch}, the nearest that is kept", epoch=reading["weights_of"])
        print(line)
    return 0


def _report(answers: "EpochJudged | None", labels: tuple[str, ...]) -> "EvaluationReport | None":
    from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport

    if answers is None or not len(answers.truth):
        return None
    most = int(max(answers.truth.max(), answers.predicted.max())) + 1
    names = labels if most <= len(labels) else tuple(map(str, range(most)))
    return EvaluationReport(ConfusionMatrix.from_predictions(answers.truth, answers.predicted, names))


def _readings(path: Path, lookback: "Lookback", epoch: int, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    from recognizer.imaging.preprocess import PreprocessingSpec, Preprocessor
    from recognizer.ink.stroke import Ink

    kept = lookback.nearest(epoch)
    if not kept:
        raise RecognizerError(
            tr("The weights of this run are not kept: there is nothing to look into"), fix=tr("Train again")
        )
    prepare = Preprocessor(PreprocessingSpec())
    found = []
    for place, content in symbols_in(path):
        picture = prepare.from_ink(content) if isinstance(content, Ink) else prepare.from_image(content)
        shares = lookback.probabilities(kept, picture)
        names = labels if len(labels) == len(shares) else tuple(map(str, range(len(shares))))
        best = int(shares.argmax())
        found.append(
            {
                **{"file": str(path), **place, "weights_of": kept, "label": names[best]},
                "confidence": float(shares[best]),
                "probabilities": dict(zip(names, map(float, shares), strict=True)),
            }
        )
    return found
