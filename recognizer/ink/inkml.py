"""Reads InkML, W3C's format for digital ink (https://www.w3.org/TR/InkML/).

A traceGroup with a label is a drawing, the innermost such ones where they are nested; a file without labelled groups
is one drawing for each outer group, or one altogether.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.ink.ink_file import (
    FACTS,
    MAX_DRAWING_POINTS,
    MAX_FILE_BYTES,
    MAX_POINTS,
    InkFile,
    Trace,
    bad_ink,
    too_many_points,
)
from recognizer.ink.inkml_context import Context, Width, affine, number_or_none, resolution
from recognizer.ink.inkml_trace import Channel, TraceError, TraceFormat, TraceReader
from recognizer.ink.inkml_tree import Group, Line, Tree, View
from recognizer.ink.stroke import FAR

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 500_000
_CHUNK: Final = 1 << 18
_LABELS: Final = ("truth", "label", "groundtruth", "transcription", "symbol", "character", "class", "text")
"""Types of annotation that say what a drawing shows, the best first."""
_WRITERS: Final = ("writer", "writerid", "author")
_DATES: Final = ("date", "timestamp", "time")
_MAX_TEXT: Final = 10_000


@dataclass(slots=True)
class _Element:
    """An element that has begun and not ended."""

    name: str
    attributes: dict[str, str]
    text: list[str] | None = None
    item: Any = None


def read_inkml(path: Path) -> InkFile:
    """Read an InkML file.

    Raises:
        RecognizerError: It is damaged, declares a document type, or exceeds a bound.
    """
    reader = _Reader(path)
    try:
        with path.open("rb") as file:
            size = 0
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    raise bad_ink(path, tr("it is larger than {most:,} bytes", most=MAX_FILE_BYTES))
                reader.parser.Parse(chunk, False)
            reader.parser.Parse(b"", True)
    except OSError as error:
        raise read_error(path, error) from error
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code) or ""
        raise bad_ink(path, tr("line {line}: it is no XML: {reason}", line=error.lineno, reason=reason)) from error
    except (LookupError, ValueError) as error:
        # An encoding that Python does not know, or text that is not in the one declared.
        raise bad_ink(path, tr("line {line}: {reason}", line=reader.line, reason=error)) from error
    return reader.tree.drawings()


class _Reader:
    """Takes the events of the XML parser and builds the drawings."""

    def __init__(self, path: Path) -> None:
        self.tree = Tree(path)
        self._path = path
        self._stack: list[_Element] = []
        self._groups: list[Group] = []
        self._current = Context()
        self._known: dict[tuple[str, str], Any] = {}
        self._count = 0
        self._points = 0
        self._clock = 0.0
        self._open_forces: list[Trace] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = _CHUNK
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    @property
    def line(self) -> int:
        """Where the parser is."""
        return self.parser.CurrentLineNumber

    def _refuse_doctype(self, *_: object) -> None:
        raise bad_ink(
            self._path,
            tr("line {line}: it declares a document type, which may hold entities; neither is read", line=self.line),
            tr("Remove the DOCTYPE and write out its entities"),
        )

    def _refuse(self, reason: str) -> RecognizerError:
        return bad_ink(self._path, tr("line {line}: {reason}", line=self.line, reason=reason))

    def _begin(self, full_name: str, full_attributes: dict[str, str]) -> None:
        name = full_name.rpartition(" ")[2]
        attributes = {key.rpartition(" ")[2]: value for key, value in full_attributes.items()}
        if not self._stack:
            if name != "ink":
                raise self._refuse(tr("its first element is {name}, not ink", name=name))
            self._groups.append(self.tree.root)
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise self._refuse(tr("it has more than {most:,} elements", most=MAX_ELEMENTS))
        if len(self._stack) >= MAX_DEPTH:
            raise self._refuse(tr("elements are nested more than {most} deep", most=MAX_DEPTH))
        element = _Element(name, attributes)
        within = self._stack[-1].name if self._stack else ""
        self._stack.append(element)
        if within == "annotationXML":
            # Whatever it holds is only text to us.
            element.name = "annotationXML"
            element.text = self._stack[-2].text
            return
        begin = getattr(self, f"_begin_{name}", None)
        if begin is not None:
            begin(element)

    def _end(self, _: str) -> None:
        element = self._stack.pop()
        end = getattr(self, f"_end_{element.name}", None)
        if end is not None:
            end(element, self._stack[-1] if self._stack else element)

    def _text(self, text: str) -> None:
        element = self._stack[-1]
        if element.name == "trace" and element.item is not None:
            try:
                element.item.feed(text)
            except TraceError as error:
                raise self._refuse(str(error)) from error
            self._check_points(element.item)
        elif element.text is not None and sum(map(len, element.text)) < _MAX_TEXT:
            element.text.append(text)

    def _keep(self, element: _Element, item: object) -> None:
        if "id" in element.attributes:
            self._known[element.name, element.attributes["id"]] = item

    def _keep_target(self, element: _Element, item: Line | Group) -> None:
        """Traces go before groups of the same id, which CROHME's files have."""
        self._keep(element, item)
        identity = element.attributes.get("id")
        if identity is not None and (isinstance(item, Line) or identity not in self.tree.targets):
            self.tree.targets[identity] = item

    def _find(self, name: str, reference: str) -> Any:
        """What an element of that name and id stands for; a default where it is one of W3C's own."""
        identity = reference.removeprefix("#")
        if (name, identity) not in self._known:
            if identity.startswith("Default"):
                return TraceFormat() if name == "traceFormat" else Context()
            raise self._refuse(tr("there is no {name} {reference!r}", name=name, reference=reference))
        return self._known[name, identity]

    # Contexts.

    def _begin_definitions(self, element: _Element) -> None:
        self._groups.append(Group())

    def _end_definitions(self, element: _Element, parent: _Element) -> None:
        self._groups.pop()

    def _begin_context(self, element: _Element) -> None:
        given = element.attributes
        context = Context()
        if "contextRef" in given:
            context = self._find("context", given["contextRef"])
        elif self._stack[-2].name != "definitions":
            context = self._current
        if "inkSourceRef" in given:
            context = context.with_device(self._find("inkSource", given["inkSourceRef"]))
        if "traceFormatRef" in given:
            context = replace(context, form=self._find("traceFormat", given["traceFormatRef"]))
        for name in ("brush", "canvasTransform"):
            part = self._known.get((name, given.get(f"{name}Ref", "").removeprefix("#")))
            context = context if part is None else part.over(context)
        element.item = context

    def _end_context(self, element: _Element, parent: _Element) -> None:
        self._keep(element, element.item)
        if parent.name == "ink":
            self._current = element.item

    def _begin_inkSource(self, element: _Element) -> None:
        element.item = Context()

    def _end_inkSource(self, element: _Element, parent: _Element) -> None:
        self._keep(element, element.item)
        if parent.name == "context":
            parent.item = parent.item.with_device(element.item)
        elif parent.name == "ink":
            self._current = self._current.with_device(element.item)

    def _begin_sampleRate(self, element: _Element) -> None:
        rate = number_or_none(element.attributes.get("value"))
        if self._stack[-2].name == "inkSource" and rate and rate > 0:
            self._stack[-2].item = replace(self._stack[-2].item, rate=rate)

    def _begin_channelProperty(self, element: _Element) -> None:
        given = element.attributes
        source = next((outer for outer in reversed(self._stack) if outer.name == "inkSource"), None)
        value = resolution(given.get("value", ""), given.get("units", ""))
        if source is not None and given.get("name") == "resolution" and value:
            resolutions = {**source.item.resolutions, given.get("channel", ""): value}
            source.item = replace(source.item, resolutions=resolutions)

    def _begin_traceFormat(self, element: _Element) -> None:
        element.item = ([], [])

    def _begin_channel(self, element: _Element) -> None:
        given = element.attributes
        outer = next((outer for outer in reversed(self._stack) if outer.name == "traceFormat"), None)
        if outer is None:
            return
        is_intermittent = any(inner.name == "intermittentChannels" for inner in self._stack)
        default = {"T": 1.0, "true": 1.0}.get(given.get("default", ""), number_or_none(given.get("default")) or 0.0)
        channel = Channel(
            given.get("name", ""),
            given.get("units", ""),
            number_or_none(given.get("min")),
            number_or_none(given.get("max")),
            -1.0 if given.get("orientation") == "-ve" else 1.0,
            default,
        )
        outer.item[is_intermittent].append(channel)

    def _end_traceFormat(self, element: _Element, parent: _Element) -> None:
        regular, intermittent = element.item
        form = TraceFormat((*regular, *intermittent), len(regular))
        self._keep(element, form)
        if parent.name in ("context", "inkSource"):
            parent.item = replace(parent.item, form=form)
        elif parent.name == "ink":
            self._current = replace(self._current, form=form)

    def _begin_brush(self, element: _Element) -> None:
        element.item = Context()

    def _begin_brushProperty(self, element: _Element) -> None:
        given = element.attributes
        width = number_or_none(given.get("value"))
        if self._stack[-2].name == "brush" and given.get("name") == "width" and width and width > 0:
            self._stack[-2].item = Context(width=Width(width, given.get("units", "")))

    def _end_brush(self, element: _Element, parent: _Element) -> None:
        self._end_part(element, parent)

    def _begin_canvasTransform(self, element: _Element) -> None:
        element.item = Context()

    def _end_canvasTransform(self, element: _Element, parent: _Element) -> None:
        self._end_part(element, parent)

    def _end_part(self, element: _Element, parent: _Element) -> None:
        """A brush or transform, which says one thing of a context."""
        self._keep(element, element.item)
        if parent.name == "context":
            parent.item = element.item.over(parent.item)
        elif parent.name == "ink":
            self._current = element.item.over(self._current)

    def _begin_affine(self, element: _Element) -> None:
        element.text = []

    _begin_matrix = _begin_affine

    def _end_affine(self, element: _Element, parent: _Element) -> None:
        outer = next((outer for outer in reversed(self._stack) if outer.name == "canvasTransform"), None)
        # Only the first mapping leads to the canvas; a second one leads back.
        if outer is not None and outer.item.matrix is None:
            outer.item = Context(matrix=affine("".join(element.text or [])))

    _end_matrix = _end_affine

    # Annotations.

    def _begin_annotation(self, element: _Element) -> None:
        element.text = []

    def _begin_annotationXML(self, element: _Element) -> None:
        element.text = []

    def _end_annotation(self, element: _Element, parent: _Element) -> None:
        text = "".join(element.text or [])
        if element.attributes.get("space") != "preserve":
            text = text.strip()
        kind = element.attributes.get("type", "").lower().replace("_", "").replace("-", "")
        group = self._groups[-1]
        if kind in _WRITERS:
            group.writer = text
        elif kind in _DATES and group is self.tree.root:
            self.tree.date = text
        elif kind in FACTS and group is not self.tree.root:
            group.facts[kind] = text
        elif kind in _LABELS or (not kind and group is not self.tree.root):
            rank = _LABELS.index(kind) if kind else len(_LABELS)
            if text and rank < group.rank and parent.name in ("ink", "traceGroup", "traceView"):
                group.label, group.rank = text, rank

    def _end_annotationXML(self, element: _Element, parent: _Element) -> None:
        # Without a type it may be anything, such as all that another recogniser has thought of.
        if "type" in element.attributes and parent.name in ("traceGroup", "traceView") and not self._groups[-1].label:
            self._end_annotation(element, parent)

    # Traces.

    def _begin_traceGroup(self, element: _Element) -> None:
        outer = self._groups[-1].context or self._current
        group = Group(context=self._context(element.attributes, outer))
        self._groups[-1].children.append(group)
        self._groups.append(group)

    def _end_traceGroup(self, element: _Element, parent: _Element) -> None:
        group = self._groups.pop()
        self._keep_target(element, group)
        if group.label or group.has_labels_inside:
            self._groups[-1].has_labels_inside = True

    def _begin_traceView(self, element: _Element) -> None:
        target = element.attributes.get("traceDataRef")
        if target is None:
            self._begin_traceGroup(element)
            return
        begin, end = (self._indices(element.attributes.get(name, "")) for name in ("from", "to"))
        self.tree.viewed.add(target.removeprefix("#"))
        self._groups[-1].children.append(View(target, begin, end))

    def _end_traceView(self, element: _Element, parent: _Element) -> None:
        if "traceDataRef" not in element.attributes:
            self._end_traceGroup(element, parent)

    def _indices(self, text: str) -> list[int]:
        try:
            return [int(part) for part in text.split(":")] if text else []
        except ValueError as error:
            raise self._refuse(tr("{value!r} is no place in a trace", value=text)) from error

    def _context(self, given: dict[str, str], outer: Context) -> Context:
        context = self._find("context", given["contextRef"]) if "contextRef" in given else outer
        brush = self._known.get(("brush", given.get("brushRef", "").removeprefix("#")))
        return brush.over(context) if brush is not None else context

    def _begin_trace(self, element: _Element) -> None:
        if element.attributes.get("type") != "penUp":
            context = self._context(element.attributes, self._groups[-1].context or self._current)
            element.item = TraceReader(context.channels)

    def _check_points(self, reader: TraceReader) -> None:
        if reader.count > MAX_DRAWING_POINTS:
            raise too_many_points(self._path)
        if self._points + reader.count > MAX_POINTS:
            raise bad_ink(self._path, tr("it has more than {most:,} points", most=MAX_POINTS))

    def _end_trace(self, element: _Element, parent: _Element) -> None:
        if element.item is None:
            return
        given = element.attributes
        context = self._context(given, self._groups[-1].context or self._current)
        try:
            rows = element.item.points()
            self._check_points(element.item)
            self._points += len(rows)
            if len(rows) == 0:
                self._keep_target(element, Line([], 0.0))
                return
            offset, duration = (number_or_none(given.get(name)) for name in ("timeOffset", "duration"))
            start = self._clock if offset is None else offset / 1000
            lines = context.lines(rows, start, None if duration is None else duration / 1000)
        except TraceError as error:
            raise self._refuse(str(error)) from error
        for trace in lines:
            if len(trace) and not np.abs(trace.points).max() <= FAR:
                raise self._refuse(tr("a coordinate is larger than {most:g}", most=FAR))
            if trace.times is not None and len(trace):
                self._clock = float(trace.times[-1]) + (1 / context.rate if context.rate else 0.0)
        if context.has_open_forces:
            self._open_forces += lines
        prior = self._known.get(("trace", given.get("priorRef", "").removeprefix("#")))
        if given.get("continuation") in ("middle", "end") and prior is not None and prior.strokes and lines:
            prior.strokes[-1].append(lines[0])
            prior.strokes += [[trace] for trace in lines[1:]]
            self._keep_target(element, prior)
            return
        line = Line([[trace] for trace in lines], context.pen_width())
        self._keep_target(element, line)
        self._groups[-1].children.append(line)

    def _end_ink(self, element: _Element, parent: _Element) -> None:
        """Bring forces without a greatest value to 0 to 1."""
        forces = [trace.forces for trace in self._open_forces if trace.forces is not None and len(trace)]
        most = max((float(values.max()) for values in forces), default=0.0)
        if most > 1:
            for trace in self._open_forces:
                trace.forces = None if trace.forces is None else trace.forces / most
