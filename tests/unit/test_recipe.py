"""Networks as lists of layers: shapes and costs as Keras has them, and what is wrong said in words."""

from typing import Any

import pytest

from recognizer.base.errors import RecognizerError
from recognizer.training.network import build_network
from recognizer.training.presets import NETWORKS, PRESETS
from recognizer.training.recipe import LAYERS, Recipe, completed, parse_recipe, trace
from recognizer.training.runtime import import_keras
from recognizer.training.script import keras_script

END: dict[str, Any] = {"type": "dense", "units": 0, "activation": "softmax"}
MIXED: Recipe = (
    {"type": "conv", "filters": 5, "size": 3, "strides": 2, "padding": "same", "use_bias": False},
    {"type": "batch_norm"},
    {"type": "activation", "function": "swish"},
    {"type": "residual", "filters": 5},
    {"type": "residual", "filters": 8, "strides": 2},
    {"type": "separable_conv", "filters": 6, "size": 3, "padding": "same", "activation": "relu"},
    {"type": "depthwise_conv", "size": 3},
    {"type": "average_pool", "size": 2, "strides": 1},
    {"type": "max_pool", "size": 3, "padding": "same"},
    {"type": "dropout", "rate": 0.2},
    {"type": "global_average_pool"},
    {"type": "dense", "units": 7, "activation": "tanh", "use_bias": False},
    END,
)


@pytest.mark.parametrize(
    "recipe",
    [*(preset.layers for preset in PRESETS.values()), NETWORKS["letters"], MIXED],
    ids=lambda recipe: len(recipe),
)
def test_shapes_and_parameters_are_those_of_keras(recipe: Recipe) -> None:
    traces = trace(recipe, 12)
    model = build_network(recipe, 12)
    assert sum(one.parameters for one in traces) == model.count_params()
    if all(entry["type"] != "residual" for entry in recipe):
        assert [one.shape for one in traces] == [layer.output.shape[1:] for layer in model.layers]
        assert [one.parameters for one in traces] == [layer.count_params() for layer in model.layers]


@pytest.mark.parametrize(
    "entry", [{"type": "residual", "filters": 6, "strides": 2}, {"type": "conv", "filters": 6, "size": 1, "strides": 3}]
)
def test_no_convolution_of_one_pixel_leaves_out_pixels(entry: dict[str, Any]) -> None:
    # TensorFlow's gradient of such a one corrupts memory where the batch has one sample and two threads reckon.
    network = build_network([entry, {"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"}], 10)
    windows = [(layer.kernel_size, layer.strides) for layer in network.layers if hasattr(layer, "kernel_size")]
    assert ((1, 1), (1, 1)) in windows
    assert not any(kernel == (1, 1) and strides != (1, 1) for kernel, strides in windows)


def test_multiplications_are_counted() -> None:
    assert [one.multiplies for one in trace(PRESETS["dense"].layers, 10)] == [0, 784 * 128, 1280]
    assert [one.multiplies for one in trace(PRESETS["cnn"].layers, 10)] == [
        *(9 * 32 * 26 * 26, 0, 9 * 32 * 64 * 11 * 11, 0, 0, 1600 * 10)
    ]


