"""The card that tells all about one sample."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.dialogs.explain_dialog import open_explanation
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Button, Card, Label, scrolled
from recognizer.gui.widgets.probability_view import ProbabilityView
from recognizer.gui.widgets.sample_history import SampleHistory, when_words
from recognizer.gui.widgets.sample_model import label_words, number_in_split
from recognizer.gui.widgets.sample_view import SampleView
from recognizer.gui.words import dataset_source, dataset_title
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.ink.raster import rasterize
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import SPLITS, split_name
from recognizer.library.handwriting import DRAWN, READ
from recognizer.library.samples import Flag, SampleTable
from recognizer.library.store.names import MAX_TEXT

_FACTS: Final = ("label", "doubt", "answer", "split", "writer", "number", "ink", "source", "kept", "model")
_ORIGINAL_SIDE: Final = 224
"""Pixels of the picture in which drawn ink is shown as it was drawn."""
_SECOND_BEST: Final = 0.01
"""The probability from which a second guess is worth a place."""


class SamplePanel(Card):
    """Picture, label, origin, history and the model's answer; `set_sample` first, `set_answer` when it is known.

    Args:
        session: Has the library with the originals.

    Signals:
        noteWritten: The note that the user has written on the selected samples.
        flagToggled: The `Flag` that the user has clicked.
    """

    noteWritten = Signal(str)
    flagToggled = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._table: SampleTable | None = None
        self._position = -1
        self._doubt = ""
        self._selected = 0
        self._answer: tuple[Prediction, str] | RecognizerError | None = None
        self._image = np.zeros((28, 28), np.uint8)
        self.view = SampleView()
        self.view.setObjectName("sampleView")
        self.seen, self.original = Button(role="segment"), Button(role="segment")
        group = QButtonGroup(self)
        switch = QHBoxLayout()
        switch.setSpacing(0)
        for button, name, side in (
            (self.seen, "modelSeesButton", "left"),
            (self.original, "originalButton", "right"),
        ):
            button.setObjectName(name)
            button.setProperty("side", side)
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            group.addButton(button)
            switch.addWidget(button)
            button.clicked.connect(self._show_picture)
        self.seen.setChecked(True)
        self._switch = QWidget()
        self._switch.setLayout(switch)
        switch.setContentsMargins(0, 0, 0, 0)
        self.probabilities = ProbabilityView()
        self.probabilities.setObjectName("sampleProbabilities")
        self.probabilities.setFixedHeight(92)
        self.why = Button()
        self.why.setObjectName("sampleWhyButton")
        self.why.clicked.connect(self._explain)
        self.note = QLineEdit()
        self.note.setObjectName("sampleNote")
        self.note.setMaxLength(MAX_TEXT)
        self.note.editingFinished.connect(self._on_note)
        self.flags = {flag: QCheckBox() for flag in Flag}
        marks = QVBoxLayout()
        marks.setSpacing(4)
        for flag, box in self.flags.items():
            box.setObjectName(f"{str(flag.name).lower()}Box")
            box.clicked.connect(lambda _=False, flag=flag: self.flagToggled.emit(flag))
            marks.addWidget(box)
        self._own = QWidget()
        own = QVBoxLayout(self._own)
        own.setContentsMargins(0, 4, 0, 0)
        own.setSpacing(8)
        own.addLayout(marks)
        own.addWidget(self.note)
        self.history = SampleHistory()
        self._title = Label("strong", wraps=True)
        self._title.setObjectName("sampleTitle")
        self._names = {fact: Label("secondary") for fact in _FACTS}
        self._values = {fact: Label(wraps=True) for fact in _FACTS}
        for fact, label in self._values.items():
            label.setObjectName(f"sample{fact.capitalize()}")
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._facts = QWidget()
        table = QGridLayout(self._facts)
        table.setContentsMargins(0, 4, 0, 0)
        table.setHorizontalSpacing(12)
        table.setVerticalSpacing(10)
        table.setColumnStretch(1, 1)
        for row, fact in enumerate(_FACTS):
            table.addWidget(self._names[fact], row, 0, Qt.AlignmentFlag.AlignTop)
            table.addWidget(self._values[fact], row, 1)
            self._values[fact].setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        column.addWidget(self.view)
        column.addWidget(self._switch)
        column.addWidget(self._title)
        column.addWidget(self.probabilities)
        column.addWidget(self.why, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._facts)
        column.addWidget(self._own)
        column.addWidget(self.history)
        column.addStretch(1)
        self.body.addWidget(scrolled(content), 1)
        self.retranslate()

    def set_sample(self, table: SampleTable | None, position: int, doubt: str = "") -> None:
        """Show the sample at `position`; none where there is no table or the position is negative.

        Args:
            table: Its dataset.
            position: Its place there.
            doubt: Why the label may be wrong, in words; empty where there is no doubt.
        """
        self._doubt = doubt
        self._table = table if position >= 0 else None
        self._position = position
        self._answer = None
        self._image = np.zeros((28, 28), np.uint8)
        if self._table is not None:
            self._image = self._table.pictures(np.array([position], np.int64))[0]
            if self._table.is_editable:
                self.history.show_sample(self._session.library, int(self._table.ids[position]))
            else:
                self.history.hide()
        else:
            self.history.hide()
        self._show_picture()
        self._refresh()

    def _show_picture(self) -> None:
        """Show what the model sees, or what was drawn or photographed."""
        table = self._table
        self._switch.setVisible(table is not None and table.is_editable)
        if table is None:
            self.view.set_image(None)
            return
        if not (table.is_editable and self.original.isChecked()):
            self.view.set_image(self._image)
            return
        try:
            (content,) = self._session.library.originals(table.ids[[self._position]])
        except RecognizerError as error:
            self._session.report(error)
            return
        if isinstance(content, Ink):
            drawn = rasterize(content, _ORIGINAL_SIDE, _ORIGINAL_SIDE - 24, _pen_of(content))
            self.view.set_image((255 - drawn * 255).astype(np.uint8), is_photo=True)
        else:
            self.view.set_image(content, is_photo=True)

    def _on_note(self) -> None:
        if self._table is not None and self.note.text() != self._note():
            self.noteWritten.emit(self.note.text())

    def _note(self) -> str:
        table = self._table
        index = int(table.notes[self._position]) if table is not None else -1
        return table.note_texts[index] if table is not None and index >= 0 else ""

    def _explain(self) -> None:
        if self._table is not None:
            open_explanation(self._session, self._image, "", self._table.label(self._position), self)

    def set_selected(self, count: int) -> None:
        """Say how many samples are selected."""
        self._selected = count
        self._refresh()

    def set_answer(self, answer: Prediction | RecognizerError, model_title: str = "") -> None:
        """Show what the model says about the sample, or why it says nothing."""
        self._answer = (answer, model_title) if isinstance(answer, Prediction) else answer
        if isinstance(answer, Prediction):
            self.probabilities.set_prediction(answer)
        self._refresh()

    def retranslate(self) -> None:
        """Set every text anew."""
        names = {
            "label": tr("Label"),
            "doubt": tr("Doubtful"),
            "answer": tr("Model says"),
            "split": tr("Split"),
            "writer": tr("Writer"),
            "number": tr("Number"),
            "ink": tr("Ink"),
            "model": tr("Model"),
            "source": tr("Source"),
            "kept": tr("Kept"),
        }
        tips = {
            "label": tr("The class that the dataset gives this sample"),
            "doubt": tr("Why the label may be wrong: what the most similar samples, or a model, say"),
            "answer": tr("How the model of the Draw page reads this sample, and how sure it is"),
            "split": tr("What the sample is used for"),
            "writer": tr("Who wrote it"),
            "kept": tr("When it was kept or imported"),
            "number": tr("Its place in its split, counted from 0 as the published files count"),
            "ink": tr("Width and height of what is written, in pixels"),
            "model": tr("The model that is asked; choose another on the Draw page"),
            "source": tr("Where the sample comes from"),
        }
        for fact in _FACTS:
            self._names[fact].setText(names[fact])
            self._names[fact].setToolTip(tips[fact])
            self._values[fact].setToolTip(tips[fact])
            self._values[fact].setAccessibleName(names[fact])
        self.seen.set_texts(tr("Model sees"), tr("Show what the model sees: 28 by 28 pixels"))
        self.original.set_texts(tr("Original"), tr("Show the sample as it was drawn, photographed or imported"))
        self.flags[Flag.FLAGGED].setText(tr("Look at again"))
        self.flags[Flag.FLAGGED].setToolTip(tr("Flag the selected samples (F, or Ctrl+M)"))
        self.flags[Flag.EXCLUDED].setText(tr("Not for training"))
        self.flags[Flag.EXCLUDED].setToolTip(
            tr("Leave the selected samples out of training and judging (X, or Ctrl+E)")
        )
        self.note.setPlaceholderText(tr("Note"))
        self.note.setToolTip(tr("A note on the selected samples; Enter keeps it"))
        self.note.setAccessibleName(tr("Note"))
        self.why.set_texts(
            tr("Why?"), tr("See which parts speak for the answer, and how the network comes to it step by step")
        )
        self.history.retranslate()
        self.view.setToolTip(tr("The selected sample, pixel by pixel"))
        self.view.setAccessibleName(tr("The selected sample"))
        self._refresh()

    def _refresh(self) -> None:
        table, position = self._table, self._position
        self._facts.setVisible(table is not None)
        self._own.setVisible(table is not None and table.is_editable)
        is_read = isinstance(self._answer, tuple) and self._answer[0].verdict != Verdict.EMPTY
        self.probabilities.setVisible(is_read)
        self.why.setVisible(is_read)
        if table is None:
            self._title.setText(tr("Choose a sample to see it here"))
            self._title.set_role("secondary")
            return
        label = table.label(position)
        number = f"{number_in_split(table, position):,}"
        self._title.set_role("strong")
        if self._selected > 1:
            self._title.setText(ntr("{n} selected", "{n} selected", self._selected))
        else:
            title = dataset_title(table.name, table.title)
            self._title.setText(tr("{dataset} {number}", dataset=title, number=f"#{number}"))
        values = self._values
        values["label"].setText(label_words(table, position))
        values["split"].setText(split_name(SPLITS[table.splits[position]]))
        self._set_fact("doubt", self._doubt)
        values["doubt"].set_role("doubt")
        self._set_fact("number", "" if table.is_editable else number)
        values["ink"].setText(_ink(self._image))
        writer, source = int(table.writers[position]), int(table.sources[position])
        self._set_fact("writer", table.writer_names[writer] if writer >= 0 else "")
        self._set_fact("source", _source_words(table, source))
        created = int(table.created[position])
        self._set_fact("kept", when_words(created) if created else "")
        for flag, box in self.flags.items():
            box.setChecked(bool(int(table.flags[position]) & flag))
        if not self.note.hasFocus():
            self.note.setText(self._note())
        self._show_answer(label)

    def _set_fact(self, fact: str, text: str) -> None:
        self._values[fact].setText(text)
        for part in (self._names[fact], self._values[fact]):
            part.setVisible(bool(text))

    def _show_answer(self, label: str) -> None:
        shown, answer = self._values["answer"], self._answer
        is_own = self._table is not None and self._table.is_editable
        for part in (self._names["model"], self._values["model"]):
            part.setVisible(isinstance(answer, tuple) and not is_own)
        if answer is None:
            shown.set_role("secondary")
            shown.setText("…")
            return
        if isinstance(answer, RecognizerError):
            shown.set_role("secondary")
            shown.setText(f"{answer.what}. {answer.fix}." if answer.fix else answer.what)
            return
        prediction, title = answer
        self._values["model"].setText(title)
        if prediction.verdict == Verdict.EMPTY:
            shown.set_role("secondary")
            shown.setText(tr("nothing: the picture is empty"))
            return
        text = _percent(prediction.label, prediction.confidence)
        rest = [pair for pair in prediction.alternatives[1:2] if pair[1] >= _SECOND_BEST]
        text += "".join(f" ({_percent(*pair)})" for pair in rest)
        if label and prediction.label != label:
            shown.set_role("wrong")
            text = tr("{answer}, wrong", answer=text)
        elif prediction.verdict == Verdict.SURE:
            shown.set_role("sure")
        else:
            shown.set_role("doubt")
        if prediction.verdict != Verdict.SURE:
            text = tr("{answer}, not sure", answer=text)
        shown.setText(text)


def _percent(label: str, probability: float) -> str:
    # Rounded down, so that only certainty reads 100 %; the little is for 0.71, which single precision makes 0.7099….
    return f"{label}\u00a0·\u00a0{int(probability * 100 + 1e-4)}\u00a0%"


def _source_words(table: SampleTable, source: int) -> str:
    if source < 0:
        return dataset_source(table.name, table.source) or table.title
    words = {DRAWN: tr("drawn on the Draw page"), READ: tr("a photo on the Read page")}
    return words.get(table.source_names[source], table.source_names[source])


def _pen_of(ink: Ink) -> float:
    """The pen's width in the picture of the original, pixels."""
    left, top, right, bottom = ink.bounds()
    extent = max(right - left, bottom - top, 1e-6)
    return float(np.clip(ink.pen_width * (_ORIGINAL_SIDE - 24) / extent, 3.0, 28.0))


def _ink(image: np.ndarray) -> str:
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if not len(rows):
        return tr("none")
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return tr("{width}×{height} px", width=width, height=height)
