"""My handwriting: what the user wrote, labelled by the user, kept for good."""

import hashlib
import logging
import sqlite3
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.imaging.preprocess import PREPROCESSING_VERSION, Preprocessor
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import DIGITS, SPLITS, Dataset, LabelSet, Split
from recognizer.library.handwriting_file import COLUMNS, HandwritingFile
from recognizer.library.ink_blob import pack_ink, pack_picture, unpack_ink, unpack_picture

_log = logging.getLogger(__name__)

NAME: Final = "my-handwriting"
FILE: Final = "handwriting.sqlite"
MAX_LABEL: Final = 32
"""Most characters of a label."""
DRAWN, READ = "draw", "read"
_CHUNK: Final = 64
_TEST_EVERY: Final = 5
"""Of so many samples of a class, as they come, one is the test's."""
_SPLIT_SEED: Final = 69
"""By which the first test samples of the ten digits come evenly: two among the first of each digit, and so on."""


def title() -> str:
    """What people call the dataset, in the language in use."""
    return tr("My handwriting")


def source() -> str:
    """Where the samples come from, in the language in use."""
    return tr("What you wrote and labelled yourself")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One symbol that was kept.

    Attributes:
        id: Never used again for another one.
        label: What it is, as the user says.
        ink: The strokes; None for a picture.
        picture: (h, w) uint8 grey levels; None for ink.
        predicted: What a model took it for when it was kept; empty where none was asked.
        model_id: That model.
        preprocessing: The version of the preprocessing at that time.
        source: `draw` for the canvas, `read` for a symbol of a photo, or the name of a file.
        split: Training or test; drawn when it was kept, and for good.
        created: ISO 8601, UTC.
        deleted: When it was removed, ISO 8601, UTC; empty where it was not.
    """

    id: int
    label: str
    ink: Ink | None
    picture: NDArray[np.uint8] | None
    predicted: str
    model_id: str
    preprocessing: int
    source: str
    split: Split
    created: str
    deleted: str


@dataclass(frozen=True, slots=True, eq=False)
class OwnDataset(Dataset):
    """The user's handwriting as a dataset.

    Attributes:
        ids: (n,) int64, the samples' ids in the store.
    """

    ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


class Handwriting:
    """The user's own samples, in a file of the profile that is opened at the first call.

    All methods may be called from any thread; they take a few milliseconds, but for `samples` and `dataset`. Objects
    for the same profile share one connection. What a method has returned from is durable.

    Every method raises RecognizerError where the file is in use by another process, damaged (it is then kept aside, and
    the next call begins a new one), from a newer version, or cannot be written.

    Args:
        profile: Whose handwriting.
    """

    def __init__(self, profile: Profile) -> None:
        self._file = HandwritingFile.shared(profile.root / FILE)
        self._exists = self._file.path.exists

    def add(self, ink: Ink, label: str, predicted: str = "", model_id: str = "", *, source: str = DRAWN) -> int:
        """Keep a drawing; one that is kept already gets the new label, and comes back where it had been removed.

        Args:
            ink: One symbol.
            label: What it is: any text of at most 32 characters.
            predicted: What a model took it for.
            model_id: That model.
            source: Where it comes from.

        Returns:
            Its id.

        Raises:
            RecognizerError: The label or the drawing cannot be kept.
        """
        return self._add("ink", pack_ink(ink), label, predicted, model_id, source)

    def add_picture(
        self, image: NDArray[np.uint8], label: str, predicted: str = "", model_id: str = "", *, source: str = READ
    ) -> int:
        """Keep a picture of one symbol, (h, w) uint8, in either polarity; for the rest as `add`."""
        return self._add("picture", pack_picture(image), label, predicted, model_id, source)

    def _add(self, kind: str, content: bytes, label: str, predicted: str, model_id: str, source: str) -> int:
        label = checked_label(label)
        digest = hashlib.sha256(content).hexdigest()
        with self._file.transaction() as connection:
            known = connection.execute("SELECT id FROM samples WHERE hash = ?", (digest,)).fetchone()
            if known is not None:
                connection.execute("UPDATE samples SET label = ?, deleted = NULL WHERE id = ?", (label, known[0]))
                return int(known[0])
            before = connection.execute("SELECT count(*) FROM samples WHERE label = ?", (label,)).fetchone()[0]
            cursor = connection.execute(
                f"INSERT INTO samples ({', '.join(COLUMNS[1:])}) VALUES ({', '.join('?' * (len(COLUMNS) - 1))})",
                (
                    *(label, kind, content, digest, str(split_of(label, before))),
                    *(predicted, model_id, PREPROCESSING_VERSION, source, _now(), None),
                ),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def remove(self, sample_id: int) -> None:
        """Put a sample away; `restore` brings it back."""
        self._change(sample_id, "deleted = ?", _now())

    def restore(self, sample_id: int) -> None:
        """Bring back a sample that was removed."""
        self._change(sample_id, "deleted = ?", None)

    def relabel(self, sample_id: int, label: str) -> None:
        """Say anew what a sample is; it stays in its split."""
        self._change(sample_id, "label = ?", checked_label(label))

    def _change(self, sample_id: int, change: str, value: str | None) -> None:
        with self._file.transaction() as connection:
            if connection.execute(f"UPDATE samples SET {change} WHERE id = ?", (value, int(sample_id))).rowcount == 0:
                raise RecognizerError(
                    tr("There is no such sample in My handwriting"),
                    where=f"id = {sample_id}",
                    fix=tr("Open the Library page anew"),
                )

    def find(self, ink: Ink) -> int | None:
        """The id under which `ink` is kept; None where it is not, or was removed; does not make the file."""
        if not self._exists():
            return None
        digest = hashlib.sha256(pack_ink(ink)).hexdigest()
        with self._file.transaction() as connection:
            row = connection.execute("SELECT id FROM samples WHERE hash = ? AND deleted IS NULL", (digest,)).fetchone()
        return None if row is None else int(row[0])

    def count(self) -> int:
        """How many samples there are; does not make the file."""
        return sum(self.counts().values())

    def counts(self) -> dict[str, int]:
        """How many samples every label has, in the labels' order; does not make the file."""
        if not self._exists():
            return {}
        with self._file.transaction() as connection:
            return dict(
                connection.execute(
                    "SELECT label, count(*) FROM samples WHERE deleted IS NULL GROUP BY label ORDER BY label"
                ).fetchall()
            )

    def split_counts(self) -> dict[Split, int]:
        """How many samples every split has; does not make the file."""
        found = dict.fromkeys(SPLITS, 0)
        if self._exists():
            with self._file.transaction() as connection:
                rows = connection.execute("SELECT split, count(*) FROM samples WHERE deleted IS NULL GROUP BY split")
                found |= {Split(name): count for name, count in rows}
        return found

    def sample(self, sample_id: int) -> Sample:
        """The sample of that id, even if it was removed."""
        found = self._read("id = ?", (int(sample_id),))
        if not found:
            raise RecognizerError(
                tr("There is no such sample in My handwriting"),
                where=f"id = {sample_id}",
                fix=tr("Open the Library page anew"),
            )
        return found[0]

    def samples(self, *, removed: bool = False) -> list[Sample]:
        """Every sample by its id, or every removed one; those whose content is damaged are logged and left out."""
        return self._read(f"deleted IS {'NOT ' if removed else ''}NULL") if self._exists() else []

    def _read(self, condition: str, values: Iterable[Any] = ()) -> list[Sample]:
        with self._file.transaction() as connection:
            connection.row_factory = sqlite3.Row
            try:
                rows = connection.execute(
                    f"SELECT {', '.join(COLUMNS)} FROM samples WHERE {condition} ORDER BY id", tuple(values)
                ).fetchall()
            finally:
                connection.row_factory = None
        samples = []
        for row in rows:
            try:
                samples.append(_sample(row))
            except ValueError as error:
                _log.warning(tr("Sample {id} of My handwriting is damaged: {reason}", id=row["id"], reason=error))
        return samples

    def dataset(self, progress: ProgressCallback = no_progress, token: CancellationToken | None = None) -> OwnDataset:
        """Every sample as the current preprocessing makes it, in the order of the ids.

        Args:
            progress: Told how far it is.
            token: Stops it.

        Raises:
            RecognizerError: There are no samples yet.
            Cancelled: By `token`.
        """
        known = self._file.pictures
        columns = "id, label, split"
        with self._file.transaction() as connection:
            rows = connection.execute(f"SELECT {columns} FROM samples WHERE deleted IS NULL ORDER BY id").fetchall()
        fresh = [row[0] for row in rows if row[0] not in known]
        preprocessor = Preprocessor()
        for done in range(0, len(fresh), _CHUNK):
            progress(done, len(fresh), tr("Reading {name}", name=title()))
            if token is not None:
                token.check()
            marks = ", ".join("?" * len(fresh[done : done + _CHUNK]))
            for sample in self._read(f"id IN ({marks})", fresh[done : done + _CHUNK]):
                known[sample.id] = _picture(sample, preprocessor)
        rows = [row for row in rows if row[0] in known]
        if not rows:
            raise RecognizerError(
                tr("My handwriting is empty"),
                where=str(self._file.path),
                fix=tr("Draw a symbol on the Draw page and say what it is, or use `recognizer keep`"),
            )
        label_set, labels = classes_of([label for _, label, _ in rows])
        return OwnDataset(
            name=NAME,
            title=title(),
            images=np.stack([known[sample_id] for sample_id, _, _ in rows]),
            labels=labels,
            splits=np.array([SPLITS.index(Split(split)) for _, _, split in rows], np.uint8),
            label_set=label_set,
            source=source(),
            ids=np.array([sample_id for sample_id, _, _ in rows], np.int64),
        )

    def close(self) -> None:
        """Give the file free for other processes; the next call opens it again."""
        self._file.close()


