"""Bringing samples into the library: one by one, or in chunks as one edit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.preprocess import PREPROCESSING_VERSION, Preprocessor
from recognizer.ink.stroke import Ink
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.samples import Chunk, Content, Problem
from recognizer.library.store.contents import SIDE, Packed, pack, pack_pictures, pack_seen, seen_of
from recognizer.library.store.draft import Growing
from recognizer.library.store.library import Library
from recognizer.library.store.names import MAX_LABEL, cleaned, now

_BATCH: Final = 1024
"""Samples a transaction: the library is not held longer than some milliseconds at a time."""
_KEPT_PROBLEMS: Final = 10_000


@dataclass(slots=True)
class ImportResult:
    """What an import has brought so far.

    Attributes:
        added: New samples.
        duplicates: Samples left out because the dataset has exact copies of them already.
        known_boxes: Boxes of sheets left out because the dataset has them from other photos of the sheets.
        problems: What could not be read, at most 10,000 of them.
        failed: How many there were.
        notes: What was left out though nothing is wrong with it, at most 10,000 of them.
        noted: How many there were.
    """

    added: int = 0
    duplicates: int = 0
    known_boxes: int = 0
    problems: list[Problem] = field(default_factory=list)
    failed: int = 0
    notes: list[Problem] = field(default_factory=list)
    noted: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether there was no sample at all, not even one that is there already."""
        return not (self.added or self.duplicates or self.known_boxes)

    def report(self, problem: Problem) -> None:
        """Take in a problem, or a note."""
        kept = self.notes if problem.is_note else self.problems
        if len(kept) < _KEPT_PROBLEMS:
            kept.append(problem)
        if problem.is_note:
            self.noted += 1
        else:
            self.failed += 1


class Import:
    """One import: chunks go in, each durable when `add` returns, all of them one edit in the journal.

    Args:
        library: Where to.
        name: The dataset's name; RecognizerError where there is none.
        source: What the samples come from, for those that do not say.
        split: For samples that do not say.
        keeps_duplicates: Whether exact copies of what the dataset has are taken in too.
        growing: The edit that the import goes on with, such as the one that made the dataset; its own where None.
    """

    def __init__(
        self,
        library: Library,
        name: str,
        *,
        source: str,
        split: Split = Split.TRAIN,
        keeps_duplicates: bool = False,
        growing: Growing | None = None,
    ) -> None:
        self.result = ImportResult()
        self._library = library
        self._record = library.record(name)
        self._source = cleaned(source)
        self._title = source
        self._split = split
        self._keeps_duplicates = keeps_duplicates
        self._growing = growing or Growing()
        self._known: NDArray[np.int64] = np.zeros(0, np.int64)
        self._recent: set[int] = set()
        if not keeps_duplicates:
            with library.file.lock:
                columns = library.columns
                own = (columns["dataset"] == self._record.id) & (columns["deleted"] == 0)
                self._known = np.sort(columns["hash"][own])

    def add(self, chunk: Chunk) -> NDArray[np.int64]:
        """Take in a chunk.

        Returns:
            (m,) int64, the ids of the samples that are new, in the order of the chunk.

        Raises:
            RecognizerError: The library cannot be written; what was added before stays.
        """
        for problem in chunk.problems:
            self.result.report(problem)
        ids = [self._add_batch(chunk, start) for start in range(0, len(chunk), _BATCH)]
        return np.concatenate(ids) if ids else np.zeros(0, np.int64)

    def _add_batch(self, chunk: Chunk, start: int) -> NDArray[np.int64]:
        end = min(start + _BATCH, len(chunk))
        places, packed = self._packed(chunk, start, end)
        is_new = self._are_new([one.hash for one in packed])
        self.result.duplicates += len(packed) - sum(is_new)
        places = [place for place, new in zip(places, is_new, strict=True) if new]
        packed = [one for one, new in zip(packed, is_new, strict=True) if new]
        if not packed:
            return np.zeros(0, np.int64)
        seen = _seen(chunk.contents, places)
        with self._library.edit("import", name=self._title, n=self.result.added + len(packed)) as draft:
            draft.extends = self._growing
            n = len(packed)
            labels = _taken(chunk.labels, places, "")
            classes = {label: draft.class_id(self._record.id, _label(label)) for label in sorted(set(labels))}
            writers, sources, notes = (
                np.array([draft.cleaned_text_id(text) for text in _taken(texts, places, usual)], np.int64)
                for texts, usual in ((chunk.writers, ""), (chunk.sources, self._source), (chunk.notes, ""))
            )
            splits = [SPLITS.index(split or self._split) for split in _taken(chunk.splits, places, None)]
            zero = np.zeros(n, np.int64)
            ids = draft.add_samples(
                packed,
                seen,
                {
                    "dataset": np.full(n, self._record.id, np.int64),
                    "class": np.array([classes[label] for label in labels], np.int64),
                    "split": np.array(splits, np.int64),
                    "writer": writers,
                    "source": np.where(sources == 0, draft.text_id(self._source), sources),
                    "note": notes,
                    "flags": np.array(_taken(chunk.flags, places, 0), np.int64) & 3,
                    "created": np.array([at or now() for at in _taken(chunk.created, places, 0)], np.int64),
                    "deleted": zero,
                    "preprocessing": np.full(n, PREPROCESSING_VERSION, np.int64),
                    "predicted": zero,
                    "confidence": zero,
                    "model": zero,
                },
            )
        self._recent.update(one.hash for one in packed)
        if len(self._recent) > 1 << 16:
            self._known = np.sort(np.concatenate([self._known, np.fromiter(self._recent, np.int64)]))
            self._recent = set()
        self.result.added += n
        return ids

    def _packed(self, chunk: Chunk, start: int, end: int) -> tuple[list[int], list[Packed]]:
        """The originals as bytes, with their places in the chunk; those that cannot be kept become problems."""
        contents = chunk.contents
        if isinstance(contents, np.ndarray):
            return list(range(start, end)), pack_pictures(contents[start:end])
        places, packed = [], []
        for place in range(start, end):
            try:
                packed.append(pack(contents[place]))
            except RecognizerError as error:
                where = chunk.sources[place] if chunk.sources else self._source
                self.result.report(Problem(where, error))
            else:
                places.append(place)
        return places, packed

    def _are_new(self, hashes: list[int]) -> list[bool]:
        if self._keeps_duplicates:
            return [True] * len(hashes)
        wanted = np.array(hashes, np.int64)
        place = np.minimum(np.searchsorted(self._known, wanted), max(len(self._known) - 1, 0))
        is_known = self._known[place] == wanted if len(self._known) else np.zeros(len(wanted), bool)
        fresh: set[int] = set()
        found = []
        for number, known in zip(hashes, is_known.tolist(), strict=True):
            found.append(not known and number not in self._recent and number not in fresh)
            fresh.add(number)
        return found


