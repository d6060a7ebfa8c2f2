"""The tools below the canvas: the pen's width, eraser, undo, redo, clear."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Label
from recognizer.gui.widgets.canvas import PaintCanvas


class DrawTools(QWidget):
    """Changes a canvas.

    Args:
        canvas: The canvas.
        width: Of the pen, logical pixels.

    Signals:
        penWidthChanged: The new width, logical pixels.
    """

    penWidthChanged = Signal(int)

    def __init__(self, canvas: PaintCanvas, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        stack = canvas.undo_stack
        self._pen = QSlider(Qt.Orientation.Horizontal)
        self._pen.setObjectName("penWidthSlider")
        self._pen.setRange(4, 60)
        self._pen.setMinimumWidth(50)
        self._pen.setMaximumWidth(130)
        self._pen_label = Label("secondary")
        self._pen_label.setBuddy(self._pen)
        self._eraser = tool("eraserButton", "eraser", "E")
        self._eraser.setCheckable(True)
        self._eraser.toggled.connect(canvas.set_erasing)
        self._undo = tool("undoButton", "undo", QKeySequence.StandardKey.Undo)
        self._undo.clicked.connect(canvas.undo)
        self._redo = tool("redoButton", "redo", QKeySequence.StandardKey.Redo)
        self._redo.clicked.connect(canvas.redo)
        self._clear = tool("clearButton", "clear", "Del")
        self._clear.clicked.connect(lambda: canvas.clear())
        stack.canUndoChanged.connect(self._undo.setEnabled)
        stack.canRedoChanged.connect(self._redo.setEnabled)
        self._undo.setEnabled(False)
        self._redo.setEnabled(False)
        self._pen.setValue(width)
        self._on_pen_width(self._pen.value())
        self._pen.valueChanged.connect(self._on_pen_width)
        line = QHBoxLayout(self)
        line.setContentsMargins(6, 0, 6, 0)
        line.setSpacing(8)
        line.addWidget(self._pen_label)
        line.addWidget(self._pen, 1)
        line.addStretch(1)
        for button in (self._eraser, self._undo, self._redo, self._clear):
            line.addWidget(button)

    def widen_pen(self, by: int) -> None:
        """Change the pen's width by so many logical pixels."""
        self._pen.setValue(self._pen.value() + by)

    def _on_pen_width(self, width: int) -> None:
        self._pen_label.setText(tr("Pen {width}", width=width))
        self._canvas.set_pen_width(width)
        self.penWidthChanged.emit(width)

    def set_compact(self, is_compact: bool) -> None:
        """Leave the captions out, where there is little room."""
        for button in (self._eraser, self._undo, self._redo, self._clear):
            button.set_compact(is_compact)

    def retranslate(self) -> None:
        """Set the texts anew."""
        self._pen_label.setText(tr("Pen {width}", width=self._pen.value()))
        self._pen.setToolTip(tr("Width of the pen on the canvas ([ and ]); the model sees a line of its own width"))
        self._pen.setAccessibleName(tr("Width of the pen"))
        self._eraser.set_texts(tr("Eraser"), tr("Take whole strokes away"))
        self._undo.set_texts(tr("Undo"), tr("Take the last step back"))
        self._redo.set_texts(tr("Redo"), tr("Do the last undone step again"))
        self._clear.set_texts(tr("Clear"), tr("Empty the canvas"))


def tool(object_name: str, icon_name: str, keys: str | QKeySequence.StandardKey) -> Button:
    """A button beside the canvas."""
    button = Button(icon_name)
    button.setObjectName(object_name)
    button.set_keys(keys)
    # A button that takes the focus from the canvas at a click would take its keys as well.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
