"""The layers of a network in a table: what each is, what comes out of it, what it costs."""

from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.dialogs.rows_table import CELLS
from recognizer.training.networks import Examination
from recognizer.training.recipe import LAYERS, Recipe

_ROW: Final = 28


class LayerTable(QTableWidget):
    """One row a layer, in their order; the one that is wrong is marked.

    Signals:
        rowChosen: The row that is chosen now, -1 for none.
        removeWanted: Del was pressed.
        moveWanted: Alt and Up (−1) or Down (1) were pressed.
    """

    rowChosen = Signal(int)
    removeWanted = Signal()
    moveWanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setObjectName("layerList")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setStyleSheet(CELLS)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        captions = (tr("Layer"), tr("Settings"), tr("Gives"), tr("Parameters"), tr("Multiplies"))
        tips = (
            tr("In the order in which a picture goes through them"),
            tr("What is set of the layer"),
            tr("Height × width × channels, or how many values there are"),
            tr("How many numbers are learnt, or gathered while learning"),
            tr("How many multiplications a picture takes"),
        )
        for column, (caption, tip) in enumerate(zip(captions, tips, strict=True)):
            item = QTableWidgetItem(caption)
            item.setToolTip(tip)
            item.setTextAlignment(_side(column))
            self.setHorizontalHeaderItem(column, item)
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.setAccessibleName(tr("Layers"))
        self.itemSelectionChanged.connect(self._on_selection)

    def set_layers(self, layers: Recipe, found: Examination, chosen: int) -> None:
        """Show `layers` with what is known of them, and choose a row without signalling."""
        self.blockSignals(True)
        self.setRowCount(len(layers))
        now = theme.colors()
        for row, entry in enumerate(layers):
            title, words = layer_words(entry)
            texts = [f"{row + 1}  {title}", words, "", "", ""]
            if row < len(found.traces):
                known = found.traces[row]
                texts[2:] = shape_words(known.shape), f"{known.parameters:,}", f"{known.multiplies:,}"
            is_wrong = found.number == row + 1
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_side(column))
                item.setToolTip(found.problem if is_wrong else text)
                if is_wrong:
                    item.setForeground(QColor(now.wrong))
                self.setItem(row, column, item)
        self.clearSelection()
        if 0 <= chosen < len(layers):
            self.selectRow(chosen)
            self.scrollTo(self.model().index(chosen, 0))
        self.blockSignals(False)
        self.viewport().update()

    def chosen(self) -> int:
        """The row that is chosen, -1 for none."""
        rows = {index.row() for index in self.selectedIndexes()}
        return rows.pop() if len(rows) == 1 else -1

    def _on_selection(self) -> None:
        self.rowChosen.emit(self.chosen())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the chosen layer in sight."""
        super().resizeEvent(event)
        if self.chosen() >= 0:
            self.scrollTo(self.model().index(self.chosen(), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove by Del, move by Alt and the arrows."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Delete:
            self.removeWanted.emit()
        elif key in steps and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moveWanted.emit(steps[key])
        else:
            super().keyPressEvent(event)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def layer_words(entry: dict[str, Any]) -> tuple[str, str]:
    """What a layer is called, and what is set of it, short."""
    kind = LAYERS.get(str(entry.get("type")))
    if kind is None:
        return str(entry.get("type"))[:40], ""
    parts = []
    for name in ("filters", "units", "size", "rate", "function", "strides", "padding", "activation", "use_bias"):
        parameter = next((each for each in kind.parameters if each.name == name), None)
        value = entry.get(name)
        if parameter is None or value is None or (value == parameter.usual and name != "units"):
            continue
        if name == "units" and value == 0:
            parts.append(tr("one a class"))
        elif name == "size":
            parts.append(f"{value}×{value}")
        elif name == "strides":
            parts.append(tr("step {n}", n=value))
        elif name == "use_bias":
            parts.append(tr("no bias"))
        else:
            parts.append(str(value)[:20])
    return kind.describe()[0], " · ".join(parts)


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape, such as `26 × 26 × 32`."""
    return " × ".join(f"{side:,}" for side in shape)
