"""What is done to a network before its numbers become whole ones, so that it answers nearly as before.

After Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction" (arXiv:1906.04721),
with pictures in the place of statistics: the channels between the two halves of a separable convolution are made
alike, and what quantising adds to each output on average is taken from its bias.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.training.runtime import import_keras
from recognizer.training.shipping.format import keras_answers, scaled

Scores = Callable[[Any, NDArray[np.uint8]], NDArray[np.float32]]
"""What a Keras model says of (n, 28, 28) uint8 pictures, (n, outputs), once its numbers are whole."""
_SMALLEST: Final = 1e-3
"""No channel is made more than a thousand times as large as it was."""


def even_out(model: Any, like: NDArray[np.uint8]) -> None:
    """Make the channels between the halves of each separable convolution alike; the model answers as before.

    One step serves all channels of a tensor, so that those with small values would have next to no steps.

    Args:
        model: A built Keras model, whose weights are changed.
        like: (m, 28, 28) uint8, pictures like those that it will read.
    """
    _, keras = import_keras()
    for layer in model.layers:
        if not isinstance(layer, keras.layers.SeparableConv2D):
            continue
        depthwise, pointwise, *rest = layer.get_weights()
        before = keras.Model(model.inputs[0], layer.input)
        inputs = before(scaled(like).reshape(-1, *model.input_shape[1:]), training=False)
        between = keras.ops.depthwise_conv(
            inputs, depthwise, strides=layer.strides, padding=layer.padding, dilation_rate=layer.dilation_rate
        )
        most = np.abs(np.asarray(between)).max(axis=(0, 1, 2))
        # Half of it in the exponent: the rows of the second kernel, which take the rest, must not part too far either.
        share = np.maximum(np.sqrt(most / max(float(most.max()), 1e-9)), _SMALLEST)
        depthwise = depthwise / share.reshape(1, 1, *depthwise.shape[2:])
        layer.set_weights([depthwise, pointwise * share.reshape(1, 1, -1, 1), *rest])


def correct_bias(model: Any, like: NDArray[np.uint8], scores_of: Scores) -> None:
    """Take from the last biases what quantising adds to the scores on average.

    Nothing is done to a model whose last layer is not a dense one with biases and softmax.

    Args:
        model: A built Keras model, whose weights are changed.
        like: (m, 28, 28) uint8, pictures like those that it will read.
        scores_of: Quantises a model, and runs it.
    """
    _, keras = import_keras()
    last, softmax = model.layers[-1], keras.activations.softmax
    if not isinstance(last, keras.layers.Dense) or not last.use_bias or last.activation is not softmax:
        return
    last.activation = keras.activations.linear
    try:
        wrong = (scores_of(model, like) - keras_answers(model, like)).mean(axis=0)
    finally:
        last.activation = softmax
    kernel, bias = last.get_weights()
    last.set_weights([kernel, bias - wrong])
