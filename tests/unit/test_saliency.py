"""What a network looks at: covering, gradients, and convolutions worked out number by number as Keras has them."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from recognizer import cli
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.imaging.heat import AGAINST, FOR, heat_layer, heat_picture, signed_colours, write_heat
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.convolution import convolution_step, pooling_step
from recognizer.inference.gradients import centres_of, class_maps, enlarged
from recognizer.inference.occlusion import classifier_answers, covered_answers, evidence, occlusion_map, scaled
from recognizer.inference.registry import read_record
from recognizer.inference.stages import stages
from recognizer.ink.synthesis import generate_ink
from recognizer.training.insight import Insight, map_evidence
from recognizer.training.network import build_network
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import ACTIVATIONS, trace
from recognizer.training.runtime import import_keras


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    folder = shipped_models_path() / "digits"
    if not (folder / "model.json").is_file():
        pytest.skip("no shipped model")
    return Classifier(read_record(folder, is_shipped=True))


def one_pixel(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A model that looks at the pixel in row 9, column 20 alone."""
    share = images[:, 9, 20].astype(np.float32) / 255
    return np.stack([1 - share, share], axis=1)


def white() -> NDArray[np.uint8]:
    return np.full((28, 28), 255, np.uint8)


def test_covering_finds_the_one_pixel_that_matters() -> None:
    found = occlusion_map(one_pixel, white(), 1)
    assert (found.shape, found.dtype) == ((28, 28), np.float32)
    assert np.unravel_index(found.argmax(), found.shape) == (9, 20)
    assert found.max() == 1.0
    # A pixel counts by how many of the 25 squares over it hold the one that matters.
    for row, column, squares in ((9, 21, 20), (11, 22, 9), (13, 24, 1), (14, 20, 0), (9, 15, 0)):
        assert found[row, column] == pytest.approx(squares / 25)
    # Nothing speaks against the other class, so that covering cannot take it away.
    assert not occlusion_map(one_pixel, white(), 0).any()


def test_a_window_of_one_pixel_and_one_that_does_not_fit() -> None:
    found = occlusion_map(one_pixel, white(), 1, window=1)
    assert found.sum() == found[9, 20] == 1
    assert not occlusion_map(one_pixel, white(), 1, window=1, fill=255).any()
    for window in (0, 29):
        with pytest.raises(ValueError, match=f"window = {window}"):
            occlusion_map(one_pixel, white(), 1, window=window)


def test_at_the_border_fewer_squares_cover_a_pixel() -> None:
    found = occlusion_map(lambda images: images[:, :1, 0].astype(np.float32), white(), 0)
    assert found[0, 0] == 1
    assert found[2, 2] == pytest.approx((9 / 25) / (9 / 9))


def test_values_are_scaled_to_one() -> None:
    np.testing.assert_array_equal(scaled(np.array([0.0, 2.0, 4.0])), np.array([0, 0.5, 1], np.float32))
    np.testing.assert_array_equal(scaled(np.array([-4.0, 2.0])), np.array([-1, 0.5], np.float32))
    assert not scaled(np.array([0.0, 0.0])).any()
    assert not scaled(np.array([0.0, np.inf])).any()


