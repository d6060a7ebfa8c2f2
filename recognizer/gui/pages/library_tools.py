"""What can be done with whole datasets: the buttons and the menu at the top of the Library page."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QInputDialog, QMenu, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Button
from recognizer.gui.workers.task import Task
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.store import editing

if TYPE_CHECKING:
    from recognizer.gui.pages.library import LibraryPage


class LibraryTools(QWidget):
    """Import, export, sheets, and a menu for the rest.

    Args:
        session: What the pages share.
        page: Says what is shown.

    Signals:
        datasetWanted: The name of a dataset that is to be shown.
        statisticsToggled: Whether figures are wanted instead of the samples.
        removedToggled: Whether the deleted samples are to be shown.
        samplesWanted: (ids, heading): just these samples of the dataset are to be shown.
    """

    datasetWanted = Signal(str)
    removedToggled = Signal(bool)
    statisticsToggled = Signal(bool)
    samplesWanted = Signal(object, str)

    def __init__(self, session: Session, page: "LibraryPage") -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._reading: Task | None = None
        self.dialog: QDialog | None = None
        self.import_button, self.export_button, self.sheet_button = Button("import"), Button("export"), Button("sheet")
        self.more_button = Button("more")
        self.statistics_button = Button("statistics")
        self.statistics_button.setCheckable(True)
        self.statistics_button.clicked.connect(self.statisticsToggled)
        for button, name in (
            (self.statistics_button, "statisticsButton"),
            (self.import_button, "importButton"),
            (self.export_button, "exportButton"),
            (self.sheet_button, "sheetButton"),
            (self.more_button, "libraryMenuButton"),
        ):
            button.setObjectName(name)
        self.import_button.set_keys("Ctrl+I")
        self.export_button.set_keys("Ctrl+Shift+E")
        self.import_button.clicked.connect(lambda: self.open_import())
        self.export_button.clicked.connect(self.open_export)
        self.sheet_button.clicked.connect(self.open_sheet)
        self._actions: dict[str, QAction] = {}
        self._menu = QMenu(self)
        self._menu.setObjectName("libraryMenu")
        for key, act in (
            ("split", self.open_split),
            ("classes", self.open_classes),
            ("read", self.read_with_model),
            ("", None),
            ("new", self.new_dataset),
            ("rename", self.rename_dataset),
            ("remove", self.remove_dataset),
            ("removed", None),
            ("", None),
            ("backups", self.open_backups),
        ):
            if not key:
                self._menu.addSeparator()
                continue
            action = self._actions[key] = self._menu.addAction("")
            action.setObjectName(f"{key}Action")
            if act is not None:
                action.triggered.connect(_call(act))
        self._actions["removed"].setCheckable(True)
        self._actions["removed"].triggered.connect(self.removedToggled)
        self.more_button.setMenu(self._menu)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        every = (self.statistics_button, self.import_button, self.export_button, self.sheet_button, self.more_button)
        for button in every:
            line.addWidget(button)

    def refresh(self) -> None:
        """Enable what can be done with the dataset that is shown."""
        table = self._page.table()
        own = self._session.is_own(self._page.dataset_name())
        for button in (self.statistics_button, self.export_button):
            button.setEnabled(table is not None and len(table) > 0)
        for key in ("split", "classes", "read", "rename", "remove", "removed"):
            self._actions[key].setEnabled(own)
        for key in ("rename", "remove"):
            self._actions[key].setEnabled(own and self._page.dataset_name() != OWN)

    def set_compact(self, is_compact: bool) -> None:
        """Show icons alone, where there is little room."""
        for button in (self.statistics_button, self.import_button, self.export_button, self.sheet_button):
            button.set_compact(is_compact)

    def set_removed(self, is_removed: bool) -> None:
        """Say whether the deleted samples are shown."""
        self._actions["removed"].setChecked(is_removed)

    def retranslate(self) -> None:
        """Set every text anew."""
        self.statistics_button.set_texts(
            tr("Statistics"), tr("Figures about the samples that are shown, or back to them")
        )
        self.import_button.set_texts(tr("Import…"), tr("Bring in pictures, data files, photographed sheets, or a copy"))
        self.export_button.set_texts(tr("Export…"), tr("Write samples as files that other programs read"))
        self.sheet_button.set_texts(tr("Print sheet…"), tr("Make a sheet to be written on by hand and photographed"))
        self.more_button.set_texts("", tr("More for this dataset and the library"))
        texts = {
            "split": tr("Divide into training and test…"),
            "classes": tr("Classes…"),
            "read": tr("Let the model read all samples"),
            "new": tr("New dataset…"),
            "rename": tr("Rename the dataset…"),
            "remove": tr("Delete the dataset"),
            "removed": tr("Show deleted samples"),
            "backups": tr("Backups and repair…"),
        }
        for key, text in texts.items():
            self._actions[key].setText(text)

    # Dialogs

    def open_import(self, paths: Sequence[Path] = ()) -> None:
        """Let the user choose what to bring in; `paths` are chosen already."""
        name = self._page.dataset_name()
        self._show_import(name if self._session.is_own(name) else OWN, paths)

    def copy_to_edit(self) -> None:
        """Take a copy of the dataset that is shown into the library."""
        title = tr("{name}, edited", name=self._page.dataset_title())
        self._show_import(title, (Path(self._page.dataset_name()),))

    def _show_import(self, into: str, paths: Sequence[Path]) -> None:
        from recognizer.gui.dialogs.import_dialog import ImportDialog

        dialog = ImportDialog(self._session, into, self._page.window(), paths)
        dialog.imported.connect(self.datasetWanted)
        dialog.samplesWanted.connect(self.samplesWanted)
        self._show(dialog)

    def open_export(self) -> None:
        """Let the user choose what to write and how."""
        from recognizer.gui.dialogs.export_dialog import ExportDialog

        table = self._page.table()
        if table is not None:
            shown, selected = self._page.shown_positions(), self._page.selected_positions()
            self._show(ExportDialog(self._session, table, shown, selected, self._page.window()))

    def open_sheet(self) -> None:
        """Let the user make a sheet."""
        from recognizer.gui.dialogs.sheet_dialog import SheetDialog

        table = self._page.table()
        labels = table.label_set.names if table is not None else tuple("0123456789")
        self._show(SheetDialog(self._session, labels, self._page.window()))

    def save_statistics(self, statistics: object) -> None:
        """Ask where figures are to be saved as a web page, and save them."""
        dialog = QFileDialog(self._page.window(), tr("Save the figures"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(tr("Web page (*.html)"))
        dialog.setDefaultSuffix("html")
        dialog.fileSelected.connect(lambda path: self.write_statistics(statistics, Path(path)))
        self._show(dialog)

    def write_statistics(self, statistics: object, path: Path) -> None:
        """Save figures as a web page at `path`."""
        from recognizer.library.statistics.report import write_html

        try:
            write_html(statistics, path)  # type: ignore[arg-type]
        except RecognizerError as error:
            self._session.report(error)
        else:
            self._session.edited.emit(tr("Saved as {path}", path=path))

    def open_split(self) -> None:
        """Let the user divide the samples that are shown."""
        from recognizer.gui.dialogs.split_dialog import SplitDialog

        table = self._page.table()
        if table is not None:
            self._show(SplitDialog(self._session, table, np.sort(self._page.shown_positions()), self._page.window()))

    def open_classes(self) -> None:
        """Let the user rename, merge and order the classes."""
        from recognizer.gui.dialogs.classes_dialog import ClassesDialog

        self._show(ClassesDialog(self._session, self._page.dataset_name(), self._page.window()))

    def open_class_menu(self, label: str, place: QPoint) -> None:
        """What can be done with one class, at `place` on the screen."""
        name = self._page.dataset_name()
        if not self._session.is_own(name):
            return
        menu = QMenu(self)
        menu.setObjectName("classMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Rename or merge “{label}”…", label=label.replace("&", "&&"))).triggered.connect(
            lambda: self._ask(
                tr("What is the class called? With the name of another class, the two become one."),
                label,
                lambda new: self._session.edit(lambda library: editing.rename_class(library, name, label, new), 0),
            )
        )
        menu.addAction(tr("Classes…")).triggered.connect(self.open_classes)
        menu.popup(place)

    def open_backups(self) -> None:
        """Show the backups."""
        from recognizer.gui.dialogs.backups_dialog import BackupsDialog

        self._show(BackupsDialog(self._session, self._page.window()))

    def _show(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._forget)
        self.dialog = dialog
        dialog.open()

    def _forget(self) -> None:
        self.dialog = None

    # Datasets

    def new_dataset(self) -> None:
        """Ask for a title and make an empty dataset."""
        self._ask(tr("What is the new dataset called?"), "", self._make)

    def _make(self, title: str) -> None:
        try:
            record = editing.create_dataset(self._session.library, title)
        except RecognizerError as error:
            self._session.report(error)
            return
        self._session.library_changed.emit()
        self.datasetWanted.emit(record.name)

    def rename_dataset(self) -> None:
        """Ask for another title."""
        name = self._page.dataset_name()
        self._ask(
            tr("What is the dataset called?"),
            self._page.dataset_title(),
            lambda title: self._session.edit(lambda library: editing.rename_dataset(library, name, title), 0),
        )

    def remove_dataset(self) -> None:
        """Delete the dataset; it can be undone."""
        name = self._page.dataset_name()
        self._session.edit(lambda library: editing.remove_dataset(library, name), 0)

    def _ask(self, question: str, known: str, answer: Callable[[str], None]) -> None:
        dialog = QInputDialog(self._page.window())
        dialog.setObjectName("datasetQuestion")
        dialog.setWindowTitle(tr("Library"))
        dialog.setLabelText(question)
        dialog.setTextValue(known)
        dialog.textValueSelected.connect(answer)
        self._show(dialog)

    # What a model says

    def read_with_model(self) -> None:
        """Let the Draw page's model read every sample, in the background; filters and orders can then use it."""
        if self._reading is not None:
            self._reading.cancel()
            return
        session, name = self._session, self._page.dataset_name()
        registry, wanted = session.registry, session.settings.get("model")

        def work(progress: ProgressCallback, token: CancellationToken) -> int:
            from recognizer.inference.classifier import Classifier
            from recognizer.library.transfer import read_with_model

            try:
                record = registry.get(wanted) if wanted else registry.default()
            except RecognizerError:
                record = registry.default()
            classifier = Classifier(record)

            def classify(images: np.ndarray) -> tuple[list[str], np.ndarray]:
                return classifier.best_labels(images, token)

            return read_with_model(session.library, name, classify, record.id, progress=progress, token=token)

        task = self._reading = Task(work, session)
        task.progressed.connect(self._on_reading)
        task.succeeded.connect(self._on_read)
        task.failed.connect(session.report)
        task.finished.connect(self._on_reading_ended)
        session.start(task)

    def _on_reading(self, done: int, total: int, message: str) -> None:
        self._session.edited.emit(tr("The model reads: {done} of {total}", done=f"{done:,}", total=f"{total:,}"))

    def _on_read(self, count: int) -> None:
        self._session.library_changed.emit()
        self._session.edited.emit(
            tr(
                "The model has read {count} samples. Filter by is:wrong, or sort by how sure it was.",
                count=f"{count:,}",
            )
        )

    def _on_reading_ended(self) -> None:
        self._reading = None


def _call(act: Callable[[], None]) -> Callable[..., None]:
    return lambda *_: act()
