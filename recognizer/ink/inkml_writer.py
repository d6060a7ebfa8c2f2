"""Writes InkML, so that `read_inkml` gives the drawings back."""

import re
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

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
        RecognizerError: The file cannot be written, or a label has letters that XML cannot hold.
    """
    has_times = any(stroke.times.any() for ink in file.inks for stroke in ink.strokes)
    has_forces = any((stroke.pressures != 1).any() for ink in file.inks for stroke in ink.strokes)
    widths = sorted({ink.pen_width for ink in file.inks if ink.pen_width > 0})
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<ink xmlns="http://www.w3.org/2003/InkML">']
    if widths:
        lines.append("<definitions>")
        for number, width in enumerate(widths):
            lines.append(
                f'<brush xml:id="pen{number}"><brushProperty name="width" value="{number_text(width)}"/></brush>'
            )
        lines.append("</definitions>")
    lines.append('<context><traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/>')
    if has_times:
        lines.append('<channel name="T" type="decimal" units="ms"/>')
    if has_forces:
        lines.append('<channel name="F" type="decimal" min="0" max="1"/>')
    lines.append("</traceFormat></context>")
    if file.date:
        lines.append(_annotation("date", file.date, path))
    for ink, label, writer in zip(file.inks, file.labels, file.writers, strict=True):
        brush = f' brushRef="#pen{widths.index(ink.pen_width)}"' if ink.pen_width > 0 else ""
        lines.append(f"<traceGroup{brush}>")
        if label:
            lines.append(_annotation("truth", label, path))
        if writer:
            lines.append(_annotation("writer", writer, path))
        lines += _traces(ink, has_times, has_forces)
        lines.append("</traceGroup>")
    lines.append("</ink>\n")
    write_atomic(path, "\n".join(lines))


def _annotation(kind: str, text: str, path: Path) -> str:
    if _NOT_IN_XML.search(text):
        raise RecognizerError(
            tr("The ink cannot be written as InkML"),
            where=f"{path} ({kind} = {text!r})",
            fix=tr("Use labels without control characters"),
        )
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<annotation type="{kind}"{space}>{escape(text, {chr(13): "&#13;"})}</annotation>'


def _traces(ink: Ink, has_times: bool, has_forces: bool) -> list[str]:
    return [f"<trace>{_points(stroke, has_times, has_forces)}</trace>" for stroke in ink.strokes]


def _points(stroke: Stroke, has_times: bool, has_forces: bool) -> str:
    columns = [[number_text(value) for value in stroke.points[:, axis].tolist()] for axis in (0, 1)]
    if has_times:
        columns.append([milliseconds_text(value) for value in stroke.times.tolist()])
    if has_forces:
        columns.append([number_text(value) for value in stroke.pressures.tolist()])
    return ", ".join(map(" ".join, zip(*columns, strict=True)))
