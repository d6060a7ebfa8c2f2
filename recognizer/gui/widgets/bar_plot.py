"""A bar chart with a line of what is usual; a click on a bar asks for the samples behind it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.basics import Card, Label
from recognizer.gui.widgets.plots import bare_plot


class BarPlot(Card):
    """Bars side by side, perhaps of several parts; made by pyqtgraph when something is first shown.

    Signals:
        picked: The number of the bar that was clicked.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=12)
        self._plot: Any = None
        self._shown: tuple[NDArray[np.float64], tuple[tuple[str, NDArray], ...], NDArray | None, float] | None = None
        self._ticks: Sequence[tuple[float, str]] | None = None
        self._note = Label("secondary", wraps=True)
        self.body.addWidget(self._note)
        self.body.addStretch(1)

    def show_bars(
        self,
        heading: str,
        note: str,
        left: NDArray[np.float64],
        width: float,
        parts: Sequence[tuple[str, NDArray]],
        usual: NDArray | None = None,
        ticks: Sequence[tuple[float, str]] | None = None,
    ) -> None:
        """Show bars.

        Args:
            heading: What is counted.
            note: In smaller letters below it.
            left: (n,) where each bar begins.
            width: Of every bar.
            parts: The colour and the (n,) heights of each part, from the bottom up.
            usual: (n,) heights of the line; None for no line.
            ticks: Places and texts below the bars; numbers where None.
        """
        self.set_heading(heading)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._shown, self._ticks = (left, tuple(parts), usual, width), ticks
        self.setAccessibleName(heading)
        self.setAccessibleDescription(note)
        self._draw()

    def _make(self) -> None:
        plot = bare_plot()
        plot.setFixedHeight(150)
        plot.getAxis("left").setWidth(44)
        plot.viewport().installEventFilter(self)
        plot.setCursor(Qt.CursorShape.PointingHandCursor)
        self._plot = plot
        self.body.addWidget(plot)

    def _draw(self) -> None:
        if self._shown is None:
            return
        if self._plot is None:
            self._make()
        import pyqtgraph

        left, parts, usual, width = self._shown
        now, plot = theme.colors(), self._plot
        plot.clear()
        base = np.zeros(len(left))
        for color, heights in parts:
            shade = QColor(getattr(now, color))
            bars = pyqtgraph.BarGraphItem(
                x0=left + 0.06 * width, y0=base, width=0.88 * width, height=heights, brush=shade, pen=None
            )
            plot.addItem(bars)
            base = base + heights
        if usual is not None:
            pen = pyqtgraph.mkPen(QColor(now.doubt), width=2)
            plot.plot(np.append(left, left[-1] + width), usual, stepMode="center", pen=pen)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(QColor(now.line))
            axis.setTextPen(QColor(now.secondary))
            axis.setTickFont(theme.font(8))
        plot.getAxis("bottom").setTicks(None if self._ticks is None else [list(self._ticks)])
        top = max(float(base.max(initial=0)), 0.0 if usual is None else float(usual.max(initial=0)), 1e-9)
        plot.setRange(xRange=(left[0], left[-1] + width), yRange=(0, 1.05 * top), padding=0)

    def bar_at(self, x: float) -> int:
        """The number of the bar at the place `x` of the axis; −1 where there is none."""
        if self._shown is None:
            return -1
        left, _, _, width = self._shown
        place = int(np.searchsorted(left, x, side="right")) - 1
        return place if 0 <= place < len(left) and x < left[place] + width else -1

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """A click asks for the bar; the wheel scrolls the page."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            place = (
                self._plot.getPlotItem().getViewBox().mapSceneToView(self._plot.mapToScene(event.position().toPoint()))
            )
            number = self.bar_at(QPointF(place).x())
            if number >= 0:
                self.picked.emit(number)
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._draw()
