"""The library's backups: made, gone back to; and whether everything in the library is in order."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs import backups_work
from recognizer.gui.dialogs.backups_work import Health, Overview, moment_words, overview, reason_words
from recognizer.gui.dialogs.offers import size_words
from recognizer.gui.dialogs.parts import Dialog, ProgressLine, SideCard, open_folder
from recognizer.gui.dialogs.question import Question
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.workers.task import Work
from recognizer.library.store.backups import BackupRecord


class BackupsDialog(Dialog):
    """The backups on the left, the state of the library on the right. It works where the library cannot be opened, too.

    Args:
        session: The window's.
        parent: The window below.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "backupsDialog", QSize(880, 600), parent)
        self._records: tuple[tuple[BackupRecord, bool], ...] = ()
        self.table = RowsTable(
            "backupTable",
            (tr("Made"), tr("Why"), tr("Samples"), tr("Size"), tr("State")),
            right=(2, 3),
            wide=1,
            can_choose=True,
        )
        self._none = Label("secondary", wraps=True)
        self._none.setObjectName("backupsNone")
        self._restore = self._button("backupRestoreButton", "undo")
        self._check = self._button("libraryCheckButton", "check")
        self._repair = self._button("libraryRepairButton", "settings")
        self._open = self._button("backupsOpenFolderButton", "open")
        self._library = Label("strong", wraps=True)
        self._library.setObjectName("libraryWords")
        self._incidents = Label("doubt", wraps=True)
        self._incidents.setObjectName("libraryIncidents")
        self._health = Label(wraps=True)
        self._health.setObjectName("libraryHealth")
        self._places = Label("secondary", wraps=True)
        self._places.setObjectName("libraryPlaces")
        self._places.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.question = Question("restore")
        self._progress = ProgressLine()
        self._progress.hide()
        self._looking, self._working = self.job(), self.job()
        self._lay_out()
        self._connect()
        self._say_texts()
        self.table.setFocus()
        self._look()

    def _button(self, name: str, icon_name: str) -> Button:
        button = Button(icon_name)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        left = Card()
        left.set_heading(tr("Backups"))
        left.body.addWidget(self.table, 1)
        self._none.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        left.body.addWidget(self._none, 1)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._restore)
        line.addStretch(1)
        left.body.addLayout(line)
        column = QVBoxLayout()
        column.setSpacing(10)
        for widget in (self._library, self._incidents, self._check, self._health, self._repair):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self._places)
        column.addWidget(self._open)
        right = SideCard(column, 272)
        right.set_heading(tr("The library"))
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(left, 1)
        row.addWidget(right)
        self.body.addWidget(self.question)
        self.body.addLayout(row, 1)
        self.body.addWidget(self._progress)
        self.footer.addStretch(1)
        self.add_button("backupsCloseButton", tr("Close"), tr("Close"), self.reject)
        self._now = self.add_button(
            "backupNowButton", tr("Back up now"), tr("Copy the whole library now"), self._on_now, role="primary"
        )

    def _connect(self) -> None:
        self._restore.clicked.connect(self._ask)
        self._check.clicked.connect(self._on_check)
        self._repair.clicked.connect(self._on_repair)
        self._open.clicked.connect(self._open_folder)
        self.table.selectionModel().selectionChanged.connect(self._on_chosen)
        self.question.agreed.connect(self._on_restore)
        self._looking.succeeded.connect(self._on_looked)
        self._looking.failed.connect(self._update)
        self._looking.cancelled.connect(self._update)
        self._working.progressed.connect(self._progress.show_progress)
        self._working.succeeded.connect(self._on_done)
        self._working.failed.connect(self._on_not_done)
        self._working.cancelled.connect(self._update)
        self._progress.cancelWanted.connect(self._working.cancel)

    def _say_texts(self) -> None:
        self.set_heading(tr("Backups and repair"))
        self.say_step(
            tr(
                "A backup is made every day and kept for seven days, one of each week for four weeks. Choose one to go "
                "back to it."
            )
        )
        self.table.setAccessibleName(tr("Backups, newest first"))
        self._none.setText(tr("There is no backup yet."))
        self._restore.set_texts(tr("Go back to it…"), tr("Put the chosen backup in the place of the library"))
        self._check.set_texts(tr("Check the library"), tr("Read every sample and see whether it is what was kept"))
        self._repair.set_texts(tr("Repair"), tr("Mend what is damaged, from the backups where that is possible"))
        self._open.set_texts(tr("Open the folder"), tr("Show the backups in their folder"))
        library = self.session.library
        self._places.setText(
            tr("The library is {file}\nIts backups are in {folder}", file=library.path, folder=library.backups.folder)
        )

    # What there is

    def _look(self) -> None:
        library = self.session.library

        def work(progress: ProgressCallback, token: CancellationToken) -> Overview:
            return overview(library, progress, token)

        # Shown at once; whether each file is what was written takes as long as reading it.
        self._show_backups(tuple((record, None) for record in library.backups.list()))
        self._library.setText(tr("Counting…"))
        self._looking.start(work)
        self._update()

    def _show_backups(self, found: "tuple[tuple[BackupRecord, bool | None], ...]") -> None:
        words = {None: tr("checking…"), True: tr("good"), False: tr("damaged")}
        self._records = tuple((record, bool(is_good)) for record, is_good in found)
        rows = [
            (
                moment_words(record.time),
                reason_words(record.reason),
                f"{record.samples:,}",
                size_words(record.size),
                words[is_good],
            )
            for record, is_good in found
        ]
        roles = {True: "sure", False: "wrong"}
        colors = {(row, 4): roles[is_good] for row, (_, is_good) in enumerate(found) if is_good is not None}
        self.table.set_rows(rows, colors=colors)
        self._none.setVisible(not rows)
        self.table.setVisible(bool(rows))

    def _on_looked(self, found: Overview) -> None:
        self._show_backups(found.backups)
        self._library.setText(found.words)
        if found.problem is not None:
            self.notice.show_error(found.problem)
        incidents = [incident.words() for incident in self.session.library.incidents]
        self._incidents.setText("\n".join(incidents))
        self._incidents.setVisible(bool(incidents))
        self._update()

    def chosen(self) -> BackupRecord | None:
        """The backup that is chosen."""
        row = self.table.chosen()
        return self._records[row][0] if row >= 0 else None

    def _on_chosen(self) -> None:
        self.question.hide()
        self._update()

    def _update(self) -> None:
        is_working = self._working.is_running()
        row = self.table.chosen()
        self._progress.setVisible(is_working)
        self._restore.setEnabled(not is_working and row >= 0 and self._records[row][1])
        self.table.setEnabled(not is_working)
        there = self.session.library.exists()
        for button in (self._now, self._check, self._repair):
            button.setEnabled(there and not is_working)
        if not self._health.text():
            self._health.hide()
            self._repair.hide()

    # What is done

    def _on_now(self) -> None:
        library = self.session.library
        self._begin(
            lambda progress, token: backups_work.back_up(library), tr("Backing up"), tr("The backup cannot be stopped")
        )

    def _on_check(self) -> None:
        library = self.session.library
        self._begin(
            lambda progress, token: backups_work.check(library, progress, token),
            tr("Checking every sample"),
            tr("Stop checking"),
        )

    def _on_repair(self) -> None:
        library = self.session.library
        self._begin(
            lambda progress, token: backups_work.repair(library, progress, token), tr("Repairing"), tr("Stop repairing")
        )

    def _ask(self) -> None:
        record = self.chosen()
        if record is None:
            return
        self.question.ask(
            tr("Go back to the backup of {time}?", time=moment_words(record.time)),
            ntr(
                "The library is then as it was at that time, with {n} sample. What it is now is kept as a backup of "
                "its own, so that you can come back.",
                "The library is then as it was at that time, with {n} samples. What it is now is kept as a backup of "
                "its own, so that you can come back.",
                record.samples,
            ),
            tr("Go back"),
            tr("Leave it as it is"),
        )

    def _on_restore(self) -> None:
        record, library = self.chosen(), self.session.library
        if record is not None:
            name = record.path.name
            self._begin(
                lambda progress, token: backups_work.restore(library, name),
                tr("Going back to the backup"),
                tr("This cannot be stopped"),
            )

    def _begin(self, work: Work, message: str, tip: str) -> None:
        self.notice.hide()
        self._looking.drop()
        self._progress.begin(message, tip)
        self._working.start(work)
        self._update()

    def _on_done(self, health: Health) -> None:
        self._health.setText(health.words)
        self._health.set_role("sure" if health.is_good else "wrong")
        self._health.setVisible(bool(health.words))
        self._repair.setVisible(health.can_repair)
        if health.is_changed:
            self.session.library_changed.emit()
        self._look()

    def _on_not_done(self, error: RecognizerError) -> None:
        # It may have been closed, mended or put aside meanwhile.
        self._look()

    def _open_folder(self) -> None:
        folder = self.session.library.backups.folder
        open_folder(folder if folder.is_dir() else self.session.library.path.parent)

    def is_busy(self) -> bool:
        """While the library is copied, read or put aside."""
        return self._working.is_running()

    def stop(self) -> None:
        """Give up what can be given up."""
        self._working.cancel()

    def done(self, code: int) -> None:
        """Look no more."""
        self._looking.drop()
        super().done(code)
