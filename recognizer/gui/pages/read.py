"""The Read page: numbers in pictures, read, checked and corrected."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP, Button, Page
from recognizer.gui.widgets.camera import CameraDialog, multimedia
from recognizer.gui.widgets.reading_desk import ReadingDesk
from recognizer.gui.widgets.reading_document import ReadingDocument
from recognizer.gui.widgets.reading_export import save_readings
from recognizer.gui.widgets.reading_list import PictureList
from recognizer.gui.widgets.reading_state import State
from recognizer.gui.workers.photo_reader import PhotoReader, PictureSource, ReadPicture
from recognizer.imaging.images import IMAGE_SUFFIXES
from recognizer.inference.registry import ModelRecord


@dataclass(slots=True, eq=False)
class _Opened:
    """A picture that is open."""

    source: PictureSource
    document: ReadingDocument
    state: State = State.WAITING
    read: ReadPicture | None = None
    error: RecognizerError | None = None


class ReadPage(Page):
    """Opened pictures at the left, the chosen one in the middle, its text and the chosen symbol at the right.

    Signals:
        modelPicked: The id of the model that the user chose here.
    """

    icon_name = "read"
    modelPicked = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readPage")
        self.setAcceptDrops(True)
        self._session = session
        self._opened: dict[int, _Opened] = {}
        self._last_key = 0
        self._key = -1
        self._record: ModelRecord | None = None
        self._unusable: set[str] = set()
        self._reader = PhotoReader(session, self)
        self._list = PictureList()
        self._desk = ReadingDesk(session)
        self._open = self._tool("readOpenButton", "open", QKeySequence.StandardKey.Open)
        self._paste = self._tool("readPasteButton", "paste", QKeySequence.StandardKey.Paste)
        self._camera = self._tool("readCameraButton", "camera", "Ctrl+Shift+P")
        self._camera.hide()
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._list)
        row.addWidget(self._desk, 1)
        self.body.addLayout(row, 1)
        self._connect()
        self.retranslate()
        self._fill_models()
        self._show_picture()

    def _tool(self, object_name: str, icon_name: str, keys: str | QKeySequence.StandardKey) -> Button:
        button = Button(icon_name)
        button.setObjectName(object_name)
        button.set_keys(keys)
        # A button that takes the focus from the picture at a click would take its keys as well.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tools.addWidget(button)
        return button

    def _connect(self) -> None:
        board, card = self._desk.board, self._desk.card
        self._open.clicked.connect(self._choose_pictures)
        self._paste.clicked.connect(self._paste_picture)
        self._camera.clicked.connect(self._open_camera)
        board.state.openWanted.connect(self._choose_pictures)
        board.state.againWanted.connect(self._read_again)
        board.closeWanted.connect(self._close_current)
        board.cancelWanted.connect(self._reader.cancel)
        card.copyWanted.connect(self._copy)
        card.saveWanted.connect(self._save)
        card.chooser.modelPicked.connect(self._on_model_picked)
        self._desk.changed.connect(self._on_corrected)
        self._list.picked.connect(self._choose_picture)
        self._list.removeWanted.connect(self.close_picture)
        self._reader.began.connect(self._on_began)
        self._reader.dropped.connect(self._on_dropped)
        self._reader.finished.connect(self._on_read)
        self._reader.failed.connect(self._on_failed)
        self._reader.model_failed.connect(self._on_model_failed)
        self._reader.progressed.connect(board.set_progress)
        self._session.models_changed.connect(self._fill_models)

    # Words

    def name(self) -> str:
        """The page's short name."""
        return tr("Read")

    def retranslate(self) -> None:
        """Set every text anew."""
        self.title.setText(tr("Read"))
        self.subtitle.setText(tr("Handwritten numbers in photos, scans and screenshots"))
        self._open.set_texts(tr("Open pictures…"), tr("Read the numbers in pictures"))
        self._paste.set_texts(tr("Paste"), tr("Read the picture that was copied"))
        self._camera.set_texts(tr("Camera…"), tr("Take a picture and read it"))
        self._list.retranslate()
        self._desk.retranslate()
        for key in self._opened:
            self._note(key)

    def shown(self) -> None:
        """Follow the model that was chosen on another page; the picture takes the keys."""
        self._fill_models()
        self._camera.setVisible(multimedia() is not None)
        self._focus_picture()

    # Models

    def _fill_models(self, added: str = "") -> None:
        self._unusable.discard(added)
        self._desk.card.chooser.fill()
        for model_id in self._unusable:
            self._desk.card.chooser.leave_out(model_id)
        self._use_model()

    def _use_model(self) -> None:
        """Read with the model that is chosen; whatever another one has read is read again."""
        record = self._desk.card.chooser.record()
        if (record and (record.id, record.created)) == (self._record and (self._record.id, self._record.created)):
            return
        self._record = record
        self._reader.use_model(record)
        for key in self._opened:
            self._read(key)

    def _on_model_picked(self, model_id: str) -> None:
        self._session.remember("model", model_id)
        self._use_model()
        self.modelPicked.emit(model_id)

    def _on_model_failed(self, model_id: str, error: RecognizerError) -> None:
        self._session.report(error)
        # Go on with any other model.
        self._unusable.add(model_id)
        self._desk.card.chooser.leave_out(model_id)
        self._use_model()

    # Opening and closing

    def _choose_pictures(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(self, tr("Open pictures"), "", f"{tr('Pictures')} ({kinds})")
        self.open_pictures([Path(name) for name in names])

    def _open_camera(self) -> None:
        module = multimedia()
        if module is None:
            self._camera.hide()
            return
        dialog = CameraDialog(module, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.taken.connect(self._on_taken)
        dialog.failed.connect(self._session.report)
        dialog.open()

    def _on_taken(self, image: QImage) -> None:
        self.open_image(image, tr("photo"))

    def open_pictures(self, paths: list[Path]) -> None:
        """Open and read the pictures in the files `paths`; of a folder, all that lie in it."""
        files: list[Path] = []
        for path in paths:
            if path.is_dir():
                files += sorted(each for each in path.iterdir() if each.suffix.lower() in IMAGE_SUFFIXES)
            else:
                files.append(path)
        keys = [self._add(PictureSource(path.name, path)) for path in files]
        if keys:
            self._choose_picture(keys[0])
        elif paths:
            self._session.report(
                RecognizerError(
                    tr("There is no picture in the folder"),
                    where=", ".join(str(path) for path in paths),
                    fix=tr("Choose one with pictures such as PNG or JPEG"),
                )
            )

    def open_image(self, image: QImage, name: str) -> None:
        """Open and read a picture that another program has made, and call it `name`."""
        self._choose_picture(self._add(PictureSource(name, image=image)))

    def _add(self, source: PictureSource) -> int:
        self._last_key += 1
        self._opened[self._last_key] = _Opened(source, ReadingDocument(self))
        self._list.add(self._last_key, source.name)
        self._read(self._last_key)
        return self._last_key

    def _close_current(self) -> None:
        self.close_picture(self._key)

    def close_picture(self, key: int) -> None:
        """Close the picture `key`."""
        if key not in self._opened:
            return
        keys = list(self._opened)
        place = keys.index(key)
        opened = self._opened.pop(key)
        self._reader.drop(key)
        self._list.remove(key)
        if key == self._key:
            left = keys[:place] + keys[place + 1 :]
            self._choose_picture(left[min(place, len(left) - 1)] if left else -1)
        opened.document.deleteLater()
        self._update_save()

    def _choose_picture(self, key: int) -> None:
        self._key = key
        self._list.set_current(key)
        self._show_picture()
        if not self._list.isAncestorOf(QApplication.focusWidget() or self):
            self._focus_picture()

    def _focus_picture(self) -> None:
        if self.isVisible():
            (self._desk.board.view if self._desk.board.is_showing_picture() else self._open).setFocus()

    # Reading

    def _read(self, key: int) -> None:
        opened = self._opened[key]
        opened.error = None
        if self._record is None:
            self._session.report(RecognizerError(tr("There is no model yet"), fix=tr("Train one on the Train page")))
            self._set_state(key, State.STOPPED)
            return
        self._set_state(key, State.WAITING)
        self._reader.read(key, opened.source)

    def _read_again(self) -> None:
        if self._key in self._opened:
            self._read(self._key)

    def _on_began(self, key: int) -> None:
        self._set_state(key, State.READING)

    def _on_dropped(self, key: int) -> None:
        self._set_state(key, State.STOPPED)

    def _set_state(self, key: int, state: State) -> None:
        opened = self._opened.get(key)
        if opened is None:
            return
        # While a picture is read again, what was read before stays in sight.
        opened.state = state if opened.read is None else State.READ
        self._note(key)
        if key == self._key and opened.read is None:
            self._show_picture()

    def _on_read(self, key: int, picture: ReadPicture) -> None:
        opened = self._opened.get(key)
        if opened is None:
            return
        before = opened.read
        if key == self._key:
            self._desk.choose_symbol(-1)
        opened.source, opened.read, opened.state = picture.source, picture, State.READ
        opened.document.set_reading(picture.reading, picture.labels)
        self._list.set_thumbnail(key, picture.thumbnail)
        self._note(key)
        self._update_save()
        if key == self._key and (before is None or before.shown != picture.shown):
            self._show_picture()
            has_focus = self.isAncestorOf(QApplication.focusWidget() or self) and not self._open.hasFocus()
            if before is None and not has_focus:
                self._focus_picture()

    def _on_failed(self, key: int, error: RecognizerError) -> None:
        self._session.report(error)
        if key in self._opened:
            self._opened[key].error = error
            self._set_state(key, State.FAILED)

    def _note(self, key: int) -> None:
        opened = self._opened[key]
        if opened.read is None:
            text = {
                State.WAITING: tr("waits"),
                State.READING: tr("is being read…"),
                State.STOPPED: tr("not read"),
                State.FAILED: tr("cannot be read"),
            }[opened.state]
        elif doubtful := len(opened.document.doubtful()):
            text = tr("{count} doubtful", count=doubtful)
        else:
            text = ntr("{n} symbol", "{n} symbols", len(opened.document.spans))
        self._list.set_note(key, opened.source.name, text)

    def _show_picture(self) -> None:
        opened = self._opened.get(self._key)
        if opened is None:
            self._desk.show_state("", State.EMPTY)
        elif opened.read is None:
            self._desk.show_state(opened.source.name, opened.state, opened.error)
        else:
            size = QSize(opened.read.width, opened.read.height)
            image = QImage.fromData(opened.read.shown)
            self._desk.show_picture(opened.source.name, image, size, opened.document)
        self._update_save()

    def _on_corrected(self) -> None:
        self._note(self._key)
        self._update_save()

    # Taking away

    def _update_save(self) -> None:
        self._desk.card.set_can_save(any(opened.document.text for opened in self._opened.values()))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._opened[self._key].document.text)
        self._desk.card.say_copied()

    def _save(self) -> None:
        text, table = tr("Text"), tr("Table")
        suggested = f"{Path(next(iter(self._opened.values())).source.name).stem}.txt"
        name, kind = QFileDialog.getSaveFileName(
            self, tr("Save what was read"), suggested, f"{text} (*.txt);;{table} (*.csv)"
        )
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".csv" if kind.startswith(table) else ".txt")
        readings = [(opened.source.name, opened.document) for opened in self._opened.values() if opened.read]
        try:
            save_readings(path, readings)
        except RecognizerError as error:
            self._session.report(error)

    # Pasting, dropping, typing

    def _paste_picture(self) -> None:
        self._take(QGuiApplication.clipboard().mimeData())

    def _take(self, data: QMimeData) -> None:
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        image = QImage(data.imageData()) if not paths and data.hasImage() else QImage()
        if paths:
            self.open_pictures(paths)
        elif not image.isNull():
            self.open_image(image, tr("pasted picture"))
        else:
            self._session.report(
                RecognizerError(
                    tr("There is no picture to paste"), fix=tr("Copy a picture or a picture file and paste it again")
                )
            )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()
            self._desk.board.set_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing is dropped after all."""
        self._desk.board.set_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Read the pictures that were dropped."""
        self._desk.board.set_drop(False)
        self._take(event.mimeData())
        event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is typed beside the picture is for the picture too."""
        self._desk.keyPressEvent(event)
