"""What every reader of data files gives: labels, splits, and pictures on demand."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.imaging.preprocess import Preprocessor
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet, Split

MAX_SAMPLES: Final = 2_000_000
MAX_CLASSES: Final = 1000
_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class RawData:
    """Samples of a file before preprocessing.

    Attributes:
        path: The file or folder.
        labels: The n labels as text.
        picture: Gives the (28, 28) uint8 picture of sample i; called from several threads.
        splits: (n,) uint8 indices into `SPLITS`; None where the data has no split.
    """

    path: Path
    labels: Sequence[str]
    picture: Callable[[int], NDArray[np.uint8]]
    splits: NDArray[np.uint8] | None = None


def of_images(
    path: Path, images: NDArray[np.uint8], labels: Sequence[str], splits: NDArray[np.uint8] | None = None
) -> RawData:
    """Raw data from (n, h, w) uint8 pictures of either polarity."""
    preprocessor = Preprocessor()
    return RawData(path, labels, lambda index: preprocessor.from_image(images[index]), splits)


def to_dataset(
    raw: RawData, progress: ProgressCallback, token: CancellationToken | None, *, for_evaluation: bool = False
) -> Dataset:
    """Preprocess the samples.

    Args:
        raw: The samples.
        progress: Told how many are done.
        token: Checked every 64 samples.
        for_evaluation: Leave out all but the test split, where there is one.

    Raises:
        RecognizerError: There are no samples, too many, or too many classes; a picture cannot be read.
        Cancelled: By `token`.
    """
    _check_size(raw)
    label_set, labels = _classes(raw)
    splits = raw.splits if raw.splits is not None else np.full(len(labels), SPLITS.index(Split.TEST), np.uint8)
    chosen = np.flatnonzero(splits == SPLITS.index(Split.TEST)) if for_evaluation else np.arange(len(labels))
    if len(chosen) == 0:
        chosen = np.arange(len(labels))
    message = tr("Reading {name}", name=raw.path.name)
    images = np.empty((len(chosen), 28, 28), np.uint8)

    def work(start: int) -> int:
        if token is not None and token.is_cancelled:
            return start
        for place in range(start, min(start + _CHUNK, len(chosen))):
            images[place] = raw.picture(int(chosen[place]))
        return min(start + _CHUNK, len(chosen))

    progress(0, len(chosen), message)
    pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1))
    try:
        for done in pool.map(work, range(0, len(chosen), _CHUNK)):
            if token is not None:
                token.check()
            progress(done, len(chosen), message)
    finally:
        pool.shutdown(cancel_futures=True)
    return Dataset(
        name=str(raw.path),
        title=raw.path.name,
        images=images,
        labels=labels[chosen],
        splits=splits[chosen],
        label_set=label_set,
        source=str(raw.path),
    )


def label_names(values: NDArray, path: Path) -> list[str]:
    """Labels as text, from an array of whole numbers, text, or one-hot rows.

    Raises:
        RecognizerError: They are none of these.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "buif" and _is_one_hot(values):
        values = values.argmax(axis=1)
    if values.ndim != 1 or values.dtype.kind not in "buifU":
        raise bad_data(path, tr("labels of shape {shape} and type {kind}", shape=values.shape, kind=values.dtype))
    if values.dtype.kind == "f":
        odd = np.flatnonzero(~np.isfinite(values) | (values != np.round(values)))
        if len(odd):
            raise bad_data(path, tr("label {i} is {value}", i=odd[0], value=values[odd[0]]))
        values = values.astype(np.int64)
    return [str(value) for value in (values.astype(np.int64) if values.dtype.kind == "b" else values).tolist()]


def grey_levels(values: NDArray, path: Path) -> NDArray[np.uint8]:
    """Pictures of any number type as (n, h, w) uint8.

    The range is guessed from the whole array: up to 1, up to 16 (UCI), up to 255, up to 65,535, or −1 to 1.

    Args:
        values: (n, h, w), (n, h, w, 1) or (n, side²).

    Raises:
        RecognizerError: The shape is another, or there are values that are no grey levels.
    """
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if values.ndim == 2:
        side = int(np.sqrt(values.shape[1]) + 0.5)
        if side * side != values.shape[1] or side == 0:
            raise bad_data(path, tr("{n} pixels a picture are no square", n=values.shape[1]))
        values = values.reshape(len(values), side, side)
    if values.ndim != 3 or values.dtype.kind not in "buif" or 0 in values.shape[1:]:
        raise bad_data(path, tr("pictures of shape {shape} and type {kind}", shape=values.shape, kind=values.dtype))
    if len(values) == 0:
        return np.zeros(values.shape, np.uint8)
    if values.dtype.kind == "f":
        odd = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(odd):
            raise bad_data(path, tr("picture {i} holds values that are no numbers", i=odd[0]))
    low, high = float(values.min()), float(values.max())
    if low < -1 or (low < 0 and high > 1) or high > 65535:
        raise bad_data(path, tr("pixel values from {low:g} to {high:g}", low=low, high=high))
    if values.dtype == np.uint8 and high > 16:
        return values
    if low < 0:
        return np.round((values.astype(np.float32) + 1) * 127.5).astype(np.uint8)
    top = next(limit for limit in (1, 16, 255, 65535) if high <= limit)
    return np.round(values.astype(np.float32) * np.float32(255 / top)).astype(np.uint8)


def bad_data(path: Path, reason: str) -> RecognizerError:
    """The error for data that cannot be used."""
    return RecognizerError(
        tr("The data cannot be used"),
        where=f"{path} ({reason})",
        fix=tr("See `recognizer evaluate --help` for what data may look like"),
    )


def _is_one_hot(values: NDArray) -> bool:
    return len(values) > 0 and bool(((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all())


def _check_size(raw: RawData) -> None:
    if len(raw.labels) == 0:
        raise bad_data(raw.path, tr("it has 0 samples"))
    if len(raw.labels) > MAX_SAMPLES:
        raise bad_data(
            raw.path, tr("it has {n:,} samples, at most {most:,} are read", n=len(raw.labels), most=MAX_SAMPLES)
        )


def _classes(raw: RawData) -> tuple[LabelSet, NDArray[np.int64]]:
    """The classes, digits where all labels are digits, and the (n,) indices of the labels."""
    names = [label.strip() for label in raw.labels]
    if not all(names):
        raise bad_data(raw.path, tr("label {i} is empty", i=names.index("")))
    found = set(names)
    if len(found) > MAX_CLASSES:
        raise bad_data(
            raw.path, tr("it has {n:,} classes, at most {most:,} are allowed", n=len(found), most=MAX_CLASSES)
        )
    label_set = DIGITS if found <= set(DIGITS.names) else LabelSet(tuple(_sorted(found)))
    places = {name: index for index, name in enumerate(label_set.names)}
    return label_set, np.array([places[name] for name in names], np.int64)


def _sorted(names: Iterable[str]) -> list[str]:
    """Numbers by value, then text."""
    return sorted(names, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name))
