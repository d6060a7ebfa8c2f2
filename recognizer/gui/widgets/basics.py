"""The small parts that every page is made of."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from recognizer.gui import theme

MARGIN: Final = 20
"""Space inside a card and around a page, logical pixels."""
GAP: Final = 14
"""Space between cards."""


class Label(QLabel):
    """A text that is never taken for HTML.

    Args:
        role: `title`, `subtitle`, `heading`, `strong`, `secondary`, `wrong`, `doubt`, `sure` or none.
        wraps: Whether long text goes on in the next line.
    """

    def __init__(self, role: str = "", *, wraps: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        if role:
            self.setProperty("role", role)

    def set_role(self, role: str) -> None:
        """Change what the text is for, and so its colour."""
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)


class Card(QFrame):
    """A rounded panel with an optional heading; `body` is the layout to fill."""

    def __init__(self, parent: QWidget | None = None, *, margin: int = 16) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margin, margin - 2, margin, margin)
        self.body.setSpacing(8)
        self.heading = Label("heading")
        self.heading.hide()
        self.body.addWidget(self.heading)

    def set_heading(self, text: str) -> None:
        """Show `text` above the card's content."""
        self.heading.setText(text)
        self.heading.setVisible(bool(text))


class Button(QPushButton):
    """A push button with an icon that follows the theme and a tooltip that names its shortcut.

    Args:
        icon_name: A file of `resources/icons`, or none.
        role: `primary`, `flat` or none.
    """

    def __init__(self, icon_name: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._keys = QKeySequence()
        self._caption = ""
        self._is_compact = False
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(18, 18))
        self.refresh_icon()

    def set_keys(self, keys: str | QKeySequence.StandardKey) -> None:
        """Click the button by `keys`, at once, while it can be seen."""
        self._keys = add_keys(self, keys)

    def set_texts(self, text: str, tip: str) -> None:
        """Set caption and tooltip; the keys, where there are any, are added to the tooltip."""
        self._caption = text
        self.setText("" if self._is_compact else text)
        self.setToolTip(with_keys(tip, self._keys))
        self.setAccessibleName(text or tip)

    def set_compact(self, is_compact: bool) -> None:
        """Show the icon alone, where there is little room."""
        self._is_compact = is_compact
        self.setText("" if is_compact else self._caption)

    def refresh_icon(self) -> None:
        """Paint the icon in the theme's colour."""
        if self._icon_name:
            self.setIcon(theme.icon(self._icon_name, theme.colors().text, 18))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.refresh_icon()
        super().changeEvent(event)


def scrolled(content: QWidget) -> QScrollArea:
    """`content` in an area that scrolls up and down where there is too little room."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area


def add_keys(button: QAbstractButton, keys: str | QKeySequence.StandardKey) -> QKeySequence:
    """Click `button` by `keys`, wherever the focus is, while the button can be seen.

    A button's own shortcut would click a tenth of a second later, and would be lost with each new caption.
    """
    sequence = QKeySequence(keys)
    QShortcut(sequence, button).activated.connect(button.click)
    return sequence


def with_keys(tip: str, keys: QKeySequence) -> str:
    """A tooltip that names the keys."""
    shown = keys.toString(QKeySequence.SequenceFormat.NativeText)
    return f"{tip} ({shown})" if shown else tip


class Page(QWidget):
    """One page of the window: a title, a line of help, `tools` at the right of them, `body` below.

    A page sets every text in `retranslate`, which is called once at the end of its making and at each change of
    language.
    """

    icon_name = ""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label("title")
        self.subtitle = Label("subtitle")
        self.subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        self.tools = QHBoxLayout()
        self.tools.setSpacing(8)
        header = QHBoxLayout()
        header.addLayout(words, 1)
        header.addLayout(self.tools)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN + 4, MARGIN - 4, MARGIN + 4, MARGIN - 4)
        outer.setSpacing(GAP)
        outer.addLayout(header)
        self.body = QVBoxLayout()
        self.body.setSpacing(GAP)
        outer.addLayout(self.body, 1)

    def name(self) -> str:
        """The page's short name for the rail, in the user's language."""
        raise NotImplementedError

    def retranslate(self) -> None:
        """Set every text anew in the current language."""
        raise NotImplementedError

    def shown(self) -> None:
        """The page has been opened."""

    def busy_with(self) -> str:
        """What closing the window would interrupt, a sentence; empty where nothing."""
        return ""
