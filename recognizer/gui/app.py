"""Starting the window."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from recognizer import __version__
from recognizer.base.i18n import set_language
from recognizer.base.log import set_up_logging
from recognizer.base.paths import PROGRAM, open_profile
from recognizer.base.resources import resource_path
from recognizer.base.settings import Settings
from recognizer.gui import theme
from recognizer.gui.main_window import MainWindow
from recognizer.gui.session import Session
from recognizer.gui.signals import SignalCloser
from recognizer.gui.workers.task import unexpected

_log = logging.getLogger(__name__)


def create_window(profile: Path) -> MainWindow:
    """Build the whole program for `profile`; needs a QApplication, does not show the window or run its loop.

    Args:
        profile: The profile's folder; made if need be.

    Raises:
        RecognizerError: The profile cannot be used.
    """
    opened = open_profile(profile)
    set_up_logging(opened)
    settings = Settings(opened)
    set_language(settings.get("language"))
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("create_window needs a QApplication")
    with theme.dressed_afterwards():
        theme.set_up(application, settings.get("theme"))
        window = MainWindow(Session(opened, settings))
    probe = os.environ.get("RECOGNIZER_SMOKE")
    if probe:
        from recognizer.gui.probe import install_probe

        install_probe(window, Path(probe))
    return window


def run(profile: Path | None = None) -> int:
    """Show the window until it is closed.

    Returns:
        The process's exit code.

    Raises:
        KeyboardInterrupt: Ctrl-C closed it.
    """
    # Refused before Qt starts, so that the message reaches a terminal too.
    opened = open_profile(profile)
    QGuiApplication.setDesktopFileName("recognizer")
    application = QApplication(sys.argv[:1])
    application.setApplicationName(PROGRAM)
    application.setApplicationVersion(__version__)
    application.setWindowIcon(QIcon(str(resource_path("icons/recognizer.svg"))))
    window = create_window(opened.root)
    catcher = _UnexpectedErrors(window)
    catcher.install()
    closer = SignalCloser(window)
    closer.install()
    window.show()
    code = application.exec()
    closer.uninstall()
    catcher.uninstall()
    if closer.received == signal.SIGINT:
        raise KeyboardInterrupt
    return code


class _UnexpectedErrors(QObject):
    """Logs exceptions that nobody caught, from any thread, and shows them in the window."""

    _arrived = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._arrived.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.critical("unexpected error", exc_info=(kind, error, trace))
        self._arrived.emit(error)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(self, error: BaseException) -> None:
        self._window.session.report(unexpected(error))
