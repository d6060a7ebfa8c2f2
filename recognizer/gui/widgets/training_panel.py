"""What shapes a training run: data, network, and how it learns."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.library.sources import BUILT_IN
from recognizer.training.config import MAX_BATCH_SIZE, MAX_EPOCHS, MAX_SEED, OPTIMIZERS, TrainingConfig
from recognizer.training.presets import PRESETS

_OPTIMIZER_NAMES: Final = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}


class TrainingPanel(Card):
    """The form at the left of the Train page.

    Signals:
        startRequested: (dataset name, TrainingConfig): everything has been checked.
        stopRequested: The run should end and keep its best model.
        datasetChanged: The name of the dataset that was chosen.
    """

    startRequested = Signal(str, object)
    stopRequested = Signal()
    datasetChanged = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.setFixedWidth(316)
        self._captions: dict[QWidget, Label] = {}
        self._is_running = self._is_stopping = False
        self._needs_download = False
        self._own: dict[str, tuple[str, int, int]] = {}
        """Title, training and test samples of each dataset of the library, by its name."""
        self.dataset = _Choice("trainDatasetChooser")
        self.preset = _Choice("presetChooser")
        self.epochs = _Number("epochsInput", 1, MAX_EPOCHS)
        self.batch_size = _Number("batchSizeInput", 1, MAX_BATCH_SIZE)
        self.learning_rate = QLineEdit("0.001")
        self.learning_rate.setObjectName("learningRateInput")
        self.optimizer = _Choice("optimizerChooser")
        self.seed = _Number("seedInput", 0, MAX_SEED)
        self.validation = _Number("validationInput", 0, 50)
        self.splits = Label("secondary", wraps=True)
        self.splits.setObjectName("splitSummary")
        self.message = Label("wrong", wraps=True)
        self.message.setObjectName("trainingFormMessage")
        self.start_button = Button(role="primary")
        self.start_button.setObjectName("trainButton")
        self.start_button.setShortcut("Ctrl+Return")
        self.stop_button = Button()
        self.stop_button.setObjectName("stopButton")
        self.stop_button.setShortcut("Ctrl+.")
        self._fill()
        self._lay_out()
        self._connect()
        self.retranslate()
        self.set_running(False)

    def _fill(self) -> None:
        for name in BUILT_IN:
            self.dataset.addItem("", name)
        for name in PRESETS:
            self.preset.addItem("", name)
        for name in OPTIMIZERS:
            self.optimizer.addItem(_OPTIMIZER_NAMES.get(name, name), name)
        usual = TrainingConfig()
        self.preset.setCurrentIndex(self.preset.findData(usual.preset))
        self.optimizer.setCurrentIndex(self.optimizer.findData(usual.optimizer))
        self.seed.setValue(usual.seed)
        self.validation.setValue(round(100 * usual.validation_share))
        self._use_preset()

    def _lay_out(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(18, 14, 18, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        row = 0
        for fields in (
            (self.dataset,),
            (self.preset,),
            (self.epochs, self.batch_size),
            (self.learning_rate, self.optimizer),
            (self.seed, self.validation),
        ):
            for column, field in enumerate(fields):
                span = 2 // len(fields)
                caption = Label("secondary")
                caption.setBuddy(field)
                self._captions[field] = caption
                grid.addWidget(caption, row, column, 1, span)
                grid.addWidget(field, row + 1, column, 1, span)
            row += 2
            if fields == (self.dataset,):
                grid.addWidget(self.splits, row, 0, 1, 2)
                row += 1
            if self.learning_rate in fields:
                grid.addWidget(self.message, row, 0, 1, 2)
                row += 1
            grid.setRowMinimumHeight(row, 6)
            row += 1
        grid.setRowStretch(row, 1)
        self.message.hide()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(form)
        self.body.addWidget(area, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.start_button, self.stop_button):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        holder = QVBoxLayout()
        holder.setContentsMargins(18, 4, 18, 16)
        holder.addLayout(buttons)
        self.body.addLayout(holder)

    def _connect(self) -> None:
        self.dataset.currentIndexChanged.connect(self._on_dataset)
        self.preset.currentIndexChanged.connect(self._use_preset)
        self.validation.valueChanged.connect(self._refresh_splits)
        self.learning_rate.textEdited.connect(self._clear_message)
        self.learning_rate.editingFinished.connect(self._check)
        self.start_button.clicked.connect(self._start)
        self.stop_button.clicked.connect(self.stopRequested)

    def retranslate(self) -> None:
        """Set every text anew."""
        captions = {
            self.dataset: (tr("Data"), tr("The samples to learn from and to be judged by")),
            self.preset: (tr("Model"), tr("The network to train; choosing one sets its usual epochs and batch size")),
            self.epochs: (tr("Epochs"), tr("How often all training samples are seen")),
            self.batch_size: (tr("Batch size"), tr("How many samples are seen between two corrections of the weights")),
            self.learning_rate: (tr("Learning rate"), tr("How far each correction goes, such as 0.001 or 1e-3")),
            self.optimizer: (tr("Optimiser"), tr("The rule by which the weights are corrected")),
            self.seed: (tr("Seed"), tr("The same seed gives the same weights and order of samples to begin with")),
            self.validation: (
                tr("Validation"),
                tr("The share of the training samples that is held out to choose the best epoch"),
            ),
        }
        for field, (caption, tip) in captions.items():
            self._captions[field].setText(caption)
            field.setToolTip(tip)
            field.setAccessibleName(caption)
            field.setAccessibleDescription(tip)
        self.validation.setSuffix(tr(" %"))
        self._name_datasets()
        for index in range(self.preset.count()):
            name = self.preset.itemData(index)
            self.preset.setItemText(index, f"{name} · {preset_summary(name)}")
        self._set_buttons()
        self._refresh_splits()
        if self.message.isVisibleTo(self):
            self._check()

    def config(self) -> TrainingConfig:
        """What the form says.

        Raises:
            RecognizerError: A field is out of range; it says which.
        """
        text = self.learning_rate.text().strip()
        try:
            rate: float | str = float(text)
        except ValueError:
            rate = text
        return TrainingConfig(
            preset=self.preset.currentData(),
            epochs=self.epochs.value(),
            batch_size=self.batch_size.value(),
            learning_rate=rate,  # type: ignore[arg-type]
            optimizer=self.optimizer.currentData(),
            seed=self.seed.value(),
            validation_share=self.validation.value() / 100.0,
        )

    def dataset_name(self) -> str:
        """The chosen dataset."""
        return str(self.dataset.currentData())

    def choose_dataset(self, name: str) -> None:
        """Choose the dataset `name`; one that is not offered changes nothing."""
        index = self.dataset.findData(name)
        if index >= 0:
            self.dataset.setCurrentIndex(index)

    def set_library(self, datasets: dict[str, tuple[str, int, int]]) -> None:
        """Say which datasets the library has: title, training and test samples of each, by its name."""
        self._own = datasets
        names = [*BUILT_IN, *(name for name in datasets if name not in BUILT_IN)]
        if names != [self.dataset.itemData(index) for index in range(self.dataset.count())]:
            current = self.dataset_name()
            self.dataset.blockSignals(True)
            self.dataset.clear()
            for name in names:
                self.dataset.addItem("", name)
            self.dataset.setCurrentIndex(max(0, self.dataset.findData(current)))
            self.dataset.blockSignals(False)
            if self.dataset_name() != current:
                self._on_dataset()
        self._name_datasets()
        self._refresh_splits()

    def _name_datasets(self) -> None:
        for index in range(self.dataset.count()):
            name = self.dataset.itemData(index)
            train, test = self._counts(name)
            count = f"{train:,} + {test:,}" if train + test else tr("nothing yet")
            title = BUILT_IN[name].title if name in BUILT_IN else self._own[name][0]
            self.dataset.setItemText(index, f"{title} · {count}")
            tip = BUILT_IN[name].summary if name in BUILT_IN else tr("A dataset of your library")
            self.dataset.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)

    def _counts(self, name: str) -> tuple[int, int]:
        """How many training and test samples the dataset `name` has."""
        if name in self._own:
            return self._own[name][1:]
        return BUILT_IN[name].n_train, BUILT_IN[name].n_test

    def set_needs_download(self, needs_download: bool) -> None:
        """Say whether the chosen dataset would have to be fetched first."""
        self._needs_download = needs_download
        self._refresh_splits()

    def set_running(self, is_running: bool, *, is_stopping: bool = False) -> None:
        """A run goes on (and has been asked to stop): the form waits until it has ended."""
        self._is_running, self._is_stopping = is_running, is_stopping
        had_focus = self.start_button.hasFocus() or self.stop_button.hasFocus()
        for field in self._captions:
            field.setEnabled(not is_running)
        self.start_button.setEnabled(not is_running)
        self.stop_button.setEnabled(is_running and not is_stopping)
        if had_focus:
            # Disabling moves the focus to who knows where.
            (self.stop_button if is_running and not is_stopping else self.start_button).setFocus()
        self._set_buttons()

    def _set_buttons(self) -> None:
        self.start_button.set_texts(tr("Start"), tr("Train with these settings"))
        self.stop_button.set_texts(
            tr("Stopping…") if self._is_stopping else tr("Stop, keep best"),
            tr("End the run now and keep the best model so far"),
        )

    def _on_dataset(self) -> None:
        self.datasetChanged.emit(self.dataset_name())
        self._refresh_splits()

    def _use_preset(self) -> None:
        preset = PRESETS[self.preset.currentData()]
        self.epochs.setValue(preset.epochs)
        self.batch_size.setValue(preset.batch_size)

    def _refresh_splits(self) -> None:
        train, test = self._counts(self.dataset_name())
        held_out = round(train * self.validation.value() / 100.0)
        text = tr(
            "{train} train · {validation} validation · {test} test",
            train=f"{train - held_out:,}",
            validation=f"{held_out:,}",
            test=f"{test:,}",
        )
        if self._needs_download:
            text += "\n" + tr("Not on this computer yet: Start downloads it first")
        self.splits.setText(text)

    def _check(self) -> TrainingConfig | None:
        """The form's settings; None, with a message at the field, where they are wrong."""
        self._clear_message()
        try:
            return self.config()
        except RecognizerError as error:
            self.message.setText(str(error))
            self.message.show()
            self.learning_rate.setAccessibleDescription(self.message.text())
            self._mark(is_wrong=True)
            return None

    def _clear_message(self) -> None:
        self.message.hide()
        self._mark(is_wrong=False)

    def _mark(self, *, is_wrong: bool) -> None:
        self.learning_rate.setProperty("state", "wrong" if is_wrong else "")
        self.learning_rate.style().unpolish(self.learning_rate)
        self.learning_rate.style().polish(self.learning_rate)

    def _start(self) -> None:
        config = self._check()
        if config is None:
            self.learning_rate.setFocus()
        else:
            self.startRequested.emit(self.dataset_name(), config)


def preset_summary(name: str) -> str:
    """What the preset `name` is, in the user's language."""
    known = {"dense": tr("one hidden layer of 128"), "cnn": tr("two convolutions")}
    return known.get(name) or PRESETS[name].summary


class _Choice(QComboBox):
    """A list that the wheel changes only when it has the focus: the form scrolls."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form unless the list has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _Number(QSpinBox):
    """A whole number that the wheel changes only when it has the focus."""

    def __init__(self, object_name: str, low: int, high: int) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setRange(low, high)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Without it, the field of the largest seed decides how wide the form is.
        self.setMinimumWidth(60)
        self.lineEdit().setTextMargins(8, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the form unless the field has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
