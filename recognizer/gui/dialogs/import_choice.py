"""The first step of an import: choosing what to bring in."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.dialogs.offers import Offer, offers
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.imaging.images import IMAGE_SUFFIXES


class ImportChoice(QWidget):
    """Files and folders on the left, datasets that can be had by their name on the right.

    Signals:
        chosen: A tuple of what to look at: paths of files and folders, or the name of one dataset.
    """

    chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._offers: list[Offer] = []
        self.drop_card = Card()
        self.table = RowsTable(
            "importOffers", (tr("Dataset"), tr("Samples"), tr("Download")), right=(1, 2), can_choose=True
        )
        self.table.setAccessibleName(tr("Datasets that can be copied or downloaded"))
        self._summary = Label("secondary", wraps=True)
        self._summary.setObjectName("importOfferSummary")
        self._take = self._button("importOfferButton", "import", tr("Look at it"), tr("See it before it is imported"))
        self._files = self._button("importFilesButton", "file", tr("Files…"), tr("Choose one or several files"))
        self._folder = self._button(
            "importFolderButton", "open", tr("Folder…"), tr("Choose a folder with everything in it")
        )
        self._sheets = self._button(
            "importSheetsButton",
            "sheet",
            tr("Photos of sheets…"),
            tr("Choose photos of sheets that this program has printed"),
        )
        self._lay_out()
        self._files.clicked.connect(self._choose_files)
        self._folder.clicked.connect(self._choose_folder)
        self._sheets.clicked.connect(self._choose_sheets)
        self._take.clicked.connect(self._take_offer)
        self.table.activated.connect(self._take_offer)
        self.table.selectionModel().selectionChanged.connect(self._say_offer)
        self.refresh()

    def _button(self, name: str, icon_name: str, text: str, tip: str) -> Button:
        button = Button(icon_name)
        button.setObjectName(name)
        button.set_texts(text, tip)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        picture = QLabel()
        picture.setPixmap(theme.pixmap("import", theme.colors().accent, 40))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        what, kinds = Label("strong"), Label("secondary", wraps=True)
        what.setText(tr("Drop files or folders here"))
        kinds.setText(
            tr(
                "Pictures, a folder for each class, ZIP, IDX (MNIST), CSV, NPZ, NPY, Parquet, InkML, UNIPEN, or photos "
                "of sheets that this program has printed"
            )
        )
        for label in (what, kinds):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = self.drop_card.body
        body.setSpacing(10)
        body.addStretch(1)
        body.addWidget(picture)
        body.addWidget(what)
        body.addWidget(kinds)
        body.addSpacing(6)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        line.addWidget(self._files)
        line.addWidget(self._folder)
        line.addStretch(1)
        body.addLayout(line)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self._sheets)
        line.addStretch(1)
        body.addLayout(line)
        body.addStretch(1)
        right = Card()
        right.set_heading(tr("Or a dataset"))
        right.body.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self._summary, 1)
        below.addWidget(self._take)
        right.body.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.drop_card, 1)
        row.addWidget(right, 1)

    def refresh(self) -> None:
        """Say anew what can be had."""
        self._offers = offers(self._session.profile)
        self.table.set_rows([(offer.title, f"{offer.samples:,}", offer.words) for offer in self._offers])
        self._say_offer()

    def _say_offer(self) -> None:
        row = self.table.chosen()
        offer = self._offers[row] if row >= 0 else None
        self._take.setEnabled(offer is not None)
        self._summary.setText(offer.summary if offer else tr("Choose one to see what it is."))
        if offer is not None and offer.download:
            self._take.set_texts(tr("Download"), tr("Download it, then see it before it is imported"))
        else:
            self._take.set_texts(tr("Look at it"), tr("See it before it is imported"))

    def _take_offer(self) -> None:
        row = self.table.chosen()
        if row >= 0:
            self.chosen.emit((self._offers[row].name,))

    def _choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, tr("Import files"))
        self._choose(names)

    def _choose_folder(self) -> None:
        self._choose([QFileDialog.getExistingDirectory(self, tr("Import a folder"))])

    def _choose_sheets(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(self, tr("Import photos of sheets"), "", f"{tr('Pictures')} ({kinds})")
        self._choose(names)

    def _choose(self, names: Sequence[str]) -> None:
        paths = tuple(Path(name) for name in names if name)
        if paths:
            self.chosen.emit(paths)
