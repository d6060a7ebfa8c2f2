"""Drawings as InkML or UNIPEN."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.files import write_ink_file
from recognizer.ink.ink_file import FACTS, MAX_FILE_BYTES, MAX_POINTS, InkFile
from recognizer.ink.inkml import MAX_ELEMENTS
from recognizer.ink.inkml_writer import inkml_lines
from recognizer.ink.stroke import Ink
from recognizer.ink.unipen import MAX_STATEMENTS
from recognizer.library.exporting.outgoing import Outgoing
from recognizer.library.exporting.place import new_file

_HEAD: Final = 100
"""More elements or statements than any file has beside those of its drawings."""
_BLOCK: Final = 1000


def write_inkml(outgoing: Outgoing, path: Path) -> int:
    """Write drawings, each with its label, writer, split, source, note, flags and time as annotations.

    Returns:
        How many were written.

    Raises:
        RecognizerError: There are more than a file may hold that is read again, or it cannot be written.
        Cancelled: By the token.
    """
    # A group, its annotations, and a trace for each stroke.
    file = _gather(outgoing, path, MAX_ELEMENTS, lambda ink: 3 + len(FACTS) + len(ink.strokes), has_empty=True)
    size = 0
    with new_file(path) as target:
        lines: list[str] = []
        for number, line in enumerate(inkml_lines(file, path), 1):
            lines.append(line)
            if number % _BLOCK == 0:
                outgoing.check()
                size += target.write("\n".join([*lines, ""]).encode("utf-8"))
                lines = []
                if size > MAX_FILE_BYTES:
                    raise _too_many(path, tr("it would be larger than {most:,} bytes", most=MAX_FILE_BYTES))
        target.write("\n".join(lines).encode("utf-8"))
    return len(file)


def write_unipen(outgoing: Outgoing, path: Path) -> int:
    """Write drawings, each with its label and writer; empty ones are left out.

    Returns, raises:
        As `write_inkml`.
    """
    # A box, a segment, perhaps a writer, and the pen down and up for each stroke.
    file = _gather(outgoing, path, MAX_STATEMENTS, lambda ink: 3 + 2 * len(ink.strokes), has_empty=False)
    outgoing.check()
    write_ink_file(path, file)
    return len(file)


def _gather(outgoing: Outgoing, path: Path, most: int, cost: Callable[[Ink], int], *, has_empty: bool) -> InkFile:
    """All drawings with what is known of them, within the bounds of a file that is read again.

    Args:
        outgoing: The drawings.
        path: The file, for errors.
        most: How many elements or statements a file may have.
        cost: How many of them a drawing takes.
        has_empty: Whether a drawing may be empty.
    """
    inks: list[Ink] = []
    labels: list[str] = []
    writers: list[str] = []
    facts: list[dict[str, str]] = []
    n_points, n_parts = 0, _HEAD
    for piece in outgoing.pieces():
        columns = {name: outgoing.facts(name, piece.positions) for name in ("writer", *FACTS)}
        for place, (ink, label) in enumerate(zip(piece.contents, outgoing.labels(piece.positions), strict=True)):
            if not isinstance(ink, Ink) or (ink.is_empty and not has_empty):
                continue
            n_points += sum(len(stroke.points) for stroke in ink.strokes)
            n_parts += cost(ink)
            if n_points > MAX_POINTS or n_parts > most:
                raise _too_many(path, tr("it would hold more than {n:,} drawings", n=len(inks)))
            inks.append(ink)
            labels.append(label)
            writers.append(columns["writer"][place])
            facts.append({name: columns[name][place] for name in FACTS if columns[name][place]})
    return InkFile(tuple(inks), tuple(labels), tuple(writers), facts=tuple(facts))


def _too_many(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("There are too many drawings for one file of that kind"),
        where=f"{path} ({reason})",
        fix=tr("Export fewer, or choose strokes, Parquet or a ZIP"),
    )
