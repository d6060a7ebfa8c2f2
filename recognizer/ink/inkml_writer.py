"""Writes InkML, so that `read_inkml` gives the drawings back."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.ink.ink_file import InkFile, milliseconds_text, number_text
from recognizer.ink.stroke import Ink, Stroke

_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_inkml(path: Path, file: InkFile) -> None:
    """Write drawings, each as a traceGroup; y points down, times are milliseconds.

    Channels T and F are there where any drawing has times, or a pressure other than 1.

    Raises:
        RecognizerError: The file cannot be written, or a text has letters that XML cannot hold.
    """
    write_atomic(path, "\n".join(inkml_lines(file, path)))


def inkml_lines(file: InkFile, path: Path) -> Iterator[str]:
    """The lines of the file that `write_inkml` writes, one after the other.

    Raises:
        RecognizerError: A text has letters that XML cannot hold; `path` is named.
    """
    has_times = any(stroke.times.any() for ink in file.inks for stroke in ink.strokes)
    has_forces = any((stroke.pressures != 1).any() for ink in file.inks for stroke in ink.strokes)
    widths = sorted({ink.pen_width for ink in file.inks if ink.pen_width > 0})
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<ink xmlns="http://www.w3.org/2003/InkML">'
    if widths:
        yield "<definitions>"
        for number, width in enumerate(widths):
            yield f'<brush xml:id="pen{number}"><brushProperty name="width" value="{_width_text(width)}"/></brush>'
        yield "</definitions>"
    channels = '<channel name="X" type="decimal"/><channel name="Y" type="decimal"/>'
    yield f"<context><traceFormat>{channels}"
    if has_times:
        yield '<channel name="T" type="decimal" units="ms"/>'
    if has_forces:
        yield '<channel name="F" type="decimal" min="0" max="1"/>'
    yield "</traceFormat></context>"
    if file.date:
        yield _annotation("date", file.date, path)
    places = {width: place for place, width in enumerate(widths)}
    for ink, label, writer, facts in zip(file.inks, file.labels, file.writers, file.facts, strict=True):
        yield f'<traceGroup brushRef="#pen{places[ink.pen_width]}">' if ink.pen_width > 0 else "<traceGroup>"
        for kind, text in {"truth": label, "writer": writer, **facts}.items():
            if text:
                yield _annotation(kind, text, path)
        yield from _traces(ink, has_times, has_forces)
        yield "</traceGroup>"
    yield "</ink>"
    yield ""


def _annotation(kind: str, text: str, path: Path) -> str:
    if _NOT_IN_XML.search(text):
        raise RecognizerError(
            tr("The ink cannot be written as InkML"),
            where=f"{path} ({kind} = {text!r})",
            fix=tr("Use labels without control characters"),
        )
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<annotation type="{kind}"{space}>{_escaped(text)}</annotation>'


def _traces(ink: Ink, has_times: bool, has_forces: bool) -> list[str]:
    return [f"<trace>{_points(stroke, has_times, has_forces)}</trace>" for stroke in ink.strokes]


def _points(stroke: Stroke, has_times: bool, has_forces: bool) -> str:
    columns = [[number_text(value) for value in stroke.points[:, axis].tolist()] for axis in (0, 1)]
    if has_times:
        columns.append(_milliseconds(stroke.times))
    if has_forces:
        columns.append([number_text(value) for value in stroke.pressures.tolist()])
    return ", ".join(map(" ".join, zip(*columns, strict=True)))


def _width_text(width: float) -> str:
    text = number_text(width)
    # A width may have more digits than single precision holds.
    return text if float(text) == width else np.format_float_positional(width, trim="-")


def _milliseconds(times: NDArray[np.float32]) -> list[str]:
    """Times to the microsecond, or with as many digits as single precision needs."""
    rounded = np.round(times.astype(np.float64) * 1000, 3)
    is_exact = (rounded / 1000).astype(np.float32) == times
    return [
        milliseconds_text(value) if exact else f"{Decimal(value) * 1000:f}"
        for value, exact in zip(times.tolist(), is_exact.tolist(), strict=True)
    ]


def _escaped(text: str) -> str:
    """As `xml.sax.saxutils` would, which loads all that fetches pages."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
