"""Training settings are checked before a run begins."""

import json
import math

import pytest

from recognizer.base.errors import RecognizerError
from recognizer.training.augment import Augmentation
from recognizer.training.config import TrainingConfig


def test_json_form_gives_the_same_config() -> None:
    config = TrainingConfig(preset="cnn", epochs=3, batch_size=64, learning_rate=0.01, optimizer="sgd", seed=7)
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    layers = ({"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"})
    config = TrainingConfig("mine", schedule="one-cycle", augmentation=Augmentation(noise=0.1), layers=layers)
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert config.recipe == layers


def test_older_settings_are_read() -> None:
    older = {"preset": "cnn", "epochs": 3, "batch_size": 32, "learning_rate": 0.001, "optimizer": "adam", "seed": 42}
    assert TrainingConfig.from_dict(older) == TrainingConfig("cnn", epochs=3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("preset", "transformer"),
        ("optimizer", "lion"),
        ("epochs", 0),
        ("epochs", 1001),
        ("epochs", 1.5),
        ("epochs", True),
        ("batch_size", 0),
        ("batch_size", 8193),
        ("learning_rate", 0.0),
        ("learning_rate", -0.1),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", 11),
        ("learning_rate", "fast"),
        ("seed", -1),
        ("seed", 2**31),
        ("validation_share", 0.51),
        ("validation_share", -0.1),
        ("validation_share", math.nan),
        ("schedule", "warm"),
        ("momentum", 1.0),
        ("class_weights", 1),
        ("label_smoothing", 0.6),
        ("patience", -1),
        ("deterministic", "yes"),
    ],
)
def test_bad_values_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(RecognizerError) as caught:
        TrainingConfig(**{field: value})  # type: ignore[arg-type]
    assert caught.value.where == f"{field} = {value!r}"
    assert caught.value.fix
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 1), ("epochs", 1000), ("batch_size", 8192), ("seed", 2**31 - 1), ("validation_share", 0.0)],
)
def test_bounds_are_allowed(field: str, value: float) -> None:
    config = TrainingConfig(**{field: value})  # type: ignore[arg-type]
    assert getattr(config, field) == value


def test_the_bound_of_a_whole_number_is_written_out() -> None:
    with pytest.raises(RecognizerError, match=r"from 0 to 2,147,483,647\.$"):
        TrainingConfig(seed=2**31)
