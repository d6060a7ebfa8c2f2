"""What is no symbol must not be called one with confidence."""

from pathlib import Path

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference import kinds as module
from recognizer.inference.classifier import Classifier
from recognizer.inference.kinds import KINDS, OPERATORS, kinds, plausibility
from recognizer.inference.prediction import Verdict
from recognizer.inference.registry import read_record
from recognizer.inference.reject import RejectRule
from recognizer.ink.stroke import Ink
from recognizer.ink.synthesis import generate, non_digits, operators
from recognizer.training.rule import rule_for

MODELS = Path(__file__).resolve().parents[2] / "models"
DIGITS = tuple("0123456789")


def test_verdicts_by_probability_and_ink() -> None:
    images = np.full((6, 28, 28), 40, np.uint8)
    images[3], images[4], images[5] = 0, 2, 200
    best = np.array([0.9, 0.7, 0.3, 0.9, 0.9, 0.9], np.float32)
    probabilities = np.stack([best, 1 - best, np.zeros(6, np.float32)], axis=1)
    probabilities[2] = (0.3, 0.4, 0.3)
    assert RejectRule().verdicts(images, probabilities) == [
        Verdict.SURE,
        Verdict.UNSURE,
        Verdict.REJECTED,
        Verdict.EMPTY,
        Verdict.REJECTED,
        Verdict.REJECTED,
    ]


def test_json_form_gives_the_same_rule() -> None:
    rule = RejectRule(0.1, 0.2, 3.0, 99.0, 0.25)
    assert RejectRule(**rule.to_dict()) == rule


def test_an_overconfident_model_is_not_believed_about_non_digits() -> None:
    digits, _ = generate(1000, 31)
    rule = rule_for(digits, DIGITS)
    assert 0 < rule.plausible_above <= 0.5
    certain = np.tile(np.eye(10, dtype=np.float32)[:1], (1000, 1))
    lost = sum(verdict != Verdict.SURE for verdict in rule.verdicts(generate(1000, 32)[0], certain))
    believed = sum(verdict == Verdict.SURE for verdict in rule.verdicts(non_digits(1000, 33), certain))
    assert lost <= 10
    assert believed <= 80


def test_models_of_other_symbols_do_without_plausibility() -> None:
    assert rule_for(generate(50, 1)[0], ("a", "b")).plausible_above == 0.0


def test_the_ink_of_the_training_pictures_is_allowed() -> None:
    images = np.zeros((100, 28, 28), np.uint8)
    images[:, 0, 0] = 255
    images[50:] = 180
    rule = rule_for(images, ("a", "b"))
    assert rule.ink_low < images[0].mean()
    assert rule.ink_high > 180


def test_without_the_shipped_model_everything_is_plausible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "shipped_models_path", lambda: tmp_path)
    monkeypatch.setattr(module, "_local", type("Local", (), {})())
    np.testing.assert_array_equal(plausibility(non_digits(3, 1)), np.ones(3, np.float32))
    assert "model.json" in caplog.text


def test_plausibility_is_the_same_one_by_one() -> None:
    images = np.concatenate([generate(150, 5)[0], non_digits(150, 5)])
    together = plausibility(images)
    np.testing.assert_allclose(together[:40], [plausibility(image[None])[0] for image in images[:40]], atol=1e-4)
    assert together[:150].mean() > 0.95
    assert together[150:].mean() < 0.1


def test_kinds_tell_operators_from_digits_and_the_rest() -> None:
    images, which = operators(600, 6)
    answers = kinds(images).argmax(axis=1)
    assert np.mean(answers == which + 1) > 0.9
    assert KINDS[1:-1] == OPERATORS
    np.testing.assert_allclose(kinds(images).sum(axis=1), 1, atol=1e-5)


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier(read_record(MODELS / "digits", is_shipped=True))


def test_the_shipped_model_reads_digits_and_turns_away_the_rest(shipped: Classifier) -> None:
    images, labels = generate(1000, 77)
    answers = shipped.predict_proba(images).argmax(axis=1)
    assert np.mean(answers == labels) > 0.97
    others = non_digits(1000, 78)
    verdicts = shipped.judge(others)[1]
    assert sum(verdict == Verdict.SURE for verdict in verdicts) <= 15


def test_a_blank_a_dot_and_a_scribble(shipped: Classifier) -> None:
    turns = np.linspace(0, 40, 400)
    scribble = Ink.from_arrays([np.stack([100 + 60 * np.cos(turns * 1.7), 100 + 60 * np.sin(turns * 2.3)], axis=1)])
    dot = Ink.from_arrays([np.array([[50.0, 50.0]])])
    picture = Preprocessor().from_ink
    assert shipped.predict(picture(Ink())).verdict == Verdict.EMPTY
    assert shipped.predict(picture(dot)).verdict == Verdict.REJECTED
    assert shipped.predict(picture(scribble)).verdict == Verdict.REJECTED


def test_the_shipped_files_are_small() -> None:
    for path in [*MODELS.glob("*.tflite"), *MODELS.glob("*/*.tflite")]:
        assert path.stat().st_size <= 500_000, path


def test_looking_at_the_pictures_can_be_given_up() -> None:
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        rule_for(generate(600, 1)[0], DIGITS, token)
