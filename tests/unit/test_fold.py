"""Folding keeps what a network computes; a temperature makes its probabilities true."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.evaluation.calibration import calibration_error
from recognizer.training.calibrate import calibrate
from recognizer.training.fold import fold
from recognizer.training.network import build_network

RECIPE = (
    {"type": "conv", "filters": 3, "size": 3, "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "relu"},
    {"type": "conv", "filters": 2, "size": 3},
    {"type": "max_pool", "size": 2},
    {"type": "flatten"},
    {"type": "dropout", "rate": 0.4},
    {"type": "dense", "units": 0, "activation": "softmax"},
)


def test_the_folded_network_answers_like_the_one_that_was_trained() -> None:
    rng = np.random.default_rng(3)
    model = build_network(RECIPE, 5)
    weights = [rng.uniform(0.5, 1.5, array.shape).astype(np.float32) for array in model.get_weights()]
    weights = [np.where(rng.random(array.shape) < 0.5, array, -array) for array in weights]
    weights[4] = np.abs(weights[4])
    weights[-2] = weights[-2] * np.float32(0.02)
    model.set_weights(weights)
    pictures = rng.random((20, 28, 28, 1), np.float32)
    expected = np.log(np.asarray(model(pictures, training=False))) / 2
    expected -= expected.max(axis=1, keepdims=True)
    recipe, arrays = fold(RECIPE, weights, temperature=2.0)
    assert not any(layer["type"] == "batch_norm" for layer in recipe)
    folded = build_network(recipe, 5)
    folded.set_weights(arrays)
    found = np.log(np.asarray(folded(pictures, training=False)))
    np.testing.assert_allclose(found - found.max(axis=1, keepdims=True), expected, atol=0.05)
    assert all((array == array.astype(np.float16)).all() for array in arrays)


def test_a_layer_that_cannot_be_folded_is_named() -> None:
    with pytest.raises(ValueError, match="depthwise_conv"):
        fold(({"type": "depthwise_conv", "size": 3},), [])


def _overconfident() -> tuple[Any, NDArray[np.uint8], NDArray[np.int64]]:
    """A model that is always certain, and pictures of which it reads three quarters."""
    model = build_network(({"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"}), 2)
    kernel = np.zeros((784, 2), np.float32)
    kernel[0] = (-20.0, 20.0)
    model.set_weights([kernel, np.array([10.0, -10.0], np.float32)])
    labels = np.arange(400) % 2
    images = np.zeros((400, 28, 28), np.uint8)
    images[:, 0, 0] = 255 * (labels ^ (np.arange(400) % 8 < 2))
    return model, images, labels.astype(np.int64)


def test_an_overconfident_network_is_cooled_to_its_accuracy() -> None:
    model, images, labels = _overconfident()
    assert calibrate(model, images, labels) == pytest.approx(5.0)
    probabilities = np.asarray(model(images.astype(np.float32) / 255, training=False))
    is_right = probabilities.argmax(axis=1) == labels
    assert is_right.mean() == 0.75
    before = abs(1.0 - 0.75)
    assert calibration_error(probabilities.max(axis=1), is_right) < before


def test_too_few_samples_give_no_temperature() -> None:
    model, images, labels = _overconfident()
    before = model.get_weights()
    assert calibrate(model, images[:199], labels[:199]) == 1.0
    for array, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, other)
