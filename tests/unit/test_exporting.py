"""Exports: what the files look like, and that one appears whole or not at all."""

import csv
import errno
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from exporting_samples import Exported, random_ink, random_table, read_back, seen, table_from
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import Split
from recognizer.library.exporting import class_zip, ink_files, outgoing, place, spool
from recognizer.library.exporting.export import FORMATS, export_samples, format_of
from recognizer.library.exporting.folders import class_folders
from recognizer.library.exporting.outgoing import SLICE, iso_time
from recognizer.library.exporting.png import png_of
from recognizer.library.samples import Content

EVERY = [*FORMATS]


def target(folder: Path, name: str) -> Path:
    return folder / f"out{FORMATS[name].suffix}"


def grey(*levels: int) -> list[Content]:
    return [np.full((2, 2), level, np.uint8) for level in levels]


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def contents_of(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.iterdir())
    return {file.name: file.read_bytes() for file in files}


# Formats


@pytest.mark.parametrize(
    ("name", "format", "wanted"),
    [
        ("a.zip", None, "zip"),
        ("a.ZIP", "", "zip"),
        ("a.zip", "idx", "idx"),
        ("a", None, "idx"),
        ("a", "idx", "idx"),
        ("mnist.1998", "idx", "idx"),
        ("a.npz", None, "npz"),
        ("a.npz", "strokes", "strokes"),
        ("a.csv", None, "csv"),
        ("a.parquet", None, "parquet"),
        ("a.inkml", None, "inkml"),
        ("a.unp", None, "unp"),
        ("a.unipen", None, "unp"),
    ],
)
def test_the_format_is_what_is_named_or_what_the_ending_says(name: str, format: str | None, wanted: str) -> None:
    assert format_of(Path(name), format).name == wanted


@pytest.mark.parametrize(
    ("name", "format", "reason"),
    [
        ("a.docx", None, ".csv, .inkml, .npz, .parquet, .unipen, .unp, .zip"),
        ("a.npz", "hdf5", "zip, parquet, npz, idx, csv, inkml, unp, strokes"),
        ("a.npz", "csv", "Let its name end with .csv"),
        ("a", "zip", "Let its name end with .zip"),
    ],
)
def test_other_formats_are_refused(name: str, format: str | None, reason: str) -> None:
    with pytest.raises(RecognizerError) as caught:
        format_of(Path(name), format)
    assert reason in caught.value.fix


def test_a_folder_is_taken_for_idx_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "data.1").mkdir()
    assert format_of(tmp_path / "data.1").name == "idx"


def test_every_format_has_words_for_itself() -> None:
    words = [each.words() for each in FORMATS.values()]
    assert all(words)
    assert len(set(words)) == len(FORMATS)


# What the files look like


def test_a_zip_has_a_folder_for_each_class_and_a_table(tmp_path: Path) -> None:
    exported = table_from(
        [*grey(10, 20), random_ink(1), *grey(30)],
        ["a", "A", "=x,", ""],
        splits=[Split.TRAIN, Split.TEST, Split.VALIDATION, Split.TEST],
        writers=["", 'Al "X"', "", ""],
        notes=["", "", "@home", ""],
        flags=[0, 3, 0, 0],
        created=[0, 0, 0, 1_000_000_000],
    )
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "train/a/000001.png",
            "test/A_2/000002.png",
            "validation/=x%2C/000003.inkml",
            "test/unlabelled/000004.png",
            "samples.csv",
        ]
        table = archive.read("samples.csv").decode("utf-8")
    assert table.splitlines() == [
        "file,label,split,writer,source,note,flags,created",
        "train/a/000001.png,a,train,,,,,",
        'test/A_2/000002.png,A,test,"Al ""X""",,,3,',
        "validation/=x%2C/000003.inkml,\"'=x,\",validation,,,'@home,,",
        "test/unlabelled/000004.png,,test,,,,,2001-09-09T01:46:40Z",
    ]


