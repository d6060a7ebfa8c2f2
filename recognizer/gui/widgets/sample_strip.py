"""Samples that a model read wrong: small pictures with what was written and what was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme

_PICTURE: Final = 48.0
_WHY: Final = 17.0
"""Side of the button that explains a sample."""
_TALL: Final = 75.0
"""From this height on, logical pixels, a cell says the confidence too."""
_CELL: Final = QSize(60, 68)
"""Least room for a picture and its caption."""


@dataclass(frozen=True, slots=True, eq=False)
class JudgedSample:
    """A sample and what a model took it for.

    Attributes:
        position: In its dataset.
        picture: (28, 28) uint8, 0 the ground and 255 full ink.
        written, read: The true and the predicted class.
        confidence: The predicted class's probability, 0 to 1.
        earlier: What another model took it for, where two are compared; else empty.
    """

    position: int
    picture: NDArray[np.uint8]
    written: str
    read: str
    confidence: float
    earlier: str = ""

    def caption(self) -> str:
        """What stands below its picture: what was written and what was read."""
        return " → ".join(part for part in (self.written, self.earlier, self.read) if part)

    def words(self) -> str:
        """The sample in a sentence."""
        if self.earlier:
            return tr(
                "Sample {number}: {written}, first read as {earlier}, then as {read} with {percent} %",
                number=f"{self.position:,}",
                written=self.written,
                earlier=self.earlier,
                read=self.read,
                percent=f"{100 * self.confidence:.0f}",
            )
        return tr(
            "Sample {number}: {written}, read as {read} with {percent} %",
            number=f"{self.position:,}",
            written=self.written,
            read=self.read,
            percent=f"{100 * self.confidence:.0f}",
        )


class SampleStrip(QWidget):
    """Shows as many samples as there is room for, in rows; a click or Enter opens one.

    Where they can be explained, the picture under the mouse, or with the focus, has a small button for that; W and the
    menu of the right mouse button do the same.

    Signals:
        sampleClicked: The sample's position in its dataset.
        whyWanted: A JudgedSample whose reading is to be explained.
    """

    sampleClicked = Signal(int)
    whyWanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("misreadSamples")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(_CELL.width() * 3, _CELL.height() * 2)
        self._samples: Sequence[JudgedSample] = ()
        self._pixmaps: dict[int, QPixmap] = {}
        self._current = 0
        self._hovered = -1
        self._is_explainable = False
        self._message = ""
        self.retranslate()

    def set_samples(self, samples: Sequence[JudgedSample], message: str = "") -> None:
        """Show `samples`, or `message` where there are none."""
        self._samples = samples
        self._message = message
        self._pixmaps = {}
        self._current = 0
        self._hovered = -1
        self._describe()
        self.update()

    def set_explainable(self, is_explainable: bool) -> None:
        """Whether it can be asked why the samples were read so."""
        self._is_explainable = is_explainable
        self.update()

    def samples(self) -> Sequence[JudgedSample]:
        """What is shown, or would be with enough room."""
        return self._samples

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("Samples read wrong"))
        self._describe()
        self.update()

    def shown_count(self) -> int:
        """How many samples there is room for, at most as many as there are."""
        columns, rows = self._grid()
        return min(columns * rows, len(self._samples))

    def sample_rect(self, index: int) -> QRectF:
        """Where a sample and its caption are painted."""
        columns, rows = self._grid()
        width, height = self.width() / columns, self.height() / rows
        width, height = min(width, 1.3 * _CELL.width()), min(height, 1.2 * _CELL.height())
        return QRectF(index % columns * width, index // columns * height, width, height)

    def why_rect(self, index: int) -> QRectF:
        """Where the button that explains a sample is painted."""
        rect = self.sample_rect(index)
        return QRectF(rect.center().x() + _PICTURE / 2 - _WHY + 3, rect.y() + 1, _WHY, _WHY)

    def _grid(self) -> tuple[int, int]:
        return max(self.width() // _CELL.width(), 1), max(self.height() // _CELL.height(), 1)

    def _index_at(self, point: QPointF) -> int | None:
        return next((i for i in range(self.shown_count()) if self.sample_rect(i).contains(point)), None)

    def _describe(self) -> None:
        text = self._samples[self._current].words() if self._samples else self._message
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        """Four columns and four rows."""
        return QSize(_CELL.width() * 4, _CELL.height() * 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures that there is room for."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._samples:
            painter.setPen(QColor(now.secondary))
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect(), flags, self._message)
            return
        painter.setFont(theme.font(8.5))
        for index in range(self.shown_count()):
            sample = self._samples[index]
            rect = self.sample_rect(index)
            is_tall = rect.height() >= _TALL
            picture = QRectF(rect.center().x() - _PICTURE / 2, rect.y() + (0 if is_tall else 2), _PICTURE, _PICTURE)
            painter.drawPixmap(picture, self._pixmap(index), QRectF())
            painter.setPen(QColor(now.wrong if sample.written != sample.read else now.sure))
            caption = QRectF(rect.x(), picture.bottom() + (0 if is_tall else 1), rect.width(), 14 if is_tall else 15)
            painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, sample.caption())
            if is_tall:
                painter.setPen(QColor(now.secondary))
                below = QRectF(rect.x(), caption.bottom() - 1, rect.width(), 12)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, f"{100 * sample.confidence:.0f} %")
            if self._is_explainable and (index == self._hovered or (index == self._current and self.hasFocus())):
                self._paint_why(painter, self.why_rect(index))
            if index == self._current and self.hasFocus():
                painter.setPen(QPen(QColor(now.accent), 1.5))
                painter.drawRoundedRect(rect.adjusted(2, 0.75, -2, -0.75), 6, 6)

    def _paint_why(self, painter: QPainter, place: QRectF) -> None:
        now = theme.colors()
        painter.save()
        painter.setPen(QPen(QColor(now.card), 1.5))
        painter.setBrush(QColor(now.accent))
        painter.drawEllipse(place)
        painter.setPen(QColor(now.on_accent))
        painter.setFont(theme.font(9, QFont.Weight.Bold))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "?")
        painter.restore()

    def _pixmap(self, index: int) -> QPixmap:
        if index not in self._pixmaps:
            is_dark = theme.colors() is theme.DARK
            grey = self._samples[index].picture
            grey = np.ascontiguousarray(grey if is_dark else 255 - grey)
            image = QImage(grey.data, grey.shape[1], grey.shape[0], grey.shape[1], QImage.Format.Format_Grayscale8)
            side = round(_PICTURE * self.devicePixelRatioF())
            smooth = Qt.TransformationMode.SmoothTransformation
            # Scaling copies, so that the pixmap outlives `grey`.
            scaled = image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._pixmaps[index] = QPixmap.fromImage(scaled.copy())
        return self._pixmaps[index]

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme: ink is black on white, or white on black."""
        if event.type() == QEvent.Type.PaletteChange:
            self._pixmaps = {}
            self.update()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say a sample in words when the mouse rests on it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._index_at(QPointF(event.pos()))
            if index is None:
                QToolTip.hideText()
            elif self._is_explainable and self.why_rect(index).contains(QPointF(event.pos())):
                QToolTip.showText(event.globalPos(), tr("Why {label}?", label=self._samples[index].read), self)
            else:
                QToolTip.showText(event.globalPos(), self._samples[index].words(), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that pictures can be clicked, and the button on them."""
        index = self._index_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if index is not None else Qt.CursorShape.ArrowCursor)
        self._hover(-1 if index is None else index)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the sample under the mouse."""
        index = self._index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._current = index
            self._describe()
            self.update()
            if self._is_explainable and self.why_rect(index).contains(event.position()):
                self.whyWanted.emit(self._samples[index])
            else:
                self.sampleClicked.emit(self._samples[index].position)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the sample under the mouse, or with the current one by the menu key."""
        is_by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self._index_at(QPointF(event.pos())) if is_by_mouse else self._current
        if index is None or index >= self.shown_count():
            return
        self._current = index
        self._describe()
        self.update()
        sample = self._samples[index]
        menu = QMenu(self)
        menu.setObjectName("misreadMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Open in Library"), lambda: self.sampleClicked.emit(sample.position))
        why = menu.addAction(tr("Why {label}?", label=sample.read), lambda: self.whyWanted.emit(sample))
        why.setEnabled(self._is_explainable)
        corner = self.sample_rect(index).center().toPoint()
        menu.popup(event.globalPos() if is_by_mouse else self.mapToGlobal(corner))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter and the space bar open, W explains."""
        count = self.shown_count()
        columns, _ = self._grid()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        key = Qt.Key(event.key())
        if count and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.sampleClicked.emit(self._samples[self._current].position)
        elif count and key == Qt.Key.Key_W and self._is_explainable:
            self.whyWanted.emit(self._samples[self._current])
        elif count and key in steps:
            wanted = self._current + steps[key]
            if 0 <= wanted < count:
                self._current = wanted
                self._describe()
                corner = self.mapToGlobal(self.sample_rect(wanted).bottomLeft().toPoint())
                QToolTip.showText(corner, self._samples[wanted].words(), self)
                self.update()
        else:
            super().keyPressEvent(event)
