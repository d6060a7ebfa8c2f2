"""What every format of an exported model has: how it is written, how it is run, and an example of its use."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.inference.registry import ModelRecord
from recognizer.training.checkpoint import Weights
from recognizer.training.export import RECIPE, WEIGHTS
from recognizer.training.finetune import read_training_files
from recognizer.training.network import Recipe, build_network

Runner = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From (n, 28, 28) uint8 pictures to (n, outputs) probabilities."""
_BATCH: Final = 250


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A model that is to be exported.

    Attributes:
        record: What is known of it.
        recipe, weights: What it is made of; the arrays are float32 and in Keras' order.
        model: The same as a Keras model.
    """

    record: ModelRecord
    recipe: Recipe
    weights: Weights
    model: Any

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the outputs stand for: the labels, then the extras."""
        return self.record.labels + self.record.extras

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one picture as Keras takes it: (28, 28), or (28, 28, 1) where the network has convolutions."""
        return tuple(self.model.input_shape[1:])


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that other programs read.

    Attributes:
        name: What the command line calls it.
        file: The name of the model's file, or folder, inside an export.
        is_exact: Whether its numbers are float32, so that it must answer as the model itself does.
        write: Given the model, where to write, and (m, 28, 28) uint8 pictures like those that it will read.
        open: Loads what was written, to be run.
        runtime: The name and the version of what runs it here.
        example: The text of `example.py`.
    """

    name: str
    file: str
    is_exact: bool
    write: Callable[[Source, Path, NDArray[np.uint8]], None]
    open: Callable[[Path], Runner]
    runtime: Callable[[], str]
    example: str


def open_source(record: ModelRecord) -> Source:
    """Build the Keras model of a record.

    Raises:
        RecognizerError: Its recipe or its weights are missing or damaged, or do not fit each other.
    """
    if not ((record.folder / RECIPE).is_file() and (record.folder / WEIGHTS).is_file()):
        raise RecognizerError(
            tr("This model cannot be exported: its weights did not come with it"),
            where=str(record.folder),
            fix=tr("Choose another model, such as one that you have trained"),
        )
    recipe, weights = read_training_files(record)
    try:
        model = build_network(recipe, len(record.labels) + len(record.extras), record.preprocessing.size)
        model.set_weights(weights)
    except ValueError as error:
        raise RecognizerError(
            tr("The weights of the model do not fit its recipe"),
            where=" ".join(str(error).split())[:200],
            fix=tr("Choose another model, or train it again"),
        ) from error
    return Source(record, recipe, weights, model)


def keras_answers(model: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a Keras model, or anything that is called like one, says of (n, 28, 28) uint8 pictures, (n, k) float32."""
    return in_batches(lambda part: np.asarray(model(part, training=False)), images, tuple(model.input_shape[1:]))


def in_batches(
    answer: Callable[[NDArray[np.float32]], NDArray[np.float32]], images: NDArray[np.uint8], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Call `answer` with up to 250 pictures at a time, (m, *shape) float32 from 0 to 1; all that it gave."""
    return np.concatenate(
        [
            answer(scaled(images[start : start + _BATCH]).reshape(-1, *shape))
            for start in range(0, max(1, len(images)), _BATCH)
        ]
    )


def scaled(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey levels as networks take them: from 0, the ground, to 1, full ink."""
    return images.astype(np.float32) / np.float32(255)
