"""Reading photos of writing: on any paper and board, in bad light, with operators, gaps and joined digits."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from painted import Scene, paint
from PIL import Image

from recognizer import cli
from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.paths import Profile
from recognizer.base.resources import shipped_models_path
from recognizer.imaging.images import load_rgb
from recognizer.inference.classifier import Classifier
from recognizer.inference.photo import read_photo
from recognizer.inference.registry import ModelRegistry

BLACKBOARD = Scene(paper=(40, 60, 50), ink=(220, 220, 215), noise=5)
SCENES = {
    "plain paper": Scene(),
    "shadow": Scene(shadow=0.6),
    "ruled paper": Scene(lines="ruled"),
    "dark rules": Scene(lines="ruled", rule=(90, 90, 100)),
    "squared paper": Scene(lines="squared", rule=(120, 120, 130)),
    "blackboard": BLACKBOARD,
    "yellow pen on a whiteboard": Scene(paper=(240, 240, 240), ink=(210, 190, 40)),
    "red pen": Scene(ink=(200, 60, 60)),
    "pencil": Scene(ink=(150, 150, 150), pen=3),
    "marker": Scene(pen=12, spacing=0.45),
    "fine pen": Scene(pen=2),
    "noise": Scene(noise=18),
    "blur": Scene(blur=3),
    "tilt": Scene(tilt=10),
    "ruled and tilted": Scene(tilt=-6, lines="ruled"),
    "small": Scene(height=26, pen=2.5),
    "large": Scene(height=240, pen=14),
}


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    from recognizer.inference.registry import read_record

    return Classifier(read_record(shipped_models_path() / "digits", is_shipped=True))


@pytest.mark.parametrize("name", SCENES)
def test_numbers_in_any_light_on_any_paper(name: str, classifier: Classifier) -> None:
    reading = read_photo(paint("258 470", 5, SCENES[name]), classifier)
    assert reading.text == "258 470"
    assert len(reading.symbols) == 6


@pytest.mark.parametrize("seed", range(3))
def test_digits_in_boxes(seed: int, classifier: Classifier) -> None:
    scene = Scene(lines="boxes", rule=(40, 40, 40))
    assert read_photo(paint("961057", seed, scene), classifier).text == "961057"


def test_a_grid_with_empty_cells(classifier: Classifier) -> None:
    scene = Scene(lines="sudoku", rule=(20, 20, 20))
    reading = read_photo(paint("53762\n61958\n48379", 2, scene), classifier)
    assert reading.text == "53762\n61958\n48379"


def test_joined_digits_are_divided(classifier: Classifier) -> None:
    joined = paint("968", 4, Scene(spacing=0.05))
    assert cv2.connectedComponents((joined.mean(axis=2) < 130).astype(np.uint8))[0] < 4
    assert read_photo(joined, classifier).text == "968"


def test_a_five_whose_bar_stands_apart_is_one_symbol(classifier: Classifier) -> None:
    picture = paint("35", 1)
    line = read_photo(picture, classifier).lines[0]
    left, top, width, height = (round(value) for value in line.symbols[1].box)
    # The paper's colour where the bar joins the stem.
    picture[top + round(0.09 * height) : top + round(0.17 * height), left : left + width] = (228, 224, 214)
    assert read_photo(picture, classifier).text == "35"


@pytest.mark.parametrize("text", ["12+34", "7-6", "2*3", "4*(2+8)", "(8-5)*6"])
def test_expressions(text: str, classifier: Classifier) -> None:
    reading = read_photo(paint(text, 3, Scene(spacing=0.4)), classifier)
    assert reading.text == text
    signs = [symbol for symbol in reading.symbols if not symbol.text.isdigit()]
    assert all(symbol.prediction.label == symbol.text for symbol in signs)


def test_a_slash_between_numbers_and_a_slanting_one(classifier: Classifier) -> None:
    assert read_photo(paint("4/3", 1, Scene(spacing=0.4)), classifier).text == "4/3"
    assert read_photo(paint("/", 1), classifier).text == "1"


def test_a_division_sign(classifier: Classifier) -> None:
    picture = paint("8-2", 2, Scene(spacing=0.5))
    left, top, width, height = (round(value) for value in read_photo(picture, classifier).lines[0].symbols[1].box)
    for down in (-16, 16):
        cv2.circle(picture, (left + width // 2, top + height // 2 + down), 4, (38, 40, 60), -1, cv2.LINE_AA)
    assert read_photo(picture, classifier).text == "8/2"


def test_evenly_wide_digits_are_one_number_and_a_wider_gap_is_a_blank(classifier: Classifier) -> None:
    assert read_photo(paint("20267", 1, Scene(spacing=1.3)), classifier).text == "20267"
    line = read_photo(paint("202 67", 1, Scene(spacing=0.5)), classifier).lines[0]
    assert line.text == "202 67"
    assert line.gaps == {3}


def test_boxes_lie_on_the_symbols_of_a_tilted_large_picture(classifier: Classifier) -> None:
    scene = Scene(tilt=9, height=90, pen=7, noise=1)
    picture = paint("470", 7, scene)
    picture = cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    reading = read_photo(picture, classifier)
    assert reading.text == "470"
    assert (reading.width, reading.height) == (picture.shape[1], picture.shape[0])
    marked = (picture.mean(axis=2) < 130).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(marked)
    # The 4 has two strokes that cross.
    assert count == 4
    for symbol, index in zip(reading.symbols, 1 + np.argsort(stats[1:, 0]), strict=True):
        left, top, width, height = symbol.box
        x, y, wide, high = (float(value) for value in stats[index, :4])
        # A box around a turned symbol is turned with it and framed again: larger, around the same middle.
        assert abs(left + width / 2 - x - wide / 2) < 0.12 * high
        assert abs(top + height / 2 - y - high / 2) < 0.12 * high
        assert width >= 0.9 * wide
        assert height >= 0.9 * high
        assert height < 1.45 * high


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_gives_nothing(level: int, classifier: Classifier) -> None:
    for shape in ((300, 400, 3), (1, 1, 3), (2, 500, 3)):
        reading = read_photo(np.full(shape, level, np.uint8), classifier)
        assert reading.lines == ()
        assert reading.text == ""


def test_noise_and_shadows_alone_say_nothing(classifier: Classifier) -> None:
    blank = paint(" ", 1, Scene(noise=10, shadow=0.7, height=150))
    assert read_photo(blank, classifier).text == ""


def test_dark_corners_and_the_table_around_the_paper_are_not_read(classifier: Classifier) -> None:
    paper = paint("470", 5)
    table = cv2.copyMakeBorder(paper, 60, 60, 80, 80, cv2.BORDER_CONSTANT, value=(70, 50, 40))
    assert read_photo(table, classifier).text == "470"


def test_reading_can_be_cancelled(classifier: Classifier) -> None:
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_photo(paint("470", 5), classifier, token)


def test_a_trained_model_reads_as_well(profile: Profile) -> None:
    record = ModelRegistry(profile).default()
    plain = replace(record, reject=replace(record.reject, reject_below=0.0, plausible_above=0.0))
    assert read_photo(paint("470", 5), Classifier(plain)).text == "470"


def test_read_command(profile: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    good, broken, empty = tmp_path / "good.jpg", tmp_path / "broken.jpg", tmp_path / "empty.png"
    picture = Image.fromarray(paint("470\n258", 6))
    exif = picture.getexif()
    exif[0x0112] = 3
    picture.rotate(180).save(good, exif=exif, quality=95)
    broken.write_bytes(good.read_bytes()[:3000])
    Image.new("RGB", (90, 60), (240, 240, 240)).save(empty)
    command = ["read", str(broken), str(good), str(empty), "--profile", str(profile.root)]
    assert cli.main(command) == 2
    out, err = capsys.readouterr()
    assert out == f"{good}:\n470\n258\n{empty}: nothing to read\n"
    assert str(broken) in err
    assert err.count("\n") == 1
    assert cli.main([*command, "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["model"] == "digits"
    first, second = document["readings"]
    assert (first["file"], first["text"]) == (str(good), "470\n258")
    assert [line["text"] for line in first["lines"]] == ["470", "258"]
    assert [first["height"], first["width"]] == list(load_rgb(good).shape[:2])
    assert set(first["lines"][0]["symbols"][0]) == {"text", "label", "confidence", "verdict", "box"}
    assert (second["text"], second["lines"]) == ("", [])
