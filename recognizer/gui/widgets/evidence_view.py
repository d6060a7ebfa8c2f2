"""What speaks for a class: the picture with its heat, for which class, by which method; what covering a place does."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.widgets.heat_view import HeatView
from recognizer.gui.widgets.reading_classes import ClassPicker
from recognizer.gui.widgets.training_fields import Choice
from recognizer.imaging.heat import AGAINST, FOR
from recognizer.inference.occlusion import evidence
from recognizer.inference.prediction import Prediction
from recognizer.training.insight import Insight, map_evidence

_MATTERS: Final = 0.01
"""A fall of the probability below that is not worth a map of it."""


class HeatLegend(QWidget):
    """A bar of colours between two words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("heatLegend")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._low, self._high, self._is_signed = "", "", False

    def set_words(self, low: str, high: str, *, is_signed: bool) -> None:
        """Say what the ends of the bar stand for; from blue over black to orange where it is signed."""
        self._low, self._high, self._is_signed = low, high, is_signed
        self.setAccessibleName(f"{low} – {high}")
        self.update()

    def sizeHint(self) -> QSize:
        """The bar and a line of words."""
        return QSize(220, 34)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and its words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 1, self.width(), 10)
        colours = QLinearGradient(bar.topLeft(), bar.topRight())
        colours.setColorAt(0, QColor(*AGAINST) if self._is_signed else QColor("#000000"))
        if self._is_signed:
            colours.setColorAt(0.5, QColor("#000000"))
        colours.setColorAt(1, QColor(*FOR))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours)
        painter.drawRoundedRect(bar, 4, 4)
        painter.setFont(theme.font(9))
        painter.setPen(QColor(theme.colors().secondary))
        words = QRectF(0, 14, self.width(), 18)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, self._low)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, self._high)


