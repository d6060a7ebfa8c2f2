"""The card that tells all about one sample."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Card, Label, scrolled
from recognizer.gui.widgets.sample_model import number_in_split
from recognizer.gui.widgets.sample_view import SampleView
from recognizer.gui.words import dataset_source, dataset_title, split_name
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.library.dataset import SPLITS, Dataset

_FACTS: Final = ("label", "answer", "split", "number", "ink", "model", "source")
_SECOND_BEST: Final = 0.01
"""The probability from which a second guess is worth a place."""


class SamplePanel(Card):
    """Picture, label, origin and the model's answer; `set_sample` first, `set_answer` when it is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dataset: Dataset | None = None
        self._position = -1
        self._selected = 0
        self._answer: tuple[Prediction, str] | RecognizerError | None = None
        self.view = SampleView()
        self.view.setObjectName("sampleView")
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
        column.addWidget(self._title)
        column.addWidget(self._facts)
        column.addStretch(1)
        self.body.addWidget(scrolled(content), 1)
        self.retranslate()

    def set_sample(self, dataset: Dataset | None, position: int) -> None:
        """Show the sample at `position`; none where there is no dataset or the position is negative."""
        self._dataset = dataset if position >= 0 else None
        self._position = position
        self._answer = None
        self.view.set_image(None if self._dataset is None else self._dataset.images[position])
        self._refresh()

    def set_selected(self, count: int) -> None:
        """Say how many samples are selected."""
        self._selected = count
        self._refresh()

    def set_answer(self, answer: Prediction | RecognizerError, model_title: str = "") -> None:
        """Show what the model says about the sample, or why it says nothing."""
        self._answer = (answer, model_title) if isinstance(answer, Prediction) else answer
        self._refresh()

    def retranslate(self) -> None:
        """Set every text anew."""
        names = {
            "label": tr("Label"),
            "answer": tr("Model says"),
            "split": tr("Split"),
            "number": tr("Number"),
            "ink": tr("Ink"),
            "model": tr("Model"),
            "source": tr("Source"),
        }
        tips = {
            "label": tr("The class that the dataset gives this sample"),
            "answer": tr("How the model of the Draw page reads this sample, and how sure it is"),
            "split": tr("What the sample is used for"),
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
        self.view.setToolTip(tr("The selected sample, pixel by pixel"))
        self.view.setAccessibleName(tr("The selected sample"))
        self._refresh()

    def _refresh(self) -> None:
        dataset, position = self._dataset, self._position
        self._facts.setVisible(dataset is not None)
        if dataset is None:
            self._title.setText(tr("Choose a sample to see it here"))
            self._title.set_role("secondary")
            return
        label = dataset.label_set.names[dataset.labels[position]]
        number = f"{number_in_split(dataset, position):,}"
        self._title.set_role("strong")
        if self._selected > 1:
            self._title.setText(ntr("{n} selected", "{n} selected", self._selected))
        else:
            title = dataset_title(dataset.name, dataset.title)
            self._title.setText(tr("{dataset} {number}", dataset=title, number=f"#{number}"))
        values = self._values
        values["label"].setText(label)
        values["split"].setText(split_name(SPLITS[dataset.splits[position]]))
        values["number"].setText(number)
        values["ink"].setText(_ink(dataset.images[position]))
        values["source"].setText(dataset_source(dataset.name, dataset.source) or dataset.title)
        self._show_answer(label)

    def _show_answer(self, label: str) -> None:
        shown, answer = self._values["answer"], self._answer
        for part in (self._names["model"], self._values["model"]):
            part.setVisible(isinstance(answer, tuple))
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
        if prediction.label != label:
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


def _ink(image: np.ndarray) -> str:
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if not len(rows):
        return tr("none")
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return tr("{width}×{height} px", width=width, height=height)
