"""Data from paths: every kind is read, in either polarity; what is damaged or hostile is refused with its name."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.paths import Profile
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.files import write_ink_file
from recognizer.ink.npz import read_npz, save_npz
from recognizer.ink.synthesis import generate, generate_ink
from recognizer.library import archives, ink_data, rawdata
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, Split
from recognizer.library.idx import write_idx
from recognizer.library.sources import load_dataset

IMAGES, LABELS = generate(12, 77)
TEST, TRAIN = SPLITS.index(Split.TEST), SPLITS.index(Split.TRAIN)


def refused(path: Path, profile: Profile) -> str:
    with pytest.raises(RecognizerError) as caught:
        load_dataset(str(path), profile)
    assert str(path) in caught.value.where
    assert caught.value.fix
    assert caught.value.exit_code == 2
    return caught.value.where


def check(dataset: Dataset, splits: list[int] | None = None) -> None:
    """All twelve samples as they were, their order aside."""
    assert dataset.label_set == DIGITS
    order = sorted(range(12), key=lambda i: dataset.images[i].tobytes())
    wanted = sorted(range(12), key=lambda i: IMAGES[i].tobytes())
    np.testing.assert_array_equal(dataset.images[order], IMAGES[wanted])
    assert dataset.labels[order].tolist() == LABELS[wanted].tolist()
    if splits is None:
        assert set(dataset.splits.tolist()) == {TEST}
    else:
        assert sorted(dataset.splits.tolist()) == sorted(splits)


def write_idx_folder(folder: Path, *, compress: bool = True) -> None:
    end = ".gz" if compress else ""
    for name, part in (("train", slice(0, 8)), ("t10k", slice(8, 12))):
        write_idx(folder / f"{name}-images-idx3-ubyte{end}", IMAGES[part], compress=compress)
        write_idx(folder / f"{name}-labels-idx1-ubyte{end}", LABELS[part].astype(np.uint8), compress=compress)


def write_class_folders(folder: Path, numbers: range = range(12)) -> None:
    for number in numbers:
        inner = folder / str(LABELS[number])
        inner.mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[number]).save(inner / f"{number}.png")
        (inner / "notes.txt").write_text("no picture")


@pytest.mark.parametrize("compress", [False, True])
def test_idx_folder(tmp_path: Path, profile: Profile, compress: bool) -> None:
    write_idx_folder(tmp_path / "data", compress=compress)
    check(load_dataset(str(tmp_path / "data"), profile), [TRAIN] * 8 + [TEST] * 4)


def test_only_the_test_split_for_evaluation(tmp_path: Path, profile: Profile) -> None:
    write_idx_folder(tmp_path / "data")
    dataset = load_dataset(str(tmp_path / "data"), profile, for_evaluation=True)
    np.testing.assert_array_equal(dataset.images, IMAGES[8:])
    assert dataset.splits.tolist() == [TEST] * 4
    for name in ("images-idx3", "labels-idx1"):
        (tmp_path / "data" / f"t10k-{name}-ubyte.gz").unlink()
    assert len(load_dataset(str(tmp_path / "data"), profile, for_evaluation=True)) == 8


def test_idx_folder_with_a_missing_or_wrong_file(tmp_path: Path, profile: Profile) -> None:
    folder = tmp_path / "data"
    write_idx_folder(folder)
    labels = folder / "t10k-labels-idx1-ubyte.gz"
    write_idx(labels, np.zeros(3, np.uint8), compress=True)
    with pytest.raises(RecognizerError, match="3 labels for 4 pictures") as caught:
        load_dataset(str(folder), profile)
    assert str(labels) in caught.value.where
    labels.write_bytes(b"")
    with pytest.raises(RecognizerError, match="it is empty"):
        load_dataset(str(folder), profile)
    labels.unlink()
    with pytest.raises(RecognizerError, match="its file of labels is missing"):
        load_dataset(str(folder), profile)


def test_one_idx_file_alone(tmp_path: Path, profile: Profile) -> None:
    write_idx_folder(tmp_path)
    assert "give the folder" in refused(tmp_path / "train-images-idx3-ubyte.gz", profile)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES, LABELS),
        (255 - IMAGES, LABELS.astype(np.uint8)),
        (IMAGES[..., None], LABELS.astype(str)),
        (IMAGES.reshape(12, -1), LABELS.astype(np.float64)),
        (IMAGES / np.float32(255), LABELS[:, None]),
        (IMAGES.astype(np.uint16) * 257, np.eye(10)[LABELS]),
        (np.asfortranarray(IMAGES.astype(np.float64)), LABELS),
    ],
    ids=["plain", "dark on light", "channel, text", "flat, float", "0 to 1, column", "16 bit, one-hot", "fortran"],
)
def test_npz(tmp_path: Path, profile: Profile, images: np.ndarray, labels: np.ndarray) -> None:
    np.savez(tmp_path / "data.npz", x=images, y=labels)
    check(load_dataset(str(tmp_path / "data.npz"), profile))


def test_npz_with_splits(tmp_path: Path, profile: Profile) -> None:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, x_train=IMAGES[:7], y_train=LABELS[:7], x_test=IMAGES[7:], y_test=LABELS[7:])
    check(load_dataset(str(path), profile), [TRAIN] * 7 + [TEST] * 5)


def test_larger_pictures_are_preprocessed(tmp_path: Path, profile: Profile) -> None:
    large = np.pad(IMAGES.repeat(4, axis=1).repeat(4, axis=2), ((0, 0), (3, 40), (17, 5)))
    np.savez(tmp_path / "data.npz", x=large, y=LABELS)
    dataset = load_dataset(str(tmp_path / "data.npz"), profile)
    for image, source in zip(dataset.images, large, strict=True):
        np.testing.assert_array_equal(image, Preprocessor().from_image(source))
    assert np.abs(dataset.images.astype(int) - IMAGES).mean() < 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"x": IMAGES}, "it lacks y"),
        ({"a": IMAGES, "b": LABELS}, "it lacks x, y"),
        ({"x": IMAGES, "y": LABELS[:5]}, "5 labels for 12 pictures"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, "it has 0 samples"),
        ({"x": np.full((3, 28, 28), np.nan), "y": np.arange(3)}, "picture 0 holds values that are no numbers"),
        ({"x": np.full((3, 28, 28), np.inf), "y": np.arange(3)}, "picture 0 holds values that are no numbers"),
        ({"x": IMAGES.astype(float) * 1e6, "y": LABELS}, "pixel values from 0 to 2.55e+08"),
        ({"x": np.zeros((3, 5)), "y": np.arange(3)}, "5 pixels a picture are no square"),
        ({"x": np.zeros((3, 0, 28), np.uint8), "y": np.arange(3)}, "pictures of shape (3, 0, 28)"),
        ({"x": IMAGES, "y": LABELS + 0.5}, "label 0 is"),
        ({"x": IMAGES, "y": np.full(12, np.nan)}, "label 0 is nan"),
        ({"x": IMAGES, "y": np.full(12, " ")}, "label 0 is empty"),
        ({"x": IMAGES, "y": LABELS.astype(complex)}, "not plain numbers or text"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, 1:], "y_test": LABELS}, "another size"),
        ({"x_train": IMAGES}, "it lacks y_train"),
    ],
)
def test_unusable_npz(tmp_path: Path, profile: Profile, fields: dict[str, np.ndarray], reason: str) -> None:
    np.savez(tmp_path / "data.npz", **fields)
    assert reason in refused(tmp_path / "data.npz", profile)


def test_npz_is_never_unpickled(tmp_path: Path, profile: Profile) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "owned",)  # type: ignore[return-value]

    np.savez(tmp_path / "data.npz", x=np.array([Evil()], object), y=np.arange(1))
    assert "not plain numbers or text" in refused(tmp_path / "data.npz", profile)
    assert not (tmp_path / "owned").exists()


def test_npz_whose_header_lies(tmp_path: Path, profile: Profile) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": (1 << 20, 28, 28)})
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", buffer.getvalue() + bytes(100))
        archive.writestr("y.npy", b"")
    assert "claims 822,083,584 bytes" in refused(tmp_path / "data.npz", profile)


def test_truncated_npz(tmp_path: Path, profile: Profile) -> None:
    np.savez_compressed(tmp_path / "whole.npz", x=IMAGES, y=LABELS)
    content = (tmp_path / "whole.npz").read_bytes()
    for share in range(1, 20):
        (tmp_path / "data.npz").write_bytes(content[: len(content) * share // 20])
        refused(tmp_path / "data.npz", profile)
    damaged = bytearray(content)
    damaged[300] ^= 0xFF
    (tmp_path / "data.npz").write_bytes(damaged)
    refused(tmp_path / "data.npz", profile)


def test_npz_round_trip(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array(["x", "yy"]), "c": np.zeros((0, 2), np.float32)}
    save_npz(tmp_path / "x.npz", arrays)
    back = read_npz(tmp_path / "x.npz")
    assert sorted(back) == ["a", "b", "c"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype
    assert sorted(read_npz(tmp_path / "x.npz", ["b"])) == ["b"]


def test_folder_per_class(tmp_path: Path, profile: Profile) -> None:
    write_class_folders(tmp_path / "data")
    check(load_dataset(str(tmp_path / "data"), profile))


def test_folder_per_class_below_splits(tmp_path: Path, profile: Profile) -> None:
    write_class_folders(tmp_path / "data" / "train", range(9))
    write_class_folders(tmp_path / "data" / "Test", range(9, 12))
    check(load_dataset(str(tmp_path / "data"), profile), [TRAIN] * 9 + [TEST] * 3)


def test_classes_of_other_names(tmp_path: Path, profile: Profile) -> None:
    for name in ("b", "10", "9", "中"):
        (tmp_path / "data" / name).mkdir(parents=True)
        Image.fromarray(IMAGES[0]).save(tmp_path / "data" / name / "x.png")
    dataset = load_dataset(str(tmp_path / "data"), profile)
    assert dataset.label_set.names == ("9", "10", "b", "中")
    assert sorted(dataset.labels.tolist()) == [0, 1, 2, 3]


def test_damaged_picture_in_a_folder_is_named(tmp_path: Path, profile: Profile) -> None:
    write_class_folders(tmp_path / "data")
    bad = tmp_path / "data" / "3" / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(RecognizerError) as caught:
        load_dataset(str(tmp_path / "data"), profile)
    assert str(bad) in caught.value.where


def test_folders_that_hold_nothing(tmp_path: Path, profile: Profile) -> None:
    assert refused(tmp_path / "profile" / "runs", profile) == str(tmp_path / "profile" / "runs")
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data" / "b").mkdir()
    assert "its folders hold neither pictures nor ink files" in refused(tmp_path / "data", profile)


@pytest.mark.parametrize("header", ["", "label," + ",".join(f"p{i}" for i in range(784)) + "\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv(tmp_path: Path, profile: Profile, header: str, separator: str) -> None:
    rows = [",".join(map(str, [label, *image.ravel()])) for label, image in zip(LABELS, IMAGES, strict=True)]
    text = (header + "\n".join(rows) + "\n\n").replace(",", separator)
    (tmp_path / "data.csv").write_text(text, encoding="utf-8-sig")
    check(load_dataset(str(tmp_path / "data.csv"), profile))


def test_csv_with_the_label_at_the_end(tmp_path: Path, profile: Profile) -> None:
    rows = [",".join(map(str, [*image.ravel(), f"{label}.0"])) for label, image in zip(LABELS, IMAGES, strict=True)]
    header = ",".join([*(f"p{i}" for i in range(784)), "class"])
    (tmp_path / "data.csv").write_text("\n".join([header, *rows]))
    check(load_dataset(str(tmp_path / "data.csv"), profile))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("label,a,b,c,d\n", "it has 0 samples"),
        ("1,2,3\n", "3 values, not a label and a square of pixels"),
        ("1,0,0,0,0\n2,0,0,0\n", "line 2 has 4 values, not 5"),
        ("1,0,0,0,0\n2,0,x,0,0\n", "line 2 holds something that is no number"),
        ("1,0,0,0,0\n2,0,nan,0,0\n", "line 2 holds something that is no number"),
        ("1,0,0,0,0\n,0,0,0,0\n", "label 1 is empty"),
        ("1,0,0,0,-5\n", "pixel values from -5 to 0"),
    ],
)
def test_unusable_csv(tmp_path: Path, profile: Profile, text: str, reason: str) -> None:
    (tmp_path / "data.csv").write_text(text)
    assert reason in refused(tmp_path / "data.csv", profile)


def test_csv_that_is_no_text(tmp_path: Path, profile: Profile) -> None:
    (tmp_path / "data.csv").write_bytes(b"\xff\xfe\x00\x01")
    assert "it is no text" in refused(tmp_path / "data.csv", profile)


INKS = [generate_ink(label, np.random.default_rng(label)) for label in range(10)]
INK_IMAGES = np.array([Preprocessor().from_ink(ink) for ink in INKS])


def check_inks(dataset: Dataset, labels: list[int]) -> None:
    assert dataset.label_set == DIGITS
    assert dataset.labels.tolist() == labels
    np.testing.assert_array_equal(dataset.images, INK_IMAGES[labels])


@pytest.mark.parametrize("name", ["x.inkml", "x.unp", "x.dat", "x.npz"])
def test_ink_file(tmp_path: Path, profile: Profile, name: str) -> None:
    write_ink_file(tmp_path / name, INKS, list("0123456789"))
    check_inks(load_dataset(str(tmp_path / name), profile), list(range(10)))


@pytest.mark.parametrize("name", ["x.inkml", "x.unp"])
def test_drawings_without_labels(tmp_path: Path, profile: Profile, name: str) -> None:
    write_ink_file(tmp_path / name, INKS[:3], ["0", "", "2"])
    check_inks(load_dataset(str(tmp_path / name), profile), [0, 2])
    write_ink_file(tmp_path / name, INKS[:3])
    assert "none of its 3 drawings has a label" in refused(tmp_path / name, profile)


def test_folder_of_ink_files_that_know_their_labels(tmp_path: Path, profile: Profile) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write_ink_file(folder / "a.inkml", INKS[:4], list("0123"))
    write_ink_file(folder / "b.unp", INKS[4:6], list("45"))
    write_ink_file(folder / "c.dat", INKS[6:7], ["6"])
    (folder / "d.dat").write_bytes(b"something else")
    (folder / "README").write_text("about it")
    check_inks(load_dataset(str(folder), profile), [0, 1, 2, 3, 4, 5, 6])
    write_zip(tmp_path / "data.zip", folder)
    check_inks(load_dataset(str(tmp_path / "data.zip"), profile), [0, 1, 2, 3, 4, 5, 6])


def test_folder_per_class_of_ink_files(tmp_path: Path, profile: Profile) -> None:
    for label in (3, 1, 7):
        (tmp_path / "data" / str(label) / "more").mkdir(parents=True)
        write_ink_file(tmp_path / "data" / str(label) / "x.inkml", [INKS[label], INKS[label]])
        write_ink_file(tmp_path / "data" / str(label) / "more" / "y.unp", [INKS[label]])
    check_inks(load_dataset(str(tmp_path / "data"), profile), [1, 1, 1, 3, 3, 3, 7, 7, 7])
    # A label in the file says more than the folder's name.
    write_ink_file(tmp_path / "data" / "3" / "x.inkml", [INKS[4]], ["4"])
    check_inks(load_dataset(str(tmp_path / "data"), profile), [1, 1, 1, 3, 4, 7, 7, 7])


def test_ink_files_below_splits(tmp_path: Path, profile: Profile) -> None:
    for part, labels in (("train", (0, 1)), ("test", (2,))):
        (tmp_path / "data" / part).mkdir(parents=True)
        write_ink_file(tmp_path / "data" / part / "x.inkml", [INKS[i] for i in labels], [str(i) for i in labels])
    dataset = load_dataset(str(tmp_path / "data"), profile)
    assert dataset.splits.tolist() == [TEST, TRAIN, TRAIN]
    check_inks(dataset, [2, 0, 1])
    check_inks(load_dataset(str(tmp_path / "data"), profile, for_evaluation=True), [2])


def test_pictures_and_ink_of_one_class(tmp_path: Path, profile: Profile) -> None:
    (tmp_path / "data" / "5").mkdir(parents=True)
    Image.fromarray(INK_IMAGES[5]).save(tmp_path / "data" / "5" / "z.png")
    write_ink_file(tmp_path / "data" / "5" / "a.inkml", [INKS[5]])
    check_inks(load_dataset(str(tmp_path / "data"), profile), [5, 5])


def test_bad_ink_files_in_a_folder_are_named(tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write_ink_file(folder / "a.inkml", INKS[:2], list("01"))
    (folder / "b.inkml").write_text("<ink><trace>1 2")
    assert "b.inkml" in refused(folder, profile)
    (folder / "b.inkml").unlink()
    write_ink_file(folder / "b.inkml", INKS[:2], list("01"))
    token = CancellationToken()
    token.cancel()
    with pytest.raises(Cancelled):
        load_dataset(str(folder), profile, token=token)
    monkeypatch.setattr(ink_data, "MAX_POINTS", 100)
    assert "more than 100 points" in refused(folder, profile)


def write_zip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))


@pytest.mark.parametrize("kind", ["idx", "classes"])
def test_zip_of_a_folder(tmp_path: Path, profile: Profile, kind: str) -> None:
    (write_idx_folder if kind == "idx" else write_class_folders)(tmp_path / "data")
    write_zip(tmp_path / "data.zip", tmp_path / "data")
    dataset = load_dataset(str(tmp_path / "data.zip"), profile)
    check(dataset, [TRAIN] * 8 + [TEST] * 4 if kind == "idx" else None)
    assert dataset.name == str(tmp_path / "data.zip")
    assert list(profile.datasets.iterdir()) == []


def test_zip_of_one_file(tmp_path: Path, profile: Profile) -> None:
    np.savez(tmp_path / "x.npz", x=IMAGES, y=LABELS)
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.write(tmp_path / "x.npz", "x.npz")
    check(load_dataset(str(tmp_path / "data.zip"), profile))


@pytest.mark.parametrize(
    "name", ["../evil.png", "/evil.png", "a/../../evil.png", "C:\\evil.png", "nul.png", "a\nb.png"]
)
def test_zip_with_unsafe_names(tmp_path: Path, profile: Profile, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr(name, b"x")
    before = sorted(tmp_path.rglob("*"))
    assert "unsafe name" in refused(tmp_path / "data.zip", profile)
    assert sorted(tmp_path.rglob("*")) == before


def test_zip_bounds(tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    write_class_folders(tmp_path / "data")
    write_zip(tmp_path / "data.zip", tmp_path / "data")
    monkeypatch.setattr(archives, "MAX_FILES", 3)
    assert "at most 3 are read" in refused(tmp_path / "data.zip", profile)
    monkeypatch.setattr(archives, "MAX_FILES", 1000)
    monkeypatch.setattr(archives, "MAX_BYTES", 10)
    assert "at most 10 are read" in refused(tmp_path / "data.zip", profile)
    assert list(profile.datasets.iterdir()) == []


def test_damaged_member_of_a_zip_is_named_by_the_zip(tmp_path: Path, profile: Profile) -> None:
    write_class_folders(tmp_path / "data")
    (tmp_path / "data" / "3" / "bad.png").write_bytes(b"nothing")
    write_zip(tmp_path / "data.zip", tmp_path / "data")
    assert "bad.png" in refused(tmp_path / "data.zip", profile)
    assert list(profile.datasets.iterdir()) == []


def test_pictures_that_nobody_has_labelled(tmp_path: Path, profile: Profile) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(IMAGES[number]).save(folder / f"{number}.png")
    assert "nothing says what its 3 pictures show" in refused(folder, profile)
    np.save(tmp_path / "x.npy", IMAGES)
    assert "it lacks labels" in refused(tmp_path / "x.npy", profile)
    # Beside folders of classes they are passed over, as anything else is that is no sample of a class.
    write_class_folders(folder)
    (folder / "3").mkdir(exist_ok=True)
    (folder / "3" / "more.zip").write_bytes(b"PK\3\4 and more")
    check(load_dataset(str(folder), profile))


def test_table_of_a_folder_says_what_its_pictures_show(tmp_path: Path, profile: Profile) -> None:
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    rows = ["file,label,split"]
    for number in range(12):
        Image.fromarray(IMAGES[number]).save(folder / "images" / f"{number}.png")
        rows.append(f"images/{number}.png,{LABELS[number]},{'test' if number < 4 else 'train'}")
    (folder / "labels.csv").write_text("\n".join(rows))
    check(load_dataset(str(folder), profile), [TEST] * 4 + [TRAIN] * 8)
    dataset = load_dataset(str(folder), profile, for_evaluation=True)
    np.testing.assert_array_equal(dataset.images, IMAGES[:4])


def test_something_else_altogether(tmp_path: Path, profile: Profile) -> None:
    (tmp_path / "x.bin").write_bytes(b"hello")
    assert "neither a folder nor" in refused(tmp_path / "x.bin", profile)


def test_too_many_samples_or_classes(tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "data.npz", x=IMAGES, y=LABELS)
    monkeypatch.setattr(rawdata, "MAX_CLASSES", 5)
    assert "at most 5 are allowed" in refused(tmp_path / "data.npz", profile)
    monkeypatch.setattr(rawdata, "MAX_SAMPLES", 11)
    assert "at most 11 are read" in refused(tmp_path / "data.npz", profile)


def test_progress_and_cancel(tmp_path: Path, profile: Profile) -> None:
    np.savez(tmp_path / "data.npz", x=IMAGES.repeat(11, axis=0), y=LABELS.repeat(11))
    seen: list[tuple[int, int, str]] = []
    load_dataset(str(tmp_path / "data.npz"), profile, lambda *step: seen.append(step))
    assert seen == [(done, 132, "Reading data.npz") for done in (0, 64, 128, 132)]
    token = CancellationToken()
    with pytest.raises(Cancelled):
        load_dataset(str(tmp_path / "data.npz"), profile, lambda *_: token.cancel(), token)
