"""Variations stay pictures of the same symbol."""

from dataclasses import replace

import numpy as np

from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.synthesis import generate
from recognizer.training.augment import Augmentation, augment

STILL = Augmentation(rotation=0, shear=0, zoom=0, shift=0, bend=0, thin=0, thick=0, harden=1.0, share=1.0)


def test_no_amount_changes_nothing() -> None:
    images, _ = generate(20, 3)
    varied = augment(images, np.random.default_rng(0), STILL)
    assert varied.dtype == np.float32
    np.testing.assert_allclose(varied, images / 255.0, atol=2e-5)


def test_none_is_varied_where_the_share_is_zero() -> None:
    images, _ = generate(20, 3)
    np.testing.assert_array_equal(
        augment(images, np.random.default_rng(0), Augmentation(share=0.0)), images.astype(np.float32) / np.float32(255)
    )


def test_same_seed_same_pictures_in_range() -> None:
    images, _ = generate(30, 3)
    first, second, other = (augment(images, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).mean() > 0.01
    assert first.min() >= 0.0
    assert first.max() <= 1.0
    assert (first.reshape(30, -1).max(axis=1) > 0.4).all()


def test_a_shift_moves_by_that_much() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10:18, 12:16] = 255
    moved = augment(
        np.repeat(image, 200, axis=0),
        np.random.default_rng(0),
        Augmentation(rotation=0, shear=0, zoom=0, shift=2, bend=0, thin=0, thick=0, harden=1.0, share=1.0),
    )
    place = np.arange(28)
    columns = (moved.sum(axis=1) * place).sum(axis=1) / moved.sum(axis=(1, 2)) - 13.5
    assert 1.5 < columns.max() <= 2.01
    assert -2.01 <= columns.min() < -1.5


def test_lines_become_thicker_and_thinner() -> None:
    image = np.zeros((100, 28, 28), np.uint8)
    image[:, 6:22, 13:15] = 255
    amounts = Augmentation(rotation=0, shear=0, zoom=0, shift=0, bend=0, thin=0.9, thick=0.9, harden=1.0, share=1.0)
    widths = augment(image, np.random.default_rng(0), amounts)[:, 14].sum(axis=1)
    assert widths.min() < 0.8
    assert widths.max() > 3.2


def test_pictures_are_not_mirrored() -> None:
    seven = np.zeros((28, 28), np.uint8)
    seven[5:8, 8:20] = 255
    seven[5:24, 17:20] = 255
    seven = Preprocessor().from_image(seven)
    varied = augment(np.repeat(seven[None], 300, axis=0), np.random.default_rng(4))
    mirrored = seven[:, ::-1] / 255.0
    alike = (varied * (seven / 255.0)).sum(axis=(1, 2)) - (varied * mirrored).sum(axis=(1, 2))
    assert (alike > 0).mean() > 0.9


def test_half_as_far_is_half_of_every_bound() -> None:
    amounts = Augmentation(rotation=10, extreme=0.2, fade=0.4, harden=4.0, share=0.9)
    half = amounts.scaled(0.5)
    assert (half.rotation, half.extreme, half.fade, half.harden, half.share) == (5.0, 0.1, 0.7, 2.0, 0.9)
    assert amounts.scaled(1.0) == amounts


def test_faint_noisy_and_blurred_pictures_stay_pictures() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[6:22, 12:16] = 255
    images = np.repeat(image[None], 400, axis=0)
    still = Augmentation(rotation=0, shear=0, zoom=0, shift=0, bend=0, thin=0, thick=0, harden=1, share=1)
    assert (augment(images, np.random.default_rng(1), still) == images / np.float32(255)).all()
    spoiled = augment(images, np.random.default_rng(1), replace(still, fade=0.3, blur=1.0, noise=0.2))
    peaks = spoiled.max(axis=(1, 2))
    assert 0.3 <= peaks.min() < 0.6
    assert spoiled.min() >= 0
    assert spoiled.max() <= 1
    noisy = spoiled[:, :4].std(axis=(1, 2)) > 0.01
    assert 15 <= noisy.sum() <= 70
