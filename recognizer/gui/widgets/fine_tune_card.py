"""The card from which a model is trained further on the user's own handwriting."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.basics import Button, Card, Label
from recognizer.training.finetune import LEAST


class FineTuneCard(Card):
    """How much handwriting there is, what will happen, and the buttons; it decides nothing.

    Signals:
        wanted: The user wants the training.
        shippedWanted: The user wants to draw with the program's own model again.
    """

    wanted = Signal()
    shippedWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._model = ""
        self._problem = ""
        self._is_running = self._can_revert = False
        self._words = Label("secondary", wraps=True)
        self._words.setObjectName("fineTuneText")
        self.button = Button()
        self.button.setObjectName("fineTuneButton")
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.revert_button = Button(role="flat")
        self.revert_button.setObjectName("shippedModelButton")
        self.body.addWidget(self._words)
        self.body.addWidget(self.button)
        self.body.addWidget(self.revert_button)
        self.button.clicked.connect(self.wanted)
        self.revert_button.clicked.connect(self.shippedWanted)
        self.retranslate()

    def set_count(self, count: int, problem: str = "") -> None:
        """Say how many samples the user has kept, or why that is not known."""
        self._count, self._problem = count, problem
        self._refresh()

    def set_model(self, title: str, *, can_be_tuned: bool, can_revert: bool) -> None:
        """Say which model would be trained further.

        Args:
            title: What people call it; empty where there is none.
            can_be_tuned: Whether what is needed came with it.
            can_revert: Whether one draws with another model than the program's own.
        """
        self._model = title if can_be_tuned else ""
        self._can_revert = can_revert
        self._refresh()

    def set_running(self, is_running: bool) -> None:
        """A run goes on: no other can begin."""
        self._is_running = is_running
        self._refresh()

    def retranslate(self) -> None:
        """Set every text anew."""
        self.set_heading(tr("My handwriting"))
        self.button.set_texts(
            tr("Fine-tune on my handwriting"), tr("Train the model of the Draw page further on what you wrote")
        )
        self.revert_button.set_texts(
            tr("Draw with the program's own model again"), tr("Open the Draw page with the model that came with it")
        )
        self._refresh()

    def _refresh(self) -> None:
        is_enough = self._count >= LEAST
        self.button.setEnabled(is_enough and bool(self._model) and not self._is_running and not self._problem)
        self.revert_button.setVisible(self._can_revert)
        if self._problem:
            self._words.setText(self._problem)
            return
        kept = ntr("{n} sample kept", "{n} samples kept", self._count)
        if not is_enough:
            step = tr("Draw, and say what it is: from {least} samples on, a model can learn from them.", least=LEAST)
        elif not self._model:
            step = tr("The model of the Draw page cannot be trained further; choose another one there.")
        else:
            step = tr(
                "“{model}” learns from them in a minute or two. It stays as it is: a new model is made, and only if it "
                "forgets nothing.",
                model=self._model,
            )
        self._words.setText(f"{kept}. {step}")
