"""Two predictions beside each other, a pair of bars a class."""

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.inference.prediction import Prediction

_MOST: Final = 10
"""With more classes than this, only those are shown that matter in either prediction."""
_CAPTION: Final = 16


class TwinBars(QWidget):
    """Shows how the probabilities change from one prediction (accent) to another (doubt)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._bars: tuple[tuple[str, float, float], ...] = ()

    def set_predictions(self, before: Prediction, after: Prediction) -> None:
        """Show both; they are by the same model."""
        rows = [
            (label, float(first), float(second))
            for label, first, second in zip(before.labels, before.probabilities, after.probabilities, strict=True)
        ]
        if len(rows) > _MOST:
            rows = sorted(rows, key=lambda row: -max(row[1:]))[:_MOST]
        self._bars = tuple(rows)
        self.setAccessibleName(tr("How the probabilities change"))
        self.update()

    def probabilities(self) -> dict[str, tuple[float, float]]:
        """What is shown: label to both probabilities, 0 to 1."""
        return {label: (before, after) for label, before, after in self._bars}

    def sizeHint(self) -> QSize:
        """Low and as wide as there is room."""
        return QSize(240, 50)

    def _slot(self, index: int) -> QRectF:
        width = self.width() / max(1, len(self._bars))
        return QRectF(index * width, 0, width, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pairs."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (label, before, after) in enumerate(self._bars):
            slot = self._slot(index)
            width = min(slot.width() * 0.34, 12.0)
            height = slot.height() - _CAPTION - 2
            for left, share, color in (
                (slot.center().x() - width - 0.5, before, now.accent),
                (slot.center().x() + 0.5, after, now.doubt),
            ):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(now.line))
                painter.drawRoundedRect(QRectF(left, 1, width, height), 2, 2)
                painter.setBrush(QColor(color))
                inked = height * share
                if inked >= 0.5:
                    painter.drawRoundedRect(QRectF(left, 1 + height - inked, width, inked), 2, 2)
            best = max(before, after) >= 0.5
            painter.setPen(QColor(now.text if best else now.secondary))
            painter.setFont(theme.font(8.5, QFont.Weight.Bold if best else QFont.Weight.Normal))
            place = QRectF(slot.x(), slot.height() - _CAPTION, slot.width(), _CAPTION)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label)

    def event(self, event: QEvent) -> bool:
        """Name the pair under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for index, (label, before, after) in enumerate(self._bars):
                if self._slot(index).contains(event.pos()):
                    text = tr(
                        "{label}: {before} % with every step, {after} % without",
                        label=label,
                        before=f"{before * 100:.1f}",
                        after=f"{after * 100:.1f}",
                    )
                    QToolTip.showText(event.globalPos(), text, self)
                    return True
        return super().event(event)
