"""What native libraries write to stderr, sent to the log instead."""

import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

_log = logging.getLogger(__name__)

_STDERR: Final = 2
_lock = threading.Lock()
_inside = 0
_saved = -1
_held: IO[bytes]


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send to the log what is written to the file descriptor of stderr, by any thread, while the body runs.

    Bodies may overlap in several threads and may be long. No setting of TensorFlow or LiteRT silences the lines that
    they write before their own logging is set up. Does nothing in a process that has no stderr.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _saved, _held
    with _lock:
        if _inside == 0:
            try:
                _saved = os.dup(_STDERR)
            except OSError:
                _saved = -1
            if _saved >= 0:
                _held = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the last to leave
                os.dup2(_held.fileno(), _STDERR)
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside or _saved < 0:
            return
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(_saved, _STDERR)
        os.close(_saved)
        with _held as file:
            file.seek(0)
            for line in file.read().decode("utf-8", "replace").splitlines():
                if line.strip():
                    _log.info("%s", line)
