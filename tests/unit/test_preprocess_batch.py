"""Many pictures and drawings at once: each becomes what it becomes alone, and what is ready stays as it is."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from plain_preprocess import longest, prepared

from recognizer.evaluation.corruptions import corrupt
from recognizer.imaging import preprocess
from recognizer.imaging.preprocess import Preprocessor
from recognizer.imaging.steps import step_source
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library.idx import read_idx

Pictures = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clean() -> Pictures:
    """100 synthetic digits."""
    return generate(100, 11, threads=1)[0]


@pytest.fixture(scope="session")
def mnist_test(real_mnist_folder: Path) -> Pictures:
    """MNIST's 10,000 test pictures."""
    return read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz", 3)


def resized(
    width: int, height: int, kind: Image.Resampling = Image.Resampling.BICUBIC
) -> Callable[[Pictures], Pictures]:
    return lambda images: np.stack(
        [np.asarray(Image.fromarray(image).resize((width, height), kind)) for image in images]
    )


def as_jpeg(quality: int) -> Callable[[Pictures], Pictures]:
    def one(image: Pictures) -> Pictures:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    return lambda images: np.stack([one(image) for image in images])


def shifted(images: Pictures) -> Pictures:
    """Moved by up to 4 pixels each way; no ink leaves the picture."""
    out = np.zeros_like(images)
    chance = np.random.default_rng(4)
    for to, image in zip(out, np.pad(images, ((0, 0), (4, 4), (4, 4))), strict=True):
        down, right = chance.integers(0, 9, 2)
        moved = image[down : down + 28, right : right + 28]
        to[:] = moved if moved.sum() == image.sum() else image[4:32, 4:32]
    return out


def speckled(images: Pictures) -> Pictures:
    chance = np.random.default_rng(5)
    spots = np.zeros_like(images)
    spots[np.arange(len(images)), *chance.integers(0, 28, (2, len(images)))] = 90
    return np.maximum(images, spots)


