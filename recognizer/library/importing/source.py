"""The way into the library: whatever the user names, as a preview and as chunks of samples."""

import contextlib
import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library.importing.files import shown_text
from recognizer.library.importing.layout import Site, is_loose, reader_of_loose, readers_of
from recognizer.library.importing.reader import (
    FIRST,
    MAX_PROBLEMS,
    Deadline,
    ImportOptions,
    Reader,
    check,
    problem,
)
from recognizer.library.importing.sample_files import FilesReader
from recognizer.library.importing.zip_root import Workspace
from recognizer.library.rawdata import bad_data, sorted_labels
from recognizer.library.samples import NO_LABEL, UNKNOWN, Chunk, Preview, Problem

__all__ = ["ImportOptions", "Source", "open_data"]


class Source:
    """Samples that are not in the library yet; made by `open_data`."""

    def __init__(
        self, path: Path, readers: Sequence[Reader], problems: Sequence[Problem], options: ImportOptions
    ) -> None:
        self.path = path
        self._readers = readers
        self._problems = tuple(problems)
        self._options = options

    @property
    def count(self) -> int:
        """How many samples there are; `UNKNOWN` where only reading them would tell."""
        counts = [getattr(reader, "count", UNKNOWN) for reader in self._readers]
        return UNKNOWN if UNKNOWN in counts else sum(counts)

    @property
    def is_files(self) -> bool:
        """Whether each sample is a file of its own, or some are: of such there may be some that nobody has labelled."""
        return any(isinstance(reader, FilesReader) for reader in self._readers)

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """What would come, in two seconds at most.

        Raises:
            RecognizerError: Nothing would.
            Cancelled: By `token`.
        """
        deadline = Deadline()
        previews: list[Preview] = []
        notes = [str(problem.error) for problem in self._problems[:3]]
        errors: list[RecognizerError] = []
        for reader in self._readers:
            if previews and deadline.is_over:
                break
            try:
                previews.append(reader.preview(token))
            except RecognizerError as error:
                errors.append(error)
        if not previews:
            raise errors[0]
        is_whole = len(previews) == len(self._readers)
        notes += [str(error) for error in errors[:3]]
        return _joined(self.path, previews, notes, self._options, is_whole)

    def chunks(
        self, progress: ProgressCallback = no_progress, token: CancellationToken | None = None
    ) -> Iterator[Chunk]:
        """The samples, at most 4096 or about 16 MB in a chunk; what cannot be used is named in the chunks' problems.

        Args:
            progress: Told how far it is; the total is 0 where it is not known, and may be an estimate.
            token: Checked often.

        Raises:
            RecognizerError: There is not a single sample, and one reason for that.
            Cancelled: By `token`.
        """
        # Those that come before the first sample may turn out to be all there is.
        waiting = list(self._problems)
        is_begun = False
        n_samples = 0
        total = max(self.count, 0)
        for reader in self._readers:
            report = progress
            if len(self._readers) > 1:
                report = functools.partial(_report, progress, n_samples, total)
            try:
                for chunk in reader.chunks(report, token):
                    check(token)
                    waiting += chunk.problems
                    if len(chunk) or is_begun or len(waiting) >= MAX_PROBLEMS:
                        yield _with_options(replace(chunk, problems=tuple(waiting)), self._options)
                        is_begun = True
                        n_samples += len(chunk)
                        waiting.clear()
            except RecognizerError as error:
                waiting.append(problem(str(self.path), error))
        if n_samples == 0 and not is_begun and len(waiting) == 1:
            raise waiting[0].error
        if waiting:
            yield Chunk((), problems=tuple(waiting))
        elif not is_begun and self._options.only is None:
            raise bad_data(self.path, tr("it has 0 samples"))


