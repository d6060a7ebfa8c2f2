"""What else shapes a training run, folded away until it is wanted."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label
from recognizer.gui.widgets.switch import Switch
from recognizer.gui.widgets.training_fields import Choice, Decimal, Number
from recognizer.gui.widgets.training_words import schedule_words
from recognizer.training.config import MAX_EPOCHS, SCHEDULES, TrainingConfig


class _Fold(Button):
    """A button whose arrow shows whether what is below it is open."""

    def __init__(self) -> None:
        super().__init__("next", role="flat")
        self.setObjectName("moreSettingsButton")
        self.setCheckable(True)
        self.setStyleSheet("text-align: left; padding-left: 0px;")
        self.toggled.connect(self._turn)

    def _turn(self, is_open: bool) -> None:
        self._icon_name = "chevron" if is_open else "next"
        self.refresh_icon()


class MoreSettings(QWidget):
    """A button that unfolds: learning-rate schedule, momentum, smoothing, early stopping, class weights, determinism.

    Signals:
        edited: A number is being typed.
        checkWanted: A number has been typed.

    Attributes:
        fields: By the names of `TrainingConfig`.
    """

    edited = Signal()
    checkWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        usual = TrainingConfig()
        self.button = _Fold()
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.schedule = Choice("scheduleChooser")
        for name in SCHEDULES:
            self.schedule.addItem("", name)
        self.momentum = Decimal("momentumInput", usual.momentum)
        self.label_smoothing = Decimal("labelSmoothingInput", usual.label_smoothing)
        self.patience = Number("patienceInput", 0, MAX_EPOCHS)
        self.class_weights, self.deterministic = Switch(), Switch()
        self.class_weights.setObjectName("classWeightsSwitch")
        self.deterministic.setObjectName("deterministicSwitch")
        self.fields: dict[str, QWidget] = {
            "schedule": self.schedule,
            "momentum": self.momentum,
            "label_smoothing": self.label_smoothing,
            "patience": self.patience,
            "class_weights": self.class_weights,
            "deterministic": self.deterministic,
        }
        self.captions: dict[QWidget, Label] = {}
        self._content = QWidget()
        self._lay_out()
        self._content.hide()
        self.button.toggled.connect(self._fold)
        for field in (self.momentum, self.label_smoothing):
            field.textEdited.connect(self.edited)
            field.editingFinished.connect(self.checkWanted)
        self.set_optimizer(usual.optimizer)

    def _lay_out(self) -> None:
        grid = QGridLayout(self._content)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        row = 0
        for fields in ((self.schedule,), (self.momentum, self.label_smoothing), (self.patience,)):
            for column, field in enumerate(fields):
                caption = Label("secondary")
                caption.setBuddy(field)
                self.captions[field] = caption
                span = 2 // len(fields)
                grid.addWidget(caption, row, column, 1, span)
                grid.addWidget(field, row + 1, column, 1, span)
            grid.setRowMinimumHeight(row + 2, 6)
            row += 3
        for switch in (self.class_weights, self.deterministic):
            line = QHBoxLayout()
            line.setSpacing(8)
            caption = Label("", wraps=True)
            caption.setBuddy(switch)
            self.captions[switch] = caption
            line.addWidget(switch)
            line.addWidget(caption, 1)
            grid.addLayout(line, row, 0, 1, 2)
            row += 1
        column_of_all = QVBoxLayout(self)
        column_of_all.setContentsMargins(0, 0, 0, 0)
        column_of_all.setSpacing(0)
        column_of_all.addWidget(self.button)
        column_of_all.addWidget(self._content)

    def _fold(self, is_open: bool) -> None:
        self._content.setVisible(is_open)
        self._say()

    def unfold(self) -> None:
        """Show the fields."""
        self.button.setChecked(True)

    def set_optimizer(self, name: str) -> None:
        """Only `sgd` has a momentum that can be set."""
        self.momentum.setProperty("wanted", name == "sgd")
        self.momentum.setEnabled(name == "sgd" and self._content.isEnabled())

    def set_usable(self, is_usable: bool) -> None:
        """Say whether what is to be trained knows these settings."""
        self._content.setEnabled(is_usable)
        self.momentum.setEnabled(bool(self.momentum.property("wanted")))

    def values(self) -> dict[str, Any]:
        """What is set, by the names of `TrainingConfig`."""
        return {
            "schedule": self.schedule.currentData(),
            "momentum": self.momentum.value() if self.momentum.property("wanted") else 0.0,
            "label_smoothing": self.label_smoothing.value(),
            "patience": self.patience.value(),
            "class_weights": self.class_weights.isChecked(),
            "deterministic": self.deterministic.isChecked(),
        }

    def set_value(self, name: str, value: Any) -> None:
        """Set one of the fields."""
        field = self.fields[name]
        if isinstance(field, Choice):
            field.choose(value)
        elif isinstance(field, Switch):
            field.setChecked(bool(value))
        elif isinstance(field, Number):
            field.setValue(value)
        elif isinstance(field, Decimal):
            field.set_value(value)

    def _say(self) -> None:
        self.button.set_texts(
            tr("Less") if self.button.isChecked() else tr("More"),
            tr("Learning-rate schedule, momentum, smoothing, early stopping, rare classes, exact repetition"),
        )

    def retranslate(self) -> None:
        """Set every text anew."""
        self._say()
        for index in range(self.schedule.count()):
            words, tip = schedule_words(self.schedule.itemData(index))
            self.schedule.setItemText(index, words)
            self.schedule.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.patience.setSpecialValueText(tr("never"))
        captions = {
            self.schedule: (tr("Course of the learning rate"), tr("How the learning rate changes as the run goes on")),
            self.momentum: (
                tr("Momentum"),
                tr("The share of the last correction that goes into the next, 0 to 0.999; of SGD alone"),
            ),
            self.label_smoothing: (
                tr("Label smoothing"),
                tr("The share of each target that is spread over all classes, 0 to 0.5; less certain answers"),
            ),
            self.patience: (
                tr("Stop early after … epochs without gain"),
                tr("The run ends when so many epochs have brought nothing better; 0 for never"),
            ),
            self.class_weights: (
                tr("Rare classes count for more"),
                tr("Each class counts as much in all as any other, however few samples it has"),
            ),
            self.deterministic: (
                tr("Exactly repeatable"),
                tr("The same settings give the same weights to the last bit on the same computer; slower"),
            ),
        }
        for field, (caption, tip) in captions.items():
            self.captions[field].setText(caption)
            self.captions[field].setToolTip(tip)
            field.setToolTip(tip)
            field.setAccessibleName(caption)
            field.setAccessibleDescription(tip)
