"""Precision, recall and F1 of every class."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from recognizer.base.i18n import tr
from recognizer.evaluation.figures import macro_averages, weighted_averages
from recognizer.evaluation.report import ClassScore, EvaluationReport
from recognizer.gui import theme

_ROW: Final = 24
_MOST: Final = 12
"""Rows that are all in sight; of more classes than ten the table scrolls."""
_CLASS: Final = Qt.ItemDataRole.UserRole


class ClassReport(QTableWidget):
    """One row a class: precision, recall and F1 in percent, and the number of its samples; below them the means.

    A click on a caption sorts the classes; the means stay last.

    Signals:
        classPicked: The number of the class whose row was clicked, or chosen by Enter or the space bar.
    """

    classPicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setObjectName("classReport")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        self._report: EvaluationReport | None = None
        self._sorted_by = 0
        self._is_descending = False
        header.sectionClicked.connect(self._sort)
        self.cellClicked.connect(self._pick)
        self.retranslate()

    def set_report(self, report: EvaluationReport | None) -> None:
        """Show `report`, or nothing."""
        self._report = report
        order: list[int] = []
        rows: list[tuple[str, ...]] = []
        if report is not None:
            scores = report.per_class
            order = self._order(scores)
            rows = [
                (
                    scores[i].label,
                    *_percents(scores[i].precision, scores[i].recall, scores[i].f1),
                    f"{scores[i].support:,}",
                )
                for i in order
            ]
            for name, means in (
                (tr("mean over classes"), macro_averages(report)),
                (tr("mean over samples"), weighted_averages(report)),
            ):
                rows.append((name, *_percents(means.precision, means.recall, means.f1), f"{report.n:,}"))
        self.clearContents()
        self.setRowCount(len(rows))
        self.setMinimumHeight(self.horizontalHeader().sizeHint().height() + _ROW * min(len(rows), _MOST) + 2)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                if row < len(order):
                    item.setData(_CLASS, order[row])
                else:
                    item.setFont(theme.font(10, QFont.Weight.DemiBold))
                self.setItem(row, column, item)

    def _order(self, scores: tuple[ClassScore, ...]) -> list[int]:
        """The classes' numbers as the chosen column sorts them."""
        keys = (None, "precision", "recall", "f1", "support")
        key = keys[self._sorted_by]
        numbers = range(len(scores))
        if key is None:
            return list(reversed(numbers)) if self._is_descending else list(numbers)
        return sorted(numbers, key=lambda i: getattr(scores[i], key), reverse=self._is_descending)

    def _sort(self, column: int) -> None:
        self._is_descending = not self._is_descending if column == self._sorted_by else False
        self._sorted_by = column
        header = self.horizontalHeader()
        order = Qt.SortOrder.DescendingOrder if self._is_descending else Qt.SortOrder.AscendingOrder
        header.setSortIndicator(column, order)
        header.setSortIndicatorShown(True)
        self.set_report(self._report)

    def _pick(self, row: int, column: int = 0) -> None:
        item = self.item(row, 0)
        number = item.data(_CLASS) if item is not None else None
        if number is not None:
            self.classPicked.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and the space bar choose a row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self.currentRow())
        else:
            super().keyPressEvent(event)

    def report(self) -> EvaluationReport | None:
        """What is shown."""
        return self._report

    def retranslate(self) -> None:
        """Set the captions anew."""
        captions = (tr("Class"), tr("Precision %"), tr("Recall %"), "F1 %", tr("Samples"))
        tips = (
            tr("What was written; the last rows are the means over the classes and over the samples"),
            tr("Of the samples read as this class, the share that is"),
            tr("Of the samples of this class, the share that was read as it"),
            tr("The harmonic mean of precision and recall"),
            tr("How many samples of this class were judged"),
        )
        for column, (caption, tip) in enumerate(zip(captions, tips, strict=True)):
            item = QTableWidgetItem(caption)
            item.setToolTip(tip)
            side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        self.setAccessibleName(tr("Precision, recall and F1 of every class"))
        self.setToolTip(tr("Click a row to see its samples, those read wrong first; click a caption to sort"))
        self.set_report(self._report)


def _percents(*shares: float) -> tuple[str, ...]:
    return tuple(f"{100 * share:.1f}" for share in shares)
