"""A small picture shown large, each pixel a square."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme


class PixelView(QWidget):
    """Shows a (h, w) uint8 picture, 255 the brightest.

    Args:
        side: Its usual side, logical pixels.
    """

    def __init__(self, side: int = 140, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._image: NDArray[np.uint8] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_image(self, image: NDArray[np.uint8] | None) -> None:
        """Show `image`, or nothing."""
        self._image = None if image is None else np.ascontiguousarray(image)
        self.update()

    def image(self) -> NDArray[np.uint8] | None:
        """What is shown."""
        return self._image

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture without smoothing."""
        painter = QPainter(self)
        side = min(self.width(), self.height())
        target = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#000000"))
        painter.drawRect(target)
        if self._image is not None:
            height, width = self._image.shape
            picture = QImage(self._image.data, width, height, width, QImage.Format.Format_Grayscale8)
            painter.drawImage(target, picture)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(theme.colors().line))
        painter.drawRect(target.adjusted(0.5, 0.5, -0.5, -0.5))
