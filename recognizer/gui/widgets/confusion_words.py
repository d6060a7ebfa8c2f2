"""What the cells of a confusion matrix say: which figures, and a cell in words."""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import ntr
from recognizer.evaluation.report import ConfusionMatrix

EVERY: Final = -1
"""In the place of a class: a whole row, or a whole column."""


class Figures(StrEnum):
    """What stands in the cells."""

    COUNTS = "counts"
    OF_ACTUAL = "of actual"
    """Percent of what was written; each row sums to 100."""
    OF_PREDICTED = "of predicted"
    """Percent of what was read; each column sums to 100."""


def percent(matrix: ConfusionMatrix, figures: Figures) -> NDArray[np.float64]:
    """(k, k), of what was read or, where counts are shown too, of what was written."""
    return matrix.percent_of_predicted() if figures is Figures.OF_PREDICTED else matrix.percent_of_actual()


def cell_words(matrix: ConfusionMatrix, figures: Figures, actual: int, predicted: int) -> str:
    """A cell, a row or a column in a sentence, such as `4 read as 9: 12 samples (1.2 % of the 4s)`."""
    if actual == predicted == EVERY:
        return ""
    if EVERY in (actual, predicted):
        return _line_words(matrix, actual, predicted)
    truth, read = matrix.labels[actual], matrix.labels[predicted]
    count = int(matrix.counts[actual, predicted])
    share = f"{percent(matrix, figures)[actual, predicted]:.1f}"
    if figures is Figures.OF_PREDICTED:
        return ntr(
            "{truth} read as {read}: {n} sample ({share} % of what was read as {read})",
            "{truth} read as {read}: {n} samples ({share} % of what was read as {read})",
            count,
            truth=truth,
            read=read,
            share=share,
        )
    if actual == predicted:
        return ntr(
            "{truth} read rightly: {n} sample ({share} % of the {truth}s)",
            "{truth} read rightly: {n} samples ({share} % of the {truth}s)",
            count,
            truth=truth,
            share=share,
        )
    return ntr(
        "{truth} read as {read}: {n} sample ({share} % of the {truth}s)",
        "{truth} read as {read}: {n} samples ({share} % of the {truth}s)",
        count,
        truth=truth,
        read=read,
        share=share,
    )


def _line_words(matrix: ConfusionMatrix, actual: int, predicted: int) -> str:
    """A row or a column in a sentence."""
    index = max(actual, predicted)
    line = matrix.counts[index] if predicted == EVERY else matrix.counts[:, index]
    count = int(line.sum())
    share = f"{100 * int(line[index]) / max(count, 1):.1f}"
    if predicted == EVERY:
        return ntr(
            "{n} sample of {label}: {share} % read rightly",
            "{n} samples of {label}: {share} % read rightly",
            count,
            label=matrix.labels[index],
            share=share,
        )
    return ntr(
        "{n} sample read as {label}: {share} % rightly",
        "{n} samples read as {label}: {share} % rightly",
        count,
        label=matrix.labels[index],
        share=share,
    )