def test_one_class_rather_than_another() -> None:
    """Two pixels, each of which speaks for a class of its own."""
    picture = np.zeros((28, 28), np.uint8)
    picture[5, 5] = picture[20, 20] = 255

    def ask(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        powers = np.exp(images[:, [5, 20, 0], [5, 20, 0]].astype(np.float32) / 100)
        return powers / powers.sum(axis=1, keepdims=True)

    answers = covered_answers(ask, picture)
    found = evidence(answers, 0, 1)
    assert found[5, 5] == pytest.approx(1)
    assert found[20, 20] == pytest.approx(-1)
    np.testing.assert_allclose(evidence(answers, 1, 0), -found, atol=1e-6)
    # The third class lies between: nothing is over the pixels that it does not look at.
    assert evidence(answers, 2).max() == 0
    assert evidence(answers, 0).min() == 0
    # A class that is as good as impossible does not drown everything.
    assert np.isfinite(evidence(np.array([[1, 0], [0, 1], [1, 0], [1, 0], [1, 0]]), 0, 1, window=1)).all()


def test_a_shipped_model_depends_on_the_ink(shipped: Classifier) -> None:
    image = Preprocessor().from_ink(generate_ink(7, np.random.default_rng(7)))
    answers = classifier_answers(shipped, image)
    assert answers.shape == (785, 10)
    np.testing.assert_array_equal(answers[0], shipped.predict_proba(image[None])[0])
    found = evidence(answers, 7)
    ink = image > 100
    assert found[ink].mean() > 2 * found[~ink].mean()
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        classifier_answers(shipped, image, token)


@pytest.mark.parametrize("preset", ["cnn", "lenet5", "residual", "separable", "shipped"])
def test_the_last_maps_lie_where_gradients_reach_the_picture(preset: str) -> None:
    tf, keras = import_keras()
    recipe = PRESETS[preset].layers
    centres = centres_of(recipe)
    shapes = [step.shape for step in trace(recipe, 10) if len(step.shape) == 3]
    assert len(centres) in {shape[0] for shape in shapes}
    model = build_network(recipe, 10)
    layers = [layer for layer in model.layers if len(layer.output.shape) == 4]
    layer = [each for each in layers if "pool" not in each.name and "dropout" not in each.name][-1]
    assert layer.output.shape[1] == len(centres)
    middle = len(centres) // 2
    # The mean place of what one number of the map depends on, with weights that are all alike.
    for variable in model.weights:
        if len(variable.shape) == 4:
            variable.assign(np.full(variable.shape, 0.01, np.float32))
    part = keras.Model(model.inputs[0], layer.output)
    picture = tf.Variable(np.ones((1, 28, 28, 1), np.float32))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(part(picture, training=False)[0, middle, middle])
    reached = np.flatnonzero(np.abs(np.asarray(tape.gradient(value, picture))[0, :, :, 0]).sum(axis=1))
    assert (reached.min() + reached.max()) / 2 == pytest.approx(centres[middle], abs=2.5)


def test_the_middles_are_those_worked_out_by_hand() -> None:
    # Two convolutions of 3 without padding, a pooling of 2 between them: 1, then 1.5 by 2, then 3.5 by 2.
    np.testing.assert_allclose(centres_of(PRESETS["cnn"].layers), 3.5 + 2 * np.arange(11))
    # 28 pixels by 2 need one pixel of padding, which goes below.
    half = ({"type": "conv", "filters": 1, "size": 3, "strides": 2, "padding": "same"},)
    np.testing.assert_allclose(centres_of(half), 1 + 2 * np.arange(14))
    assert centres_of(PRESETS["dense"].layers).size == 0


def trained_to_see(recipe: Any, row: int, column: int) -> list[NDArray[np.float32]]:
    """Weights of a network of one convolution that passes the picture on, whose class 1 looks at one pixel."""
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[1, 1] = 1
    dense = np.zeros((26, 26, 2), np.float32)
    dense[row - 1, column - 1, 1] = 1
    return [kernel, np.zeros(1, np.float32), dense.reshape(-1, 2), np.zeros(2, np.float32)]


ONE = (
    {"type": "conv", "filters": 1, "size": 3, "activation": "relu"},
    {"type": "flatten"},
    {"type": "dense", "units": 0, "activation": "softmax"},
)


def test_grad_cam_is_the_formula_and_lies_where_the_ink_is() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[9, 20], picture[20, 4] = 255, 51
    maps = class_maps(stages(ONE, trained_to_see(ONE, 9, 20), picture), ONE)
    # The one map's weight is the mean of its gradients, 1 / 676, so that the map shows itself, pixel for pixel.
    expected = np.zeros((28, 28), np.float32)
    expected[9, 20], expected[20, 4] = 1, 0.2
    np.testing.assert_allclose(scaled(enlarged(maps[1], ONE)), expected, atol=1e-6)
    # Nothing speaks for the class whose score does not depend on the map.
    assert not maps[0].any()


TAIL = ({"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"})
POOLED = tuple(
    (
        {"type": "conv", "filters": 3, "size": 5, "strides": 2, "activation": function},
        {"type": "max_pool", "size": 3, "strides": 2, "padding": "same"},
        {"type": "average_pool", "size": 2, "padding": "same"},
        {"type": "flatten"},
        {"type": "batch_norm"},
        {"type": "dense", "units": 7, "activation": function},
        {"type": "dropout", "rate": 0.4},
        TAIL[1],
    )
    for function in ACTIVATIONS
    if function != "softmax"
)


@pytest.mark.parametrize(
    "recipe",
    [PRESETS[name].layers for name in ("cnn", "lenet5", "residual", "separable", "shipped")] + list(POOLED),
    ids=lambda recipe: "-".join(str(each["type"]) for each in recipe[:2]) + str(recipe[0].get("activation")),
)
def test_grad_cam_is_keras(recipe: Any) -> None:
    tf, keras = import_keras()
    rng = np.random.default_rng(3)
    model = build_network(recipe, 6)
    model.set_weights([array + np.abs(rng.normal(0, 0.1, array.shape)) for array in model.get_weights()])
    picture = Preprocessor().from_ink(generate_ink(5, rng))
    passing = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D, keras.layers.Dropout)
    maps = [each for each in model.layers if len(each.output.shape) == 4 and not isinstance(each, passing)][-1]
    model.layers[-1].activation = keras.activations.linear
    split = keras.Model(model.inputs[0], [maps.output, model.outputs[0]])
    with tf.GradientTape(persistent=True) as tape:
        values, scores = split(picture[None, ..., None].astype(np.float32) / 255, training=False)
        each_score = [scores[:, place] for place in range(6)]
    found = class_maps(stages(recipe, model.get_weights(), picture), recipe)
    for place, score in enumerate(each_score):
        weights = np.asarray(tape.gradient(score, values))[0].mean(axis=(0, 1))
        expected = (np.asarray(values)[0] * weights).sum(axis=-1)
        np.testing.assert_allclose(found[place], expected, atol=1e-5 * max(1, np.abs(expected).max()))


