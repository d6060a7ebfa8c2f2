"""A ZIP with a folder for each class of PNG pictures and InkML drawings, and a table that says all of them."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.ink_file import InkFile
from recognizer.ink.inkml_writer import inkml_lines
from recognizer.ink.stroke import Ink
from recognizer.library.archives import MAX_FILES
from recognizer.library.exporting.folders import class_folders
from recognizer.library.exporting.outgoing import FACTS, Outgoing, cell
from recognizer.library.exporting.place import new_file
from recognizer.library.exporting.png import png_of
from recognizer.library.samples import Content

TABLE: Final = "samples.csv"
_ROWS: Final = 1000


def write_class_zip(outgoing: Outgoing, path: Path) -> int:
    """Write `<split>/<class>/<number>.png` or `.inkml` for every sample, and `samples.csv`.

    Returns:
        How many samples it holds.

    Raises:
        RecognizerError: There are more than a ZIP that is read again may hold, or it cannot be written.
        Cancelled: By the token.
    """
    if len(outgoing) >= MAX_FILES:
        raise RecognizerError(
            tr("There are too many samples for a ZIP of pictures"),
            where=tr("{n:,} samples, at most {most:,}", n=len(outgoing), most=MAX_FILES - 1),
            fix=tr("Export fewer, or choose Parquet, NPZ or IDX"),
        )
    names = _Names(outgoing)
    kept: list[NDArray[np.int64]] = []
    count = 0
    with new_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for piece in outgoing.pieces():
            kept.append(piece.positions)
            for name, content in zip(names.of(piece.positions, count), piece.contents, strict=True):
                _add(archive, name, content, path)
            count += len(piece.positions)
        with archive.open(_info(TABLE, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as table:
            for text in _table(outgoing, names, np.concatenate(kept)):
                table.write(text.encode("utf-8"))
    return count


class _Names:
    """The paths of samples in the ZIP."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        table = outgoing.table
        used = np.unique(table.labels[outgoing.positions]).tolist()
        self._folders = class_folders([table.label_set.names[index] if index >= 0 else "" for index in used])
        self._digits = max(6, len(str(len(outgoing))))

    def of(self, positions: NDArray[np.int64], before: int) -> list[str]:
        """The names of the files for samples that come after `before` others, without their endings."""
        table = self._outgoing.table
        splits, labels = self._outgoing.facts("split", positions), self._outgoing.labels(positions)
        endings = [".inkml" if is_ink else ".png" for is_ink in table.is_ink[positions].tolist()]
        return [
            f"{split}/{self._folders[label]}/{number:0{self._digits}}{ending}"
            for number, (split, label, ending) in enumerate(zip(splits, labels, endings, strict=True), before + 1)
        ]


def _add(archive: zipfile.ZipFile, name: str, content: Content, path: Path) -> None:
    if isinstance(content, Ink):
        text = "\n".join(inkml_lines(InkFile.of([content]), path))
        archive.writestr(_info(name, zipfile.ZIP_DEFLATED), text)
    else:
        # It is packed already.
        archive.writestr(_info(name, zipfile.ZIP_STORED), png_of(content))


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


def _table(outgoing: Outgoing, names: _Names, positions: NDArray[np.int64]) -> Iterator[str]:
    yield ",".join(("file", "label", *FACTS)) + "\n"
    for start in range(0, len(positions), _ROWS):
        outgoing.check()
        part = positions[start : start + _ROWS]
        columns = [outgoing.labels(part), *(outgoing.facts(name, part) for name in FACTS)]
        rows = zip(names.of(part, start), *columns, strict=True)
        yield "".join(f"{','.join(map(cell, row))}\n" for row in rows)
