"""Says at the head of the Train page that a run was interrupted, and offers to go on with it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Button, Label


class InterruptedBanner(QFrame):
    """One line and two buttons; hidden where there is nothing to go on with.

    Signals:
        goOnRequested: The id of the run that should go on.
    """

    goOnRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("interruptedBanner")
        self.setProperty("role", "hint")
        self._run: tuple[str, str, str, int, int] | None = None
        self._put_off: set[str] = set()
        self._is_running = False
        self._words = Label(wraps=True)
        self._words.setObjectName("interruptedText")
        self._go_on = Button(role="primary")
        self._go_on.setObjectName("goOnButton")
        self._later = Button(role="flat")
        self._later.setObjectName("goOnLaterButton")
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 8, 8, 8)
        line.setSpacing(8)
        line.addWidget(self._words, 1)
        line.addWidget(self._later)
        line.addWidget(self._go_on)
        self._go_on.clicked.connect(self._on_go_on)
        self._later.clicked.connect(self._put_it_off)
        self.retranslate()

    def set_run(self, run_id: str, date: str = "", what: str = "", done: int = 0, planned: int = 0) -> None:
        """Offer to go on with a run.

        Args:
            run_id: Which; empty for none.
            date: When it began, ready to be shown.
            what: Its network and data, ready to be shown.
            done: How many epochs were finished.
            planned: How many there were to be.
        """
        self._run = (run_id, date, what, done, planned) if run_id and run_id not in self._put_off else None
        self.retranslate()

    def set_running(self, is_running: bool) -> None:
        """A run goes on: no other one can."""
        self._is_running = is_running
        self._refresh()

    def _refresh(self) -> None:
        self.setVisible(self._run is not None and not self._is_running)

    def _on_go_on(self) -> None:
        if self._run is not None:
            self.goOnRequested.emit(self._run[0])

    def _put_it_off(self) -> None:
        if self._run is not None:
            self._put_off.add(self._run[0])
            self._run = None
            self._refresh()

    def retranslate(self) -> None:
        """Set every text anew."""
        self._go_on.set_texts(tr("Go on"), tr("Go on with this run where it was interrupted"))
        self._later.set_texts(tr("Not now"), tr("Close; the table of runs offers it too"))
        if self._run is not None:
            _, date, what, done, planned = self._run
            words = ntr(
                "The run of {date} ({what}) was interrupted after {n} of {planned} epochs.",
                "The run of {date} ({what}) was interrupted after {n} of {planned} epochs.",
                done,
                date=date,
                what=what,
                planned=planned,
            )
            self._words.setText(words)
        self._refresh()
