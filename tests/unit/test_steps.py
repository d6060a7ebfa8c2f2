"""The preprocessing in steps: with all of them it is the preprocessing, and each does what it is said to do."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from recognizer.base.resources import shipped_models_path
from recognizer.imaging.preprocess import PreprocessingSpec, Preprocessor
from recognizer.imaging.step_words import step_help, step_name, what_happens, without_name
from recognizer.imaging.steps import SHRINK_ONLY, Frame, Step, StepSource, step_source
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import read_record
from recognizer.inference.step_answers import step_answers
from recognizer.ink.stroke import Ink, Stroke
from recognizer.ink.synthesis import generate_ink
from recognizer.library.idx import read_idx

CANVAS: Frame = (-280.0, -260.0, 560.0, 520.0)
FOUR = ([[10, 0], [0, 55], [60, 55]], [[45, 5], [40, 100]])
ALL_SETS = [frozenset(chosen) for count in range(7) for chosen in itertools.combinations(Step, count)]


def drawn(scale: float = 1.0, at: tuple[float, float] = (0, 0), pen: float = 20.0) -> Ink:
    """A 4, 60 × 100 units times `scale`, its upper left corner at `at`."""
    strokes = [Stroke(np.array(points, np.float32) * scale + np.array(at)) for points in FOUR]
    return Ink(tuple(strokes), pen)


def painted(ink: Ink, ground: int = 255, level: int = 0) -> np.ndarray:
    """The canvas as a picture, one pixel a unit, drawn by Pillow."""
    image = Image.new("L", (round(CANVAS[2]), round(CANVAS[3])), ground)
    draw = ImageDraw.Draw(image)
    for stroke in ink.strokes:
        places = [(float(x) - CANVAS[0], float(y) - CANVAS[1]) for x, y in stroke.points]
        draw.line(places, level, round(ink.pen_width), joint="curve")
        for x, y in places:
            reach = ink.pen_width / 2
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), level)
    return np.asarray(image)


def extent(image: np.ndarray) -> tuple[int, int]:
    """Height and width of what is inked."""
    return tuple(int(np.ptp(np.flatnonzero(image.any(axis=axis)))) + 1 for axis in (1, 0))


def balance(image: np.ndarray) -> np.ndarray:
    """The centre of mass, (down, right)."""
    mass = image / image.sum()
    return np.array([mass.sum(axis=1) @ np.arange(28), mass.sum(axis=0) @ np.arange(28)])


# Everything on


@pytest.mark.parametrize("label", range(10))
def test_with_every_step_ink_becomes_what_the_preprocessor_makes(label: int) -> None:
    rng = np.random.default_rng(label)
    for pen in (0.0, 3.0, 40.0):
        ink = Ink(generate_ink(label, rng).strokes, pen)
        for frame in (None, CANVAS, (0.0, 0.0, 10.0, 3.0)):
            np.testing.assert_array_equal(step_source(ink, frame=frame).final(), Preprocessor().from_ink(ink))


def test_with_every_step_real_digits_become_what_the_preprocessor_makes(real_mnist_folder: Path) -> None:
    images = read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz", 3)[:200]
    for image in images:
        for picture in (image, 255 - image, np.pad(image, ((0, 40), (90, 3)))):
            np.testing.assert_array_equal(step_source(picture).final(), Preprocessor().from_image(picture))


@pytest.mark.parametrize("ink", [drawn(), Ink.from_arrays([np.zeros((1, 2))]), Ink.from_arrays([[[0, 0], [0, 9]]])])
def test_small_things_are_what_the_preprocessor_makes_of_them(ink: Ink) -> None:
    np.testing.assert_array_equal(step_source(ink).final(), Preprocessor().from_ink(ink))


def test_the_last_picture_is_what_the_model_sees() -> None:
    for content in (drawn(2, (-200, -200)), painted(drawn(2, (-200, -200)))):
        source = step_source(content, frame=CANVAS)
        for off in ALL_SETS:
            pictures = source.pictures(off)
            np.testing.assert_array_equal(pictures[-1].image, source.final(off))
            assert [picture.name for picture in pictures] == ["drawing", *Step]


# Every combination


CONTENTS = {
    "drawing": drawn(1.5, (-150, 20)),
    "corner": drawn(0.4, (-280, -260)),
    "beyond the canvas": drawn(3, (200, 200)),
    "dot": Ink((Stroke(np.zeros((1, 2))),), 22),
    "dot of an unknown pen": Ink((Stroke(np.zeros((1, 2))),)),
    "upright line": Ink((Stroke(np.array([[0, 0], [0, 100]])),), 10),
    "level line of an unknown pen": Ink((Stroke(np.array([[0, 0], [100, 0]])),)),
    "picture": painted(drawn(1.5, (-150, 20))),
    "light on dark": painted(drawn(1.5, (-150, 20)), 10, 240),
    "one pixel": np.pad(np.array([[255]], np.uint8), 20),
    "thin picture": painted(drawn(4, (-100, -190), 4)),
    "all ink": np.full((5, 300), 255, np.uint8),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_any_steps_may_be_left_out(name: str) -> None:
    source = step_source(CONTENTS[name], frame=CANVAS)
    for off in ALL_SETS:
        image = source.final(off)
        assert (image.shape, image.dtype) == ((28, 28), np.uint8)
        for picture in source.pictures(off):
            assert picture.image.dtype == np.uint8
            assert picture.image.shape[0] == picture.image.shape[1] <= 300


@pytest.mark.parametrize("content", [Ink(), np.full((40, 30), 200, np.uint8)])
def test_nothing_stays_nothing(content: Ink | np.ndarray) -> None:
    source = step_source(content)
    assert source.is_empty
    for off in ALL_SETS:
        assert not source.final(off).any()
        assert [picture.name for picture in source.pictures(off)] == ["drawing", *Step]
    assert (source.facts().side, source.facts().distance, source.facts().pen) == (0, 0.0, 0.0)


def thin_picture() -> np.ndarray:
    """A 4 of 400 pixels, drawn with a line of 4."""
    return painted(drawn(4, (-100, -190), 4))


def test_broad_lines_of_pictures_are_left_as_they_are() -> None:
    source = step_source(painted(drawn(2, pen=30)))
    np.testing.assert_array_equal(source.final({Step.PEN}), source.final())
    assert not source.facts().is_redrawn
    assert source.pen() == pytest.approx(30 * 20 / 230, abs=0.3)
    assert what_happens({Step.PEN}, source.facts({Step.PEN})) == "The lines of the picture are broad enough already."


def test_thin_lines_of_pictures_are_broadened_by_the_pen() -> None:
    picture = thin_picture()
    for given in (picture, 255 - picture):
        source = step_source(given)
        np.testing.assert_array_equal(source.final(), Preprocessor().from_image(given))
        assert source.facts().is_redrawn
        assert source.pen({Step.PEN}) == pytest.approx(4 * 20 / 404, abs=0.1)
        assert source.pen() == pytest.approx(2.2, abs=0.4)
        assert 3 * source.final({Step.PEN}).sum() < source.final().sum()
        stages = {step.name: step.image for step in source.pictures({Step.AVERAGE, Step.CENTRE})}
        assert 2 * stages[Step.PROPORTIONS].sum() < stages[Step.PEN].sum()
        assert "px wide; the model learned" in what_happens({Step.PEN}, source.facts({Step.PEN}))
        dark = source.final({Step.POLARITY}).astype(int)
        assert np.abs(dark - (255 - source.final() if given is picture else source.final())).max() <= 2


# Single steps


@pytest.mark.parametrize("name", ["drawing", "picture", "thin picture"])
def test_without_polarity_ink_is_dark_on_white(name: str) -> None:
    source = step_source(CONTENTS[name], frame=CANVAS)
    for off in ALL_SETS:
        if Step.POLARITY not in off:
            bright, dark = source.final(off).astype(int), source.final(off | {Step.POLARITY}).astype(int)
            assert np.abs(bright + dark - 255).max() <= (0 if name == "drawing" else 2)


def test_without_polarity_a_picture_that_is_bright_on_black_is_the_same() -> None:
    source = step_source(painted(drawn(1.5, (-150, 20)), 0, 255))
    np.testing.assert_array_equal(source.final({Step.POLARITY}), source.final())


@pytest.mark.parametrize("scale", [0.6, 1.2, 3.6])
def test_without_cropping_the_size_on_the_canvas_is_kept(scale: float) -> None:
    at = (-30 * scale, -50 * scale)
    wanted = 100 * scale * 28 / 560 + 2.5
    for source in (step_source(drawn(scale, at), frame=CANVAS), step_source(painted(drawn(scale, at, 50)))):
        height, width = extent(source.final({Step.CROP}))
        assert height == pytest.approx(wanted, abs=1.5)
        assert height >= width
        assert extent(source.final())[0] == 20
        assert balance(source.final({Step.CROP})) == pytest.approx([14, 14], abs=0.6)


@pytest.mark.parametrize("place", [(-270, -250), (200, -250), (-270, 140), (200, 140)])
def test_without_centring_the_place_on_the_canvas_is_kept(place: tuple[float, float]) -> None:
    for source in (step_source(drawn(0.7, place), frame=CANVAS), step_source(painted(drawn(0.7, place)))):
        image = source.final({Step.CENTRE})
        assert max(extent(image)) == 20
        down, right = balance(image) - 14
        # What is 20 pixels large has only 4 to go on either side.
        assert np.sign(down) == np.sign(place[1])
        assert np.sign(right) == np.sign(place[0])
        assert abs(down) >= 2
        assert source.facts({Step.CENTRE}).distance == pytest.approx(float(np.hypot(down, right)), abs=0.01)
        assert balance(source.final()) == pytest.approx([14, 14], abs=0.6)


def test_without_centring_what_is_in_the_middle_stays_there() -> None:
    image = step_source(drawn(2, (-60, -100)), frame=CANVAS).final({Step.CENTRE})
    assert np.flatnonzero(image.any(axis=1)).tolist() == list(range(4, 24))


def test_without_proportions_every_symbol_is_a_square() -> None:
    for source in (step_source(drawn(2), frame=CANVAS), step_source(painted(drawn(2)))):
        assert extent(source.final({Step.PROPORTIONS})) == (20, 20)
        assert extent(source.final())[1] < 20


@pytest.mark.parametrize("pen", [4.0, 20.0, 60.0])
def test_without_the_models_pen_the_own_one_is_scaled(pen: float) -> None:
    source = step_source(drawn(2, pen=pen), frame=CANVAS)
    wanted = pen * 20 / (200 + pen)
    assert source.pen({Step.PEN}) == pytest.approx(wanted)
    assert source.pen({Step.PEN, Step.CROP}) == pytest.approx(pen * 28 / 560)
    assert source.pen() == 2.5
    assert max(extent(source.final({Step.PEN}))) == 20
    # The same length of line is as much ink as it is wide.
    own, usual = source.final({Step.PEN}).sum(), source.final().sum()
    assert own < usual if wanted < 2.5 else own > usual


def test_an_unknown_pen_is_a_thin_one() -> None:
    source = step_source(drawn(2, pen=0))
    assert source.pen({Step.PEN}) == 1.0
    assert source.pen({Step.PEN, Step.CROP}) == 1.0
    assert source.final({Step.PEN}).sum() < 0.6 * source.final().sum()


def test_without_averaging_pixels_are_bright_or_black() -> None:
    for source in (step_source(drawn(2), frame=CANVAS), step_source(painted(drawn(2)))):
        assert set(np.unique(source.final({Step.AVERAGE}))) == {0, 255}
        assert len(np.unique(source.final())) > 10


def test_only_shrunk_is_the_canvas_made_small() -> None:
    for ink in (drawn(2, (-250, -200), 40), drawn(4, (-100, -230), 24)):
        canvas = Image.new("L", (560, 560), 255)
        canvas.paste(Image.fromarray(painted(ink)), (0, 20))
        small = 255 - np.asarray(canvas.resize((28, 28), Image.Resampling.BOX)).astype(int)
        seen = step_source(ink, frame=CANVAS).final(SHRINK_ONLY).astype(int)
        assert np.abs(seen - small).mean() < 2
        assert np.corrcoef(seen.ravel(), small.ravel())[0, 1] > 0.98
        assert np.abs(step_source(painted(ink)).final(SHRINK_ONLY).astype(int) - small).mean() < 0.5


def test_an_unknown_canvas_is_half_as_large_again_as_the_drawing() -> None:
    source = step_source(drawn(7, (1000, -4000), 0))
    assert extent(source.final({Step.CROP}))[0] == pytest.approx(28 * 2 / 3 + 2.5, abs=1)
    assert balance(source.final({Step.CROP, Step.CENTRE})) == pytest.approx([14, 14], abs=2.5)


# Words and answers


def test_every_step_has_its_words() -> None:
    sources: list[StepSource] = [step_source(drawn(2), frame=CANVAS), step_source(painted(drawn(2)))]
    names = [step_name(step) for step in Step] + [without_name({step}) for step in Step] + [without_name(SHRINK_ONLY)]
    assert len(set(names)) == 13
    assert len({step_help(step) for step in Step}) == 6
    for source, off in itertools.product(sources, ALL_SETS[1:]):
        assert what_happens(off, source.facts(off)).endswith(".")


def test_the_words_give_the_figures_of_the_drawing() -> None:
    source = step_source(drawn(1, (-270, -250), 28), frame=CANVAS)
    assert what_happens({Step.CROP}, source.facts({Step.CROP})) == (
        "The symbol keeps its size on the canvas and is 8 px large; the model learned from 20."
    )
    assert "become 4.4 px wide" in what_happens({Step.PEN}, source.facts({Step.PEN}))
    distance = round(float(np.hypot(*(balance(source.final(SHRINK_ONLY)) - 14))))
    assert f"and {distance} px from the middle" in what_happens(SHRINK_ONLY, source.facts(SHRINK_ONLY))
    assert what_happens({Step.CENTRE, Step.AVERAGE, Step.PEN}, source.facts({Step.CENTRE, Step.AVERAGE, Step.PEN})) == (
        "At once: own pen width, hard edges, not centred."
    )


def test_the_words_say_where_a_step_changes_nothing() -> None:
    bright = step_source(painted(drawn(2), 0, 255))
    assert what_happens({Step.POLARITY}, bright.facts({Step.POLARITY})) == "What was given is bright on dark already."
    dark = step_source(painted(drawn(2)))
    assert what_happens({Step.POLARITY}, dark.facts({Step.POLARITY})).startswith("Dark ink on white")
    middle = Ink.from_arrays([np.array([[-50, 0], [50, 0]]), np.array([[0, -50], [0, 50]])])
    facts = step_source(middle, frame=(-100, -100, 202, 202)).facts({Step.CENTRE})
    assert facts.distance < 1
    assert what_happens({Step.CENTRE}, replace(facts, distance=0.4)) == "The symbol was drawn in the middle already."


@pytest.mark.parametrize("name", ["drawing", "picture"])
def test_answers_without_each_step(name: str) -> None:
    folder = shipped_models_path() / "digits"
    if not (folder / "model.json").is_file():
        pytest.skip("no shipped model")
    classifier = Classifier(read_record(folder, is_shipped=True))
    source = step_source(CONTENTS[name], PreprocessingSpec(), CANVAS)
    off = frozenset({Step.CROP, Step.AVERAGE})
    answers = step_answers(source, classifier, off)
    assert tuple(answers.without) == tuple(Step)
    for prediction, left_out in (
        (answers.answer, frozenset()),
        (answers.chosen, off),
        (answers.shrunk, SHRINK_ONLY),
        *((answers.without[step], {step}) for step in Step),
    ):
        wanted = classifier.predict(source.final(left_out))
        assert (prediction.label, prediction.verdict) == (wanted.label, wanted.verdict)
        np.testing.assert_allclose(prediction.probabilities, wanted.probabilities, atol=1e-6)
    assert answers.answer.label == "4"
    assert answers.without[Step.POLARITY].is_rejected