def add_sample(
    library: Library,
    name: str,
    content: Content,
    label: str,
    *,
    split: Split,
    source: str,
    predicted: str = "",
    model: str = "",
) -> int:
    """Take in one sample as an edit of its own.

    Args:
        library: Where to.
        name: The dataset's name.
        content: What was drawn, or a picture.
        label: What it is, checked.
        split: What it is used for.
        source: Where it comes from.
        predicted: What a model took it for; empty where none was asked.
        model: That model's id.

    Returns:
        Its id.
    """
    record, packed = library.record(name), pack(content)
    seen = _seen([content], [0])
    with library.edit("add", label=label) as draft:
        values = {
            "dataset": record.id,
            "class": draft.class_id(record.id, label),
            "split": SPLITS.index(split),
            "writer": 0,
            "source": draft.cleaned_text_id(source),
            "note": 0,
            "flags": 0,
            "created": now(),
            "deleted": 0,
            "preprocessing": PREPROCESSING_VERSION,
            "predicted": draft.text_id(predicted),
            "confidence": 0,
            "model": draft.text_id(model),
        }
        ids = draft.add_samples([packed], seen, {key: np.array([value], np.int64) for key, value in values.items()})
    return int(ids[0])


def _seen(contents: Sequence[Content] | NDArray[np.uint8], places: list[int]) -> list[bytes | None]:
    """What models see of the contents at `places`; None where that is the original itself."""
    if isinstance(contents, np.ndarray):
        originals = contents[places]
        pictures = Preprocessor().from_images(originals)
        if originals.shape[1:] != (SIDE, SIDE):
            return [pack_seen(picture) for picture in pictures]
        same = (pictures == originals).all(axis=(1, 2)).tolist()
        return [None if is_same else pack_seen(picture) for picture, is_same in zip(pictures, same, strict=True)]
    found: list[bytes | None] = []
    for place in places:
        content = contents[place]
        picture = seen_of(content)
        is_same = not isinstance(content, Ink) and np.array_equal(picture, content)
        found.append(None if is_same else pack_seen(picture))
    return found


def _taken(values: Sequence, places: list[int], usual: object) -> list:
    return [values[place] for place in places] if len(values) else [usual] * len(places)


def _label(label: str) -> str:
    """A label that came with data; what is longer than a label may be is cut."""
    return cleaned(label, MAX_LABEL)


def nothing_new(result: ImportResult) -> RecognizerError | None:
    """The error for an import that brought nothing and met problems; None for any other."""
    found = [*result.problems, *result.notes]
    if not (result.is_nothing and found):
        return None
    first, n = found[0], result.failed + result.noted
    more = tr(" (and {n:,} more problems)", n=n - 1) if n > 1 else ""
    error = first.error
    return RecognizerError(
        error.what + more, where=error.where or first.where, fix=error.fix, exit_code=error.exit_code
    )
