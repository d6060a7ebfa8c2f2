"""Training a model further on the user's own handwriting, without letting it forget what it knew."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import ntr, tr
from recognizer.base.paths import Profile
from recognizer.inference.registry import ModelRecord, ModelRegistry, file_entry
from recognizer.ink.synthesis import non_digits, operators
from recognizer.library.dataset import DIGITS, Dataset, LabelSet, Split
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.handwriting import Handwriting
from recognizer.library.sources import BUILT_IN, load_dataset
from recognizer.library.splits import stratified
from recognizer.library.store.tables import LibraryDataset
from recognizer.training.augment import augment
from recognizer.training.checkpoint import Checkpoint, Weights, unpack_weights
from recognizer.training.config import FINE_TUNE, TrainingConfig
from recognizer.training.continuation import Continuation, Settled
from recognizer.training.division import Samples, divide
from recognizer.training.events import EventCallback, RunCancelled, RunEnded, StageBegan
from recognizer.training.export import RECIPE, WEIGHTS
from recognizer.training.guard import interpolate, largest_step
from recognizer.training.network import Recipe
from recognizer.training.own_ink import variations
from recognizer.training.trainer import Trainer

LEAST: Final = 10
"""So many samples must have been kept before there is anything to learn from."""
_REPLACED: Final = frozenset(
    {"format", "id", "title", "created", "labels", "preprocessing", "reject", "versions", "files"}
    | {"parameters", "training", "metrics"}
)
"""The entries of `model.json` that a new model has of its own; the others stay as they are."""
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class FineTuneRecipe:
    """Everything that shapes the training.

    Attributes:
        epochs: How often everything is seen.
        batch_size: Samples a step.
        learning_rate: Of Adam.
        seed: Of everything random.
        rehearsal: How many samples of the model's own data are seen again, half of them varied.
        others: For each rehearsed digit, so many drawings that are none, with what the model says about them; half of
            them signs of arithmetic where the model knows these.
        guard: How many other samples of that data watch over what is forgotten; never trained on.
        allowed: By how much the share that is read rightly of those may fall, 0.001 is a tenth of a point.
        own: How many pictures are made of the user's handwriting, about; each is varied between 4 and 100 times.
        validation_share: The share of the handwriting, its test split apart, that chooses the best epoch.
    """

    epochs: int = 6
    batch_size: int = 64
    learning_rate: float = 3e-4
    seed: int = 42
    rehearsal: int = 10_000
    others: float = 0.1
    guard: int = 5_000
    allowed: float = 0.001
    own: int = 5_000
    validation_share: float = 0.2

    def config(self) -> TrainingConfig:
        """What the run's record shows."""
        return TrainingConfig(
            FINE_TUNE,
            self.epochs,
            self.batch_size,
            self.learning_rate,
            seed=self.seed,
            validation_share=self.validation_share,
        )


def fine_tune(
    profile: Profile,
    model_id: str,
    on_event: EventCallback,
    token: CancellationToken,
    recipe: FineTuneRecipe | None = None,
) -> RunEnded | RunCancelled:
    """Train a model on My handwriting together with its own data, and add the result to the registry.

    The model itself stays as it is. A model that came out of this before is not trained further: the training begins
    again with the model that it came from.

    Args:
        profile: Whose handwriting, models and runs.
        model_id: The model to begin with; the first one where empty.
        on_event: As for `Trainer.fit`.
        token: Stops it; a model that has begun to learn is kept.
        recipe: How.

    Raises:
        RecognizerError: There is too little handwriting, the model cannot be trained further or would forget too much,
            or something that is needed is not there.
        Cancelled: Before the run began.
    """
    recipe = recipe or FineTuneRecipe()
    registry = ModelRegistry(profile)
    base = origin(registry, registry.get(model_id) if model_id else registry.default())
    network, weights = read_training_files(base)
    handwriting = Handwriting(profile)
    check_enough(handwriting.count())
    on_event(StageBegan(tr("Reading your handwriting")))
    own = handwriting.dataset(token=token)
    usable = np.isin(
        own.labels, [own.label_set.names.index(name) for name in base.labels if name in own.label_set.names]
    )
    strange = sorted({own.label_set.names[label] for label in own.labels[~usable]})
    check_enough(int(usable.sum()), strange)
    if strange:
        on_event(StageBegan(tr("Leaving out {labels}, which the model does not know", labels=", ".join(strange))))
    rehearsed = _load(rehearsal_data(base), profile, on_event, token)
    unknown = [name for name in base.labels if name not in rehearsed.label_set.names]
    if unknown:
        raise RecognizerError(
            tr("This model reads more than can be practised here"),
            where=f"{base.id} ({', '.join(unknown[:10])})",
            fix=tr("Choose a model of digits"),
        )
    continuation = FineTuning(recipe, base, network, weights, own, usable, rehearsed, handwriting)
    return Trainer(profile).fit(recipe.config(), continuation.data, on_event, token, continuation)


