"""Laying out sheets: how many boxes of what size fit on a page, and which symbol stands where."""

import json
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.sheets.code import MAX_BYTES, payload_of
from recognizer.library.sheets.page import (
    MARGIN,
    MAX_COPIES,
    MAX_PAGES,
    MAX_SYMBOLS,
    MAX_TITLE,
    MAX_WRITERS,
    Paper,
    SheetBox,
    SheetLayout,
    cells,
    flaw_of,
    is_plain,
)
from recognizer.library.sheets.writers import checked_names

__all__ = ["Paper", "SheetBox", "SheetLayout", "make_layouts"]

_ID_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for others when somebody reads them out."""
_ID_LENGTH: Final = 6
_MOST_LABELS: Final = 5000

_HEAD: Final = 410
"""Down to here there are the title and the code; this and all below is in tenths of a millimetre."""
_FOOT: Final = 250
"""What the corner marks take at the bottom, with a gap."""
_HEIGHT: Final = 150
"""Of a box where there are many; where there is room they are as high as they are wide."""
_STRIP: Final = 60
_GAP: Final = 30
_WIDEST_GAP: Final = 60
_WIDEST: Final = 180
"""Of a box for one character."""
_ROOM: Final = 60
_CHARACTER: Final = 45
"""What each character of a label adds to the width of its box; those as wide as 汉字 count twice."""
_COLUMNS: Final = 10
_MOST_COLUMNS: Final = 12


def make_layouts(
    symbols: Sequence[str],
    copies_each: int = 10,
    paper: Paper = Paper.A4,
    title: str = "",
    writers: int | Sequence[str] = 0,
) -> list[SheetLayout]:
    """Lay out sheets on which every symbol is written `copies_each` times.

    Args:
        symbols: Labels of up to 32 characters; one that comes twice is taken once.
        copies_each: Boxes of each symbol, 1 to 1,000.
        paper: What it is printed on.
        title: Printed at the top of every page, up to 40 characters.
        writers: How many numbered copies to lay out, one for each writer, so that a photo itself says who wrote, or the
            writers' names, to be printed as well; 0 for one copy without a number, to be copied as often as one likes.

    Returns:
        The pages, those of each writer together.

    Raises:
        RecognizerError: A label, the title, a name or a number cannot be; too many pages.
    """
    labels = _checked(symbols)
    _check_number(tr("Copies of each symbol"), copies_each, 1, MAX_COPIES)
    names = [] if isinstance(writers, int) else checked_names(writers)
    n_writers = writers if isinstance(writers, int) else len(names)
    _check_number(tr("Numbered sheets"), n_writers, 0, MAX_WRITERS)
    title = unicodedata.normalize("NFC", title).strip()
    if len(title) > MAX_TITLE or not is_plain(title):
        raise RecognizerError(
            tr("The title cannot be printed"),
            where=ascii(title[: MAX_TITLE + 1]),
            fix=tr("Give one line of at most {most} characters", most=MAX_TITLE),
        )
    name = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    # The name that takes most room in the code stands for all.
    longest = max(names, key=lambda writer: len(json.dumps(writer, ensure_ascii=False).encode()), default="")
    pages = _paged(labels, copies_each, Paper(paper), title, name, n_writers, longest)
    copies = [*enumerate(names or [""] * n_writers, 1)] or [(0, "")]
    return [replace(page, writer=number, name=writer) for number, writer in copies for page in pages]


def _checked(symbols: Sequence[str]) -> list[str]:
    """The labels, each once, in their order."""
    labels = list(dict.fromkeys(unicodedata.normalize("NFC", symbol).strip() for symbol in symbols))
    for label in labels:
        flaw = flaw_of(label)
        if flaw:
            raise RecognizerError(
                tr("The symbol cannot be printed on a sheet"),
                # As code, because what cannot be seen could not be seen here either.
                where=f"{label[:40]!a} ({flaw})",
                fix=tr("Leave it out, or write it otherwise"),
            )
    if not 1 <= len(labels) <= _MOST_LABELS:
        raise RecognizerError(
            tr("A sheet needs symbols to copy"),
            where=tr("{n:,} symbols", n=len(labels)),
            fix=tr("Give from 1 to {most:,} symbols", most=_MOST_LABELS),
        )
    return labels


def _check_number(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise RecognizerError(
            tr("The sheets cannot be laid out"),
            where=f"{what} = {value}",
            fix=tr("Give a number from {low} to {high:,}", low=low, high=high),
        )


def _paged(
    labels: list[str], copies: int, paper: Paper, title: str, name: str, writers: int, longest: str
) -> list[SheetLayout]:
    """The pages of one writer, without a number; `longest` is the name that takes most room."""
    columns, box_width, gap = _across(labels, copies, paper)
    width, height = (round(10 * side) for side in paper.size)
    total = len(labels) * copies
    down = height - _HEAD - _FOOT
    rows = min(down // (_HEIGHT + _STRIP), -(-total // columns))
    box_height = min(max(_HEIGHT, min(box_width, _WIDEST)), down // rows - _STRIP)
    most = MAX_PAGES // max(1, writers)
    pages: list[SheetLayout] = []
    done = 0
    while done < total:
        # Pages and writers as large as can be, so that what the code says in the end is not longer.
        page = SheetLayout(
            symbols=tuple(labels[done // copies : done // copies + MAX_SYMBOLS]),
            copies=copies,
            skipped=done % copies,
            columns=columns,
            rows=rows,
            left=(width - columns * (box_width + gap) + gap) // 2,
            top=_HEAD + _STRIP,
            box_width=box_width,
            box_height=box_height,
            gap=gap,
            strip=_STRIP,
            paper=paper,
            title=title,
            sheet=name,
            page=MAX_PAGES,
            pages=MAX_PAGES,
            writer=MAX_WRITERS,
            name=longest,
        )
        page = _fitted(page)
        pages.append(page)
        done += page.count
        if len(pages) > most or total > most * columns * rows:
            raise RecognizerError(
                tr("These are too many pages"),
                where=tr("{n:,} boxes for each writer", n=total),
                fix=tr(
                    "Choose fewer symbols, copies or numbered sheets; at most {most:,} pages are laid out",
                    most=MAX_PAGES,
                ),
            )
    return [replace(page, page=number, pages=len(pages), writer=0, name="") for number, page in enumerate(pages, 1)]


def _fitted(page: SheetLayout) -> SheetLayout:
    """The page with no more symbols than it has boxes for and its code can say."""
    n = min(len(page.symbols), -(-(page.skipped + page.columns * page.rows) // page.copies))
    while True:
        fitted = replace(page, symbols=page.symbols[:n])
        if n == 1 or len(payload_of(fitted)) <= MAX_BYTES:
            return replace(fitted, rows=-(-fitted.count // fitted.columns))
        n -= 1


def _across(labels: list[str], copies: int, paper: Paper) -> tuple[int, int, int]:
    """Columns, the width of a box and of the gap between two."""
    room = round(10 * (paper.size[0] - 2 * MARGIN))
    needed = _ROOM + _CHARACTER * max(cells(label) for label in labels)
    fitting = max(1, (room + _GAP) // (min(needed, room) + _GAP))
    usual = min(fitting, _COLUMNS)
    columns = usual
    # Rows that begin with a new symbol, or end with the last of its copies, are easier to write on.
    for candidate in sorted(range(max(1, usual - 3), min(fitting, _MOST_COLUMNS) + 1), key=lambda n: abs(n - usual)):
        if candidate % copies == 0 or copies % candidate == 0:
            columns = candidate
            break
    width = min(max(_WIDEST, needed), (room + _GAP) // columns - _GAP)
    gap = min(_WIDEST_GAP, (room - columns * width) // (columns - 1)) if columns > 1 else _GAP
    return columns, width, gap
