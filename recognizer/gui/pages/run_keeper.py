"""What is done with the runs of the table: names, notes, deletion, comparison, their settings for another run."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractButton

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.offers import size_words
from recognizer.gui.dialogs.run_comparison_dialog import RunComparisonDialog
from recognizer.gui.dialogs.run_note_dialog import RunNoteDialog
from recognizer.gui.pages.run_viewer import RunViewer
from recognizer.gui.session import Session
from recognizer.gui.widgets.asking import question
from recognizer.gui.widgets.runs_card import RunsCard
from recognizer.gui.widgets.training_panel import TrainingPanel
from recognizer.gui.workers.task import Task
from recognizer.training.run_keeping import delete_run, folder_size, rename_run
from recognizer.training.run_records import RunRecord, shortened

Deleted = tuple[list[str], int, RecognizerError | None]
"""The ids of the runs that are gone, the bytes that their files had, and why others are not gone."""


class RunKeeper(QObject):
    """Does what the card of the runs is asked for.

    Args:
        session: What the pages share.
        viewer: Shows runs, and reads their list anew.
        card: Where the runs are listed.
        panel: The form that can take a run's settings.
        parent: Owns the keeper.
    """

    def __init__(
        self, session: Session, viewer: RunViewer, card: RunsCard, panel: TrainingPanel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._viewer, self._card, self._panel = session, viewer, card, panel
        self._comparison: RunComparisonDialog | None = None
        self._closed: RunComparisonDialog | None = None
        self._done: dict[Task, Callable[[Any], None]] = {}
        table = card.table
        table.set_order(session.settings.get("run_order"))
        table.orderChanged.connect(self._remember_order)
        table.renamed.connect(self._rename)
        card.compareWanted.connect(self.compare)
        card.settingsWanted.connect(self._use_settings)
        card.noteWanted.connect(self._write_note)
        card.deleteWanted.connect(self._ask_to_delete)

    def _records(self, run_ids: list[str]) -> list[RunRecord]:
        return [record for record in self._card.table.all_runs() if record.run.id in run_ids]

    def _remember_order(self, order: str) -> None:
        self._session.remember("run_order", order)

    def _do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Call `work` in a thread, and `done` with its result in this one."""

        def run(progress: ProgressCallback, token: CancellationToken) -> Any:
            return work()

        task = Task(run, self)
        self._done[task] = done
        task.succeeded.connect(self._on_done)
        task.failed.connect(self._on_failed)
        task.finished.connect(self._on_finished)
        self._session.start(task)

    def _on_done(self, result: Any) -> None:
        task = self.sender()
        assert isinstance(task, Task)
        self._done[task](result)

    def _on_failed(self, error: RecognizerError) -> None:
        self._session.report(error)
        # What was typed into the table is not what is kept.
        self._viewer.load_runs()

    def _on_finished(self) -> None:
        task = self.sender()
        assert isinstance(task, Task)
        self._done.pop(task, None)
        task.deleteLater()

    # Names and notes

    def _rename(self, run_id: str, name: str) -> None:
        profile = self._session.profile
        self._do(lambda: rename_run(profile, run_id, name), lambda words: self._viewer.load_runs())

    def _write_note(self, run_id: str) -> None:
        record = next(iter(self._records([run_id])), None)
        if record is None:
            return
        profile = self._session.profile

        def write(note: str) -> None:
            self._do(lambda: rename_run(profile, run_id, note=note), lambda words: self._viewer.load_runs())

        dialog = RunNoteDialog(self._session, shortened(record.title), record.words.note, self._card.window())
        dialog.written.connect(write)
        dialog.open()

    # Settings

    def _use_settings(self, run_id: str) -> None:
        record = next(iter(self._records([run_id])), None)
        if record is None:
            return
        if self._panel.set_config(record.run.config):
            self._panel.choose_dataset(record.run.dataset)
            self._card.say(tr("The form at the left has the settings of {run} now", run=shortened(record.title)))
        else:
            self._card.say(
                tr(
                    "The form cannot take the settings of {run}: it trained a model further",
                    run=shortened(record.title),
                )
            )

    # Deletion

    def _ask_to_delete(self, run_ids: list[str]) -> None:
        """Say how much would be free again, and ask."""
        wanted = [record for record in self._records(run_ids) if record.run.state != "running"]
        n_running = len(run_ids) - len(wanted)
        if not wanted:
            self._session.report(
                RecognizerError(tr("The run is going on"), fix=tr("Stop it first, or wait until it has ended"))
            )
            return
        folders = [self._session.profile.runs / record.run.id for record in wanted]
        self._do(
            lambda: sum(folder_size(folder) for folder in folders), lambda size: self._ask(wanted, size, n_running)
        )

    def _ask(self, wanted: list[RunRecord], size: int, n_running: int) -> None:
        what = tr("Delete the run “{run}”?", run=shortened(wanted[0].title))
        if len(wanted) != 1:
            what = ntr("Delete {n} run?", "Delete {n} runs?", len(wanted))
        said = [
            ntr(
                "{size} are freed: its curves, predictions and checkpoints, which cannot be brought back. "
                "The model that came of it stays.",
                "{size} are freed: their curves, predictions and checkpoints, which cannot be brought back. "
                "The models that came of them stay.",
                len(wanted),
                size=size_words(size),
            )
        ]
        if n_running:
            said.append(ntr("{n} run is going on and stays.", "{n} runs are going on and stay.", n_running))
        answers = (tr("Delete"), tr("Do not delete"))
        box, delete = question(self._card.window(), "deleteRunsQuestion", what, "\n".join(said), *answers)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete.setObjectName("deleteRunsAgreeButton")
        ids = [record.run.id for record in wanted]

        def answered(button: QAbstractButton) -> None:
            if button is delete:
                self._delete(ids)

        box.buttonClicked.connect(answered)
        box.open()

    def _delete(self, run_ids: list[str]) -> None:
        profile = self._session.profile

        def work() -> Deleted:
            gone: list[str] = []
            freed = 0
            for run_id in run_ids:
                try:
                    freed += delete_run(profile, run_id)
                except RecognizerError as error:
                    return gone, freed, error
                gone.append(run_id)
            return gone, freed, None

        self._card.say(tr("Deleting…"))
        self._do(work, self._on_deleted)

    def _on_deleted(self, deleted: Deleted) -> None:
        gone, freed, error = deleted
        if error is not None:
            self._session.report(error)
        self._viewer.forget(gone)
        words = ntr(
            "{n} run deleted; {size} are free again",
            "{n} runs deleted; {size} are free again",
            len(gone),
            size=size_words(freed),
        )
        self._card.say(words if gone else "")

    # Comparison

    def compare(self, run_ids: list[str]) -> None:
        """Open the runs side by side; what was compared before gives way."""
        if self._comparison is not None:
            self._comparison.close()
        dialog = RunComparisonDialog(self._session, run_ids, self._card.window())
        dialog.finished.connect(self._on_closed)
        self._comparison = dialog
        dialog.show()

    def _on_closed(self) -> None:
        # It deletes itself a little later, and must not go before.
        self._closed, self._comparison = self._comparison, None

    def retranslate(self) -> None:
        """Set the texts of what is open anew."""
        if self._comparison is not None:
            self._comparison.retranslate()