def test_grad_cam_of_one_class_rather_than_another_and_of_networks_without_convolutions() -> None:
    maps = np.array([[[1.0, -2]], [[0.5, 1]]], np.float32)
    insight = Insight(ONE, (), ("a", "b"), maps)
    np.testing.assert_allclose(map_evidence(insight, 0), [[1, 0]])
    np.testing.assert_allclose(map_evidence(insight, 0, 1), [[1 / 6, -1]])
    dense = PRESETS["dense"].layers
    found = stages(dense, build_network(dense, 10).get_weights(), white())
    with pytest.raises(RecognizerError, match="no convolutions"):
        class_maps(found, dense)
    with pytest.raises(RecognizerError, match="no convolutions"):
        map_evidence(Insight(dense, tuple(found), ("a", "b"), maps[:0]), 0)


@pytest.mark.parametrize(
    ("strides", "padding", "size"), [(1, "valid", 3), (1, "same", 3), (2, "same", 5), (2, "valid", 4), (2, "same", 2)]
)
def test_convolution_is_keras(strides: int, padding: str, size: int) -> None:
    _, keras = import_keras()
    rng = np.random.default_rng(size)
    picture = rng.standard_normal((11, 12, 3)).astype(np.float32)
    layer = keras.layers.Conv2D(4, size, strides=strides, padding=padding, activation="linear")
    layer.build((None, 11, 12, 3))
    kernel = rng.standard_normal((size, size, 3, 4)).astype(np.float32)
    bias = rng.standard_normal(4).astype(np.float32)
    layer.set_weights([kernel, bias])
    theirs = np.asarray(layer(picture[None]))[0]
    for row, column, chosen in ((0, 0, 0), (theirs.shape[0] - 1, theirs.shape[1] - 1, 3), (2, 1, 2)):
        step = convolution_step(picture, kernel, bias, chosen, row, column, strides, padding)
        assert step.total == pytest.approx(theirs[row, column, chosen], abs=1e-4)
        np.testing.assert_array_equal(step.products, step.patch * kernel[..., chosen])
        assert step.total == pytest.approx(step.products.sum() + bias[chosen], abs=1e-4)
        top, left = max(step.top, 0), max(step.left, 0)
        inner = step.patch[top - step.top : 11 - step.top, left - step.left : 12 - step.left]
        np.testing.assert_array_equal(inner, picture[top : step.top + size, left : step.left + size])
    for row, column, chosen in ((theirs.shape[0], 0, 0), (0, -1, 0), (0, 0, 4)):
        with pytest.raises(IndexError):
            convolution_step(picture, kernel, bias, chosen, row, column, strides, padding)


