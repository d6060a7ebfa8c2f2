"""NumPy's pass through a network gives what Keras gives, layer by layer."""

import time
from typing import Any

import numpy as np
import pytest

from recognizer.inference.forward import forward
from recognizer.ink.synthesis import generate
from recognizer.training.network import build_network
from recognizer.training.presets import NETWORKS, PRESETS
from recognizer.training.recipe import ACTIVATIONS, LAYERS, Recipe, trace
from recognizer.training.runtime import import_keras

END: dict[str, Any] = {"type": "dense", "units": 0, "activation": "softmax"}
MIXED: Recipe = (
    {"type": "conv", "filters": 5, "size": 4, "strides": 3, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "swish"},
    {"type": "residual", "filters": 5},
    {"type": "residual", "filters": 8, "strides": 2},
    {"type": "average_pool", "size": 2, "padding": "same"},
    {"type": "separable_conv", "filters": 6, "size": 2, "strides": 2, "padding": "same", "activation": "elu"},
    {"type": "depthwise_conv", "size": 2, "padding": "same"},
    {"type": "max_pool", "size": 2, "strides": 1, "padding": "same"},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.5},
    END,
)


def filled(recipe: Recipe, classes: int = 7) -> Any:
    """A model whose weights, normalisations among them, are all different."""
    model = build_network(recipe, classes)
    rng = np.random.default_rng(4)
    model.set_weights(
        [
            np.abs(rng.normal(1, 0.1, array.shape)) if array.ndim == 1 else rng.normal(0, 0.3, array.shape)
            for array in model.get_weights()
        ]
    )
    return model


@pytest.mark.parametrize(
    "recipe", [*(preset.layers for preset in PRESETS.values()), NETWORKS["letters"], MIXED], ids=len
)
def test_probabilities_are_those_of_keras(recipe: Recipe) -> None:
    model = filled(recipe)
    images, _ = generate(12, 6)
    pictures = images.astype(np.float32) / 255
    expected = np.asarray(model(pictures if len(model.input_shape) == 3 else pictures[..., None], training=False))
    outputs = forward(recipe, model.get_weights(), images)
    np.testing.assert_allclose(outputs[-1], expected, atol=2e-5)
    assert [output.shape[1:] for output in outputs] == [one.shape for one in trace(recipe, 7)]


def test_every_layer_gives_what_keras_gives() -> None:
    recipe = [entry for entry in MIXED if entry["type"] != "residual"]
    assert {entry["type"] for entry in MIXED} | {"global_average_pool", "dense"} == set(LAYERS)
    _, keras = import_keras()
    model = filled(recipe)
    images, _ = generate(5, 8)
    inner = keras.Model(model.inputs, [layer.output for layer in model.layers])
    expected = inner([images[..., None].astype(np.float32) / 255], training=False)
    for found, wanted in zip(forward(recipe, model.get_weights(), images), expected, strict=True):
        np.testing.assert_allclose(found, np.asarray(wanted), atol=2e-4)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    recipe = ({"type": "flatten"}, {"type": "dense", "units": 9, "activation": name}, END)
    model = filled(recipe)
    images, _ = generate(5, 8)
    expected = np.asarray(model.layers[1](model.layers[0](images.astype(np.float32) / 255)))
    np.testing.assert_allclose(forward(recipe, model.get_weights(), images)[1], expected, atol=1e-5, rtol=1e-5)


def test_wrong_weights_are_refused() -> None:
    recipe = PRESETS["dense"].layers
    weights = build_network(recipe, 10).get_weights()
    images, _ = generate(1, 8)
    with pytest.raises((ValueError, StopIteration)):
        forward(recipe, weights[:1], images)
    with pytest.raises(ValueError, match=r"shape|dimension|match"):
        forward(recipe, weights[::-1], images)


def test_one_picture_takes_no_time_that_one_sees() -> None:
    recipe = NETWORKS["digits"]
    weights = build_network(recipe, 10).get_weights()
    images, _ = generate(1, 8)
    forward(recipe, weights, images)
    took = []
    for _ in range(5):
        began = time.process_time()
        forward(recipe, weights, images)
        took.append(time.process_time() - began)
    assert min(took) < 0.2
