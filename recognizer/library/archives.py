"""ZIP files that may be hostile: names that lead nowhere else, and bounds on what is inside."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.zips import ZipEntry, ZipIndex
from recognizer.library.rawdata import bad_data

MAX_BYTES: Final = 1 << 34
"""The most that all files of a ZIP may have when unpacked."""
MAX_FILES: Final = 200_000
"""The most files that are read from a ZIP or a folder."""
MAX_RATIO: Final = 100
"""How many times larger than the ZIP may be what it holds, where that is more than `MAX_INFLATED`."""
MAX_INFLATED: Final = 1 << 28
_UNSAFE: Final = re.compile(
    r"^/|^.:|(?:^|/)\.\.(?:/|$)|[\x00-\x1f]|(?:^|/)\s*(?:con|prn|aux|nul|com[1-9]|lpt[1-9])\s*(?:[.:/]|$)",
    re.IGNORECASE,
)
"""A name that leads out of the folder, to a drive or to a device, or that holds control characters."""


def open_zip(file: BinaryIO, path: Path) -> ZipIndex:
    """The list of a ZIP, if that is not too long.

    Args:
        file: The ZIP, open.
        path: Its name, for errors.

    Raises:
        RecognizerError: It is damaged or holds too many files.
    """
    try:
        index = ZipIndex(file)
    except zipfile.BadZipFile as error:
        raise damaged(path, error) from error
    if index.n_files > MAX_FILES or len(index) > 2 * MAX_FILES:
        raise too_many_files(path, max(index.n_files, MAX_FILES + 1))
    return index


def safe_files(index: ZipIndex, path: Path) -> Iterator[tuple[int, ZipEntry, tuple[str, ...]]]:
    """The files of a ZIP, with their numbers and the parts of their names.

    Raises:
        RecognizerError: A name leads out of the folder or to a device on some platform, or the list is damaged. After
            the last file: what it holds is too large, or it is a bomb, a small file that unpacks to a huge one.
    """
    total = largest = 0
    folders: dict[str, tuple[str, ...]] = {"": ()}
    try:
        for number, entry in enumerate(index):
            total += entry.size
            if entry.size > max(MAX_INFLATED, MAX_RATIO * entry.packed):
                largest = entry.size
            if not entry.is_folder:
                folder, slash, name = entry.name.replace("\\", "/").rpartition("/")
                if folder not in folders or (slash and not folder):
                    folders[folder] = safe_parts(folder + slash, path)
                yield number, entry, (*folders[folder], *safe_parts(name, path))
    except zipfile.BadZipFile as error:
        raise damaged(path, error) from error
    if total > MAX_BYTES:
        raise bad_data(path, tr("unpacked it has {n:,} bytes, at most {most:,} are read", n=total, most=MAX_BYTES))
    if largest or total > max(MAX_INFLATED, MAX_RATIO * index.held):
        reason = tr("it would grow from {held:,} to {n:,} bytes, as only a trap does", held=index.held, n=total)
        raise bad_data(path, reason)


def safe_parts(name: str, path: Path) -> tuple[str, ...]:
    """The parts of a relative name; on no platform do they lead out of the folder or to a device.

    Raises:
        RecognizerError: They do; `path` is the ZIP with that name.
    """
    if not name or _UNSAFE.search(name):
        raise bad_data(path, tr("it holds a file with the unsafe name {name!r}", name=name[:200]))
    return tuple([part for part in name.split("/") if part not in ("", ".")])


def too_many_files(path: Path, n: int) -> RecognizerError:
    """The error for an archive or a folder that holds too many files."""
    return bad_data(path, tr("it holds {n:,} files, at most {most:,} are read", n=n, most=MAX_FILES))


def damaged(path: Path, error: Exception) -> RecognizerError:
    """The error for an archive that cannot be read on."""
    return bad_data(path, tr("it is damaged or encrypted: {reason}", reason=error))
