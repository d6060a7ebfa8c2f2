"""The symbols of a number in a row, each with how probable it is, in the colour of its verdict."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.verdict_words import verdict_words
from recognizer.inference.reading import ReadSymbol


class SymbolChips(QScrollArea):
    """A button a symbol; it scrolls sideways where there are many.

    Signals:
        chosen: The index of the symbol that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("symbolChips")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._buttons: list[QPushButton] = []
        content = QWidget()
        self._line = QHBoxLayout(content)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(6)
        self._line.addStretch(1)
        self.setWidget(content)
        self.setFixedHeight(42)

    def show_symbols(self, symbols: Sequence[ReadSymbol], selected: int) -> None:
        """Show `symbols`, the one at `selected` pressed."""
        while len(self._buttons) < len(symbols):
            self._add()
        for index, button in enumerate(self._buttons):
            if index < len(symbols):
                _fill(button, symbols[index], is_selected=index == selected)
            button.setVisible(index < len(symbols))
        if 0 <= selected < len(symbols):
            self.ensureWidgetVisible(self._buttons[selected], 8, 0)

    def chips(self) -> list[QPushButton]:
        """The buttons that are shown."""
        return [button for button in self._buttons if not button.isHidden()]

    def _add(self) -> None:
        index = len(self._buttons)
        button = QPushButton()
        button.setObjectName(f"symbolChip{index}")
        button.setProperty("role", "chip")
        button.setCheckable(True)
        # A click must not take the keys from the canvas: a figure typed then says what the symbol is.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.chosen.emit(index))
        self._buttons.append(button)
        self._line.insertWidget(index, button)


def _fill(button: QPushButton, symbol: ReadSymbol, *, is_selected: bool) -> None:
    prediction = symbol.prediction
    button.setText(chip_text(symbol))
    button.setChecked(is_selected)
    verdict = str(prediction.verdict)
    if button.property("verdict") != verdict:
        button.setProperty("verdict", verdict)
        button.style().unpolish(button)
        button.style().polish(button)
    words = verdict_words(prediction)
    button.setToolTip(words)
    button.setAccessibleName(tr("Symbol {symbol}: {words}", symbol=symbol.text, words=words))


def chip_text(symbol: ReadSymbol) -> str:
    """The symbol and how probable it is; no figure for what was not recognised."""
    # "&" would underline the next character.
    text = symbol.text.replace("&", "&&")
    # There is little room: 99 stands for everything above it.
    percent = min(99, int(symbol.prediction.confidence * 100))
    return text if symbol.prediction.is_rejected else f"{text}  {percent} %"
