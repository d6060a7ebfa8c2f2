"""What is known of a model, in words: for its card and for the window."""

import hashlib
import json
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.paths import Profile
from recognizer.evaluation.figures import wilson_interval
from recognizer.evaluation.report import ConfusionMatrix, EvaluationReport
from recognizer.inference.kinds import OPERATORS
from recognizer.inference.registry import OTHER, ModelRecord
from recognizer.library.sources import BUILT_IN
from recognizer.training.export import RECIPE, WEIGHTS
from recognizer.training.recipe import Recipe
from recognizer.training.runs import RUN, read_report
from recognizer.training.shipping.companion import read_companion

_log = logging.getLogger(__name__)

Row = tuple[str, Any]
"""What something is called, and it: anything that JSON can hold."""
_HASH: Final = 12
"""Hexadecimal digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A model with what stands in its folder and in that of its run.

    Attributes:
        record: The model.
        report: How it did where it was judged last; None where that is not known.
        recipe: The layers of its network; empty where they did not come with it.
        run_id: The run that made it, if the profile still has that; else empty.
        can_be_exported: Whether what an export needs came with it.
    """

    record: ModelRecord
    report: EvaluationReport | None
    recipe: Recipe
    run_id: str
    can_be_exported: bool


def read_portrait(record: ModelRecord, profile: Profile) -> Portrait:
    """Gather what is known of a model; reads a few small files."""
    run = _run_of(record, profile)
    can_be_exported = all((record.folder / name).is_file() for name in (RECIPE, WEIGHTS))
    return Portrait(record, report_of(record, profile), recipe_of(record), run.name if run else "", can_be_exported)


def report_of(record: ModelRecord, profile: Profile) -> EvaluationReport | None:
    """How the model did where it was judged last: what its run says, or its own `model.json`; None if neither does."""
    run = _run_of(record, profile)
    if run is not None:
        try:
            found = read_report(run)
            if found is not None:
                return found
        except RecognizerError as error:
            _log.info("The report of the run cannot be had: %s", error)
    metrics = record.card.get("metrics", {})
    try:
        counts = np.asarray(metrics.get("confusion"), np.int64)
        if counts.shape != (len(record.labels),) * 2 or counts.min() < 0:
            return None
        return EvaluationReport(ConfusionMatrix(counts, record.labels), int(metrics.get("rejected", 0)))
    except (TypeError, ValueError, OverflowError):
        return None


def recipe_of(record: ModelRecord) -> Recipe:
    """The layers of the model's network; empty where they did not come with it."""
    recipe = read_companion(record.folder / RECIPE, RECIPE, list)
    return tuple(recipe) if recipe and all(isinstance(layer, dict) for layer in recipe) else ()


def size_of(record: ModelRecord) -> int | None:
    """Bytes of the network that answers; None where the card does not say it."""
    size = record.card.get("files", {}).get(record.network.name, {}).get("bytes")
    return size if isinstance(size, int) else None


def judged_on(record: ModelRecord) -> str:
    """What the accuracy in `model.json` was measured on; empty where that is not known."""
    metrics, training = record.card.get("metrics", {}), record.card.get("training", {})
    split = metrics.get("split")
    if not isinstance(split, str) or not split:
        return ""
    splits = {
        "test": tr("test split"),
        "validation": tr("validation split"),
        "train": tr("training split"),
        "all": tr("all samples"),
    }
    if split not in splits:
        shipped = {"MNIST test": f"MNIST, {splits['test']}", "unseen writers": tr("writers it has not seen")}
        return shipped.get(split, split)
    data = metrics.get("data", training.get("data"))
    return f"{data_title(data)}, {splits[split]}" if isinstance(data, dict) else splits[split]


def accuracy_words(record: ModelRecord, report: EvaluationReport | None) -> tuple[str, str] | None:
    """The accuracy and its interval; None where the model was not judged.

    Args:
        record: The model, whose card may know the accuracy where the report is lost.
        report: How it did; None where it is not known.
    """
    n = report.n if report is not None else record.card.get("metrics", {}).get("n")
    accuracy = report.accuracy if report is not None else record.accuracy
    if accuracy is None or not isinstance(n, int) or n <= 0:
        return None
    interval = wilson_interval(round(accuracy * n), n)
    note = tr(
        "95 % interval {low} to {high} %, of {n}",
        low=f"{100 * interval.low:.2f}",
        high=f"{100 * interval.high:.2f}",
        n=f"{n:,}",
    )
    return f"{100 * accuracy:.2f} %", note


def data_title(data: dict[str, Any]) -> str:
    """What people call the data that a card names."""
    name = data.get("name")
    return BUILT_IN[name].title if name in BUILT_IN else str(data.get("title", name or ""))


