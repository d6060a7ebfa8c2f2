"""The curves of several runs in one plot: a colour each, validation solid, training thin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QEvent, QLineF, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import GAP, Card, Label
from recognizer.gui.widgets.plots import bare_plot
from recognizer.training.events import EpochMetrics

# Okabe and Ito 2008, Color Universal Design, without the yellow that vanishes on white.
RUN_COLORS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
_RUN_COLORS_DARK: Final = ("#3d9bdb", "#e69f00", "#1fb98d", "#cc79a7", "#e8703a", "#8fd0f5")
_SWATCH: Final = 18
_ROOM: Final = 18


def run_color(number: int) -> QColor:
    """The colour of the run of that place, counted from 0, on the ground in use."""
    colors = _RUN_COLORS_DARK if theme.colors() is theme.DARK else RUN_COLORS
    return QColor(colors[number % len(colors)])


@dataclass(frozen=True, slots=True)
class Curve:
    """One run: what it is called and its epochs."""

    title: str
    epochs: tuple[EpochMetrics, ...]


class Legend(QWidget):
    """A short line in each run's colour, and its name; long names are cut, and whole in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runLegend")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._titles: Sequence[str] = ()

    def set_titles(self, titles: Sequence[str]) -> None:
        """Name the runs in the order of their colours."""
        self._titles = titles
        self.setAccessibleName(", ".join(titles))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, 20)

    def _boxes(self) -> list[QRectF]:
        metrics = self.fontMetrics()
        wanted = [_SWATCH + 8 + metrics.horizontalAdvance(title) + 2 for title in self._titles]
        room = self.width() - _ROOM * max(len(wanted) - 1, 0)
        # The short ones keep their width; what is left is shared by the long ones.
        left, shared = room, sorted(wanted)
        most = room
        for place, width in enumerate(shared):
            most = left // (len(shared) - place)
            if width > most:
                break
            left -= width
            most = room
        boxes, x = [], 0.0
        for width in wanted:
            width = min(width, most)
            boxes.append(QRectF(x, 0, width, self.height()))
            x += width + _ROOM
        return boxes

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (title, box) in enumerate(zip(self._titles, self._boxes(), strict=True)):
            painter.setPen(QPen(run_color(number), 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            middle = box.center().y()
            painter.drawLine(QLineF(box.x() + 2, middle, box.x() + _SWATCH - 2, middle))
            painter.setPen(QColor(theme.colors().text))
            words = box.adjusted(_SWATCH + 6, 0, 0, 0)
            text = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, int(words.width()) + 1)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)

    def event(self, event: QEvent) -> bool:
        """Say a name whole when the mouse rests on it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = QPointF(event.pos())
            title = next(
                (title for title, box in zip(self._titles, self._boxes(), strict=True) if box.contains(place)), ""
            )
            QToolTip.showText(event.globalPos(), title, self)
            return True
        return super().event(event)


class _Values(QWidget):
    """Figures at the right of a heading, each with a dot in its run's colour."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: Sequence[str] = ()
        self._head = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, head: str, texts: Sequence[str]) -> None:
        self._head, self._texts = head, texts
        self.setAccessibleName(f"{head} {', '.join(texts)}")
        self.update()

    def text(self) -> str:
        return " ".join([self._head, *self._texts])

    def sizeHint(self) -> QSize:
        return QSize(80, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(9))
        metrics = painter.fontMetrics()
        now = theme.colors()
        x = float(self.width())
        parts = list(enumerate(self._texts))
        for number, text in reversed(parts):
            width = metrics.horizontalAdvance(text)
            if x - width - 14 < 0:
                return
            x -= width
            painter.setPen(QColor(now.text))
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            painter.drawText(QRectF(x, 0, width + 2, self.height()), flags, text)
            x -= 12
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(run_color(number))
            painter.drawEllipse(QPointF(x + 5, self.height() / 2), 3.5, 3.5)
            x -= 8
        width = metrics.horizontalAdvance(self._head) + 4
        if x > width:
            painter.setPen(QColor(now.secondary))
            painter.drawText(QRectF(x - width, 0, width, self.height()), int(Qt.AlignmentFlag.AlignVCenter), self._head)


