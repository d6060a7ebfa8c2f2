"""Samples that are probably not what their label says, or nothing at all."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.filter_text import fold
from recognizer.library.samples import UNKNOWN, SampleTable
from recognizer.library.statistics.neighbours import Neighbours

RATIO: Final = 1.2
"""How many times further than a sample of another class the nearest one of its own class is. Of MNIST's samples 0.6 %
are above; with 2 % of the labels changed at random, 98 % of the changed ones are, and two of three that are above are
changed ones."""
FEWEST: Final = 5
"""Samples that a class must have for its members to be judged."""
FAR: Final = 4.0
"""How far a sample is from the nearest one of its class where it is unlike its class: in median absolute deviations
above the median of the class, scaled to the standard deviations of a normal distribution. Of MNIST's samples 0.4 % are
that far, of synthetic scribbles with labels of digits 72 %; 85 % of these are suspicious for some reason."""
_FAR_AT_ALL: Final = 2.0
"""And likewise among all samples: what is unusual in a class of much the same samples may be usual elsewhere."""
CONFIDENT: Final = 0.9
"""How sure a prediction must be to be held against a label."""
_TO_SIGMA: Final = 1.4826


class Reason(IntFlag):
    """Why a sample is suspicious."""

    OTHER_CLASS = 1
    """It lies among samples of another class."""
    UNLIKE = 2
    """It is far from all others of its class."""
    PREDICTION = 4
    """A model is sure that it is something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """Suspicious samples, those first that are most probably wrong.

    Attributes:
        positions: (k,) int64.
        reasons: (k,) uint8 bits of `Reason`.
        scores: (k,) float32, larger for what is more suspicious; comparable within the list alone.
        answers: What each rather looks like; empty where nothing is suggested.
    """

    positions: NDArray[np.int64]
    reasons: NDArray[np.uint8]
    scores: NDArray[np.float32]
    answers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.positions)


def find_suspects(
    table: SampleTable, positions: NDArray[np.int64], rows: NDArray[np.int32], neighbours: Neighbours | None
) -> Suspects:
    """Judge samples by their neighbours and by the predictions that the table has.

    Args:
        table: The dataset.
        positions: (m,) which of its samples are judged.
        rows: (n,) the places in `positions` of those whose neighbours were looked for.
        neighbours: Of these; None where they were not looked for.
    """
    m = len(positions)
    labels = table.labels[positions]
    reasons = np.zeros(m, np.uint8)
    scores = np.zeros(m, np.float32)
    answers = np.full(m, UNKNOWN, np.int32)
    if neighbours is not None:
        of_rows = shapes_of(table.label_set.names)[0].take(labels[rows])
        reasons[rows], scores[rows] = _by_neighbours(of_rows, neighbours, len(table.label_set))
        is_other = (reasons[rows] & np.uint8(Reason.OTHER_CLASS)) != 0
        answers[rows[is_other]] = neighbours.other_labels[is_other]
    predicted, confidences = table.predicted[positions], table.confidences[positions]
    is_wrong = (predicted != UNKNOWN) & (labels != UNKNOWN) & (confidences >= CONFIDENT)
    shapes, of_predictions = shapes_of(table.label_set.names, table.predicted_names)
    is_wrong &= of_predictions.take(predicted) != shapes.take(labels)
    reasons[is_wrong] |= np.uint8(Reason.PREDICTION)
    # Two witnesses count for more than one; a prediction counts as much as neighbours that are twice as near.
    scores[is_wrong] += 2 * confidences[is_wrong]
    found = np.flatnonzero(reasons)
    found = found[np.argsort(-scores[found], kind="stable")]
    texts = tuple(
        table.predicted_names[predicted[place]]
        if is_wrong[place]
        else (table.label_set.names[answers[place]] if answers[place] >= 0 else "")
        for place in found.tolist()
    )
    return Suspects(positions[found], reasons[found], scores[found], texts)


def shapes_of(
    names: tuple[str, ...], predicted_names: tuple[str, ...] = ()
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Classes made one where they are the two cases of a letter, which often look the same.

    Returns:
        For each class the first one that is the same letter, (c + 1,) int32, the last for `UNKNOWN`; and the like for
        each predicted name, with numbers from c on for those that are no class.
    """
    firsts: dict[str, int] = {}
    of_classes = [firsts.setdefault(fold(name), index) for index, name in enumerate(names)]
    of_predictions = [firsts.setdefault(fold(name), len(names) + at) for at, name in enumerate(predicted_names)]
    return np.array([*of_classes, UNKNOWN], np.int32), np.array([*of_predictions, UNKNOWN], np.int32)


def _by_neighbours(
    labels: NDArray[np.int32], neighbours: Neighbours, n_classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Reasons and scores of the samples whose neighbours are known."""
    sizes = np.bincount(labels[labels >= 0], minlength=n_classes)
    is_judged = (labels >= 0) & (np.append(sizes, 0).take(labels) >= FEWEST)
    # A class of which nothing lies near is as far as the space is wide.
    own = np.minimum(neighbours.own, np.float32(np.sqrt(2)))
    ratios = np.where(np.isfinite(neighbours.other), own / np.maximum(neighbours.other, np.float32(0.01)), 0)
    reasons = np.zeros(len(labels), np.uint8)
    reasons[is_judged & (ratios >= RATIO)] |= np.uint8(Reason.OTHER_CLASS)
    excess = np.zeros(len(labels), np.float32)
    for label in np.flatnonzero(sizes >= FEWEST).tolist():
        members = np.flatnonzero(labels == label)
        excess[members] = _excess(own[members])
    is_far = is_judged & (excess >= FAR)
    is_far[is_judged] &= _excess(own[is_judged]) >= _FAR_AT_ALL
    reasons[is_far] |= np.uint8(Reason.UNLIKE)
    return reasons, np.where(reasons & np.uint8(Reason.OTHER_CLASS), np.minimum(ratios, 10), excess / FAR).astype(
        np.float32
    )


def _excess(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far above their median (k,) distances are, in robust standard deviations."""
    if len(distances) == 0:
        return distances
    middle = np.median(distances)
    spread = _TO_SIGMA * np.median(np.abs(distances - middle))
    return ((distances - middle) / max(float(spread), 1e-3)).astype(np.float32)
