"""One training run, from a dataset to a judged model in the registry."""

import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.inference.classifier import Classifier
from recognizer.inference.judge import Judgement, judge
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.inference.reject import RejectRule
from recognizer.library.dataset import Dataset, Split
from recognizer.library.splits import check_trainable, stratified
from recognizer.training import export
from recognizer.training.blocks import EVALUATION_BATCH, BlockPlan, block_dataset, block_function
from recognizer.training.calibrate import calibrate
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder, Weights
from recognizer.training.config import TrainingConfig
from recognizer.training.events import (
    EventCallback,
    RunBegan,
    RunCancelled,
    RunEnded,
    RunFailed,
    StageBegan,
    TrainingEvent,
)
from recognizer.training.network import Recipe, build_network, is_convolutional, make_optimizer
from recognizer.training.presets import PRESETS
from recognizer.training.rule import rule_for
from recognizer.training.runs import Predictions, RunFolder
from recognizer.training.runtime import import_keras, responsive
from recognizer.training.watch import FitWatch, keras_callback

_log = logging.getLogger(__name__)
_PROBE: Final = 32

Samples = tuple[NDArray[np.uint8], NDArray[np.int64] | NDArray[np.float32]]
"""(n, 28, 28) pictures, and (n,) class indices or (n, k) probabilities."""
_NONE: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Positions of a dataset's samples by what a run uses them for; each (n,) int64, ascending."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def divide(data: Dataset, config: TrainingConfig) -> Division:
    """Divide `data` for a run: its own validation split, else a stratified share of the training split.

    Raises:
        RecognizerError: There is too little to train or to validate on.
    """
    check_trainable(data)
    train = data.indices((Split.TRAIN,))
    validation = data.indices((Split.VALIDATION,))
    if len(validation) == 0 and config.validation_share > 0:
        held_out = stratified(data.labels[train], config.validation_share, config.seed)
        validation, train = train[held_out], np.delete(train, held_out)
        if len(validation) == 0:
            raise RecognizerError(
                tr("There are too few samples to hold some out for validation"),
                where=f"validation_share = {config.validation_share:g}, {data.name}: {len(train):,}",
                fix=tr("Set the validation share to 0, or use more samples"),
            )
    if len(train) < config.batch_size:
        raise RecognizerError(
            tr("The batch is larger than the training split"),
            where=f"batch_size = {config.batch_size}, {data.name}: {len(train):,}",
            fix=tr("Choose a batch size of at most {n}", n=len(train)),
        )
    return Division(train, validation, data.indices((Split.TEST,)))


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The weights that a continued run keeps.

    Attributes:
        weights: In Keras' order.
        title: What people call the model.
        metrics: What `model.json` tells of how good it is, beside the judgement.
        details: Further entries of `model.json`.
        summary: What came of it, in one line.
    """

    weights: Weights
    title: str
    metrics: dict[str, Any]
    details: dict[str, Any]
    summary: str


class Continuation(ABC):
    """How a run goes on from the weights of another model instead of beginning anew.

    Attributes:
        recipe: The network.
        weights: What it begins with, in Keras' order.
        labels: The class names in the order of its outputs; there may be further outputs.
        reject: When its answers are not to be trusted.
        test: (n,) int64, the positions in the run's data of the samples that it is judged on.
    """

    recipe: Recipe
    weights: Weights
    labels: tuple[str, ...]
    reject: RejectRule
    test: NDArray[np.int64]

    @abstractmethod
    def prepare(self, model: Any, check: Callable[[], None]) -> tuple[Samples, Samples]:
        """What is trained on and what chooses the best epoch, both with probabilities.

        Args:
            model: With the weights that it begins with; it may be asked, and layers may be kept from learning.
            check: Raises where the work is to stop; to be called often.
        """

    @abstractmethod
    def settle(self, model: Any, best: Checkpoint, emit: EventCallback) -> Settled:
        """What is kept, given the best weights; `model` may be used.

        Raises:
            RecognizerError: Nothing is worth being kept.
        """


class Trainer:
    """Trains models into a profile.

    Args:
        profile: Where runs and models are kept.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def fit(
        self,
        config: TrainingConfig,
        data: Dataset,
        on_event: EventCallback,
        token: CancellationToken,
        continuation: Continuation | None = None,
    ) -> RunEnded | RunCancelled:
        """Train, export, judge and register a model; Keras works in the calling thread.

        Args:
            config: What to train and how.
            data: The test split is used for judging alone.
            on_event: Called from this thread, in the order of what happens; the returned event is the last one.
            token: Stops the training as soon as it can; a model that has begun to learn is kept.
            continuation: Where the run goes on from another model; it says what is trained on.

        Returns:
            How the run ended.

        Raises:
            RecognizerError: The data or the settings do not allow training, the disk is full, or the training has run
                away. Once the run has begun, `RunFailed` has been reported before.
        """
        division = divide(data, config) if continuation is None else Division(_NONE, _NONE, continuation.test)
        with responsive(), RunFolder(self._profile, config, data) as run:

            def emit(event: TrainingEvent) -> None:
                run.append(event)
                on_event(event)

            try:
                return _Run(self._profile, config, data, division, run, emit, token, continuation).go()
            except Cancelled:
                run.finish("cancelled")
                cancelled = RunCancelled(run.id)
                emit(cancelled)
                return cancelled
            except Exception as error:
                message = str(error) if isinstance(error, RecognizerError) else f"{type(error).__name__}: {error}"
                _log.warning("Run %s failed: %s", run.id, message)
                # Where the disk is full the record of the failure fails too; the first error is what counts.
                with contextlib.suppress(RecognizerError):
                    run.finish("failed", message=message)
                failed = RunFailed(run.id, message)
                with contextlib.suppress(RecognizerError):
                    run.append(failed)
                on_event(failed)
                raise


