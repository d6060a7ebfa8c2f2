"""The card that tests a run's model on worse and worse pictures, and shows what came out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.job import Job
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.robustness_view import RobustnessView, ink_pixmap, kind_words
from recognizer.inference.registry import ModelRecord
from recognizer.training.run_robustness import MOST, RunRobustness, measure_run
from recognizer.training.runs import Predictions


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What the test needs of a run.

    Attributes:
        folder: The run's.
        model: Its model; None where it has none, or has it no more.
        predictions: What it was judged on; None where that is not known.
        robustness: What an earlier test has found.
    """

    folder: Path
    model: ModelRecord | None
    predictions: Predictions | None
    robustness: RunRobustness | None


class RobustnessCard(Card):
    """The card `Worse and worse pictures`.

    Args:
        session: Runs the test and shows its errors.

    Signals:
        samplesRequested: (positions in the run's dataset, heading).
    """

    samplesRequested = Signal(object, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("robustnessCard")
        self.session = session
        self._judged: Judged | None = None
        self._images: NDArray[np.uint8] | None = None
        self._is_missing = False
        self._job = Job(session, self)
        self._job.progressed.connect(self._on_progress)
        self._job.succeeded.connect(self._on_found)
        self._job.failed.connect(session.report)
        self._job.failed.connect(self._say)
        self._job.cancelled.connect(self._say)
        self.view = RobustnessView()
        self.view.picked.connect(self._on_cell)
        self._picture = Label()
        self._picture.setObjectName("robustnessPicture")
        self._picture.setFixedSize(36, 36)
        self._picture.setScaledContents(True)
        self._words = Label("secondary", wraps=True)
        self._words.setObjectName("robustnessText")
        self._test = Button()
        self._test.setObjectName("testRobustnessButton")
        self._test.clicked.connect(self._begin)
        self._cancel = Button()
        self._cancel.setObjectName("cancelRobustnessButton")
        self._cancel.clicked.connect(self._on_cancel)
        self._bar = QProgressBar()
        self._bar.setObjectName("robustnessProgress")
        self._bar.setTextVisible(False)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._picture)
        line.addWidget(self._words, 1)
        for button in (self._test, self._cancel):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(line)
        self.body.addWidget(self._bar)
        self.body.addWidget(self.view)
        self.retranslate()

    def show_run(self, judged: Judged | None) -> None:
        """Show a run that was judged, or nothing; a test of another run is given up."""
        self._job.drop()
        self._judged, self._images, self._is_missing = judged, None, False
        self._show(judged.robustness if judged is not None else None)

    def judged(self) -> Judged | None:
        """The run that is shown."""
        return self._judged

    def set_images(self, images: NDArray[np.uint8] | None) -> None:
        """The (n, 28, 28) uint8 pictures of the run's dataset are there; None where they are not."""
        self._images, self._is_missing = images, images is None
        self._say()

    def is_testing(self) -> bool:
        """Whether a test is under way."""
        return self._job.is_running()

    def _show(self, found: RunRobustness | None) -> None:
        self.view.set_robustness(found)
        self._set_picture()
        self._say()

    def _begin(self) -> None:
        judged, images = self._judged, self._images
        if judged is None or judged.model is None or judged.predictions is None or images is None:
            return
        folder, model, predictions = judged.folder, judged.model, judged.predictions

        def work(progress: ProgressCallback, token: CancellationToken) -> RunRobustness:
            return measure_run(folder, model, images, predictions, token, progress)

        self._bar.setRange(0, 0)
        self._cancel.setEnabled(True)
        self._job.start(work)
        self._say()

    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self._job.cancel()

    def _on_progress(self, done: int, total: int, message: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _on_found(self, found: RunRobustness) -> None:
        self._show(found)
        self.view.setFocus()

    def _on_cell(self, number: int) -> None:
        found = self.view.robustness()
        if found is None:
            return
        row = found.table.rows[number]
        if len(row.lost):
            self.samplesRequested.emit(row.lost, tr("Wrong with {kind}, right without", kind=kind_words(row)))

    def _say(self) -> None:
        judged, found = self._judged, self.view.robustness()
        is_testing = self._job.is_running()
        can_test = judged is not None and judged.model is not None and judged.predictions is not None
        self.view.setVisible(found is not None)
        self._picture.setVisible(found is not None)
        self._bar.setVisible(is_testing)
        self._cancel.setVisible(is_testing)
        self._test.setVisible(can_test and found is None and not is_testing and not self._is_missing)
        self._test.setEnabled(self._images is not None)
        self._words.setText(self._message(judged, found, is_testing))

    def _message(self, judged: Judged | None, found: RunRobustness | None, is_testing: bool) -> str:
        if judged is None:
            return tr("When a run has ended, its model can be tried on worse pictures: noise, blur, tilt, other pens")
        if is_testing:
            return tr("Asking the model about worse and worse pictures…")
        if found is not None:
            return tr(
                "As they are, {accuracy} % of {n} samples are read rightly. Click a cell to see those that it breaks.",
                accuracy=f"{100 * found.table.accuracy:.1f}",
                n=f"{found.table.n:,}",
            )
        if judged.predictions is None:
            return tr("What the model said about each sample is not kept with this run any more")
        if judged.model is None:
            return tr("This run has no model that could be asked again")
        if self._is_missing:
            return tr("The pictures that it was judged on are not here as they were, so they cannot be made worse")
        n = len(judged.predictions.indices)
        return tr(
            "How much does it still read when pictures get worse? {n} of the {all} judged samples are made noisy, "
            "blurred, tilted, shifted, thin and thick; it takes some seconds.",
            n=f"{min(n, MOST):,}",
            all=f"{n:,}",
        )

    def _set_picture(self) -> None:
        found = self.view.robustness()
        if found is not None:
            self._picture.setPixmap(ink_pixmap(found.picture))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._set_picture()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.set_heading(tr("Worse and worse pictures"))
        self._test.set_texts(tr("Test robustness"), tr("Ask the model about pictures that are made worse step by step"))
        self._cancel.set_texts(tr("Cancel"), tr("Stop; nothing is changed"))
        self._bar.setAccessibleName(tr("How far it is"))
        self._picture.setToolTip(tr("A sample as it is"))
        self.view.retranslate()
        self._say()
