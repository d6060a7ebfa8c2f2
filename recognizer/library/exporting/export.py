"""The way out of the library: samples of a dataset to a file of any format, which appears in one step or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.exporting.array_npz import write_npz
from recognizer.library.exporting.class_zip import write_class_zip
from recognizer.library.exporting.formats import FORMATS, ExportFormat, format_of
from recognizer.library.exporting.idx_folder import write_idx_folder
from recognizer.library.exporting.ink_files import write_inkml, write_unipen
from recognizer.library.exporting.outgoing import Originals, Outgoing
from recognizer.library.exporting.parquet_file import write_parquet
from recognizer.library.exporting.pixel_csv import write_csv
from recognizer.library.exporting.stroke_arrays import write_stroke_arrays
from recognizer.library.samples import Problem, SampleTable

__all__ = ["FORMATS", "ExportFormat", "ExportReport", "Originals", "export_samples", "format_of"]

_WRITERS: Final[dict[str, Callable[[Outgoing, Path], int]]] = {
    "zip": write_class_zip,
    "parquet": write_parquet,
    "npz": write_npz,
    "idx": write_idx_folder,
    "csv": write_csv,
    "inkml": write_inkml,
    "unp": write_unipen,
    "strokes": write_stroke_arrays,
}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What came of an export.

    Attributes:
        path: The file or folder.
        count: How many samples it holds.
        left_out: How many the format cannot hold.
        problems: Those that could not be read.
    """

    path: Path
    count: int
    left_out: int = 0
    problems: tuple[Problem, ...] = ()


def export_samples(
    table: SampleTable,
    positions: NDArray[np.int64],
    originals: Originals,
    to: Path,
    format: str | None = None,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> ExportReport:
    """Write samples with everything that is known of them and that the format can hold.

    Args:
        table: The dataset.
        positions: (n,) int64, which of its samples, in this order.
        originals: Gives the originals at some hundred positions at a time.
        to: The file, which is replaced where it exists; a folder only where it is empty or holds an earlier export.
        format: A key of `FORMATS`; what the ending of `to` says where None or empty.
        progress: Told how far it is.
        token: Stops it; nothing is left behind then.

    Raises:
        RecognizerError: There is nothing to write, too much for the format, no space, or `to` cannot be written;
            nothing is left behind.
        Cancelled: By `token`.
    """
    chosen = format_of(to, format)
    positions = np.asarray(positions, np.int64)
    message = tr("Writing {name}", name=to.name)
    outgoing = Outgoing(table, positions, originals, progress, token, message)
    if not chosen.keeps_pictures:
        outgoing = outgoing.of_ink()
    if not len(outgoing):
        raise _nothing(table, chosen, is_empty=not len(positions))
    count = _WRITERS[chosen.name](outgoing, to)
    problems = tuple(outgoing.problems)
    return ExportReport(to, count, len(positions) - count - len(problems), problems)


def _nothing(table: SampleTable, chosen: ExportFormat, *, is_empty: bool) -> RecognizerError:
    if is_empty:
        return RecognizerError(tr("There are no samples to export"), where=table.title, fix=tr("Choose some"))
    return RecognizerError(
        tr("None of the samples is a drawing"),
        where=f"{table.title} ({chosen.words()})",
        fix=tr("Choose a format that holds pictures"),
    )
