"""What shapes a training run, checked before it starts."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr

OPTIMIZERS: Final = ("adam", "adamw", "sgd", "rmsprop")
FINE_TUNE: Final = "fine-tune"
"""What stands for the preset where a model is trained further."""
MAX_EPOCHS: Final = 1000
MAX_BATCH_SIZE: Final = 8192
MAX_SEED: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A training run's settings.

    Attributes:
        preset: A name from `recognizer.training.presets.PRESETS`, or `FINE_TUNE`.
        epochs: How often all training samples are seen, 1 to 1000.
        batch_size: Samples a step, 1 to 8192.
        learning_rate: The optimiser's step size, above 0 and at most 10.
        optimizer: One of `OPTIMIZERS`.
        seed: Of the weights, the shuffling and the validation split, 0 to 2³¹ − 1.
        validation_share: The share of the training split that is held out for validation where the
            dataset has no validation split of its own, 0 to 0.5.
    """

    preset: str = "dense"
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 0.001
    optimizer: str = "adam"
    seed: int = 42
    validation_share: float = 0.1

    def __post_init__(self) -> None:
        """Raise RecognizerError naming the field that is out of range."""
        from recognizer.training.presets import PRESETS

        _one_of("preset", self.preset, (*PRESETS, FINE_TUNE) if self.preset == FINE_TUNE else tuple(PRESETS))
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _within("epochs", self.epochs, 1, MAX_EPOCHS, whole=True)
        _within("batch_size", self.batch_size, 1, MAX_BATCH_SIZE, whole=True)
        _within("seed", self.seed, 0, MAX_SEED, whole=True)
        _within("learning_rate", self.learning_rate, 1e-7, 10.0)
        _within("validation_share", self.validation_share, 0.0, 0.5)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, kept in each run's folder."""
        return asdict(self)


def _one_of(field: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RecognizerError(
            tr("The training setting has a value that does not exist"),
            where=f"{field} = {value!r}",
            fix=tr("Choose one of {allowed}", allowed=", ".join(allowed)),
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
