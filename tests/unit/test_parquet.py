"""Parquet: every layout that is read, in bounded chunks, and files that must be refused or survived."""

import io
import json
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from parquet_mutations import CODECS, make
from PIL import Image

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.progress import no_progress
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import Split
from recognizer.library.duck import connected, literal
from recognizer.library.exporting.png import png_of
from recognizer.library.importing import parquet_file, parquet_windows
from recognizer.library.importing.parquet import ParquetSource, is_parquet
from recognizer.library.importing.parquet_pages import PAGE_HEADER, as_file, dictionary_page
from recognizer.library.importing.reader import ImportOptions
from recognizer.library.samples import Chunk, Content

HERE = Path(__file__).parent
PLAIN = ImportOptions()


def write(path: Path, query: str, values: list[Any] | None = None, more: str = "") -> Path:
    """Write what a query gives."""
    with duckdb.connect() as connection:
        target = str(path).replace("'", "''")
        connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet{more})", values or [])
    return path


def read(path: Path, options: ImportOptions = PLAIN) -> list[Chunk]:
    return list(ParquetSource(path, options).chunks(no_progress))


def contents(chunks: list[Chunk]) -> list[Content]:
    return [content for chunk in chunks for content in chunk.contents]


def labels(chunks: list[Chunk]) -> list[str]:
    return [label for chunk in chunks for label in chunk.labels]


def problems(chunks: list[Chunk]) -> list[str]:
    return [f"{problem.where}: {problem.error}" for chunk in chunks for problem in chunk.problems]


def refused(path: Path) -> RecognizerError:
    with pytest.raises(RecognizerError) as caught:
        read(path)
    assert path.name in caught.value.where
    assert caught.value.fix
    return caught.value


def pictures(n: int, size: tuple[int, int] = (28, 28)) -> NDArray[np.uint8]:
    return np.random.default_rng(n).integers(0, 256, (n, *size), np.uint8)


def encoded(picture: NDArray[np.uint8], kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind)
    return buffer.getvalue()


# Layouts


@pytest.mark.parametrize("column", ["image", "img"])
def test_a_dataset_of_hugging_face(tmp_path: Path, column: str) -> None:
    images = pictures(5)
    features = {column: {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": ["zero", "一", "<two>"]}}
    metadata = json.dumps({"info": {"features": features}}).replace("'", "''")
    path = write(
        tmp_path / "train-00000-of-00001.parquet",
        f"SELECT {{bytes: unnest($1::BLOB[]), path: NULL::VARCHAR}} AS {column}, "
        "unnest([0, 1, 2, -1, 3])::BIGINT AS label",
        [[encoded(image) for image in images]],
        f", KV_METADATA {{huggingface: '{metadata}'}}",
    )
    (chunk,) = read(path)
    np.testing.assert_array_equal(chunk.contents, images)
    assert chunk.labels == ["zero", "一", "<two>", "", ""]
    assert chunk.splits == [Split.TRAIN] * 5
    assert chunk.sources == [path.name] * 5
    preview = ParquetSource(path, PLAIN).preview()
    assert (preview.path, preview.kind, preview.count) == (path, "Parquet table", 5)
    assert preview.labels == (("<two>", 1), ("zero", 1), ("一", 1))
    assert (preview.has_labels, preview.has_splits, preview.has_writers) == (True, True, False)
    np.testing.assert_array_equal(preview.first.contents, images)


def test_a_column_of_files_of_several_kinds_and_sizes(tmp_path: Path) -> None:
    images = [pictures(1, size)[0] for size in ((3, 9), (28, 28), (40, 20))]
    files = [encoded(images[0]), encoded(images[1], "BMP"), encoded(images[2], "TIFF")]
    path = write(tmp_path / "x.parquet", "SELECT unnest($1::BLOB[]) AS data, unnest(['a', NULL, '']) AS class", [files])
    (chunk,) = read(path)
    for content, image in zip(chunk.contents, images, strict=True):
        np.testing.assert_array_equal(content, image)
    assert chunk.labels == ["a", "", ""]


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("UTINYINT", (64,)),
        ("SMALLINT", (64,)),
        ("BIGINT", (8, 8)),
        ("DOUBLE", (64,)),
        ("UTINYINT", (4, 16)),
        ("FLOAT", (8, 8, 1)),
        ("UTINYINT", (1, 8, 8)),
    ],
)
def test_lists_of_pixels(tmp_path: Path, kind: str, shape: tuple[int, ...]) -> None:
    images = pictures(300, (8, 8))
    values = images.reshape(300, *shape).tolist()
    dimensions = "[]" * len(shape)
    path = write(
        tmp_path / "x.parquet", f"SELECT unnest($1::{kind}{dimensions}[]) AS pixels, unnest(range(300)) AS y", [values]
    )
    found = np.stack(contents(read(path)))  # type: ignore[arg-type]
    size = {1: (8, 8), 2: shape, 3: (8, 8)}[len(shape)]
    np.testing.assert_array_equal(found, images.reshape(300, *size))
    assert labels(read(path)) == [str(number) for number in range(300)]


