"""What is imported from files and folders of every kind: contents as they are, and all that is known of them."""

import gzip
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from import_samples import IMAGES, INKS, LABELS, NUMBERS, png, take, write_csv, write_idx_pair, write_zip
from PIL import Image

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.ink.files import write_ink_file
from recognizer.ink.ink_file import InkFile
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import Split
from recognizer.library.idx import write_idx
from recognizer.library.importing.reader import CHUNK_SAMPLES
from recognizer.library.importing.source import ImportOptions, open_data
from recognizer.library.samples import UNKNOWN, Chunk, Preview

TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST


def preview(path: Path, scratch: Path, options: ImportOptions | None = None) -> Preview:
    with open_data([path], scratch, options or ImportOptions()) as source:
        return source.preview()


def refused(path: Path, scratch: Path) -> str:
    with pytest.raises(RecognizerError) as caught:
        take(path, scratch)
    assert caught.value.exit_code == 2
    return str(caught.value)


def same_ink(first: object, second: Ink) -> None:
    assert isinstance(first, Ink)
    assert len(first.strokes) == len(second.strokes)
    for one, other in zip(first.strokes, second.strokes, strict=True):
        np.testing.assert_allclose(one.points, other.points, rtol=1e-6)


# IDX


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_folder(tmp_path: Path, ending: str) -> None:
    write_idx_pair(tmp_path, "train", ending)
    write_idx_pair(tmp_path, "t10k", ending)
    taken = take(tmp_path, tmp_path)
    np.testing.assert_array_equal(taken.pictures(), np.concatenate([IMAGES, IMAGES]))
    assert taken.labels == LABELS * 2
    assert taken.splits == [TRAIN] * 6 + [TEST] * 6
    assert taken.sources[0] == f"{tmp_path.name}/train-images-idx3-ubyte{ending}"
    found = preview(tmp_path, tmp_path)
    assert (found.count, found.has_labels, found.has_splits, found.question) == (12, True, True, "")
    assert dict(found.labels) == {label: 2 * LABELS.count(label) for label in LABELS}
    assert len(found.first) == 6


def test_one_idx_file_with_its_labels_beside(tmp_path: Path) -> None:
    images = write_idx_pair(tmp_path, "train", ".gz")
    write_idx_pair(tmp_path, "t10k")
    taken = take(images, tmp_path)
    assert taken.labels == LABELS
    assert taken.splits == [TRAIN] * 6
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    assert take(images, tmp_path).labels == [""] * 6


def test_idx_files_of_other_names_and_types(tmp_path: Path) -> None:
    write_idx(tmp_path / "a", IMAGES.astype(np.float32) / 255)
    write_idx(tmp_path / "b", np.arange(300, 306, dtype=np.int32))
    taken = take(tmp_path, tmp_path)
    np.testing.assert_array_equal(taken.pictures(), IMAGES)
    assert taken.labels == ["300", "301", "302", "303", "304", "305"]


