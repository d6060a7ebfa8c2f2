"""My handwriting of versions before the library: taken in once, its file kept aside."""

import hashlib
import logging
import os
import sqlite3
from pathlib import Path
from typing import Any, Final

import numpy as np

from recognizer.base.paths import Profile
from recognizer.library.dataset import SPLITS, Split
from recognizer.library.store.contents import pack, pack_seen, seen_of, unpack
from recognizer.library.store.draft import Draft
from recognizer.library.store.names import Names, made_at

_log = logging.getLogger(__name__)

OWN_NAME: Final = "my-handwriting"
OWN_TITLE: Final = "My handwriting"
_FILE: Final = "handwriting.sqlite"
_COLUMNS: Final = "label, content, hash, split, predicted, model_id, preprocessing, source, created, deleted"


def path(profile: Profile) -> Path:
    """Where those versions kept it."""
    return profile.root / _FILE


def put_away(profile: Profile) -> None:
    """Rename the file, so that it is not taken in again and not lost."""
    for suffix in ("", "-wal"):
        old = profile.root / f"{_FILE}{suffix}"
        if old.exists():
            os.replace(old, profile.root / f"{_FILE}.taken-over{suffix}")


def take_over(profile: Profile, draft: Draft, names: Names) -> None:
    """Take the samples in, those that were put away too; what is damaged there is logged and left in the old file."""
    known = next((one.id for one in names.datasets.values() if one.name == OWN_NAME), None)
    dataset = draft.add_dataset(OWN_NAME, OWN_TITLE, 0) if known is None else known
    for row in _rows(path(profile)):
        label, blob, digest, split, predicted, model, preprocessing, source, created, deleted = row
        try:
            if hashlib.sha256(blob).hexdigest() != digest:
                raise ValueError("checksum")
            content = unpack(blob)
            packed = pack(content)
            values = {
                "dataset": dataset,
                "class": draft.class_id(dataset, label),
                "split": SPLITS.index(Split(split)),
                "writer": 0,
                "source": draft.cleaned_text_id(source),
                "note": 0,
                "flags": 0,
                "created": made_at(created),
                "deleted": made_at(deleted or ""),
                "preprocessing": int(preprocessing),
                "predicted": draft.text_id(predicted),
                "confidence": 0,
                "model": draft.text_id(model),
            }
        except (ValueError, TypeError) as error:
            _log.warning("%s: %s", path(profile), error)
            continue
        columns = {key: np.array([value], np.int64) for key, value in values.items()}
        draft.add_samples([packed], [pack_seen(seen_of(content))], columns)


def _rows(file: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(f"SELECT {_COLUMNS} FROM samples ORDER BY id").fetchall()
    except sqlite3.DatabaseError as error:
        _log.warning("%s: %s", file, error)
        return []
    finally:
        connection.close()
