"""Which readers a file or folder needs."""

import contextlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import ntr, tr
from recognizer.base.zips import ZipIndex
from recognizer.ink.npz import NpzFile
from recognizer.library.archives import open_zip
from recognizer.library.dataset import Split
from recognizer.library.importing.array_files import NAMES, reader_of_arrays, reader_of_npys
from recognizer.library.importing.disk import list_folder, open_plain, single_file
from recognizer.library.importing.files import DataFile, Folder, shown_text
from recognizer.library.importing.foreign import foreign_file, foreign_photo
from recognizer.library.importing.formats import Kind, has_samples, kind_by_name, kind_of
from recognizer.library.importing.idx_files import idx_neighbours, reader_of_idx
from recognizer.library.importing.manifest import manifest_of
from recognizer.library.importing.reader import ImportOptions, Reader, problem
from recognizer.library.importing.sample_files import FilesReader, Group
from recognizer.library.importing.tables import TableReader
from recognizer.library.importing.words import SPLIT_NAMES, split_in_name
from recognizer.library.importing.zip_root import Workspace, ZipRoot
from recognizer.library.rawdata import bad_data
from recognizer.library.samples import NO_LABEL, Problem

_MOST_LOOKED_AT: Final = 50
"""Files in a folder whose names say nothing that are opened to see what they are."""
_SAMPLES: Final = (Kind.PICTURE, Kind.INK)


@dataclass(slots=True, eq=False)
class Site:
    """What the readers of a path share.

    Attributes:
        path: What the user named.
        options: Of the import.
        workspace: Where files may be copied to.
        stack: Closes what they have opened.
        token: Stops the listing of files.
        problems: What could not be listed.
    """

    path: Path
    options: ImportOptions
    workspace: Workspace
    stack: contextlib.ExitStack
    token: CancellationToken | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def shown(self) -> Path:
        """The path as it can be shown."""
        return Path(shown_text(str(self.path)))


def readers_of(site: Site) -> list[Reader]:
    """The readers of a path.

    Raises:
        RecognizerError: It is nothing that is read, or damaged.
    """
    try:
        if site.path.is_dir():
            return _of_root(list_folder(site.path, site.token), site)
        return [*_of_file(single_file(site.path), site)]
    except OSError as error:
        raise read_error(site.shown, error) from error


def is_loose(path: Path) -> bool:
    """Whether a path is a picture or an ink file."""
    try:
        return path.is_file() and kind_of(single_file(path)) in _SAMPLES
    except (RecognizerError, OSError):
        return False


def reader_of_loose(paths: Sequence[Path], options: ImportOptions) -> Reader:
    """A reader of pictures and ink files that the user named one by one."""
    shown = Path(shown_text(str(paths[0] if len(paths) == 1 else paths[0].parent)))
    return FilesReader([Group([single_file(path) for path in paths], is_loose=True)], shown, tr("Files"), options)


def _of_root(top: Folder, site: Site) -> list[Reader]:
    site.problems += [problem(str(shown), error) for shown, error in top.root.problems]
    try:
        return _of_folder(top, site)
    except RecognizerError:
        if top.root.problems:
            raise top.root.problems[0][1] from None
        raise


def _of_file(file: DataFile, site: Site, split: Split | None = None) -> Sequence[Reader]:
    kind = kind_of(file)
    if kind is Kind.EMPTY:
        raise bad_data(file.shown, tr("it is empty"))
    if kind in _SAMPLES:
        return [FilesReader([Group([file], split=split, is_loose=True)], site.shown, _kind_words(kind), site.options)]
    if kind in (Kind.OTHER, Kind.ARCHIVE):
        foreign = foreign_file(file)
        if foreign is not None:
            raise foreign
    if kind is Kind.TABLE:
        return [TableReader(file, site.shown, site.options, split)]
    if kind is Kind.IDX:
        folder = idx_neighbours(file)
        idx = [each for each in folder.files.values() if kind_by_name(each) is Kind.IDX or each.name == file.name]
        return [reader_of_idx(idx, folder, site.shown, site.options, folder.files[file.name])]
    if kind is Kind.NPY:
        return [reader_of_npys({file.name.removesuffix(".npy"): file}, site.shown, site.options)]
    if kind is Kind.PARQUET:
        return [_of_parquet(file, site)]
    if kind in (Kind.NPZ, Kind.ARCHIVE):
        return _of_zip(file, kind, site)
    raise bad_data(file.shown, tr("it is neither a folder nor an NPZ, CSV, InkML, UNIPEN or ZIP file"))