def test_names_of_idx_classes(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    names = ["zero", "", "二", "<b>", "four", "five", "six", "seven", "eight"]
    (tmp_path / "labels.txt").write_text("\n".join([*names, ""]), encoding="utf-8")
    wanted = [names[number] if number < len(names) else str(number) for number in NUMBERS]
    assert take(tmp_path, tmp_path).labels == wanted


def test_several_sets_of_idx_files_are_not_mixed(tmp_path: Path) -> None:
    images = write_idx_pair(tmp_path, "emnist-letters-train")
    write_idx_pair(tmp_path, "emnist-letters-test")
    write_idx_pair(tmp_path, "emnist-digits-train")
    assert "emnist-digits, emnist-letters" in refused(tmp_path, tmp_path)
    assert take(images, tmp_path).splits == [TRAIN] * 6


def test_pictures_of_emnist_are_turned_upright_and_asked_about(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    images = tmp_path / "set" / "emnist-letters-train-images-idx3-ubyte"
    write_idx(images, np.ascontiguousarray(IMAGES.swapaxes(1, 2)))
    write_idx(tmp_path / "set" / "emnist-letters-train-labels-idx1-ubyte", NUMBERS.astype(np.uint8))
    (tmp_path / "set" / "emnist-letters-mapping.txt").write_text("".join(f"{i} {65 + i} {97 + i}\n" for i in range(10)))
    taken = take(images, tmp_path)
    np.testing.assert_array_equal(taken.pictures(), IMAGES)
    assert taken.labels == [chr(65 + number) for number in NUMBERS]
    found = preview(tmp_path / "set", tmp_path)
    assert "on their side" in found.question
    assert found.notes == ("They look as if they did, and are turned upright.",)
    np.testing.assert_array_equal(np.asarray(found.first.contents), IMAGES)
    as_they_are = take(images, tmp_path, ImportOptions(is_transposed=False)).pictures()
    np.testing.assert_array_equal(as_they_are, IMAGES.swapaxes(1, 2))
    assert preview(images, tmp_path, ImportOptions(is_transposed=False)).question == ""
    # Copies of EMNIST go round whose pictures stand upright.
    write_idx(images, IMAGES)
    np.testing.assert_array_equal(take(images, tmp_path).pictures(), IMAGES)
    # Of other data nobody is asked, but it is done where it is wanted.
    (tmp_path / "mnist").mkdir()
    other = write_idx_pair(tmp_path / "mnist")
    assert preview(other, tmp_path).question == ""
    turned = take(other, tmp_path, ImportOptions(is_transposed=True)).pictures()
    np.testing.assert_array_equal(turned, IMAGES.swapaxes(1, 2))


# Arrays


def test_npz_with_all_that_is_known(tmp_path: Path) -> None:
    np.savez_compressed(
        tmp_path / "data.npz",
        x=IMAGES,
        y=np.array(["a", "b", "", "中", "<b>", "=1"]),
        splits=np.array(["train", "test", "validation", "", "train", "other"]),
        writers=np.array(list("uvwxyz")),
        sources=np.array([f"file {i}" for i in range(6)]),
        notes=np.array(["", "say so", "", "", "", ""]),
        flags=np.array([0, 1, 2, 3, 0, 0], np.uint8),
        created=np.array([0, 1_700_000_000, 1, 2, 3, 4]),
    )
    taken = take(tmp_path / "data.npz", tmp_path)
    np.testing.assert_array_equal(taken.pictures(), IMAGES)
    assert taken.labels == ["a", "b", "", "中", "<b>", "=1"]
    assert taken.splits == [TRAIN, TEST, VALIDATION, None, TRAIN, None]
    assert taken.writers == list("uvwxyz")
    assert taken.sources == [f"file {i}" for i in range(6)]
    assert taken.notes == ["", "say so", "", "", "", ""]
    assert taken.flags == [0, 1, 2, 3, 0, 0]
    assert taken.created == [0, 1_700_000_000, 1, 2, 3, 4]
    found = preview(tmp_path / "data.npz", tmp_path)
    assert (found.count, found.has_splits, found.has_writers) == (6, True, True)


def test_facts_must_be_one_for_each_picture(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=IMAGES, y=NUMBERS, notes=np.array(["a", "b"]))
    assert "note: (2,)" in refused(tmp_path / "data.npz", tmp_path)


def test_pictures_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    values = IMAGES.astype(np.float32)
    values[[1, 4], 0, 0] = np.nan, np.inf
    np.savez(tmp_path / "data.npz", x=values, y=NUMBERS, writers=np.array(list("uvwxyz")))
    taken = take(tmp_path / "data.npz", tmp_path)
    np.testing.assert_array_equal(taken.pictures(), IMAGES[[0, 2, 3, 5]])
    assert taken.labels == [LABELS[i] for i in (0, 2, 3, 5)]
    assert taken.writers == list("uwxz")
    assert ["picture 1" in str(each.error) or "picture 4" in str(each.error) for each in taken.problems] == [True, True]


def test_npy_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    single = take(tmp_path / "x.npy", tmp_path)
    np.testing.assert_array_equal(single.pictures(), IMAGES)
    assert single.labels == [""] * 6
    np.save(tmp_path / "y.npy", np.eye(10)[NUMBERS])
    np.save(tmp_path / "writers.npy", np.array(list("uvwxyz")))
    pair = take(tmp_path, tmp_path)
    assert pair.labels == LABELS
    assert pair.writers == list("uvwxyz")
    for name in ("x", "y", "writers"):
        (tmp_path / f"{name}.npy").unlink()
    # As Quick, Draw! has them: a file for each class, flat pictures.
    np.save(tmp_path / "apple.npy", IMAGES[:2].reshape(2, -1))
    np.save(tmp_path / "bee.npy", IMAGES[2:].reshape(4, -1))
    np.testing.assert_array_equal(take(tmp_path, tmp_path).pictures(), IMAGES)


def test_strokes_with_all_that_is_known(tmp_path: Path) -> None:
    write_ink_file(tmp_path / "ink.npz", InkFile(INKS, tuple("0123"), tuple("abab")))
    arrays = dict(np.load(tmp_path / "ink.npz"))
    np.savez(tmp_path / "more.npz", **arrays, splits=np.array(["train", "", "test", ""]), flags=np.arange(4))
    taken = take(tmp_path / "more.npz", tmp_path)
    for found, wanted in zip(taken.contents, INKS, strict=True):
        same_ink(found, wanted)
    assert taken.labels == list("0123")
    assert taken.writers == list("abab")
    assert taken.splits == [TRAIN, None, TEST, None]
    assert taken.flags == [0, 1, 2, 3]
    found = preview(tmp_path / "more.npz", tmp_path)
    assert (found.count, len(found.first), found.has_writers) == (4, 4, True)


def test_a_bad_drawing_does_not_spoil_the_others(tmp_path: Path) -> None:
    write_ink_file(tmp_path / "ink.npz", InkFile(INKS, tuple("0123")))
    arrays = dict(np.load(tmp_path / "ink.npz"))
    arrays["points"][arrays["stroke_offsets"][arrays["sample_stroke_offsets"][2]]] = np.nan
    np.savez(tmp_path / "ink.npz", **arrays)
    taken = take(tmp_path / "ink.npz", tmp_path)
    assert taken.labels == ["0", "1", "3"]
    assert len(taken.problems) == 1
    assert taken.problems[0].where.endswith("ink.npz: 2")


# CSV


def test_csv_with_all_that_is_known(tmp_path: Path) -> None:
    lines = [
        "split,pixel0,pixel1,note,pixel2,pixel3,Label,writer,source,flags,created",
        "train,0,255,,17,3,'=cmd,'@ann,,,",
        'test,1,2,"said ""no"", twice\nand left",3,4,"a,b",bob,x.png,3,1970-01-02',
        "',0,0,'',0,0,''',c,,9999,never",
    ]
    (tmp_path / "data.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    taken = take(tmp_path / "data.csv", tmp_path)
    assert taken.pictures().tolist() == [[[0, 255], [17, 3]], [[1, 2], [3, 4]], [[0, 0], [0, 0]]]
    assert taken.labels == ["=cmd", "a,b", "''"]
    assert taken.splits == [TRAIN, TEST, None]
    assert taken.writers == ["@ann", "bob", "c"]
    assert taken.sources == ["", "x.png", ""]
    assert taken.notes == ["", 'said "no", twice\nand left', "'"]
    assert taken.flags == [0, 3, 0]
    assert taken.created == [0, 86400, 0]
    found = preview(tmp_path / "data.csv", tmp_path)
    assert (found.count, found.has_labels, found.has_splits, found.has_writers) == (3, True, True, True)
    assert dict(found.labels) == {"=cmd": 1, "a,b": 1, "''": 1}


@pytest.mark.parametrize("wide", [False, True])
def test_csv_of_the_test_set_of_a_contest_has_no_labels(tmp_path: Path, wide: bool) -> None:
    header = ",".join(f"pixel{i}" for i in range(784))
    rows = [",".join(map(str, image.ravel().tolist())) for image in IMAGES]
    (tmp_path / "x.csv").write_text("\n".join([header, *rows] if wide else rows))
    taken = take(tmp_path / "x.csv", tmp_path)
    np.testing.assert_array_equal(taken.pictures(), IMAGES)
    assert taken.labels == [""] * 6
    assert not preview(tmp_path / "x.csv", tmp_path).has_labels


def test_header_of_numbers_is_no_row(tmp_path: Path) -> None:
    rows = [",".join(map(str, [*image[:4, :4].ravel().tolist(), "ab"])) for image in IMAGES]
    (tmp_path / "x.csv").write_text("\n".join([",".join([*map(str, range(16)), "label"]), *rows]))
    assert take(tmp_path / "x.csv", tmp_path).labels == ["ab"] * 6
    (tmp_path / "x.csv").write_text("\n".join(rows))
    assert take(tmp_path / "x.csv", tmp_path).labels == ["ab"] * 6


def test_bad_rows_are_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    rows = [
        b"1,0,0,255,0",
        b"2,0,0,0",
        b"3,0,x,0,0",
        b"",
        b"\xff,0,0,0,0",
        b"4,0,0,0,300",
        b"5,1e99,0,0,0",
        b"6, 1,2 ,3,4",
    ]
    (tmp_path / "x.csv").write_bytes(b"\r\n".join(rows))
    taken = take(tmp_path / "x.csv", tmp_path)
    assert taken.labels == ["1", "4", "6"]
    assert taken.pictures()[2].tolist() == [[0, 0], [0, 0]]
    found = sorted(str(each.error).split("(")[1].split(")")[0] for each in taken.problems)
    assert found == [
        "line 2 has 4 values, not 5",
        "line 3 holds something that is no number",
        "line 5 is no text",
        "line 7 holds something that is no number",
    ]


def test_what_pixels_mean_is_settled_by_the_first_rows(tmp_path: Path) -> None:
    rows = ["7,0,0,0,255"] * CHUNK_SAMPLES + ["8,0,0,0,256", "9,-1,0,0,0", "6,1,2,3,4"]
    (tmp_path / "x.csv").write_text("\n".join(rows))
    taken = take(tmp_path / "x.csv", tmp_path)
    assert taken.labels == ["7"] * CHUNK_SAMPLES + ["6"]
    assert len(taken.problems) == 2
    assert f"line {CHUNK_SAMPLES + 1}: pixel values from 0 to 256" in str(taken.problems[0].error)


def test_csv_is_read_zipped_too_and_divided_by_the_names_of_files(tmp_path: Path) -> None:
    write_csv(tmp_path / "mnist_train.csv")
    content = write_csv(tmp_path / "x.csv").read_bytes()
    (tmp_path / "x.csv").unlink()
    (tmp_path / "mnist_test.csv.gz").write_bytes(gzip.compress(content))
    assert take(tmp_path / "mnist_test.csv.gz", tmp_path).labels == LABELS
    (tmp_path / "mnist_test.csv").write_bytes(content)
    (tmp_path / "mnist_test.csv.gz").unlink()
    taken = take(tmp_path, tmp_path)
    assert taken.labels == LABELS * 2
    assert taken.splits == [TEST] * 6 + [TRAIN] * 6


# Files and folders


def test_one_picture_and_several(tmp_path: Path) -> None:
    paths = []
    for number, image in enumerate(IMAGES[:3]):
        paths.append(tmp_path / f"{number}.picture")
        paths[-1].write_bytes(png(image))
    one = take(paths[0], tmp_path)
    np.testing.assert_array_equal(one.pictures(), IMAGES[:1])
    assert (one.labels, one.sources) == ([""], ["0.picture"])
    several = take(paths, tmp_path, ImportOptions(label="7", split=TEST, writer="ann"))
    np.testing.assert_array_equal(several.pictures(), IMAGES[:3])
    assert several.labels == ["7"] * 3
    assert several.splits == [TEST] * 3
    assert several.writers == ["ann"] * 3
    assert several.sizes == [3]


def test_folders_for_classes_below_folders_for_splits(tmp_path: Path) -> None:
    for number, name in enumerate(("train/3", "train/中文", "val/3/deeper", "test/<b>")):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / f"{number}.png").write_bytes(png(IMAGES[number]))
        (tmp_path / "data" / name / "notes.txt").write_text("no sample, but text, with, some, commas, in it")
    (tmp_path / "data" / "docs").mkdir()
    (tmp_path / "data" / "docs" / "README.md").write_text("# Read me")
    taken = take(tmp_path / "data", tmp_path)
    assert taken.labels == ["<b>", "3", "中文", "3"]
    assert taken.splits == [TEST, TRAIN, TRAIN, VALIDATION]
    np.testing.assert_array_equal(taken.pictures(), IMAGES[[3, 0, 1, 2]])
    assert taken.sources[3] == "data/val/3/deeper/2.png"
    assert taken.problems == []
    found = preview(tmp_path / "data", tmp_path)
    assert (found.count, found.has_labels, found.has_splits) == (4, True, True)
    assert dict(found.labels) == {"3": 2, "中文": 1, "<b>": 1}


def test_pictures_of_many_sizes_are_left_as_they_are(tmp_path: Path) -> None:
    large = np.random.default_rng(1).integers(0, 2, (30, 1500), np.uint8) * np.uint8(255)
    for name, image in (("a", IMAGES[0]), ("b", large)):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    taken = take(tmp_path, tmp_path)
    np.testing.assert_array_equal(taken.contents[0], IMAGES[0])
    np.testing.assert_array_equal(taken.contents[1], large)


def test_ink_files_say_who_wrote_what_and_when(tmp_path: Path) -> None:
    (tmp_path / "data" / "5").mkdir(parents=True)
    write_ink_file(tmp_path / "data" / "5" / "a.unp", InkFile(INKS[:2], ("0", ""), ("ann", "bob"), "2024-01-31"))
    write_ink_file(tmp_path / "data" / "5" / "b.inkml", InkFile(INKS[2:3], ("",), ("cy",)))
    (tmp_path / "data" / "5" / "b.inkml").rename(tmp_path / "data" / "5" / "b.xml")
    taken = take(tmp_path / "data", tmp_path)
    for found, wanted in zip(taken.contents, INKS[:3], strict=True):
        same_ink(found, wanted)
    assert taken.labels == ["0", "", "5"]
    assert taken.writers == ["ann", "bob", "cy"]
    assert taken.created == [1_706_659_200, 1_706_659_200, 0]
    found = preview(tmp_path / "data", tmp_path)
    assert (found.count, found.has_writers) == (3, True)


def test_manifest_knows_better_than_folders(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "train" / "a").mkdir(parents=True)
    for number in range(4):
        (folder / "train" / "a" / f"{number}.png").write_bytes(png(IMAGES[number]))
    write_ink_file(folder / "train" / "a" / "ink.inkml", InkFile(INKS[:2], ("0", "1"), ("ann", "ann")))
    rows = [
        "file,label,split,writer,source,note,flags,created",
        "train/a/2.png,'=b,test,'@w,first.png,a note,3,1970-01-01T00:01:00Z",
        "train/a/0.png,,,,,,,",
        "train/a/none.png,x,,,,,,",
        "../../etc/passwd,x,,,,,,",
        "train/a/ink.inkml,8,,bob,,,,",
        "train/a/ink.inkml,9,,,,,,",
    ]
    (folder / "samples.csv").write_text("\n".join(rows))
    for path in (folder, write_zip(tmp_path / "data.zip", read_all(folder))):
        taken = take(path, tmp_path)
        assert taken.labels == ["=b", "", "8", "9", "a", "a"]
        assert taken.splits == [TEST, None, None, None, TRAIN, TRAIN]
        assert taken.writers == ["@w", "", "bob", "", "", ""]
        assert taken.sources[:3] == ["first.png", "", ""]
        assert taken.sources[4] == f"{path.name}/train/a/1.png"
        assert taken.notes[0] == "a note"
        assert taken.flags[:2] == [3, 0]
        assert taken.created[:2] == [60, 0]
        np.testing.assert_array_equal(np.stack([taken.contents[i] for i in (0, 1, 4, 5)]), IMAGES[[2, 0, 1, 3]])
        assert ["which is not there" in str(each.error) for each in taken.problems] == [True, True]
        assert preview(path, tmp_path).count == 6


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", ["idx", "csv", "npz", "npy", "classes"])
def test_zip_of_each_kind(tmp_path: Path, kind: str) -> None:
    folder, scratch = tmp_path / "data", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    if kind == "idx":
        write_idx_pair(folder, ending=".gz")
    elif kind == "csv":
        write_csv(folder / "x.csv")
    elif kind == "npz":
        np.savez(folder / "x.npz", x=IMAGES, y=NUMBERS)
    elif kind == "npy":
        np.save(folder / "images.npy", IMAGES)
        np.save(folder / "labels.npy", NUMBERS)
    else:
        for number, image in enumerate(IMAGES):
            (folder / LABELS[number]).mkdir(exist_ok=True)
            (folder / LABELS[number] / f"{number}.png").write_bytes(png(image))
    path = write_zip(tmp_path / "x.zip", {f"outer/{name}": content for name, content in read_all(folder).items()})
    wanted, taken = take(folder, scratch), take(path, scratch)
    assert taken.labels == wanted.labels
    assert sorted(taken.labels) == sorted(LABELS)
    np.testing.assert_array_equal(taken.pictures(), wanted.pictures())
    assert taken.sources[0].startswith("x.zip/outer/")
    assert list(scratch.iterdir()) == []


def test_pictures_in_a_zip_are_not_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {f"{label}/{i}.png": png(IMAGES[i]) for i, label in enumerate(LABELS)})
    assert len(take(path, tmp_path / "there is no such folder").contents) == 6
    assert preview(path, tmp_path / "there is no such folder").count == 6


def test_unipen_in_a_zip_comes_with_what_it_includes(tmp_path: Path) -> None:
    write_ink_file(tmp_path / "x.unp", InkFile(INKS[:1], ("0",)))
    text = (tmp_path / "x.unp").read_text()
    head, _, rest = text.partition(".HIERARCHY CHARACTER\n")
    files = {"set/include/common/head.inc": b".HIERARCHY CHARACTER\n", "set/data/x.unp": b""}
    files["set/data/x.unp"] = f"{head}.INCLUDE common/head.inc\n{rest}".encode()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    taken = take(write_zip(tmp_path / "x.zip", files), scratch)
    assert taken.labels == ["0"]
    same_ink(taken.contents[0], INKS[0])
    assert list(scratch.iterdir()) == []


# What others read


def test_large_loose_pictures_may_be_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[tuple[int, ...], Path]] = []

    def read_page(image: np.ndarray, where: Path) -> None:
        seen.append((image.shape, where))

    fake = types.ModuleType("recognizer.library.sheets.reading")
    fake.read_page = read_page  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "recognizer.library.sheets.reading", fake)
    white = np.full((402, 500), 255, np.uint8)
    white[200:220, 100:300] = 0
    for name, image in (("photo", white), ("small", white[:400])):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    taken = take(tmp_path, tmp_path, ImportOptions(writer="me"))
    assert taken.sources == [f"{tmp_path.name}/photo.png", f"{tmp_path.name}/small.png"]
    assert taken.writers == ["me", "me"]
    assert seen == [((402, 500, 3), tmp_path / "photo.png")]
    # Folders may be named after classes, and after those who wrote sheets; but a table knows what they show.
    seen.clear()
    (tmp_path / "classes" / "5").mkdir(parents=True)
    Image.fromarray(white).save(tmp_path / "classes" / "5" / "x.png")
    assert take(tmp_path / "classes", tmp_path).labels == ["5"]
    assert len(seen) == 1
    (tmp_path / "classes" / "samples.csv").write_text("file,label\n5/x.png,7\n")
    assert take(tmp_path / "classes", tmp_path).labels == ["7"]
    assert len(seen) == 1


