"""Ranges in a filter line: of numbers, of shares, and of days."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_COMPARED: Final = re.compile(r"(<=|>=|<|>)\s*(.+)")
_RANGE: Final = re.compile(r"(.*?)\s*\.{2,3}\s*(.*)")
_PERIOD: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
TODAY: Final = "today"
_DAYS: Final = {TODAY: (0, 1), "yesterday": (1, 1), "week": (6, 7), "month": (29, 30)}
"""Words for days: how many days ago they begin, and how many they are."""


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """What lies between two ends; the same end twice is that one alone.

    Attributes:
        low, high: The ends; None where it is open.
        has_low, has_high: Whether the ends belong to it.
    """

    low: T | None
    high: T | None
    has_low: bool = True
    has_high: bool = True

    def __str__(self) -> str:
        """As it is written."""
        if self.low is None:
            return f"{'<=' if self.has_high else '<'}{self.high}"
        if self.high is None:
            return f"{'>=' if self.has_low else '>'}{self.low}"
        return f"{self.low}" if self.low == self.high else f"{self.low}..{self.high}"


def read_span(text: str, read: Callable[[str], T]) -> Span[T]:
    """Read `<x`, `<=x`, `>x`, `>=x`, `x..y`, `x..`, `..y` or `x`.

    Args:
        text: As written; full-width signs do not matter.
        read: Reads one end; raises ValueError where it is none.

    Raises:
        ValueError: It is no range.
    """
    plain = unicodedata.normalize("NFKC", text).replace("≤", "<=").replace("≥", ">=").strip()
    compared = _COMPARED.fullmatch(plain)
    if compared is not None:
        sign, end = compared[1], read(compared[2])
        if sign[0] == "<":
            return Span(None, end, has_high=sign == "<=")
        return Span(end, None, has_low=sign == ">=")
    ranged = _RANGE.fullmatch(plain)
    if ranged is None:
        only = read(plain)
        return Span(only, only)
    low, high = (read(part) if part else None for part in ranged.groups())
    if low is None and high is None:
        raise ValueError(text)
    return Span(low, high)


@dataclass(frozen=True, slots=True)
class Share:
    """A number from 0 to 1."""

    value: float

    def __str__(self) -> str:
        return repr(self.value).removesuffix(".0")


def read_shares(text: str) -> Span[Share]:
    """Read a range of shares, such as `<0.6`, `60%..90%` or `60..90%`.

    Raises:
        ValueError: It is none, is a single share, lies outside 0 to 1, or ends before it begins.
    """
    is_percent = unicodedata.normalize("NFKC", text).strip().endswith("%")
    span = read_span(text, lambda part: _share(part, is_percent=is_percent))
    if span.low is not None and span.high is not None and span.low.value >= span.high.value:
        raise ValueError(text)
    return span


def _share(text: str, *, is_percent: bool) -> Share:
    value = float(text.removesuffix("%")) / (100 if is_percent or text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return Share(value + 0.0)


def read_numbers(text: str) -> Span[int]:
    """Read a range of whole numbers.

    Raises:
        ValueError: It is none, or ends before it begins.
    """
    span = read_span(text, _number)
    if span.low is not None and span.high is not None and span.low > span.high:
        raise ValueError(text)
    return span


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a month or a year of the calendar, or a word such as today."""

    text: str

    def __str__(self) -> str:
        return self.text

    def bounds(self, now: float) -> tuple[float, float]:
        """Its first second and the first one after it, in seconds since 1970, by the clock of the user's place."""
        if self.text in _DAYS:
            ago, days = _DAYS[self.text]
            today = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)
            begin = today - timedelta(days=ago)
            return begin.timestamp(), (begin + timedelta(days=days)).timestamp()
        year, month, day = (int(part) for part in (self.text + "-0-0").split("-")[:3])
        begin = datetime(year, month or 1, day or 1)
        if day:
            end = begin + timedelta(days=1)
        elif month:
            end = datetime(year + month // 12, month % 12 + 1, 1)
        else:
            end = datetime(year + 1, 1, 1)
        return begin.timestamp(), end.timestamp()


def read_periods(text: str) -> Span[Period]:
    """Read a range of days, such as `2026-11`, `>2026-11-01`, `2026-11-01..2026-11-22` or `today`.

    Raises:
        ValueError: It is none, or ends before it begins.
    """
    span = read_span(text, _period)
    if span.low is not None and span.high is not None:
        now = datetime.now().timestamp()
        if span.low.bounds(now)[0] >= span.high.bounds(now)[1]:
            raise ValueError(text)
    return span


def _period(text: str) -> Period:
    plain = text.strip().casefold()
    if plain in _DAYS:
        return Period(plain)
    # 2026/11/22 and 2026年11月22日 are usual as well.
    found = _PERIOD.fullmatch(re.sub("[/年月]", "-", plain).removesuffix("日").rstrip("-"))
    if found is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else 0 for part in found.groups())
    datetime(year, month or 1, day or 1)
    # Some systems know no time before 1970.
    if not 1971 <= year <= 9998:
        raise ValueError(text)
    return Period(f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else ""))


def seconds(span: Span[Period], now: float) -> tuple[float, float]:
    """The first second of `span` and the first one after it; infinite where it is open."""
    begin, end = float("-inf"), float("inf")
    if span.low is not None:
        begin = span.low.bounds(now)[0 if span.has_low else 1]
    if span.high is not None:
        end = span.high.bounds(now)[1 if span.has_high else 0]
    return begin, end
