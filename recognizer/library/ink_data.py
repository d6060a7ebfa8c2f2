"""Samples from ink files: labelled by the files themselves, or by the folders in which they are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.i18n import tr
from recognizer.ink.files import InkKind, ink_kind, read_ink_file
from recognizer.ink.stroke import Ink
from recognizer.library.rawdata import bad_data

_SUFFIXES: Final = frozenset({".inkml", ".unp", ".unipen", ".dat"})
MAX_POINTS: Final = 10_000_000
"""The most points that a folder of ink files may hold."""


def is_ink_file(path: Path) -> bool:
    """Whether `path` is an InkML or UNIPEN file; its name decides, but for names that other files have as well."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES or path.name.startswith(".") or not path.is_file():
        return False
    return suffix != ".dat" or ink_kind(path) is InkKind.UNIPEN


def ink_files(folder: Path) -> list[Path]:
    """The ink files in `folder` and below it, by name."""
    return sorted(path for path in folder.rglob("*") if is_ink_file(path))


def labelled_inks(
    source: Path, files: Iterable[tuple[Path, str, int]], token: CancellationToken | None
) -> list[tuple[Ink, str, int]]:
    """The drawings of ink files.

    Args:
        source: What the user named, for errors.
        files: Each with the label of drawings in files that label none, empty where there is none, and with a number
            that its drawings are to bear.
        token: Checked before each file.

    Returns:
        The drawings with their labels and numbers; those without a label are left out.

    Raises:
        RecognizerError: A file cannot be read, all together are too large, or no drawing has a label.
        Cancelled: By `token`.
    """
    found: list[tuple[Ink, str, int]] = []
    points = count = 0
    for path, usual, number in files:
        if token is not None:
            token.check()
        file = read_ink_file(path)
        points += sum(len(stroke.points) for ink in file.inks for stroke in ink.strokes)
        if points > MAX_POINTS:
            raise bad_data(source, tr("it has more than {most:,} points", most=MAX_POINTS))
        count += len(file)
        labels = file.labels if any(file.labels) else (usual,) * len(file)
        found += [(ink, label, number) for ink, label in zip(file.inks, labels, strict=True) if label.strip()]
    if count and not found:
        raise bad_data(source, tr("none of its {n:,} drawings has a label", n=count))
    return found