def test_lists_of_colours_become_grey(tmp_path: Path) -> None:
    query = "SELECT [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]]::UTINYINT[][][] AS image"
    expected = [[76, 150], [29, 255]]
    (chunk,) = read(write(tmp_path / "last.parquet", query))
    assert np.asarray(chunk.contents).tolist() == [expected]
    query = "SELECT [[[255, 0], [0, 255]], [[0, 255], [0, 255]], [[0, 0], [255, 255]]]::UTINYINT[][][] AS image"
    (chunk,) = read(write(tmp_path / "first.parquet", query))
    assert np.asarray(chunk.contents).tolist() == [expected]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("[0, 0.5, 1, 0]::FLOAT[]", [0, 128, 255, 0]),
        ("[-1, 0, 1, 0]::DOUBLE[]", [0, 128, 255, 128]),
        ("[0, 8, 16, 4]::INTEGER[]", [0, 128, 255, 64]),
        ("[0, 65535, 257, 0]::USMALLINT[]", [0, 255, 1, 0]),
        ("[false, true, true, false]", [0, 255, 255, 0]),
    ],
)
def test_ranges_of_grey(tmp_path: Path, query: str, expected: list[int]) -> None:
    (chunk,) = read(write(tmp_path / "x.parquet", f"SELECT {query} AS pixels"))
    assert np.asarray(chunk.contents).ravel().tolist() == expected


@pytest.mark.parametrize("index", ["", "0 AS __index_level_0__, ", "7 AS id, ", '3 AS "Unnamed: 0", '])
def test_a_column_for_each_pixel(tmp_path: Path, index: str) -> None:
    cells = ", ".join(f'(i + {place}) % 256 AS "p""{place}"' for place in range(16))
    path = write(tmp_path / "x.parquet", f"SELECT {index}{cells}, 'c' || i AS label FROM range(5000) t(i)")
    chunks = read(path)
    found = np.concatenate([np.asarray(chunk.contents) for chunk in chunks])
    expected = (np.arange(5000)[:, None] + np.arange(16)) % 256
    np.testing.assert_array_equal(found, expected.reshape(5000, 4, 4))
    assert labels(chunks) == [f"c{number}" for number in range(5000)]
    assert max(map(len, chunks)) <= 4096


