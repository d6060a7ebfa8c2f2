"""Fetching datasets where there is a network: Fashion-MNIST, KMNIST and the parts of EMNIST.

Each gets a folder of its IDX files in the profile, or is used where RECOGNIZER_DATASETS has it. EMNIST's archive is
kept, so that the next part of it needs no network.
"""

import json
import logging
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import keep_aside, read_error, sync_folder, write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.fetching import Counter, NotFetchedError, PublishedFile, check_space, digest, fetch_file
from recognizer.library.mnist import VARIABLE
from recognizer.library.published import DOWNLOADS, Download, Published

__all__ = ["DOWNLOADS", "Download", "fetch", "is_available"]

_log = logging.getLogger(__name__)

_MANIFEST: Final = "checksums.json"
"""Has the SHA-256 of what was taken out of an archive; nobody publishes these."""
_CLASSES: Final = "classes.txt"
_ARCHIVES: Final = "emnist"
"""The folder of the archive from which the parts of EMNIST are taken."""
_CHUNK: Final = 1 << 20


def is_available(name: str, profile: Profile) -> bool:
    """Whether the dataset `name` of `DOWNLOADS` can be had without a network; its files are not read."""
    download = DOWNLOADS[name]
    if any(_is_there(folder, download) for folder in _folders(profile, name)):
        return True
    return bool(download.members) and any((each / download.files[0].name).is_file() for each in _archives(profile))


