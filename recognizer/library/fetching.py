"""Fetching a file over the network: it is there whole and verified, or not at all."""

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_error
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback

_log = logging.getLogger(__name__)

_PATIENCE: Final = (5, 15)
"""Seconds until a server must have answered, and until it must send something more."""
_CHUNK: Final = 1 << 16
_SPARE: Final = 32_000_000
"""Bytes that are left free on the disk; the program itself needs some."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file that is to be had from the network.

    Attributes:
        name: What it is called.
        urls: Where it is, the best place first.
        most: Bytes that it has at most; whoever sends more is cut off.
        is_good: Says of a file that came whether it is this one.
    """

    name: str
    urls: Sequence[str]
    most: int
    is_good: Callable[[Path], bool]


class NotFetchedError(Exception):
    """A file is to be had from nowhere.

    Attributes:
        reasons: For each place that was asked what was wrong.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


class _TooLongError(Exception):
    """The server sends more than the file can have."""


class Counter:
    """Reports how many bytes of all files have come, and stops a download when asked to.

    Args:
        progress: Told bytes and `total`.
        token: Stops it.
        total: Bytes of all files.
        message: Told with them.
    """

    def __init__(self, progress: ProgressCallback, token: CancellationToken | None, total: int, message: str) -> None:
        self._progress = progress
        self._token = token
        self._total = total
        self._message = message
        self._finished = 0
        self._now = 0

    def check(self) -> None:
        """Raise `Cancelled` where that is wanted."""
        if self._token is not None:
            self._token.check()

    def begin(self, count: int) -> None:
        """A file is fetched from its byte `count` on."""
        self._now = count

    def add(self, count: int) -> int:
        """More of it has come; gives how much it is now."""
        self._now += count
        self._progress(min(self._finished + self._now, self._total), self._total, self._message)
        self.check()
        return self._now

    def keep(self) -> None:
        """The file is whole."""
        self._finished += self._now
        self._now = 0


def fetch_file(file: PublishedFile, staging: Path, counter: Counter, part: Path | None = None) -> Path:
    """Download one file from the first place that has it whole.

    Args:
        file: The file.
        staging: A folder for it alone, on the disk where it will be.
        counter: Told what has come.
        part: Where what has come is kept when a download breaks off, so that the next one can go on from there.

    Returns:
        Its path in `staging`.

    Raises:
        NotFetchedError: No place has it.
        OSError: It cannot be written.
        Cancelled: By the counter's token.
    """
    # Imported here: they take 0.3 s to load and are needed a few times in a profile's life.
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.ERROR)
    reasons: list[str] = []
    for url in file.urls:
        counter.check()
        download = _Download(part or staging / f"{file.name}.part", file.most, counter)
        try:
            path = Path(
                pooch.retrieve(
                    url, known_hash=None, fname=file.name, path=staging, downloader=download, progressbar=False
                )
            )
        except (requests.RequestException, _TooLongError) as error:
            reasons.append(f"{url}: {type(error).__name__}")
            continue
        if file.is_good(path):
            counter.keep()
            return path
        path.unlink()
        reasons.append(f"{url}: {tr('its checksum is wrong')}")
    for reason in reasons:
        _log.info("%s", reason)
    raise NotFetchedError(reasons)


class _Download:
    """What pooch calls to download a file; goes on with what is in `part`."""

    def __init__(self, part: Path, most: int, counter: Counter) -> None:
        self._part = part
        self._most = most
        self._counter = counter

    def __call__(self, url: str, output: "str | Path | IO[bytes]", pooch: object) -> None:
        import requests

        held = self._part.stat().st_size if self._part.is_file() else 0
        if held == self._most:
            # It came whole, and the program ended before it was looked at.
            self._counter.begin(held)
            os.replace(self._part, str(output))
            return
        if held > self._most:
            held = 0
        # A compressed transfer would be unpacked, and its bytes could not be counted.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
        with requests.get(url, headers=headers, timeout=_PATIENCE, stream=True) as response:
            if response.status_code == requests.codes.range_not_satisfiable:
                self._part.unlink()
            response.raise_for_status()
            goes_on = held > 0 and response.status_code == requests.codes.partial
            if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {held}-"):
                raise requests.exceptions.InvalidHeader("Content-Range")
            self._counter.begin(held if goes_on else 0)
            try:
                with self._part.open("ab" if goes_on else "wb") as file:
                    for chunk in response.iter_content(_CHUNK):
                        if self._counter.add(len(chunk)) > self._most:
                            raise _TooLongError
                        file.write(chunk)
            except _TooLongError:
                self._part.unlink()
                raise
        os.replace(self._part, str(output))


def digest(path: Path, algorithm: str = "sha256", token: CancellationToken | None = None) -> str:
    """The checksum of a file, hexadecimal.

    Raises:
        OSError: It cannot be read.
        Cancelled: By `token`.
    """
    state = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if token is not None:
                token.check()
            state.update(chunk)
    return state.hexdigest()


def check_space(folder: Path, needed: int) -> None:
    """Make sure that `needed` bytes fit into a folder that is there.

    Raises:
        RecognizerError: They do not.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise write_error(folder, error) from error
    if free < needed + _SPARE:
        raise RecognizerError(
            tr("There is not enough space on the disk"),
            where=tr(
                "{folder} ({needed:,} MB are needed, {free:,} MB are free)",
                folder=folder,
                needed=-(-(needed + _SPARE) // 1_000_000),
                free=free // 1_000_000,
            ),
            fix=tr("Free some space and try again"),
            exit_code=1,
        )