def test_strokes_with_and_without_times(tmp_path: Path) -> None:
    full = "[{x: [1, 2], y: [3, 4], time: [0, 0.5], pressure: [0.25, 1]}, {x: [], y: [], time: [], pressure: []}]"
    kind = 'STRUCT(x FLOAT[], y FLOAT[], "time" FLOAT[], pressure FLOAT[])[]'
    path = write(tmp_path / "full.parquet", f"SELECT {full}::{kind} AS strokes, 2.5 AS pen_width, 'a' AS label")
    (ink,) = contents(read(path))
    assert isinstance(ink, Ink)
    (stroke,) = ink.strokes
    assert stroke.points.tolist() == [[1, 3], [2, 4]]
    assert stroke.times.tolist() == [0, 0.5]
    assert stroke.pressures.tolist() == [0.25, 1]
    assert ink.pen_width == 2.5
    path = write(
        tmp_path / "bare.parquet", "SELECT [{x: [1.0, 2.0], y: [3.0, 4.0]}]::STRUCT(x DOUBLE[], y DOUBLE[])[] s"
    )
    (ink,) = contents(read(path))
    assert isinstance(ink, Ink)
    assert ink.strokes[0].points.tolist() == [[1, 3], [2, 4]]
    assert ink.strokes[0].times.tolist() == [0, 0]
    assert ink.strokes[0].pressures.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("unnest([3, 4])", ["3", "4"]),
        ("unnest([3.0, NULL])::DOUBLE", ["3", ""]),
        ("unnest(['1.5', 'nan'])::FLOAT", ["1.5", "nan"]),
        ("unnest([true, false])", ["1", "0"]),
        ("unnest(['3.0', '007'])", ["3.0", "007"]),
        ("unnest(['é'::BLOB, encode('é')])", ["", "é"]),
        ("unnest(['=x', '''=x'])", ["=x", "'=x"]),
    ],
)
def test_labels_of_every_type(tmp_path: Path, query: str, expected: list[str]) -> None:
    if "BLOB" in query:
        query = "unnest(['\\xFF'::BLOB, encode('é')])"
    path = write(tmp_path / "x.parquet", f"SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, {query} AS label")
    assert labels(read(path)) == expected


def test_all_that_may_be_known(tmp_path: Path) -> None:
    path = write(
        tmp_path / "test.parquet",
        "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, unnest(['test', 'Validation', 'x']) AS Split, 'w' AS writer, "
        "unnest(['s', NULL, '']) AS source, '=n' AS note, unnest([0, 3, 300]) AS flags, "
        "unnest([TIMESTAMP '2001-09-09 01:46:40', NULL, 'infinity'::TIMESTAMP]) AS created",
    )
    (chunk,) = read(path)
    assert chunk.splits == [Split.TEST, Split.VALIDATION, None]
    assert chunk.writers == ["w"] * 3
    assert chunk.sources == ["s", "", ""]
    assert chunk.notes == ["=n"] * 3
    assert chunk.flags == [0, 3, 0]
    assert chunk.created == [1_000_000_000, 0, 0]
    preview = ParquetSource(path, PLAIN).preview()
    assert (preview.has_labels, preview.has_splits, preview.has_writers) == (False, True, True)


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("'2001-09-09T01:46:40Z'", 1_000_000_000),
        ("1000000000", 1_000_000_000),
        ("TIMESTAMPTZ '2001-09-09 03:46:40+02'", 1_000_000_000),
        ("TIMESTAMP_NS '2001-09-09 01:46:40.5'", 1_000_000_000),
        ("DATE '2001-09-09'", 999_993_600),
        ("TIMESTAMP '1900-01-01'", 0),
    ],
)
def test_times_of_every_type(tmp_path: Path, query: str, seconds: int) -> None:
    (chunk,) = read(write(tmp_path / "x.parquet", f"SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, {query} AS created"))
    assert chunk.created == [seconds]


# Options and order


def test_only_the_split_that_is_wanted(tmp_path: Path) -> None:
    query = "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, i AS label"
    path = write(tmp_path / "train-0.parquet", f"{query} FROM range(3) t(i)")
    source = ParquetSource(path, ImportOptions(only=Split.TEST))
    assert source.count == 0
    assert list(source.chunks(no_progress)) == []
    assert len(contents(read(path, ImportOptions(only=Split.TRAIN)))) == 3
    path = write(
        tmp_path / "x.parquet", f"{query}, CASE i WHEN 1 THEN 'test' ELSE 'train' END AS split FROM range(3) t(i)"
    )
    assert labels(read(path, ImportOptions(only=Split.TEST))) == ["1"]


