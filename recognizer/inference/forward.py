"""A network's answers and all that lies between, from its recipe and its weights, with NumPy alone.

For looking into networks: after any epoch of a run, layer by layer. LiteRT is faster by far, but needs TensorFlow once.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Arrays = NDArray[np.float32]
EPSILON: Final = np.float32(1e-3)
"""Keras' own, for batch normalisation."""
_ERF: Final = np.vectorize(math.erf, otypes=[np.float32])


def forward(recipe: Sequence[dict[str, Any]], weights: Sequence[NDArray], pictures: NDArray[np.uint8]) -> list[Arrays]:
    """What comes out of every layer.

    Args:
        recipe: Layers in their order, as `recognizer.training.recipe` describes them.
        weights: In Keras' order.
        pictures: (n, h, w) uint8, 0 the ground and 255 full ink.

    Returns:
        A float32 array for each layer: (n, h, w, c) as long as there is a picture, else (n, units); the last are the
        probabilities.

    Raises:
        ValueError, KeyError, StopIteration: Recipe and weights do not fit together.
    """
    x = pictures[..., None].astype(np.float32) / np.float32(255)
    left = iter(np.asarray(array, np.float32) for array in weights)
    outputs = []
    for entry in recipe:
        x = _LAYERS[entry["type"]](entry, x, left)
        outputs.append(x)
    return outputs


def _activated(name: str, x: Arrays) -> Arrays:
    match name:
        case "linear":
            return x
        case "relu":
            return np.maximum(x, 0)
        case "elu":
            return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
        case "gelu":
            # Hendrycks and Gimpel 2016, arXiv:1606.08415.
            return x * (1 + _ERF(x / np.float32(math.sqrt(2)))) / np.float32(2)
        case "sigmoid":
            return _sigmoid(x)
        case "softmax":
            powers = np.exp(x - x.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)
        case "softplus":
            return np.logaddexp(x, np.float32(0))
        case "swish":
            return x * _sigmoid(x)
        case "tanh":
            return np.tanh(x)
        case _:
            raise ValueError(f"activation = {name!r}")


def _sigmoid(x: Arrays) -> Arrays:
    half = np.float32(0.5)
    return half * (np.tanh(half * x) + np.float32(1))


def _windows(x: Arrays, size: int, strides: int, padding: str, fill: float = 0.0) -> Arrays:
    """(n, rows, columns, c, size, size): the windows of a picture, padded as TensorFlow does."""
    if padding == "same":
        sides = []
        for extent in x.shape[1:3]:
            missing = max((-(-extent // strides) - 1) * strides + size - extent, 0)
            sides.append((missing // 2, missing - missing // 2))
        x = np.pad(x, ((0, 0), *sides, (0, 0)), constant_values=fill)
    every = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return every[:, ::strides, ::strides]


def _geometry(entry: dict[str, Any]) -> tuple[int, int, str]:
    return entry["size"], entry.get("strides", 1), entry.get("padding", "valid")


def _finished(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    """With the bias and the activation of a layer."""
    if entry.get("use_bias", True):
        x = x + next(left)
    return _activated(entry.get("activation", "linear"), x)


def _convolved(x: Arrays, kernel: Arrays, size: int, strides: int, padding: str) -> Arrays:
    return np.tensordot(_windows(x, size, strides, padding), kernel, axes=((4, 5, 3), (0, 1, 2)))


def _conv(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    return _finished(entry, _convolved(x, next(left), *_geometry(entry)), left)


def _by_channel(entry: dict[str, Any], x: Arrays, kernel: Arrays) -> Arrays:
    return np.einsum("nrcdij,ijd->nrcd", _windows(x, *_geometry(entry)), kernel[..., 0], optimize=True)


def _depthwise(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    return _finished(entry, _by_channel(entry, x, next(left)), left)


def _separable(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    x = _by_channel(entry, x, next(left))
    return _finished(entry, x @ next(left)[0, 0], left)


def _normalised(x: Arrays, gamma: Arrays, beta: Arrays, mean: Arrays, variance: Arrays) -> Arrays:
    return (x - mean) * (gamma / np.sqrt(variance + EPSILON)) + beta


def _norm(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    return _normalised(x, *(next(left) for _ in range(4)))


def _residual(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    branch, shortcut = residual_branches(entry, x, left)
    return np.maximum(branch + shortcut, 0)


def residual_branches(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> tuple[Arrays, Arrays]:
    """What a residual block adds up: what its two convolutions give, and what takes the shortcut.

    Args:
        entry: The block.
        x: (n, h, w, c) float32, what goes in.
        left: The block's weights and those after them.
    """
    strides = entry.get("strides", 1)
    y = np.maximum(_norm(entry, _convolved(x, next(left), 3, strides, "same"), left), 0)
    y, shortcut = _convolved(y, next(left), 3, 1, "same"), x
    has_projection = strides != 1 or x.shape[-1] != entry["filters"]
    if has_projection:
        shortcut = _convolved(x, next(left), 1, strides, "same")
    norms = [[next(left) for _ in range(4)] for _ in range(1 + has_projection)]
    y = _normalised(y, *norms[0])
    return y, _normalised(shortcut, *norms[1]) if has_projection else shortcut


def _max_pool(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    strides = entry.get("strides") or entry["size"]
    return _windows(x, entry["size"], strides, entry.get("padding", "valid"), -np.inf).max(axis=(4, 5))


def _average_pool(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    geometry = entry["size"], entry.get("strides") or entry["size"], entry.get("padding", "valid")
    # The padding does not count.
    counts = _windows(np.ones_like(x[:1]), *geometry).sum(axis=(4, 5))
    return _windows(x, *geometry).sum(axis=(4, 5)) / counts


def _dense(entry: dict[str, Any], x: Arrays, left: Iterator[Arrays]) -> Arrays:
    return _finished(entry, x @ next(left), left)


_LAYERS: Final[dict[str, Callable[[dict[str, Any], Arrays, Iterator[Arrays]], Arrays]]] = {
    "conv": _conv,
    "separable_conv": _separable,
    "depthwise_conv": _depthwise,
    "residual": _residual,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "global_average_pool": lambda entry, x, left: x.mean(axis=(1, 2)),
    "flatten": lambda entry, x, left: x.reshape(len(x), -1),
    "dense": _dense,
    "batch_norm": _norm,
    "activation": lambda entry, x, left: _activated(entry["function"], x),
    "dropout": lambda entry, x, left: x,
}
