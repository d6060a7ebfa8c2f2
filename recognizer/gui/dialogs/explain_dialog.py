"""Why a model reads a picture as it does: what speaks for its answer, and its network step by step."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QWidget

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import current_language, tr
from recognizer.base.progress import ProgressCallback
from recognizer.gui.dialogs.explain_work import Seen, look
from recognizer.gui.dialogs.parts import Dialog, elastic
from recognizer.gui.session import Session
from recognizer.gui.widgets.basics import Button, Label
from recognizer.gui.widgets.evidence_view import EvidenceView
from recognizer.gui.widgets.layer_steps import LayerSteps
from recognizer.gui.widgets.verdict_words import percent_text
from recognizer.inference.occlusion import classifier_answers

_NAME: Final = "explainDialog"


class ExplainDialog(Dialog):
    """Two faces: what speaks for a class, and the layers step by step. It stays open beside the window.

    Args:
        session: The window's.
        parent: The window.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, _NAME, QSize(1100, 720), parent)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self._picture: NDArray[np.uint8] = np.zeros((28, 28), np.uint8)
        self._written = ""
        self._seen: Seen | None = None
        self._language = current_language()
        self.evidence, self.steps = EvidenceView(), LayerSteps()
        self._faces = QStackedWidget()
        self._faces.addWidget(self.evidence)
        self._faces.addWidget(self.steps)
        self._closed = Label("secondary", wraps=True)
        self._closed.setObjectName("explainClosed")
        self._closed.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._faces.addWidget(self._closed)
        self._model = Label("secondary")
        self._model.setObjectName("explainModel")
        self._model.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.face_buttons = Button(role="segment"), Button(role="segment")
        group = QButtonGroup(self)
        line = QHBoxLayout()
        line.setSpacing(0)
        for button, name, side in zip(
            self.face_buttons, ("explainEvidenceButton", "explainStepsButton"), ("left", "right"), strict=True
        ):
            button.setObjectName(name)
            button.setProperty("side", side)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.clicked.connect(self._show_face)
            group.addButton(button)
            line.addWidget(button)
        self.face_buttons[0].setChecked(True)
        line.addWidget(elastic(self._model), 1)
        self.body.addLayout(line)
        self.body.addWidget(self._faces, 1)
        self.footer.addStretch(1)
        self._close = self.add_button("explainCloseButton", tr("Close"), tr("Close"), self.reject)
        self._looking, self._covering = self.job(), self.job()
        self._looking.succeeded.connect(self._on_seen)
        self._looking.failed.connect(self._on_not_seen)
        self._covering.succeeded.connect(self.evidence.show_answers)
        self._covering.failed.connect(self._on_not_covered)
        self.retranslate()

    def explain(self, picture: NDArray[np.uint8], model_id: str = "", written: str = "") -> None:
        """Explain how a model reads a picture.

        Args:
            picture: (28, 28) uint8, preprocessed.
            model_id: Which model; that of the Draw page where empty.
            written: The class that the picture really shows; empty where that is not known.
        """
        self._picture, self._written, self._seen = picture, written, None
        self._covering.drop()
        self.notice.hide()
        self.evidence.show_picture(picture)
        self._say_answer()
        registry, usual = self.session.registry, self.session.settings.get("model")

        def work(progress: ProgressCallback, token: CancellationToken) -> Seen:
            return look(registry, model_id, usual, picture, token)

        self._looking.start(work)

    def is_complete(self) -> bool:
        """Whether all that can be said of the picture has been worked out."""
        return self._seen is not None and self.evidence.is_complete()

    def seen(self) -> Seen | None:
        """What the model says of the picture; None as long as it is asked."""
        return self._seen

    def _on_seen(self, seen: Seen) -> None:
        self._seen = seen
        known = seen.prediction.labels
        self.evidence.show_seen(seen.prediction, seen.insight, self._written if self._written in known else "")
        if seen.insight is not None:
            self.steps.set_insight(seen.insight)
        self._closed.setText(seen.closed)
        self._show_face()
        self._say_answer()
        classifier, picture = seen.classifier, self._picture

        def work(progress: ProgressCallback, token: CancellationToken) -> NDArray[np.floating]:
            return classifier_answers(classifier, picture, token)

        self._covering.start(work)

    def _on_not_seen(self, error: RecognizerError) -> None:
        # The notice says the rest.
        self.say_step(error.what)
        self.evidence.show_failure(error.what)

    def _on_not_covered(self, error: RecognizerError) -> None:
        self.evidence.show_failure(error.what)

    def _show_face(self) -> None:
        if self.face_buttons[0].isChecked():
            self._faces.setCurrentWidget(self.evidence)
        elif self._seen is not None and self._seen.insight is None:
            self._faces.setCurrentWidget(self._closed)
        else:
            self._faces.setCurrentWidget(self.steps)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._language = current_language()
        evidence, steps = self.face_buttons
        evidence.set_texts(tr("What speaks for it"), tr("Show which parts of the picture the answer depends on"))
        steps.set_texts(tr("Step by step"), tr("Follow the picture through the network, number by number"))
        self._close.set_texts(tr("Close"), tr("Close"))
        self.evidence.retranslate()
        self.steps.retranslate()
        self._say_answer()

    def _say_answer(self) -> None:
        seen = self._seen
        self.set_heading(tr("Why {label}?", label=seen.prediction.label) if seen is not None else tr("Why?"))
        if seen is None:
            self.say_step(tr("The model looks at the picture…"))
            self._model.setText("")
            return
        prediction, title = seen.prediction, seen.classifier.record.title
        percent = f"{percent_text(prediction, digits=1)} %"
        words = tr("The model reads {label} with {percent}.", label=prediction.label, percent=percent)
        if self._written and self._written != prediction.label:
            words = tr("{words} Its label is {written}.", words=words, written=self._written)
        elif prediction.is_rejected:
            words = tr("{words} It would not trust this answer.", words=words)
        self.say_step(words)
        self._model.setText(tr("Model: {title}", title=title))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language of the window."""
        changes = (QEvent.Type.LanguageChange, QEvent.Type.ActivationChange)
        if event.type() in changes and self._language != current_language():
            self.retranslate()
        super().changeEvent(event)


def open_explanation(
    session: Session, picture: NDArray[np.uint8], model_id: str, written: str, parent: QWidget
) -> ExplainDialog:
    """Explain a reading in the window's dialog, which is opened where it is not yet.

    Args:
        session: The window's.
        picture: (28, 28) uint8, preprocessed.
        model_id: The model; that of the Draw page where empty.
        written: The class that the picture really shows; empty where that is not known.
        parent: Any widget of the window.
    """
    window = parent.window()
    dialog = window.findChild(ExplainDialog, _NAME)
    if dialog is None or not dialog.isVisible():
        dialog = ExplainDialog(session, window)
    dialog.explain(picture, model_id, written)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    return dialog
