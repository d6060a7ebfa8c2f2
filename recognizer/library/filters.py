"""Choosing samples by a line of text such as `label:4 split:test`."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.dataset import SPLITS, Dataset, LabelSet, Split

_LABEL: Final = "label"
_SPLIT: Final = "split"


@dataclass(frozen=True, slots=True)
class SampleFilter:
    """Which samples are wanted.

    Attributes:
        labels: Names of the wanted classes; empty where all are.
        splits: The wanted splits; empty where all are.
    """

    labels: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()

    @property
    def text(self) -> str:
        """The line that `parse_filter` reads as this filter; empty where everything is wanted."""
        parts = []
        if self.labels:
            parts.append(f"{_LABEL}:{','.join(self.labels)}")
        if self.splits:
            parts.append(f"{_SPLIT}:{','.join(self.splits)}")
        return " ".join(parts)

    def indices(self, dataset: Dataset) -> NDArray[np.int64]:
        """The positions of the wanted samples in `dataset`, ascending; names that it lacks are passed over."""
        mask = np.ones(len(dataset), bool)
        if self.splits:
            mask &= np.isin(dataset.splits, [SPLITS.index(split) for split in self.splits])
        if self.labels:
            names = dataset.label_set.names
            mask &= np.isin(dataset.labels, [names.index(label) for label in self.labels if label in names])
        return np.flatnonzero(mask)


def parse_filter(text: str, label_set: LabelSet) -> SampleFilter:
    """Read a filter line.

    The line is a list of words: `label:4`, `label:4,9`, `split:test`, or the bare name of a class or split. Words of
    one kind widen the choice, the two kinds narrow each other. Capitals, full-width signs and spaces after a colon or
    comma do not matter.

    Args:
        text: What the user wrote.
        label_set: The classes that can be named.

    Raises:
        RecognizerError: A word is not understood.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\s*([:,])\s*", r"\1", plain)
    labels: list[str] = []
    splits: list[Split] = []
    for word in plain.split():
        key, colon, values = word.partition(":")
        for value in (values if colon else word).split(","):
            label = _label(value, label_set) if not colon or key.casefold() == _LABEL else None
            split = _split(value) if not colon or key.casefold() == _SPLIT else None
            if label is not None:
                labels.append(label)
            elif split is not None:
                splits.append(split)
            else:
                raise _not_understood(word, key.casefold() if colon else "", value, label_set)
    return SampleFilter(
        tuple(name for name in label_set.names if name in labels), tuple(split for split in SPLITS if split in splits)
    )


def _label(value: str, label_set: LabelSet) -> str | None:
    if value in label_set.names:
        return value
    return next((name for name in label_set.names if name.casefold() == value.casefold()), None)


def _split(value: str) -> Split | None:
    return next((split for split in SPLITS if split == value.casefold()), None)


def _not_understood(word: str, key: str, value: str, label_set: LabelSet) -> RecognizerError:
    if key == _LABEL:
        what = tr("There is no class “{value}”", value=value) if value else tr("The class is missing after “label:”")
        return RecognizerError(what, where=word, fix=tr("The classes are {names}", names=_some(label_set)))
    if key == _SPLIT:
        what = tr("There is no split “{value}”", value=value) if value else tr("The split is missing after “split:”")
        return RecognizerError(what, where=word, fix=tr("The splits are {names}", names=", ".join(SPLITS)))
    return RecognizerError(
        tr("“{word}” is not understood", word=word),
        where=word,
        fix=tr("Write label:{label}, split:test, or both", label=label_set.names[0]),
    )


def _some(label_set: LabelSet) -> str:
    names = label_set.names
    return ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:11])}, …"
