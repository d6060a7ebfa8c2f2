"""The Models page: what can read, how well, and how it leaves the program or comes in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QMimeData, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.job import Job
from recognizer.gui.dialogs.model_removal import ask_and_delete
from recognizer.gui.dialogs.offers import size_words
from recognizer.gui.pages.stored_run import local_date
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, Page
from recognizer.gui.widgets.model_details import ModelDetails
from recognizer.gui.widgets.model_list import ModelList, ModelRow
from recognizer.gui.words import breakable, model_title
from recognizer.inference.registry import ModelRecord
from recognizer.training.shipping.facts import Portrait, judged_on, read_portrait, size_of

_LIST: Final = 300
_NARROW: Final = 264
"""The width of the list where there is little room, logical pixels."""
_LITTLE: Final = 960


class ModelsPage(Page):
    """The models at the left, what is known of the chosen one at the right.

    Signals:
        runWanted: The id of a run that the user wants to see on the Train page.
        trainWanted: The user wants to train a model.

    Args:
        session: What the pages share.
    """

    icon_name = "models"
    runWanted = Signal(str)
    trainWanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelsPage")
        self.setAcceptDrops(True)
        self._session = session
        self._records: dict[str, ModelRecord] = {}
        self._wanted = ""
        self._card: Path | None = None
        self.list = ModelList()
        self.details = ModelDetails()
        self._import = Button("import")
        self._import.setObjectName("modelImportButton")
        self._import.set_keys(QKeySequence.StandardKey.Open)
        self._rename, self._delete = Button(), Button("clear")
        self._rename.setObjectName("modelRenameButton")
        self._delete.setObjectName("modelDeleteButton")
        self._hint = _TrainHint()
        self._left = Card(margin=8)
        self._listing, self._reading, self._writing, self._looking = (Job(session, self) for _ in range(4))
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        self.tools.addWidget(self._import, 0, Qt.AlignmentFlag.AlignBottom)
        tools = QHBoxLayout()
        tools.setContentsMargins(4, 0, 4, 0)
        tools.setSpacing(8)
        tools.addWidget(self._rename, 1)
        tools.addWidget(self._delete, 1)
        self._left.body.addWidget(self.list, 1)
        self._left.body.addWidget(self._hint)
        self._left.body.addLayout(tools)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._left)
        row.addWidget(self.details, 1)
        self.body.addLayout(row, 1)

    def _connect(self) -> None:
        self.list.picked.connect(self._read)
        self.list.drawWanted.connect(self._session.model_chosen)
        self.list.deleteWanted.connect(self._ask_to_delete)
        self.list.renamed.connect(self._rename_model)
        self.list.renameRefused.connect(self._refuse_to_rename)
        self._rename.clicked.connect(self.list.rename)
        self._delete.clicked.connect(lambda: self._ask_to_delete(self.list.chosen()))
        self._hint.trainWanted.connect(self.trainWanted)
        self._import.clicked.connect(self._choose_file)
        self.details.drawWanted.connect(lambda: self._session.model_chosen.emit(self.list.chosen()))
        self.details.exportWanted.connect(self._export)
        self.details.cardWanted.connect(self._save_card)
        self.details.runWanted.connect(self._show_run)
        self.details.notice.openWanted.connect(self._open_card)
        self._listing.succeeded.connect(self._on_listed)
        self._reading.succeeded.connect(self._on_read)
        self._writing.succeeded.connect(self._on_card)
        self._looking.succeeded.connect(self._on_looked)
        for job in (self._listing, self._reading, self._writing, self._looking):
            job.failed.connect(self._session.report)
        self._session.models_changed.connect(self._on_changed)

    # The page in the window

    def name(self) -> str:
        """The page's short name."""
        return tr("Models")

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Models"))
        self.subtitle.setText(tr("What reads your handwriting, how well, and how other programs can use it."))
        self._import.set_texts(tr("Import a model…"), tr("Take in a .keras file without running anything in it"))
        self.list.retranslate()
        self._hint.retranslate()
        self.details.retranslate()
        self._fill()

    def shown(self) -> None:
        """List the models anew: another page, or another process, may have made one."""
        self._load()
        self.list.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave more room for what is known where there is little."""
        super().resizeEvent(event)
        self._left.setFixedWidth(_NARROW if self.width() < _LITTLE else _LIST)

    def _on_changed(self, model_id: str) -> None:
        if model_id:
            self._wanted = model_id
        if self.isVisible():
            self._load()

    # The list

    def _load(self) -> None:
        registry = self._session.registry

        def work(progress: ProgressCallback, token: CancellationToken) -> list[ModelRecord]:
            return registry.list()

        self._listing.start(work)

    def _on_listed(self, records: list[ModelRecord]) -> None:
        is_first = not self._records
        self._records = {record.id: record for record in records}
        self._fill()
        if is_first and not self._wanted:
            self._wanted = self._drawn_with()
        if self._wanted in self._records:
            self.list.choose(self._wanted)
            self._wanted = ""
        self._read(self.list.chosen())

    def _fill(self) -> None:
        drawn = self._drawn_with()
        self.list.set_rows([_row(record, record.id == drawn) for record in self._records.values()])
        self._hint.setVisible(all(record.is_shipped for record in self._records.values()))
        self._show_tools()

    def _drawn_with(self) -> str:
        """The model of the Draw page."""
        wanted = str(self._session.settings.get("model"))
        return wanted if wanted in self._records else next(iter(self._records), "")

    def _show_tools(self) -> None:
        record = self._records.get(self.list.chosen())
        can_change = record is not None and not record.is_shipped
        self._rename.setEnabled(can_change)
        self._delete.setEnabled(can_change)
        why = tr("This model came with the program and stays as it is")
        rename, delete = tr("Give the model another title (F2)"), tr("Delete the model; the record of its run stays")
        self._rename.set_texts(tr("Rename"), rename if can_change else why)
        self._delete.set_texts(tr("Delete…"), delete if can_change else why)

    # What is known of one

    def _read(self, model_id: str) -> None:
        self._show_tools()
        record, profile = self._records.get(model_id), self._session.profile
        if record is None:
            return

        def work(progress: ProgressCallback, token: CancellationToken) -> Portrait:
            return read_portrait(record, profile)

        self._reading.start(work)

    def _on_read(self, portrait: Portrait) -> None:
        if portrait.record.id == self.list.chosen():
            self.details.show_portrait(portrait)

    def _show_run(self) -> None:
        portrait = self.details.portrait()
        if portrait is not None and portrait.run_id:
            self.runWanted.emit(portrait.run_id)

    # Changing one

    def _rename_model(self, model_id: str, title: str) -> None:
        self._change(lambda: self._session.registry.rename(model_id, title))

    def _refuse_to_rename(self, model_id: str) -> None:
        # The registry says why, in the same words as on the command line.
        self._change(lambda: self._session.registry.note(model_id))

    def _change(self, change: Callable[[], Any]) -> None:
        """Do what writes one small file; a failure is reported."""
        try:
            change()
        except RecognizerError as error:
            self._session.report(error)
        else:
            self._session.models_changed.emit("")
        self.list.setFocus()

    def _ask_to_delete(self, model_id: str) -> None:
        record = self._records.get(model_id)
        if record is None:
            return
        if record.is_shipped:
            self._session.report(
                RecognizerError(
                    tr("This model came with the program and cannot be deleted"),
                    where=record.title,
                    fix=tr("Delete only models that were trained here"),
                )
            )
            return
        ask_and_delete(self._session, record, self)
        self.list.setFocus()

    # Out

    def _export(self) -> None:
        portrait = self.details.portrait()
        if portrait is not None and portrait.can_be_exported:
            from recognizer.gui.dialogs.ship_dialog import ShipDialog

            ShipDialog(self._session, portrait.record, self.window()).open()

    def _save_card(self) -> None:
        portrait = self.details.portrait()
        if portrait is None:
            return
        record, profile = portrait.record, self._session.profile
        suggested = "".join("_" if sign in '<>:"/\\|?*' else sign for sign in model_title(record)).strip(" .")
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save the model card"), f"{suggested or record.id}.html", "HTML (*.html)"
        )
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(f"{name}.html")

        def work(progress: ProgressCallback, token: CancellationToken) -> Path:
            from recognizer.training.shipping.card import write_card

            write_card(record, profile, path)
            return path

        self._writing.start(work)

    def _on_card(self, path: Path) -> None:
        self._card = path
        self.details.notice.say(tr("The model card is in {name}", name=breakable(path.name)), can_open=True)

    def _open_card(self) -> None:
        if self._card is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._card)))

    # In

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Import a model"), "", f"Keras (*.keras);;{tr('All files')} (*)")
        if name:
            self.look_at(name)

    def look_at(self, source: str | Path) -> None:
        """Look at a file that may be a model; what may not come in is said, and nothing in it is run."""

        def work(progress: ProgressCallback, token: CancellationToken) -> object:
            from recognizer.training.shipping.arrival import examine

            return examine(source)

        self._looking.start(work)

    def _on_looked(self, found: Any) -> None:
        from recognizer.gui.dialogs.model_import_dialog import ModelImportDialog

        dialog = ModelImportDialog(self._session, found, self.window())
        dialog.imported.connect(self._session.models_changed)
        dialog.drawWanted.connect(self._session.model_chosen)
        dialog.open()

    def _take(self, data: QMimeData) -> None:
        """Look at what was dropped."""
        urls = data.urls()
        if len(urls) > 1:
            self._session.report(
                RecognizerError(tr("Models come in one at a time"), fix=tr("Drop a single .keras file"))
            )
        elif urls:
            # What is no file is an address, which is refused in words.
            self.look_at(urls[0].toLocalFile() if urls[0].isLocalFile() else urls[0].toString())
        elif data.hasText():
            self.look_at(data.text().strip()[:_LONGEST_PATH])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files; text too, to say why an address does not come in."""
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()
            self._mark_drop(is_over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The card is as usual again."""
        self._mark_drop(is_over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at what was dropped."""
        self._mark_drop(is_over=False)
        event.acceptProposedAction()
        self._take(event.mimeData())

    def _mark_drop(self, *, is_over: bool) -> None:
        self._left.setProperty("drop", is_over)
        self._left.style().unpolish(self._left)
        self._left.style().polish(self._left)


_LONGEST_PATH: Final = 4096


class _TrainHint(QFrame):
    """What a list with nothing but the shipped models lacks, and the way to it.

    Signals:
        trainWanted: The user wants to train a model.
    """

    trainWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelTrainHint")
        self.setProperty("role", "hint")
        self._words = Label(wraps=True)
        self._button = Button("train")
        self._button.setObjectName("modelTrainButton")
        self._button.clicked.connect(self.trainWanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self._words)
        column.addWidget(self._button)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._words.setText(tr("These came with the program. Train a model on the Train page, and it appears here."))
        self._button.set_texts(tr("Open the Train page"), tr("Train a model of your own"))


def _row(record: ModelRecord, is_drawn_with: bool) -> ModelRow:
    if record.accuracy is None:
        result = tr("not judged")
    else:
        basis = judged_on(record)
        result = f"{100 * record.accuracy:.2f} %" + (f" · {basis}" if basis else "")
    size = size_of(record)
    rest = [] if size is None else [size_words(size)]
    rest.append(local_date(record.created).partition(" ")[0])
    return ModelRow(record.id, model_title(record), result, " · ".join(rest), record.is_shipped, is_drawn_with)