def _of_zip(file: DataFile, kind: Kind, site: Site) -> Sequence[Reader]:
    is_inside = isinstance(file.folder.root, ZipRoot)
    if kind is Kind.NPZ and is_inside:
        local = site.stack.enter_context(file.local())
        return [_of_npz(local, file, site)]
    if is_inside or not file.head(4).startswith(b"PK"):
        raise bad_data(file.shown, tr("it is an archive of a kind that is not opened; unpack it first"))
    with file.reading(), file.local() as path:
        stream = site.stack.enter_context(open_plain(path))
        if kind is Kind.NPZ or _is_npz(stream):
            return [_of_npz(path, file, site)]
        top = ZipRoot(open_zip(stream, file.shown), path, site.workspace).top
    return _of_root(top, site)


def _is_npz(stream: BinaryIO) -> bool:
    index = ZipIndex(stream)
    return 0 < len(index) < 100 and all(
        entry.raw_name.endswith(b".npy") and b"/" not in entry.raw_name for entry in index
    )


def _of_npz(local: Path, file: DataFile, site: Site) -> Reader:
    npz = site.stack.enter_context(NpzFile(local, NAMES, file.shown))
    return reader_of_arrays(npz.arrays, file.shown, file.source, tr("NPZ file"), site.options)


def _of_parquet(file: DataFile, site: Site) -> Reader:
    # Imported here: what it stands on takes long to load.
    from recognizer.library.importing.parquet import ParquetSource

    local = site.stack.enter_context(file.local())
    return ParquetSource(local, site.options, file.shown, file.source, site.workspace.place())


def _of_folder(folder: Folder, site: Site) -> list[Reader]:
    manifest = manifest_of(folder)
    files = list(folder.files.values())
    if manifest is not None:
        groups = _groups(folder, site.options)
        return [FilesReader(groups, site.shown, tr("Files with a table"), site.options, manifest)]
    kinds = _kinds(files)
    idx = [file for file, kind in kinds.items() if kind is Kind.IDX]
    if idx:
        return [reader_of_idx(idx, folder, site.shown, site.options)]
    folders = list(folder.folders.values())
    if len(folders) == 1 and not files and folders[0].name.lower() not in SPLIT_NAMES:
        inner = _kinds(list(folders[0].files.values()))
        if not any(kind in _SAMPLES for kind in inner.values()):
            return _of_folder(folders[0], site)
    if not folders and len(files) == 1 and kinds[files[0]] is not Kind.PICTURE:
        return [*_of_file(files[0], site)]
    if folders:
        groups = _groups(folder, site.options)
        if any(_has_samples(group) for group in groups):
            words = tr("Folders of pictures") if any(group.label or group.writer for group in groups) else tr("Files")
            return [FilesReader(groups, site.shown, words, site.options)]
    return _of_data(folder, kinds, site)


def _of_data(folder: Folder, kinds: dict[DataFile, Kind], site: Site) -> list[Reader]:
    """Readers of the files in a folder itself, which holds no samples in other folders."""
    loose = [file for file, kind in kinds.items() if kind in _SAMPLES]
    npys = {file.name.removesuffix(".npy"): file for file, kind in kinds.items() if kind is Kind.NPY}
    wanted = (Kind.NPZ, Kind.PARQUET) if loose else (Kind.NPZ, Kind.PARQUET, Kind.TABLE)
    data = [file for file, kind in kinds.items() if kind in wanted]
    readers: list[Reader] = []
    if npys and NAMES.isdisjoint(npys):
        for name, file in npys.items():
            readers.append(reader_of_npys({name: file}, site.shown, site.options))
    elif npys:
        readers.append(reader_of_npys(npys, site.shown, site.options))
    splits = {file: split_in_name(file.name.partition(".")[0]) for file in data}
    is_divided = len(set(splits.values()) - {None}) > 1
    errors: list[RecognizerError] = []
    for file in data:
        try:
            readers += _of_file(file, site, splits[file] if is_divided else None)
        except RecognizerError as error:
            errors.append(error)
            site.problems.append(problem(str(file.shown), error))
    # Among the others they would be missed.
    foreign = [file for file, kind in kinds.items() if kind is Kind.OTHER and _is_foreign_photo(file)]
    if loose:
        loose += foreign
        words = tr("Ink files") if Kind.PICTURE not in kinds.values() else tr("Pictures")
        readers.append(FilesReader([Group(loose, is_loose=True)], site.shown, words, site.options))
    if readers:
        return readers
    if errors:
        raise errors[0]
    if foreign:
        raise _first_foreign(foreign)
    archive = next((file for file, kind in kinds.items() if kind is Kind.ARCHIVE), None)
    if archive is not None:
        raise bad_data(archive.shown, tr("an archive inside is not opened; unpack it first"))
    if folder.folders:
        raise bad_data(folder.shown, tr("its folders hold neither pictures nor ink files"))
    raise RecognizerError(
        tr("There is nothing in the folder that can be imported") if kinds else tr("The folder is empty"),
        where=str(folder.shown),
        fix=tr("Choose one with pictures, photos of sheets, ink files or tables, or with a folder for each class"),
    )


