"""The confusion matrix: how often each class was taken for each, to look at and to click on."""

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.evaluation.report import ConfusionMatrix
from recognizer.gui import theme

_GAP: Final = 2.0
_AXIS: Final = 34.0
"""Room for the class names and the axis title, logical pixels."""
_LEAST_CELL: Final = 22.0
_LEAST_TEXT: Final = 15.0
"""Cells smaller than this stay without figures."""


class ConfusionMatrixView(QWidget):
    """Paints a `ConfusionMatrix`: rows are the actual classes, columns what they were read as.

    Signals:
        cellClicked: (actual, predicted), class indices; by mouse, Enter or the space bar.
        currentChanged: (actual, predicted), where the keyboard's cursor or the mouse is; (-1, -1) for nowhere.
    """

    cellClicked = Signal(int, int)
    currentChanged = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusionMatrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._matrix: ConfusionMatrix | None = None
        self._percent = np.zeros((0, 0))
        self._weights = np.zeros((0, 0))
        self._is_percent = False
        self._cursor = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self._selected: tuple[int, int] | None = None
        self.retranslate()

    def set_matrix(self, matrix: ConfusionMatrix | None) -> None:
        """Show `matrix`, or nothing."""
        self._matrix = matrix
        self._cursor = (0, 0)
        self._hovered = self._selected = None
        if matrix is not None:
            self._percent = matrix.percent_of_actual()
            errors = self._percent.copy()
            np.fill_diagonal(errors, 0.0)
            # The square root keeps single errors visible beside the worst confusion.
            self._weights = np.sqrt(errors / max(float(errors.max(initial=0.0)), 1e-9))
        self.setMinimumSize(self.minimumSizeHint())
        self.updateGeometry()
        self._describe()
        self.update()

    def matrix(self) -> ConfusionMatrix | None:
        """What is shown."""
        return self._matrix

    def is_percent(self) -> bool:
        """Whether the cells show percent of the actual class instead of counts."""
        return self._is_percent

    def set_percent(self, is_percent: bool) -> None:
        """Show percent of each actual class, or counts."""
        self._is_percent = is_percent
        self.update()

    def selected(self) -> tuple[int, int] | None:
        """The cell that is marked, (actual, predicted)."""
        return self._selected

    def set_selected(self, cell: tuple[int, int] | None) -> None:
        """Mark a cell, or none."""
        self._selected = cell
        if cell is not None:
            self._cursor = cell
        self.update()

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("Confusion matrix"))
        self._describe()
        self.update()

    def cell_text(self, actual: int, predicted: int) -> str:
        """What stands in a cell: a count, or percent of the actual class to one place; a dot for none."""
        if self._matrix is None or not self._matrix.counts[actual, predicted]:
            return "·"
        if self._is_percent:
            return f"{self._percent[actual, predicted]:.1f}"
        return f"{self._matrix.counts[actual, predicted]:,}"

    def cell_words(self, actual: int, predicted: int) -> str:
        """A cell in a sentence, such as `4 read as 9: 12 samples (1.2 % of the 4s)`."""
        if self._matrix is None:
            return ""
        truth, read = self._matrix.labels[actual], self._matrix.labels[predicted]
        count = int(self._matrix.counts[actual, predicted])
        share = f"{self._percent[actual, predicted]:.1f}"
        if actual == predicted:
            return ntr(
                "{truth} read rightly: {n} sample ({share} % of the {truth}s)",
                "{truth} read rightly: {n} samples ({share} % of the {truth}s)",
                count,
                truth=truth,
                share=share,
            )
        return ntr(
            "{truth} read as {read}: {n} sample ({share} % of the {truth}s)",
            "{truth} read as {read}: {n} samples ({share} % of the {truth}s)",
            count,
            truth=truth,
            read=read,
            share=share,
        )

    def sizeHint(self) -> QSize:
        """Room for cells of 32 pixels."""
        side = round(_AXIS + 32 * (len(self._matrix.labels) if self._matrix is not None else 10))
        return QSize(side + 60, side)

    def minimumSizeHint(self) -> QSize:
        """Room for cells of 22 pixels where there are few classes; more classes get smaller cells."""
        count = len(self._matrix.labels) if self._matrix is not None else 10
        side = round(_AXIS + min(_LEAST_CELL * count, 440))
        return QSize(side, side)

    def cell_rect(self, actual: int, predicted: int) -> QRectF:
        """Where a cell is painted, logical pixels."""
        width, height = self._cell_size()
        return QRectF(self._left() + predicted * width, actual * height, width - _GAP, height - _GAP)

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """The cell under `point`, (actual, predicted); the gaps count to the cell above and left of them."""
        left = self._left()
        if self._matrix is None or point.x() < left or point.y() < 0:
            return None
        width, height = self._cell_size()
        predicted, actual = int((point.x() - left) // width), int(point.y() // height)
        count = len(self._matrix.labels)
        return (actual, predicted) if actual < count and predicted < count else None

    def _cell_size(self) -> tuple[float, float]:
        count = len(self._matrix.labels) if self._matrix is not None else 10
        height = max((self.height() - _AXIS) / count, 1.0)
        # Never much wider than high: the diagonal should be seen as one.
        return min(max((self.width() - _AXIS) / count, 1.0), 1.9 * height), height

    def _left(self) -> float:
        """Where the first column begins: the matrix stands in the middle of a wide view."""
        count = len(self._matrix.labels) if self._matrix is not None else 10
        return _AXIS + max(self.width() - _AXIS - count * self._cell_size()[0], 0.0) / 2

    def _describe(self) -> None:
        if self._matrix is None:
            self.setToolTip("")
            self.setAccessibleDescription(tr("Shown when a run has ended"))
        else:
            self.setAccessibleDescription(self.cell_words(*self._cursor))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint cells, figures, class names and axis titles."""
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._matrix is None:
            painter.setPen(QColor(now.secondary))
            painter.drawText(
                self.rect(),
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                tr("When a run has ended, this shows which digits were taken for which"),
            )
            return
        self._paint_cells(painter, self._matrix, now)
        self._paint_axes(painter, self._matrix.labels, now)

    def _paint_cells(self, painter: QPainter, matrix: ConfusionMatrix, now: theme.Colors) -> None:
        width, height = self._cell_size()
        has_text = min(width, height) >= _LEAST_TEXT
        fonts: dict[tuple[int, bool], QFont] = {}
        ground, wrong, accent = QColor(now.ground), QColor(now.wrong), QColor(now.accent)
        text, on_accent, secondary = QColor(now.text), QColor(now.on_accent), QColor(now.secondary)
        radius = min(4.0, height / 5)
        painter.setPen(Qt.PenStyle.NoPen)
        count = len(matrix.labels)
        for actual in range(count):
            for predicted in range(count):
                rect = self.cell_rect(actual, predicted)
                is_zero = matrix.counts[actual, predicted] == 0
                is_right = actual == predicted
                color = QColor(ground)
                if is_right and not is_zero:
                    color = accent
                elif not is_zero:
                    color = QColor(wrong)
                    color.setAlphaF(0.14 + 0.56 * float(self._weights[actual, predicted]))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawRoundedRect(rect, radius, radius)
                if has_text:
                    words = self.cell_text(actual, predicted)
                    key = (max(len(words), 3), is_right)
                    if key not in fonts:
                        points = max(min(9.5, height * 0.36, width * 0.95 / key[0]), 4.0)
                        fonts[key] = theme.font(points, QFont.Weight.DemiBold if is_right else QFont.Weight.Normal)
                    painter.setFont(fonts[key])
                    painter.setPen(secondary if is_zero else on_accent if is_right else text)
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        marks = [(self._hovered, now.secondary, 1.0), (self._selected, now.text, 2.0)]
        if self.hasFocus():
            marks.append((self._cursor, now.text, 1.5))
        for cell, name, thickness in marks:
            if cell is not None:
                painter.setPen(QPen(QColor(name), thickness))
                painter.drawRoundedRect(self.cell_rect(*cell), radius, radius)

    def _paint_axes(self, painter: QPainter, labels: tuple[str, ...], now: theme.Colors) -> None:
        width, height = self._cell_size()
        painter.setFont(theme.font(9))
        painter.setPen(QColor(now.secondary))
        step = max(1, round(_LEAST_TEXT / min(width, height)))
        bottom, left = len(labels) * height, self._left()
        for index, label in enumerate(labels):
            if index % step:
                continue
            painter.drawText(QRectF(left - 20, index * height, 18, height - _GAP), Qt.AlignmentFlag.AlignCenter, label)
            column = QRectF(left + index * width, bottom, width - _GAP, 18)
            painter.drawText(column, Qt.AlignmentFlag.AlignCenter, label)
        painter.setFont(theme.font(8))
        across = QRectF(left, bottom + 17, len(labels) * width, _AXIS - 17)
        painter.drawText(across, Qt.AlignmentFlag.AlignCenter, tr("read as"))
        painter.save()
        painter.translate(left - _AXIS, bottom)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, bottom, 14), Qt.AlignmentFlag.AlignCenter, tr("written"))
        painter.restore()

    def event(self, event: QEvent) -> bool:
        """Say a cell in words when the mouse rests on it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            if cell is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.cell_words(*cell), self, self.cell_rect(*cell).toRect())
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._hover(None)

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell == self._hovered:
            return
        self._hovered = cell
        self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
        self.currentChanged.emit(*(cell or (-1, -1)))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the mouse."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move the cursor; Enter and the space bar choose."""
        if self._matrix is None:
            super().keyPressEvent(event)
            return
        last = len(self._matrix.labels) - 1
        actual, predicted = self._cursor
        moves = {
            Qt.Key.Key_Left: (actual, max(predicted - 1, 0)),
            Qt.Key.Key_Right: (actual, min(predicted + 1, last)),
            Qt.Key.Key_Up: (max(actual - 1, 0), predicted),
            Qt.Key.Key_Down: (min(actual + 1, last), predicted),
            Qt.Key.Key_Home: (actual, 0),
            Qt.Key.Key_End: (actual, last),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._cursor)
        elif key in moves:
            self._cursor = moves[key]
            self._describe()
            self.currentChanged.emit(*self._cursor)
            corner = self.mapToGlobal(self.cell_rect(*self._cursor).bottomRight().toPoint())
            QToolTip.showText(corner + QPoint(2, 2), self.cell_words(*self._cursor), self)
            self.update()
        else:
            super().keyPressEvent(event)

    def _choose(self, cell: tuple[int, int]) -> None:
        self.set_selected(cell)
        self._describe()
        self.cellClicked.emit(*cell)