class EvidenceView(QWidget):
    """The picture at the left, what is asked about it at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evidenceView")
        self._prediction: Prediction | None = None
        self._insight: Insight | None = None
        self._answers: NDArray[np.floating] | None = None
        self._failure = ""
        self.heat = HeatView()
        self.heat.setObjectName("heatView")
        self.bars = ClassPicker()
        self.bars.setObjectName("explainBars")
        self.bars.setMinimumHeight(120)
        self.bars.setMaximumHeight(180)
        self.label, self.rival = Choice("explainClassChooser"), Choice("explainRivalChooser")
        self.legend = HeatLegend()
        self._words = {name: Label("secondary") for name in ("label", "rival", "method")}
        self._bars_title = Label("heading")
        self._found, self._here = Label(wraps=True), Label("strong", wraps=True)
        self._found.setObjectName("evidenceText")
        self._here.setObjectName("coveredText")
        self.bare = Button()
        self.bare.setObjectName("pictureAloneButton")
        self.occlusion, self.grad_cam = Button(role="segment"), Button(role="segment")
        self.occlusion.setObjectName("occlusionButton")
        self.grad_cam.setObjectName("gradCamButton")
        group = QButtonGroup(self)
        for button, side in ((self.occlusion, "left"), (self.grad_cam, "right")):
            button.setProperty("side", side)
            button.setCheckable(True)
            button.setAutoDefault(False)
            group.addButton(button)
            button.clicked.connect(self._refresh)
        self.occlusion.setChecked(True)
        self.bare.setAutoDefault(False)
        self._lay_out()
        self.label.activated.connect(self._refresh)
        self.rival.activated.connect(self._refresh)
        self.bars.picked.connect(self.choose)
        self.bare.pressed.connect(lambda: self.heat.set_bare(True))
        self.bare.released.connect(lambda: self.heat.set_bare(False))
        self.heat.covered.connect(self._on_covered)
        self.retranslate()

    def _lay_out(self) -> None:
        picture, asked = Card(), Card()
        picture.body.addWidget(self.heat, 1)
        below = QHBoxLayout()
        below.addWidget(self._here, 1)
        below.addWidget(self.bare)
        picture.body.addLayout(below)
        form = QGridLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(8)
        form.setColumnStretch(1, 1)
        method = QHBoxLayout()
        method.setSpacing(0)
        method.addWidget(self.occlusion)
        method.addWidget(self.grad_cam)
        method.addStretch(1)
        for row, (name, field) in enumerate((("label", self.label), ("rival", self.rival))):
            form.addWidget(self._words[name], row, 0)
            form.addWidget(field, row, 1)
            self._words[name].setBuddy(field)
        form.addWidget(self._words["method"], 2, 0)
        form.addLayout(method, 2, 1)
        asked.body.addLayout(form)
        asked.body.addSpacing(4)
        asked.body.addWidget(self.legend)
        asked.body.addWidget(self._found)
        asked.body.addStretch(1)
        asked.body.addWidget(self._bars_title)
        asked.body.addWidget(self.bars, 2)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        for card, share in ((picture, 6), (asked, 5)):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            line.addWidget(card, share)

    # What is shown

    def show_picture(self, picture: NDArray[np.uint8]) -> None:
        """Show (28, 28) uint8, of which nothing is known yet."""
        self._prediction = self._insight = self._answers = None
        self._failure = ""
        self.heat.set_picture(picture)
        self.bars.set_labels(())
        self._refresh()

    def show_seen(self, prediction: Prediction, insight: Insight | None, rival: str = "") -> None:
        """Show what the model says of the picture.

        Args:
            prediction: Its answer.
            insight: What its layers do; None where they cannot be looked into.
            rival: The class that the picture really shows, where the model says another; or none.
        """
        self._prediction, self._insight = prediction, insight
        for field in (self.label, self.rival):
            with QSignalBlocker(field):
                field.clear()
                if field is self.rival:
                    field.addItem(tr("all others"), "")
                for name in prediction.labels:
                    field.addItem(name, name)
        self.label.choose(prediction.label)
        self.rival.choose(rival if rival != prediction.label else "")
        has_maps = insight is not None and len(insight.maps) > 0
        self.grad_cam.setEnabled(has_maps)
        if not has_maps:
            self.occlusion.setChecked(True)
        self._say_methods()
        self._refresh()

    def show_answers(self, answers: NDArray[np.floating]) -> None:
        """Show what `covered_answers` has found."""
        self._answers = answers
        self._refresh()

    def show_failure(self, text: str) -> None:
        """Say why nothing has been found."""
        self._failure = text
        self._refresh()

    def is_complete(self) -> bool:
        """Whether all has been worked out."""
        return self._answers is not None

    def choose(self, label: str) -> None:
        """Ask what speaks for the class `label`."""
        self.label.choose(label)
        self._refresh()

    def _chosen(self) -> tuple[str, str]:
        """The class, and what it is compared with, empty where with all others."""
        label, rival = str(self.label.currentData() or ""), str(self.rival.currentData() or "")
        return label, rival if rival != label else ""

    def _refresh(self) -> None:
        prediction = self._prediction
        is_covering = self.occlusion.isChecked()
        self._here.setText("")
        if prediction is None:
            self.heat.set_heat(None, can_cover=False)
            self._found.setText(self._failure or tr("The model looks at the picture…"))
            self.legend.hide()
            return
        label, rival = self._chosen()
        self.bars.set_prediction(prediction)
        self.bars.set_chosen(label)
        place = prediction.labels.index(label)
        against = prediction.labels.index(rival) if rival else None
        heat: NDArray[np.float32] | None = None
        if not is_covering and self._insight is not None:
            heat = map_evidence(self._insight, place, against)
        elif self._answers is not None:
            heat = evidence(self._answers, place, against)
        if heat is not None and is_covering and not rival and self._largest_fall(place) < _MATTERS:
            # A map of next to nothing would look as if much depended on it.
            heat = np.zeros_like(heat)
        self.heat.set_heat(heat, can_cover=is_covering and self._answers is not None)
        self.legend.setVisible(heat is not None)
        if rival:
            self.legend.set_words(
                tr("speaks for {label}", label=rival), tr("speaks for {label}", label=label), is_signed=True
            )
        else:
            self.legend.set_words(tr("does not matter"), tr("speaks most for {label}", label=label), is_signed=False)
        self._found.setText(self._found_words(label, rival, place))
        self._say_here()

    def _largest_fall(self, place: int) -> float:
        if self._answers is None:
            return 0.0
        column = self._answers[:, place]
        return float(column[0] - column[1:].min())

    def _found_words(self, label: str, rival: str, place: int) -> str:
        if not self.occlusion.isChecked():
            if rival:
                return tr(
                    "What the last maps of the network have found: orange places speak for {label}, blue ones for "
                    "{rival}. It is coarse, but nothing has to be covered.",
                    label=label,
                    rival=rival,
                )
            return tr(
                "What the last maps of the network have found: orange places speak for {label}. It is coarse, but "
                "nothing has to be covered.",
                label=label,
            )
        if self._answers is None:
            return self._failure or tr("Each place is being covered to see what becomes of the answer…")
        if rival:
            return tr(
                "Each place was covered once. Orange: without it, {label} loses against {rival}. Blue: without it, "
                "{label} gains.",
                label=label,
                rival=rival,
            )
        before = _percent(float(self._answers[0, place]))
        least = _percent(float(self._answers[1:, place].min()))
        if self._largest_fall(place) < _MATTERS:
            return tr(
                "Each place was covered once, but none matters alone: {label} stays at {least} or more, as "
                "before with {before}. Compare two classes to see what tells them apart.",
                label=label,
                before=before,
                least=least,
            )
        return tr(
            "Each place was covered once. Orange: without it, {label} becomes less probable; at the most it falls "
            "from {before} to {least}.",
            label=label,
            before=before,
            least=least,
        )

    def _on_covered(self, row: int, column: int) -> None:
        prediction, answers = self._prediction, self._answers
        if prediction is None or answers is None:
            return
        there = self._at(row, column)
        self.bars.set_prediction(there if there is not None else prediction)
        self._say_here()

    def _at(self, row: int, column: int) -> Prediction | None:
        """What the model says with a place covered."""
        if row < 0 or self._prediction is None or self._answers is None:
            return None
        shares = self._answers[1 + row * 28 + column].astype(np.float32)
        label = self._prediction.labels[int(shares.argmax())]
        return replace(self._prediction, label=label, probabilities=shares)

    def _say_here(self) -> None:
        prediction = self._prediction
        there = self._at(*(self.heat.place() or (-1, -1)))
        if prediction is None or not self.occlusion.isChecked() or self._answers is None:
            self._here.setText("")
            return
        if there is None:
            self._here.set_role("secondary")
            self._here.setText(tr("Point at a place to cover it, or use the arrow keys"))
            return
        label, _ = self._chosen()
        place = prediction.labels.index(label)
        before, after = (_percent(float(each.probabilities[place])) for each in (prediction, there))
        words = tr("Covered here: {label} {before} → {after}", label=label, before=before, after=after)
        if there.label != prediction.label:
            words = tr("{words}; it reads {other}", words=words, other=there.label)
        self._here.set_role("doubt" if there.label != prediction.label else "strong")
        self._here.setText(words)

    # Words

    def retranslate(self) -> None:
        """Set every text anew."""
        self._words["label"].setText(tr("What speaks for"))
        self._words["rival"].setText(tr("rather than for"))
        self._words["method"].setText(tr("Found by"))
        self._bars_title.setText(tr("How probable each class is"))
        self.label.setToolTip(tr("The class that is asked about; a click on a bar chooses it too"))
        self.rival.setToolTip(tr("Another class to compare it with: what tells the two apart"))
        self.label.setAccessibleName(tr("What speaks for"))
        self.rival.setAccessibleName(tr("rather than for"))
        self.bars.setAccessibleName(tr("How probable each class is"))
        self.heat.setAccessibleName(tr("The picture, and what matters in it"))
        self.bare.set_texts(tr("Picture alone"), tr("Hold down to see the picture without the colours"))
        self.occlusion.set_texts(
            tr("Covering"), tr("Cover every place once and ask the model again (occlusion); works with any model")
        )
        self._say_methods()
        if self._prediction is not None:
            # The first item is a word.
            self.rival.setItemText(0, tr("all others"))
        self._refresh()

    def _say_methods(self) -> None:
        if self._prediction is not None and not self.grad_cam.isEnabled():
            tip = tr("Needs a network with convolutions whose weights came with it; this one has none")
        else:
            tip = tr("Follow the answer back to the last maps of the network (Grad-CAM)")
        self.grad_cam.set_texts("Grad-CAM", tip)


def _percent(share: float) -> str:
    """In per cent; rounding must not turn doubt into certainty."""
    text = f"{100 * share:.1f}"
    if text == "100.0" and share < 1:
        text = "> 99.9"
    elif text == "0.0" and share > 0:
        text = "< 0.1"
    return f"{text} %"
