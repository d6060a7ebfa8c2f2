"""What is known of a model: figures first, then words, and what can be done with it."""

from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import ntr, tr
from recognizer.gui import theme
from recognizer.gui.dialogs.offers import size_words
from recognizer.gui.pages.stored_run import local_date
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, scrolled
from recognizer.gui.widgets.training_words import OPTIMIZER_NAMES
from recognizer.gui.words import breakable, model_title
from recognizer.training.config import TrainingConfig
from recognizer.training.shipping.facts import (
    Portrait,
    Row,
    accuracy_words,
    judged_on,
    limits,
    network_words,
    one_line,
    size_of,
    what_from,
    what_it_is,
)

_CAPTIONS: Final = 128
"""The width of the column with what things are called, logical pixels."""
_NARROW_WORD: Final = 14
"""Characters that fit into that column."""
_LONGEST: Final = 300
"""Characters of a value that are shown."""


class Tile(QWidget):
    """A figure with its name above and a note below."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._note = Label("secondary"), Label("secondary", wraps=True)
        self._figure = Label()
        self._figure.setObjectName(name)
        self._figure.setFont(theme.font(16, QFont.Weight.DemiBold))
        # The style sheet has the last word on sizes of type.
        self._figure.setStyleSheet("font-size: 16pt; font-weight: 600;")
        self._note.setObjectName(f"{name}Note")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for label in (self._name, self._figure, self._note):
            column.addWidget(label)
        column.addStretch(1)

    def show_figure(self, name: str, figure: str, note: str) -> None:
        """Show `figure`, which is called `name`."""
        self._name.setText(name)
        self._figure.setText(figure)
        # A percent sign does not begin a line.
        self._note.setText(note.replace(" %", "\u00a0%"))
        self.setAccessibleName(f"{name}: {figure}. {note}")


class Facts(Card):
    """Names at the left, what they stand for at the right, or sentences alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._lines: list[tuple[Label, Label]] = []
        self.body.addLayout(self._grid)

    def show_rows(self, heading: str, rows: list[Row]) -> None:
        """Show `rows`; without any, nothing."""
        self.set_heading(heading)
        self.setVisible(bool(rows))
        self._grid.setColumnMinimumWidth(0, _CAPTIONS)
        texts = [(name, one_line(value)) for name, value in rows]
        self._show([(name, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") for name, text in texts])

    def show_sentences(self, heading: str, sentences: list[str]) -> None:
        """Show `sentences` below each other."""
        self.set_heading(heading)
        self._grid.setHorizontalSpacing(0)
        self._show([("", sentence) for sentence in sentences])

    def _show(self, lines: list[tuple[str, str]]) -> None:
        # The labels stay, because new ones would be laid out in several passes, which is seen as flicker.
        while len(self._lines) < len(lines):
            self._add()
        for place, (caption, value) in enumerate(self._lines):
            name, text = lines[place] if place < len(lines) else ("", "")
            caption.setText(breakable(name, _NARROW_WORD))
            value.setText(breakable(text))
            caption.setVisible(bool(name))
            value.setVisible(bool(text))

    def _add(self) -> None:
        caption, value = Label("secondary", wraps=True, parent=self), Label(wraps=True, parent=self)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        caption.setBuddy(value)
        for column, label in enumerate((caption, value)):
            # They fill their cells, because a layout that aligns them would not ask how high they are when wrapped.
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            self._grid.addWidget(label, len(self._lines), column)
        self._lines.append((caption, value))


class ModelDetails(QWidget):
    """The right-hand side of the Models page.

    Signals:
        drawWanted, exportWanted, cardWanted, runWanted: The user wants that of the model that is shown.
    """

    drawWanted = Signal()
    exportWanted = Signal()
    cardWanted = Signal()
    runWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._portrait: Portrait | None = None
        self._title = Label("strong", wraps=True)
        self._title.setObjectName("modelTitle")
        self._title.setStyleSheet("font-size: 14pt;")
        self._origin = Label("secondary", wraps=True)
        self._origin.setObjectName("modelOrigin")
        self.draw = self._button("modelDrawButton", "draw", self.drawWanted, "primary")
        self.export = self._button("modelExportButton", "export", self.exportWanted)
        self.card = self._button("modelCardButton", "file", self.cardWanted)
        self.run = self._button("modelRunButton", "train", self.runWanted)
        self.notice = NoticeStrip()
        names = ("modelAccuracy", "modelClasses", "modelParameters", "modelSize")
        self._tiles = tuple(Tile(name) for name in names)
        self._facts, self._data, self._limits = Facts(), Facts(), Facts()
        self._lay_out()

    def _button(self, name: str, icon: str, signal: Any, role: str = "") -> Button:
        button = Button(icon if role != "primary" else "", role)
        button.setObjectName(name)
        button.clicked.connect(signal)
        return button

    def _lay_out(self) -> None:
        head = Card()
        head.body.setSpacing(4)
        head.body.addWidget(self._title)
        head.body.addWidget(self._origin)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.draw, self.export, self.card, self.run):
            buttons.addWidget(button)
        buttons.addStretch(1)
        head.body.addSpacing(6)
        head.body.addLayout(buttons)
        head.body.addWidget(self.notice)
        figures = Card()
        row = QHBoxLayout()
        row.setSpacing(16)
        for tile, share in zip(self._tiles, (9, 6, 6, 5), strict=True):
            row.addWidget(tile, share)
        figures.body.addLayout(row)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(GAP)
        for part in (figures, self._facts, self._data, self._limits):
            column.addWidget(part)
        column.addStretch(1)
        self._area = scrolled(content)
        self._area.setObjectName("modelFacts")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GAP)
        outer.addWidget(head)
        outer.addWidget(self._area, 1)

    def portrait(self) -> Portrait | None:
        """What is shown."""
        return self._portrait

    def show_portrait(self, portrait: Portrait) -> None:
        """Show what is known of a model."""
        is_other = self._portrait is None or self._portrait.record.id != portrait.record.id
        self._portrait = portrait
        if is_other:
            self._area.verticalScrollBar().setValue(0)
            self.notice.hide()
        self.retranslate()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.draw.set_texts(tr("Draw with it"), tr("Open the Draw page and read with this model"))
        self.card.set_texts(tr("Model card…"), tr("Save what is known of the model as one HTML page"))
        self.notice.retranslate()
        self._say_buttons(self._portrait)
        if self._portrait is not None:
            self._say(self._portrait)

    def _say_buttons(self, portrait: Portrait | None) -> None:
        can_export = portrait is not None and portrait.can_be_exported
        for button in (self.draw, self.card):
            button.setEnabled(portrait is not None)
        self.export.setEnabled(can_export)
        self.export.set_texts(
            tr("Export…"),
            tr("Write the model for other programs, and try what was written")
            if can_export
            else tr("It cannot be exported: its weights did not come with it"),
        )
        has_run = portrait is not None and bool(portrait.run_id)
        self.run.setEnabled(has_run)
        self.run.set_texts(
            tr("Show its run"),
            tr("Open the Train page with the run that made this model")
            if has_run
            else tr("There is no run of this model on this computer"),
        )

    def _say(self, portrait: Portrait) -> None:
        record = portrait.record
        self._title.setText(breakable(model_title(record)))
        self._title.setAccessibleName(model_title(record))
        self._origin.setText(_origin_words(portrait))
        accuracy, classes, parameters, size = self._tiles
        figure, note = accuracy_words(record, portrait.report) or ("–", tr("it was not judged here"))
        basis = judged_on(record) if figure != "–" else ""
        accuracy.show_figure(tr("Accuracy"), figure, f"{note}\n{basis}" if basis else note)
        n = len(record.extras)
        more = ntr("and {n} further answer", "and {n} further answers", n) if n else ""
        classes.show_figure(tr("Classes"), str(len(record.labels)), more)
        count = record.card.get("parameters")
        parameters.show_figure(tr("Parameters"), f"{count:,}" if isinstance(count, int) else "–", "")
        on_disk = size_of(record)
        size.show_figure(tr("Size"), "–" if on_disk is None else size_words(on_disk), "LiteRT")
        rows = [*what_it_is(record)]
        network = network_words(portrait.recipe)
        if network:
            rows.insert(2 if record.extras else 1, (tr("Network"), network))
        self._facts.show_rows(tr("What it is"), rows)
        self._data.show_rows(tr("What it was made from"), what_from(record) + _training_rows(portrait))
        self._limits.show_sentences(tr("What it is not for"), limits(record, portrait.report))


class NoticeStrip(QFrame):
    """Says what was just done, with a button for the next step.

    Signals:
        openWanted: The button was clicked.
    """

    openWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelNotice")
        self.setProperty("role", "hint")
        self._text = Label(wraps=True)
        self._text.setObjectName("modelNoticeText")
        self._open = Button("open", "flat")
        self._open.setObjectName("modelNoticeOpenButton")
        self._open.clicked.connect(self.openWanted)
        self._close = Button("close", "flat")
        self._close.setObjectName("modelNoticeCloseButton")
        self._close.clicked.connect(self.hide)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 4, 4)
        line.addWidget(self._text, 1)
        line.addWidget(self._open)
        line.addWidget(self._close)
        self.hide()

    def say(self, text: str, *, can_open: bool = False) -> None:
        """Show `text`."""
        self._text.setText(text)
        self._open.setVisible(can_open)
        self.setAccessibleName(text)
        self.show()

    def retranslate(self) -> None:
        """Set the captions anew; what was said in another language goes."""
        self._open.set_texts(tr("Open"), tr("Show it in the browser"))
        self._close.set_texts("", tr("Close the message"))
        self.hide()


