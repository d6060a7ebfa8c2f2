"""From JSON recipes to Keras models; only the layers named here can be built."""

from functools import partial
from typing import Any, Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.recipe import Recipe, has_projection, is_convolutional
from recognizer.training.runtime import import_keras

__all__ = ["Recipe", "build_network", "is_convolutional", "make_optimizer", "make_schedule"]

_RISING: Final = 0.3
"""The share of the steps of one cycle in which the learning rate rises."""


def build_network(recipe: Recipe, classes: int, size: int = 28) -> Any:
    """The Keras model that `recipe` describes, with fresh weights.

    Args:
        recipe: Layers in their order, each `{"type": ..., parameters}`; a dense layer of 0 units has `classes`.
        classes: How many classes there are.
        size: Side of the pictures, pixels.

    Returns:
        A `keras.Sequential`, or a `keras.Model` where there are residual blocks, from (n, size, size) float32, with a
        channel axis where the network is convolutional, to (n, classes) probabilities.

    Raises:
        RecognizerError: The recipe names a layer that does not exist, or one that does not fit.
    """
    _, keras = import_keras()
    shape = (size, size, 1) if is_convolutional(recipe) else (size, size)
    inputs = x = keras.Input(shape)
    layers = [inputs]
    is_sequence = all(entry.get("type") != "residual" for entry in recipe)
    for number, entry in enumerate(recipe, start=1):
        try:
            if entry.get("type") == "residual":
                x = _residual(keras, entry, x)
            else:
                for layer in (*_picking(keras, entry), _layer(keras, dict(entry), classes)):
                    layers.append(layer)
                    x = x if is_sequence else layer(x)
        except (KeyError, TypeError, ValueError) as error:
            raise RecognizerError(
                tr("The network's recipe has a layer that cannot be built"),
                where=f"{number}: {entry!r} ({type(error).__name__}: {error})",
                fix=tr("Choose another preset, or train the model again"),
            ) from error
    return keras.Sequential(layers) if is_sequence else keras.Model(inputs, x)


def _is_picking(entry: dict[str, Any]) -> bool:
    return entry.get("type") == "conv" and entry.get("size") == 1 and entry.get("strides", 1) > 1


def _picking(keras: Any, entry: dict[str, Any]) -> tuple[Any, ...]:
    """What stands in front of a convolution of 1×1 that leaves out pixels: it picks those that are wanted.

    The result is the same. TensorFlow's own way back through such a convolution writes beyond its memory where a batch
    has one sample and more than one thread reckons, which ends the program.
    """
    return (keras.layers.MaxPooling2D(1, entry["strides"]),) if _is_picking(entry) else ()


def _layer(keras: Any, entry: dict[str, Any], classes: int) -> Any:
    layers = keras.layers
    kind = entry.pop("type")
    match kind:
        case "flatten":
            return layers.Flatten(**entry)
        case "dense":
            return layers.Dense(entry.pop("units") or classes, **entry)
        case "conv":
            if _is_picking({"type": kind, **entry}):
                entry["strides"] = 1
            return layers.Conv2D(entry.pop("filters"), entry.pop("size"), **entry)
        case "separable_conv":
            return layers.SeparableConv2D(entry.pop("filters"), entry.pop("size"), **entry)
        case "depthwise_conv":
            return layers.DepthwiseConv2D(entry.pop("size"), **entry)
        case "max_pool":
            return layers.MaxPooling2D(entry.pop("size"), entry.pop("strides", 0) or None, **entry)
        case "average_pool":
            return layers.AveragePooling2D(entry.pop("size"), entry.pop("strides", 0) or None, **entry)
        case "global_average_pool":
            return layers.GlobalAveragePooling2D(**entry)
        case "batch_norm":
            return layers.BatchNormalization(**entry)
        case "activation":
            return layers.Activation(entry.pop("function"), **entry)
        case "dropout":
            return layers.Dropout(entry.pop("rate"), **entry)
        case _:
            raise ValueError(f"type = {kind!r}")


