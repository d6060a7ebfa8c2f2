"""How one number that a step of a network gives comes about, with all the numbers that it is made of."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.convolution import ConvolutionStep, PoolingStep, convolution_step, pooling_step
from recognizer.inference.forward import EPSILON
from recognizer.inference.stages import Stage

Floats = NDArray[np.float32]
_LARGEST: Final = 700.0
"""To the power of which e can still be raised."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanStep:
    """How a mean comes about.

    Attributes:
        top, left: Of the window, pixels.
        window: (p, q) float32, what it covers; at the border it may be smaller.
        value: The mean.
    """

    top: int
    left: int
    window: Floats
    value: float


@dataclass(frozen=True, slots=True)
class NormStep:
    """How a batch normalisation brings a number into a good range.

    Attributes:
        x: What goes in.
        mean, variance: Of such numbers in training.
        gain, shift: Learnt.
        value: (x - mean) / sqrt(variance + 0.001) * gain + shift.
    """

    x: float
    mean: float
    variance: float
    gain: float
    shift: float
    value: float


@dataclass(frozen=True, slots=True)
class ActivationStep:
    """How an activation bends a number.

    Attributes:
        function: Its name, as recipes have it; not `softmax`.
        x: What goes in.
        value: What comes out.
    """

    function: str
    x: float
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxStep:
    """How scores become probabilities.

    Attributes:
        scores: (n,) float32.
        place: Of the one that is looked at.
        powers: (n,) float64, e to the power of each score.
        total: Of the powers.
        value: The one's power, divided by the total.
    """

    scores: Floats
    place: int
    powers: NDArray[np.float64]
    total: float
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class DenseStep:
    """How a unit adds up all that it looks at.

    Attributes:
        inputs, weights, products: (n,) float32; the last are the first two, multiplied.
        bias: What is added.
        total: The products' sum and the bias.
    """

    inputs: Floats
    weights: Floats
    products: Floats
    bias: float
    total: float


@dataclass(frozen=True, slots=True)
class FlattenStep:
    """Where a pixel of a map goes in the row of all.

    Attributes:
        row, column, channel: Of the pixel.
        place: In the row.
        value: It is the same.
    """

    row: int
    column: int
    channel: int
    place: int
    value: float


@dataclass(frozen=True, slots=True)
class ResidualStep:
    """How a residual block comes to a number.

    Attributes:
        branch: What its two convolutions give.
        shortcut: What takes the shortcut.
        value: max(0, branch + shortcut).
    """

    branch: float
    shortcut: float
    value: float


ValueStep = (
    ConvolutionStep
    | PoolingStep
    | MeanStep
    | NormStep
    | ActivationStep
    | SoftmaxStep
    | DenseStep
    | FlattenStep
    | ResidualStep
)


def value_step(stage: Stage, channel: int, row: int = 0, column: int = 0) -> ValueStep:
    """How a step comes to one of the numbers that it gives.

    Args:
        stage: The step.
        channel: Of the map that it is in; the place of the number where no maps come out.
        row, column: In the map.

    Raises:
        IndexError: There is no such number.
    """
    shape = stage.after.shape if stage.after.ndim == 3 else (1, 1, len(stage.after))
    for place, extent in zip((row, column, channel), shape, strict=True):
        if not 0 <= place < extent:
            raise IndexError(f"{place} of {extent}")
    there = (row, column, channel) if stage.after.ndim == 3 else (channel,)
    value = float(stage.after[there])
    size, strides, padding = stage.geometry
    match stage.kind:
        case "conv" | "depthwise_conv":
            kernel = stage.weights[0]
            picture, chosen = stage.before, channel
            if stage.kind == "depthwise_conv":
                picture, kernel, chosen = picture[:, :, channel, None], kernel[:, :, channel, None], 0
            bias = stage.weights[1] if len(stage.weights) > 1 else np.zeros(stage.after.shape[-1], np.float32)
            own_bias = bias if stage.kind == "conv" else bias[channel, None]
            return convolution_step(picture, kernel, own_bias, chosen, row, column, strides, padding)
        case "max_pool":
            return pooling_step(stage.before, channel, row, column, size, strides, padding)
        case "average_pool":
            above, beside = stage.padding_before
            top, left = row * strides - above, column * strides - beside
            window = stage.before[max(top, 0) : top + size, max(left, 0) : left + size, channel]
            return MeanStep(max(top, 0), max(left, 0), window, float(window.mean(dtype=np.float64)))
        case "global_average_pool":
            whole = stage.before[:, :, channel]
            return MeanStep(0, 0, whole, float(whole.mean(dtype=np.float64)))
        case "batch_norm":
            gain, shift, mean, variance = (float(each[channel]) for each in stage.weights)
            x = float(stage.before[there])
            normed = (x - mean) / math.sqrt(variance + float(EPSILON)) * gain + shift
            return NormStep(x, mean, variance, gain, shift, normed)
        case "activation" if stage.entry["function"] == "softmax":
            return _softmax(stage.before[there[:-1]] if len(there) > 1 else stage.before, channel)
        case "activation":
            return ActivationStep(str(stage.entry["function"]), float(stage.before[there]), value)
        case "dense":
            weights = stage.weights[0][:, channel]
            products = stage.before * weights
            bias_value = float(stage.weights[1][channel]) if len(stage.weights) > 1 else 0.0
            total = float(products.sum(dtype=np.float64)) + bias_value
            return DenseStep(stage.before, weights, products, bias_value, total)
        case "flatten":
            if stage.before.ndim != 3:
                return FlattenStep(0, 0, channel, channel, value)
            at = [int(each) for each in np.unravel_index(channel, stage.before.shape)]
            return FlattenStep(at[0], at[1], at[2], channel, value)
        case "residual":
            branch, shortcut = (float(each[there]) for each in stage.branches)
            return ResidualStep(branch, shortcut, max(0.0, branch + shortcut))
        case _:
            raise ValueError(f"type = {stage.kind!r}")


def result(step: ValueStep) -> float:
    """The number that the step gives."""
    return step.total if isinstance(step, ConvolutionStep | DenseStep) else step.value


def _softmax(scores: Floats, place: int) -> SoftmaxStep:
    highest = float(scores.max())
    # The shares are the same with all scores less the largest, and that can always be worked out.
    powers = np.exp(scores.astype(np.float64) - (highest if abs(highest) > _LARGEST else 0.0))
    total = float(powers.sum())
    return SoftmaxStep(scores, place, powers, total, float(powers[place]) / total)


def shares(step: ValueStep) -> NDArray[np.float64]:
    """What each map, or each number, that goes in adds to the sum; empty where the step adds up nothing.

    Returns:
        (c,) of a convolution over c maps, (n,) of a unit that looks at n numbers.
    """
    match step:
        case ConvolutionStep():
            return step.products.sum(axis=(0, 1), dtype=np.float64)
        case DenseStep():
            return step.products.astype(np.float64)
        case _:
            return np.zeros(0)


def strongest(stage: Stage, channel: int | None = None) -> tuple[int, int, int]:
    """Where the largest number is that comes out: (channel, row, column), in a given map or in any.

    Raises:
        IndexError: There is no such map.
    """
    maps = stage.after if stage.after.ndim == 3 else stage.after[None, None]
    if channel is None:
        channel = int(maps.max(axis=(0, 1)).argmax())
    elif not 0 <= channel < maps.shape[2]:
        raise IndexError(f"{channel} of {maps.shape[2]}")
    row, column = divmod(int(maps[:, :, channel].argmax()), maps.shape[1])
    return channel, row, column