def test_folders_of_classes_are_safe_on_every_system() -> None:
    labels = [
        "",
        "7",
        "a",
        "A",
        "a_2",
        "..",
        "../x",
        "CON",
        "lpt1",
        "aux.",
        "<b>",
        "汉字",
        "\u202eabc",
        "é",
        "x y",
        ".",
    ]
    assert class_folders(labels) == {
        "": "unlabelled",
        "7": "7",
        "a": "a",
        "A": "A_2",
        "a_2": "a_2_2",
        "..": "%2E%2E",
        "../x": "%2E%2E%2Fx",
        "CON": "_CON",
        "lpt1": "_lpt1",
        "aux.": "aux%2E",
        "<b>": "%3Cb%3E",
        "汉字": "汉字",
        "\u202eabc": "%E2%80%AEabc",
        "é": "é",
        "x y": "x%20y",
        ".": "%2E",
    }


@pytest.mark.parametrize("pair", [("é", "e\u0301"), ("ß", "SS"), ("ﬁ", "fi"), ("unlabelled", "")])
def test_no_two_folders_are_the_same_to_any_system(pair: tuple[str, str]) -> None:
    one, other = class_folders(pair).values()
    assert other == f"{class_folders([pair[1]])[pair[1]]}_2"
    assert one != other


def test_a_name_of_many_signs_is_cut() -> None:
    one, other = class_folders(["汉" * 100, "汉" * 101]).values()
    assert len(one) == 80
    assert other == f"{one}_2"


def test_arrays_of_each_split(tmp_path: Path) -> None:
    exported = table_from(grey(10, 20, 30), ["3", "1", "12"], splits=[Split.TRAIN, Split.TEST, Split.TRAIN])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["x_test", "x_train", "y_test", "y_train"]
        assert arrays["x_train"].tolist() == [[[10, 10], [10, 10]], [[30, 30], [30, 30]]]
        assert arrays["x_train"].dtype == np.uint8
        assert arrays["y_train"].tolist() == [3, 12]
        assert arrays["y_train"].dtype == np.int64
        assert arrays["y_test"].tolist() == [1]


def test_arrays_with_all_that_is_known(tmp_path: Path) -> None:
    exported = table_from(
        grey(10, 20),
        ["3", "007"],
        splits=[Split.TEST, Split.TRAIN],
        writers=["", "Ann"],
        sources=["", "一"],
        notes=["n", ""],
        flags=[0, 2],
        created=[9, 0],
    )
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        found = {name: (arrays[name].dtype.str, arrays[name].tolist()) for name in arrays if name != "x"}
    assert found == {
        "y": ("<U3", ["3", "007"]),
        "splits": ("<U5", ["test", "train"]),
        "writers": ("<U3", ["", "Ann"]),
        "sources": ("<U1", ["", "一"]),
        "notes": ("<U1", ["n", ""]),
        "flags": ("|u1", [0, 2]),
        "created": ("<i8", [9, 0]),
    }


@pytest.mark.parametrize("label", ["007", "-3", "+1", "1.0", "٣", "9" * 19, "x"])
def test_labels_that_are_no_plain_whole_numbers_make_all_of_them_text(tmp_path: Path, label: str) -> None:
    exported = table_from(grey(10, 20), ["5", label])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert arrays["y_train"].tolist() == ["5", label]


def test_large_texts_are_not_packed_so_that_they_are_not_taken_for_a_trap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_SMALL", 100)
    exported = table_from(grey(*range(40, 60)), ["5"] * 20, writers=["abcdef"] * 20)
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.npz")
    with zipfile.ZipFile(tmp_path / "x.npz") as archive:
        packing = {info.filename: info.compress_type for info in archive.infolist()}
    assert packing["writers.npy"] == zipfile.ZIP_STORED
    assert packing["x.npy"] == packing["y.npy"] == zipfile.ZIP_DEFLATED
    assert read_back(tmp_path / "x.npz", tmp_path).writers == ["abcdef"] * 20