def test_parquet_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ParquetSource:
        def __init__(self, path: Path, options: ImportOptions, shown: Path, source: str, scratch: Path) -> None:
            assert path.read_bytes().startswith(b"PAR1")
            assert shown.name == source.rpartition("/")[2]
            assert list(scratch.iterdir()) == []

        def preview(self, token: object = None) -> Preview:
            return Preview(tmp_path, "Parquet", 6)

        def chunks(self, progress: object, token: object = None) -> list[Chunk]:
            return [Chunk(IMAGES, labels=LABELS)]

    fake = types.ModuleType("recognizer.library.importing.parquet")
    fake.ParquetSource = ParquetSource  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "recognizer.library.importing.parquet", fake)
    (tmp_path / "data").write_bytes(b"PAR1 and more")
    paths = [tmp_path / "data", write_zip(tmp_path / "x.zip", {"x.parquet": b"PAR1"}), write_csv(tmp_path / "x.csv")]
    assert take(paths, tmp_path).labels == LABELS * 3
    assert preview(paths[1], tmp_path).count == 6


# All of it


def test_paths_come_one_after_the_other_and_a_bad_one_is_a_problem(tmp_path: Path) -> None:
    npz, csv = tmp_path / "a.npz", write_csv(tmp_path / "b.csv")
    np.savez(npz, x=IMAGES, y=NUMBERS)
    bad, missing = tmp_path / "c.bin", tmp_path / "none"
    bad.write_bytes(b"hello")
    taken = take([npz, bad, csv, missing], tmp_path, ImportOptions(split=VALIDATION))
    assert taken.labels == LABELS * 2
    assert taken.splits == [VALIDATION] * 12
    assert [each.where for each in taken.problems] == [str(bad), str(missing)]
    with open_data([npz, bad, csv], tmp_path, ImportOptions()) as source:
        found = source.preview()
    assert (found.count, found.kind) == (12, "NPZ file, CSV table")
    assert "neither a folder nor" in found.notes[0]
    with pytest.raises(RecognizerError, match="neither a folder nor"):
        take([bad, missing], tmp_path)
    with pytest.raises(RecognizerError, match="no such file"):
        take([missing], tmp_path)


