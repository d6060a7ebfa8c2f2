"""Pictures with noise: what does not belong to the symbol goes, the symbol stays."""

import numpy as np
import plain_preprocess
from numpy.typing import NDArray

from recognizer.evaluation.corruptions import corrupt
from recognizer.imaging.preprocess import Preprocessor
from recognizer.imaging.specks import all_without_specks, without_specks
from recognizer.ink.synthesis import generate


def seven() -> NDArray[np.uint8]:
    """Two lines, 6 pixels wide, on 100 by 100."""
    ink = np.zeros((100, 100), np.uint8)
    ink[20:26, 20:70] = 255
    ink[20:80, 64:70] = 255
    return ink


def test_nothing_stays_nothing() -> None:
    assert not without_specks(np.zeros((28, 28), np.uint8)).any()


def test_clean_ink_stays_as_it_is() -> None:
    for image in (seven(), *generate(50, 7, threads=1)[0]):
        np.testing.assert_array_equal(without_specks(image), image)


def test_parts_of_a_symbol_stay() -> None:
    ink = seven()
    ink[85:90, 64:70] = 255
    np.testing.assert_array_equal(without_specks(ink), ink)


def test_small_spots_go() -> None:
    ink = seven()
    ink[5:7, 90:92] = 255
    ink[95, 3] = 200
    np.testing.assert_array_equal(without_specks(ink), seven())


def test_a_halo_goes_but_for_the_pixels_beside_the_line() -> None:
    halo = np.maximum(seven(), 0)
    halo[12:34, 12:78] = np.maximum(halo[12:34, 12:78], 20)
    ink = without_specks(halo)
    assert (ink[18, 20:64] == 0).all()
    assert (ink[19, 20:64] == 20).all()
    np.testing.assert_array_equal(ink == 255, seven() == 255)


def test_pale_lines_stay_beside_a_dark_point() -> None:
    ink = np.minimum(seven(), 40)
    ink[22, 30] = 255
    np.testing.assert_array_equal(without_specks(ink), ink)


def test_flipped_pixels_go_from_ground_and_lines() -> None:
    clean = generate(200, 5, threads=1)[0]
    noisy = corrupt(clean, "salt_and_pepper")
    preprocessor = Preprocessor()
    read = np.stack([preprocessor.from_image(image) for image in noisy])
    difference = np.abs(read.astype(int) - clean).mean(axis=(1, 2))
    assert np.median(difference) < np.abs(noisy.astype(int) - clean).mean() / 2


def test_many_at_once_are_as_each_alone() -> None:
    clean = generate(60, 8, threads=1)[0]
    spotted = clean.copy()
    spotted[:, 1, 1] = 200
    pale = clean // 4
    images = np.concatenate([clean, spotted, corrupt(clean, "salt_and_pepper"), pale, clean[:1] * 0])
    alone = [without_specks(image) for image in images]
    np.testing.assert_array_equal(all_without_specks(images), alone)
    np.testing.assert_array_equal(alone[60:120], clean)
    np.testing.assert_array_equal(alone, [plain_preprocess.without_specks(image) for image in images])


def test_a_digit_of_the_right_size_keeps_its_spots() -> None:
    digit = Preprocessor().from_image(seven())
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    digit[rows[-1], columns[0]] = 60
    assert not without_specks(digit)[rows[-1], columns[0]]
    for given in (digit, 255 - digit, np.pad(digit, ((9, 0), (2, 30)))):
        np.testing.assert_array_equal(Preprocessor().from_image(given), digit)
