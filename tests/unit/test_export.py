"""Exported networks answer as Keras does, and their folders are whole."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRecord
from recognizer.inference.reject import RejectRule
from recognizer.ink.synthesis import generate
from recognizer.training.checkpoint import unpack_weights
from recognizer.training.export import RECIPE, WEIGHTS, check_same, stage_model, to_litert, training_files
from recognizer.training.network import build_network
from recognizer.training.presets import PRESETS
from recognizer.training.runtime import import_keras

DIGITS = tuple("0123456789")


def stage(folder: Path, network: bytes, **more: object) -> ModelRecord:
    return stage_model(
        folder, network, title="A · model", labels=DIGITS, reject=RejectRule(), details={"parameters": 5}, **more
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", ["dense", "cnn"])
@pytest.mark.parametrize(("optimize", "allowed", "share"), [("", 1e-5, 1.1), ("float16", 5e-3, 0.6)])
def test_same_answers_as_keras(
    tmp_path: Path, preset: str, optimize: str, allowed: float, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    _, keras = import_keras()
    keras.utils.set_random_seed(3)
    model = build_network(PRESETS[preset].layers, 10)
    network = to_litert(model, optimize=optimize)
    assert capfd.readouterr() == ("", "")
    assert len(network) < share * (4 * model.count_params() + 4000)
    images, _ = generate(300, 8)
    classifier = Classifier(stage(tmp_path / "m", network))
    assert check_same(model, classifier, images, allowed) <= allowed
    probabilities = classifier.predict_proba(images)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(classifier.predict_proba(images[:1]), probabilities[:1], atol=1e-5)


def test_another_network_is_noticed(tmp_path: Path) -> None:
    recipe = PRESETS["dense"].layers
    classifier = Classifier(stage(tmp_path / "m", to_litert(build_network(recipe, 10))))
    with pytest.raises(RecognizerError, match="answers differently"):
        check_same(build_network(recipe, 10), classifier, generate(20, 8)[0])


def test_networks_of_numbers_that_are_none_are_noticed(tmp_path: Path) -> None:
    model = build_network(PRESETS["dense"].layers, 10)
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    classifier = Classifier(stage(tmp_path / "m", to_litert(model)))
    with pytest.raises(RecognizerError, match="difference = nan"):
        check_same(model, classifier, generate(20, 8)[0])


def test_the_folder_of_a_model(tmp_path: Path) -> None:
    recipe = PRESETS["dense"].layers
    model = build_network(recipe, 10)
    files = training_files(recipe, model.get_weights())
    record = stage(tmp_path / "m", to_litert(model), extra_files=files)
    assert (record.id, record.title, record.labels, record.reject) == ("m", "A · model", DIGITS, RejectRule())
    card = json.loads((record.folder / "model.json").read_text())
    assert card["format"] == 1
    assert card["parameters"] == 5
    assert set(card["files"]) == {"model.tflite", RECIPE, WEIGHTS}
    for name, entry in card["files"].items():
        content = (record.folder / name).read_bytes()
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    again = build_network(json.loads((record.folder / RECIPE).read_text()), 10)
    again.set_weights(unpack_weights((record.folder / WEIGHTS).read_bytes()))
    assert check_same(again, Classifier(record), generate(20, 8)[0]) < 1e-5
