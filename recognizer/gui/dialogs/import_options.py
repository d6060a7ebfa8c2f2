"""The second step of an import: what it would bring, and what the user says of it."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.dialogs.import_work import Look
from recognizer.gui.dialogs.parts import SideCard, headed, typed_chooser
from recognizer.gui.dialogs.picture_grid import PictureGrid, Shown, sheet_pixmap
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, scrolled
from recognizer.library.dataset import SPLITS, Split, split_name
from recognizer.library.handwriting import NAME as OWN
from recognizer.library.handwriting import title as own_title
from recognizer.library.importing.reader import FOLDERS_ARE, ImportOptions
from recognizer.library.store.names import MAX_LABEL, MAX_TITLE

_MOST_LABELS: Final = 40
"""Classes that are named with their counts."""
_COLUMNS: Final = 4
_SIDE: Final = 36


class _Way(Button):
    """One answer to the question which way the pictures are up: a button with a few of them on it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self._samples: tuple[Shown, ...] = ()

    def show_samples(self, samples: tuple[Shown, ...]) -> None:
        """Show them."""
        self._samples = samples
        self._paint_icon()

    def _paint_icon(self) -> None:
        rows = max(1, -(-len(self._samples) // _COLUMNS))
        size = QSize(_COLUMNS * _SIDE, rows * _SIDE)
        pictures = [sample.picture for sample in self._samples]
        self.setIcon(sheet_pixmap(pictures, _COLUMNS, _SIDE, self.devicePixelRatioF()))
        self.setIconSize(size)
        self.setFixedHeight(size.height() + 20)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_samples"):
            self._paint_icon()


class ImportOptionsView(QWidget):
    """What was found on the left, options on the right.

    Signals:
        changed: The user has changed something.
        foldersChosen: The user has said what folders stand for, so that everything is to be seen anew.
    """

    changed = Signal()
    foldersChosen = Signal()

    def __init__(self, session: Session, into: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._into = into
        self._look: Look | None = None
        self._titles: dict[str, str] = {}
        """The names of the datasets by their titles in small letters."""
        self._kind = Label("strong", wraps=True)
        self._kind.setObjectName("importKind")
        self._facts = Label("secondary", wraps=True)
        self._facts.setObjectName("importFacts")
        self._classes = Label("secondary", wraps=True)
        self._classes.setObjectName("importClasses")
        self._notes = Label(wraps=True)
        self._notes.setObjectName("importNotes")
        self._grid = PictureGrid()
        self._grid.setObjectName("importPictures")
        self._grid.setAccessibleName(tr("The first samples"))
        self._asked = Label("doubt", wraps=True)
        self._asked.setObjectName("importQuestion")
        self._ways = _Way("importUprightButton"), _Way("importTurnedButton")
        self._question = QWidget()
        self.target, self._title = typed_chooser("importTarget")
        self._title.setMaxLength(MAX_TITLE)
        self._target_note = Label("secondary", wraps=True)
        self._target_note.setObjectName("importTargetNote")
        self.folders = QComboBox()
        self.folders.setObjectName("importFolders")
        self._folders = QWidget()
        self._asked_folders = FOLDERS_ARE[0]
        self._proposed = ""
        """The title that was proposed last."""
        self.label = QLineEdit()
        self.label.setObjectName("importLabel")
        self.label.setMaxLength(MAX_LABEL)
        self.split = QComboBox()
        self.split.setObjectName("importSplit")
        self.split.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.split.setMinimumContentsLength(10)
        self.writer = QLineEdit()
        self.writer.setObjectName("importWriter")
        self.duplicates = QCheckBox()
        self.duplicates.setObjectName("importDuplicates")
        self._lay_out()
        self._connect()
        self._say_texts()

    def _lay_out(self) -> None:
        question = QVBoxLayout(self._question)
        question.setContentsMargins(0, 0, 0, 4)
        question.addWidget(self._asked)
        line = QHBoxLayout()
        line.setSpacing(10)
        group = QButtonGroup(self)
        for way in self._ways:
            group.addButton(way)
            line.addWidget(way)
        line.addStretch(1)
        question.addLayout(line)
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        for widget in (self._kind, self._facts, self._question, self._notes, self._grid, self._classes):
            column.addWidget(widget)
        column.addStretch(1)
        left = Card()
        left.body.addWidget(scrolled(found), 1)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addLayout(headed(tr("Into the dataset"), self.target, self._target_note))
        folders = headed(tr("Folders are"), self.folders)
        folders.setContentsMargins(0, 0, 0, 0)
        self._folders.setLayout(folders)
        column.addWidget(self._folders)
        column.addLayout(headed(tr("Label of samples without one"), self.label))
        column.addLayout(headed(tr("Split"), self.split))
        column.addLayout(headed(tr("Writer of samples without one"), self.writer))
        column.addWidget(self.duplicates)
        column.addStretch(1)
        right = SideCard(column, 300)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(left, 1)
        row.addWidget(right)

    def _connect(self) -> None:
        self.target.editTextChanged.connect(self._on_target)
        self.folders.activated.connect(self._on_folders)
        for way in self._ways:
            way.toggled.connect(self._on_way)

    def _say_texts(self) -> None:
        self.target.setToolTip(tr("Choose a dataset, or type the name of a new one"))
        self._title.setPlaceholderText(tr("Name of the dataset"))
        for what, text in zip(FOLDERS_ARE, (tr("classes"), tr("writers")), strict=True):
            self.folders.addItem(text, what)
        self.folders.setToolTip(tr("Whether folders are named after what was written, or after who wrote"))
        self.label.setPlaceholderText(tr("none"))
        self.label.setToolTip(tr("What the samples show of which the data does not say it"))
        self.writer.setPlaceholderText(tr("not known"))
        self.writer.setToolTip(tr("Who wrote the samples of which the data does not say it"))
        self.split.setToolTip(tr("What the samples are used for"))
        self.duplicates.setText(tr("Keep exact duplicates too"))
        self.duplicates.setToolTip(tr("Else samples are left out of which the dataset has exact copies already"))
        for way, text in zip(self._ways, (tr("As they are stored"), tr("Turned")), strict=True):
            way.setAccessibleName(text)
            way.setToolTip(text)

    # What was found

    def show_look(self, look: Look, suggested: str) -> None:
        """Show what was found; `suggested` is the title of a dataset for it, empty for the one that was open."""
        self._look = look
        count = ntr("{n} sample", "{n} samples", look.count) if look.count >= 0 else tr("samples not counted yet")
        self._kind.setText(f"{look.kind} · {count}")
        facts = [
            tr("with labels") if look.has_labels else tr("without labels"),
            tr("with splits") if look.has_splits else tr("without splits"),
            tr("with writers") if look.has_writers else tr("without writers"),
        ]
        self._facts.setText(" · ".join(facts))
        self._notes.setText("\n".join(look.notes))
        self._notes.setVisible(bool(look.notes))
        named = [f"{label or tr('no label')} · {n:,}" for label, n in look.labels[:_MOST_LABELS]]
        more = len(look.labels) - len(named)
        if more > 0:
            named.append(ntr("and {n} more class", "and {n} more classes", more))
        # Parted by wide blanks, so that a name stays with its number when the line breaks.
        self._classes.setText("    ".join(part.replace(" ", "\u00a0") for part in named))
        self._classes.setVisible(bool(named))
        self._folders.setVisible(look.has_folders)
        self._show_question(look)
        self._show_pictures()
        self._fill_targets(suggested)

    def _show_question(self, look: Look) -> None:
        self._question.setVisible(look.question)
        if not look.question:
            return
        guess = tr("the right ones") if look.seems_turned else tr("the left ones")
        self._asked.setText(
            tr("Which of these stand upright? Click them. The program would say: {guess}.", guess=guess)
        )
        for way, samples in zip(self._ways, (look.upright, look.turned), strict=True):
            group = way.group()
            group.setExclusive(False)
            way.setChecked(False)
            group.setExclusive(True)
            way.show_samples(samples)

    def _show_pictures(self) -> None:
        look = self._look
        if look is not None:
            # While it is asked which way is up, there is nothing more to see.
            self._grid.setVisible(not look.question and bool(look.first))
            self._grid.set_samples(look.first)

    def _fill_splits(self) -> None:
        """Offer the splits; what happens without a choice depends on the data and on the dataset."""
        look = self._look
        if look is None:
            return
        if look.has_splits:
            usual = tr("as the data says")
        elif self.into() == OWN:
            usual = tr("as usual: a fifth for the test")
        else:
            usual = tr("all for train, for now")
        if self.split.count() == 0:
            self.split.addItem("", None)
            for split in SPLITS:
                self.split.addItem(tr("all for {split}", split=split_name(split)), split)
        self.split.setItemText(0, usual)

    def _fill_targets(self, suggested: str) -> None:
        try:
            known = {record.name: record.title for record in self._session.library.records()}
        except RecognizerError:
            # The import will say what is wrong with it.
            known = {}
        known = {OWN: own_title()} | known
        self._titles = {title.casefold(): name for name, title in known.items()}
        self._titles[own_title().casefold()] = OWN
        typed = self.target.currentText()
        # What was proposed for other data, nobody has asked for.
        typed = "" if typed == self._proposed else typed
        self.target.blockSignals(True)
        self.target.clear()
        for name, title in known.items():
            self.target.addItem(own_title() if name == OWN else title, name)
        self._proposed = suggested or self._title_of(self._into)
        self.target.setEditText(typed or self._proposed)
        self.target.blockSignals(False)
        self._title.setCursorPosition(0)
        self._on_target()

    def _title_of(self, into: str) -> str:
        row = self.target.findData(into)
        return self.target.itemText(row) if row >= 0 else into

    def _on_target(self) -> None:
        title = self.target.currentText().strip()
        is_new = bool(title) and title.casefold() not in self._titles
        self._target_note.setText(tr("A new dataset is made.") if is_new else "")
        self._target_note.setVisible(is_new)
        self._fill_splits()
        self.changed.emit()

    def _on_way(self) -> None:
        self.changed.emit()

    def _on_folders(self) -> None:
        if self._asked_folders != self.folders_are():
            self._asked_folders = self.folders_are()
            self.foldersChosen.emit()

    def begin(self) -> None:
        """Forget what was said of the data that was looked at before."""
        self._asked_folders = FOLDERS_ARE[0]
        self.folders.setCurrentIndex(0)

    # What the user says

    def into(self) -> str:
        """The name of the dataset to import into, or the title of a new one; empty where none is named."""
        title = self.target.currentText().strip()
        return self._titles.get(title.casefold(), title)

    def options(self) -> ImportOptions:
        """What the user says of the samples."""
        split = self.split.currentData()
        return ImportOptions(
            label=self.label.text().strip(),
            split=Split(split) if split is not None else None,
            writer=self.writer.text().strip(),
            is_transposed=self._ways[1].isChecked() if self.is_asking() else None,
            folders=self.folders_are(),
        )

    def folders_are(self) -> str:
        """What folders stand for, one of `FOLDERS_ARE`."""
        return str(self.folders.currentData())

    def keeps_duplicates(self) -> bool:
        """Whether exact copies are wanted."""
        return self.duplicates.isChecked()

    def is_asking(self) -> bool:
        """Whether there is a question."""
        return self._look is not None and self._look.question

    def is_answered(self) -> bool:
        """Whether the question, if there is one, has been answered."""
        return not self.is_asking() or any(way.isChecked() for way in self._ways)

    def focus_first(self) -> None:
        """Set the focus to where something is to be said first."""
        (self._ways[0] if self.is_asking() else self.target).setFocus(Qt.FocusReason.OtherFocusReason)
