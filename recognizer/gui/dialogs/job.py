"""Background work of a dialog, one piece at a time; the newest is the one that counts."""

from PySide6.QtCore import QObject, Signal

from recognizer.base.errors import RecognizerError
from recognizer.gui.session import Session
from recognizer.gui.workers.task import Task, Work


class _Keeper(QObject):
    """Removes the tasks that have ended, after the session has forgotten them; it lives as long as the session."""

    def remove(self) -> None:
        task = self.sender()
        assert isinstance(task, Task)
        # It may still be about to tell the session that it has ended, which has to know it then.
        task.wait()
        task.deleteLater()


class Job(QObject):
    """Runs work in a thread of the session; what older work still says is passed over.

    Signals:
        progressed: (done, total, message).
        succeeded: What the work returned.
        failed: A RecognizerError.
        cancelled: The work has given up.
    """

    progressed = Signal(int, int, str)
    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keeper = session.findChild(_Keeper) or _Keeper(session)
        self._task: Task | None = None

    def start(self, work: Work) -> None:
        """Begin `work`; what runs already is told to give up, and is not heard of any more."""
        self.drop()
        # The session's, because it may outlive the dialog by the time that giving up takes.
        task = Task(work, self._session)
        task.progressed.connect(self._on_progressed)
        task.succeeded.connect(self._on_succeeded)
        task.failed.connect(self._on_failed)
        task.cancelled.connect(self._on_cancelled)
        task.finished.connect(self._keeper.remove)
        self._task = task
        self._session.start(task)

    def is_running(self) -> bool:
        """Whether work is under way that has not been dropped."""
        return self._task is not None

    def cancel(self) -> None:
        """Ask the work to give up; `cancelled` follows, or another ending that came first."""
        if self._task is not None:
            self._task.cancel()

    def drop(self) -> None:
        """Ask the work to give up, and hear no more of it."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _on_progressed(self, done: int, total: int, message: str) -> None:
        if self.sender() is self._task:
            self.progressed.emit(done, total, message)

    def _on_succeeded(self, result: object) -> None:
        if self._has_ended():
            self.succeeded.emit(result)

    def _on_failed(self, error: RecognizerError) -> None:
        if self._has_ended():
            self.failed.emit(error)

    def _on_cancelled(self) -> None:
        if self._has_ended():
            self.cancelled.emit()

    def _has_ended(self) -> bool:
        if self.sender() is not self._task:
            return False
        self._task = None
        return True
