"""Painting thumbnails a whole row at a time."""

from collections import OrderedDict
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from recognizer.gui import theme
from recognizer.gui.widgets.sample_model import SampleListModel, is_misread
from recognizer.library.samples import Flag

SIDE_GAP: Final = 14
"""Least space between two thumbnails of a row, logical pixels."""
NO_LABEL_SIGN: Final = "–"
"""What stands for the label of a sample that has none."""
_TOP: Final = 5
_LABEL_HEIGHT: Final = 16
_SPARE_ROWS: Final = 8


class ThumbnailDelegate(QStyledItemDelegate):
    """Keeps one picture a row: its thumbnails, scaled for the screen, with the labels below them.

    One picture a row instead of one a sample: a screen full of samples is then a dozen draws instead of hundreds.

    Args:
        model: Whose samples are painted.
        size: Side of a thumbnail, logical pixels.
    """

    def __init__(self, model: SampleListModel, size: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._size = size
        self._cell = QSize(size + SIDE_GAP, self.row_height)
        self._ratio = 1.0
        self._kept_rows = _SPARE_ROWS
        self._strips: OrderedDict[int, QPixmap] = OrderedDict()
        self._labels: dict[str, QPixmap] = {}
        model.modelReset.connect(self.forget)

    @property
    def size(self) -> int:
        """Side of a thumbnail, logical pixels."""
        return self._size

    @property
    def row_height(self) -> int:
        """Of a thumbnail with its label, logical pixels."""
        return _TOP + self._size + _LABEL_HEIGHT + 2

    def set_size(self, size: int) -> None:
        """Paint thumbnails of `size` logical pixels."""
        self._size = size
        self.forget()

    def prepare(self, cell_width: int, ratio: float, visible_rows: int) -> None:
        """Say what the next rows are painted for.

        Args:
            cell_width: Of each cell, logical pixels.
            ratio: Device pixels a logical pixel.
            visible_rows: How many rows are in sight; a few more are kept.
        """
        cell = QSize(cell_width, self.row_height)
        if cell != self._cell or ratio != self._ratio:
            self.forget()
        self._cell, self._ratio, self._kept_rows = cell, ratio, visible_rows + _SPARE_ROWS

    def forget(self) -> None:
        """Paint everything anew, after a change of samples, colours or fonts."""
        self._strips.clear()
        self._labels.clear()

    def paint_row(self, painter: QPainter, row: int, top: int, selected: NDArray[np.bool_], current: int) -> None:
        """Paint the row `row`.

        Args:
            painter: On the view's viewport.
            row: Of the model.
            top: Where the row begins, logical pixels.
            selected: (cells of this row,) which of them are selected.
            current: The column that has the keyboard, −1 where none has.
        """
        for column in np.flatnonzero(selected):
            self._paint_frame(painter, self._frame(int(column), top), is_filled=True)
        painter.drawPixmap(QPoint(0, top), self._strip(row))
        if current >= 0:
            self._paint_frame(painter, self._frame(current, top), is_filled=False)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one cell, cut from its row."""
        rect: QRect = option.rect
        ratio = self._ratio
        source = QRect(
            round(index.column() * self._cell.width() * ratio),
            0,
            round(rect.width() * ratio),
            round(rect.height() * ratio),
        )
        painter.drawPixmap(rect, self._strip(index.row()), source)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The size of every cell."""
        return self._cell

    def _frame(self, column: int, top: int) -> QRect:
        width = self._cell.width()
        side = min(width - 2, self._size + SIDE_GAP - 2)
        return QRect(column * width + (width - side) // 2, top + 1, side, self._cell.height() - 2)

    @staticmethod
    def _paint_frame(painter: QPainter, rect: QRect, *, is_filled: bool) -> None:
        now = theme.colors()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = painter.pen()
        pen.setColor(QColor(now.accent))
        pen.setWidthF(1.0 if is_filled else 2.0)
        painter.setPen(pen)
        painter.setBrush(QColor(now.accent_soft) if is_filled else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 8, 8)
        painter.restore()

    def _strip(self, row: int) -> QPixmap:
        if row in self._strips:
            self._strips.move_to_end(row)
            return self._strips[row]
        strip = self._make_strip(row)
        self._strips[row] = strip
        while len(self._strips) > self._kept_rows:
            self._strips.popitem(last=False)
        return strip

    def _make_strip(self, row: int) -> QPixmap:
        table = self._model.table
        columns = self._model.columns
        positions = self._model.positions[row * columns : (row + 1) * columns]
        ratio, cell = self._ratio, self._cell
        width, height = round(columns * cell.width() * ratio), round(cell.height() * ratio)
        pixels = np.zeros((height, width), np.uint32)
        if table is not None and len(positions):
            side, top = round(self._size * ratio), round(_TOP * ratio)
            colored = np.take(color_table(*picture_colors()), enlarged(table.pictures(positions), side))
            margin = (cell.width() - self._size) // 2
            for column, picture in enumerate(colored):
                left = round((column * cell.width() + margin) * ratio)
                pixels[top : top + side, left : left + side] = picture
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        if table is not None:
            painter = QPainter(image)
            for column, position in enumerate(positions.tolist()):
                left, below = column * cell.width(), _TOP + self._size
                kind = "wrong" if is_misread(table, position) else "secondary"
                caption, doubt = table.label(position) or NO_LABEL_SIGN, self._model.doubt(position)
                if doubt is not None:
                    caption, kind = f"{caption} → {doubt or '?'}", "doubt"
                painter.drawPixmap(QPoint(left, below), self._label(caption, kind))
                self._paint_marks(painter, int(table.flags[position]), left)
            painter.end()
        # A copy: the picture above borrows the array's memory.
        return QPixmap.fromImage(image.copy())

    def _paint_marks(self, painter: QPainter, flags: int, left: int) -> None:
        """A dot for a flag, a bar through what is not to be used."""
        if not flags:
            return
        now = theme.colors()
        margin = left + (self._cell.width() - self._size) // 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if flags & Flag.EXCLUDED:
            painter.setPen(QPen(QColor(now.wrong), 2))
            painter.drawLine(margin + 2, _TOP + self._size - 2, margin + self._size - 2, _TOP + 2)
        if flags & Flag.FLAGGED:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.doubt))
            painter.drawEllipse(QPoint(margin + self._size - 3, _TOP + 4), 4, 4)
        painter.restore()

    def _label(self, name: str, kind: str) -> QPixmap:
        key = f"{kind} {name}"
        if key not in self._labels:
            picture = QPixmap(QSize(round(self._cell.width() * self._ratio), round(_LABEL_HEIGHT * self._ratio)))
            picture.setDevicePixelRatio(self._ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setFont(theme.font(8))
            painter.setPen(QColor(getattr(theme.colors(), kind)))
            place = QRect(0, 0, self._cell.width(), _LABEL_HEIGHT)
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, place.width() - 4)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
            painter.end()
            self._labels[key] = picture
        return self._labels[key]


