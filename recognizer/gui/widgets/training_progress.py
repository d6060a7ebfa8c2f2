"""How far a training run is, and what came of it."""

import math
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.training.events import BatchProgress

_STEPS: Final = 1000
_NARROW: Final = 620
"""A narrower card, logical pixels, has its buttons below its words."""


class TrainingProgress(Card):
    """One card with two faces: a bar while a run goes on, and the accuracy when one has ended.

    Signals:
        drawRequested: The user wants to draw with the model that is shown.
        deleteRequested: The user wants that model gone.
        goOnRequested: The user wants the run that is shown, an interrupted one, to go on.
    """

    drawRequested = Signal()
    deleteRequested = Signal()
    goOnRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._progress: BatchProgress | None = None
        self._epochs = 1
        self._has_epochs = True
        self._status = Label("strong")
        self._status.setObjectName("trainingStatus")
        self._detail = Label("secondary")
        self._detail.setObjectName("trainingDetail")
        self.bar = QProgressBar()
        self.bar.setObjectName("trainingProgress")
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self._subject = Label("secondary")
        self._subject.setObjectName("trainingSubject")
        self._accuracy = Label()
        self._accuracy.setObjectName("testAccuracy")
        self._interval = Label("secondary")
        self._interval.setObjectName("accuracyInterval")
        self._basis = Label("strong", wraps=True)
        self._basis.setObjectName("testBasis")
        self._story = Label("secondary", wraps=True)
        self._draw = Button("draw")
        self._draw.setObjectName("drawWithModelButton")
        self._draw.clicked.connect(self.drawRequested)
        self._delete = Button(role="flat")
        self._delete.setObjectName("deleteModelButton")
        self._delete.clicked.connect(self.deleteRequested)
        self._go_on = Button()
        self._go_on.setObjectName("goOnWithRunButton")
        self._go_on.clicked.connect(self.goOnRequested)
        self._running = QWidget()
        self._result = QWidget()
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._result)
        self._lay_out()
        self.show_idle()
        self.retranslate()

    def _lay_out(self) -> None:
        running = QVBoxLayout(self._running)
        running.setContentsMargins(0, 0, 0, 0)
        running.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self._status, 1)
        head.addWidget(self._subject)
        running.addLayout(head)
        running.addWidget(self.bar)
        running.addWidget(self._detail)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._basis)
        words.addWidget(self._story)
        result = QHBoxLayout()
        result.setSpacing(16)
        figures = QVBoxLayout()
        figures.setSpacing(0)
        figures.addStretch(1)
        figures.addWidget(self._accuracy)
        figures.addWidget(self._interval)
        figures.addStretch(1)
        result.addLayout(figures)
        result.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(16)
        buttons.addStretch(1)
        buttons.addWidget(self._delete)
        buttons.addWidget(self._draw)
        buttons.addWidget(self._go_on)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(8)
        self._parts.addLayout(result, 1)
        self._parts.addLayout(buttons)
        for button in (self._delete, self._draw, self._go_on):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.body.addWidget(self._running)
        self.body.addWidget(self._result)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the words where there is little room."""
        ways = QBoxLayout.Direction
        self._parts.setDirection(ways.TopToBottom if self.width() < _NARROW else ways.LeftToRight)
        super().resizeEvent(event)

    def show_idle(self) -> None:
        """Nothing has been trained yet."""
        self._face(is_result=False)
        self.bar.hide()
        self.set_subject("")
        self._status.setText(tr("Nothing is being trained"))
        self._detail.setText(tr("Choose data and a model, then press Start"))

    def set_subject(self, subject: str) -> None:
        """Say what is trained; empty for nothing."""
        self._subject.setText(subject)

    def show_stage(self, message: str, done: int = 0, total: int = 0) -> None:
        """Something goes on that is not an epoch.

        Args:
            message: What, in the user's language.
            done: How much of `total`.
            total: 0 where it is not known.
        """
        self._face(is_result=False)
        self.bar.show()
        self._progress = None
        self._status.setText(message)
        self._detail.setText("")
        if total > 0:
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round(_STEPS * min(done / total, 1.0)))
        else:
            self.bar.setRange(0, 0)

    def begin(self, epochs: int, done: int = 0, *, has_epochs: bool = True) -> None:
        """The first of `epochs` epochs begins, or the one after the `done` first ones.

        Args:
            epochs: How many there are to be.
            done: How many were finished before.
            has_epochs: False for a method that only knows steps.
        """
        self._epochs, self._has_epochs = epochs, has_epochs
        self._face(is_result=False)
        self.bar.show()
        self.bar.setRange(0, _STEPS)
        self.bar.setValue(round(_STEPS * done / max(epochs, 1)))
        words = tr("Epoch {epoch} of {epochs}", epoch=min(done + 1, epochs), epochs=epochs)
        self._status.setText(words if has_epochs else tr("Learning…"))
        self._detail.setText("")

    def show_batch(self, progress: BatchProgress) -> None:
        """Say where the run is."""
        self._progress = progress
        batch, batches = f"{progress.batch:,}", f"{progress.batches:,}"
        if self._has_epochs:
            words = tr(
                "Epoch {epoch} of {epochs} · batch {batch} of {batches}",
                epoch=progress.epoch,
                epochs=self._epochs,
                batch=batch,
                batches=batches,
            )
        else:
            words = tr("Learning: step {step} of {steps}", step=batch, steps=batches)
        self._status.setText(words)
        words = tr(
            "about {time} left · {speed} samples/s",
            time=time_words(progress.seconds_left),
            speed=f"{progress.samples_per_second:,.0f}",
        )
        if progress.memory:
            words += " · " + tr("{size} GB of memory", size=f"{progress.memory / 1e9:.1f}")
        self._detail.setText(words)
        done = (progress.epoch - 1 + progress.batch / max(progress.batches, 1)) / max(self._epochs, 1)
        if self.bar.maximum() != _STEPS:
            self.bar.setRange(0, _STEPS)
        self.bar.setValue(round(_STEPS * min(done, 1.0)))

    def show_stopping(self, message: str) -> None:
        """Acknowledge that the user wants the run to end."""
        self._status.setText(message)
        self._detail.setText("")

    def show_paused(self, epoch: int, *, is_waiting: bool) -> None:
        """Acknowledge that the user wants the run to wait in epoch `epoch`; then say that it does."""
        self._status.setText(
            tr("Paused in epoch {epoch} of {epochs}", epoch=epoch, epochs=self._epochs)
            if is_waiting
            else tr("Pausing…")
        )
        self._detail.setText(tr("Resume goes on where it waits; Stop keeps the best model") if is_waiting else "")

    def show_result(
        self,
        accuracy: float | None,
        basis: str,
        story: str,
        *,
        can_draw: bool,
        can_go_on: bool = False,
        interval: str = "",
    ) -> None:
        """Show what came of a run.

        Args:
            accuracy: 0 to 1; None where the run was not judged.
            basis: What the accuracy was measured on, or what happened instead.
            story: Model, data, epochs, time.
            can_draw: Whether its model is there, to be drawn with or deleted.
            can_go_on: Whether the run was interrupted and can go on.
            interval: Where the true accuracy most probably lies; empty where that is not known.
        """
        self._face(is_result=True)
        self._accuracy.setVisible(accuracy is not None)
        self._accuracy.setText(percent_words(accuracy) if accuracy is not None else "")
        self._interval.setVisible(bool(interval))
        self._interval.setText(interval)
        self._basis.setText(basis)
        self._story.setText(story)
        self._draw.setVisible(can_draw)
        self._delete.setVisible(can_draw)
        self._go_on.setVisible(can_go_on)

    def _face(self, *, is_result: bool) -> None:
        self._running.setVisible(not is_result)
        self._result.setVisible(is_result)

    def retranslate(self) -> None:
        """Set the captions anew; texts of a run are set by their owner."""
        self._accuracy.setFont(theme.font(22, QFont.Weight.Bold))
        self._accuracy.setStyleSheet("font-size: 22pt; font-weight: 700;")
        self._interval.setStyleSheet("font-size: 8pt;")
        self._draw.set_texts(tr("Draw with it"), tr("Open the Draw page with this model"))
        self._delete.set_texts(tr("Delete model…"), tr("Delete this model; the record of its run stays"))
        self._go_on.set_texts(tr("Go on"), tr("Go on with this run where it was interrupted"))
        self.bar.setAccessibleName(tr("Progress of the training"))
        self.bar.setToolTip(tr("Progress of the training"))
        self._interval.setToolTip(tr("95 % interval of the accuracy, for samples like those it was judged on"))
        self._accuracy.setToolTip(tr("The share of samples kept apart from training that were read rightly"))


def percent_words(share: float) -> str:
    """`share` (0 to 1) in percent, rounded down to one place: 99.96 % is not 100 %."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:.1f} %"


def time_words(seconds: float) -> str:
    """A rough time, such as `14 s`, `3 min 20 s`, `2 h 5 min`."""
    if not math.isfinite(seconds):
        return "…"
    whole = max(round(seconds), 1)
    if whole < 60:
        return ntr("{n} s", "{n} s", whole)
    if whole < 3600:
        return tr("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
    return tr("{hours} h {minutes} min", hours=whole // 3600, minutes=whole % 3600 // 60)
