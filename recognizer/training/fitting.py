"""What Keras' `fit` is given, and what is made of what it does: the part of a run that takes its time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.blocks import EVALUATION_BATCH, Answers, BlockPlan, Order, block_dataset, block_function
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder, Moment, read_checkpoint
from recognizer.training.config import FINE_TUNE, TrainingConfig
from recognizer.training.division import Samples
from recognizer.training.events import EpochJudged, EpochMetrics, EventCallback, RunBegan
from recognizer.training.memory import too_little
from recognizer.training.network import make_optimizer, make_schedule
from recognizer.training.recipe import Recipe, is_convolutional
from recognizer.training.runtime import import_keras
from recognizer.training.variation import Variation
from recognizer.training.watch import FitWatch, keras_callback


class Fitting:
    """One fit of a model.

    Args:
        model: Built, not compiled.
        config: How it learns.
        recipe: Its layers.
        folder: The run's, for checkpoints.
        emit: Told what happens.
        token: Stops it.
    """

    def __init__(
        self,
        model: Any,
        config: TrainingConfig,
        recipe: Recipe,
        folder: Path,
        emit: EventCallback,
        token: CancellationToken,
    ) -> None:
        self._model, self._config, self._folder = model, config, folder
        self._emit, self._token, self._recipe = emit, token, recipe
        self._convolutional = is_convolutional(recipe)
        self._moment: Moment | None = None
        self._earlier: list[EpochMetrics] = []

    def set_samples(self, train: Samples, validation: Samples, positions: NDArray[np.int64]) -> None:
        """What it learns from and what chooses the best epoch.

        Args:
            train: Pictures and class indices or probabilities.
            validation: Likewise; may be empty.
            positions: (n,) int64, where the samples of `validation` are in the run's data, if they are.
        """
        self._train, self._validation, self._positions = train, validation, positions

    def resume(self, moment: Moment, epochs: Sequence[EpochMetrics]) -> None:
        """Go on at `moment`; `epochs` are those that the run has finished."""
        self._moment = moment
        self._earlier = [metrics for metrics in epochs if metrics.epoch < moment.epoch]

    def fit(self, run_id: str, n_test: int) -> tuple[Checkpoint, bool, int]:
        """Fit the model.

        Returns:
            The best checkpoint, whether the user stopped it, and how many epochs were finished.

        Raises:
            RecognizerError: The loss has run away, there is not enough memory, or the disk is full.
            Cancelled: Before anything was learnt.
        """
        tf, _ = import_keras()
        config, model = self._config, self._model
        images: Any = self._train[0]
        plan = BlockPlan.for_training(len(images), config.batch_size, convolutional=self._convolutional)
        variation = None
        if config.augmentation is not None:
            images = tf.Variable(images, trainable=False)
            variation = Variation(self._train[0], config.augmentation, config.seed, images.assign)
        order = Order(len(self._train[0]), config.seed)
        self._compile(plan, images)
        answers, validation = self._judging()
        checkpoints = CheckpointFolder(self._folder, config.epochs)
        rate = model.optimizer
        watch = FitWatch(
            plan,
            config.epochs,
            lambda: float(rate.learning_rate),
            model.get_weights,
            checkpoints,
            self._emit,
            self._token,
            # A run that goes on from another model does not say what it is trained on, and cannot be gone on with.
            arrays=None if config.preset == FINE_TUNE else self._arrays,
            patience=config.patience,
            halve=(lambda: rate.learning_rate.assign(rate.learning_rate * 0.5))
            if config.schedule == "plateau"
            else None,
            earlier=self._earlier,
        )

        def begin(epoch: int) -> None:
            first_block = self._begin(epoch)
            order.begin(epoch, first_block)
            watch.blocks_before = first_block
            if variation is not None:
                variation.begin(epoch, self._token.check)

        def judged(epoch: int) -> None:
            if answers is not None:
                self._emit(EpochJudged(epoch, self._positions, self._validation[1].astype(np.int64), *answers.read()))

        n_validation = len(self._validation[0])
        self._emit(
            RunBegan(
                *(run_id, config.epochs, len(self._train[0]), n_validation, n_test),
                *(plan.steps_per_epoch, model.count_params()),
            )
        )
        was_stopped = False
        try:
            if watch.is_exhausted():
                # It was interrupted after its last epoch.
                raise Cancelled
            model.fit(
                block_dataset(plan, order),
                initial_epoch=0 if self._moment is None else self._moment.epoch - 1,
                epochs=config.epochs,
                validation_data=validation,
                shuffle=False,  # the dataset shuffles
                verbose=0,
                callbacks=[keras_callback(watch, begin, judged, answers.begin if answers is not None else None)],
            )
        except Cancelled:
            if self._token.is_discarded or (not watch.blocks_trained and self._moment is None):
                raise
            was_stopped = len(watch.epochs) < config.epochs and not watch.is_exhausted()
        except tf.errors.ResourceExhaustedError as error:
            classes, size, batch = model.output_shape[-1], self._train[0].shape[1], config.batch_size
            raise too_little(self._recipe, classes, size, batch) from error
        finally:
            if variation is not None:
                variation.close()
        best = watch.best
        if best is None and self._earlier:
            best = read_checkpoint(self._folder)
        if best is None:
            best = Checkpoint(0, model.get_weights())
            checkpoints.save(best, is_best=True)
        return best, was_stopped, len(watch.epochs)

    def _compile(self, plan: BlockPlan, images: Any) -> None:
        _, keras = import_keras()
        config, model, truth = self._config, self._model, self._train[1]
        has_indices = truth.ndim == 1
        one_hot = has_indices and config.label_smoothing > 0
        loss: Any = "sparse_categorical_crossentropy"
        if one_hot or not has_indices:
            loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
        rate = make_schedule(config.schedule, config.learning_rate, plan.steps_per_epoch * config.epochs)
        model.compile(
            make_optimizer(config.optimizer, rate, config.momentum),
            loss,
            metrics=["accuracy"],
            jit_compile=False,
        )
        # What is made at the first step otherwise has to be there for a run that goes on.
        model.optimizer.build(model.trainable_variables)
        outputs = keras.ops.zeros((1, model.output_shape[-1]))
        model.compute_metrics(None, outputs if one_hot or not has_indices else keras.ops.zeros((1,)), outputs)
        model.reset_metrics()
        weights = None
        if config.class_weights and has_indices:
            counts = np.bincount(truth.astype(np.int64), minlength=model.output_shape[-1])
            present = np.maximum(counts, 1)
            weights = (len(truth) / (np.count_nonzero(counts) * present)).astype(np.float32)
        # Keras builds these two only where they are not set yet.
        model.train_function = block_function(
            model,
            model.train_step,
            images,
            truth,
            plan,
            check=self._token.check,
            one_hot=one_hot,
            class_weights=weights,
        )

    def _judging(self) -> tuple[Answers | None, Any]:
        """What gathers the answers to the validation samples, where these have labels, and what Keras validates on."""
        images, truth = self._validation
        if not len(images):
            return None, None
        model = self._model
        plan = BlockPlan(len(images), EVALUATION_BATCH[self._convolutional], 1)
        answers = Answers(model, len(images)) if truth.ndim == 1 else None
        model.test_function = block_function(
            model,
            model.test_step if answers is None else answers.step,
            images,
            truth,
            plan,
            check=self._token.check,
            one_hot=truth.ndim == 1 and self._config.label_smoothing > 0,
        )
        return answers, block_dataset(plan, Order(len(images), None))

    def _arrays(self) -> list[NDArray]:
        return [np.asarray(variable) for variable in self._variables()]

    def _variables(self) -> list[Any]:
        """All that changes while the model learns, the states of its random layers among it."""
        model = self._model
        metrics = [variable for metric in model.metrics for variable in metric.variables]
        return [*model.variables, *model.optimizer.variables, *metrics]

    def _begin(self, epoch: int) -> int:
        """The block with which an epoch begins; where the run goes on, with all as it was then."""
        moment = self._moment
        if moment is None or epoch != moment.epoch:
            return 0
        model, variables = self._model, self._variables()
        shapes = [tuple(variable.shape) for variable in variables]
        if shapes != [array.shape for array in moment.arrays]:
            raise RecognizerError(
                tr("The run cannot go on: what was written down does not fit its network"),
                where=str(self._folder),
                fix=tr("Train the model again"),
            )
        for variable, array in zip(variables, moment.arrays, strict=True):
            variable.assign(array)
        if not moment.blocks:
            # Those of the epoch before.
            model.reset_metrics()
        return moment.blocks
