"""All about one symbol of a picture: what the model saw, how sure it is, and what it really is."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Button, Card, Label, scrolled
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.reading_classes import ClassPicker
from recognizer.gui.widgets.reading_document import ReadingDocument
from recognizer.gui.widgets.reading_marks import Mark
from recognizer.inference.kinds import OPERATORS
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import UNREADABLE
from recognizer.library.dataset import DIGITS

_ROLES: Final = {Mark.SURE: "sure", Mark.UNSURE: "doubt", Mark.UNREADABLE: "wrong", Mark.CORRECTED: "accent"}
_SECOND_BEST: Final = 0.005
"""The probability from which another class is worth being named."""


class SymbolInspector(Card):
    """Shows one symbol and asks for what it should be; it changes nothing itself.

    Signals:
        labelPicked: What the symbol is said to be.
        removeWanted: The symbol is said to be none.
        stepWanted: Another symbol is wanted: -1 the one before, 1 the one after.
    """

    labelPicked = Signal(str)
    removeWanted = Signal()
    stepWanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readInspector")
        self._document: ReadingDocument | None = None
        self._index = -1
        self._hint = Label("secondary", wraps=True)
        self._hint.setObjectName("readInspectorHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._seen = PixelView(84)
        self._seen.setObjectName("readSymbolView")
        self._answer = Label("strong")
        self._answer.setObjectName("readSymbolText")
        self._answer.setStyleSheet("font-size: 24pt; font-weight: 700;")
        self._verdict = Label("strong", wraps=True)
        self._verdict.setObjectName("readSymbolVerdict")
        self._others = Label("secondary", wraps=True)
        self._others.setObjectName("readSymbolOthers")
        self.classes = ClassPicker()
        self.classes.setMinimumHeight(100)
        self.classes.setMaximumHeight(150)
        self.classes.picked.connect(self.labelPicked)
        self._ask = Label("secondary", wraps=True)
        self._operators = {sign: Button() for sign in OPERATORS}
        for sign, button in self._operators.items():
            button.setObjectName(f"readOperator{OPERATORS.index(sign)}")
            button.setStyleSheet("QPushButton { padding: 2px 0px; }")
            button.setMinimumWidth(26)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, sign=sign: self.labelPicked.emit(sign))
        self._remove = Button("clear")
        self._remove.setObjectName("readRemoveButton")
        self._remove.clicked.connect(self.removeWanted)
        self._before = Button("previous", role="flat")
        self._before.setObjectName("readPreviousButton")
        self._before.clicked.connect(lambda: self.stepWanted.emit(-1))
        self._after = Button("next", role="flat")
        self._after.setObjectName("readNextButton")
        self._after.clicked.connect(lambda: self.stepWanted.emit(1))
        self._lay_out()
        self.retranslate()

    def _lay_out(self) -> None:
        self.body.removeWidget(self.heading)
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(self.heading, 1)
        head.addWidget(self._before)
        head.addWidget(self._after)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._answer)
        words.addWidget(self._verdict)
        words.addWidget(self._others)
        words.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(self._seen, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        signs = QHBoxLayout()
        signs.setSpacing(4)
        for button in self._operators.values():
            signs.addWidget(button)
        self._facts = QWidget()
        column = QVBoxLayout(self._facts)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.classes)
        column.addWidget(self._ask)
        column.addLayout(signs)
        column.addWidget(self._remove)
        column.addStretch(1)
        self._area = scrolled(self._facts)
        self.body.addLayout(head)
        self.body.addWidget(self._hint, 1)
        self.body.addWidget(self._area, 1)

    def show_symbol(self, document: ReadingDocument | None, index: int) -> None:
        """Show the symbol `index` of `document`; -1 for none."""
        self._document, self._index = document, index
        self._refresh()

    def retranslate(self) -> None:
        """Set every text anew."""
        self._ask.setText(tr("Wrong? Click the right one above, or type it."))
        for sign, button in self._operators.items():
            button.set_texts(sign, tr("It is {sign}", sign=sign))
        self._remove.set_texts(tr("Not a symbol"), tr("Take the box away (Del)"))
        self._before.set_texts("", tr("The symbol before (←)"))
        self._after.set_texts("", tr("The symbol after (→)"))
        self._seen.setToolTip(tr("The picture that is handed to the model"))
        self._seen.setAccessibleName(tr("The picture that is handed to the model"))
        self.classes.setAccessibleName(tr("How probable each symbol is"))
        self._refresh()

    def _refresh(self) -> None:
        document, index = self._document, self._index
        has_symbol = document is not None and index >= 0
        for part in (self._area, self._before, self._after):
            part.setVisible(has_symbol)
        self._hint.setVisible(not has_symbol)
        if document is None or index < 0:
            self.set_heading(tr("What the model saw"))
            has_any = document is not None and bool(document.spans)
            self._hint.setText(
                tr(
                    "Click a box to see what the model saw and to correct it. Arrow keys move from symbol to symbol, "
                    "{key} finds the next doubtful one.",
                    key="F3" if document is not None and "N" in document.labels else "N",
                )
                if has_any
                else tr("Each symbol gets a box. Click one to see what the model saw.")
            )
            return
        order = document.indices()
        self.set_heading(tr("Symbol {number} of {total}", number=order.index(index) + 1, total=len(order)))
        self._before.setEnabled(index != order[0])
        self._after.setEnabled(index != order[-1])
        symbol, mark, text = document.symbol(index), document.mark(index), document.text_of(index)
        self._seen.set_image(symbol.image)
        self._answer.setText(text)
        self._verdict.set_role(_ROLES[mark])
        self._verdict.setText(symbol_words(symbol.prediction, mark, symbol.text))
        self._others.setText(_alternatives(symbol.prediction))
        if symbol.prediction.labels == document.labels:
            self.classes.set_prediction(symbol.prediction)
        else:
            # Read as a sign: it is none of the model's classes, but each of them may be the right one.
            self.classes.set_labels(document.labels)
        self.classes.set_chosen(text)
        self.classes.setAccessibleDescription(self._others.text())


def symbol_words(prediction: Prediction, mark: Mark, read_as: str) -> str:
    """In words, how far a symbol can be trusted that the model has read as `read_as`."""
    if mark == Mark.CORRECTED:
        if read_as == UNREADABLE:
            return tr("Corrected by you; it was not recognised")
        return tr("Corrected by you; the model read {label}", label=read_as)
    if mark == Mark.SURE:
        return tr("Sure")
    if mark == Mark.UNREADABLE or prediction.verdict == Verdict.EMPTY:
        if prediction.labels == DIGITS.names:
            return tr("Not sure: this does not look like a digit")
        return tr("Not sure: this does not look like a symbol that the model knows")
    (first, _), (second, _) = prediction.alternatives[:2]
    return tr("Not sure: {first} or {second}?", first=first, second=second)


def _alternatives(prediction: Prediction) -> str:
    """The most probable classes with their probabilities, rounded down so that only certainty reads 100 %."""
    shown = [pair for pair in prediction.alternatives[:3] if pair[1] >= _SECOND_BEST]
    parts = [f"{label}\u00a0·\u00a0{int(share * 1000 + 1e-3) / 10}\u00a0%" for label, share in shown]
    return "   ".join(parts)