def test_bad_files_are_problems_and_all_bad_is_no_crash(tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / "data" / label).mkdir(parents=True)
        (tmp_path / "data" / label / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    taken = take(tmp_path / "data", tmp_path)
    assert len(taken.contents) == 0
    assert [Path(each.where).name for each in taken.problems] == ["bad.png", "bad.png"]
    (tmp_path / "data" / "a" / "good.png").write_bytes(png(IMAGES[0]))
    taken = take(tmp_path / "data", tmp_path)
    assert taken.labels == ["a"]
    assert len(taken.problems) == 2
    # Alone, it is the error.
    assert "bad.png" in refused(tmp_path / "data" / "b" / "bad.png", tmp_path)


def test_damage_far_into_a_file_leaves_what_came_before(tmp_path: Path) -> None:
    many = np.random.default_rng(0).integers(0, 256, (3 * CHUNK_SAMPLES, 4, 4), np.uint8)
    np.savez_compressed(tmp_path / "x.npz", x=many, y=np.zeros(len(many), np.uint8))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[len(content) * 2 // 3] ^= 0xFF
    (tmp_path / "x.npz").write_bytes(content)
    taken = take(tmp_path / "x.npz", tmp_path)
    assert len(taken.contents) in (CHUNK_SAMPLES, 2 * CHUNK_SAMPLES)
    np.testing.assert_array_equal(taken.contents[:CHUNK_SAMPLES], many[:CHUNK_SAMPLES])
    assert len(taken.problems) == 1


def test_chunks_are_bounded_and_progress_is_told(tmp_path: Path) -> None:
    many = np.random.default_rng(0).integers(0, 256, (10_000, 16, 16), np.uint8)
    np.save(tmp_path / "x.npy", many)
    steps: list[tuple[int, int, str]] = []
    taken = take(tmp_path / "x.npy", tmp_path, progress=lambda *step: steps.append(step))
    np.testing.assert_array_equal(taken.pictures(), many)
    assert taken.sizes == [CHUNK_SAMPLES, CHUNK_SAMPLES, 10_000 - 2 * CHUNK_SAMPLES]
    assert [step[:2] for step in steps] == [(CHUNK_SAMPLES, 10_000), (2 * CHUNK_SAMPLES, 10_000), (10_000, 10_000)]
    assert {step[2] for step in steps} == {"Reading x.npy"}
    np.save(tmp_path / "x.npy", np.zeros((5, 3000, 3000), np.uint8))
    assert take(tmp_path / "x.npy", tmp_path).sizes == [1] * 5


@pytest.mark.parametrize("name", ["idx", "csv", "zip"])
def test_cancel(tmp_path: Path, name: str) -> None:
    if name == "idx":
        path = write_idx_pair(tmp_path)
    elif name == "csv":
        path = write_csv(tmp_path / "x.csv")
    else:
        path = write_zip(tmp_path / "x.zip", {"a/1.png": png(IMAGES[0])})
    token = CancellationToken()
    with open_data([path], tmp_path, ImportOptions(), token) as source:
        token.cancel()
        with pytest.raises(Cancelled):
            list(source.chunks(token=token))
        with pytest.raises(Cancelled):
            source.preview(token)


def test_preview_of_many_pictures_decodes_only_the_first(tmp_path: Path) -> None:
    files = {f"{i % 10}/{i:03}.png": png(IMAGES[0]) if i % 10 < 3 else b"no picture" for i in range(200)}
    path = write_zip(tmp_path / "x.zip", files)
    found = preview(path, tmp_path)
    assert (found.count, len(found.first)) == (200, 24)
    assert found.labels == tuple((str(label), 20) for label in range(10))
    assert set(found.first.labels) == {"0", "1"}


def test_preview_of_ink_too_large_to_read_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.library.importing import sample_files

    write_ink_file(tmp_path / "x.inkml", INKS)
    assert preview(tmp_path / "x.inkml", tmp_path).count == 4
    monkeypatch.setattr(sample_files, "_PREVIEWED_BYTES", 100)
    found = preview(tmp_path / "x.inkml", tmp_path)
    assert (found.count, len(found.first)) == (UNKNOWN, 0)


def test_only_one_split_is_read_where_that_is_known(tmp_path: Path) -> None:
    write_idx_pair(tmp_path, "train")
    write_idx_pair(tmp_path, "t10k")
    assert take(tmp_path, tmp_path, ImportOptions(only=TEST)).splits == [TEST] * 6
    assert take(tmp_path, tmp_path, ImportOptions(only=VALIDATION)).labels == []
