"""What an export offers, and its work in the background."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.offers import size_words
from recognizer.gui.dialogs.parts import sentences
from recognizer.library.exporting.export import ExportReport, export_samples
from recognizer.library.exporting.formats import ExportFormat
from recognizer.library.exporting.kept import kept
from recognizer.library.samples import Content, Problem, SampleTable
from recognizer.library.store.library import Library

_TITLES: Final = {
    "zip": "ZIP",
    "parquet": "Parquet",
    "npz": "NPZ",
    "idx": "IDX",
    "csv": "CSV",
    "inkml": "InkML",
    "unp": "UNIPEN",
}
"""What formats are called in every language, by their names in `FORMATS`."""


def title_of(chosen: ExportFormat) -> str:
    """What people call a format."""
    return tr("NPZ of strokes") if chosen.name == "strokes" else _TITLES.get(chosen.name, chosen.name)


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of an export.

    Attributes:
        path: The file or folder.
        words: It in a sentence.
        notes: Sentences about what is not in it.
        problems: The samples that could not be read.
    """

    path: Path
    words: str
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def fitting(chosen: ExportFormat, table: SampleTable, positions: NDArray[np.int64]) -> int:
    """How many of the samples at `positions` the format can hold."""
    return len(positions) if chosen.keeps_pictures else int(table.is_ink[positions].sum())


def kept_words(chosen: ExportFormat, table: SampleTable, positions: NDArray[np.int64]) -> str:
    """What the format keeps of the samples at `positions`, and what it does not."""
    return sentences(kept(chosen, table, positions))


def write(
    library: Library,
    table: SampleTable,
    positions: NDArray[np.int64],
    to: Path,
    name: str,
    progress: ProgressCallback,
    token: CancellationToken,
) -> Exported:
    """Write the samples at `positions` of `table` to `to`, in the format of that name.

    Raises:
        RecognizerError: It cannot be written, or there is nothing to write.
        Cancelled: By `token`; no file is left then.
    """

    def originals(places: NDArray[np.int64]) -> list[Content] | NDArray[np.uint8]:
        return library.originals(table.ids[places]) if table.is_editable else table.pictures(places)

    report = export_samples(table, positions, originals, to, name, progress, token)
    return Exported(report.path, _words(report), _notes(report), report.problems)


def _words(report: ExportReport) -> str:
    size = sum(file.stat().st_size for file in _files(report.path))
    return ntr(
        "{n} sample written to {name}, {size}",
        "{n} samples written to {name}, {size}",
        report.count,
        name=report.path.name,
        size=size_words(size),
    )


def _files(path: Path) -> list[Path]:
    return [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]


def _notes(report: ExportReport) -> tuple[str, ...]:
    notes = []
    if report.left_out:
        n = report.left_out
        notes.append(
            ntr("{n} is left out: the format cannot hold it.", "{n} are left out: the format cannot hold them.", n)
        )
    if report.problems:
        first = report.problems[0]
        notes.append(
            ntr(
                "{n} could not be read: {first}",
                "{n} could not be read; the first: {first}",
                len(report.problems),
                first=str(first.error),
            )
        )
    return tuple(notes)
