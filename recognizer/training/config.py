"""What shapes a training run, checked before it starts."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.recipe import Recipe

if TYPE_CHECKING:
    from recognizer.training.augment import Augmentation

OPTIMIZERS: Final = ("adam", "adamw", "sgd", "rmsprop")
SCHEDULES: Final = ("constant", "cosine", "one-cycle", "plateau")
FINE_TUNE: Final = "fine-tune"
"""What stands for the preset where a model is trained further."""
BASELINES: Final = ("logistic", "knn", "forest", "svm")
"""What stands for the preset where it is no network; see `recognizer.training.baselines`."""
CUSTOM: Final = "custom"
"""What stands for the preset where the settings bring their own layers and nobody has named them."""
MAX_EPOCHS: Final = 1000
MAX_BATCH_SIZE: Final = 8192
MAX_SEED: Final = 2**31 - 1
_LIMITS: Final[dict[str, tuple[float, float, bool]]] = {
    "epochs": (1, MAX_EPOCHS, True),
    "batch_size": (1, MAX_BATCH_SIZE, True),
    "seed": (0, MAX_SEED, True),
    "learning_rate": (1e-7, 10.0, False),
    "validation_share": (0.0, 0.5, False),
    "momentum": (0.0, 0.999, False),
    "label_smoothing": (0.0, 0.5, False),
    "patience": (0, MAX_EPOCHS, True),
}
"""Least, most, and whether it is a whole number."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A training run's settings.

    Attributes:
        preset: A name from `recognizer.training.presets.PRESETS`, or one of `BASELINES` or `FINE_TUNE`; any
            name where there are `layers`.
        epochs: How often all training samples are seen, 1 to 1000.
        batch_size: Samples a step, 1 to 8192.
        learning_rate: The optimiser's step size, at its height; above 0 and at most 10.
        optimizer: One of `OPTIMIZERS`.
        seed: Of the weights, the shuffling and the validation split, 0 to 2³¹ − 1.
        validation_share: The share of the training split that is held out for validation where the
            dataset has no validation split of its own, 0 to 0.5.
        schedule: How the learning rate changes, one of `SCHEDULES`: not at all; falling along half a cosine; rising for
            the first three tenths of all steps and falling then (Smith and Topin 2019, arXiv:1708.07120); or halved
            after each two epochs without a better loss.
        momentum: Of `sgd`, 0 to 0.999.
        class_weights: Whether rare classes count for more, each as much in all as any other.
        label_smoothing: The share of each target that is spread over all classes, 0 to 0.5.
        patience: Epochs without a better result after which the run ends early; 0 for never.
        deterministic: Whether the same settings give the same weights to the last bit on the same machine; slower.
        augmentation: How the training pictures are varied, anew in each epoch; None for not at all.
        layers: A network of one's own; the preset's where empty.
    """

    preset: str = "dense"
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 0.001
    optimizer: str = "adam"
    seed: int = 42
    validation_share: float = 0.1
    schedule: str = "constant"
    momentum: float = 0.0
    class_weights: bool = False
    label_smoothing: float = 0.0
    patience: int = 0
    deterministic: bool = False
    augmentation: "Augmentation | None" = None
    layers: tuple[dict[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Raise RecognizerError naming the field that is out of range."""
        from recognizer.training.presets import PRESETS

        if not self.layers and self.preset != FINE_TUNE:
            _one_of("preset", self.preset, (*PRESETS, *BASELINES))
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _one_of("schedule", self.schedule, SCHEDULES)
        for field in ("class_weights", "deterministic"):
            _one_of(field, getattr(self, field), (False, True))
        for field, (low, high, whole) in _LIMITS.items():
            _within(field, getattr(self, field), low, high, whole=whole)

    @property
    def recipe(self) -> Recipe:
        """The network's layers; empty where there is none, or it is another model's."""
        from recognizer.training.presets import PRESETS

        return self.layers or (PRESETS[self.preset].layers if self.preset in PRESETS else ())

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of `BASELINES`, not a network."""
        return self.preset in BASELINES and not self.layers

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, kept in each run's folder."""
        return asdict(self) | {"layers": [dict(entry) for entry in self.layers]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """Settings from their JSON form; older ones lack what came later.

        Raises:
            RecognizerError: A value is out of range.
            TypeError, ValueError: They are no settings.
        """
        from recognizer.training.augment import Augmentation

        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        if given.get("augmentation") is not None:
            given["augmentation"] = Augmentation(**given["augmentation"])
        given["layers"] = tuple(dict(entry) for entry in given.get("layers", ()))
        return cls(**given)


def baseline_config(name: str, seed: int = 42, validation_share: float = 0.1) -> TrainingConfig:
    """The settings of a baseline's run; the others of `TrainingConfig` mean nothing to it.

    Args:
        name: One of `METHODS`.
        seed: Of the subsample, the division and the forest.
        validation_share: As for networks.
    """
    return TrainingConfig(preset=name, epochs=1, batch_size=1, seed=seed, validation_share=validation_share)


def _one_of(field: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool):
        raise RecognizerError(
            tr("The training setting has a value that does not exist"),
            where=f"{field} = {value!r}",
            fix=tr("Choose one of {allowed}", allowed=", ".join(map(str, allowed))),
        )


def _within(field: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    right_type = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not right_type or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type,operator]
        kind = tr("a whole number") if whole else tr("a number")
        raise RecognizerError(
            tr("The training setting is out of range"),
            where=f"{field} = {value!r}",
            fix=tr(
                "Enter {kind} from {low} to {high}",
                kind=kind,
                low=f"{low:g}",
                high=f"{high:,}" if whole else f"{high:g}",
            ),
        )
