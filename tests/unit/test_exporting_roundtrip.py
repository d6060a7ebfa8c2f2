"""What goes out comes back identical: every format written, read by the importer, and compared bit by bit."""

from pathlib import Path

import numpy as np
import pytest
from exporting_samples import (
    ODD_LABELS,
    Exported,
    ReadBack,
    check_content,
    random_ink,
    random_table,
    read_back,
    seen,
    table_from,
)
from numpy.typing import NDArray

from recognizer.ink.stroke import Ink
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.library.exporting.export import FORMATS, export_samples
from recognizer.library.idx import read_idx
from recognizer.library.samples import Content, table_of

FACTS = ("splits", "writers", "sources", "notes", "flags", "created")
PICTURES = ("npz", "idx", "csv")
DRAWINGS = ("inkml", "unp", "strokes")


def target(folder: Path, name: str) -> Path:
    return folder / f"out{FORMATS[name].suffix}"


def export(exported: Exported, folder: Path, name: str, positions: NDArray[np.int64] | None = None) -> ReadBack:
    """Write a table and read it back."""
    places = exported.every if positions is None else positions
    to = target(folder, name)
    report = export_samples(exported.table, places, exported.originals, to, name)
    assert report.problems == ()
    found = read_back(to, folder)
    assert found.problems == []
    assert report.path == to
    assert report.count == len(found.contents)
    assert report.left_out == len(places) - len(found.contents)
    return found


def facts_of(exported: Exported, positions: NDArray[np.int64]) -> dict[str, list[object]]:
    """What the table says of its samples, under the names of `ReadBack`."""
    table = exported.table

    def texts(indices: NDArray[np.int32], names: tuple[str, ...]) -> list[object]:
        return [names[index] if index >= 0 else "" for index in indices[positions].tolist()]

    return {
        "labels": [table.label(position) for position in positions.tolist()],
        "splits": [SPLITS[index] for index in table.splits[positions].tolist()],
        "writers": texts(table.writers, table.writer_names),
        "sources": texts(table.sources, table.source_names),
        "notes": texts(table.notes, table.note_texts),
        "flags": table.flags[positions].tolist(),
        "created": table.created[positions].tolist(),
    }


def check_facts(found: ReadBack, exported: Exported, positions: NDArray[np.int64], names: tuple[str, ...]) -> None:
    wanted = facts_of(exported, positions)
    for name in names:
        assert getattr(found, name) == wanted[name], name


@pytest.mark.parametrize("name", ["zip", "parquet"])
def test_pictures_of_every_size_and_drawings_come_back_with_everything_known_of_them(tmp_path: Path, name: str) -> None:
    exported = random_table()
    found = export(exported, tmp_path, name)
    for content, wanted in zip(found.contents, exported.contents, strict=True):
        check_content(content, wanted)
    check_facts(found, exported, exported.every, ("labels", *FACTS))


@pytest.mark.parametrize("name", ["npz", "csv"])
def test_pictures_as_models_see_them_come_back_with_everything_known_of_them(tmp_path: Path, name: str) -> None:
    exported = random_table()
    found = export(exported, tmp_path, name)
    for position, content in enumerate(found.contents):
        check_content(content, seen(position))
    check_facts(found, exported, exported.every, ("labels", *FACTS))


def by_split(exported: Exported) -> NDArray[np.int64]:
    """Positions as formats with a file for each split give them back."""
    return np.argsort(exported.table.splits, kind="stable").astype(np.int64)


@pytest.mark.parametrize("ending", ["", ".zip"])
def test_idx_keeps_pictures_labels_and_splits(tmp_path: Path, ending: str) -> None:
    exported = random_table()
    to = tmp_path / f"out{ending}"
    report = export_samples(exported.table, exported.every, exported.originals, to, "idx")
    assert report.count == len(exported.contents)
    found = read_back(to, tmp_path)
    positions = by_split(exported)
    for position, content in zip(positions.tolist(), found.contents, strict=True):
        check_content(content, seen(position))
    check_facts(found, exported, positions, ("labels", "splits"))


