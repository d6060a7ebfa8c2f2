"""Cancelling work that runs in another thread."""

import threading


class Cancelled(Exception):
    """Raised where cancelled work gives up; not an error."""


class CancellationToken:
    """A flag that any thread may set and long work polls."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop; safe from any thread and more than once."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` has been called."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if `cancel` has been called."""
        if self._event.is_set():
            raise Cancelled
