"""Taking a foreign model into the profile: its recipe is built anew, and it becomes a model like any other."""

import math
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.inference.classifier import Classifier
from recognizer.inference.judge import judge, known_as
from recognizer.inference.kinds import KINDS
from recognizer.inference.registry import LONGEST_TITLE, ModelRecord, ModelRegistry
from recognizer.inference.reject import RejectRule
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, Split
from recognizer.training.abandon import abandonable
from recognizer.training.export import check_same, stage_model, to_litert, training_files
from recognizer.training.network import build_network
from recognizer.training.rule import rule_for
from recognizer.training.runtime import import_keras, responsive
from recognizer.training.shipping.companion import read_companion
from recognizer.training.shipping.foreign import ForeignModel, local_path, read_foreign
from recognizer.training.shipping.shipment import LABELS, REJECT

_PROBE: Final = 1000
_SEED: Final = 20_263
_LONGEST: Final = 64
"""Characters of a label."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """A file that may come in, as it is before anything is built of it.

    Attributes:
        path: The file.
        found: What it holds.
        labels: What its outputs stand for, as far as that is known: by the file beside it, or the digits where there
            are ten; else empty.
        extras: What its further outputs stand for.
    """

    path: Path
    found: ForeignModel
    labels: tuple[str, ...]
    extras: tuple[str, ...]


def examine(source: str | Path) -> Arrival:
    """Look at a `.keras` file without building a model, and so without Keras.

    Raises:
        RecognizerError: The file may not come in.
    """
    path = local_path(source)
    found = read_foreign(path)
    return Arrival(path, found, *_offered(path, found.classes))


def split_labels(text: str) -> tuple[str, ...]:
    """Labels as people write them: words between blanks, or where there is one word, its characters."""
    words = text.split()
    return tuple(words if len(words) > 1 else text.strip())


@responsive()
def import_model(
    profile: Profile,
    source: str | Path,
    labels: Sequence[str] = (),
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> ModelRecord:
    """Bring in a `.keras` file.

    Args:
        profile: Where the model goes.
        source: The file. The labels and the reject rule that we export beside one are used where they are there.
        labels: What its outputs stand for; if empty, what `labels.json` beside it says, or the digits where there are
            ten.
        progress: Told what is being done.
        token: Checked between the steps; nothing is left behind.

    Raises:
        RecognizerError: The file may not come in, or its labels are not known.
        Cancelled: By `token`.
    """
    token = token or CancellationToken()
    progress(0, 3, tr("Reading the file"))
    arrival = examine(source)
    path, found = arrival.path, arrival.found
    names, extras = (tuple(labels), ()) if labels else (arrival.labels, arrival.extras)
    check_labels(names, extras, found.classes)
    progress(1, 3, tr("Loading TensorFlow"))
    abandonable(lambda report: import_keras(), lambda nothing: None, token)
    progress(2, 3, tr("Building the model"))
    model = build_network(found.recipe, found.classes)
    model.set_weights(found.weights)
    probe, _ = generate(_PROBE, _SEED)
    staged = profile.root / f".arriving-{secrets.token_hex(4)}"
    registry = ModelRegistry(profile)
    model_id = _free_id(registry, profile, path.stem)
    try:
        record = stage_model(
            staged,
            to_litert(model),
            title=_title(path.stem),
            labels=names,
            reject=_rule(path) or (rule_for(probe, names) if set(names) <= set(DIGITS.names) else RejectRule()),
            details={"id": model_id, **_details(path, found, extras, model.count_params())},
            extra_files=training_files(found.recipe, found.weights),
        )
        check_same(model, Classifier(record), probe)
        token.check()
        return registry.add(staged, model_id)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _details(path: Path, found: ForeignModel, extras: tuple[str, ...], parameters: int) -> dict[str, Any]:
    imported = {"file": path.name, "sha256": found.sha256, "adds_softmax": found.adds_softmax}
    details: dict[str, Any] = {"parameters": parameters, "training": {"imported": imported}}
    return details | ({"extras": list(extras)} if extras else {})


def judge_model(
    profile: Profile, record: ModelRecord, data: Dataset, token: CancellationToken | None = None
) -> ModelRecord:
    """Judge a model of the profile on data, its test split where it has one, and note that in its `model.json`.

    Raises:
        RecognizerError: The model knows none of the data's labels, or `model.json` cannot be written.
        Cancelled: By `token`.
    """
    if not any(known_as(name, record.labels) for name in data.label_set.names):
        raise RecognizerError(
            tr("The model knows none of the data's labels"),
            where=f"{data.name} ({', '.join(data.label_set.names[:10])})",
            fix=tr("Choose data labelled with {labels}", labels=", ".join(record.labels)),
        )
    tests = data.indices((Split.TEST,))
    split, chosen = ("test", tests) if len(tests) else ("all", data.indices(SPLITS))
    if len(chosen) == 0:
        raise RecognizerError(tr("There are no samples"), where=data.title, fix=tr("Choose another dataset"))
    report = judge(Classifier(record), data.images[chosen], data.labels[chosen], data.label_set, token).report
    metrics: dict[str, Any] = {
        "accuracy": report.accuracy,
        "n": report.n,
        "split": split,
        "rejected": report.rejected,
        "data": {"name": data.name, "title": data.title},
    }
    if report.confusion.labels == record.labels:
        metrics["confusion"] = report.confusion.counts.tolist()
    return ModelRegistry(profile).note(record.id, metrics=metrics)


def _offered(path: Path, classes: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels and the extras of `classes` outputs, as the file beside the model names them; the digits for ten."""
    beside = read_companion(path, LABELS) or {}
    labels, extras = _texts(beside.get("labels")), _texts(beside.get("extras"))
    if len(labels) + len(extras) == classes and set(extras) <= set(KINDS):
        return labels, extras
    return (DIGITS.names if classes == len(DIGITS) else ()), ()


def check_labels(labels: tuple[str, ...], extras: tuple[str, ...], classes: int) -> None:
    """Raise RecognizerError where these cannot be what `classes` outputs stand for."""
    is_good = all(label.strip() and len(label) <= _LONGEST and label.isprintable() for label in labels)
    if len(labels) + len(extras) != classes or len({*labels, *extras}) < classes or len(labels) < 2 or not is_good:
        raise RecognizerError(
            tr("It is not known what the model's outputs stand for"),
            where=tr("{n} outputs, {labels} labels", n=classes, labels=len(labels)),
            fix=tr("Name all labels in the order of the outputs, each another one"),
        )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else ()


def _rule(path: Path) -> RejectRule | None:
    """The reject rule beside the file, where there is a whole one."""
    beside = read_companion(path, REJECT)
    if beside is None or set(beside) != set(RejectRule().to_dict()):
        return None
    if not all(type(bound) in (int, float) and math.isfinite(bound) for bound in beside.values()):
        return None
    return RejectRule(**{name: float(bound) for name, bound in beside.items()})


def _title(stem: str) -> str:
    """What a model out of a file of this name is called."""
    printable = "".join(sign if sign.isprintable() else " " for sign in stem)
    return " ".join(printable.split())[:LONGEST_TITLE] or tr("Model")


def _free_id(registry: ModelRegistry, profile: Profile, stem: str) -> str:
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:40].strip("-") or "imported"
    taken = {record.id for record in registry.list()}
    number, name = 1, base
    while name in taken or (profile.models / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name
