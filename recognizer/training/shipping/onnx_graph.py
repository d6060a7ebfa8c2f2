"""From a recipe and its arrays to an ONNX graph, node by node; no converter is needed.

Pictures lie channels first in ONNX and last in Keras: they are turned at the beginning and, where they are flattened,
back again, so that the arrays of dense layers stay as they are.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.training.checkpoint import Weights
from recognizer.training.network import Recipe
from recognizer.training.shipping.plan import Planned, Window, cannot_export, plan, residual_parts, window

OPSET: Final = 18
"""Of the operators; IR version 8 and this are read by ONNX Runtime from 1.14 (February 2023) on."""
_IR_VERSION: Final = 8
_EPSILON: Final = 1e-3
"""Of batch normalisation, where nothing else is said."""
INPUT: Final = "pictures"
OUTPUT: Final = "probabilities"


class Graph:
    """A chain of nodes that grows at its end.

    Attributes:
        at: The name of the tensor at the end; emitters put theirs in its place.
        shape: Of that tensor, as Keras has it, without the axis of the samples.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.at, self.shape = INPUT, shape
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []

    def constant(self, array: NDArray[Any]) -> str:
        """Keep an array, float32 or int64, in the file; the name that it has there."""
        from onnx import numpy_helper

        name = f"array_{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def number(self, value: float) -> str:
        """Keep one float32."""
        return self.constant(np.array(value, np.float32))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Append a node that takes `inputs`; the name of what it gives, which becomes the end."""
        from onnx import helper

        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        self.at = name
        return name


def onnx_model(
    recipe: Recipe, weights: Weights, classes: int, size: int = 28, notes: dict[str, str] | None = None
) -> bytes:
    """An ONNX file.

    Args:
        recipe: As `build_network` takes it.
        weights: In Keras' order.
        classes: How many outputs there are.
        size: Side of the pictures, pixels.
        notes: Kept in the file's metadata.

    Returns:
        A model from `pictures`, (n, size, size) float32 from 0 to 1, to `probabilities`, (n, classes) float32.

    Raises:
        RecognizerError: The recipe has a layer that cannot be written, or the arrays do not fit it.
    """
    import onnx
    from onnx import TensorProto, helper

    layers = plan(recipe, classes, size)
    first = layers[0].inputs if layers else (size, size)
    graph = Graph(first)
    if len(first) == 3:
        graph.add("Unsqueeze", graph.at, graph.constant(np.array([1], np.int64)))
    waiting = list(weights)
    for number, layer in enumerate(layers, start=1):
        emit = EMITTERS.get(layer.entry["type"])
        if emit is None:
            raise cannot_export(number, layer.entry, "ONNX")
        arrays, waiting = waiting[: len(layer.weights)], waiting[len(layer.weights) :]
        shapes = [array.shape for array in arrays]
        if shapes != list(layer.weights):
            raise cannot_export(number, layer.entry, f"{shapes}, {list(layer.weights)}")
        try:
            emit(graph, layer, [array.astype(np.float32) for array in arrays])
        except (KeyError, ValueError) as error:
            raise cannot_export(number, layer.entry, f"{type(error).__name__}: {error}") from error
        graph.shape = layer.outputs
    if waiting or graph.shape != (classes,):
        raise cannot_export(len(layers), layers[-1].entry, f"{graph.shape}, + {len(waiting)}")
    graph.nodes.append(helper.make_node("Identity", [graph.at], [OUTPUT], name=OUTPUT))
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "recognizer",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", size, size])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", classes])],
            graph.arrays,
        ),
        producer_name="recognizer",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
    )
    helper.set_model_props(made, notes or {})
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString(deterministic=True)


def _activate(graph: Graph, name: str | None) -> None:
    """Append an activation function by Keras' name; KeyError where it is not known."""
    ACTIVATIONS[name or "linear"](graph)


def _window(seen: Window, kernel: bool) -> dict[str, Any]:
    """The attributes of a node whose window slides."""
    attributes: dict[str, Any] = {
        "kernel_shape": list(seen.size),
        "strides": list(seen.strides),
        "pads": [*seen.before, *seen.after],
    }
    return attributes | {"dilations": list(seen.dilation)} if kernel else attributes


def _dense(graph: Graph, layer: Planned, arrays: Weights) -> None:
    graph.add("Gemm", graph.at, *(graph.constant(array) for array in arrays))
    _activate(graph, layer.entry.get("activation"))


def _flatten(graph: Graph, layer: Planned, arrays: Weights) -> None:
    if len(layer.inputs) == 3:
        graph.add("Transpose", graph.at, perm=[0, 2, 3, 1])
    graph.add("Flatten", graph.at, axis=1)


def _conv(graph: Graph, layer: Planned, arrays: Weights) -> None:
    kernel, *bias = arrays
    turned = [graph.constant(kernel.transpose(3, 2, 0, 1)), *map(graph.constant, bias)]
    seen = _window(window(layer.entry, layer.inputs), kernel=True)
    graph.add("Conv", graph.at, *turned, group=int(layer.entry.get("groups", 1)), **seen)
    _activate(graph, layer.entry.get("activation"))


def _by_channel(graph: Graph, layer: Planned, kernel: NDArray[np.float32], bias: Weights) -> None:
    """A convolution of each channel for itself; `kernel` is (h, w, channels, times)."""
    height, width, channels, times = kernel.shape
    turned = kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)
    seen = _window(window(layer.entry, layer.inputs), kernel=True)
    graph.add("Conv", graph.at, graph.constant(turned), *map(graph.constant, bias), group=channels, **seen)


