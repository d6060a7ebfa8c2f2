"""The rail of pages at the left of the window."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QButtonGroup, QFrame, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from recognizer.gui import theme
from recognizer.gui.widgets.basics import add_keys, with_keys


class PageBar(QFrame):
    """One button a page, and a few with menus at the bottom.

    Signals:
        currentChanged: The index of the page that was chosen.
    """

    currentChanged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pageBar")
        self.setProperty("role", "rail")
        self.setFixedWidth(88)
        self._group = QButtonGroup(self)
        self._group.idToggled.connect(self._on_toggled)
        self._icons: list[str] = []
        self._pages = QVBoxLayout()
        self._pages.setSpacing(8)
        self._menus: dict[QToolButton, str] = {}
        self._footer = QVBoxLayout()
        self._footer.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 20, 10, 14)
        layout.addLayout(self._pages)
        layout.addStretch(1)
        layout.addLayout(self._footer)

    def add(self, object_name: str, icon_name: str) -> QToolButton:
        """Add a page's button, opened by Ctrl and its number."""
        button = QToolButton(self)
        button.setObjectName(object_name)
        button.setProperty("role", "page")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(24, 24))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        add_keys(button, f"Ctrl+{len(self._icons) + 1}")
        self._group.addButton(button, len(self._icons))
        self._icons.append(icon_name)
        self._pages.addWidget(button)
        self._refresh_icons()
        return button

    def add_menu(self, object_name: str, icon_name: str) -> QToolButton:
        """Add a button with a menu at the bottom."""
        button = QToolButton(self)
        button.setObjectName(object_name)
        button.setProperty("role", "flat")
        button.setIconSize(QSize(22, 22))
        button.setFixedSize(68, 36)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(QMenu(button))
        self._menus[button] = icon_name
        self._footer.addWidget(button)
        self._refresh_icons()
        return button

    def set_text(self, index: int, text: str, tip: str) -> None:
        """Name the page `index`."""
        button = self._group.button(index)
        button.setText(text)
        button.setToolTip(with_keys(tip, QKeySequence(f"Ctrl+{index + 1}")))

    def count(self) -> int:
        """How many pages there are."""
        return len(self._icons)

    def currentIndex(self) -> int:
        """The page that is open."""
        return self._group.checkedId()

    def setCurrentIndex(self, index: int) -> None:
        """Open the page `index`."""
        self._group.button(index).setChecked(True)

    def _on_toggled(self, index: int, is_checked: bool) -> None:
        self._refresh_icons()
        if is_checked:
            self.currentChanged.emit(index)

    def _refresh_icons(self) -> None:
        now = theme.colors()
        for index, name in enumerate(self._icons):
            button = self._group.button(index)
            button.setIcon(theme.icon(name, now.accent if button.isChecked() else now.secondary))
        for menu_button, name in self._menus.items():
            menu_button.setIcon(theme.icon(name))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._refresh_icons()
        super().changeEvent(event)
