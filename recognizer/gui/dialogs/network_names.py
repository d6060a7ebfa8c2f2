"""The name of a network: saving under it, changing it, deleting what has it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.training.networks import (
    MAX_NAME,
    Network,
    delete_network,
    list_networks,
    rename_network,
    save_network,
)
from recognizer.training.recipe import Recipe


class NetworkNames(Card):
    """A field for the name, and what can be done with it; replacing and deleting are asked for twice.

    Signals:
        saved, renamed: The Network.
        deleted: The name that is gone.
        failed: A RecognizerError.

    Args:
        profile: Whose networks.
    """

    saved = Signal(object)
    renamed = Signal(object)
    deleted = Signal(str)
    failed = Signal(object)

    def __init__(self, profile: Profile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._profile = profile
        self._name = ""
        """Under which the layers were saved or opened."""
        self._layers: Recipe = ()
        self._armed = ""
        """What the next click does although something is lost: `replace`, `delete`, or nothing."""
        self.field = QLineEdit()
        self.field.setObjectName("networkNameInput")
        self.field.setMaxLength(MAX_NAME)
        self._hint = Label("secondary", wraps=True)
        self._hint.setObjectName("networkNameHint")
        self._save, self._rename, self._delete = Button("save"), Button(), Button()
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button, name, clicked in (
            (self._save, "saveNetworkButton", self._on_save),
            (self._rename, "renameNetworkButton", self._on_rename),
            (self._delete, "deleteNetworkButton", self._on_delete),
        ):
            button.setObjectName(name)
            button.setAutoDefault(False)
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            button.clicked.connect(clicked)
            buttons.addWidget(button)
        self.body.addWidget(self.field)
        self.body.addWidget(self._hint)
        self.body.addLayout(buttons)
        self.set_heading(tr("Own network"))
        self.field.setPlaceholderText(tr("Name"))
        self.field.setAccessibleName(tr("Name of the network"))
        self.field.setToolTip(tr("The name under which the network is offered on the Train page"))
        self.field.textEdited.connect(self._on_typed)
        self._refresh()

    def networks(self) -> list[Network]:
        """Those that can be read; the Train page says which cannot."""
        return list_networks(self._profile)[0]

    def set_name(self, name: str) -> None:
        """Say under which name the layers are kept; empty where under none."""
        known = {network.name for network in self.networks()}
        self._name = name if name in known else ""
        self.field.setText(self._name)
        self._armed = ""
        self._refresh()

    def set_layers(self, layers: Recipe) -> None:
        """Say what would be saved."""
        self._layers = [dict(entry) for entry in layers]
        self._disarm()

    def _on_typed(self) -> None:
        self._disarm()

    def _disarm(self) -> None:
        self._armed = ""
        self._refresh()

    def _refresh(self) -> None:
        text = self.field.text().strip()
        self._save.setEnabled(bool(text))
        self._rename.setEnabled(bool(self._name) and bool(text) and text != self._name)
        self._delete.setEnabled(bool(self._name))
        replaces = self._armed == "replace"
        self._save.set_texts(
            tr("Replace") if replaces else tr("Save"), tr("Keep the layers under this name, changed or not")
        )
        self._rename.set_texts(tr("Rename"), tr("Give the network this name"))
        deletes = self._armed == "delete"
        self._delete.set_texts(
            tr("Really delete") if deletes else tr("Delete"), tr("Delete the saved network; trained models stay")
        )
        self._hint.setVisible(bool(self._armed))
        if replaces:
            self._hint.setText(
                tr("There is a network “{name}” already. Click Replace to put this in its place.", name=text)
            )
        elif deletes:
            self._hint.setText(tr("“{name}” cannot be brought back. Models trained from it stay.", name=self._name))

    def _on_save(self) -> None:
        name = self.field.text().strip()
        is_taken = name.casefold() != self._name.casefold() and any(
            network.name.casefold() == name.casefold() for network in self.networks()
        )
        if is_taken and self._armed != "replace":
            self._armed = "replace"
            self._refresh()
            return
        replace = is_taken or (bool(self._name) and name.casefold() == self._name.casefold())
        try:
            network = save_network(self._profile, name, self._layers, replace=replace)
        except RecognizerError as error:
            self.failed.emit(error)
            return
        self.set_name(network.name)
        self.saved.emit(network)

    def _on_rename(self) -> None:
        try:
            network = rename_network(self._profile, self._name, self.field.text())
        except RecognizerError as error:
            self.failed.emit(error)
            return
        self.set_name(network.name)
        self.renamed.emit(network)

    def _on_delete(self) -> None:
        if self._armed != "delete":
            self._armed = "delete"
            self._refresh()
            return
        name = self._name
        try:
            delete_network(self._profile, name)
        except RecognizerError as error:
            self.failed.emit(error)
            return
        self.set_name("")
        self.deleted.emit(name)
