"""Chatter of native libraries kept off the terminal."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_STDERR: Final = 2
_lock = threading.Lock()


@contextmanager
def without_lines(*known: bytes) -> Iterator[None]:
    """Drop lines that native code writes to stderr and that contain one of `known`; everything else still arrives.

    The lines of other threads are held back meanwhile, so keep the block short. Does nothing in a process that has no
    stderr.
    """
    with _lock:
        try:
            saved = os.dup(_STDERR)
        except OSError:
            yield
            return
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), _STDERR)
            try:
                yield
            finally:
                os.dup2(saved, _STDERR)
                os.close(saved)
                held.seek(0)
                kept = b"".join(line for line in held if not any(text in line for text in known))
                if kept:
                    os.write(_STDERR, kept)
