"""Cancelling work that runs in another thread."""

import threading


class Cancelled(Exception):
    """Raised where cancelled work gives up; not an error."""


class CancellationToken:
    """A flag that any thread may set and long work polls."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._discard = False

    def cancel(self) -> None:
        """Ask the work to stop; safe from any thread and more than once."""
        self._event.set()

    def discard(self) -> None:
        """As `cancel`, and nothing that the work has brought so far is wanted."""
        self._discard = True
        self.cancel()

    @property
    def is_discarded(self) -> bool:
        """Whether `discard` has been called."""
        return self._discard

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` has been called."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if `cancel` has been called."""
        if self._event.is_set():
            raise Cancelled


class PausableToken(CancellationToken):
    """A token whose `check` also waits while the work is paused; cancelling ends the pause."""

    def __init__(self) -> None:
        super().__init__()
        self._may_run = threading.Event()
        self._may_run.set()

    def pause(self) -> None:
        """Let the work wait at its next `check`."""
        if not self.is_cancelled:
            self._may_run.clear()

    def resume(self) -> None:
        """Let it go on."""
        self._may_run.set()

    @property
    def is_paused(self) -> bool:
        """Whether the work waits, or will at its next `check`."""
        return not self._may_run.is_set()

    def cancel(self) -> None:
        """As for any token."""
        super().cancel()
        self._may_run.set()

    def check(self) -> None:
        """Wait while paused; raise `Cancelled` if `cancel` has been called."""
        self._may_run.wait()
        super().check()
