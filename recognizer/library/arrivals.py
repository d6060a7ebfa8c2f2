"""The dataset that an import goes into, and what has come of it so far."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.library import handwriting
from recognizer.library.dataset import Split
from recognizer.library.importing.known_boxes import without_known_boxes
from recognizer.library.named_data import is_built_in
from recognizer.library.samples import Chunk, Problem
from recognizer.library.store import editing, tables
from recognizer.library.store.adding import Import, ImportResult, nothing_new
from recognizer.library.store.draft import Growing
from recognizer.library.store.legacy import OWN_TITLE
from recognizer.library.store.library import Library
from recognizer.library.store.names import (
    MAX_TITLE,
    DatasetRecord,
    checked_title,
    cleaned,
    name_from,
    now,
)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import has brought.

    Attributes:
        dataset: The name of the dataset that it went into.
        title: What people call that.
        added: New samples.
        duplicates: Samples left out because the dataset has exact copies of them.
        known_boxes: Boxes of sheets left out because the dataset has them from other photos of the sheets.
        failed: What could not be read.
        problems: The first 10,000 of those.
        noted: What was left out though nothing is wrong with it, such as boxes that are crossed out.
        notes: The first 10,000 of those.
        total: How many samples the dataset has now.
    """

    dataset: str
    title: str
    added: int
    duplicates: int
    known_boxes: int
    failed: int
    problems: tuple[Problem, ...]
    noted: int
    notes: tuple[Problem, ...]
    total: int


