"""Loss and accuracy as they change during training."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import GAP
from recognizer.gui.widgets.curve_card import CurveCard
from recognizer.training.events import BatchProgress, EpochMetrics


class LearningCurveView(QWidget):
    """Accuracy and loss over the epochs: training solid, validation dashed, the epoch going on as a thin line.

    The plots are made by `prepare`, because their library takes half a second to load.

    Signals:
        epochPicked: The epoch next to the place that was clicked.
    """

    epochPicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learningCurves")
        self.setMinimumHeight(180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._accuracy = CurveCard(100.0)
        self._loss = CurveCard(None)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self._accuracy, 1)
        layout.addWidget(self._loss, 1)
        self._metrics: list[EpochMetrics] = []
        self._epochs = 1
        for card in (self._accuracy, self._loss):
            card.placePicked.connect(self._on_picked)
        self.retranslate()

    def prepare(self) -> None:
        """Make the plots if they are not there yet."""
        self._accuracy.prepare()
        self._loss.prepare()

    def clear(self, epochs: int = 1) -> None:
        """Begin anew with room for `epochs` epochs."""
        self._metrics = []
        self._epochs = epochs
        for card in (self._accuracy, self._loss):
            card.clear(epochs)
        self._describe()

    def add_batch(self, progress: BatchProgress) -> None:
        """Carry on the live line of training."""
        x = progress.epoch - 1 + progress.batch / max(progress.batches, 1)
        self._accuracy.add_live(x, 100.0 * progress.accuracy)
        self._loss.add_live(x, progress.loss)

    def add_epoch(self, metrics: EpochMetrics) -> None:
        """Add a finished epoch; one that a run has done again takes the place of those from it on."""
        if self._metrics and self._metrics[-1].epoch >= metrics.epoch:
            earlier = [each for each in self._metrics if each.epoch < metrics.epoch]
            self.show_epochs(self._epochs, earlier)
        self._metrics.append(metrics)
        validation = metrics.val_accuracy
        self._accuracy.add_epoch(metrics.epoch, 100.0 * metrics.accuracy, validation and 100.0 * validation)
        self._loss.add_epoch(metrics.epoch, metrics.loss, metrics.val_loss)
        self._describe()

    def show_epochs(self, epochs: int, metrics: Iterable[EpochMetrics]) -> None:
        """Show a run of the past, planned for `epochs` epochs."""
        self.clear(epochs)
        for each in metrics:
            self.add_epoch(each)

    def set_marked(self, epoch: int | None) -> None:
        """Mark an epoch by an upright line, and say its values; None for none."""
        for card in (self._accuracy, self._loss):
            card.set_marked(epoch)
        self._describe()

    def marked(self) -> int | None:
        """The epoch that is marked."""
        return self._accuracy.marked

    def _on_picked(self, place: float) -> None:
        if self._metrics:
            self.epochPicked.emit(min((each.epoch for each in self._metrics), key=lambda epoch: abs(epoch - place)))

    def metrics(self) -> tuple[EpochMetrics, ...]:
        """The finished epochs that are shown."""
        return tuple(self._metrics)

    def points(self, measure: str, kind: str) -> list[tuple[float, float]]:
        """What a line is drawn from, (epoch, value).

        Args:
            measure: `accuracy` (percent) or `loss`.
            kind: `training`, `validation` or `live`.
        """
        card = self._accuracy if measure == "accuracy" else self._loss
        return list(zip(*card.series[kind], strict=True))

    def retranslate(self) -> None:
        """Set the texts anew."""
        self.setAccessibleName(tr("Learning curves"))
        self._accuracy.set_texts(tr("Accuracy"), tr("accuracy (%)"), "{:.1f} %")
        self._loss.set_texts(tr("Loss"), tr("loss"), "{:.3f}")
        self._describe()

    def _describe(self) -> None:
        if not self._metrics:
            self.setAccessibleDescription("")
            return
        last = next((each for each in self._metrics if each.epoch == self.marked()), self._metrics[-1])
        self.setAccessibleDescription(
            tr(
                "Epoch {epoch}: accuracy {accuracy} %, loss {loss}",
                epoch=last.epoch,
                accuracy=f"{100 * last.accuracy:.1f}",
                loss=f"{last.loss:.3f}",
            )
        )

    def sizeHint(self) -> QSize:
        """Two plots side by side."""
        return QSize(640, 220)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._accuracy.restyle()
            self._loss.restyle()
        super().changeEvent(event)
