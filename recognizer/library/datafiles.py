"""Datasets from files and folders that the user names; what they are is seen from their content."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.stroke import Ink
from recognizer.library import ink_data, rawdata
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet, Split
from recognizer.library.importing.files import LeftOutError
from recognizer.library.importing.idx_files import is_idx_name
from recognizer.library.importing.source import ImportOptions, Source, open_data
from recognizer.library.rawdata import bad_data, sorted_labels
from recognizer.library.samples import UNKNOWN, Chunk, Content

_AT_ONCE: Final = 64
"""Samples that are prepared between two reports."""


def load_path(
    path: Path,
    scratch: Path,
    progress: ProgressCallback,
    token: CancellationToken | None = None,
    *,
    for_evaluation: bool = False,
) -> Dataset:
    """Load whatever `path` is.

    Args:
        path: A folder with IDX files, a folder per class of pictures, an NPZ of pictures or strokes, a CSV, an InkML
            or UNIPEN file or a folder of them, or a ZIP of one of these; whatever else the library imports.
        scratch: A folder in which files of a ZIP may be unpacked for a while.
        progress: Told how far it is.
        token: Stops it.
        for_evaluation: Leave out all but the test split, where there is one.

    Returns:
        The dataset; all of it is the test split where the data has no split.

    Raises:
        RecognizerError: It is none of these, or damaged, or has pictures without labels.
        Cancelled: By `token`.
    """
    if path.is_file() and is_idx_name(path.name):
        raise bad_data(path, tr("it is one of the IDX files; give the folder that holds them"))
    gathering = None
    if for_evaluation:
        gathering = _gathered(path, scratch, progress, token, Split.TEST)
    if gathering is None or not gathering.labels:
        gathering = _gathered(path, scratch, progress, token, None)
    return gathering.dataset()


def _gathered(
    path: Path, scratch: Path, progress: ProgressCallback, token: CancellationToken | None, only: Split | None
) -> "_Gathering":
    with open_data([path], scratch, ImportOptions(only=only), token) as source:
        gathering = _Gathering(path, source, progress, token, only)
        for chunk in source.chunks(no_progress, token):
            gathering.add(chunk)
    return gathering


class _Gathering:
    """A dataset that is being put together.

    Attributes:
        labels: What has been gathered, as text.
    """

    def __init__(
        self,
        path: Path,
        source: Source,
        progress: ProgressCallback,
        token: CancellationToken | None,
        only: Split | None,
    ) -> None:
        self.labels: list[str] = []
        self._path = path
        self._is_files = source.is_files
        self._progress = progress
        self._token = token
        self._only = only
        self._total = max(source.count, 0) if source.count != UNKNOWN else 0
        self._images: list[NDArray[np.uint8]] = []
        self._splits: list[int] = []
        self._unlabelled = self._points = 0
        self._has_pictures = False
        self._message = tr("Reading {name}", name=path.name)
        self._preprocessor = Preprocessor()
        self._check_count(self._total)
        progress(0, self._total, self._message)

    def add(self, chunk: Chunk) -> None:
        """Take in the samples of a chunk; what cannot be used ends it all."""
        for problem in chunk.problems:
            # A file that is no sample does not matter here.
            if not isinstance(problem.error, LeftOutError):
                raise problem.error
        labels = [label.strip() for label in chunk.labels] or [""] * len(chunk)
        splits = list(chunk.splits) or [None] * len(chunk)
        chosen = [place for place, split in enumerate(splits) if self._only is None or split in (None, self._only)]
        if self._is_files:
            unlabelled = [place for place in chosen if not labels[place]]
            self._unlabelled += len(unlabelled)
            self._has_pictures |= any(not isinstance(chunk.contents[place], Ink) for place in unlabelled)
            chosen = [place for place in chosen if labels[place]]
        elif not all(labels[place] for place in chosen):
            first = next(place for place in chosen if not labels[place])
            if not len(chunk.labels):
                raise bad_data(self._path, tr("it lacks {names}", names="labels"))
            raise bad_data(self._path, tr("label {i} is empty", i=len(self.labels) + first))
        self._points += ink_data.count_points(chunk)
        if self._points > ink_data.MAX_POINTS:
            raise bad_data(self._path, tr("it has more than {most:,} points", most=ink_data.MAX_POINTS))
        self._check_count(len(self.labels) + len(chosen))
        if len(chosen) == len(chunk):
            self._prepare(chunk.contents)
        elif isinstance(chunk.contents, np.ndarray):
            self._prepare(chunk.contents[chosen])
        else:
            self._prepare([chunk.contents[place] for place in chosen])
        self.labels += [labels[place] for place in chosen]
        self._splits += [SPLITS.index(splits[place] or Split.TEST) for place in chosen]

    def dataset(self) -> Dataset:
        """What has been gathered."""
        if not self.labels:
            reason = tr("none of its {n:,} drawings has a label", n=self._unlabelled)
            if self._has_pictures:
                reason = tr(
                    "nothing says what its {n:,} pictures show; a folder for each class would", n=self._unlabelled
                )
            raise bad_data(self._path, reason if self._unlabelled else tr("it has 0 samples"))
        label_set, labels = self._classes()
        return Dataset(
            name=str(self._path),
            title=self._path.name,
            images=np.concatenate(self._images),
            labels=labels,
            splits=np.array(self._splits, np.uint8),
            label_set=label_set,
            source=str(self._path),
        )

    def _prepare(self, contents: Sequence[Content] | NDArray[np.uint8]) -> None:
        """Make the pictures that models see."""
        done = sum(map(len, self._images))
        images = np.empty((len(contents), 28, 28), np.uint8)

        def work(start: int) -> int:
            part = slice(start, start + _AT_ONCE)
            if self._token is None or not self._token.is_cancelled:
                images[part] = self._prepared(contents[part])
            return min(start + _AT_ONCE, len(contents))

        pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1))
        try:
            for count in pool.map(work, range(0, len(contents), _AT_ONCE)):
                if self._token is not None:
                    self._token.check()
                self._progress(done + count, max(self._total, done + count) if self._total else 0, self._message)
        finally:
            pool.shutdown(cancel_futures=True)
        self._images.append(images)

    def _prepared(self, contents: Sequence[Content] | NDArray[np.uint8]) -> NDArray[np.uint8]:
        if isinstance(contents, np.ndarray):
            return self._preprocessor.from_images(contents)
        return np.stack(
            [
                self._preprocessor.from_ink(content)
                if isinstance(content, Ink)
                else self._preprocessor.from_image(content)
                for content in contents
            ]
        )

    def _check_count(self, n: int) -> None:
        if n > rawdata.MAX_SAMPLES:
            raise bad_data(
                self._path, tr("it has {n:,} samples, at most {most:,} are read", n=n, most=rawdata.MAX_SAMPLES)
            )

    def _classes(self) -> tuple[LabelSet, NDArray[np.int64]]:
        """The classes, digits where all labels are digits, and the (n,) indices of the labels."""
        found = set(self.labels)
        if len(found) > rawdata.MAX_CLASSES:
            raise bad_data(
                self._path,
                tr("it has {n:,} classes, at most {most:,} are allowed", n=len(found), most=rawdata.MAX_CLASSES),
            )
        label_set = DIGITS if found <= set(DIGITS.names) else LabelSet(tuple(sorted_labels(found)))
        places = {name: index for index, name in enumerate(label_set.names)}
        return label_set, np.array([places[name] for name in self.labels], np.int64)