def test_pictures_on_their_side(tmp_path: Path) -> None:
    upright = np.zeros((60, 9, 9), np.uint8)
    upright[:, 1:8, 4] = 255
    lying = upright.swapaxes(1, 2)
    path = write(tmp_path / "emnist.parquet", "SELECT unnest($1::UTINYINT[][][]) AS pixels", [lying.tolist()])
    assert "EMNIST" in ParquetSource(path, PLAIN).preview().question
    np.testing.assert_array_equal(np.stack(contents(read(path))), upright)  # type: ignore[arg-type]
    kept = read(path, ImportOptions(is_transposed=False))
    np.testing.assert_array_equal(np.stack(contents(kept)), lying)  # type: ignore[arg-type]
    other = path.rename(tmp_path / "other.parquet")
    assert ParquetSource(other, PLAIN).preview().question == ""
    np.testing.assert_array_equal(np.stack(contents(read(other))), lying)  # type: ignore[arg-type]
    turned = read(other, ImportOptions(is_transposed=True))
    np.testing.assert_array_equal(np.stack(contents(turned)), upright)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query", ["[i % 256, i // 256, 255, 0]::UTINYINT[] AS p", "i % 256 AS a, i // 256 AS b, 255 AS c, 0 AS d"]
)
def test_many_row_groups_stay_in_order(tmp_path: Path, query: str) -> None:
    path = write(
        tmp_path / "x.parquet",
        f"SELECT {query}, 'n' || i AS label FROM range(30000) t(i)",
        more=", ROW_GROUP_SIZE 2048",
    )
    told: list[tuple[int, int]] = []
    chunks = list(ParquetSource(path, PLAIN).chunks(lambda done, total, message: told.append((done, total))))
    assert labels(chunks) == [f"n{number}" for number in range(30000)]
    found = np.concatenate([np.asarray(chunk.contents) for chunk in chunks]).reshape(30000, 4)
    np.testing.assert_array_equal(found[:, 0] + 256 * found[:, 1].astype(int), np.arange(30000))
    assert max(map(len, chunks)) <= 4096
    assert told[-1] == (30000, 30000)


def test_chunks_hold_about_16_million_bytes(tmp_path: Path) -> None:
    file = encoded(np.full((2000, 2000), 77, np.uint8))
    path = write(tmp_path / "x.parquet", "SELECT $1::BLOB AS image FROM range(12)", [file])
    chunks = read(path)
    assert [len(chunk) for chunk in chunks] == [5, 5, 2]


def test_contents_are_read_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_windows, "_LIGHT", 3000)
    monkeypatch.setattr(parquet_windows, "MAX_CONTENT", 1000)
    sizes = [500, 900, 20, 1001, 700, 4000, 4000, 30]
    png = encoded(np.full((28, 28), 9, np.uint8))
    files = [png + bytes(size - len(png)) if size > len(png) else b"" for size in sizes]
    path = write(tmp_path / "x.parquet", "SELECT unnest($1::BLOB[]) AS image, unnest(range(8)) AS label", [files])
    chunks = read(path)
    assert labels(chunks) == ["0", "1", "4"]
    found = problems(chunks)
    assert [text.split(": ")[0] for text in found] == [f"{path}, row {row}" for row in (3, 4, 6, 7, 8)]
    assert ["too large" in text for text in found] == [False, True, True, True, False]


# Rows that cannot be used


