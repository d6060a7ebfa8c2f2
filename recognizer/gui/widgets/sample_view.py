"""One sample, large, pixel by pixel."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.thumbnail_delegate import color_table, picture_colors

_LARGEST = 320
_GRID_FROM = 6.0
"""Logical pixels a picture's pixel must measure before lines between them help."""


class SampleView(QWidget):
    """A picture enlarged without smoothing, as the model gets it; square, as wide as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: NDArray[np.uint8] | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(96, 96)

    def set_image(self, image: NDArray[np.uint8] | None) -> None:
        """Show `image`, (h, w) uint8, 0 the ground and 255 full ink; None shows nothing."""
        self._image = image
        self.update()

    def image(self) -> NDArray[np.uint8] | None:
        """What is shown."""
        return self._image

    def hasHeightForWidth(self) -> bool:
        """The view is square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as wide, up to a limit."""
        return min(width, _LARGEST)

    def sizeHint(self) -> QSize:
        """A comfortable size."""
        return QSize(208, 208)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels, and lines between them where they are large enough."""
        now = theme.colors()
        painter = QPainter(self)
        side = float(min(self.width(), self.height()))
        frame = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        if self._image is None:
            painter.fillRect(frame, QColor(now.field))
            return
        pixels = color_table(*picture_colors())[self._image]
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        painter.drawImage(frame, image)
        step = side / width
        if step >= _GRID_FROM:
            line = QColor(now.line)
            line.setAlpha(150)
            painter.setPen(QPen(line, 0))
            for number in range(1, width):
                along = frame.left() + number * step
                painter.drawLine(QPointF(along, frame.top()), QPointF(along, frame.bottom()))
            for number in range(1, height):
                along = frame.top() + number * side / height
                painter.drawLine(QPointF(frame.left(), along), QPointF(frame.right(), along))
        painter.setPen(QPen(QColor(now.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))
