"""The networks that can be trained by name, as JSON recipes: a list of layers, each a type and its parameters."""

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Preset:
    """A named network.

    Attributes:
        name: What the command line calls it.
        summary: What it is, in English.
        layers: The recipe; the last layer's width 0 stands for the number of classes.
        epochs: How many epochs the preset is usually trained for.
        batch_size: Samples a step, usually.
        settings: What else is usually set, by the names of `TrainingConfig`.
    """

    name: str
    summary: str
    layers: tuple[dict[str, Any], ...]
    epochs: int
    batch_size: int = 32
    settings: dict[str, Any] = field(default_factory=dict)


_CLASSES: Final = {"type": "dense", "units": 0, "activation": "softmax"}
_POOL: Final = {"type": "max_pool", "size": 2}
_FAST: Final = {"schedule": "one-cycle", "learning_rate": 0.01}


def _block(filters: int, size: int = 3, **options: Any) -> tuple[dict[str, Any], ...]:
    return (
        {"type": "conv", "filters": filters, "size": size, "use_bias": False, **options},
        {"type": "batch_norm"},
        {"type": "activation", "function": "relu"},
    )


def _network(first: int, second: int, third: int) -> tuple[dict[str, Any], ...]:
    return (
        *_block(first, 5),
        {"type": "max_pool", "size": 2},
        *_block(second, padding="same"),
        *_block(second),
        {"type": "max_pool", "size": 2},
        *_block(third),
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.4},
        {"type": "dense", "units": 0, "activation": "softmax"},
    )


NETWORKS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "digits": _network(40, 72, 160),
    "letters": _network(36, 68, 136),
}
"""The networks of the models that come with the program, whose weights are at most 500 KB."""

_DENSE: Final = ({"type": "flatten"}, {"type": "dense", "units": 128, "activation": "relu"}, _CLASSES)
_CNN: Final = (
    {"type": "conv", "filters": 32, "size": 3, "activation": "relu"},
    _POOL,
    {"type": "conv", "filters": 64, "size": 3, "activation": "relu"},
    _POOL,
    {"type": "flatten"},
    _CLASSES,
)
# LeCun et al. 1998, Gradient-based learning applied to document recognition, figure 2, with softmax at the end.
_LENET: Final = (
    {"type": "conv", "filters": 6, "size": 5, "padding": "same", "activation": "tanh"},
    {"type": "average_pool", "size": 2},
    {"type": "conv", "filters": 16, "size": 5, "activation": "tanh"},
    {"type": "average_pool", "size": 2},
    {"type": "flatten"},
    {"type": "dense", "units": 120, "activation": "tanh"},
    {"type": "dense", "units": 84, "activation": "tanh"},
    _CLASSES,
)
# After He et al. 2016, Deep residual learning for image recognition.
_RESIDUAL: Final = (
    *_block(16, padding="same"),
    {"type": "residual", "filters": 16},
    {"type": "residual", "filters": 32, "strides": 2},
    {"type": "residual", "filters": 64, "strides": 2},
    {"type": "global_average_pool"},
    _CLASSES,
)
# After Howard et al. 2017, MobileNets.
_SEPARABLE: Final = (
    *_block(16, strides=2, padding="same"),
    {"type": "separable_conv", "filters": 32, "size": 3, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "separable_conv", "filters": 64, "size": 3, "strides": 2, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "separable_conv", "filters": 64, "size": 3, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "global_average_pool"},
    _CLASSES,
)

PRESETS: Final[dict[str, Preset]] = {
    preset.name: preset
    for preset in (
        # The network of the well-known first Keras tutorial; not to be changed.
        Preset("dense", "one hidden layer of 128", _DENSE, epochs=10),
        # The network of the well-known first convolutional tutorial; not to be changed.
        Preset("cnn", "two convolutions", _CNN, epochs=5),
        Preset("lenet5", "LeNet-5 of 1998", _LENET, epochs=10),
        Preset("residual", "a small residual network", _RESIDUAL, epochs=5, batch_size=64),
        Preset("separable", "separable convolutions, few parameters", _SEPARABLE, epochs=8, batch_size=64),
        Preset("shipped", "the network of the model for digits", NETWORKS["digits"], epochs=8, batch_size=64),
        Preset("dense-fast", "dense, in large steps", _DENSE, epochs=3, batch_size=128, settings=_FAST),
        Preset("cnn-fast", "cnn, in large steps", _CNN, epochs=1, batch_size=64, settings=_FAST),
    )
}
"""In the order in which they are shown; each name that ends in `-fast` is another one with one-cycle rates."""
