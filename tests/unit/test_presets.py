"""The presets are the networks of the well-known tutorials."""

import pytest

from recognizer.base.errors import RecognizerError
from recognizer.training.network import build_network, is_convolutional, make_optimizer
from recognizer.training.presets import PRESETS
from recognizer.training.runtime import import_keras


@pytest.mark.parametrize(
    ("name", "parameters", "input_shape", "layers"),
    [
        ("dense", 784 * 128 + 128 + 128 * 10 + 10, (None, 28, 28), ["Flatten", "Dense", "Dense"]),
        (
            "cnn",
            (9 * 32 + 32) + (9 * 32 * 64 + 64) + (5 * 5 * 64 * 10 + 10),
            (None, 28, 28, 1),
            ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"],
        ),
    ],
)
def test_networks(name: str, parameters: int, input_shape: tuple[int | None, ...], layers: list[str]) -> None:
    model = build_network(PRESETS[name].layers, 10)
    assert model.count_params() == parameters
    assert model.input_shape == input_shape
    assert model.output_shape == (None, 10)
    assert [type(layer).__name__ for layer in model.layers] == layers
    assert [layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")] == ["relu"] * (
        len(parameterised(layers)) - 1
    ) + ["softmax"]


def parameterised(layers: list[str]) -> list[str]:
    return [layer for layer in layers if layer in ("Conv2D", "Dense")]


def test_usual_settings() -> None:
    assert {name: (preset.epochs, preset.batch_size) for name, preset in PRESETS.items()} == {
        "dense": (10, 32),
        "cnn": (5, 32),
        "lenet5": (10, 32),
        "residual": (5, 64),
        "separable": (8, 64),
        "shipped": (8, 64),
        "dense-fast": (3, 128),
        "cnn-fast": (1, 64),
    }
    for name in ("dense", "cnn"):
        assert PRESETS[f"{name}-fast"].layers == PRESETS[name].layers
    assert not is_convolutional(PRESETS["dense"].layers)
    assert is_convolutional(PRESETS["cnn"].layers)


@pytest.mark.parametrize("layer", [{"type": "lambda"}, {"units": 3}, {"type": "dense", "units": 3, "spin": 1}])
def test_unknown_layers_are_refused(layer: dict[str, object]) -> None:
    with pytest.raises(RecognizerError) as caught:
        build_network([{"type": "flatten"}, layer], 10)
    assert caught.value.where.startswith("2: ")


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", "Adam"), ("adamw", "AdamW"), ("sgd", "SGD"), ("rmsprop", "RMSprop")]
)
def test_optimisers(name: str, kind: str) -> None:
    optimiser = make_optimizer(name, 0.25)
    _, keras = import_keras()
    assert isinstance(optimiser, getattr(keras.optimizers, kind))
    assert float(optimiser.learning_rate) == 0.25
