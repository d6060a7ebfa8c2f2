"""How far a symbol that was read can be trusted, as words, colours and lines; never as a colour alone."""

from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen, QTextCharFormat

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.inference.prediction import Verdict
from recognizer.inference.reading import ReadSymbol


class Mark(StrEnum):
    """What a person should think of a symbol."""

    SURE = "sure"
    UNSURE = "unsure"
    """It could be another one."""
    UNREADABLE = "unreadable"
    CORRECTED = "corrected"
    """A person has said what it is."""


DOUBTFUL: Final = frozenset({Mark.UNSURE, Mark.UNREADABLE})
"""The marks of symbols that somebody should look at."""

_DASHES: Final = {Mark.UNSURE: [3.0, 1.8], Mark.UNREADABLE: [1.0, 1.6]}
"""Lengths of dashes and of the gaps between them, in widths of the line."""
UNDERLINES: Final = {
    Mark.SURE: QTextCharFormat.UnderlineStyle.NoUnderline,
    Mark.UNSURE: QTextCharFormat.UnderlineStyle.DashUnderline,
    Mark.UNREADABLE: QTextCharFormat.UnderlineStyle.DotLine,
    Mark.CORRECTED: QTextCharFormat.UnderlineStyle.SingleUnderline,
}


def mark_of(symbol: ReadSymbol) -> Mark:
    """The mark of a symbol that nobody has corrected."""
    verdict = symbol.prediction.verdict
    if verdict == Verdict.SURE:
        return Mark.SURE
    return Mark.UNSURE if verdict == Verdict.UNSURE else Mark.UNREADABLE


def mark_color(mark: Mark) -> str:
    """The colour of `mark` in the theme in use, `#rrggbb`."""
    now = theme.colors()
    return {
        Mark.SURE: now.sure,
        Mark.UNSURE: now.doubt,
        Mark.UNREADABLE: now.wrong,
        Mark.CORRECTED: now.accent,
    }[mark]


def mark_pen(mark: Mark, width: float) -> QPen:
    """The line around a symbol."""
    pen = QPen(QColor(mark_color(mark)), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if mark in _DASHES:
        pen.setDashPattern(_DASHES[mark])
    return pen


def mark_name(mark: Mark) -> str:
    """`mark` in a word or two."""
    return {
        Mark.SURE: tr("sure"),
        Mark.UNSURE: tr("not sure"),
        Mark.UNREADABLE: tr("not recognised"),
        Mark.CORRECTED: tr("corrected"),
    }[mark]


def mark_caption(mark: Mark, text: str) -> str:
    """What stands at the box of a symbol that is read as `text`."""
    if mark == Mark.UNSURE:
        return f"{text}?"
    return f"{text} ✓" if mark == Mark.CORRECTED else text