def test_drawings_come_back_from_stroke_arrays(tmp_path: Path) -> None:
    exported = random_table()
    found = export(exported, tmp_path, "strokes")
    positions = np.flatnonzero(exported.table.is_ink)
    for position, content in zip(positions.tolist(), found.contents, strict=True):
        check_content(content, exported.contents[position])
    check_facts(found, exported, positions, ("labels", *FACTS))


def test_drawings_come_back_from_inkml(tmp_path: Path) -> None:
    exported = random_table()
    found = export(exported, tmp_path, "inkml")
    positions = np.flatnonzero(exported.table.is_ink)
    for position, content in zip(positions.tolist(), found.contents, strict=True):
        check_content(content, exported.contents[position])
    check_facts(found, exported, positions, ("labels", "splits", "writers", "notes", "flags", "created"))
    wanted = facts_of(exported, positions)["sources"]
    assert [source for source, there in zip(found.sources, wanted, strict=True) if there] == [*filter(None, wanted)]


def test_drawings_come_back_from_unipen_but_for_what_it_cannot_say(tmp_path: Path) -> None:
    exported = random_table()
    found = export(exported, tmp_path, "unp")
    positions = np.flatnonzero(exported.table.is_ink)
    for position, content in zip(positions.tolist(), found.contents, strict=True):
        wanted = exported.contents[position]
        assert isinstance(content, Ink)
        assert isinstance(wanted, Ink)
        for stroke, again in zip(wanted.strokes, content.strokes, strict=True):
            np.testing.assert_array_equal(again.points, stroke.points)
            np.testing.assert_allclose(again.times, stroke.times, atol=1e-6)
            np.testing.assert_allclose(again.pressures, stroke.pressures, atol=1e-6)
    check_facts(found, exported, positions, ("labels", "writers"))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("size", [(20, 20), (28, 28)])
