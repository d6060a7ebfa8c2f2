"""One picture of the preprocessing after the other, large enough to count its pixels."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label
from recognizer.gui.widgets.pixel_view import PixelView

_SIDE: Final = 308
"""11 logical pixels for each of 28."""


@dataclass(frozen=True, slots=True, eq=False)
class ZoomStep:
    """What is to be shown of a step.

    Attributes:
        name: What it is called.
        words: What it does.
        image: (h, h) uint8.
    """

    name: str
    words: str
    image: NDArray[np.uint8]


class StepZoom(QFrame):
    """A pop-up with one picture; the arrow keys go to the next and back, Escape and a click outside close it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("stepsZoom")
        self.setProperty("role", "card")
        self._steps: tuple[ZoomStep, ...] = ()
        self._index = 0
        self._title = Label("strong")
        self._title.setObjectName("stepsZoomTitle")
        self._view = _Pixels(self)
        self._words = Label("secondary", wraps=True)
        self._words.setObjectName("stepsZoomText")
        self._words.setFixedWidth(_SIDE)
        self._pixel = Label("secondary")
        self._pixel.setObjectName("stepsZoomPixel")
        self._back, self._next = Button(role="flat"), Button(role="flat")
        self._back.setObjectName("stepsZoomBack")
        self._next.setObjectName("stepsZoomNext")
        self.retranslate()
        self._back.clicked.connect(lambda: self._go(-1))
        self._next.clicked.connect(lambda: self._go(1))
        for button in (self._back, self._next):
            # The arrow keys do the same, and must not be taken by a button.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._back)
        head.addWidget(self._next)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._view)
        column.addWidget(self._pixel)
        column.addWidget(self._words)

    def retranslate(self) -> None:
        """Set the buttons' texts anew; the others are set when it opens."""
        self._back.set_texts("‹", tr("The step before (left arrow)"))
        self._next.set_texts("›", tr("The next step (right arrow)"))

    def open_at(self, steps: tuple[ZoomStep, ...], index: int, place: QPoint) -> None:
        """Show `steps[index]`, as near to `place` on the screen as it fits."""
        self._steps, self._index = steps, index
        self.retranslate()
        self._show()
        screen = self.screen().availableGeometry()
        corner = QPoint(
            max(screen.left(), min(place.x(), screen.right() - self.width())),
            max(screen.top(), min(place.y(), screen.bottom() - self.height())),
        )
        self.move(corner)
        self.show()
        self.setFocus()

    def index(self) -> int:
        """Which step is shown."""
        return self._index

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through the steps, or close."""
        if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self._go(1)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self._go(-1)
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.close()
        else:
            super().keyPressEvent(event)

    def _go(self, by: int) -> None:
        index = self._index + by
        if 0 <= index < len(self._steps):
            self._index = index
            self._show()

    def _show(self) -> None:
        step = self._steps[self._index]
        self._title.setText(
            tr("{place} of {count}: {name}", place=self._index + 1, count=len(self._steps), name=step.name)
        )
        self._words.setText(step.words)
        self._view.set_image(step.image)
        self.say_pixel(None)
        self._back.setEnabled(self._index > 0)
        self._next.setEnabled(self._index < len(self._steps) - 1)
        width = self._column.sizeHint().width()
        self.setFixedSize(width, self._column.totalHeightForWidth(width))

    def say_pixel(self, pixel: tuple[int, int] | None) -> None:
        """Say how bright the pixel (row, column) is; where there is none, how to ask."""
        image = self._steps[self._index].image
        if pixel is None:
            side = len(image)
            self._pixel.setText(tr("{side} × {side} pixels; point at one to see its value", side=side))
            return
        row, column = pixel
        self._pixel.setText(
            tr("Row {row}, column {column}: {value} of 255", row=row, column=column, value=int(image[row, column]))
        )


class _Pixels(PixelView):
    """A picture that tells which pixel the mouse is on."""

    def __init__(self, zoom: StepZoom) -> None:
        super().__init__(_SIDE)
        self.setObjectName("stepsZoomPicture")
        self.setMouseTracking(True)
        self._zoom = zoom

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say the pixel's value."""
        image = self.image()
        if image is not None and self.rect().contains(event.position().toPoint()):
            side = len(image)
            row = min(side - 1, int(event.position().y() * side / self.height()))
            column = min(side - 1, int(event.position().x() * side / self.width()))
            self._zoom.say_pixel((row, column))
