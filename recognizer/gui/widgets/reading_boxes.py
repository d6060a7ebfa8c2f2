"""The boxes on a picture: what is drawn for each symbol, and how."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from recognizer.gui import theme
from recognizer.gui.widgets.reading_marks import Mark, mark_color, mark_pen

_CAPTION_FROM: Final = 20.0
"""The least longer side, logical pixels, of a box with a caption of its own: on smaller ones it hides the others."""
_LIGHT: Final = 0.25
"""The luminance from which dark letters are easier to read on a colour than light ones."""


@dataclass(frozen=True, slots=True)
class SymbolBox:
    """What is drawn for a symbol.

    Attributes:
        index: The symbol.
        rect: Where it is, in pixels of the picture.
        caption: What stands at the box.
        words: The symbol in a sentence, for the tooltip and for those who hear the page.
        mark: How far it can be trusted.
        line: The line in which it stands.
    """

    index: int
    rect: QRectF
    caption: str
    words: str
    mark: Mark
    line: int


def paint_box(
    painter: QPainter, box: SymbolBox, rect: QRectF, width: int, *, is_current: bool = False, is_lit: bool = False
) -> None:
    """Paint `box`.

    Args:
        painter: Smooth edges are its owner's business.
        box: What to paint.
        rect: Where, in the painter's coordinates.
        width: The right edge of what can be painted on.
        is_current: Whether it is the chosen one.
        is_lit: Whether the mouse is on it, or on what belongs to it.
    """
    color = QColor(mark_color(box.mark))
    inside = QColor(color)
    inside.setAlphaF(0.2 if is_current or is_lit else 0.0)
    # So that the line is seen on paper as on a blackboard.
    halo = QColor(theme.colors().card)
    halo.setAlphaF(0.7)
    thick = 3.0 if is_current else 2.0
    painter.setPen(QPen(halo, thick + 2.5))
    painter.setBrush(inside)
    painter.drawRoundedRect(rect, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(mark_pen(box.mark, thick))
    painter.drawRoundedRect(rect, 4, 4)
    if is_current or is_lit or max(rect.width(), rect.height()) >= _CAPTION_FROM:
        _paint_caption(painter, box, rect, width, is_large=is_current or is_lit)


def _paint_caption(painter: QPainter, box: SymbolBox, rect: QRectF, width: int, *, is_large: bool) -> None:
    color = QColor(mark_color(box.mark))
    font = theme.font(11 if is_large else 9, QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    wide, high = metrics.horizontalAdvance(box.caption) + 8, metrics.height()
    top = rect.top() - high - 2
    if top < 0:
        top = rect.bottom() + 2
    left = min(max(rect.center().x() - wide / 2, 1.0), max(1.0, width - wide - 1))
    place = QRectF(left, top, wide, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(place, 4, 4)
    painter.setFont(font)
    painter.setPen(QColor(theme.DARK.ground if _luminance(color) > _LIGHT else theme.LIGHT.card))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, box.caption)


def _luminance(color: QColor) -> float:
    """The relative luminance as WCAG 2 has it, 0 to 1."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
