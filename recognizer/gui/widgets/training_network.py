"""The list of what can be trained: the presets, the user's own networks, and methods without a network."""

from collections.abc import Sequence
from typing import Any

from recognizer.base.i18n import tr
from recognizer.gui.widgets.training_fields import Choice
from recognizer.gui.widgets.training_words import layers_words, preset_summary
from recognizer.training.config import BASELINES, CUSTOM
from recognizer.training.networks import Network, examine
from recognizer.training.presets import PRESETS
from recognizer.training.recipe import Recipe


class NetworkChoice(Choice):
    """Offers networks by their names; `currentIndexChanged` says that another one is chosen."""

    def __init__(self, object_name: str) -> None:
        super().__init__(object_name)
        self._own: dict[str, tuple[dict[str, Any], ...]] = {}
        """The layers of the networks that are no presets, by their names; that of `CUSTOM` has no name yet."""
        self._offer("")

    def name(self) -> str:
        """The chosen network."""
        return str(self.currentData())

    def is_preset(self) -> bool:
        """Whether it is one of the program's."""
        return self.name() in PRESETS

    def is_baseline(self) -> bool:
        """Whether it is no network but a method to compare networks with."""
        return self.name() in BASELINES and not self.own_layers()

    def own_layers(self) -> tuple[dict[str, Any], ...]:
        """Its layers where it is one of the user's, else nothing."""
        return self._own.get(self.name(), ())

    def recipe(self) -> Recipe:
        """Its layers; none where it is no network."""
        if self.is_baseline():
            return ()
        return PRESETS[self.name()].layers if self.is_preset() else self._own[self.name()]

    def problem(self, classes: int) -> str:
        """Why it cannot be trained with so many classes, in the user's language; empty where it can."""
        return "" if self.is_preset() or self.is_baseline() else examine(self.recipe(), classes).problem

    def set_networks(self, networks: Sequence[Network]) -> None:
        """Offer the user's networks after the presets; a chosen one that is gone gives way to the first preset."""
        unnamed = {CUSTOM: self._own[CUSTOM]} if CUSTOM in self._own else {}
        self._own = {network.name: network.layers for network in networks} | unnamed
        self._offer(self.name())

    def use(self, layers: Recipe, name: str = "") -> None:
        """Choose the network `name`; where there is none, one without a name that has these layers."""
        if name not in self._own and name not in PRESETS:
            self._own[CUSTOM] = tuple(dict(entry) for entry in layers)
            name = CUSTOM
        self._offer(name)

    def _offer(self, chosen: str) -> None:
        before = self.name()
        self.blockSignals(True)
        self.clear()
        for name in (*PRESETS, *self._own):
            self.addItem("", name)
        self.insertSeparator(self.count())
        for name in BASELINES:
            if name not in self._own:
                self.addItem("", name)
        self.setCurrentIndex(max(self.findData(chosen), 0))
        self.retranslate()
        self.blockSignals(False)
        # A preset that stays chosen has nothing new to set.
        if self.name() != before or self.name() in self._own:
            self.currentIndexChanged.emit(self.currentIndex())

    def retranslate(self) -> None:
        """Set every text anew."""
        for index in range(self.count()):
            name = self.itemData(index)
            if name in PRESETS or (name in BASELINES and name not in self._own):
                self.setItemText(index, f"{name} · {preset_summary(name)}")
            elif name in self._own:
                title = tr("own network") if name == CUSTOM else name
                self.setItemText(index, f"{title} · {layers_words(self._own[name])}")
