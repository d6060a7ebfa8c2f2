"""Reading a filled sheet back from a photo: a picture of every box that is written in, with its label and writer."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.collecting_code import read_modules
from recognizer.imaging.collecting_flat import OVERVIEW, FlatPage
from recognizer.imaging.collecting_grid import Grid, find_grid
from recognizer.imaging.collecting_ink import BoxInk, read_boxes
from recognizer.imaging.collecting_marks import (
    Mark,
    PageView,
    are_of_one_page,
    glance,
    look_closely,
    place_pages,
    upright_part,
    view_by_one,
)
from recognizer.imaging.collecting_plane import plane_of
from recognizer.library.samples import Chunk, Problem
from recognizer.library.sheets.code import decode_modules, layout_of
from recognizer.library.sheets.page import CODE, MARK, Paper, SheetBox, SheetLayout, cells

_LEAST_SCALE: Final = 3.0
"""Pixels for each millimetre from which on a pen's line is wider than a pixel."""
_CODE_SCALE: Final = 12.0
_CODE_MARGIN: Final = 8.0
"""Pixels in a millimetre of what is looked at to read the code, and millimetres around it."""
_PAPER_BEYOND: Final = 2.0
"""What the light of the paper is found by is larger than a box by that, millimetres."""
_WIDEST_DARK: Final = 24.0
_SEEN: Final = 0.3
"""Share of what is seen of other boxes' lines that must be seen of a box's."""
_LINES_SHOW: Final = 0.25
"""How much of the lines is usually seen where they can be seen at all; a poor copy may have lost them."""
_LEAST_EXTENT: Final = 2.0
_LEAST_DOT: Final = 0.4
"""Diagonal of the largest piece of ink from which on a box is filled, millimetres; the second if a dot is asked for."""
_DOTS: Final = frozenset(".,·:;'`´’‘\"“”*°-–—_・。、，")
_MOST_SHARE: Final = 0.5
"""Share of a box from which on it is scribbled over."""
_LONGER: Final = 2.5
"""How many times longer than usual for its label the lines in a box are if it is crossed out."""
_MOST_LINE: Final = 5.5
"""And how many times the box's height, at least; where nothing can be compared with, a multiple of that."""
_LETTER_ALONE: Final = 1.1
_ALONE: Final = 2.5
_THINNEST: Final = 0.6
"""Share of the usual width of strokes under which a box's cannot be; pale strokes fall into pieces."""
_COMPARED: Final = 3
_MOST_NAME: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class SheetReading:
    """A sheet that was read.

    Attributes:
        layout: The page.
        chunk: The boxes that are written in, (h, w) pictures, dark on 255; and those that could not be judged.
        boxes: The places of those in the chunk.
        empty: How many boxes are empty.
        writer: Who wrote, as in the chunk.
    """

    layout: SheetLayout
    chunk: Chunk
    boxes: tuple[SheetBox, ...]
    empty: int
    writer: str


def read_sheet(image: NDArray[np.uint8], where: Path) -> Chunk | None:
    """What is written on a photographed sheet; None where the photo shows no sheet of ours.

    As `read_page`, of which it gives the chunk.
    """
    reading = read_page(image, where)
    return None if reading is None else reading.chunk


def read_page(image: NDArray[np.uint8], where: Path) -> SheetReading | None:
    """Read a photographed sheet.

    All that is known of the page is read from the photo. The writer is the name or number that is printed on the sheet;
    where there is none, the name of the photo's file, without a page's number at its end if there are several pages.

    Args:
        image: (h, w, 3) RGB or (h, w) grey levels, uint8; turned in any way.
        where: The photo's file, for sources, writers and errors; it is not read.

    Returns:
        None, quickly, where the photo shows no sheet.

    Raises:
        RecognizerError: There is a sheet, but it cannot be read: parts are missing, the code is not readable or not
            ours, it is too small, or there is more than one.
    """
    view, paper = _find_page(image, where)
    if view is None:
        return None
    layout = _read_code(image, view, paper, where)
    if layout.paper != paper:
        raise _unreadable(where)
    boxes = layout.boxes
    places = np.array([(box.left, box.top, box.width, box.height) for box in boxes])
    largest = (min(boxes[0].width, _WIDEST_DARK) + _PAPER_BEYOND, boxes[0].height + _PAPER_BEYOND)
    page = FlatPage(image, view, paper.size, largest)
    grid = find_grid(page.overview, OVERVIEW, places, paper.size, _held(view, paper))
    page.bend = grid.bend
    guides = np.array([box.guide for box in boxes])
    inks = read_boxes(plane_of(page, places, guides, (layout.gap / 10, layout.strip / 10)))
    return _judged(layout, page, grid, inks, where)


