"""A look inside a network: how it reads a picture, and what its first layer looks for."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Label
from recognizer.gui.widgets.filter_grid import FilterGrid
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.probability_view import ProbabilityView
from recognizer.gui.widgets.signed_picture import SignedView
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.training.lookback import Look

_SIDE: Final = 70
_NARROW: Final = 280
"""Below this width, logical pixels, the bars stand below the pictures."""


class InsideView(QWidget):
    """The picture with its probabilities, the filters, and what the filter that is looked at makes of the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("insideView")
        self._labels: tuple[str, ...] = ()
        self._look: Look | None = None
        self._picture: NDArray[np.uint8] | None = None
        self._source = ""
        self._message = self._note = ""
        self._ink = PixelView(_SIDE)
        self._ink.setObjectName("insideInk")
        self._found = SignedView(_SIDE)
        self._found.setObjectName("filterFinding")
        self._ink_words, self._found_words = Label("secondary"), Label("secondary")
        self._found_words.setObjectName("filterWords")
        self._bars = ProbabilityView()
        self._bars.setObjectName("insideBars")
        self.filters = FilterGrid()
        self._words = Label("secondary", wraps=True)
        self._words.setObjectName("insideWords")
        self._hint = Label("secondary", wraps=True)
        self._hint.setObjectName("insideHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.filters.looked.connect(self._show_found)
        self.retranslate()

    def _lay_out(self) -> None:
        self._pictures = QWidget()
        pictures = QHBoxLayout(self._pictures)
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.setSpacing(8)
        self._found_part = QWidget()
        for part, view, words in (
            (QWidget(), self._ink, self._ink_words),
            (self._found_part, self._found, self._found_words),
        ):
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(1)
            column.addWidget(view)
            words.setFixedWidth(_SIDE)
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(words)
            pictures.addWidget(part)
        pictures.addStretch(1)
        self._pictures.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._bars.setFixedHeight(_SIDE + 18)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setSpacing(8)
        self._top.addWidget(self._pictures)
        self._top.addWidget(self._bars, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._top)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self.filters, 3)
        layout.addWidget(self._words)

    def reset(self, message: str = "") -> None:
        """Show nothing until a network is looked at; `message` says why."""
        self._look, self._picture, self._message = None, None, message
        self.filters.reset()
        self._refresh()

    def show_look(
        self, look: Look, labels: tuple[str, ...], picture: NDArray[np.uint8] | None, source: str = "", note: str = ""
    ) -> None:
        """Show a network as it was after an epoch.

        Args:
            look: At what.
            labels: Of its classes.
            picture: (28, 28) uint8, what it was given to read; None for nothing.
            source: What the picture is, a word or two.
            note: What else there is to say, a line.
        """
        had_picture = self._picture is not None
        self._look, self._labels, self._picture, self._source = look, labels, picture, source
        self._note = note
        self._message = ""
        self.filters.set_filters(look.filters, look.filters_scale)
        if not had_picture and len(look.found) and self.filters.count():
            # The one that has most to say of it.
            shown = self.filters.shown()
            strongest = int(np.abs(look.found[shown]).sum(axis=(1, 2)).argmax())
            self.filters.choose(int(shown[strongest]))
        self._refresh()

    def look(self) -> Look | None:
        """What is shown."""
        return self._look

    def probabilities(self) -> dict[str, float]:
        """What the bars show."""
        return self._bars.probabilities()

    def answer(self) -> str:
        """How the picture is read, in words; empty where it is not."""
        look = self._look
        if look is None or look.probabilities is None:
            return ""
        best = int(look.probabilities.argmax())
        return tr("Read as {label}: {percent} %", label=self._label(best), percent=self._percent(best))

    def _percent(self, place: int) -> str:
        look = self._look
        return "" if look is None or look.probabilities is None else f"{100 * float(look.probabilities[place]):.1f}"

    def _label(self, place: int) -> str:
        return self._labels[place] if place < len(self._labels) else str(place)

    def _refresh(self) -> None:
        look = self._look
        is_read = look is not None and look.probabilities is not None
        self._pictures.setVisible(is_read)
        self._bars.setVisible(is_read)
        if look is not None and look.probabilities is not None:
            count = len(look.probabilities)
            labels = tuple(self._label(place) for place in range(count))
            best = labels[int(look.probabilities.argmax())]
            self._bars.set_prediction(Prediction(best, look.probabilities, labels, Verdict.SURE))
            self._bars.setAccessibleDescription(self.answer())
            self._ink.set_image(self._picture)
            self._ink_words.setText(self._source)
        has_filters = self.filters.count() > 0
        self.filters.setVisible(has_filters)
        self._words.setVisible(has_filters)
        self._words.setText(self._filter_words())
        hint = self._hint_words()
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._show_found()

    def _hint_words(self) -> str:
        """What is missing."""
        look = self._look
        if look is None:
            return self._message or tr("What the network looks for appears here, and how it reads your drawing")
        if not look.kept:
            return tr("The weights of this run are not kept: there is nothing to look into")
        if look.probabilities is None:
            return tr("Draw something on the Draw page: it is read here after every epoch")
        if not self.filters.count():
            return tr("The first layer has no filters that could be shown as pictures")
        return ""

    def _filter_words(self) -> str:
        look = self._look
        if look is None or not len(look.filters):
            return ""
        count, shown = len(look.filters), self.filters.count()
        if not look.is_dense:
            height, width = look.filters.shape[1:]
            words = tr(
                "{n} filters of {height} × {width} pixels: orange looks for ink, blue for paper",
                n=count,
                height=height,
                width=width,
            )
        elif shown < count:
            words = tr(
                "{shown} of {n} units, the strongest: ink on orange speaks for a unit, on blue against it",
                shown=shown,
                n=count,
            )
        else:
            words = tr("{n} units: ink on orange speaks for a unit, on blue against it", n=count)
        if look.kept != look.epoch:
            words += "\n" + tr("Weights of epoch {epoch}, the nearest that is kept", epoch=look.kept)
        return f"{words}\n{self._note}" if self._note and look.probabilities is not None else words

    def _show_found(self) -> None:
        """Show what the filter that is looked at makes of the picture."""
        look, number = self._look, self.filters.current()
        is_there = look is not None and 0 <= number < len(look.found)
        self._found_part.setVisible(is_there)
        if look is None or not is_there:
            self._found.set_values(None)
            return
        self._found.set_values(look.found[number], look.found_scale)
        name = tr("unit {number}", number=number + 1) if look.is_dense else tr("filter {number}", number=number + 1)
        self._found_words.setText(name)
        tip = (
            tr("What each pixel of the ink tells unit {number}", number=number + 1)
            if look.is_dense
            else tr("Where filter {number} finds what it looks for", number=number + 1)
        )
        self._found.setToolTip(tip)
        self._found.setAccessibleName(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange pictures and bars for the new width."""
        ways = QBoxLayout.Direction
        self._top.setDirection(ways.LeftToRight if self.width() >= _NARROW else ways.TopToBottom)
        super().resizeEvent(event)

    def retranslate(self) -> None:
        """Set the texts anew."""
        for words in (self._ink_words, self._found_words):
            words.setFont(theme.font(8.5))
        self._ink.setToolTip(tr("The picture that is handed to the model"))
        self._ink.setAccessibleName(tr("The picture that is handed to the model"))
        self._bars.setAccessibleName(tr("How probable each symbol is"))
        self.filters.retranslate()
        self._refresh()
