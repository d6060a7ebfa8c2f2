"""Worse and worse pictures: repeatable, as strong as said, and the samples that a model loses are named."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.evaluation import robustness
from recognizer.evaluation.figures import wilson_interval
from recognizer.evaluation.robustness import FAMILIES, measure_robustness, worsened
from recognizer.ink.synthesis import generate

KINDS = [(family.name, strength) for family in FAMILIES.values() for strength in family.strengths]


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    return generate(60, 8, threads=1)[0]


def by_ink(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A model that looks at nothing but the top left quarter: is there any ink?"""
    return (images[:, :14, :14].reshape(len(images), -1).max(axis=1) > 40).astype(np.int64)


def test_there_are_several_strengths_of_each_family() -> None:
    assert {"noise", "blur", "tilt", "shift", "thin", "thick"} == set(FAMILIES)
    assert all(len(family.strengths) >= 3 for family in FAMILIES.values())


@pytest.mark.parametrize(("family", "strength"), KINDS)
def test_pictures_follow_the_seed_and_keep_their_form(family: str, strength: float, digits: NDArray[np.uint8]) -> None:
    before = digits.copy()
    worse = worsened(digits, family, strength, 3)
    assert (worse.shape, worse.dtype) == (digits.shape, np.uint8)
    np.testing.assert_array_equal(digits, before)
    np.testing.assert_array_equal(worse, worsened(digits, family, strength, 3))
    assert (worse != digits).any()


@pytest.mark.parametrize("family", ["noise", "blur", "tilt", "shift"])
def test_stronger_is_further_away(family: str, digits: NDArray[np.uint8]) -> None:
    far = [
        np.abs(worsened(digits, family, strength).astype(float) - digits).mean()
        for strength in FAMILIES[family].strengths
    ]
    assert far == sorted(far)
    assert far[-1] > 1.5 * far[0]


def test_pens_get_thinner_and_thicker(digits: NDArray[np.uint8]) -> None:
    thin = [worsened(digits, "thin", strength).mean() for strength in FAMILIES["thin"].strengths]
    thick = [worsened(digits, "thick", strength).mean() for strength in FAMILIES["thick"].strengths]
    assert thin == sorted(thin, reverse=True)
    assert thin[0] < digits.mean() < thick[0]
    assert thick == sorted(thick)


def test_a_shift_goes_by_whole_pixels_either_way() -> None:
    images = np.zeros((64, 28, 28), np.uint8)
    images[:, 14, 14] = 255
    places = {tuple(np.argwhere(image)[0].tolist()) for image in worsened(images, "shift", 2.0)}
    assert places == {(12, 12), (12, 16), (16, 12), (16, 16)}


def test_lost_and_gained_samples_are_named(digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    # More than one block, the last of them shorter.
    monkeypatch.setattr(robustness, "_BLOCK", 25)
    truth = by_ink(digits)
    truth[:5] = 1 - truth[:5]
    positions = np.arange(len(digits)) + 100
    steps: list[tuple[int, int]] = []
    table = measure_robustness(
        digits,
        truth,
        by_ink,
        positions,
        ("shift", "noise"),
        seed=5,
        progress=lambda done, total, message: steps.append((done, total)),
    )
    assert steps == [(done, 8) for done in range(9)]
    assert (table.n, table.right, table.accuracy) == (60, 55, 55 / 60)
    assert [(row.family, row.strength) for row in table.rows] == [
        (name, strength) for name in ("shift", "noise") for strength in FAMILIES[name].strengths
    ]
    for row in table.rows:
        is_right = by_ink(worsened(digits, row.family, row.strength, 5)) == truth
        was_right = by_ink(digits) == truth
        assert row.right == is_right.sum()
        assert row.interval == wilson_interval(row.right, 60)
        np.testing.assert_array_equal(row.lost, positions[was_right & ~is_right])
        np.testing.assert_array_equal(row.gained, positions[~was_right & is_right])
    assert any(len(row.lost) for row in table.rows)
    assert any(len(row.gained) for row in table.rows)
    document = table.to_dict()
    assert document["rows"][0]["accuracy"] == table.rows[0].right / 60
    assert document["rows"][0]["lost"] == table.rows[0].lost.tolist()


def test_it_can_be_stopped(digits: NDArray[np.uint8]) -> None:
    token = CancellationToken()
    asked: list[int] = []

    def predict(images: NDArray[np.uint8]) -> NDArray[np.int64]:
        asked.append(len(images))
        token.cancel()
        return by_ink(images)

    with pytest.raises(Cancelled):
        measure_robustness(digits, by_ink(digits), predict, token=token)
    assert asked == [60]


def test_no_samples() -> None:
    nothing = np.zeros((0, 28, 28), np.uint8)
    table = measure_robustness(nothing, np.zeros(0, np.int64), by_ink, families=("blur",))
    assert (table.n, table.accuracy, table.accuracy_of(table.rows[0])) == (0, 0.0, 0.0)
    assert worsened(nothing, "blur", 1.0).shape == (0, 28, 28)
