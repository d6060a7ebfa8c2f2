"""The Draw page: write on the canvas and be read as one writes."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QMimeData, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.session import Session
from recognizer.gui.widgets.answer_card import AnswerCard
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, Page
from recognizer.gui.widgets.canvas import PaintCanvas
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.probability_view import ProbabilityView
from recognizer.gui.workers.inference_worker import Answer, InferenceWorker
from recognizer.gui.workers.task import Task, Work
from recognizer.inference.registry import ModelRecord
from recognizer.library.dataset import DIGITS

PICTURES: Final = "*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff"
_NARROW: Final = 890
"""The width, logical pixels, below which the tools have no captions."""


class DrawPage(Page):
    """Canvas at the left, the answer at the right.

    Args:
        session: What the pages share.
    """

    icon_name = "draw"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._revision = 0
        self._emptied_at = 0
        self._answer: Answer | None = None
        self._records: dict[str, ModelRecord] = {}
        self.canvas = PaintCanvas()
        self.setAcceptDrops(True)
        self._worker = InferenceWorker(self)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(self._on_model_failed)
        self._make_tools()
        self._make_answer()
        self._lay_out()
        self.canvas.drawingChanged.connect(self._read)
        session.models_changed.connect(self._fill_models)
        self.retranslate()
        self._fill_models()
        session.start(self._worker)

    # Making

    def _make_tools(self) -> None:
        stack = self.canvas.undo_stack
        self._pen = QSlider(Qt.Orientation.Horizontal)
        self._pen.setObjectName("penWidthSlider")
        self._pen.setRange(4, 60)
        self._pen.setMinimumWidth(50)
        self._pen.setMaximumWidth(130)
        self._pen_label = Label("secondary")
        self._pen_label.setBuddy(self._pen)
        self._pen.valueChanged.connect(self._on_pen_width)
        self._pen.setValue(self._session.settings.get("pen_width"))
        self._eraser = self._tool("eraserButton", "eraser", "E")
        self._eraser.setCheckable(True)
        self._eraser.toggled.connect(self.canvas.set_erasing)
        self._undo = self._tool("undoButton", "undo", QKeySequence.StandardKey.Undo)
        self._undo.clicked.connect(self.canvas.undo)
        self._redo = self._tool("redoButton", "redo", QKeySequence.StandardKey.Redo)
        self._redo.clicked.connect(self.canvas.redo)
        self._clear = self._tool("clearButton", "clear", "Del")
        self._clear.clicked.connect(self.canvas.clear)
        self._open = self._tool("openImageButton", "open", QKeySequence.StandardKey.Open)
        self._open.clicked.connect(self._choose_picture)
        stack.canUndoChanged.connect(self._undo.setEnabled)
        stack.canRedoChanged.connect(self._redo.setEnabled)
        self._undo.setEnabled(False)
        self._redo.setEnabled(False)
        for keys, action in (
            (QKeySequence.StandardKey.Paste, self._paste),
            ("[", lambda: self._pen.setValue(self._pen.value() - 2)),
            ("]", lambda: self._pen.setValue(self._pen.value() + 2)),
        ):
            shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def _tool(self, object_name: str, icon_name: str, keys: str | QKeySequence.StandardKey) -> Button:
        button = Button(icon_name)
        button.setObjectName(object_name)
        button.set_keys(keys)
        # A button that takes the focus from the canvas at a click would take its keys as well.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _make_answer(self) -> None:
        self._answer_card = AnswerCard()
        self._chooser = QComboBox()
        self._chooser.setObjectName("modelChooser")
        self._chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._chooser.setMinimumContentsLength(16)
        self._chooser.activated.connect(self._on_model_chosen)
        self._model_label = Label("secondary")
        self._model_label.setBuddy(self._chooser)
        self._latency = Label("secondary")
        self._latency.setObjectName("latencyLabel")
        model = QHBoxLayout()
        model.addWidget(self._model_label)
        model.addWidget(self._chooser, 1)
        model.addWidget(self._latency)
        self._answer_card.body.addLayout(model)

        self._bars_card = Card()
        self._bars = ProbabilityView()
        self._bars.setMaximumHeight(360)
        self._bars_card.body.addWidget(self._bars, 1)
        self._bars_card.setMaximumHeight(430)

        self._seen_card = Card()
        self._seen = PixelView(104)
        self._seen.setObjectName("modelInputView")
        self._seen_text = Label("secondary", wraps=True)
        seen = QHBoxLayout()
        seen.setSpacing(14)
        seen.addWidget(self._seen)
        seen.addWidget(self._seen_text, 1)
        self._seen_card.body.addLayout(seen)

    def _lay_out(self) -> None:
        board = Card(margin=1)
        board.body.setContentsMargins(8, 8, 8, 10)
        board.body.addWidget(self.canvas, 1)
        tools = QHBoxLayout()
        tools.setContentsMargins(6, 0, 6, 0)
        tools.setSpacing(8)
        tools.addWidget(self._pen_label)
        tools.addWidget(self._pen, 1)
        tools.addStretch(1)
        for button in (self._eraser, self._undo, self._redo, self._clear):
            tools.addWidget(button)
        board.body.addLayout(tools)
        self._drop_hint = Label("secondary")
        pictures = QHBoxLayout()
        pictures.addWidget(self._open)
        pictures.addWidget(self._drop_hint)
        pictures.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(board, 1)
        left.addLayout(pictures)
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(self._answer_card, 3)
        right.addWidget(self._bars_card, 4)
        right.addWidget(self._seen_card)
        grid = QGridLayout()
        grid.setSpacing(GAP + 6)
        grid.addLayout(left, 0, 0)
        grid.addLayout(right, 0, 1)
        grid.setColumnStretch(0, 55)
        grid.setColumnStretch(1, 45)
        self.body.addLayout(grid, 1)

    # Words

    def name(self) -> str:
        """The page's short name."""
        return tr("Draw")

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Draw"))
        self.subtitle.setText(tr("Write with mouse, pen or finger. It is read as you write."))
        self.canvas.set_hint(tr("Write one digit here, as large as you like"))
        self.canvas.setToolTip("")
        self.canvas.setAccessibleName(tr("Canvas"))
        self._on_pen_width(self._pen.value())
        self._pen.setToolTip(tr("Width of the pen on the canvas ([ and ]); the model sees a line of its own width"))
        self._pen.setAccessibleName(tr("Width of the pen"))
        self._eraser.set_texts(tr("Eraser"), tr("Take whole strokes away"))
        self._undo.set_texts(tr("Undo"), tr("Take the last step back"))
        self._redo.set_texts(tr("Redo"), tr("Do the last undone step again"))
        self._clear.set_texts(tr("Clear"), tr("Empty the canvas"))
        self._open.set_texts(tr("Open picture…"), tr("Read a picture of one symbol"))
        self._drop_hint.setText(tr("…or drop or paste one here"))
        self._answer_card.retranslate()
        self._bars_card.set_heading(tr("How probable each symbol is"))
        self._seen_card.set_heading(tr("What the model sees"))
        self._seen_text.setText(
            tr(
                "28 × 28 pixels. Your strokes are drawn anew: longest side 20 pixels, centre of mass in the middle, "
                "a pen 2.5 pixels wide."
            )
        )
        self._model_label.setText(tr("Model"))
        self._chooser.setToolTip(tr("Which model reads; those that you train appear here"))
        self._chooser.setAccessibleName(tr("Model"))
        self._bars.setAccessibleName(tr("How probable each symbol is"))
        self._seen.setToolTip(tr("The picture that is handed to the model"))
        for index in range(self._chooser.count()):
            self._chooser.setItemText(index, _model_text(self._records[self._chooser.itemData(index)]))
        self._latency.setToolTip(tr("From the pen's movement to the answer"))
        self._show_answer()

    def _on_pen_width(self, width: int) -> None:
        self._pen_label.setText(tr("Pen {width}", width=width))
        self.canvas.set_pen_width(width)
        if self._session.settings.get("pen_width") != width:
            self._session.remember("pen_width", width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the captions out where they would not fit."""
        super().resizeEvent(event)
        for button in (self._eraser, self._undo, self._redo, self._clear):
            button.set_compact(self.width() < _NARROW)

    def shown(self) -> None:
        """The canvas takes the keys."""
        self.canvas.setFocus()

    # Models

    def _fill_models(self, _added: str = "") -> None:
        self._records = {record.id: record for record in self._session.registry.list()}
        current = self._chooser.currentData() or self._session.settings.get("model")
        self._chooser.clear()
        for record in self._records.values():
            self._chooser.addItem(_model_text(record), record.id)
        if not self._records:
            self._answer_card.say(tr("There is no model yet. Train one on the Train page."))
            return
        self._choose_model(current if current in self._records else next(iter(self._records)))

    def choose_model(self, model_id: str) -> None:
        """Read with the model `model_id` from now on, and after a restart."""
        if model_id not in self._records:
            # Another process may have trained it.
            self._fill_models()
        if model_id in self._records:
            self._session.remember("model", model_id)
            self._choose_model(model_id)

    def _on_model_chosen(self, index: int) -> None:
        self.choose_model(self._chooser.itemData(index))

    def _choose_model(self, model_id: str) -> None:
        self._chooser.setCurrentIndex(self._chooser.findData(model_id))
        record = self._records[model_id]
        if self._bars.probabilities().keys() != dict.fromkeys(record.labels).keys():
            self._bars.set_labels(record.labels)
        self._worker.use_model(record)
        self._read()

    def _on_model_failed(self, model_id: str, error: RecognizerError) -> None:
        self._session.report(error)
        # Go on with any other model.
        self._records.pop(model_id, None)
        index = self._chooser.findData(model_id)
        if index >= 0:
            self._chooser.removeItem(index)
        if self._records:
            self._choose_model(next(iter(self._records)))

    # Reading

    def _read(self) -> None:
        self._revision += 1
        if self.canvas.is_empty():
            self._answer = None
            self._emptied_at = self._revision
            self._show_answer()
            return
        picture = self.canvas.picture()
        self._worker.submit(self._revision, self.canvas.ink() if picture is None else picture)

    def _on_answer(self, answer: Answer) -> None:
        # While the pen moves, an answer to a moment ago is shown: it is newer than what stands there. One to a drawing
        # that is gone, or by a model that is no longer chosen, is dropped.
        if self.canvas.is_empty() or answer.model_id != self._chooser.currentData():
            return
        if answer.revision < self._emptied_at:
            return
        self._answer = answer
        self._show_answer()

    def is_up_to_date(self) -> bool:
        """Whether the answer on the screen is to what is on the canvas now."""
        return self.canvas.is_empty() or (self._answer is not None and self._answer.revision == self._revision)

    def _show_answer(self) -> None:
        answer = self._answer
        prediction = answer.prediction if answer else None
        self._answer_card.show_prediction(prediction)
        if answer and prediction:
            self._bars.set_prediction(prediction)
            self._seen.set_image(answer.image)
            self._latency.setText(tr("{time} ms", time=f"{answer.seconds * 1000:.1f}"))
        else:
            self._bars.set_labels(self._labels())
            self._seen.set_image(None)
            self._latency.setText("")

    def _labels(self) -> tuple[str, ...]:
        record = self._records.get(self._chooser.currentData() or "")
        return record.labels if record else DIGITS.names

    # Pictures

    def _choose_picture(self) -> None:
        kind = tr("Pictures")
        path, _ = QFileDialog.getOpenFileName(self, tr("Open picture"), "", f"{kind} ({PICTURES})")
        if path:
            self.open_picture(Path(path))

    def open_picture(self, path: Path) -> None:
        """Read the picture of one symbol in the file `path` and show it on the canvas."""

        def work(progress: ProgressCallback, token: CancellationToken) -> NDArray[np.uint8]:
            from recognizer.imaging.images import load_grey

            return load_grey(path)

        self._show_when_read(work)

    def _open_image(self, image: QImage) -> None:
        """The same for a picture from the clipboard or another program."""

        def work(progress: ProgressCallback, token: CancellationToken) -> NDArray[np.uint8]:
            from recognizer.imaging.images import decode_grey

            # As a file, so that transparency is dealt with in one way; this quality means not compressed.
            buffer = QBuffer()
            buffer.open(QIODevice.OpenModeFlag.WriteOnly)
            image.save(buffer, "PNG", 100)  # type: ignore[call-overload]
            return decode_grey(bytes(buffer.data().data()), Path(tr("pasted picture")))

        self._show_when_read(work)

    def _show_when_read(self, work: Work) -> None:
        task = Task(work, self._session)
        task.succeeded.connect(self.canvas.show_picture)
        task.failed.connect(self._session.report)
        self._session.start(task)

    def _paste(self) -> None:
        self._take(QGuiApplication.clipboard().mimeData())

    def _take(self, data: QMimeData) -> None:
        files = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if files:
            self.open_picture(Path(files[0]))
        elif data.hasImage():
            self._open_image(QImage(data.imageData()))
        else:
            self._session.report(
                RecognizerError(
                    tr("There is no picture to paste"), fix=tr("Copy a picture or a picture file and paste it again")
                )
            )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read the picture that was dropped."""
        self._take(event.mimeData())
        event.acceptProposedAction()


def _model_text(record: ModelRecord) -> str:
    name = tr("{title} · shipped", title=record.title) if record.is_shipped else record.title
    return name if record.accuracy is None or "%" in name else f"{name} · {record.accuracy * 100:.1f} %"
