"""What tables, arrays and names of files say about samples: splits, flags, dates, escaped text."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from recognizer.library.dataset import SPLITS, Split

SPLIT_NAMES: Final = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
    "t10k": Split.TEST,
}
LABEL_COLUMNS: Final = frozenset({"label", "labels", "class", "target", "y", "digit"})
FACT_COLUMNS: Final = ("split", "writer", "source", "note", "flags", "created")
"""Columns of tables, beside the label, that say something of a sample."""
_IN_NAME: Final = re.compile(rf"(?:^|[-_. ])({'|'.join(SPLIT_NAMES)})(?=$|[-_. ])", re.IGNORECASE)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "'")
_MAX_TIME: Final = 1 << 40
_LABELLED: Final = re.compile(r"([^\s_.\-(])(?:[\s_.\-(].*)?", re.DOTALL)
_LONGEST_CODE: Final = 3
"""Letters of a folder's name up to which it may be a class that is named in short."""
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]{2,4}")


def split_of(text: str) -> Split | None:
    """The split that a word or a number (0 train, 1 validation, 2 test) stands for; None where it is none."""
    word = text.strip().lower()
    if word in ("0", "1", "2"):
        return SPLITS[int(word)]
    return SPLIT_NAMES.get(word)


def split_in_name(name: str) -> Split | None:
    """The split that a file's name speaks of, such as `mnist_train.csv`."""
    found = _IN_NAME.search(name)
    return SPLIT_NAMES[found[1].lower()] if found else None


def label_in_name(name: str) -> str:
    """The character that a file's name begins with and that stands alone, as in `7_01.png` or `7.png`; else nothing."""
    found = _LABELLED.fullmatch(name.rpartition(".")[0] or name)
    return found[1] if found else ""


def are_people(names: Sequence[str]) -> bool:
    """Whether folders look as if they were named after people: by words, most of which have more than some letters."""
    if len(names) < 2 or not all(len(name) > 1 and _is_word(name) for name in names):
        return False
    return sum(len(name) > _LONGEST_CODE or bool(_CHINESE.fullmatch(name)) for name in names) * 2 >= len(names)


def _is_word(name: str) -> bool:
    return any(sign.isalpha() for sign in name) and not any(sign.isdigit() for sign in name)


def unescaped(text: str) -> str:
    """Text without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA and len(text) > 1 else text


def flags_of(text: str) -> int:
    """Bits of `Flag`; 0 where the text is no number from 0 to 255."""
    word = text.strip()
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 3 and int(word) < 256 else 0


def created_of(text: str) -> int:
    """Seconds since 1970, from such a number or from an ISO date; 0 where it is neither."""
    word = text.strip()
    try:
        if re.fullmatch(r"\d{1,13}(\.\d*)?", word):
            return min(int(float(word)), _MAX_TIME)
        moment = datetime.fromisoformat(word)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0
    return max(int(seconds), 0)
