"""The columns of the table of runs, and its rows as a model."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.training_progress import percent_words, time_words
from recognizer.gui.widgets.training_words import OPTIMIZER_NAMES
from recognizer.gui.words import dataset_title
from recognizer.training.config import BASELINES
from recognizer.training.run_keeping import RunWords
from recognizer.training.run_records import RunRecord, local_time, state_words

Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_SHOWN_DIGITS: Final = 6
_NOTHING: Final = "–"
_STATE_COLORS: Final = {"failed": "wrong", "interrupted": "doubt"}


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in a column.

    Attributes:
        key: What the runs are sorted by, one of `recognizer.training.run_filter.ORDERS`.
        text: Of a run.
        caption: Gives the head and what it means, in the language in use.
        more: What a tooltip says; the text where there is no more.
        rank: The higher, the sooner it gives way where there is too little room; 0 never does.
        widest: Logical pixels where there is too little room for all; 0 for as wide as its texts.
        is_number: Whether its texts stand at the right, and the largest come first.
    """

    key: str
    text: Callable[[RunRecord], str]
    caption: Callable[[], tuple[str, str]]
    more: Callable[[RunRecord], str] | None = None
    rank: int = 0
    widest: int = 0
    is_number: bool = False

    def tip(self, record: RunRecord) -> str:
        """The text, or more of it."""
        return (self.more or self.text)(record)


def _name(record: RunRecord) -> str:
    return f"{record.words.name} · {record.network}" if record.words.name else record.network


def data_title(record: RunRecord) -> str:
    """What its dataset is called."""
    return dataset_title(record.run.dataset, record.run.dataset_title)


def _data_tip(record: RunRecord) -> str:
    lines = [data_title(record)]
    if record.version:
        lines.append(tr("Version {version} of the data", version=record.version[:_SHOWN_DIGITS]))
    if record.has_changed:
        lines.append(tr("The dataset has changed since this run"))
    return "\n".join(lines)


def _epochs(record: RunRecord) -> str:
    run = record.run
    return str(run.epochs) if run.epochs == run.config.epochs else f"{run.epochs} / {run.config.epochs}"


def _of_network(text: Callable[[RunRecord], str]) -> Callable[[RunRecord], str]:
    """`text`, which means nothing to what is no network."""
    return lambda record: _NOTHING if record.run.config.preset in BASELINES else text(record)


def _accuracy(record: RunRecord) -> str:
    return _NOTHING if record.run.accuracy is None else percent_words(record.run.accuracy)


def accuracy_tip(record: RunRecord) -> str:
    """How sure the accuracy is."""
    if record.interval is None:
        return _accuracy(record)
    return tr(
        "{accuracy} of {n} samples; with 95 % certainty {low} to {high} %",
        accuracy=_accuracy(record),
        n=f"{record.n:,}",
        low=f"{100 * record.interval.low:.1f}",
        high=f"{100 * record.interval.high:.1f}",
    )


def _time(record: RunRecord) -> str:
    return time_words(record.run.seconds) if record.run.seconds > 0 else _NOTHING


def _date(record: RunRecord) -> str:
    """When it began, without this year."""
    text = local_time(record.run.started)
    return text.removeprefix(f"{datetime.now().year}-") if record.run.started[:1].isdigit() else text


def _state(record: RunRecord) -> str:
    """How it ended in a word or two."""
    short = {"stopped": tr("stopped early"), "cancelled": tr("cancelled")}
    return short.get(record.run.state) or state_words(record.run.state)


def _state_tip(record: RunRecord) -> str:
    return "\n".join(part for part in (state_words(record.run.state), record.run.message) if part)


def _first_line(record: RunRecord) -> str:
    return record.words.note.partition("\n")[0]


