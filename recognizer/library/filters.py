"""Choosing samples by a line of text such as `label:4,9 split:test -flag:excluded confidence:<0.6`.

A line is a list of words. `key:value` asks for one thing, `key:one,two` for either of two; words of one key widen the
choice, different keys narrow it, and a word with `-` or `!` before it takes away. Without a key a word is a class, else
a split, else text to be searched for in label, source, writer and note; several such texts must all be found. Text is
contained in a name, unless `=` stands before it. `none` is what has no writer, source, note, date or flag. What has
blanks, commas or colons in it stands in quotes.
"""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.dataset import SPLITS, Dataset, LabelSet, Split
from recognizer.library.filter_terms import CHOICES, EXAMPLES, Key, Name, Term, Wanted, Words, read_wanted
from recognizer.library.filter_text import Value, Word, named, words
from recognizer.library.samples import SampleTable, table_of

_ORDER: Final = tuple(Key)


@dataclass(frozen=True, slots=True)
class SampleFilter:
    """Which samples are wanted.

    Attributes:
        labels: Names of the wanted classes; empty where all are.
        splits: The wanted splits; empty where all are.
        terms: Everything else that is asked for, and what is taken away.
    """

    labels: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()
    terms: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """The line that `parse_filter` reads as this filter; empty where everything is wanted."""
        return " ".join(term.text for term in self._all_terms())

    @property
    def is_empty(self) -> bool:
        """Whether everything is wanted."""
        return not (self.labels or self.splits or self.terms)

    def mask(self, samples: Dataset | SampleTable, now: float | None = None) -> NDArray[np.bool_]:
        """Which samples are wanted, (n,) bool; names that `samples` lacks are passed over.

        Args:
            samples: What is chosen from.
            now: Seconds since 1970, for words such as today; the present where None.
        """
        table = table_of(samples) if isinstance(samples, Dataset) else samples
        now = time.time() if now is None else now
        wanted = np.ones(len(table), bool)
        for term in self._all_terms():
            wanted &= term.mask(table, now)
        return wanted

    def indices(self, samples: Dataset | SampleTable, now: float | None = None) -> NDArray[np.int64]:
        """The positions of the wanted samples, ascending; the arguments are those of `mask`."""
        return np.flatnonzero(self.mask(samples, now)).astype(np.int64, copy=False)

    def _all_terms(self) -> list[Term]:
        named = ((Key.LABEL, self.labels), (Key.SPLIT, self.splits))
        terms = [Term(key, tuple(Name(name) for name in names)) for key, names in named if names]
        return sorted([*terms, *self.terms], key=lambda term: (_ORDER.index(term.key), term.is_negated))


def parse_filter(text: str, label_set: LabelSet) -> SampleFilter:
    """Read a filter line.

    Capitals, full-width signs and blanks beside a colon or comma do not matter.

    Args:
        text: What the user wrote.
        label_set: The classes that can be named.

    Raises:
        RecognizerError: A word is not understood.
    """
    wanted: dict[tuple[Key, bool], list[Wanted]] = {}
    texts: list[Term] = []
    for word in words(text):
        of_word: list[Wanted] = []
        for key, each in _read(word, label_set):
            if key is Key.TEXT:
                of_word.append(each)
            else:
                wanted.setdefault((key, word.is_negated), []).append(each)
        if of_word:
            texts.append(Term(Key.TEXT, tuple(dict.fromkeys(of_word)), word.is_negated))
    labels = wanted.pop((Key.LABEL, False), [])
    splits = wanted.pop((Key.SPLIT, False), [])
    terms = [Term(key, _ordered(key, each, label_set), is_negated) for (key, is_negated), each in wanted.items()]
    terms.sort(key=lambda term: (_ORDER.index(term.key), term.is_negated))
    texts.sort(key=lambda term: term.is_negated)
    return SampleFilter(
        tuple(name for name in label_set.names if Name(name) in labels),
        tuple(split for split in SPLITS if Name(split) in splits),
        (*terms, *dict.fromkeys(texts)),
    )