def test_pictures_of_one_size_stay_as_they_are(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    chance = np.random.default_rng(3)
    contents: list[Content] = [chance.integers(0, 256, size, np.uint8) for _ in range(700)]
    exported = table_from(contents, [str(place % 10) for place in range(700)])
    found = export(exported, tmp_path, name)
    for content, wanted in zip(found.contents, contents, strict=True):
        check_content(content, wanted)
    check_facts(found, exported, exported.every, ("labels",))


@pytest.mark.parametrize("name", ["npz", "idx"])
def test_pictures_need_not_be_square(tmp_path: Path, name: str) -> None:
    contents: list[Content] = [np.random.default_rng(place).integers(0, 256, (9, 5), np.uint8) for place in range(5)]
    found = export(table_from(contents, ["x"] * 5), tmp_path, name)
    for content, wanted in zip(found.contents, contents, strict=True):
        check_content(content, wanted)


def test_in_a_csv_pictures_that_are_not_square_are_as_models_see_them(tmp_path: Path) -> None:
    contents: list[Content] = [np.full((9, 5), 200, np.uint8) for _ in range(3)]
    found = export(table_from(contents, ["x"] * 3), tmp_path, "csv")
    for position, content in enumerate(found.contents):
        check_content(content, seen(position))


@pytest.mark.parametrize("name", PICTURES)
def test_one_picture_of_another_size_late_makes_all_as_models_see_them(tmp_path: Path, name: str) -> None:
    contents: list[Content] = [np.full((20, 20), 200, np.uint8)] * 599 + [np.full((20, 21), 200, np.uint8)]
    found = export(table_from(contents, ["1"] * 600), tmp_path, name)
    assert len(found.contents) == 600
    for position in (0, 300, 599):
        check_content(found.contents[position], seen(position))


@pytest.mark.parametrize("name", [*FORMATS])
def test_a_selection_comes_in_its_order(tmp_path: Path, name: str) -> None:
    exported = random_table(labels=("0", "1", "2", "3"))
    positions = np.array([21, 3, 45, 9, 33], np.int64)
    exported.table.splits[:] = SPLITS.index(Split.TEST)
    found = export(exported, tmp_path, name, positions)
    wanted = facts_of(exported, positions)["labels"]
    assert found.labels == wanted
    if name not in ("unp",):
        assert found.splits == [Split.TEST] * 5


@pytest.mark.parametrize("name", [*FORMATS])
def test_more_than_one_slice_of_drawings(tmp_path: Path, name: str) -> None:
    inks = [random_ink(place) for place in range(600)]
    exported = table_from(inks, [str(place % 7) for place in range(600)], splits=[SPLITS[0]] * 600)
    found = export(exported, tmp_path, name)
    assert found.labels == [str(place % 7) for place in range(600)]
    for position in (0, 255, 256, 511, 512, 599):
        if FORMATS[name].keeps_strokes and name != "unp":
            check_content(found.contents[position], inks[position])


@pytest.mark.parametrize("name", ["zip", "parquet", "inkml"])
@pytest.mark.parametrize("width", [0.1, 1 / 3, 12345.678901234567])
def test_the_width_of_a_pen_keeps_all_its_digits(tmp_path: Path, name: str, width: float) -> None:
    ink = Ink(random_ink(5).strokes, width)
    (content,) = export(table_from([ink], ["a"]), tmp_path, name).contents
    check_content(content, ink)


@pytest.mark.parametrize("name", ["zip", "parquet", "npz", "csv", "strokes", "inkml", "unp"])
@pytest.mark.parametrize("label", ODD_LABELS)
def test_a_label_of_any_text(tmp_path: Path, name: str, label: str) -> None:
    exported = table_from([random_ink(1), random_ink(2)], [label, "other"])
    assert export(exported, tmp_path, name).labels == [label, "other"]


@pytest.mark.parametrize("count", [256, 257])
def test_idx_numbers_more_classes_than_a_byte_can(tmp_path: Path, count: int) -> None:
    labels = [f"class {place}" for place in range(count)]
    exported = table_from([np.full((3, 3), 99, np.uint8)] * count, labels)
    assert export(exported, tmp_path, "idx").labels == labels
    kind = (tmp_path / "out" / "train-labels-idx1-ubyte").read_bytes()[2]
    assert kind == (0x08 if count == 256 else 0x0C)


def test_idx_of_digits_needs_no_names_unless_some_are_unlabelled(tmp_path: Path) -> None:
    pictures: list[Content] = [np.full((3, 3), 99, np.uint8)] * 3
    assert export(table_from(pictures, ["9", "0", "9"]), tmp_path, "idx").labels == ["9", "0", "9"]
    assert not (tmp_path / "out" / "labels.txt").exists()
    assert read_idx(tmp_path / "out" / "train-labels-idx1-ubyte").tolist() == [9, 0, 9]
    assert export(table_from(pictures, ["9", "", "0"]), tmp_path, "idx").labels == ["9", "", "0"]
    assert (tmp_path / "out" / "labels.txt").read_text() == "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n\n"
    assert read_idx(tmp_path / "out" / "train-labels-idx1-ubyte").tolist() == [9, 10, 0]


@pytest.mark.parametrize("name", ["zip", "parquet", *PICTURES])
def test_a_thousand_digits_of_mnist(tmp_path: Path, real_mnist_folder: Path, name: str) -> None:
    images = read_idx(real_mnist_folder / "t10k-images-idx3-ubyte.gz")
    labels = read_idx(real_mnist_folder / "t10k-labels-idx1-ubyte.gz").astype(np.int64)
    splits = np.resize(np.arange(3, dtype=np.uint8), len(images))
    table = table_of(Dataset("mnist", "MNIST", images, labels, splits))
    positions = np.random.default_rng(0).permutation(len(images))[:1000].astype(np.int64)
    to = target(tmp_path, name)
    report = export_samples(table, positions, table.pictures, to, name)
    assert report.count == 1000
    found = read_back(to, tmp_path)
    if name in ("npz", "idx"):
        positions = positions[np.argsort(splits[positions], kind="stable")]
    np.testing.assert_array_equal(np.stack(found.contents), images[positions])  # type: ignore[arg-type]
    assert found.labels == [str(label) for label in labels[positions]]
    assert found.splits == [SPLITS[split] for split in splits[positions]]