COLUMNS: Final = (
    Column(
        "name",
        _name,
        lambda: (tr("Run"), tr("The run's name, and its network; F2 renames it")),
        lambda record: summary(record),
        widest=170,
    ),
    Column(
        "data",
        data_title,
        lambda: (tr("Data"), tr("What it learnt from and was judged by; marked where that has changed since")),
        _data_tip,
        rank=2,
        widest=150,
    ),
    Column(
        "epochs",
        _of_network(_epochs),
        lambda: (tr("Epochs"), tr("How many epochs were finished, and how many there were to be")),
        rank=5,
        is_number=True,
    ),
    Column(
        "batch",
        _of_network(lambda record: f"{record.run.config.batch_size:,}"),
        lambda: (tr("Batch"), tr("How many samples were seen between two corrections of the weights")),
        rank=9,
        is_number=True,
    ),
    Column(
        "rate",
        _of_network(lambda record: f"{record.run.config.learning_rate:g}"),
        lambda: (tr("Rate"), tr("The learning rate")),
        rank=7,
        is_number=True,
    ),
    Column(
        "optimiser",
        _of_network(lambda record: OPTIMIZER_NAMES.get(record.run.config.optimizer, record.run.config.optimizer)),
        lambda: (tr("Optimiser"), tr("The rule by which the weights are corrected")),
        rank=8,
    ),
    Column(
        "accuracy",
        _accuracy,
        lambda: (tr("Accuracy"), tr("The share of the test samples that was read rightly")),
        accuracy_tip,
        is_number=True,
    ),
    Column("time", _time, lambda: (tr("Time"), tr("How long the whole run took")), rank=4, is_number=True),
    Column(
        "date",
        _date,
        lambda: (tr("Date"), tr("When it began")),
        lambda record: local_time(record.run.started),
        rank=3,
    ),
    Column(
        "state",
        _state,
        lambda: (tr("State"), tr("How it ended")),
        _state_tip,
        rank=1,
        widest=120,
    ),
    Column(
        "note",
        _first_line,
        lambda: (tr("Note"), tr("What you wrote about it")),
        lambda record: record.words.note,
        rank=6,
        widest=120,
    ),
)


def summary(record: RunRecord) -> str:
    """All columns of a run, line by line."""
    lines = []
    for column in COLUMNS:
        text = column.text(record) if column.key == "name" else column.tip(record)
        if text and text != _NOTHING:
            lines.append(tr("{name}: {value}", name=column.caption()[0], value=text.replace("\n", " · ")))
    return "\n".join(lines)


def _plain(text: str) -> str:
    """`text` for a tooltip, which takes what looks like HTML for it."""
    return f"<qt>{html.escape(text).replace(chr(10), '<br>')}</qt>" if "<" in text or "&" in text else text


class RunRows(QAbstractTableModel):
    """The runs that are shown; the name can be edited where the run does not go on.

    Signals:
        renamed: (id, name): the user has typed another name.
    """

    renamed = Signal(str, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.records: tuple[RunRecord, ...] = ()
        self.order = ""

    def caption(self, column: Column) -> str:
        """What stands above a column, with an arrow where the runs are sorted by it."""
        text = column.caption()[0]
        if self.order.removeprefix("-") != column.key:
            return text
        return f"{text} ↓" if self.order.startswith("-") else f"{text} ↑"

    def replace(self, records: Sequence[RunRecord], order: str) -> None:
        """Show `records`, which are sorted by the key `order`, the largest first where a minus is before it."""
        self.beginResetModel()
        self.records, self.order = tuple(records), order
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """One for each run."""
        return 0 if parent.isValid() else len(self.records)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """As many as there are in `COLUMNS`."""
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The name can be edited."""
        found = super().flags(index)
        if index.isValid() and index.column() == 0 and self.records[index.row()].run.state != "running":
            found |= Qt.ItemFlag.ItemIsEditable
        return found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What is shown in a cell."""
        if not index.isValid():
            return None
        record, column = self.records[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(record)
            case Qt.ItemDataRole.EditRole:
                return record.words.name if column.key == "name" else column.text(record)
            case Qt.ItemDataRole.ToolTipRole:
                return _plain(column.tip(record))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{column.caption()[0]}: {column.text(record)}"
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(column)
            case Qt.ItemDataRole.ForegroundRole:
                return self._color(record, column)
            case Qt.ItemDataRole.DecorationRole if column.key == "data" and record.has_changed:
                return theme.icon("doubt", theme.colors().doubt, 16)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take the name that was typed; whoever keeps the runs writes it down."""
        if not index.isValid() or role != Qt.ItemDataRole.EditRole or index.column() != 0:
            return False
        record, name = self.records[index.row()], " ".join(str(value).split())
        if name == record.words.name:
            return False
        named = record.named(RunWords(name, record.words.note))
        self.records = tuple(named if each is record else each for each in self.records)
        self.dataChanged.emit(index, index)
        self.renamed.emit(record.run.id, name)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Captions, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.caption(COLUMNS[section])
            case Qt.ItemDataRole.ToolTipRole:
                caption, tip = COLUMNS[section].caption()
                return tr("{tip}. Click to sort by it.", tip=tip or caption)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(COLUMNS[section])
        return None

    def _color(self, record: RunRecord, column: Column) -> QColor | None:
        name = _STATE_COLORS.get(record.run.state) if column.key == "state" else None
        return QColor(getattr(theme.colors(), name)) if name else None


def _side(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    if column.key in ("date", "optimiser"):
        # Right after figures, which stand at the right, they would touch them.
        side = Qt.AlignmentFlag.AlignHCenter
    return side | Qt.AlignmentFlag.AlignVCenter
