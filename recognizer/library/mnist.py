"""MNIST: found in the profile or in the folder that RECOGNIZER_DATASETS names, else downloaded."""

import gzip
import hashlib
import logging
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside, read_error, sync_folder, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.dataset import SPLITS, Dataset, Split
from recognizer.library.fetching import Counter, NotFetchedError, PublishedFile, check_space, fetch_file
from recognizer.library.idx import parse_idx

_log = logging.getLogger(__name__)

NAME: Final = "mnist"
VARIABLE: Final = "RECOGNIZER_DATASETS"
MIRRORS: Final = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
FILES: Final = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The files, with the MD5 of what they hold when unzipped."""
_MOST: Final = 47_040_016
"""Bytes of the largest file when unzipped."""
DOWNLOAD_BYTES: Final = 11_594_722
"""Bytes of the four zipped files together."""


def source() -> str:
    """Where the samples come from, in the language in use."""
    return tr("LeCun, Cortes and Burges: the MNIST database of handwritten digits")


def is_available(profile: Profile) -> bool:
    """Whether all four files are at hand, in one of the two places; they are not read."""
    return all(any(_find(folder, name) for folder in _folders(profile)) for name in FILES)


def load(profile: Profile, progress: ProgressCallback = no_progress, token: CancellationToken | None = None) -> Dataset:
    """MNIST exactly as published: 60,000 training and 10,000 test pictures.

    A damaged file in the profile is kept aside and fetched anew; a damaged file elsewhere is passed over.

    Raises:
        RecognizerError: It is neither at hand nor to be had from the network.
        Cancelled: By `token`.
    """
    contents: dict[str, bytes] = {}
    damaged: list[Path] = []
    for done, name in enumerate(FILES):
        _check(token)
        progress(done, len(FILES), tr("Reading MNIST"))
        content = _local(profile, name, damaged)
        if content is not None:
            contents[name] = content
    missing = [name for name in FILES if name not in contents]
    if missing:
        contents |= _download(profile, missing, damaged, progress, token)
    arrays = {name: parse_idx(contents.pop(name), Path(name)) for name in FILES}
    progress(len(FILES), len(FILES), tr("Reading MNIST"))
    return _dataset(*arrays.values())


def _dataset(train_images: NDArray, train_labels: NDArray, test_images: NDArray, test_labels: NDArray) -> Dataset:
    splits = np.repeat(
        np.array([SPLITS.index(Split.TRAIN), SPLITS.index(Split.TEST)], np.uint8), [len(train_labels), len(test_labels)]
    )
    return Dataset(
        name=NAME,
        title=tr("MNIST"),
        images=np.concatenate([train_images, test_images]),
        labels=np.concatenate([train_labels, test_labels]).astype(np.int64),
        splits=splits,
        source=source(),
    )


def _folders(profile: Profile) -> list[Path]:
    folders = [profile.datasets / NAME]
    named = os.environ.get(VARIABLE)
    if named:
        folders += [Path(named).expanduser() / NAME, Path(named).expanduser()]
    return folders


def _find(folder: Path, name: str) -> Path | None:
    """The file called `name` in `folder`, zipped or not, in either of the two spellings in use."""
    dotted = name.replace("-idx", ".idx")
    candidates = (folder / (stem + ending) for stem in (name, dotted) for ending in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _local(profile: Profile, name: str, damaged: list[Path]) -> bytes | None:
    """The verified content of the first good copy; None where there is none. Bad copies are added to `damaged`."""
    for folder in _folders(profile):
        path = _find(folder, name)
        if path is None:
            continue
        try:
            content = _unzipped(path)
        except OSError as error:
            _log.warning("%s", read_error(path, error))
            damaged.append(path)
            continue
        if content is not None and hashlib.md5(content, usedforsecurity=False).hexdigest() == FILES[name]:
            return content
        kept = path
        if folder == profile.datasets / NAME:
            try:
                kept = keep_aside(path)
            except OSError as error:
                _log.warning("%s", write_error(path, error))
        damaged.append(kept)
        _log.warning(tr("{path} is damaged and not used; it is kept as {kept}", path=path, kept=kept))
    return None


def _unzipped(path: Path) -> bytes | None:
    """What `path` holds; None where that is not to be had or too much."""
    with path.open("rb") as raw:
        is_zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not is_zipped:
            content = raw.read(_MOST + 1)
        else:
            try:
                with gzip.GzipFile(fileobj=raw) as file:
                    content = file.read(_MOST + 1)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return None
    return content if len(content) <= _MOST else None


def _download(
    profile: Profile,
    names: list[str],
    damaged: list[Path],
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> dict[str, bytes]:
    """Fetch `names` into the profile; each file appears there whole and verified, or not at all."""
    target = profile.datasets / NAME
    counter = Counter(progress, token, DOWNLOAD_BYTES, tr("Downloading MNIST"))
    contents: dict[str, bytes] = {}
    try:
        target.mkdir(parents=True, exist_ok=True)
        check_space(target, DOWNLOAD_BYTES)
        staging = Path(tempfile.mkdtemp(prefix=".download-", dir=profile.datasets))
    except OSError as error:
        raise write_error(target, error) from error
    try:
        for name in names:
            path, contents[name] = _fetch(name, staging, counter, damaged, target)
            os.replace(path, target / path.name)
        sync_folder(target)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return contents


def _fetch(name: str, staging: Path, counter: Counter, damaged: list[Path], target: Path) -> tuple[Path, bytes]:
    """Download one file from the first mirror that has it whole."""
    held: list[bytes] = []

    def is_good(path: Path) -> bool:
        content = _unzipped(path)
        if content is None or hashlib.md5(content, usedforsecurity=False).hexdigest() != FILES[name]:
            return False
        held.append(content)
        return True

    file = PublishedFile(f"{name}.gz", [f"{mirror}{name}.gz" for mirror in MIRRORS], _MOST, is_good)
    try:
        return fetch_file(file, staging, counter), held[0]
    except NotFetchedError as error:
        copies = [tr("damaged copy: {path}", path=path) for path in damaged]
        raise RecognizerError(
            tr("MNIST is not on this computer and could not be downloaded"),
            where="; ".join([file.name, *error.reasons, *copies]),
            fix=tr(
                "Connect to the network, or put the four files {files} into {folder}, "
                "or let {variable} name their folder",
                files=", ".join(f"{each}.gz" for each in FILES),
                folder=target,
                variable=VARIABLE,
            ),
            exit_code=1,
        ) from error


def _check(token: CancellationToken | None) -> None:
    if token is not None:
        token.check()