def _residual(keras: Any, entry: dict[str, Any], x: Any) -> Any:
    """A block of two convolutions with a shortcut (He et al. 2016, arXiv:1512.03385, figure 2).

    Its weights come in the order first convolution, normalisation, second convolution, then the shortcut's convolution
    where it has one, then the normalisations of both.
    """
    filters, strides = entry["filters"], entry.get("strides", 1)

    def conv(size: int, strides: int) -> Any:
        return keras.layers.Conv2D(filters, size, strides, padding="same", use_bias=False)

    y = keras.layers.BatchNormalization()(conv(3, strides)(x))
    y = keras.layers.BatchNormalization()(conv(3, 1)(keras.layers.ReLU()(y)))
    shortcut = x
    if has_projection(entry, x.shape[1:]):
        picked = keras.layers.MaxPooling2D(1, strides)(x) if strides > 1 else x
        shortcut = keras.layers.BatchNormalization()(conv(1, 1)(picked))
    return keras.layers.ReLU()(keras.layers.Add()([y, shortcut]))


def make_optimizer(name: str, learning_rate: Any, momentum: float = 0.0) -> Any:
    """Keras' optimiser called `name`, with its usual settings.

    Args:
        name: One of `config.OPTIMIZERS`.
        learning_rate: A number, or one of Keras' schedules.
        momentum: Of `sgd`.
    """
    _, keras = import_keras()
    kinds = {
        "adam": _in_one_operation(keras.optimizers.Adam),
        "adamw": _in_one_operation(keras.optimizers.AdamW),
        "sgd": partial(keras.optimizers.SGD, momentum=momentum),
        "rmsprop": keras.optimizers.RMSprop,
    }
    optimizer = kinds[name](learning_rate=learning_rate)
    # Keras sums the gradients of all replicas. There is one, and to sum it TensorFlow registers a gradient for good,
    # which holds the whole graph: 10 MB a run.
    optimizer._all_reduce_sum_gradients = _of_one_replica
    return optimizer


def _in_one_operation(adam: Any) -> Any:
    """Keras' Adam, or what is made of it, whose step is TensorFlow's single operation for it.

    The formula is the same. Keras writes it as twelve operations a variable, which take a dense network a fifth of its
    time, unless XLA compiles them: 1 to 2 s at the beginning of each run, and memory that is never given back.
    """
    tf, keras = import_keras()

    def stored(variable: Any) -> Any:
        return (variable.value if isinstance(variable, keras.Variable) else variable).handle

    class OneOperation(adam):
        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            place, step = self._get_variable_index(variable), tf.cast(self.iterations + 1, tf.float32)
            tf.raw_ops.ResourceApplyAdam(
                var=stored(variable),
                m=stored(self._momentums[place]),
                v=stored(self._velocities[place]),
                beta1_power=tf.pow(tf.constant(self.beta_1), step),
                beta2_power=tf.pow(tf.constant(self.beta_2), step),
                lr=tf.cast(learning_rate, tf.float32),
                beta1=self.beta_1,
                beta2=self.beta_2,
                epsilon=self.epsilon,
                grad=gradient,
            )

    return OneOperation


def _of_one_replica(pairs: Any) -> Any:
    return pairs


def make_schedule(name: str, learning_rate: float, steps: int) -> Any:
    """What an optimiser is given as its learning rate.

    Args:
        name: One of `config.SCHEDULES`.
        learning_rate: At its height.
        steps: Of the whole run.

    Returns:
        The number itself for `constant` and `plateau`, else one of Keras' schedules.
    """
    _, keras = import_keras()
    if name == "cosine":
        return keras.optimizers.schedules.CosineDecay(learning_rate, max(1, steps))
    if name != "one-cycle":
        return learning_rate
    ops = keras.ops

    class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[name-defined]
        """Up along a line from 1/25, down along half a cosine to nothing (Smith and Topin 2019, arXiv:1708.07120)."""

        def __call__(self, step: Any) -> Any:
            place = ops.cast(step, "float32") / max(1, steps)
            up = 0.04 + 0.96 * place / _RISING
            down = 0.5 + 0.5 * ops.cos(np.pi * ops.clip((place - _RISING) / (1 - _RISING), 0.0, 1.0))
            return learning_rate * ops.where(place < _RISING, up, down)

        def get_config(self) -> dict[str, Any]:
            return {}

    return OneCycle()