def mixed(images: Pictures) -> Pictures:
    """Every kind in one batch."""
    parts = [images, shifted(images), 255 - images, corrupt(images, "salt_and_pepper"), images // 3, images * 0]
    return np.concatenate(parts)[np.random.default_rng(6).permutation(6 * len(images))][:200]


KINDS: dict[str, Callable[[Pictures], Pictures]] = {
    "as they are": lambda images: images,
    "shifted": shifted,
    "inverted": lambda images: 255 - images,
    "in another frame": lambda images: np.pad(images, ((0, 0), (3, 40), (17, 0))),
    "grey on grey": lambda images: images // 2 + np.uint8(60),
    "between two greys": lambda images: np.where(np.arange(28) % 2, 90, 91).astype(np.uint8) + images // 2,
    "dim": lambda images: images // 3,
    "hardly there": lambda images: images // 10,
    "speckled": speckled,
    "flipped pixels": lambda images: corrupt(images, "salt_and_pepper"),
    "noisy": lambda images: corrupt(images, "gaussian_noise"),
    "noisy and dark": lambda images: 255 - corrupt(images, "gaussian_noise"),
    "blurred": lambda images: corrupt(images, "glass_blur"),
    "tilted": lambda images: corrupt(images, "tilt"),
    "small on the canvas": lambda images: corrupt(images, "scale"),
    "mixed": mixed,
    "JPEG": as_jpeg(40),
    "JPEG, inverted": lambda images: as_jpeg(75)(255 - images),
    "8 by 8": resized(8, 8),
    "16 by 16": resized(16, 16),
    "20 by 20": lambda images: images[:, 4:24, 4:24],
    "41 by 41": resized(41, 41),
    "100 by 60": lambda images: resized(100, 60)(images[:60]),
    "thin lines on 300 by 300": lambda images: resized(300, 300)(corrupt(images[:20], "thin")),
    "one pixel": lambda images: images[:, 14:15, 14:15],
    "one row": lambda images: images[:, 14:15],
    "chance": lambda images: np.random.default_rng(7).integers(0, 256, (60, 28, 28)).astype(np.uint8),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_picture_becomes_what_it_becomes_alone(clean: Pictures, kind: str) -> None:
    images = KINDS[kind](clean)
    seen = Preprocessor().from_images(images)
    assert (seen.shape, seen.dtype) == ((len(images), 28, 28), np.uint8)
    for image, one in zip(images, seen, strict=True):
        np.testing.assert_array_equal(one, prepared(image))
        np.testing.assert_array_equal(Preprocessor().from_image(image), one)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_that_were_prepared_stay_as_they_are(clean: Pictures, kind: str) -> None:
    seen = Preprocessor().from_images(KINDS[kind](clean))
    again = Preprocessor().from_images(seen)
    # Scaling may lose a pale edge, and such a symbol is not 20 pixels long.
    is_ready = np.array([not one.any() or (longest(one) == 20 and one.max() >= 100) for one in seen])
    np.testing.assert_array_equal(again[is_ready], seen[is_ready])
    assert is_ready.mean() >= (0.3 if kind in ("one row", "hardly there", "8 by 8", "16 by 16") else 0.9)


def test_real_digits_each_for_itself(mnist_test: Pictures) -> None:
    images = mnist_test[4500::50]
    for kind in ("as they are", "shifted", "tilted", "flipped pixels", "JPEG"):
        given = KINDS[kind](images)
        np.testing.assert_array_equal(Preprocessor().from_images(given), [prepared(image) for image in given])


def test_real_digits_from_envelopes() -> None:
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or Path(__file__).resolve().parents[3] / "shared" / "data")
    path = root / "usps" / "train.npz"
    if not path.is_file():
        pytest.skip("usps not found")
    with np.load(path, allow_pickle=False) as file:
        images = file["x"][::20]
    assert images.shape[1:] == (16, 16)
    np.testing.assert_array_equal(Preprocessor().from_images(images), [prepared(image) for image in images])


def test_moved_and_inverted_real_digits_come_back_as_published(mnist_test: Pictures) -> None:
    # Of all these one has its centre of mass half a pixel off, where two places are right.
    images = np.delete(mnist_test, [4530, 8688, 9300, 9302], axis=0)
    for kind in ("shifted", "inverted", "in another frame"):
        np.testing.assert_array_equal(Preprocessor().from_images(KINDS[kind](images)), images)


def test_a_centre_of_mass_between_two_pixels_may_be_on_either_side() -> None:
    for left in (13, 14):
        bar = np.zeros((28, 28), np.uint8)
        bar[5:25, left : left + 2] = 255
        np.testing.assert_array_equal(Preprocessor().from_image(bar), bar)
        np.testing.assert_array_equal(step_source(bar).final(), bar)


def test_steps_of_a_real_digit_that_is_half_a_pixel_off(mnist_test: Pictures) -> None:
    for picture in (mnist_test[8688], 255 - mnist_test[8688]):
        np.testing.assert_array_equal(Preprocessor().from_image(picture), mnist_test[8688])
        np.testing.assert_array_equal(step_source(picture).final(), mnist_test[8688])


def test_dim_pictures_become_bright(clean: Pictures) -> None:
    assert (Preprocessor().from_images(clean // 3).max(axis=(1, 2)) >= 250).all()


@pytest.mark.parametrize("block", [1, 28 * 28 * 7])
def test_how_many_are_done_together_does_not_matter(
    clean: Pictures, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = mixed(clean)
    expected = Preprocessor().from_images(images)
    monkeypatch.setattr(preprocess, "_BLOCK", block)
    np.testing.assert_array_equal(Preprocessor().from_images(images), expected)


def test_what_is_given_is_not_changed(clean: Pictures) -> None:
    images = mixed(clean)
    before = images.copy()
    images.flags.writeable = False
    seen = Preprocessor().from_images(images)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(Preprocessor().from_images(images[::-2]), seen[::-2])


def test_no_pictures_give_no_pictures() -> None:
    assert Preprocessor().from_images(np.zeros((0, 28, 28), np.uint8)).shape == (0, 28, 28)
    assert Preprocessor().from_inks([]).shape == (0, 28, 28)


def test_each_drawing_becomes_what_it_becomes_alone() -> None:
    chance = np.random.default_rng(8)
    inks = [generate_ink(number % 10, chance) for number in range(70)]
    inks[3] = Ink()
    inks[33] = Ink((Stroke(np.zeros((1, 2))),))
    inks[34] = Ink((Stroke(np.array([[0, 0], [0.5, 0]])),), 3.0)
    # Enough strokes that what they stamp is merged.
    inks[35] = Ink(tuple(Stroke(chance.normal(0, 30, (20, 2))) for _ in range(200)))
    seen = Preprocessor().from_inks(inks)
    assert not seen[3].any()
    for ink, one in zip(inks, seen, strict=True):
        np.testing.assert_array_equal(one, Preprocessor().from_ink(ink))
