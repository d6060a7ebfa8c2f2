"""The samples of a dataset as a table that is as wide as the view."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from recognizer.base.i18n import tr
from recognizer.library.dataset import SPLITS, split_name
from recognizer.library.samples import UNKNOWN, SampleTable

PositionRole: Final = Qt.ItemDataRole.UserRole
"""The sample's position in its table, an int."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of samples that are shown for a reason.

    Attributes:
        order: The order in which they come, in words; empty where it is the usual one.
        likely: By the ids of the samples, what each rather looks like; empty text where it only looks unlike its class.
    """

    order: str = ""
    likely: Mapping[int, str] = field(default_factory=dict)


class SampleListModel(QAbstractTableModel):
    """A list of samples, folded into rows of `columns` cells; the last row may have cells without a sample.

    It knows positions and the table and copies nothing: a million samples cost 8 MB. "Offset" means a place in the
    list, "position" a place in the table.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: SampleTable | None = None
        self._positions: NDArray[np.int64] = np.zeros(0, np.int64)
        self._columns = 1
        self.hints = Hints()
        """What is known of the samples; to be set before they are shown."""

    @property
    def table(self) -> SampleTable | None:
        """Where the samples are."""
        return self._table

    @property
    def positions(self) -> NDArray[np.int64]:
        """(n,) the samples that are shown, in their order. Not to be changed."""
        return self._positions

    @property
    def columns(self) -> int:
        """Cells a row."""
        return self._columns

    def set_samples(self, table: SampleTable | None, positions: NDArray[np.int64]) -> None:
        """Show the samples at `positions` of `table`.

        Args:
            table: None where there is nothing to show.
            positions: (n,) in the order in which they are shown.
        """
        self.beginResetModel()
        self._table = table
        self._positions = positions if table is not None else positions[:0]
        self.endResetModel()

    def set_columns(self, columns: int) -> None:
        """Fold the list into rows of `columns` cells, at least 1."""
        if columns == self._columns:
            return
        self.beginResetModel()
        self._columns = max(1, columns)
        self.endResetModel()

    def offset(self, index: Index) -> int:
        """The place of `index` in the list; −1 where it is no sample's cell."""
        if not index.isValid():
            return -1
        offset = index.row() * self._columns + index.column()
        return offset if offset < len(self._positions) else -1

    def index_at(self, offset: int) -> QModelIndex:
        """The cell of the sample at `offset`; an invalid index where there is none."""
        if not 0 <= offset < len(self._positions):
            return QModelIndex()
        return self.index(offset // self._columns, offset % self._columns)

    def position(self, index: Index) -> int:
        """The position in the table of the sample at `index`; −1 where there is none."""
        offset = self.offset(index)
        return int(self._positions[offset]) if offset >= 0 else -1

    def offset_of(self, position: int) -> int:
        """The place in the list of the sample at `position` of the table; −1 where it is not shown."""
        found = np.flatnonzero(self._positions == position)
        return int(found[0]) if len(found) else -1

    def doubt(self, position: int) -> str | None:
        """What the sample at `position` of the table rather looks like, empty where it only looks unlike its class.

        None where there is no doubt, or none any more.
        """
        likely = self.hints.likely
        found = likely.get(int(self._table.ids[position])) if likely and self._table is not None else None
        return None if found is None or self._table is None or found == self._table.label(position) else found

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Rows, the last perhaps not full."""
        return 0 if parent.isValid() else -(-len(self._positions) // self._columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Cells a row."""
        return 0 if parent.isValid() else self._columns

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cells without a sample can be neither chosen nor reached."""
        if self.offset(index) < 0:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The label, a description, or the position, by `role`."""
        position = self.position(index)
        table = self._table
        if position < 0 or table is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return table.label(position)
        if role == PositionRole:
            return position
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            words = tr(
                "Label {label} · {split}, number {number}",
                label=label_words(table, position),
                split=split_name(SPLITS[table.splits[position]]),
                number=f"{number_in_split(table, position):,}",
            )
            doubt = doubt_words(self.doubt(position))
            return f"{words} · {doubt}" if doubt else words
        return None


def doubt_words(doubt: str | None) -> str:
    """What `SampleListModel.doubt` says, in words."""
    if doubt is None:
        return ""
    return tr("looks like {label}", label=doubt) if doubt else tr("looks unlike its class")


def label_words(table: SampleTable, position: int) -> str:
    """The label of the sample at `position`, in words where it has none."""
    return table.label(position) or tr("none yet")


def is_misread(table: SampleTable, position: int) -> bool:
    """Whether a model took the sample at `position` for something else than its label says."""
    predicted = int(table.predicted[position])
    return predicted != UNKNOWN and table.predicted_names[predicted] != table.label(position)


def number_in_split(table: SampleTable, position: int) -> int:
    """Which sample of its split the one at `position` is, counted from 0, as the published files count."""
    return int(np.count_nonzero(table.splits[:position] == table.splits[position]))
