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
        self._is_photo = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(96, 96)

    def set_image(self, image: NDArray[np.uint8] | None, *, is_photo: bool = False) -> None:
        """Show a picture.

        Args:
            image: (h, w) uint8, 0 the ground and 255 full ink; None shows nothing.
            is_photo: The levels are those of a photo, 0 black and 255 white, whatever the theme.
        """
        self._image, self._is_photo = image, is_photo
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
        colors = ("#000000", "#ffffff") if self._is_photo else picture_colors()
        pixels = color_table(*colors)[self._image]
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        scale = side / max(height, width)
        inner = QRectF(0, 0, width * scale, height * scale)
        inner.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_photo)
        painter.fillRect(frame, QColor(now.field))
        painter.drawImage(inner, image)
        step = side / width
        if step >= _GRID_FROM and not self._is_photo:
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
