"""The card with the picture: its name, the picture itself or the next step, its tools, and how far reading is."""

from collections.abc import Collection
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QStackedWidget, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.picture_view import PictureView
from recognizer.gui.widgets.reading_marks import Mark, mark_name, mark_pen
from recognizer.gui.widgets.reading_state import PictureState

_NARROW: Final = 470
"""The width, logical pixels, below which the tools have no captions."""


class PictureBoard(Card):
    """Shows a picture with its tools; what they do is the page's business.

    Signals:
        closeWanted: The picture should be closed.
        nextDoubtfulWanted: The next symbol that somebody should look at is wanted.
        cancelWanted: Reading should end.
    """

    closeWanted = Signal()
    nextDoubtfulWanted = Signal()
    cancelWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=12)
        self._name = ""
        self._counts = (0, 0)
        self._progress = (0, 0)
        self.view = PictureView()
        self.state = PictureState()
        self._title = _ElidedLabel()
        self._title.setObjectName("readPictureName")
        self._summary = Label("secondary")
        self._summary.setObjectName("readSummary")
        self._close = self._tool("readCloseButton", "close", "Ctrl+W", role="flat")
        self._close.clicked.connect(self.closeWanted)
        self._zoom_out = self._tool("readZoomOutButton", "zoom-out", QKeySequence.StandardKey.ZoomOut, role="flat")
        self._zoom_out.clicked.connect(self.view.zoom_out)
        self._fit = self._tool("readFitButton", "fit", "Ctrl+0", role="flat")
        self._fit.clicked.connect(self.view.fit)
        self._zoom_in = self._tool("readZoomInButton", "zoom-in", QKeySequence.StandardKey.ZoomIn, role="flat")
        self._zoom_in.clicked.connect(self.view.zoom_in)
        self.undo = self._tool("readUndoButton", "undo", QKeySequence.StandardKey.Undo, role="flat")
        self.redo = self._tool("readRedoButton", "redo", QKeySequence.StandardKey.Redo, role="flat")
        self._next = self._tool("readNextDoubtfulButton", "doubt", "F3")
        self._next.clicked.connect(self.nextDoubtfulWanted)
        self._legend = _Legend()
        self._bar = QProgressBar()
        self._bar.setObjectName("readProgress")
        self._bar.setTextVisible(False)
        self._bar_text = Label("secondary")
        self._bar_text.setObjectName("readProgressText")
        self._cancel = Button()
        self._cancel.setObjectName("readCancelButton")
        self._cancel.clicked.connect(self.cancelWanted)
        self._lay_out()
        self.view.zoomChanged.connect(self._on_zoom_changed)
        self.show_state()
        self.set_progress(0, 0)

    def _tool(
        self, object_name: str, icon_name: str, keys: str | QKeySequence.StandardKey = "", role: str = ""
    ) -> Button:
        button = Button(icon_name, role)
        button.setObjectName(object_name)
        button.set_keys(keys)
        # A button that takes the focus from the picture at a click would take its keys as well.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(4, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._summary)
        head.addWidget(self._close)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.state)
        self._stack.addWidget(self.view)
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(6)
        for button in (self._next, self.undo, self.redo, self._zoom_out, self._fit, self._zoom_in):
            tools.addWidget(button)
        tools.addStretch(1)
        tools.addWidget(self._legend)
        self._progress_row = QWidget()
        row = QHBoxLayout(self._progress_row)
        row.setContentsMargins(4, 0, 0, 0)
        row.addWidget(self._bar_text)
        row.addWidget(self._bar, 1)
        row.addWidget(self._cancel)
        self.body.addWidget(self._head)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._progress_row)
        self.body.addWidget(self._tools)

    def show_picture(self) -> None:
        """Show the picture."""
        self._stack.setCurrentWidget(self.view)
        self._tools.show()

    def show_state(self) -> None:
        """Show the next step instead of a picture."""
        self._stack.setCurrentWidget(self.state)
        self._tools.hide()

    def is_showing_picture(self) -> bool:
        """Whether a picture is shown."""
        return self._stack.currentWidget() is self.view

    def set_name(self, name: str) -> None:
        """Say which picture it is; none where `name` is empty."""
        self._name = name
        self._head.setVisible(bool(name))
        self._title.set_whole(name)

    def set_counts(self, symbols: int, doubtful: int) -> None:
        """Say how many symbols there are, and how many somebody should look at; -1 where they are not known."""
        self._counts = (symbols, doubtful)
        self._next.setEnabled(doubtful > 0)
        self._say_counts()
        self._fit_tools()

    def set_marks(self, marks: Collection[Mark]) -> None:
        """Explain the lines of `marks`."""
        self._legend.set_marks([mark for mark in Mark if mark in marks])
        self._fit_tools()

    def set_progress(self, done: int, total: int) -> None:
        """Say how many of how many pictures have been read; 0 of 0 when there is nothing to do."""
        self._progress = (done, total)
        self._progress_row.setVisible(total > 0)
        self._bar.setRange(0, total if total > 1 else 0)
        self._bar.setValue(done)
        self._say_progress()

    def set_drop(self, is_over: bool) -> None:
        """Show that what is dragged over the page can be dropped."""
        self.setProperty("drop", is_over)
        self.style().unpolish(self)
        self.style().polish(self)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.state.retranslate()
        self.view.setAccessibleName(tr("Picture with a box on each symbol"))
        self._title.setAccessibleName(tr("Name of the picture"))
        self._close.set_texts("", tr("Close the picture"))
        self._zoom_out.set_texts("", tr("Smaller; so does the wheel"))
        self._fit.set_texts("", tr("Show the whole picture"))
        self._zoom_in.set_texts("", tr("Larger; so does the wheel"))
        self.undo.set_texts("", tr("Take the last correction back"))
        self.redo.set_texts("", tr("Make the last undone correction again"))
        self._bar.setToolTip(tr("How far reading is"))
        self._bar.setAccessibleName(tr("How far reading is"))
        self._cancel.set_texts(tr("Cancel"), tr("Stop reading; what has been read stays"))
        self._legend.retranslate()
        self._say_counts()
        self._say_progress()

    def _say_counts(self) -> None:
        symbols, doubtful = self._counts
        text = ""
        if symbols >= 0 and self._name:
            text = ntr("{n} symbol", "{n} symbols", symbols)
            if doubtful > 0:
                text = tr("{symbols}, {doubtful} doubtful", symbols=text, doubtful=doubtful)
        self._summary.setText(text)
        caption = tr("Next doubtful ({count})", count=doubtful) if doubtful > 0 else tr("Next doubtful")
        self._next.set_texts(caption, tr("Go to the next symbol that should be looked at (N)"))

    def _say_progress(self) -> None:
        done, total = self._progress
        self._bar_text.setText(tr("{number} of {total}", number=min(done + 1, total), total=total) if total else "")

    def _on_zoom_changed(self, is_fitted: bool) -> None:
        self._fit.setEnabled(not is_fitted)
        self._zoom_out.setEnabled(not is_fitted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what would not fit."""
        super().resizeEvent(event)
        self._fit_tools()

    def _fit_tools(self) -> None:
        self._next.set_compact(self.width() < _NARROW)
        buttons = (self._next, self.undo, self.redo, self._zoom_out, self._fit, self._zoom_in)
        taken = sum(button.sizeHint().width() + 6 for button in buttons) + 2 * 12
        self._legend.setVisible(self.width() >= taken + self._legend.sizeHint().width() + 12)


class _ElidedLabel(Label):
    """A name of which the middle is left out where there is too little room; the tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__("strong")
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_whole(self, text: str) -> None:
        self._whole = text
        self.setToolTip(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = max(0, self.contentsRect().width())
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room))


class _Legend(QWidget):
    """What the lines around symbols mean."""

    def __init__(self) -> None:
        super().__init__()
        self._marks: list[Mark] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_marks(self, marks: list[Mark]) -> None:
        """Explain `marks`, in this order."""
        self._marks = marks
        self.retranslate()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.setAccessibleName(", ".join(mark_name(mark) for mark in self._marks))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """All in a line."""
        return QSize(sum(self._width(mark) for mark in self._marks) + 12 * max(len(self._marks) - 1, 0), 22)

    def _width(self, mark: Mark) -> int:
        return 22 + self.fontMetrics().horizontalAdvance(mark_name(mark))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a small box and a word for each mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        for mark in self._marks:
            painter.setPen(mark_pen(mark, 2))
            box = QRectF(left + 1.5, self.height() / 2 - 6.5, 13, 13)
            painter.drawRoundedRect(box, 3, 3)
            if mark == Mark.CORRECTED:
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "✓")
            painter.setPen(QColor(theme.colors().secondary))
            place = QRectF(left + 20, 0, self._width(mark), self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, mark_name(mark))
            left += self._width(mark) + 12
