"""Work that can be given up at once: it runs in a thread whose result is then thrown away."""

import queue
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from recognizer.base.cancellation import CancellationToken, Cancelled

T = TypeVar("T")
R = TypeVar("R")
_POLL: Final = 0.05
"""Seconds; how soon a cancel is seen while a step of the work goes on."""


def abandonable(
    work: Callable[[Callable[[T], None]], R], on_report: Callable[[T], None], token: CancellationToken
) -> R:
    """Let `work` run in a thread of its own, and give it up as soon as `token` is cancelled.

    Work that was given up ends at its next report, by `Cancelled`; nobody waits for that, so it must leave nothing
    behind but its result, and report after each second or so.

    Args:
        work: Called with what it is to report to.
        on_report: Called in the calling thread with each report, in their order.
        token: Looked at 20 times a second.

    Returns:
        What `work` returned.

    Raises:
        Cancelled: By `token`.
        Exception: Whatever `work` raised.
    """
    told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    given_up = threading.Event()

    def report(value: T) -> None:
        if given_up.is_set():
            raise Cancelled
        told.put(("report", value))

    def run() -> None:
        try:
            told.put(("result", work(report)))
        except BaseException as error:
            told.put(("error", error))

    # A daemon: the program's end does not wait for it either.
    threading.Thread(target=run, name="abandonable", daemon=True).start()
    try:
        while True:
            token.check()
            try:
                kind, value = told.get(timeout=_POLL)
            except queue.Empty:
                continue
            if kind == "result":
                return value
            if kind == "error":
                raise value
            on_report(value)
    finally:
        given_up.set()
