"""What stands where a picture will be: the next step, in words and as a button."""

from enum import Enum, auto

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Button, Label


class State(Enum):
    """What is going on with a picture."""

    EMPTY = auto()
    """There is no picture at all."""
    WAITING = auto()
    READING = auto()
    READ = auto()
    STOPPED = auto()
    FAILED = auto()


class PictureState(QWidget):
    """A sentence, some help, and the button for the next step.

    Signals:
        openWanted: The user wants to open pictures.
        againWanted: The user wants the picture to be read again.
    """

    openWanted = Signal()
    againWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = State.EMPTY
        self._error: RecognizerError | None = None
        self._icon = Label()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._what = Label("strong", wraps=True)
        self._what.setObjectName("readStateText")
        self._what.setStyleSheet("font-size: 13pt;")
        self._help = Label("secondary", wraps=True)
        self._help.setObjectName("readStateHelp")
        for label in (self._what, self._help):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setMaximumWidth(460)
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._action = Button(role="primary")
        self._action.setObjectName("readStateButton")
        self._action.clicked.connect(self._on_action)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self._icon)
        for widget in (self._what, self._help):
            line = QHBoxLayout()
            line.addStretch(1)
            line.addWidget(widget, 100)
            line.addStretch(1)
            column.addLayout(line)
        column.addSpacing(4)
        column.addWidget(self._action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self.retranslate()

    def state(self) -> State:
        """What is shown."""
        return self._state

    def show_state(self, state: State, error: RecognizerError | None = None) -> None:
        """Show `state`; `error` says why a picture could not be read."""
        self._state, self._error = state, error
        self.retranslate()

    def _on_action(self) -> None:
        if self._state == State.EMPTY:
            self.openWanted.emit()
        else:
            self.againWanted.emit()

    def retranslate(self) -> None:
        """Set every text anew."""
        what, help_text, caption, tip = self._texts()
        self._what.setText(what)
        self._help.setText(help_text)
        self._help.setVisible(bool(help_text))
        self._action.setVisible(bool(caption))
        self._action.set_texts(caption, tip)
        self._icon.setVisible(self._state == State.EMPTY)
        self._paint_icon()

    def _texts(self) -> tuple[str, str, str, str]:
        """What happened, what can be done, and the button's caption and tooltip."""
        if self._state == State.EMPTY:
            return (
                tr("Open, paste or drop a picture of handwritten numbers"),
                tr("Photos of paper or of a board, scans, screenshots; one or many."),
                tr("Open pictures…"),
                tr("Read the numbers in pictures"),
            )
        if self._state == State.WAITING:
            return tr("This picture waits for its turn"), "", "", ""
        if self._state == State.READING:
            return tr("The picture is being read…"), "", "", ""
        if self._state == State.STOPPED:
            return tr("This picture has not been read"), "", tr("Read it"), tr("Read this picture")
        if self._state == State.FAILED and self._error is not None:
            error = self._error
            help_text = "\n".join(part for part in (error.where, error.fix) if part)
            return error.what, help_text, tr("Try again"), tr("Read this picture again")
        return "", "", "", ""

    def _paint_icon(self) -> None:
        self._icon.setPixmap(theme.pixmap("read", theme.colors().secondary, 56))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icon()
        super().changeEvent(event)
