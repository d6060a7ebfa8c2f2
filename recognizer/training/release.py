"""From trained weights to a model that is shipped: folded, calibrated, given its reject rule, judged, written."""

import io
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.evaluation.calibration import calibration_error, fit_temperature, log_probabilities
from recognizer.inference.classifier import Classifier
from recognizer.inference.judge import judge
from recognizer.inference.prediction import Verdict
from recognizer.inference.reject import RejectRule
from recognizer.ink.synthesis import SYNTHESIS_VERSION
from recognizer.library.dataset import LabelSet
from recognizer.training.checkpoint import Weights
from recognizer.training.export import MAX_DIFFERENCE, RECIPE, WEIGHTS, check_same, stage_model, to_litert
from recognizer.training.fold import fold
from recognizer.training.network import Recipe, build_network
from recognizer.training.shipped_data import HeldOut, ShippedData

_LOST: Final = 0.006
"""The share of held-out symbols that may be taken for no symbol."""
_PLAUSIBLE: Final = 0.5
_DOUBTED: Final = 0.02
"""The share of held-out symbols that may be doubted."""
_SURE: Final = (0.6, 0.9)
"""Bounds of the best probability from which on an answer is sure, whatever share is doubted."""


def release(recipe: dict[str, Any], network: Recipe, weights: Weights, data: ShippedData, out: Path) -> dict[str, Any]:
    """Write the model folder `out`.

    Args:
        recipe: What `model.json` says of the training.
        network: The layers that were trained.
        weights: Keras' arrays for them.
        data: What was trained on and what was held out.
        out: The model's folder.

    Returns:
        The metrics that `model.json` holds.

    Raises:
        RecognizerError: The folder cannot be written, or LiteRT answers differently from Keras.
    """
    classes = len(data.labels) + len(data.extras)
    temperature = _temperature(network, weights, data, classes)
    deployed, arrays = fold(network, weights, temperature)
    model = build_network(deployed, classes)
    model.set_weights(arrays)
    content = to_litert(model, optimize="float16")
    details: dict[str, Any] = {
        "id": out.name,
        "extras": list(data.extras),
        "parameters": model.count_params(),
        "training": {
            "recipe": recipe,
            "sources": {
                source.name: {"n": len(source.labels), "per_epoch": source.per_epoch} for source in data.sources
            },
            "synthesis": SYNTHESIS_VERSION,
            "held_out": data.writers,
            "command": f"python -m recognizer.training.shipped {recipe['model']} --out models/{out.name} --epochs"
            f" {recipe['epochs']} --settling {recipe['settling']} "
            f"--settling-seed {recipe['settling_seed']} --seed {recipe['seed']}",
        },
    }
    extra_files = {RECIPE: json.dumps(deployed, indent=1).encode(), WEIGHTS: _packed(arrays)}

    def stage(rule: RejectRule) -> Classifier:
        return Classifier(
            stage_model(
                out,
                content,
                title=data.title,
                labels=data.labels,
                reject=rule,
                details=details,
                extra_files=extra_files,
            )
        )

    classifier = stage(RejectRule())
    probe = np.concatenate([held.images[:256] for held in data.held_out])
    difference = check_same(model, classifier, probe, MAX_DIFFERENCE)
    rule = choose_rule(classifier, data.held_out)
    classifier = stage(rule)
    test = _judged(classifier, data.test)
    details["metrics"] = {
        "accuracy": test["accuracy"],
        "n": test["n"],
        "split": data.test.name,
        "rejected": test["rejected"],
        "confusion": test["confusion"],
        "held_out": {held.name: _without(_judged(classifier, held), "confusion") for held in data.held_out},
        "others_rejected": _rejected(classifier, data.others) / len(data.others),
        "temperature": round(temperature, 4),
        "difference_to_keras": difference,
    }
    stage(rule)
    return details["metrics"]


def choose_rule(classifier: Classifier, held_out: tuple[HeldOut, ...]) -> RejectRule:
    """A reject rule under which hardly any held-out symbol is lost and few are doubted; each corpus counts the same."""
    images = np.concatenate([held.images for held in held_out])
    shares = np.concatenate([np.full(len(held.images), 1 / len(held.images)) for held in held_out])
    outputs = classifier.predict_all(images)
    symbols = outputs[:, : len(classifier.record.labels)]
    plausible = symbols.sum(axis=1)
    best = symbols.max(axis=1) / np.maximum(plausible, 1e-12)
    usual = RejectRule()
    return RejectRule(
        reject_below=round(min(_quantile(best, shares, _LOST / 3), usual.reject_below), 3),
        unsure_below=round(float(np.clip(_quantile(best, shares, _DOUBTED), *_SURE)), 3),
        plausible_above=round(min(_quantile(plausible, shares, _LOST), _PLAUSIBLE), 3),
    )


def _temperature(network: Recipe, weights: Weights, data: ShippedData, classes: int) -> float:
    """The temperature that makes the held-out symbols' probabilities true."""
    model = build_network(network, classes)
    model.set_weights(weights)
    images = np.concatenate([held.images for held in data.held_out])
    labels = np.concatenate([held.labels for held in data.held_out])
    pictures = images[..., None].astype(np.float32) / np.float32(255.0)
    answers = [
        np.asarray(model(pictures[start : start + 500], training=False)) for start in range(0, len(pictures), 500)
    ]
    return fit_temperature(log_probabilities(np.concatenate(answers)), labels)


def _judged(classifier: Classifier, held: HeldOut) -> dict[str, Any]:
    labels = LabelSet(classifier.record.labels)
    judgement = judge(classifier, held.images, held.labels, labels)
    folded = np.array([label.lower() for label in labels.names])
    return {
        "n": judgement.report.n,
        "accuracy": judgement.report.accuracy,
        "accuracy_ignoring_case": float(np.mean(folded[judgement.predicted] == folded[held.labels])),
        "rejected": judgement.report.rejected,
        "calibration_error": calibration_error(judgement.confidence, judgement.predicted == held.labels),
        "confusion": judgement.report.confusion.counts.tolist(),
    }


def _rejected(classifier: Classifier, images: NDArray[np.uint8]) -> int:
    return sum(verdict in (Verdict.EMPTY, Verdict.REJECTED) for verdict in classifier.judge(images)[1])


def _quantile(values: NDArray[np.floating], shares: NDArray[np.floating], share: float) -> float:
    """The value below which `share` of the weight lies."""
    order = np.argsort(values)
    passed = np.cumsum(shares[order]) / shares.sum()
    return float(values[order][min(int(np.searchsorted(passed, share)), len(values) - 1)])


def _without(figures: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in figures.items() if key != name}


def _packed(arrays: Weights) -> bytes:
    """As `pack_weights` does it, in float16, which is all that these weights need."""
    buffer = io.BytesIO()
    halves: dict[str, Any] = {str(number): array.astype(np.float16) for number, array in enumerate(arrays)}
    np.savez_compressed(buffer, **halves)
    return buffer.getvalue()
