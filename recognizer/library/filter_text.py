"""A filter line as text: divided into words, names quoted, names compared and searched."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_COLONS: Final = ":："
_COMMAS: Final = ",，、"
_NOT: Final = "-−－!！"
_TOKEN: Final = re.compile(r'"(?:[^"]|"")*"?|“[^”]*”?|[:：,，、]|\s+|[^\s:：,，、"“]+')
_RANGE: Final = ("..", "…")
_NUMERIC: Final = tuple("0123456789%")
_OPEN: Final = re.compile(r"[<>＜＞][=＝]?|[=＝≤≥]|[\d/%.-]*(?:\.\.|…)")
"""A comparison that wants something after it."""
_PLAIN: Final = re.compile(r"[^\W_](?:[\w+*/()%-]|\.(?!\.|$))*")
"""Names that need no quotes."""
_MANY: Final = 20_000
"""Names from which on they are searched as one text, which takes time to make and is kept."""
_KEPT: Final = 3
_joined: list[tuple[Sequence[str], "_Joined"]] = []


@dataclass(frozen=True, slots=True)
class Value:
    """What stands after a key, or alone.

    Attributes:
        text: As written, without quotes.
        is_quoted: Whether quotes were around it.
        is_exact: Whether an equals sign was before it.
    """

    text: str
    is_quoted: bool = False
    is_exact: bool = False

    @property
    def plain(self) -> str:
        """The text with full-width signs made usual ones."""
        return unicodedata.normalize("NFKC", self.text).strip()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the line.

    Attributes:
        text: As written.
        is_negated: Whether a minus or an exclamation mark was before it.
        key: What stands before the colon, in small letters; empty where there is no colon.
        values: What stands after the colon, or all of it; at least one.
    """

    text: str
    is_negated: bool
    key: str
    values: tuple[Value, ...]


def words(line: str) -> list[Word]:
    """Divide a line at its blanks; those beside a colon or comma, and those within quotes, do not count."""
    tokens = _TOKEN.findall(line.strip())
    found: list[list[str]] = [[]]
    for place, token in enumerate(tokens):
        if not token.isspace():
            found[-1].append(token)
        elif not (_is_sign(tokens[place - 1]) or _is_sign(tokens[place + 1])):
            found.append([])
    return [_word(part) for part in _with_operands(found) if part]


def quoted(text: str) -> str:
    """`text` so that it is read as one value, in quotes where it needs them."""
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def fold(text: str) -> str:
    """`text` as it is compared: capitals and the widths of signs do not matter."""
    return unicodedata.normalize("NFKC", text).casefold()


def named(value: str, names: Sequence[str]) -> str | None:
    """The name that `value` means: itself where there is such a name, else one that differs in capitals or width."""
    if value in names:
        return value
    plain = unicodedata.normalize("NFKC", value).strip()
    if plain in names:
        return plain
    return next((name for name in names if fold(name) == fold(plain)), None)


def containing(text: str, names: Sequence[str], *, is_exact: bool = False) -> NDArray[np.bool_]:
    """Which of `names`, (n,) bool, contain `text` or are it; capitals and widths do not matter."""
    wanted = fold(text)
    if len(names) >= _MANY and wanted and "\0" not in wanted:
        joined = _joined_names(names)
        if joined is not None:
            return joined.equal(wanted.encode()) if is_exact else joined.containing(wanted.encode())
    if is_exact:
        return np.fromiter((fold(name) == wanted for name in names), bool, len(names))
    return np.fromiter((wanted in fold(name) for name in names), bool, len(names))