def test_a_residual_block_adds_what_went_in() -> None:
    recipe = ({"type": "residual", "filters": 1}, {"type": "flatten"}, END)
    model = build_network(recipe, 3)
    weights = model.get_weights()
    assert [array.shape for array in weights[:10]] == [
        *((3, 3, 1, 1), (1,), (1,), (1,), (1,), (3, 3, 1, 1), (1,), (1,), (1,), (1,))
    ]
    weights[:2] = [array * 0 for array in weights[:2]]
    model.set_weights(weights)
    _, keras = import_keras()
    pictures = keras.random.uniform((2, 28, 28, 1), seed=1)
    block = keras.Model(model.inputs, model.layers[-3].output)
    assert float(keras.ops.max(keras.ops.abs(block(pictures) - pictures))) < 1e-6


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ([], "0 layers"),
        ([END] * 101, "101 layers"),
        ([{"type": "max_pool", "size": 2}] * 6, "layer 5: a window of 2×2 does not fit into 1×1 pixels"),
        ([{"type": "conv", "filters": 8, "size": 28}, {"type": "conv", "filters": 8, "size": 2}], "layer 2: a window"),
        ([{"type": "lambda"}], "layer 1: there is no layer of type “lambda”"),
        ([{}], "layer 1: there is no layer of type “None”"),
        ([{"type": "flatten", "spin": 1}], "it has no setting “spin”"),
        ([{"type": "conv", "size": 3}], "“filters” is missing"),
        ([{"type": "conv", "filters": 10**9, "size": 3}], "filters = 1000000000, allowed: 1 to 1024"),
        ([{"type": "conv", "filters": True, "size": 3}], "filters = True"),
        ([{"type": "conv", "filters": 3.5, "size": 3}], "filters = 3.5"),
        ([{"type": "conv", "filters": "3", "size": 3}], "filters = 3"),
        ([{"type": "dropout", "rate": float("nan")}], "rate = nan"),
        (
            [{"type": "conv", "filters": 3, "size": 3, "activation": "exec"}],
            "activation = exec, allowed: one of linear",
        ),
        ([{"type": "conv", "filters": 3, "size": 3, "use_bias": 1}], "use_bias = 1"),
        ([END], "layer 1: a picture goes in; put Flatten"),
        ([{"type": "flatten"}, {"type": "max_pool", "size": 2}], "layer 2: it works on pictures"),
        ([{"type": "flatten"}, {"type": "dense", "units": 10}], "layer 2: the last layer must be Dense"),
        ([{"type": "flatten"}, END, {"type": "dense", "units": 3, "activation": "softmax"}], "the last layer must be"),
        ([{"type": "flatten"}, *[{"type": "dense", "units": 4096}] * 4, END], "layer 3: the network would have 53"),
        ([{"type": "conv", "filters": 900, "size": 5, "padding": "same"}] * 2, "the last layer must be"),
    ],
)
def test_what_is_wrong_is_said_in_words(recipe: Recipe, words: str) -> None:
    with pytest.raises(RecognizerError, match="cannot be built") as caught:
        trace(recipe, 10)
    assert words in caught.value.where
    assert caught.value.exit_code == 2


def test_too_slow_networks_are_refused() -> None:
    wide = [{"type": "conv", "filters": 500, "size": 5, "padding": "same"}] * 2
    with pytest.raises(RecognizerError, match="layer 2: a picture would take"):
        trace([*wide, {"type": "global_average_pool"}, END], 10)


def test_layers_have_words_and_sound_parameters() -> None:
    for kind in LAYERS.values():
        assert all(kind.describe())
        needed = {"filters": 4, "size": 2, "units": 3, "function": "relu", "rate": 0.5}
        entry = {p.name: needed[p.name] for p in kind.parameters if p.usual is None}
        assert set(completed({"type": kind.name, **entry})) == {"type", *(p.name for p in kind.parameters)}


def test_json_forms() -> None:
    assert parse_recipe('[{"type": "flatten"}]') == [{"type": "flatten"}]
    for text in ("{", "{}", "[1]", "[" * 10_000):
        with pytest.raises(RecognizerError, match="cannot be built"):
            parse_recipe(text)


@pytest.mark.parametrize(
    "recipe", [PRESETS["dense"].layers, PRESETS["cnn"].layers, MIXED], ids=["dense", "cnn", "mixed"]
)
def test_the_script_builds_the_same_network(recipe: Recipe) -> None:
    settings = {"epochs": 3, "batch_size": 32, "learning_rate": 0.001, "optimizer": "adamw", "seed": 1}
    script = keras_script(recipe, 10, settings)
    compile(script, "script.py", "exec")
    import_keras()
    names: dict[str, Any] = {}
    lines = script.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(("inputs =", "model =")))
    end = lines.index("model.summary()")
    exec("import keras\nfrom keras import layers\n" + "\n".join(lines[begin:end]), names)
    expected = [array.shape for array in build_network(recipe, 10).get_weights()]
    assert sorted(array.shape for array in names["model"].get_weights()) == sorted(expected)
    assert "keras.optimizers.AdamW(learning_rate=0.001)" in script
