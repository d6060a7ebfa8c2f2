"""Reads samples that are files of their own, one after the other: by folders, or as a manifest lists them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.library.dataset import Split
from recognizer.library.importing.files import DataFile, Folder, shown_text
from recognizer.library.importing.formats import Kind, has_samples, kind_by_name
from recognizer.library.importing.manifest import rows_of
from recognizer.library.importing.pictures import items_of
from recognizer.library.importing.reader import (
    FIRST,
    Batch,
    Deadline,
    Facts,
    ImportOptions,
    check,
    problem,
)
from recognizer.library.importing.sheet_photos import Doubtful, Item, SheetPhotos, Waiting
from recognizer.library.importing.words import are_people, label_in_name
from recognizer.library.rawdata import bad_data, sorted_labels
from recognizer.library.samples import NO_LABEL, UNKNOWN, Chunk, Preview, Problem

_PREVIEWED_BYTES: Final = 1 << 21
"""Larger files of ink are not read for a preview."""
_REPORT_EVERY: Final = 64
_MOST_LOOKED_AT: Final = 50
"""Files whose names say nothing that are opened before the reading begins."""
_NOTED: Final = 3
"""Problems that a preview names."""
_MAX_ROWS: Final = 10_000
"""Rows of a manifest for one file."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Files of which the same is known.

    Attributes:
        files: The files; all that are in a folder and below it where it is one.
        label: What they show; `NO_LABEL` where only they themselves know.
        split: What they are for; None where that is not known.
        is_loose: Whether they are no part of anything, so that many a picture may be a photo of a sheet.
        writer: Who wrote them; empty where that is not known.
    """

    files: Folder | Sequence[DataFile]
    label: str = NO_LABEL
    split: Split | None = None
    is_loose: bool = False
    writer: str = ""

    def __iter__(self) -> Iterator[DataFile]:
        return self.files.walk() if isinstance(self.files, Folder) else iter(self.files)


class FilesReader:
    """Reads groups of files.

    Args:
        groups: In their order; files that are no samples are passed over.
        path: What the user named.
        kind: What it is, in words.
        options: Of the import.
        manifest: The table that says more of the files, in its own order; None where there is none.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        path: Path,
        kind: str,
        options: ImportOptions,
        manifest: DataFile | None = None,
    ) -> None:
        self._groups = [group for group in groups if options.only is None or group.split in (None, options.only)]
        self._path = path
        self._kind = kind
        self._only = options.only
        self._is_told = options.label != NO_LABEL
        self._manifest = manifest
        self._has_ink = False
        self._labels: Counter[str] = Counter()
        self._n_files = 0
        named: Counter[str] = Counter()
        n_unknown = 0
        for group in self._groups:
            for file in group:
                seen = kind_by_name(file)
                if seen is None:
                    n_unknown += 1
                    # Of more than a few it is found out when their turn comes.
                    self._has_ink |= n_unknown > _MOST_LOOKED_AT or has_samples(file)
                self._has_ink |= seen is Kind.INK
                if seen in (Kind.PICTURE, Kind.INK):
                    self._n_files += 1
                    self._labels[group.label] += 1
                    named[label_in_name(file.name)] += 1
        self._names_say = any(group.writer for group in self._groups) and NO_LABEL not in named
        """Whether the files' names say what they show."""
        if self._names_say:
            self._labels = named
        is_sheet_possible = any(group.is_loose for group in self._groups)
        self.count = UNKNOWN if self._has_ink or is_sheet_possible or manifest is not None else self._n_files

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """As `Reader.preview`."""
        deadline = Deadline()
        batch = Batch()
        labels: Counter[str] = Counter()
        sources: set[str] = set()
        has_writers = has_splits = is_cut = False
        n = 0
        problems: list[RecognizerError] = []
        walk = _Walk(_PREVIEWED_BYTES)
        # It must show what there is before all is known of it.
        walk.waiting.is_open, walk.waiting.is_told = False, self._is_told
        for item in self._items(token, walk):
            if isinstance(item, Problem):
                problems.append(item.error)
            else:
                if n < FIRST:
                    batch.add(*item)
                n += 1
                labels[item[1].label] += 1
                sources.add(item[1].source)
                has_writers |= item[1].writer != ""
                has_splits |= item[1].split is not None
            # Only reading them tells how many drawings there are.
            if ((n >= FIRST and not self._has_ink) or deadline.is_over) and not walk.sheets.left:
                is_cut = True
                break
        is_cut |= walk.has_skipped
        count = n
        has_sheets = walk.sheets.n > 0
        if is_cut and has_sheets:
            labels.clear()
            count = UNKNOWN
        elif is_cut and self._manifest is not None:
            labels, is_whole, names_splits, names_writers = self._manifest_labels(Deadline(), token)
            count = labels.total() if is_whole else UNKNOWN
            has_splits |= names_splits
            has_writers |= names_writers
        elif is_cut and self._has_ink:
            labels.clear()
            count = UNKNOWN
        elif is_cut:
            labels = self._labels.copy()
            # No picture so far was a sheet with several samples.
            count = self._n_files if len(sources) == n else UNKNOWN
        labels.pop(NO_LABEL, None)
        return Preview(
            self._path,
            tr("Photos of sheets") if has_sheets else self._kind,
            count,
            labels=tuple((name, labels[name]) for name in sorted_labels(labels)),
            has_labels=has_sheets or bool(labels) or any(group.label for group in self._groups),
            has_splits=has_splits or any(group.split is not None for group in self._groups),
            has_writers=has_writers,
            first=batch.take(),
            notes=self._notes(has_sheets, is_cut, problems),
            title=walk.sheets.title,
            has_folders=self._has_folders() and not has_sheets,
        )

    def _has_folders(self) -> bool:
        return any(group.label or group.writer for group in self._groups)

    def _notes(self, has_sheets: bool, is_cut: bool, problems: Sequence[RecognizerError]) -> tuple[str, ...]:
        """What a preview says besides."""
        notes = [str(error) for error in problems[:_NOTED]]
        folders = list(dict.fromkeys(group.label for group in self._groups if group.label))
        if self._names_say and not has_sheets:
            notes.insert(0, tr("The first character of each file's name is taken for its label"))
        elif are_people(folders) and self._manifest is None and not has_sheets:
            names = ", ".join(folders[:_NOTED]) + (", …" if len(folders) > _NOTED else "")
            words = tr(
                "The folders seem to be named after people: {names}. If these wrote the samples, say that folders are "
                "writers (--folders writers)",
                names=names,
            )
            notes.insert(0, words)
        if has_sheets and is_cut:
            n = self._n_files
            each = ntr(
                "{n} photo; every box that is written in becomes a sample",
                "{n} photos; every box that is written in becomes a sample",
                n,
            )
            notes.insert(0, each)
        return tuple(notes)

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """As `Reader.chunks`; the progress counts files."""
        message = tr("Reading {name}", name=shown_text(self._path.name))
        batch = Batch()
        walk = _Walk()
        walk.waiting.is_told = self._is_told
        for number, item in enumerate(self._items(token, walk)):
            if isinstance(item, Problem):
                batch.refuse(item)
            else:
                batch.add(*item)
            if number % _REPORT_EVERY == 0:
                progress(min(walk.n_done, self._n_files), self._n_files, message)
            if batch.is_full:
                yield batch.take()
        if not batch.is_empty:
            yield batch.take()
        progress(self._n_files, self._n_files, message)

    def _items(self, token: CancellationToken | None, walk: "_Walk") -> Iterator[Item]:
        """The samples and problems of all files."""
        listed: set[DataFile] = set()
        if self._manifest is not None:
            listed.add(self._manifest)
            yield from self._listed(self._manifest, listed, token, walk)
        for group in self._groups:
            for file in group:
                check(token)
                if file not in listed:
                    label = label_in_name(file.name) if self._names_say else group.label
                    yield from walk.items(file, Facts(label, group.split, group.writer, file.source))
        yield from walk.waiting.rest()

    def _listed(
        self, manifest: DataFile, listed: set[DataFile], token: CancellationToken | None, walk: "_Walk"
    ) -> Iterator[Item]:
        """The samples that the manifest lists, whose files are added to `listed`."""
        for path, known in _by_file(rows_of(manifest)):
            check(token)
            if isinstance(known, RecognizerError):
                yield problem(str(manifest.shown), known)
                return
            file = manifest.folder.find(path)
            if file is None:
                reason = tr("it lists {name!r}, which is not there", name=path[:200])
                yield problem(str(manifest.shown), bad_data(manifest.shown, reason))
                continue
            listed.add(file)
            if self._only is not None and all(Facts().with_row(row).split not in (None, self._only) for row in known):
                continue
            items = list(walk.items(file, Facts(source=file.source), is_listed=True))
            # A file of several drawings may have a row for each.
            is_each = len(items) == len(known)
            for place, item in enumerate(items):
                row = known[place if is_each else 0]
                yield item if isinstance(item, Problem) else (item[0], item[1].with_row(row))

    def _manifest_labels(
        self, deadline: Deadline, token: CancellationToken | None
    ) -> tuple[Counter[str], bool, bool, bool]:
        """How often the manifest has each label; whether it was read to its end, has splits, has writers."""
        labels: Counter[str] = Counter()
        has_splits = has_writers = False
        assert self._manifest is not None
        try:
            for _, row in rows_of(self._manifest):
                facts = Facts().with_row(row)
                labels[facts.label] += 1
                has_splits |= facts.split is not None
                has_writers |= facts.writer != ""
                check(token)
                if deadline.is_over:
                    return labels, False, has_splits, has_writers
        except RecognizerError:
            return labels, False, has_splits, has_writers
        return labels, True, has_splits, has_writers


