"""Two of the runs: how many samples the second fixed and broke, how sure that is, and these samples."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.dialogs.parts import elastic
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.sample_strip import JudgedSample, SampleStrip
from recognizer.gui.widgets.training_fields import Choice
from recognizer.library.dataset import Dataset
from recognizer.training.run_comparison import RunComparison, Side
from recognizer.training.run_story import chance_words, fixed_words

_MOST_PICTURES: Final = 240
KINDS: Final = ("fixed", "broke", "bothWrong")


class PairView(Card):
    """Choosers for the two runs, the verdict, three buttons for the kinds of samples, and the samples.

    Signals:
        pairChosen: (first, second): places of the runs that the user wants to compare.
        samplesRequested: (positions, heading): these samples should be opened in the Library.
    """

    pairChosen = Signal(int, int)
    samplesRequested = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=12)
        self.setObjectName("runPair")
        self.first, self.second = Choice("firstRunChooser"), Choice("secondRunChooser")
        self._arrow = Label("secondary")
        self._arrow.setText("→")
        self._verdict = Label("strong")
        self._verdict.setObjectName("runPairVerdict")
        self._chance = elastic(Label("secondary"))
        self._chance.setObjectName("runPairChance")
        self._buttons = {kind: Button(role="segment") for kind in KINDS}
        self._group = QButtonGroup(self)
        self.strip = SampleStrip()
        self.strip.setObjectName("runPairSamples")
        self._hint = elastic(Label("secondary"))
        self._open_button = Button(role="flat")
        self._open_button.setObjectName("openPairInLibraryButton")
        self._pair = (0, 1)
        self._compared: RunComparison | None = None
        self._sides: tuple[Side, Side] | None = None
        self._dataset: Dataset | None = None
        self._missing = ""
        self._lay_out()
        self.first.currentIndexChanged.connect(lambda: self._on_chosen(is_first=True))
        self.second.currentIndexChanged.connect(lambda: self._on_chosen(is_first=False))
        self._group.buttonClicked.connect(self._show_samples)
        self.strip.sampleClicked.connect(self._on_sample)
        self._open_button.clicked.connect(self._open_all)

    def _lay_out(self) -> None:
        pair, verdict, kinds, foot = (QHBoxLayout() for _ in range(4))
        pair.setSpacing(8)
        pair.addWidget(self.first, 1)
        pair.addWidget(self._arrow)
        pair.addWidget(self.second, 1)
        verdict.setSpacing(10)
        verdict.addWidget(self._verdict)
        verdict.addWidget(self._chance, 1)
        kinds.setSpacing(0)
        for kind, button in self._buttons.items():
            button.setObjectName(f"{kind}SamplesButton")
            button.setCheckable(True)
            button.setAutoDefault(False)
            self._group.addButton(button)
            kinds.addWidget(button, 1)
            button.setMinimumWidth(1)
        self._buttons["fixed"].setProperty("side", "left")
        self._buttons["broke"].setStyleSheet("border-radius: 0px; border-right-width: 0px;")
        self._buttons["bothWrong"].setProperty("side", "right")
        self._buttons["fixed"].setChecked(True)
        foot.addWidget(self._hint, 1)
        foot.addWidget(self._open_button)
        self._open_button.setAutoDefault(False)
        self._open_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for line in (pair, verdict, kinds, self.strip, foot):
            if isinstance(line, QHBoxLayout):
                self.body.addLayout(line)
            else:
                self.body.addWidget(line, 1)
        self.body.setSpacing(6)

    # Which two

    def set_runs(self, titles: Sequence[str], first: int, second: int) -> None:
        """Offer these runs, and choose two of them without signalling it."""
        for chooser, chosen in ((self.first, first), (self.second, second)):
            chooser.blockSignals(True)
            chooser.clear()
            chooser.addItems(list(titles))
            for place, title in enumerate(titles):
                chooser.setItemData(place, title, Qt.ItemDataRole.ToolTipRole)
            chooser.setCurrentIndex(chosen)
            chooser.blockSignals(False)
        self._pair = (first, second)

    def _on_chosen(self, *, is_first: bool) -> None:
        first, second = self.first.currentIndex(), self.second.currentIndex()
        if first == second:
            # The same run twice means the other way round.
            other, chooser = (self._pair[0], self.second) if is_first else (self._pair[1], self.first)
            chooser.blockSignals(True)
            chooser.setCurrentIndex(other)
            chooser.blockSignals(False)
        self._pair = self.first.currentIndex(), self.second.currentIndex()
        self.pairChosen.emit(*self._pair)

    # What parts them

    def wait(self) -> None:
        """Show that the two are being compared."""
        self._compared = self._sides = self._dataset = None
        self._missing = tr("Comparing…")
        self._show()

    def show_pair(self, compared: RunComparison, sides: tuple[Side, Side]) -> None:
        """Show what the second run fixed and broke; the pictures follow by `show_dataset`."""
        self._compared, self._sides = compared, sides
        self._dataset, self._missing = None, ""
        paired = compared.paired
        if not len(paired.fixed) and self._group.checkedButton() is self._buttons["fixed"]:
            kind = "broke" if len(paired.broke) else "bothWrong" if len(paired.both_wrong) else "fixed"
            self._buttons[kind].setChecked(True)
        self._show()

    def show_problem(self, problem: str) -> None:
        """Say why the two cannot be compared sample by sample."""
        self._compared = self._sides = self._dataset = None
        self._missing = problem
        self._show()

    def show_dataset(self, dataset: Dataset | None, missing: str = "") -> None:
        """Show the pictures, or say why there are none."""
        self._dataset, self._missing = dataset, missing
        self._show_samples()

    def _show(self) -> None:
        compared = self._compared
        for part in (self._verdict, self._chance, *self._buttons.values()):
            part.setVisible(compared is not None)
        if compared is not None:
            paired = compared.paired
            self._verdict.setText(fixed_words(len(paired.fixed), len(paired.broke)))
            self._chance.setText(chance_words(paired.p_value))
        self._name_buttons()
        self._show_samples()

    def verdict(self) -> str:
        """What is said of the two."""
        return f"{self._verdict.text()} ({self._chance.text()})" if self._compared is not None else self._missing

    def _kind(self) -> str:
        return next(kind for kind, button in self._buttons.items() if button.isChecked())

    def positions(self) -> NDArray[np.int64]:
        """The samples that are shown, those first that are worth a look first; their positions in the dataset."""
        if self._compared is None:
            return np.zeros(0, np.int64)
        return self._compared.answers.positions[self._chosen()]

    def _chosen(self) -> NDArray[np.intp]:
        """Places in the answers, the most confident ones first."""
        assert self._compared is not None
        answers = self._compared.answers
        was_right, is_right = answers.first == answers.truth, answers.second == answers.truth
        masks = {"fixed": ~was_right & is_right, "broke": was_right & ~is_right, "bothWrong": ~was_right & ~is_right}
        chosen = np.flatnonzero(masks[self._kind()])
        return chosen[np.argsort(-answers.confidence[chosen], kind="stable")]

    def _show_samples(self) -> None:
        positions = self.positions()
        self._open_button.setEnabled(len(positions) > 0 and self._dataset is not None)
        can_show = self._dataset is not None and self._compared is not None
        self.strip.set_samples(self._samples() if can_show else [], self._message(len(positions)))
        self._hint.setVisible(can_show and len(positions) > 0)

    def _message(self, count: int) -> str:
        if self._compared is not None and count == 0:
            return tr("There are none")
        return self._missing or tr("Loading the pictures…")

    def _samples(self) -> list[JudgedSample]:
        compared, sides, dataset = self._compared, self._sides, self._dataset
        if compared is None or sides is None or dataset is None:
            return []
        answers = compared.answers

        def label(side: Side, number: np.int64) -> str:
            return side.labels[number] if number < len(side.labels) else str(number)

        return [
            JudgedSample(
                position=int(answers.positions[place]),
                picture=dataset.images[answers.positions[place]],
                written=label(sides[0], answers.truth[place]),
                read=label(sides[1], answers.second[place]),
                confidence=float(answers.confidence[place]),
                earlier=label(sides[0], answers.first[place]),
            )
            for place in self._chosen()[:_MOST_PICTURES]
        ]

    def kind_words(self) -> str:
        """What the samples that are shown have in common."""
        run = self.second.currentText()
        names = {
            "fixed": tr("Fixed by {run}", run=run),
            "broke": tr("Broken by {run}", run=run),
            "bothWrong": tr("Read wrong by both"),
        }
        return names[self._kind()]

    def _on_sample(self, position: int) -> None:
        rest = self.positions()
        rest = rest[rest != position]
        self.samplesRequested.emit(np.concatenate([np.array([position], np.int64), rest]), self.kind_words())

    def _open_all(self) -> None:
        self.samplesRequested.emit(self.positions(), self.kind_words())

    def _name_buttons(self) -> None:
        paired = self._compared.paired if self._compared is not None else None
        fixed, broke, both = (
            (0, 0, 0) if paired is None else (len(paired.fixed), len(paired.broke), len(paired.both_wrong))
        )
        for kind, text, tip in (
            (
                "fixed",
                tr("Fixed {n}", n=f"{fixed:,}"),
                tr("The first run read them wrong, the second reads them rightly"),
            ),
            (
                "broke",
                tr("Broken {n}", n=f"{broke:,}"),
                tr("The first run read them rightly, the second reads them wrong"),
            ),
            ("bothWrong", tr("Both wrong {n}", n=f"{both:,}"), tr("Both runs read them wrong")),
        ):
            self._buttons[kind].set_texts(text, tip)

    def retranslate(self) -> None:
        """Set every text anew."""
        for chooser, tip in (
            (self.first, tr("The run that stands for before")),
            (self.second, tr("The run that stands for after")),
        ):
            chooser.setToolTip(tip)
            chooser.setAccessibleName(tip)
        self._chance.setToolTip(
            tr(
                "The exact McNemar test: how often chance alone would part two equally good models "
                "so far on the samples that only one of them reads rightly"
            )
        )
        self._hint.setText(tr("written → first → second"))
        self._hint.setToolTip(tr("Below each picture: what was written, and what the first and the second run read"))
        self._open_button.set_texts(tr("Open in Library"), tr("Open these samples in the Library"))
        self.strip.retranslate()
        self.strip.setAccessibleName(tr("Samples on which the two runs differ"))
        self._show()
