"""Test vectors: pictures and what a model says of them, for whoever checks an exported file."""

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.inference.judge import known_as
from recognizer.inference.registry import ModelRecord
from recognizer.ink.synthesis import generate
from recognizer.library.dataset import Dataset, Split
from recognizer.library.sources import BUILT_IN, is_available, load_dataset
from recognizer.training.config import TrainingConfig
from recognizer.training.division import divide
from recognizer.training.shipping.format import Source, keras_answers

_log = logging.getLogger(__name__)

COUNT: Final = 1000
"""Vectors that go with a model, where there are so many samples."""
_MOST: Final = 10_000
"""Samples that a model in whole numbers is tried with: among 1,000 its accuracy would move by tenths by chance."""
_FEWEST: Final = 50
"""Samples of its own below which a model is tried with synthetic digits."""
_LIKE: Final = 500
_PART: Final = 250
"""Pictures that are read before anyone is asked whether to go on."""
_SEED, _LIKE_SEED = 20_261, 20_262


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pictures to try a model with, and others like them.

    Attributes:
        images: (n, 28, 28) uint8.
        truth: (n,) int64, what they show, indices into the model's labels; -1 where that is not known.
        origin: Where they come from, in words.
        like: (m, 28, 28) uint8, none of `images`, from which quantising takes its ranges.
    """

    images: NDArray[np.uint8]
    truth: NDArray[np.int64]
    origin: str
    like: NDArray[np.uint8]

    def spread(self, n: int = COUNT) -> "Samples":
        """At most `n` of them, evenly from the first to the last."""
        places = _spread(np.arange(len(self.images)), n)
        return replace(self, images=self.images[places], truth=self.truth[places])


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Pictures and the right answers to them.

    Attributes:
        images: (n, 28, 28) uint8.
        expected: (n, outputs) float32, the probabilities that the model itself gives.
        truth: (n,) int64, indices into the model's labels; -1 where it is not known.
        origin: Where the pictures come from, in words.
    """

    images: NDArray[np.uint8]
    expected: NDArray[np.float32]
    truth: NDArray[np.int64]
    origin: str

    def spread(self, n: int = COUNT) -> "Vectors":
        """At most `n` of them, evenly from the first to the last."""
        places = _spread(np.arange(len(self.images)), n)
        return Vectors(self.images[places], self.expected[places], self.truth[places], self.origin)

    def to_bytes(self) -> bytes:
        """The content of `test_vectors.npz`: `inputs`, `probabilities` and `labels`."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, inputs=self.images, probabilities=self.expected, labels=self.truth)
        return buffer.getvalue()


def make_vectors(source: Source, samples: Samples, check: Callable[[], None] = lambda: None) -> Vectors:
    """What the Keras model says of the samples; `check` is called every few of them, and may raise to give up."""
    parts = []
    for start in range(0, max(1, len(samples.images)), _PART):
        check()
        parts.append(keras_answers(source.model, samples.images[start : start + _PART]))
    return Vectors(samples.images, np.concatenate(parts), samples.truth, samples.origin)


def find_samples(
    record: ModelRecord,
    profile: Profile,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> Samples:
    """Samples that the model was not trained on, from its own data where that is at hand; nothing is downloaded.

    Args:
        record: The model.
        profile: Where its data may be.
        progress: Told how far the data is loaded.
        token: Stops it.
    """
    try:
        own = _own(record, profile, progress, token)
    except RecognizerError as error:
        _log.info("The model's own data cannot be had: %s", error)
        own = None
    return synthetic(record) if own is None else own


def synthetic(record: ModelRecord, n: int = COUNT) -> Samples:
    """Digits that the program writes itself."""
    images, digits = generate(n, _SEED)
    like, _ = generate(_LIKE, _LIKE_SEED)
    places = np.array([_place(str(digit), record) for digit in range(10)], np.int64)
    return Samples(images, places[digits], tr("synthetic digits"), like)


def _own(
    record: ModelRecord, profile: Profile, progress: ProgressCallback, token: CancellationToken | None
) -> Samples | None:
    training = record.card.get("training", {})
    entry = training.get("data")
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or (name in BUILT_IN and not is_available(name, profile)):
        return None
    data = load_dataset(name, profile, progress, token)
    split, chosen, trained = _held_out(data, training.get("config"))
    if len(chosen) < _FEWEST or len(trained) == 0:
        return None
    chosen, trained = _spread(chosen, _MOST), _spread(trained, _LIKE)
    places = np.array([_place(label, record) for label in data.label_set.names], np.int64)
    origin = f"{data.title}, {split}"
    return Samples(data.images[chosen], places[data.labels[chosen]], origin, data.images[trained])


def _held_out(data: Dataset, config: object) -> tuple[str, NDArray[np.int64], NDArray[np.int64]]:
    """The split to try a model with, its positions, and those of what it was trained on."""
    tests, trained = data.indices((Split.TEST,)), data.indices((Split.TRAIN,))
    if len(tests):
        return tr("test split"), tests, trained
    if isinstance(config, dict):
        try:
            division = divide(data, TrainingConfig.from_dict(config))
        except (TypeError, ValueError):
            return "", tests, trained
        return tr("validation split"), division.validation, division.train
    return "", tests, trained


def _spread(positions: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """At most `n` of them, evenly from the first to the last."""
    return positions[np.linspace(0, len(positions) - 1, min(n, len(positions))).round().astype(np.int64)]


def _place(label: str, record: ModelRecord) -> int:
    known = known_as(label, record.labels)
    return -1 if known is None else record.labels.index(known)
