"""Drawing ink: whole pixels, soft edges, the asked size."""

import time
import tracemalloc

import numpy as np
import pytest

from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.raster import coverage, nearest_squares, rasterize, resample
from recognizer.ink.stroke import Ink

LINE = Ink.from_arrays([np.array([[0, 0], [0, 100]])])


def test_upright_line() -> None:
    image = rasterize(LINE, pen=2.0)
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert np.flatnonzero(image.any(axis=1)).tolist() == list(range(4, 24))
    assert np.flatnonzero(image.any(axis=0)).tolist() == [13, 14]
    np.testing.assert_allclose(image[10:18, 13:15], 1, atol=0.02)


@pytest.mark.parametrize("pen", [1.7, 2.5, 4.0])
def test_a_line_covers_its_own_area(pen: float) -> None:
    image = rasterize(LINE, pen=pen)
    area = (20 - pen) * pen + np.pi * (pen / 2) ** 2
    assert image.sum() == pytest.approx(area, rel=0.04)
    assert image.min() == 0
    assert image.max() <= 1


def test_edges_are_soft() -> None:
    image = rasterize(Ink.from_arrays([np.array([[0, 0], [70, 100]])]))
    inked = image[image > 0]
    assert 0.2 < (inked < 0.5).mean() < 0.6


def test_proportions_are_kept() -> None:
    image = rasterize(Ink.from_arrays([np.array([[0, 0], [100, 0], [100, 40]])]), pen=2.0)
    assert np.flatnonzero(image.any(axis=0))[[0, -1]].tolist() == [4, 23]
    assert image.any(axis=1).sum() == np.ceil(40 * 0.18 + 2)


def test_dot() -> None:
    image = rasterize(Ink.from_arrays([np.array([[3, 3]])]), pen=4.0)
    assert image.sum() == pytest.approx(np.pi * 4, rel=0.05)


def test_other_sizes() -> None:
    assert rasterize(LINE, size=64, fit=50).any(axis=1).sum() == 50


def test_resampling() -> None:
    points = resample(np.array([[0, 0], [3, 0], [3, 4]], np.float32), 0.5)
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [3, 4]
    assert np.hypot(*np.diff(points, axis=0).T).max() <= 0.5001
    assert resample(np.array([[1, 2]], np.float32)).tolist() == [[1, 2]]
    assert len(resample(np.array([[0, 0], [1e9, 0]], np.float32))) <= 20_000


def test_coverage_of_many_stamps_does_not_depend_on_blocks() -> None:
    stamps = np.random.default_rng(1).uniform(0, 28, (9000, 2)).astype(np.float32)
    halves = np.maximum(coverage(stamps[:4500], 28, 0.7), coverage(stamps[4500:], 28, 0.7))
    np.testing.assert_allclose(coverage(stamps, 28, 0.7), halves, atol=1e-5)


def test_very_many_strokes_are_drawn_at_once_and_look_the_same() -> None:
    rng = np.random.default_rng(2)
    places = rng.uniform(-50, 50, (10_000, 1, 2)) * np.array([1, 0.2]) + rng.normal(0, 3, (10_000, 3, 2))
    ink = Ink.from_arrays(list(places))
    began = time.process_time()
    image = rasterize(ink)
    assert time.process_time() - began < 2
    assert np.flatnonzero(image.any(axis=1))[[0, -1]] == pytest.approx([10, 17], abs=2)
    assert (image[12:16, 6:22] == 1).all()
    stamps = rng.uniform(-10, 40, (10_001, 2)).astype(np.float32)
    blocks = np.maximum(coverage(stamps[:5000], 28, 0.3), coverage(stamps[5000:], 28, 0.3))
    np.testing.assert_allclose(coverage(stamps, 28, 0.3), blocks, atol=0.09)


@pytest.mark.parametrize("radius", [0.1, 0.85, 1.25, 2.0, 7.3])
def test_coverage_is_that_of_every_stamp_on_every_pixel(radius: float) -> None:
    chance = np.random.default_rng(3)
    stamps = np.concatenate([chance.uniform(-9, 37, (60, 2)), np.array([[0, 0], [28, 28], [13.5, 14], [0.5, 27.5]])])
    stamps = stamps.astype(np.float32)
    middles = np.arange(28, dtype=np.float32) + 0.5
    across, down = (np.square(middles - stamps[:, axis, None]) for axis in (0, 1))
    nearest = np.sqrt((down[:, :, None] + across[:, None, :]).min(axis=0))
    np.testing.assert_array_equal(coverage(stamps, 28, radius), np.clip(radius + 0.5 - nearest, 0, 1))


def test_several_pictures_at_once_do_not_mix() -> None:
    chance = np.random.default_rng(4)
    stamps = chance.uniform(-3, 23, (500, 2)).astype(np.float32)
    pictures = chance.integers(0, 7, 500)
    together = nearest_squares(stamps, pictures, 8, 20, 1.75)
    assert np.isinf(together[7]).all()
    for number in range(7):
        mine = stamps[pictures == number]
        alone = nearest_squares(mine, np.zeros(len(mine), np.intp), 1, 20, 1.75)[0]
        np.testing.assert_array_equal(together[number], alone)


BAD_INK = {
    "one pixel": [np.array([[5, 5]])],
    "one pixel, twice": [np.array([[5, 5], [5, 5]])],
    "10,000 strokes": list(np.random.default_rng(5).uniform(0, 500, (10_000, 20, 2))),
    "a million points": [np.random.default_rng(6).uniform(0, 500, (1_000_000, 2))],
    "a thousand long strokes": list(np.random.default_rng(7).uniform(0, 500, (1_000, 1_000, 2))),
    "far away": [np.array([[1e30, 1e30], [-1e30, -1e30]])],
    "one point far away": [np.array([[0, 0], [10, 10], [1e30, 5]])],
    "tiny": [np.array([[0, 0], [1e-30, 1e-30]])],
    "flat": [np.array([[0, 3], [1e6, 3]])],
}


@pytest.mark.parametrize("name", BAD_INK)
def test_bad_ink_is_drawn_soon(name: str) -> None:
    ink = Ink.from_arrays(BAD_INK[name])
    began = time.process_time()
    image = Preprocessor().from_ink(ink)
    assert time.process_time() - began < 2
    assert image.any()


@pytest.mark.parametrize("name", ["a million points", "a thousand long strokes"])
def test_bad_ink_needs_little_memory(name: str) -> None:
    ink = Ink.from_arrays(BAD_INK[name])
    tracemalloc.start()
    Preprocessor().from_ink(ink)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000
