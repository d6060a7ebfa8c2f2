"""Predicting with the shipped model, and refusing one that was altered."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.resources import shipped_models_path
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.registry import CARD, NETWORK, file_entry, read_record
from recognizer.inference.reject import RejectRule
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library.idx import read_idx


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped model that may be damaged."""
    folder = shipped_models_path() / "digits"
    if not (folder / CARD).is_file():
        pytest.skip("no shipped model")
    return Path(shutil.copytree(folder, tmp_path / "model"))


@pytest.fixture
def classifier(copy: Path) -> Classifier:
    return Classifier(read_record(copy, is_shipped=False))


def test_probabilities(classifier: Classifier) -> None:
    images, labels = generate(300, 11)
    probabilities = classifier.predict_proba(images)
    assert probabilities.shape == (300, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.9


def test_answers_do_not_depend_on_the_batch(classifier: Classifier) -> None:
    images, _ = generate(270, 12)
    together = classifier.predict_proba(images)
    alone = np.concatenate([classifier.predict_proba(image[None]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert classifier.predict_proba(images[:0]).shape == (0, 10)


def test_real_digits(classifier: Classifier, real_mnist_folder: Path) -> None:
    images = read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz", 3)[:1000]
    labels = read_idx(real_mnist_folder / "t10k-labels-idx1-ubyte.gz", 1)[:1000]
    assert (classifier.predict_proba(images).argmax(axis=1) == labels).mean() >= 0.97


def test_one_answer(classifier: Classifier) -> None:
    image = Preprocessor().from_ink(generate_ink(3, np.random.default_rng(3)))
    prediction = classifier.predict(image)
    assert prediction.label == "3"
    assert prediction.alternatives[0] == ("3", prediction.confidence)
    assert [share for _, share in prediction.alternatives] == sorted(prediction.probabilities.tolist(), reverse=True)
    assert prediction.seconds > 0


def test_empty_picture(classifier: Classifier) -> None:
    prediction = classifier.predict(np.zeros((28, 28), np.uint8))
    assert (prediction.label, prediction.verdict, prediction.confidence) == ("", Verdict.EMPTY, 0.0)
    assert prediction.is_rejected


def test_cancel(classifier: Classifier) -> None:
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        classifier.predict_proba(np.zeros((300, 28, 28), np.uint8), token)


@pytest.mark.parametrize("damage", ["changed", "truncated", "gone"])
def test_altered_network_is_refused(copy: Path, damage: str) -> None:
    record = read_record(copy, is_shipped=False)
    content = record.network.read_bytes()
    if damage == "gone":
        record.network.unlink()
    else:
        record.network.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if damage == "changed" else content[:1000])
    with pytest.raises(RecognizerError) as caught:
        Classifier(record)
    assert str(record.network) in caught.value.where


def test_network_that_is_none(copy: Path) -> None:
    (copy / NETWORK).write_bytes(b"this is no network at all")
    card = json.loads((copy / CARD).read_text())
    card["files"] = {NETWORK: file_entry(copy / NETWORK)}
    (copy / CARD).write_text(json.dumps(card))
    with pytest.raises(RecognizerError, match="The model is damaged"):
        Classifier(read_record(copy, is_shipped=False))


def test_labels_that_do_not_fit_the_network(copy: Path) -> None:
    record = dataclasses.replace(read_record(copy, is_shipped=False), labels=("a", "b"))
    with pytest.raises(RecognizerError, match="17 outputs for 9 labels"):
        Classifier(record)


def test_reject_rule() -> None:
    rule = RejectRule(reject_below=0.4, unsure_below=0.8, ink_low=7, ink_high=105)
    images = np.full((6, 28, 28), 50, np.uint8)
    images[3], images[4], images[5] = 3, 200, 0
    best = np.array([0.9, 0.6, 0.3, 0.9, 0.9, 0.9], np.float32)
    probabilities = np.stack([best, 1 - best, np.zeros(6, np.float32)], axis=1)
    probabilities[2] = (0.34, 0.33, 0.33)
    assert rule.verdicts(images, probabilities) == [
        Verdict.SURE,
        Verdict.UNSURE,
        Verdict.REJECTED,
        Verdict.REJECTED,
        Verdict.REJECTED,
        Verdict.EMPTY,
    ]
    assert RejectRule(**rule.to_dict()) == rule


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_counts_as_rejected(verdict: Verdict) -> None:
    prediction = Prediction("1", np.array([0.2, 0.8], np.float32), ("0", "1"), verdict)
    assert prediction.is_rejected is (verdict in (Verdict.EMPTY, Verdict.REJECTED))


def test_the_best_labels_are_those_of_the_predictions_and_an_empty_picture_has_none(classifier: Classifier) -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[1, 4:24, 13:16] = 255
    images[2, 4:24, 6:9] = images[2, 4:7, 6:22] = 255
    labels, sure = classifier.best_labels(images)
    predictions = classifier.predict_many(images)
    assert labels == [prediction.label for prediction in predictions]
    assert labels[0] == ""
    assert labels[1] == "1"
    np.testing.assert_allclose(sure[1:], [prediction.confidence for prediction in predictions[1:]], atol=1e-6)