def check_enough(count: int, strange: list[str] | None = None) -> None:
    """Raise RecognizerError where `count` samples are too few to learn from; `strange` names labels left out."""
    if count < LEAST:
        left_out = tr("left out: {labels}", labels=", ".join(strange)) if strange else ""
        kept = ntr("{n} sample", "{n} samples", count)
        raise RecognizerError(
            tr("There is too little of your handwriting to learn from"),
            where=f"{kept}, {left_out}" if left_out else kept,
            fix=tr("Keep at least {least} samples: draw, and say what it is", least=LEAST),
        )


def can_be_tuned(record: ModelRecord) -> bool:
    """Whether a model reads digits alone and has the files without which it cannot be trained further."""
    return set(record.labels) <= set(DIGITS.names) and _has_weights(record)


def _has_weights(record: ModelRecord) -> bool:
    return (record.folder / RECIPE).is_file() and (record.folder / WEIGHTS).is_file()


def origin(registry: ModelRegistry, record: ModelRecord) -> ModelRecord:
    """The model that `record` was tuned from, and so on; `record` itself where that is none or gone."""
    known = {other.id: other for other in registry.list()}
    seen = {record.id}
    while True:
        base = record.card.get("training", {}).get("base")
        found = known.get(base.get("id", "")) if isinstance(base, dict) else None
        if found is None or found.id in seen:
            return record
        seen.add(found.id)
        record = found


def rehearsal_data(base: ModelRecord) -> str:
    """The name of the data that a model is reminded of: what it was trained on, or MNIST."""
    training = base.card.get("training", {})
    for entry in (training.get("rehearsal"), training.get("data")):
        name = entry.get("name") if isinstance(entry, dict) else None
        if name in BUILT_IN and name != OWN:
            return str(name)
    return "mnist"


def read_training_files(record: ModelRecord) -> tuple[Recipe, Weights]:
    """The recipe and the weights of a model, the latter float32.

    Raises:
        RecognizerError: They are not there, or damaged.
    """
    path = record.folder / RECIPE
    if not _has_weights(record):
        raise RecognizerError(
            tr("This model cannot be trained further: its weights did not come with it"),
            where=str(record.folder),
            fix=tr("Choose another model, such as one that you have trained"),
        )
    try:
        for path in (record.folder / RECIPE, record.folder / WEIGHTS):
            if file_entry(path) != record.card.get("files", {}).get(path.name):
                raise ValueError(tr("its checksum is wrong"))
        recipe = json.loads((record.folder / RECIPE).read_text(encoding="utf-8"))
        weights = [array.astype(np.float32) for array in unpack_weights((record.folder / WEIGHTS).read_bytes())]
        if not weights or not isinstance(recipe, list) or not all(isinstance(layer, dict) for layer in recipe):
            raise ValueError(f"{len(weights)} arrays")
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile) as error:
        raise RecognizerError(
            tr("The model is damaged"), where=f"{path} ({error})", fix=tr("Choose another model, or train it again")
        ) from error
    return recipe, weights


def _load(name: str, profile: Profile, on_event: EventCallback, token: CancellationToken) -> Dataset:
    told = [""]

    def progress(done: int, total: int, message: str) -> None:
        if message != told[0]:
            told[0] = message
            on_event(StageBegan(message))

    return load_dataset(name, profile, progress, token)


