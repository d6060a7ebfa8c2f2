"""Importing large libraries without stopping the other threads for long."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """Import without garbage collections, and leave what was imported out of all later ones.

    Libraries such as TensorFlow and scikit-learn make so many objects that a full collection would stop every thread
    for 0.2 to 0.3 s.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
