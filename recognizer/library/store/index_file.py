"""The library's columns as a file beside it: they are there at once at the next start, and show what has changed since.

It is written when the library is closed and says which state of the library it belongs to. It can always be made anew.
"""

import json
import logging
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.library.store.columns import TYPES, Columns

_log = logging.getLogger(__name__)

_MAGIC: Final = b"RIDX\x01\n"
_MOST_HEAD: Final = 4096
_MOST_ROWS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Seal:
    """Which state of the library's file an index belongs to.

    Attributes:
        revision: What the library counts its changes by.
        size: Bytes.
        modified: Nanoseconds since 1970, as the file system says.
    """

    revision: int
    size: int
    modified: int


def seal_of(path: Path, revision: int) -> Seal | None:
    """The seal of the file at `path`; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Seal(revision, status.st_size, status.st_mtime_ns)


def write_index(path: Path, columns: Columns, seal: Seal) -> None:
    """Write the index; a failure is logged only, since the index can be made anew."""
    # Views: for a million samples a copy would take 60 MB.
    body = [np.ascontiguousarray(columns[name]).view(np.uint8).data for name in TYPES]
    check = 0
    for part in body:
        check = zlib.crc32(part, check)
    head = {
        "revision": seal.revision,
        "size": seal.size,
        "modified": seal.modified,
        "rows": len(columns),
        "columns": [f"{name}:{np.dtype(kind).str}" for name, kind in TYPES.items()],
        "crc32": check,
    }
    try:
        write_atomic(path, b"".join([_MAGIC, json.dumps(head).encode(), b"\n", *body]))
    except RecognizerError as error:
        _log.warning("%s", error)


def read_index(path: Path) -> tuple[Columns, Seal] | None:
    """The index as it was written; None where there is none, or it is damaged."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return None
            head = json.loads(file.readline(_MOST_HEAD))
            seal = Seal(int(head["revision"]), int(head["size"]), int(head["modified"]))
            rows = int(head["rows"])
            wanted = [f"{name}:{np.dtype(kind).str}" for name, kind in TYPES.items()]
            size = rows * sum(np.dtype(kind).itemsize for kind in TYPES.values())
            if head["columns"] != wanted or not 0 <= rows <= _MOST_ROWS:
                return None
            if os.fstat(file.fileno()).st_size != file.tell() + size:
                return None
            body = bytearray(size)
            if file.readinto(body) != size or zlib.crc32(body) != head["crc32"]:
                return None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("%s: %s", path, error)
        return None
    arrays, place = {}, 0
    for name, kind in TYPES.items():
        arrays[name] = np.frombuffer(body, kind, rows, place)
        place += rows * np.dtype(kind).itemsize
    return Columns(arrays), seal
