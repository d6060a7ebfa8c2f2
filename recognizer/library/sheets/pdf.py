"""Writing PDF: pages of filled rectangles and of words as outlines, so that no typeface need be carried along."""

import zlib
from collections.abc import Iterable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from recognizer.library.sheets.drawing import Area, Words
from recognizer.library.sheets.fonts import font, runs

_POINTS: Final = 72 / 25.4
"""PDF's unit in a millimetre."""
_EM: Final = 240
"""Pixels at which outlines are found."""
_SMOOTH: Final = 0.6
"""How far an outline may differ from the edges of these pixels."""


class PdfDocument:
    """A document that grows page by page."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []
        self._pages: list[int] = []
        self._drawn: dict[tuple[str, bool], tuple[int, float]] = {}

    def add(self, size: tuple[float, float], parts: Iterable[Area | Words]) -> None:
        """Add a page.

        Args:
            size: Width and height, millimetres.
            parts: What is on it.

        Raises:
            RecognizerError: There is no typeface for a character.
        """
        width, height = (side * _POINTS for side in size)
        # From here on lengths are millimetres and y points down.
        lines = [f"{_POINTS:.6f} 0 0 {-_POINTS:.6f} 0 {height:.4f} cm"]
        level = -1
        used: set[int] = set()
        for part in parts:
            if part.level != level:
                level = part.level
                lines.append(f"{level / 255:.3f} g")
            if isinstance(part, Area):
                lines.append(f"{part.left:.3f} {part.top:.3f} {part.width:.3f} {part.height:.3f} re f")
                continue
            number, length = self._outlines(part.text, part.is_bold)
            used.add(number)
            scale = min(part.size / _EM, part.width / max(length, 1.0))
            x = part.x - (length * scale if part.is_right else 0)
            lines.append(f"q {scale:.6f} 0 0 {scale:.6f} {x:.4f} {part.baseline:.4f} cm /W{number} Do Q")
        content = self._stream("", "\n".join(lines))
        words = "".join(f"/W{number} {number} 0 R" for number in sorted(used))
        page = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width:.3f} {height:.3f}]"
            f"/Resources<</XObject<<{words}>>>>/Contents {content} 0 R>>"
        )
        self._pages.append(self._add(page.encode("ascii")))

    def content(self) -> bytes:
        """The whole file."""
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        # Scaled down by a viewer, the boxes would be smaller than they need be.
        first = (
            b"<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</PrintScaling/None>>>>",
            f"<</Type/Pages/Kids[{kids}]/Count {len(self._pages)}>>".encode("ascii"),
        )
        out = bytearray(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, body in enumerate((*first, *self._objects), 1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        for place in places:
            out += b"%010d 00000 n \n" % place
        out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table)
        return bytes(out)

    def _outlines(self, text: str, is_bold: bool) -> tuple[int, float]:
        """The object that draws a line of text, once however often it is used, and the line's length."""
        if (text, is_bold) not in self._drawn:
            path, length = _outlines(text, is_bold)
            kind = f"/Type/XObject/Subtype/Form/BBox[{-_EM} {-2 * _EM} {length + _EM:.0f} {_EM}]"
            self._drawn[text, is_bold] = self._stream(kind, f"{path}\nf*"), length
        return self._drawn[text, is_bold]

    def _stream(self, entries: str, content: str) -> int:
        packed = zlib.compress(content.encode("ascii"))
        head = f"<<{entries}/Length {len(packed)}/Filter/FlateDecode>>"
        return self._add(b"%b\nstream\n%b\nendstream" % (head.encode("ascii"), packed))

    def _add(self, body: bytes) -> int:
        self._objects.append(body)
        # The first two are the catalogue and the list of pages.
        return len(self._objects) + 2


def _outlines(text: str, is_bold: bool) -> tuple[str, float]:
    """The path around the letters of a line and its length, in pixels of `_EM`, from where its baseline begins."""
    import cv2

    path: list[str] = []
    x = 0.0
    for piece, typeface in runs(text, is_bold=is_bold):
        face = font(typeface, _EM)
        left, top, right, bottom = (round(side) for side in face.getbbox(piece, anchor="ls"))
        if right > left and bottom > top:
            image = Image.new("L", (right - left + 2, bottom - top + 2))
            ImageDraw.Draw(image).text((1 - left, 1 - top), piece, font=face, fill=255, anchor="ls")
            marked = (np.asarray(image) > 127).astype(np.uint8)
            shapes, _ = cv2.findContours(marked, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
            for shape in shapes:
                corners = cv2.approxPolyDP(shape, _SMOOTH, True)[:, 0]
                if len(corners) > 2:
                    places = [f"{corner[0] + left - 1 + x:.0f} {corner[1] + top - 1}" for corner in corners]
                    path.append(f"{places[0]} m {' l '.join(places[1:])} l h")
        x += face.getlength(piece)
    return "\n".join(path) or "0 0 m h", x
