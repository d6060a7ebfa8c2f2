"""Three shares that are always 100 % together: fields, and a bar whose borders can be dragged."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.dialogs.parts import number_field
from recognizer.gui.widgets.basics import Label
from recognizer.library.dataset import SPLITS, Split, split_name

Shares = tuple[int, int, int]
"""Training, validation and test in percent; their sum is 100."""
_STRENGTHS: Final = (1.0, 0.55, 0.28)
"""How opaque the accent is in which the splits are painted, so that no colour has to be told from another."""
_HIGH: Final = 20
_REACH: Final = 12.0
"""How near to a border the mouse has to be, logical pixels."""
_HANDLE: Final = 4.0


def split_color(split: Split) -> QColor:
    """The colour that stands for `split`, on a card."""
    now = theme.colors()
    accent, card, strength = QColor(now.accent), QColor(now.card), _STRENGTHS[SPLITS.index(split)]
    parts = ((accent.red(), card.red()), (accent.green(), card.green()), (accent.blue(), card.blue()))
    return QColor(*(round(strength * own + (1 - strength) * below) for own, below in parts))


class ShareBar(QWidget):
    """The three shares side by side. The mouse drags the two borders; arrow keys move the one that was moved last.

    Signals:
        changed: The user has moved a border.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("splitBar")
        self._shares: Shares = (80, 10, 10)
        self._border = 0
        self._is_dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Shares of training, validation and test"))
        self.setToolTip(tr("Drag the borders, or move them with the arrow keys"))

    def shares(self) -> Shares:
        """What is shown."""
        return self._shares

    def set_shares(self, shares: Shares) -> None:
        """Show `shares`; nothing is signalled."""
        self._shares = shares
        self.setAccessibleDescription(" · ".join(f"{share} %" for share in shares))
        self.update()

    def border_place(self, border: int) -> QPointF:
        """The middle of a border, 0 or 1."""
        return QPointF(self._left(border), self.height() / 2)

    def _left(self, border: int) -> float:
        return self.width() * sum(self._shares[: border + 1]) / 100

    def _move(self, border: int, percent: int) -> None:
        first, second = self._shares[0], self._shares[0] + self._shares[1]
        if border == 0:
            first = max(0, min(percent, second))
        else:
            second = max(first, min(percent, 100))
        wanted = (first, second - first, 100 - second)
        if wanted != self._shares:
            self.set_shares(wanted)
            self.changed.emit()

    def _border_at(self, x: float) -> int | None:
        distances = [abs(self._left(border) - x) for border in (0, 1)]
        # Where both are in one place, the side of the mouse decides.
        nearest = 1 if distances[1] < distances[0] or (distances[0] == distances[1] and x > self._left(0)) else 0
        return nearest if distances[nearest] <= _REACH else None

    def sizeHint(self) -> QSize:
        """A narrow bar."""
        return QSize(200, _HIGH)

    def minimumSizeHint(self) -> QSize:
        """A short one."""
        return QSize(80, _HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint three parts in one strength of colour each, with a gap at the borders."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QPainterPath()
        whole.addRoundedRect(QRectF(0, 4, self.width(), self.height() - 8), 6, 6)
        painter.setClipPath(whole)
        left = 0.0
        for split, share in zip(SPLITS, self._shares, strict=True):
            wide = self.width() * share / 100
            painter.fillRect(QRectF(left, 0, wide, self.height()), split_color(split))
            left += wide
        painter.setClipping(False)
        now = theme.colors()
        for border in (0, 1):
            is_current = self.hasFocus() and border == self._border
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.text if is_current else now.secondary))
            at = max(_HANDLE / 2, min(self._left(border), self.width() - _HANDLE / 2))
            painter.drawRoundedRect(QRectF(at - _HANDLE / 2, 0, _HANDLE, self.height()), 2, 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the border that is near."""
        border = self._border_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and border is not None:
            self._border, self._is_dragged = border, True
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the border, or show that it can be dragged."""
        x = event.position().x()
        if self._is_dragged:
            self._move(self._border, round(100 * x / max(self.width(), 1)))
        else:
            is_near = self._border_at(x) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if is_near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._is_dragged = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move a border by one percent, up and down choose the other one."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self._move(self._border, sum(self._shares[: self._border + 1]) + steps[key])
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._border = 1 - self._border
            self.update()
        else:
            super().keyPressEvent(event)


class ShareFields(QWidget):
    """The bar, and a field for each share; what is given to one is taken from the others.

    Signals:
        changed: The user has changed the shares.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ShareBar()
        self.fields = tuple(number_field(f"{split}ShareInput", 0, 100, 0) for split in SPLITS)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.bar)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for place, (split, field) in enumerate(zip(SPLITS, self.fields, strict=True)):
            label = Label("secondary")
            label.setText(split_name(split).capitalize())
            label.setBuddy(field)
            field.setSuffix(" %")
            field.setMinimumWidth(64)
            field.setAccessibleName(tr("Share of {split}", split=split_name(split)))
            field.setToolTip(field.accessibleName())
            field.valueChanged.connect(lambda value, at=place: self._on_field(at, value))
            grid.addWidget(label, 0, place)
            grid.addWidget(field, 1, place)
            grid.setColumnStretch(place, 1)
        column.addLayout(grid)
        self.bar.changed.connect(self._on_bar)
        self._show(self.bar.shares())

    def shares(self) -> Shares:
        """Training, validation and test in percent."""
        return self.bar.shares()

    def set_shares(self, shares: Shares) -> None:
        """Show `shares`; nothing is signalled."""
        self._show(shares)

    def _on_bar(self) -> None:
        self._show(self.bar.shares())
        self.changed.emit()

    def _on_field(self, place: int, value: int) -> None:
        self._show(balanced(self.bar.shares(), place, value))
        self.changed.emit()

    def _show(self, shares: Shares) -> None:
        self.bar.set_shares(shares)
        for field, share in zip(self.fields, shares, strict=True):
            field.blockSignals(True)
            field.setValue(share)
            field.blockSignals(False)


def balanced(shares: Shares, place: int, value: int) -> Shares:
    """`shares` with that at `place` changed to `value`, 0 to 100.

    Training gives and takes first, then the other one; where training itself is changed, the test does.
    """
    found = list(shares)
    found[place] = value
    first, second = [(2, 1), (0, 2), (0, 1)][place]
    found[first] = 100 - value - found[second]
    if found[first] < 0:
        found[second] += found[first]
        found[first] = 0
    return found[0], found[1], found[2]