def test_a_csv_as_kaggle_has_it(tmp_path: Path) -> None:
    exported = table_from(grey(10, 255), ["7", "=a"])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == (
        "label,pixel0,pixel1,pixel2,pixel3\n7,10,10,10,10\n'=a,255,255,255,255\n"
    )


def test_a_csv_has_more_columns_where_they_say_something(tmp_path: Path) -> None:
    exported = table_from(grey(1, 200), ["7", "8"], splits=[Split.TEST, Split.TRAIN], notes=["", "a\nb"])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text(), newline="")))
    assert [(row["label"], row["split"], row["note"], row["pixel3"]) for row in rows] == [
        ("7", "test", "", "1"),
        ("8", "train", "a\nb", "200"),
    ]
    assert set(rows[0]) == {"label", "split", "note", "pixel0", "pixel1", "pixel2", "pixel3"}


@pytest.mark.parametrize(("height", "width", "is_kept"), [(512, 512, True), (513, 513, False), (1, 1, False)])
def test_pictures_in_a_csv_are_of_a_size_whose_rows_are_read_again(
    tmp_path: Path, height: int, width: int, is_kept: bool
) -> None:
    exported = table_from([np.full((height, width), 255, np.uint8)], ["7"])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.csv")
    header = (tmp_path / "x.csv").read_text().split("\n", 1)[0]
    assert header.count("pixel") == (height * width if is_kept else 28 * 28)


def test_parquet_is_laid_out_as_hugging_face_has_it(tmp_path: Path) -> None:
    import duckdb

    ink = Ink(random_ink(3).strokes[:1], 0.1)
    exported = table_from(
        [np.full((2, 3), 7, np.uint8), ink], ["é", ""], writers=["", "w"], flags=[0, 2], created=[1_000_000_000, 0]
    )
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.parquet")
    with duckdb.connect() as connection:
        path = str(tmp_path / "x.parquet")
        kinds = dict(row[:2] for row in connection.execute("DESCRIBE FROM read_parquet(?)", [path]).fetchall())
        rows = connection.execute("SELECT * REPLACE (created::VARCHAR AS created) FROM read_parquet(?)", [path])
        first, second = (dict(zip(kinds, row, strict=True)) for row in rows.fetchall())
        codecs = connection.execute("SELECT DISTINCT compression FROM parquet_metadata(?)", [path]).fetchall()
    assert kinds == {
        "image": "STRUCT(bytes BLOB, path VARCHAR)",
        "strokes": 'STRUCT(x FLOAT[], y FLOAT[], "time" FLOAT[], pressure FLOAT[])[]',
        "pen_width": "DOUBLE",
        "label": "VARCHAR",
        "split": "VARCHAR",
        "writer": "VARCHAR",
        "source": "VARCHAR",
        "note": "VARCHAR",
        "flags": "INTEGER",
        "created": "TIMESTAMP",
    }
    assert codecs == [("ZSTD",)]
    assert first["image"] == {"bytes": png_of(np.full((2, 3), 7, np.uint8)), "path": "000001.png"}
    assert (first["strokes"], first["pen_width"], first["created"]) == (None, None, "2001-09-09 01:46:40")
    assert (first["label"], first["split"], first["writer"], first["flags"]) == ("é", "train", None, 0)
    assert (second["image"], second["label"], second["writer"], second["flags"]) == (None, None, "w", 2)
    assert second["pen_width"] == 0.1
    assert second["strokes"][0]["x"] == ink.strokes[0].points[:, 0].tolist()
    assert second["strokes"][0]["time"] == ink.strokes[0].times.tolist()
    assert second["created"] is None


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (3, 700), (300, 300)])
def test_pictures_as_png_are_those_that_went_in(size: tuple[int, int]) -> None:
    from PIL import Image

    picture = np.random.default_rng(2).integers(0, 256, size, np.uint8)
    with Image.open(io.BytesIO(png_of(picture))) as image:
        assert (image.format, image.mode, image.info) == ("PNG", "L", {})
        np.testing.assert_array_equal(np.asarray(image), picture)


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0, ""), (-5, ""), (1, "1970-01-01T00:00:01Z"), (253402300799, "9999-12-31T23:59:59Z"), (253402300800, "")],
)
def test_times(seconds: int, wanted: str) -> None:
    assert iso_time(seconds) == wanted


