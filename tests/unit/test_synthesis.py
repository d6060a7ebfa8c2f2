"""Synthetic handwriting: seeded, legible in shape, made like the pictures of real digits."""

from collections.abc import Callable

import numpy as np
import pytest

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink import nondigits, synthesis
from recognizer.ink.batch import render
from recognizer.ink.letters import LETTERS
from recognizer.ink.letters import letters as letter_alphabet
from recognizer.ink.operators import OPERATORS
from recognizer.ink.operators import operators as operator_alphabet
from recognizer.ink.raster import rasterize
from recognizer.ink.stroke import Ink
from recognizer.ink.synthesis import generate, generate_ink, letters, non_digits, operators
from recognizer.ink.templates import Alphabet, curve_basis, parse
from recognizer.ink.templates_digits import digits as digit_alphabet
from recognizer.ink.templates_symbols import symbols as symbol_alphabet


def test_same_seed_same_samples_whatever_the_threads() -> None:
    one = generate(2300, 5, threads=1)
    two = generate(2300, 5, threads=3)
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
    assert not np.array_equal(one[0], generate(2300, 6)[0])


def test_classes_are_balanced_and_no_two_pictures_alike() -> None:
    images, labels = generate(1000, 1)
    assert images.shape == (1000, 28, 28)
    assert images.dtype == np.uint8
    assert np.bincount(labels).tolist() == [100] * 10
    assert len(np.unique(images.reshape(1000, -1), axis=0)) == 1000


def test_zero_samples() -> None:
    images, labels = generate(0, 1)
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)
    assert non_digits(0, 1).shape == (0, 28, 28)


@pytest.mark.parametrize("images", [generate(600, 3)[0], non_digits(300, 3)], ids=["digits", "others"])
def test_pictures_obey_the_preprocessing(images: np.ndarray) -> None:
    for image in images:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        # A dot is not enlarged.
        assert longest == 20 or longest <= 5
        mass = image.astype(float) / image.sum()
        balance = np.array([mass.sum(axis=1) @ np.arange(28), mass.sum(axis=0) @ np.arange(28)])
        touches = (rows[0] == 0, rows[-1] == 27, columns[0] == 0, columns[-1] == 27)
        assert any(touches) or (np.abs(balance - 14) <= 0.5001).all()


def test_pictures_are_left_alone_by_the_preprocessor() -> None:
    preprocessor = Preprocessor()
    images, _ = generate(300, 9)
    for image in images:
        np.testing.assert_array_equal(preprocessor.from_image(image), image)


def test_batch_agrees_with_the_preprocessor() -> None:
    chance = np.random.default_rng(4)
    preprocessor = Preprocessor()
    inks = [generate_ink(label % 10, chance) for label in range(100)]
    curves = [np.concatenate([stroke.points for stroke in ink.strokes]) for ink in inks]
    batch = render(curves, np.full(100, 2.5, np.float32))
    differences = []
    for ink, image in zip(inks, batch, strict=True):
        expected = preprocessor.from_ink(ink).astype(int)
        differences.append(np.abs(expected - image).mean())
    # A centre of mass close to half a pixel may be rounded either way.
    assert np.median(differences) < 0.5
    assert np.mean(np.array(differences) < 1) >= 0.97


def test_pen_widths_are_those_of_mnist() -> None:
    images, _ = generate(2000, 2)
    ink = images.reshape(2000, -1).mean(axis=1)
    # MNIST's test digits: mean grey level 33.8, 1st percentile 12.4, 99th 64.6.
    assert 25 < ink.mean() < 42
    assert np.percentile(ink, 1) > 7
    assert np.percentile(ink, 99) < 85


@pytest.mark.parametrize("label", range(10))
def test_ink_of_every_digit(label: int) -> None:
    chance = np.random.default_rng(label)
    for _ in range(20):
        ink = generate_ink(label, chance)
        left, top, right, bottom = ink.bounds()
        assert 40 < bottom - top < 220
        assert right > left
        assert 1 <= len(ink.strokes) <= 3


