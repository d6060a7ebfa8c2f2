"""The slider that goes back through the epochs of a run."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QToolButton, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Label

RESULT: Final = 0
"""In the place of an epoch: the right end, where the model stands that the run has kept."""
_ANY: Final = 16_777_215
"""Qt's own largest width."""
_STEP: Final = 300
"""Milliseconds that each epoch is shown while it plays."""


class EpochSlider(QWidget):
    """A slider with a place for each finished epoch and, where a run has a result, one at the right end for that.

    Signals:
        chosen: An epoch, or `RESULT`: the user has moved there.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places: tuple[int, ...] = ()
        self._planned = self._best = 0
        self._is_live = False
        self._why = ""
        self._had_focus = False
        self._slider = _BestSlider()
        self._slider.setObjectName("epochSlider")
        self._play = _tool("playEpochsButton", "play")
        self._play.setCheckable(True)
        self._back = _tool("epochBackButton", "previous")
        self._on = _tool("epochOnButton", "next")
        self._words = Label("strong")
        self._words.setObjectName("epochText")
        self._more = Label("secondary")
        self._more.setObjectName("epochDetail")
        self._more.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 8, 0)
        line.setSpacing(4)
        for part in (self._play, self._back):
            line.addWidget(part)
        line.addWidget(self._slider, 1)
        line.addWidget(self._on)
        line.addSpacing(6)
        # As wide at each step, for the slider should keep its length.
        self._said = QWidget()
        said = QHBoxLayout(self._said)
        said.setContentsMargins(0, 0, 0, 0)
        said.addWidget(self._words)
        said.addWidget(self._more, 1)
        line.addWidget(self._said)
        self.setFixedHeight(30)
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP)
        self._timer.timeout.connect(self._advance)
        self._slider.valueChanged.connect(self._on_value)
        self._slider.sliderPressed.connect(self.stop)
        self._back.clicked.connect(lambda: self._step(-1))
        self._on.clicked.connect(lambda: self._step(1))
        self._play.clicked.connect(self._on_play)
        self.retranslate()

    def set_run(self, epochs: Sequence[int], planned: int, best: int, *, has_result: bool, is_live: bool) -> None:
        """Show a run from its right end.

        Args:
            epochs: The finished ones, ascending.
            planned: How many are to be done.
            best: The one whose model is, or would be, kept; 0 for none.
            has_result: Whether it has been judged.
            is_live: Whether it still goes on; then the right end is the newest epoch.
        """
        self.stop()
        self._planned, self._best, self._is_live, self._why = planned, best, is_live, ""
        self._set_places((*epochs, RESULT) if has_result and epochs else tuple(epochs), len(epochs))
        self._refresh()
        if self._had_focus and self._slider.isEnabled():
            self._slider.setFocus()
        self._had_focus = False

    def clear(self, why: str = "") -> None:
        """There is nothing to go back through; `why` says so in words."""
        self.stop()
        # A run that has just ended is shown in a moment.
        self._had_focus = self._had_focus or self._slider.hasFocus()
        self._why, self._is_live, self._best = why, False, 0
        self._set_places((), 0)
        self._refresh()

    def add_epoch(self, epoch: int, best: int) -> None:
        """An epoch of the run that goes on has ended; at the right end the slider follows."""
        is_at_end = self.is_at_end()
        value = self._slider.value()
        self._best = best
        places = (*(place for place in self._places if place < epoch), epoch)
        self._set_places(places, len(places) - 1 if is_at_end else min(value, len(places) - 1))
        self._refresh()

    def epoch(self) -> int:
        """Where the slider stands: an epoch, or `RESULT`; that too where there is nothing."""
        return self._places[self._slider.value()] if self._places else RESULT

    def is_at_end(self) -> bool:
        """Whether it stands at the result, or at the newest epoch."""
        return self._slider.value() >= len(self._places) - 1

    def go_to(self, epoch: int) -> None:
        """Move to an epoch as the user does; nothing happens where it is not there."""
        if epoch in self._places:
            self.stop()
            self._slider.setValue(self._places.index(epoch))

    def stop(self) -> None:
        """Play no longer."""
        self._timer.stop()
        self._play.setChecked(False)
        self._set_play_texts()

    def _set_places(self, places: tuple[int, ...], value: int) -> None:
        self._places = places
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(len(places) - 1, 0))
        self._slider.setValue(value)
        self._slider.blockSignals(False)
        self._slider.setPageStep(max(len(places) // 10, 1))
        self._slider.set_best(places.index(self._best) if self._best in places and self._best else -1)

    def _step(self, by: int) -> None:
        self.stop()
        self._slider.setValue(self._slider.value() + by)

    def _on_value(self, value: int) -> None:
        self._refresh()
        self.chosen.emit(self._places[value])

    def _on_play(self, is_playing: bool) -> None:
        if not is_playing:
            self.stop()
            return
        if self.is_at_end():
            self._slider.setValue(0)
        self._timer.start()
        self._set_play_texts()

    def _advance(self) -> None:
        self._slider.setValue(self._slider.value() + 1)
        if self.is_at_end():
            self.stop()

    def _refresh(self) -> None:
        """Say where the slider stands."""
        can_move = len(self._places) > 1
        value = self._slider.value()
        self._slider.setEnabled(can_move)
        self._play.setEnabled(can_move)
        self._back.setEnabled(can_move and value > 0)
        self._on.setEnabled(can_move and not self.is_at_end())
        epoch = self.epoch()
        if not self._places:
            words, more = "", self._why
        elif epoch == RESULT:
            words = tr("Result: epoch {epoch}", epoch=self._best) if self._best else tr("Result")
            more = tr("the best") if self._best else ""
        else:
            words = tr("Epoch {epoch} of {epochs}", epoch=epoch, epochs=max(self._planned, epoch))
            if self._is_live and self.is_at_end():
                more = tr("the newest")
            elif epoch == self._best:
                more = tr("the best")
            else:
                more = tr("best: {epoch}", epoch=self._best) if self._best else ""
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._more.setText(more)
        self._more.setToolTip(more)
        if self._places:
            widest = tr("Epoch {epoch} of {epochs}", epoch=self._planned, epochs=self._planned)
            room = self._words.fontMetrics().horizontalAdvance(widest)
            room = max(
                room, self._words.fontMetrics().horizontalAdvance(tr("Result: epoch {epoch}", epoch=self._planned))
            )
            remarks = (tr("best: {epoch}", epoch=self._planned), tr("the best"), tr("the newest"))
            room += max(map(self._more.fontMetrics().horizontalAdvance, remarks))
            self._said.setFixedWidth(room + 30)
        else:
            self._said.setMinimumWidth(0)
            self._said.setMaximumWidth(_ANY)
        self._slider.setVisible(bool(self._places))
        for part in (self._play, self._back, self._on):
            part.setVisible(bool(self._places))
        self._slider.setAccessibleDescription(f"{words}, {more}" if more else words)

    def _set_play_texts(self) -> None:
        if self._play.isChecked():
            self._play.set_icon("pause")
            self._play.set_text(tr("Hold"))
        else:
            self._play.set_icon("play")
            self._play.set_text(tr("Play the epochs one after another"))

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(400, 30)

    def retranslate(self) -> None:
        """Set the texts anew."""
        self._slider.setAccessibleName(tr("Epoch"))
        self._slider.setToolTip(tr("Go back through the epochs: curves, matrix, filters and your drawing follow"))
        self._back.set_text(tr("One epoch back"))
        self._on.set_text(tr("One epoch on"))
        self._set_play_texts()
        self._refresh()


class _Tool(QToolButton):
    """A small button with an icon that follows the theme."""

    def __init__(self, icon_name: str) -> None:
        super().__init__()
        self._icon_name = icon_name
        self.setProperty("role", "flat")
        self.setIconSize(QSize(18, 18))
        self.set_icon(icon_name)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self._icon_name = name
        self.setIcon(theme.icon(name, theme.colors().text, 18))

    def set_text(self, tip: str) -> None:
        """Say what it does."""
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.set_icon(self._icon_name)
        super().changeEvent(event)


def _tool(name: str, icon_name: str) -> _Tool:
    tool = _Tool(icon_name)
    tool.setObjectName(name)
    return tool


class _BestSlider(QSlider):
    """A slider that marks the best epoch with a dot."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._best = -1
        self.setMinimumSize(80, 26)

    def set_best(self, place: int) -> None:
        """Mark a place; −1 for none."""
        self._best = place
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the mark below the groove."""
        super().paintEvent(event)
        if self._best < 0:
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        option.sliderPosition = option.sliderValue = self._best
        part = QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.colors().sure))
        painter.drawEllipse(handle.center().x() - 1, self.height() - 4, 4, 4)
