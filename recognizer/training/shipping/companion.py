"""The small JSON files that lie beside a model's file."""

import json
from pathlib import Path
from typing import Any, Final

_LARGEST: Final = 64 << 10
"""Bytes."""


def read_companion(path: Path, name: str, kind: type = dict) -> Any:
    """A JSON file beside `path`, such as `labels.json` beside an exported model.

    Returns:
        What it holds where that is a `kind`; None where there is none that can be read, or it has more than 64 KB.
    """
    try:
        beside = path.with_name(name)
        if beside.stat().st_size > _LARGEST:
            return None
        found = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, kind) else None
