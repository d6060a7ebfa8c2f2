"""How long work reports how far it is."""

from collections.abc import Callable

# (done, total, message): `total` 0 means that it is not known; the message is in the user's language.
ProgressCallback = Callable[[int, int, str], None]


def no_progress(done: int, total: int, message: str) -> None:
    """Report to nobody."""
