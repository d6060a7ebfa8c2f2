"""Names of folders for labels of any text, safe on every system."""

import unicodedata
from collections.abc import Iterable
from typing import Final

UNLABELLED: Final = "unlabelled"
_MAX_NAME: Final = 80
_PLAIN: Final = frozenset("-_+=")
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
)
_CATEGORIES: Final = ("L", "N", "M")


def class_folders(labels: Iterable[str]) -> dict[str, str]:
    """A folder's name for each label, no two of which any system takes for the same.

    Letters and digits of every script stay; other signs become `%` and their UTF-8 in hexadecimal, names of devices
    get a `_` before them, and of names that differ by case alone all but the first get a number behind them.

    Args:
        labels: The labels, all different; `NO_LABEL` becomes `UNLABELLED`.
    """
    taken: set[str] = set()
    folders = {}
    for label in labels:
        base = name = _safe(label)
        number = 1
        while _folded(name) in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(_folded(name))
        folders[label] = name
    return folders


def _safe(label: str) -> str:
    if not label:
        return UNLABELLED
    composed = unicodedata.normalize("NFC", label)
    # A mark without its letter would cling to the slash before it.
    begins_bare = unicodedata.category(composed[0])[0] == "M"
    signs = [
        sign if sign in _PLAIN or unicodedata.category(sign)[0] in _CATEGORIES else _escaped(sign) for sign in composed
    ]
    name = ("_" if begins_bare else "") + "".join(signs)[:_MAX_NAME]
    return f"_{name}" if name.lower() in _DEVICES else name


def _escaped(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "replace"))


def _folded(name: str) -> str:
    """What systems that ignore case, or compose letters, take a name for."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