def _by_file(
    rows: Iterator[tuple[str, dict[str, str]]],
) -> Iterator[tuple[str, list[dict[str, str]] | RecognizerError]]:
    """Rows of a manifest that follow each other and name the same file together; the error where they break off."""
    known: list[dict[str, str]] = []
    path = ""
    failure: RecognizerError | None = None
    try:
        for name, row in rows:
            if known and (name != path or len(known) >= _MAX_ROWS):
                yield path, known
                known = []
            path = name
            known.append(row)
    except RecognizerError as error:
        failure = error
    if known:
        yield path, known
    if failure is not None:
        yield path, failure


@dataclass(slots=True)
class _Walk:
    """How far a reading is.

    Attributes:
        most_bytes: Larger files of ink are skipped; none where it is 0.
        n_done: How many files have been read.
        has_skipped: Whether one has been skipped.
        sheets: The sheets among them so far.
        waiting: Those of which it is not known yet whether they are samples.
    """

    most_bytes: int = 0
    n_done: int = 0
    has_skipped: bool = False
    sheets: SheetPhotos = field(default_factory=SheetPhotos)
    waiting: Waiting = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = Waiting(self.sheets)

    def items(self, file: DataFile, facts: Facts, *, is_listed: bool = False) -> Iterator[Item]:
        """The samples of a file, or the problem that it is; some come with those of a later file.

        Args:
            file: The file.
            facts: What is known of it.
            is_listed: Whether a table says what it shows, so that it is no sheet.
        """
        for item in self._of(file, facts, None if is_listed else self.sheets):
            yield from self.waiting.put(item)

    def _of(self, file: DataFile, facts: Facts, sheets: SheetPhotos | None) -> Iterator[Item | Doubtful]:
        try:
            with file.reading():
                if self.most_bytes and kind_by_name(file) is not Kind.PICTURE and file.size() > self.most_bytes:
                    self.has_skipped = True
                else:
                    yield from items_of(file, facts, sheets)
        except RecognizerError as error:
            yield problem(str(file.shown), error)
        self.n_done += 1