@contextlib.contextmanager
def open_data(
    paths: Sequence[Path], scratch: Path, options: ImportOptions, token: CancellationToken | None = None
) -> Iterator[Source]:
    """Open files and folders of any kind that is read; what each is, is seen from its content.

    Args:
        paths: At least one; several come one after the other. One that cannot be used at all becomes a problem where
            others can.
        scratch: A folder in which files may be unpacked for a while; nothing is written elsewhere.
        options: What the user says of the data.
        token: Stops the listing of folders.

    Raises:
        RecognizerError: None of them can be used; the error is that of the first.
        Cancelled: By `token`.
    """
    workspace = Workspace(scratch)
    readers: list[Reader] = []
    problems: list[Problem] = []
    errors: list[RecognizerError] = []
    with contextlib.ExitStack() as stack:
        stack.callback(workspace.close)
        for is_single, named in itertools.groupby(paths, key=is_loose if len(paths) > 1 else lambda _: False):
            if is_single:
                readers.append(reader_of_loose(list(named), options))
                continue
            for path in named:
                site = Site(path, options, workspace, stack, token)
                try:
                    readers += readers_of(site)
                    problems += site.problems
                except RecognizerError as error:
                    errors.append(error)
                    problems.append(problem(shown_text(str(path)), error))
        if not readers:
            raise errors[0]
        shown = Path(shown_text(str(paths[0] if len(paths) == 1 else paths[0].parent)))
        yield Source(shown, readers, problems, options)


def _report(progress: ProgressCallback, before: int, total: int, done: int, _: int, message: str) -> None:
    """Tell `progress` of one reader of several."""
    progress(min(before + done, total) if total else before + done, total, message)


def _with_options(chunk: Chunk, options: ImportOptions) -> Chunk:
    n = len(chunk)
    changes: dict[str, Any] = {}
    if options.label != NO_LABEL:
        changes["labels"] = [label or options.label for label in chunk.labels] or [options.label] * n
    if options.split is not None:
        changes["splits"] = [options.split] * n
    if options.writer:
        changes["writers"] = [writer or options.writer for writer in chunk.writers] or [options.writer] * n
    return replace(chunk, **changes) if changes and n else chunk


def _joined(
    path: Path, previews: Sequence[Preview], notes: Sequence[str], options: ImportOptions, is_whole: bool
) -> Preview:
    labels: Counter[str] = Counter()
    for preview in previews:
        for name, count in preview.labels:
            labels[name] += count
    kinds = list(dict.fromkeys(preview.kind for preview in previews))
    is_counted = is_whole and all(preview.count != UNKNOWN for preview in previews)
    first = next((preview.first for preview in previews if len(preview.first)), Chunk(()))
    more = [preview.first for preview in previews if len(preview.first)][1:]
    return Preview(
        path,
        ", ".join(kinds[:3]),
        sum(preview.count for preview in previews) if is_counted else UNKNOWN,
        tuple((name, labels[name]) for name in sorted_labels(labels)),
        has_labels=any(preview.has_labels for preview in previews),
        has_splits=any(preview.has_splits for preview in previews),
        has_writers=any(preview.has_writers for preview in previews),
        first=_with_options(_together(first, more), options),
        question=next((preview.question for preview in previews if preview.question), ""),
        notes=tuple(dict.fromkeys([*notes, *(note for preview in previews for note in preview.notes)])),
        title=next((preview.title for preview in previews if preview.title), ""),
        has_folders=any(preview.has_folders for preview in previews),
    )


def _together(first: Chunk, more: Sequence[Chunk]) -> Chunk:
    """The first samples of several chunks."""
    chunks = [first, *more]
    names = ("labels", "splits", "writers", "sources", "notes", "flags", "created")
    blank = {"splits": None, "flags": 0, "created": 0}
    if not more:
        return first
    columns = {
        name: [
            value
            for chunk in chunks
            for value in (getattr(chunk, name) or itertools.repeat(blank.get(name, ""), len(chunk)))
        ][:FIRST]
        for name in names
    }
    contents = [content for chunk in chunks for content in chunk.contents][:FIRST]
    return Chunk(contents, **columns)  # type: ignore[arg-type]
