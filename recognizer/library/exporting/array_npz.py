"""Pictures, labels and what else is known as the arrays of an NPZ."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.dataset import SPLITS
from recognizer.library.exporting.even import EvenPictures, write_even
from recognizer.library.exporting.outgoing import Outgoing
from recognizer.library.exporting.place import new_path, scratch_folder
from recognizer.library.exporting.spool import NpzWriter, Spool

_ROWS: Final = 1 << 16
_BYTE: Final = np.dtype(np.uint8)
_LONG: Final = np.dtype("<i8")


def write_npz(outgoing: Outgoing, path: Path) -> int:
    """Write `x_train`, `y_train` and the like for each split; `x`, `y` and `splits` where more is known of samples.

    That is in `writers`, `sources`, `notes`, `flags` and `created`. Labels are whole numbers where all are that, else
    text.

    Returns:
        How many samples were written.

    Raises:
        RecognizerError: It cannot be written.
        Cancelled: By the token.
    """

    def write(pictures: EvenPictures) -> int:
        with scratch_folder(path) as folder, new_path(path) as temporary:
            return _write(outgoing, pictures, folder, temporary)

    return write_even(outgoing, write)


def write_facts(outgoing: Outgoing, positions: NDArray[np.int64], npz: NpzWriter, writers: str = "writers") -> None:
    """Add what is known of the samples at `positions`, an array for each thing of which anything is known.

    Args:
        outgoing: All samples.
        positions: Those that have been written.
        npz: Where to.
        writers: The name of the array of writers.
    """
    table = outgoing.table
    for name in outgoing.said():
        if name == "flags":
            npz.array("flags", _BYTE, (len(positions),), _numbers(table.flags, positions, _BYTE))
        elif name == "created":
            npz.array("created", _LONG, (len(positions),), _numbers(table.created, positions, _LONG))
        elif name != "split":
            array = writers if name == "writer" else f"{name}s"
            _write_texts(npz, array, positions, _texts_of(outgoing, name))


def write_labels(outgoing: Outgoing, name: str, positions: NDArray[np.int64], npz: NpzWriter) -> None:
    """Add the labels of the samples at `positions`."""
    used = np.unique(outgoing.table.labels[outgoing.positions])
    names = outgoing.table.label_set.names
    if len(used) and used[0] >= 0 and all(_is_number(names[index]) for index in used.tolist()):
        numbers = np.array([int(text) if _is_number(text) else 0 for text in names], np.int64)
        blocks = (numbers[outgoing.table.labels[part]].tobytes() for part in _parts(positions))
        npz.array(name, _LONG, (len(positions),), blocks)
    else:
        _write_texts(npz, name, positions, outgoing.labels)


def write_splits(outgoing: Outgoing, positions: NDArray[np.int64], npz: NpzWriter) -> None:
    """Add the splits of the samples at `positions`."""
    _write_texts(npz, "splits", positions, _texts_of(outgoing, "split"))


def _write(outgoing: Outgoing, pictures: EvenPictures, folder: Path, path: Path) -> int:
    is_divided = set(outgoing.said()) <= {"split"}
    splits = np.unique(outgoing.table.splits[outgoing.positions]).tolist() if is_divided else [0]
    kept: dict[int, list[NDArray[np.int64]]] = {split: [] for split in splits}
    with contextlib.ExitStack() as stack:
        spools = {split: stack.enter_context(Spool(folder / str(split), _BYTE)) for split in splits}
        for positions, images in pictures:
            place = outgoing.table.splits[positions] if is_divided else np.zeros(len(positions), np.uint8)
            for split, spool in spools.items():
                mask = place == split
                kept[split].append(positions[mask])
                spool.add(images if mask.all() else images[mask])
        with NpzWriter(path, outgoing.check) as npz:
            for split, spool in spools.items():
                ending = f"_{SPLITS[split].value}" if is_divided else ""
                positions = np.concatenate(kept[split])
                npz.spooled(f"x{ending}", spool)
                write_labels(outgoing, f"y{ending}", positions, npz)
                if not is_divided:
                    write_splits(outgoing, positions, npz)
                    write_facts(outgoing, positions, npz)
        return sum(spool.count for spool in spools.values())


def _write_texts(
    npz: NpzWriter, name: str, positions: NDArray[np.int64], texts: Callable[[NDArray[np.int64]], list[str]]
) -> None:
    width = max((max(map(len, texts(part))) for part in _parts(positions)), default=0)
    npz.texts(name, width, len(positions), map(texts, _parts(positions)))


def _texts_of(outgoing: Outgoing, name: str) -> Callable[[NDArray[np.int64]], list[str]]:
    return lambda positions: outgoing.facts(name, positions)


def _numbers(values: NDArray, positions: NDArray[np.int64], kind: np.dtype) -> Iterator[bytes]:
    return (values[part].astype(kind).tobytes() for part in _parts(positions))


def _parts(positions: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    return (positions[start : start + _ROWS] for start in range(0, len(positions), _ROWS))


def _is_number(text: str) -> bool:
    """Whether a label is a whole number as such numbers are written."""
    return text.isascii() and text.isdecimal() and len(text) <= 18 and str(int(text)) == text
