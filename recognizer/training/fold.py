"""Batch normalisation folded into the convolutions before it, and weights rounded to what is shipped.

What is shipped is then the same network in Keras and in LiteRT, to within float32's own error.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.training.checkpoint import Weights
from recognizer.training.network import Recipe

_EPSILON = 1e-3
"""Keras' own, for batch normalisation."""


def fold(recipe: Recipe, weights: Weights, temperature: float = 1.0) -> tuple[list[dict[str, Any]], Weights]:
    """The same network without batch normalisation, its weights representable in float16.

    Args:
        recipe: Layers in their order; each `batch_norm` follows a `conv` without bias; the last layer with weights is
            the dense one that gives the probabilities.
        weights: Keras' arrays for it.
        temperature: What the last layer's scores are divided by (Guo et al. 2017), more than 0.

    Returns:
        The new recipe and its weights, (…) float32.

    Raises:
        ValueError: The recipe has a layer with weights that cannot be folded.
    """
    left = list(weights)
    folded: list[dict[str, Any]] = []
    out: Weights = []
    for layer in recipe:
        match layer["type"]:
            case "conv" if not layer.get("use_bias", True):
                folded.append({name: value for name, value in layer.items() if name != "use_bias"})
                out += [left.pop(0), np.zeros(layer["filters"], np.float32)]
            case "conv" | "dense":
                folded.append(dict(layer))
                out += [left.pop(0), left.pop(0)]
            case "batch_norm":
                gamma, beta, mean, variance = (left.pop(0).astype(np.float64) for _ in range(4))
                gain = gamma / np.sqrt(variance + _EPSILON)
                out[-2] = (out[-2] * gain).astype(np.float32)
                out[-1] = ((out[-1] - mean) * gain + beta).astype(np.float32)
            case "activation" | "max_pool" | "average_pool" | "global_average_pool" | "flatten" | "dropout":
                folded.append(dict(layer))
            case kind:
                raise ValueError(f"type = {kind!r}")
    out[-2:] = [array / temperature for array in out[-2:]]
    return folded, [_rounded(array) for array in out]


def _rounded(array: NDArray[np.floating]) -> NDArray[np.float32]:
    return array.astype(np.float16).astype(np.float32)
