"""Doing the work of a run so that its folder tells how it ended, whatever happens."""

import contextlib
import logging
from collections.abc import Callable

from recognizer.base.cancellation import Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.training.events import EventCallback, RunCancelled, RunEnded, RunFailed, TrainingEvent
from recognizer.training.runs import RunFolder
from recognizer.training.runtime import responsive

_log = logging.getLogger(__name__)


def carry_out(
    folder: RunFolder, on_event: EventCallback, work: Callable[[RunFolder, EventCallback], RunEnded]
) -> RunEnded | RunCancelled:
    """Do `work` in a run's folder, which is closed afterwards.

    Args:
        folder: Of the run.
        on_event: Told all that is written into the folder.
        work: Given the folder and what is to be told of events.

    Returns:
        How the run ended.

    Raises:
        Exception: What `work` raises but for Cancelled; `RunFailed` has been reported before.
    """
    with responsive(), folder as run:

        def emit(event: TrainingEvent) -> None:
            run.append(event)
            on_event(event)

        try:
            return work(run, emit)
        except Cancelled:
            run.finish("cancelled")
            cancelled = RunCancelled(run.id)
            emit(cancelled)
            return cancelled
        except Exception as error:
            message = str(error) if isinstance(error, RecognizerError) else f"{type(error).__name__}: {error}"
            _log.warning("Run %s failed: %s", run.id, message)
            # Where the disk is full the record of the failure fails too; the first error is what counts.
            with contextlib.suppress(RecognizerError):
                run.finish("failed", message=message)
            failed = RunFailed(run.id, message)
            with contextlib.suppress(RecognizerError):
                run.append(failed)
            on_event(failed)
            raise
