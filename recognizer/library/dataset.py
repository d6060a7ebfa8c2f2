"""Datasets in memory: pictures, labels and splits."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr


class Split(StrEnum):
    """What a sample is used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


SPLITS: Final = (Split.TRAIN, Split.VALIDATION, Split.TEST)


def split_name(split: Split) -> str:
    """What people call `split`, in small letters, in the language in use."""
    return {Split.TRAIN: tr("train"), Split.VALIDATION: tr("validation"), Split.TEST: tr("test")}[split]


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The classes of a dataset or a model, in the order of their indices."""

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise ValueError("label names must differ")

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """The index of the class called `name`; ValueError where there is none."""
        return self.names.index(name)


DIGITS: Final = LabelSet(tuple("0123456789"))


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Samples that are ready for training and judging.

    Attributes:
        name: Stable identifier, such as `mnist`; a path for data read from a file.
        title: What people call it.
        images: (n, 28, 28) uint8, 0 the ground and 255 full ink.
        labels: (n,) int64, indices into `label_set`.
        splits: (n,) uint8, indices into `SPLITS`.
        label_set: The classes.
        source: Where the samples come from, in words.
    """

    name: str
    title: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.uint8]
    label_set: LabelSet = DIGITS
    source: str = ""

    def __post_init__(self) -> None:
        if not len(self.images) == len(self.labels) == len(self.splits):
            raise ValueError(f"{len(self.images)} images, {len(self.labels)} labels, {len(self.splits)} splits")

    def __len__(self) -> int:
        return len(self.labels)

    def indices(self, splits: Iterable[Split] = SPLITS, label: int | None = None) -> NDArray[np.int64]:
        """The positions of the samples in any of `splits` (and of class `label`), ascending."""
        mask = np.isin(self.splits, [SPLITS.index(split) for split in splits])
        if label is not None:
            mask &= self.labels == label
        return np.flatnonzero(mask)

    def counts(self, splits: Iterable[Split] = SPLITS) -> NDArray[np.int64]:
        """How many samples each class has in `splits`, (number of classes,)."""
        return np.bincount(self.labels[self.indices(splits)], minlength=len(self.label_set))
