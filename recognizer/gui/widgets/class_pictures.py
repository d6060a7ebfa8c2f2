"""What each class looks like on the whole: its mean picture and how far its samples spread around it."""

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.thumbnail_delegate import color_table, picture_colors
from recognizer.library.statistics.classes import ClassPictures

_SIDE: Final = 52
_CELL: Final = _SIDE + 6
_ROW: Final = 2 * _SIDE + 28


class ClassPicturesView(QWidget):
    """A column for each class: label, mean, spread.

    Signals:
        picked: The class' index.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: ClassPictures | None = None
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_classes(self, classes: ClassPictures, names: tuple[str, ...]) -> None:
        """Show the classes that have pictures; `names` are those of all classes."""
        self._classes, self._names = classes, names
        self.setFixedHeight(self._height())
        self.update()

    def _columns(self) -> int:
        return max(1, self.width() // _CELL)

    def _height(self) -> int:
        count = 0 if self._classes is None else len(self._classes.labels)
        return max(1, -(-count // self._columns())) * _ROW

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the classes into as many rows as are needed."""
        super().resizeEvent(event)
        if self.height() != self._height():
            self.setFixedHeight(self._height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the class under the pointer."""
        point = event.position().toPoint()
        place = (point.y() // _ROW) * self._columns() + point.x() // _CELL
        if (
            self._classes is not None
            and 0 <= place < len(self._classes.labels)
            and point.x() // _CELL < self._columns()
        ):
            self.picked.emit(int(self._classes.labels[place]))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint every class."""
        if self._classes is None:
            return
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        table = color_table(*picture_colors())
        for place, label in enumerate(self._classes.labels.tolist()):
            left, top = place % self._columns() * _CELL, place // self._columns() * _ROW
            painter.setFont(theme.font(9))
            painter.setPen(QColor(now.text))
            painter.drawText(QRectF(left, top, _SIDE, 18), Qt.AlignmentFlag.AlignCenter, self._names[label])
            spread = self._classes.spreads[place]
            for row, levels in enumerate((self._classes.means[place], spread * (255 / max(spread.max(), 1.0)))):
                pixels = table[np.clip(levels, 0, 255).astype(np.uint8)]
                image = QImage(pixels.data, 28, 28, 28 * 4, QImage.Format.Format_RGB32)
                painter.drawImage(QRectF(left, top + 20 + row * (_SIDE + 2), _SIDE, _SIDE), image)