# How it is done


@pytest.mark.parametrize("name", EVERY)
def test_originals_are_asked_for_some_hundred_at_a_time(tmp_path: Path, name: str) -> None:
    exported = table_from([random_ink(place % 9) for place in range(600)], ["1"] * 600)
    sizes: list[int] = []
    told: list[tuple[int, int]] = []

    def originals(positions: NDArray[np.int64]) -> list[Content]:
        sizes.append(len(positions))
        return exported.originals(positions)

    to = target(tmp_path, name)
    export_samples(
        exported.table, exported.every, originals, to, name, lambda done, total, message: told.append((done, total))
    )
    assert max(sizes, default=0) <= SLICE
    assert told[0] == (0, 600)
    assert told[-1] == (600, 600)
    assert everything_in(tmp_path)[0] == to.name


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_cancelled_export_leaves_nothing(tmp_path: Path, name: str, after: int) -> None:
    exported = table_from([random_ink(1)] * 2500, ["1"] * 2500)
    token = CancellationToken()
    calls = 0

    def progress(done: int, total: int, message: str) -> None:
        nonlocal calls
        if calls == after:
            token.cancel()
        calls += 1

    to = tmp_path / "new" / f"out{FORMATS[name].suffix}"
    with pytest.raises(Cancelled):
        export_samples(exported.table, exported.every, exported.originals, to, name, progress, token)
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("name", EVERY)
def test_an_export_takes_the_place_of_an_earlier_one(tmp_path: Path, name: str) -> None:
    to = target(tmp_path, name)
    first = table_from([random_ink(1)], ["1"], splits=[Split.TEST])
    export_samples(first.table, first.every, first.originals, to, name)
    before = contents_of(to)
    second = table_from([random_ink(2)], ["2"])
    export_samples(second.table, second.every, second.originals, to, name)
    assert contents_of(to) != before
    assert read_back(to, tmp_path).labels == ["2"]
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == {to.name}


@pytest.mark.parametrize("name", EVERY)
def test_what_was_there_stays_when_an_export_fails(tmp_path: Path, name: str) -> None:
    to = target(tmp_path, name)
    exported = table_from([random_ink(1)], ["1"])
    export_samples(exported.table, exported.every, exported.originals, to, name)
    before = contents_of(to)
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        export_samples(exported.table, exported.every, exported.originals, to, name, token=token)
    assert contents_of(to) == before
    assert [path.name for path in tmp_path.iterdir()] == [to.name]


class FullDisk:
    """Stands for a file on a disk that takes no more."""

    def __init__(self, file: io.BufferedWriter, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, content: bytes) -> int:
        self._room -= len(content)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(content)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.mark.parametrize("name", ["zip", "npz", "idx", "csv", "inkml", "strokes"])
