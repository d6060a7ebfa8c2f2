"""Files and folders as the readers see them: on the disk or inside a ZIP, listed once and opened on need."""

import contextlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.library.archives import damaged

MAX_DEPTH: Final = 32
_JUNK: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
FAULTS: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading a file may raise."""


class LeftOutError(RecognizerError):
    """A file that is no sample and was never meant to be one, or that is not looked into."""


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
