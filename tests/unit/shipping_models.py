"""Models with random weights, staged as trained ones are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.inference.registry import ModelRecord
from recognizer.inference.reject import RejectRule
from recognizer.training.export import stage_model, to_litert, training_files
from recognizer.training.network import build_network
from recognizer.training.runtime import import_keras

DIGITS = tuple("0123456789")
DENSE: tuple[dict[str, Any], ...] = (
    {"type": "flatten"},
    {"type": "dense", "units": 16, "activation": "relu"},
    {"type": "dense", "units": 0, "activation": "softmax"},
)
CNN: tuple[dict[str, Any], ...] = (
    {"type": "conv", "filters": 4, "size": 3, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "max_pool", "size": 2},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.3},
    {"type": "dense", "units": 0, "activation": "softmax"},
)


def random_model(recipe: Sequence[dict[str, Any]], classes: int = 10, seed: int = 4) -> Any:
    """A Keras model whose biases and normalisations, too, differ from what they begin with."""
    _, keras = import_keras()
    keras.utils.set_random_seed(seed)
    model = build_network(recipe, classes)
    rng = np.random.default_rng(seed)
    # Kernels stay as they are: with larger ones the answers would be all 0 or 1, whatever is wrong.
    noise = [rng.uniform(0.01, 0.2, array.shape) * (array.ndim == 1) for array in model.get_weights()]
    model.set_weights([array + each for array, each in zip(model.get_weights(), noise, strict=True)])
    return model


def staged(
    folder: Path, recipe: Sequence[dict[str, Any]] = DENSE, labels: tuple[str, ...] = DIGITS, **details: Any
) -> ModelRecord:
    model = random_model(recipe, len(labels) + len(details.get("extras", ())))
    return stage_model(
        folder,
        to_litert(model),
        title="A <b>model</b> & more",
        labels=labels,
        reject=RejectRule(unsure_below=0.7),
        details={"parameters": model.count_params(), **details},
        extra_files=training_files(recipe, model.get_weights()),
    )