def _is_foreign_photo(file: DataFile) -> bool:
    try:
        return foreign_photo(file) is not None
    except RecognizerError:
        return False


def _first_foreign(files: Sequence[DataFile]) -> RecognizerError:
    """Why photos are not opened, all of which are of kinds that are not."""
    error = foreign_photo(files[0])
    assert error is not None
    more = ntr(" and {n} more", " and {n} more", len(files) - 1) if len(files) > 1 else ""
    return RecognizerError(error.what, where=error.where + more, fix=error.fix)


def _groups(folder: Folder, options: ImportOptions) -> list[Group]:
    """A folder for each class or writer, at once or below folders for the splits; and what lies beside them."""
    inside = [inner for inner in folder.folders.values() if _has_samples(Group(inner))]
    is_split = bool(inside) and all(inner.name.lower() in SPLIT_NAMES for inner in inside)
    groups = []
    for inner in folder.folders.values():
        if not is_split:
            groups.append(_group(inner, None, options))
            continue
        split = SPLIT_NAMES.get(inner.name.lower())
        groups += [_group(deeper, split, options) for deeper in inner.folders.values()]
        if inner.files:
            groups.append(Group(list(inner.files.values()), NO_LABEL, split, is_loose=True))
    if folder.files:
        groups.append(Group(list(folder.files.values()), is_loose=True))
    return groups


def _group(folder: Folder, split: Split | None, options: ImportOptions) -> Group:
    """A folder that is named after what is in it, or after who wrote that."""
    # Archives made on macOS take letters apart from their accents.
    name = unicodedata.normalize("NFC", shown_text(folder.name))
    return Group(folder, NO_LABEL, split, writer=name) if options.folders == "writers" else Group(folder, name, split)


def _has_samples(group: Group) -> bool:
    """Whether there is a sample in a group: by the names, else by the content of a few files."""
    unknown: list[DataFile] = []
    for file in group:
        kind = kind_by_name(file)
        if kind in _SAMPLES:
            return True
        if kind is None and len(unknown) < _MOST_LOOKED_AT:
            unknown.append(file)
    return any(map(has_samples, unknown))


def _kinds(files: Sequence[DataFile]) -> dict[DataFile, Kind]:
    """What files are: by their names where those say it, else by the content of a few."""
    kinds = {}
    n_opened = 0
    for file in files:
        kind = kind_by_name(file)
        # Any text has such a name.
        is_doubtful = kind is None or file.suffix == ".txt" or kind is Kind.NPZ
        if is_doubtful and n_opened < _MOST_LOOKED_AT:
            n_opened += 1
            try:
                kind = kind_of(file)
            except RecognizerError:
                kind = Kind.OTHER
            if kind is Kind.TABLE and file.suffix == ".txt" and not _is_wide(file):
                kind = Kind.OTHER
        kinds[file] = kind or Kind.OTHER
    return kinds


def _is_wide(file: DataFile) -> bool:
    """Whether the first line of a text may be a row of a table of pictures."""
    line = file.head().split(b"\n", 1)[0]
    return max(line.count(mark) for mark in (b",", b";", b"\t")) > 3


def _kind_words(kind: Kind) -> str:
    return tr("Picture") if kind is Kind.PICTURE else tr("Ink file")
