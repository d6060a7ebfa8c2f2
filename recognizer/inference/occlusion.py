"""Which parts of a picture a model's answer depends on: cover them one after the other and ask again."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.inference.classifier import Classifier

WINDOW: Final = 5
"""Pixels; twice as wide as a stroke, so that a piece of one vanishes whole."""
_LEAST: Final = 1e-6
"""What a smaller probability counts as where two are compared."""

Ask = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""From (n, 28, 28) uint8 pictures to (n, k) probabilities."""


def covered_answers(ask: Ask, picture: NDArray[np.uint8], window: int = WINDOW, fill: int = 0) -> NDArray[np.floating]:
    """What a model says of a picture, and of the same picture with a square of it covered, for every place of that.

    After Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2.

    Args:
        ask: The model.
        picture: (n, n) uint8, 0 the ground and 255 full ink.
        window: Side of the square, pixels, 1 to n; it is put everywhere, also half outside.
        fill: What it is covered with; 0 takes the ink away.

    Returns:
        (1 + n * n, k): of the whole picture, then for each pixel, row by row, with the square around it covered.

    Raises:
        ValueError: The window does not fit.
    """
    covered = covers(len(picture), window)
    return ask(np.concatenate([picture[None], np.where(covered, np.uint8(fill), picture)]))


def covers(side: int, window: int = WINDOW) -> NDArray[np.bool_]:
    """Which pixels a square around each pixel covers, (side * side, side, side).

    Raises:
        ValueError: The window does not fit.
    """
    if not 1 <= window <= side:
        raise ValueError(f"window = {window}")
    rows, columns = np.divmod(np.arange(side * side), side)
    tops, lefts = rows - window // 2, columns - window // 2
    span = np.arange(side)
    is_row = (span >= tops[:, None]) & (span < tops[:, None] + window)
    is_column = (span >= lefts[:, None]) & (span < lefts[:, None] + window)
    return is_row[:, :, None] & is_column[:, None, :]


def evidence(
    answers: NDArray[np.floating], place: int, rival: int | None = None, window: int = WINDOW
) -> NDArray[np.float32]:
    """What speaks for a class, from what `covered_answers` found; nothing is asked again.

    A pixel's value is the mean, over all squares that cover it, of how far covering takes the class down: its
    probability, rises counting as nothing; or, where there is a rival, the logarithm of how many times more probable it
    is than that. All are divided by the largest.

    Args:
        answers: (1 + n * n, k) probabilities.
        place: Of the class among the k.
        rival: Of another one; then what speaks for that rather than for the class is below 0.
        window: As it was.

    Returns:
        (n, n) float32, 0 to 1, with a rival -1 to 1; zeros where covering changes nothing.
    """
    side = round((len(answers) - 1) ** 0.5)
    if rival is None:
        score = answers[:, place].astype(np.float64)
        falls = np.maximum(score[0] - score[1:], 0)
    else:
        likely = np.log(np.maximum(answers.astype(np.float64), _LEAST))
        score = likely[:, place] - likely[:, rival]
        falls = score[0] - score[1:]
    covered = covers(side, window)
    mean = np.einsum("n,nij->ij", falls, covered) / covered.sum(axis=0)
    return scaled(mean)


def occlusion_map(
    ask: Ask, picture: NDArray[np.uint8], place: int, window: int = WINDOW, fill: int = 0
) -> NDArray[np.float32]:
    """`evidence` for a class; arguments as for `covered_answers`."""
    return evidence(covered_answers(ask, picture, window, fill), place, window=window)


def classifier_answers(
    classifier: Classifier, picture: NDArray[np.uint8], token: CancellationToken | None = None
) -> NDArray[np.floating]:
    """`covered_answers` of a LiteRT model for its labels; TensorFlow is not needed.

    Args:
        classifier: The model; used from the calling thread.
        picture: (28, 28) uint8, made by the model's `Preprocessor`.
        token: Checked between blocks of 256 pictures; there are 785 in all.

    Raises:
        Cancelled: By `token`.
    """
    return covered_answers(lambda batch: classifier.predict_proba(batch, token), picture)


def scaled(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Values divided by the largest, whichever its sign; zeros where that is 0 or no number."""
    highest = float(np.abs(values).max(initial=0.0))
    if not 0 < highest < float("inf"):
        return np.zeros(values.shape, np.float32)
    return (values / highest).astype(np.float32)
