"""Which parts of a picture a network looks at for a class: Grad-CAM, and occlusion."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.inference.occlusion import WINDOW, occlusion_map, scaled
from recognizer.training.checkpoint import Weights
from recognizer.training.network import Recipe, build_network
from recognizer.training.runtime import import_keras


class Saliency:
    """A network that can be asked what it looks at; Keras works in the thread that made it.

    Args:
        recipe: The layers.
        weights: In Keras' order.

    Raises:
        RecognizerError: The weights do not fit the recipe.
    """

    def __init__(self, recipe: Recipe, weights: Weights) -> None:
        self._tf, self._keras = import_keras()
        self._classes = int(weights[-1].shape[-1])
        try:
            self._model = build_network(recipe, self._classes)
            self._model.set_weights(weights)
        except ValueError as error:
            raise RecognizerError(
                tr("The weights of the model do not fit its recipe"),
                where=" ".join(str(error).split())[:200],
                fix=tr("Choose another model, or train it again"),
            ) from error
        self._recipe, self._centres = recipe, centres_of(recipe)
        self._split: Any = None

    def grad_cam(self, picture: NDArray[np.uint8], place: int) -> NDArray[np.float32]:
        """Grad-CAM over the last layer of convolutions (Selvaraju et al. 2017, equations 1 and 2).

        The gradients are those of the class's score, before softmax. Each value of the small map is put where the
        middle of its receptive field is, and interpolated in between.

        Args:
            picture: (28, 28) uint8, 0 the ground and 255 full ink.
            place: Of the class in the network's outputs, operators and the like included.

        Returns:
            (28, 28) float32, 0 to 1; zeros where nothing speaks for the class.

        Raises:
            RecognizerError: The network has no convolutions.
            IndexError: There is no such class.
        """
        if not 0 <= place < self._classes:
            raise IndexError(f"class {place} of {self._classes}")
        if self._split is None:
            self._split = self._scoring_model()
        with self._tf.GradientTape() as tape:
            maps, scores = self._split(_batch(picture[None], 4), training=False)
            score = scores[:, place]
        gradient = np.asarray(tape.gradient(score, maps))[0]
        weights = gradient.mean(axis=(0, 1))
        small = np.maximum((np.asarray(maps)[0] * weights).sum(axis=-1), 0)
        return scaled(_enlarged(small, self._centres, len(picture)))

    def occlusion(self, picture: NDArray[np.uint8], place: int, window: int = WINDOW) -> NDArray[np.float32]:
        """`occlusion_map` of the network; arguments and result as for `grad_cam`."""
        rank = len(self._model.input_shape)

        def ask(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
            return np.asarray(self._model.predict_on_batch(_batch(batch, rank)))

        return occlusion_map(ask, picture, place, window)

    def _scoring_model(self) -> Any:
        """A model that gives the last maps and the scores before softmax."""
        keras = self._keras
        model = build_network(self._recipe, self._classes)
        model.set_weights(self._model.get_weights())
        model.layers[-1].activation = keras.activations.linear
        passing = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D, keras.layers.Dropout)
        spatial = [each for each in model.layers if len(each.output.shape) == 4 and not isinstance(each, passing)]
        if not spatial or not self._centres.size:
            raise RecognizerError(
                tr("This network has no convolutions to look into"),
                where=", ".join(str(entry.get("type")) for entry in self._recipe),
                fix=tr("Choose occlusion instead, or a model with convolutions"),
            )
        return keras.Model(model.inputs[0], [spatial[-1].output, model.outputs[0]])


def centres_of(recipe: Recipe, size: int = 28) -> NDArray[np.float64]:
    """Where the receptive fields of a network's last maps have their middles.

    Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", distill.pub, equations 3 and 4.

    Args:
        recipe: The layers.
        size: Side of the pictures, pixels.

    Returns:
        (m,) float64, a side's middles in pixels of the picture, ascending; empty where there are no convolutions.
    """
    spatial = [entry for entry in _until_flat(recipe) if entry["type"] != "dropout"]
    while spatial and spatial[-1]["type"] in ("max_pool", "average_pool"):
        spatial.pop()
    if not any("conv" in entry["type"] or entry["type"] == "residual" for entry in spatial):
        return np.zeros(0)
    extent, first, jump = size, 0.0, 1
    for entry in spatial:
        for window, strides, padding in _windows(entry):
            if padding == "same":
                after = -(-extent // strides)
                before = max((after - 1) * strides + window - extent, 0) // 2
            else:
                after, before = (extent - window) // strides + 1, 0
            first += ((window - 1) / 2 - before) * jump
            extent, jump = after, jump * strides
    return first + jump * np.arange(extent, dtype=np.float64)


def _until_flat(recipe: Recipe) -> list[dict[str, Any]]:
    flat = ("flatten", "dense", "global_average_pool")
    end = next((place for place, entry in enumerate(recipe) if entry["type"] in flat), len(recipe))
    return list(recipe[:end])


def _windows(entry: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Size, strides and padding of what a layer looks through; none where it looks at single pixels."""
    padding = entry.get("padding", "valid")
    match entry["type"]:
        case "conv" | "separable_conv" | "depthwise_conv":
            return [(entry["size"], entry.get("strides", 1), padding)]
        case "max_pool" | "average_pool":
            return [(entry["size"], entry.get("strides", 0) or entry["size"], padding)]
        case "residual":
            return [(3, entry.get("strides", 1), "same"), (3, 1, "same")]
        case _:
            return []


def _enlarged(small: NDArray[np.float32], centres: NDArray[np.float64], size: int) -> NDArray[np.floating]:
    """(size, size) from a small map, bilinear between the middles and constant beyond the outermost."""
    span = np.arange(size)
    across = np.stack([np.interp(span, centres, row) for row in small])
    return np.stack([np.interp(span, centres, column) for column in across.T], axis=1)


def _batch(pictures: NDArray[np.uint8], rank: int) -> NDArray[np.float32]:
    """As the network wants them: 0 to 1, with a channel axis where `rank` is 4."""
    scaled_pictures = pictures.astype(np.float32) / np.float32(255)
    return scaled_pictures[..., None] if rank == 4 else scaled_pictures