@pytest.mark.parametrize("room", [0, 5, 700, 3000])
def test_no_space_left(tmp_path: Path, name: str, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *more: object, **options: object) -> object:
        file = opened(path, mode, *more, **options)  # type: ignore[call-overload]
        return FullDisk(file, room) if "x" in mode else file

    monkeypatch.setattr(Path, "open", full)
    exported = table_from([random_ink(place) for place in range(300)], ["1"] * 300)
    to = tmp_path / "new" / f"out{FORMATS[name].suffix}"
    with pytest.raises(RecognizerError) as caught:
        export_samples(exported.table, exported.every, exported.originals, to, name)
    assert caught.value.what == "There is no space left on the disk"
    assert str(to) in caught.value.where
    assert caught.value.exit_code == 1
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("name", EVERY)
def test_a_folder_that_may_not_be_written(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    exported = table_from([random_ink(1)], ["1"])
    to = tmp_path / "file" / f"out{FORMATS[name].suffix}"
    with pytest.raises(RecognizerError, match=r"cannot be written"):
        export_samples(exported.table, exported.every, exported.originals, to, name)
    assert everything_in(tmp_path) == ["file"]


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    exported = table_from(grey(200), ["1"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear")
    with pytest.raises(RecognizerError, match=r"already something else") as caught:
        export_samples(exported.table, exported.every, exported.originals, tmp_path / "mine")
    assert "diary.txt" in caught.value.where
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecognizerError, match=r"already something else"):
        export_samples(exported.table, exported.every, exported.originals, tmp_path / "file", "idx")
    assert everything_in(tmp_path) == ["file", "mine", "mine/diary.txt"]


def test_what_came_into_the_folder_meanwhile_is_not_lost(tmp_path: Path) -> None:
    exported = table_from(grey(200), ["1"])
    (tmp_path / "out").mkdir()

    def progress(done: int, total: int, message: str) -> None:
        (tmp_path / "out" / "late.txt").write_text("x")

    with pytest.raises(RecognizerError, match=r"already something else"):
        export_samples(exported.table, exported.every, exported.originals, tmp_path / "out", "idx", progress)
    assert everything_in(tmp_path) == ["out", "out/late.txt"]


def test_an_empty_folder_is_used_and_an_earlier_export_leaves_no_files_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    exported = table_from(grey(200, 100), ["x", "y"], splits=[Split.TRAIN, Split.TEST])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "out")
    assert everything_in(tmp_path / "out") == [
        "labels.txt",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
    ]
    exported = table_from(grey(200), ["1"], splits=[Split.VALIDATION])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "out")
    assert everything_in(tmp_path) == [
        "out",
        "out/validation-images-idx3-ubyte",
        "out/validation-labels-idx1-ubyte",
    ]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    exported = table_from(grey(200), ["1"])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "link", "idx")
    assert (tmp_path / "link").is_symlink()
    assert len(everything_in(tmp_path / "real")) == 2


def test_the_earlier_folder_comes_back_where_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = table_from(grey(200), ["1"])
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "out")
    before = contents_of(tmp_path / "out")
    replace = place.os.replace

    def refused(source: Path, target: Path) -> None:
        if Path(source).suffix == ".part":
            raise PermissionError(errno.EACCES, "in use")
        replace(source, target)

    monkeypatch.setattr(place.os, "replace", refused)
    other = table_from(grey(100), ["2"])
    with pytest.raises(RecognizerError, match=r"in use"):
        export_samples(other.table, other.every, other.originals, tmp_path / "out")
    assert contents_of(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# What cannot be exported


def damaged(exported: Exported, bad: set[int]) -> object:
    def originals(positions: NDArray[np.int64]) -> list[Content]:
        if bad & set(positions.tolist()):
            raise RecognizerError("A sample of the library is gone or damaged", where="id")
        return exported.originals(positions)

    return originals


@pytest.mark.parametrize("name", ["zip", "parquet", "npz", "idx", "csv"])
def test_samples_that_cannot_be_read_are_named_and_the_others_written(tmp_path: Path, name: str) -> None:
    exported = table_from(
        [np.full((4, 4), 255 - place % 200, np.uint8) for place in range(600)], [str(place) for place in range(600)]
    )
    bad = {0, 299, 300, 599}
    to = target(tmp_path, name)
    report = export_samples(exported.table, exported.every, damaged(exported, bad), to, name)  # type: ignore[arg-type]
    assert report.count == 596
    assert report.left_out == 0
    assert [problem.where for problem in report.problems] == ["Some: 0", "Some: 299", "Some: 300", "Some: 599"]
    found = read_back(to, tmp_path)
    wanted = [place for place in range(600) if place not in bad]
    assert found.labels == [str(place) for place in wanted]
    assert [int(np.max(picture)) for picture in found.contents] == [255 - place % 200 for place in wanted]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EVERY)
