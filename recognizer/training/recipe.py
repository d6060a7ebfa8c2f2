"""Networks as lists of layers: what each layer may be, what comes out of it, what it costs; known without Keras."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr

Recipe = Sequence[dict[str, Any]]
Shape = tuple[int, ...]
SIZE: Final = 28
"""Side of the pictures, pixels."""
MAX_LAYERS: Final = 100
MAX_PARAMETERS: Final = 20_000_000
"""320 MB with their gradients and an optimiser's two moments."""
MAX_MULTIPLIES: Final = 2_000_000_000
"""For one picture; a step of 32 then takes some seconds on one core."""
ACTIVATIONS: Final = ("linear", "relu", "elu", "gelu", "sigmoid", "softmax", "softplus", "swish", "tanh")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What can be set of a layer.

    Attributes:
        name: In the recipe.
        usual: Its value where the recipe says nothing; None where the recipe has to say it.
        low, high: The least and the most of a number; whole numbers where `usual` or `low` is one.
        choices: All that it may be, where it is a word.
    """

    name: str
    usual: int | float | str | bool | None = None
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()

    def problem(self, value: object) -> str:
        """Why `value` is none of the allowed ones, in the language in use; empty where it is one."""
        if self.choices:
            allowed = value in self.choices
            wanted = tr("one of {allowed}", allowed=", ".join(self.choices))
        elif isinstance(self.usual, bool):
            allowed, wanted = isinstance(value, bool), "true, false"
        else:
            is_whole = not isinstance(self.low, float)
            is_number = isinstance(value, int if is_whole else int | float) and not isinstance(value, bool)
            allowed = is_number and self.low <= value <= self.high  # type: ignore[operator]
            wanted = tr("{low} to {high}", low=f"{self.low:g}", high=f"{self.high:g}")
        return "" if allowed else tr("{name} = {value}, allowed: {wanted}", name=self.name, value=value, wanted=wanted)


@dataclass(frozen=True, slots=True)
class LayerKind:
    """A layer that networks can be made of.

    Attributes:
        name: Its type in the recipe.
        parameters: What can be set.
        trace: Given the layer with all its parameters and the shape that goes in: the shape that comes out, its
            trainable and other parameters, and its multiplications for one picture; ValueError where it does not fit.
        describe: Its name and what it does, in the language in use.
    """

    name: str
    parameters: tuple[Parameter, ...]
    trace: Callable[[dict[str, Any], Shape], tuple[Shape, int, int]]
    describe: Callable[[], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """What a layer of a network gives and costs.

    Attributes:
        entry: Of the recipe.
        shape: That comes out: (height, width, channels) or (units,).
        parameters: Numbers that are learnt, or gathered while learning.
        multiplies: Multiplications for one picture.
    """

    entry: dict[str, Any]
    shape: Shape
    parameters: int
    multiplies: int


def _picture(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ValueError(tr("it works on pictures, but after Flatten there is none"))
    return shape


def _extent(size: int, window: int, strides: int, padding: str) -> int:
    """How many places a window has along a side; Dumoulin and Visin 2016, arXiv:1603.07285."""
    extent = -(-size // strides) if padding == "same" else (size - window) // strides + 1
    if extent < 1:
        raise ValueError(
            tr("a window of {window}×{window} does not fit into {size}×{size} pixels", window=window, size=size)
        )
    return extent


def _windowed(entry: dict[str, Any], shape: Shape, window: int, strides: int) -> tuple[int, int, int]:
    height, width, channels = _picture(shape)
    places = [_extent(side, window, strides, entry["padding"]) for side in (height, width)]
    return places[0], places[1], channels


def _conv(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    window, filters = entry["size"], entry["filters"]
    height, width, channels = _windowed(entry, shape, window, entry["strides"])
    weights = window * window * channels * filters
    return (height, width, filters), weights + filters * entry["use_bias"], weights * height * width


def _depthwise(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    window = entry["size"]
    height, width, channels = _windowed(entry, shape, window, entry["strides"])
    weights = window * window * channels
    return (height, width, channels), weights + channels * entry["use_bias"], weights * height * width


def _separable(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    window, filters = entry["size"], entry["filters"]
    height, width, channels = _windowed(entry, shape, window, entry["strides"])
    weights = channels * (window * window + filters)
    return (height, width, filters), weights + filters * entry["use_bias"], weights * height * width


def _residual(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    filters, strides = entry["filters"], entry["strides"]
    height, width, channels = _windowed({"padding": "same"}, shape, 3, strides)
    weights = 9 * channels * filters + 9 * filters * filters
    norms = 2
    if has_projection(entry, shape):
        weights, norms = weights + channels * filters, 3
    return (height, width, filters), weights + 4 * norms * filters, weights * height * width


def has_projection(entry: dict[str, Any], shape: Shape) -> bool:
    """Whether the shortcut of a residual block needs a convolution of its own to fit its other branch."""
    return entry.get("strides", 1) != 1 or entry["filters"] != shape[-1]


def _pool(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    return _windowed(entry, shape, entry["size"], entry["strides"] or entry["size"]), 0, 0


def _global(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    return _picture(shape)[2:], 0, 0


def _flatten(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    return (prod(shape),), 0, 0


def _dense(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    units = entry["units"]
    weights = shape[-1] * units
    return (*shape[:-1], units), weights + units * entry["use_bias"], weights * prod(shape[:-1])


def _norm(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    return shape, 4 * shape[-1], prod(shape)


def _same(entry: dict[str, Any], shape: Shape) -> tuple[Shape, int, int]:
    return shape, 0, 0


_FILTERS: Final = Parameter("filters", None, 1, 1024)
_WINDOW: Final = Parameter("size", None, 1, 28)
_STRIDES: Final = Parameter("strides", 1, 1, 4)
_PADDING: Final = Parameter("padding", "valid", choices=("valid", "same"))
_ACTIVATION: Final = Parameter("activation", "linear", choices=ACTIVATIONS)
_BIAS: Final = Parameter("use_bias", True)
_POOLING: Final = (_WINDOW, Parameter("strides", 0, 0, 28), _PADDING)

LAYERS: Final[dict[str, LayerKind]] = {
    kind.name: kind
    for kind in (
        LayerKind(
            "conv",
            (_FILTERS, _WINDOW, _STRIDES, _PADDING, _ACTIVATION, _BIAS),
            _conv,
            lambda: ("Conv2D", tr("slides small filters over the picture; each looks for one shape")),
        ),
        LayerKind(
            "separable_conv",
            (_FILTERS, _WINDOW, _STRIDES, _PADDING, _ACTIVATION, _BIAS),
            _separable,
            lambda: (
                "SeparableConv2D",
                tr("a convolution in two cheaper steps: each channel alone, then all together"),
            ),
        ),
        LayerKind(
            "depthwise_conv",
            (_WINDOW, _STRIDES, _PADDING, _ACTIVATION, _BIAS),
            _depthwise,
            lambda: ("DepthwiseConv2D", tr("one filter for each channel alone")),
        ),
        LayerKind(
            "residual",
            (_FILTERS, _STRIDES),
            _residual,
            lambda: (tr("Residual block"), tr("two convolutions whose result is added to what went in")),
        ),
        LayerKind(
            "max_pool",
            _POOLING,
            _pool,
            lambda: ("MaxPooling2D", tr("keeps the largest value of each window; the picture shrinks")),
        ),
        LayerKind(
            "average_pool",
            _POOLING,
            _pool,
            lambda: ("AveragePooling2D", tr("keeps the mean of each window; the picture shrinks")),
        ),
        LayerKind(
            "global_average_pool",
            (),
            _global,
            lambda: ("GlobalAveragePooling2D", tr("keeps the mean of each channel; no picture is left")),
        ),
        LayerKind("flatten", (), _flatten, lambda: ("Flatten", tr("puts all values of the picture into one row"))),
        LayerKind(
            "dense",
            (Parameter("units", None, 0, 4096), _ACTIVATION, _BIAS),
            _dense,
            lambda: ("Dense", tr("every unit looks at all values; 0 units stand for the number of classes")),
        ),
        LayerKind(
            "batch_norm",
            (),
            _norm,
            lambda: ("BatchNormalization", tr("keeps the values in a good range while the network learns")),
        ),
        LayerKind(
            "activation",
            (Parameter("function", None, choices=ACTIVATIONS),),
            _same,
            lambda: ("Activation", tr("bends the values, so that layers together can do more than one alone")),
        ),
        LayerKind(
            "dropout",
            (Parameter("rate", None, 0.0, 0.9),),
            _same,
            lambda: ("Dropout", tr("leaves out a share of the values at random while the network learns")),
        ),
    )
}
"""By their types."""


def completed(entry: dict[str, Any]) -> dict[str, Any]:
    """A layer with all its parameters.

    Raises:
        ValueError: Its type or a parameter does not exist, is missing, or has a value that it cannot have; in words.
    """
    kind = LAYERS.get(str(entry.get("type")))
    if kind is None:
        raise ValueError(tr("there is no layer of type “{type}”", type=str(entry.get("type"))[:40]))
    known = {parameter.name: parameter for parameter in kind.parameters}
    strange = [name for name in entry if name not in known and name != "type"]
    if strange:
        raise ValueError(tr("it has no setting “{name}”", name=str(strange[0])[:40]))
    values: dict[str, Any] = {"type": kind.name}
    for name, parameter in known.items():
        value = entry.get(name, parameter.usual)
        if value is None:
            raise ValueError(tr("“{name}” is missing", name=name))
        problem = parameter.problem(value)
        if problem:
            raise ValueError(problem)
        values[name] = value
    return values


def trace(recipe: Recipe, classes: int, size: int = SIZE) -> list[LayerTrace]:
    """What each layer gives and costs.

    Args:
        recipe: Layers in their order, each `{"type": ..., parameters}`.
        classes: How many classes there are; a dense layer of 0 units has as many.
        size: Side of the pictures, pixels.

    Raises:
        RecognizerError: A layer does not exist or does not fit, the last one does not give a probability for each
            class, or the network is too large; named by the layer's number, counted from 1.
    """
    if not 1 <= len(recipe) <= MAX_LAYERS:
        raise _bad(tr("the network has {n:,} layers; 1 to {most} can be trained", n=len(recipe), most=MAX_LAYERS))
    traces = list(layer_traces(recipe, classes, size))
    _check_end(recipe, traces[-1].shape, classes)
    _check_size(traces)
    return traces


def layer_traces(recipe: Recipe, classes: int, size: int = SIZE) -> Iterator[LayerTrace]:
    """As `trace`, one after the other up to the layer that does not fit; nothing is said of the whole.

    Raises:
        RecognizerError: The next layer does not exist or does not fit.
    """
    shape: Shape = (size, size, 1)
    for number, entry in enumerate(recipe, start=1):
        try:
            full = completed(entry)
            if full["type"] == "dense":
                full["units"] = full["units"] or classes
                if len(shape) == 3:
                    raise ValueError(tr("a picture goes in; put Flatten or GlobalAveragePooling2D before it"))
            shape, parameters, multiplies = LAYERS[full["type"]].trace(full, shape)
        except (ValueError, TypeError, AttributeError) as error:
            raise _bad(tr("layer {number}: {problem}", number=number, problem=error)) from error
        yield LayerTrace(dict(entry), shape, parameters, multiplies)


def _check_end(recipe: Recipe, shape: Shape, classes: int) -> None:
    last = recipe[-1]
    if shape != (classes,) or "softmax" not in (last.get("activation"), last.get("function")):
        raise _bad(
            tr(
                "layer {number}: the last layer must be Dense with 0 units and softmax, one probability for each class",
                number=len(recipe),
            )
        )


def _check_size(traces: list[LayerTrace]) -> None:
    parameters, multiplies = (sum(getattr(one, name) for one in traces) for name in ("parameters", "multiplies"))
    largest = max(range(len(traces)), key=lambda number: traces[number].parameters)
    if parameters > MAX_PARAMETERS:
        raise _bad(
            tr(
                "layer {number}: the network would have {n:,} parameters, most of them here; {most:,} can be trained",
                number=largest + 1,
                n=parameters,
                most=MAX_PARAMETERS,
            )
        )
    if multiplies > MAX_MULTIPLIES:
        slowest = max(range(len(traces)), key=lambda number: traces[number].multiplies)
        raise _bad(
            tr(
                "layer {number}: a picture would take {n:,} multiplications, most of them here; {most:,} are the most",
                number=slowest + 1,
                n=multiplies,
                most=MAX_MULTIPLIES,
            )
        )


def _bad(where: str) -> RecognizerError:
    return RecognizerError(
        tr("The network cannot be built"),
        where=where,
        fix=tr("Change this layer, or choose another preset"),
    )


def parse_recipe(text: str) -> list[dict[str, Any]]:
    """A recipe from its JSON form; it is not traced.

    Raises:
        RecognizerError: It is no list of layers.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(str(error)[:200]) from error
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise _bad(tr("it is no list of layers"))
    return found


def is_convolutional(recipe: Recipe) -> bool:
    """Whether the network has layers that work on neighbourhoods."""
    pictorial = {"conv", "separable_conv", "depthwise_conv", "residual", "max_pool", "average_pool"}
    return any(entry.get("type") in pictorial | {"global_average_pool"} for entry in recipe)
