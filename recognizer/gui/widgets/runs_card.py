"""The card of all runs: a line that filters them, the table, and what can be done with those that are marked."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QScrollArea, QSizePolicy, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.gui.widgets.run_rows import COLUMNS
from recognizer.gui.widgets.run_table import RunTable

MOST_COMPARED: Final = 6
"""Beyond it, nobody tells the colours of the curves apart."""
_COMPLAIN_AFTER: Final = 700
"""Milliseconds without a key after which a word that is not understood is said."""
_NARROW: Final = 680
"""Up to this width, some buttons leave their place to the words; the menu has them too."""


class RunsCard(Card):
    """Filter, table and buttons; what they ask for is done by whoever owns the card.

    Signals:
        compareWanted: (ids): two or more runs should be seen side by side, in the order of the table.
        settingsWanted: (id): the form should have that run's settings.
        noteWanted: (id): the user wants to write about that run.
        deleteWanted: (ids): these runs should be deleted.
    """

    compareWanted = Signal(list)
    settingsWanted = Signal(str)
    noteWanted = Signal(str)
    deleteWanted = Signal(list)

    def __init__(self, table: RunTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsCard")
        self.table = table
        self._title = Label("heading")
        self.field = QLineEdit()
        self.field.setObjectName("runFilter")
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(360)
        self.field.installEventFilter(self)
        self._count = Label("secondary")
        self._count.setObjectName("runCount")
        self._notice = Label("secondary")
        self._notice.setObjectName("runNotice")
        self._notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._told = ""
        self._anchor: int | None = None
        self._problem: RecognizerError | None = None
        self.compare_button = Button()
        self.compare_button.setObjectName("compareRunsButton")
        self.settings_button = Button()
        self.settings_button.setObjectName("useRunSettingsButton")
        self.delete_button = Button()
        self.delete_button.setObjectName("deleteRunsButton")
        self.more_button = Button("more")
        self.more_button.setObjectName("runMenuButton")
        self._menu = QMenu(self)
        self._menu.setObjectName("runMenu")
        self._orders = QMenu(self._menu)
        self._order_actions: dict[str, QAction] = {}
        self._actions: dict[str, QAction] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_COMPLAIN_AFTER)
        self._add_actions()
        self._lay_out()
        self._connect()
        self.retranslate()

    def _add_actions(self) -> None:
        for name, done in (
            ("compareRunsAction", self._compare),
            ("useRunSettingsAction", self._use_settings),
            ("renameRunAction", self.table.rename_marked),
            ("noteRunAction", self._write_note),
            ("deleteRunsAction", self._delete),
        ):
            self._actions[name] = self._action(self._menu, name, done)
        # Shown beside the words only: the keys belong to the table.
        self._actions["renameRunAction"].setShortcut(QKeySequence("F2"))
        self._actions["deleteRunsAction"].setShortcut(QKeySequence("Del"))
        for name in ("renameRunAction", "deleteRunsAction"):
            self._actions[name].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._menu.addSeparator()
        self._menu.addMenu(self._orders)
        for column in COLUMNS:
            action = self._action(self._orders, f"sortRunsBy{column.key.capitalize()}", self._sort)
            action.setCheckable(True)
            action.setData(column.key)
            self._order_actions[column.key] = action
        self._orders.aboutToShow.connect(self._check_order)

    def _action(self, menu: QMenu, name: str, done: Callable[[], None]) -> QAction:
        action = QAction(self)
        action.setObjectName(name)
        action.triggered.connect(done)
        menu.addAction(action)
        return action

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for line in (head, foot):
            line.setSpacing(8)
            self.body.addLayout(line)
            if line is head:
                self.body.addWidget(self.table, 1)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        head.addWidget(self.field, 3)
        foot.addWidget(self._notice, 1)
        for button in (self.compare_button, self.settings_button, self.delete_button, self.more_button):
            foot.addWidget(button)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._filter)
        self._timer.timeout.connect(self._complain)
        self.compare_button.clicked.connect(self._compare)
        self.settings_button.clicked.connect(self._use_settings)
        self.delete_button.clicked.connect(self._delete)
        self.more_button.clicked.connect(self._open_menu_below)
        self.table.marked.connect(self._on_marked)
        self.table.deleteWanted.connect(self._delete)
        self.table.menuWanted.connect(self._open_menu)
        self.table.activated.connect(self._compare)
        self.table.model().modelReset.connect(self._refresh)

    # In the page

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave buttons out where there is little room."""
        super().resizeEvent(event)
        for button in (self.settings_button, self.delete_button):
            button.setVisible(self.width() > _NARROW)

    def moveEvent(self, event: QMoveEvent) -> None:
        """Stay under the mouse when what is above becomes taller or lower with the run that was chosen."""
        super().moveEvent(event)
        if self._anchor is not None:
            QTimer.singleShot(0, self, self._hold)

    def _hold(self) -> None:
        area = self._area()
        if area is not None and self._anchor is not None:
            bar = area.verticalScrollBar()
            bar.setValue(bar.value() + self.mapTo(area, QPoint(0, 0)).y() - self._anchor)

    def _drop_anchor(self) -> None:
        """Remember where the card is, until the user scrolls."""
        area = self._area()
        if area is None:
            return
        if self._anchor is None:
            area.verticalScrollBar().actionTriggered.connect(self._lift_anchor)
        self._anchor = self.mapTo(area, QPoint(0, 0)).y()

    def _lift_anchor(self) -> None:
        self._anchor = None
        area = self._area()
        if area is not None:
            area.verticalScrollBar().actionTriggered.disconnect(self._lift_anchor)

    def _area(self) -> QScrollArea | None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        return above

    # What is marked

    def _ids(self) -> list[str]:
        return [record.run.id for record in self.table.marked_runs()]

    def _compare(self) -> None:
        if 2 <= len(self._ids()) <= MOST_COMPARED:
            self.compareWanted.emit(self._ids())

    def _use_settings(self) -> None:
        if len(self._ids()) == 1:
            self.settingsWanted.emit(self._ids()[0])

    def _write_note(self) -> None:
        if len(self._ids()) == 1:
            self.noteWanted.emit(self._ids()[0])

    def _delete(self) -> None:
        if self._ids():
            self.deleteWanted.emit(self._ids())

    def _on_marked(self, is_users: bool) -> None:
        if is_users:
            self._told = ""
            self._drop_anchor()
        self._refresh()

    def _refresh(self) -> None:
        """Offer what can be done with the runs that are marked."""
        n, total = len(self._ids()), len(self.table.all_runs())
        can_compare = 2 <= n <= MOST_COMPARED
        for part in (self.compare_button, self._actions["compareRunsAction"]):
            part.setEnabled(can_compare)
        for part in (self.settings_button, self._actions["useRunSettingsAction"], self._actions["noteRunAction"]):
            part.setEnabled(n == 1)
        self._actions["renameRunAction"].setEnabled(n == 1)
        for part in (self.delete_button, self._actions["deleteRunsAction"]):
            part.setEnabled(n > 0)
        shown = self.table.rowCount()
        self._count.setText(
            tr("{n} of {total}", n=f"{shown:,}", total=f"{total:,}")
            if shown != total
            else ntr("{n} run", "{n} runs", total)
            if total
            else ""
        )
        self._notice.setText(self._told or self._hint(n, total))
        self._notice.setToolTip(self._notice.text())
        self.field.setEnabled(total > 0)

    def _hint(self, n: int, total: int) -> str:
        if n > MOST_COMPARED:
            return tr("At most {most} runs can be compared at once", most=MOST_COMPARED)
        if n > 1:
            return ntr("{n} run marked", "{n} runs marked", n)
        if total > 1:
            return tr("Ctrl+click a second run to compare two")
        return ""

    def say(self, words: str) -> None:
        """Say what was done, until other runs are marked."""
        self._told = words
        self._refresh()

    def notice(self) -> str:
        """What is said below the table."""
        return self._notice.text()

    # The filter

    def _filter(self) -> None:
        try:
            self.table.set_filter(self.field.text())
        except RecognizerError as error:
            self._problem = error
            self._timer.start()
        else:
            self._timer.stop()
            if self._problem is not None:
                self._problem, self._told = None, ""
                self._complain()
            self._refresh()

    def _complain(self) -> None:
        """Say what is not understood, once the user rests."""
        error = self._problem
        self.field.setProperty("state", "wrong" if error else "")
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)
        if error is not None:
            self.say(f"{error.what}. {error.fix}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape clears the filter, Down and Enter lead to the runs."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self.field.text():
                self.field.clear()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self._problem is not None:
                    self._complain()
                else:
                    self.table.setFocus()
                return True
        return super().eventFilter(watched, event)

    # The menu

    def _open_menu(self, place: QPoint) -> None:
        self._menu.popup(place)

    def _open_menu_below(self) -> None:
        # Above the button: it stands at the lower edge of the page.
        size = self._menu.sizeHint()
        corner = self.more_button.mapToGlobal(QPoint(self.more_button.width() - size.width(), -size.height() - 4))
        self._menu.popup(corner)

    def _check_order(self) -> None:
        for key, action in self._order_actions.items():
            action.setChecked(key == self.table.order().removeprefix("-"))

    def _sort(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.table.sort_by(str(action.data()))

    def retranslate(self) -> None:
        """Set every text anew."""
        self._title.setText(tr("Runs"))
        self.table.retranslate()
        self.field.setPlaceholderText(tr("Filter, such as cnn accuracy:>98"))
        self.field.setAccessibleName(tr("Filter the runs"))
        self.field.setToolTip(
            tr(
                "Show only some runs; all words must fit:\n"
                "a word alone is searched in name, network, data, state and note\n"
                "accuracy:>98   epochs:<5   batch:32..64   rate:<0.01   time:>2min\n"
                "name:best   model:cnn   data:mnist   state:failed   note:slow   date:2026-11\n"
                "A minus before a word leaves out. Esc shows all again."
            )
        )
        self._count.setToolTip(tr("How many runs are shown"))
        compare = tr("Compare")
        self.compare_button.set_texts(
            compare,
            tr("See the marked runs side by side: curves, settings, and the samples that one fixed and broke"),
        )
        settings = tr("Use its settings")
        self.settings_button.set_texts(settings, tr("Fill the form at the left with the settings of this run"))
        delete = tr("Delete")
        self.delete_button.set_texts(delete, tr("Delete the marked runs; the models that came of them stay (Del)"))
        self.more_button.set_texts("", tr("More for the marked runs"))
        for name, text in (
            ("compareRunsAction", compare),
            ("useRunSettingsAction", settings),
            ("renameRunAction", tr("Rename")),
            ("noteRunAction", tr("Note…")),
            ("deleteRunsAction", tr("Delete…")),
        ):
            self._actions[name].setText(text)
        self._orders.setTitle(tr("Sort by"))
        for column in COLUMNS:
            self._order_actions[column.key].setText(column.caption()[0])
        self._told = ""
        self._refresh()