class _Plot(Card):
    """One measure of all runs.

    Signals:
        pointed: The epoch under the mouse; 0 for none.
    """

    pointed = Signal(int)

    def __init__(self, name: str, factor: float, value_format: str) -> None:
        super().__init__(margin=12)
        self.setObjectName(name)
        self._factor, self._format = factor, value_format
        self._curves: Sequence[Curve] = ()
        self._measure = "accuracy" if factor != 1 else "loss"
        self._title = Label("heading")
        self.values = _Values()
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title)
        head.addWidget(self.values, 1)
        self.body.addLayout(head)
        self.body.addStretch(1)
        self._plot: Any = None
        self._marker: Any = None

    def set_title(self, title: str) -> None:
        self._title.setText(title)
        self.point(0)

    def series(self, number: int, kind: str) -> list[tuple[int, float]]:
        """The points of a run's `training` or `validation` curve, (epoch, value)."""
        name = self._measure if kind == "training" else f"val_{self._measure}"
        points = ((one.epoch, getattr(one, name)) for one in self._curves[number].epochs)
        return [(epoch, self._factor * value) for epoch, value in points if value is not None and math.isfinite(value)]

    def set_curves(self, curves: Sequence[Curve]) -> None:
        self._curves = curves
        self._draw()
        self.point(0)

    def _make(self) -> None:
        plot = bare_plot()
        plot.setMinimumHeight(84)
        plot.getAxis("left").setWidth(40)
        plot.getAxis("bottom").setHeight(20)
        plot.viewport().setMouseTracking(True)
        plot.viewport().installEventFilter(self)
        for side in ("left", "bottom"):
            plot.getAxis(side).enableAutoSIPrefix(False)
            plot.getAxis(side).setStyle(maxTickLevel=0)
        self._plot = plot
        self.body.takeAt(self.body.count() - 1)
        self.body.addWidget(plot, 1)

    def _draw(self) -> None:
        if not self._curves:
            return
        if self._plot is None:
            self._make()
        import pyqtgraph

        plot, now = self._plot, theme.colors()
        plot.clear()
        sharpness = self.devicePixelRatioF()
        for number in range(len(self._curves)):
            color = run_color(number)
            thin = QColor(color)
            thin.setAlphaF(0.6)
            validation, training = self.series(number, "validation"), self.series(number, "training")
            for points, is_main in ((training, not validation), (validation, True)):
                pen = pyqtgraph.mkPen(color if is_main else thin, width=(2.0 if is_main else 1.0) * sharpness)
                if points:
                    plot.plot(
                        *zip(*points, strict=True),
                        pen=pen,
                        symbol="o" if is_main or len(points) == 1 else None,
                        symbolSize=5 if is_main else 3,
                        symbolBrush=color,
                        symbolPen=None,
                        antialias=True,
                    )
        self._marker = pyqtgraph.InfiniteLine(pen=pyqtgraph.mkPen(QColor(now.secondary), width=1.0 * sharpness))
        self._marker.hide()
        plot.addItem(self._marker, ignoreBounds=True)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setTickFont(theme.font(8))
            axis.setPen(now.line)
            axis.setTextPen(now.secondary)
        plot.showGrid(x=False, y=True, alpha=0.5)
        last = self.last_epoch()
        step = max(1, math.ceil(last / 8))
        plot.getAxis("bottom").setTicks(
            [[(tick, f"{tick:,}") for tick in range(1, last + 1) if tick == 1 or tick % step == 0]]
        )
        plot.getPlotItem().getViewBox().setDefaultPadding(0.04)
        plot.setXRange(0.8, max(last, 1) + 0.2)
        values = [
            y
            for number in range(len(self._curves))
            for kind in ("training", "validation")
            for _, y in self.series(number, kind)
        ]
        if values:
            low, high = min(values), max(values)
            plot.setYRange(low, high if high > low else low + 1e-3, padding=0.08)

    def last_epoch(self) -> int:
        """The highest epoch of all runs."""
        return max((one.epochs[-1].epoch for one in self._curves if one.epochs), default=0)

    def point(self, epoch: int) -> None:
        """Say the values after an epoch; those at the end of each run where it is 0."""
        texts = []
        for number in range(len(self._curves)):
            points = dict(self.series(number, "validation") or self.series(number, "training"))
            value = points.get(epoch) if epoch else next(reversed(points.values()), None)
            texts.append("–" if value is None else self._format.format(value))
        self.values.show_values(tr("epoch {epoch}", epoch=epoch) if epoch else tr("at the end"), texts)
        if self._marker is not None:
            self._marker.setVisible(epoch > 0)
            self._marker.setValue(epoch)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The epoch under the mouse is marked in all plots."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            box = self._plot.getPlotItem().getViewBox()
            x = box.mapSceneToView(self._plot.mapToScene(event.position().toPoint())).x()
            self.pointed.emit(min(max(round(x), 1), self.last_epoch()))
            return True
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(0)
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._draw()
            self.point(0)


class OverlaidCurves(QWidget):
    """Accuracy and loss of all runs side by side; the epoch under the mouse is said in both."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlaidCurves")
        self.accuracy = _Plot("overlaidAccuracy", 100.0, "{:.1f} %")
        self.loss = _Plot("overlaidLoss", 1.0, "{:.3f}")
        self.legend = Legend()
        self._key = Label("secondary")
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.legend, 1)
        head.addWidget(self._key)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for plot in (self.accuracy, self.loss):
            row.addWidget(plot, 1)
            plot.pointed.connect(self.accuracy.point)
            plot.pointed.connect(self.loss.point)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(row, 1)

    def set_curves(self, curves: Sequence[Curve]) -> None:
        """Show the curves of these runs."""
        self.legend.set_titles([curve.title for curve in curves])
        self.accuracy.set_curves(curves)
        self.loss.set_curves(curves)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._key.setText(tr("thick: validation · thin: training"))
        self.accuracy.set_title(tr("Accuracy"))
        self.loss.set_title(tr("Loss"))
        self.setAccessibleName(tr("Learning curves"))
