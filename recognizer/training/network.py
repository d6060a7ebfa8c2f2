"""From JSON recipes to Keras models; only the layers named here can be built."""

from collections.abc import Sequence
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.runtime import import_keras

Recipe = Sequence[dict[str, Any]]
_CONVOLUTIONAL: Final = ("conv", "depthwise_conv", "max_pool", "average_pool", "global_average_pool")


def is_convolutional(recipe: Recipe) -> bool:
    """Whether the network has layers that work on neighbourhoods."""
    return any(layer.get("type") in _CONVOLUTIONAL for layer in recipe)


def build_network(recipe: Recipe, classes: int, size: int = 28) -> Any:
    """The Keras model that `recipe` describes, with fresh weights.

    Args:
        recipe: Layers in their order, each `{"type": ..., parameters}`; a dense layer of 0 units has `classes`.
        classes: How many classes there are.
        size: Side of the pictures, pixels.

    Returns:
        A `keras.Sequential` from (n, size, size) float32, with a channel axis where the network is convolutional, to
        (n, classes) probabilities.

    Raises:
        RecognizerError: The recipe names a layer that does not exist, or one that does not fit.
    """
    _, keras = import_keras()
    shape = (size, size, 1) if is_convolutional(recipe) else (size, size)
    layers = [keras.Input(shape)]
    for number, entry in enumerate(recipe, start=1):
        try:
            layers.append(_layer(keras, dict(entry), classes))
        except (KeyError, TypeError, ValueError) as error:
            raise RecognizerError(
                tr("The network's recipe has a layer that cannot be built"),
                where=f"{number}: {entry!r} ({type(error).__name__}: {error})",
                fix=tr("Choose another preset, or train the model again"),
            ) from error
    return keras.Sequential(layers)


def _layer(keras: Any, entry: dict[str, Any], classes: int) -> Any:
    layers = keras.layers
    kind = entry.pop("type")
    match kind:
        case "flatten":
            return layers.Flatten(**entry)
        case "dense":
            return layers.Dense(entry.pop("units") or classes, **entry)
        case "conv":
            return layers.Conv2D(entry.pop("filters"), entry.pop("size"), **entry)
        case "depthwise_conv":
            return layers.DepthwiseConv2D(entry.pop("size"), **entry)
        case "max_pool":
            return layers.MaxPooling2D(entry.pop("size"), **entry)
        case "average_pool":
            return layers.AveragePooling2D(entry.pop("size"), **entry)
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


def make_optimizer(name: str, learning_rate: float) -> Any:
    """Keras' optimiser called `name`, with its usual settings but for the learning rate."""
    _, keras = import_keras()
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
        "rmsprop": keras.optimizers.RMSprop,
    }
    return kinds[name](learning_rate=learning_rate)
