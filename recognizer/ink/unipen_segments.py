"""Which pen components of a UNIPEN file are which drawing."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from recognizer.base.i18n import tr
from recognizer.ink.ink_file import (
    MAX_DRAWING_POINTS,
    MAX_DRAWING_STROKES,
    MAX_POINTS,
    InkFile,
    Trace,
    bad_ink,
    drawing,
    too_many_points,
)
from recognizer.ink.stroke import Ink

_SYMBOL: Final = "CHARACTER"
_STRETCH: Final = re.compile(r"(\d{1,9})(?::(\d{1,9}))?(?:-(\d{1,9})(?::(\d{1,9}))?)?")


@dataclass(slots=True, eq=False)
class Component:
    """What the pen did between touching and leaving the paper, or above it; `trace` is y down."""

    trace: Trace
    is_down: bool
    writer: str


@dataclass(slots=True, eq=False)
class Segment:
    """A part of the ink with its name.

    Attributes:
        kind: CHARACTER, WORD, ...
        place: Which components, such as `1:40-3,5`; empty where the file leaves that to be seen from its order.
        label: What is written; empty where it is not known.
        begin: How many components came before the statement.
        where: The statement's file and line, for errors.
    """

    kind: str
    place: str
    label: str
    begin: int
    where: str


@dataclass(slots=True, eq=False)
class UnipenSet:
    """What counts its components together; `boxes` are the components with which new boxes begin."""

    components: list[Component] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    boxes: list[int] = field(default_factory=list)


def drawings_of(sets: list[UnipenSet], hierarchy: tuple[str, ...], date: str, path: Path) -> InkFile:
    """The drawings of a file, in the order of their segments.

    Raises:
        RecognizerError: A segment is not where the file says, or too large.
    """
    kind = _kind_of_drawings(sets, hierarchy)
    found: list[tuple[Ink, str, str]] = []
    points = 0
    for part in sets:
        for place, label, where in _chosen(part, kind):
            traces = _traces(part, place, where, path)
            points += sum(map(len, traces))
            if points > MAX_POINTS:
                raise bad_ink(path, tr("it has more than {most:,} points", most=MAX_POINTS))
            first = _STRETCH.match(place)
            writer = part.components[int(first[1])].writer if first else ""
            found.append((drawing(traces), label, "" if writer == "?" else writer))
    inks, labels, writers = zip(*found, strict=True) if found else ((), (), ())
    return InkFile(tuple(inks), tuple(labels), tuple(writers), date)


def _kind_of_drawings(sets: list[UnipenSet], hierarchy: tuple[str, ...]) -> str:
    """The type of the segments that are drawings; empty where there are no segments."""
    segments = [segment for part in sets for segment in part.segments]
    labelled = {segment.kind for segment in segments if segment.label}
    kinds = labelled or {segment.kind for segment in segments}
    if _SYMBOL in {segment.kind for segment in segments}:
        return _SYMBOL
    depth = {name: place for place, name in enumerate(hierarchy, 1)}
    return max(sorted(kinds), key=lambda kind: depth.get(kind, 0), default="")


def _chosen(part: UnipenSet, kind: str) -> list[tuple[str, str, str]]:
    """The place, label and statement of each drawing in a set."""
    if not kind:
        edges = sorted({0, *part.boxes, len(part.components)})
        spans = [
            span for span in pairwise(edges) if any(component.is_down for component in part.components[slice(*span)])
        ]
        return [(f"{begin}-{end - 1}", "", "") for begin, end in spans]
    segments = [segment for segment in part.segments if segment.kind == kind]
    # Segments without a place stand before their components, or after them.
    stands_before = bool(segments) and segments[-1].begin < len(part.components)
    chosen = []
    for number, segment in enumerate(segments):
        place = segment.place
        if not place:
            if stands_before:
                begin = segment.begin
                end = segments[number + 1].begin if number + 1 < len(segments) else len(part.components)
            else:
                begin, end = segments[number - 1].begin if number else 0, segment.begin
            place = f"{begin}-{end - 1}" if end > begin else ""
        chosen.append((place, segment.label, segment.where))
    return chosen


def _traces(part: UnipenSet, place: str, where: str, path: Path) -> list[Trace]:
    traces: list[Trace] = []
    points = 0
    for stretch in place.split(",") if place else []:
        match = _STRETCH.fullmatch(stretch)
        if match is None:
            raise bad_ink(path, tr("{where}: {value!r} names no components", where=where, value=stretch))
        first, first_point, last, last_point = (None if group is None else int(group) for group in match.groups())
        assert first is not None
        if last is None:
            last, last_point = first, first_point
        if last >= len(part.components) or first > last:
            raise bad_ink(
                path,
                tr("{where}: {value!r} of {n:,} components", where=where, value=stretch, n=len(part.components)),
            )
        for number in range(first, last + 1):
            component = part.components[number]
            if not component.is_down:
                continue
            begin = first_point or 0 if number == first else 0
            end = last_point + 1 if number == last and last_point is not None else len(component.trace)
            traces.append(component.trace.part(begin, end))
            points += len(traces[-1])
            if points > MAX_DRAWING_POINTS:
                raise too_many_points(path)
            if len(traces) > MAX_DRAWING_STROKES:
                raise bad_ink(path, tr("a drawing has more than {most:,} strokes", most=MAX_DRAWING_STROKES))
    return traces
