"""The training runs of the profile: sorted, filtered, renamed in place, one or several marked."""

from collections.abc import Collection, Sequence
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.run_rows import COLUMNS, Index, RunRows
from recognizer.training.run_filter import filter_runs, sort_runs
from recognizer.training.run_keeping import MAX_NAME
from recognizer.training.run_records import RunRecord

_ROW: Final = 30
_ROOM: Final = 22
"""What a column takes beside its text, logical pixels."""
_MEASURED: Final = 200
"""Rows that decide how wide the columns are."""
_KEYS: Final = tuple(column.key for column in COLUMNS)
USUAL_ORDER: Final = "-date"
"""A key of `ORDERS`; a minus before it for the largest first."""


class _NameEditor(QStyledItemDelegate):
    """A field that is no higher than its row."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = QLineEdit(parent)
        field.setObjectName("runNameInput")
        field.setMaxLength(MAX_NAME)
        field.setStyleSheet("padding: 0px 4px; min-height: 0px; border-radius: 4px;")
        field.setPlaceholderText(index.data())
        field.setAccessibleName(tr("Name of the run"))
        return field

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(0, 1, 0, -1))


class RunTable(QTableView):
    """One row a run.

    Signals:
        runChosen: The id of the run that the user has chosen alone, by mouse or keyboard.
        marked: Other runs are marked now, see `marked_runs`; whether the user has done it.
        renamed: (id, name): the user has typed another name.
        orderChanged: The order that the user has chosen.
        deleteWanted: The user wants the marked runs gone.
        menuWanted: The user wants to see what can be done, at this place of the screen.
    """

    runChosen = Signal(str)
    marked = Signal(bool)
    renamed = Signal(str, str)
    orderChanged = Signal(str)
    deleteWanted = Signal()
    menuWanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runTable")
        self._records: Sequence[RunRecord] = ()
        self._pending: Sequence[RunRecord] | None = None
        self._line = ""
        self._order = USUAL_ORDER
        self._is_filling = False
        self._natural: tuple[int, ...] = ()
        self._rows = RunRows(self)
        self.setModel(self._rows)
        self.setItemDelegateForColumn(0, _NameEditor(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setStyleSheet("QTableView::item { padding: 0px 3px; }")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumHeight(_ROW * 7)
        header.sectionClicked.connect(self._on_header)
        self.customContextMenuRequested.connect(self._on_menu)
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self._rows.renamed.connect(self._on_renamed)
        self.retranslate()

    # What is shown

    def set_runs(self, records: Sequence[RunRecord]) -> None:
        """Show `records`; marked runs stay marked, and a name that is being typed is not lost."""
        if self.state() == QAbstractItemView.State.EditingState:
            self._pending = records
            return
        self._records = records
        self._fill()

    def set_filter(self, line: str) -> None:
        """Show those runs alone that `line` asks for; see `recognizer.training.run_filter.filter_runs`.

        Raises:
            RecognizerError: It is not understood; what was shown stays.
        """
        filter_runs((), line)
        self._line = line
        self._fill()

    def set_order(self, order: str) -> None:
        """Sort by a key of `ORDERS`, the largest first where a minus is before it; one that does not exist is usual."""
        self._order = order if order.removeprefix("-") in _KEYS else USUAL_ORDER
        self._fill()

    def order(self) -> str:
        """How the runs are sorted."""
        return self._order

    def runs(self) -> Sequence[RunRecord]:
        """What is shown, from top to bottom."""
        return self._rows.records

    def all_runs(self) -> Sequence[RunRecord]:
        """What would be shown without a filter."""
        return self._records

    def rowCount(self) -> int:
        """How many runs are shown."""
        return self._rows.rowCount()

    def _fill(self) -> None:
        marked = {record.run.id for record in self.marked_runs()}
        key, descending = self._order.removeprefix("-"), self._order.startswith("-")
        shown = sort_runs(filter_runs(self._records, self._line), key, descending=descending)
        self._is_filling = True
        self._rows.replace(shown, self._order)
        self._natural = self._measure()
        self._fit_columns()
        self._mark(marked)
        self._is_filling = False
        if {record.run.id for record in self.marked_runs()} != marked:
            self.marked.emit(False)

    def _on_header(self, column: int) -> None:
        self.sort_by(_KEYS[column])

    def sort_by(self, key: str) -> None:
        """Sort by a key of `ORDERS`, the other way round where it is sorted by that already."""
        if self._order.removeprefix("-") == key:
            order = key if self._order.startswith("-") else f"-{key}"
        else:
            # What one looks for first: the best, the longest, the newest; names from A to Z.
            order = f"-{key}" if COLUMNS[_KEYS.index(key)].is_number or key == "date" else key
        self.set_order(order)
        self.orderChanged.emit(order)

    # What is marked

    def marked_runs(self) -> list[RunRecord]:
        """The runs that are marked, from top to bottom."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._rows.records[number] for number in numbers]

    def chosen(self) -> str:
        """The id of the run that is marked alone, or empty."""
        marked = self.marked_runs()
        return marked[0].run.id if len(marked) == 1 else ""

    def choose(self, run_id: str) -> None:
        """Mark a run alone, without signalling that it was chosen; none where `run_id` is not there.

        Several that the user has marked stay so if it is among them.
        """
        marked = [record.run.id for record in self.marked_runs()]
        if run_id and run_id in marked:
            return
        self._is_filling = True
        self._mark({run_id})
        self._is_filling = False
        self.marked.emit(False)

    def _mark(self, run_ids: Collection[str]) -> None:
        numbers = [number for number, record in enumerate(self._rows.records) if record.run.id in run_ids]
        selection = self.selectionModel()
        selection.clearSelection()
        flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        if numbers:
            selection.setCurrentIndex(self._rows.index(numbers[0], 0), selection.SelectionFlag.NoUpdate)
        for number in numbers:
            selection.select(self._rows.index(number, 0), flags)
        self.viewport().update()

    def _on_selection(self) -> None:
        if self._is_filling:
            return
        self.marked.emit(True)
        run_id = self.chosen()
        if run_id:
            self.runChosen.emit(run_id)

    # Names

    def rename_marked(self) -> None:
        """Let the user type a name for the run that is marked."""
        rows = self.selectionModel().selectedRows(0)
        if len(rows) == 1 and rows[0].flags() & Qt.ItemFlag.ItemIsEditable:
            self.scrollTo(rows[0])
            self.edit(rows[0])

    def _on_renamed(self, run_id: str, name: str) -> None:
        named = next(record for record in self._rows.records if record.run.id == run_id)
        self._records = [named if record.run.id == run_id else record for record in self._records]
        if self._pending is not None:
            self._pending = [
                record.named(named.words) if record.run.id == run_id else record for record in self._pending
            ]
        self.renamed.emit(run_id, name)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Take what has come while a name was being typed."""
        super().closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        pending, self._pending = self._pending, None
        if pending is not None:
            self.set_runs(pending)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 renames, Del deletes."""
        if event.key() == Qt.Key.Key_F2:
            self.rename_marked()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.marked_runs():
            self.deleteWanted.emit()
        else:
            super().keyPressEvent(event)

    def _on_menu(self, place: QPoint) -> None:
        self.menuWanted.emit(self.viewport().mapToGlobal(place))

    # How it looks

    def _measure(self) -> tuple[int, ...]:
        """How wide each column would be if every text in it was to be seen whole, logical pixels."""
        usual, strong = (
            QFontMetrics(theme.font(10, weight)) for weight in (QFont.Weight.Normal, QFont.Weight.DemiBold)
        )
        found = []
        for column in COLUMNS:
            caption = strong.horizontalAdvance(self._rows.caption(column))
            widths = [usual.horizontalAdvance(column.text(record)) for record in self._rows.records[:_MEASURED]]
            if column.key == "data" and any(record.has_changed for record in self._rows.records):
                widths = [width + 20 for width in widths]
            found.append(max(caption, *widths, 0) + _ROOM)
        return tuple(found)

    def _fit_columns(self) -> None:
        """Hide what matters least until the rest has room; the last that is shown takes what is left."""
        room = self.viewport().width()
        widths = list(self._natural)
        if not widths:
            return
        has_notes = any(record.words.note for record in self._rows.records)
        shown = [place for place, column in enumerate(COLUMNS) if column.key != "note" or has_notes]
        wanted = set(shown)
        if sum(widths[place] for place in shown) > room:
            for place in shown:
                if COLUMNS[place].widest:
                    widths[place] = min(widths[place], COLUMNS[place].widest)
        for place in sorted(shown, key=lambda place: -COLUMNS[place].rank):
            if COLUMNS[place].rank and sum(widths[each] for each in shown) > room:
                shown.remove(place)
        for place in sorted(wanted - set(shown), key=lambda place: COLUMNS[place].rank):
            # A narrow one may find room where a wider one had to go.
            if widths[place] + sum(widths[each] for each in shown) <= room:
                shown.append(place)
        # Names are worth the most of what is left, up to their full length.
        for place in (0, 1, len(COLUMNS) - 1):
            spare = room - sum(widths[each] for each in shown)
            if place in shown and spare > 0:
                widths[place] = min(self._natural[place], widths[place] + spare)
        spare = room - sum(widths[place] for place in shown)
        is_open = len(COLUMNS) - 1 in shown
        widths[len(COLUMNS) - 1 if is_open else 0] += spare
        for place in range(len(COLUMNS)):
            self.setColumnHidden(place, place not in shown)
            if place in shown:
                self.setColumnWidth(place, max(widths[place], 24))

    def hidden_columns(self) -> tuple[str, ...]:
        """The keys of the columns that there is no room for."""
        return tuple(key for place, key in enumerate(_KEYS) if self.isColumnHidden(place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the columns have the room that there is."""
        super().resizeEvent(event)
        self._fit_columns()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say why there is nothing."""
        super().paintEvent(event)
        if self._rows.records:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(theme.colors().secondary))
        text = tr("No run fits the filter") if self._records else tr("Every run is kept here; there is none yet")
        painter.drawText(self.viewport().rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), text)

    def retranslate(self) -> None:
        """Set every text anew."""
        model: QAbstractItemModel = self._rows
        model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
        self._natural = self._measure()
        self._fit_columns()
        self.setAccessibleName(tr("Training runs"))
        self.setAccessibleDescription(
            tr("Choose a run to see its curves and its confusion matrix again; choose two or more to compare them")
        )
        self.viewport().update()
