"""Runs of methods without a network, judged and listed as a network's: same data, same division, same figures.

Nothing of such a run is pickled. Kept are its predictions, probabilities and figures; logistic regression becomes a
model as well, because it is a network of one dense layer.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.heavy_import import without_collection
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.evaluation.calibration import fit_temperature, negative_log_likelihood
from recognizer.inference.classifier import Classifier
from recognizer.inference.judge import Judgement, judge, judgement_of
from recognizer.inference.registry import ModelRecord, ModelRegistry
from recognizer.inference.reject import RejectRule
from recognizer.library.dataset import Dataset
from recognizer.library.splits import stratified
from recognizer.training import export
from recognizer.training.abandon import abandonable
from recognizer.training.baseline_methods import METHODS, Logistic, Machine, Method, Step, softmax
from recognizer.training.carrying_out import carry_out
from recognizer.training.config import TrainingConfig
from recognizer.training.division import Division, divide
from recognizer.training.events import (
    BatchProgress,
    EpochEnded,
    EpochMetrics,
    EventCallback,
    RunBegan,
    RunCancelled,
    RunEnded,
    SamplesChosen,
    StageBegan,
)
from recognizer.training.network import build_network
from recognizer.training.rule import rule_for
from recognizer.training.runs import Predictions, RunFolder
from recognizer.training.runtime import import_keras

_INTERVAL: Final = 0.1
_TOLD_EVERY: Final = 2.0
"""Seconds."""
_LOOKED_AT: Final = 2_000
"""The most validation samples that are asked for, and training samples that are asked for again."""
_LEAST: Final = 50
"""Validation samples below which a temperature says more about them than about the scores."""
_DENSE: Final = ({"type": "flatten"}, {"type": "dense", "units": 0, "activation": "softmax"})


def fit_baseline(
    profile: Profile, config: TrainingConfig, data: Dataset, on_event: EventCallback, token: CancellationToken
) -> RunEnded | RunCancelled:
    """Learn, judge and keep the run, as `Trainer.fit` does for networks.

    Args:
        profile: Where runs and models are kept.
        config: Its preset is one of `METHODS`; see `baseline_config` of `config`.
        data: The test split is used for judging alone.
        on_event: Called from this thread; the returned event is the last one.
        token: Gives up the run within 0.1 s; the thread that was at work ends at its next step, at most some seconds
            later, and its result is thrown away.

    Returns:
        How the run ended; the id of its model is empty but for logistic regression.

    Raises:
        RecognizerError: The data does not allow it, or the disk is full.
    """
    division = divide(data, config)
    return carry_out(
        RunFolder(profile, config, data),
        on_event,
        lambda run, emit: _BaselineRun(profile, config, data, division, run, emit, token).go(),
    )


class _BaselineRun:
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
    ) -> None:
        self._profile, self._config, self._data, self._run = profile, config, data, run
        self._emit, self._token = emit, token
        self._method: Method = METHODS[config.preset]()
        self._train, self._test, self._judged_on = division.train, division.test, "test"
        self._n_train, self._n_validation = len(division.train), len(division.validation)
        self._validation = division.validation[:: max(1, self._n_validation // _LOOKED_AT)]
        if not len(self._test):
            has_validation = self._n_validation > 0
            self._judged_on = "validation" if has_validation else "train"
            self._test = division.validation if has_validation else division.train
        self._temperature = 1.0
        self._gaps = division.gaps(data)

    def go(self) -> RunEnded:
        data, method, token = self._data, self._method, self._token
        classes, names = len(data.label_set), data.label_set.names
        token.check()
        self._emit(StageBegan(tr("Loading scikit-learn")))
        abandonable(lambda report: _import(), lambda nothing: None, token)
        self._choose()
        # In some seconds it asks the shipped model about thousands of pictures.
        rule = abandonable(lambda _: rule_for(data.images[self._train], names), lambda nothing: None, token)
        n_test = len(self._test) if self._judged_on == "test" else 0
        self._emit(RunBegan(self._run.id, 1, len(self._train), self._n_validation, n_test, self._steps(), 0))
        began = time.perf_counter()
        x, y = _pixels(data.images[self._train]), data.labels[self._train]
        progress = self._progress(len(x))
        abandonable(lambda report: method.learn(x, y, classes, self._config.seed, report), progress, token)
        some = np.random.default_rng(self._config.seed).permutation(len(x))[:_LOOKED_AT]
        held = self._scores(data.images[self._validation])
        if isinstance(method, Machine):
            self._temperature = fit_temperature(held, data.labels[self._validation]) if len(held) >= _LEAST else 1.0
        again = self._scores(data.images[self._train[some]])
        self._epoch_ended(again, y[some], held, data.labels[self._validation], time.perf_counter() - began)
        fit_seconds = time.perf_counter() - began

        record = self._model(rule) if isinstance(method, Logistic) else None
        self._emit(StageBegan(tr("Judging")))
        images, truth = data.images[self._test], data.labels[self._test]
        probabilities = self._probabilities(self._scores(images))
        if record is None:
            verdicts = abandonable(lambda _: rule.verdicts(images, probabilities), lambda nothing: None, token)
            judgement = judgement_of(names, probabilities, verdicts, truth, data.label_set)
        else:
            judgement = judge(Classifier(record), images, truth, data.label_set, token)
            _check_same(judgement.probabilities, probabilities)
            record = self._register(record, judgement)
        return self._record_end(judgement, record, fit_seconds)

    def _steps(self) -> int:
        """How many steps the method reports."""
        return self._method.steps(len(np.unique(self._data.labels[self._train])))

    def _choose(self) -> None:
        """Take a stratified part of the training samples where all would take minutes, and say so."""
        counts = np.bincount(self._data.labels[self._train], minlength=len(self._data.label_set))
        n_answers = len(self._test) + len(self._validation) + _LOOKED_AT
        n_used = self._method.limit(counts, n_answers)
        if n_used < self._n_train:
            part = stratified(self._data.labels[self._train], n_used / self._n_train, self._config.seed)
            self._train = self._train[part]
            text = tr("Learning from {n} of {all} samples", n=f"{len(part):,}", all=f"{self._n_train:,}")
            self._emit(StageBegan(text))
        self._emit(SamplesChosen(len(self._train), self._n_train))

    def _progress(self, n: int) -> Callable[[Step], None]:
        began = time.perf_counter()
        last = [0.0]

        def report(step: Step) -> None:
            now = time.perf_counter()
            if now - last[0] < _INTERVAL and step.done < step.total:
                return
            last[0] = now
            elapsed = max(now - began, 1e-9)
            left = elapsed * (step.total - step.done) / step.done if step.done else 0.0
            rate = n * step.done / step.total / elapsed
            self._emit(BatchProgress(1, max(1, step.done), step.total, step.loss, step.accuracy, rate, left))

        return report

    def _scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the method answers, (n, classes); given up as soon as the token says so."""
        if not len(images):
            return np.zeros((0, len(self._data.label_set)), np.float32)
        x = _pixels(images)

        def work(report: Callable[[int], None]) -> NDArray[np.float32]:
            return self._method.probabilities(x, report)

        last = [time.perf_counter()]

        def progress(done: int) -> None:
            if time.perf_counter() - last[0] >= _TOLD_EVERY:
                last[0] = time.perf_counter()
                self._emit(StageBegan(tr("Answering: {done} of {n}", done=f"{done:,}", n=f"{len(x):,}")))

        return abandonable(work, progress, self._token)

    def _probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        return softmax(scores / np.float32(self._temperature)) if isinstance(self._method, Machine) else scores

    def _epoch_ended(
        self,
        again: NDArray[np.float32],
        truth: NDArray[np.int64],
        held: NDArray[np.float32],
        held_truth: NDArray[np.int64],
        seconds: float,
    ) -> None:
        loss, accuracy = _figures(self._probabilities(again), truth)
        val_loss, val_accuracy = _figures(self._probabilities(held), held_truth) if len(held) else (None, None)
        self._emit(EpochEnded(EpochMetrics(1, loss, accuracy, val_loss, val_accuracy, 0.0, seconds)))

    def _model(self, rule: RejectRule) -> ModelRecord:
        """Logistic regression as a network, staged in the run's folder."""
        assert isinstance(self._method, Logistic)
        self._emit(StageBegan(tr("Loading TensorFlow")))
        abandonable(lambda report: import_keras(), lambda nothing: None, self._token)
        self._emit(StageBegan(tr("Saving the model")))
        model = build_network(_DENSE, len(self._data.label_set), self._data.images.shape[1])
        model.set_weights([self._method.weights, self._method.bias])
        self._rule, self._network = rule, export.to_litert(model)
        self._files = export.training_files(_DENSE, model.get_weights())
        return self._stage("", {})

    def _stage(self, title: str, metrics: dict[str, Any]) -> ModelRecord:
        details = {
            "id": self._run.id,
            "parameters": self._method.parameters,
            "metrics": metrics,
            "training": {
                "config": self._config.to_dict(),
                "run": self._run.id,
                "data": {"name": self._data.name, "title": self._data.title, "source": self._data.source},
                "samples": self._counts(),
                "epochs": 1,
                "best_epoch": 1,
            },
        }
        return export.stage_model(
            self._run.path / "model",
            self._network,
            title=title,
            labels=self._data.label_set.names,
            reject=self._rule,
            details=details,
            extra_files=self._files,
        )

    def _register(self, record: ModelRecord, judgement: Judgement) -> ModelRecord:
        report = judgement.report
        title = f"{self._config.preset} · {self._data.title} · {100 * report.accuracy:.1f} %"
        self._stage(title, {"accuracy": report.accuracy, "n": report.n, "split": self._judged_on})
        return ModelRegistry(self._profile).add(record.folder, self._run.id)

    def _counts(self) -> dict[str, int]:
        return {"train": len(self._train), "validation": self._n_validation, "test": len(self._test)}

    def _record_end(self, judgement: Judgement, record: ModelRecord | None, fit_seconds: float) -> RunEnded:
        run, report, method = self._run, judgement.report, self._method
        run.save_predictions(
            Predictions(self._test, self._data.labels[self._test], judgement.predicted, judgement.confidence),
            judgement.probabilities,
        )
        model_id = "" if record is None else record.id
        ended = RunEnded(run.id, model_id, report, self._judged_on, 1, False, run.seconds, fit_seconds)
        run.finish(
            "finished",
            model_id=model_id,
            accuracy=report.accuracy,
            judged_on=self._judged_on,
            best_epoch=1,
            fit_seconds=fit_seconds,
            report=report.to_dict(),
            message=self._gaps,
            baseline={
                "method": self._config.preset,
                "settings": method.settings,
                "n_used": len(self._train),
                "n_train": self._n_train,
                "parameters": method.parameters,
                "temperature": self._temperature,
            },
        )
        self._emit(ended)
        return ended


def _import() -> None:
    with without_collection():
        import sklearn.ensemble
        import sklearn.neighbors
        import sklearn.svm  # noqa: F401


def _pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 784) float32, 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255.0)


def _figures(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Mean −log p(label), where p is at least 1e-12, and accuracy."""
    loss = negative_log_likelihood(np.log(np.maximum(probabilities.astype(np.float64), 1e-12)), truth)
    return loss, float(np.mean(probabilities.argmax(axis=1) == truth))


def _check_same(exported: NDArray[np.float32], own: NDArray[np.float32]) -> None:
    """Raise RecognizerError where the exported network answers otherwise than the method itself."""
    difference = float(np.abs(exported - own).max(initial=0.0))
    if not difference <= export.MAX_DIFFERENCE:
        raise RecognizerError(
            tr("The exported model answers differently from the trained one"),
            where=tr("difference = {difference}", difference=f"{difference:.2g}"),
            fix=tr("Train again; the run's weights are kept in its folder"),
            exit_code=1,
        )