def checked_label(label: str) -> str:
    """`label` without surrounding blanks, its signs composed (NFC).

    Raises:
        RecognizerError: It is empty, too long, or holds signs that nobody sees.
    """
    plain = unicodedata.normalize("NFC", label).strip()
    if not plain or len(plain) > MAX_LABEL or any(unicodedata.category(sign).startswith("C") for sign in plain):
        raise RecognizerError(
            tr("The label cannot be used"),
            where=f"label = {label[: 2 * MAX_LABEL]!r}",
            fix=tr("Give 1 to {most} visible characters", most=MAX_LABEL),
        )
    return plain


def split_of(label: str, before: int) -> Split:
    """The split of the sample of class `label` that comes after `before` others of it.

    One in five of every class goes to the test, which of the five being drawn from a fixed seed; what is added later
    does not change what was drawn.
    """
    block, place = divmod(before, _TEST_EVERY)
    drawn = hashlib.sha256(f"{_SPLIT_SEED}\n{label}\n{block}".encode()).digest()[0] % _TEST_EVERY
    return Split.TEST if place == drawn else Split.TRAIN


def classes_of(labels: list[str]) -> tuple[LabelSet, NDArray[np.int64]]:
    """The classes, the ten digits first where one of the labels is a digit, and the (n,) indices of `labels`."""
    found = set(labels)
    others = tuple(sorted(found - set(DIGITS.names)))
    names = (*DIGITS.names, *others) if len(others) < len(found) else others
    places = {name: index for index, name in enumerate(names)}
    return LabelSet(names), np.array([places[label] for label in labels], np.int64)


def _picture(sample: Sample, preprocessor: Preprocessor) -> NDArray[np.uint8]:
    """What a model sees of `sample`, (28, 28) uint8."""
    if sample.ink is not None:
        return preprocessor.from_ink(sample.ink)
    assert sample.picture is not None
    return preprocessor.from_image(sample.picture)


def _sample(row: sqlite3.Row) -> Sample:
    content = row["content"]
    if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != row["hash"]:
        raise ValueError(tr("its checksum is wrong"))
    is_ink = row["kind"] == "ink"
    return Sample(
        id=row["id"],
        label=row["label"],
        ink=unpack_ink(content) if is_ink else None,
        picture=None if is_ink else unpack_picture(content),
        predicted=row["predicted"],
        model_id=row["model_id"],
        preprocessing=row["preprocessing"],
        source=row["source"],
        split=Split(row["split"]),
        created=row["created"],
        deleted=row["deleted"] or "",
    )


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
