"""How far training pictures are varied, seen on some of them while the sliders move."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.dialogs.parts import Dialog, SideCard
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Label
from recognizer.gui.words import dataset_title
from recognizer.library.dataset import Dataset, Split
from recognizer.training.augment import Augmentation, augment

_COLUMNS, _ROWS = 4, 3
PICTURES: Final = _COLUMNS * _ROWS
_LIMITS: Final = {
    "rotation": (45.0, 1.0),
    "shear": (0.8, 0.02),
    "zoom": (0.4, 0.01),
    "shift": (5.0, 0.1),
    "bend": (3.0, 0.1),
    "thin": (1.0, 0.05),
    "thick": (2.0, 0.05),
    "blur": (1.0, 0.05),
    "noise": (0.5, 0.02),
}
"""The most, and the step of the slider, of each amount."""


class VariedPictures(QWidget):
    """Twelve pictures, or a message where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variedPictures")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pictures: NDArray[np.uint8] | None = None
        self._message = ""

    def show_pictures(self, pictures: NDArray[np.uint8]) -> None:
        """Show (n, h, w) pictures, 255 full ink."""
        self._pictures = np.ascontiguousarray(pictures)
        self.update()

    def say(self, message: str) -> None:
        """Say why there are none."""
        self._pictures, self._message = None, message
        self.update()

    def pictures(self) -> NDArray[np.uint8] | None:
        """What is shown."""
        return self._pictures

    def sizeHint(self) -> QSize:
        """Large enough to see a bend."""
        return QSize(_COLUMNS * 96, _ROWS * 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint them in rows."""
        painter = QPainter(self)
        now = theme.colors()
        if self._pictures is None:
            painter.setPen(QColor(now.secondary))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(flags), self._message)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QColor(now.line))
        # As everywhere: ink is black on white, or white on black.
        pictures = self._pictures if now is theme.DARK else 255 - self._pictures
        cell = min(self.width() / _COLUMNS, self.height() / _ROWS)
        left, top = (self.width() - cell * _COLUMNS) / 2, (self.height() - cell * _ROWS) / 2
        for number, picture in enumerate(pictures[:PICTURES]):
            row, column = divmod(number, _COLUMNS)
            place = QRectF(left + column * cell, top + row * cell, cell, cell).adjusted(4, 4, -4, -4)
            height, width = picture.shape
            image = QImage(picture.data, width, height, width, QImage.Format.Format_Grayscale8)
            painter.drawImage(place, image)
            painter.drawRect(place)


class AugmentationDialog(Dialog):
    """A slider for each kind of variation at the left, pictures varied so at the right.

    Signals:
        chosen: The Augmentation that the user wants.

    Args:
        session: The window's.
        amounts: What is set now.
        dataset: The name of the dataset whose pictures are shown.
        parent: The window below.
    """

    chosen = Signal(object)

    def __init__(self, session: Session, amounts: Augmentation, dataset: str, parent: QWidget | None = None) -> None:
        super().__init__(session, "augmentationDialog", QSize(880, 600), parent)
        self._amounts = amounts
        self._dataset = dataset
        self._images: NDArray[np.uint8] | None = None
        self._seed = 0
        self.preview = VariedPictures()
        self._source = Label("secondary", wraps=True)
        self._source.setObjectName("variedPicturesSource")
        self._sliders: dict[str, QSlider] = {}
        self._values: dict[str, Label] = {}
        self.preview.setAccessibleName(tr("Training pictures, varied"))
        self._lay_out()
        self.set_amounts(amounts)
        self._sliders["rotation"].setFocus()
        self.preview.say(tr("Loading the pictures…"))
        session.dataset_loaded.connect(self._on_dataset)
        session.dataset_failed.connect(self._on_no_dataset)
        session.dataset_cancelled.connect(self._on_no_dataset)
        session.request_dataset(dataset)

    def _lay_out(self) -> None:
        self.set_heading(tr("Vary the training pictures"))
        self.say_step(
            tr(
                "In each epoch every picture is varied anew, up to these bounds. A model then learns what people vary, "
                "and needs more epochs. Pictures are never mirrored."
            )
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        for row, (name, (words, tip)) in enumerate(_words().items()):
            most, step = _LIMITS[name]
            caption, value, slider = Label(), Label("secondary"), QSlider(Qt.Orientation.Horizontal)
            caption.setText(words)
            caption.setBuddy(slider)
            slider.setObjectName(f"{name}Slider")
            slider.setRange(0, round(most / step))
            slider.setPageStep(max(1, slider.maximum() // 10))
            # The style sheet's handle is taller than what Qt takes it for.
            slider.setMinimumSize(110, 22)
            slider.setAccessibleName(words)
            caption.setToolTip(tip)
            slider.setToolTip(tip)
            slider.valueChanged.connect(self._on_moved)
            value.setMinimumWidth(64)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._sliders[name], self._values[name] = slider, value
            for column, part in enumerate((caption, slider, value)):
                grid.addWidget(part, row, column)
        column_of_all = QVBoxLayout()
        column_of_all.addLayout(grid)
        column_of_all.addStretch(1)
        right = Card()
        right.body.addWidget(self.preview, 1)
        right.body.addWidget(self._source)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(SideCard(column_of_all, 360))
        line.addWidget(right, 1)
        self.body.addLayout(line, 1)
        usual = self.add_button(
            "usualAmountsButton", tr("Usual"), tr("Set every slider to its usual place"), self._set_usual
        )
        again = self.add_button(
            "otherVariationsButton", tr("Others"), tr("Show the same pictures varied in another way"), self._vary_again
        )
        for button in (usual, again):
            self.footer.addWidget(button)
        self.footer.addStretch(1)
        self.add_button("amountsCancelButton", tr("Cancel"), tr("Close; the amounts stay as they were"), self.reject)
        self.add_button("useAmountsButton", tr("Use these"), tr("Vary the pictures so"), self._use, role="primary")

    def amounts(self) -> Augmentation:
        """What the sliders say."""
        return self._amounts

    def set_amounts(self, amounts: Augmentation) -> None:
        """Set the sliders; what none of them stands for is taken as it is."""
        self._amounts = amounts
        for name, slider in self._sliders.items():
            slider.blockSignals(True)
            slider.setValue(round(getattr(amounts, name) / _LIMITS[name][1]))
            slider.blockSignals(False)
        self._refresh()

    def _set_usual(self) -> None:
        self.set_amounts(Augmentation())

    def _on_moved(self) -> None:
        slider = self.sender()
        name = next(name for name, known in self._sliders.items() if known is slider)
        value = round(self._sliders[name].value() * _LIMITS[name][1], 4)
        self._amounts = replace(self._amounts, **{name: value})
        self._refresh()

    def _vary_again(self) -> None:
        self._seed += 1
        self._refresh()

    def _refresh(self) -> None:
        for name, value in self._values.items():
            value.setText(_amount_words(name, getattr(self._amounts, name)))
            self._sliders[name].setAccessibleDescription(value.text())
        if self._images is not None:
            # The same chance each time, so that a slider changes what it is for and nothing else.
            varied = augment(self._images, np.random.default_rng(self._seed), replace(self._amounts, share=1.0))
            self.preview.show_pictures(np.rint(varied * 255).astype(np.uint8))

    def _on_dataset(self, name: str, dataset: Dataset) -> None:
        if name != self._dataset or self._images is not None:
            return
        known = dataset.indices((Split.TRAIN,))
        chosen = known[np.linspace(0, len(known) - 1, min(PICTURES, len(known))).astype(np.int64)]
        self._images = dataset.images[chosen]
        self._source.setText(tr("Training pictures of {title}", title=dataset_title(name, dataset.title)))
        self._refresh()

    def _on_no_dataset(self, name: str) -> None:
        if name == self._dataset and self._images is None:
            self.preview.say(tr("The pictures could not be loaded"))

    def _use(self) -> None:
        self.chosen.emit(self._amounts)
        self.accept()


def _words() -> dict[str, tuple[str, str]]:
    """What each amount is called, and what it means."""
    return {
        "rotation": (tr("Rotation"), tr("Turned by so many degrees at most, either way")),
        "shear": (tr("Slant"), tr("Run to the right or left for each rise, at most")),
        "zoom": (tr("Size"), tr("Larger or smaller by this at most; width and height differ by half of it")),
        "shift": (tr("Place"), tr("Moved by so many pixels at most, in all directions")),
        "bend": (tr("Bends"), tr("How far lines are bent, pixels")),
        "thin": (tr("Thinner pen"), tr("How much of a line's edge is taken away at most, pixels")),
        "thick": (tr("Thicker pen"), tr("How much is added to a line's edge at most, pixels")),
        "blur": (tr("Blur"), tr("How far a fifth of the pictures are blurred at most")),
        "noise": (tr("Noise"), tr("How noisy a tenth of the pictures are at most")),
    }


def _amount_words(name: str, value: float) -> str:
    if name == "rotation":
        return f"±{value:.0f}°"
    if name in ("shear", "zoom"):
        return f"±{100 * value:.0f} %"
    if name in ("blur", "noise"):
        return f"{100 * value:.0f} %"
    sign = {"shift": "±", "thin": "−", "thick": "+"}.get(name, "")
    return tr("{sign}{n} px", sign=sign, n=f"{value:.1f}" if name in ("shift", "bend") else f"{value:.2f}")
