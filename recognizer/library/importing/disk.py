"""Files and folders on the disk: listed once with bounds, and opened without ever waiting for another program."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.library import archives
from recognizer.library.archives import too_many_files
from recognizer.library.importing.files import MAX_DEPTH, DataFile, Folder, Root, is_junk, shown_text

_CHECK_EVERY: Final = 1000


class DiskRoot(Root):
    """A folder on the disk."""

    def __init__(self, path: Path, title: str) -> None:
        super().__init__(Path(shown_text(str(path))), title)
        self.path = path

    def open(self, file: DataFile) -> BinaryIO:
        """As `DataFile.open`."""
        return open_plain(self._path(file))

    def size(self, file: DataFile) -> int:
        """As `DataFile.size`."""
        return os.stat(self._path(file)).st_size  # noqa: PTH116

    def local(self, file: DataFile) -> contextlib.AbstractContextManager[Path]:
        """As `DataFile.local`."""
        return contextlib.nullcontext(Path(self._path(file)))

    def _path(self, file: DataFile) -> str:
        return os.path.join(self.path, *file.folder.parts, file.name)  # noqa: PTH118


def list_folder(path: Path, token: CancellationToken | None = None) -> Folder:
    """A folder on the disk with all that is in it; links are followed, once to each folder.

    Raises:
        RecognizerError: It holds too many files.
        OSError: It cannot be listed; of folders inside it that becomes a problem of the root.
        Cancelled: By `token`.
    """
    root = DiskRoot(path, path.absolute().name)
    seen: set[tuple[int, int]] = set()
    waiting = [(root.top, str(path))]
    n_files = n_entries = 0
    while waiting:
        folder, place = waiting.pop()
        try:
            status = os.stat(place)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen and status.st_ino:
                continue
            seen.add((status.st_dev, status.st_ino))
            found = []
            with os.scandir(place) as entries:
                for entry in entries:
                    n_entries += 1
                    if n_entries % _CHECK_EVERY == 0 and token is not None:
                        token.check()
                    is_file = _is(entry.is_file)
                    n_files += is_file
                    # All entries are bounded too, so that a tree of nothing but folders comes to an end.
                    if n_files > archives.MAX_FILES or n_entries > 2 * archives.MAX_FILES:
                        raise too_many_files(root.shown, archives.MAX_FILES + 1)
                    if not is_junk(entry.name):
                        found.append((entry.name, entry.path, is_file, _is(entry.is_dir)))
        except OSError as error:
            if folder.parent is None:
                raise
            root.problems.append((folder.shown, read_error(folder.shown, error)))
            continue
        for name, inner, is_file, is_folder in sorted(found):
            if is_file:
                folder.files[name] = DataFile(name, folder)
            elif is_folder and len(folder.parts) < MAX_DEPTH:
                folder.folders[name] = Folder(name, folder, root)
                waiting.append((folder.folders[name], inner))
    return root.top


def single_file(path: Path) -> DataFile:
    """A file on the disk that the user named; its folder is known to hold nothing else."""
    root = DiskRoot(path.parent, "")
    root.top.files[path.name] = DataFile(path.name, root.top)
    return root.top.files[path.name]


def open_plain(path: Path | str) -> BinaryIO:
    """Open a file for reading; anything but a plain file is refused without waiting for it.

    Raises:
        OSError: It cannot be read, or is a pipe, a device or a folder.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        raise OSError(errno.EINVAL, tr("it is neither a file nor a folder"), str(path))
    # What was a file a moment ago may be a pipe by now.
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, tr("it is neither a file nor a folder"), str(path))
    return file


def _is(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:
        # A link that leads in a circle is nothing at all.
        return False
