"""Into the library, out of it, and what a model says of it; for window and command line alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.library import handwriting
from recognizer.library.arrivals import Arrivals, ImportReport
from recognizer.library.dataset import Split
from recognizer.library.downloads import DOWNLOADS, Download, fetch
from recognizer.library.exporting.export import FORMATS, ExportFormat, ExportReport, export_samples, format_of
from recognizer.library.exporting.kept import lost
from recognizer.library.filters import parse_filter
from recognizer.library.importing.source import ImportOptions, open_data
from recognizer.library.named_data import NamedData, is_named, is_path, names_in, profile_of, rows_of, to_download
from recognizer.library.samples import NO_LABEL, Chunk, Content, Preview, Problem, SampleTable
from recognizer.library.sources import DatasetInfo
from recognizer.library.splits import By, SplitPlan, plan_split
from recognizer.library.store import editing, tables
from recognizer.library.store.library import Library
from recognizer.library.store.names import checked_label, cleaned

Classify = Callable[[NDArray[np.uint8]], tuple[Sequence[str], NDArray[np.float32]]]
"""What a model says of (n, 28, 28) pictures: n best labels, and (n,) float32 how sure it is, 0 to 1."""
_READ_AT_ONCE: Final = 2048


class Incoming(Protocol):
    """Samples on their way in, with what the user says of them applied."""

    def preview(self, token: CancellationToken | None = None) -> Preview:
        """What there is, seen in two seconds at most."""
        ...

    def chunks(self, progress: ProgressCallback, token: CancellationToken | None = None) -> Iterator[Chunk]:
        """The samples."""
        ...


# Into the library


def import_into(
    library: Library,
    sources: Sequence[str | Path],
    into: str,
    options: ImportOptions | None = None,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    *,
    keeps_duplicates: bool = False,
) -> ImportReport:
    """Take samples into a dataset of the library, which is made where there is none; all of it is one edit.

    Args:
        library: Where to.
        sources: Files and folders, which are read as what belongs together, and names of datasets: those that the
            program brings or can download, and those of the library itself.
        into: The name or title of the dataset.
        options: What the user says of the samples.
        progress: Told how far it is.
        token: Stops it; what was added by then stays.
        keeps_duplicates: Whether exact copies of what the dataset has are taken in too.

    Returns:
        What came of it; what could not be read is among its problems.

    Raises:
        RecognizerError: Nothing at all could be read, the dataset's name cannot be used, or the library cannot be
            written; what was added before stays.
        Cancelled: By `token`; its text says what was added.
    """
    options = _checked(options)
    arrivals = Arrivals(library, into, _called(sources), keeps_duplicates=keeps_duplicates)
    try:
        for group in _grouped(library, sources):
            for chunk in _chunks(library, group, options, progress, token):
                if token is not None:
                    token.check()
                arrivals.add(chunk)
    except Cancelled as error:
        raise Cancelled(arrivals.words_for_stopping()) from error
    return arrivals.report()


def preview_of(
    library: Library,
    sources: Sequence[str | Path],
    options: ImportOptions | None = None,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    *,
    skips_names: bool = False,
) -> list[Preview]:
    """What `import_into` would bring: one preview for all files and folders together, and one for each name.

    Args:
        library: Where to.
        sources: As for `import_into`.
        options: What the user says of the samples.
        progress: Told how far loading is; nothing is downloaded for a preview.
        token: Stops it.
        skips_names: Whether only files and folders are looked at.

    Raises:
        RecognizerError: It cannot be read.
        Cancelled: By `token`.
    """
    found = []
    for group in _grouped(library, sources):
        if skips_names and isinstance(group, str):
            continue
        to_fetch = to_download(group, profile_of(library)) if isinstance(group, str) else None
        if to_fetch is not None:
            found.append(_before_download(to_fetch))
            continue
        with _opened(library, group, _checked(options), progress, token) as incoming:
            found.append(incoming.preview(token))
    return found


def _before_download(download: Download | DatasetInfo) -> Preview:
    size = ntr("{n} MB is downloaded first", "{n} MB are downloaded first", -(-download.download_bytes // 1_000_000))
    return Preview(
        Path(download.name),
        download.title,
        download.n_train + download.n_test,
        has_labels=True,
        has_splits=True,
        notes=(download.summary, size),
    )


def _checked(options: ImportOptions | None) -> ImportOptions:
    """The options; RecognizerError where the label cannot be one."""
    options = options or ImportOptions()
    label = checked_label(options.label) if options.label else NO_LABEL
    return replace(options, label=label, writer=cleaned(options.writer))


def _called(sources: Sequence[str | Path]) -> str:
    names = [Path(source).name or str(source) for source in sources]
    if len(names) <= 1:
        return "".join(names)
    return ntr("{name} and {n} more", "{name} and {n} more", len(names) - 1, name=names[0])


def _grouped(library: Library, sources: Sequence[str | Path]) -> list[str | list[Path]]:
    """Names of datasets, each alone, and all paths together, in their order."""
    found: list[str | list[Path]] = []
    paths: list[Path] = []
    for source in sources:
        if is_named(library, source):
            found.append(str(source))
            continue
        if not is_path(source):
            raise RecognizerError(
                tr("There is no such dataset"),
                where=str(source),
                fix=tr(
                    "Give the path of a file or folder, or one of the names {names}",
                    names=", ".join(names_in(profile_of(library))),
                ),
            )
        if not paths:
            found.append(paths)
        paths.append(Path(source).expanduser())
    return found


@contextmanager
def _opened(
    library: Library,
    group: str | list[Path],
    options: ImportOptions,
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> Iterator[Incoming]:
    profile = profile_of(library)
    if isinstance(group, str) and group in DOWNLOADS:
        paths = [fetch(group, profile, progress, token)]
        if options.is_transposed is None and group.startswith("emnist"):
            options = replace(options, is_transposed=True)
    elif isinstance(group, str):
        yield NamedData(library, group, options, progress, token)
        return
    else:
        paths = group
    with open_data(paths, profile.datasets, options, token) as data:
        yield data


def _chunks(
    library: Library,
    group: str | list[Path],
    options: ImportOptions,
    progress: ProgressCallback,
    token: CancellationToken | None,
) -> Iterator[Chunk]:
    """The samples of a group; where it cannot be read on, that is the problem of its last chunk."""
    try:
        with _opened(library, group, options, progress, token) as incoming:
            yield from incoming.chunks(progress, token)
    except RecognizerError as error:
        where = group if isinstance(group, str) else _called(group)
        yield Chunk((), problems=(Problem(where, error),))


# Out of the library


@dataclass(frozen=True, slots=True)
class FinishedExport(ExportReport):
    """What came of an export.

    Attributes:
        format: What was written.
        lost: Sentences about what the format does not keep; those that are left out are in `left_out`, too.
    """

    format: ExportFormat = FORMATS["zip"]
    lost: tuple[str, ...] = ()


def export_from(
    library: Library,
    name: str,
    to: Path,
    format: str = "",
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    *,
    filter_text: str = "",
    positions: NDArray[np.int64] | None = None,
) -> FinishedExport:
    """Write samples of a dataset to a file, with their labels and everything else that the format can hold.

    Args:
        library: Where they are.
        name: The dataset, of the library or one that the program brings.
        to: The file.
        format: A key of `FORMATS`; what the file's ending says where empty: `.npz` stands for strokes where there are
            no pictures, and for My handwriting where there are drawings.
        progress: Told how far it is.
        token: Stops it; no file is left then.
        filter_text: Which samples; all where empty.
        positions: Which of them, in their order; those that the filter leaves where None.

    Raises:
        RecognizerError: There is nothing to export, the filter is not understood, or the file cannot be written.
        Cancelled: By `token`.
    """
    if name == handwriting.NAME and library.find_record(name) is None:
        raise _no_drawings()
    rows = rows_of(library, name, progress, token)
    if positions is None:
        positions = chosen(rows, filter_text)
    if not len(positions):
        raise _no_drawings() if name == handwriting.NAME and not len(rows) else none_chosen(rows, filter_text)

    def originals(places: NDArray[np.int64]) -> Sequence[Content] | NDArray[np.uint8]:
        return library.originals(rows.ids[places]) if rows.is_editable else rows.pictures(places)

    # NPZ is a format of pictures and one of strokes.
    if not format and to.suffix.lower() == ".npz":
        is_ink = rows.is_ink[positions]
        format = "strokes" if is_ink.all() or (name == handwriting.NAME and is_ink.any()) else "npz"
    chosen_format = format_of(to, format)
    report = export_samples(rows, positions, originals, to, chosen_format.name, progress, token)
    missing = lost(chosen_format, rows, positions)
    return FinishedExport(report.path, report.count, report.left_out, report.problems, chosen_format, missing)


def _no_drawings() -> RecognizerError:
    return RecognizerError(
        tr("My handwriting has no drawings yet"),
        where=handwriting.NAME,
        fix=tr("Draw, and say what it is; or use `recognizer keep`"),
    )


# Of whole datasets


def chosen(rows: SampleTable, filter_text: str = "") -> NDArray[np.int64]:
    """The positions of the samples that a filter leaves, ascending; all where it is empty.

    Raises:
        RecognizerError: The filter is not understood.
    """
    return parse_filter(filter_text, rows.label_set).indices(rows)


def none_chosen(rows: SampleTable, filter_text: str) -> RecognizerError:
    """The error where there are no samples, or a filter leaves none."""
    if not len(rows):
        return RecognizerError(tr("The dataset has no samples"), where=rows.title, fix=tr("Draw or import some first"))
    return RecognizerError(
        tr("No sample is like that"),
        where=f"{rows.title}: {filter_text}",
        fix=tr("Ask for less, such as label:4 or split:test"),
    )


def assign_splits(
    library: Library,
    name: str,
    shares: Mapping[Split, float],
    by: By = "sample",
    seed: int = 0,
    *,
    filter_text: str = "",
) -> tuple[SplitPlan, int]:
    """Divide a dataset, or some of it, anew; one edit.

    Args:
        library: Where it is.
        name: The dataset.
        shares: How much each split is to get, together 1; splits that are not named get nothing.
        by: What is kept together.
        seed: Of the draw.
        filter_text: Which samples are divided; all where empty.

    Returns:
        What was done, and how many samples came into another split.

    Raises:
        RecognizerError: There is no such dataset or there are no such samples, or the shares cannot be met.
    """
    rows = tables.table(library, name)
    plan = plan_split(rows, chosen(rows, filter_text), shares, seed, by)
    return plan, editing.set_splits(library, rows.ids[plan.positions], plan.splits)


def read_with_model(
    library: Library,
    name: str,
    classify: Classify,
    model_id: str,
    *,
    positions: NDArray[np.int64] | None = None,
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
) -> int:
    """Let a model read samples and keep what it says of them, for filters such as `is:wrong`.

    Args:
        library: Where they are.
        name: The dataset.
        classify: Asks the model.
        model_id: Its id.
        positions: Which samples; all where None.
        progress: Told how far it is.
        token: Stops it; what has been said by then is kept.

    Returns:
        How many were read.

    Raises:
        RecognizerError: There is no such dataset, or the library cannot be written.
        Cancelled: By `token`.
    """
    rows = tables.table(library, name)
    wanted = np.arange(len(rows), dtype=np.int64) if positions is None else np.asarray(positions, np.int64)
    message = tr("Reading {name}", name=rows.title)
    for start in range(0, len(wanted), _READ_AT_ONCE):
        progress(start, len(wanted), message)
        if token is not None:
            token.check()
        part = wanted[start : start + _READ_AT_ONCE]
        labels, confidences = classify(rows.pictures(part))
        editing.set_predictions(library, rows.ids[part], labels, confidences, model_id)
    progress(len(wanted), len(wanted), message)
    return len(wanted)
