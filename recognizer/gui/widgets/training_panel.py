"""What shapes a training run: data, network, and how it learns."""

from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.switch import Switch
from recognizer.gui.widgets.training_buttons import RunButtons
from recognizer.gui.widgets.training_data import DataChoice
from recognizer.gui.widgets.training_fields import Choice, Decimal, Number, mark_wrong
from recognizer.gui.widgets.training_more import MoreSettings
from recognizer.gui.widgets.training_network import NetworkChoice
from recognizer.gui.widgets.training_words import OPTIMIZER_NAMES
from recognizer.training.augment import Augmentation
from recognizer.training.config import (
    MAX_BATCH_SIZE,
    MAX_EPOCHS,
    MAX_SEED,
    OPTIMIZERS,
    TrainingConfig,
    baseline_config,
)
from recognizer.training.presets import PRESETS

_USUAL: Final = TrainingConfig()
_SET_BY_PRESETS: Final = sorted({name for preset in PRESETS.values() for name in preset.settings})


class TrainingPanel(Card):
    """The form at the left of the Train page.

    Signals:
        startRequested: (dataset name, TrainingConfig): everything has been checked.
        stopRequested: The run should end and keep its best model.
        pauseRequested: It should wait.
        resumeRequested: It should go on.
        discardRequested: It should end and leave nothing.
        datasetChanged: The name of the dataset that was chosen.
        layersRequested: The user wants to see and change the network's layers.
        amountsRequested: The user wants to set how far the pictures are varied.
    """

    startRequested = Signal(str, object)
    stopRequested = Signal()
    pauseRequested = Signal()
    resumeRequested = Signal()
    discardRequested = Signal()
    datasetChanged = Signal(str)
    layersRequested = Signal()
    amountsRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.setFixedWidth(316)
        self._captions: dict[QWidget, Label] = {}
        self._classes = 10
        self._wrong_field: QWidget | None = None
        self._amounts = Augmentation()
        self.dataset = DataChoice("trainDatasetChooser")
        self.preset = NetworkChoice("presetChooser")
        self.layers_button = Button(role="flat")
        self.layers_button.setObjectName("layersButton")
        self.epochs = Number("epochsInput", 1, MAX_EPOCHS)
        self.batch_size = Number("batchSizeInput", 1, MAX_BATCH_SIZE)
        self.learning_rate = Decimal("learningRateInput", 0.001)
        self.optimizer = Choice("optimizerChooser")
        self.seed = Number("seedInput", 0, MAX_SEED)
        self.validation = Number("validationInput", 0, 50)
        self.augmentation = Switch()
        self.augmentation.setObjectName("augmentationSwitch")
        self.amounts_button = Button(role="flat")
        self.amounts_button.setObjectName("amountsButton")
        self.more = MoreSettings()
        self.splits = Label("secondary", wraps=True)
        self.splits.setObjectName("splitSummary")
        self.method_note = Label("secondary", wraps=True)
        self.method_note.setObjectName("methodNote")
        self.message = Label("wrong", wraps=True)
        self.message.setObjectName("trainingFormMessage")
        self.buttons = RunButtons()
        self.start_button, self.stop_button = self.buttons.start, self.buttons.stop
        self._fill()
        self._lay_out()
        self._use_preset()
        self._connect()
        self.retranslate()
        self.set_running(False)

    def _fill(self) -> None:
        for name in OPTIMIZERS:
            self.optimizer.addItem(OPTIMIZER_NAMES.get(name, name), name)
        self.preset.choose(_USUAL.preset)
        self.optimizer.choose(_USUAL.optimizer)
        self.seed.setValue(_USUAL.seed)
        self.validation.setValue(round(100 * _USUAL.validation_share))

    def _lay_out(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(18, 14, 18, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        row = 0
        for parts in (
            (self.dataset,),
            (self.preset,),
            (self.epochs, self.batch_size),
            (self.learning_rate, self.optimizer),
            (self.seed, self.validation),
        ):
            for column, field in enumerate(parts):
                span = 2 // len(parts)
                caption = self._caption(field, "secondary")
                if field is self.preset:
                    grid.addLayout(_line(caption, self.layers_button), row, column, 1, span)
                else:
                    grid.addWidget(caption, row, column, 1, span)
                grid.addWidget(field, row + 1, column, 1, span)
            row += 2
            notes: dict[QWidget, Label] = {self.dataset: self.splits, self.preset: self.method_note}
            if parts[0] in notes:
                grid.addWidget(notes[parts[0]], row, 0, 1, 2)
                row += 1
            grid.setRowMinimumHeight(row, 6)
            row += 1
        caption = self._caption(self.augmentation, "")
        grid.addLayout(_line(self.augmentation, caption, self.amounts_button), row, 0, 1, 2)
        grid.addWidget(self.more, row + 1, 0, 1, 2)
        grid.setRowStretch(row + 2, 1)
        self.message.hide()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(form)
        self.body.addWidget(self._area, 1)
        holder = QVBoxLayout()
        holder.setContentsMargins(18, 4, 18, 16)
        holder.setSpacing(8)
        holder.addWidget(self.message)
        holder.addWidget(self.buttons)
        self.body.addLayout(holder)

    def _caption(self, field: QWidget, role: str) -> Label:
        caption = Label(role)
        caption.setBuddy(field)
        self._captions[field] = caption
        return caption

    def _connect(self) -> None:
        self.dataset.currentIndexChanged.connect(self._on_dataset)
        self.preset.currentIndexChanged.connect(self._use_preset)
        self.optimizer.currentIndexChanged.connect(self._on_optimizer)
        self.validation.valueChanged.connect(self._refresh_splits)
        self.learning_rate.textEdited.connect(self._clear_message)
        self.learning_rate.editingFinished.connect(self._check)
        self.more.edited.connect(self._clear_message)
        self.more.checkWanted.connect(self._check)
        self.augmentation.toggled.connect(self._refresh_amounts)
        self.layers_button.clicked.connect(self.layersRequested)
        self.amounts_button.clicked.connect(self.amountsRequested)
        self.buttons.start.clicked.connect(self._start)
        self.buttons.stopRequested.connect(self.stopRequested)
        self.buttons.pauseRequested.connect(self.pauseRequested)
        self.buttons.resumeRequested.connect(self.resumeRequested)
        self.buttons.discardRequested.connect(self.discardRequested)
        self.buttons.queue.clicked.connect(self._start)

    def retranslate(self) -> None:
        """Set every text anew."""
        captions = {
            self.dataset: (tr("Data"), tr("The samples to learn from and to be judged by")),
            self.preset: (
                tr("Model"),
                tr("The network to train; choosing one sets its usual epochs, batch size and learning rate"),
            ),
            self.epochs: (tr("Epochs"), tr("How often all training samples are seen")),
            self.batch_size: (tr("Batch size"), tr("How many samples are seen between two corrections of the weights")),
            self.learning_rate: (tr("Learning rate"), tr("How far each correction goes, such as 0.001 or 1e-3")),
            self.optimizer: (tr("Optimiser"), tr("The rule by which the weights are corrected")),
            self.seed: (tr("Seed"), tr("The same seed gives the same weights and order of samples to begin with")),
            self.validation: (
                tr("Validation"),
                tr("The share of the training samples that is held out to choose the best epoch"),
            ),
            self.augmentation: (
                tr("Vary the pictures"),
                tr("Slant, size, place, bends and pen of the training pictures change in every epoch; never mirrored"),
            ),
        }
        for field, (caption, tip) in captions.items():
            self._captions[field].setText(caption)
            field.setToolTip(tip)
            field.setAccessibleName(caption)
            field.setAccessibleDescription(tip)
        self.validation.setSuffix(tr(" %"))
        self.dataset.retranslate()
        self.layers_button.set_texts(tr("Layers…"), tr("Look at the network's layers and change them"))
        self.amounts_button.set_texts(tr("How far…"), tr("Set how far the pictures are varied, and see it"))
        self.preset.retranslate()
        self.more.retranslate()
        self.buttons.retranslate()
        self.method_note.setText(
            tr(
                "No network: a method to compare networks with. Where all samples would take minutes, it learns from a "
                "part of them and says so."
            )
        )
        self._refresh_splits()
        self._examine()
        if self.message.isVisibleTo(self):
            self._check()

    def config(self) -> TrainingConfig:
        """What the form says.

        Raises:
            RecognizerError: A field is out of range; it says which.
        """
        if self.preset.is_baseline():
            return baseline_config(self.preset.name(), self.seed.value(), self.validation.value() / 100.0)
        return TrainingConfig(
            preset=self.preset.name(),
            epochs=self.epochs.value(),
            batch_size=self.batch_size.value(),
            learning_rate=self.learning_rate.value(),  # type: ignore[arg-type]
            optimizer=self.optimizer.currentData(),
            seed=self.seed.value(),
            validation_share=self.validation.value() / 100.0,
            augmentation=self._amounts if self.augmentation.isChecked() else None,
            layers=self.preset.own_layers(),
            **self.more.values(),
        )

    def set_config(self, config: TrainingConfig) -> bool:
        """Show the settings of another run.

        Returns:
            Whether the form can; where it offers no such network, nothing changes.
        """
        chooser = self.preset
        if not config.layers and chooser.findData(config.preset) < 0:
            return False
        chooser.choose(config.preset)
        if config.layers and (chooser.name() != config.preset or chooser.own_layers() != config.layers):
            chooser.use(config.layers)
        self.epochs.setValue(config.epochs)
        self.batch_size.setValue(config.batch_size)
        for name in ("learning_rate", "optimizer", *self.more.values()):
            self._set(name, getattr(config, name))
        self.seed.setValue(config.seed)
        self.validation.setValue(round(100 * config.validation_share))
        self.augmentation.setChecked(config.augmentation is not None)
        if config.augmentation is not None:
            self.set_amounts(config.augmentation)
        self._clear_message()
        return True

    # The network

    def set_classes(self, classes: int) -> None:
        """Say how many classes the chosen dataset has."""
        self._classes = classes
        self._examine()

    def _examine(self) -> None:
        """Say what is wrong with the layers of the user's own network; it cannot be trained then."""
        problem = self.preset.problem(self._classes)
        self.buttons.set_ready(not problem)
        if problem:
            self.message.setText(tr("This network cannot be trained: {problem}.", problem=problem))
        if problem or self._wrong_field is None:
            self.message.setVisible(bool(problem))
        self.preset.setAccessibleDescription(self.message.text() if problem else self.preset.toolTip())

    # The variations

    def amounts(self) -> Augmentation:
        """How far the pictures are varied where they are."""
        return self._amounts

    def set_amounts(self, amounts: Augmentation) -> None:
        """Say how far the pictures are varied."""
        self._amounts = amounts

    def _refresh_amounts(self) -> None:
        self.amounts_button.setEnabled(self.augmentation.isChecked() and self.augmentation.isEnabled())

    # The data

    def dataset_name(self) -> str:
        """The chosen dataset."""
        return self.dataset.name()

    def choose_dataset(self, name: str) -> None:
        """Choose the dataset `name`; one that is not offered changes nothing."""
        self.dataset.choose(name)

    def set_library(self, datasets: dict[str, tuple[str, int, int]]) -> None:
        """Say which datasets the library has: title, training and test samples of each, by its name."""
        self.dataset.set_library(datasets)
        self._refresh_splits()

    def set_needs_download(self, needs_download: bool) -> None:
        """Say whether the chosen dataset would have to be fetched first."""
        self.dataset.needs_download = needs_download
        self._refresh_splits()

    def set_running(
        self, is_running: bool, *, is_stopping: bool = False, can_pause: bool = False, is_paused: bool = False
    ) -> None:
        """A run goes on (and has been asked to stop, or waits); the form is for the next one then."""
        self.buttons.set_state(is_running=is_running, is_stopping=is_stopping, can_pause=can_pause, is_paused=is_paused)

    def _on_dataset(self) -> None:
        self.datasetChanged.emit(self.dataset_name())
        self._refresh_splits()

    def _use_preset(self) -> None:
        preset = PRESETS.get(self.preset.name())
        if preset is not None:
            self.epochs.setValue(preset.epochs)
            self.batch_size.setValue(preset.batch_size)
            for name in _SET_BY_PRESETS:
                self._set(name, preset.settings.get(name, getattr(_USUAL, name)))
            self._clear_message()
        is_network = not self.preset.is_baseline()
        for field in (self.epochs, self.batch_size, self.learning_rate, self.optimizer, self.augmentation):
            field.setEnabled(is_network)
            self._captions[field].setEnabled(is_network)
        self.layers_button.setEnabled(is_network)
        self.more.set_usable(is_network)
        self.method_note.setVisible(not is_network)
        self._refresh_amounts()
        self._examine()

    def _set(self, name: str, value: Any) -> None:
        """Set the field of a name of `TrainingConfig`."""
        if name == "learning_rate":
            self.learning_rate.set_value(value)
        elif name == "optimizer":
            self.optimizer.choose(value)
        else:
            self.more.set_value(name, value)

    def _on_optimizer(self) -> None:
        self.more.set_optimizer(self.optimizer.currentData())

    def _refresh_splits(self) -> None:
        train, test = self.dataset.counts()
        held_out = round(train * self.validation.value() / 100.0)
        text = tr(
            "{train} train · {validation} validation · {test} test",
            train=f"{train - held_out:,}",
            validation=f"{held_out:,}",
            test=f"{test:,}",
        )
        if self.dataset.needs_download:
            text += "\n" + tr("Not on this computer yet: Start downloads it first")
        self.splits.setText(text)

    def _check(self) -> TrainingConfig | None:
        """The form's settings; None, with a message and the field marked, where they are wrong."""
        self._clear_message()
        try:
            return self.config()
        except RecognizerError as error:
            name = error.where.split(" = ")[0]
            self._wrong_field = self.more.fields.get(name, self.learning_rate)
            self.message.setText(str(error))
            self.message.show()
            self._wrong_field.setAccessibleDescription(self.message.text())
            mark_wrong(self._wrong_field, is_wrong=True)
            return None

    def _clear_message(self) -> None:
        if self._wrong_field is not None:
            mark_wrong(self._wrong_field, is_wrong=False)
            self._wrong_field.setAccessibleDescription(self._wrong_field.toolTip())
            self._wrong_field = None
            self.message.hide()
            self._examine()

    def _start(self) -> None:
        config = self._check()
        if config is not None:
            self.startRequested.emit(self.dataset_name(), config)
        elif self._wrong_field is not None:
            if self._wrong_field in self.more.captions:
                self.more.unfold()
            self._wrong_field.setFocus()
            self._area.ensureWidgetVisible(self._wrong_field)


def _line(*parts: QWidget) -> QHBoxLayout:
    """Parts side by side; labels take the room that is left."""
    line = QHBoxLayout()
    line.setSpacing(8)
    for part in parts:
        line.addWidget(part, 1 if isinstance(part, Label) else 0)
        if isinstance(part, Button):
            # No higher than the caption beside it.
            part.setStyleSheet("padding: 0px 6px; min-height: 0px;")
            part.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return line
