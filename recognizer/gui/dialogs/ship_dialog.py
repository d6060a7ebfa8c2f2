"""Writing a model for other programs: formats and a place, then what came of each when it was tried."""

import re
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, QStandardPaths
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.parts import Dialog, ProgressLine, open_folder
from recognizer.gui.dialogs.question import Question
from recognizer.gui.dialogs.ship_result import ShipResult, format_title
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, scrolled
from recognizer.gui.words import breakable, model_title, shortened
from recognizer.inference.registry import ModelRecord
from recognizer.training.shipping import shipment
from recognizer.training.shipping.formats import FORMATS
from recognizer.training.shipping.shipment import Shipment

_INDENT: Final = 23
"""Where the text of a check box begins, logical pixels."""
_MOST_NAMES: Final = 1000


class ShipDialog(Dialog):
    """Exports a model.

    Args:
        session: The window's.
        record: The model.
        parent: The window below.
    """

    def __init__(self, session: Session, record: ModelRecord, parent: QWidget | None = None) -> None:
        super().__init__(session, "shipDialog", QSize(860, 620), parent)
        self._record = record
        self._boxes: dict[str, QCheckBox] = {}
        for name in FORMATS:
            box = QCheckBox(format_title(name))
            box.setObjectName(f"ship-{name}")
            box.setChecked(True)
            box.toggled.connect(self._update)
            self._boxes[name] = box
        self.place = QLineEdit()
        self.place.setObjectName("shipPlace")
        self.place.textChanged.connect(self._update)
        self._choose = Button("open")
        self._choose.setObjectName("shipChooseButton")
        self._choose.setAutoDefault(False)
        self._choose.clicked.connect(self._choose_place)
        self._place_words = Label("secondary", wraps=True)
        self._place_words.setObjectName("shipPlaceWords")
        self._question = Question("replaceShipment")
        self._question.agreed.connect(self._write)
        self._question.refused.connect(self.place.setFocus)
        self._choices = QWidget()
        self.outcome = ShipResult()
        self.outcome.openWanted.connect(self._open)
        self._progress = ProgressLine()
        self._writing = self.job()
        self._lay_out()
        self._connect()
        self.place.setText(str(_free_place(record.id)))
        self._update()
        self._start.setFocus()

    def _lay_out(self) -> None:
        formats = Card()
        formats.set_heading(tr("For which programs"))
        formats.body.setSpacing(10)
        for name, box in self._boxes.items():
            words = Label("secondary", wraps=True)
            words.setText(format_words(name))
            words.setContentsMargins(_INDENT, 0, 0, 0)
            box.setAccessibleDescription(words.text())
            box.setToolTip(words.text())
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(box)
            column.addWidget(words)
            formats.body.addLayout(column)
        where = Card()
        where.set_heading(tr("Where to"))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.place, 1)
        line.addWidget(self._choose)
        where.body.addLayout(line)
        where.body.addWidget(self._place_words)
        self.place.setAccessibleName(tr("Where to"))
        self.place.setToolTip(tr("A new or empty folder; a name that ends in .zip makes one file of it"))
        self._choose.set_texts(tr("Choose…"), tr("Choose the folder in which it is put"))
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(formats)
        column.addWidget(where)
        column.addStretch(1)
        outer = QVBoxLayout(self._choices)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(content))
        self.body.addWidget(self._question)
        self.body.addWidget(self._choices, 1)
        self.body.addWidget(self.outcome, 1)
        self.body.addWidget(self._progress)
        self.outcome.hide()
        self.footer.addStretch(1)
        self._again = self.add_button(
            "shipAgainButton", tr("Export again"), tr("Choose other formats, or another place"), self._begin_again
        )
        self.add_button("shipCloseButton", tr("Close"), tr("Close"), self.reject)
        self._start = self.add_button(
            "shipStartButton", tr("Export"), tr("Write the model, and try what was written"), self._ask, role="primary"
        )
        self.set_heading(tr("Export “{title}”", title=shortened(model_title(self._record))))

    def _connect(self) -> None:
        self._writing.progressed.connect(self._progress.show_progress)
        self._writing.succeeded.connect(self._on_written)
        self._writing.failed.connect(self._update)
        self._writing.cancelled.connect(self._on_cancelled)
        self._progress.cancelWanted.connect(self._writing.cancel)

    def formats(self) -> tuple[str, ...]:
        """The formats that are wanted."""
        return tuple(name for name, box in self._boxes.items() if box.isChecked())

    def target(self) -> Path | None:
        """Where the export is to go; None where nothing is named."""
        text = self.place.text().strip()
        return Path(text).expanduser().absolute() if text else None

    def _update(self) -> None:
        is_working, has_result = self._writing.is_running(), not self.outcome.isHidden()
        target = self.target()
        problem = _problem(target)
        self._progress.setVisible(is_working)
        self._choices.setEnabled(not is_working)
        self._start.setEnabled(not is_working and bool(self.formats()) and target is not None and not problem)
        self._start.setVisible(not has_result)
        self._again.setVisible(has_result)
        self._place_words.set_role("wrong" if problem else "secondary")
        self._place_words.setText(problem or self._contents_words(target))
        if has_result or is_working:
            return
        self.say_step(
            tr("Each file is run on test pictures before it is handed over, and its stamp says how it answered.")
            if self.formats()
            else tr("Choose at least one format.")
        )

    def _contents_words(self, target: Path | None) -> str:
        if target is None:
            return tr("Name a new or empty folder, or a .zip file")
        if target.suffix.lower() == ".zip" and target.exists():
            return tr("There is such a file; you will be asked before it is replaced")
        return tr(
            "With each: preprocessing, labels, reject rule, 1,000 test pictures with their answers, and an example of "
            "its use"
        )

    def _choose_place(self) -> None:
        target = self.target()
        start = next((each for each in target.parents if each.is_dir()), None) if target is not None else None
        folder = QFileDialog.getExistingDirectory(self, tr("Where to"), str(start or Path.home()))
        if folder:
            name = target.name if target is not None else f"{self._record.id}-export"
            self.place.setText(str(_free_in(Path(folder), name)))

    def _ask(self) -> None:
        """Write at once, or ask first where something would be replaced."""
        target = self.target()
        if target is not None and target.exists() and target.is_file():
            self._question.ask(
                tr("Replace the file {name}?", name=breakable(target.name)),
                tr("The export takes its place once all of it is written."),
                tr("Replace"),
                tr("Choose another place"),
            )
        else:
            self._write()

    def _write(self) -> None:
        target, formats = self.target(), self.formats()
        if target is None or not formats:
            return
        record, profile = self._record, self.session.profile

        def work(progress: ProgressCallback, token: CancellationToken) -> Shipment:
            return shipment.ship(record, profile, target, formats, progress, token)

        self.notice.hide()
        self._progress.begin(tr("Loading TensorFlow…"), tr("Stop; nothing is left behind"))
        self.say_step(tr("TensorFlow takes some seconds to load; Cancel stops at any time."))
        self._writing.start(work)
        self._update()

    def _on_written(self, made: Shipment) -> None:
        self._choices.hide()
        self.outcome.show_shipment(made)
        self.outcome.show()
        self.say_step(
            tr("Everything answers as the model itself does.")
            if made.passed
            else tr("Not everything answers as the model itself does; do not use what failed.")
        )
        self._update()
        self.outcome.open_button.setFocus()

    def _on_cancelled(self) -> None:
        self._update()
        self.say_step(tr("Stopped; nothing was written."))

    def _begin_again(self) -> None:
        self.outcome.hide()
        self._choices.show()
        target = self.target()
        if target is not None:
            self.place.setText(str(_free_in(target.parent, target.name)))
        self._update()

    def _open(self) -> None:
        path = self.outcome.path()
        if path is not None:
            open_folder(path)

    def is_busy(self) -> bool:
        """While files are being written and tried."""
        return self._writing.is_running()

    def stop(self) -> None:
        """Give up writing."""
        self._writing.cancel()
        self._progress.show_stopping()


