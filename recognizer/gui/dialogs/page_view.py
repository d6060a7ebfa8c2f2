"""A page as it will be printed, small."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme


class PageView(QWidget):
    """Shows a page, (h, w) uint8, 255 the paper, as large as there is room for; a sheet of paper is always white."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._scaled = QImage()
        self._is_dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 160)

    def set_page(self, page: NDArray[np.uint8]) -> None:
        """Show `page`."""
        height, width = page.shape
        grey = np.ascontiguousarray(page)
        # A copy: a QImage borrows the array's memory.
        self._image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        self._scaled = QImage()
        self._is_dimmed = False
        self.update()

    def dim(self) -> None:
        """Show what is there as out of date."""
        self._is_dimmed = True
        self.update()

    def is_empty(self) -> bool:
        """Whether no page has been shown yet."""
        return self._image.isNull()

    def sizeHint(self) -> QSize:
        """An upright page."""
        return QSize(300, 424)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the page in the middle, with a line around it."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        room = self.size() - QSize(2, 2)
        size = self._image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        ratio = self.devicePixelRatioF()
        wanted = QSize(round(size.width() * ratio), round(size.height() * ratio))
        if self._scaled.size() != wanted:
            smooth = Qt.TransformationMode.SmoothTransformation
            self._scaled = self._image.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        target = QRectF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2, *size.toTuple())
        painter.setOpacity(0.4 if self._is_dimmed else 1.0)
        painter.drawImage(target, self._scaled)
        painter.setOpacity(1.0)
        painter.setPen(QColor(theme.colors().line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(target.adjusted(-0.5, -0.5, 0.5, 0.5))
