"""Grad-CAM with NumPy alone: which parts of a network's last maps speak for a class."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.inference.forward import EPSILON
from recognizer.inference.stages import Stage

Floats = NDArray[np.floating]
_AFTER_MAPS: Final = ("max_pool", "average_pool")
"""What only sums up the maps before it."""


def class_maps(stages: Sequence[Stage], recipe: Sequence[dict[str, Any]]) -> NDArray[np.float32]:
    """Grad-CAM over the last maps of a network, for all its classes (Selvaraju et al. 2017, equations 1 and 2).

    The gradients are those of the scores, before softmax. What is below 0, and left out by equation 2, is kept: the
    maps of two classes can then be subtracted, and the difference is what speaks for the one rather than the other.

    Args:
        stages: The network at a picture.
        recipe: Its layers.

    Returns:
        (k, h, w) float32, a map for each output, in the size of the last maps; `enlarged` puts one over the picture.

    Raises:
        RecognizerError: The network has no convolutions.
    """
    if not centres_of(recipe).size:
        raise no_convolutions(recipe)
    last = max(place for place, stage in enumerate(stages) if stage.after.ndim == 3 and stage.kind not in _AFTER_MAPS)
    rest = stages[last + 1 :]
    if rest and rest[-1].entry.get("function") == "softmax":
        rest = rest[:-1]
    maps = stages[last].after
    classes = len(stages[-1].after)
    gradient: Floats = np.eye(classes, dtype=np.float64)
    for stage in reversed(rest):
        gradient = _backward(stage, gradient)
    weights = gradient.reshape(classes, *maps.shape).mean(axis=(1, 2))
    return np.einsum("hwc,kc->khw", maps, weights).astype(np.float32)


def enlarged(small: Floats, recipe: Sequence[dict[str, Any]], size: int = 28) -> NDArray[np.float32]:
    """A map of the last layer over the picture, (size, size): each value where the middle of its receptive field is.

    In between it is interpolated, beyond the outermost middles it is constant.
    """
    centres = centres_of(recipe, size)
    span = np.arange(size)
    across = np.stack([np.interp(span, centres, row) for row in small])
    return np.stack([np.interp(span, centres, column) for column in across.T], axis=1).astype(np.float32)


def centres_of(recipe: Sequence[dict[str, Any]], size: int = 28) -> NDArray[np.float64]:
    """Where the receptive fields of a network's last maps have their middles.

    Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", distill.pub, equations 3 and 4.

    Args:
        recipe: The layers.
        size: Side of the pictures, pixels.

    Returns:
        (m,) float64, a side's middles in pixels of the picture, ascending; empty where there are no convolutions.
    """
    spatial = [entry for entry in _until_flat(recipe) if entry["type"] != "dropout"]
    while spatial and spatial[-1]["type"] in _AFTER_MAPS:
        spatial.pop()
    if not any("conv" in entry["type"] or entry["type"] == "residual" for entry in spatial):
        return np.zeros(0)
    extent, first, jump = size, 0.0, 1
    for entry in spatial:
        for window, strides, padding in _windows(entry):
            if padding == "same":
                after = -(-extent // strides)
                before = max((after - 1) * strides + window - extent, 0) // 2
            else:
                after, before = (extent - window) // strides + 1, 0
            first += ((window - 1) / 2 - before) * jump
            extent, jump = after, jump * strides
    return first + jump * np.arange(extent, dtype=np.float64)


def _until_flat(recipe: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    flat = ("flatten", "dense", "global_average_pool")
    end = next((place for place, entry in enumerate(recipe) if entry["type"] in flat), len(recipe))
    return list(recipe[:end])


def _windows(entry: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Size, strides and padding of what a layer looks through; none where it looks at single pixels."""
    padding = entry.get("padding", "valid")
    match entry["type"]:
        case "conv" | "separable_conv" | "depthwise_conv":
            return [(entry["size"], entry.get("strides", 1), padding)]
        case "max_pool" | "average_pool":
            return [(entry["size"], entry.get("strides", 0) or entry["size"], padding)]
        case "residual":
            return [(3, entry.get("strides", 1), "same"), (3, 1, "same")]
        case _:
            return []


def _backward(stage: Stage, gradient: Floats) -> Floats:
    """From (k, ...) gradients of k scores by what comes out of a stage to those by what goes in."""
    x = stage.before.astype(np.float64)
    match stage.kind:
        case "dense":
            return gradient @ stage.weights[0].astype(np.float64).T
        case "flatten":
            return gradient.reshape(len(gradient), *x.shape)
        case "global_average_pool":
            return np.broadcast_to(gradient[:, None, None] / (x.shape[0] * x.shape[1]), (len(gradient), *x.shape))
        case "batch_norm":
            return gradient * (stage.weights[0] / np.sqrt(stage.weights[3] + EPSILON))
        case "activation":
            return _bent_back(str(stage.entry["function"]), x, gradient)
        case "max_pool" | "average_pool":
            return _pooled_back(stage, x, gradient)
        case _:
            raise ValueError(f"type = {stage.kind!r}")


def _bent_back(function: str, x: Floats, gradient: Floats) -> Floats:
    """Through an activation: the gradient times the function's derivative at `x`."""
    sigmoid = 1 / (1 + np.exp(-x))
    match function:
        case "relu":
            return gradient * (x > 0)
        case "elu":
            return gradient * np.where(x > 0, 1, np.exp(np.minimum(x, 0)))
        case "gelu":
            share = (1 + np.vectorize(math.erf, otypes=[np.float64])(x / math.sqrt(2))) / 2
            return gradient * (share + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))
        case "sigmoid":
            return gradient * sigmoid * (1 - sigmoid)
        case "softplus":
            return gradient * sigmoid
        case "swish":
            return gradient * (sigmoid + x * sigmoid * (1 - sigmoid))
        case "tanh":
            return gradient * (1 - np.tanh(x) ** 2)
        case "softmax":
            powers = np.exp(x - x.max(axis=-1, keepdims=True))
            shares = powers / powers.sum(axis=-1, keepdims=True)
            return shares * (gradient - (gradient * shares).sum(axis=-1, keepdims=True))
        case _:
            raise ValueError(f"activation = {function!r}")


def _pooled_back(stage: Stage, x: Floats, gradient: Floats) -> Floats:
    """Through a pooling: to the largest pixel of each window, the first of several, or to all of it alike."""
    size, strides, _ = stage.geometry
    top, left = stage.padding_before
    rows, columns, channels = stage.after.shape
    out = np.zeros((len(gradient), *x.shape))
    every = np.arange(channels)
    for row in range(rows):
        for column in range(columns):
            first, second = max(row * strides - top, 0), max(column * strides - left, 0)
            window = x[first : row * strides - top + size, second : column * strides - left + size]
            part = out[:, first : first + window.shape[0], second : second + window.shape[1]]
            if stage.kind == "average_pool":
                part += gradient[:, row, column][:, None, None] / (window.shape[0] * window.shape[1])
            else:
                there = window.reshape(-1, channels).argmax(axis=0)
                down, across = np.divmod(there, window.shape[1])
                part[:, down, across, every] += gradient[:, row, column]
    return out


def no_convolutions(recipe: Sequence[dict[str, Any]]) -> RecognizerError:
    """That a network has none to look into."""
    return RecognizerError(
        tr("This network has no convolutions to look into"),
        where=", ".join(str(entry.get("type")) for entry in recipe),
        fix=tr("Choose occlusion instead, or a model with convolutions"),
    )