def format_words(name: str) -> str:
    """What a format is for."""
    return {
        "keras": tr("for Python: Keras 3 reads it, to use it or to train it further"),
        "litert": tr("for phones and small computers; this program itself reads with it"),
        "litert-int8": tr("for the smallest devices: whole numbers, about a quarter of the size, a little less exact"),
        "onnx": tr("for any other runtime: ONNX Runtime, browsers, .NET, C++"),
        "savedmodel": tr("for TensorFlow and TensorFlow Serving; a folder"),
    }[name]


def _problem(target: Path | None) -> str:
    """Why nothing can be written there, in words; empty where it can."""
    if target is None:
        return ""
    try:
        shipment.check_free(target)
    except RecognizerError as error:
        return f"{error.what}. {error.fix}."
    except OSError as error:
        return f"{error.strerror or error}"
    return ""


def _free_place(model_id: str) -> Path:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = Path(documents) if documents and Path(documents).is_dir() else Path.home()
    return _free_in(folder, f"{model_id}-export")


def _free_in(folder: Path, name: str) -> Path:
    """A place in `folder`, called `name` or as near to it as is free."""
    path = Path(name)
    stem, suffix = re.sub(r"-\d+$", "", path.stem), path.suffix
    for number in range(1, _MOST_NAMES):
        found = folder / (name if number == 1 else f"{stem}-{number}{suffix}")
        if not found.exists():
            return found
    return folder / name
