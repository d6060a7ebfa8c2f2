"""Files inside a ZIP, read where they are; those that must be files of their own are copied for as long."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from recognizer.base.files import write_error
from recognizer.base.i18n import tr
from recognizer.base.zips import ZipIndex
from recognizer.library.archives import safe_files, safe_parts
from recognizer.library.importing.files import MAX_DEPTH, DataFile, Folder, Root, is_junk, shown_text
from recognizer.library.rawdata import bad_data

MAX_UNPACKED: Final = 1 << 31
"""The most bytes of a file that is copied out of a ZIP."""
_COPY: Final = 1 << 20
_MAX_INCLUDED: Final = 100
_INCLUDE: Final = re.compile(rb"\.INCLUDE\s+(\S+)")


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
