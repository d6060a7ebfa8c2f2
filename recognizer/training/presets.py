"""The networks that can be trained by name, as JSON recipes: a list of layers, each a type and its parameters."""

from dataclasses import dataclass
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
    """

    name: str
    summary: str
    layers: tuple[dict[str, Any], ...]
    epochs: int
    batch_size: int = 32


_CLASSES: Final = {"type": "dense", "units": 0, "activation": "softmax"}
_POOL: Final = {"type": "max_pool", "size": 2}

PRESETS: Final[dict[str, Preset]] = {
    preset.name: preset
    for preset in (
        # The network of the well-known first Keras tutorial; not to be changed.
        Preset(
            "dense",
            "one hidden layer of 128",
            ({"type": "flatten"}, {"type": "dense", "units": 128, "activation": "relu"}, _CLASSES),
            epochs=10,
        ),
        # The network of the well-known first convolutional tutorial; not to be changed.
        Preset(
            "cnn",
            "two convolutions",
            (
                {"type": "conv", "filters": 32, "size": 3, "activation": "relu"},
                _POOL,
                {"type": "conv", "filters": 64, "size": 3, "activation": "relu"},
                _POOL,
                {"type": "flatten"},
                _CLASSES,
            ),
            epochs=5,
        ),
    )
}
