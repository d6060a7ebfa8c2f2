"""Who is to write on sheets: how many, or their names, given at once or in a file."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.library.sheets.page import MAX_NAME, is_plain

_MOST_BYTES: Final = 1 << 20


def writers_of(said: str) -> int | list[str]:
    """What somebody says of the writers: a number, the path of a text file with a name in each line, or names.

    Names are parted by commas or semicolons.

    Raises:
        RecognizerError: It is a file that cannot be read, or that is not there.
    """
    text = said.strip()
    if re.fullmatch(r"-?[0-9]{1,9}", text) or not text:
        return int(text or 0)
    path = Path(text).expanduser()
    try:
        if path.is_file():
            return names_in(_read(path))
    except (OSError, ValueError) as error:
        raise read_error(path, error if isinstance(error, OSError) else OSError(str(error))) from error
    if "/" in text or "\\" in text or path.suffix.lower() in (".txt", ".csv", ".tsv"):
        raise RecognizerError(
            tr("There is no such file"),
            where=text,
            fix=tr("Give a text file with a name in each line, names with commas between them, or a number"),
        )
    return names_in(re.sub(r"[,;，；、]", "\n", text))


def names_in(text: str) -> list[str]:
    """The names in the lines of a text."""
    return [name for line in unicodedata.normalize("NFC", text).splitlines() if (name := " ".join(line.split()))]


def checked_names(names: Sequence[str]) -> list[str]:
    """Names of writers.

    Raises:
        RecognizerError: One is too long, cannot be printed, or is there twice, so that two would be taken for one.
    """
    checked = [unicodedata.normalize("NFC", name).strip() for name in names]
    for place, name in enumerate(checked):
        if not name or len(name) > MAX_NAME or not is_plain(name):
            raise RecognizerError(
                tr("The writer's name cannot be printed"),
                where=ascii(name[: MAX_NAME + 1]),
                fix=tr("Give one line of at most {most} characters", most=MAX_NAME),
            )
        if name in checked[:place]:
            raise RecognizerError(
                tr("Two writers have the same name"),
                where=name,
                fix=tr("Add something that tells them apart, such as a letter"),
            )
    return checked


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        content = stream.read(_MOST_BYTES)
    return content.decode("utf-8-sig", "replace")
