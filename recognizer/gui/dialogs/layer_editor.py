"""Putting a network together, layer by layer."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui.dialogs.layer_fields import LayerFields
from recognizer.gui.dialogs.layer_table import LayerTable
from recognizer.gui.dialogs.network_names import NetworkNames
from recognizer.gui.dialogs.parts import Dialog, SideCard, elastic
from recognizer.gui.dialogs.question import Question
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.widgets.training_fields import Choice
from recognizer.gui.widgets.training_words import preset_summary
from recognizer.training.networks import Examination, Network, examine
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import LAYERS, Recipe
from recognizer.training.script import keras_script

Layers = list[dict[str, Any]]
_SIDE: Final = 304
"""How wide the column at the right is, logical pixels."""
_BENT: Final = {"activation": "relu"}
_NEW: Final[dict[str, dict[str, Any]]] = {
    "conv": {"filters": 32, "size": 3, "padding": "same", **_BENT},
    "separable_conv": {"filters": 32, "size": 3, "padding": "same", **_BENT},
    "depthwise_conv": {"size": 3, "padding": "same", **_BENT},
    "residual": {"filters": 32},
    "max_pool": {"size": 2},
    "average_pool": {"size": 2},
    "dense": {"units": 128, **_BENT},
    "activation": {"function": "relu"},
    "dropout": {"rate": 0.3},
}
"""What a layer that is added has at first."""


class LayerEditor(Dialog):
    """The layers in a table at the left, what is set of the chosen one at the right; nothing here needs Keras.

    Signals:
        chosen: (layers, name): the user wants to train this network; the name is empty where it has none.
        networksChanged: A network was saved, renamed or deleted.

    Args:
        session: The window's.
        layers: What to begin with.
        name: The network or preset that they are.
        classes: How many classes the data has.
        settings: Of the training, for the script: `epochs`, `batch_size`, `learning_rate`, `optimizer`, `seed`.
        parent: The window below.
    """

    chosen = Signal(object, str)
    networksChanged = Signal()

    def __init__(
        self,
        session: Session,
        layers: Recipe,
        name: str,
        classes: int,
        settings: dict[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, "layerEditor", QSize(1040, 660), parent)
        self._classes, self._settings = classes, settings
        self._layers: Layers = [dict(entry) for entry in layers]
        self._kept: tuple[dict[str, Any], ...] = tuple(dict(entry) for entry in layers)
        """As they are under their name, or were at first."""
        self._name = name
        self._earlier: list[tuple[Layers, int]] = []
        self._found = Examination(())
        self.table = LayerTable()
        self.fields = LayerFields()
        self.start = Choice("layerStartChooser")
        self.names = NetworkNames(session.profile)
        self._question = Question("discardLayers")
        self._totals = Label("secondary")
        self._totals.setObjectName("networkTotals")
        self._problem = Label("wrong", wraps=True)
        self._problem.setObjectName("layerProblem")
        self._add, self._remove, self._up, self._down, self._undo = (
            self._tool(*each)
            for each in (
                ("plus", "addLayerButton"),
                ("clear", "removeLayerButton"),
                ("up", "moveLayerUpButton"),
                ("down", "moveLayerDownButton"),
                ("undo", "undoLayersButton"),
            )
        )
        self._lay_out()
        self._say_texts()
        self._connect()
        self.names.set_name(name if name not in PRESETS else "")
        self._offer_starts()
        self._show(0)
        self.table.setFocus()

    def _tool(self, icon: str, name: str) -> Button:
        button = Button(icon)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(8)
        for button in (self._add, self._remove, self._up, self._down, self._undo):
            tools.addWidget(button)
        tools.addStretch(1)
        tools.addWidget(self.start)
        self.start.setMinimumContentsLength(14)
        left = Card()
        left.body.addLayout(tools)
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self._problem)
        left.body.addWidget(elastic(self._totals))
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self.fields)
        column.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(GAP)
        side = SideCard(column, _SIDE)
        self.names.setFixedWidth(_SIDE)
        right.addWidget(side, 1)
        right.addWidget(self.names)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(left, 1)
        row.addLayout(right)
        self.body.addWidget(self._question)
        self.body.addLayout(row, 1)
        self._copy = self.add_button(
            "copyScriptButton",
            tr("Copy as Keras script"),
            tr("Put a script of plain Keras that trains this network on the clipboard"),
            self._copy_script,
        )
        self.footer.addWidget(self._copy)
        self.footer.addStretch(1)
        self.add_button("layersCancelButton", tr("Cancel"), tr("Close; what is to be trained stays"), self.reject)
        self._use = self.add_button(
            "useNetworkButton",
            tr("Use this network"),
            tr("Choose this network for the next training"),
            self._on_use,
            role="primary",
            takes_enter=False,
        )

    def _say_texts(self) -> None:
        self.set_heading(tr("Layers of the network"))
        self.say_step(
            ntr(
                "A picture of 28 × 28 pixels goes in, a probability for each of {n} class comes out.",
                "A picture of 28 × 28 pixels goes in, a probability for each of {n} classes comes out.",
                self._classes,
            )
        )
        self._add.set_texts(tr("Add"), tr("Add a layer below the chosen one"))
        self._remove.set_texts("", tr("Remove the chosen layer (Del)"))
        self._up.set_texts("", tr("Move the chosen layer up (Alt+Up)"))
        self._down.set_texts("", tr("Move the chosen layer down (Alt+Down)"))
        self._undo.set_keys("Ctrl+Z")
        self._undo.set_texts("", tr("Undo the last change of the layers"))
        self.start.setAccessibleName(tr("Begin with"))
        self.start.setToolTip(tr("Begin with the layers of another network"))
        menu = QMenu(self._add)
        menu.setToolTipsVisible(True)
        for kind in LAYERS.values():
            title, does = kind.describe()
            action = menu.addAction(f"{title} – {does}")
            action.setObjectName(f"add-{kind.name}")
            action.setData(kind.name)
        menu.triggered.connect(lambda action: self.add_layer(action.data()))
        self._add.setMenu(menu)

    def _connect(self) -> None:
        self.table.rowChosen.connect(self._on_row)
        self.table.removeWanted.connect(self.remove_layer)
        self.table.moveWanted.connect(self.move_layer)
        self.fields.changed.connect(self._on_changed)
        self._remove.clicked.connect(self.remove_layer)
        self._up.clicked.connect(lambda: self.move_layer(-1))
        self._down.clicked.connect(lambda: self.move_layer(1))
        self._undo.clicked.connect(self.undo)
        self.start.activated.connect(self._on_start)
        self.names.saved.connect(self._on_saved)
        self.names.renamed.connect(self._on_renamed)
        self.names.deleted.connect(self._on_deleted)
        self.names.failed.connect(self.notice.show_error)
        self._question.agreed.connect(self._discard)

    # What is shown

    def layers(self) -> Layers:
        """The layers as they are now."""
        return [dict(entry) for entry in self._layers]

    def found(self) -> Examination:
        """What is known of them."""
        return self._found

    def _show(self, row: int, *, with_fields: bool = True) -> None:
        """Show everything anew, with `row` chosen."""
        self._found = examine(self._layers, self._classes)
        self.table.set_layers(self._layers, self._found, row)
        chosen = self.table.chosen()
        if with_fields:
            self.fields.show_entry(self._layers[chosen] if chosen >= 0 else None)
        problem = self._found.problem
        self._problem.setText(f"{problem[:1].upper()}{problem[1:]}")
        self._problem.setVisible(bool(problem))
        parameters, multiplies = (
            sum(getattr(one, name) for one in self._found.traces) for name in ("parameters", "multiplies")
        )
        self._totals.setText(
            tr(
                "{layers:,} layers · {parameters:,} parameters · {multiplies:,} multiplications a picture",
                layers=len(self._layers),
                parameters=parameters,
                multiplies=multiplies,
            )
        )
        self._remove.setEnabled(chosen >= 0)
        self._up.setEnabled(chosen > 0)
        self._down.setEnabled(0 <= chosen < len(self._layers) - 1)
        self._undo.setEnabled(bool(self._earlier))
        self._copy.setEnabled(not problem)
        self._use.setEnabled(not problem)
        self.names.set_layers(self._layers)

    def _on_row(self, row: int) -> None:
        self._show(row)

    def _offer_starts(self) -> None:
        self.start.clear()
        self.start.addItem(tr("Begin with…"), None)
        for name in PRESETS:
            self.start.addItem(f"{name} · {preset_summary(name)}", name)
        for network in self.names.networks():
            self.start.addItem(network.name, network)

    # Changing

    def _change(self, layers: Layers, row: int, *, with_fields: bool = True) -> None:
        self._earlier.append((self._layers, self.table.chosen()))
        self._layers = layers
        self._show(row, with_fields=with_fields)

    def add_layer(self, kind: str) -> None:
        """Add a layer below the chosen one; above the last one where that is chosen, for it gives the answer."""
        chosen = self.table.chosen()
        last = len(self._layers) - 1
        place = chosen + 1 if chosen >= 0 else len(self._layers)
        if chosen == last >= 0 and self._found.number != last + 1:
            place = last
        entry = {"type": kind, **_NEW.get(kind, {})}
        self._change([*self._layers[:place], entry, *self._layers[place:]], place)
        self.table.setFocus()

    def remove_layer(self) -> None:
        """Remove the chosen layer."""
        chosen = self.table.chosen()
        if chosen >= 0:
            layers = [*self._layers[:chosen], *self._layers[chosen + 1 :]]
            self._change(layers, min(chosen, len(layers) - 1))
            self.table.setFocus()

    def move_layer(self, step: int) -> None:
        """Move the chosen layer by −1 or 1."""
        chosen = self.table.chosen()
        target = chosen + step
        if chosen >= 0 and 0 <= target < len(self._layers):
            layers = list(self._layers)
            layers[chosen], layers[target] = layers[target], layers[chosen]
            self._change(layers, target)

    def undo(self) -> None:
        """Take back the last change."""
        if self._earlier:
            self._layers, row = self._earlier.pop()
            self._show(row)

    def _on_changed(self, entry: dict[str, Any]) -> None:
        chosen = self.table.chosen()
        if chosen >= 0:
            layers = [entry if row == chosen else known for row, known in enumerate(self._layers)]
            self._change(layers, chosen, with_fields=False)

    def _on_start(self, index: int) -> None:
        start = self.start.itemData(index)
        self.start.setCurrentIndex(0)
        if start is None:
            return
        layers: Sequence[dict[str, Any]] = start.layers if isinstance(start, Network) else PRESETS[start].layers
        self._take(layers, start.name if isinstance(start, Network) else start)

    def _take(self, layers: Sequence[dict[str, Any]], name: str) -> None:
        self._change([dict(entry) for entry in layers], 0)
        self._kept, self._name = tuple(dict(entry) for entry in layers), name
        self.names.set_name(name if name not in PRESETS else "")

    # Names

    def _on_saved(self, network: Network) -> None:
        self._kept, self._name = network.layers, network.name
        self._after_naming(tr("Saved as “{name}”", name=network.name))

    def _on_renamed(self, network: Network) -> None:
        self._name = network.name
        self._after_naming(tr("Renamed to “{name}”", name=network.name))

    def _on_deleted(self, name: str) -> None:
        self._name = ""
        self._after_naming(tr("“{name}” is deleted; its layers are still here", name=name))

    def _after_naming(self, words: str) -> None:
        self.notice.hide()
        self.say_step(words)
        self._offer_starts()
        self.networksChanged.emit()

    # The end

    def _copy_script(self) -> None:
        QGuiApplication.clipboard().setText(keras_script(self._layers, self._classes, self._settings))
        self.say_step(tr("The script is on the clipboard; it trains this network on MNIST with plain Keras"))

    def _is_changed(self) -> bool:
        return tuple(self._layers) != self._kept

    def _on_use(self) -> None:
        self.chosen.emit(self.layers(), "" if self._is_changed() else self._name)
        self.accept()

    def _discard(self) -> None:
        self._kept = tuple(self._layers)
        self.reject()

    def is_busy(self) -> bool:
        """While there are changes that would be lost: closing asks first."""
        return self._is_changed() and self.result() != self.DialogCode.Accepted

    def stop(self) -> None:
        """Ask."""
        self._question.ask(
            tr("Close without the changes?"),
            tr("They are neither saved nor used."),
            tr("Close"),
            tr("Stay"),
        )
