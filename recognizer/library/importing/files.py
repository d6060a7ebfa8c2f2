"""Files and folders as the readers see them: on the disk or inside a ZIP, listed once and opened on need."""

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_error
from recognizer.base.i18n import tr
from recognizer.base.zips import ZipIndex
from recognizer.library import archives
from recognizer.library.archives import damaged, safe_files, safe_parts, too_many_files
from recognizer.library.rawdata import bad_data

MAX_DEPTH: Final = 32
MAX_UNPACKED: Final = 1 << 31
"""The most bytes of a file that is copied out of a ZIP."""
_COPY: Final = 1 << 20
_JUNK: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_CHECK_EVERY: Final = 1000
_MAX_INCLUDED: Final = 100
_INCLUDE: Final = re.compile(rb"\.INCLUDE\s+(\S+)")


FAULTS: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading a file may raise."""


class LeftOutError(RecognizerError):
    """A file that is no sample and was never meant to be one, or that is not looked into."""


class Workspace:
    """A folder for what has to be a file of its own for a while; made on need.

    Args:
        scratch: Where it is made.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._folder: Path | None = None
        self._count = 0

    def place(self) -> Path:
        """A new empty folder in it.

        Raises:
            RecognizerError: It cannot be made.
        """
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix=".import-", dir=self._scratch))
            self._count += 1
            place = self._folder / str(self._count)
            place.mkdir()
        except OSError as error:
            raise write_error(self._scratch, error) from error
        return place

    def close(self) -> None:
        """Remove everything in it."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


class Folder:
    """A folder with what is in it, by name, in the order of the names.

    Attributes:
        name: Its name; empty for the outermost.
        parent: The folder that holds it; None for the outermost.
        root: Where all of it is.
    """

    __slots__ = ("_shown", "files", "folders", "name", "parent", "root")

    def __init__(self, name: str, parent: "Folder | None", root: "Root") -> None:
        self.name = name
        self.parent = parent
        self.root = root
        self._shown: Path | None = None
        self.files: dict[str, DataFile] = {}
        self.folders: dict[str, Folder] = {}

    @property
    def parts(self) -> tuple[str, ...]:
        """The names that lead to it from the outermost."""
        return (*self.parent.parts, self.name) if self.parent is not None else ()

    @property
    def shown(self) -> Path:
        """Its path as the user knows it."""
        if self._shown is None:
            outer = self.root.shown if self.parent is None else self.parent.shown
            self._shown = outer / shown_text(self.name)
        return self._shown

    def walk(self) -> Iterator["DataFile"]:
        """The files in it and below it, by path."""
        items: list[Folder | DataFile] = [*self.folders.values(), *self.files.values()]
        for item in sorted(items, key=lambda item: item.name):
            if isinstance(item, Folder):
                yield from item.walk()
            else:
                yield item

    def find(self, path: str) -> "DataFile | None":
        """The file at a relative path with slashes; None where there is none."""
        folder: Folder | None = self
        *outer, name = path.replace("\\", "/").removeprefix("./").split("/")
        for part in outer:
            folder = folder.folders.get(part) if folder is not None else None
        return folder.files.get(name) if folder is not None else None

    def folder(self, parts: tuple[str, ...]) -> "Folder":
        """The folder that `parts` lead to, made where it is new."""
        found = self
        for part in parts:
            inner = found.folders.get(part)
            if inner is None:
                inner = found.folders[part] = Folder(part, found, self.root)
            found = inner
        return found


class DataFile:
    """A file, on the disk or in a ZIP.

    Attributes:
        name: Its name.
        folder: The folder that holds it.
        number: Its place in the ZIP's list; -1 on the disk.
    """

    __slots__ = ("folder", "name", "number")

    def __init__(self, name: str, folder: Folder, number: int = -1) -> None:
        self.name = name
        self.folder = folder
        self.number = number

    @property
    def shown(self) -> Path:
        """Its path as the user knows it."""
        return self.folder.shown / shown_text(self.name)

    @property
    def source(self) -> str:
        """Where its samples come from: its path from what the user named."""
        parts = [self.folder.root.title, *self.folder.parts, self.name]
        return shown_text("/".join([part for part in parts if part]))

    @property
    def suffix(self) -> str:
        """The ending of its name with the point, small letters; `.idx.gz` has `.gz`."""
        return os.path.splitext(self.name)[1].lower()  # noqa: PTH122

    def open(self) -> BinaryIO:
        """Its content as a stream; it never waits for another program, as a pipe would.

        Raises:
            OSError: It is gone, may not be read or is no plain file.
            zipfile.BadZipFile, NotImplementedError: It cannot be had from the ZIP.
        """
        return self.folder.root.open(self)

    def size(self) -> int:
        """Its size, bytes.

        Raises:
            OSError: It is gone.
        """
        return self.folder.root.size(self)

    def local(self) -> contextlib.AbstractContextManager[Path]:
        """Its path on the disk, where it is copied to for as long if it is in a ZIP.

        Raises:
            RecognizerError: It cannot be copied.
        """
        return self.folder.root.local(self)

    def head(self, size: int = 4096) -> bytes:
        """Its first bytes.

        Raises:
            RecognizerError: It cannot be read.
        """
        with self.reading(), self.open() as stream:
            return stream.read(size)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Turns what may happen while it is read into errors that name it."""
        try:
            yield
        except FAULTS as error:
            with translated(self.shown):
                raise error from None


