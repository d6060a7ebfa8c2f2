"""Worse pictures: seeded, of the promised severity, and worse in the promised way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.evaluation.corruptions import CORRUPTIONS, GROUPS, MNIST_C, corrupt
from recognizer.ink.synthesis import generate


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    return generate(40, 3, threads=1)[0]


def square() -> NDArray[np.uint8]:
    """One picture: rows 10 to 17, columns 12 to 15."""
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 10:18, 12:16] = 255
    return images


def middle(image: NDArray[np.uint8]) -> tuple[float, float]:
    """The centre of mass, row and column."""
    mass = image.astype(np.float64)
    return tuple(float((mass * place).sum() / mass.sum()) for place in np.mgrid[:28, :28])  # type: ignore[return-value]


def test_there_are_the_fifteen_of_mnist_c_and_every_group_has_some() -> None:
    assert len(MNIST_C) == 15
    assert {each.group for each in CORRUPTIONS.values()} == {*GROUPS, ""}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_pictures_keep_their_form_and_follow_the_seed(name: str, digits: NDArray[np.uint8]) -> None:
    before = digits.copy()
    worse = corrupt(digits, name, 1)
    assert worse.shape == digits.shape
    assert worse.dtype == np.uint8
    assert (digits == before).all()
    assert (worse == corrupt(digits, name, 1)).all()
    changed = (worse != digits).any(axis=(1, 2))
    assert changed.all()


@pytest.mark.parametrize("name", ["gaussian_noise", "salt_and_pepper", "tilt", "translate", "fog", "zigzag"])
def test_another_seed_gives_other_pictures(name: str, digits: NDArray[np.uint8]) -> None:
    assert (corrupt(digits, name, 1) != corrupt(digits, name, 2)).any()


def test_gaussian_noise_has_its_deviation() -> None:
    grey = np.full((50, 28, 28), 128, np.uint8)
    assert np.std(corrupt(grey, "gaussian_noise").astype(float)) == pytest.approx(0.18 * 255, rel=0.02)


@pytest.mark.parametrize(("name", "share"), [("salt_and_pepper", 0.09), ("impulse_noise", 0.17)])
def test_impulse_noise_hits_its_share_half_black_half_white(name: str, share: float) -> None:
    worse = corrupt(np.full((400, 28, 28), 128, np.uint8), name)
    assert np.mean(worse == 255) == pytest.approx(share / 2, rel=0.04)
    assert np.mean(worse == 0) == pytest.approx(share / 2, rel=0.04)


def test_blur_keeps_the_amount_of_ink_and_spreads_it() -> None:
    worse = corrupt(square(), "gaussian_blur")
    assert worse.sum() == pytest.approx(square().sum(), rel=0.01)
    assert worse.max() < 255
    assert middle(worse[0]) == pytest.approx(middle(square()[0]), abs=0.01)


def test_motion_blur_smears_to_the_right_by_the_mean_of_half_a_bell() -> None:
    shifts = [middle(image)[1] - 13.5 for image in corrupt(np.repeat(square(), 60, axis=0), "motion_blur")]
    # The bell's mean on the whole steps 0, 1, 2 …, and the least of the cosine.
    steps = np.arange(21)
    mean = (steps * np.exp(-0.5 * (steps / 3) ** 2)).sum() / np.exp(-0.5 * (steps / 3) ** 2).sum()
    assert max(np.abs(shifts)) <= mean + 0.05
    assert min(np.abs(shifts)) >= mean * np.cos(np.pi / 4) - 0.05


def test_translate_moves_by_exactly_three_pixels() -> None:
    moved = {
        tuple(np.subtract(middle(image), middle(square()[0])).round(3))
        for image in corrupt(np.repeat(square(), 40, axis=0), "translate")
    }
    assert moved == {(3, 3), (3, -3), (-3, 3), (-3, -3)}


@pytest.mark.parametrize(("name", "degrees"), [("tilt", 20.0), ("rotate", np.degrees(0.4))])
def test_tilt_turns_by_its_angle_either_way(name: str, degrees: float) -> None:
    images = np.zeros((30, 28, 28), np.uint8)
    images[:, 4:24, 13:15] = 255
    angles = []
    for image in corrupt(images, name):
        rows, columns = np.mgrid[:28, :28] - 13.5
        mass = image.astype(float)
        spread = [[(mass * a * b).sum() for b in (rows, columns)] for a in (rows, columns)]
        angles.append(np.degrees(0.5 * np.arctan2(2 * spread[0][1], spread[0][0] - spread[1][1])))
    assert np.abs(angles) == pytest.approx(degrees, abs=1.0)
    assert min(angles) < 0 < max(angles)


def test_scale_shrinks_to_seven_tenths() -> None:
    assert corrupt(square(), "scale").sum() / square().sum() == pytest.approx(0.49, rel=0.05)


def test_brightness_lifts_ground_and_ink_by_half() -> None:
    worse = corrupt(square(), "brightness")
    assert set(np.unique(worse)) == {128, 255}


def test_stripe_inverts_a_quarter_at_each_side() -> None:
    worse = corrupt(square(), "stripe")
    assert (worse[0, :, :7] == 255).all()
    assert (worse[0, :, 21:] == 255).all()
    assert (worse[0, :, 7:21] == square()[0, :, 7:21]).all()


def test_pens_become_thicker_and_thinner() -> None:
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 4:24, 12:16] = 255
    width = {name: corrupt(images, name)[0, 14].sum() / 255 for name in ("thick", "dilate", "thin", "erode")}
    assert width["dilate"] == 6
    assert width["erode"] == 3
    assert width["thick"] == pytest.approx(8, abs=0.6)
    assert width["thin"] == pytest.approx(4 * 0.3, abs=0.6)


def test_lines_leave_the_digit_and_add_ink(digits: NDArray[np.uint8]) -> None:
    for name in ("dotted_line", "zigzag"):
        worse = corrupt(digits, name)
        assert (worse >= digits).all()
        assert (worse.sum(axis=(1, 2), dtype=int) > digits.sum(axis=(1, 2), dtype=int)).all()
    dotted = corrupt(np.zeros((5, 28, 28), np.uint8), "dotted_line").any(axis=(0, 1))
    assert not dotted[[0, 1, 4, 5, 8, 9]].any()


def test_canny_leaves_edges_only() -> None:
    worse = corrupt(square(), "canny_edges")
    assert set(np.unique(worse)) == {0, 255}
    assert worse[0, 14, 13:15].sum() == 0
    assert worse.any()