def test_where_no_sample_can_be_read_there_is_no_file(tmp_path: Path, name: str) -> None:
    exported = table_from([random_ink(place) for place in range(3)], ["1"] * 3)
    to = target(tmp_path, name)
    if not FORMATS[name].keeps_strokes:
        exported.table.is_ink[:] = False
    with pytest.raises(RecognizerError, match=r"gone or damaged"):
        export_samples(exported.table, exported.every, damaged(exported, {0, 1, 2}), to, name)  # type: ignore[arg-type]
    assert everything_in(tmp_path) == []


def test_an_export_gives_up_where_too_many_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_PROBLEMS", 3)
    exported = table_from(grey(*[200] * 9), ["1"] * 9)
    with pytest.raises(RecognizerError, match=r"gone or damaged"):
        export_samples(
            exported.table,
            exported.every,
            damaged(exported, {1, 2, 3, 4}),  # type: ignore[arg-type]
            tmp_path / "x.zip",
        )
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("name", EVERY)
def test_nothing_to_export(tmp_path: Path, name: str) -> None:
    exported = table_from([random_ink(1)], ["1"])
    with pytest.raises(RecognizerError, match=r"no samples to export"):
        export_samples(exported.table, exported.every[:0], exported.originals, target(tmp_path, name), name)


@pytest.mark.parametrize("name", ["inkml", "unp", "strokes"])
def test_pictures_alone_are_no_drawings(tmp_path: Path, name: str) -> None:
    exported = table_from(grey(200), ["1"])
    with pytest.raises(RecognizerError, match=r"None of the samples is a drawing"):
        export_samples(exported.table, exported.every, exported.originals, target(tmp_path, name), name)
    assert everything_in(tmp_path) == []


def test_unipen_leaves_out_empty_drawings(tmp_path: Path) -> None:
    exported = table_from([random_ink(1), Ink(), *grey(200)], ["1", "2", "3"])
    report = export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.unp")
    assert (report.count, report.left_out, report.problems) == (1, 2, ())


def test_a_zip_is_no_larger_than_what_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_zip, "MAX_FILES", 4)
    exported = table_from(grey(200, 200, 200, 200), ["1"] * 4)
    report = export_samples(exported.table, exported.every[:3], exported.originals, tmp_path / "x.zip")
    assert report.count == 3
    with pytest.raises(RecognizerError, match=r"4 samples, at most 3"):
        export_samples(exported.table, exported.every, exported.originals, tmp_path / "y.zip")
    assert everything_in(tmp_path) == ["x.zip"]


@pytest.mark.parametrize(
    ("name", "bound", "value"),
    [
        ("inkml", "MAX_POINTS", 40),
        ("inkml", "MAX_ELEMENTS", 150),
        ("inkml", "MAX_FILE_BYTES", 3000),
        ("unp", "MAX_POINTS", 40),
        ("unp", "MAX_STATEMENTS", 150),
    ],
)
def test_ink_files_are_no_larger_than_what_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, bound: str, value: int
) -> None:
    monkeypatch.setattr(ink_files, bound, value)
    monkeypatch.setattr(ink_files, "_BLOCK", 1)
    exported = table_from([random_ink(place) for place in range(40)], ["1"] * 40)
    with pytest.raises(RecognizerError, match=r"too many drawings"):
        export_samples(exported.table, exported.every, exported.originals, target(tmp_path, name), name)
    assert everything_in(tmp_path) == []


def test_every_other_program_can_read_the_arrays_of_mixed_samples(tmp_path: Path) -> None:
    exported = random_table()
    export_samples(exported.table, exported.every, exported.originals, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert arrays["x"].shape == (60, 28, 28)
        np.testing.assert_array_equal(arrays["x"][17], seen(17))
        assert json.dumps(arrays["y"].tolist())
