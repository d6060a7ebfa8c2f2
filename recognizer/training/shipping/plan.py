"""What each layer of a recipe makes of a picture's shape, and which arrays it has; needs no Keras.

A new kind of layer is a row of `LAYERS` here, one of `EMITTERS` in onnx_graph.py and one of `CLASSES` in
foreign_layers.py; until it has them, its models are trained and used as ever but not exported to ONNX.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.network import Recipe, is_convolutional

Shape = tuple[int, ...]
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """A layer in its place.

    Attributes:
        entry: Of the recipe; the number of classes stands in it where the recipe has 0 units.
        inputs, outputs: Without the axis of the samples: (h, w), (h, w, channels) or (units,).
        weights: The shapes of its arrays in Keras' order.
        operations: Multiplications and additions a picture, about.
    """

    entry: dict[str, Any]
    inputs: Shape
    outputs: Shape
    weights: tuple[Shape, ...]
    operations: int


@dataclass(frozen=True, slots=True)
class Window:
    """A window that slides over a picture; each pair is (down, right).

    Attributes:
        size, strides, dilation: Pixels.
        before, after: Rows and columns of padding that TensorFlow adds, pixels.
        outputs: How many places it has.
    """

    size: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]
    outputs: tuple[int, int]


_FOR_TRAINING: Final = frozenset(
    {
        "type", "name", "kernel_initializer", "kernel_regularizer", "bias_initializer", "bias_regularizer",
        "depthwise_initializer", "depthwise_regularizer", "pointwise_initializer", "pointwise_regularizer", "momentum",
        "seed",
    }
)  # fmt: skip
"""Parameters that do not change what a trained layer answers."""


def plan(recipe: Recipe, classes: int, size: int = 28) -> list[Planned]:
    """Every layer with its shapes.

    Args:
        recipe: As `build_network` takes it.
        classes: How many outputs a dense layer of 0 units has.
        size: Side of the pictures, pixels.

    Raises:
        RecognizerError: A layer is of a kind, or has a parameter, that is not known here, or does not fit.
    """
    shape: Shape = (size, size, 1) if is_convolutional(recipe) else (size, size)
    planned = []
    for number, layer in enumerate(recipe, start=1):
        entry = dict(layer)
        try:
            made = _planned(entry, shape, classes)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise cannot_export(number, layer, f"{type(error).__name__}: {error}") from error
        planned.append(made)
        shape = made.outputs
    return planned


def cannot_export(number: int, layer: Entry, reason: str) -> RecognizerError:
    """What is said of a layer that does not go into an exported file; `number` counts from 1."""
    return RecognizerError(
        tr("The network has a layer that cannot be exported in this way"),
        where=f"{number}: {dict(layer)!r} ({reason})",
        fix=tr("Choose another format, such as keras or litert, or another network"),
    )


def _planned(entry: dict[str, Any], inputs: Shape, classes: int) -> Planned:
    kind = entry["type"]
    if kind not in LAYERS:
        raise ValueError(f"type = {kind!r}")
    parameters, rule = LAYERS[kind]
    for name, value in entry.items():
        if name not in parameters and name not in _FOR_TRAINING and value is not None:
            raise ValueError(f"{name} = {value!r}")
    if kind == "dense" and not entry["units"]:
        entry["units"] = classes
    outputs, weights = rule(entry, inputs)
    if not outputs or min(outputs) < 1:
        raise ValueError(f"{inputs} → {outputs}")
    # Each array but the biases is used once at every place of the output.
    places = math.prod(outputs[:-1]) if len(outputs) == 3 else 1
    return Planned(entry, inputs, outputs, weights, places * sum(math.prod(each) for each in weights))


def pair(value: Any) -> tuple[int, int]:
    """A side, or (down, right), as whole numbers of at least 1; ValueError for anything else."""
    sides = (value, value) if isinstance(value, int) else tuple(value)
    if len(sides) != 2 or not all(type(side) is int and side >= 1 for side in sides):
        raise ValueError(f"{value!r}")
    return sides


def window(entry: Entry, inputs: Shape) -> Window:
    """The window of a convolution or of pooling, which moves by its own size unless told otherwise."""
    _pictures(inputs)
    size = pair(entry["size"])
    is_pool = entry["type"].endswith("_pool")
    usual: Any = size if is_pool else 1
    strides = pair(entry.get("strides") or usual)
    dilation = pair(entry.get("dilation_rate") or 1)
    padding = entry.get("padding", "valid")
    if padding not in ("valid", "same"):
        raise ValueError(f"padding = {padding!r}")
    before, after, outputs = [], [], []
    for side, length, step, gap in zip(inputs[:2], size, strides, dilation, strict=True):
        reach = (length - 1) * gap + 1
        places = -(-side // step) if padding == "same" else (side - reach) // step + 1
        if places < 1:
            raise ValueError(f"{length} > {side}")
        lack = max(0, (places - 1) * step + reach - side) if padding == "same" else 0
        before.append(lack // 2)
        after.append(lack - lack // 2)
        outputs.append(places)
    (top, left), (bottom, right), (rows, columns) = before, after, outputs
    return Window(size, strides, dilation, (top, left), (bottom, right), (rows, columns))


def _pictures(inputs: Shape) -> None:
    if len(inputs) != 3:
        raise ValueError(f"{inputs}")


def _bias(entry: Entry, width: int) -> tuple[Shape, ...]:
    return ((width,),) if entry.get("use_bias", True) else ()


_Rule = Callable[[Entry, Shape], tuple[Shape, tuple[Shape, ...]]]


def _same(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    return inputs, ()


def _flatten(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    return (math.prod(inputs),), ()


def _dense(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    (width,) = inputs
    units = int(entry["units"])
    return (units,), ((width, units), *_bias(entry, units))


def _conv(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    seen, filters, groups = window(entry, inputs), int(entry["filters"]), int(entry.get("groups", 1))
    if groups < 1 or inputs[2] % groups or filters % groups:
        raise ValueError(f"groups = {groups}")
    kernel = (*seen.size, inputs[2] // groups, filters)
    return (*seen.outputs, filters), (kernel, *_bias(entry, filters))


def _depthwise(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    seen, times = window(entry, inputs), int(entry.get("depth_multiplier", 1))
    width = inputs[2] * times
    return (*seen.outputs, width), ((*seen.size, inputs[2], times), *_bias(entry, width))


def _separable(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    seen, times, filters = window(entry, inputs), int(entry.get("depth_multiplier", 1)), int(entry["filters"])
    kernels = ((*seen.size, inputs[2], times), (1, 1, inputs[2] * times, filters))
    return (*seen.outputs, filters), (*kernels, *_bias(entry, filters))


def residual_parts(entry: Entry, inputs: Shape) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """The convolutions of a residual block: the first, the second, and that of the shortcut where it has one."""
    _pictures(inputs)
    filters, strides = int(entry["filters"]), entry.get("strides") or 1

    def conv(size: int, strides: Any) -> dict[str, Any]:
        shape = {"filters": filters, "size": size, "strides": strides, "padding": "same"}
        return {"type": "conv", **shape, "use_bias": False}

    needs_own = pair(strides) != (1, 1) or inputs[2] != filters
    return conv(3, strides), conv(3, 1), conv(1, strides) if needs_own else None


def _residual(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    first, second, own = residual_parts(entry, inputs)
    between, kernel = _conv(first, inputs)
    outputs, kernel_2 = _conv(second, between)
    norm = (outputs[2:],) * 4
    shortcut, norms = (_conv(own, inputs)[1], norm + norm) if own else ((), norm)
    return outputs, kernel + norm + kernel_2 + shortcut + norms


def _pool(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    return (*window(entry, inputs).outputs, inputs[2]), ()


def _global_pool(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    _pictures(inputs)
    return (inputs[2],), ()


def _batch_norm(entry: Entry, inputs: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    if len(inputs) == 2:
        # There is no axis of channels whose figures these could be.
        raise ValueError(f"{inputs}")
    arrays = 2 + bool(entry.get("scale", True)) + bool(entry.get("center", True))
    return inputs, (inputs[-1:],) * arrays


_WINDOW: Final = {"size", "strides", "padding"}
_KERNEL: Final = {*_WINDOW, "dilation_rate", "use_bias", "activation"}

LAYERS: Final[dict[str, tuple[frozenset[str], _Rule]]] = {
    kind: (frozenset(parameters), rule)
    for kind, parameters, rule in (
        ("flatten", set(), _flatten),
        ("dense", {"units", "use_bias", "activation"}, _dense),
        ("conv", {*_KERNEL, "filters", "groups"}, _conv),
        ("depthwise_conv", {*_KERNEL, "depth_multiplier"}, _depthwise),
        ("separable_conv", {*_KERNEL, "filters", "depth_multiplier"}, _separable),
        ("max_pool", _WINDOW, _pool),
        ("average_pool", _WINDOW, _pool),
        ("global_average_pool", set(), _global_pool),
        ("residual", {"filters", "strides"}, _residual),
        ("batch_norm", {"epsilon", "scale", "center"}, _batch_norm),
        ("activation", {"function"}, _same),
        ("dropout", {"rate"}, _same),
    )
}
"""Every kind of layer: which parameters change what it answers, and its shapes and arrays."""
