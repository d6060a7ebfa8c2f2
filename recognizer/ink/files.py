"""Ink files of every kind: what they are is seen from their content, and how they are written from their name."""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.ink.ink_file import InkFile, bad_ink
from recognizer.ink.inkml import read_inkml
from recognizer.ink.inkml_writer import write_inkml
from recognizer.ink.stroke import Ink
from recognizer.ink.stroke_npz import StrokeArrays, read_strokes, write_strokes
from recognizer.ink.unipen import read_unipen, write_unipen


class InkKind(StrEnum):
    """The kinds of ink files."""

    INKML = "InkML"
    UNIPEN = "UNIPEN"
    NPZ = "stroke NPZ"


SUFFIXES: Final = {
    ".inkml": InkKind.INKML,
    ".unp": InkKind.UNIPEN,
    ".unipen": InkKind.UNIPEN,
    ".dat": InkKind.UNIPEN,
    ".npz": InkKind.NPZ,
}
"""By which ending each kind is written."""
_TELLING: Final = frozenset({".inkml", ".unp", ".unipen", ".npz"})
"""Endings that no other kind of file has."""
_LOOKED_AT: Final = 4096
_UNIPEN: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*\.[A-Z_]{2,}[\s]")
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?ink[\s/>]")


def ink_kind(path: Path) -> InkKind | None:
    """What kind of ink file `path` is, by its content; None where it is none.

    A file whose content says nothing but whose name ends as only an ink file's does is taken for that kind, so that
    its error is about that.

    Raises:
        RecognizerError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT)
    except OSError as error:
        raise read_error(path, error) from error
    return kind_of_begin(begin, path.suffix.lower())


def kind_of_begin(begin: bytes, suffix: str) -> InkKind | None:
    """As `ink_kind`, from the first 4096 bytes of a file and the ending of its name in small letters."""
    if begin.startswith(b"PK\x03\x04"):
        return InkKind.NPZ
    if _is_inkml(begin):
        return InkKind.INKML
    if _UNIPEN.match(begin):
        return InkKind.UNIPEN
    return SUFFIXES[suffix] if suffix in _TELLING else None


def read_ink_file(path: Path) -> InkFile:
    """Read the drawings of an ink file of any kind.

    Raises:
        RecognizerError: It is none, is damaged, or exceeds a bound.
    """
    kind = ink_kind(path)
    if kind is None:
        raise bad_ink(path, tr("it is neither InkML nor UNIPEN nor an NPZ"))
    return _READERS[kind](path)


def write_ink_file(path: Path, inks: Ink | Iterable[Ink] | InkFile, labels: Sequence[str] | None = None) -> None:
    """Write drawings in one step, as the ending of `path` says; `read_ink_file` gives them back.

    Args:
        path: The file; .inkml, .unp, .unipen, .dat or .npz.
        inks: One drawing, several, or a file's with all that is known of them.
        labels: What each one shows; nothing where None, or what the file says.

    Raises:
        RecognizerError: The ending is another, or the file cannot be written.
        ValueError: There are more or fewer labels than drawings.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise RecognizerError(
            tr("The kind of ink file is not known"),
            where=f"{path} ({path.suffix})",
            fix=tr("Let its name end with one of {suffixes}", suffixes=", ".join(SUFFIXES)),
        )
    if isinstance(inks, InkFile):
        file = inks if labels is None else InkFile(inks.inks, tuple(labels), inks.writers, inks.date, inks.facts)
    else:
        file = InkFile.of([inks] if isinstance(inks, Ink) else inks, labels)
    _WRITERS[kind](path, file)


def _is_inkml(begin: bytes) -> bool:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if begin.startswith(mark):
            text = begin[: len(begin) // 2 * 2].decode(encoding, "replace")
            break
    else:
        text = begin.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return text.lstrip()[:1] == "<" and _ROOT.search(text) is not None


def _read_npz(path: Path) -> InkFile:
    arrays = read_strokes(path)
    n = len(arrays)
    return InkFile(tuple(arrays), arrays.labels or ("",) * n, arrays.writers or ("",) * n)


_READERS: Final[dict[InkKind, Callable[[Path], InkFile]]] = {
    InkKind.INKML: read_inkml,
    InkKind.UNIPEN: read_unipen,
    InkKind.NPZ: _read_npz,
}
_WRITERS: Final[dict[InkKind, Callable[[Path, InkFile], None]]] = {
    InkKind.INKML: write_inkml,
    InkKind.UNIPEN: write_unipen,
    InkKind.NPZ: lambda path, file: write_strokes(path, StrokeArrays.of(file)),
}
