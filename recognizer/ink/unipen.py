"""Reads and writes UNIPEN 1.0, the format of the 1990s' pen corpora: http://www.unipen.org/unipen.def.

Y points up there and down here. A segment of type CHARACTER is a drawing; in a file without any, a segment of the
innermost labelled level of its hierarchy; in one without segments, what lies between two `.START_BOX`.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr
from recognizer.ink.ink_file import (
    MAX_DRAWING_POINTS,
    MAX_FILE_BYTES,
    MAX_POINTS,
    InkFile,
    Trace,
    bad_ink,
    milliseconds_text,
    number_text,
    too_many_points,
)
from recognizer.ink.stroke import FAR, Stroke
from recognizer.ink.unipen_segments import Component, Segment, UnipenSet, drawings_of

MAX_STATEMENTS: Final = 500_000
MAX_ARGUMENT: Final = 100_000
_KEYWORD: Final = re.compile(rb"\.([A-Z_]+)(?=\s|$)")
_SEGMENT: Final = re.compile(
    r'\s*([^\s"]+)(?:\s+([^\s"]+))?(?:\s+([^\s"]+))?(?:\s+"((?:[^"\\]|\\.)*)")?\s*\Z', re.DOTALL
)
_ESCAPED: Final = {"n": "\n", "t": "\t"}
_FLUSH_LINES: Final = 20_000
_UNIT_A_POINT: Final = {"POINTS_PER_INCH": 25.4, "POINTS_PER_MM": 1.0}
_PRESSURE: Final = 1000
_READ: Final = frozenset(
    {"COORD", "HIERARCHY", "SEGMENT", "DT", "POINTS_PER_SECOND", "WRITER_ID", "DATE", "INCLUDE", "MAX_PRESSURE"}
    | {"PEN_DOWN", "PEN_UP", "START_SET", "START_BOX"}
    | {f"{axis}_{unit}" for axis in "XY" for unit in _UNIT_A_POINT}
)


def read_unipen(path: Path) -> InkFile:
    """Read a UNIPEN file.

    A file that it includes is looked for by its relative path in the folder of `path`, in those above it and in their
    folders `include`.

    Raises:
        RecognizerError: It is damaged, exceeds a bound, or includes a file that is missing or elsewhere.
    """
    reader = _Reader(path)
    reader.read(path, is_included=False)
    return reader.result()


@dataclass(slots=True)
class _Statement:
    """A keyword with its arguments, as far as they have been read."""

    keyword: str
    line: int
    parts: list[bytes]
    blocks: list[NDArray[np.float64]]


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._sets = [UnipenSet()]
        self._coordinates: tuple[str, ...] = ("X", "Y")
        self._hierarchy: tuple[str, ...] = ()
        self._rate = 0.0
        self._millimetres = {"X": 0.0, "Y": 0.0}
        self._max_pressure = 0.0
        self._clock = 0.0
        self._writer = ""
        self._date = ""
        self._bytes = 0
        self._points = 0
        self._statements = 0
        self._where = path

    def read(self, path: Path, *, is_included: bool) -> None:
        """Take in a file."""
        statement: _Statement | None = None
        number = 0
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    self._bytes += len(line)
                    if self._bytes > MAX_FILE_BYTES:
                        raise bad_ink(path, tr("it is larger than {most:,} bytes", most=MAX_FILE_BYTES))
                    keyword = _KEYWORD.match(line) if line[:1] == b"." else None
                    if keyword is None:
                        if statement is None:
                            self._expect_keyword(path, line)
                        elif statement.keyword in _READ:
                            self._add(statement, line)
                        continue
                    if statement is not None:
                        self._do(statement, path, is_included)
                    statement = _Statement(keyword[1].decode(), number, [line[keyword.end() :]], [])
        except OSError as error:
            raise read_error(path, error) from error
        if statement is None:
            raise bad_ink(path, tr("it is no UNIPEN file"))
        self._do(statement, path, is_included)

    def result(self) -> InkFile:
        """The drawings of all sets."""
        self._scale_forces()
        return drawings_of(self._sets, self._hierarchy, self._date, self._path)

    def _expect_keyword(self, path: Path, line: bytes) -> None:
        if line.strip() not in (b"", b"\xef\xbb\xbf"):
            raise bad_ink(path, tr("it is no UNIPEN file"))

    def _add(self, statement: _Statement, line: bytes) -> None:
        statement.parts.append(line)
        if len(statement.parts) >= _FLUSH_LINES:
            if statement.keyword not in ("PEN_DOWN", "PEN_UP"):
                raise self._refuse(statement, tr("the statement is too long"))
            self._flush(statement)

    def _flush(self, statement: _Statement) -> None:
        """Turn the lines of a pen component that have been read into numbers."""
        text = b"".join(statement.parts)
        statement.parts.clear()
        if not text.strip():
            return
        try:
            try:
                numbers = np.loadtxt(io.BytesIO(text), ndmin=2, comments=None).ravel()
            except ValueError:
                # Points may be written in any number of lines.
                numbers = np.array([float(word) for word in text.split()])
        except ValueError as error:
            raise self._refuse(statement, str(error)) from error
        statement.blocks.append(numbers)
        points = sum(map(len, statement.blocks)) // len(self._coordinates)
        if points > MAX_DRAWING_POINTS:
            raise too_many_points(self._path)
        if self._points + points > MAX_POINTS:
            raise bad_ink(self._path, tr("it has more than {most:,} points", most=MAX_POINTS))

    def _do(self, statement: _Statement, path: Path, is_included: bool) -> None:
        self._where = path
        self._statements += 1
        if self._statements > MAX_STATEMENTS:
            raise bad_ink(path, tr("it has more than {most:,} statements", most=MAX_STATEMENTS))
        if statement.keyword in ("PEN_DOWN", "PEN_UP"):
            self._component(statement)
            return
        if statement.keyword not in _READ:
            return
        text = b"".join(statement.parts)
        if len(text) > MAX_ARGUMENT:
            raise self._refuse(statement, tr("the statement is too long"))
        try:
            words = text.decode("utf-8")
        except UnicodeDecodeError:
            words = text.decode("latin-1")
        self._declare(statement, words, is_included)

    def _declare(self, statement: _Statement, text: str, is_included: bool) -> None:
        keyword, words = statement.keyword, text.split()
        first = words[0] if words else ""
        if keyword == "COORD":
            self._coordinates = tuple(word.upper() for word in words)
            if not {"X", "Y"} <= set(words):
                raise self._refuse(statement, tr("there is no X and Y in {value!r}", value=text.strip()[:60]))
        elif keyword == "HIERARCHY":
            self._hierarchy = tuple(word.upper() for word in words)
        elif keyword == "SEGMENT":
            self._sets[-1].segments.append(self._segment(statement, text))
        elif keyword == "DT":
            self._clock += self._number(statement, first) / 1000
        elif keyword == "POINTS_PER_SECOND":
            self._rate = self._number(statement, first)
        elif keyword == "MAX_PRESSURE":
            self._max_pressure = self._number(statement, first)
        elif keyword[:2] in ("X_", "Y_"):
            points = self._number(statement, first)
            self._millimetres[keyword[0]] = _UNIT_A_POINT[keyword[2:]] / points if points > 0 else 0.0
        elif keyword == "WRITER_ID":
            self._writer = first
        elif keyword == "DATE":
            self._date = "-".join(f"{int(word):02}" for word in (*words[2:3], *words[:2])) if _is_date(words) else ""
        elif keyword == "START_SET":
            self._sets.append(UnipenSet())
        elif keyword == "START_BOX":
            self._sets[-1].boxes.append(len(self._sets[-1].components))
        elif keyword == "INCLUDE":
            if is_included:
                raise self._refuse(statement, tr("an included file includes another"))
            self.read(self._included(statement, first), is_included=True)

    def _component(self, statement: _Statement) -> None:
        self._flush(statement)
        width = len(self._coordinates)
        numbers = np.concatenate([np.zeros(0), *statement.blocks])
        if len(numbers) == 0:
            return
        if len(numbers) % width:
            raise self._refuse(
                statement,
                tr("{n:,} numbers are not points of {names}", n=len(numbers), names=" ".join(self._coordinates)),
            )
        rows = numbers.reshape(-1, width)
        if not np.abs(rows).max() < np.inf:
            raise self._refuse(statement, tr("it holds values that are no numbers"))
        self._points += len(rows)
        column = {name: rows[:, place] for place, name in enumerate(self._coordinates)}
        across, down = self._millimetres.values()
        points = np.stack([column["X"], -column["Y"] * (down / across if across and down else 1.0)], axis=1)
        if np.abs(points).max() > FAR:
            raise self._refuse(statement, tr("a coordinate is larger than {most:g}", most=FAR))
        times = column["T"] / 1000 if "T" in column else None
        if times is None and self._rate > 0:
            times = self._clock + np.arange(len(rows)) / self._rate
            self._clock += len(rows) / self._rate
        trace = Trace(points, times, column.get("P"))
        self._sets[-1].components.append(Component(trace, statement.keyword == "PEN_DOWN", self._writer))

    def _segment(self, statement: _Statement, text: str) -> Segment:
        match = _SEGMENT.match(text)
        if match is None:
            raise self._refuse(statement, tr("{value!r} is no segment", value=text.strip()[:60]))
        kind, place, _, label = match.groups()
        label = re.sub(r"\s", " ", label or "")
        label = re.sub(r"\\(.)", lambda escaped: _ESCAPED.get(escaped[1], escaped[1]), label)
        begin = len(self._sets[-1].components)
        line = tr("line {line}", line=statement.line)
        return Segment(kind.upper(), "" if place in (None, "?") else place, label, begin, f"{self._where}, {line}")

    def _included(self, statement: _Statement, name: str) -> Path:
        parts = PurePosixPath(name.replace("\\", "/"))
        if not name or parts.is_absolute() or ".." in parts.parts or ":" in name:
            raise self._refuse(statement, tr("it includes {name!r}, which is no path below its folder", name=name))
        folder = self._path.absolute().parent
        for outer in (folder, *list(folder.parents)[:4]):
            for candidate in (outer / parts, outer / "include" / parts):
                if candidate.is_file():
                    return candidate
        raise self._refuse(statement, tr("it includes {name!r}, which is not there", name=name))

    def _number(self, statement: _Statement, word: str) -> float:
        try:
            number = float(word)
        except ValueError:
            number = np.nan
        if not np.isfinite(number):
            raise self._refuse(statement, tr("{value!r} is no number", value=word))
        return number

    def _scale_forces(self) -> None:
        """Bring pressures to 0 to 1, by the greatest of the file where it names none."""
        traces = [component.trace for parts in self._sets for component in parts.components]
        forces = [trace.forces for trace in traces if trace.forces is not None]
        most = self._max_pressure or max((float(values.max()) for values in forces), default=0.0)
        for trace in traces:
            if trace.forces is not None:
                trace.forces = trace.forces / most if most > 0 else None

    def _refuse(self, statement: _Statement, reason: str) -> RecognizerError:
        return bad_ink(
            self._where,
            tr("line {line}: .{keyword}: {reason}", line=statement.line, keyword=statement.keyword, reason=reason),
        )


def _is_date(words: list[str]) -> bool:
    return len(words) == 3 and all(word.isdecimal() and len(word) <= 4 for word in words)


def write_unipen(path: Path, file: InkFile) -> None:
    """Write drawings so that `read_unipen` gives them back, each as a segment of type CHARACTER in a box of its own.

    T is among the coordinates where any drawing has times, P where any has a pressure other than 1.

    Raises:
        RecognizerError: The file cannot be written, or a drawing is empty, for which UNIPEN has no word.
    """
    empty = next((number for number, ink in enumerate(file.inks) if ink.is_empty), None)
    if empty is not None:
        reason = tr("drawing {i} is empty", i=empty)
        raise RecognizerError(
            tr("The ink cannot be written as UNIPEN"),
            where=f"{path} ({reason})",
            fix=tr("Leave out empty drawings, or write InkML"),
        )
    has_times = any(stroke.times.any() for ink in file.inks for stroke in ink.strokes)
    has_forces = any((stroke.pressures != 1).any() for ink in file.inks for stroke in ink.strokes)
    lines = [".VERSION 1.0", ".DATA_SOURCE Recognizer"]
    if has_forces:
        lines += [".KEYWORD .MAX_PRESSURE [N] The pressure that counts as 1.", f".MAX_PRESSURE {_PRESSURE}"]
    lines += [f".COORD X Y{' T' * has_times}{' P' * has_forces}", ".HIERARCHY CHARACTER"]
    if _is_iso_date(file.date):
        year, month, day = file.date.split("-")
        lines.append(f".DATE {month} {day} {year}")
    component, known_writer = 0, ""
    for ink, label, writer in zip(file.inks, file.labels, file.writers, strict=True):
        if writer != known_writer:
            lines.append(f".WRITER_ID {'_'.join(writer.split()) or '?'}")
            known_writer = writer
        lines.append(".START_BOX")
        last = component + len(ink.strokes) - 1
        lines.append(f".SEGMENT CHARACTER {component}-{last} ?{_quoted(label)}")
        component = last + 1
        for stroke in ink.strokes:
            lines += [".PEN_DOWN", *_rows(stroke, has_times, has_forces), ".PEN_UP"]
    write_atomic(path, ("\n".join(lines) + "\n").encode("utf-8", "replace"))


def _is_iso_date(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def _quoted(label: str) -> str:
    if not label:
        return ""
    escaped = label.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f' "{escaped}"'


def _rows(stroke: Stroke, has_times: bool, has_forces: bool) -> list[str]:
    points = stroke.points * np.array([1, -1], np.float32)
    columns = [[number_text(value) for value in points[:, axis].tolist()] for axis in (0, 1)]
    if has_times:
        columns.append([milliseconds_text(value) for value in stroke.times.tolist()])
    if has_forces:
        columns.append([f"{value * _PRESSURE:.6f}".rstrip("0").rstrip(".") for value in stroke.pressures.tolist()])
    return [" ".join(row) for row in zip(*columns, strict=True)]