ALPHABETS = (digit_alphabet(), letter_alphabet(), operator_alphabet(), symbol_alphabet())


@pytest.mark.parametrize("alphabet", ALPHABETS[:3], ids=["digits", "letters", "operators"])
def test_every_symbol_is_written_in_several_ways(alphabet: Alphabet) -> None:
    for symbol, members, shares in zip(alphabet.symbols, alphabet.members, alphabet.shares, strict=True):
        ways = [alphabet.templates[index] for index in members]
        assert len(ways) >= 3
        assert {way.symbol for way in ways} == {symbol}
        assert len({way.name for way in ways}) == len(ways)
        assert shares.min() > 0
        assert shares.sum() == pytest.approx(1)
    assert sum(len(members) for members in alphabet.members) == len(alphabet.templates)


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=["digits", "letters", "operators", "others"])
def test_every_template_fills_its_box_and_is_rendered(alphabet: Alphabet) -> None:
    curves = [template.sharp @ template.controls for template in alphabet.templates]
    for template, curve in zip(alphabet.templates, curves, strict=True):
        low, high = curve.min(axis=0), curve.max(axis=0)
        assert (low > -8).all(), template.name
        assert (high < 130).all(), template.name
        assert (high - low).max() >= 75, template.name
    images = render(curves, np.full(len(curves), 2.5, np.float32))
    assert (images.reshape(len(images), -1).max(axis=1) == 255).all()


@pytest.mark.parametrize(("make", "symbols"), [(letters, LETTERS), (operators, OPERATORS)])
def test_letters_and_operators_are_seeded_and_balanced(
    make: Callable[..., tuple[np.ndarray, np.ndarray]], symbols: str
) -> None:
    images, labels = make(1300, 4, threads=1)
    again, same = make(1300, 4, threads=3)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, same)
    assert images.shape == (1300, 28, 28)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    counts = np.bincount(labels)
    assert len(counts) == len(symbols)
    assert counts.max() - counts.min() <= 1
    assert not np.array_equal(make(1300, 5)[0], images)


def test_operators_have_the_shape_of_their_label() -> None:
    images, labels = operators(1200, 2)
    place = np.arange(28)
    for symbol, least_ends, most_ends in (("(", 0.5, 10.0), (")", -10.0, -0.5)):
        chosen = images[labels == OPERATORS.index(symbol)].astype(float)
        # Of the ends of a parenthesis, how far they stand to the right of its middle.
        ends, middle = (
            (part.sum(axis=1) @ place) / part.sum(axis=(1, 2)) for part in (chosen[:, [4, 5, 22, 23]], chosen[:, 12:16])
        )
        assert np.mean((least_ends < ends - middle) & (ends - middle < most_ends)) > 0.9
    for image in images[labels == OPERATORS.index("-")]:
        assert np.ptp(np.flatnonzero(image.any(axis=0))) > 1.8 * np.ptp(np.flatnonzero(image.any(axis=1)))


def test_progress_and_cancel() -> None:
    seen: list[tuple[int, int]] = []
    generate(2500, 1, lambda done, total, message: seen.append((done, total)))
    assert seen == [(0, 2500), (1000, 2500), (2000, 2500), (2500, 2500)]
    token = CancellationToken()
    with pytest.raises(Cancelled):
        generate(50_000, 1, lambda done, total, message: token.cancel() if done else None, token)


def test_curves_go_through_their_control_points_and_are_smooth_but_at_corners() -> None:
    controls = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float32)
    for corners in ([False] * 4, [False, True, True, False]):
        curve = curve_basis(controls, np.array(corners), 0.05) @ controls
        for control in controls:
            assert np.hypot(*(curve - control).T).min() < 1e-4
        steps = np.diff(curve, axis=0)
        turns = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))))
        assert bool(turns.max() > 1) is any(corners)


