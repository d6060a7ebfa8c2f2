"""Datasets from files and folders that the user names; what they are is seen from their content."""

import re
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.imaging.images import IMAGE_SUFFIXES
from recognizer.imaging.photo import load_symbol
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.files import ink_kind
from recognizer.ink.npz import read_npz
from recognizer.ink.stroke import Ink
from recognizer.ink.stroke_npz import FIELDS, strokes_from
from recognizer.library.archives import unpacked
from recognizer.library.csv_pixels import read_csv
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.library.idx import read_idx
from recognizer.library.ink_data import ink_files, is_ink_file, labelled_inks
from recognizer.library.rawdata import RawData, bad_data, grey_levels, label_names, of_images, to_dataset

_SPLIT_NAMES: Final = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
    "t10k": Split.TEST,
}
_IDX_NAME: Final = re.compile(
    r"(?:.*[-_.])?(train|training|val|valid|validation|test|testing|t10k)[-_.](images|labels)[-_.]idx\d[-_.]ubyte(\.gz)?",
    re.IGNORECASE,
)
_PAIRS: Final = (("x", "y"), ("images", "labels"), ("data", "target"))
_NPZ_NAMES: Final = frozenset(
    {*FIELDS, "labels", "pen_widths", *(name for pair in _PAIRS for name in pair)}
    | {f"{axis}_{split}" for axis in "xy" for split in _SPLIT_NAMES}
)


def load_path(
    path: Path,
    scratch: Path,
    progress: ProgressCallback,
    token: CancellationToken | None = None,
    *,
    for_evaluation: bool = False,
) -> Dataset:
    """Load whatever `path` is.

    Args:
        path: A folder with IDX files, a folder per class of pictures, an NPZ of pictures or strokes, a CSV, an InkML
            or UNIPEN file or a folder of them, or a ZIP of one of these.
        scratch: A folder in which a ZIP may be unpacked for a while.
        progress: Told how far it is.
        token: Stops it.
        for_evaluation: Leave out all but the test split, where there is one.

    Returns:
        The dataset; all of it is the test split where the data has no split.

    Raises:
        RecognizerError: It is none of these, or damaged.
        Cancelled: By `token`.
    """
    try:
        if path.is_file() and zipfile.is_zipfile(path) and not _is_npz(path):
            with unpacked(path, scratch, token) as root:
                try:
                    dataset = to_dataset(_read(root, token), progress, token, for_evaluation=for_evaluation)
                except RecognizerError as error:
                    where = error.where.replace(str(root), str(path))
                    raise RecognizerError(error.what, where=where, fix=error.fix, exit_code=error.exit_code) from error
            return Dataset(
                name=str(path),
                title=path.name,
                images=dataset.images,
                labels=dataset.labels,
                splits=dataset.splits,
                label_set=dataset.label_set,
                source=str(path),
            )
        return to_dataset(_read(path, token), progress, token, for_evaluation=for_evaluation)
    except OSError as error:
        raise read_error(path, error) from error


def _read(path: Path, token: CancellationToken | None) -> RawData:
    if path.is_dir():
        return _read_folder(path, token)
    if not path.exists():
        raise read_error(path, FileNotFoundError(2, "", str(path)))
    with path.open("rb") as file:
        begin = file.read(4)
    if not begin:
        raise bad_data(path, tr("it is empty"))
    if begin == b"PK\x03\x04" or path.suffix.lower() == ".npz":
        return _read_npz(path)
    if ink_kind(path) is not None:
        return _of_samples(path, [(path, "", 0)], token)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        labels, pixels = read_csv(path)
        return of_images(path, grey_levels(pixels, path), labels)
    if _IDX_NAME.fullmatch(path.name):
        raise bad_data(path, tr("it is one of the IDX files; give the folder that holds them"))
    raise bad_data(path, tr("it is neither a folder nor an NPZ, CSV, InkML, UNIPEN or ZIP file"))


def _read_folder(folder: Path, token: CancellationToken | None) -> RawData:
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX")))
    if any(_IDX_NAME.fullmatch(entry.name) for entry in entries):
        return _read_idx_folder(folder, entries)
    folders = [entry for entry in entries if entry.is_dir()]
    files = [entry for entry in entries if entry.is_file()]
    if len(folders) == 1 and not files and folders[0].name.lower() not in _SPLIT_NAMES:
        inner = _read_folder_or_none(folders[0], token)
        if inner is not None:
            return inner
    if not folders and len(files) == 1 and files[0].suffix.lower() not in IMAGE_SUFFIXES:
        return _read(files[0], token)
    if folders:
        return _read_classes(folder, folders, token)
    drawings = [file for file in files if is_ink_file(file)]
    if drawings:
        return _of_samples(folder, [(file, "", 0) for file in drawings], token)
    raise bad_data(folder, tr("it holds neither IDX files nor ink files nor a folder for each class"))


def _read_folder_or_none(folder: Path, token: CancellationToken | None) -> RawData | None:
    """The data inside a folder that merely wraps it; None where the folder is itself a class of samples."""
    is_class = any(entry.suffix.lower() in IMAGE_SUFFIXES or is_ink_file(entry) for entry in folder.iterdir())
    return None if is_class else _read_folder(folder, token)


