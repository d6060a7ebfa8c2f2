"""Runs side by side in figures: what came out, what it cost, and the settings that are not the same."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui import theme
from recognizer.gui.dialogs.run_curves import run_color
from recognizer.gui.widgets.run_rows import data_title
from recognizer.gui.widgets.setting_words import NOTHING, Row, setting_rows
from recognizer.gui.widgets.training_progress import time_words
from recognizer.training.run_comparison import Side
from recognizer.training.run_records import state_words

_ROW: Final = 26
_SQUARE: Final = 9
_NARROWEST: Final = 106
_LABELS: Final = 176
"""The most that the first column takes, logical pixels."""


def result_rows(sides: Sequence[Side]) -> list[Row]:
    """What came out of each run, and what it cost."""

    def row(title: str, values: Sequence[str], *, always: bool = False) -> list[Row]:
        return [(title, tuple(values))] if always or len(set(values)) > 1 else []

    records = [side.record for side in sides]
    seconds = [side.epochs[-1].seconds if side.epochs else 0.0 for side in sides]
    return [
        *row(
            tr("Accuracy"),
            [NOTHING if one.run.accuracy is None else f"{100 * one.run.accuracy:.2f} %" for one in records],
            always=True,
        ),
        *row(
            tr("95 % interval"),
            [
                NOTHING if one.interval is None else f"{100 * one.interval.low:.2f} – {100 * one.interval.high:.2f}"
                for one in records
            ],
            always=True,
        ),
        *row(tr("Samples judged"), [f"{one.n:,}" for one in records]),
        *row(tr("State"), [state_words(one.run.state) for one in records]),
        *row(
            tr("Time"),
            [time_words(one.run.seconds) if one.run.seconds > 0 else NOTHING for one in records],
            always=True,
        ),
        *row(tr("Time of an epoch"), [f"{each:.1f} s" if each > 0 else NOTHING for each in seconds], always=True),
        *row(tr("Weights"), [_count(side.parameters) for side in sides], always=True),
        *row(tr("Multiplications a picture"), [_count(side.multiplies) for side in sides], always=True),
        *row(tr("Data"), [data_title(one) for one in records]),
        *row(tr("Version of the data"), [one.version[:6] or NOTHING for one in records]),
    ]


def _count(number: int | None) -> str:
    return NOTHING if number is None else f"{number:,}"


class _Heads(QHeaderView):
    """Titles at the right of their columns, each after a square in its run's colour."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def paintSection(self, painter: QPainter, rect: QRect, number: int) -> None:
        """Paint the title as usual, and the square at its left."""
        if number == 0:
            super().paintSection(painter, rect, number)
            return
        super().paintSection(painter, rect.adjusted(_SQUARE + 8, 0, 0, 0), number)
        metrics = QFontMetrics(theme.font(10, QFont.Weight.DemiBold))
        title = self.model().headerData(number, Qt.Orientation.Horizontal)
        width = min(metrics.horizontalAdvance(title), rect.width() - _SQUARE - 20)
        place = QRect(rect.right() - 6 - width - 6 - _SQUARE, rect.center().y() - _SQUARE // 2, _SQUARE, _SQUARE)
        painter.fillRect(place, run_color(number - 1))
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), QColor(theme.colors().line))


class DifferenceTable(QTableWidget):
    """A row for each figure and each setting that differs, a column for each run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runDifferences")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setStyleSheet(
            "QTableView::item { padding: 0px 3px; }"
            "QAbstractScrollArea::corner { background: transparent; border: none; }"
        )
        self.setHorizontalHeader(_Heads(self))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setMinimumSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._sides: Sequence[Side] = ()
        self._titles: Sequence[str] = ()

    def set_runs(self, sides: Sequence[Side], titles: Sequence[str]) -> None:
        """Show what parts these runs, called by these titles."""
        self._sides, self._titles = sides, titles
        settings = setting_rows([side.record.run.config for side in sides])
        results = result_rows(sides)
        rows: list[Row] = [*results, (tr("Settings that differ"), ("",) * len(sides)), *settings]
        if not settings:
            rows.append((tr("None: only chance parts these runs"), ("",) * len(sides)))
        self.clear()
        self.setColumnCount(1 + len(sides))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for number, title in enumerate(titles, start=1):
            item = QTableWidgetItem(title)
            item.setToolTip(title)
            self.setHorizontalHeaderItem(number, item)
        for place, (title, values) in enumerate(rows):
            is_heading = place == len(results)
            for column, text in enumerate((title, *values)):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{title}: {text}" if column and text else text)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                if is_heading or place == 0:
                    item.setFont(theme.font(10, QFont.Weight.DemiBold))
                self.setItem(place, column, item)
            if is_heading or (not settings and place == len(rows) - 1):
                self.setSpan(place, 0, 1, 1 + len(sides))
        self._paint()
        self._fit_columns()
        self.setAccessibleName(ntr("{n} setting differs", "{n} settings differ", len(settings)))

    def _paint(self) -> None:
        now = theme.colors()
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            if item is not None:
                item.setForeground(QColor(now.secondary))

    def _fit_columns(self) -> None:
        n = self.columnCount() - 1
        if n < 1:
            return
        room = self.viewport().width()
        first = min(self.sizeHintForColumn(0) + 8, _LABELS)
        each = max((room - first) // n, _NARROWEST)
        self.setColumnWidth(0, max(first, room - n * each))
        for number in range(1, n + 1):
            self.setColumnWidth(number, each)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the width."""
        super().resizeEvent(event)
        self._fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._sides:
            self._paint()

    def retranslate(self) -> None:
        """Set every text anew."""
        if self._sides:
            self.set_runs(self._sides, self._titles)
