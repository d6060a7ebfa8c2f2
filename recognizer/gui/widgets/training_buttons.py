"""The buttons that start, queue, pause, stop and discard a training run."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button


class RunButtons(QWidget):
    """Start; while a run goes on, Pause (or Resume) and Stop, and below them Train next and Discard.

    Signals:
        pauseRequested: The run should wait.
        resumeRequested: The run that waits should go on.
        stopRequested: The run should end and keep its best model.
        discardRequested: The run should end and leave nothing.
    """

    discardRequested = Signal()
    pauseRequested = Signal()
    resumeRequested = Signal()
    stopRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_running = self._is_stopping = self._is_paused = False
        self._can_pause = False
        self._is_ready = self._has_room = True
        self.start, self.pause, self.resume, self.stop = Button(role="primary"), Button(), Button(), Button()
        self.queue, self.discard = Button(), Button(role="flat")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for row in (
            (
                (self.start, "trainButton", "Ctrl+Return"),
                (self.pause, "pauseButton", "Ctrl+P"),
                (self.resume, "resumeButton", "Ctrl+P"),
                (self.stop, "stopButton", "Ctrl+."),
            ),
            ((self.queue, "queueButton", "Ctrl+Return"), (self.discard, "discardButton", "")),
        ):
            line = QHBoxLayout()
            line.setSpacing(8)
            for button, name, keys in row:
                button.setObjectName(name)
                if keys:
                    button.set_keys(keys)
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
                line.addWidget(button)
            column.addLayout(line)
        self.pause.clicked.connect(self.pauseRequested)
        self.resume.clicked.connect(self.resumeRequested)
        self.stop.clicked.connect(self.stopRequested)
        self.discard.clicked.connect(self.discardRequested)
        self._refresh()

    def set_ready(self, is_ready: bool) -> None:
        """Say whether what is set can be trained."""
        self._is_ready = is_ready
        self._refresh()

    def set_room(self, has_room: bool) -> None:
        """Say whether another run may wait."""
        self._has_room = has_room
        self._refresh()

    def set_state(self, *, is_running: bool, is_stopping: bool, can_pause: bool, is_paused: bool) -> None:
        """Say what goes on.

        Args:
            is_running: A run goes on.
            is_stopping: It has been asked to stop.
            can_pause: Its epochs have begun.
            is_paused: It waits, or will in a moment.
        """
        had_focus = any(button.hasFocus() for button in (self.start, self.pause, self.resume, self.stop))
        followed = self.resume if self.pause.hasFocus() else self.pause if self.resume.hasFocus() else self.stop
        self._is_running, self._is_stopping = is_running, is_stopping
        self._can_pause, self._is_paused = can_pause, is_paused
        self._refresh()
        if had_focus:
            # Disabling and hiding move the focus to who knows where.
            wanted = followed if is_running and not is_stopping else self.start
            (wanted if wanted.isVisibleTo(self) and wanted.isEnabled() else self.stop).setFocus()
            if not is_running:
                self.start.setFocus()

    def _refresh(self) -> None:
        goes_on = self._is_running and not self._is_stopping
        self.start.setVisible(not self._is_running)
        self.start.setEnabled(not self._is_running and self._is_ready)
        self.pause.setVisible(self._is_running and not self._is_paused)
        self.pause.setEnabled(goes_on and self._can_pause)
        self.resume.setVisible(self._is_running and self._is_paused)
        self.resume.setEnabled(goes_on)
        self.stop.setEnabled(goes_on)
        self.queue.setVisible(self._is_running)
        self.queue.setEnabled(self._is_running and self._is_ready and self._has_room)
        self.discard.setVisible(self._is_running)
        self._say()

    def _say(self) -> None:
        self.stop.set_texts(
            tr("Stopping…") if self._is_stopping else tr("Stop, keep best"),
            tr("End the run now and keep the best model so far"),
        )
        self.queue.set_texts(
            tr("Train next"),
            tr("Train with these settings when the run is over")
            if self._has_room
            else tr("Two runs wait already; take one away first"),
        )

    def retranslate(self) -> None:
        """Set every text anew."""
        self.start.set_texts(tr("Start"), tr("Train with these settings"))
        self.pause.set_texts(tr("Pause"), tr("Let the run wait; nothing is lost"))
        self.resume.set_texts(tr("Resume"), tr("Let the run go on where it waits"))
        self.discard.set_texts(tr("Discard…"), tr("End the run and leave nothing of it"))
        self._say()
