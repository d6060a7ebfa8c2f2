"""What the dialogs of the Library page have in common: their frame, a message in it, and a bar of progress."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QProgressBar,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.dialogs.job import Job
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, MARGIN, Button, Card, Label, scrolled

SMALLEST: Final = QSize(640, 420)
_EDGE: Final = 12
"""What stays free of the window below, logical pixels on each side."""
_STEPS: Final = 1000
_SCROLL_BAR: Final = 10
"""What it takes, logical pixels."""


class Notice(QFrame):
    """Says inside a dialog what went wrong, where, and what to do; Copy puts all three on the clipboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialogProblem")
        self.setProperty("role", "banner")
        self._what = Label("strong", wraps=True)
        self._what.setObjectName("dialogProblemText")
        self._rest = Label("secondary", wraps=True)
        self._rest.setObjectName("dialogProblemDetail")
        copy = Button("copy", role="flat")
        copy.setObjectName("dialogProblemCopyButton")
        copy.set_texts("", tr("Copy the message"))
        copy.clicked.connect(self._copy)
        close = Button("close", role="flat")
        close.setObjectName("dialogProblemCloseButton")
        close.set_texts("", tr("Close the message"))
        close.clicked.connect(self.hide)
        for button in (copy, close):
            button.setAutoDefault(False)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._rest)
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 8, 8, 8)
        line.addLayout(words, 1)
        line.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_error(self, error: RecognizerError) -> None:
        """Show `error` until it is closed or another one comes."""
        self._what.setText(error.what)
        self._rest.setText("\n".join(part for part in (error.where, error.fix) if part))
        self._rest.setVisible(bool(error.where or error.fix))
        self.show()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._what.text()}\n{self._rest.text()}".strip())


class ProgressLine(QWidget):
    """What is being done, a bar, how far it is, and a button that stops it.

    Signals:
        cancelWanted: The button was clicked.
    """

    cancelWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status = Label("strong", wraps=True)
        self._status.setObjectName("dialogStatus")
        self._count = Label("secondary")
        self._count.setObjectName("dialogCount")
        self.bar = QProgressBar()
        self.bar.setObjectName("dialogProgress")
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("How far it is"))
        self._cancel = Button()
        self._cancel.setObjectName("dialogCancelButton")
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self._on_cancel)
        words = QHBoxLayout()
        words.addWidget(self._status, 1)
        words.addWidget(self._count, 0, Qt.AlignmentFlag.AlignBottom)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self.bar, 1)
        below.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(words)
        column.addLayout(below)
        self.begin("")

    def begin(self, message: str, tip: str = "") -> None:
        """Say what begins; how long it takes is not known yet."""
        self.bar.setRange(0, 0)
        self._status.setText(message)
        self._count.setText("")
        self._cancel.setEnabled(True)
        self._cancel.set_texts(tr("Cancel"), tip or tr("Stop; nothing is changed"))

    def show_progress(self, done: int, total: int, message: str) -> None:
        """Say how far it is; a total of 0 is not known."""
        if total > 0:
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round(_STEPS * min(done, total) / total))
            self._count.setText(tr("{done:,} of {total:,}", done=min(done, total), total=total))
        else:
            self.bar.setRange(0, 0)
            self._count.setText(f"{done:,}" if done else "")
        if message:
            self._status.setText(message)

    def show_stopping(self) -> None:
        """Say that it was asked to stop."""
        self._cancel.setEnabled(False)
        self._status.setText(tr("Stopping…"))

    def _on_cancel(self) -> None:
        self.show_stopping()
        self.cancelWanted.emit()


