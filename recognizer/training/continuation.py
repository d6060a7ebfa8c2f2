"""How a run goes on from the weights of another model."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.reject import RejectRule
from recognizer.training.checkpoint import Checkpoint, Weights
from recognizer.training.division import Samples
from recognizer.training.events import EventCallback
from recognizer.training.recipe import Recipe


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