def _origin_words(portrait: Portrait) -> str:
    record = portrait.record
    day = local_date(record.created)
    if record.is_shipped:
        return tr("Came with the program · made {date}", date=day)
    if isinstance(record.card.get("training", {}).get("imported"), dict):
        return tr("Brought in from a file · {date}", date=day)
    return tr("Trained here · {date}", date=day)


def _training_rows(portrait: Portrait) -> list[Row]:
    """How it was trained, as far as one asks at first."""
    training = portrait.record.card.get("training", {})
    rows: list[Row] = []
    epochs, best = training.get("epochs"), training.get("best_epoch")
    if isinstance(epochs, int):
        text = ntr("{n} epoch", "{n} epochs", epochs)
        rows.append(
            (tr("Trained for"), tr("{epochs}, best after epoch {best}", epochs=text, best=best) if best else text)
        )
    try:
        config = TrainingConfig.from_dict(training["config"])
    except (KeyError, TypeError, ValueError, AttributeError, RecognizerError):
        return rows
    rows.append(
        (
            tr("Settings"),
            tr(
                "{optimizer}, learning rate {rate}, batches of {batch}, seed {seed}",
                optimizer=OPTIMIZER_NAMES.get(config.optimizer, config.optimizer),
                rate=f"{config.learning_rate:g}",
                batch=config.batch_size,
                seed=config.seed,
            ),
        )
    )
    return rows
