"""Writing samples as files that other programs, and this one, read."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs import export_work
from recognizer.gui.dialogs.export_work import Exported, fitting, kept_words, title_of
from recognizer.gui.dialogs.parts import Dialog, ProgressLine, open_folder
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.gui.words import dataset_title
from recognizer.library.exporting.formats import FORMATS, ExportFormat
from recognizer.library.samples import SampleTable

Positions = NDArray[np.int64]


class ExportDialog(Dialog):
    """Which samples on the left, in which format on the right; then a place, and what came of it.

    Args:
        session: The window's.
        table: The dataset.
        shown: The positions that the filter leaves, in the order in which they are shown.
        selected: The positions of the samples that are selected.
        parent: The window below.
    """

    def __init__(
        self,
        session: Session,
        table: SampleTable,
        shown: Positions,
        selected: Positions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, "exportDialog", QSize(860, 560), parent)
        self._table = table
        self._title = dataset_title(table.name, table.title)
        self._formats = tuple(FORMATS.values())
        self._written: Path | None = None
        self._which: dict[QRadioButton, Positions] = {}
        everything = np.arange(len(table), dtype=np.int64)
        for name, positions in (
            ("exportAll", everything),
            ("exportShown", np.sort(shown)),
            ("exportSelected", np.sort(selected)),
        ):
            button = QRadioButton()
            button.setObjectName(name)
            self._which[button] = positions
        self.formats = RowsTable("exportFormats", (tr("Format"), tr("What it is")), wide=1, can_choose=True)
        self._kept = Label("secondary", wraps=True)
        self._kept.setObjectName("exportKept")
        self._result = Card()
        self._done = Label("strong", wraps=True)
        self._done.setObjectName("exportDone")
        self._rest = Label("secondary", wraps=True)
        self._rest.setObjectName("exportRest")
        self._open = Button("open")
        self._open.setObjectName("exportOpenFolderButton")
        self._open.setAutoDefault(False)
        self._progress = ProgressLine()
        self._progress.hide()
        self._writing = self.job()
        self._choices = QWidget()
        self._lay_out()
        self._say_texts(len(everything), len(shown), len(selected))
        self._connect()
        self.formats.selectRow(0)
        self.formats.setFocus()
        self._update()

    def _lay_out(self) -> None:
        left = Card()
        left.set_heading(tr("Which samples"))
        left.body.setSpacing(12)
        group = QButtonGroup(self)
        for button in self._which:
            group.addButton(button)
            left.body.addWidget(button)
        left.body.addStretch(1)
        left.setMinimumWidth(216)
        right = Card()
        right.set_heading(tr("As what"))
        right.body.addWidget(self.formats, 1)
        right.body.addWidget(self._kept)
        row = QHBoxLayout(self._choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(left)
        row.addWidget(right, 1)
        left.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._done)
        words.addWidget(self._rest)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addLayout(words, 1)
        line.addWidget(self._open)
        self._result.body.addLayout(line)
        self._result.hide()
        self.body.addWidget(self._choices, 1)
        self.body.addWidget(self._result)
        self.body.addWidget(self._progress)
        self.footer.addStretch(1)
        self.add_button("exportCloseButton", tr("Close"), tr("Close"), self.reject)
        self._start = self.add_button(
            "exportStartButton", tr("Export…"), tr("Choose a place and write the file"), self._on_start, role="primary"
        )

    def _say_texts(self, n_all: int, n_shown: int, n_selected: int) -> None:
        self.set_heading(tr("Export samples"))
        texts = (
            ntr("All: {n} sample", "All: {n} samples", n_all),
            ntr("Shown by the filter: {n}", "Shown by the filter: {n}", n_shown),
            ntr("Selected: {n}", "Selected: {n}", n_selected),
        )
        chosen = 2 if n_selected > 1 else 1 if 0 < n_shown < n_all else 0
        for place, (button, text) in enumerate(zip(self._which, texts, strict=True)):
            button.setText(text)
            button.setAccessibleName(text)
            button.setEnabled(len(self._which[button]) > 0)
            button.setChecked(place == chosen)
        self.formats.setAccessibleName(tr("Formats"))
        self.formats.set_rows([(title_of(each), each.words()) for each in self._formats])
        self._open.set_texts(tr("Open the folder"), tr("Show the file in its folder"))

    def _connect(self) -> None:
        for button in self._which:
            button.toggled.connect(self._update)
        self.formats.selectionModel().selectionChanged.connect(self._update)
        self.formats.activated.connect(self._start.click)
        self._open.clicked.connect(self._open_folder)
        self._writing.progressed.connect(self._progress.show_progress)
        self._writing.succeeded.connect(self._on_written)
        self._writing.failed.connect(self._on_failed)
        self._writing.cancelled.connect(self._on_cancelled)
        self._progress.cancelWanted.connect(self._writing.cancel)

    def positions(self) -> Positions:
        """The samples that are to be written."""
        return next(
            (positions for button, positions in self._which.items() if button.isChecked()), np.zeros(0, np.int64)
        )

    def format(self) -> ExportFormat | None:
        """The format that is chosen."""
        row = self.formats.chosen()
        return self._formats[row] if row >= 0 else None

    def _update(self) -> None:
        is_working = self._writing.is_running()
        chosen, positions = self.format(), self.positions()
        n = fitting(chosen, self._table, positions) if chosen is not None else 0
        self._progress.setVisible(is_working)
        self._choices.setEnabled(not is_working)
        self._start.setEnabled(not is_working and n > 0)
        self._start.set_texts(
            ntr("Export {n} sample…", "Export {n} samples…", n) if n else tr("Export…"),
            tr("Choose a place and write the file"),
        )
        self._kept.setText(kept_words(chosen, self._table, positions) if chosen is not None else "")
        if self._written is None:
            self.say_step(
                tr(
                    "{title}: choose samples and a format, then a place. The library stays as it is.",
                    title=self._title,
                )
            )

    def _on_start(self) -> None:
        chosen = self.format()
        if chosen is None:
            return
        suggested = f"{_safe(self._title)}{chosen.suffix}"
        kinds = " ".join(f"*{suffix}" for suffix in chosen.suffixes if suffix)
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export samples"), suggested, "" if chosen.is_folder else f"{title_of(chosen)} ({kinds})"
        )
        if not name:
            return
        path = Path(name)
        if not chosen.is_folder and path.suffix.lower() not in chosen.suffixes:
            path = path.with_name(path.name + chosen.suffix)
        library, table, positions = self.session.library, self._table, self.positions()

        def work(progress: ProgressCallback, token: CancellationToken) -> Exported:
            return export_work.write(library, table, positions, path, chosen.name, progress, token)

        self.notice.hide()
        self._result.hide()
        self._progress.begin(tr("Writing {name}", name=path.name), tr("Stop; no file is left"))
        self._writing.start(work)
        self._update()

    def _on_written(self, exported: Exported) -> None:
        self._written = exported.path
        self._done.setText(exported.words)
        self._rest.setText("\n".join(exported.notes))
        self._rest.setVisible(bool(exported.notes))
        self._open.show()
        self._result.show()
        self.say_step(tr("The file is written. Open its folder, export in another format too, or close."))
        self._update()
        self._open.setFocus()

    def _on_failed(self, error: RecognizerError) -> None:
        self._update()

    def _on_cancelled(self) -> None:
        self._done.setText(tr("Stopped; no file was written"))
        self._rest.hide()
        self._result.show()
        self._open.setVisible(self._written is not None)
        self._update()

    def _open_folder(self) -> None:
        if self._written is not None:
            open_folder(self._written)

    def is_busy(self) -> bool:
        """While a file is being written."""
        return self._writing.is_running()

    def stop(self) -> None:
        """Give up writing."""
        self._writing.cancel()


def _safe(title: str) -> str:
    """A title as the name of a file."""
    return "".join("_" if sign in '<>:"/\\|?*' else sign for sign in title).strip(" .") or "samples"
