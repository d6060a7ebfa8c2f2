"""Which IDX files belong together: pictures, labels, splits, and the names of their classes."""

import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.npz import MAX_STREAMED, StoredArray
from recognizer.library.archives import MAX_FILES
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.idx import stored_idx
from recognizer.library.importing.arrays import ArrayPart, ArraysReader
from recognizer.library.importing.disk import DiskRoot
from recognizer.library.importing.files import DataFile, Folder
from recognizer.library.importing.reader import ImportOptions
from recognizer.library.importing.words import split_in_name
from recognizer.library.rawdata import bad_data

_NAME: Final = re.compile(
    r"(?P<before>.*?)(?P<kind>images|labels)(?:[-_.]?idx\d)?(?:[-_.](?:u?byte|int|idx))?(?:\.gz)?", re.IGNORECASE
)
_MARKED: Final = re.compile(r"idx\d|[-_.]ubyte", re.IGNORECASE)
_SPLIT_WORD: Final = re.compile(
    r"(?:^|[-_. ])(?:train(?:ing)?|val(?:id|idation)?|test(?:ing)?|t10k)[-_. ]*$", re.IGNORECASE
)
_CLASSES: Final = ("labels.txt", "classes.txt")
_MAX_NAMES_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Named:
    """An IDX file with what its name says.

    Attributes:
        file: The file.
        set_name: What stands before the split, such as `emnist-letters`.
        split: What it is for; None where the name does not say.
        is_pictures: Whether it has pictures; labels otherwise.
    """

    file: DataFile
    set_name: str
    split: Split | None
    is_pictures: bool


def is_idx_name(name: str) -> bool:
    """Whether only an IDX file is named like that."""
    match = _NAME.fullmatch(name)
    return match is not None and _MARKED.search(name) is not None


def is_idx_begin(begin: bytes) -> bool:
    """Whether a file with these first bytes, unzipped, is IDX."""
    return (
        begin[:2] == b"\0\0"
        and begin[2:3] in (b"\x08", b"\x09", b"\x0b", b"\x0c", b"\x0d", b"\x0e")
        and (1 <= begin[3] <= 4 if len(begin) > 3 else False)
    )


def reader_of_idx(
    files: Iterable[DataFile], folder: Folder, path: Path, options: ImportOptions, only: DataFile | None = None
) -> ArraysReader:
    """A reader of the IDX files of a folder.

    Args:
        files: Those that are IDX by name or content.
        folder: Where names of classes may be.
        path: What the user named.
        options: Of the import.
        only: The one file with pictures, or with the labels of such a one, that is wanted; all where None.

    Raises:
        RecognizerError: One lacks its counterpart, or is damaged; or there are several sets, so that nobody can say
            which is meant.
    """
    named = [_named(file) for file in files]
    if only is not None:
        wanted = _named(only)
        named = [each for each in named if (each.set_name, each.split) == (wanted.set_name, wanted.split)]
    sets = sorted({each.set_name for each in named})
    if len(sets) > 1:
        reason = tr("it holds several sets: {names}; choose the files of one", names=", ".join(sets)[:300])
        raise bad_data(folder.shown, reason)
    # The first spelling of two, as of a file that lies beside its zipped copy.
    found: dict[tuple[Split | None, bool], DataFile] = {}
    for each in named:
        found.setdefault((each.split, each.is_pictures), each.file)
    names = _class_names(folder, sets[0] if sets else "")
    has_labels = any(not is_pictures for _, is_pictures in found)
    parts = []
    for split in (*SPLITS, None):
        pictures, labels = found.get((split, True)), found.get((split, False))
        if pictures is None and labels is None:
            continue
        if pictures is None or (labels is None and has_labels):
            lacking = tr("labels") if labels is None else tr("images")
            shown = (pictures or labels or named[0].file).shown
            raise bad_data(shown, tr("its file of {lacking} is missing", lacking=lacking))
        parts.append(
            ArrayPart(
                _stored(pictures, 3),
                _stored(labels, 1) if labels is not None else None,
                pictures.shown,
                (labels or pictures).shown,
                pictures.source,
                split,
                names,
            )
        )
    return ArraysReader(parts, path, tr("IDX files"), options)


def idx_neighbours(file: DataFile) -> Folder:
    """A folder with an IDX file that the user named and what may belong to it beside it."""
    root = file.folder.root
    if not isinstance(root, DiskRoot) or file.folder.parent is not None:
        return file.folder
    beside = DiskRoot(root.path, root.title)
    with file.reading(), os.scandir(root.path) as entries:
        for entry in itertools.islice(entries, MAX_FILES):
            name = entry.name
            if name == file.name or is_idx_name(name) or name in _CLASSES or name.lower().endswith("mapping.txt"):
                beside.top.files[name] = DataFile(name, beside.top)
    return beside.top


def _named(file: DataFile) -> _Named:
    match = _NAME.fullmatch(file.name)
    if match is None:
        # A name that says nothing: the number of dimensions does.
        return _Named(file, "", split_in_name(file.name), len(_stored(file, None).shape) > 1)
    before = match["before"]
    split = split_in_name(before.rstrip("-_. "))
    return _Named(file, _SPLIT_WORD.sub("", before).strip("-_. "), split, match["kind"].lower() == "images")


def _stored(file: DataFile, dimensions: int | None) -> StoredArray:
    with file.reading():
        return stored_idx(file.open, file.size(), file.shown, dimensions, MAX_STREAMED)


def _class_names(folder: Folder, set_name: str) -> dict[str, str]:
    """The text of labels that are numbers, from a mapping as EMNIST has it or from a list of names."""
    mapping = folder.files.get(f"{set_name}-mapping.txt")
    if mapping is None:
        mappings = [file for name, file in folder.files.items() if name.lower().endswith("mapping.txt")]
        mapping = mappings[0] if len(mappings) == 1 and not set_name else None
    if mapping is not None:
        return _mapping(mapping)
    listed = next((folder.files[name] for name in _CLASSES if name in folder.files), None)
    text = _text(listed) if listed is not None else ""
    if not text:
        return {}
    # An empty line stands for samples that nobody has labelled.
    lines = text.removesuffix("\n").split("\n")
    return {str(number): line.strip() for number, line in enumerate(lines)}


def _mapping(file: DataFile) -> dict[str, str]:
    """Lines with a class and the code points of its characters, of which the first one counts."""
    names = {}
    for line in _text(file).splitlines():
        words = line.split()
        if len(words) > 1 and all(word.isascii() and word.isdecimal() and len(word) < 8 for word in words[:2]):
            point = int(words[1])
            if point < 0x110000 and not 0xD800 <= point < 0xE000:
                names[str(int(words[0]))] = chr(point)
    return names


def _text(file: DataFile) -> str:
    try:
        return file.head(_MAX_NAMES_BYTES).decode("utf-8-sig", "replace")
    except RecognizerError:
        return ""
