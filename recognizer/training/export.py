"""From Keras to a model folder: LiteRT network, recipe, weights and card, checked before anyone may use it."""

import io
import json
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.base.native_output import quiet_stderr
from recognizer.imaging.preprocess import PreprocessingSpec
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import CARD, FORMAT, NETWORK, ModelRecord, file_entry, read_record
from recognizer.inference.reject import RejectRule
from recognizer.training.checkpoint import Weights, pack_weights
from recognizer.training.network import Recipe
from recognizer.training.runs import iso_time, versions
from recognizer.training.runtime import import_keras

RECIPE: Final = "recipe.json"
WEIGHTS: Final = "weights.npz"
MAX_DIFFERENCE: Final = 1e-4
"""Largest allowed difference of a probability between Keras and LiteRT on the probe pictures."""


def to_litert(model: Any, *, optimize: str = "") -> bytes:
    """Convert a Keras model.

    Args:
        model: A built Keras model with one input and one output.
        optimize: `` for exact float32; `float16` halves the file, `int8` quarters it (weights only).

    Returns:
        A LiteRT flatbuffer whose batch size can be changed.
    """
    tf, _ = import_keras()
    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    function = tf.function(lambda pictures: model(pictures, training=False), autograph=False)
    with quiet_stderr(), redirect_stdout(io.StringIO()):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function(spec)])
        if optimize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if optimize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def stage_model(
    folder: Path,
    network: bytes,
    *,
    title: str,
    labels: tuple[str, ...],
    reject: RejectRule,
    details: dict[str, Any],
    extra_files: dict[str, bytes] | None = None,
) -> ModelRecord:
    """Write a model folder; `model.json` comes last.

    Args:
        folder: Made where it does not exist.
        network: The LiteRT flatbuffer.
        title: What people call the model.
        labels: The class names in the order of its outputs.
        reject: When its answers are not to be trusted.
        details: Further entries of `model.json`, such as `training`, `metrics` and `parameters`.
        extra_files: Further files by name.

    Returns:
        The record; its id is the folder's name.

    Raises:
        RecognizerError: The folder cannot be written.
    """
    files = {NETWORK: network, **(extra_files or {})}
    for name, data in files.items():
        write_atomic(folder / name, data)
    card = {
        "format": FORMAT,
        "id": folder.name,
        "title": title,
        "created": iso_time(time.time()),
        "labels": list(labels),
        "preprocessing": PreprocessingSpec().to_dict(),
        "reject": reject.to_dict(),
        "versions": versions(),
        "files": {name: file_entry(folder / name) for name in files},
        **details,
    }
    write_atomic(folder / CARD, json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return read_record(folder, is_shipped=False)


def training_files(recipe: Recipe, weights: Weights) -> dict[str, bytes]:
    """What is needed to go on training a model: the JSON recipe and the arrays."""
    return {RECIPE: json.dumps(list(recipe), indent=1).encode(), WEIGHTS: pack_weights(weights)}


def check_same(model: Any, classifier: Classifier, probe: NDArray[np.uint8], allowed: float = MAX_DIFFERENCE) -> float:
    """Compare LiteRT with Keras.

    Args:
        model: The Keras model.
        classifier: The exported one.
        probe: (n, 28, 28) uint8 pictures to compare on.
        allowed: The largest allowed difference of a probability.

    Returns:
        The largest difference.

    Raises:
        RecognizerError: It is larger than allowed.
    """
    pictures = probe.astype(np.float32) / np.float32(255.0)
    if len(model.input_shape) == 4:
        pictures = pictures[..., None]
    expected = np.asarray(model(pictures, training=False))
    difference = float(np.abs(classifier.predict_all(probe) - expected).max())
    if not difference <= allowed:
        raise RecognizerError(
            tr("The exported model answers differently from the trained one"),
            where=tr("difference = {difference}", difference=f"{difference:.2g}"),
            fix=tr("Train again; the run's weights are kept in its folder"),
            exit_code=1,
        )
    return difference