class Root:
    """Where a tree of files is.

    Attributes:
        shown: Its path as the user knows it.
        title: What the sources of its samples begin with.
        top: Its outermost folder.
        problems: What could not be listed.
    """

    def __init__(self, shown: Path, title: str) -> None:
        self.shown = shown
        self.title = title
        self.top = Folder("", None, self)
        self.problems: list[tuple[Path, RecognizerError]] = []

    def open(self, file: DataFile) -> BinaryIO:
        """As `DataFile.open`."""
        raise NotImplementedError

    def size(self, file: DataFile) -> int:
        """As `DataFile.size`."""
        raise NotImplementedError

    def local(self, file: DataFile) -> contextlib.AbstractContextManager[Path]:
        """As `DataFile.local`."""
        raise NotImplementedError


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


class ZipRoot(Root):
    """A ZIP whose files are read where they are."""

    def __init__(self, index: ZipIndex, path: Path, workspace: Workspace) -> None:
        super().__init__(Path(shown_text(str(path))), path.absolute().name)
        self._index = index
        self._workspace = workspace
        folders: dict[tuple[str, ...], Folder | None] = {}
        for number, entry, parts in safe_files(index, self.shown):
            if entry.is_encrypted:
                raise bad_data(self.shown, tr("it is encrypted; unpack it with its password first"))
            *outer, name = parts
            place = tuple(outer)
            if place not in folders:
                is_read = len(outer) < MAX_DEPTH and not any(map(is_junk, outer))
                folders[place] = self.top.folder(place) if is_read else None
            folder = folders[place]
            if folder is None or is_junk(name):
                continue
            if name in folder.files:
                reason = tr("it holds two files of the name {name!r}", name="/".join(parts))
                self.problems.append((self.shown, bad_data(self.shown, reason)))
                continue
            folder.files[name] = DataFile(name, folder, number)

    def open(self, file: DataFile) -> BinaryIO:
        """As `DataFile.open`."""
        return self._index.open(file.number)

    def size(self, file: DataFile) -> int:
        """As `DataFile.size`."""
        return self._index.entry(file.number).size

    @contextlib.contextmanager
    def local(self, file: DataFile) -> Iterator[Path]:
        """As `DataFile.local`; with a UNIPEN file come the files that it includes."""
        place = self._workspace.place()
        try:
            target = place / f"file{file.suffix[:10] if file.suffix[1:].isalnum() else ''}"
            self._copy(file, target)
            for name in _included(target):
                outer: Folder | None = file.folder
                while outer is not None:
                    found = outer.find(name) or outer.find(f"include/{name}")
                    if found is not None and found.name != target.name:
                        self._copy(found, place.joinpath(*safe_parts(name, self.shown)))
                        break
                    outer = outer.parent
            yield target
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _copy(self, file: DataFile, target: Path) -> None:
        with file.reading(), file.open() as source:
            if self.size(file) > MAX_UNPACKED:
                raise bad_data(file.shown, tr("it is larger than {most:,} bytes", most=MAX_UNPACKED))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                copy = target.open("wb")
            except OSError as error:
                raise write_error(target, error) from error
            with copy:
                while content := source.read(_COPY):
                    try:
                        copy.write(content)
                    except OSError as error:
                        raise write_error(target, error) from error


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


@contextlib.contextmanager
def translated(shown: Path) -> Iterator[None]:
    """Turns what reading may raise into errors that name `shown`."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise damaged(shown, error) from error
    except OSError as error:
        raise read_error(shown, error) from error


def renamed(error: RecognizerError, local: Path, shown: Path) -> RecognizerError:
    """`error` with the path that the user knows in place of where the file has been copied to."""
    where = shown_text(error.where.replace(str(local), str(shown)))
    return type(error)(error.what, where=where, fix=error.fix, exit_code=error.exit_code)


def shown_text(text: str) -> str:
    """A name as it can be shown and stored: bytes in it that are no UTF-8 are written as hexadecimal numbers."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text).decode("utf-8", "backslashreplace")
    return text


def is_junk(name: str) -> bool:
    """Whether a file or folder of that name is hidden or something that systems leave behind."""
    return name.startswith(".") or name.lower() in _JUNK


def _included(path: Path) -> list[str]:
    """What a UNIPEN file names to be read with it; nothing of any other file."""
    found: list[str] = []
    with path.open("rb") as file:
        begin = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(0)
        while begin.startswith(b".") and len(found) < _MAX_INCLUDED and (line := file.readline(_COPY)):
            match = _INCLUDE.match(line)
            if match and b".." not in match[1]:
                found.append(match[1].decode("utf-8", "replace"))
    return found


def _is(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:
        # A link that leads in a circle is nothing at all.
        return False
