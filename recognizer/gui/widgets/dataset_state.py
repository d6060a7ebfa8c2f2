"""What stands where the samples will be: why there are none yet, and the next step."""

from enum import Enum, auto

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label


class State(Enum):
    """Why no samples are shown."""

    IDLE = auto()
    ABSENT = auto()
    LOADING = auto()
    STOPPED = auto()
    FAILED = auto()
    NOTHING_FOUND = auto()
    EMPTY = auto()
    """The user has not kept anything yet."""
    VACANT = auto()
    """A dataset of the library without samples."""
    NONE_DELETED = auto()


class DatasetState(QWidget):
    """A sentence, a progress bar while something goes on, and the button for the next step.

    Signals:
        wanted: The user wants the dataset: download, load or try again.
        cancelWanted: The user wants to stop the loading.
        clearWanted: The user wants the filter gone.
        drawWanted: The user wants to draw something to keep.
        importWanted: The user wants to bring samples in.
    """

    wanted = Signal()
    cancelWanted = Signal()
    clearWanted = Signal()
    drawWanted = Signal()
    importWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = State.IDLE
        self._title = ""
        self._megabytes = 0
        self._error: RecognizerError | None = None
        self._what = Label("strong", wraps=True)
        self._what.setObjectName("datasetStateText")
        self._help = Label("secondary", wraps=True)
        self._help.setObjectName("datasetStateHelp")
        for label in (self._what, self._help):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setMaximumWidth(440)
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._bar = QProgressBar()
        self._bar.setObjectName("datasetProgress")
        self._bar.setTextVisible(False)
        self._bar.setMaximumWidth(320)
        self._action = Button(role="primary")
        self._action.setObjectName("datasetActionButton")
        self._action.clicked.connect(self._on_action)
        self._cancel = Button()
        self._cancel.setObjectName("datasetCancelButton")
        self._cancel.clicked.connect(self.cancelWanted)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._action)
        buttons.addWidget(self._cancel)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        for widget in (self._what, self._help, self._bar):
            line = QHBoxLayout()
            line.addStretch(1)
            line.addWidget(widget, 100)
            line.addStretch(1)
            column.addLayout(line)
        column.addLayout(buttons)
        column.addStretch(3)
        self.retranslate()

    def state(self) -> State:
        """What is shown."""
        return self._state

    def show_state(
        self, state: State, title: str = "", *, error: RecognizerError | None = None, megabytes: int = 0
    ) -> None:
        """Show `state` of the dataset called `title`.

        Args:
            state: Why there are no samples.
            title: What people call the dataset.
            error: Why loading failed.
            megabytes: What a download takes; 0 where it is not known.
        """
        self._state, self._title, self._error, self._megabytes = state, title, error, megabytes
        if state == State.LOADING:
            self._bar.setRange(0, 0)
        self.retranslate()

    def set_title(self, title: str) -> None:
        """Call the dataset `title`, after a change of language."""
        self._title = title

    def set_progress(self, done: int, total: int, message: str) -> None:
        """Show how far loading is; `total` 0 means that it is not known."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        share = f" · {100 * done // total} %" if total else ""
        self._help.setText(f"{message}{share}")
        self._help.setVisible(True)

    def _on_action(self) -> None:
        if self._state in (State.NOTHING_FOUND, State.NONE_DELETED):
            self.clearWanted.emit()
        elif self._state == State.VACANT:
            self.importWanted.emit()
        elif self._state == State.EMPTY:
            self.drawWanted.emit()
        else:
            self.wanted.emit()

    def retranslate(self) -> None:
        """Set every text anew."""
        what, help_text, caption, tip = self._texts()
        self._what.setText(what)
        self._help.setText(help_text)
        self._help.setVisible(bool(help_text))
        self._action.setVisible(bool(caption))
        if caption:
            self._action.set_texts(caption, tip)
        is_loading = self._state == State.LOADING
        self._bar.setVisible(is_loading)
        self._bar.setToolTip(tr("How far loading is"))
        self._bar.setAccessibleName(tr("How far loading is"))
        self._cancel.setVisible(is_loading)
        self._cancel.set_texts(tr("Cancel"), tr("Stop loading the dataset"))

    def _texts(self) -> tuple[str, str, str, str]:
        """What happened, what can be done, and the button's caption and tooltip."""
        title = self._title
        if self._state == State.ABSENT:
            size = tr("The download takes {megabytes} MB.", megabytes=self._megabytes) if self._megabytes else ""
            kept = tr("It is needed once and kept in the profile.")
            return (
                tr("{title} is not on this computer yet", title=title),
                f"{size} {kept}".strip(),
                tr("Download"),
                tr("Download {title} and show it", title=title),
            )
        if self._state == State.LOADING:
            return tr("{title} is being loaded", title=title), "", "", ""
        if self._state == State.STOPPED:
            return (
                tr("Loading {title} was stopped", title=title),
                tr("Load it again, or choose another dataset on the left."),
                tr("Load"),
                tr("Load {title} from the beginning", title=title),
            )
        if self._state == State.FAILED:
            error = self._error
            parts = [f"{part}." for part in (error.what, error.fix) if part] if error else []
            return (
                tr("{title} could not be loaded", title=title),
                " ".join(parts),
                tr("Try again"),
                tr("Load {title} again", title=title),
            )
        if self._state == State.NOTHING_FOUND:
            return (
                tr("No sample fits the filter"),
                tr("Widen the filter, or show everything again."),
                tr("Show all"),
                tr("Clear the filter"),
            )
        if self._state == State.EMPTY:
            return (
                tr("You have not kept anything yet"),
                tr(
                    "Draw a symbol and say what it is, right or wrong: it is kept here. From ten samples on, a model "
                    "can learn your handwriting on the Train page."
                ),
                tr("Draw"),
                tr("Open the Draw page"),
            )
        if self._state == State.VACANT:
            return (
                tr("{title} has no samples yet", title=title),
                tr("Drop pictures, folders or data files here, print a sheet to write on, or copy another dataset."),
                tr("Import…"),
                tr("Bring samples in"),
            )
        if self._state == State.NONE_DELETED:
            return (
                tr("No deleted samples"),
                tr("What is deleted stays here for 30 days and can be brought back."),
                tr("Show the samples"),
                tr("Go back to the samples of the dataset"),
            )
        return "", "", "", ""