def _ordered(key: Key, wanted: list[Wanted], label_set: LabelSet) -> tuple[Wanted, ...]:
    """`wanted` without what is there twice; names in the order in which the user knows them."""
    known = {Key.LABEL: label_set.names, Key.SPLIT: SPLITS} | CHOICES
    if key not in known:
        return tuple(dict.fromkeys(wanted))
    return tuple(Name(name) for name in known[key] if Name(name) in wanted)


def _read(word: Word, label_set: LabelSet) -> list[tuple[Key, Wanted]]:
    """What a word asks for."""
    if word.key in _ORDER:
        return [(Key(word.key), _after(Key(word.key), word, value, label_set)) for value in word.values]
    whole = _label(Value(word.text), label_set)
    if whole is not None and not word.is_negated:
        return [(Key.LABEL, whole)]
    if word.key or not all(value.text.strip() for value in word.values):
        raise RecognizerError(
            tr("“{word}” is not understood", word=word.text),
            where=word.text,
            fix=tr(
                "Before a colon may stand {keys}; put text that is to be searched for in quotes", keys=", ".join(_ORDER)
            ),
        )
    return [_bare(value, label_set) for value in word.values]


def _bare(value: Value, label_set: LabelSet) -> tuple[Key, Wanted]:
    if not value.is_quoted:
        label, split = _label(value, label_set), _split(value)
        if label is not None:
            return Key.LABEL, label
        if split is not None:
            return Key.SPLIT, split
    return Key.TEXT, Words(value.text, value.is_exact)


def _after(key: Key, word: Word, value: Value, label_set: LabelSet) -> Wanted:
    """What `value` means after `key`."""
    if key is Key.LABEL or key is Key.SPLIT:
        name = _label(value, label_set) if key is Key.LABEL else _split(value)
        if name is None:
            raise _no_such(key, word, value, label_set)
        return name
    try:
        return read_wanted(key, value)
    except ValueError as error:
        raise _not_possible(key, word, value) from error


def _label(value: Value, label_set: LabelSet) -> Name | None:
    name = named(f"={value.text}" if value.is_exact else value.text, label_set.names)
    if name is None and value.is_exact:
        name = named(value.text, label_set.names)
    return None if name is None else Name(name)


def _split(value: Value) -> Name | None:
    name = named(value.text, SPLITS)
    return None if name is None else Name(name)


def _no_such(key: Key, word: Word, value: Value, label_set: LabelSet) -> RecognizerError:
    name = value.plain
    if key is Key.LABEL:
        what = tr("There is no class “{value}”", value=name) if name else tr("The class is missing after “label:”")
        names = _some(label_set)
        fix = tr("The classes are {names}", names=names) if names else tr("The dataset has no classes yet")
        return RecognizerError(what, where=word.text, fix=fix)
    what = tr("There is no split “{value}”", value=name) if name else tr("The split is missing after “split:”")
    return RecognizerError(what, where=word.text, fix=tr("The splits are {names}", names=", ".join(SPLITS)))


def _not_possible(key: Key, word: Word, value: Value) -> RecognizerError:
    if not value.text.strip():
        what = tr("Something is missing after “{key}:”", key=key)
    else:
        what = tr("“{value}” is not understood after “{key}:”", value=value.text, key=key)
    if key in CHOICES:
        examples = ", ".join(f"{key}:{choice}" for choice in CHOICES[key])
    else:
        examples = EXAMPLES.get(key, f"{key}:9" if key is Key.PREDICTED else f'{key}:Anna, {key}:"Anna Lee"')
    return RecognizerError(what, where=word.text, fix=tr("Write {examples}", examples=examples))


def _some(label_set: LabelSet) -> str:
    names = label_set.names
    return ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:11])}, …"
