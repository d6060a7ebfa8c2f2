"""Pictures and drawings that come onto the canvas from files and the clipboard, and drawings that go into files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.session import Session
from recognizer.gui.workers.task import Task, Work
from recognizer.ink.stroke import Ink, Stroke

PICTURES: Final = "*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff"
DRAWINGS: Final = "*.inkml *.unp *.unipen *.dat *.npz"
MAX_POINTS: Final = 20_000
"""The most points of a drawing that the canvas paints without being felt."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedInk:
    """The drawings of a file.

    Attributes:
        path: The file.
        drawings: At least one, none of them empty.
    """

    path: Path
    drawings: tuple[Ink, ...]


class DrawFiles(QObject):
    """Reads and writes what is on a canvas, in the background; problems go to the session.

    Args:
        session: What the pages share.
        parent: The page; file dialogs belong to it.

    Signals:
        pictureRead: (h, w) uint8 grey levels.
        inkRead: `OpenedInk`.
    """

    pictureRead = Signal(object)
    inkRead = Signal(object)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._parent = parent

    def choose(self) -> None:
        """Ask for a file and open it."""
        every, pictures, drawings = tr("Pictures and drawings"), tr("Pictures"), tr("Drawings")
        filters = f"{every} ({PICTURES} {DRAWINGS});;{pictures} ({PICTURES});;{drawings} ({DRAWINGS})"
        path, _ = QFileDialog.getOpenFileName(self._parent, tr("Open"), "", filters)
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Read the picture of one symbol, or the drawing, in the file `path`."""
        self._run(_reader_of(path), self._on_read)

    def take(self, data: QMimeData) -> None:
        """Read what was pasted or dropped."""
        files = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if files:
            self.open(Path(files[0]))
        elif data.hasImage():
            self._open_image(QImage(data.imageData()))
        else:
            self._session.report(
                RecognizerError(
                    tr("There is no picture to paste"), fix=tr("Copy a picture or a picture file and paste it again")
                )
            )

    def _open_image(self, image: QImage) -> None:
        """A picture from the clipboard or another program."""

        def work(progress: ProgressCallback, token: CancellationToken) -> NDArray[np.uint8]:
            from recognizer.imaging.images import decode_grey

            # As a file, so that transparency is dealt with in one way; this quality means not compressed.
            return decode_grey(_png(image, 100), Path(tr("pasted picture")))

        self._run(work, self._on_read)

    def choose_target(self, ink: Ink, image: QImage) -> None:
        """Ask for a file and save there.

        Args:
            ink: The strokes; empty where the canvas shows a picture.
            image: The canvas as a picture.
        """
        kinds = [tr("Drawing as strokes, InkML") + " (*.inkml)"] if not ink.is_empty else []
        filters = ";;".join((*kinds, tr("Picture") + " (*.png)"))
        suggested = tr("drawing") + (".png" if ink.is_empty else ".inkml")
        path, chosen = QFileDialog.getSaveFileName(self._parent, tr("Save drawing"), suggested, filters)
        if not path:
            return
        target = Path(path)
        if not target.suffix:
            target = target.with_name(target.name + (".inkml" if "*.inkml" in chosen else ".png"))
        self.save(target, ink, image)

    def save(self, path: Path, ink: Ink, image: QImage) -> None:
        """Write the strokes as InkML, or the picture as PNG, as the suffix of `path` says."""
        suffix = path.suffix.lower()
        if suffix not in (".png", ".inkml") or (suffix == ".inkml" and ink.is_empty):
            self._session.report(
                RecognizerError(
                    tr("The drawing cannot be saved in this format"),
                    where=str(path),
                    fix=tr("Choose a name that ends in .png, or for strokes in .inkml"),
                )
            )
            return

        def work(progress: ProgressCallback, token: CancellationToken) -> None:
            if suffix == ".png":
                from recognizer.base.files import write_atomic

                write_atomic(path, _png(image, -1))
                return
            from recognizer.ink.files import write_ink_file

            write_ink_file(path, [ink])

        self._run(work)

    def _on_read(self, content: object) -> None:
        if isinstance(content, OpenedInk):
            self.inkRead.emit(content)
        else:
            self.pictureRead.emit(content)

    def _run(self, work: Work, succeeded: Callable[[object], None] | None = None) -> None:
        task = Task(work, self._session)
        if succeeded is not None:
            task.succeeded.connect(succeeded)
        task.failed.connect(self._session.report)
        self._session.start(task)


def _reader_of(path: Path) -> Work:
    def work(progress: ProgressCallback, token: CancellationToken) -> OpenedInk | NDArray[np.uint8]:
        from recognizer.ink.files import ink_kind, read_ink_file

        if ink_kind(path) is None:
            from recognizer.imaging.photo import load_symbol

            return load_symbol(path)
        drawings = tuple(ink for ink in read_ink_file(path).inks if not ink.is_empty)
        if not drawings:
            raise RecognizerError(tr("There is no drawing in the file"), where=str(path), fix=tr("Choose another file"))
        points = sum(len(stroke.points) for stroke in drawings[0].strokes)
        if points > MAX_POINTS:
            raise RecognizerError(
                tr("The drawing is too large for the canvas"),
                where=tr("{path}: {points:,} points, at most {most:,}", path=path, points=points, most=MAX_POINTS),
                fix=tr("Read it with `recognizer predict`"),
            )
        return OpenedInk(path, drawings)

    return work


def _png(image: QImage, quality: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", quality)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def fitted(ink: Ink, width: float, height: float) -> Ink:
    """`ink` in the middle of a canvas, as large as a person would write there.

    Args:
        ink: In any unit.
        width, height: Of the canvas, logical pixels.

    Returns:
        The same strokes in logical pixels from the middle.
    """
    left, top, right, bottom = ink.bounds()
    scale = 0.7 * min(width / max(right - left, 1e-9), height / max(bottom - top, 1e-9))
    # A dot stays one.
    scale = scale if np.isfinite(scale) and max(right - left, bottom - top) > 1e-6 else 1.0
    middle = np.array([(left + right) / 2, (top + bottom) / 2], np.float32)
    moved = (
        Stroke((stroke.points - middle) * np.float32(scale), stroke.times, stroke.pressures) for stroke in ink.strokes
    )
    return Ink(tuple(moved), ink.pen_width * scale)
