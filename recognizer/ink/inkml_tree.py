"""The traces, groups and views of an InkML file, and which drawings they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from recognizer.base.errors import RecognizerError
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
from recognizer.ink.inkml_context import Context
from recognizer.ink.stroke import Ink

NO_RANK: Final = 99
_MAX_VISITS: Final = 1_000_000
"""How many groups, views and traces are followed at most: views of views multiply."""
_MAX_CHAIN: Final = 64


@dataclass(slots=True, eq=False)
class Line:
    """A trace: its lines, each in the parts in which it is continued; several where the pen's tip left the paper."""

    strokes: list[list[Trace]]
    pen_width: float


@dataclass(slots=True, eq=False)
class View:
    """A reference to a trace or group, or to a part of it, counted from 1."""

    target: str
    begin: list[int]
    end: list[int]


@dataclass(slots=True, eq=False)
class Group:
    """A traceGroup, or a traceView without a target of its own.

    Attributes:
        children: What it holds, in order.
        label: What it shows; empty where nothing is said.
        rank: How good a source its label has; the least is the best.
        writer: Who drew it.
        facts: What else is said of it, as `InkFile.facts`.
        context: What holds for its traces; None for what holds outside.
        has_labels_inside: Whether a group in it has a label.
    """

    children: "list[Line | View | Group]" = field(default_factory=list)
    label: str = ""
    rank: int = NO_RANK
    writer: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    context: Context | None = None
    has_labels_inside: bool = False


class Tree:
    """All of a file.

    Args:
        path: The file, named in errors.
    """

    def __init__(self, path: Path) -> None:
        self.root = Group()
        self.targets: dict[str, Line | Group] = {}
        self.viewed: set[str] = set()
        self.date = ""
        self._path = path
        self._visits = 0
        self._points = 0

    def drawings(self) -> InkFile:
        """The drawings, in the order of the file.

        Raises:
            RecognizerError: A view leads nowhere or in a circle, or a drawing is too large.
        """
        root = self.root
        groups = [child for child in root.children if isinstance(child, Group)]
        if not root.children and not root.label:
            chosen = []
        elif not groups or (root.label and not root.has_labels_inside):
            chosen = [root]
        else:
            chosen = [found for group in groups for found in _innermost(group)]
            viewed = {id(self.targets[name]) for name in self.viewed if name in self.targets}
            rest = [child for child in root.children if isinstance(child, Line) and id(child) not in viewed]
            if rest:
                chosen.append(Group([*rest]))
        return InkFile(
            tuple(self._ink(group) for group in chosen),
            tuple(group.label for group in chosen),
            tuple(group.writer or root.writer for group in chosen),
            self.date,
            tuple(group.facts for group in chosen),
        )

    def _ink(self, group: Group) -> Ink:
        traces: list[Trace] = []
        width = points = 0.0
        for line, trace in self._lines(group, [], [], 0):
            width = width or line.pen_width
            points += len(trace)
            traces.append(trace)
            if points > MAX_DRAWING_POINTS:
                raise too_many_points(self._path)
            if len(traces) > MAX_DRAWING_STROKES:
                raise bad_ink(self._path, tr("a drawing has more than {most:,} strokes", most=MAX_DRAWING_STROKES))
        self._points += int(points)
        if self._points > MAX_POINTS:
            raise bad_ink(self._path, tr("it has more than {most:,} points", most=MAX_POINTS))
        return drawing(traces, width)

    def _lines(
        self, node: Line | View | Group, begin: list[int], end: list[int], depth: int
    ) -> Iterator[tuple[Line, Trace]]:
        """The lines of a node from `begin` to `end`: places in it, in what is there, and so on."""
        self._visits += 1
        if self._visits > _MAX_VISITS or depth > _MAX_CHAIN:
            raise self._refuse(tr("its views lead in a circle, or to more than {most:,} traces", most=_MAX_VISITS))
        if isinstance(node, View):
            yield from self._lines(self._target(node.target), node.begin, node.end, depth + 1)
        elif isinstance(node, Line):
            traces = [_joined(parts) for parts in node.strokes]
            if begin or end:
                whole = _joined(traces)
                traces = [whole.part(begin[0] - 1 if begin else 0, end[0] if end else len(whole))]
            for trace in traces:
                yield node, trace
        else:
            first, last = begin[0] - 1 if begin else 0, end[0] - 1 if end else len(node.children) - 1
            for place in range(first, min(last + 1, len(node.children))):
                inner_begin, inner_end = begin[1:] if place == first else [], end[1:] if place == last else []
                yield from self._lines(node.children[place], inner_begin, inner_end, depth + 1)

    def _target(self, reference: str) -> Line | Group:
        found = self.targets.get(reference.removeprefix("#"))
        if found is None:
            raise self._refuse(tr("there is no trace {reference!r}", reference=reference))
        return found

    def _refuse(self, reason: str) -> RecognizerError:
        return bad_ink(self._path, reason)


def _innermost(group: Group) -> Iterator[Group]:
    """The innermost groups with labels, and those beside them."""
    if group.has_labels_inside:
        for child in group.children:
            if isinstance(child, Group):
                yield from _innermost(child)
    else:
        yield group


def _joined(parts: list[Trace]) -> Trace:
    """Lines that continue each other as one."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Trace(np.zeros((0, 2)))
    times = [part.times for part in parts if part.times is not None]
    forces = [part.forces for part in parts if part.forces is not None]
    return Trace(
        np.concatenate([part.points for part in parts]),
        np.concatenate(times) if len(times) == len(parts) else None,
        np.concatenate(forces) if len(forces) == len(parts) else None,
    )