def _read_idx_folder(folder: Path, entries: list[Path]) -> RawData:
    found: dict[tuple[Split, str], Path] = {}
    for entry in entries:
        match = _IDX_NAME.fullmatch(entry.name)
        if match and entry.is_file():
            found.setdefault((_SPLIT_NAMES[match[1].lower()], match[2].lower()), entry)
    images: list[NDArray[np.uint8]] = []
    labels: list[str] = []
    splits: list[NDArray[np.uint8]] = []
    for split in SPLITS:
        pictures, names = found.get((split, "images")), found.get((split, "labels"))
        if pictures is None and names is None:
            continue
        if pictures is None or names is None:
            lacking = tr("labels") if names is None else tr("images")
            raise bad_data(pictures or names or folder, tr("its file of {lacking} is missing", lacking=lacking))
        levels = grey_levels(read_idx(pictures, dimensions=3), pictures)
        values = label_names(read_idx(names, dimensions=1), names)
        if len(levels) != len(values):
            raise bad_data(
                names,
                tr("{labels:,} labels for {pictures:,} pictures", labels=len(values), pictures=len(levels)),
            )
        if images and len(levels) and levels.shape[1:] != images[0].shape[1:]:
            raise bad_data(pictures, tr("pictures of another size than in the other split"))
        images.append(levels)
        labels += values
        splits.append(np.full(len(values), SPLITS.index(split), np.uint8))
    return of_images(folder, np.concatenate(images), labels, np.concatenate(splits))


def _read_classes(folder: Path, folders: list[Path], token: CancellationToken | None) -> RawData:
    """A folder for each class, at once or below folders for the splits."""
    parts = {entry: _SPLIT_NAMES.get(entry.name.lower()) for entry in folders}
    is_split = all(part is not None for part in parts.values())
    files: list[tuple[Path, str, int]] = []
    for entry, part in parts.items():
        split = SPLITS.index(part or Split.TEST)
        classes = sorted(inner for inner in entry.iterdir() if inner.is_dir()) if is_split else [entry]
        for class_folder in classes:
            pictures = sorted(
                inner
                for inner in class_folder.iterdir()
                if inner.suffix.lower() in IMAGE_SUFFIXES and not inner.name.startswith(".")
            )
            files += [(file, class_folder.name, split) for file in (*pictures, *ink_files(class_folder))]
        if is_split:
            files += [(file, "", split) for file in sorted(entry.iterdir()) if is_ink_file(file)]
    if not files:
        raise bad_data(folder, tr("its folders hold neither pictures nor ink files"))
    return _of_samples(folder, files, token, is_split=is_split)


def _of_samples(
    path: Path, files: list[tuple[Path, str, int]], token: CancellationToken | None, *, is_split: bool = False
) -> RawData:
    """Raw data from pictures, each with its label and split, and from ink files, which may know their labels better."""
    pictures = [(file, label, split) for file, label, split in files if file.suffix.lower() in IMAGE_SUFFIXES]
    drawings = labelled_inks(path, (file for file in files if file[0].suffix.lower() not in IMAGE_SUFFIXES), token)
    samples: list[tuple[Path | Ink, str, int]] = [*pictures, *drawings]
    preprocessor = Preprocessor()

    def picture(index: int) -> NDArray[np.uint8]:
        sample = samples[index][0]
        return (
            preprocessor.from_image(load_symbol(sample)) if isinstance(sample, Path) else preprocessor.from_ink(sample)
        )

    splits = np.array([split for _, _, split in samples], np.uint8) if is_split else None
    return RawData(path, [label for _, label, _ in samples], picture, splits)


def _is_npz(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def _read_npz(path: Path) -> RawData:
    arrays = read_npz(path, _NPZ_NAMES)
    if "points" in arrays:
        strokes = strokes_from(arrays, path)
        if not strokes.labels:
            raise bad_data(path, tr("it lacks {names}", names="labels"))
        preprocessor = Preprocessor()
        return RawData(path, strokes.labels, lambda index: preprocessor.from_ink(strokes.ink(index)))
    parts = [
        (f"x_{name}", f"y_{name}", split)
        for name, split in _SPLIT_NAMES.items()
        if f"x_{name}" in arrays or f"y_{name}" in arrays
    ]
    if parts:
        sets = [(*_pair(arrays, x, y, path), split) for x, y, split in parts]
        if len({images.shape[1:] for images, _, _ in sets}) > 1:
            raise bad_data(path, tr("pictures of another size than in the other split"))
        return of_images(
            path,
            np.concatenate([images for images, _, _ in sets]),
            [label for _, labels, _ in sets for label in labels],
            np.repeat(
                np.array([SPLITS.index(split) for _, _, split in sets], np.uint8),
                [len(labels) for _, labels, _ in sets],
            ),
        )
    for x, y in _PAIRS:
        if x in arrays:
            return of_images(path, *_pair(arrays, x, y, path))
    raise bad_data(path, tr("it lacks {names}", names="x, y"))


def _pair(arrays: dict[str, NDArray], x: str, y: str, path: Path) -> tuple[NDArray[np.uint8], list[str]]:
    missing = [name for name in (x, y) if name not in arrays]
    if missing:
        raise bad_data(path, tr("it lacks {names}", names=", ".join(missing)))
    images, labels = grey_levels(arrays[x], path), label_names(arrays[y], path)
    if len(images) != len(labels):
        raise bad_data(
            path, tr("{labels:,} labels for {pictures:,} pictures", labels=len(labels), pictures=len(images))
        )
    return images, labels
