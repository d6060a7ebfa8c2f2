"""Printing sheets: a PDF of all pages, or a PNG of each."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.sheets.drawing import Area, Words, draw_page
from recognizer.library.sheets.fonts import font, runs
from recognizer.library.sheets.page import SheetLayout
from recognizer.library.sheets.pdf import PdfDocument

DOTS_PER_INCH: Final = 300
_MILLIMETRES: Final = 25.4
_LEVELS: Final = 16
"""Shades of grey in a PNG; more would only make it larger."""


def print_sheets(
    layouts: Sequence[SheetLayout],
    to: Path,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> list[Path]:
    """Write pages as files to be printed.

    Args:
        layouts: The pages, at least one.
        to: `.pdf` for one file with all pages, `.png` for a picture of each with 300 dots to the inch; where there are
            several, the name gets their number, as in `sheet-01.png`.
        progress: Told how many pages are done.
        token: Checked before each page.

    Returns:
        The files that were written.

    Raises:
        RecognizerError: The suffix is another, there is no typeface for a character, or a file cannot be written.
        Cancelled: By `token`; no PDF is written then.
    """
    suffix = to.suffix.lower()
    if suffix not in (".pdf", ".png") or not layouts:
        raise RecognizerError(
            tr("Sheets are printed as PDF or PNG"), where=str(to), fix=tr("End the file's name with .pdf or .png")
        )
    message = tr("Drawing the sheets")
    document = PdfDocument()
    written: list[Path] = []
    for done, layout in enumerate(layouts):
        if token is not None:
            token.check()
        progress(done, len(layouts), message)
        if suffix == ".pdf":
            document.add(layout.paper.size, draw_page(layout))
            continue
        digits = len(str(len(layouts)))
        path = to if len(layouts) == 1 else to.with_stem(f"{to.stem}-{done + 1:0{digits}}")
        write_atomic(path, _png(render_page(layout)))
        written.append(path)
    if suffix == ".pdf":
        write_atomic(to, document.content())
        written = [to]
    progress(len(layouts), len(layouts), message)
    return written


def render_page(layout: SheetLayout, dots_per_inch: int = DOTS_PER_INCH) -> NDArray[np.uint8]:
    """A page as a picture, (h, w) uint8, 255 the paper.

    Raises:
        RecognizerError: There is no typeface for one of its characters.
    """
    scale = dots_per_inch / _MILLIMETRES
    width, height = (round(side * scale) for side in layout.paper.size)
    page = np.full((height, width), 255, np.uint8)
    parts = draw_page(layout)
    for part in parts:
        if isinstance(part, Area):
            _fill(page, part, scale)
    image = Image.fromarray(page)
    draw = ImageDraw.Draw(image)
    for part in parts:
        if isinstance(part, Words):
            _write(draw, part, scale)
    return np.asarray(image)


def _fill(page: NDArray[np.uint8], area: Area, scale: float) -> None:
    """Darken the pixels of an area, those at its edge by the share that it covers."""
    top, down = _cover(area.top * scale, area.height * scale)
    left, across = _cover(area.left * scale, area.width * scale)
    window = page[top : top + len(down), left : left + len(across)]
    taken = np.round(np.outer(down, across)[: window.shape[0], : window.shape[1]] * (255 - area.level))
    window[:] = np.maximum(window.astype(np.int16) - taken.astype(np.int16), 0)


def _cover(start: float, length: float) -> tuple[int, NDArray[np.float64]]:
    """The first pixel of an interval, and which share of that and of each further pixel it covers."""
    first, end = int(start), int(np.ceil(start + length))
    edges = np.arange(first, end + 1, dtype=np.float64)
    return first, np.diff(np.clip(edges, start, start + length))


def _write(draw: ImageDraw.ImageDraw, words: Words, scale: float) -> None:
    size = words.size * scale
    width = length(words, size)
    # Type comes in whole pixels.
    size = int(size * min(1.0, words.width * scale / width)) if width > words.width * scale else round(size)
    x = words.x * scale - (length(words, size) if words.is_right else 0)
    for text, typeface in runs(words.text, is_bold=words.is_bold):
        face = font(typeface, max(1, round(size)))
        draw.text((x, words.baseline * scale), text, font=face, fill=words.level, anchor="ls")
        x += face.getlength(text)


def length(words: Words, size: float) -> float:
    """How long a line is with `size` pixels to the em, pixels."""
    return sum(
        font(typeface, max(1, round(size))).getlength(text)
        for text, typeface in runs(words.text, is_bold=words.is_bold)
    )


def _png(page: NDArray[np.uint8]) -> bytes:
    step = 255 // (_LEVELS - 1)
    shades = np.round(np.arange(256) / step).astype(np.uint8)
    image = Image.fromarray(shades[page])
    image.putpalette([level for grey in range(_LEVELS) for level in (grey * step,) * 3])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", bits=4, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return buffer.getvalue()
