"""What can be asked of samples in a filter line, key by key: how it is read and which samples have it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.dataset import SPLITS
from recognizer.library.filter_spans import Span, read_numbers, read_periods, read_shares, seconds
from recognizer.library.filter_text import Value, containing, named, quoted
from recognizer.library.samples import UNKNOWN, Flag, SampleTable

Mask = NDArray[np.bool_]


class Key(StrEnum):
    """What a word of the line is about, in the order of the canonical line."""

    LABEL = "label"
    SPLIT = "split"
    SOURCE = "source"
    WRITER = "writer"
    FLAG = "flag"
    NOTE = "note"
    KIND = "kind"
    DATE = "date"
    CONFIDENCE = "confidence"
    PREDICTED = "predicted"
    IS = "is"
    ID = "id"
    TEXT = "text"


NONE: Final = "none"
FLAGGED: Final = "flagged"
EXCLUDED: Final = "excluded"
INK: Final = "ink"
PICTURE: Final = "picture"
WRONG: Final = "wrong"
RIGHT: Final = "right"
UNLABELLED: Final = "unlabelled"
UNREAD: Final = "unread"
CHOICES: Final = {
    Key.FLAG: (FLAGGED, EXCLUDED, NONE),
    Key.KIND: (INK, PICTURE),
    Key.IS: (WRONG, RIGHT, UNLABELLED, UNREAD),
}
"""Keys with a few words of their own."""
EXAMPLES: Final = {
    Key.DATE: "date:2026-11-22, date:2026-11, date:>2026-11-01, date:2026-11-01..2026-11-22, date:today, date:week",
    Key.CONFIDENCE: "confidence:<0.6, confidence:>=0.9, confidence:0.3..0.6, confidence:30%..60%",
    Key.ID: "id:17, id:100..200, id:>5000",
}
"""What may stand after keys that take a range."""


@dataclass(frozen=True, slots=True)
class Name:
    """The exact name of a class, a split, a prediction or one of `CHOICES`."""

    name: str

    def __str__(self) -> str:
        return quoted(self.name)


@dataclass(frozen=True, slots=True)
class Words:
    """Text that is contained in a name, or is it."""

    text: str
    is_exact: bool = False

    def __str__(self) -> str:
        text = quoted(self.text)
        # A writer may be called "none".
        return f"={text}" if self.is_exact else f'"{text}"' if text.casefold() == NONE else text


@dataclass(frozen=True, slots=True)
class Missing:
    """That nothing is known."""

    def __str__(self) -> str:
        return NONE


Wanted = Name | Words | Missing | Span[Any]


@dataclass(frozen=True, slots=True)
class Term:
    """A key with what is wanted of it.

    Attributes:
        key: What it is about.
        wanted: Alternatives; at least one.
        is_negated: Whether the samples that have one of them are the unwanted ones.
    """

    key: Key
    wanted: tuple[Wanted, ...]
    is_negated: bool = False

    @property
    def text(self) -> str:
        """The word of the canonical line."""
        return f"{'-' if self.is_negated else ''}{self.key}:{','.join(str(each) for each in self.wanted)}"

    def mask(self, table: SampleTable, now: float) -> Mask:
        """Which samples of `table` it wants, (n,) bool.

        Args:
            table: The samples.
            now: Seconds since 1970, for words such as today.
        """
        found = _MASKS[self.key](table, self.wanted, now)
        return ~found if self.is_negated else found


def read_wanted(key: Key, value: Value) -> Wanted:
    """What `value` means after a key other than label and split, which need to know the classes.

    Raises:
        ValueError: Nothing.
    """
    if key in CHOICES:
        return Name(CHOICES[key][[choice.casefold() for choice in CHOICES[key]].index(value.plain.casefold())])
    if not value.text.strip():
        raise ValueError(value.text)
    if key is Key.PREDICTED:
        return Name(f"={value.text}" if value.is_exact else value.text)
    if key is Key.CONFIDENCE:
        return read_shares(value.text)
    if key is Key.ID:
        return read_numbers(value.text)
    if key is not Key.TEXT and value.plain.casefold() == NONE and not value.is_quoted and not value.is_exact:
        return Missing()
    return read_periods(value.text) if key is Key.DATE else Words(value.text, value.is_exact)


def _of_names(column: NDArray[np.int32], chosen: Mask, missing: bool = False) -> Mask:
    """Which rows have one of the `chosen` names, (k,) bool; those without a name where `missing`."""
    # The place of UNKNOWN is the last one.
    return np.append(chosen, missing).take(column)


def _labels(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    names = {each.name for each in wanted if isinstance(each, Name)}
    return _of_names(table.labels, np.array([name in names for name in table.label_set.names], bool))


def _splits(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    names = {each.name for each in wanted if isinstance(each, Name)}
    return np.array([split in names for split in SPLITS], bool).take(table.splits)


def _predicted(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    names = {named(each.name, table.predicted_names) for each in wanted if isinstance(each, Name)}
    return _of_names(table.predicted, np.array([name in names for name in table.predicted_names], bool))


def _text_of(column: str, names: str) -> Callable[[SampleTable, tuple[Wanted, ...], float], Mask]:
    def mask(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
        known = getattr(table, names)
        chosen = np.zeros(len(known), bool)
        for each in wanted:
            if isinstance(each, Words):
                chosen |= containing(each.text, known, is_exact=each.is_exact)
        is_missing = any(isinstance(each, Missing) for each in wanted)
        return _of_names(getattr(table, column), chosen, is_missing)

    return mask


_sources = _text_of("sources", "source_names")
_writers = _text_of("writers", "writer_names")
_notes = _text_of("notes", "note_texts")


def _texts(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    found = _sources(table, wanted, now)
    for column in (_writers, _notes):
        found |= column(table, wanted, now)
    chosen = np.zeros(len(table.label_set), bool)
    for each in wanted:
        if isinstance(each, Words):
            chosen |= containing(each.text, table.label_set.names, is_exact=each.is_exact)
    found |= _of_names(table.labels, chosen)
    return found


def _flags(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    names = {each.name for each in wanted if isinstance(each, Name)}
    bits = (Flag.FLAGGED if FLAGGED in names else 0) | (Flag.EXCLUDED if EXCLUDED in names else 0)
    found = (table.flags & np.uint8(bits)) != 0
    return found | (table.flags == 0) if NONE in names else found


def _kinds(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    names = {each.name for each in wanted if isinstance(each, Name)}
    if len(names) == len(CHOICES[Key.KIND]):
        return np.ones(len(table), bool)
    return table.is_ink.copy() if INK in names else ~table.is_ink


def _dates(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    is_known = table.created > 0
    found = np.zeros(len(table), bool)
    for each in wanted:
        if isinstance(each, Span):
            begin, end = seconds(each, now)
            found |= is_known & (table.created >= begin) & (table.created < end)
        else:
            found |= ~is_known
    return found


def _confidences(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    found = np.zeros(len(table), bool)
    for each in wanted:
        if isinstance(each, Span):
            # Compared as they are stored, so that 0.9 is 0.9.
            low, high = (None if end is None else np.float32(end.value) for end in (each.low, each.high))
            found |= _within(table.confidences, low, high, each)
    return found


def _ids(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    spans = [each for each in wanted if isinstance(each, Span)]
    found = np.isin(table.ids, np.array([span.low for span in spans if span.low == span.high], np.int64))
    for span in spans:
        if span.low != span.high:
            found |= _within(table.ids, span.low, span.high, span)
    return found


def _within(column: NDArray, low: Any, high: Any, span: Span[Any]) -> Mask:
    found = np.ones(len(column), bool)
    if low is not None:
        found &= column >= low if span.has_low else column > low
    if high is not None:
        found &= column <= high if span.has_high else column < high
    return found


def label_of_prediction(table: SampleTable) -> NDArray[np.int32]:
    """For each of the table's predicted names the index of the class of that name, (k + 1,); the last is `UNKNOWN`.

    A name that is no class has `UNKNOWN - 1`, which is no label.
    """
    places = {name: index for index, name in enumerate(table.label_set.names)}
    return np.array([*(places.get(name, UNKNOWN - 1) for name in table.predicted_names), UNKNOWN], np.int32)


def _states(table: SampleTable, wanted: tuple[Wanted, ...], now: float) -> Mask:
    names = {each.name for each in wanted if isinstance(each, Name)}
    is_unread, is_unlabelled = table.predicted == UNKNOWN, table.labels == UNKNOWN
    found = np.zeros(len(table), bool)
    if names & {WRONG, RIGHT}:
        is_same = label_of_prediction(table).take(table.predicted) == table.labels
        is_judged = ~(is_unread | is_unlabelled)
        if WRONG in names:
            found |= is_judged & ~is_same
        if RIGHT in names:
            found |= is_judged & is_same
    if UNLABELLED in names:
        found |= is_unlabelled
    if UNREAD in names:
        found |= is_unread
    return found


_MASKS: Final[dict[Key, Callable[[SampleTable, tuple[Wanted, ...], float], Mask]]] = {
    Key.LABEL: _labels,
    Key.SPLIT: _splits,
    Key.SOURCE: _sources,
    Key.WRITER: _writers,
    Key.FLAG: _flags,
    Key.NOTE: _notes,
    Key.KIND: _kinds,
    Key.DATE: _dates,
    Key.CONFIDENCE: _confidences,
    Key.PREDICTED: _predicted,
    Key.IS: _states,
    Key.ID: _ids,
    Key.TEXT: _texts,
}
