"""One symbol of a photo: without the cell around it, redrawn with a usual pen; lines too thin to see are broadened."""

from pathlib import Path

import numpy as np
import pytest
from painted import Scene, paint
from PIL import Image

from recognizer.base.resources import shipped_models_path
from recognizer.imaging.images import load_grey
from recognizer.imaging.levels import separate_ink
from recognizer.imaging.photo import isolate_symbol, load_symbol
from recognizer.imaging.photo_symbol import redraw, stroke_width
from recognizer.imaging.preprocess import Preprocessor
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import read_record


@pytest.mark.parametrize("cut", [(-6, -6, 6, 6), (5, 5, -5, -5), (-5, 4, 3, -5), (6, 6, 6, 6)])
def test_a_cell_of_a_grid_is_read_without_its_lines(cut: tuple[int, int, int, int]) -> None:
    classifier = Classifier(read_record(shipped_models_path() / "digits", is_shipped=True))
    height, cell = 36, round(36 * 1.45)
    begin = height + cell
    pictures = []
    for digit in range(10):
        scene = Scene(lines="sudoku", rule=(20, 20, 20), height=height, pen=3)
        grid = paint(f"888\n8{digit}8\n888", digit, scene)
        crop = grid[begin + cut[1] : begin + cell + cut[3], begin + cut[0] : begin + cell + cut[2]]
        pictures.append(Preprocessor().from_image(isolate_symbol(crop)))
    read = "".join(prediction.label for prediction in classifier.predict_many(np.stack(pictures)))
    assert read == "0123456789"


@pytest.mark.parametrize("thickness", [2, 8, 20, 50])
def test_strokes_are_redrawn_about_as_wide_as_a_pen(thickness: int) -> None:
    mask = np.zeros((300, 200), np.uint8)
    mask[40:260, 100 - thickness // 2 : 100 + (thickness + 1) // 2] = 1
    mask[150 - thickness // 2 : 150 + (thickness + 1) // 2, 40:160] = 1
    drawn = redraw(mask)
    inked = (drawn > 127).astype(np.uint8)
    longest = max(np.ptp(np.flatnonzero(inked.any(axis=axis))) + 1 for axis in (0, 1))
    width = stroke_width(inked) * 20 / longest
    # A broad stroke keeps its core.
    assert 1.7 <= width <= 4.0


def test_the_width_of_strokes() -> None:
    mask = np.zeros((40, 60), np.uint8)
    assert stroke_width(mask) == 0
    mask[17:24, 5:55] = 1
    assert stroke_width(mask) == pytest.approx(7, abs=1)


def test_thin_lines_of_a_large_picture_are_broadened_and_others_left() -> None:
    thin = np.full((600, 400), 255, np.uint8)
    thin[50:550, 199:202] = 0
    thin[299:302, 50:350] = 0
    assert Preprocessor().from_image(thin).max() == 255
    assert separate_ink(thin)[100, 190:212].astype(bool).sum() > 20
    pen = np.full((600, 400), 255, np.uint8)
    pen[50:550, 180:220] = 0
    np.testing.assert_array_equal(separate_ink(pen), 255 - pen)


def test_photos_are_isolated_and_other_pictures_left_as_they_are(tmp_path: Path) -> None:
    for name, picture in {
        "icon.png": paint("7", 1)[::5, ::5],
        "drawn.png": np.where(paint("7", 1, Scene(noise=0, blur=0)).mean(axis=2) > 130, 255, 0).astype(np.uint8),
    }.items():
        Image.fromarray(picture).save(tmp_path / name)
        np.testing.assert_array_equal(load_symbol(tmp_path / name), load_grey(tmp_path / name))
    Image.fromarray(paint("7", 1, Scene(shadow=0.5))).save(tmp_path / "photo.png")
    ink = load_symbol(tmp_path / "photo.png")
    assert {0, 255} < set(np.unique(ink))
    assert ink[0].max() == 0
    assert not isolate_symbol(np.full((100, 80, 3), 200, np.uint8)).any()
