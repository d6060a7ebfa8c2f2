"""Fields of forms that scroll: the wheel changes one only when it has the focus."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget

_NARROWEST: Final = 60
"""Without it, the field of the largest number decides how wide a form is; logical pixels."""


class Choice(QComboBox):
    """A list to choose from."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def choose(self, data: object) -> None:
        """Choose the item with `data`; one that is not there changes nothing."""
        index = self.findData(data)
        if index >= 0:
            self.setCurrentIndex(index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form unless the list has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Number(QSpinBox):
    """A whole number."""

    def __init__(self, object_name: str, low: int, high: int) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setRange(low, high)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(_NARROWEST)
        # What the style sheet says of padding does not reach the text.
        self.lineEdit().setTextMargins(8, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form unless the field has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Decimal(QLineEdit):
    """A number as it is typed, such as 0.001 or 1e-3; what it may be is checked by whoever takes it."""

    def __init__(self, object_name: str, value: float) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setMinimumWidth(_NARROWEST)
        self.set_value(value)

    def set_value(self, value: float) -> None:
        """Show `value`."""
        self.setText(f"{value:g}")

    def value(self) -> float | str:
        """What was typed, as it stands where it is no number."""
        text = self.text().strip()
        try:
            return float(text)
        except ValueError:
            return text


def mark_wrong(field: QWidget, *, is_wrong: bool) -> None:
    """Give the field the colour of what is wrong, or its usual one."""
    field.setProperty("state", "wrong" if is_wrong else "")
    field.style().unpolish(field)
    field.style().polish(field)
