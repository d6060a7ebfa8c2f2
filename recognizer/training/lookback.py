"""Looking back over a run: what its network was after each epoch."""

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


class Lookback:
    """A run's epochs; nothing here needs TensorFlow.

    Args:
        folder: The run's.

    Attributes:
        epochs: Those whose weights are there, ascending.
        metrics: Of every finished epoch.

    Raises:
        RecognizerError: The run cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recipe = tuple(read_run(folder).config.recipe)
        self.epochs = kept_epochs(folder) if self._recipe else []
        self.metrics: list[EpochMetrics] = read_metrics(folder)
        self._weights = lru_cache(_CACHED)(lambda epoch: read_epoch(folder, epoch))

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
