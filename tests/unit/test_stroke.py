"""Strokes, drawings, and stroke files."""

from pathlib import Path

import numpy as np
import pytest

from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.stroke_npz import StrokeArrays, read_strokes, write_strokes
from recognizer.library.sources import load_dataset

# A seven as the file has it: the bar at the top, y pointing up.
SEVEN = np.array([[0, 100], [60, 100], [20, 0]], np.int32)
BAR = np.array([[20, 50], [50, 50]], np.int32)


def fields(**changes: object) -> dict[str, np.ndarray]:
    whole: dict[str, object] = {
        "points": np.concatenate([SEVEN, BAR, SEVEN]),
        "stroke_offsets": [0, 3, 5, 8],
        "sample_stroke_offsets": [0, 2, 3],
        "labels": ["7", "1"],
        **changes,
    }
    return {name: np.asarray(value) for name, value in whole.items() if value is not None}


def refused(path: Path) -> str:
    with pytest.raises(RecognizerError) as caught:
        read_strokes(path)
    assert str(path) in caught.value.where
    return caught.value.where


def test_stroke_fills_in_times_and_pressures() -> None:
    stroke = Stroke(np.array([[0, 0], [3, 4]]))
    assert stroke.points.dtype == np.float32
    assert stroke.times.tolist() == [0, 0]
    assert stroke.pressures.tolist() == [1, 1]
    assert stroke.length == 5


def test_bad_strokes() -> None:
    with pytest.raises(ValueError, match="at least one point"):
        Stroke(np.zeros((0, 2), np.float32))
    with pytest.raises(ValueError, match="3 times for 2 points"):
        Stroke(np.zeros((2, 2), np.float32), times=np.zeros(3, np.float32))
    for value in (np.nan, np.inf, -np.inf, 1e31, 1e300):
        with pytest.raises(ValueError, match="must be numbers within"):
            Stroke(np.array([[0, 0], [value, 1]]))


def test_ink() -> None:
    ink = Ink.from_arrays([np.array([[0, 5], [10, 5]]), np.zeros((0, 2)), np.array([[-2, 8]])])
    assert len(ink.strokes) == 2
    assert ink.bounds() == (-2, 5, 10, 8)
    assert ink.length == 10
    assert Ink().is_empty
    with pytest.raises(ValueError, match="no bounds"):
        Ink().bounds()


def test_stroke_file_is_flipped(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **fields())
    arrays = read_strokes(tmp_path / "x.npz")
    assert len(arrays) == 2
    assert arrays.labels == ("7", "1")
    first, second = arrays
    assert [len(stroke.points) for stroke in first.strokes] == [3, 2]
    assert first.strokes[0].points.tolist() == [[0, -100], [60, -100], [20, 0]]
    assert len(second.strokes) == 1
    image = Preprocessor().from_ink(second)
    inked = np.flatnonzero(image.any(axis=1))
    assert (image[inked[1]] > 0).sum() > 10
    assert (image[inked[-2]] > 0).sum() < 5


def test_round_trip(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **fields())
    before = read_strokes(tmp_path / "x.npz")
    write_strokes(tmp_path / "y.npz", before)
    after = read_strokes(tmp_path / "y.npz")
    for name in ("points", "stroke_offsets", "sample_stroke_offsets"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert after.labels == before.labels
    unlabelled = StrokeArrays(before.points, before.stroke_offsets, before.sample_stroke_offsets, ())
    write_strokes(tmp_path / "z.npz", unlabelled)
    assert read_strokes(tmp_path / "z.npz").labels == ()


def test_empty_drawings(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **fields(stroke_offsets=[0, 0, 8], sample_stroke_offsets=[0, 1, 2]))
    first, second = read_strokes(tmp_path / "x.npz")
    assert first.is_empty
    assert not second.is_empty


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"points": None}, "it lacks points"),
        ({"stroke_offsets": None}, "it lacks stroke_offsets"),
        ({"points": np.zeros((8, 3))}, "points: (8, 3)"),
        ({"points": np.full((8, 2), np.nan)}, "no numbers"),
        ({"points": np.full((8, 2), "a")}, "points: (8, 2)"),
        ({"stroke_offsets": [0, 3, 5, 9]}, "stroke_offsets must rise from 0 to 8"),
        ({"stroke_offsets": [0, 5, 3, 8]}, "stroke_offsets must rise"),
        ({"stroke_offsets": [-1, 3, 5, 8]}, "stroke_offsets must rise"),
        ({"stroke_offsets": np.zeros(0, int)}, "stroke_offsets: (0,)"),
        ({"stroke_offsets": [0.0, 3.0, 5.0, 8.0]}, "float64"),
        ({"sample_stroke_offsets": [0, 2, 4]}, "sample_stroke_offsets must rise from 0 to 3"),
        ({"labels": ["7"]}, "labels: (1,)"),
    ],
)
def test_unusable_stroke_files(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    np.savez(tmp_path / "x.npz", **fields(**changes))
    assert reason in refused(tmp_path / "x.npz")


def test_stroke_file_as_dataset(tmp_path: Path, profile: Profile) -> None:
    np.savez(tmp_path / "x.npz", **fields())
    dataset = load_dataset(str(tmp_path / "x.npz"), profile)
    assert dataset.labels.tolist() == [7, 1]
    first, second = read_strokes(tmp_path / "x.npz")
    np.testing.assert_array_equal(dataset.images, [Preprocessor().from_ink(ink) for ink in (first, second)])
    np.savez(tmp_path / "x.npz", **fields(labels=None))
    with pytest.raises(RecognizerError, match="it lacks labels"):
        load_dataset(str(tmp_path / "x.npz"), profile)
