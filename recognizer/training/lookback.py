"""Looking back over a run: what its network was after each epoch."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.inference.forward import forward
from recognizer.training.checkpoint import Weights, kept_epochs, read_epoch
from recognizer.training.events import EpochJudged, EpochMetrics
from recognizer.training.runs import read_answers, read_metrics, read_run

_CACHED: Final = 8
"""Epochs whose weights are kept in memory."""
_THEN: Final = ("batch_norm", "activation")
"""Layers that only finish what the one before them gives."""
_NEARLY_ALL: Final = 0.995
_NO_PICTURES: Final = np.zeros((0, 28, 28), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a run's network was after an epoch.

    Attributes:
        epoch: That was asked for.
        kept: The epoch next to it whose weights are there; 0 where there is none. The rest but `answers` is of that.
        answers: What it said of the validation samples after `epoch`; None where that is not known.
        filters: (n, h, w) float32, as `Lookback.filters`.
        is_dense: Whether these are units of a dense layer that see the whole picture.
        probabilities: (classes,) float32, how it reads the picture; None without one, or without weights.
        found: (n, h, w) float32, what each filter makes of the picture; of a dense layer's unit, how much each pixel
            tells it. Empty where that is not known.
        filters_scale, found_scale: The size that nearly all of them stay below, above 0: for colours, so that a
            single huge one does not make the others pale.
    """

    epoch: int
    kept: int
    answers: EpochJudged | None
    filters: NDArray[np.float32]
    is_dense: bool
    probabilities: NDArray[np.float32] | None
    found: NDArray[np.float32]
    filters_scale: float = 1.0
    found_scale: float = 1.0


def best_epoch(metrics: list[EpochMetrics]) -> int:
    """The epoch whose weights a run keeps as its model; 0 where there is none yet."""
    return max(metrics, key=_score).epoch if metrics else 0


class Lookback:
    """A run's epochs; nothing here needs TensorFlow.

    Args:
        folder: The run's.

    Attributes:
        metrics: Of every epoch that was finished when this was made.

    Raises:
        RecognizerError: The run cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recipe = tuple(read_run(folder).config.recipe)
        self.metrics: list[EpochMetrics] = read_metrics(folder)
        self._weights = lru_cache(_CACHED)(lambda epoch: read_epoch(folder, epoch))

    @property
    def epochs(self) -> list[int]:
        """Those whose weights are there now, ascending."""
        return kept_epochs(self._folder) if self._recipe else []

    def nearest(self, epoch: int) -> int:
        """The epoch next to `epoch` whose weights are there; 0 where there is none."""
        return min(self.epochs, key=lambda kept: (abs(kept - epoch), kept), default=0)

    def weights(self, epoch: int) -> Weights:
        """After an epoch of `epochs`; RecognizerError where they are damaged."""
        return self._weights(epoch)

    def answers(self, epoch: int) -> EpochJudged | None:
        """What the network said of the validation samples; None where that is not known."""
        return read_answers(self._folder, epoch)

    def probabilities(self, epoch: int, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How the network reads a picture after an epoch.

        Args:
            epoch: One of `epochs`.
            picture: (28, 28) uint8, preprocessed.

        Returns:
            (classes,) float32.

        Raises:
            RecognizerError: The weights are damaged.
        """
        return self.outputs(epoch, picture)[-1][0]

    def outputs(self, epoch: int, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """As `probabilities`, what comes out of every layer; each (1, ...)."""
        try:
            return forward(self._recipe, self.weights(epoch), picture[None])
        except (ValueError, KeyError, StopIteration) as error:
            raise RecognizerError(
                tr("The weights of the model do not fit its recipe"),
                where=f"{self._folder.name}, {epoch}",
                fix=tr("Choose another model, or train it again"),
            ) from error

    def filters(self, epoch: int) -> NDArray[np.float32]:
        """The kernels of the first convolution, (filters, h, w); of a first dense layer what each unit looks at.

        Empty, (0, 28, 28), where the network begins with neither.
        """
        first = self.weights(epoch)[0] if self._recipe else np.zeros(0, np.float32)
        if first.ndim == 4 and first.shape[2] == 1:
            return np.moveaxis(first[:, :, 0], -1, 0)
        if first.ndim == 2 and first.shape[0] == 784:
            return first.T.reshape(-1, 28, 28)
        return np.zeros((0, 28, 28), np.float32)

    def look(self, epoch: int, picture: NDArray[np.uint8] | None = None) -> Look:
        """All that can be seen of the network after an epoch.

        Args:
            epoch: Any; where its weights are not kept, those next to it are looked at.
            picture: (28, 28) uint8, preprocessed; None for none.

        Raises:
            RecognizerError: Weights or answers are damaged.
        """
        answers, kept = self.answers(epoch), self.nearest(epoch)
        if not kept:
            return Look(epoch, 0, answers, _NO_PICTURES, False, None, _NO_PICTURES)
        filters = self.filters(kept)
        first = next((place for place, layer in enumerate(self._recipe) if layer["type"] != "flatten"), 0)
        is_dense = self._recipe[first]["type"] == "dense"
        if picture is None:
            return Look(epoch, kept, answers, filters, is_dense, None, _NO_PICTURES, _scale(filters))
        outputs = self.outputs(kept, picture)
        if is_dense:
            found = filters * (picture.astype(np.float32) / np.float32(255))
        else:
            last = first
            while last + 1 < len(self._recipe) and self._recipe[last + 1]["type"] in _THEN:
                last += 1
            found = np.moveaxis(outputs[last][0], -1, 0) if outputs[last].ndim == 4 else _NO_PICTURES
        if len(found) != len(filters):
            found = _NO_PICTURES
        scales = _scale(filters), _scale(found)
        return Look(epoch, kept, answers, filters, is_dense, outputs[-1][0], found, *scales)


def _scale(values: NDArray[np.float32]) -> float:
    sizes = np.abs(values)
    if not sizes.size or not float(sizes.max()):
        return 1.0
    return float(np.quantile(sizes, _NEARLY_ALL)) or float(sizes.max())


def _score(metrics: EpochMetrics) -> tuple[float, float]:
    """As the trainer chooses."""
    if metrics.val_accuracy is None or metrics.val_loss is None:
        return metrics.accuracy, -metrics.loss
    return metrics.val_accuracy, -metrics.val_loss
