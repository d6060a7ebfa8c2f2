"""The window: it wires the pages together and closes in stages."""

import base64
import logging
import os
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QByteArray, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import LANGUAGES, current_language, set_language, tr
from recognizer.base.paths import PROGRAM
from recognizer.gui import theme
from recognizer.gui.pages.draw import DrawPage
from recognizer.gui.pages.library import LibraryPage
from recognizer.gui.pages.models import ModelsPage
from recognizer.gui.pages.read import ReadPage
from recognizer.gui.pages.train import TrainPage
from recognizer.gui.session import Session
from recognizer.gui.translations import translate_qt
from recognizer.gui.widgets.asking import ask
from recognizer.gui.widgets.banner import Banner
from recognizer.gui.widgets.basics import Page
from recognizer.gui.widgets.page_bar import PageBar

_log = logging.getLogger(__name__)

_leave = os._exit
_STOP_MILLISECONDS: Final = 4000
"""How long closing waits for threads; what a thread has stored by then is kept."""


class MainWindow(QMainWindow):
    """Everything that the user sees.

    Args:
        session: What the pages share; the window owns it.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        session.setParent(self)
        self.session = session
        self._is_told_to_close = False
        self.setObjectName("mainWindow")
        self.setMinimumSize(860, 500)
        self.draw_page = DrawPage(session)
        self.read_page = ReadPage(session)
        self.library_page = LibraryPage(session)
        self.train_page = TrainPage(session)
        self.models_page = ModelsPage(session)
        self._pages: tuple[Page, ...] = (
            self.draw_page,
            self.read_page,
            self.library_page,
            self.train_page,
            self.models_page,
        )
        self._bar = PageBar()
        self._stack = QStackedWidget()
        self._stack.setObjectName("pageStack")
        names = ("drawPageButton", "readPageButton", "libraryPageButton", "trainPageButton", "modelsPageButton")
        for page, name in zip(self._pages, names, strict=True):
            self._bar.add(name, page.icon_name)
            self._stack.addWidget(page)
        self._bar.currentChanged.connect(self._open_page)
        self._add_menus()
        self._banner = Banner(self._stack)
        self._lay_out()
        session.problem.connect(self._banner.show_error)
        session.samples_requested.connect(self._open_library)
        session.model_chosen.connect(self._draw_with)
        self.read_page.modelPicked.connect(self.draw_page.choose_model)
        self.models_page.runWanted.connect(self._show_run)
        self.models_page.trainWanted.connect(self._open_train)
        self._restore_geometry()
        self.retranslate()
        self._bar.setCurrentIndex(0)
        session.open_library()
        for problem in session.settings.problems:
            QTimer.singleShot(0, self, lambda text=problem: self._show_notice(text))

    def _lay_out(self) -> None:
        frame = QWidget()
        layout = QHBoxLayout(frame)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(frame)

    def _add_menus(self) -> None:
        self._language_button = self._bar.add_menu("languageButton", "language")
        self._theme_button = self._bar.add_menu("themeButton", "settings")
        self._language_actions = self._choices(
            self._language_button, ("system", *LANGUAGES), "language", self._choose_language
        )
        self._theme_actions = self._choices(
            self._theme_button, ("system", "light", "dark"), "theme", self._choose_theme
        )

    def _choices(
        self, button: QToolButton, codes: tuple[str, ...], key: str, chosen: Callable[[QAction], None]
    ) -> dict[str, QAction]:
        group = QActionGroup(self)
        actions: dict[str, QAction] = {}
        for code in codes:
            action = QAction(self)
            action.setCheckable(True)
            action.setData(code)
            action.setChecked(self.session.settings.get(key) == code)
            group.addAction(action)
            button.menu().addAction(action)
            actions[code] = action
        group.triggered.connect(chosen)
        return actions

    def _choose_language(self, action: QAction) -> None:
        self.session.remember("language", action.data())
        set_language(action.data())
        self.retranslate()

    def _choose_theme(self, action: QAction) -> None:
        self.session.remember("theme", action.data())
        theme.set_theme(action.data())

    def retranslate(self) -> None:
        """Set every text of the window anew, after a change of language too."""
        translate_qt(current_language())
        self.setWindowTitle(PROGRAM)
        for index, page in enumerate(self._pages):
            self._bar.set_text(index, page.name(), tr("Open the page “{name}”", name=page.name()))
            page.retranslate()
        self._banner.retranslate()
        self._language_button.setToolTip(tr("Language"))
        self._language_button.setAccessibleName(tr("Language"))
        self._theme_button.setToolTip(tr("Appearance"))
        self._theme_button.setAccessibleName(tr("Appearance"))
        names = {"system": tr("As the system"), "light": tr("Light"), "dark": tr("Dark"), **LANGUAGES}
        for actions in (self._language_actions, self._theme_actions):
            for code, action in actions.items():
                action.setText(names[code])

    def _open_page(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        # A stack raises the page that it shows.
        self._banner.raise_()
        self._pages[index].shown()

    def _open_library(self) -> None:
        self._bar.setCurrentIndex(self._pages.index(self.library_page))

    def _open_train(self) -> None:
        self._bar.setCurrentIndex(self._pages.index(self.train_page))

    def _show_run(self, run_id: str) -> None:
        self._open_train()
        self.train_page.show_run(run_id)

    def _draw_with(self, model_id: str) -> None:
        self.draw_page.choose_model(model_id)
        self._bar.setCurrentIndex(self._pages.index(self.draw_page))

    def _show_notice(self, text: str) -> None:
        self._banner.show_error(RecognizerError(text))

    def _restore_geometry(self) -> None:
        self.resize(1280, 800)
        stored = self.session.settings.get("window_geometry")
        if stored:
            self.restoreGeometry(QByteArray.fromBase64(QByteArray(stored.encode("ascii", "ignore"))))

    def close_unasked(self) -> None:
        """Close as after “Stop and close”."""
        self._is_told_to_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask if work would be interrupted, then stop everything in stages."""
        busy = [text for page in self._pages if (text := page.busy_with())]
        if busy and not self._is_told_to_close and not self._may_interrupt(busy):
            event.ignore()
            return
        self.session.remember("window_geometry", base64.b64encode(bytes(self.saveGeometry().data())).decode())
        self.hide()
        if not self.session.stop_threads(_STOP_MILLISECONDS):
            # A thread is inside a call that cannot be interrupted (importing or compiling); checkpoints are on disk.
            _log.warning("a thread did not end in time; leaving without it")
            logging.shutdown()
            _leave(0)
        self.session.close_library()
        event.accept()

    def _may_interrupt(self, busy: list[str]) -> bool:
        detail = tr("Stop and close? What has been trained so far is kept.")
        yes, no = tr("Stop and close"), tr("Go on")
        return ask(self, "closeQuestion", "\n".join(busy), detail, yes, no, is_usual=True)