def test_rows_without_a_picture_are_named(tmp_path: Path) -> None:
    png = encoded(pictures(1)[0])
    path = write(
        tmp_path / "x.parquet",
        "SELECT unnest([{bytes: $1::BLOB, path: 'a'}, NULL, {bytes: NULL, path: 'b'}, {bytes: $2::BLOB, path: 'c'}]) "
        "AS image",
        [png, png[: len(png) // 2]],
    )
    chunks = read(path)
    assert len(contents(chunks)) == 1
    assert [text.split(": ")[0] for text in problems(chunks)] == [f"{path}, row {row}" for row in (2, 3, 4)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("NULL", "neither a picture nor strokes"),
        ("[]", "neither a picture nor strokes"),
        ("[1, 2]", "no square"),
        ("[1, 2, 3, NULL]", "no grey levels"),
        ("[1, 2, 3, 256]", "no grey levels"),
        ("[1, 2, 3, -1]", "no grey levels"),
    ],
)
def test_lists_that_are_no_picture_are_named(tmp_path: Path, row: str, reason: str) -> None:
    good = "(SELECT [i % 256, 99, 255, 0]::INTEGER[] AS pixels, i AS label FROM range(20000) t(i))"
    path = write(
        tmp_path / "x.parquet", f"{good} UNION ALL (SELECT {row}::INTEGER[], 7) UNION ALL (SELECT [5, 6, 7, 8], 9)"
    )
    chunks = read(path)
    assert len(contents(chunks)) == 20001
    assert contents(chunks)[-1].tolist() == [[5, 6], [7, 8]]  # type: ignore[union-attr]
    (problem,) = problems(chunks)
    assert "row 20001" in problem
    assert reason in problem


def test_nested_lists_must_be_rectangles(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT unnest([[[1, 200], [3]], [[1, 200], [3, 4]]])::UTINYINT[][] AS x")
    chunks = read(path)
    assert np.asarray(contents(chunks)).tolist() == [[[1, 200], [3, 4]]]
    assert "no rectangle" in problems(chunks)[0]


@pytest.mark.parametrize("value", ["NULL", "'nan'::FLOAT", "'inf'::FLOAT", "70000"])
def test_cells_that_are_no_grey_level_make_their_row_a_problem(tmp_path: Path, value: str) -> None:
    query = f"SELECT 0::FLOAT AS a, 255::FLOAT AS b, 7::FLOAT AS c, CASE i WHEN 19000 THEN {value} ELSE 9 END AS d"
    chunks = read(write(tmp_path / "x.parquet", f"{query} FROM range(20000) t(i)"))
    assert len(contents(chunks)) == 19999
    assert "row 19001" in problems(chunks)[0]


@pytest.mark.parametrize(
    "strokes",
    [
        "[{x: [1.0, NULL], y: [3.0, 4.0]}]",
        "[{x: [1.0], y: [3.0, 4.0]}]",
        "[{x: ['1.0', 'nan'], y: [3.0, 4.0]}]",
        "[NULL]",
        "[{x: [1.0], y: NULL}]",
    ],
)
def test_strokes_that_cannot_be_used_are_named(tmp_path: Path, strokes: str) -> None:
    path = write(tmp_path / "x.parquet", f"SELECT {strokes}::STRUCT(x DOUBLE[], y DOUBLE[])[] AS strokes")
    assert "row 1" in problems(read(path))[0]


def test_a_file_of_nothing_but_problems_is_given_up(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT 'no picture'::BLOB AS image FROM range(30000)")
    chunks = read(path)
    assert contents(chunks) == []
    assert len(problems(chunks)) == 1000


# Files that must be refused


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT 'a' AS text, 1 AS n", "its columns are text, n"),
        ("SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS label", "its columns are a, b, c, label"),
        ("SELECT {a: 1} AS image", "its columns are image"),
        ("SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels LIMIT 0", "0 samples"),
        ("SELECT [0, -70000, 0, 9] AS pixels", "pixel values from -70000 to 9"),
        ("SELECT ['nan'::FLOAT] AS pixels", "no numbers"),
    ],
)
def test_tables_without_pictures(tmp_path: Path, query: str, reason: str) -> None:
    assert reason in refused(write(tmp_path / "x.parquet", query)).where


def test_only_what_begins_and_ends_as_parquet_is_that(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels")
    assert is_parquet(path)
    whole = path.read_bytes()
    for content in (whole[:-1], b"x" + whole, b"", b"PAR1", b"PAR1PAR1", b"PAR1" + bytes(4) + b"PARE"):
        path.write_bytes(content)
        assert not is_parquet(path)
        assert "does not begin and end as Parquet does" in refused(path).where
    with pytest.raises(RecognizerError, match="no such file"):
        is_parquet(tmp_path / "gone.parquet")


@pytest.mark.parametrize("size", [1 << 30, (1 << 32) - 1, 5000])
def test_a_footer_larger_than_the_file(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels")
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<I", size) + b"PAR1")
    assert f"claims {size:,} bytes" in refused(path).where


def test_a_file_that_vanishes_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels")
    source = ParquetSource(path, PLAIN)
    path.unlink()
    with pytest.raises(RecognizerError, match="no such file"):
        source.preview()


@pytest.mark.parametrize(("bound", "value"), [("MAX_ROWS", 9), ("MAX_COLUMNS", 3), ("MAX_FOOTER", 100)])
def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, 1 AS label FROM range(10)")
    assert len(contents(read(path))) == 10
    monkeypatch.setattr(parquet_file, bound, value)
    refused(path)


def test_lists_that_grow_beyond_all_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of millions of zeros takes a few thousand bytes."""
    monkeypatch.setattr(parquet_file, "_MEMORY", 30)
    query = "SELECT repeat([0::DOUBLE], 4_000_000) AS pixels"
    path = write(tmp_path / "x.parquet", query, more=", COMPRESSION zstd")
    assert path.stat().st_size < 20_000
    assert "too much memory" in refused(path).where


def test_labels_of_thousands_of_bytes(tmp_path: Path) -> None:
    query = "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, {} FROM range(10)"
    path = write(tmp_path / "x.parquet", query.format("repeat('x', 20000) AS label"))
    assert "labels of 20,000 bytes" in refused(path).where
    path = write(
        tmp_path / "y.parquet", query.format("'a' AS label, repeat('x', 20000) AS note, repeat('é', 3000) AS writer")
    )
    (chunk,) = read(path)
    assert chunk.notes == [""] * 10
    assert chunk.writers == ["é" * 2000] * 10


def dictionaries(path: Path) -> list[tuple[int, str]]:
    """Where the dictionaries of a file begin, and how they are packed."""
    with duckdb.connect() as connection:
        query = "SELECT dictionary_page_offset, compression FROM parquet_metadata(?) WHERE dictionary_page_offset > 0"
        return connection.execute(query, [str(path)]).fetchall()


@pytest.mark.parametrize(("codec", "longest"), [("zstd", 40), *((codec, 500) for codec in CODECS)])
def test_a_dictionary_of_long_texts_is_not_copied_for_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, longest: int
) -> None:
    monkeypatch.setattr(parquet_file, "_MAX_COPIES", 300_000)
    size = f"CASE i % 9 WHEN 4 THEN {longest} ELSE 20 END"
    query = f"SELECT {{bytes: repeat((i % 9)::VARCHAR, {size})::BLOB, path: ''}} AS image"
    path = write(tmp_path / "x.parquet", f"{query} FROM range(6000) t(i)", more=f", COMPRESSION {codec}")
    assert len(dictionaries(path)) == 2
    if longest == 500:
        assert "a dictionary holds contents of 500 bytes" in refused(path).where
    else:
        assert len(problems(read(path))) == 1000
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.parquet"]


@pytest.mark.parametrize("codec", CODECS)
def test_a_dictionary_as_a_file_of_its_own(tmp_path: Path, codec: str) -> None:
    texts = ["", "a", "汉字" * 50, "x" * 3000]
    path = write(
        tmp_path / "x.parquet", "SELECT unnest($1) AS v, unnest(range(4000))", [texts * 1000], f", COMPRESSION {codec}"
    )
    begin, name = dictionaries(path)[0]
    content = path.read_bytes()[begin:]
    page = dictionary_page(content[:PAGE_HEADER])
    assert page is not None
    assert (page.values, page.size) == (4, sum(4 + len(text.encode()) for text in texts))
    alone = tmp_path / "alone.parquet"
    alone.write_bytes(as_file(content[page.begin : page.begin + page.packed], name, page))
    with duckdb.connect() as connection:
        found = connection.execute("SELECT v FROM read_parquet(?)", [str(alone)]).fetchall()
    assert sorted(bytes(row[0]).decode() for row in found) == sorted(texts)


def test_a_dictionary_that_claims_more_than_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, i % 9, 255, 9]::INTEGER[] AS pixels FROM range(900) t(i)")
    content = bytearray(path.read_bytes())
    begin = dictionaries(path)[0][0]
    page = dictionary_page(bytes(content[begin : begin + PAGE_HEADER]))
    assert page is not None
    assert (page.values, page.size) == (11, 44)
    # Numbers are doubled in zigzag.
    place = content.index(2 * page.values, begin)
    content[place] = 2 * 63
    path.write_bytes(content)
    assert dictionary_page(bytes(content[begin : begin + PAGE_HEADER])) == page._replace(values=63)
    assert "a dictionary claims more values than it holds" in refused(path).where


@pytest.mark.parametrize("header", [b"", b"\0", b"\x15", b"\x15\x00\x15\x10", b"\xff" * 64, b"\x15" + b"\xff" * 63])
def test_headers_that_are_nonsense_are_no_dictionaries(header: bytes) -> None:
    assert dictionary_page(header) is None


# What the database may do


NAMES = [
    "plain.parquet",
    "it's [a] *?.parquet",
    "[!a].parquet",
    "**.parquet",
    "[[].parquet",
    "a{b,c}.parquet",
    "汉 ü.parquet",
    "%41.parquet",
    "label=7.parquet",
    "http:x.parquet",
    "$HOME ~.parquet",
    "x.gz",
]


@pytest.fixture(scope="module")
def many_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with files of odd names, and files that the names would mean as patterns; each tells where it is."""
    if sys.platform == "win32":
        pytest.skip("Windows has no files of such names")
    root = tmp_path_factory.mktemp("names")
    decoys = ["it's a zz.parquet", "a.parquet", "b.parquet", "[.parquet", "ab.parquet", "ac.parquet", "A.parquet"]
    for folder in ("plain", "lab=7 [x]", "lab=7 x"):
        (root / folder).mkdir()
        for name in (*NAMES, *decoys):
            write(
                root / folder / name, "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, $1 AS label", [f"{folder}/{name}"]
            )
    return root


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", ["plain", "lab=7 [x]"])
def test_names_mean_one_file_alone(many_names: Path, name: str, folder: str) -> None:
    assert labels(read(many_names / folder / name)) == [f"{folder}/{name}"]


def test_the_database_reaches_nothing_but_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT 1 AS a")
    other = write(tmp_path / "y.parquet", "SELECT 2 AS a")
    with connected(path, memory="50MB", threads=1) as connection:
        assert connection.execute("FROM read_parquet($1)", [literal(path)]).fetchall() == [(1,)]
        for query in (
            f"FROM read_parquet('{other}')",
            f"FROM read_text('{other}')",
            f"COPY (SELECT 1) TO '{tmp_path}/z.csv'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "FROM read_parquet('https://example.org/x.parquet')",
            "SET enable_external_access = true",
            "SET memory_limit = '90GB'",
            f"ATTACH '{tmp_path}/db'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["x.parquet", "y.parquet"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no files of such names")
def test_the_database_reaches_no_network_for_names_with_signs_of_patterns(tmp_path: Path) -> None:
    path = write(tmp_path / "a[b].parquet", "SELECT 1 AS a")
    with connected(path, memory="50MB", threads=1) as connection:
        assert connection.execute("FROM read_parquet($1)", [literal(path)]).fetchall() == [(1,)]
        for query in ("INSTALL httpfs", "LOAD httpfs", "SET autoload_known_extensions = true"):
            with pytest.raises(duckdb.Error):
                connection.execute(query)


# Stopping


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_cancelled_reading_stops(tmp_path: Path, when: str) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels FROM range(30000)")
    token = CancellationToken()
    source = ParquetSource(path, PLAIN)
    if when == "before":
        token.cancel()
        with pytest.raises(Cancelled):
            source.preview(token)
    chunks = source.chunks(no_progress, token)
    if when == "between":
        assert len(next(chunks)) == 4096
        token.cancel()
    with pytest.raises(Cancelled):
        list(chunks)
    assert not [thread for thread in threading.enumerate() if thread.name == "parquet-watch"]


def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels")
    endless = "SELECT count(*) FROM range(100_000_000_000) a(i) WHERE sqrt(i) = 0.5"
    file = parquet_file.ParquetFile(path, path)
    with pytest.raises(RecognizerError, match="takes too long"):
        file.rows(endless, seconds=0.05)
    assert file.rows("SELECT 1") == [(1,)]
    file.token = CancellationToken()
    timer = threading.Timer(0.05, file.token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        file.rows(endless)
    timer.join()
    file.close()


def test_a_preview_during_a_reading_does_not_disturb_it(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.parquet", "SELECT $1::BLOB AS image, i AS label FROM range(9000) t(i)", [encoded(pictures(1)[0])]
    )
    source = ParquetSource(path, PLAIN)
    chunks = source.chunks(no_progress)
    first = next(chunks)
    assert source.preview().count == 9000
    assert labels([first, *chunks]) == [str(number) for number in range(9000)]


def test_a_file_that_has_changed_is_opened_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, 1 AS label FROM range(100)")
    source = ParquetSource(path, PLAIN)
    path.write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    with pytest.raises(RecognizerError):
        list(source.chunks(no_progress))
    write(path, "SELECT [0, 255, 0, 9]::UTINYINT[] AS pixels, 2 AS label FROM range(100)")
    assert labels(list(source.chunks(no_progress))) == ["2"] * 100


# Damage


@pytest.fixture(scope="module")
def good_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files that are damaged, before that."""
    return make(tmp_path_factory.mktemp("good"))


def test_the_files_that_are_damaged_are_good_before(good_files: list[Path]) -> None:
    for path in good_files:
        chunks = read(path)
        assert len(contents(chunks)) in (200, 300)
        assert problems(chunks) == []


def test_two_hundred_damaged_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", HERE / "parquet_mutations.py", tmp_path, "0", "200"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [int(line[0]) for line in lines] == list(range(200))
    assert {line[2].split()[0] for line in lines} == {"read", "refused"}
    assert max(float(line[1]) for line in lines) < 5


@pytest.mark.parametrize("table", ["image", "drawing", "list", "nested", "table"])
def test_files_cut_short_anywhere(good_files: list[Path], tmp_path: Path, table: str) -> None:
    content = next(path for path in good_files if path.name == f"{table}-zstd.parquet").read_bytes()
    path = tmp_path / "short.parquet"
    for size in np.linspace(0, len(content) - 1, 25).astype(int).tolist():
        path.write_bytes(content[:size])
        refused(path)


def test_pictures_of_our_own_are_those_that_went_in(tmp_path: Path) -> None:
    """A photo is not taken for one once more, as in a file of others."""
    photo = np.random.default_rng(5).integers(0, 256, (90, 90), np.uint8)
    query, values = "SELECT {bytes: $1::BLOB, path: ''} AS image", [png_of(photo)]
    (ours,) = contents(read(write(tmp_path / "ours.parquet", query, values, ", KV_METADATA {recognizer: '1'}")))
    np.testing.assert_array_equal(ours, photo)
    (other,) = contents(read(write(tmp_path / "other.parquet", query, values)))
    assert isinstance(other, np.ndarray)
    assert other.shape != photo.shape or (other != photo).any()