class _Joined:
    """Many folded names as one run of bytes, which is searched 20 times faster than name by name."""

    def __init__(self, names: bytes) -> None:
        self._bytes = np.frombuffer(names, np.uint8)
        self.ends = np.flatnonzero(self._bytes == 0)
        self._starts = np.concatenate([[0], self.ends[:-1] + 1])
        # Of a part: counting takes eight times the memory.
        self._counts = np.bincount(self._bytes[:: 1 + len(names) // 100_000], minlength=256)

    def containing(self, wanted: bytes) -> NDArray[np.bool_]:
        found = np.zeros(len(self.ends), bool)
        found[np.searchsorted(self.ends, self._places(wanted))] = True
        return found

    def equal(self, wanted: bytes) -> NDArray[np.bool_]:
        fitting = np.flatnonzero(self.ends - self._starts == len(wanted))
        for offset, byte in enumerate(wanted):
            fitting = fitting[self._bytes[self._starts[fitting] + offset] == byte]
        found = np.zeros(len(self.ends), bool)
        found[fitting] = True
        return found

    def _places(self, wanted: bytes) -> NDArray[np.intp]:
        """Where `wanted` begins: candidates by its rarest byte, thinned out byte by byte."""
        last = len(self._bytes) - len(wanted)
        order = sorted(range(len(wanted)), key=lambda offset: self._counts[wanted[offset]])
        places = np.flatnonzero(self._bytes == wanted[order[0]]) - order[0]
        places = places[(places >= 0) & (places <= last)]
        for offset in order[1:]:
            places = places[self._bytes[places + offset] == wanted[offset]]
        return places


def _joined_names(names: Sequence[str]) -> _Joined | None:
    """`names` joined, from the last times where they are the same ones; None where they hold the separator."""
    for known, joined in _joined:
        if known is names:
            return joined
    text = "\0".join([*names, ""])
    joined = _Joined((text.casefold() if text.isascii() else fold(text)).encode("utf-8", "surrogatepass"))
    if len(joined.ends) != len(names):
        return None
    # Held by the names themselves, so that they cannot be mistaken for others at the same address.
    _joined.append((names, joined))
    del _joined[:-_KEPT]
    return joined


def _is_sign(token: str) -> bool:
    return token in _COLONS or token in _COMMAS


def _with_operands(parts: list[list[str]]) -> list[list[str]]:
    """Words with what a blank parts from their comparison: `confidence: < 0.6`, `date:2026-11-01 .. 2026-11-22`."""
    joined: list[list[str]] = []
    for part in parts:
        before = joined[-1][-1] if joined and len(joined[-1]) > 2 else ""
        is_begun = part and part[0].startswith(_RANGE) and before.endswith(_NUMERIC)
        if part and before and (is_begun or _OPEN.fullmatch(before)):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _word(tokens: list[str]) -> Word:
    text = "".join(tokens)
    first = tokens[0]
    is_negated = first[0] in _NOT and len(text) > 1
    if is_negated:
        tokens = [first[1:], *tokens[1:]] if len(first) > 1 else tokens[1:]
    if len(tokens) > 1 and tokens[1] in _COLONS and not _is_quote(tokens[0]) and not _is_sign(tokens[0]):
        key = unicodedata.normalize("NFKC", tokens[0]).casefold()
        return Word(text, is_negated, key, _values(tokens[2:]))
    return Word(text, is_negated, "", _values(tokens))


def _values(tokens: list[str]) -> tuple[Value, ...]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token in _COMMAS:
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(_value(part) for part in parts)


def _value(tokens: list[str]) -> Value:
    is_exact = len("".join(tokens)) > 1 and tokens[0][0] in "=＝"
    if is_exact:
        tokens = [tokens[0][1:], *tokens[1:]]
    text = "".join(_unquoted(token) if _is_quote(token) else token for token in tokens)
    return Value(text, any(_is_quote(token) for token in tokens), is_exact)


def _is_quote(token: str) -> bool:
    return token[:1] in ('"', "“")


def _unquoted(token: str) -> str:
    opening, inside = token[0], token[1:]
    closing = '"' if opening == '"' else "”"
    # A quote that is not closed reaches to the end of the line: one who still writes is not wrong yet.
    inside = inside.removesuffix(closing) if len(token) > 1 else inside
    return inside.replace('""', '"') if opening == '"' else inside
