"""The command that looks at what a model says of labelled data: evaluate."""

import argparse
from typing import TYPE_CHECKING, Any

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.commands.common import chosen_model, load_data, open_profile_of, print_json, stoppable

if TYPE_CHECKING:
    from recognizer.evaluation.figures import Figures
    from recognizer.evaluation.robustness import RobustnessTable


def evaluate(asked: argparse.Namespace) -> int:
    """Judge a model on labelled data."""
    from recognizer.console import loading, report_text, say
    from recognizer.evaluation.robustness import measure_robustness
    from recognizer.inference.classifier import Classifier
    from recognizer.inference.judge import judge, known_as
    from recognizer.library.dataset import SPLITS, Split

    profile = open_profile_of(asked)
    record = chosen_model(profile, asked.model)
    classifier = Classifier(record)
    token = CancellationToken()
    robustness = None
    with stoppable(token):
        data = load_data(asked.data, profile, token, for_evaluation=asked.split is None)
        if asked.split in (None, "all"):
            tests = data.indices((Split.TEST,))
            split, chosen = ("test", tests) if asked.split is None and len(tests) else ("all", data.indices(SPLITS))
        else:
            split, chosen = asked.split, data.indices((Split(asked.split),))
        if len(chosen) == 0:
            raise RecognizerError(
                tr("The data has no such split"), where=f"{data.name}, split = {split}", fix=tr("Choose another split")
            )
        strange = [name for name in data.label_set.names if known_as(name, record.labels) is None]
        if len(strange) == len(data.label_set):
            raise RecognizerError(
                tr("The model knows none of the data's labels"),
                where=f"{data.name} ({', '.join(strange[:10])})",
                fix=tr("Choose data labelled with {labels}", labels=", ".join(record.labels)),
            )
        if strange:
            say(tr("The model does not know {labels}; their samples count as read wrong", labels=", ".join(strange)))
        images = data.images[chosen]
        judgement = judge(classifier, images, data.labels[chosen], data.label_set, token)
        if asked.robustness:
            with loading() as progress:
                robustness = measure_robustness(
                    images,
                    judgement.truth,
                    lambda block: classifier.predict_proba(block, token).argmax(axis=1),
                    token=token,
                    progress=progress,
                )
    if asked.json:
        document = {**judgement.report.to_dict(), "model": record.id, "data": data.name, "split": split}
        extra = {} if robustness is None else {"robustness": robustness.to_dict()}
        print_json({**document, **judgement.figures.to_dict(), **extra})
        return 0
    print(report_text(judgement.report))
    print("\n" + figures_text(judgement.figures))
    if robustness is not None:
        print("\n" + robustness_text(robustness))
    return 0


def figures_text(figures: "Figures") -> str:
    """What there is to say beside the report, a line each."""
    from recognizer.console import table

    rows: list[tuple[str, str]] = [
        (
            tr("accuracy, 95 % interval"),
            tr("{low} to {high}", low=_percent(figures.interval.low), high=_percent(figures.interval.high)),
        ),
        (tr("balanced accuracy"), _percent(figures.balanced_accuracy)),
    ]
    for name, means in ((tr("mean over classes"), figures.macro), (tr("mean over samples"), figures.weighted)):
        rows.append(
            (
                name,
                tr(
                    "precision {precision}, recall {recall}, F1 {f1}",
                    precision=_percent(means.precision),
                    recall=_percent(means.recall),
                    f1=_percent(means.f1),
                ),
            )
        )
    if figures.top2_accuracy is not None:
        rows.append((tr("right at the first or second guess"), _percent(figures.top2_accuracy)))
    rows.append((tr("confidence differs from accuracy by"), _percent(figures.calibration.error)))
    return table(["", ""], rows).lstrip("\n")


def robustness_text(robustness: "RobustnessTable") -> str:
    """Accuracy on worse and worse pictures, a row for each kind."""
    from recognizer.console import table

    families = {
        "noise": tr("noise"),
        "blur": tr("blur"),
        "tilt": tr("tilt"),
        "shift": tr("shift"),
        "thin": tr("thinner pen"),
        "thick": tr("thicker pen"),
    }
    heads = [tr("worse pictures"), tr("strength"), tr("accuracy"), tr("lost"), tr("gained")]
    rows: list[list[Any]] = [[tr("as they are"), "", _percent(robustness.accuracy), "", ""]]
    rows += [
        [
            families[row.family],
            f"{row.strength:g}",
            _percent(robustness.accuracy_of(row)),
            f"{len(row.lost):,}",
            f"{len(row.gained):,}",
        ]
        for row in robustness.rows
    ]
    return table(heads, rows)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
