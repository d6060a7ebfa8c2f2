"""Pen ink for the shipped models: writers are kept apart, pictures are those of the preprocessing."""

from pathlib import Path

import numpy as np
import pytest

from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.npz import save_npz
from recognizer.ink.stroke import Ink
from recognizer.training.mixture import mix, pen, pictures, prepared
from recognizer.training.pen_data import PenData, among, is_held_out, plain, read_pen_data, vary

LINES = (
    np.array([(0, 0), (0, 40), (30, 40)], np.int32),
    np.array([(10, 10), (50, 50)], np.int32),
    np.array([(5, 5)], np.int32),
)


@pytest.fixture
def data(tmp_path: Path) -> PenData:
    path = tmp_path / "pen.npz"
    save_npz(
        path,
        {
            "points": np.concatenate(LINES),
            "stroke_offsets": np.array([0, 3, 5, 6]),
            "sample_stroke_offsets": np.array([0, 2, 3]),
            "labels": np.array(["4", "."]),
            "writer": np.array([7, 8]),
        },
    )
    return read_pen_data(path)


def test_plain_pictures_are_those_of_the_preprocessing(data: PenData) -> None:
    ink = Ink.from_arrays([line * (1, -1) for line in LINES[:2]])
    difference = plain(data)[0].astype(int) - Preprocessor().from_ink(ink)
    assert np.abs(difference).max() <= 32
    assert np.abs(difference).mean() <= 1
    assert data.writers.tolist() == ["7", "8"]
    assert data.groups.tolist() == ["7", "8"]


def test_every_variation_is_another_and_none_is_blank(data: PenData) -> None:
    images = vary(data, np.array([0, 0, 0, 1]), np.random.default_rng(1))
    assert len({image.tobytes() for image in images[:3]}) == 3
    assert images.reshape(4, -1).any(axis=1).all()
    np.testing.assert_array_equal(images, vary(data, np.array([0, 0, 0, 1]), np.random.default_rng(1)))


def test_writers_are_held_out_whole_and_by_name() -> None:
    writers = np.array([str(number) for number in range(200) for _ in range(3)])
    held = is_held_out(writers, 0.2)
    assert 80 <= held.sum() <= 160
    assert (held.reshape(200, 3).all(axis=1) == held.reshape(200, 3).any(axis=1)).all()
    np.testing.assert_array_equal(is_held_out(writers[::-1], 0.2), held[::-1])
    assert not is_held_out(writers, 0.0).any()


def test_only_some_labels(data: PenData) -> None:
    assert among(data, "4").labels.tolist() == ["4"]
    assert len(among(data, "x")) == 0


def test_a_mixture_holds_each_source_as_often_as_it_says(data: PenData) -> None:
    images = np.arange(3, dtype=np.uint8)[:, None, None] + np.zeros((3, 28, 28), np.uint8)
    sources = (
        pictures("three", images, np.array([5, 6, 7]), 7),
        pen("pen", data, np.array([4, 9]), 4, even=True),
    )
    mixed, labels = mix(sources, np.random.default_rng(2))
    assert mixed.shape == (11, 28, 28)
    assert min(np.bincount(labels)[5:8]) >= 2
    assert np.isin(labels, (5, 6, 7)).sum() == 7
    assert all((image == label - 5).all() for image, label in zip(mixed, labels, strict=True) if 5 <= label <= 7)


def test_what_is_prepared_ahead_comes_in_order() -> None:
    assert list(prepared(lambda number: number * 2, 4)) == [0, 2, 4, 6]
    assert list(prepared(lambda number: number, 1)) == [0]
