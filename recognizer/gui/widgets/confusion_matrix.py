"""The confusion matrix: how often each class was taken for each, to look at and to click on."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from recognizer.base.i18n import tr
from recognizer.evaluation.report import ConfusionMatrix
from recognizer.gui import theme
from recognizer.gui.widgets.confusion_words import EVERY, Figures, cell_words, percent

_GAP: Final = 2.0
_AXIS: Final = 34.0
"""Room for the class names and the axis title, logical pixels."""
_NAME: Final = 18.0
"""Room for a class name beside or below the cells."""
_LEAST_CELL: Final = 19.0
_LEAST_TEXT: Final = 15.0
"""Cells smaller than this stay without figures."""
_LEAST_GAP: Final = 4.0
"""Cells smaller than this stand without gaps."""
_LEAST_RED: Final = 0.14
_MOST_RED: Final = 0.56
"""How opaque the red of an error is: at least, and how much more the worst one."""


class ConfusionMatrixView(QWidget):
    """Paints a `ConfusionMatrix`: rows are the actual classes, columns what they were read as.

    Signals:
        cellClicked: (actual, predicted), class indices; by mouse, Enter or the space bar. One of the two is `EVERY`
            where the name of a row or a column was clicked.
        currentChanged: (actual, predicted), where the keyboard's cursor or the mouse is; both `EVERY` for nowhere.
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
        self._percent: NDArray[np.float64] = np.zeros((0, 0))
        self._weights: NDArray[np.float64] = np.zeros((0, 0))
        self._figures = Figures.COUNTS
        self._cursor = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self._selected: tuple[int, int] | None = None
        self.retranslate()

    def set_matrix(self, matrix: ConfusionMatrix | None) -> None:
        """Show `matrix`, or nothing."""
        before, self._matrix = self._matrix, matrix
        self._hovered = self._selected = None
        if before is None or matrix is None or before.labels != matrix.labels:
            self._cursor = (0, 0)
            self.setMinimumSize(self.minimumSizeHint())
            self.updateGeometry()
        self._weigh()
        self._describe()
        self.update()

    def _weigh(self) -> None:
        """Work out the percentages and how red each cell is."""
        matrix = self._matrix
        if matrix is None:
            return
        self._percent = percent(matrix, self._figures)
        errors = self._percent.copy()
        np.fill_diagonal(errors, 0.0)
        # The square root keeps single errors visible beside the worst confusion.
        self._weights = np.sqrt(errors / max(float(errors.max(initial=0.0)), 1e-9))

    def matrix(self) -> ConfusionMatrix | None:
        """What is shown."""
        return self._matrix

    def figures(self) -> Figures:
        """What stands in the cells."""
        return self._figures

    def set_figures(self, figures: Figures) -> None:
        """Show counts, or percent of what was written or read."""
        self._figures = figures
        self._weigh()
        self._describe()
        self.update()

    def selected(self) -> tuple[int, int] | None:
        """The cell that is marked, (actual, predicted); one of them `EVERY` for a whole row or column."""
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
        """What stands in a cell: a count, or percent to one place; a dot for none."""
        if self._matrix is None or not self._matrix.counts[actual, predicted]:
            return "·"
        if self._figures is Figures.COUNTS:
            return f"{self._matrix.counts[actual, predicted]:,}"
        return f"{self._percent[actual, predicted]:.1f}"

    def cell_words(self, actual: int, predicted: int) -> str:
        """A cell, a row or a column in a sentence, such as `4 read as 9: 12 samples (1.2 % of the 4s)`."""
        return "" if self._matrix is None else cell_words(self._matrix, self._figures, actual, predicted)

    def sizeHint(self) -> QSize:
        """Room for cells of 32 pixels."""
        side = round(_AXIS + 32 * self._count())
        return QSize(side + 60, side)

    def minimumSizeHint(self) -> QSize:
        """Room for cells of 19 pixels where there are few classes; more classes get smaller cells."""
        side = round(_AXIS + min(_LEAST_CELL * self._count(), 440))
        return QSize(side, side)

    def cell_rect(self, actual: int, predicted: int) -> QRectF:
        """Where a cell, or the name of a row or a column, is painted, logical pixels."""
        width, height = self._cell_size()
        if predicted == EVERY:
            return QRectF(self._left() - _NAME - 2, actual * height, _NAME, height - _GAP)
        if actual == EVERY:
            return QRectF(self._left() + predicted * width, self._count() * height, width - _GAP, _NAME)
        return QRectF(self._left() + predicted * width, actual * height, width - _GAP, height - _GAP)

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """The cell under `point`, (actual, predicted); the gaps count to the cell above and left of them.

        One of the two is `EVERY` at the name of a row or a column.
        """
        left, count = self._left(), self._count()
        if self._matrix is None or point.x() < left - _NAME - 2 or point.y() < 0:
            return None
        width, height = self._cell_size()
        predicted, actual = int((point.x() - left) // width), int(point.y() // height)
        if actual < count and predicted < count:
            return actual, max(predicted, EVERY)
        if 0 <= predicted < count and point.y() < count * height + _NAME:
            return EVERY, predicted
        return None

    def _count(self) -> int:
        return len(self._matrix.labels) if self._matrix is not None else 10

    def _cell_size(self) -> tuple[float, float]:
        count = self._count()
        height = max((self.height() - _AXIS) / count, 1.0)
        # Never much wider than high: the diagonal should be seen as one.
        return min(max((self.width() - _AXIS) / count, 1.0), 1.9 * height), height

    def _left(self) -> float:
        """Where the first column begins: the matrix stands in the middle of a wide view."""
        return _AXIS + max(self.width() - _AXIS - self._count() * self._cell_size()[0], 0.0) / 2

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
        radius = min(4.0, height / 5)
        if min(width, height) >= _LEAST_TEXT:
            self._paint_figures(painter, matrix, now)
        else:
            self._paint_many(painter, matrix, now)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        marks = [(self._hovered, now.secondary, 1.0), (self._selected, now.text, 2.0)]
        if self.hasFocus():
            marks.append((self._cursor, now.text, 1.5))
        for cell, name, thickness in marks:
            if cell is not None:
                painter.setPen(QPen(QColor(name), thickness))
                painter.drawRoundedRect(self._marked_rect(cell), radius, radius)

    def _marked_rect(self, cell: tuple[int, int]) -> QRectF:
        """What is framed: a cell, or a row or a column with its name."""
        actual, predicted = cell
        rect, last = self.cell_rect(actual, predicted), self._count() - 1
        if predicted == EVERY:
            return rect.united(self.cell_rect(actual, last))
        return rect.united(self.cell_rect(0, predicted)) if actual == EVERY else rect

    def _paint_figures(self, painter: QPainter, matrix: ConfusionMatrix, now: theme.Colors) -> None:
        width, height = self._cell_size()
        left, radius = self._left(), min(4.0, height / 5)
        fonts: dict[tuple[int, bool], QFont] = {}
        wrong, accent = QColor(now.wrong), QColor(now.accent)
        text, on_accent = QColor(now.text), QColor(now.on_accent)
        filled: list[tuple[int, int, QRectF]] = []
        dots = QPolygonF()
        # Those without samples, most of them, first: painted alike.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.ground))
        for actual, row in enumerate(matrix.counts.tolist()):
            for predicted, number in enumerate(row):
                rect = QRectF(left + predicted * width, actual * height, width - _GAP, height - _GAP)
                if number:
                    filled.append((actual, predicted, rect))
                else:
                    painter.drawRoundedRect(rect, radius, radius)
                    dots.append(rect.center())
        painter.setPen(QPen(QColor(now.secondary), 2.0, c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(dots)
        for actual, predicted, rect in filled:
            is_right = actual == predicted
            color = accent
            if not is_right:
                color = QColor(wrong)
                color.setAlphaF(_LEAST_RED + _MOST_RED * float(self._weights[actual, predicted]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRoundedRect(rect, radius, radius)
            words = self.cell_text(actual, predicted)
            key = (max(len(words), 3), is_right)
            if key not in fonts:
                points = max(min(9.5, height * 0.36, width * 0.95 / key[0]), 4.0)
                fonts[key] = theme.font(points, QFont.Weight.DemiBold if is_right else QFont.Weight.Normal)
            painter.setFont(fonts[key])
            painter.setPen(on_accent if is_right else text)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_many(self, painter: QPainter, matrix: ConfusionMatrix, now: theme.Colors) -> None:
        """Paint thousands of small cells as one picture."""
        count = len(matrix.labels)
        ground, wrong, accent = (np.array(QColor(name).getRgb()) for name in (now.ground, now.wrong, now.accent))
        pixels = np.tile(ground.astype(np.uint8), (count, count, 1))
        pixels[matrix.counts > 0] = wrong
        red = np.round(255 * (_LEAST_RED + _MOST_RED * self._weights)).astype(np.uint8)
        pixels[..., 3] = np.where(matrix.counts > 0, red, 255)
        hits = np.flatnonzero(np.diag(matrix.counts))
        pixels[hits, hits] = accent
        picture = QImage(pixels.data, count, count, 4 * count, QImage.Format.Format_RGBA8888)
        width, height = self._cell_size()
        whole = QRectF(self._left(), 0, count * width, count * height)
        painter.drawImage(whole, picture)
        if height >= _LEAST_GAP:
            painter.setPen(QPen(QColor(now.card), 1.0))
            for number in range(1, count):
                x, y = whole.x() + number * width - 0.5, number * height - 0.5
                painter.drawLine(QPointF(x, 0), QPointF(x, whole.height()))
                painter.drawLine(QPointF(whole.x(), y), QPointF(whole.right(), y))

    def _paint_axes(self, painter: QPainter, labels: tuple[str, ...], now: theme.Colors) -> None:
        width, height = self._cell_size()
        painter.setFont(theme.font(9))
        painter.setPen(QColor(now.secondary))
        step = max(1, round(_LEAST_TEXT / min(width, height)))
        bottom, left = len(labels) * height, self._left()
        for index, label in enumerate(labels):
            if index % step:
                continue
            for name in (self.cell_rect(index, EVERY), self.cell_rect(EVERY, index)):
                # A name may be longer than its cell is high or wide.
                centre = name.center()
                name.setSize(QSizeF(max(name.width(), _NAME), max(name.height(), _LEAST_TEXT)))
                name.moveCenter(centre)
                painter.drawText(name, Qt.AlignmentFlag.AlignCenter, label)
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
                words = self.cell_words(*cell)
                if EVERY in cell:
                    words = f"{words}\n{tr('Click to see its samples')}"
                QToolTip.showText(event.globalPos(), words, self, self.cell_rect(*cell).toRect())
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
        self.currentChanged.emit(*(cell or (EVERY, EVERY)))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the mouse."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move the cursor, also to the names; Enter and the space bar choose."""
        if self._matrix is None:
            super().keyPressEvent(event)
            return
        last = len(self._matrix.labels) - 1
        actual, predicted = self._cursor
        moves = {
            Qt.Key.Key_Left: (actual, max(predicted - 1, EVERY if actual != EVERY else 0)),
            Qt.Key.Key_Right: (actual, min(predicted + 1, last)),
            Qt.Key.Key_Up: (last if actual == EVERY else max(actual - 1, 0), predicted),
            # The names of the columns are below them.
            Qt.Key.Key_Down: self._below(actual, predicted, last),
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

    def _below(self, actual: int, predicted: int, last: int) -> tuple[int, int]:
        if actual == EVERY or (actual == last and predicted != EVERY):
            return EVERY, predicted
        return min(actual + 1, last), predicted

    def _choose(self, cell: tuple[int, int]) -> None:
        self.set_selected(cell)
        self._describe()
        self.cellClicked.emit(*cell)
