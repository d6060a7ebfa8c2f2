"""Datasets, classes and texts: what the numbers in the samples' columns stand for."""

import re
import sqlite3
import time
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr

MAX_LABEL: Final = 32
"""Most characters of a label."""
MAX_TITLE: Final = 80
"""Most characters of a dataset's title."""
MAX_TEXT: Final = 2_000
"""Most characters of a note, a source or a writer."""
MAX_CLASSES: Final = 20_000
"""Most classes of a dataset."""
REMOVED: Final = -1
"""The place of a class that was merged into another one, removed, or whose making was undone."""


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A dataset of the library.

    Attributes:
        id: In the file.
        name: What the command line calls it; never changes.
        title: What people call it.
        created: Seconds since 1970, UTC.
        deleted: When it was put away; 0 where it was not.
    """

    id: int
    name: str
    title: str
    created: int
    deleted: int


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A class of a dataset.

    Attributes:
        id: In the file.
        dataset: The dataset's id.
        name: The label.
        place: Where the user has put it, from 1; 0 for its natural place, `REMOVED` for one that is gone.
    """

    id: int
    dataset: int
    name: str
    place: int


@dataclass(slots=True)
class Names:
    """All of them in memory.

    Attributes:
        texts: By their ids; the one of 0 is empty.
        text_ids: The ids of the texts.
        datasets, classes: By their ids.
        class_ids: The ids of the classes by dataset and name, without those that are gone.
    """

    texts: list[str] = field(default_factory=lambda: [""])
    text_ids: dict[str, int] = field(default_factory=lambda: {"": 0})
    datasets: dict[int, DatasetRecord] = field(default_factory=dict)
    classes: dict[int, ClassRecord] = field(default_factory=dict)
    class_ids: dict[tuple[int, str], int] = field(default_factory=dict)

    def add_text(self, number: int, text: str) -> None:
        """Take up a text."""
        while len(self.texts) <= number:
            self.texts.append("")
        self.texts[number] = text
        self.text_ids[text] = number

    def put(self, table: str, number: int, row: dict[str, Any] | None) -> None:
        """Take up a row of `datasets` or `classes`; None where it is gone."""
        if table == "datasets":
            if row is None:
                self.datasets.pop(number, None)
            else:
                self.datasets[number] = DatasetRecord(number, **row)
            return
        before = self.classes.pop(number, None)
        if before is not None and self.class_ids.get((before.dataset, before.name)) == number:
            del self.class_ids[before.dataset, before.name]
        if row is not None:
            record = self.classes[number] = ClassRecord(number, **row)
            if record.place != REMOVED:
                self.class_ids[record.dataset, record.name] = number

    def classes_of(self, dataset: int) -> list[ClassRecord]:
        """The classes of a dataset in the order in which they are shown."""
        found = [record for record in self.classes.values() if record.dataset == dataset and record.place != REMOVED]
        return sorted(found, key=lambda record: (record.place or MAX_CLASSES * 2, natural(record.name)))


def read_names(connection: sqlite3.Connection) -> Names:
    """What the file holds."""
    names = Names()
    for number, text in connection.execute("SELECT id, text FROM texts"):
        names.add_text(number, text)
    for number, *row in connection.execute("SELECT id, name, title, created, deleted FROM datasets"):
        names.put("datasets", number, dict(zip(("name", "title", "created", "deleted"), row, strict=True)))
    for number, *row in connection.execute("SELECT id, dataset, name, place FROM classes"):
        names.put("classes", number, dict(zip(("dataset", "name", "place"), row, strict=True)))
    return names


def natural(name: str) -> tuple[bool, int, str]:
    """The order of labels that nobody has put in order: numbers by value, then text."""
    is_number = name.isdecimal()
    return (not is_number, int(name) if is_number else 0, name)


def checked_label(label: str) -> str:
    """`label` without surrounding blanks, its signs composed (NFC).

    Raises:
        RecognizerError: It is empty, too long, or holds signs that nobody sees.
    """
    plain = unicodedata.normalize("NFC", label).strip()
    if not plain or len(plain) > MAX_LABEL or plain != visible(plain):
        raise RecognizerError(
            tr("The label cannot be used"),
            where=f"label = {label[: 2 * MAX_LABEL]!r}",
            fix=tr("Give 1 to {most} visible characters", most=MAX_LABEL),
        )
    return plain


def checked_title(title: str) -> str:
    """A dataset's title without surrounding blanks; raises RecognizerError where it cannot be used."""
    plain = visible(unicodedata.normalize("NFC", title)).strip()
    if not plain or len(plain) > MAX_TITLE:
        raise RecognizerError(
            tr("The name cannot be used"),
            where=f"name = {title[: 2 * MAX_TITLE]!r}",
            fix=tr("Give 1 to {most} visible characters", most=MAX_TITLE),
        )
    return plain


def visible(text: str) -> str:
    """`text` without control characters, marks of direction and other signs that nobody sees."""
    return "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")


def cleaned(text: str, most: int = MAX_TEXT) -> str:
    """A text that came with data: composed, visible, in one line, at most `most` characters."""
    return visible(unicodedata.normalize("NFC", re.sub(r"\s+", " ", text))).strip()[:most]


def name_from(title: str, taken: set[str]) -> str:
    """A name for the command line, from a title: small, without blanks, and not `taken`."""
    base = re.sub(r"[^\w.+-]+", "-", title.casefold()).strip("-._") or "dataset"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def made_at(text: str) -> int:
    """Seconds since 1970 of an ISO 8601 time, UTC where it names no zone; 0 where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return max(0, seconds)


def now() -> int:
    """Seconds since 1970, UTC."""
    return int(time.time())
