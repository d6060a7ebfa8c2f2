"""How one number that a step of a network gives comes about: its tables, its formula, and what counts most in it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import Card, Label, scrolled
from recognizer.gui.widgets.contributions import Contributions
from recognizer.gui.widgets.layer_numbers import contributions, flat_from, is_picture, number_grids
from recognizer.gui.widgets.number_grids import NumberGrids
from recognizer.inference.convolution import ConvolutionStep
from recognizer.inference.layer_words import formula, number
from recognizer.inference.value_steps import DenseStep, SoftmaxStep, ValueStep, result
from recognizer.training.insight import Insight


class NumberCard(Card):
    """Shows one number with all that it is made of; `grids` and `parts` are its tables and its bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=12)
        self.grids, self.parts = NumberGrids(), Contributions()
        self.grids.setObjectName("layerNumbers")
        self.parts.setObjectName("layerParts")
        self._general, self._next = Label("secondary", wraps=True), Label("secondary", wraps=True)
        self._numbers = Label(wraps=True)
        self._general.setObjectName("layerFormula")
        self._numbers.setObjectName("layerFormulaNumbers")
        self._numbers.setStyleSheet("font-size: 13pt; font-weight: 600;")
        self._numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._next.setObjectName("layerNext")
        self._parts_title = Label("heading")
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        for part in (self.grids, self._general, self._numbers, self._next, self._parts_title, self.parts):
            column.addWidget(part)
        column.addStretch(1)
        self.body.addWidget(scrolled(content), 1)

    def show_number(
        self, insight: Insight, index: int, step: ValueStep, place: tuple[int, int, int], source: int
    ) -> None:
        """Show a number.

        Args:
            insight: What the network does.
            index: Of the step of the network.
            step: How the number comes about.
            place: (map, row, column) of the number.
            source: The map, or the number, that goes in that is looked at.
        """
        stage = insight.stages[index]
        grids = number_grids(stage, step, place, source, is_picture=is_picture(insight, index))
        self.grids.setVisible(bool(grids))
        self.grids.set_grids(grids)
        parts = contributions(step, insight.outputs, flat_from(insight, index))
        # Tables of the whole picture show the same better.
        is_shown = bool(parts) and not (grids and isinstance(step, DenseStep))
        self.parts.setVisible(is_shown)
        self._parts_title.setVisible(is_shown)
        self.parts.set_parts(parts if is_shown else (), place[0] if isinstance(step, SoftmaxStep) else source)
        words = formula(step)
        self._general.setText(words.general)
        self._numbers.setText(words.numbers)
        self._next.setText(_next_words(insight, index, step))
        self._next.setVisible(bool(self._next.text()))

    def numbers(self) -> str:
        """The formula with its numbers."""
        return self._numbers.text()

    def retranslate(self) -> None:
        """Set the texts that do not depend on the number."""
        self.grids.setAccessibleName(tr("The numbers"))
        self._parts_title.setText(tr("What counts most"))
        self.parts.setAccessibleName(tr("What counts most"))
        self.parts.setToolTip(tr("What adds most to the number or takes most from it; click one to see it at the left"))
        self._general.setToolTip(tr("The bias is a number that was learnt, and is always added"))


def _next_words(insight: Insight, index: int, step: ValueStep) -> str:
    """What ReLU will make of the number, or what the answer leaves out."""
    following = insight.stages[index + 1 : index + 2]
    if isinstance(step, ConvolutionStep | DenseStep) and following and following[0].entry.get("function") == "relu":
        value = result(step)
        return tr("Then ReLU: max(0, {before}) = {after}", before=number(value), after=number(max(0.0, value)))
    if isinstance(step, SoftmaxStep) and insight.extras:
        return tr("The last {n} outputs stand for no class. The answer compares the classes alone.", n=insight.extras)
    return ""
