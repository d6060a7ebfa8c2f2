"""What is printed on a page: rectangles and words, in millimetres from its upper left corner."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr
from recognizer.imaging.collecting_marks import mark_modules
from recognizer.library.sheets.code import code_of
from recognizer.library.sheets.fonts import can_print
from recognizer.library.sheets.page import CODE, MARGIN, MARK, Paper, SheetBox, SheetLayout

_BLACK: Final = 0
_TEXT: Final = 70
_LINE: Final = 178
"""Grey of the boxes' lines: seen by who writes, lighter than a pencil."""
_GUIDE: Final = 140
"""Grey of the symbols to copy: read with ease, lighter than a pen."""
_LINE_WIDTH: Final = 0.25
_NAME_LINE: Final = 0.3
_TITLE_SIZE: Final = 6.5
_NAME_SIZE: Final = 4.2
_TEXT_SIZE: Final = 3.2
_DESCENT: Final = 0.24
"""Share of the size of words that may reach below their line."""


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle, millimetres; `level` is its grey, 0 black and 255 white. Areas do not overlap."""

    left: float
    top: float
    width: float
    height: float
    level: int = _BLACK


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text.

    Attributes:
        text: One line.
        x: Where it begins, millimetres; where it ends if `is_right`.
        baseline: Millimetres.
        size: Of the em, millimetres.
        width: It is made smaller until it is no wider than that, millimetres.
        level: Its grey.
        is_bold: Whether it is set in bold type.
        is_right: Whether it ends at `x`.
    """

    text: str
    x: float
    baseline: float
    size: float
    width: float
    level: int = _TEXT
    is_bold: bool = False
    is_right: bool = False


def draw_page(layout: SheetLayout) -> list[Area | Words]:
    """All that is printed on a page.

    Raises:
        RecognizerError: There is no typeface for one of its characters.
    """
    return [*_marks(layout.paper), *_code(layout), *_head(layout), *_foot(layout), *_boxes(layout)]


def _marks(paper: Paper) -> Iterator[Area]:
    for number, (left, top) in zip(paper.mark_numbers, paper.marks, strict=True):
        yield from _dark_areas(mark_modules(number), left, top, MARK)


def _code(layout: SheetLayout) -> Iterator[Area]:
    return _dark_areas(code_of(layout), *layout.paper.code, CODE)


def _dark_areas(dark: NDArray[np.bool_], left: float, top: float, side: float) -> Iterator[Area]:
    """The dark modules of a square of `side`, those side by side in one piece."""
    module = side / len(dark)
    for row, modules in enumerate(dark):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], modules, [False]])))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            yield Area(left + first * module, top + row * module, (end - first) * module, module)


def _head(layout: SheetLayout) -> Iterator[Area | Words]:
    left = MARGIN + MARK + 4
    width = layout.paper.code[0] - 6 - left
    title = layout.title or _own(tr("Handwriting sheet"), "Handwriting sheet")
    yield Words(title, left, MARGIN + 5.5, _TITLE_SIZE, width, is_bold=True)
    name = _own(tr("Name:"), "Name:")
    number = _own(tr("Sheet {n}", n=layout.writer), f"Sheet {layout.writer}") if layout.writer else ""
    baseline = MARGIN + 17
    yield Words(name, left, baseline, _NAME_SIZE, 24)
    begin = left + 15
    room = 24 if number else 0
    yield Area(begin, baseline + 0.6, left + width - room - begin, _NAME_LINE, _TEXT)
    if layout.name:
        yield Words(layout.name, begin + 1, baseline, _NAME_SIZE, left + width - room - begin - 2)
    if number:
        yield Words(number, left + width, baseline, _NAME_SIZE, room - 4, is_bold=True, is_right=True)
    lines = (
        (tr("Copy each grey symbol into the box below it."), "Copy each grey symbol into the box below it."),
        (
            tr("Made a mistake? Scribble all over that box; it will be left out."),
            "Made a mistake? Scribble all over that box; it will be left out.",
        ),
    )
    for number_of_line, (text, english) in enumerate(lines):
        yield Words(_own(text, english), left, MARGIN + 23.2 + 4.5 * number_of_line, _TEXT_SIZE, width)


def _foot(layout: SheetLayout) -> Iterator[Words]:
    width, height = layout.paper.size
    left, right = MARGIN + MARK + 4, width - MARGIN - MARK - 4
    baseline = height - MARGIN - MARK / 2 + 1.2
    page = _own(
        tr("Page {page} of {pages}", page=layout.page, pages=layout.pages), f"Page {layout.page} of {layout.pages}"
    )
    yield Words(f"{layout.sheet} · {page}", right, baseline, _TEXT_SIZE, 44, is_right=True)
    text = tr("For the photo: the whole page, flat, from above, in even light.")
    english = "For the photo: the whole page, flat, from above, in even light."
    yield Words(_own(text, english), left, baseline, _TEXT_SIZE, right - left - 48)


def _boxes(layout: SheetLayout) -> Iterator[Area | Words]:
    for box in layout.boxes:
        yield from _outline(box)
        left, top, width, height = box.guide
        yield Words(box.label, left, top + height * (1 - _DESCENT), height, width, _GUIDE)


def _outline(box: SheetBox) -> Iterator[Area]:
    """The line around a box; its middle is where the box ends."""
    half = _LINE_WIDTH / 2
    left, top, right, bottom = box.left, box.top, box.left + box.width, box.top + box.height
    for y in (top, bottom):
        yield Area(left - half, y - half, box.width + _LINE_WIDTH, _LINE_WIDTH, _LINE)
    for x in (left, right):
        yield Area(x - half, top + half, _LINE_WIDTH, box.height - _LINE_WIDTH, _LINE)


def _own(text: str, english: str) -> str:
    """A text of the program, in English where the typefaces that it carries lack a character of the translation."""
    return text if can_print(text) else english
