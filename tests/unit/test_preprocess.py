"""Preprocessing: it leaves real MNIST alone, and what the user's pen, place, size and polarity are does not matter."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.imaging.levels import separate_ink
from recognizer.imaging.preprocess import PreprocessingSpec, Preprocessor
from recognizer.ink.stroke import Ink
from recognizer.ink.synthesis import generate_ink
from recognizer.library.idx import read_idx

FOUR = [np.array([[10, 0], [0, 55], [60, 55]]), np.array([[45, 5], [40, 100]])]


def extent(image: np.ndarray) -> tuple[int, int]:
    return int(image.any(axis=1).sum()), int(image.any(axis=0).sum())


def balance(image: np.ndarray) -> np.ndarray:
    mass = image / image.sum()
    return np.array([mass.sum(axis=1) @ np.arange(28), mass.sum(axis=0) @ np.arange(28)])


def test_real_mnist_is_left_alone(real_mnist_folder: Path) -> None:
    images = read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz", 3)
    seen = Preprocessor().from_images(images)
    # These three are 19 pixels long.
    assert np.flatnonzero((seen != images).any(axis=(1, 2))).tolist() == [4530, 9300, 9302]


def test_real_mnist_in_other_frames_polarities_and_sizes(real_mnist_folder: Path) -> None:
    images = read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz", 3)[:100]
    preprocessor = Preprocessor()
    differences = []
    for image in images:
        np.testing.assert_array_equal(preprocessor.from_image(255 - image), preprocessor.from_image(image))
        framed = np.pad(image, ((30, 2), (7, 50)))
        np.testing.assert_array_equal(preprocessor.from_image(framed), preprocessor.from_image(image))
        large = np.asarray(Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC))
        differences.append(np.abs(preprocessor.from_image(large).astype(int) - image).mean())
    # Enlarging blurs; the median of these hundred is 6.9 grey levels.
    assert np.median(differences) < 9


@pytest.mark.parametrize("label", range(10))
def test_ink_is_as_large_and_as_central_as_mnist(label: int) -> None:
    image = Preprocessor().from_ink(generate_ink(label, np.random.default_rng(label)))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert max(extent(image)) == 20
    assert np.abs(balance(image) - 14).max() <= 0.5001
    assert image.max() == 255


def test_place_and_size_of_ink_do_not_matter() -> None:
    expected = Preprocessor().from_ink(Ink.from_arrays(FOUR))
    for scale, shift in ((0.01, 0), (1, 500), (40, -3000)):
        moved = Preprocessor().from_ink(Ink.from_arrays([stroke * scale + shift for stroke in FOUR]))
        assert np.abs(moved.astype(int) - expected).max() <= 1


def test_nothing_gives_nothing() -> None:
    preprocessor = Preprocessor()
    assert not preprocessor.from_ink(Ink()).any()
    for level in (0, 128, 255):
        assert not preprocessor.from_image(np.full((40, 30), level, np.uint8)).any()
        assert preprocessor.from_image(np.full((1, 1), level, np.uint8)).shape == (28, 28)
    faint = np.full((40, 40), 250, np.uint8)
    faint[10:20, 15:18] = 230
    assert not preprocessor.from_image(faint).any()


def test_a_dot_is_not_enlarged() -> None:
    image = Preprocessor().from_ink(Ink.from_arrays([np.array([[5, 5], [5.5, 5]])]))
    assert max(extent(image)) == 20
    dot = Ink(Ink.from_arrays([np.array([[5, 5], [5.5, 5]])]).strokes, pen_width=3.0)
    assert max(extent(Preprocessor().from_ink(dot))) <= 4


@pytest.mark.parametrize("shape", [(2, 200), (200, 2), (1, 50), (28, 28), (1000, 700)])
def test_pictures_of_any_shape(shape: tuple[int, int]) -> None:
    picture = np.zeros((shape[0] + 10, shape[1] + 10), np.uint8)
    picture[5:-5, 5:-5] = 255
    image = Preprocessor().from_image(picture)
    assert max(extent(image)) == 20
    assert np.abs(balance(image) - 14).max() <= 0.5001


def test_noise_of_the_ground_is_no_ink() -> None:
    chance = np.random.default_rng(3)
    picture = np.clip(chance.normal(200, 4, (100, 100)), 0, 255).astype(np.uint8)
    picture[30:70, 48:54] = 30
    ink = separate_ink(picture)
    assert ink[30:70, 48:54].min() > 240
    ink[30:70, 48:54] = 0
    assert not ink.any()


def test_specification_that_is_unknown() -> None:
    spec = PreprocessingSpec()
    assert PreprocessingSpec.from_dict(spec.to_dict(), "model.json") == spec
    for change in ({"version": 2}, {"centre": 13}, {"nonsense": 1}):
        with pytest.raises(RecognizerError, match="does not know") as caught:
            PreprocessingSpec.from_dict({**spec.to_dict(), **change}, "model.json")
        assert caught.value.where.startswith("model.json")


def test_traces_of_compression_are_no_part_of_the_symbol() -> None:
    rng = np.random.default_rng(5)
    clean = np.full((32, 32), 255, np.uint8)
    four = np.asarray(Image.fromarray(Preprocessor().from_ink(Ink.from_arrays(FOUR))).resize((16, 16)))
    clean[8:24, 8:24] -= np.where(four < 40, np.uint8(0), four)
    traced = clean.copy()
    traced[1:-1, 1:-1] -= np.minimum(clean[1:-1, 1:-1], rng.integers(0, 11, (30, 30), dtype=np.uint8))
    seen = Preprocessor().from_image(traced)
    assert max(extent(seen)) == 20
    assert np.abs(seen.astype(int) - Preprocessor().from_image(clean)).mean() < 6
