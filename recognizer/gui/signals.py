"""Ctrl-C in the terminal, and the system's request to end: the window closes in order, without a question."""

import signal
import socket
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier

from recognizer.gui.main_window import MainWindow


class SignalCloser(QObject):
    """Closes `window` at SIGINT and SIGTERM while it is installed.

    Python handles signals between its own instructions, and Qt's waiting is none: a socket wakes it.

    Attributes:
        received: The signal that closed the window; 0 for none.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.received = 0
        self._window = window
        self._before: dict[int, Any] = {}
        self._wakeup_before = -1
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)

    def install(self) -> None:
        """Begin; in the main thread."""
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)

    def uninstall(self) -> None:
        """End, and leave everything as it was."""
        self._notifier.setEnabled(False)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._reader.close()
        self._writer.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received = number

    def _drain(self) -> None:
        self._reader.recv(64)
        # Python has run the handler by now, between the instructions above.
        if self.received:
            self._window.close_unasked()