def preprocessing_hash(record: ModelRecord) -> str:
    """The beginning of the SHA-256 of how its pictures are made; two models with the same one see the same pictures."""
    text = json.dumps(record.preprocessing.to_dict(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]


def what_it_is(record: ModelRecord) -> list[Row]:
    """Labels, input and the rule for doubt."""
    rule, spec = record.reject, record.preprocessing
    rows: list[Row] = [
        (tr("Reads"), list(record.labels)),
        (
            tr("Input"),
            tr(
                "pictures of {size}×{size} grey levels; the symbol is {fit} pixels long, its centre on pixel {centre}",
                size=spec.size,
                fit=spec.fit,
                centre=spec.centre,
            ),
        ),
        (
            tr("Preprocessing"),
            tr("version {version}, hash {hash}", version=spec.version, hash=preprocessing_hash(record)),
        ),
        (
            tr("Doubted"),
            tr(
                "below {unsure} % it is doubtful, below {reject} % nothing is recognised",
                unsure=f"{100 * rule.unsure_below:g}",
                reject=f"{100 * rule.reject_below:g}",
            ),
        ),
    ]
    if record.extras:
        rows.insert(
            1, (tr("Also knows"), [tr("what is no symbol") if each == OTHER else each for each in record.extras])
        )
    return rows


def what_from(record: ModelRecord) -> list[Row]:
    """The data that it was made from, or where it came from."""
    training = record.card.get("training", {})
    rows: list[Row] = []
    data, samples, sources = (training.get(name) for name in ("data", "samples", "sources"))
    if isinstance(data, dict):
        rows.append((tr("Data"), data_title(data)))
        if data.get("source"):
            rows.append((tr("Where from"), data["source"]))
    if isinstance(samples, dict):
        names = {"train": tr("Training"), "validation": tr("Validation"), "test": tr("Test")}
        rows += [(names.get(str(name), str(name)), count) for name, count in samples.items()]
    if isinstance(sources, dict):
        known = _source_titles()
        counts = ((known.get(str(name), str(name)), short(_of(each, "n"))) for name, each in sources.items())
        rows += [(name, tr("{n} samples", n=count)) for name, count in counts]
    base, imported = training.get("base"), training.get("imported")
    if isinstance(base, dict):
        rows.append((tr("Trained further from"), base.get("title", base.get("id", ""))))
    if isinstance(imported, dict):
        rows.append((tr("Brought in from"), imported.get("file", "")))
        if imported.get("sha256"):
            rows.append(("SHA-256", imported["sha256"]))
        if imported.get("adds_softmax") is True:
            rows.append((tr("Its outputs"), tr("were scores, and are made probabilities")))
    return rows


def how_trained(record: ModelRecord) -> list[Row]:
    """The settings of its training, by the names that they have in files."""
    training = record.card.get("training", {})
    rows: list[Row] = []
    for part in ("config", "recipe"):
        if isinstance(training.get(part), dict):
            rows += [(str(name), value) for name, value in training[part].items() if name not in ("network", "layers")]
    for name in ("epochs", "best_epoch", "run", "command"):
        if name in training and not any(row[0] == name for row in rows):
            rows.append((name, training[name]))
    return rows


def limits(record: ModelRecord, report: EvaluationReport | None) -> list[str]:
    """What the model is not for, a sentence each."""
    texts = [
        tr("It reads one symbol at a time, prepared as said above; on pictures made otherwise it is worse."),
        tr("It knows only its classes: anything else is taken for one of them, or rejected."),
    ]
    if not set(OPERATORS) & set(record.extras):
        texts.append(tr("Whether a picture shows a symbol at all, it does not say itself."))
    if accuracy_words(record, report) is None:
        texts.append(tr("How well it reads is not known: it was not judged here."))
    elif report is not None:
        scores = [score for score in report.per_class if score.support]
        if scores:
            worst = min(scores, key=lambda score: score.recall)
            texts.append(
                tr(
                    "It reads {label} worst: {share} % of {n} are read rightly.",
                    label=worst.label,
                    share=f"{100 * worst.recall:.2f}",
                    n=f"{worst.support:,}",
                )
            )
        texts.append(tr("The interval is for samples like those it was judged on, not for other writers or papers."))
    texts.append(tr("It must not decide alone where a misread digit does harm, such as doses, cheques or marks."))
    return texts


def network_words(recipe: Recipe) -> str:
    """A network in a line, such as `2 convolutions · 2 poolings · 1 dense layer`; empty for no layers."""
    found = Counter(_FAMILIES.get(str(layer.get("type")), "") for layer in recipe)
    counted = {
        "conv": lambda n: ntr("{n} convolution", "{n} convolutions", n),
        "separable": lambda n: ntr("{n} separable convolution", "{n} separable convolutions", n),
        "residual": lambda n: ntr("{n} residual block", "{n} residual blocks", n),
        "pool": lambda n: ntr("{n} pooling", "{n} poolings", n),
        "dense": lambda n: ntr("{n} dense layer", "{n} dense layers", n),
    }
    return " · ".join(words(found[family]) for family, words in counted.items() if found[family])


_FAMILIES: Final = {
    "conv": "conv",
    "separable_conv": "separable",
    "depthwise_conv": "separable",
    "residual": "residual",
    "max_pool": "pool",
    "average_pool": "pool",
    "global_average_pool": "pool",
    "dense": "dense",
}
"""Layers that a network is told by; those that only bend, norm or drop values are not counted."""


def one_line(value: Any) -> str:
    """Anything that JSON can hold as one line of text."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {short(each)}" for name, each in value.items())
    return ", ".join(map(short, value)) if isinstance(value, list | tuple) else short(value)


def short(value: Any) -> str:
    """A single value: numbers with separators, yes and no."""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _source_titles() -> dict[str, str]:
    """What people call the sources of the shipped models."""
    return {
        "UNIPEN digits": tr("UNIPEN digits"),
        "UNIPEN capitals": tr("UNIPEN capitals"),
        "UNIPEN small letters": tr("UNIPEN small letters"),
        "synthetic digits": tr("synthetic digits"),
        "synthetic letters": tr("synthetic letters"),
        "synthetic operators": tr("synthetic operators"),
        "synthetic non-digits": tr("synthetic non-digits"),
        "synthetic scribbles": tr("synthetic scribbles"),
    }


def _of(value: Any, name: str) -> Any:
    return value.get(name, "") if isinstance(value, dict) else value


def _run_of(record: ModelRecord, profile: Profile) -> Path | None:
    """The folder of the run that made the model, where it is still there."""
    run = record.card.get("training", {}).get("run")
    folder = profile.runs / Path(run).name if isinstance(run, str) and run else None
    return folder if folder is not None and (folder / RUN).is_file() else None
