"""A few samples as small pictures with their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.gui import theme

_PICTURE: Final = 48
_BETWEEN: Final = 4
"""Room between the captions of two pictures, logical pixels."""
_CAPTION: Final = 16
_GAP: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A sample to look at.

    Attributes:
        picture: What models see of it, (28, 28) uint8, 0 the ground and 255 full ink.
        label: Below it; may be empty.
    """

    picture: NDArray[np.uint8]
    label: str = ""


class PictureGrid(QWidget):
    """As many columns as there is room for, and as many rows as that takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples: tuple[Shown, ...] = ()
        self._pixmaps: list[QPixmap] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_samples(self, samples: Sequence[Shown]) -> None:
        """Show `samples`."""
        self._samples = tuple(samples)
        self._pixmaps = []
        self.setAccessibleDescription(" ".join(sample.label for sample in samples))
        self.updateGeometry()
        self.update()

    def samples(self) -> tuple[Shown, ...]:
        """What is shown."""
        return self._samples

    def hasHeightForWidth(self) -> bool:
        """More columns make fewer rows."""
        return True

    def heightForWidth(self, width: int) -> int:
        """What all rows take."""
        rows = -(-len(self._samples) // self._columns(width))
        return max(rows, 1) * self._row_height() - _GAP

    def sizeHint(self) -> QSize:
        """Eight columns."""
        width = 8 * (_PICTURE + _GAP)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Three columns, and as high as the present width asks for."""
        return QSize(3 * (_PICTURE + _GAP), self.heightForWidth(max(self.width(), 1)))

    def _columns(self, width: int) -> int:
        return max(1, (width + _GAP) // (_PICTURE + _GAP))

    def _row_height(self) -> int:
        return _PICTURE + (_CAPTION if any(sample.label for sample in self._samples) else 0) + _GAP

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the rows that the new width asks for."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._pixmaps = []
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all of them."""
        ratio = self.devicePixelRatioF()
        if not self._pixmaps or self._pixmaps[0].devicePixelRatio() != ratio:
            self._pixmaps = [ink_pixmap(sample.picture, _PICTURE, ratio) for sample in self._samples]
        painter = QPainter(self)
        painter.setFont(theme.font(8))
        painter.setPen(QColor(theme.colors().secondary))
        columns, high = self._columns(self.width()), self._row_height()
        for place, (sample, pixmap) in enumerate(zip(self._samples, self._pixmaps, strict=True)):
            left, top = place % columns * (_PICTURE + _GAP), place // columns * high
            painter.drawPixmap(QRectF(left, top, _PICTURE, _PICTURE), pixmap, QRectF())
            if sample.label:
                room = QRect(left - _GAP // 2, top + _PICTURE, _PICTURE + _GAP, _CAPTION)
                width = room.width() - _BETWEEN
                text = painter.fontMetrics().elidedText(sample.label, Qt.TextElideMode.ElideRight, width)
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)


def ink_pixmap(picture: NDArray[np.uint8], side: int, ratio: float) -> QPixmap:
    """`picture`, (h, w) uint8, as ink without ground: black, or white in the dark; `side` logical pixels square."""
    height, width = picture.shape
    premultiplied = np.zeros((height, width, 4), np.uint8)
    premultiplied[..., 3] = picture
    if theme.colors() is theme.DARK:
        premultiplied[..., :3] = picture[..., None]
    image = QImage(premultiplied.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    pixels = round(side * ratio)
    smooth = Qt.TransformationMode.SmoothTransformation
    # A copy where the sizes do not differ: a QImage borrows the array's memory.
    pixmap = QPixmap.fromImage(image.scaled(pixels, pixels, Qt.AspectRatioMode.IgnoreAspectRatio, smooth).copy())
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def sheet_pixmap(pictures: Sequence[NDArray[np.uint8]], columns: int, side: int, ratio: float) -> QPixmap:
    """Pictures in rows of `columns`, each `side` logical pixels square, as one."""
    rows = max(1, -(-len(pictures) // columns))
    whole = QPixmap(QSize(round(columns * side * ratio), round(rows * side * ratio)))
    whole.setDevicePixelRatio(ratio)
    whole.fill(Qt.GlobalColor.transparent)
    painter = QPainter(whole)
    for place, picture in enumerate(pictures):
        target = QRectF(place % columns * side, place // columns * side, side, side)
        painter.drawPixmap(target, ink_pixmap(picture, side, ratio), QRectF())
    painter.end()
    return whole