@pytest.mark.parametrize(
    ("size", "strides", "padding"), [(2, 0, "valid"), (3, 2, "same"), (2, 1, "same"), (3, 0, "same")]
)
def test_pooling_is_keras(size: int, strides: int, padding: str) -> None:
    _, keras = import_keras()
    # All below 0, so that a padding of zeros would win.
    picture = -1 - np.random.default_rng(1).random((9, 10, 2)).astype(np.float32)
    layer = keras.layers.MaxPooling2D(size, strides or None, padding=padding)
    theirs = np.asarray(layer(picture[None]))[0]
    for row, column in ((0, 0), (theirs.shape[0] - 1, theirs.shape[1] - 1), (1, 2)):
        step = pooling_step(picture, 1, row, column, size, strides, padding)
        assert step.value == theirs[row, column, 1]
        assert step.window[step.row, step.column] == step.value
        assert picture[step.top + step.row, step.left + step.column, 1] == step.value
    with pytest.raises(IndexError):
        pooling_step(picture, 2, 0, 0)
    with pytest.raises(ValueError, match="padding = 'full'"):
        pooling_step(picture, 0, 0, 0, padding="full")


def test_orange_speaks_for_and_blue_against(tmp_path: Path) -> None:
    colours = signed_colours(np.array([[-1.0, 0.0, 0.55, -0.55, 2.0]]))[0]
    assert colours[1].tolist() == [0, 0, 0]
    assert colours[2].tolist() == list(FOR)
    assert colours[3].tolist() == list(AGAINST)
    # The largest are the palest, and keep their hue.
    assert colours[4].min() > 200
    assert colours[0].argmax() == 2
    assert colours[4].argmax() == 0
    layer = heat_layer(np.array([[0.0, 1.0, -0.5]]))[0]
    assert layer[:, 3].tolist() == [0, 217, 108]
    assert layer[1, :3].tolist() == list(FOR)
    picture, values = np.zeros((28, 28), np.uint8), np.zeros((28, 28), np.float32)
    picture[3, 3] = 255
    values[5, 6] = 1
    shown = heat_picture(picture, values, 4)
    assert shown.shape == (112, 112, 3)
    assert shown[12, 12].tolist() == [178, 178, 178]
    assert shown[0, 0].max() == 0
    np.testing.assert_allclose(shown[20, 24], 0.85 * np.array(FOR), atol=1)
    write_heat(tmp_path / "a.png", picture, values)
    with Image.open(tmp_path / "a.png") as written:
        assert (written.size, written.mode) == ((448, 448), "RGB")


def test_explain(profile: Profile, shipped: Classifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "3.png", tmp_path / "out.png"
    image = Preprocessor().from_ink(generate_ink(3, np.random.default_rng(3)))
    Image.fromarray(255 - image).resize((140, 140), Image.Resampling.BICUBIC).save(file)
    arguments = ["explain", "digits", str(file), "--to", str(out), "--profile", str(profile.root)]
    assert cli.main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["class"], answer["label"], answer["method"], answer["model"]) == ("3", "3", "occlusion", "digits")
    first = out.read_bytes()
    assert cli.main([*arguments, "--class", "8"]) == 0
    assert capsys.readouterr().out.startswith("8 has a probability of ")
    assert out.read_bytes() != first
    assert cli.main([*arguments, "--class", "x"]) == 2
    assert "does not know this class" in capsys.readouterr().err
    assert cli.main([*arguments, "--method", "grad-cam", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["method"] == "grad-cam"
    with Image.open(out) as written:
        assert written.size == (448, 448)
    before = out.read_bytes()
    assert cli.main([*arguments, "--rather-than", "8"]) == 0
    assert out.read_bytes() != before
    assert cli.main([*arguments, "--rather-than", "x"]) == 2
    capsys.readouterr()
    Image.new("L", (40, 40), 255).save(file)
    assert cli.main(arguments) == 2
    assert "nothing to read" in capsys.readouterr().err


def test_looking_inside_needs_no_tensorflow(shipped: Classifier) -> None:
    import subprocess

    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from recognizer.inference.registry import read_record\n"
        "from recognizer.training.insight import look_inside, map_evidence\n"
        f"record = read_record(Path({str(shipped.record.folder)!r}), is_shipped=True)\n"
        "map_evidence(look_inside(record, np.full((28, 28), 200, np.uint8)), 3, 8)\n"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
