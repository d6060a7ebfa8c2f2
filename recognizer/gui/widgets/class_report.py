"""Precision, recall and F1 of every class."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from recognizer.base.i18n import tr
from recognizer.evaluation.report import EvaluationReport
from recognizer.gui import theme


class ClassReport(QTableWidget):
    """One row a class: precision, recall and F1 in percent, and the number of its samples; below them the mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setObjectName("classReport")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self._report: EvaluationReport | None = None
        self.retranslate()

    def set_report(self, report: EvaluationReport | None) -> None:
        """Show `report`, or nothing."""
        self._report = report
        rows: list[tuple[str, ...]] = []
        if report is not None:
            scores = report.per_class
            rows = [(s.label, *_percents(s.precision, s.recall, s.f1), f"{s.support:,}") for s in scores]
            means = np.mean([(s.precision, s.recall, s.f1) for s in scores], axis=0)
            rows.append((tr("mean"), *_percents(*means), f"{report.n:,}"))
        self.clearContents()
        self.setRowCount(len(rows))
        # Digits are all in sight; where there are many classes, the table scrolls.
        self.setMinimumHeight(self.horizontalHeader().sizeHint().height() + 24 * min(len(rows), 12) + 2)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                if row == len(rows) - 1:
                    item.setFont(theme.font(10, QFont.Weight.DemiBold))
                self.setItem(row, column, item)

    def report(self) -> EvaluationReport | None:
        """What is shown."""
        return self._report

    def retranslate(self) -> None:
        """Set the captions anew."""
        captions = (tr("Class"), tr("Precision %"), tr("Recall %"), "F1 %", tr("Samples"))
        tips = (
            tr("What was written; the last row is the mean over the classes"),
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
        self.setToolTip(tr("Precision, recall and F1 of every class"))
        self.set_report(self._report)


def _percents(*shares: float) -> tuple[str, ...]:
    return tuple(f"{100 * share:.1f}" for share in shares)
