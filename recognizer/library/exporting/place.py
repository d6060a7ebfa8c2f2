"""Where an export goes: a file or folder that appears in one step, or not at all."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from recognizer.base.errors import RecognizerError
from recognizer.base.files import sync_folder, write_error
from recognizer.base.i18n import tr


@contextlib.contextmanager
def new_path(path: Path) -> Iterator[Path]:
    """A path beside `path` at which a file can be written; afterwards it is made durable and takes its place.

    Raises:
        RecognizerError: It cannot be written, or the disk is full; nothing is left behind then, and what was at `path`
            is as it was.
    """
    with _beside(path) as temporary:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """As `new_path`, as an open file."""
    with new_path(path) as temporary, temporary.open("xb") as file:
        yield file


@contextlib.contextmanager
def new_folder(path: Path, names: Collection[str]) -> Iterator[Path]:
    """A folder beside `path` in which files can be written; afterwards it takes its place.

    Args:
        path: Where it belongs. A folder that is there is replaced where it holds nothing but files of such names.
        names: How files of this kind are named.

    Raises:
        RecognizerError: As `new_path`, or there is something else at `path`.
    """
    path = path.resolve()
    _check_free(path, names)
    with _beside(path) as temporary:
        temporary.mkdir()
        yield temporary
        for entry in temporary.iterdir():
            with entry.open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(temporary)
        _check_free(path, names)
        aside = temporary.with_suffix(".old")
        if path.is_dir():
            os.replace(path, aside)
        try:
            os.replace(temporary, path)
        except OSError:
            if aside.is_dir():
                os.replace(aside, path)
            raise
        shutil.rmtree(aside, ignore_errors=True)
        sync_folder(path.parent)


@contextlib.contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` that is gone afterwards.

    Raises:
        RecognizerError: As `new_path`.
    """
    with _beside(path) as temporary:
        temporary.mkdir()
        yield temporary


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A name beside `path` whose file or folder is gone afterwards, with the folders that were made for it."""
    temporary = path.with_name(f".{path.name[-40:]}.{secrets.token_hex(4)}.part")
    missing = [folder for folder in path.parents if not folder.exists()]
    is_done = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        is_done = True
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)
            for folder in missing if not is_done else ():
                folder.rmdir()


def _check_free(path: Path, names: Collection[str]) -> None:
    """Raise RecognizerError where there is something at `path` that must not be lost."""
    try:
        if not path.exists():
            return
        found = "" if path.is_dir() else path.name
        if not found:
            with os.scandir(path) as entries:
                found = next((entry.name for entry in entries if entry.name not in names or entry.is_dir()), "")
    except OSError as error:
        raise write_error(path, error) from error
    if found:
        raise RecognizerError(
            tr("There is already something else in that place"),
            where=str(path if found == path.name else path / found),
            fix=tr("Choose a folder that is new or empty"),
        )
