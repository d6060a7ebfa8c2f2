"""Unpacking ZIP files that may be hostile: safe names, bounded sizes, into a folder that goes away."""

import contextlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.files import write_error
from recognizer.base.i18n import tr
from recognizer.library.rawdata import bad_data

MAX_BYTES: Final = 1 << 31
MAX_FILES: Final = 500_000
_CHUNK: Final = 1 << 20
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


@contextlib.contextmanager
def unpacked(path: Path, scratch: Path, token: CancellationToken | None = None) -> Iterator[Path]:
    """A temporary folder with what is in the ZIP `path`; it is removed at the end.

    Args:
        path: The ZIP.
        scratch: Where the temporary folder is made.
        token: Checked before each file.

    Raises:
        RecognizerError: It is damaged, encrypted, too large, or has names that lead elsewhere.
        Cancelled: By `token`.
    """
    try:
        root = Path(tempfile.mkdtemp(prefix=".unpacked-", dir=scratch))
    except OSError as error:
        raise write_error(scratch, error) from error
    try:
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, path, root, token)
        except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
            raise bad_data(path, tr("it is damaged or encrypted: {reason}", reason=error)) from error
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, path: Path, root: Path, token: CancellationToken | None) -> None:
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MAX_FILES:
        raise bad_data(path, tr("it holds {n:,} files, at most {most:,} are read", n=len(members), most=MAX_FILES))
    total = sum(info.file_size for info in members)
    if total > MAX_BYTES:
        raise bad_data(path, tr("unpacked it has {n:,} bytes, at most {most:,} are read", n=total, most=MAX_BYTES))
    for info in members:
        if token is not None:
            token.check()
        target = root.joinpath(*_safe_parts(info.filename, path))
        with archive.open(info) as source:
            _write(source, target, info.file_size, path)


def _safe_parts(name: str, path: Path) -> tuple[str, ...]:
    """The parts of a relative name; on no platform do they lead out of the folder or to a device."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    for part in parts:
        is_device = part.split(".")[0].strip().lower() in _RESERVED
        if (
            part in ("/", "..")
            or is_device
            or any(char in part for char in '<>:"|?*')
            or any(ord(c) < 32 for c in part)
        ):
            raise bad_data(path, tr("it holds a file with the unsafe name {name!r}", name=name))
    if not parts:
        raise bad_data(path, tr("it holds a file with the unsafe name {name!r}", name=name))
    return parts


def _write(source: object, target: Path, size: int, path: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            written = 0
            while chunk := source.read(_CHUNK):  # type: ignore[attr-defined]
                written += len(chunk)
                if written > size:
                    raise bad_data(path, tr("it holds more than its list of files says"))
                file.write(chunk)
    except FileExistsError as error:
        raise bad_data(path, tr("it holds two files of the name {name!r}", name=target.name)) from error
    except OSError as error:
        raise write_error(target, error) from error
