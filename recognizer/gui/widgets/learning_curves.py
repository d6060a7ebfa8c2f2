"""Loss and accuracy as they change during training."""

import math
from collections.abc import Iterable
from typing import Any, Final

from PySide6.QtCore import QEvent, QLineF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import GAP, Card, Label
from recognizer.training.events import BatchProgress, EpochMetrics

_MOST_LIVE: Final = 1200
"""Points of the live line; beyond it every other point is dropped."""


class LearningCurveView(QWidget):
    """Accuracy and loss over the epochs: training solid, validation dashed, the epoch going on as a thin line.

    The plots are made by `prepare`, because their library takes half a second to load.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learningCurves")
        self.setMinimumHeight(180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._accuracy = _CurveCard(100.0)
        self._loss = _CurveCard(None)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self._accuracy, 1)
        layout.addWidget(self._loss, 1)
        self._metrics: list[EpochMetrics] = []
        self.retranslate()

    def prepare(self) -> None:
        """Make the plots if they are not there yet."""
        self._accuracy.prepare()
        self._loss.prepare()

    def clear(self, epochs: int = 1) -> None:
        """Begin anew with room for `epochs` epochs."""
        self._metrics = []
        for card in (self._accuracy, self._loss):
            card.clear(epochs)
        self._describe()

    def add_batch(self, progress: BatchProgress) -> None:
        """Carry on the live line of training."""
        x = progress.epoch - 1 + progress.batch / max(progress.batches, 1)
        self._accuracy.add_live(x, 100.0 * progress.accuracy)
        self._loss.add_live(x, progress.loss)

    def add_epoch(self, metrics: EpochMetrics) -> None:
        """Add a finished epoch."""
        self._metrics.append(metrics)
        validation = metrics.val_accuracy
        self._accuracy.add_epoch(metrics.epoch, 100.0 * metrics.accuracy, validation and 100.0 * validation)
        self._loss.add_epoch(metrics.epoch, metrics.loss, metrics.val_loss)
        self._describe()

    def show_epochs(self, epochs: int, metrics: Iterable[EpochMetrics]) -> None:
        """Show a run of the past, planned for `epochs` epochs."""
        self.clear(epochs)
        for each in metrics:
            self.add_epoch(each)

    def metrics(self) -> tuple[EpochMetrics, ...]:
        """The finished epochs that are shown."""
        return tuple(self._metrics)

    def points(self, measure: str, kind: str) -> list[tuple[float, float]]:
        """What a line is drawn from, (epoch, value).

        Args:
            measure: `accuracy` (percent) or `loss`.
            kind: `training`, `validation` or `live`.
        """
        card = self._accuracy if measure == "accuracy" else self._loss
        return list(zip(*card.series[kind], strict=True))

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("Learning curves"))
        self._accuracy.set_texts(tr("Accuracy"), tr("accuracy (%)"), "{:.1f} %")
        self._loss.set_texts(tr("Loss"), tr("loss"), "{:.3f}")
        self._describe()

    def _describe(self) -> None:
        if not self._metrics:
            self.setAccessibleDescription("")
            return
        last = self._metrics[-1]
        self.setAccessibleDescription(
            tr(
                "Epoch {epoch}: accuracy {accuracy} %, loss {loss}",
                epoch=last.epoch,
                accuracy=f"{100 * last.accuracy:.1f}",
                loss=f"{last.loss:.3f}",
            )
        )

    def sizeHint(self) -> QSize:
        """Two plots side by side."""
        return QSize(640, 220)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._accuracy.restyle()
            self._loss.restyle()
        super().changeEvent(event)


class _Key(QWidget):
    """A short line that says how a curve is drawn, and its newest value."""

    def __init__(self, is_dashed: bool) -> None:
        super().__init__()
        self._is_dashed = is_dashed
        self.label = Label("secondary")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(26, 0, 0, 0)
        layout.addWidget(self.label)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line as the curve is painted."""
        painter = QPainter(self)
        painter.setPen(_pen(self._is_dashed))
        middle = self.height() / 2
        painter.drawLine(QLineF(2, middle, 20, middle))


