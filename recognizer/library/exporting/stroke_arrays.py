"""Drawings as a stroke NPZ, as `recognizer.ink.stroke_npz` has it, with what else is known in arrays beside."""

import contextlib
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.stroke import Ink
from recognizer.library.exporting.array_npz import write_facts, write_labels, write_splits
from recognizer.library.exporting.outgoing import Outgoing
from recognizer.library.exporting.place import new_path, scratch_folder
from recognizer.library.exporting.spool import NpzWriter, Spool

_FLOAT: Final = np.dtype("<f4")
_LONG: Final = np.dtype("<i8")
_UP: Final = np.array([1, -1], np.float32)
_OFFSETS: Final = "sample_stroke_offsets"
_KINDS: Final[dict[str, np.dtype]] = {
    "points": _FLOAT,
    "times": _FLOAT,
    "pressures": _FLOAT,
    "stroke_offsets": _LONG,
    "pen_widths": _FLOAT,
    _OFFSETS: _LONG,
}


def write_stroke_arrays(outgoing: Outgoing, path: Path) -> int:
    """Write drawings; `outgoing` must hold nothing else.

    Returns:
        How many were written.

    Raises:
        RecognizerError: It cannot be written.
        Cancelled: By the token.
    """
    with scratch_folder(path) as folder, new_path(path) as temporary, contextlib.ExitStack() as stack:
        spools = {name: stack.enter_context(Spool(folder / name, kind)) for name, kind in _KINDS.items()}
        kept = _gather(outgoing, spools)
        with NpzWriter(temporary, outgoing.check) as npz:
            for name, spool in spools.items():
                if name not in kept.silent:
                    npz.spooled(name, spool)
            positions = np.concatenate(kept.positions)
            write_labels(outgoing, "labels", positions, npz)
            write_splits(outgoing, positions, npz)
            write_facts(outgoing, positions, npz, writers="writer")
    return len(positions)


class _Kept:
    """What has been written.

    Attributes:
        positions: Of the samples.
        silent: The arrays that say nothing: of times, pressures or widths that nobody measured.
    """

    def __init__(self) -> None:
        self.positions: list[NDArray[np.int64]] = []
        self.silent = {"times", "pressures", "pen_widths"}


def _gather(outgoing: Outgoing, spools: dict[str, Spool]) -> _Kept:
    kept = _Kept()
    n_points = n_strokes = 0
    for offsets in ("stroke_offsets", _OFFSETS):
        spools[offsets].add(np.zeros(1, np.int64))
    for piece in outgoing.pieces():
        inks = [content for content in piece.contents if isinstance(content, Ink)]
        kept.positions.append(piece.positions)
        strokes = [stroke for ink in inks for stroke in ink.strokes]
        lengths = np.array([len(stroke.points) for stroke in strokes], np.int64)
        counts = np.array([len(ink.strokes) for ink in inks], np.int64)
        spools["stroke_offsets"].add(n_points + np.cumsum(lengths))
        spools[_OFFSETS].add(n_strokes + np.cumsum(counts))
        n_points += int(lengths.sum())
        n_strokes += int(counts.sum())
        nothing = np.zeros(0, np.float32)
        times = np.concatenate([nothing, *(stroke.times for stroke in strokes)])
        pressures = np.concatenate([nothing, *(stroke.pressures for stroke in strokes)])
        widths = np.array([ink.pen_width for ink in inks], np.float32)
        spools["points"].add(
            np.concatenate([np.zeros((0, 2), np.float32), *(stroke.points for stroke in strokes)]) * _UP
        )
        for name, values, is_said in (
            ("times", times, times.any()),
            ("pressures", pressures, (pressures != 1).any()),
            ("pen_widths", widths, widths.any()),
        ):
            spools[name].add(values)
            if is_said:
                kept.silent.discard(name)
    return kept
