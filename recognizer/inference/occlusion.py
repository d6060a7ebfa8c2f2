"""Which parts of a picture a model's answer depends on: cover them one after the other and ask again."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.inference.classifier import Classifier

WINDOW: Final = 5
"""Pixels; twice as wide as a stroke, so that a piece of one vanishes whole."""

Ask = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""From (n, 28, 28) uint8 pictures to (n, k) probabilities."""


def occlusion_map(
    ask: Ask, picture: NDArray[np.uint8], place: int, window: int = WINDOW, fill: int = 0
) -> NDArray[np.float32]:
    """How much the probability of a class falls where a square of the picture is covered.

    After Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2. A pixel's value
    is the mean fall over all squares that cover it, rises counting as nothing, divided by that of the highest pixel.

    Args:
        ask: The model.
        picture: (28, 28) uint8, 0 the ground and 255 full ink.
        place: Of the class in the model's answers.
        window: Side of the square, pixels, 1 to 28; it is put everywhere, also half outside.
        fill: What it is covered with; 0 takes the ink away.

    Returns:
        (28, 28) float32, 0 to 1; zeros where covering changes nothing.

    Raises:
        ValueError: The window does not fit.
    """
    side = len(picture)
    if not 1 <= window <= side:
        raise ValueError(f"window = {window}")
    before = window // 2
    rows, columns = np.divmod(np.arange(side * side), side)
    tops, lefts = rows - before, columns - before
    span = np.arange(side)
    is_row = (span >= tops[:, None]) & (span < tops[:, None] + window)
    is_column = (span >= lefts[:, None]) & (span < lefts[:, None] + window)
    covered = is_row[:, :, None] & is_column[:, None, :]
    answers = ask(np.concatenate([picture[None], np.where(covered, np.uint8(fill), picture)]))[:, place]
    falls = np.maximum(answers[0] - answers[1:], 0).astype(np.float64)
    mean = np.einsum("n,nij->ij", falls, covered) / covered.sum(axis=0)
    return scaled(mean)


def classifier_occlusion(
    classifier: Classifier, picture: NDArray[np.uint8], label: str, token: CancellationToken | None = None
) -> NDArray[np.float32]:
    """`occlusion_map` of a LiteRT model for one of its labels; TensorFlow is not needed.

    Args:
        classifier: The model; used from the calling thread.
        picture: (28, 28) uint8, made by the model's `Preprocessor`.
        label: One of the record's labels.
        token: Checked between blocks of 256 pictures; there are 785 in all.

    Raises:
        ValueError: The model does not know the label.
        Cancelled: By `token`.
    """
    place = classifier.record.labels.index(label)
    return occlusion_map(lambda batch: classifier.predict_proba(batch, token), picture, place)


def scaled(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Values from 0 up, divided by the largest; zeros where that is 0 or no number."""
    highest = float(values.max(initial=0.0))
    if not 0 < highest < float("inf"):
        return np.zeros(values.shape, np.float32)
    return (values / highest).astype(np.float32)