class FineTuning(Continuation):
    """What is trained on, what watches, and what comes of it."""

    def __init__(
        self,
        recipe: FineTuneRecipe,
        base: ModelRecord,
        network: Recipe,
        weights: Weights,
        own: LibraryDataset,
        usable: NDArray[np.bool_],
        rehearsed: Dataset,
        handwriting: Handwriting,
    ) -> None:
        self.recipe, self.weights, self.labels, self.reject = network, weights, base.labels, base.reject
        self._how, self._base, self._rehearsed, self._own, self._handwriting = recipe, base, rehearsed, own, handwriting
        places = {name: index for index, name in enumerate(base.labels)}
        # Those that are left out need a class too; they are never looked at.
        labels = np.array([places.get(name, 0) for name in own.label_set.names], np.int64)[own.labels]
        self.data = replace(own, labels=labels, label_set=LabelSet(base.labels))
        train = np.flatnonzero(usable & np.isin(np.arange(len(own)), own.indices((Split.TRAIN,))))
        self.test = np.flatnonzero(usable & np.isin(np.arange(len(own)), own.indices((Split.TEST,))))
        if len(self.test) == 0:
            held_out = stratified(labels[train], recipe.validation_share, recipe.seed)
            self.test, train = train[held_out], np.delete(train, held_out)
        held_out = stratified(labels[train], recipe.validation_share, recipe.seed)
        self.validation, self.train = train[held_out], np.delete(train, held_out)
        self.guard, self.rehearsal = guard_split(rehearsed, base, recipe)
        self._before = (0, 0, 0)

    def prepare(self, model: Any, check: Callable[[], None]) -> tuple[Samples, Samples]:
        """Own samples in many variations, and what the model knew, with its own answers as what is to be said."""
        for layer in model.layers:
            # Their statistics are those of far more samples than are seen here.
            if type(layer).__name__ == "BatchNormalization":
                layer.trainable = False
        rng = np.random.default_rng(self._how.seed)
        self._before = self._right(model, check)
        known, answers = self._known(model, rng, check)
        copies = int(np.clip(self._how.own // max(len(self.train), 1), 4, 100))
        train = self._varied(self.train, copies, rng, check)
        validation = self._varied(self.validation, 8, rng, check)
        width = answers.shape[1]
        images = np.concatenate([train[0], known])
        targets = np.concatenate([np.eye(width, dtype=np.float32)[train[1]], answers])
        return (images, targets), (validation[0], np.eye(width, dtype=np.float32)[validation[1]])

    def _varied(
        self, chosen: NDArray[np.int64], copies: int, rng: np.random.Generator, check: Callable[[], None]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        samples = [self._handwriting.sample(int(sample_id)) for sample_id in self._own.ids[chosen]]
        return variations(samples, copies, rng, check), self.data.labels[chosen].repeat(copies)

    def _known(
        self, model: Any, rng: np.random.Generator, check: Callable[[], None]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """What the model is reminded of: pictures, and the answers that it is to keep giving."""
        images = self._rehearsed.images[self.rehearsal]
        places = np.array([self.labels.index(name) for name in self._rehearsed.label_set.names], np.int64)
        truth = places[self._rehearsed.labels[self.rehearsal]]
        varied = np.arange(len(images)) % 2 == 1
        images = images.copy()
        images[varied] = np.round(augment(images[varied], rng) * 255).astype(np.uint8)
        answers = answer(model, images, check)
        wrong = answers.argmax(axis=1) != truth
        answers[wrong] = np.eye(answers.shape[1], dtype=np.float32)[truth[wrong]]
        count = round(self._how.others * len(images))
        if count and set(self.labels) <= set(DIGITS.names):
            others = non_digits(count, self._how.seed)
            if len(self._base.extras) > 1:
                others[: count // 2] = operators(count // 2, self._how.seed)[0]
            images, answers = np.concatenate([images, others]), np.concatenate([answers, answer(model, others, check)])
        return images, answers

    def _right(self, model: Any, check: Callable[[], None] = lambda: None) -> tuple[int, int, int]:
        """How many samples `model` reads rightly of the guard, of the own validation, and of the own test."""
        places = np.array([self.labels.index(name) for name in self._rehearsed.label_set.names], np.int64)
        guard = self._rehearsed.images[self.guard], places[self._rehearsed.labels[self.guard]]
        own = [(self.data.images[chosen], self.data.labels[chosen]) for chosen in (self.validation, self.test)]
        first, second, third = (
            int((answer(model, images, check)[:, : len(self.labels)].argmax(axis=1) == labels).sum())
            for images, labels in (guard, *own)
        )
        return first, second, third

    def settle(self, model: Any, best: Checkpoint, emit: EventCallback) -> Settled:
        """As much of the step as the guard allows."""
        emit(StageBegan(tr("Checking that nothing is forgotten")))
        figures: dict[str, tuple[int, int, int]] = {}

        def is_allowed(weights: Weights) -> bool:
            model.set_weights(weights)
            figures["after"] = right = self._right(model)
            return keeps(right[0], self._before[0], len(self.guard), self._how.allowed) and right[1] >= self._before[1]

        step = largest_step(self.weights, best.weights, is_allowed)
        if step == 0:
            raise RecognizerError(
                tr("The training was undone: the model would have forgotten too much, or learned nothing"),
                where=tr(
                    "read rightly: {data} {before} → {after} of {n}",
                    data=self._rehearsed.title,
                    before=f"{self._before[0]:,}",
                    after=f"{figures['after'][0]:,}",
                    n=f"{len(self.guard):,}",
                ),
                fix=tr("Keep more samples of your handwriting, check their labels, and try again"),
                exit_code=1,
            )
        if step < 1:
            emit(StageBegan(_shrunk(step)))
        return self._settled(interpolate(self.weights, best.weights, step), step, figures["after"])

    def _settled(self, weights: Weights, step: float, after: tuple[int, int, int]) -> Settled:
        guard, own = len(self.guard), len(self.test)
        samples = len(self.train) + len(self.validation) + len(self.test)
        metrics = {
            "own": {"n": own, "before": self._before[2] / own, "after": after[2] / own},
            "guard": {
                "data": self._rehearsed.name,
                "n": guard,
                "before": self._before[0] / guard,
                "after": after[0] / guard,
                "allowed": self._how.allowed,
                "step": step,
            },
        }
        summary = tr(
            "your handwriting {own_before} → {own_after} of {own}, {data} {before} → {after} of {n}",
            own_before=self._before[2],
            own_after=after[2],
            own=own,
            data=self._rehearsed.title,
            before=f"{self._before[0]:,}",
            after=f"{after[0]:,}",
            n=f"{guard:,}",
        )
        details = {name: value for name, value in self._base.card.items() if name not in _REPLACED}
        details["training"] = {
            "base": {"id": self._base.id, "title": self._base.title},
            "rehearsal": {"name": self._rehearsed.name, "samples": len(self.rehearsal)},
            "recipe": asdict(self._how),
            "own_samples": samples,
        }
        title = ntr(
            "{title}, tuned to my handwriting ({n} sample)",
            "{title}, tuned to my handwriting ({n} samples)",
            samples,
            title=self._base.title,
        )
        return Settled(weights, title, metrics, details, f"{summary}; {_shrunk(step)}" if step < 1 else summary)


def guard_split(
    data: Dataset, base: ModelRecord, recipe: FineTuneRecipe
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions that watch, and positions that are seen again; never of the test split.

    What the base was not trained on watches where that is known, else the end of the training split; at most a third
    of what there is.
    """
    validation, train = data.indices((Split.VALIDATION,)), data.indices((Split.TRAIN,))
    config = base.card.get("training", {}).get("config")
    if len(validation) == 0 and isinstance(config, dict):
        try:
            division = divide(data, TrainingConfig.from_dict(config))
            validation, train = division.validation, division.train
        except (RecognizerError, TypeError):
            pass
    size = min(recipe.guard, (len(validation) + len(train)) // 3)
    guard = validation[:size] if len(validation) >= size else train[-size:]
    train = np.setdiff1d(train, guard)
    chosen = np.random.default_rng(recipe.seed).permutation(train)[: recipe.rehearsal]
    return guard, np.sort(chosen)


def keeps(after: int, before: int, n: int, allowed: float) -> bool:
    """Whether of `n` samples at most the share `allowed` less are read rightly `after` than `before`."""
    return before - after <= allowed * n + 1e-9


def answer(model: Any, images: NDArray[np.uint8], check: Callable[[], None] = lambda: None) -> NDArray[np.float32]:
    """The outputs of a Keras model for (n, 28, 28) pictures, (n, k) float32.

    Args:
        model: Made by `build_network`.
        images: uint8.
        check: Raises where the work is to stop; called for every 500 pictures.
    """
    parts = []
    for start in range(0, len(images), _BATCH):
        check()
        part = images[start : start + _BATCH].astype(np.float32) / np.float32(255)
        parts.append(np.asarray(model(part[..., None] if len(model.input_shape) == 4 else part, training=False)))
    return np.concatenate(parts) if parts else np.zeros((0, model.output_shape[-1]), np.float32)


def _shrunk(step: float) -> str:
    return tr("only {percent} % of the step was taken, so that nothing is forgotten", percent=round(100 * step))
