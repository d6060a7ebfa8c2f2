"""Taking a foreign model into the profile: its recipe is built anew, and it becomes a model like any other."""

import math
import re
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.inference.classifier import Classifier
from recognizer.inference.kinds import KINDS
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.inference.reject import RejectRule
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import DIGITS
from recognizer.training.export import check_same, stage_model, to_litert, training_files
from recognizer.training.network import build_network
from recognizer.training.rule import rule_for
from recognizer.training.shipping.foreign import ForeignModel, local_path, read_companion, read_foreign
from recognizer.training.shipping.shipment import LABELS, REJECT

_PROBE: Final = 1000
_SEED: Final = 20_263
_LONGEST: Final = 64
"""Characters of a label."""


def import_model(
    profile: Profile,
    source: str | Path,
    labels: Sequence[str] = (),
    progress: ProgressCallback = no_progress,
) -> ModelRecord:
    """Bring in a `.keras` file.

    Args:
        profile: Where the model goes.
        source: The file. The labels and the reject rule that we export beside one are used where they are there.
        labels: What its outputs stand for; if empty, what `labels.json` beside it says, or the digits where there are
            ten.
        progress: Told what is being done.

    Raises:
        RecognizerError: The file may not come in, or its labels are not known.
    """
    path = local_path(source)
    progress(0, 2, tr("Reading {name}", name=path.name))
    found = read_foreign(path)
    names, extras = _labels(path, found.classes, tuple(labels))
    progress(1, 2, tr("Building the model"))
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
            title=path.stem[:_LONGEST],
            labels=names,
            reject=_rule(path) or (rule_for(probe, names) if set(names) <= set(DIGITS.names) else RejectRule()),
            details={"id": model_id, **_details(path, found, extras, model.count_params())},
            extra_files=training_files(found.recipe, found.weights),
        )
        check_same(model, Classifier(record), probe)
        return registry.add(staged, model_id)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _details(path: Path, found: ForeignModel, extras: tuple[str, ...], parameters: int) -> dict[str, Any]:
    imported = {"file": path.name, "sha256": found.sha256, "adds_softmax": found.adds_softmax}
    details: dict[str, Any] = {"parameters": parameters, "training": {"imported": imported}}
    return details | ({"extras": list(extras)} if extras else {})


def _labels(path: Path, classes: int, asked: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels and the extras of `classes` outputs."""
    extras: tuple[str, ...] = ()
    labels = asked
    if not labels:
        beside = read_companion(path, LABELS) or {}
        labels, extras = _texts(beside.get("labels")), _texts(beside.get("extras"))
        if len(labels) + len(extras) != classes or not set(extras) <= set(KINDS):
            labels, extras = (DIGITS.names if classes == len(DIGITS) else ()), ()
    is_good = all(label.strip() and len(label) <= _LONGEST and label.isprintable() for label in labels)
    if len(labels) + len(extras) != classes or len({*labels, *extras}) < classes or len(labels) < 2 or not is_good:
        raise RecognizerError(
            tr("It is not known what the model's outputs stand for"),
            where=tr("{n} outputs, {labels} labels", n=classes, labels=len(labels)),
            fix=tr("Name all labels in the order of the outputs, each another one"),
        )
    return labels, extras


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


def _free_id(registry: ModelRegistry, profile: Profile, stem: str) -> str:
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:40].strip("-") or "imported"
    taken = {record.id for record in registry.list()}
    number, name = 1, base
    while name in taken or (profile.models / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name
