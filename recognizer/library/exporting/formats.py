"""The formats of exports: their names, endings, and what each can hold."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format.

    Attributes:
        name: Its key in `FORMATS`.
        suffixes: Endings that a file of it may have, the usual one first; the empty one stands for a folder.
        words: Gives a line about it in the language in use.
        keeps_originals: Whether it holds pictures as they came, of whatever size; else see `needs_equal_sizes`.
        keeps_strokes: Whether it holds the strokes of drawings; else their pictures stand for them.
        keeps_pictures: Whether it holds pictures; else they are left out.
        needs_equal_sizes: Whether all pictures are written as models see them where not all are of one size.
        keeps_facts: Whether it holds writers, sources, notes, flags and times, not only labels and splits.
    """

    name: str
    suffixes: tuple[str, ...]
    words: Callable[[], str]
    keeps_originals: bool = False
    keeps_strokes: bool = False
    keeps_pictures: bool = True
    needs_equal_sizes: bool = False
    keeps_facts: bool = True

    @property
    def suffix(self) -> str:
        """The usual ending."""
        return self.suffixes[0]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files, where the name does not end otherwise."""
        return "" in self.suffixes


FORMATS: Final = {
    each.name: each
    for each in (
        ExportFormat(
            "zip",
            (".zip",),
            lambda: tr("ZIP with a folder for each class of PNG and InkML files, and a table"),
            keeps_originals=True,
            keeps_strokes=True,
        ),
        ExportFormat(
            "parquet",
            (".parquet",),
            lambda: tr("Parquet table, as Hugging Face has it, with pictures and strokes"),
            keeps_originals=True,
            keeps_strokes=True,
        ),
        ExportFormat("npz", (".npz",), lambda: tr("NumPy arrays of pictures and labels"), needs_equal_sizes=True),
        ExportFormat(
            "idx",
            ("", ".zip"),
            lambda: tr("Folder of IDX files, as MNIST has them"),
            needs_equal_sizes=True,
            keeps_facts=False,
        ),
        ExportFormat(
            "csv", (".csv",), lambda: tr("CSV table with a label and the pixels in each row"), needs_equal_sizes=True
        ),
        ExportFormat(
            "inkml", (".inkml",), lambda: tr("InkML file of the drawings"), keeps_strokes=True, keeps_pictures=False
        ),
        ExportFormat(
            "unp",
            (".unp", ".unipen"),
            lambda: tr("UNIPEN file of the drawings"),
            keeps_strokes=True,
            keeps_pictures=False,
            keeps_facts=False,
        ),
        ExportFormat(
            "strokes",
            (".npz",),
            lambda: tr("NumPy arrays of the drawings' strokes"),
            keeps_strokes=True,
            keeps_pictures=False,
        ),
    )
}
"""By their names."""


def format_of(path: Path, name: str | None = None) -> ExportFormat:
    """The format in which `path` is to be written.

    Args:
        path: The file or folder.
        name: A key of `FORMATS`; what the ending of `path` says where None or empty.

    Raises:
        RecognizerError: There is no such format, or the ending does not fit.
    """
    suffix = path.suffix.lower()
    if name:
        found = FORMATS.get(name)
        if found is None:
            raise RecognizerError(
                tr("There is no such format"), where=name, fix=tr("Choose one of {names}", names=", ".join(FORMATS))
            )
        if suffix not in found.suffixes and not found.is_folder:
            raise RecognizerError(
                tr("The file's ending does not fit its format"),
                where=f"{path} ({name})",
                fix=tr("Let its name end with {suffix}", suffix=found.suffix),
            )
        return found
    for each in FORMATS.values():
        if suffix in each.suffixes:
            return each
    if path.is_dir():
        return FORMATS["idx"]
    known = sorted({suffix for each in FORMATS.values() for suffix in each.suffixes if suffix})
    raise RecognizerError(
        tr("The ending of the file says nothing of its format"),
        where=str(path),
        fix=tr("Let its name end with one of {suffixes}, or name the format", suffixes=", ".join(known)),
    )