def _depthwise(graph: Graph, layer: Planned, arrays: Weights) -> None:
    kernel, *bias = arrays
    _by_channel(graph, layer, kernel, bias)
    _activate(graph, layer.entry.get("activation"))


def _separable(graph: Graph, layer: Planned, arrays: Weights) -> None:
    kernel, points, *bias = arrays
    _by_channel(graph, layer, kernel, [])
    graph.add("Conv", graph.at, graph.constant(points.transpose(3, 2, 0, 1)), *map(graph.constant, bias))
    _activate(graph, layer.entry.get("activation"))


def _max_pool(graph: Graph, layer: Planned, arrays: Weights) -> None:
    graph.add("MaxPool", graph.at, **_window(window(layer.entry, layer.inputs), kernel=False))


def _average_pool(graph: Graph, layer: Planned, arrays: Weights) -> None:
    # What is padded does not count, in TensorFlow neither.
    graph.add("AveragePool", graph.at, count_include_pad=0, **_window(window(layer.entry, layer.inputs), kernel=False))


def _global_average(graph: Graph, layer: Planned, arrays: Weights) -> None:
    graph.add("GlobalAveragePool", graph.at)
    graph.add("Flatten", graph.at, axis=1)


def _residual(graph: Graph, layer: Planned, arrays: Weights) -> None:
    first, second, own = residual_parts(layer.entry, layer.inputs)
    before = graph.at

    def branch(entry: dict[str, Any], inputs: tuple[int, ...], kernel: NDArray[np.float32], norm: Weights) -> None:
        seen = _window(window(entry, inputs), kernel=True)
        graph.add("Conv", graph.at, graph.constant(kernel.transpose(3, 2, 0, 1)), **seen)
        graph.add("BatchNormalization", graph.at, *map(graph.constant, norm), epsilon=_EPSILON)

    branch(first, layer.inputs, arrays[0], arrays[1:5])
    graph.add("Relu", graph.at)
    rest = arrays[7:] if own else arrays[6:]
    branch(second, layer.outputs, arrays[5], rest[:4])
    around, graph.at = graph.at, before
    if own:
        branch(own, layer.inputs, arrays[6], rest[4:])
    graph.add("Relu", graph.add("Add", around, graph.at))


def _batch_norm(graph: Graph, layer: Planned, arrays: Weights) -> None:
    left = list(arrays)
    channels = layer.inputs[-1]
    gamma = left.pop(0) if layer.entry.get("scale", True) else np.ones(channels, np.float32)
    beta = left.pop(0) if layer.entry.get("center", True) else np.zeros(channels, np.float32)
    names = [graph.constant(array) for array in (gamma, beta, *left)]
    graph.add("BatchNormalization", graph.at, *names, epsilon=float(layer.entry.get("epsilon", _EPSILON)))


def _activation(graph: Graph, layer: Planned, arrays: Weights) -> None:
    _activate(graph, layer.entry["function"])


def _nothing(graph: Graph, layer: Planned, arrays: Weights) -> None:
    """What only does something while a network is trained."""


def _node(operator: str, **attributes: Any) -> Callable[[Graph], None]:
    def append(graph: Graph) -> None:
        graph.add(operator, graph.at, **attributes)

    return append


def _along_channels(graph: Graph) -> None:
    # Keras' last axis is ONNX's second one.
    graph.add("Softmax", graph.at, axis=1 if len(graph.shape) == 3 else -1)


def _silu(graph: Graph) -> None:
    before = graph.at
    graph.add("Mul", before, graph.add("Sigmoid", before))


def _gelu(graph: Graph) -> None:
    before = graph.at
    spread = graph.add("Erf", graph.add("Mul", before, graph.number(0.5**0.5)))
    share = graph.add("Mul", graph.add("Add", spread, graph.number(1.0)), graph.number(0.5))
    graph.add("Mul", before, share)


def _relu6(graph: Graph) -> None:
    graph.add("Clip", graph.at, graph.number(0.0), graph.number(6.0))


ACTIVATIONS: Final[dict[str, Callable[[Graph], None]]] = {
    "linear": lambda graph: None,
    "relu": _node("Relu"),
    "relu6": _relu6,
    "leaky_relu": _node("LeakyRelu", alpha=0.2),
    "elu": _node("Elu"),
    "selu": _node("Selu"),
    "gelu": _gelu,
    "silu": _silu,
    "swish": _silu,
    "hard_silu": _node("HardSwish"),
    "hard_swish": _node("HardSwish"),
    "hard_sigmoid": _node("HardSigmoid", alpha=1 / 6, beta=0.5),
    "sigmoid": _node("Sigmoid"),
    "tanh": _node("Tanh"),
    "softplus": _node("Softplus"),
    "softsign": _node("Softsign"),
    "mish": _node("Mish"),
    "exponential": _node("Exp"),
    "softmax": _along_channels,
}
"""Keras' activation functions with their usual parameters, as ONNX nodes."""

EMITTERS: Final[dict[str, Callable[[Graph, Planned, Weights], None]]] = {
    "flatten": _flatten,
    "dense": _dense,
    "conv": _conv,
    "depthwise_conv": _depthwise,
    "separable_conv": _separable,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "global_average_pool": _global_average,
    "residual": _residual,
    "batch_norm": _batch_norm,
    "activation": _activation,
    "dropout": _nothing,
}
"""What appends the nodes of each kind of layer."""
