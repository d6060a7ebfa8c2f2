"""Small tables of numbers on their colours, with signs in between: what lies under a filter, times it, is this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.map_view import grey_or_signed, image_of
from recognizer.inference.layer_words import number

_LARGEST: Final = 46.0
"""Side of a number's square where there is room, logical pixels."""
_READABLE: Final = 25.0
"""Below that a square has its colour alone."""
_HIGHEST: Final = 232.0
"""Of a table."""
_SIGN: Final = 18.0
_CAPTION: Final = 20.0
_BRIGHT: Final = 140
"""From that lightness on, of 255, numbers are written in black."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberGrid:
    """A table of numbers.

    Attributes:
        caption: Above it.
        values: (h, w) float32.
        scale: What the palest colour stands for.
        is_picture: Whether the numbers are grey levels.
        sign: Before it, such as `×`; none before the first.
        marked: (row, column) of the number that is framed.
    """

    caption: str
    values: NDArray[np.float32]
    scale: float
    is_picture: bool = False
    sign: str = ""
    marked: tuple[int, int] | None = None


class NumberGrids(QWidget):
    """Shows tables side by side, as large as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grids: tuple[NumberGrid, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_grids(self, grids: Sequence[NumberGrid]) -> None:
        """Show `grids`."""
        self._grids = tuple(grids)
        said = [f"{grid.caption}: " + "; ".join(" ".join(map(number, row)) for row in grid.values) for grid in grids]
        self.setAccessibleDescription(" ".join(said) if all(grid.values.size <= 25 for grid in grids) else "")
        self._fit()
        self.update()

    def grids(self) -> tuple[NumberGrid, ...]:
        """What is shown."""
        return self._grids

    def sizeHint(self) -> QSize:
        """Room for three tables of 3 × 3."""
        return QSize(420, 170)

    def cell_side(self) -> float:
        """How large a number's square is now, logical pixels."""
        columns = sum(grid.values.shape[1] for grid in self._grids)
        rows = max((grid.values.shape[0] for grid in self._grids), default=1)
        signs = _SIGN * max(0, len(self._grids) - 1)
        return min(_LARGEST, (self.width() - signs - 4) / max(1, columns), _HIGHEST / rows)

    def _fit(self) -> None:
        rows = max((grid.values.shape[0] for grid in self._grids), default=0)
        self.setFixedHeight(round(_CAPTION + rows * self.cell_side() + 4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height to the width."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tables from left to right, in the middle."""
        painter = QPainter(self)
        now = theme.colors()
        side = self.cell_side()
        widths = [grid.values.shape[1] * side for grid in self._grids]
        left = (self.width() - sum(widths) - _SIGN * max(0, len(widths) - 1)) / 2
        rows = max((grid.values.shape[0] for grid in self._grids), default=1)
        top = _CAPTION
        centred = Qt.AlignmentFlag.AlignCenter
        for place, (grid, width) in enumerate(zip(self._grids, widths, strict=True)):
            height = grid.values.shape[0] * side
            below = top + (rows * side - height) / 2
            if place:
                painter.setFont(theme.font(12))
                painter.setPen(QColor(now.secondary))
                painter.drawText(QRectF(left, below, _SIGN, height), centred, grid.sign)
                left += _SIGN
            painter.setFont(theme.font(8.5))
            painter.setPen(QColor(now.secondary))
            caption = QRectF(left + width / 2 - 100, below - _CAPTION, 200, _CAPTION - 2)
            painter.drawText(caption, centred, grid.caption)
            self._paint(painter, grid, QRectF(left, below, width, height), side)
            left += width

    def _paint(self, painter: QPainter, grid: NumberGrid, place: QRectF, side: float) -> None:
        now = theme.colors()
        colours = grey_or_signed(grid.values, grid.scale, is_picture=grid.is_picture)
        painter.drawImage(place, image_of(colours))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(now.line), 1))
        painter.drawRect(place)
        if side >= _READABLE:
            painter.setFont(theme.font(min(10.0, side / 4.2)))
            light = colours.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
            for row, column in np.ndindex(*grid.values.shape):
                value = float(grid.values[row, column])
                if value == -np.inf:
                    continue
                painter.setPen(QColor("#000000" if light[row, column] > _BRIGHT else "#ffffff"))
                cell = QRectF(place.x() + column * side, place.y() + row * side, side, side)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, _short(value))
        if grid.marked is not None:
            row, column = grid.marked
            cell = QRectF(place.x() + column * side, place.y() + row * side, side, side).adjusted(1.5, 1.5, -1.5, -1.5)
            painter.setPen(QPen(QColor("#000000"), 4))
            painter.drawRect(cell)
            painter.setPen(QPen(QColor("#ffffff"), 2))
            painter.drawRect(cell)


def _short(value: float) -> str:
    """A number with two figures after the point at most: there is no room for more."""
    if value and abs(value) < 0.1:
        return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
    return number(value)