def picture_colors() -> tuple[str, str]:
    """The colours of level 0 and level 255: dark ink on paper, or light ink on the dark, as the theme is."""
    now = theme.colors()
    return (now.field, "#ffffff") if now is theme.DARK else (now.card, "#000000")


@lru_cache(maxsize=4)
def color_table(ground: str, ink: str) -> NDArray[np.uint32]:
    """(256,) opaque ARGB colours from `ground` for level 0 to `ink` for level 255."""
    ends = [np.array([tint.red(), tint.green(), tint.blue()], np.float64) for tint in (QColor(ground), QColor(ink))]
    share = np.linspace(0.0, 1.0, 256)[:, None]
    mixed: NDArray[np.uint32] = np.round(ends[0] * (1 - share) + ends[1] * share).astype(np.uint32)
    return (0xFF000000 + mixed @ np.array([1 << 16, 1 << 8, 1])).astype(np.uint32)


@lru_cache(maxsize=8)
def _weights(size: int, side: int) -> NDArray[np.float32]:
    """(side, size) linear interpolation between the centres of `size` pixels."""
    place = np.clip((np.arange(side) + 0.5) * size / side - 0.5, 0, size - 1)
    return np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(size))).astype(np.float32)


def enlarged(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(n, h, w) uint8 pictures scaled to (n, side, side), smoothly; `side` is at least h and w."""
    rows, columns = _weights(images.shape[1], side), _weights(images.shape[2], side)
    return (rows @ images.astype(np.float32) @ columns.T + np.float32(0.5)).astype(np.uint8)
