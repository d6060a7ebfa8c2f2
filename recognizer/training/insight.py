"""Looking into a stored model at a picture: every step of its network, and what its last maps say for each class."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.inference.gradients import centres_of, class_maps, enlarged, no_convolutions
from recognizer.inference.occlusion import scaled
from recognizer.inference.registry import ModelRecord
from recognizer.inference.stages import Stage, stages
from recognizer.training.export import RECIPE
from recognizer.training.finetune import read_training_files
from recognizer.training.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Insight:
    """What a model does with a picture.

    Attributes:
        recipe: Its layers.
        stages: Its steps.
        outputs: What its outputs stand for: the labels, then the extras.
        maps: (k, 28, 28) float32, Grad-CAM for each output, in its own measure and with what is below 0; no map at all,
            (0, 28, 28), where the network has no convolutions.
        extras: How many outputs stand for no class.
    """

    recipe: Recipe = field(repr=False)
    stages: tuple[Stage, ...] = field(repr=False)
    outputs: tuple[str, ...]
    maps: NDArray[np.float32] = field(repr=False)
    extras: int = 0


def look_inside(record: ModelRecord, picture: NDArray[np.uint8]) -> Insight:
    """Follow a picture through the network of a model; TensorFlow is not needed.

    Args:
        record: The model.
        picture: (28, 28) uint8, made by the model's `Preprocessor`.

    Raises:
        RecognizerError: Its weights did not come with it, or are damaged.
    """
    if not (record.folder / RECIPE).is_file():
        raise RecognizerError(
            tr("The layers of this model cannot be looked into: its weights did not come with it"),
            where=str(record.folder),
            fix=tr("Choose another model, such as one that you have trained"),
        )
    recipe, weights = read_training_files(record)
    maps = np.zeros((0, *picture.shape), np.float32)
    # A network that has gone wrong may hold anything, and that is to be seen too.
    with np.errstate(all="ignore"):
        found = stages(recipe, weights, picture)
        if centres_of(recipe).size:
            maps = np.stack([enlarged(small, recipe, len(picture)) for small in class_maps(found, recipe)])
    return Insight(recipe, tuple(found), (*record.labels, *record.extras), maps, len(record.extras))


def map_evidence(insight: Insight, place: int, rival: int | None = None) -> NDArray[np.float32]:
    """What Grad-CAM says for a class, to be laid over the picture.

    Args:
        insight: Has the maps.
        place: Of the class among the outputs.
        rival: Of another one; then what speaks for that rather than for the class is below 0.

    Returns:
        (28, 28) float32, 0 to 1, with a rival -1 to 1; zeros where nothing speaks for either.

    Raises:
        RecognizerError: The network has no convolutions.
    """
    if not len(insight.maps):
        raise no_convolutions(insight.recipe)
    found = insight.maps[place]
    return scaled(np.maximum(found, 0) if rival is None else found - insight.maps[rival])
