"""Which arrays of an NPZ, or of NPY files side by side, are pictures, labels and facts, and which are strokes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from recognizer.base.i18n import tr
from recognizer.ink.npz import StoredArray, stored_npy
from recognizer.ink.stroke_npz import FIELDS
from recognizer.library.dataset import Split
from recognizer.library.importing.arrays import ArrayPart, ArraysReader
from recognizer.library.importing.files import DataFile
from recognizer.library.importing.reader import ImportOptions, Reader
from recognizer.library.importing.strokes import StrokesReader
from recognizer.library.importing.words import FACT_COLUMNS, SPLIT_NAMES
from recognizer.library.rawdata import bad_data

_PAIRS: Final = (("x", "y"), ("images", "labels"), ("data", "target"), ("arr_0", "arr_1"))
_PICTURES: Final = tuple(pictures for pictures, _ in _PAIRS)
_LABELS: Final = tuple(labels for _, labels in _PAIRS)
_FACTS: Final = {
    name: fact for fact in FACT_COLUMNS for name in (fact, fact if fact in ("flags", "created") else f"{fact}s")
}
"""The facts by the names that their arrays may have."""
NAMES: Final = frozenset(
    {*FIELDS, "times", "pressures", "pen_widths", *_PICTURES, *_LABELS, *_FACTS}
    | {f"{axis}_{split}" for axis in "xy" for split in SPLIT_NAMES}
)
"""The names of arrays that are looked at."""


def reader_of_arrays(
    arrays: Mapping[str, StoredArray], path: Path, source: str, kind: str, options: ImportOptions
) -> Reader:
    """A reader of what the arrays hold.

    Args:
        arrays: By their names.
        path: What the user named, which may be the file itself or something that holds it; for errors too.
        source: As `Chunk.sources`.
        kind: What it is, in words.
        options: Of the import.

    Raises:
        RecognizerError: An array that is needed is missing, or they do not fit together.
    """
    if any(name in arrays for name in FIELDS):
        return StrokesReader(arrays, path, source)
    facts = {fact: arrays[name] for name, fact in _FACTS.items() if name in arrays}
    parts = []
    for name, split in SPLIT_NAMES.items():
        x, y = f"x_{name}", f"y_{name}"
        if x in arrays or y in arrays:
            parts.append(_part(arrays, x, y, path, source, split, {}))
    if not parts:
        x = next((name for name in _PICTURES if name in arrays), "")
        if not x:
            raise bad_data(path, tr("it lacks {names}", names="x, y"))
        fitting = dict(_PAIRS)[x]
        y = next((name for name in (fitting, *_LABELS) if name in arrays), fitting)
        parts.append(_part(arrays, x, y, path, source, None, facts))
    return ArraysReader(parts, path, kind, options)


def reader_of_npys(files: Mapping[str, DataFile], path: Path, options: ImportOptions) -> Reader:
    """A reader of NPY files that belong together, by their names without the ending; of one, its pictures.

    Raises:
        RecognizerError: As `reader_of_arrays`, or one of them is damaged.
    """
    arrays = {name: _stored(file) for name, file in files.items()}
    first = next(iter(files.values()))
    if len(arrays) > 1:
        known = {name: array for name, array in arrays.items() if name in NAMES}
        return reader_of_arrays(known, path, files[next(iter(known or files))].source, tr("NPY files"), options)
    part = ArrayPart(next(iter(arrays.values())), None, first.shown, first.shown, first.source)
    return ArraysReader([part], path, tr("NPY file"), options)


def _part(
    arrays: Mapping[str, StoredArray],
    x: str,
    y: str,
    path: Path,
    source: str,
    split: Split | None,
    facts: Mapping[str, StoredArray],
) -> ArrayPart:
    # A lone array that NumPy has named says of itself that it is all there is.
    missing = [name for name in (x, y) if name not in arrays and name != "arr_1"]
    if missing:
        raise bad_data(path, tr("it lacks {names}", names=", ".join(missing)))
    return ArrayPart(arrays[x], arrays.get(y), path, path, source, split, facts=facts)


def _stored(file: DataFile) -> StoredArray:
    shown = file.shown
    with file.reading():
        return stored_npy(file.open, file.size(), file.name, lambda reason: bad_data(shown, reason))
