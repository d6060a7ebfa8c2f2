"""The parts that statistics are made of: measures, descriptors, neighbours, groups, reference figures."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.base.progress import no_progress
from recognizer.imaging.photo_symbol import stroke_width
from recognizer.ink.synthesis import generate
from recognizer.library.statistics import neighbours, reference
from recognizer.library.statistics.descriptors import distances, fitted
from recognizer.library.statistics.duplicates import NEAR, grouped, linked, picture_hashes, verified
from recognizer.library.statistics.measures import (
    INKED,
    NOT_MEASURED,
    SCALES,
    Measure,
    explanation,
    measured,
    stroke_widths,
    title,
)
from recognizer.library.statistics.neighbours import CLOSE, find_neighbours
from recognizer.library.statistics.products import product

CHECKOUT = Path(__file__).resolve().parents[2]


def random_pictures(n: int, seed: int) -> NDArray[np.uint8]:
    """Of every density, the first few empty or nearly so."""
    chance = np.random.default_rng(seed)
    density = chance.random((n, 1, 1)) ** 3
    pictures = np.where(chance.random((n, 28, 28)) < density, chance.integers(0, 256, (n, 28, 28)), 0).astype(np.uint8)
    pictures[0] = 0
    pictures[1] = INKED - 1
    pictures[2] = 0
    pictures[2, 5, 9] = INKED
    pictures[3] = 255
    return pictures


def test_measures_are_those_of_a_look_at_each_pixel() -> None:
    pictures = random_pictures(60, 0)
    values = measured(pictures)
    for index, picture in enumerate(pictures):
        inked = [(row, column) for row in range(28) for column in range(28) if picture[row, column] >= INKED]
        mass = int(picture.sum())
        assert values[Measure.INK][index] == pytest.approx(mass / 255, rel=1e-6)
        if not inked:
            for measure in set(Measure) - {Measure.INK}:
                assert math.isnan(values[measure][index])
            continue
        rows, columns = [row for row, _ in inked], [column for _, column in inked]
        assert values[Measure.HEIGHT][index] == max(rows) - min(rows) + 1
        assert values[Measure.WIDTH][index] == max(columns) - min(columns) + 1
        assert values[Measure.BRIGHTNESS][index] == pytest.approx(np.mean([int(picture[place]) for place in inked]))
        down = sum(row * int(picture[row].sum()) for row in range(28)) / mass
        across = sum(column * int(picture[:, column].sum()) for column in range(28)) / mass
        assert values[Measure.OFFSET][index] == pytest.approx(math.hypot(down - 14, across - 14), abs=1e-4)


def test_measuring_in_parts_changes_nothing() -> None:
    pictures = random_pictures(1100, 1)
    whole = measured(pictures)
    for measure in Measure:
        parts = np.concatenate([measured(pictures[start : start + 7])[measure] for start in range(0, 1100, 7)])
        np.testing.assert_allclose(parts, whole[measure], rtol=1e-5)
    assert all(len(values) == 0 for values in measured(pictures[:0]).values())


@pytest.mark.parametrize(
    ("width", "within"), [(1.5, 0.2), (2.0, 0.07), (2.5, 0.04), (3.0, 0.04), (4.0, 0.03), (5.0, 0.03)]
)
def test_the_width_of_a_line_is_found_whatever_its_direction(width: float, within: float) -> None:
    # What a line of 16 pixels with round ends has of area and outline.
    wanted = 2 * (16 * width + math.pi * width**2 / 4) / (32 + math.pi * width)
    place = np.arange(28)
    for angle in (0.0, 0.3, math.pi / 4, 1.1, math.pi / 2):
        along = np.array([math.cos(angle), math.sin(angle)])
        x, y = np.meshgrid(place - 13.7, place - 14.2)
        t = np.clip(x * along[0] + y * along[1], -8, 8)
        away = np.hypot(x - t * along[0], y - t * along[1])
        line = np.clip(width / 2 + 0.5 - away, 0, 1) * 255
        found = float(stroke_widths(np.round(line)[None].astype(np.float32))[0])
        assert found == pytest.approx(wanted, rel=within)


def test_widths_are_those_of_the_photo_reader() -> None:
    import cv2

    pictures = generate(300, 2)[0]
    found = stroke_widths(pictures.astype(np.float32))
    slow = []
    for picture in pictures:
        large = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
        slow.append(stroke_width((large >= 128).astype(np.uint8)) / 8)
    assert np.median(found / slow) == pytest.approx(1, abs=0.05)
    assert np.mean(np.abs(found / slow - 1) < 0.25) > 0.95


def test_bins() -> None:
    scale = SCALES[Measure.STROKE_WIDTH]
    values = np.array([0.0, 0.19, 0.2, 0.6, 1.4, 7.99, 8.0, 50.0, np.nan], np.float32)
    assert scale.bins_of(values).tolist() == [0, 0, 1, 3, 7, 39, 39, 39, NOT_MEASURED]
    assert SCALES[Measure.BRIGHTNESS].bins_of(np.array([255, 254.9, 0], np.float32)).tolist() == [50, 50, 0]
    assert SCALES[Measure.WIDTH].bins_of(np.array([1, 20, 28], np.float32)).tolist() == [1, 20, 28]
    assert len(scale.edges) == scale.bins + 1
    for measure in Measure:
        assert SCALES[measure].bins < NOT_MEASURED
        assert title(measure)
        assert explanation(measure)


def test_products_are_products() -> None:
    chance = np.random.default_rng(0)
    for k in (1, 15, 16, 17, 100):
        rows, matrix = chance.normal(size=(k, 5)).astype(np.float32), chance.normal(size=(5, 9)).astype(np.float32)
        np.testing.assert_allclose(product(rows, matrix), rows @ matrix, rtol=1e-4, atol=1e-5)


def test_descriptors_are_never_further_apart_than_pictures() -> None:
    pictures = np.concatenate([generate(300, 1)[0], random_pictures(100, 3)])
    points = fitted(pictures[::2]).descriptors(pictures).astype(np.float32)
    one, other = np.random.default_rng(0).integers(0, 400, (2, 5000))
    apart = np.linalg.norm(points[one] - points[other], axis=1)
    assert (apart <= distances(pictures[one], pictures[other]) + 0.003).all()
    unit = (
        pictures.reshape(400, -1)
        / np.maximum(np.linalg.norm(pictures.reshape(400, -1).astype(float), axis=1), 1)[:, None]
    )
    np.testing.assert_allclose(
        distances(pictures[one], pictures[other]), np.linalg.norm(unit[one] - unit[other], axis=1), atol=1e-4
    )


def brute_neighbours(points: NDArray[np.float32], labels: NDArray[np.int32]) -> tuple[set[tuple[int, int]], list, list]:
    pairs, own, other = set(), [], []
    for i in range(len(points)):
        apart = np.linalg.norm(points - points[i], axis=1)
        pairs |= {(i, int(j)) for j in np.flatnonzero(apart <= CLOSE) if j > i}
        apart = np.where(apart <= 0.05, np.inf, apart)
        own.append(apart[labels == labels[i]].min(initial=np.inf))
        other.append(apart[(labels != labels[i]) & (labels >= 0)].min(initial=np.inf))
    return pairs, own, other


@pytest.fixture(scope="module")
def points() -> tuple[NDArray[np.float16], NDArray[np.int32]]:
    """1,500 descriptors of digits, 500 of which lie close to another, some without a label."""
    pictures, labels = generate(1000, 9)
    chance = np.random.default_rng(0)
    copied = chance.integers(0, 1000, 500)
    noisy = np.clip(pictures[copied] + chance.normal(0, 14, (500, 28, 28)), 0, 255).astype(np.uint8)
    descriptors = fitted(pictures).descriptors(np.concatenate([pictures, noisy]))
    all_labels = np.concatenate([labels, labels[copied]]).astype(np.int32)
    all_labels[chance.choice(1500, 100, replace=False)] = -1
    return descriptors, all_labels


def test_neighbours_are_those_of_a_look_at_each_pair(points: tuple[NDArray[np.float16], NDArray[np.int32]]) -> None:
    descriptors, labels = points
    plain = descriptors.astype(np.float32)
    found = find_neighbours(descriptors, labels, plain.std(axis=0), no_progress, None)
    pairs, own, other = brute_neighbours(plain, labels)
    assert found.is_complete
    assert len(found.pairs) > 400
    # Single precision decides what lies right on the bound.
    assert len({tuple(pair) for pair in found.pairs.tolist()} ^ pairs) <= 2
    labelled = labels >= 0
    np.testing.assert_allclose(found.own[labelled], np.array(own)[labelled], atol=2e-3)
    np.testing.assert_allclose(found.other, other, atol=2e-3)
    for at in range(0, 1500, 50):
        apart = np.linalg.norm(plain - plain[at], axis=1)
        nearest = apart[labels == found.other_labels[at]]
        assert np.abs(nearest - found.other[at]).min() < 2e-3


def test_cutting_the_space_finds_nearly_as_much(
    points: tuple[NDArray[np.float16], NDArray[np.int32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptors, labels = points
    spreads = descriptors.astype(np.float32).std(axis=0)
    outright = find_neighbours(descriptors, labels, spreads, no_progress, None)
    monkeypatch.setattr(neighbours, "_OUTRIGHT", 100)
    monkeypatch.setattr(neighbours, "_CELL", 100)
    cut = find_neighbours(descriptors, labels, spreads, no_progress, None)
    all_pairs, found = ({tuple(pair) for pair in each.pairs.tolist()} for each in (outright, cut))
    assert found <= all_pairs
    assert len(found) >= 0.99 * len(all_pairs)
    assert (cut.own >= outright.own - 1e-6).all()
    assert np.median(cut.own[labels >= 0] / outright.own[labels >= 0]) < 1.05


def test_many_copies_of_few_are_linked_without_every_pair() -> None:
    chance = np.random.default_rng(0)
    middles = chance.normal(size=(5, 25)) * 0.3
    points = (middles[np.arange(1500) % 5] + chance.normal(size=(1500, 25)) * 0.005).astype(np.float16)
    found = find_neighbours(points, np.zeros(1500, np.int32), np.ones(25, np.float32), no_progress, None)
    assert found.is_complete
    assert len(found.pairs) <= 2 * 1500
    assert (np.diff(found.pairs, axis=1) > 0).all()
    rows, roots = linked(found.pairs, 1500)
    assert rows.tolist() == list(range(1500))
    assert roots.tolist() == [row % 5 for row in range(1500)]


def test_too_many_pairs_are_not_kept(
    points: tuple[NDArray[np.float16], NDArray[np.int32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptors, labels = points
    monkeypatch.setattr(neighbours, "_MOST_PAIRS", 50)
    found = find_neighbours(descriptors, labels, np.ones(descriptors.shape[1], np.float32), no_progress, None)
    assert not found.is_complete
    assert len(found.pairs) == 50


def test_near_duplicates_are_found_and_others_are_not() -> None:
    pictures, labels = generate(500, 4)
    chance = np.random.default_rng(3)
    noisy = np.clip(pictures[:100] + chance.normal(0, 6, (100, 28, 28)), 0, 255).astype(np.uint8)
    everything = np.concatenate([pictures, noisy, pictures[:10]])
    n = len(everything)
    descriptors = fitted(everything).descriptors(everything)
    spreads = descriptors.astype(np.float32).std(axis=0)
    found = find_neighbours(descriptors, np.zeros(n, np.int32), spreads, no_progress, None)
    pairs = verified(found.pairs, lambda places: everything[places], np.arange(n), no_progress, None)
    brute = set()
    for at in range(n):
        apart = distances(np.broadcast_to(everything[at], everything.shape), everything)
        brute |= {(at, int(other)) for other in np.flatnonzero(apart <= NEAR) if other > at}
    assert {tuple(pair) for pair in pairs.tolist()} == brute
    assert {(at, 500 + at) for at in range(100)} <= brute
    rows, roots = linked(pairs, n)
    splits = np.zeros(n, np.uint8)
    splits[550:600] = 1
    numbers = np.concatenate([labels, labels[:100], labels[:10]]).astype(np.int32)
    numbers[515] = (numbers[15] + 1) % 10
    groups = grouped(rows, roots, np.arange(n) + 7, numbers, splits)
    members = [set((groups.group(index) - 7).tolist()) for index in range(len(groups))]
    assert {3, 503, 603} in members
    assert {15, 515} <= members[0], "conflicts come first"
    assert groups.has_conflict.tolist() == [index == 0 for index in range(len(groups))]
    leaking = {at for index, group in enumerate(members) if groups.is_leak[index] for at in group}
    assert set(range(550, 600)) <= leaking
    assert not leaking & set(range(500, 510))


def test_hashes_of_pictures() -> None:
    pictures = random_pictures(300, 5)
    again = pictures.copy()
    hashes = picture_hashes(pictures)
    np.testing.assert_array_equal(hashes, picture_hashes(again))
    assert len(np.unique(hashes)) == len({picture.tobytes() for picture in pictures}) > 250
    # Changes that cancel each other in plain sums: the same bit in two places.
    changed = np.zeros((785, 28, 28), np.uint8)
    for at in range(784):
        changed[at].flat[at] ^= 128
        changed[at].flat[(at + 8) % 784] ^= 128
    assert len(np.unique(picture_hashes(changed))) == 785
    assert len(picture_hashes(pictures[:0])) == 0


def test_nothing_to_group() -> None:
    nothing = np.zeros(0, np.int64)
    groups = grouped(nothing, nothing, nothing, nothing.astype(np.int32), nothing.astype(np.uint8))
    assert len(groups) == groups.n_superfluous == 0
    assert groups.members_of(groups.is_leak).tolist() == []


def test_the_shipped_reference_is_whole() -> None:
    known = reference.reference()
    for measure in Measure:
        assert len(known[measure]) == SCALES[measure].bins
        assert known[measure].sum() == pytest.approx(1)
    data = json.loads((CHECKOUT / "resources" / "statistics" / "reference.json").read_text(encoding="utf-8"))
    assert [(corpus["name"], corpus["n"]) for corpus in data["corpora"]] == [
        ("MNIST, training split", 60_000),
        ("pendigits", 7_494),
        ("UNIPEN digits", 11_244),
    ]
    for corpus in data["corpora"]:
        assert all(sum(each["counts"]) == corpus["n"] for each in corpus["histograms"].values())


@pytest.mark.parametrize("content", [None, "{", "[]", '{"corpora": [{"histograms": {}}]}', '{"corpora": []}'])
def test_a_reference_that_cannot_be_used_is_left_out(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "reference.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(reference, "resource_path", lambda name: file)
    reference.reference.cache_clear()
    try:
        assert all(not shares.any() for shares in reference.reference().values())
    finally:
        reference.reference.cache_clear()


def test_the_reference_is_made_from_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    strokes = data / "pendigits" / "train.npz"
    if not strokes.is_file():
        pytest.skip("pendigits not found")
    n, made = reference.histograms(reference._strokes(strokes))
    shipped = json.loads((CHECKOUT / "resources" / "statistics" / "reference.json").read_text(encoding="utf-8"))
    (known,) = (corpus for corpus in shipped["corpora"] if corpus["name"] == "pendigits")
    assert n == known["n"]
    for name, histogram in made.items():
        moved = np.abs(np.array(histogram["counts"]) - known["histograms"][name]["counts"]).sum()
        assert moved <= 20, name


def test_data_that_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOGNIZER_DATASETS", str(tmp_path))
    assert reference.main(["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out.json")]) == 2
    assert "There is no such dataset" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()
