"""Choosing the model that reads."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.session import Session
from recognizer.gui.words import model_title
from recognizer.inference.registry import ModelRecord


class ModelChooser(QComboBox):
    """Lists the models; which one is chosen is a setting that the pages share.

    Signals:
        modelPicked: The id of the model that the user chose.
    """

    modelPicked = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._records: dict[str, ModelRecord] = {}
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.activated.connect(self._on_activated)

    def fill(self) -> None:
        """List the models anew and choose the one of the settings, the first where there is none such."""
        self._records = {record.id: record for record in self._session.registry.list()}
        self.clear()
        for record in self._records.values():
            self.addItem(_model_text(record), record.id)
        wanted = self.findData(self._session.settings.get("model"))
        if self.count():
            self.setCurrentIndex(max(0, wanted))

    def record(self) -> ModelRecord | None:
        """The chosen model; None where there is none at all."""
        return self._records.get(self.currentData() or "")

    def records(self) -> tuple[ModelRecord, ...]:
        """The models that can be chosen."""
        return tuple(self._records.values())

    def leave_out(self, model_id: str) -> None:
        """Offer the model no longer, as it cannot be used."""
        self._records.pop(model_id, None)
        index = self.findData(model_id)
        if index >= 0:
            was_chosen = index == self.currentIndex()
            self.removeItem(index)
            if was_chosen and self.count():
                # Qt would go to the neighbour, whatever that reads.
                self.setCurrentIndex(0)

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setToolTip(tr("Which model reads; those that you train appear here"))
        self.setAccessibleName(tr("Model"))
        for index in range(self.count()):
            self.setItemText(index, _model_text(self._records[self.itemData(index)]))

    def _on_activated(self, index: int) -> None:
        self.modelPicked.emit(self.itemData(index))


def _model_text(record: ModelRecord) -> str:
    name = tr("{title} · shipped", title=model_title(record)) if record.is_shipped else record.title
    return name if record.accuracy is None or "%" in name else f"{name} · {record.accuracy * 100:.1f} %"