def fetch(
    name: str,
    profile: Profile,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> Path:
    """Get the dataset `name` of `DOWNLOADS`; nothing that is there already is downloaded again.

    A damaged file in the profile is kept aside and fetched anew; a damaged file elsewhere is passed over.

    Args:
        name: Which.
        profile: Where it is kept.
        progress: Told how far it is.
        token: Stops it; what has come of an archive is kept, and the next call goes on from there.

    Returns:
        The folder of its IDX files.

    Raises:
        RecognizerError: There is none of that name; it is neither at hand nor to be had from the network; or there is
            no space for it.
        Cancelled: By `token`.
    """
    download = DOWNLOADS.get(name)
    if download is None:
        raise RecognizerError(
            tr("There is no such dataset to download"),
            where=name,
            fix=tr("Choose one of {names}", names=", ".join(DOWNLOADS)),
        )
    progress(0, 0, tr("Checking {title}", title=download.title))
    own, *others = _folders(profile, name)
    for folder in others:
        if _is_there(folder, download) and not _damaged(folder, download, token):
            return folder
    for damaged in _damaged(own, download, token):
        _set_aside(damaged)
    with _staging(profile, own) as staging:
        if not _is_there(own, download):
            if download.members:
                _take_out(
                    download, _archive(download, profile, staging, progress, token), own, staging, progress, token
                )
            else:
                _download(download, own, staging, progress, token)
        if download.classes:
            write_atomic(own / _CLASSES, "\n".join(download.classes))
    return own


def _folders(profile: Profile, name: str) -> list[Path]:
    """Where the dataset may be, the profile's own folder first."""
    return [profile.datasets / name, *(folder / name for folder in _named_folders())]


def _archives(profile: Profile) -> list[Path]:
    """Where the archive may be, the profile's own folder first."""
    named = [place for folder in _named_folders() for place in (folder / _ARCHIVES, folder)]
    return [profile.datasets / _ARCHIVES, *named]


def _named_folders() -> list[Path]:
    named = os.environ.get(VARIABLE)
    return [Path(named).expanduser()] if named else []


def _wanted(download: Download) -> tuple[str, ...]:
    return download.members or tuple(file.name for file in download.files)


def _is_there(folder: Path, download: Download) -> bool:
    return all((folder / name).is_file() for name in _wanted(download))


def _damaged(folder: Path, download: Download, token: CancellationToken | None) -> list[Path]:
    """Those files in `folder` that are not what they should be; what nobody has a checksum of is taken as it is."""
    sums = _manifest(folder) if download.members else {file.name: file.sha256 for file in download.files}
    paths = [folder / name for name in _wanted(download)]
    return [path for path in paths if path.is_file() and not _is_good(path, sums.get(path.name), token)]


def _manifest(folder: Path) -> dict[str, str]:
    try:
        sums = json.loads((folder / _MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


def _is_good(path: Path, checksum: str | None, token: CancellationToken | None, size: int | None = None) -> bool:
    try:
        if size is not None and path.stat().st_size != size:
            return False
        return checksum is None or digest(path, token=token) == checksum
    except OSError as error:
        _log.warning("%s", read_error(path, error))
        return False


def _set_aside(path: Path) -> None:
    """Make room for a good copy of a file of the profile."""
    try:
        kept = keep_aside(path)
    except OSError as error:
        raise write_error(path, error) from error
    _log.warning(tr("{path} is damaged and not used; it is kept as {kept}", path=path, kept=kept))


@contextmanager
def _staging(profile: Profile, folder: Path) -> Iterator[Path]:
    """A folder for what is on its way to `folder`; a failed write anywhere in between is told to the user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".download-", dir=profile.datasets))
    except OSError as error:
        raise write_error(folder, error) from error
    try:
        yield staging
        sync_folder(folder)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _download(
    download: Download, target: Path, staging: Path, progress: ProgressCallback, token: CancellationToken | None
) -> None:
    """Fetch those of the files that `target` lacks."""
    missing = [file for file in download.files if not (target / file.name).is_file()]
    total = sum(file.size for file in missing)
    check_space(target, total)
    counter = Counter(progress, token, total, tr("Downloading {title}", title=download.title))
    for file in missing:
        _fetch(download, file, target, staging, counter, token)


def _fetch(
    download: Download,
    file: Published,
    target: Path,
    staging: Path,
    counter: Counter,
    token: CancellationToken | None,
    part: Path | None = None,
) -> Path:
    """Download one file into the folder `target`."""
    wanted = PublishedFile(
        file.name,
        [f"{mirror}{file.name}" for mirror in download.mirrors],
        file.size,
        lambda path: _is_good(path, file.sha256, token, file.size),
    )
    try:
        path = fetch_file(wanted, staging, counter, part)
    except NotFetchedError as error:
        raise RecognizerError(
            tr("{title} is not on this computer and could not be downloaded", title=download.title),
            where="; ".join([file.name, *error.reasons]),
            fix=tr(
                "Connect to the network, or put {files} into {folder}",
                files=", ".join(each.name for each in download.files),
                folder=target,
            ),
            exit_code=1,
        ) from error
    os.replace(path, target / file.name)
    return target / file.name


def _archive(
    download: Download, profile: Profile, staging: Path, progress: ProgressCallback, token: CancellationToken | None
) -> Path:
    """The archive of which `download` is a part, verified; downloaded where it is nowhere."""
    (file,) = download.files
    own, *others = _archives(profile)
    path = own / file.name
    for each in (path, *(folder / file.name for folder in others)):
        if each.is_file():
            if _is_good(each, file.sha256, token, file.size):
                return each
            if each == path:
                _set_aside(path)
    own.mkdir(parents=True, exist_ok=True)
    part = own / f"{file.name}.part"
    check_space(own, file.size - (part.stat().st_size if part.is_file() else 0))
    counter = Counter(progress, token, file.size, tr("Downloading {title}", title=download.title))
    return _fetch(download, file, own, staging, counter, token, part)


def _take_out(
    download: Download,
    archive: Path,
    target: Path,
    staging: Path,
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> None:
    """Unpack the members that are wanted, and no other ones, into the folder `target`."""
    message = tr("Unpacking {title}", title=download.title)
    try:
        with zipfile.ZipFile(archive) as opened:
            found = {PurePosixPath(info.filename).name: info for info in opened.infolist() if not info.is_dir()}
            members = [found[name] for name in download.members]
            total = sum(info.file_size for info in members)
            check_space(target, total)
            counter = Counter(progress, token, total, message)
            for name, info in zip(download.members, members, strict=True):
                counter.begin(0)
                with opened.open(info) as source, (staging / name).open("wb") as file:
                    while chunk := source.read(_CHUNK):
                        counter.add(len(chunk))
                        file.write(chunk)
                counter.keep()
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise RecognizerError(
            tr("{title} is not in its archive", title=download.title),
            where=f"{archive} ({error})",
            fix=tr("Remove the archive and try again"),
            exit_code=1,
        ) from error
    sums = {name: digest(staging / name, token=token) for name in download.members}
    for name in download.members:
        os.replace(staging / name, target / name)
    write_atomic(target / _MANIFEST, json.dumps(sums, indent=1))
