"""My handwriting: what the user wrote, labelled by the user; a dataset of the library that is always there."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.samples import Content
from recognizer.library.store import editing
from recognizer.library.store.adding import add_sample
from recognizer.library.store.contents import hash_of
from recognizer.library.store.legacy import OWN_NAME, OWN_TITLE
from recognizer.library.store.library import Library
from recognizer.library.store.names import checked_label
from recognizer.library.store.tables import LibraryDataset, load, table

_log = logging.getLogger(__name__)

NAME: Final = OWN_NAME
DRAWN, READ = "draw", "read"
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
        label: What it is, as the user says; empty where the user took that back.
        ink: The strokes; None for a picture.
        picture: (h, w) uint8 grey levels; None for ink.
        predicted: What a model took it for; empty where none was asked.
        model_id: That model.
        preprocessing: The version of the preprocessing at that time.
        source: `draw` for the canvas, `read` for a symbol of a photo, or the name of a file.
        split: What it is used for.
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


class Handwriting:
    """The user's own samples in the library of a profile.

    All methods may be called from any thread; they take a few milliseconds, but for `samples` and `dataset`. What a
    method has returned from is durable, and can be undone by the library.

    Every method raises RecognizerError as those of the library do.

    Args:
        profile: Whose handwriting.
    """

    def __init__(self, profile: Profile) -> None:
        self._library = Library.of(profile)

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
        return self._add(ink, label, predicted, model_id, source)

    def add_picture(
        self, image: NDArray[np.uint8], label: str, predicted: str = "", model_id: str = "", *, source: str = READ
    ) -> int:
        """Keep a picture of one symbol, (h, w) uint8, in either polarity; for the rest as `add`."""
        return self._add(image, label, predicted, model_id, source)

    def _add(self, content: Content, label: str, predicted: str, model_id: str, source: str) -> int:
        label, digest = checked_label(label), hash_of(content)
        library = self._library
        with library.file.lock:
            dataset = self._dataset_id()
            columns = library.columns
            own = columns["dataset"] == dataset
            known = columns["id"][own & (columns["hash"] == digest)]
            if len(known):
                with library.edit("add", label=label) as draft:
                    draft.set("deleted", known[:1], 0)
                    draft.set("class", known[:1], draft.class_id(dataset, label))
                return int(known[0])
            number = library.names.class_ids.get((dataset, label), -1)
            before = int((own & (columns["class"] == number)).sum())
            return add_sample(
                library,
                NAME,
                content,
                label,
                split=split_of(label, before),
                source=source,
                predicted=predicted,
                model=model_id,
            )

    def _dataset_id(self) -> int:
        """The dataset's id; it is made where there is none, which is nothing that one would want to undo."""
        library = self._library
        library.open()
        found = next((one for one in library.names.datasets.values() if one.name == NAME), None)
        if found is not None and not found.deleted:
            return found.id
        if found is not None:
            editing.restore_dataset(library, NAME)
            return found.id
        with library.unjournalled() as draft:
            return draft.add_dataset(NAME, OWN_TITLE, 0)

    def remove(self, sample_id: int) -> None:
        """Put a sample away; `restore` brings it back."""
        editing.remove(self._library, [sample_id])

    def restore(self, sample_id: int) -> None:
        """Bring back a sample that was removed."""
        editing.restore(self._library, [sample_id])

    def relabel(self, sample_id: int, label: str) -> None:
        """Say anew what a sample is; it stays in its split."""
        editing.relabel(self._library, [sample_id], checked_label(label))

    def find(self, ink: Ink) -> int | None:
        """The id under which `ink` is kept; None where it is not, or was removed; does not make the file."""
        library = self._library
        if library.find_record(NAME) is None:
            return None
        with library.file.lock:
            columns = library.columns
            mask = (columns["hash"] == hash_of(ink)) & (columns["deleted"] == 0)
            found = columns["id"][mask & (columns["dataset"] == library.record(NAME).id)]
        return int(found[0]) if len(found) else None

    def count(self) -> int:
        """How many samples there are; does not make the file."""
        return sum(self.split_counts().values())

    def counts(self) -> dict[str, int]:
        """How many samples every label has, in the classes' order; does not make the file."""
        if self._library.find_record(NAME) is None:
            return {}
        rows = table(self._library, NAME)
        found = np.bincount(rows.labels[rows.labels >= 0], minlength=len(rows.label_set))
        return {name: int(n) for name, n in zip(rows.label_set.names, found, strict=True) if n}

    def split_counts(self) -> dict[Split, int]:
        """How many samples every split has; does not make the file."""
        if self._library.find_record(NAME) is None:
            return dict.fromkeys(SPLITS, 0)
        found = np.bincount(table(self._library, NAME).splits, minlength=len(SPLITS))
        return {split: int(n) for split, n in zip(SPLITS, found, strict=True)}

    def sample(self, sample_id: int) -> Sample:
        """The sample of that id, even if it was removed."""
        self._library.open()
        if self._library.columns.rows_of(np.array([sample_id], np.int64))[0] < 0:
            raise RecognizerError(
                tr("There is no such sample in the library"),
                where=f"id = {sample_id}",
                fix=tr("Open the Library page anew"),
            )
        return self._read(np.array([sample_id], np.int64))[0]

    def samples(self, *, removed: bool = False) -> list[Sample]:
        """Every sample by its id, or every removed one; those whose content is damaged are logged and left out."""
        if self._library.find_record(NAME) is None:
            return []
        return self._read(table(self._library, NAME, removed=removed).ids)

    def _read(self, ids: NDArray[np.int64]) -> list[Sample]:
        library = self._library
        found = []
        for number in ids.tolist():
            one = np.array([number], np.int64)
            try:
                (content,) = library.originals(one)
            except RecognizerError as error:
                _log.warning("%s", error)
                continue
            with library.file.lock:
                row = int(library.columns.rows_of(one)[0])
                values = {name: int(library.columns[name][row]) for name in _COLUMNS}
                texts, classes = library.names.texts, library.names.classes
                is_ink = isinstance(content, Ink)
                found.append(
                    Sample(
                        id=number,
                        label=classes[values["class"]].name if values["class"] in classes else "",
                        ink=content if isinstance(content, Ink) else None,
                        picture=None if is_ink else content,  # type: ignore[arg-type]
                        predicted=texts[values["predicted"]],
                        model_id=texts[values["model"]],
                        preprocessing=values["preprocessing"],
                        source=texts[values["source"]],
                        split=SPLITS[values["split"]],
                        created=_iso(values["created"]),
                        deleted=_iso(values["deleted"]),
                    )
                )
        return found

    def dataset(
        self, progress: ProgressCallback = no_progress, token: CancellationToken | None = None
    ) -> LibraryDataset:
        """Every labelled sample as models see it, in the order of the ids.

        Args:
            progress: Told how far it is.
            token: Stops it.

        Raises:
            RecognizerError: There are no samples yet.
            Cancelled: By `token`.
        """
        if self.count() == 0:
            raise RecognizerError(
                tr("My handwriting is empty"),
                where=str(self._library.path),
                fix=tr("Draw a symbol on the Draw page and say what it is, or use `recognizer keep`"),
            )
        return load(self._library, NAME, progress, token)

    def close(self) -> None:
        """Give the file free for other processes; the next call opens it again."""
        self._library.close()


_COLUMNS: Final = ("class", "predicted", "model", "preprocessing", "source", "split", "created", "deleted")


def split_of(label: str, before: int) -> Split:
    """The split of the sample of class `label` that comes after `before` others of it.

    One in five of every class goes to the test, which of the five being drawn from a fixed seed; what is added later
    does not change what was drawn.
    """
    block, place = divmod(before, _TEST_EVERY)
    drawn = hashlib.sha256(f"{_SPLIT_SEED}\n{label}\n{block}".encode()).digest()[0] % _TEST_EVERY
    return Split.TEST if place == drawn else Split.TRAIN


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""
