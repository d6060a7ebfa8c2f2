"""Dividing datasets: stratified, seeded, the same on every machine."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.dataset import SPLITS, Dataset, Split


def with_split(dataset: Dataset, share: float = 0.2, seed: int = 0) -> Dataset:
    """`dataset` divided anew into training and test.

    Args:
        share: The share of every class that becomes the test split, above 0 and below 1; a class of two or more
            samples keeps at least one on each side.
        seed: Of the draw.

    Returns:
        The same samples in the same order, each in the training or the test split.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share = {share}")
    splits = np.full(len(dataset), SPLITS.index(Split.TRAIN), np.uint8)
    splits[stratified(dataset.labels, share, seed)] = SPLITS.index(Split.TEST)
    return replace(dataset, splits=splits)


def stratified(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Positions drawn evenly from every class, `round(share * n)` in all, ascending.

    Each class gives its share rounded down; the classes with the largest remainders give one more. A class of two
    or more samples gives at least one and keeps at least one.

    Args:
        labels: (n,) class indices.
        share: 0 to 1.
        seed: Of the draw.
    """
    if len(labels) == 0:
        return np.zeros(0, np.int64)
    counts = np.bincount(labels)
    wanted = counts * share
    taken = np.floor(wanted).astype(np.int64)
    missing = round(len(labels) * share) - int(taken.sum())
    taken[np.argsort(taken - wanted, kind="stable")[:missing]] += 1
    if 0.0 < share < 1.0:
        taken = np.where(counts >= 2, np.clip(taken, 1, counts - 1), taken)
    random = np.random.default_rng(seed)
    drawn = [random.permutation(np.flatnonzero(labels == label))[:take] for label, take in enumerate(taken)]
    return np.sort(np.concatenate(drawn))


def check_trainable(dataset: Dataset) -> None:
    """Raise RecognizerError where there is nothing to learn: no training samples, or all of one class."""
    counts = dataset.counts((Split.TRAIN,))
    if not counts.any():
        raise RecognizerError(
            tr("The dataset has no training samples"),
            where=dataset.name,
            fix=tr("Choose a dataset with a training split"),
        )
    if np.count_nonzero(counts) < 2:
        only = dataset.label_set.names[int(counts.argmax())]
        raise RecognizerError(
            tr("The training samples are all of one class"),
            where=f"{dataset.name} (label = {only})",
            fix=tr("Choose a dataset with at least two classes"),
        )
