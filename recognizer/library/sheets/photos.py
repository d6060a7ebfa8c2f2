"""Reading many photos of filled sheets, one after another."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.imaging.images import load_rgb
from recognizer.library.samples import Chunk, Problem
from recognizer.library.sheets.reading import SheetReading, read_page


def read_photos(
    paths: Sequence[Path], progress: ProgressCallback = no_progress, token: CancellationToken | None = None
) -> Iterator[SheetReading | Problem]:
    """Read photos of sheets.

    Args:
        paths: Pictures of any kind that the program opens.
        progress: Told how many photos are done.
        token: Checked before each photo.

    Yields:
        For each photo the sheet on it, or why there is none; in their order, and only one of them in memory.

    Raises:
        Cancelled: By `token`.
    """
    message = tr("Reading photos of sheets")
    for done, path in enumerate(paths):
        if token is not None:
            token.check()
        progress(done, len(paths), message)
        try:
            reading = read_page(load_rgb(path), path)
        except RecognizerError as error:
            yield Problem(str(path), error)
            continue
        yield _no_sheet(path) if reading is None else reading
    progress(len(paths), len(paths), message)


def chunk_of(read: SheetReading | Problem) -> Chunk:
    """What a photo brings into the library; only a problem where it could not be read."""
    if isinstance(read, Problem):
        return Chunk((), problems=(read,))
    return read.chunk


def _no_sheet(path: Path) -> Problem:
    error = RecognizerError(
        tr("There is no sheet on the photo"),
        where=str(path),
        fix=tr("Choose photos of sheets that this program has printed, with all four corner marks in view"),
    )
    return Problem(str(path), error)