def writer_of(layout: SheetLayout, where: Path) -> str:
    """Who wrote a page, as text that differs between writers: sheet's title and name, then name, number or file."""
    sheet = f"{layout.title} {layout.sheet}".strip()
    if layout.writer:
        return f"{sheet}/{layout.name or layout.writer}"
    stem = "".join(
        " " if unicodedata.category(character).startswith(("C", "Z")) else character
        for character in unicodedata.normalize("NFC", where.stem)
    ).strip()[:_MOST_NAME]
    # "anna-1.jpg" and "anna-2.jpg" are two pages of one writer.
    numbered = re.fullmatch(r"(.*[^\s_.-])[\s_.-]+p?([1-9]\d{0,2})", stem)
    if layout.pages > 1 and numbered and int(numbered[2]) == layout.page:
        stem = numbered[1]
    return f"{sheet}/{stem}"


def _corners(paper: Paper) -> dict[int, NDArray[np.float64]]:
    """Where the corners of the marks are on a page, millimetres."""
    square = np.array([(0, 0), (MARK, 0), (MARK, MARK), (0, MARK)])
    return {number: square + place for number, place in zip(paper.mark_numbers, paper.marks, strict=True)}


def _find_page(image: NDArray[np.uint8], where: Path) -> tuple[PageView | None, Paper]:
    """Where the sheet lies on the photo; None where there is none."""
    numbers = {number for paper in Paper for number in paper.mark_numbers}
    views: list[tuple[PageView, Paper]] = []
    marks = glance(image, numbers)
    if marks:
        views = [(view, paper) for paper in Paper for view in place_pages(marks, _corners(paper))]
        if not views or len(views[0][0].marks) < len(Paper.A4.marks):
            closely = look_closely(image, numbers)
            found = [(view, paper) for paper in Paper for view in place_pages(closely, _corners(paper))]
            if sum(len(view.marks) for view, _ in found) > sum(len(view.marks) for view, _ in views):
                views, marks = found, closely
            elif not views and len(closely) > len(marks):
                marks = closely
    if not views:
        if _is_part(image, marks, where):
            raise RecognizerError(
                tr("The sheet is not on the photo as a whole"),
                where=str(where),
                fix=tr("Photograph it again with all four corner marks, from above and flat"),
            )
        return None, Paper.A4
    if len(views) > 1:
        raise RecognizerError(
            tr("There is more than one sheet on the photo"), where=str(where), fix=tr("Photograph every sheet alone")
        )
    view, paper = views[0]
    if view.scale((paper.size[0] / 2, paper.size[1] / 2)) < _LEAST_SCALE:
        raise RecognizerError(
            tr("The sheet is too small on the photo"),
            where=str(where),
            fix=tr("Photograph it again from nearer, so that it fills the photo"),
        )
    return view, paper


def _read_code(image: NDArray[np.uint8], view: PageView, paper: Paper, where: Path) -> SheetLayout:
    left, top = paper.code
    side = CODE + 2 * _CODE_MARGIN
    part = upright_part(image, view, (left - _CODE_MARGIN, top - _CODE_MARGIN), (side, side), _CODE_SCALE)
    for modules in read_modules(part, _CODE_SCALE, (_CODE_MARGIN, _CODE_MARGIN), CODE):
        payload = decode_modules(modules)
        if payload is not None:
            return layout_of(payload, str(where))
    raise _unreadable(where)


