"""Which runs a line of words asks for, and in which order they come; for the window and the command line alike."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.filter_spans import Span, read_periods, read_span, seconds
from recognizer.library.filter_text import Value, Word, fold, words
from recognizer.training.run_records import RunRecord, state_words

_UNITS: Final = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(.*?)\s*(s|min|h)?")
_BEGUN: Final = re.compile(r"\s*(?:[<>]=?|[=≤≥])?\s*")
"""A comparison that is still being typed."""

_NUMBERS: Final[dict[str, Callable[[RunRecord], float | None]]] = {
    "epochs": lambda record: record.run.epochs,
    "batch": lambda record: record.run.config.batch_size,
    "rate": lambda record: record.run.config.learning_rate,
    "accuracy": lambda record: None if record.run.accuracy is None else 100.0 * record.run.accuracy,
    "time": lambda record: record.run.seconds,
}
"""By their keys; accuracy in percent, time in seconds."""
_TEXTS: Final[dict[str, Callable[[RunRecord], Sequence[str]]]] = {
    "name": lambda record: (record.words.name,),
    "model": lambda record: (record.network,),
    "data": lambda record: (record.run.dataset, record.run.dataset_title),
    "optimiser": lambda record: (record.run.config.optimizer,),
    "state": lambda record: (record.run.state, state_words(record.run.state)),
    "note": lambda record: (record.words.note,),
}
_SEARCHED: Final = ("name", "model", "data", "state", "note")
KEYS: Final = (*_TEXTS, *_NUMBERS, "date")
"""What may stand before a colon."""
ORDERS: Final = ("name", "data", "epochs", "batch", "rate", "optimiser", "accuracy", "time", "date", "state", "note")
"""What runs can be sorted by."""

Test = Callable[[RunRecord], bool]


@dataclass(frozen=True, slots=True)
class _Figure:
    """A number as it was typed; alone it means all that are shown so."""

    value: float
    step: float


def filter_runs(records: Sequence[RunRecord], line: str) -> list[RunRecord]:
    """Those of `records` that `line` asks for, in their order.

    Args:
        records: All of them.
        line: Words that must all occur in the name, network, data, state or note, and comparisons such as
            `accuracy:>98`, `epochs:2..5`, `time:<2min`, `date:2026-11` or `state:failed`; a minus before one leaves
            out. Everything where it is empty; a comparison that is still being typed asks for nothing.

    Raises:
        RecognizerError: A word cannot be understood.
    """
    tests = [test for word in words(line) if (test := _test(word)) is not None]
    return [record for record in records if all(test(record) for test in tests)]


def sort_runs(records: Sequence[RunRecord], key: str, *, descending: bool = False) -> list[RunRecord]:
    """`records` by one of `ORDERS`; those that have none of it come last either way, equal ones stay as they are.

    Raises:
        RecognizerError: There is no such order.
    """
    if key not in ORDERS:
        raise RecognizerError(
            tr("Runs cannot be sorted so"), where=key, fix=tr("Choose one of {allowed}", allowed=", ".join(ORDERS))
        )
    value = _order(key)
    known = [record for record in records if value(record) not in (None, "")]
    unknown = [record for record in records if value(record) in (None, "")]
    return [*sorted(known, key=value, reverse=descending), *unknown]  # type: ignore[arg-type]


def _order(key: str) -> Callable[[RunRecord], float | str | None]:
    if key in _NUMBERS:
        return _NUMBERS[key]
    texts: dict[str, Callable[[RunRecord], str]] = {
        "name": lambda record: fold(record.title),
        "data": lambda record: fold(record.run.dataset_title),
        "optimiser": lambda record: record.run.config.optimizer,
        "state": lambda record: record.run.state,
        "note": lambda record: fold(record.words.note),
        # The id tells which was first of those that began in the same second.
        "date": lambda record: record.run.started + record.run.id,
    }
    return texts[key]


def _test(word: Word) -> Test | None:
    """What `word` asks of a run; None where it is not finished."""
    if word.key and word.key not in KEYS:
        raise _strange(
            word, tr("Before the colon goes one of {allowed}; put quotes around other text", allowed=", ".join(KEYS))
        )
    found = [_alternative(word, value) for value in word.values if not _BEGUN.fullmatch(value.plain) or value.is_quoted]
    if not found:
        return None
    if word.is_negated:
        return lambda record: not any(test(record) for test in found)
    return lambda record: any(test(record) for test in found)


def _alternative(word: Word, value: Value) -> Test:
    if word.key in _NUMBERS:
        return _number_test(word, value)
    if word.key == "date":
        return _date_test(word, value)
    wanted = fold(value.text)
    keys = (word.key,) if word.key else _SEARCHED
    if not word.key and len(word.values) > 1:
        # A comma in a word alone is no more than a comma.
        wanted = fold(word.text.lstrip("-−!！"))
    return lambda record: any(wanted in fold(text) for key in keys for text in _TEXTS[key](record))


def _number_test(word: Word, value: Value) -> Test:
    units = _UNITS if word.key == "time" else {"": 1.0}

    def read(text: str) -> _Figure:
        found = _DURATION.fullmatch(text) if word.key == "time" else None
        number, unit = (found[1], found[2] or "") if found else (text.removesuffix("%").strip(), "")
        decimals = 0 if "e" in number.lower() else len(number.partition(".")[2])
        return _Figure(float(number) * units[unit], 0.0 if word.key == "rate" else units[unit] * 10.0**-decimals)

    try:
        span = read_span(value.plain, read)
    except ValueError:
        examples = {
            "accuracy": "accuracy:>98, accuracy:95..97.5",
            "time": "time:<90, time:>2min, time:1h",
            "rate": "rate:0.001, rate:<1e-3",
        }
        example = examples.get(word.key, f"{word.key}:5, {word.key}:>5, {word.key}:2..10")
        raise _strange(word, tr("Write it like {example}", example=example)) from None
    of = _NUMBERS[word.key]
    return lambda record: (number := of(record)) is not None and _lies_in(number, span)


def _lies_in(number: float, span: Span[_Figure]) -> bool:
    low, high = span.low, span.high
    if low is not None and low == high:
        return abs(number - low.value) <= low.step / 2 + 1e-9 * abs(low.value)
    is_high_enough = low is None or number > low.value or (span.has_low and number == low.value)
    return is_high_enough and (high is None or number < high.value or (span.has_high and number == high.value))


def _date_test(word: Word, value: Value) -> Test:
    try:
        begin, end = seconds(read_periods(value.plain), time.time())
    except ValueError:
        example = "date:2026-11-22, date:2026-11, date:>2026-11-01, date:today, date:week"
        raise _strange(word, tr("Write it like {example}", example=example)) from None

    def test(record: RunRecord) -> bool:
        try:
            moment = datetime.fromisoformat(record.run.started).timestamp()
        except (ValueError, OverflowError, OSError):
            return False
        return begin <= moment < end

    return test


def _strange(word: Word, fix: str) -> RecognizerError:
    return RecognizerError(tr("“{word}” is not understood", word=word.text), fix=fix)
