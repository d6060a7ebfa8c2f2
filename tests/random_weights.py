"""Weights of any network, made without TensorFlow, and a network of all kinds of layers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.training.recipe import Recipe, trace

END: dict[str, Any] = {"type": "dense", "units": 0, "activation": "softmax"}
MIXED: tuple[dict[str, Any], ...] = (
    {"type": "conv", "filters": 4, "size": 4, "strides": 2, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "tanh"},
    {"type": "residual", "filters": 6, "strides": 2},
    {"type": "residual", "filters": 6},
    {"type": "separable_conv", "filters": 5, "size": 3, "padding": "same", "activation": "swish"},
    {"type": "average_pool", "size": 3, "strides": 2, "padding": "same"},
    {"type": "depthwise_conv", "size": 2, "padding": "same"},
    {"type": "max_pool", "size": 2, "strides": 1, "padding": "same"},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.5},
    {"type": "dense", "units": 7, "activation": "gelu"},
    END,
)


def weights_for(recipe: Recipe, classes: int = 6) -> list[NDArray[np.float32]]:
    """Weights that are all different; variances are above 0."""
    rng = np.random.default_rng(1)
    made: list[NDArray[np.float32]] = []
    channels = 1

    def add(*shape: int) -> None:
        made.append(rng.normal(0, 1 / np.sqrt(max(1, np.prod(shape[:-1]))), shape).astype(np.float32))

    def norm(n: int) -> None:
        made.extend(rng.uniform(0.5, 1.5, n).astype(np.float32) for _ in range(4))

    for entry, step in zip(recipe, trace(recipe, classes), strict=True):
        match entry["type"]:
            case "conv":
                add(entry["size"], entry["size"], channels, entry["filters"])
            case "depthwise_conv":
                add(entry["size"], entry["size"], channels, 1)
            case "separable_conv":
                add(entry["size"], entry["size"], channels, 1)
                add(1, 1, channels, entry["filters"])
            case "dense":
                add(channels, step.shape[-1])
            case "batch_norm":
                norm(channels)
            case "residual":
                n = entry["filters"]
                add(3, 3, channels, n)
                norm(n)
                add(3, 3, n, n)
                has_projection = entry.get("strides", 1) != 1 or n != channels
                if has_projection:
                    add(1, 1, channels, n)
                for _ in range(1 + has_projection):
                    norm(n)
        channels = step.shape[-1]
        if entry["type"] in ("conv", "depthwise_conv", "separable_conv", "dense") and entry.get("use_bias", True):
            made.append(rng.normal(0, 0.2, channels).astype(np.float32))
    return made