def _is_part(image: NDArray[np.uint8], marks: Sequence[Mark], where: Path) -> bool:
    """Whether one or two marks are of a sheet of ours, and not of anything else."""
    for paper in Paper:
        corners = _corners(paper)
        if are_of_one_page(marks, corners):
            return True
        for mark in marks:
            if mark.number in corners:
                # The code is near to one of the marks.
                with contextlib.suppress(RecognizerError):
                    _read_code(image, view_by_one(mark, corners), paper, where)
                    return True
    return False


def _unreadable(where: Path) -> RecognizerError:
    return RecognizerError(
        tr("The sheet's code cannot be read"),
        where=str(where),
        fix=tr(
            "Photograph the whole page again: flatter, sharper and with more light, without reflections on the code"
        ),
    )


def _held(view: PageView, paper: Paper) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The corners of the marks that were found, and how far they are from where a flat page would have them."""
    corners = _corners(paper)
    on_page = np.concatenate([corners[mark.number] for mark in view.marks])
    seen = view.places(np.concatenate([mark.corners for mark in view.marks]))
    return on_page, seen - on_page


def _judged(layout: SheetLayout, page: FlatPage, grid: Grid, inks: Sequence[BoxInk], where: Path) -> SheetReading:
    problems: list[Problem] = []
    filled: list[tuple[SheetBox, BoxInk]] = []
    empty = 0
    usual = float(np.median(grid.seen))
    least = _SEEN * usual if usual >= _LINES_SHOW else 0.0
    for box, ink, seen, is_crossed in zip(layout.boxes, inks, grid.seen, _crossed(layout, inks), strict=True):
        flaw, fix, is_meant = "", tr("Photograph the sheet again, or let the box be left out"), False
        if not page.is_inside(box.left, box.top, box.width, box.height):
            flaw = tr("The box is not on the photo")
        elif seen < least:
            flaw = tr("The box is covered, or light is reflected on it")
        elif is_crossed:
            flaw, fix = tr("The box is crossed out"), tr("It is left out; nothing is to be done if that is meant")
            is_meant = True
        if flaw:
            problems.append(Problem(_source(layout, box, where), RecognizerError(flaw, fix=fix), is_note=is_meant))
        elif ink.extent >= (_LEAST_DOT if box.label in _DOTS else _LEAST_EXTENT):
            filled.append((box, ink))
        else:
            empty += 1
    writer = writer_of(layout, where)
    chunk = Chunk(
        contents=[ink.picture for _, ink in filled],
        labels=[box.label for box, _ in filled],
        writers=[writer] * len(filled),
        sources=[_source(layout, box, where) for box, _ in filled],
        problems=tuple(problems),
    )
    return SheetReading(layout, chunk, tuple(box for box, _ in filled), empty, writer)


def _source(layout: SheetLayout, box: SheetBox, where: Path) -> str:
    return tr(
        "{file}, page {page}, row {row}, column {column}",
        file=where.name,
        page=layout.page,
        row=box.row,
        column=box.column,
    )


def _crossed(layout: SheetLayout, inks: Sequence[BoxInk]) -> Iterator[bool]:
    """Whether each box is crossed out: scribbled over, or with much more ink than others of the same label."""
    pens = [ink.pen for ink in inks if ink.extent >= _LEAST_EXTENT]
    thinnest = _THINNEST * float(np.median(pens)) if pens else 1.0
    # Of all strokes together, if none is written twice.
    lengths = [
        ink.share * box.width * box.height / max(ink.pen, thinnest) for box, ink in zip(layout.boxes, inks, strict=True)
    ]
    by_label: dict[str, list[float]] = {}
    for box, ink, length in zip(layout.boxes, inks, lengths, strict=True):
        if ink.extent >= _LEAST_EXTENT:
            by_label.setdefault(box.label, []).append(length)
    for box, ink, length in zip(layout.boxes, inks, lengths, strict=True):
        alike = by_label.get(box.label, [])
        most = _MOST_LINE * box.height * cells(box.label)
        if len(alike) > _COMPARED:
            most = max(most, _LONGER * float(np.median(alike)))
        else:
            # A letter or digit has few strokes; of others nothing is known.
            most *= _ALONE if cells(box.label) > 1 else _LETTER_ALONE
        yield ink.share > _MOST_SHARE or length > most
