"""What an export keeps of samples, and what is lost; for window and command line alike."""

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import ntr, tr
from recognizer.library.exporting.formats import ExportFormat
from recognizer.library.samples import SampleTable


def kept(chosen: ExportFormat, table: SampleTable, positions: NDArray[np.int64]) -> list[str]:
    """Sentences about what a format keeps of the samples at `positions`, (n,), and what it does not."""
    said = list(lost(chosen, table, positions))
    if chosen.keeps_facts:
        said.insert(0, tr("Keeps labels, splits, writers, sources, notes, marks and times."))
    if chosen.keeps_pictures and chosen.keeps_originals:
        said.append(tr("What goes out comes back identical."))
    return said


def lost(chosen: ExportFormat, table: SampleTable, positions: NDArray[np.int64]) -> tuple[str, ...]:
    """Sentences about what a format does not keep of the samples at `positions`, (n,); empty where it keeps all."""
    said = []
    if not chosen.keeps_facts:
        said.append(tr("Keeps labels and splits; not writers, sources, notes, marks and times."))
    n, n_ink = len(positions), int(table.is_ink[positions].sum())
    if n_ink and not chosen.keeps_strokes:
        said.append(
            ntr(
                "{n} is a drawing: its picture is kept, not its strokes.",
                "{n} are drawings: their pictures are kept, not their strokes.",
                n_ink,
            )
        )
    if chosen.needs_equal_sizes:
        said.append(tr("Where pictures are not all of one size, they are written as models see them, 28 × 28 pixels."))
    if not chosen.keeps_pictures and n_ink < n:
        said.append(
            ntr("{n} is a picture and is left out.", "{n} are pictures and are left out.", n - n_ink)
            if n_ink
            else tr("None of these samples is a drawing, so there is nothing to write.")
        )
    return tuple(said)
