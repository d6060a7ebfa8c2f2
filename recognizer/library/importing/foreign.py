"""Files that people bring along and that are not opened: what they are, and what to do instead."""

from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.images import IMAGE_SUFFIXES
from recognizer.library.importing.files import DataFile

_HEIC: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_PHOTOS: Final = IMAGE_SUFFIXES | {".heic", ".heif", ".avif"}
"""A photo may bear a name that is not its own."""
_OFFICE: Final = frozenset({".docx", ".doc", ".odt", ".xlsx", ".xls", ".ods", ".pptx", ".ppt", ".odp", ".pages"})
_FILMS: Final = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".3gp"})


def foreign_photo(file: DataFile) -> RecognizerError | None:
    """Why a photo is not opened, where a file is one of a kind that is not.

    Raises:
        RecognizerError: It cannot be read.
    """
    if file.suffix not in _PHOTOS:
        return None
    begin = file.head(16)
    kind = "AVIF" if begin[4:12] in (b"ftypavif", b"ftypavis") else "HEIC" if _is_heic(file, begin) else ""
    if not kind:
        return None
    return RecognizerError(
        tr("Photos of the kind {kind} are not opened", kind=kind),
        where=str(file.shown),
        fix=tr(
            "Save it as JPEG and import that; an iPhone takes JPEG if you choose Settings, Camera, Formats, "
            "Most Compatible"
        ),
    )


def foreign_file(file: DataFile) -> RecognizerError | None:
    """Why a file that somebody named is not opened, where it is of a kind that is often brought along.

    Raises:
        RecognizerError: It cannot be read.
    """
    photo = foreign_photo(file)
    if photo is not None:
        return photo
    if file.suffix == ".pdf" or file.head(5) == b"%PDF-":
        return RecognizerError(
            tr("PDF files are not opened"),
            where=str(file.shown),
            fix=tr("Save its pages as PNG or JPEG with 300 dots to the inch, or scan to JPEG, and import those"),
        )
    if file.suffix in _OFFICE:
        return RecognizerError(
            tr("Documents are not opened"),
            where=str(file.shown),
            fix=tr("Save the pictures in it as PNG or JPEG, or the table as CSV, and import those"),
        )
    if file.suffix in _FILMS:
        return RecognizerError(
            tr("Films are not opened"), where=str(file.shown), fix=tr("Import photos of the writing instead")
        )
    return None


def _is_heic(file: DataFile, begin: bytes) -> bool:
    return (begin[4:8] == b"ftyp" and begin[8:12] in _HEIC) or (bool(begin) and file.suffix in (".heic", ".heif"))
