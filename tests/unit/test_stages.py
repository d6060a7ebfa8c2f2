"""A network taken apart: every number that a step shows is the one that the network works out."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from random_weights import MIXED, weights_for

from recognizer import cli
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.forward import forward
from recognizer.inference.layer_words import formula, number, signed, stage_help, stage_name
from recognizer.inference.registry import ModelRecord, read_record
from recognizer.inference.stages import Stage, stages
from recognizer.inference.value_steps import (
    ActivationStep,
    ConvolutionStep,
    DenseStep,
    FlattenStep,
    MeanStep,
    SoftmaxStep,
    result,
    shares,
    strongest,
    value_step,
)
from recognizer.ink.synthesis import generate_ink
from recognizer.training.finetune import read_training_files
from recognizer.training.insight import look_inside
from recognizer.training.presets import PRESETS

RECIPES = {name: PRESETS[name].layers for name in ("dense", "cnn", "lenet5", "separable", "shipped")} | {"mixed": MIXED}


def drawn(digit: int = 4) -> np.ndarray:
    return Preprocessor().from_ink(generate_ink(digit, np.random.default_rng(digit)))


@pytest.fixture(scope="module")
def record() -> ModelRecord:
    folder = shipped_models_path() / "digits"
    if not (folder / "model.json").is_file():
        pytest.skip("no shipped model")
    return read_record(folder, is_shipped=True)


def check_every_number(found: list[Stage]) -> None:
    rng = np.random.default_rng(2)
    for stage in found:
        rows, columns, channels = stage.after.shape if stage.after.ndim == 3 else (1, 1, len(stage.after))
        corners = [(0, 0, 0), (rows - 1, columns - 1, channels - 1)]
        inside = [tuple(int(rng.integers(n)) for n in (rows, columns, channels)) for _ in range(20)]
        for row, column, channel in corners + inside:
            true = stage.after[row, column, channel] if stage.after.ndim == 3 else stage.after[channel]
            step = value_step(stage, channel, row, column)
            assert result(step) == pytest.approx(float(true), abs=1e-5, rel=1e-5), (stage.kind, stage.number)
            if isinstance(step, ConvolutionStep | DenseStep):
                assert shares(step).sum() + step.bias == pytest.approx(float(true), abs=1e-4)
            assert "=" in formula(step).numbers or isinstance(step, FlattenStep)
        with pytest.raises(IndexError):
            value_step(stage, channels, 0, 0)


@pytest.mark.parametrize("name", RECIPES)
def test_every_number_is_the_networks(name: str) -> None:
    recipe = RECIPES[name]
    weights = weights_for(recipe)
    found = stages(recipe, weights, drawn())
    whole = forward(recipe, weights, drawn()[None])
    for layer, outputs in enumerate(whole, start=1):
        own = [stage for stage in found if stage.layer == layer]
        if recipe[layer - 1]["type"] == "dropout":
            assert not own
        else:
            np.testing.assert_allclose(own[-1].after, outputs[0], atol=1e-6)
    for before, after in pairwise(found):
        assert after.before is before.after
    assert sum(len(stage.weights) for stage in found) == len(weights)
    check_every_number(found)


def test_the_shipped_model_with_its_folded_normalisation(record: ModelRecord) -> None:
    recipe, weights = read_training_files(record)
    insight = look_inside(record, drawn())
    check_every_number(list(insight.stages))
    np.testing.assert_allclose(insight.stages[-1].after, forward(recipe, weights, drawn()[None])[-1][0], atol=1e-6)
    assert [stage_name(stage) for stage in insight.stages] == [
        *("conv 1", "ReLU", "pool 1", "conv 2", "ReLU", "conv 3", "ReLU", "pool 2", "conv 4", "ReLU"),
        *("flatten", "dense 1", "softmax"),
    ]
    assert insight.outputs == (*record.labels, *record.extras)
    assert insight.maps.shape == (17, 28, 28)


def test_a_separable_convolution_is_two_steps_and_an_activation_one_of_its_own() -> None:
    found = stages(MIXED, weights_for(MIXED), drawn())
    assert [(stage.kind, stage.number, stage.layer) for stage in found] == [
        *(("conv", 1, 1), ("batch_norm", 1, 2), ("activation", 1, 3), ("residual", 1, 4), ("residual", 2, 5)),
        *(("depthwise_conv", 1, 6), ("conv", 2, 6), ("activation", 2, 6), ("average_pool", 1, 7)),
        *(("depthwise_conv", 2, 8), ("max_pool", 1, 9), ("flatten", 1, 10)),
        *(("dense", 1, 12), ("activation", 3, 12), ("dense", 2, 13), ("activation", 4, 13)),
    ]
    assert len({stage_help(stage) for stage in found}) >= 11


def test_what_a_step_is_made_of() -> None:
    found = stages(MIXED, weights_for(MIXED), drawn())
    pool = next(stage for stage in found if stage.kind == "average_pool")
    edge = value_step(pool, 0, pool.after.shape[0] - 1, pool.after.shape[1] - 1)
    # At the border the padding is no part of the mean.
    assert isinstance(edge, MeanStep)
    assert edge.window.shape == (2, 2)
    flat = next(stage for stage in found if stage.kind == "flatten")
    place = value_step(flat, 17)
    assert isinstance(place, FlattenStep)
    assert flat.before[place.row, place.column, place.channel] == place.value
    last = value_step(found[-1], 2)
    assert isinstance(last, SoftmaxStep)
    assert last.powers.sum() == pytest.approx(last.total)
    for stage in found:
        channel, row, column = strongest(stage)
        assert result(value_step(stage, channel, row, column)) == pytest.approx(float(stage.after.max()), abs=1e-5)
    first = strongest(found[0], 2)
    assert first[0] == 2
    assert found[0].after[first[1], first[2], 2] == found[0].after[:, :, 2].max()
    with pytest.raises(IndexError):
        strongest(found[0], 99)


def test_scores_beyond_what_e_can_be_raised_to() -> None:
    stage = Stage("activation", 1, 1, {"function": "softmax"}, (), np.float32([1000, 999]), np.float32([0.731, 0.269]))
    step = value_step(stage, 0)
    assert result(step) == pytest.approx(0.7310586)
    assert formula(step).numbers == "1.00 / 1.37 = 0.7311"


def test_weights_that_do_not_fit_are_refused() -> None:
    recipe = PRESETS["cnn"].layers
    for wrong in (weights_for(recipe)[:2], weights_for(recipe)[::-1]):
        with pytest.raises(RecognizerError, match="do not fit"):
            stages(recipe, wrong, drawn())


@pytest.mark.parametrize(
    ("function", "x", "value", "general", "numbers"),
    [
        ("relu", -0.25, 0.0, "max(0, x)", "max(0, −0.25) = 0"),
        ("elu", 2.0, 2.0, "x above 0, else e^x − 1", "2.00 = 2.00"),
        ("elu", -1.0, -0.632, "x above 0, else e^x − 1", "e^(−1.00) − 1 = −0.63"),
        ("sigmoid", -1.0, 0.269, "1 / (1 + e^(−x))", "1 / (1 + e^(−(−1.00))) = 0.27"),
        ("tanh", -1.0, -0.762, "tanh(x)", "tanh(−1.00) = −0.76"),
        ("gelu", 1.0, 0.841, "x · Φ(x)", "1.00 · Φ(1.00) = 0.84"),
        ("softplus", -1.0, 0.313, "ln(1 + e^x)", "ln(1 + e^(−1.00)) = 0.31"),
        ("swish", 1.0, 0.731, "x / (1 + e^(−x))", "1.00 / (1 + e^(−1.00)) = 0.73"),
    ],
)
def test_the_formulas_of_activations(function: str, x: float, value: float, general: str, numbers: str) -> None:
    words = formula(ActivationStep(function, x, value))
    assert (words.general, words.numbers) == (general, numbers)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.25, "−0.25"), (12.34, "12.3"), (1234.5, "1,234"), (0.0123, "0.012"), (2e-7, "2e−7")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text
    assert signed(value) == (f"+{text}" if value > 0 else text)


def test_explain_a_number(
    profile: Profile, record: ModelRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "4.png"
    Image.fromarray(255 - drawn()).resize((140, 140), Image.Resampling.BICUBIC).save(file)
    arguments = ["explain", "digits", str(file), "--profile", str(profile.root)]

    def said(*more: str) -> Any:
        assert cli.main([*arguments, *more, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert [layer["name"] for layer in said()["layers"]][:3] == ["conv 1", "ReLU", "pool 1"]
    step = said("--layer", "1", "--filter", "5", "--at", "9,12")["step"]
    assert (step["filter"], step["at"], step["type"]) == (5, [9, 12], "conv")
    numbers = step["numbers"]
    patch, kernel = np.array(numbers["patch"]), np.array(numbers["kernel"])
    assert patch.shape == (5, 5, 1)
    assert step["value"] == pytest.approx((patch * kernel).sum() + numbers["bias"], abs=1e-5)
    pool = said("--layer", "3")["step"]
    assert pool["value"] == np.max(pool["numbers"]["window"])
    assert cli.main([*arguments, "--layer", "4"]) == 0
    out = capsys.readouterr().out
    assert "sum of all 360 products, from 40 maps, + bias" in out
    assert "What adds most" in out
    assert cli.main([*arguments, "--layer", "1"]) == 0
    assert "Under the filter" in capsys.readouterr().out
    for wrong in (
        ("--layer", "14"),
        ("--layer", "0"),
        ("--layer", "1", "--filter", "41"),
        ("--layer", "1", "--at", "9"),
    ):
        assert cli.main([*arguments, *wrong]) == 2
        assert capsys.readouterr().err
