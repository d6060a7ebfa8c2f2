"""Printing sheets to write on."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.page_view import PageView
from recognizer.gui.dialogs.parts import Dialog, ProgressLine, SideCard, headed, number_field, open_folder
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label
from recognizer.library.sheets.page import MAX_COPIES, MAX_TITLE, MAX_WRITERS, Paper, SheetLayout
from recognizer.library.sheets.writers import names_in

_WAIT: Final = 150
"""Milliseconds of rest after which the preview follows."""
_DOTS_PER_INCH: Final = 150
_NAMES_HEIGHT: Final = 76
_PRESETS: Final = (
    ("digits", "0–9", string.digits),
    ("capitals", "A–Z", string.ascii_uppercase),
    ("smalls", "a–z", string.ascii_lowercase),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """Sheets that can be printed.

    Attributes:
        layouts: The pages.
        first: (h, w) uint8, the first of them.
    """

    layouts: tuple[SheetLayout, ...]
    first: NDArray[np.uint8]


class SheetDialog(Dialog):
    """What the sheets ask for on the left, their first page on the right; saved as PDF or PNG, to be printed.

    Args:
        session: The window's.
        labels: The classes of the dataset that is open, for one of the presets; may be empty.
        parent: The window below.
    """

    def __init__(self, session: Session, labels: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(session, "sheetDialog", QSize(900, 640), parent)
        self._labels = tuple(labels)
        self._laid: _Laid | None = None
        self._written: Path | None = None
        self._symbols = QLineEdit()
        self._symbols.setObjectName("sheetSymbols")
        self._copies = number_field("sheetCopies", 1, MAX_COPIES, 10)
        self._writers = number_field("sheetWriters", 0, MAX_WRITERS, 0)
        self._names = QPlainTextEdit()
        self._names.setObjectName("sheetNames")
        self._names.setTabChangesFocus(True)
        self._names.setFixedHeight(_NAMES_HEIGHT)
        self._paper = QComboBox()
        self._paper.setObjectName("sheetPaper")
        self._paper.addItem(tr("A4 (210 × 297 mm)"), Paper.A4)
        self._paper.addItem(tr("US Letter (8.5 × 11 in)"), Paper.LETTER)
        self._headline = QLineEdit()
        self._headline.setObjectName("sheetTitle")
        self._headline.setMaxLength(MAX_TITLE)
        self._page = PageView()
        self._page.setObjectName("sheetPreview")
        self._summary = Label("secondary", wraps=True)
        self._summary.setObjectName("sheetSummary")
        self._symbols_note = Label("secondary", wraps=True)
        self._symbols_note.setObjectName("sheetSymbolsNote")
        self._progress = ProgressLine()
        self._progress.hide()
        self._preview, self._printing = self.job(), self.job()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT)
        self._lay_out()
        self._connect()
        self._say_texts()
        self._symbols.setText(text_of(self._labels) if 0 < len(self._labels) <= 200 else string.digits)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addLayout(headed(tr("Symbols to copy"), self._symbols, self._presets(), self._symbols_note))
        numbers = QHBoxLayout()
        numbers.setSpacing(12)
        numbers.addLayout(headed(tr("Copies of each"), self._copies), 1)
        numbers.addLayout(headed(tr("Numbered for writers"), self._writers), 1)
        column.addLayout(numbers)
        column.addLayout(headed(tr("Or their names, one a line"), self._names))
        column.addLayout(headed(tr("Paper"), self._paper))
        column.addLayout(headed(tr("Title on every page"), self._headline))
        column.addStretch(1)
        left = SideCard(column, 340)
        right = Card()
        right.body.addWidget(self._page, 1)
        right.body.addWidget(self._summary)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(left)
        row.addWidget(right, 1)
        self.body.addLayout(row, 1)
        self.body.addWidget(self._progress)
        self._open = Button("open")
        self._open.setObjectName("sheetOpenFolderButton")
        self._open.setAutoDefault(False)
        self._open.hide()
        self.footer.addWidget(self._open)
        self.footer.addStretch(1)
        self.add_button("sheetCloseButton", tr("Close"), tr("Close without printing"), self.reject)
        self._png = self.add_button(
            "sheetPngButton", tr("Save PNG…"), tr("Save a picture of each page"), lambda: self._save(".png")
        )
        self._pdf = self.add_button(
            "sheetPdfButton",
            tr("Save PDF…"),
            tr("Save all pages in one file, to be printed"),
            lambda: self._save(".pdf"),
            role="primary",
        )

    def _presets(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        presets = [(name, caption, text) for name, caption, text in _PRESETS]
        if self._labels:
            presets.append(("classes", tr("Classes"), text_of(self._labels)))
        for name, caption, text in presets:
            button = Button(role="chip")
            button.setObjectName(f"sheetPreset-{name}")
            button.setAutoDefault(False)
            tip = tr("The classes of the open dataset") if name == "classes" else tr("Only {symbols}", symbols=caption)
            button.set_texts(caption, tip)
            button.clicked.connect(lambda _=False, wanted=text: self._symbols.setText(wanted))
            line.addWidget(button)
        line.addStretch(1)
        return row

    def _connect(self) -> None:
        self._symbols.textChanged.connect(self._on_changed)
        self._copies.valueChanged.connect(self._on_changed)
        self._writers.valueChanged.connect(self._on_changed)
        self._names.textChanged.connect(self._on_changed)
        self._paper.currentIndexChanged.connect(self._on_changed)
        self._headline.textChanged.connect(self._on_changed)
        self._timer.timeout.connect(self._lay_out_pages)
        self._preview.succeeded.connect(self._on_laid_out)
        self._preview.failed.connect(self._on_refused)
        self._printing.progressed.connect(self._progress.show_progress)
        self._printing.succeeded.connect(self._on_printed)
        self._printing.failed.connect(self._on_print_ended)
        self._printing.cancelled.connect(self._on_print_ended)
        self._progress.cancelWanted.connect(self._printing.cancel)
        self._open.clicked.connect(self._open_folder)

    def _say_texts(self) -> None:
        self.set_heading(tr("Print sheets to write on"))
        self._say_next()
        self._symbols.setToolTip(tr("Each character is a symbol; with blanks between them, each word is one"))
        self._symbols.setPlaceholderText(tr("for example 0123456789"))
        self._copies.setToolTip(tr("How many boxes each symbol gets"))
        self._writers.setSpecialValueText(tr("not numbered"))
        self._writers.setToolTip(
            tr("Prints the sheets once for each writer, with a number by which the photos are told apart")
        )
        self._names.setPlaceholderText(tr("for example a list that is pasted"))
        self._names.setToolTip(
            tr("Prints a sheet for each name, with the name on it; it comes back as the writer of the samples")
        )
        self._paper.setToolTip(tr("What it is printed on"))
        self._headline.setPlaceholderText(tr("Handwriting sheet"))
        self._headline.setToolTip(tr("Such as the name of the class; at most {most} characters", most=MAX_TITLE))
        self._page.setAccessibleName(tr("The first page"))
        self._open.set_texts(tr("Open the folder"), tr("Show the saved file in its folder"))

    def _say_next(self) -> None:
        self.say_step(
            tr(
                "Save the sheets, print them at their full size and let them be filled in. Then import photos of "
                "them: the program finds every box by itself."
            )
        )

    # The preview

    def _on_changed(self) -> None:
        self._page.dim()
        self._laid = None
        self._update()
        self._timer.start()

    def _lay_out_pages(self) -> None:
        symbols, title = symbols_in(self._symbols.text()), self._headline.text()
        copies, paper = self._copies.value(), self._paper.currentData()
        writers = names_in(self._names.toPlainText()) or self._writers.value()

        def work(progress: ProgressCallback, token: CancellationToken) -> _Laid:
            from recognizer.library.sheets.layout import make_layouts
            from recognizer.library.sheets.printing import render_page

            layouts = make_layouts(symbols, copies, paper, title, writers)
            token.check()
            return _Laid(tuple(layouts), render_page(layouts[0], _DOTS_PER_INCH))

        self._preview.start(work)

    def _on_laid_out(self, laid: _Laid) -> None:
        self.notice.hide()
        self._laid = laid
        self._page.set_page(laid.first)
        first = laid.layouts[0]
        boxes = sum(page.count for page in laid.layouts if page.writer == first.writer)
        pages = ntr("{n} page", "{n} pages", first.pages)
        words = [pages, ntr("{n} box to write in", "{n} boxes to write in", boxes)]
        if first.writer:
            words = [ntr("for {n} writer", "for each of {n} writers", laid.layouts[-1].writer), *words]
            words.append(ntr("{n} page in all", "{n} pages in all", len(laid.layouts)))
        self._summary.setText(" · ".join(words))
        self._page.setAccessibleDescription(self._summary.text())
        self._update()

    def _on_refused(self, error: RecognizerError) -> None:
        self._summary.setText("")
        self._update()

    def _update(self) -> None:
        can_save = self._laid is not None and not self._printing.is_running()
        self._pdf.setEnabled(can_save)
        self._png.setEnabled(can_save)
        self._writers.setEnabled(not self._names.toPlainText().strip())
        n = len(dict.fromkeys(symbols_in(self._symbols.text())))
        self._symbols_note.setText(ntr("{n} symbol", "{n} symbols", n))

    # Printing

    def _save(self, suffix: str) -> None:
        if self._laid is None:
            return
        kinds = {".pdf": tr("PDF file"), ".png": tr("PNG pictures")}
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save the sheets"), f"{tr('sheets')}{suffix}", f"{kinds[suffix]} (*{suffix})"
        )
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() != suffix:
            path = path.with_name(path.name + suffix)
        layouts = self._laid.layouts

        def work(progress: ProgressCallback, token: CancellationToken) -> list[Path]:
            from recognizer.library.sheets.printing import print_sheets

            return print_sheets(layouts, path, progress, token)

        self.notice.hide()
        self._open.hide()
        self._progress.begin(tr("Drawing the sheets"), tr("Stop saving"))
        self._progress.show()
        self._printing.start(work)
        self._update()

    def _on_printed(self, written: list[Path]) -> None:
        self._on_print_ended()
        self._written = written[0]
        self._open.show()
        name = written[0].name
        if len(written) > 1:
            saved = ntr(
                "{n} picture saved, from {name} on.", "{n} pictures saved, from {name} on.", len(written), name=name
            )
        else:
            saved = tr("{name} is saved.", name=name)
        self.say_step(
            tr(
                "{saved} Print it at its full size (100 %), let it be filled in, and import photos of the sheets.",
                saved=saved,
            )
        )

    def _on_print_ended(self) -> None:
        self._progress.hide()
        self._update()

    def _open_folder(self) -> None:
        if self._written is not None:
            open_folder(self._written)

    def is_busy(self) -> bool:
        """While sheets are being saved."""
        return self._printing.is_running()

    def stop(self) -> None:
        """Give up saving."""
        self._printing.cancel()


def symbols_in(text: str) -> list[str]:
    """The labels that a line of text names: its words where there are several, else its characters."""
    words = text.split()
    return words if len(words) > 1 else list("".join(words))


def text_of(labels: Sequence[str]) -> str:
    """The line of text that names `labels`."""
    if all(len(label) == 1 for label in labels):
        return "".join(labels)
    # A word alone would be taken for its characters; said twice it is one label.
    return " ".join(labels if len(labels) > 1 else [*labels, *labels])
