"""Background work of a page: one function in one thread, with progress, cancellation and one failure path."""

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback

_log = logging.getLogger(__name__)

Work = Callable[[ProgressCallback, CancellationToken], Any]


class Task(QThread):
    """Runs `work(progress, token)` in a thread of its own; exactly one of the three endings is signalled.

    Args:
        work: Must check the token often, and never touches a widget.
        parent: Owns the task.
    """

    progressed = Signal(int, int, str)
    succeeded = Signal(object)
    failed = Signal(object)
    """A RecognizerError."""
    cancelled = Signal()

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._token = CancellationToken()

    def cancel(self) -> None:
        """Ask the work to give up; `cancelled` follows."""
        self._token.cancel()

    def run(self) -> None:
        """Do the work; called by Qt in the new thread."""
        try:
            result = self._work(self.progressed.emit, self._token)
        except Cancelled:
            self.cancelled.emit()
        except RecognizerError as error:
            self.failed.emit(error)
        except Exception as error:
            _log.exception("background work failed")
            self.failed.emit(unexpected(error))
        else:
            self.succeeded.emit(result)


def unexpected(error: BaseException) -> RecognizerError:
    """The message for a fault of the program."""
    if isinstance(error, MemoryError):
        return RecognizerError(
            tr("There is not enough memory"), fix=tr("Close other programs or choose a smaller dataset"), exit_code=1
        )
    return RecognizerError(
        tr("Something went wrong in the program"),
        where=f"{type(error).__name__}: {error}",
        fix=tr("The log file has the details; the window goes on working"),
        exit_code=1,
    )
