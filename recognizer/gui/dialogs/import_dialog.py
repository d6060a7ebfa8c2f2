"""Bringing samples into the library: choose, look, import, and see what came of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.import_choice import ImportChoice
from recognizer.gui.dialogs.import_options import ImportOptionsView
from recognizer.gui.dialogs.import_result import ImportResultView
from recognizer.gui.dialogs.import_work import Look, Outcome, Sources, bring_in, look_at
from recognizer.gui.dialogs.offers import title_of
from recognizer.gui.dialogs.parts import Dialog, ProgressLine
from recognizer.gui.session import Session
from recognizer.library.arrivals import proposed_title
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.store import tables


class ImportDialog(Dialog):
    """Three steps: what to bring in, what it would be, what has come of it. Files can be dropped on any of them.

    Args:
        session: The window's.
        into: The name of the dataset that is suggested, or the title of a new one.
        parent: The window below.
        paths: What to look at from the beginning: files and folders, or the name of a dataset.

    Signals:
        imported: The name of the dataset that samples were added to.
        samplesWanted: (ids, heading): just these samples of that dataset are to be shown; the dialog has closed itself.
    """

    imported = Signal(str)
    samplesWanted = Signal(object, str)

    def __init__(self, session: Session, into: str, parent: QWidget | None = None, paths: Sequence[Path] = ()) -> None:
        super().__init__(session, "importDialog", QSize(900, 600), parent)
        self.setAcceptDrops(True)
        self._sources: Sources = ()
        self._look: Look | None = None
        self._outcome: Outcome | None = None
        self._is_undoing = False
        self._choice = ImportChoice(session)
        self._view = ImportOptionsView(session, into)
        self._result = ImportResultView()
        self._stack = QStackedWidget()
        for page in (self._choice, self._view, self._result):
            self._stack.addWidget(page)
        self._progress = ProgressLine()
        self._progress.hide()
        self._into, self._is_into_new = into, _is_new(session, into)
        self._looking, self._importing = self.job(), self.job()
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._progress)
        self._add_buttons()
        self._connect()
        self._show_choice()
        if paths:
            self.look_at(tuple(paths))

    def _add_buttons(self) -> None:
        self._back = self.add_button(
            "importBackButton", tr("Choose something else"), tr("Go back to the beginning"), self._go_back
        )
        self.footer.addWidget(self._back)
        self.footer.addStretch(1)
        self._close = self.add_button("importCloseButton", tr("Close"), tr("Close"), self.reject)
        self._show = self.add_button(
            "importShowButton", tr("Show them"), tr("Show the new samples on the Library page"), self._show_them
        )
        self._import = self.add_button(
            "importStartButton", tr("Import"), tr("Bring these samples into the dataset"), self._start, role="primary"
        )

    def _connect(self) -> None:
        self._choice.chosen.connect(self.look_at)
        self._view.changed.connect(self._update)
        self._view.foldersChosen.connect(self._look_anew)
        self._result.undoWanted.connect(self._undo)
        self._progress.cancelWanted.connect(self.stop)
        for job in (self._looking, self._importing):
            job.progressed.connect(self._progress.show_progress)
        self._looking.succeeded.connect(self._on_looked)
        self._looking.failed.connect(self._on_not_looked)
        self._looking.cancelled.connect(self._show_choice)
        self._importing.succeeded.connect(self._on_imported)
        self._importing.failed.connect(self._on_not_imported)
        self._importing.cancelled.connect(self._update)
        self.session.library_changed.connect(self._on_library_changed)
        self.session.problem.connect(self._on_problem)

    # Choosing and looking

    def look_at(self, sources: Sequence[str | Path]) -> None:
        """See in the background what there is in files and folders, or in the dataset of a name."""
        if self._importing.is_running():
            return
        self._sources = tuple(_as_source(source) for source in sources)
        self._view.begin()
        self._look_anew()

    def _look_anew(self) -> None:
        library, wanted, folders = self.session.library, self._sources, self._view.folders_are()

        def work(progress: ProgressCallback, token: CancellationToken) -> Look:
            return look_at(library, wanted, progress, token, folders)

        self.notice.hide()
        self._progress.begin(tr("Looking at {what}", what=_called(wanted)), tr("Stop looking"))
        self._looking.start(work)
        self._update()

    def _on_looked(self, look: Look) -> None:
        self._look = look
        self._view.show_look(look, self._suggested())
        self._stack.setCurrentWidget(self._view)
        self._view.focus_first()
        self._update()

    def _suggested(self) -> str:
        """A title for a dataset of its own: neither what has a name nor files are mixed with My handwriting unasked."""
        first = self._sources[0]
        if self._is_into_new or self._look is None:
            return ""
        if not isinstance(first, Path):
            # Nor with any other dataset that was open.
            return title_of(first) or self._look.kind
        paths = [source for source in self._sources if isinstance(source, Path)]
        return proposed_title(paths, self._look.title) if self._into == OWN else ""

    def _on_not_looked(self, error: RecognizerError) -> None:
        self._show_choice()

    def _show_choice(self) -> None:
        self._stack.setCurrentWidget(self._choice)
        self._choice.refresh()
        self._update()

    def _go_back(self) -> None:
        self._looking.drop()
        self.notice.hide()
        self._show_choice()

    # Importing

    def _start(self) -> None:
        library, sources, into = self.session.library, self._sources, self._view.into()
        options, keeps = self._view.options(), self._view.keeps_duplicates()

        def work(progress: ProgressCallback, token: CancellationToken) -> Outcome:
            return bring_in(library, sources, into, options, progress, token, keeps_duplicates=keeps)

        self.notice.hide()
        self._progress.begin(
            tr("Importing {what}", what=_called(sources)), tr("Stop; what is there already can be undone")
        )
        self._importing.start(work)
        self._update()

    def _on_imported(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._result.show_outcome(outcome)
        self._stack.setCurrentWidget(self._result)
        self._update()
        if outcome.edit or outcome.report is not None:
            self.session.library_changed.emit()
        if outcome.report is not None:
            self.imported.emit(outcome.report.dataset)
            self._show.setFocus()

    def _on_not_imported(self, error: RecognizerError) -> None:
        # Some of it may be there by now.
        self.session.library_changed.emit()
        self._update()

    def _show_them(self) -> None:
        report = self._outcome.report if self._outcome else None
        if report is None:
            return
        try:
            table = tables.table(self.session.library, report.dataset)
        except RecognizerError as error:
            self.notice.show_error(error)
            return
        # New samples have the highest numbers.
        newest = np.sort(table.ids)[len(table) - report.added :]
        self.accept()
        self.samplesWanted.emit(newest, tr("Just imported"))

    def _undo(self) -> None:
        if not self._can_undo():
            self.notice.show_error(
                RecognizerError(
                    tr("Something else has been done since the import"),
                    fix=tr("Undo step by step on the Library page"),
                )
            )
            return
        self._is_undoing = True
        self._result.set_busy(True)
        self.session.undo()

    def _can_undo(self) -> bool:
        """Whether the import is what would be undone."""
        try:
            step = self.session.library.next_steps()[0]
        except RecognizerError as error:
            self.session.report(error)
            return False
        return step is not None and self._outcome is not None and step.id == self._outcome.edit

    def _on_library_changed(self) -> None:
        if self._is_undoing and not self._can_undo():
            self._is_undoing = False
            self._outcome = None
            self._result.say_undone()
            self._update()

    def _on_problem(self, error: RecognizerError) -> None:
        if self._is_undoing:
            self._is_undoing = False
            self._result.set_busy(False)
            self.notice.show_error(error)

    # What is shown

    def _update(self) -> None:
        page = self._stack.currentWidget()
        is_working = self._looking.is_running() or self._importing.is_running()
        self._progress.setVisible(is_working)
        self._stack.setEnabled(not is_working)
        self._back.setVisible(page is not self._choice)
        self._back.setEnabled(not self._importing.is_running())
        report = self._outcome.report if self._outcome else None
        can_show = page is self._result and report is not None and report.added > 0
        self._show.setVisible(can_show)
        self._import.setVisible(page is self._view)
        self._import.setEnabled(not is_working and self._view.is_answered() and bool(self._view.into()))
        self._say_next(page)

    def _say_next(self, page: QWidget | None) -> None:
        if page is self._choice:
            self.set_heading(tr("Import samples"))
            self.say_step(tr("Choose what to bring in. You see it before anything is kept."))
        elif page is self._view:
            self.set_heading(tr("Import samples"))
            n = self._look.count if self._look else -1
            count = ntr("Import {n} sample", "Import {n} samples", n) if n >= 0 else tr("Import")
            self._import.set_texts(count, tr("Bring these samples into the dataset"))
            if not self._view.is_answered():
                self.say_step(tr("Say which of the pictures stand upright, then import."))
            elif not self._view.into():
                self.say_step(tr("Name the dataset that they belong to, then import."))
            else:
                self.say_step(tr("Is this what you expected? Then import it; it can be undone."))
        else:
            self.set_heading(tr("Import samples"))
            self.say_step(tr("Look at the new samples, undo the import, or drop more files here."))

    def is_busy(self) -> bool:
        """While samples are being imported, or the import is being undone."""
        return self._importing.is_running() or self._is_undoing

    def stop(self) -> None:
        """Give up looking or importing."""
        self._looking.cancel()
        self._importing.cancel()

    def done(self, code: int) -> None:
        """Give up looking, too."""
        self._looking.drop()
        super().done(code)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        has_files = any(url.isLocalFile() for url in event.mimeData().urls())
        if has_files and not self._importing.is_running():
            event.acceptProposedAction()
            self._mark_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing is dropped."""
        self._mark_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at what was dropped."""
        self._mark_drop(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.look_at(paths)

    def _mark_drop(self, is_over: bool) -> None:
        card = self._choice.drop_card
        card.setProperty("drop", is_over)
        card.style().unpolish(card)
        card.style().polish(card)


def _as_source(source: str | Path) -> str | Path:
    """A path that leads to nothing may be the name of a dataset."""
    if isinstance(source, Path) and not source.exists() and source.name == str(source) and not source.suffix:
        return str(source)
    return source


def _called(sources: Sources) -> str:
    """What is looked at, in words."""
    first = sources[0]
    name = first.name if isinstance(first, Path) else first
    more = len(sources) - 1
    return ntr("{name} and {n} more", "{name} and {n} more", more, name=name) if more else name


def _is_new(session: Session, into: str) -> bool:
    """Whether `into` is the title of a dataset that is to be made."""
    try:
        return into != OWN and session.library.find_record(into) is None
    except RecognizerError:
        return False
