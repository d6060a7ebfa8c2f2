"""What was read in one picture, with a person's corrections, which can be undone."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from recognizer.gui.widgets.reading_marks import DOUBTFUL, Mark, mark_of
from recognizer.inference.reading import Reading, ReadSymbol

Box = tuple[float, float, float, float]

_SAME_PLACE = 0.5
"""The share of two boxes that must overlap for them to hold the same symbol."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a symbol stands in the text.

    Attributes:
        start, end: The first of its characters and the one after its last.
        index: The symbol, as `ReadingDocument` counts.
    """

    start: int
    end: int
    index: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as a table shows it.

    Attributes:
        text: What was read, corrections included.
        doubtful: How many of its symbols nobody can be sure of.
        corrected: How many a person has corrected.
        box: (left, top, width, height) in pixels of the picture.
    """

    text: str
    doubtful: int
    corrected: int
    box: Box


class ReadingDocument(QObject):
    """A reading and its corrections. Symbols are counted from 0, over all lines, as they were read.

    Attributes:
        labels: The classes of the model that read.
        text: What was read, corrections included.
        spans: Where each symbol that is left stands in the text, in reading order.
        undo_stack: The corrections.

    Signals:
        changed: Text, marks or symbols are others now.
        edited: The symbol that a correction, or its undoing, has changed; after `changed`.
    """

    changed = Signal()
    edited = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self._reading = Reading(())
        self._symbols: tuple[ReadSymbol, ...] = ()
        self.labels: tuple[str, ...] = ()
        self._edits: dict[int, str | None] = {}
        """Symbol to what a person says it is; None where they say that it is none."""
        self._lines: tuple[tuple[tuple[int, bool], ...], ...] = ()
        """The symbols of each line that are left, and whether there is a gap before them."""
        self.text = ""
        self.spans: tuple[Span, ...] = ()

    @property
    def reading(self) -> Reading:
        """What the model read."""
        return self._reading

    def set_reading(self, reading: Reading, labels: tuple[str, ...]) -> None:
        """Show what a model with the classes `labels` read in the picture.

        Corrections of an earlier reading stay with the places that they were made for.
        """
        self.labels = labels
        kept = [(self._symbols[index].box, label) for index, label in self._edits.items()]
        self._reading, self._symbols = reading, reading.symbols
        self._edits = {}
        for box, label in kept:
            best = max(range(len(self._symbols)), key=lambda i: _overlap(self._symbols[i].box, box), default=-1)
            if best >= 0 and _overlap(self._symbols[best].box, box) >= _SAME_PLACE:
                self._edits[best] = label
        self.undo_stack.clear()
        self._refresh()

    # Looking

    def indices(self) -> tuple[int, ...]:
        """The symbols that are left, in reading order."""
        return tuple(span.index for span in self.spans)

    def symbol(self, index: int) -> ReadSymbol:
        """A symbol as it was read."""
        return self._symbols[index]

    def text_of(self, index: int) -> str:
        """What the symbol is now held to be."""
        return self._edits.get(index) or self._symbols[index].text

    def mark(self, index: int) -> Mark:
        """How far the symbol can be trusted."""
        return Mark.CORRECTED if self._edits.get(index) else mark_of(self._symbols[index])

    def line_of(self, index: int) -> int:
        """The line, counted from 0 among those that are left, in which the symbol stands."""
        return next(number for number, line in enumerate(self._lines) if any(i == index for i, _ in line))

    def doubtful(self) -> tuple[int, ...]:
        """The symbols that somebody should look at."""
        return tuple(index for index in self.indices() if self.mark(index) in DOUBTFUL)

    def rows(self) -> list[LineRow]:
        """The lines as a table."""
        rows = []
        for text, line in zip(self.text.split("\n"), self._lines, strict=False):
            marks = [self.mark(index) for index, _ in line]
            boxes = [self._symbols[index].box for index, _ in line]
            left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
            right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
            doubtful = sum(mark in DOUBTFUL for mark in marks)
            box = (left, top, right - left, bottom - top)
            rows.append(LineRow(text, doubtful, marks.count(Mark.CORRECTED), box))
        return rows

    # Correcting

    def correct(self, index: int, label: str) -> None:
        """Say that the symbol is `label`; saying what nobody doubts changes nothing."""
        if label == self._edits.get(index) or (label == self.text_of(index) and self.mark(index) == Mark.SURE):
            return
        self.undo_stack.push(_Edit(self, index, label))

    def remove(self, index: int) -> None:
        """Say that the symbol is none."""
        if index in self.indices():
            self.undo_stack.push(_Edit(self, index, None))

    def _set_edit(self, index: int, edit: str | None, *, is_edited: bool) -> None:
        if is_edited:
            self._edits[index] = edit
        else:
            self._edits.pop(index, None)
        self._refresh()
        self.edited.emit(index)

    def _refresh(self) -> None:
        """Put lines, text and spans together anew."""
        lines, texts, spans = [], [], []
        place, index = 0, -1
        for line in self._reading.lines:
            kept: list[tuple[int, bool]] = []
            has_gap = False
            text = ""
            for number, _ in enumerate(line.symbols):
                index += 1
                has_gap = has_gap or number in line.gaps
                if self._edits.get(index, "") is None:
                    continue
                text += " " if has_gap and kept else ""
                kept.append((index, has_gap and bool(kept)))
                start = place + len(text)
                text += self.text_of(index)
                spans.append(Span(start, place + len(text), index))
                has_gap = False
            if kept:
                lines.append(tuple(kept))
                texts.append(text)
                place += len(text) + 1
        self._lines, self.text, self.spans = tuple(lines), "\n".join(texts), tuple(spans)
        self.changed.emit()


class _Edit(QUndoCommand):
    """One correction."""

    def __init__(self, document: ReadingDocument, index: int, edit: str | None) -> None:
        super().__init__()
        self._document = document
        self._index = index
        self._after = edit
        self._was_edited = index in document._edits
        self._before = document._edits.get(index)

    def redo(self) -> None:
        self._document._set_edit(self._index, self._after, is_edited=True)

    def undo(self) -> None:
        self._document._set_edit(self._index, self._before, is_edited=self._was_edited)


def _overlap(one: Box, other: Box) -> float:
    """What two boxes share, as a part of what they cover together, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
