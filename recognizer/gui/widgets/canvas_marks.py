"""Boxes around the symbols on the canvas, in the colour of what the model thinks of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from recognizer.gui import theme
from recognizer.inference.prediction import Verdict

_ROOM: Final = 16.0
"""Space between the strokes' middle line and the box, logical pixels."""
_CAPTION: Final = 18.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A box with words.

    Attributes:
        box: (left, top, width, height) in the drawing's coordinates.
        text: Below the box.
        verdict: Gives the colour.
        is_selected: Whether its answer is the one shown in detail.
    """

    box: tuple[float, float, float, float]
    text: str
    verdict: Verdict
    is_selected: bool = False


def verdict_color(verdict: Verdict) -> str:
    """The colour of `verdict` in the theme in use."""
    now = theme.colors()
    return {Verdict.SURE: now.sure, Verdict.UNSURE: now.doubt, Verdict.REJECTED: now.wrong}.get(verdict, now.secondary)


def paint_marks(painter: QPainter, marks: Sequence[Mark], middle: QPointF, zoom: float, area: QRectF) -> None:
    """Paint `marks` onto a canvas whose drawing has its origin at `middle` and is shown `zoom` times as large.

    Args:
        painter: Of the canvas.
        marks: What to paint.
        middle: Logical pixels.
        zoom: Logical pixels per unit of the drawing.
        area: The canvas; captions stay inside it.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for mark in marks:
        left, top, width, height = mark.box
        box = QRectF(middle.x() + left * zoom, middle.y() + top * zoom, width * zoom, height * zoom)
        box = box.adjusted(-_ROOM, -_ROOM, _ROOM, _ROOM).intersected(area.adjusted(1, 1, -1, -1))
        color = QColor(verdict_color(mark.verdict))
        pen = QPen(color, 2.0 if mark.is_selected else 1.2)
        pen.setStyle(Qt.PenStyle.SolidLine if mark.is_selected else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(box, 8, 8)
        painter.setFont(theme.font(9, QFont.Weight.Bold))
        wide = QFontMetricsF(painter.font()).horizontalAdvance(mark.text)
        x = min(max(box.left() + 2, area.left() + 2), max(area.left() + 2, area.right() - wide - 2))
        y = box.bottom() + 2 if box.bottom() + _CAPTION < area.bottom() else box.bottom() - _CAPTION
        painter.setPen(color)
        painter.drawText(QRectF(x, y, wide + 2, _CAPTION - 2), Qt.AlignmentFlag.AlignVCenter, mark.text)
