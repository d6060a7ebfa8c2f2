"""IDX files as MNIST has them: pictures and labels of each split, and the names of the classes where need be."""

import contextlib
import zipfile
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.dataset import DIGITS, SPLITS, Split
from recognizer.library.exporting.even import EvenPictures, write_even
from recognizer.library.exporting.outgoing import Outgoing
from recognizer.library.exporting.place import new_folder, new_path, scratch_folder
from recognizer.library.samples import NO_LABEL

_PREFIXES: Final = {Split.TRAIN: "train", Split.VALIDATION: "validation", Split.TEST: "t10k"}
_CLASSES: Final = "labels.txt"
NAMES: Final = frozenset(
    {_CLASSES, *(f"{prefix}-{kind}-ubyte" for prefix in _PREFIXES.values() for kind in ("images-idx3", "labels-idx1"))}
)
"""Every file that may be in such a folder."""
_BYTE: Final = 0x08
_INT: Final = 0x0C
_MAX_BYTE: Final = 256
_COPY: Final = 1 << 20


def write_idx_folder(outgoing: Outgoing, path: Path) -> int:
    """Write a folder of IDX files; a ZIP of them where `path` ends with .zip.

    Labels are uint8, or int32 where there are more than 256 classes. Where the classes are other than the digits, or
    some samples have none, `labels.txt` names the class of each number, one a line; an empty line stands for none.

    Returns:
        How many samples were written.

    Raises:
        RecognizerError: It cannot be written, or something else is in its place.
        Cancelled: By the token.
    """

    def write(pictures: EvenPictures) -> int:
        if path.suffix.lower() != ".zip":
            with new_folder(path, NAMES) as folder:
                return _write(outgoing, pictures, folder)
        with scratch_folder(path) as folder, new_path(path) as packed:
            count = _write(outgoing, pictures, folder)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(folder.iterdir()):
                    with file.open("rb") as source, archive.open(file.name, "w", force_zip64=True) as target:
                        while content := source.read(_COPY):
                            outgoing.check()
                            target.write(content)
                    file.unlink()
            return count

    return write_even(outgoing, write)


def _write(outgoing: Outgoing, pictures: EvenPictures, folder: Path) -> int:
    classes = _Classes(outgoing)
    with contextlib.ExitStack() as stack:
        files = {
            split: _Files(folder, _PREFIXES[SPLITS[split]], classes.kind, stack)
            for split in np.unique(outgoing.table.splits[outgoing.positions]).tolist()
        }
        for positions, images in pictures:
            splits = outgoing.table.splits[positions]
            numbers = classes.numbers(outgoing.table.labels[positions])
            for split, target in files.items():
                mask = splits == split
                target.add(images if mask.all() else images[mask], numbers[mask])
        for target in files.values():
            target.finish()
    if classes.names is not None:
        (folder / _CLASSES).write_text("".join(f"{name}\n" for name in classes.names), encoding="utf-8", newline="\n")
    return sum(target.count for target in files.values())


class _Classes:
    """Which number stands for which class.

    Attributes:
        names: The class of each number; None where the labels are digits, which need no explanation.
        kind: IDX's code for the type of the numbers.
    """

    def __init__(self, outgoing: Outgoing) -> None:
        table = outgoing.table
        used = np.unique(table.labels[outgoing.positions])
        names = [table.label_set.names[index] for index in used[used >= 0].tolist()]
        has_unlabelled = bool((used < 0).any())
        is_digits = set(names) <= set(DIGITS.names)
        order = list(DIGITS.names) if is_digits else names
        self.names = None if is_digits and not has_unlabelled else order + [NO_LABEL] * has_unlabelled
        self.kind = _BYTE if len(order) + has_unlabelled <= _MAX_BYTE else _INT
        places = {name: place for place, name in enumerate(order)}
        # The last one is found by -1, which stands for no label.
        self._numbers = np.array([*(places.get(name, 0) for name in table.label_set.names), len(order)], np.int64)

    def numbers(self, labels: NDArray[np.int32]) -> NDArray[np.int64]:
        """The numbers for indices into the table's label set."""
        return self._numbers[labels]


class _Files:
    """The two files of a split; their headers are written last, because they say how many samples there are."""

    def __init__(self, folder: Path, prefix: str, kind: int, stack: contextlib.ExitStack) -> None:
        self.count = 0
        self._kind = kind
        self._size = (0, 0)
        self._images: BinaryIO = stack.enter_context((folder / f"{prefix}-images-idx3-ubyte").open("xb"))
        self._labels: BinaryIO = stack.enter_context((folder / f"{prefix}-labels-idx1-ubyte").open("xb"))
        self._write_headers()

    def add(self, images: NDArray[np.uint8], numbers: NDArray[np.int64]) -> None:
        """Append samples."""
        self._size = images.shape[1:]
        self.count += len(numbers)
        self._images.write(np.ascontiguousarray(images).tobytes())
        self._labels.write(numbers.astype(np.uint8 if self._kind == _BYTE else ">i4").tobytes())

    def finish(self) -> None:
        """Say what the files hold."""
        for file in (self._images, self._labels):
            file.seek(0)
        self._write_headers()

    def _write_headers(self) -> None:
        for file, kind, shape in (
            (self._images, _BYTE, (self.count, *self._size)),
            (self._labels, self._kind, (self.count,)),
        ):
            file.write(bytes([0, 0, kind, len(shape)]) + np.array(shape, ">u4").tobytes())
