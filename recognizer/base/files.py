"""Files that are whole or absent: atomic writes, and damaged files kept aside."""

import contextlib
import errno
import os
import secrets
import time
from pathlib import Path

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr


def write_atomic(path: Path, data: bytes | str) -> None:
    """Replace `path` by `data` in one step: temporary file beside it, fsync, rename, fsync of the folder.

    Args:
        path: Where the file belongs; its folder is made if need be.
        data: The whole content; text is written as UTF-8.

    Raises:
        RecognizerError: The disk is full or the folder cannot be written; the old file is untouched.
    """
    payload = data.encode("utf-8") if isinstance(data, str) else data
    # Not `tempfile`, whose files nobody else may read: what is written here may be meant for others.
    temporary = path.with_name(f".{path.name[-40:]}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise write_error(path, error) from error


def sync_file(path: Path) -> None:
    """Make what others have written to the file at `path` durable."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable; does nothing where the platform cannot open folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_aside(path: Path) -> Path:
    """Rename a damaged file so that it is neither used nor lost.

    Returns:
        Its new path, `<name>.damaged-<date>` beside the old one.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    os.replace(path, target)
    return target


def write_error(path: Path, error: OSError) -> RecognizerError:
    """The message for a failed write to `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RecognizerError(
            tr("There is no space left on the disk"),
            where=str(path),
            fix=tr("Free some space and try again; what was there before is unchanged"),
            exit_code=1,
        )
    return RecognizerError(
        tr("The file cannot be written"),
        where=f"{path} ({error.strerror or error})",
        fix=tr("Choose a folder that you may write to, with --profile or in the file dialog"),
    )


def read_error(path: Path, error: OSError) -> RecognizerError:
    """The message for a failed read of `path`."""
    if isinstance(error, FileNotFoundError):
        return RecognizerError(tr("There is no such file"), where=str(path), fix=tr("Check the path"))
    return RecognizerError(
        tr("The file cannot be read"),
        where=f"{path} ({error.strerror or error})",
        fix=tr("Check that it exists and that you may read it"),
    )
