"""One training run, from a dataset to a judged model in the registry."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.inference.classifier import Classifier
from recognizer.inference.judge import Judgement, judge
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.inference.reject import RejectRule
from recognizer.library.dataset import Dataset
from recognizer.training import export
from recognizer.training.baselines import fit_baseline
from recognizer.training.calibrate import calibrate
from recognizer.training.carrying_out import carry_out
from recognizer.training.checkpoint import Checkpoint, CheckpointFolder, read_moment
from recognizer.training.config import TrainingConfig
from recognizer.training.continuation import Continuation, Settled
from recognizer.training.division import Division, Samples, divide
from recognizer.training.events import (
    EventCallback,
    RunCancelled,
    RunEnded,
    StageBegan,
    TrainingEvent,
)
from recognizer.training.fitting import Fitting
from recognizer.training.memory import check_memory
from recognizer.training.network import build_network
from recognizer.training.recipe import trace
from recognizer.training.rule import rule_for
from recognizer.training.runs import Predictions, RunFolder, open_run, read_metrics
from recognizer.training.runtime import deterministic, import_keras
from recognizer.training.tensorboard import TensorBoardLog

_PROBE: Final = 32

_NONE: Final = np.zeros(0, np.int64)


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
            config: What to train and how; see `fit_baseline` for what is no network.
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
        if config.is_baseline:
            return fit_baseline(self._profile, config, data, on_event, token)
        if continuation is None:
            division = divide(data, config)
            size = data.images.shape[1]
            trace(config.recipe, len(data.label_set), size)
            check_memory(config.recipe, len(data.label_set), size, config.batch_size)
        else:
            division = Division(_NONE, _NONE, continuation.test)
        return self._go(RunFolder(self._profile, config, data), config, data, division, on_event, token, continuation)

    def resume(
        self, run_id: str, data: Dataset, on_event: EventCallback, token: CancellationToken
    ) -> RunEnded | RunCancelled:
        """Go on with a run that was interrupted, where it last wrote down where it was.

        Args:
            run_id: Which.
            data: What it was trained on.
            on_event: As for `fit`.
            token: As for `fit`.

        Returns:
            How the run ended.

        Raises:
            RecognizerError: The run is no interrupted one, what is needed of it is damaged, or the data has changed;
                for the rest as `fit`.
        """
        run, config = open_run(self._profile, run_id, data)
        return self._go(run, config, data, divide(data, config), on_event, token, None, is_resumed=True)

    def _go(
        self,
        folder: RunFolder,
        config: TrainingConfig,
        data: Dataset,
        division: Division,
        on_event: EventCallback,
        token: CancellationToken,
        continuation: Continuation | None,
        *,
        is_resumed: bool = False,
    ) -> RunEnded | RunCancelled:
        with TensorBoardLog(folder.path) as board:

            def observe(event: TrainingEvent) -> None:
                board.follow(event)
                on_event(event)

            def work(run: RunFolder, emit: EventCallback) -> RunEnded:
                stages = _Run(self._profile, config, data, division, run, emit, token, continuation)
                ended = stages.go(is_resumed=is_resumed)
                CheckpointFolder(run.path).forget_moments()
                return ended

            return carry_out(folder, observe, work)


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
        self._recipe = config.recipe if continuation is None else continuation.recipe
        self._labels = data.label_set.names if continuation is None else continuation.labels
        self._rule = RejectRule() if continuation is None else continuation.reject
        self._train_samples: Samples = self._samples(division.train)
        self._validation_samples: Samples = self._samples(division.validation)
        self._fit_seconds = 0.0

    def go(self, *, is_resumed: bool) -> RunEnded:
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
            self._rule = rule_for(self._train_samples[0], self._labels, self._token)
            model = build_network(self._recipe, len(self._labels), self._data.images.shape[1])
        else:
            model = _rebuilt(continued, self._data.images.shape[1])
            self._train_samples, self._validation_samples = continued.prepare(model, self._token.check)
        fitting = Fitting(model, self._config, self._recipe, self._run.path, self._emit, self._token)
        fitting.set_samples(self._train_samples, self._validation_samples, self._division.validation)
        if is_resumed:
            fitting.resume(read_moment(self._run.path), read_metrics(self._run.path))
        began = self._run.seconds
        with deterministic(self._config.deterministic):
            checkpoint, was_stopped, epochs = fitting.fit(self._run.id, len(self._division.test))
        self._fit_seconds = self._run.seconds - began
        model.set_weights(checkpoint.weights)
        settled = None if continued is None else continued.settle(model, checkpoint, self._emit)
        if settled is not None:
            model.set_weights(settled.weights)
            checkpoint = replace(checkpoint, weights=settled.weights)
        return self._finish(model, checkpoint, was_stopped, epochs, settled)

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
            Predictions(indices, self._data.labels[indices], judgement.predicted, judgement.confidence),
            judgement.probabilities,
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
            **({} if settled is None else {"metrics": settled.metrics}),
            message=self._division.gaps(self._data) if settled is None else settled.summary,
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