class SideCard(Card):
    """A card with a column of fields, which scrolls up and down where there is too little room, but not sideways.

    Args:
        column: What is in it.
        width: How wide it is where its texts do not need more, logical pixels.
    """

    def __init__(self, column: QLayout, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width = width
        self._content = QWidget()
        column.setContentsMargins(0, 0, 4, 0)
        self._content.setLayout(column)
        self.body.addWidget(scrolled(self._content), 1)
        self.fit()

    def fit(self) -> None:
        """Take the width that the texts need."""
        margins = self.body.contentsMargins()
        needed = self._content.minimumSizeHint().width() + _SCROLL_BAR + margins.left() + margins.right() + 2
        self.setFixedWidth(max(self._width, needed))


class Dialog(QDialog):
    """A window-modal dialog: a title, the next step in words, `body`, and a line of buttons with `footer` at its left.

    It deletes itself when it is closed. Open it with `open()` or `show()`.

    Args:
        session: The window's.
        name: Its object name.
        size: How large it is where there is room.
    """

    def __init__(self, session: Session, name: str, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.session = session
        self._size = size
        self._title_label = Label("title")
        self._title_label.setObjectName("dialogTitle")
        self._step_label = Label("subtitle", wraps=True)
        self._step_label.setObjectName("dialogStep")
        self.notice = Notice()
        self.body = QVBoxLayout()
        self.body.setSpacing(GAP)
        self.footer = QHBoxLayout()
        self.footer.setSpacing(8)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addLayout(self.footer, 1)
        line.addLayout(self._buttons)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title_label)
        words.addWidget(self._step_label)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, MARGIN - 6, MARGIN, MARGIN - 4)
        outer.setSpacing(12)
        outer.addLayout(words)
        outer.addWidget(self.notice)
        outer.addLayout(self.body, 1)
        outer.addLayout(line)
        self.setMinimumSize(SMALLEST)

    def set_heading(self, title: str) -> None:
        """Name the dialog, in its window's frame too."""
        self._title_label.setText(title)
        self.setWindowTitle(title)
        self.setAccessibleName(title)

    def say_step(self, text: str) -> None:
        """Say what can be done now."""
        self._step_label.setText(text)
        self.setAccessibleDescription(text)

    def add_button(
        self, name: str, text: str, tip: str, clicked: Callable[[], object], *, role: str = "", takes_enter: bool = True
    ) -> Button:
        """Add a button at the right of those that there are.

        Args:
            name: Its object name.
            text: Its caption.
            tip: Its tooltip.
            clicked: Called when it is clicked.
            role: `primary` or none.
            takes_enter: Whether Enter in a field clicks it where it is the primary one.
        """
        button = Button(role=role)
        button.setObjectName(name)
        button.set_texts(text, tip)
        is_default = role == "primary" and takes_enter
        button.setAutoDefault(is_default)
        button.setDefault(is_default)
        button.clicked.connect(lambda: clicked())
        self._buttons.addWidget(button)
        return button

    def job(self) -> Job:
        """Background work; a failure is shown in the dialog."""
        made = Job(self.session, self)
        made.failed.connect(self.notice.show_error)
        return made

    def sizeHint(self) -> QSize:
        """As large as is wanted, but within the window below."""
        size = QSize(self._size)
        above = self.parentWidget()
        if above is not None:
            room = above.window().size() - QSize(2 * _EDGE, 2 * _EDGE)
            size = size.boundedTo(room)
        return size.expandedTo(self.minimumSize())

    def showEvent(self, event: QShowEvent) -> None:
        """Take the wanted size at first."""
        for card in self.findChildren(SideCard):
            card.fit()
        if not event.spontaneous() and not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            self.resize(self.sizeHint())
        super().showEvent(event)

    def is_busy(self) -> bool:
        """Whether closing now would cut off something that has to come to an end in order."""
        return False

    def stop(self) -> None:
        """Ask what makes the dialog busy to give up."""

    def reject(self) -> None:
        """Close, or stop what is under way: closing is for the second time."""
        if self.is_busy():
            self.stop()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """As Escape."""
        if self.is_busy():
            event.ignore()
            self.stop()
        else:
            super().closeEvent(event)


def headed(text: str, *widgets: QWidget, spacing: int = 5) -> QVBoxLayout:
    """`widgets` below a caption; the first is what a screen reader names by it."""
    heading = Label("secondary", wraps=True)
    heading.setText(text)
    heading.setBuddy(widgets[0])
    if not widgets[0].accessibleName():
        widgets[0].setAccessibleName(text)
    column = QVBoxLayout()
    column.setSpacing(spacing)
    column.addWidget(heading)
    for widget in widgets:
        column.addWidget(widget)
    return column


def number_field(name: str, low: int, high: int, value: int) -> QSpinBox:
    """A field for a whole number.

    Args:
        name: Its object name.
        low, high: The range.
        value: At first.
    """
    field = QSpinBox()
    field.setObjectName(name)
    field.setRange(low, high)
    field.setValue(value)
    # What the style sheet says of padding does not reach the text.
    field.lineEdit().setTextMargins(8, 0, 0, 0)
    return field


def typed_chooser(name: str) -> tuple[QComboBox, QLineEdit]:
    """A chooser in whose field something else can be typed, and that field; `name` is the chooser's object name."""
    chooser = QComboBox()
    chooser.setObjectName(name)
    chooser.setEditable(True)
    chooser.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    chooser.setMinimumContentsLength(6)
    field = chooser.lineEdit()
    assert field is not None
    return chooser, field


def elastic(label: Label) -> Label:
    """`label` as wide as there is room, however long its text."""
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def sentences(said: Sequence[str]) -> str:
    """Sentences one after the other, as the language has it."""
    text = ""
    for sentence in said:
        text = tr("{before} {sentence}", before=text, sentence=sentence) if text else sentence
    return text


def open_folder(path: Path) -> None:
    """Show the folder of the file `path`, or the folder `path` itself, in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))
