"""Numbers above and below zero as a picture: one colour for each side, black for nothing."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme
from recognizer.imaging.heat import signed_colours

_SHADES: Final = 127
"""Of each of the two colours."""


@cache
def _shades() -> NDArray[np.uint8]:
    return signed_colours(np.linspace(-1, 1, 2 * _SHADES + 1))


def signed_pixels(values: NDArray[np.floating], scale: float) -> NDArray[np.uint8]:
    """Colours of numbers, as `signed_colours`, but quick: orange above zero, blue below.

    Args:
        values: Any shape.
        scale: Of which sizes on the colours are full; above 0.

    Returns:
        The shape of `values` and (3,): uint8.
    """
    place = np.clip(values * np.float32(_SHADES / scale), -_SHADES, _SHADES) + np.float32(_SHADES + 0.5)
    return _shades()[place.astype(np.intp)]


def as_image(pixels: NDArray[np.uint8]) -> QImage:
    """(h, w, 3) uint8 as a picture; the array must outlive it."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)


class SignedView(QWidget):
    """Shows a (h, w) array of numbers as a square, without smoothing.

    Args:
        side: Its side, logical pixels.
    """

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._values: NDArray[np.float32] | None = None
        self._scale = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_values(self, values: NDArray[np.float32] | None, scale: float = 1.0) -> None:
        """Show numbers, or nothing; `scale` as for `signed_pixels`."""
        self._values, self._scale = values, scale
        self.update()

    def values(self) -> NDArray[np.float32] | None:
        """What is shown."""
        return self._values

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the numbers."""
        painter = QPainter(self)
        target = QRectF(self.rect())
        if self._values is None:
            painter.fillRect(target, QColor("#000000"))
        else:
            pixels = signed_pixels(self._values, self._scale)
            painter.drawImage(target, as_image(pixels))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(theme.colors().line))
        painter.drawRect(target.adjusted(0.5, 0.5, -0.5, -0.5))
