"""Taking in a foreign model: what is in the file, what its outputs stand for, and how well it reads."""

from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken, Cancelled
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.layer_table import layer_words, shape_words
from recognizer.gui.dialogs.parts import Dialog, ProgressLine, SideCard, headed
from recognizer.gui.dialogs.rows_table import RowsTable
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Card, Label
from recognizer.gui.widgets.training_fields import Choice, mark_wrong
from recognizer.gui.words import dataset_title, shortened
from recognizer.inference.registry import ModelRecord
from recognizer.library.dataset import DIGITS
from recognizer.library.sources import BUILT_IN, is_available, load_dataset
from recognizer.training.shipping import arrival
from recognizer.training.shipping.arrival import Arrival
from recognizer.training.shipping.facts import accuracy_words, judged_on
from recognizer.training.shipping.plan import plan

_SIDE: Final = 320
"""How wide the column at the right is, logical pixels."""


class ModelImportDialog(Dialog):
    """The layers at the left; labels and what to judge it on at the right.

    Signals:
        imported: The id of the model that came in.
        drawWanted: Its id: the user wants to draw with it.

    Args:
        session: The window's.
        found: The file, which has been looked at.
        parent: The window below.
    """

    imported = Signal(str)
    drawWanted = Signal(str)

    def __init__(self, session: Session, found: Arrival, parent: QWidget | None = None) -> None:
        super().__init__(session, "modelImportDialog", QSize(900, 580), parent)
        self._arrival = found
        self._record: ModelRecord | None = None
        self.table = RowsTable(
            "importedLayers",
            (tr("Layer"), tr("Settings"), tr("Gives"), tr("Parameters")),
            right=(2, 3),
            wide=1,
        )
        self._totals = Label("secondary", wraps=True)
        self._totals.setObjectName("importedTotals")
        self.labels = QLineEdit()
        self.labels.setObjectName("importedLabels")
        self._label_words = Label("secondary", wraps=True)
        self._label_words.setObjectName("importedLabelWords")
        self.data = Choice("importedData")
        self._result = Label("strong", wraps=True)
        self._result.setObjectName("importedResult")
        self._basis = Label("secondary", wraps=True)
        self._basis.setObjectName("importedBasis")
        self._progress = ProgressLine()
        self._work = self.job()
        self._lay_out()
        self._say_texts()
        self._fill()
        self._work.progressed.connect(self._progress.show_progress)
        self._work.succeeded.connect(self._on_imported)
        self._work.failed.connect(self._on_failed)
        self._work.cancelled.connect(self._on_cancelled)
        self._progress.cancelWanted.connect(self._work.cancel)
        self.labels.textChanged.connect(self._update)
        self._update()
        self.labels.setFocus()

    def _lay_out(self) -> None:
        left = Card()
        left.set_heading(tr("What is in the file"))
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self._totals)
        column = QVBoxLayout()
        column.setSpacing(14)
        column.addLayout(headed(tr("What its outputs stand for, in their order"), self.labels, self._label_words))
        column.addLayout(headed(tr("Judge it on"), self.data))
        column.addSpacing(4)
        column.addWidget(self._result)
        column.addWidget(self._basis)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(left, 1)
        row.addWidget(SideCard(column, _SIDE))
        self.body.addLayout(row, 1)
        self.body.addWidget(self._progress)
        self.footer.addStretch(1)
        self._close = self.add_button(
            "importedCloseButton", tr("Cancel"), tr("Close; the file does not come in"), self.reject
        )
        self._draw = self.add_button(
            "importedDrawButton",
            tr("Draw with it"),
            tr("Open the Draw page and read with this model"),
            self._on_draw,
            role="primary",
        )
        self._start = self.add_button(
            "importedStartButton",
            tr("Import"),
            tr("Build the model anew from what is in the file; nothing in the file is run"),
            self._on_start,
            role="primary",
        )
        self._draw.hide()

    def _say_texts(self) -> None:
        found = self._arrival.found
        self.set_heading(tr("Import “{name}”", name=shortened(self._arrival.path.name)))
        self.table.setAccessibleName(tr("Layers"))
        count = sum(array.size for array in found.weights)
        words = [ntr("{n} output", "{n} outputs", found.classes), ntr("{n} parameter", "{n} parameters", count)]
        if found.adds_softmax:
            words.append(tr("its scores are made probabilities"))
        self._totals.setText(" · ".join(words))
        self.labels.setToolTip(tr("Characters, or words with blanks between them"))
        self.data.setToolTip(tr("Read this data with the model once it is there, to know how well it reads"))

    def _fill(self) -> None:
        found = self._arrival.found
        rows = []
        for layer in plan(found.recipe, found.classes):
            name, settings = layer_words(layer.entry)
            numbers = sum(_product(shape) for shape in layer.weights)
            rows.append((name, settings, shape_words(layer.outputs), f"{numbers:,}"))
        self.table.set_rows(rows)
        self.labels.setText(" ".join(self._arrival.labels))
        self.data.addItem(tr("nothing; it can be judged later"), "")
        own = [(record.name, record.title) for record in self.session.library.records()] if self._has_library() else []
        known = [(name, name) for name in BUILT_IN if is_available(name, self.session.profile)]
        for name, title in (*known, *own):
            if self.data.findData(name) < 0:
                self.data.addItem(dataset_title(name, title), name)
        if set(DIGITS.names) <= set(self._arrival.labels):
            self.data.choose("mnist")

    def _has_library(self) -> bool:
        return self.session.library.file.is_open()

    def given_labels(self) -> tuple[str, ...]:
        """What was typed; empty where it is what was offered."""
        typed = arrival.split_labels(self.labels.text())
        return () if typed == self._arrival.labels else typed

    def _update(self) -> None:
        is_working, is_done = self._work.is_running(), self._record is not None
        problem = self._label_problem()
        mark_wrong(self.labels, is_wrong=bool(problem) and bool(self.labels.text().strip()))
        n = self._arrival.found.classes - (0 if self.given_labels() else len(self._arrival.extras))
        count = len(arrival.split_labels(self.labels.text()))
        self._label_words.setText(problem or tr("{count} of {n} named", count=count, n=n))
        self._progress.setVisible(is_working)
        for field in (self.labels, self.data):
            field.setEnabled(not is_working and not is_done)
        self._start.setEnabled(not is_working and not problem)
        self._start.setVisible(not is_done)
        self._draw.setVisible(is_done)
        if is_done:
            self._close.set_texts(tr("Close"), tr("Close"))
        elif not is_working:
            self.say_step(tr("Nothing in the file was run. Say what its outputs stand for, then import it."))

    def _label_problem(self) -> str:
        """What is wrong with the labels, in words; empty where nothing."""
        given, found = self.given_labels(), self._arrival.found
        labels, extras = (given, ()) if given else (self._arrival.labels, self._arrival.extras)
        try:
            arrival.check_labels(labels, extras, found.classes)
        except RecognizerError:
            typed = len(labels)
            if typed != found.classes:
                return tr("{count} of {n} named; each output needs a label", count=typed, n=found.classes)
            return tr("Each output needs a label of its own")
        return ""

    def _on_start(self) -> None:
        profile, path, labels = self.session.profile, self._arrival.path, self.given_labels()
        name = str(self.data.currentData() or "")

        def work(progress: ProgressCallback, token: CancellationToken) -> tuple[ModelRecord, RecognizerError | None]:
            record = arrival.import_model(profile, path, labels, progress, token)
            if not name:
                return record, None
            progress(0, 0, tr("Judging the model"))
            try:
                data = load_dataset(name, profile, progress, token, for_evaluation=True)
                return arrival.judge_model(profile, record, data, token), None
            except RecognizerError as error:
                # The model is there all the same.
                return record, error
            except Cancelled:
                return record, None

        self.notice.hide()
        self._progress.begin(tr("Loading TensorFlow…"), tr("Stop; the file does not come in"))
        self.say_step(tr("TensorFlow takes some seconds to load; Cancel stops at any time."))
        self._work.start(work)
        self._update()

    def _on_imported(self, result: tuple[ModelRecord, RecognizerError | None]) -> None:
        record, problem = result
        self._record = record
        figure, note = accuracy_words(record, None) or (tr("It is imported"), tr("How well it reads is not known yet."))
        is_judged = record.accuracy is not None
        self._result.setText(tr("{accuracy} read rightly", accuracy=figure) if is_judged else figure)
        self._basis.setText(f"{judged_on(record)}\n{note}" if is_judged else note)
        if problem is not None:
            self.notice.show_error(problem)
        self.say_step(tr("The model is among the others now, and can be chosen on the Draw page."))
        self._update()
        self._draw.setFocus()
        self.imported.emit(record.id)

    def _on_failed(self, error: RecognizerError) -> None:
        self._update()

    def _on_cancelled(self) -> None:
        self._update()
        self.say_step(tr("Stopped."))

    def _on_draw(self) -> None:
        record = self._record
        self.accept()
        if record is not None:
            self.drawWanted.emit(record.id)

    def is_busy(self) -> bool:
        """While the model is built and judged."""
        return self._work.is_running()

    def stop(self) -> None:
        """Give up."""
        self._work.cancel()
        self._progress.show_stopping()


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for side in shape:
        product *= side
    return product
