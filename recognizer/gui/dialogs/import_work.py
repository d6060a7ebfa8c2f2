"""What an import does in the background: looking at what was chosen, and bringing it in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.picture_grid import Shown
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.stroke import Ink
from recognizer.library.arrivals import ImportReport
from recognizer.library.importing.reader import FIRST, ImportOptions
from recognizer.library.samples import UNKNOWN, Chunk, Preview
from recognizer.library.store.library import Library
from recognizer.library.transfer import import_into, preview_of

Sources = tuple[str | Path, ...]
"""Files and folders as paths, datasets by their names."""
_ASKED: Final = 8
"""Pictures that are shown of each answer to the question whether they lie on their side."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an import would bring.

    Attributes:
        kind: What it is, in words.
        count: How many samples; `UNKNOWN` where only reading all of it would tell.
        labels: Class names with their counts, as far as they are known.
        has_labels, has_splits, has_writers: Whether the data says so.
        first: Some samples.
        notes: Sentences about what was found.
        question: Whether somebody has to say which way the pictures are up.
        upright, turned: The first pictures as they are stored, and turned; empty where nothing is asked.
        seems_turned: Whether the program takes the second ones for upright.
        title: What a dataset of it may be called, as the samples say it; may be empty.
        has_folders: Whether there are folders that may stand for classes or for writers.
    """

    kind: str
    count: int
    labels: tuple[tuple[str, int], ...]
    has_labels: bool
    has_splits: bool
    has_writers: bool
    first: tuple[Shown, ...]
    notes: tuple[str, ...]
    question: bool = False
    upright: tuple[Shown, ...] = ()
    turned: tuple[Shown, ...] = ()
    seems_turned: bool = False
    title: str = ""
    has_folders: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an import ended.

    Attributes:
        report: What it has brought; None where it was stopped.
        stopped: What is said of that; empty where it was not.
        edit: The row of the journal that holds it; 0 where nothing was changed.
    """

    report: ImportReport | None
    stopped: str
    edit: int


def look_at(
    library: Library, sources: Sources, progress: ProgressCallback, token: CancellationToken, folders: str = "classes"
) -> Look:
    """See what `sources` hold; `folders` is what their folders stand for, one of `FOLDERS_ARE`.

    Raises:
        RecognizerError: One of them cannot be read.
        Cancelled: By `token`.
    """
    options = ImportOptions(folders=folders)
    previews = preview_of(library, sources, options, progress, token)
    look = _joined(previews)
    if not look.question:
        return look
    stored, turned = (
        _joined(preview_of(library, sources, replace(options, is_transposed=is_turned), progress, token))
        for is_turned in (False, True)
    )
    return replace(
        look,
        # Without those that say which answer was taken for granted.
        notes=stored.notes,
        upright=stored.first[:_ASKED],
        turned=turned.first[:_ASKED],
        seems_turned=any(
            (one.picture != other.picture).any() for one, other in zip(look.first, stored.first, strict=False)
        ),
    )


def _joined(previews: Sequence[Preview]) -> Look:
    labels: Counter[str] = Counter()
    for preview in previews:
        labels.update(dict(preview.labels))
    first = [shown for preview in previews for shown in shown_of(preview.first)]
    counts = [preview.count for preview in previews]
    return Look(
        kind=", ".join(dict.fromkeys(preview.kind for preview in previews)),
        count=UNKNOWN if UNKNOWN in counts else sum(counts),
        labels=tuple(labels.items()),
        has_labels=any(preview.has_labels for preview in previews),
        has_splits=any(preview.has_splits for preview in previews),
        has_writers=any(preview.has_writers for preview in previews),
        first=tuple(first[:FIRST]),
        notes=tuple(dict.fromkeys(note for preview in previews for note in preview.notes)),
        question=any(preview.question for preview in previews),
        title=next((preview.title for preview in previews if preview.title), ""),
        has_folders=any(preview.has_folders for preview in previews),
    )


def shown_of(chunk: Chunk) -> list[Shown]:
    """The samples of a chunk as models see them."""
    preprocessor = Preprocessor()
    labels = chunk.labels or [""] * len(chunk)
    return [
        Shown(preprocessor.from_ink(content) if isinstance(content, Ink) else preprocessor.from_image(content), label)
        for content, label in zip(chunk.contents, labels, strict=True)
    ]


def bring_in(
    library: Library,
    sources: Sources,
    into: str,
    options: ImportOptions,
    progress: ProgressCallback,
    token: CancellationToken,
    *,
    keeps_duplicates: bool,
) -> Outcome:
    """Import; being stopped is an outcome too, because what was added by then stays.

    Raises:
        RecognizerError: Nothing could be imported, or the library cannot be written.
    """
    before = library.revision
    try:
        report = import_into(library, sources, into, options, progress, token, keeps_duplicates=keeps_duplicates)
    except Cancelled as error:
        return Outcome(None, str(error), _latest(library) if library.revision != before else 0)
    return Outcome(report, "", _latest(library) if report.added else 0)


def _latest(library: Library) -> int:
    """The row of the journal that undo would take back; 0 where that is no import."""
    step = library.next_steps()[0]
    return step.id if step is not None and step.kind == "import" else 0
