"""One measure of a training run as curves over its epochs."""

import math
from typing import Any, Final

from PySide6.QtCore import QEvent, QLineF, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Card, Label
from recognizer.gui.widgets.plots import bare_plot

_MOST_LIVE: Final = 1200
"""Points of the live line; beyond it every other point is dropped."""
_MOST_DOTS: Final = 40
"""Epochs up to which each has a dot."""
_INTERVAL: Final = 150
"""Milliseconds between two pictures while epochs arrive."""


class _Key(QWidget):
    """A short line that says how a curve is drawn, its name and its newest value; the value alone where it is tight."""

    def __init__(self, is_dashed: bool) -> None:
        super().__init__()
        self._is_dashed = is_dashed
        self._name = self._value = ""
        self._is_compact = False
        self._label = Label("secondary")
        self._label.setMinimumWidth(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(26, 0, 0, 0)
        layout.addWidget(self._label)

    def set_name(self, name: str) -> None:
        """Say what the curve is."""
        self._name = name
        self.setToolTip(name)
        self._refresh()

    def set_value(self, value: str) -> None:
        """Say how high it is now; empty where nothing is known."""
        self._value = value
        self._refresh()

    def set_compact(self, is_compact: bool) -> None:
        """Leave the name to the tooltip."""
        self._is_compact = is_compact
        self._refresh()

    def _refresh(self) -> None:
        parts = (self._value,) if self._is_compact else (self._name, self._value)
        self._label.setText(" ".join(part for part in parts if part))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line as the curve is painted."""
        painter = QPainter(self)
        painter.setPen(_pen(self._is_dashed, 2.0))
        middle = self.height() / 2
        painter.drawLine(QLineF(2, middle, 20, middle))


def _pen(is_dashed: bool, width: float) -> QPen:
    now = theme.colors()
    pen = QPen(QColor(now.sure if is_dashed else now.accent), width)
    pen.setCosmetic(True)
    if is_dashed:
        pen.setDashPattern([3.0, 2.0])
    return pen


class CurveCard(Card):
    """Training, validation and the epoch that goes on, each a line; made by `prepare`.

    Args:
        top: The highest value that there can be; None where it has no bound.

    Signals:
        placePicked: Where on the axis of the epochs was clicked.
    """

    placePicked = Signal(float)

    def __init__(self, top: float | None) -> None:
        super().__init__()
        self.marked: int | None = None
        self._line: Any = None
        self._waiting: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._draw_waiting)
        self._top = top
        self._epochs = 1
        self._value_format = "{}"
        self._axis_text = ""
        self._plot: Any = None
        self._items: dict[str, Any] = {}
        self._range: tuple[float, float, float] | None = None
        self.series: dict[str, tuple[list[float], list[float]]] = {}
        self._title = Label("heading")
        self._training, self._validation = _Key(False), _Key(True)
        header = QHBoxLayout()
        header.setSpacing(10)
        header.addWidget(self._title, 1)
        header.addWidget(self._training)
        header.addWidget(self._validation)
        self.body.addLayout(header)
        self.body.addStretch(1)
        self.clear(1)

    def prepare(self) -> None:
        """Make the plot."""
        if self._plot is not None:
            return
        plot = bare_plot()
        # The wheel should scroll the page; the card takes the clicks.
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plot.getPlotItem().getViewBox().setDefaultPadding(0.0)
        plot.getAxis("left").setWidth(46)
        plot.getAxis("bottom").setHeight(36)
        for side in ("left", "bottom"):
            # Off, for it would write 0.001 as 1 with a factor beside it.
            plot.getAxis(side).enableAutoSIPrefix(False)
            plot.getAxis(side).setStyle(maxTickLevel=0, hideOverlappingLabels=False)
        self._items = {
            name: plot.plot(antialias=True, symbol=None if name == "live" else self._symbol(), symbolSize=5)
            for name in ("live", "training", "validation")
        }
        import pyqtgraph

        self._line = pyqtgraph.InfiniteLine(angle=90)
        self._line.setVisible(False)
        plot.addItem(self._line)
        self._plot = plot
        self.body.takeAt(self.body.count() - 1)
        self.body.addWidget(plot, 1)
        self.restyle()
        self._draw(*self._items)
        self.set_marked(self.marked)

    def _symbol(self) -> str | None:
        """A dot for each epoch, where there is room for them."""
        return "o" if self._epochs <= _MOST_DOTS else None

    def set_marked(self, epoch: int | None) -> None:
        """Mark an epoch; None for none."""
        self.marked = epoch
        if self._line is not None:
            self._line.setVisible(epoch is not None)
            if epoch is not None:
                self._line.setValue(epoch)
        self._refresh_keys()

    def clear(self, epochs: int) -> None:
        """Forget all points."""
        self._epochs = epochs
        for name in ("training", "validation"):
            if name in self._items:
                self._items[name].setSymbol(self._symbol())
        self.series = {name: ([], []) for name in ("live", "training", "validation")}
        self._range = None
        self.marked = None
        if self._line is not None:
            self._line.setVisible(False)
        self._refresh_keys()
        self._draw(*self._items)

    def add_live(self, x: float, y: float) -> None:
        """Carry on the live line to epoch `x`."""
        if not math.isfinite(y):
            return
        xs, ys = self.series["live"]
        xs.append(x)
        ys.append(y)
        if len(xs) > _MOST_LIVE:
            self.series["live"] = (xs[::2], ys[::2])
        if self.marked is None:
            self._training.set_value(self._value_format.format(y))
        self._draw_soon("live")

    def add_epoch(self, epoch: int, training: float, validation: float | None) -> None:
        """Add the points of a finished epoch."""
        for name, value in (("training", training), ("validation", validation)):
            if value is not None and math.isfinite(value):
                self.series[name][0].append(float(epoch))
                self.series[name][1].append(value)
        self._draw_soon("training", "validation")

    def _draw_soon(self, *names: str) -> None:
        """Draw at once, or with what follows within a moment: small networks do many epochs a second."""
        self._waiting.update(names)
        if not self._timer.isActive():
            self._draw_waiting()

    def _draw_waiting(self) -> None:
        if self._waiting:
            names, self._waiting = self._waiting, set()
            if names != {"live"}:
                self._refresh_keys()
            self._draw(*names)
            self._timer.start()

    def set_texts(self, title: str, axis: str, value_format: str) -> None:
        """Name the measure."""
        self._title.setText(title)
        self._axis_text, self._value_format = axis, value_format
        self.setToolTip(tr("Click an epoch to see the run as it was then"))
        self._training.set_name(tr("training"))
        self._validation.set_name(tr("validation"))
        self._refresh_keys()
        self._set_labels()

    def _set_labels(self) -> None:
        if self._plot is not None:
            color = theme.colors().secondary
            self._plot.setLabel("bottom", tr("epoch"), color=color)
            self._plot.setLabel("left", self._axis_text, color=color)

    def _refresh_keys(self) -> None:
        """Say the newest values, or those of the epoch that is marked."""
        for key, name in ((self._training, "training"), (self._validation, "validation")):
            epochs, values = self.series[name]
            if self.marked is not None:
                values = values[epochs.index(self.marked) :][:1] if self.marked in epochs else []
            elif name == "training":
                values = values or self.series["live"][1]
            key.set_value(self._value_format.format(values[-1]) if values else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the place under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton and self._plot is not None:
            place = self._plot.mapFrom(self, event.position().toPoint())
            if self._plot.rect().contains(place):
                box = self._plot.getPlotItem().getViewBox()
                self.placePicked.emit(QPointF(box.mapSceneToView(self._plot.mapToScene(place))).x())

    def place_of(self, epoch: float) -> QPointF:
        """Where an epoch is in the plot, logical pixels of the card."""
        box = self._plot.getPlotItem().getViewBox()
        place = self._plot.mapFromScene(box.mapViewToScene(QPointF(epoch, box.viewRange()[1][0])))
        return QPointF(self._plot.mapTo(self, place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave names out where they do not fit."""
        for key in (self._training, self._validation):
            key.set_compact(self.width() < 370)
        super().resizeEvent(event)
        self._range = None
        self._draw()

    def event(self, event: QEvent) -> bool:
        """Follow the screen's sharpness."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.restyle()
        return super().event(event)

    def restyle(self) -> None:
        """Use the theme's colours."""
        self._training.update()
        self._validation.update()
        if self._plot is None:
            return
        now = theme.colors()
        faint = QColor(now.accent)
        faint.setAlphaF(0.45)
        # A plot's pens are as wide in pixels as they say, on sharp screens too.
        width = 2.0 * self.devicePixelRatioF()
        thin = QPen(faint, 0.6 * width)
        thin.setCosmetic(True)
        for name, pen in (("live", thin), ("training", _pen(False, width)), ("validation", _pen(True, width))):
            self._items[name].setPen(pen)
            if name != "live":
                self._items[name].setSymbolBrush(pen.color())
                self._items[name].setSymbolPen(None)
        mark = QPen(QColor(now.secondary), 0.5 * width)
        mark.setCosmetic(True)
        self._line.setPen(mark)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setTickFont(theme.font(8))
            axis.setPen(now.line)
            axis.setTextPen(now.secondary)
            axis.label.setFont(theme.font(8))
        self._plot.showGrid(x=False, y=True, alpha=0.5)
        self._set_labels()

    def _draw(self, *names: str) -> None:
        if self._plot is None:
            return
        for name in names:
            self._items[name].setData(*self.series[name])
        low, high, step = self._wanted_range()
        if (low, high, step) != self._range:
            self._range = low, high, step
            self._plot.setXRange(0, self._epochs, padding=0.03)
            # Room for half a figure at both ends, which would be left out otherwise.
            self._plot.setYRange(low, high, padding=0.08)
            room = max(self._plot.width() // 60, 2)
            epochs = range(0, self._epochs + 1, max(1, math.ceil(self._epochs / room)))
            self._plot.getAxis("bottom").setTicks([[(tick, f"{tick:,}") for tick in epochs]])
            places = max(-math.floor(math.log10(step)), 0)
            values = [low + step * number for number in range(round((high - low) / step) + 1)]
            self._plot.getAxis("left").setTicks([[(value, f"{value:.{places}f}") for value in values]])

    def _wanted_range(self) -> tuple[float, float, float]:
        """Lowest and highest value and the distance of the ticks, all round so that they seldom change."""
        values = [*self.series["training"][1], *self.series["validation"][1]]
        xs, ys = self.series["live"]
        # The steep beginning would press everything after it flat.
        start = min(0.25, xs[-1] / 2) if xs else 0.0
        values += [y for x, y in zip(xs, ys, strict=True) if x >= start]
        if self._top is not None:
            step = _round_step(max(self._top - min(values, default=0.0), 2.0) / 3.5)
            low = math.floor(min(values, default=0.0) / step) * step
            return max(low, 0.0), self._top, step
        high = max([*values, 1e-6]) if values else 1.0
        step = _round_step(high / 3.5)
        return 0.0, math.ceil(high / step) * step, step


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (times a power of ten) that is not below `least`."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * factor for factor in (1.0, 2.0, 5.0, 10.0) if unit * factor >= least * 0.999)