class Arrivals:
    """An import on its way: chunks go in, and all of them are one edit in the journal.

    Args:
        library: Where to.
        into: The dataset's name or title; one that there is not yet is made when the first sample comes.
        called: What the samples come from, for the journal and for samples that do not say.
        keeps_duplicates: Whether exact copies of what the dataset has are taken in too.

    Raises:
        RecognizerError: The dataset's name cannot be used, or the library cannot be opened.
    """

    def __init__(self, library: Library, into: str, called: str, *, keeps_duplicates: bool = False) -> None:
        self._library = library
        self._called = called
        self._keeps_duplicates = keeps_duplicates
        self._growing = Growing()
        self._is_made = False
        self._record = library.find_record(into)
        self._new = _new_name(library, into) if self._record is None else ("", "")
        self._import: Import | None = None
        self._unread = ImportResult()

    @property
    def result(self) -> ImportResult:
        """What it has brought so far."""
        return self._unread if self._import is None else self._import.result

    def add(self, chunk: Chunk) -> None:
        """Take in a chunk; it is durable when this returns.

        Raises:
            RecognizerError: The library cannot be written; what was added before stays.
        """
        if self._import is None and not len(chunk):
            for problem in chunk.problems:
                self._unread.report(problem)
            return
        if self._import is None:
            self._import = self._begun()
        assert self._record is not None
        if not self._keeps_duplicates:
            chunk = self._without_known_boxes(chunk, self._record.name)
        if self._record.name == handwriting.NAME:
            chunk = self._divided(chunk, self._record.id)
        self._import.add(chunk)

    def _begun(self) -> Import:
        library = self._library
        if self._record is None:
            self._record = self._made(*self._new)
        begun = Import(
            library,
            self._record.name,
            source=self._called,
            keeps_duplicates=self._keeps_duplicates,
            growing=self._growing,
        )
        begun.result = self._unread
        return begun

    def _made(self, name: str, title: str) -> DatasetRecord:
        library = self._library
        known = next((record for record in library.records(removed=True) if record.name == name), None)
        if known is not None:
            editing.restore_dataset(library, name)
            return library.names.datasets[known.id]
        if name == handwriting.NAME:
            # It is always there, so its making is nothing that one would want to undo.
            with library.unjournalled() as draft:
                number = draft.add_dataset(name, title, 0)
            return library.names.datasets[number]
        with library.edit("import", name=self._called, n=0) as draft:
            draft.extends = self._growing
            number = draft.add_dataset(name, title, now())
        self._is_made = True
        return library.names.datasets[number]

    def _without_known_boxes(self, chunk: Chunk, name: str) -> Chunk:
        """A chunk without what the dataset has from other photos of the same sheets."""
        left = without_known_boxes(chunk, lambda: tables.table(self._library, name), self._library.originals)
        self.result.known_boxes += len(chunk) - len(left)
        return left

    def _divided(self, chunk: Chunk, dataset: int) -> Chunk:
        """A chunk for My handwriting, with the split that is usual there where the samples say none."""
        n, library = len(chunk), self._library
        with library.file.opened():
            columns, known = library.columns, library.names.class_ids
            own = columns["class"][columns["dataset"] == dataset]
            found = np.bincount(own, minlength=max(library.names.classes, default=0) + 1)
            counts = {label: int(found[number]) for (whose, label), number in known.items() if whose == dataset}
        splits: list[Split] = []
        for label, split in zip(chunk.labels or [""] * n, chunk.splits or [None] * n, strict=True):
            before = counts.get(label, 0)
            splits.append(split or handwriting.split_of(label, before))
            counts[label] = before + 1
        return replace(chunk, splits=splits)

    def words_for_stopping(self) -> str:
        """What a stopped import has left behind."""
        if self._record is None or not self.result.added:
            return tr("Stopped; nothing was imported")
        return ntr(
            "Stopped; {n} sample is in {name} already",
            "Stopped; {n} samples are in {name} already",
            self.result.added,
            name=self._record.title,
        )

    def report(self) -> ImportReport:
        """What came of it.

        Raises:
            RecognizerError: Nothing at all could be read, or there was nothing; the dataset is then not made either.
        """
        result = self.result
        error = nothing_new(result)
        if error is None and result.is_nothing:
            error = RecognizerError(
                tr("There are no samples to import"), where=self._called, fix=tr("Choose other files")
            )
        if error is not None:
            self._take_back()
            raise error
        assert self._record is not None
        return ImportReport(
            dataset=self._record.name,
            title=self._record.title,
            added=result.added,
            duplicates=result.duplicates,
            known_boxes=result.known_boxes,
            failed=result.failed,
            problems=tuple(result.problems),
            noted=result.noted,
            notes=tuple(result.notes),
            total=tables.counts(self._library)[self._record.name],
        )

    def _take_back(self) -> None:
        """Remove the dataset that was made for samples of which none could be kept."""
        with self._library.file.lock:
            if self._is_made:
                latest = self._library.next_steps()[0]
                if latest is not None and latest.id == self._growing.id:
                    self._library.undo()


def proposed_title(paths: Sequence[Path], title: str = "") -> str:
    """A title for a new dataset: `title` where there is one, else the name of the file, or of the folder of several."""
    place = paths[0] if len(paths) == 1 else paths[0].parent
    name = place.stem if place.is_file() else place.resolve().name
    title = cleaned(title, MAX_TITLE) or cleaned(name, MAX_TITLE) or tr("Imported samples")
    return f"{title[: MAX_TITLE - 2]} 2" if _is_taken(title) else title


def _is_taken(title: str) -> bool:
    """Whether a title belongs to data that comes with the program."""
    return is_built_in(title.casefold()) or title.casefold() in editing.RESERVED


def _new_name(library: Library, into: str) -> tuple[str, str]:
    """The name and the title of a dataset that is to be made.

    Raises:
        RecognizerError: They cannot be used.
    """
    if into.strip().casefold() in (handwriting.NAME, OWN_TITLE.casefold()):
        return handwriting.NAME, OWN_TITLE
    title = checked_title(into)
    if _is_taken(title):
        raise RecognizerError(
            tr("This name belongs to data that comes with the program"),
            where=title,
            fix=tr("Choose another name for your dataset"),
        )
    taken = {record.name for record in library.records(removed=True)} | editing.RESERVED
    return name_from(title, taken), title
