"""What can be set of a layer, each in a field of its kind."""

from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Label
from recognizer.gui.widgets.switch import Switch
from recognizer.gui.widgets.training_fields import Choice, Number
from recognizer.training.recipe import LAYERS, Parameter

_STEP: Final = 0.05


class LayerFields(QWidget):
    """The fields of one layer, with what it does above them.

    Signals:
        changed: The layer as it is set now.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: dict[str, Any] | None = None
        self._title = Label("strong")
        self._title.setObjectName("layerTitle")
        self._does = Label("secondary", wraps=True)
        self._does.setObjectName("layerDescription")
        self.fields: dict[str, QWidget] = {}
        self._holder: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self._title)
        self._column.addWidget(self._does)

    def show_entry(self, entry: dict[str, Any] | None) -> None:
        """Show a layer of a recipe, or none."""
        self._entry = None if entry is None else dict(entry)
        if self._holder is not None:
            self._holder.hide()
            self._holder.deleteLater()
            self._holder = None
        self.fields = {}
        kind = LAYERS.get(str(entry.get("type"))) if entry is not None else None
        if entry is None or kind is None:
            self._title.setText("" if entry is None else str(entry.get("type"))[:40])
            self._does.setText(tr("Choose a layer to set it") if entry is None else tr("Remove this layer"))
            return
        title, does = kind.describe()
        self._title.setText(title)
        self._does.setText(f"{does[:1].upper()}{does[1:]}")
        self._holder = QWidget()
        grid = QGridLayout(self._holder)
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, parameter in enumerate(kind.parameters):
            caption, field = Label("secondary"), _field(parameter, entry.get(parameter.name, parameter.usual))
            words, tip = parameter_words(parameter.name)
            caption.setText(words)
            caption.setBuddy(field)
            caption.setToolTip(tip)
            field.setToolTip(tip)
            field.setAccessibleName(words)
            field.setObjectName(f"layer{parameter.name.title().replace('_', '')}Field")
            self.fields[parameter.name] = field
            grid.addWidget(caption, row, 0)
            grid.addWidget(field, row, 1)
            self._listen(parameter.name, field)
        self._column.addWidget(self._holder)

    def _listen(self, name: str, field: QWidget) -> None:
        field.setProperty("parameter", name)
        if isinstance(field, Choice):
            field.currentIndexChanged.connect(self._on_changed)
        elif isinstance(field, Switch):
            field.toggled.connect(self._on_changed)
        elif isinstance(field, Number | QDoubleSpinBox):
            field.valueChanged.connect(self._on_changed)

    def _on_changed(self) -> None:
        field = self.sender()
        if self._entry is None or field is None:
            return
        value: Any = None
        if isinstance(field, Choice):
            value = field.currentData()
        elif isinstance(field, Switch):
            value = field.isChecked()
        elif isinstance(field, Number):
            value = field.value()
        elif isinstance(field, QDoubleSpinBox):
            value = round(field.value(), 4)
        self._entry[str(field.property("parameter"))] = value
        self.changed.emit(dict(self._entry))


def _field(parameter: Parameter, value: Any) -> QWidget:
    """A field for a parameter; a value that it cannot show is shown as the nearest that it can."""
    if parameter.choices:
        choice = Choice("")
        for name in parameter.choices:
            choice.addItem(name, name)
        choice.setCurrentIndex(choice.findData(value))
        return choice
    if isinstance(parameter.usual, bool):
        switch = Switch()
        switch.setChecked(bool(value))
        return switch
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    shown: float = min(max(value, parameter.low), parameter.high) if is_number else parameter.low
    is_share = isinstance(parameter.low, float)
    if is_share:
        share = QDoubleSpinBox()
        share.setRange(parameter.low, parameter.high)
        share.setSingleStep(_STEP)
        share.setValue(shown)
        share.lineEdit().setTextMargins(8, 0, 0, 0)
        return share
    number = Number("", int(parameter.low), int(parameter.high))
    number.setValue(int(shown))
    if parameter.name == "units":
        number.setSpecialValueText(tr("one a class"))
    elif parameter.name == "strides" and parameter.low == 0:
        number.setSpecialValueText(tr("the window's side"))
    return number


def parameter_words(name: str) -> tuple[str, str]:
    """What a parameter is called, and what it means."""
    known = {
        "filters": (tr("Filters"), tr("How many shapes are looked for; as many channels come out")),
        "size": (tr("Window"), tr("The side of the window, pixels")),
        "strides": (tr("Step"), tr("How far the window moves each time, pixels; from 2 on the picture shrinks")),
        "padding": (tr("Edge"), tr("valid: the window stays inside; same: the picture keeps its size at a step of 1")),
        "activation": (tr("Activation"), tr("The function that bends the values at the end")),
        "use_bias": (tr("Bias"), tr("Whether a number that is learnt is added; not needed before BatchNormalization")),
        "units": (tr("Units"), tr("How many values come out; 0 for one a class")),
        "function": (tr("Function"), tr("The function that bends the values")),
        "rate": (tr("Share"), tr("The share of the values that is left out while learning")),
    }
    return known.get(name, (name, ""))