def test_two_points_make_a_straight_line() -> None:
    controls = np.array([[0, 0], [30, 40]], np.float32)
    curve = curve_basis(controls, np.zeros(2, bool), 5) @ controls
    assert len(curve) == 11
    np.testing.assert_allclose(curve[:, 1] * 3, curve[:, 0] * 4, atol=1e-4)


def test_template_text() -> None:
    (first, corners), (second, _) = parse("1,2 3.5,4! | 5,6 7,8")
    assert first.tolist() == [[1, 2], [3.5, 4]]
    assert corners.tolist() == [False, True]
    assert second.tolist() == [[5, 6], [7, 8]]


def test_non_digits_are_seeded_and_varied() -> None:
    images = non_digits(400, 8)
    np.testing.assert_array_equal(images, non_digits(400, 8))
    assert len(np.unique(images.reshape(400, -1), axis=0)) > 380
    ink = images.reshape(400, -1).mean(axis=1)
    assert ink.min() < 6
    assert ink.max() > 90


def test_non_digits_are_the_same_whatever_the_threads_and_none_is_blank() -> None:
    images = non_digits(2100, 3, threads=1)
    np.testing.assert_array_equal(images, non_digits(2100, 3, threads=3))
    assert images.shape == (2100, 28, 28)
    assert images.reshape(2100, -1).max(axis=1).min() > 100


@pytest.mark.parametrize("kind", nondigits._KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_every_kind_of_non_digit_is_drawn(kind: Callable[..., nondigits.Strokes]) -> None:
    chance = np.random.default_rng(1)

    def write(alphabet: Alphabet | None, label: int) -> nondigits.Strokes:
        return synthesis._written(alphabet or digit_alphabet(), label, chance)

    curves = [nondigits.dense(kind(chance, write)) for _ in range(30)]
    images = render(curves, np.full(30, 2.5, np.float32))
    assert np.isfinite(np.concatenate(curves)).all()
    assert all(curve.dtype == np.float32 for curve in curves)
    assert images.reshape(30, -1).max(axis=1).min() > 100


def test_lines_among_the_non_digits_are_neither_ones_nor_minus_signs() -> None:
    chance = np.random.default_rng(0)

    def nothing(alphabet: Alphabet | None, label: int) -> nondigits.Strokes:
        raise AssertionError

    for _ in range(300):
        (arc,) = nondigits._arc(chance, nothing)
        across = arc[-1] - arc[0]
        away = np.abs((arc - arc[0]) @ np.array([-across[1], across[0]])) / np.hypot(*across)
        assert np.degrees(np.arctan2(*np.abs(across))) > 45
        assert away.max() > 0.15 * np.hypot(*across)


def test_letters_among_the_non_digits_look_like_no_digit() -> None:
    signs = nondigits.letters_unlike_digits()
    names = {(signs.alphabet.templates[index].symbol, signs.alphabet.templates[index].name) for index in signs.chosen}
    symbols = {symbol for symbol, _ in names}
    assert signs.shares.sum() == pytest.approx(1)
    assert not symbols & set("BDIOQSZbgiloqszXx")
    assert symbols >= set("AEFHKMNPRTUVWYadefhkmnprtuvwy")
    # Every exception names a form that exists.
    known = {(template.symbol, template.name) for template in letter_alphabet().templates}
    assert known >= nondigits._FORMS_LIKE_DIGITS
    assert not names & nondigits._FORMS_LIKE_DIGITS


def test_rendering_a_dot() -> None:
    (image,) = render([np.zeros((1, 2), np.float32)], np.array([3], np.float32))
    assert image[14, 14] == 255
    assert image.sum() == pytest.approx(255 * np.pi * 1.5**2, rel=0.1)
    assert (rasterize(Ink.from_arrays([np.zeros((1, 2))]), pen=3.0) > 0).sum() == (image > 0).sum()
