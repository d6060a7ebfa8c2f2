"""One picture at work: the picture, its text and the chosen symbol, which belong together, and the corrections."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QUndoGroup
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import GAP
from recognizer.gui.widgets.reading_board import PictureBoard
from recognizer.gui.widgets.reading_boxes import SymbolBox
from recognizer.gui.widgets.reading_card import ReadingCard
from recognizer.gui.widgets.reading_document import ReadingDocument
from recognizer.gui.widgets.reading_inspector import SymbolInspector, symbol_words
from recognizer.gui.widgets.reading_marks import mark_caption
from recognizer.gui.widgets.reading_state import State
from recognizer.inference.kinds import OPERATORS

_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class ReadingDesk(QWidget):
    """Shows one picture and what was read in it. What is chosen in one part is chosen in all.

    Signals:
        changed: A correction was made or undone.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: ReadingDocument | None = None
        self._current = -1
        self._undo_group = QUndoGroup(self)
        self.board = PictureBoard()
        self.card = ReadingCard(session)
        self.inspector = SymbolInspector()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        side = QWidget()
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(GAP)
        right.addWidget(self.card, 38)
        right.addWidget(self.inspector, 62)
        side.setMinimumWidth(276)
        side.setMaximumWidth(420)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.board, 66)
        row.addWidget(side, 34)

    def _connect(self) -> None:
        board, view, text = self.board, self.board.view, self.card.text
        board.nextDoubtfulWanted.connect(self.choose_doubtful)
        board.undo.clicked.connect(self._undo_group.undo)
        board.redo.clicked.connect(self._undo_group.redo)
        for signal, button in (
            (self._undo_group.canUndoChanged, board.undo),
            (self._undo_group.canRedoChanged, board.redo),
        ):
            signal.connect(button.setEnabled)
            button.setEnabled(False)
        view.symbolPicked.connect(self.choose_symbol)
        view.symbolHovered.connect(text.set_hovered)
        text.symbolPicked.connect(self.choose_symbol)
        text.symbolHovered.connect(view.set_hovered)
        self.inspector.labelPicked.connect(self.correct)
        self.inspector.removeWanted.connect(self.remove_symbol)
        self.inspector.stepWanted.connect(self.step)

    def retranslate(self) -> None:
        """Set every text anew."""
        for part in (self.board, self.card, self.inspector):
            part.retranslate()
        self._refresh()

    def current(self) -> int:
        """The chosen symbol; -1 for none."""
        return self._current

    # What is shown

    def show_state(self, name: str, state: State, error: RecognizerError | None = None) -> None:
        """Say what goes on with the picture called `name`, of which nothing is to be seen yet."""
        self._use_document(None)
        self.board.set_name(name)
        self.board.state.show_state(state, error)
        self.board.show_state()
        self._refresh()

    def show_picture(self, name: str, image: QImage, size: QSize, document: ReadingDocument) -> None:
        """Show the picture called `name`, of which `image` is a copy; its own size, in pixels, is `size`."""
        self._use_document(document)
        self.board.set_name(name)
        self.board.view.set_picture(image, size)
        self.board.show_picture()
        self._refresh()

    def _use_document(self, document: ReadingDocument | None) -> None:
        self._current = -1
        self.card.text.set_hovered(-1)
        if document is self._document:
            return
        if self._document is not None:
            self._document.changed.disconnect(self._on_changed)
            self._document.edited.disconnect(self._on_edited)
            self._undo_group.removeStack(self._document.undo_stack)
        self._document = document
        if document is not None:
            document.changed.connect(self._on_changed)
            document.edited.connect(self._on_edited)
            self._undo_group.addStack(document.undo_stack)
            self._undo_group.setActiveStack(document.undo_stack)

    def _refresh(self) -> None:
        document = self._document
        if document is None:
            self.board.set_counts(-1, 0)
            self.card.set_hint(tr("What is read appears here."))
        else:
            self.board.view.set_boxes([_box(document, index) for index in document.indices()])
            self.board.set_counts(len(document.spans), len(document.doubtful()))
            self.board.set_marks({document.mark(index) for index in document.indices()})
            self.card.set_hint(tr("Nothing was found here.\nGo closer with the camera,\nand avoid shadow and blur."))
        self.card.show_document(document)
        self.choose_symbol(self._nearest(self._current))

    def _on_changed(self) -> None:
        self._refresh()
        self.changed.emit()

    def _on_edited(self, index: int) -> None:
        """Go to what has changed."""
        self.choose_symbol(self._nearest(index))

    def _nearest(self, index: int) -> int:
        """The symbol `index`; where it has been taken away the one after it, or the last one."""
        order = self._document.indices() if self._document else ()
        if index < 0 or not order:
            return -1
        return next((other for other in order if other >= index), order[-1])

    # Choosing

    def choose_symbol(self, index: int) -> None:
        """Choose a symbol everywhere; -1 for none."""
        document = self._document
        self._current = index if document is not None and index in document.indices() else -1
        if self._current < 0 and self.inspector.isAncestorOf(QApplication.focusWidget() or self):
            # What has the keys there is about to go; Qt would hand them to the rail.
            self.board.view.setFocus()
        self.board.view.set_current(self._current)
        self.card.text.set_current(self._current)
        self.inspector.show_symbol(document, self._current)

    def step(self, by: int) -> None:
        """Choose the symbol before or after."""
        order = self._document.indices() if self._document else ()
        if self._current in order:
            place = order.index(self._current) + by
            if 0 <= place < len(order):
                self.choose_symbol(order[place])

    def choose_doubtful(self) -> None:
        """Choose the next symbol that somebody should look at; after the last one, the first."""
        doubtful = self._document.doubtful() if self._document else ()
        if doubtful:
            later = [index for index in doubtful if index > self._current]
            self.choose_symbol(later[0] if later else doubtful[0])

    # Correcting

    def correct(self, label: str) -> None:
        """Say what the chosen symbol is."""
        if self._document is not None and self._current >= 0:
            self._document.correct(self._current, label)

    def remove_symbol(self) -> None:
        """Say that the chosen symbol is none."""
        if self._document is not None and self._current >= 0:
            self._document.remove(self._current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is typed is the right label; N goes to the next doubtful symbol, Del takes the box away."""
        key, text = event.key(), event.text()
        labels = self._document.labels if self._document else ()
        if event.modifiers() & _COMMANDS:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_symbol()
        elif text in (*labels, *OPERATORS) and self._current >= 0:
            self.correct(text)
        elif key == Qt.Key.Key_N:  # F3 does the same where N is a class
            self.choose_doubtful()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._current >= 0:
            self.step(1 if key == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)


def _box(document: ReadingDocument, index: int) -> SymbolBox:
    symbol, mark, text = document.symbol(index), document.mark(index), document.text_of(index)
    return SymbolBox(
        index,
        QRectF(*symbol.box),
        mark_caption(mark, text),
        tr("{label}: {words}", label=text, words=symbol_words(symbol.prediction, mark, symbol.text)),
        mark,
        document.line_of(index),
    )
