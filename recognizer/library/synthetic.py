"""Synthetic handwriting as a dataset: generated once, kept in the profile, checked whenever it is loaded."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside, write_atomic
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.ink.synthesis import SYNTHESIS_VERSION, generate
from recognizer.library.dataset import SPLITS, Dataset, Split

_log = logging.getLogger(__name__)

NAME: Final = "synthetic"
N_TRAIN: Final = 60_000
N_TEST: Final = 10_000
_SEEDS: Final = (2024, 4048)
"""Of the training and the test split: other writers, not only other samples."""
_IMAGES: Final = "images.u8"
_LABELS: Final = "labels.u8"
_MANIFEST: Final = "manifest.json"


def source() -> str:
    """Where the samples come from, in the language in use."""
    return tr("Stroke templates, varied at random by this program")


def load(profile: Profile, progress: ProgressCallback = no_progress, token: CancellationToken | None = None) -> Dataset:
    """60,000 training and 10,000 test digits; the same on every call.

    Pictures that cannot be kept, on a full disk say, are used all the same and made anew the next time.

    Raises:
        Cancelled: By `token`.
    """
    folder = profile.datasets / f"{NAME}-{SYNTHESIS_VERSION}"
    kept = _kept(folder)
    if kept is None:
        images, labels = _generate(progress, token)
        try:
            _keep(folder, images, labels)
        except RecognizerError as error:
            _log.warning("%s", error)
    else:
        images, labels = kept
    splits = np.full(len(labels), SPLITS.index(Split.TRAIN), np.uint8)
    splits[N_TRAIN:] = SPLITS.index(Split.TEST)
    return Dataset(
        name=NAME,
        title=tr("Synthetic handwriting"),
        images=images,
        labels=labels,
        splits=splits,
        source=source(),
    )


def _generate(
    progress: ProgressCallback, token: CancellationToken | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    total = N_TRAIN + N_TEST
    train = generate(N_TRAIN, _SEEDS[0], lambda done, _, text: progress(done, total, text), token)
    test = generate(N_TEST, _SEEDS[1], lambda done, _, text: progress(N_TRAIN + done, total, text), token)
    return np.concatenate([train[0], test[0]]), np.concatenate([train[1], test[1]])


def _keep(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Write the arrays, and last the manifest without which they do not count."""
    contents = {_IMAGES: images.tobytes(), _LABELS: labels.astype(np.uint8).tobytes()}
    for name, content in contents.items():
        write_atomic(folder / name, content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    write_atomic(folder / _MANIFEST, json.dumps({"n": len(labels), "sha256": sums}, indent=2))


def _kept(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    """The arrays as they were written; None where there are none. A damaged folder is kept aside."""
    if not (folder / _MANIFEST).is_file():
        return None
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        n = N_TRAIN + N_TEST
        if manifest["n"] != n:
            raise ValueError(f"n = {manifest['n']}")
        contents = {}
        for name, size in ((_IMAGES, n * 28 * 28), (_LABELS, n)):
            with (folder / name).open("rb") as file:
                contents[name] = file.read(size + 1)
            if hashlib.sha256(contents[name]).hexdigest() != manifest["sha256"][name]:
                raise ValueError(f"{name}: checksum")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning(tr("{path} is damaged and made anew: {reason}", path=folder, reason=error))
        try:
            keep_aside(folder)
        except OSError as failure:
            _log.warning("%s: %s", folder, failure)
        return None
    images = np.frombuffer(contents[_IMAGES], np.uint8).reshape(n, 28, 28)
    return images, np.frombuffer(contents[_LABELS], np.uint8).astype(np.int64)
