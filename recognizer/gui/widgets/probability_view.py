"""A bar a class, as high as its probability."""

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.inference.prediction import Prediction, Verdict

_MOST_BARS: Final = 12
"""With more classes than this, only the most probable ones are shown."""
_CAPTION: Final = 40
_WIDE: Final = 40.0
"""Room that a percentage needs, logical pixels; narrower bars show only the best one's."""


class ProbabilityView(QWidget):
    """Shows the probabilities of one prediction; grey where the answer was not accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probabilityView")
        self.setMinimumHeight(84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._labels: tuple[str, ...] = ()
        self._bars: tuple[tuple[str, float], ...] = ()
        self._verdict = Verdict.EMPTY

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Show empty bars for `labels`."""
        self._labels = labels
        self._bars = tuple((label, 0.0) for label in labels[:_MOST_BARS])
        self._verdict = Verdict.EMPTY
        self.update()

    def set_prediction(self, prediction: Prediction) -> None:
        """Show a prediction's probabilities."""
        if len(prediction.labels) <= _MOST_BARS:
            self._bars = tuple(
                (label, float(p)) for label, p in zip(prediction.labels, prediction.probabilities, strict=True)
            )
        else:
            self._bars = prediction.alternatives[:_MOST_BARS]
        self._verdict = prediction.verdict
        self.update()

    def probabilities(self) -> dict[str, float]:
        """What is shown, label to probability, 0 to 1."""
        return dict(self._bars)

    def sizeHint(self) -> QSize:
        """Room for bars, labels and percentages."""
        return QSize(420, 180)

    def _slot(self, index: int) -> QRectF:
        width = self.width() / max(1, len(self._bars))
        return QRectF(index * width, 0, width, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        best = max((p for _, p in self._bars), default=0.0)
        for index, (label, probability) in enumerate(self._bars):
            slot = self._slot(index)
            width = min(slot.width() * 0.66, 34.0)
            track = QRectF(slot.center().x() - width / 2, 2, width, slot.height() - _CAPTION - 4)
            is_best = probability == best > 0
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.line))
            painter.drawRoundedRect(track, 5, 5)
            height = track.height() * probability
            if height >= 1:
                painter.setBrush(QColor(self._color(is_best)))
                radius = min(5.0, height / 2)
                painter.drawRoundedRect(QRectF(track.x(), track.bottom() - height, width, height), radius, radius)
            painter.setPen(QColor(now.text if is_best or not best else now.secondary))
            painter.setFont(theme.font(11, QFont.Weight.Bold if is_best else QFont.Weight.Normal))
            centred = Qt.AlignmentFlag.AlignCenter
            painter.drawText(QRectF(slot.x(), slot.height() - _CAPTION, slot.width(), 20), centred, label)
            if probability >= 0.005 and (is_best or slot.width() >= _WIDE):
                painter.setFont(theme.font(8.5))
                painter.setPen(QColor(now.secondary))
                text = f"{probability * 100:.0f} %"
                place = QRectF(slot.center().x() - _WIDE / 2, slot.height() - 20, _WIDE, 18)
                place.moveLeft(min(max(place.left(), 0.0), self.width() - _WIDE))
                painter.drawText(place, centred, text)

    def _color(self, is_best: bool) -> str:
        now = theme.colors()
        if self._verdict in (Verdict.REJECTED, Verdict.EMPTY):
            return now.secondary
        if self._verdict == Verdict.UNSURE or not is_best:
            return now.doubt
        return now.accent

    def event(self, event: QEvent) -> bool:
        """Name the bar under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for index, (label, probability) in enumerate(self._bars):
                if self._slot(index).contains(event.pos()):
                    text = tr("{label}: {percent} %", label=label, percent=f"{probability * 100:.2f}")
                    QToolTip.showText(event.globalPos(), text, self)
                    return True
        return super().event(event)
