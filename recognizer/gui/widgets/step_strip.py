"""The steps of the preprocessing side by side: a picture, a switch, and the answer without the step."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui import theme
from recognizer.gui.widgets.basics import Label
from recognizer.gui.widgets.pixel_view import PixelView
from recognizer.gui.widgets.step_zoom import StepZoom, ZoomStep
from recognizer.gui.widgets.switch import Switch
from recognizer.imaging.step_words import step_help, step_name
from recognizer.imaging.steps import Step, StepPicture
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import UNREADABLE

_NARROWEST: Final = 52
"""A column needs that much for its words, logical pixels."""
_LARGEST: Final = 84
"""Side of a picture where there is room."""
_ARROW: Final = 12
_DRAWING: Final = "drawing"
_NAMES: Final = (_DRAWING, *Step)


class StepStrip(QWidget):
    """One column for what was drawn and one for each step, in as many rows as the width asks for.

    Signals:
        switched: The user has moved a switch; `off` tells what is off now.

    A click on a picture, or Return on its switch, shows it large.
    """

    switched = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = {name: _Column(name) for name in _NAMES}
        for column in self._columns.values():
            column.view.installEventFilter(self)
            if column.switch is not None:
                column.switch.toggled.connect(self.switched)
                column.switch.installEventFilter(self)
        self._zoom = StepZoom(self)
        self._is_picture = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(_ARROW)
        self._grid.setVerticalSpacing(10)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)
        self._per_row = 0
        self._arrange()

    # What is on and off

    def off(self) -> frozenset[Step]:
        """The steps that are switched off."""
        return frozenset(step for step in Step if not self._switch(step).isChecked())

    def set_off(self, off: frozenset[Step]) -> None:
        """Move the switches; `switched` is emitted once where that changes anything."""
        before = self.off()
        self.blockSignals(True)
        for step in Step:
            self._switch(step).setChecked(step not in off)
        self.blockSignals(False)
        if self.off() != before:
            self.switched.emit()

    def set_kind(self, *, is_picture: bool) -> None:
        """Call what is taken apart a picture, or a canvas."""
        if is_picture != self._is_picture:
            self._is_picture = is_picture
            self.retranslate()

    def _switch(self, step: Step) -> Switch:
        switch = self._columns[step].switch
        assert switch is not None
        return switch

    # What it shows

    def set_pictures(self, pictures: tuple[StepPicture, ...]) -> None:
        """Show what there is after each step; where there is none, an empty canvas and nothing."""
        there = {picture.name: picture.image for picture in pictures} or {_DRAWING: np.full((1, 1), 255, np.uint8)}
        for name, column in self._columns.items():
            column.view.set_image(there.get(name))

    def set_answers(self, complete: Prediction | None, without: Mapping[Step, Prediction]) -> None:
        """Show below each switch what the answer is without that step alone."""
        for step in Step:
            answer = without.get(step)
            self._columns[step].worth.set_answers(complete if answer else None, answer)

    def retranslate(self) -> None:
        """Set every text anew."""
        self._zoom.retranslate()
        first = self._columns[_DRAWING]
        first.caption.setText(tr("Picture") if self._is_picture else tr("Canvas"))
        first.view.setToolTip(_enlarged(self._help(_DRAWING)))
        first.worth.setText(tr("Without:"))
        first.worth.setToolTip(tr("Below each switch: the answer if that step alone is left out"))
        for step in Step:
            column = self._columns[step]
            column.caption.setText(step_name(step))
            column.view.setToolTip(_enlarged(step_help(step)))
            column.caption.setToolTip(step_help(step))
            switch = self._switch(step)
            switch.setToolTip(step_help(step))
            switch.setAccessibleName(step_name(step))
            column.worth.retranslate()
        self._arrange()

    @staticmethod
    def _help(name: str) -> str:
        return tr("What is handed to the first step") if name == _DRAWING else step_help(Step(name))

    # Large pictures

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open the large pictures at the one that was clicked."""
        for name, column in self._columns.items():
            is_click = watched is column.view and event.type() == QEvent.Type.MouseButtonRelease
            is_return = watched is column.switch and _is_return(event)
            if (is_click or is_return) and column.view.image() is not None:
                self._open_zoom(name)
                return True
        return super().eventFilter(watched, event)

    def _open_zoom(self, name: str) -> None:
        steps = []
        for other in _NAMES:
            column = self._columns[other]
            image = column.view.image()
            if image is None:
                return
            steps.append(ZoomStep(column.caption.text(), self._help(other), image))
        view = self._columns[name].view
        self._zoom.open_at(tuple(steps), _NAMES.index(name), view.mapToGlobal(view.rect().bottomLeft()))

    # Places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take more rows where the columns would become too narrow."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        most = max(2, (self.width() + _ARROW) // (_NARROWEST + _ARROW))
        rows = -(-len(_NAMES) // most)
        per_row = -(-len(_NAMES) // rows)
        if per_row != self._per_row:
            self._per_row = per_row
            for column in self._columns.values():
                self._grid.removeWidget(column)
            for index in range(len(self._columns)):
                self._grid.setColumnStretch(index, 1 if index < per_row else 0)
            for index, name in enumerate(_NAMES):
                self._grid.addWidget(self._columns[name], index // per_row, index % per_row)
        width = (self.width() - (per_row - 1) * _ARROW) // per_row
        side = min(_LARGEST, width)
        lines = max(0, *(column.caption.heightForWidth(width) for column in self._columns.values()))
        for column in self._columns.values():
            column.view.setFixedSize(side, side)
            column.caption.setFixedHeight(lines)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint an arrow from each picture to the next."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.colors().secondary), 1.4))
        columns = [self._columns[name] for name in _NAMES]
        for column, following in pairwise(columns):
            if following.y() != column.y():
                continue
            place = QRectF(column.view.geometry().translated(column.pos()))
            ahead = QRectF(following.view.geometry().translated(following.pos()))
            tip = QPointF((place.right() + ahead.left()) / 2 + 2.5, place.center().y())
            painter.drawPolyline([tip + QPointF(-4, -4), tip, tip + QPointF(-4, 4)])


class _Column(QWidget):
    """A step: its picture, its name, its switch, and what the answer is without it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.view = PixelView(_LARGEST)
        self.view.setObjectName(f"stepPicture_{name}")
        self.view.setCursor(Qt.CursorShape.PointingHandCursor)
        self.caption = Label(wraps=True)
        self.caption.setStyleSheet("font-size: 8.5pt;")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.worth = _Worth()
        self.worth.setObjectName(f"stepAnswer_{name}")
        self.switch: Switch | None = None
        centre = Qt.AlignmentFlag.AlignHCenter
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.view, 0, centre)
        column.addWidget(self.caption)
        column.addStretch(1)
        if name != _DRAWING:
            self.switch = Switch()
            self.switch.setObjectName(f"stepSwitch_{name}")
            self.switch.setChecked(True)
            # A click must leave the keys to the canvas.
            self.switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            column.addWidget(self.switch, 0, centre)
        column.addWidget(self.worth)


class _Worth(Label):
    """The answer without a step, over a bar as long as what is left of the probability of the complete answer."""

    def __init__(self) -> None:
        super().__init__("secondary")
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setStyleSheet("font-size: 8.5pt; padding-bottom: 5px;")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._complete: Prediction | None = None
        self._without: Prediction | None = None

    def set_answers(self, complete: Prediction | None, without: Prediction | None) -> None:
        """Show `without`, in the colour of a fault where it is another symbol than `complete`."""
        self._complete, self._without = complete, without
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        """Say it again in the language in use."""
        complete, without = self._complete, self._without
        if complete is None or without is None:
            self.setText("")
            self.setToolTip("")
            return
        self.setText(answer_text(without))
        self.set_role(answer_role(complete, without))
        self.setToolTip(
            tr(
                "Without this step alone: {without}; with every step: {complete}",
                without=_spoken(without),
                complete=_spoken(complete),
            )
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar below the words."""
        super().paintEvent(event)
        complete, without = self._complete, self._without
        if complete is None or without is None or complete.verdict == Verdict.EMPTY:
            return
        left = float(without.probabilities[complete.labels.index(complete.label)])
        now = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(4, self.height() - 4, self.width() - 8, 3)
        painter.setBrush(QColor(now.line))
        painter.drawRoundedRect(track, 1.5, 1.5)
        colors = {"wrong": now.wrong, "doubt": now.doubt}
        painter.setBrush(QColor(colors.get(answer_role(complete, without), now.accent)))
        painter.drawRoundedRect(QRectF(track.x(), track.y(), track.width() * left, 3), 1.5, 1.5)


def _enlarged(words: str) -> str:
    return tr("{words}. Click to enlarge.", words=words)


def _is_return(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
        return False
    return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def answer_text(prediction: Prediction) -> str:
    """Label and probability, which is never rounded up to 100 %; a question mark for what was rejected."""
    if prediction.verdict == Verdict.EMPTY:
        return "–"
    if prediction.is_rejected:
        return UNREADABLE
    return best_text(prediction)


def best_text(prediction: Prediction) -> str:
    """The most probable label with its probability, even of an answer that was rejected."""
    return tr("{label}, {percent} %", label=prediction.label, percent=min(99, round(prediction.confidence * 100)))


def _spoken(prediction: Prediction) -> str:
    if prediction.verdict == Verdict.EMPTY:
        return tr("nothing to read")
    if prediction.is_rejected:
        return tr("not recognised (at best {answer})", answer=best_text(prediction))
    return best_text(prediction)


def answer_role(complete: Prediction, without: Prediction) -> str:
    """The role of the text for `without`: `wrong` where it is another answer, `doubt` where it is less sure."""
    if without.is_rejected != complete.is_rejected or without.label != complete.label:
        return "wrong"
    return "doubt" if complete.verdict == Verdict.SURE and without.verdict != Verdict.SURE else "secondary"
