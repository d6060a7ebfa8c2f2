"""The calibration curve: how sure a model says it is, against how often it is right."""

from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.evaluation.calibration import CalibrationCurve, ReliabilityBin
from recognizer.evaluation.figures import wilson_interval
from recognizer.gui import theme
from recognizer.gui.widgets.picked_view import PickedView

_LEFT: Final = 36.0
_TOP: Final = 24.0
_RIGHT: Final = 16.0
_COUNTS: Final = 40.0
"""The height of the bars of counts, their figures included, logical pixels."""
_BOTTOM: Final = 32.0
_GAP: Final = 6.0


class CalibrationView(PickedView):
    """A bar for each bin of confidence, with a point and its 95 % interval; below it how many answers fell into it.

    `picked` carries the number of an item; `bin_number` says which of the curve's bins that is.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("calibrationCurve")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 200)
        self._curve: CalibrationCurve | None = None
        self._filled: tuple[int, ...] = ()
        self.retranslate()

    def set_curve(self, curve: CalibrationCurve | None) -> None:
        """Show a curve, or nothing."""
        self._curve = curve
        self._filled = tuple(i for i, each in enumerate(curve.bins) if each.n) if curve is not None else ()
        # The surest answers are the most.
        self.items_changed(max(len(self._filled) - 1, 0))

    def curve(self) -> CalibrationCurve | None:
        """What is shown."""
        return self._curve

    def bin_number(self, item: int) -> int:
        """Which bin an item shows, from 0."""
        return self._filled[item]

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("How sure the model is, and how often it is right"))
        self.items_changed(max(len(self._filled) - 1, 0))

    def sizeHint(self) -> QSize:
        """Half as high as wide."""
        return QSize(420, 230)

    # Items

    def item_count(self) -> int:
        """How many bins hold answers."""
        return len(self._filled)

    def item_rect(self, number: int) -> QRectF:
        """The whole column of a bin, its count included."""
        plot = self._plot()
        column = self._column(self._filled[number])
        return QRectF(column.x(), plot.y() - 2, column.width(), plot.height() + _GAP + _COUNTS + 2)

    def item_words(self, number: int) -> str:
        """A bin in a sentence, with its figures."""
        assert self._curve is not None
        each = self._curve.bins[self._filled[number]]
        low, high = _interval(each)
        return ntr(
            "{span}: {n} answer, {confidence} % sure on average, {accuracy} % right (95 % interval {low} to {high} %)",
            "{span}: {n} answers, {confidence} % sure on average, {accuracy} % right (95 % interval {low} to {high} %)",
            each.n,
            span=span_words(each),
            confidence=f"{100 * each.confidence:.1f}",
            accuracy=f"{100 * each.accuracy:.1f}",
            low=f"{100 * low:.1f}",
            high=f"{100 * high:.1f}",
        )

    # Painting

    def _plot(self) -> QRectF:
        height = max(self.height() - _TOP - _GAP - _COUNTS - _BOTTOM, 20.0)
        return QRectF(_LEFT, _TOP, max(self.width() - _LEFT - _RIGHT, 20.0), height)

    def _column(self, number: int) -> QRectF:
        plot = self._plot()
        width = plot.width() / (len(self._curve.bins) if self._curve is not None else 1)
        return QRectF(plot.x() + number * width, plot.y(), width, plot.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axes, bars, points and counts."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._curve is None:
            painter.setPen(QColor(now.secondary))
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(
                self.rect(), flags, tr("When a run has ended, this shows how far its answers can be trusted")
            )
            return
        self._paint_axes(painter, self._curve, now)
        most = max((each.n for each in self._curve.bins), default=1)
        for number in self._filled:
            self._paint_bin(painter, number, self._curve.bins[number], most, now)
        plot = self._plot()
        painter.setPen(QPen(QColor(now.secondary), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(plot.bottomLeft(), plot.topRight())
        for number in self._filled:
            self._paint_point(painter, self._curve.bins[number], now)
        self.paint_marks(painter, 4)

    def _paint_axes(self, painter: QPainter, curve: CalibrationCurve, now: theme.Colors) -> None:
        plot = self._plot()
        painter.setFont(theme.font(8))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for percent in (0, 25, 50, 75, 100):
            y = plot.bottom() - plot.height() * percent / 100
            painter.setPen(QPen(QColor(now.line), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            if percent % 50 == 0:
                painter.setPen(QColor(now.secondary))
                painter.drawText(QRectF(0, y - 8, _LEFT - 6, 16), right, f"{percent}")
        painter.setPen(QColor(now.secondary))
        bottom = plot.bottom() + _GAP + _COUNTS
        bins = len(curve.bins)
        step = 1 if plot.width() / bins >= 26 else 2
        for number in range(0, bins + 1, step):
            x = plot.x() + plot.width() * number / bins
            text = f"{100 * number / bins:.0f}"
            painter.drawText(QRectF(x - 20, bottom, 40, 14), Qt.AlignmentFlag.AlignCenter, text)
        across = QRectF(plot.x(), bottom + 14, plot.width(), _BOTTOM - 14)
        painter.drawText(across, Qt.AlignmentFlag.AlignCenter, tr("how sure it says it is, %"))
        painter.drawText(QRectF(0, 0, self.width(), 14), Qt.AlignmentFlag.AlignLeft, tr("right, %"))
        # Where only sure answers are, the figures at the left would be read as those of the bars.
        counts = QRectF(0, bottom - 14, _LEFT - 6, 14)
        painter.drawText(counts, right, "n")

    def _paint_bin(self, painter: QPainter, number: int, each: ReliabilityBin, most: int, now: theme.Colors) -> None:
        column = self._column(number)
        inset = min(3.0, column.width() * 0.08)
        height = column.height() * each.accuracy
        bar = QRectF(column.x() + inset, column.bottom() - height, column.width() - 2 * inset, height)
        shade = QColor(now.accent)
        shade.setAlphaF(0.22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRect(bar)
        base = column.bottom() + _GAP + _COUNTS
        tall = max((_COUNTS - 14) * each.n / most, 1.0)
        painter.setBrush(QColor(now.secondary))
        painter.drawRect(QRectF(bar.x(), base - tall, bar.width(), tall))
        text = f"{each.n:,}"
        painter.setFont(theme.font(8 if column.width() > 7 * len(text) else 6.5, QFont.Weight.Normal))
        painter.setPen(QColor(now.text))
        painter.drawText(
            QRectF(column.x() - 8, base - tall - 13, column.width() + 16, 13), Qt.AlignmentFlag.AlignCenter, text
        )

    def _paint_point(self, painter: QPainter, each: ReliabilityBin, now: theme.Colors) -> None:
        plot = self._plot()
        low, high = _interval(each)
        x = plot.x() + plot.width() * each.confidence

        def y(share: float) -> float:
            return plot.bottom() - plot.height() * share

        painter.setPen(QPen(QColor(now.accent), 1.4))
        painter.drawLine(QLineF(x, y(low), x, y(high)))
        for end in (low, high):
            painter.drawLine(QLineF(x - 3, y(end), x + 3, y(end)))
        painter.setBrush(QColor(now.accent))
        painter.setPen(QPen(QColor(now.card), 1))
        painter.drawEllipse(QPointF(x, y(each.accuracy)), 4, 4)


def span_words(each: ReliabilityBin) -> str:
    """What a bin is called: `Confidence 80 to 90 %`."""
    return tr("Confidence {low} to {high} %", low=f"{100 * each.low:.0f}", high=f"{100 * each.high:.0f}")


def _interval(each: ReliabilityBin) -> tuple[float, float]:
    """The 95 % interval of a bin's accuracy."""
    found = wilson_interval(round(each.n * each.accuracy), each.n)
    return found.low, found.high