def _pen(is_dashed: bool) -> QPen:
    now = theme.colors()
    pen = QPen(QColor(now.sure if is_dashed else now.accent), 2.0)
    pen.setCosmetic(True)
    if is_dashed:
        pen.setDashPattern([3.0, 2.0])
    return pen


class _CurveCard(Card):
    """One measure. `top` is the highest value that there can be, None where it has no bound."""

    def __init__(self, top: float | None) -> None:
        super().__init__()
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
        # Imported here: it takes half a second to load.
        import pyqtgraph

        pyqtgraph.setConfigOption("exitCleanup", False)
        plot = pyqtgraph.PlotWidget(background=None)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # The wheel should scroll the page.
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plot.setFrameStyle(0)
        plot.getPlotItem().getViewBox().setDefaultPadding(0.0)
        plot.getAxis("left").setWidth(46)
        plot.getAxis("bottom").setHeight(36)
        for side in ("left", "bottom"):
            # Off, for it would write 0.001 as 1 with a factor beside it.
            plot.getAxis(side).enableAutoSIPrefix(False)
            plot.getAxis(side).setStyle(maxTickLevel=0, hideOverlappingLabels=False)
        self._items = {
            name: plot.plot(antialias=True, symbol=None if name == "live" else "o", symbolSize=5)
            for name in ("live", "training", "validation")
        }
        self._plot = plot
        self.body.takeAt(self.body.count() - 1)
        self.body.addWidget(plot, 1)
        self.restyle()
        self._draw(*self._items)

    def clear(self, epochs: int) -> None:
        """Forget all points."""
        self._epochs = epochs
        self.series = {name: ([], []) for name in ("live", "training", "validation")}
        self._range = None
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
        self._training.label.setText(self._key_text(tr("training"), y))
        self._draw("live")

    def add_epoch(self, epoch: int, training: float, validation: float | None) -> None:
        """Add the points of a finished epoch."""
        for name, value in (("training", training), ("validation", validation)):
            if value is not None and math.isfinite(value):
                self.series[name][0].append(float(epoch))
                self.series[name][1].append(value)
        self._refresh_keys()
        self._draw("training", "validation")

    def set_texts(self, title: str, axis: str, value_format: str) -> None:
        """Name the measure."""
        self._title.setText(title)
        self._axis_text, self._value_format = axis, value_format
        self._refresh_keys()
        self._set_labels()

    def _set_labels(self) -> None:
        if self._plot is not None:
            color = theme.colors().secondary
            self._plot.setLabel("bottom", tr("epoch"), color=color)
            self._plot.setLabel("left", self._axis_text, color=color)

    def _key_text(self, name: str, value: float | None) -> str:
        return name if value is None else f"{name} {self._value_format.format(value)}"

    def _refresh_keys(self) -> None:
        training = self.series["training"][1] or self.series["live"][1]
        validation = self.series["validation"][1]
        self._training.label.setText(self._key_text(tr("training"), training[-1] if training else None))
        self._validation.label.setText(self._key_text(tr("validation"), validation[-1] if validation else None))

    def restyle(self) -> None:
        """Use the theme's colours."""
        self._training.update()
        self._validation.update()
        if self._plot is None:
            return
        now = theme.colors()
        faint = QColor(now.accent)
        faint.setAlphaF(0.45)
        thin = QPen(faint, 1.2)
        thin.setCosmetic(True)
        for name, pen in (("live", thin), ("training", _pen(False)), ("validation", _pen(True))):
            self._items[name].setPen(pen)
            if name != "live":
                self._items[name].setSymbolBrush(pen.color())
                self._items[name].setSymbolPen(None)
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
            self._plot.setXRange(0, self._epochs, padding=0.02)
            self._plot.setYRange(low, high + 0.04 * (high - low), padding=0.0)
            epochs = range(0, self._epochs + 1, max(1, math.ceil(self._epochs / 10)))
            self._plot.getAxis("bottom").setTicks([[(tick, f"{tick:,}") for tick in epochs]])
            values = [low + step * number for number in range(round((high - low) / step) + 1)]
            self._plot.getAxis("left").setTicks([[(value, f"{value:.4g}") for value in values]])

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
