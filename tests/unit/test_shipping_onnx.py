"""ONNX graphs answer as the Keras networks from which they are written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shipping_models import CNN, DENSE, random_model

from recognizer.base.errors import RecognizerError
from recognizer.training.presets import PRESETS
from recognizer.training.shipping.foreign_layers import CLASSES
from recognizer.training.shipping.onnx_file import evaluator
from recognizer.training.shipping.onnx_graph import ACTIVATIONS, EMITTERS, onnx_model
from recognizer.training.shipping.plan import LAYERS, plan

END: tuple[dict[str, Any], ...] = ({"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"})
NETWORKS: dict[str, tuple[dict[str, Any], ...]] = {
    "dense": DENSE,
    "cnn": CNN,
    "one layer": END,
    "strides and padding": (
        {"type": "conv", "filters": 5, "size": [5, 3], "strides": [2, 3], "padding": "same", "activation": "tanh"},
        {"type": "average_pool", "size": 3, "strides": 2, "padding": "same"},
        {"type": "conv", "filters": 6, "size": 2, "strides": 2, "padding": "valid", "activation": "elu"},
        *END,
    ),
    "uneven padding": (
        {"type": "conv", "filters": 3, "size": 4, "strides": 3, "padding": "same"},
        {"type": "max_pool", "size": 2, "strides": 1, "padding": "same"},
        {"type": "max_pool", "size": [3, 2], "strides": [2, 3]},
        *END,
    ),
    "dilation and groups": (
        {"type": "conv", "filters": 4, "size": 3, "dilation_rate": 2},
        {"type": "conv", "filters": 6, "size": 3, "groups": 2, "padding": "same", "dilation_rate": [1, 2]},
        {"type": "global_average_pool"},
        {"type": "dense", "units": 0, "activation": "softmax"},
    ),
    "depthwise": (
        {"type": "conv", "filters": 3, "size": 3},
        {"type": "depthwise_conv", "size": 3, "depth_multiplier": 2, "strides": 2, "padding": "same"},
        {"type": "batch_norm", "scale": False, "epsilon": 0.01},
        {"type": "activation", "function": "softmax"},
        *END,
    ),
    "normalised": (
        {"type": "flatten"},
        {"type": "batch_norm", "center": False},
        {"type": "dense", "units": 8, "use_bias": False, "kernel_regularizer": None},
        {"type": "dense", "units": 0},
        {"type": "activation", "function": "softmax"},
    ),
}


def answers(path: Path, content: bytes, pictures: np.ndarray) -> np.ndarray:
    path.write_bytes(content)
    return evaluator(path).run(None, {"pictures": pictures})[0]


def same(tmp_path: Path, recipe: tuple[dict[str, Any], ...]) -> None:
    model = random_model(recipe)
    pictures = np.random.default_rng(1).random((5, 28, 28), dtype=np.float32)
    wanted = np.asarray(model(pictures.reshape(-1, *model.input_shape[1:]), training=False))
    got = answers(tmp_path / "m.onnx", onnx_model(recipe, model.get_weights(), 10), pictures)
    np.testing.assert_allclose(got, wanted, atol=2e-5)
    shapes = [shape for layer in plan(recipe, 10) for shape in layer.weights]
    assert shapes == [array.shape for array in model.get_weights()]


@pytest.mark.parametrize("name", NETWORKS)
def test_layers(tmp_path: Path, name: str) -> None:
    same(tmp_path, NETWORKS[name])


@pytest.mark.parametrize("name", PRESETS)
def test_presets(tmp_path: Path, name: str) -> None:
    same(tmp_path, PRESETS[name].layers)


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_activation_functions(tmp_path: Path, function: str) -> None:
    same(
        tmp_path,
        (
            {"type": "conv", "filters": 3, "size": 9, "strides": 6},
            *({"type": "activation", "function": f} for f in [function]),
            *END,
        ),
    )


def test_pooling_by_numpy_is_that_of_the_reference(tmp_path: Path) -> None:
    from onnx.reference import ReferenceEvaluator

    recipe = ({"type": "max_pool", "size": [3, 2], "strides": [2, 3], "padding": "same"}, *END)
    path = tmp_path / "m.onnx"
    pictures = np.random.default_rng(2).normal(size=(3, 28, 28)).astype(np.float32)
    got = answers(path, onnx_model(recipe, random_model(recipe).get_weights(), 10), pictures)
    np.testing.assert_array_equal(got, ReferenceEvaluator(str(path)).run(None, {"pictures": pictures})[0])


def test_what_the_file_says(tmp_path: Path) -> None:
    import onnx

    model = random_model(DENSE)
    made = onnx.load_from_string(onnx_model(DENSE, model.get_weights(), 10, notes={"title": "Mine ü"}))
    assert {entry.key: entry.value for entry in made.metadata_props} == {"title": "Mine ü"}
    assert [each.name for each in made.graph.input] == ["pictures"]
    assert [each.name for each in made.graph.output] == ["probabilities"]
    again = onnx_model(DENSE, model.get_weights(), 10, notes={"title": "Mine ü"})
    assert again == made.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"type": "attention"}, "attention"),
        ({"type": "conv", "filters": 2, "size": 3, "activation": "glu"}, "glu"),
        ({"type": "conv", "filters": 2, "size": 3, "data_format": "channels_first"}, "channels_first"),
        ({"type": "conv", "filters": 2, "size": 31}, "31 > 28"),
        ({"type": "dense", "units": 3}, "dense"),
        ({"type": "conv", "filters": 2}, "KeyError"),
    ],
)
def test_what_cannot_be_written_is_named(layer: dict[str, Any], said: str) -> None:
    recipe = ({"type": "average_pool", "size": 1}, layer, *END)
    with pytest.raises(RecognizerError, match="cannot be exported") as caught:
        onnx_model(recipe, [np.zeros((3, 3, 1, 2), np.float32), np.zeros(2, np.float32)], 10)
    assert caught.value.where.startswith("2: ")
    assert said in caught.value.where


def test_arrays_that_do_not_fit_are_noticed() -> None:
    weights = random_model(DENSE).get_weights()
    for wrong in (weights[:-1], [*weights, weights[0]], [weights[0].T, *weights[1:]]):
        with pytest.raises(RecognizerError, match="cannot be exported"):
            onnx_model(DENSE, wrong, 10)


def test_the_tables_know_the_same_layers() -> None:
    assert set(EMITTERS) == set(LAYERS)
    assert {known.kind for known in CLASSES.values()} - {"", "add"} <= set(LAYERS)
