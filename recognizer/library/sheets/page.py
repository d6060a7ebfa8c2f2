"""A page to write on: boxes, each with the symbol to copy, and what makes the page be found on a photo."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from recognizer.base.i18n import tr

MAX_LABEL: Final = 32
"""Characters of a label."""
MAX_TITLE: Final = 40
"""Characters of a title."""
MAX_SYMBOLS: Final = 500
"""Different ones on a page."""
MAX_COPIES: Final = 1000
MAX_PAGES: Final = 1000
MAX_WRITERS: Final = 500
MAX_NAME: Final = 40
"""Characters of a writer's name."""
_MOST_ACROSS: Final = 25
"""Columns or rows of a page."""
_LEAST_BOX: Final = 80
_MOST_ID: Final = 16

MARGIN: Final = 10.0
"""What printers leave free, millimetres; there the corner marks begin."""
MARK: Final = 12.0
"""Side of a corner mark, millimetres."""
CODE: Final = 28.0
"""Side of the code that says what is on the page, millimetres."""
_CODE_RIGHT: Final = 30.0
"""Room between the code and the right edge of the page, so that a corner that is cut off does not reach it."""
_GUIDE: Final = 0.64
"""Share of the strip above a box that the symbol to copy takes."""
_GUIDE_OFF: Final = 0.16
"""Share of the strip between that symbol and its box."""
_GUIDE_MARGIN: Final = 0.3
"""Width of a symbol's place beyond its characters, in its height."""
_GUIDE_CELL: Final = 0.5


class Paper(StrEnum):
    """What a sheet is printed on."""

    A4 = "A4"
    LETTER = "Letter"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, millimetres."""
        return (210.0, 297.0) if self is Paper.A4 else (215.9, 279.4)

    @property
    def marks(self) -> tuple[tuple[float, float], ...]:
        """Left and top of the corner marks, millimetres: upper left, upper right, lower right, lower left."""
        right, bottom = (side - MARGIN - MARK for side in self.size)
        return (MARGIN, MARGIN), (right, MARGIN), (right, bottom), (MARGIN, bottom)

    @property
    def mark_numbers(self) -> tuple[int, ...]:
        """Which ArUco markers these are, so that they tell the paper as well."""
        return (11, 12, 13, 14) if self is Paper.A4 else (15, 16, 17, 18)

    @property
    def code(self) -> tuple[float, float]:
        """Left and top of the code, millimetres."""
        return self.size[0] - _CODE_RIGHT - CODE, MARGIN


@dataclass(frozen=True, slots=True)
class SheetBox:
    """A box to write in; lengths in millimetres from the upper left corner of the page.

    Attributes:
        label: The symbol to copy.
        row, column: Counted from 1.
        left, top, width, height: Of the line around it.
        guide: Left, top, width and height of the place of the printed symbol, above the box and at its left end.
    """

    label: str
    row: int
    column: int
    left: float
    top: float
    width: float
    height: float
    guide: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A page; its boxes are filled from left to right and from top to bottom.

    Attributes:
        symbols: The labels on the page, each to be copied `copies` times before the next one begins.
        copies: Boxes of each symbol.
        columns, rows: Of the grid of boxes; the last row may be shorter.
        left, top: The upper left box, tenths of a millimetre.
        box_width, box_height: Of a box, tenths of a millimetre.
        gap, strip: Room between boxes across and down, tenths of a millimetre; the symbol to copy stands in the strip
            above its box.
        skipped: Boxes of the first symbol that are on the page before.
        paper: What it is printed on.
        title: Printed at the top; may be empty.
        sheet: A random name, the same on all pages that were laid out together.
        page, pages: Which page this is, counted from 1, of how many for each writer.
        writer: The number of the writer that this copy is for; 0 where copies are not numbered.
        name: That writer's name; may be empty.

    Raises:
        ValueError: One of them cannot be; the message names it.
    """

    symbols: tuple[str, ...]
    copies: int
    columns: int
    rows: int
    left: int
    top: int
    box_width: int
    box_height: int
    gap: int
    strip: int
    skipped: int = 0
    paper: Paper = Paper.A4
    title: str = ""
    sheet: str = "sheet"
    page: int = 1
    pages: int = 1
    writer: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.symbols) <= MAX_SYMBOLS or any(flaw_of(label) for label in self.symbols):
            raise ValueError("symbols")
        if len(self.title) > MAX_TITLE or not is_plain(self.title):
            raise ValueError("title")
        if len(self.name) > MAX_NAME or not is_plain(self.name):
            raise ValueError("name")
        if not 1 <= len(self.sheet) <= _MOST_ID or not (self.sheet.isascii() and self.sheet.isalnum()):
            raise ValueError("sheet")
        width, height = (round(10 * side) for side in self.paper.size)
        for name, low, high in (
            ("columns", 1, _MOST_ACROSS),
            ("rows", 1, _MOST_ACROSS),
            ("copies", 1, MAX_COPIES),
            ("skipped", 0, self.copies - 1),
            ("pages", 1, MAX_PAGES),
            ("page", 1, self.pages),
            ("writer", 0, MAX_WRITERS),
            ("box_width", _LEAST_BOX, width),
            ("box_height", _LEAST_BOX, height),
            ("gap", 10, 100),
            ("strip", 20, 200),
            ("left", 0, width - self.columns * (self.box_width + self.gap) + self.gap),
            ("top", self.strip, height - self.rows * (self.box_height + self.strip) + self.strip),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(name)

    @property
    def count(self) -> int:
        """How many boxes there are, at least 1."""
        return min(self.columns * self.rows, len(self.symbols) * self.copies - self.skipped)

    @property
    def boxes(self) -> tuple[SheetBox, ...]:
        """All boxes in the order in which they are filled."""
        return tuple(self._box(place) for place in range(self.count))

    def _box(self, place: int) -> SheetBox:
        row, column = divmod(place, self.columns)
        label = self.symbols[(self.skipped + place) // self.copies]
        left = (self.left + column * (self.box_width + self.gap)) / 10
        top = (self.top + row * (self.box_height + self.strip)) / 10
        # Photos tell the place of a printed symbol by this alone, so it may not change while the code's version stays.
        high = self.strip / 10 * _GUIDE
        wide = min(self.box_width / 10, high * (_GUIDE_MARGIN + _GUIDE_CELL * cells(label)))
        guide = (left, top - self.strip / 10 * (_GUIDE + _GUIDE_OFF), wide, high)
        return SheetBox(label, row + 1, column + 1, left, top, self.box_width / 10, self.box_height / 10, guide)


def flaw_of(label: str) -> str:
    """Why `label` cannot be a label on a sheet, in the user's language; empty where it can."""
    if not label or label != label.strip():
        return tr("it is empty, or there is a blank at its begin or end")
    if len(label) > MAX_LABEL:
        return tr("it has {n:,} characters, at most {most} are allowed", n=len(label), most=MAX_LABEL)
    if not is_plain(label):
        return tr("it has a character that cannot be seen")
    return ""


def is_plain(text: str) -> bool:
    """Whether `text` is one line without characters that control it, such as those that turn its direction."""
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in text)


def cells(label: str) -> int:
    """How wide a label is, in characters of Latin script: 汉字 and those like them are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in label)