class _Run:
    """The stages of one run."""

    def __init__(
        self,
        profile: Profile,
        config: TrainingConfig,
        data: Dataset,
        division: Division,
        run: RunFolder,
        emit: EventCallback,
        token: CancellationToken,
        continuation: Continuation | None,
    ) -> None:
        self._profile, self._config, self._data, self._division = profile, config, data, division
        self._run, self._emit, self._token, self._continuation = run, emit, token, continuation
        self._recipe = PRESETS[config.preset].layers if continuation is None else continuation.recipe
        self._labels = data.label_set.names if continuation is None else continuation.labels
        self._rule = RejectRule() if continuation is None else continuation.reject
        self._train_samples: Samples = self._samples(division.train)
        self._validation_samples: Samples = self._samples(division.validation)
        self._fit_seconds = 0.0

    def go(self) -> RunEnded:
        self._token.check()
        self._emit(StageBegan(tr("Loading TensorFlow")))
        _, keras = import_keras()
        self._token.check()
        self._emit(StageBegan(tr("Preparing the network")))
        keras.utils.set_random_seed(self._config.seed)
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
        continued = self._continuation
        if continued is None:
            # Now rather than at the end, where somebody who pressed Stop waits for it.
            self._rule = rule_for(self._train_samples[0], self._labels)
            model = build_network(self._recipe, len(self._labels), self._data.images.shape[1])
        else:
            model = _rebuilt(continued, self._data.images.shape[1])
            self._train_samples, self._validation_samples = continued.prepare(model, self._token.check)
        checkpoint, was_stopped, epochs = self._train(model)
        model.set_weights(checkpoint.weights)
        settled = None if continued is None else continued.settle(model, checkpoint, self._emit)
        if settled is not None:
            model.set_weights(settled.weights)
            checkpoint = replace(checkpoint, weights=settled.weights)
        return self._finish(model, checkpoint, was_stopped, epochs, settled)

    def _train(self, model: Any) -> tuple[Checkpoint, bool, int]:
        """Fit `model`; the best checkpoint, whether the user stopped it, and how many epochs were finished."""
        config = self._config
        train, validation_samples = self._train_samples, self._validation_samples
        n_train, n_validation = len(train[0]), len(validation_samples[0])
        convolutional = is_convolutional(self._recipe)
        model.compile(
            make_optimizer(config.optimizer, config.learning_rate),
            "sparse_categorical_crossentropy" if train[1].ndim == 1 else "categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=not convolutional,
        )
        plan = BlockPlan.for_training(n_train, config.batch_size, convolutional=convolutional)
        # Keras builds these two only where they are not set yet.
        model.train_function = block_function(
            model,
            model.train_step,
            *train,
            plan,
            compiled=not convolutional,
            check=self._token.check,
        )
        validation = None
        if n_validation:
            blocks = BlockPlan(n_validation, EVALUATION_BATCH[convolutional], 1)
            model.test_function = block_function(
                model,
                model.test_step,
                *validation_samples,
                blocks,
                compiled=False,
                check=self._token.check,
            )
            validation = block_dataset(blocks, None)
        watch = FitWatch(
            plan,
            config.epochs,
            lambda: float(model.optimizer.learning_rate),
            model.get_weights,
            CheckpointFolder(self._run.path),
            self._emit,
            self._token,
        )
        self._emit(
            RunBegan(
                self._run.id,
                config.epochs,
                n_train,
                n_validation,
                len(self._division.test),
                plan.steps_per_epoch,
                model.count_params(),
            )
        )
        began = self._run.seconds
        was_stopped = False
        try:
            model.fit(
                block_dataset(plan, config.seed),
                epochs=config.epochs,
                validation_data=validation,
                shuffle=False,  # the dataset shuffles
                verbose=0,
                callbacks=[keras_callback(watch)],
            )
        except Cancelled:
            if not watch.blocks_trained:
                raise
            was_stopped = len(watch.epochs) < config.epochs
        self._fit_seconds = self._run.seconds - began
        best = watch.best
        if best is None:
            best = Checkpoint(0, model.get_weights())
            CheckpointFolder(self._run.path).save(best, is_best=True)
        return best, was_stopped, len(watch.epochs)

    def _finish(
        self, model: Any, checkpoint: Checkpoint, was_stopped: bool, epochs: int, settled: Settled | None
    ) -> RunEnded:
        """Export, judge and register; not cancellable, for a stopped run keeps its model too."""
        self._emit(StageBegan(tr("Saving the model")))
        # A model that is trained further keeps the temperature that it has.
        held_out, labels = self._validation_samples
        temperature = calibrate(model, held_out, labels.astype(np.int64)) if settled is None else 1.0
        network = export.to_litert(model)
        files = export.training_files(self._recipe, model.get_weights())
        staged = self._run.path / "model"
        details = {"parameters": model.count_params(), "training": self._provenance(checkpoint, epochs)}
        if settled is not None:
            details["training"] |= settled.details.pop("training", {})
            details |= settled.details
        record = self._stage(network, files, "", details)
        classifier = Classifier(record)
        export.check_same(model, classifier, self._train_samples[0][:_PROBE])

        self._emit(StageBegan(tr("Judging the model")))
        judged_on, indices = self._judged_samples()
        judgement = judge(classifier, *self._samples(indices), self._data.label_set)
        report = judgement.report
        title = f"{self._config.preset} · {self._data.title} · {100 * report.accuracy:.1f} %"
        details["metrics"] = {
            "accuracy": report.accuracy,
            "n": report.n,
            "split": judged_on,
            "temperature": round(temperature, 4),
        }
        if settled is not None:
            title = settled.title
            details["metrics"] |= settled.metrics
        self._stage(network, files, title, details)
        record = ModelRegistry(self._profile).add(staged, self._run.id)
        return self._record_end(record, judgement, judged_on, indices, checkpoint, was_stopped, settled)

    def _stage(self, network: bytes, files: dict[str, bytes], title: str, details: dict[str, Any]) -> ModelRecord:
        return export.stage_model(
            self._run.path / "model",
            network,
            title=title,
            labels=self._labels,
            reject=self._rule,
            details={"id": self._run.id, **details},
            extra_files=files,
        )

    def _record_end(
        self,
        record: ModelRecord,
        judgement: Judgement,
        judged_on: str,
        indices: NDArray[np.int64],
        checkpoint: Checkpoint,
        was_stopped: bool,
        settled: Settled | None,
    ) -> RunEnded:
        report = judgement.report
        self._run.save_predictions(
            Predictions(indices, self._data.labels[indices], judgement.predicted, judgement.confidence)
        )
        ended = RunEnded(
            self._run.id,
            record.id,
            report,
            judged_on,
            checkpoint.epoch,
            was_stopped,
            self._run.seconds,
            self._fit_seconds,
        )
        self._run.finish(
            "stopped" if was_stopped else "finished",
            model_id=record.id,
            accuracy=report.accuracy,
            judged_on=judged_on,
            best_epoch=checkpoint.epoch,
            fit_seconds=self._fit_seconds,
            report=report.to_dict(),
            **({} if settled is None else {"message": settled.summary, "metrics": settled.metrics}),
        )
        self._emit(ended)
        return ended

    def _judged_samples(self) -> tuple[str, NDArray[np.int64]]:
        division = self._division
        for name, indices in (("test", division.test), ("validation", division.validation)):
            if len(indices):
                return name, indices
        return "train", division.train

    def _samples(self, indices: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        return self._data.images[indices], self._data.labels[indices]

    def _provenance(self, checkpoint: Checkpoint, epochs: int) -> dict[str, Any]:
        return {
            "config": self._config.to_dict(),
            "run": self._run.id,
            "data": {"name": self._data.name, "title": self._data.title, "source": self._data.source},
            "samples": {
                "train": len(self._train_samples[0]),
                "validation": len(self._validation_samples[0]),
                "test": len(self._division.test),
            },
            "epochs": epochs,
            "best_epoch": checkpoint.epoch,
        }


def _rebuilt(continued: Continuation, size: int) -> Any:
    """The Keras model of a continuation, with its weights; RecognizerError where they do not fit its recipe."""
    width = continued.weights[-1].shape[-1] if continued.weights[-1].ndim else 0
    try:
        if width < len(continued.labels):
            raise ValueError(f"{width} outputs for {len(continued.labels)} labels")
        model = build_network(continued.recipe, width, size)
        model.set_weights(continued.weights)
    except ValueError as error:
        raise RecognizerError(
            tr("The weights of the model do not fit its recipe"),
            where=" ".join(str(error).split())[:200],
            fix=tr("Choose another model, or train it again"),
        ) from error
    return model
