"""A network followed step by step: what goes into a step, how one number of it comes about, and what comes out."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from recognizer.base.i18n import tr
from recognizer.gui.widgets.basics import GAP, Button, Card, Label, scrolled
from recognizer.gui.widgets.contributions import Contributions
from recognizer.gui.widgets.layer_chips import Chip, LayerChips
from recognizer.gui.widgets.layer_numbers import (
    as_map,
    flat_from,
    flat_kernels,
    has_units,
    is_picture,
    output_name,
    scale_of,
    unit_rows,
)
from recognizer.gui.widgets.map_grid import MapGrid
from recognizer.gui.widgets.map_view import MapView, Window
from recognizer.gui.widgets.number_card import NumberCard
from recognizer.inference.convolution import ConvolutionStep, PoolingStep
from recognizer.inference.layer_words import shape_words, stage_help, stage_name
from recognizer.inference.stages import Stage
from recognizer.inference.value_steps import (
    MeanStep,
    ValueStep,
    shares,
    strongest,
    value_step,
)
from recognizer.training.insight import Insight

_PLAYING: Final = 9_000
_FASTEST, _SLOWEST = 15, 250
"""Milliseconds that all places of a map take together, and that one place takes."""


class LayerSteps(QWidget):
    """Shows the steps as chips; of the chosen one, one number with all that it is made of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerSteps")
        self._insight: Insight | None = None
        self._index = 0
        self._place = (0, 0, 0)
        self._source = 0
        self._is_source_picked = False
        self._step: ValueStep | None = None
        self.chips = LayerChips()
        self.before, self.after = MapView(), MapView()
        self.maps = MapGrid()
        self.units = Contributions()
        self.card = NumberCard()
        self.grids, self.parts = self.card.grids, self.card.parts
        for widget, name in (
            (self.chips, "layerChips"),
            (self.before, "layerBefore"),
            (self.after, "layerAfter"),
            (self.maps, "layerMaps"),
            (self.units, "layerUnits"),
        ):
            widget.setObjectName(name)
        self._help = Label(wraps=True)
        self._help.setObjectName("layerHelp")
        self.play = Button()
        self.play.setObjectName("playButton")
        self.play.setCheckable(True)
        self.play.setAutoDefault(False)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_tick)
        self._lay_out()
        self._connect()
        self.retranslate()

    def _lay_out(self) -> None:
        self._in_card, self._out_card = Card(margin=12), Card(margin=12)
        self._legend = Label("secondary", wraps=True)
        self._legend.setObjectName("layerLegend")
        # It takes what it can fill, and all else is left free below.
        self._in_card.body.addWidget(self.before, 100)
        self._in_card.body.addWidget(self._legend)
        self._in_card.body.addWidget(self.play, 0, Qt.AlignmentFlag.AlignLeft)
        self._in_card.body.addStretch(1)
        self._map_area, self._unit_area = scrolled(self.maps), scrolled(self.units)
        self._out_card.body.addWidget(self.after, 3)
        self._out_card.body.addWidget(self._map_area, 2)
        self._out_card.body.addWidget(self._unit_area, 3)
        self._out_card.body.addStretch(0)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        for card, share in ((self._in_card, 5), (self.card, 12), (self._out_card, 6)):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            line.addWidget(card, share)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addWidget(self.chips)
        outer.addWidget(self._help)
        outer.addLayout(line, 1)

    def _connect(self) -> None:
        self.chips.picked.connect(self.choose_stage)
        self.maps.picked.connect(self.choose_map)
        self.units.picked.connect(self.choose_map)
        self.after.picked.connect(self._on_after)
        self.before.picked.connect(self._on_before)
        self.parts.picked.connect(self._on_part)
        self.play.toggled.connect(self._on_play)

    # What is shown

    def set_insight(self, insight: Insight) -> None:
        """Show what a model does with a picture; the step that was chosen stays so where the network is the same."""
        known = self._insight
        is_same = known is not None and [stage_name(each) for each in known.stages] == [
            stage_name(each) for each in insight.stages
        ]
        self._insight = insight
        self.chips.set_chips([Chip(stage_name(each), shape_words(each.after.shape)) for each in insight.stages])
        if not is_same:
            self._index = 0
        self._show_stage(strongest(insight.stages[self._index], self._place[0] if is_same else None))

    def stage(self) -> Stage | None:
        """The chosen step."""
        return self._insight.stages[self._index] if self._insight is not None else None

    def step(self) -> ValueStep | None:
        """How the number that is looked at comes about."""
        return self._step

    def place(self) -> tuple[int, int, int]:
        """(map, row, column) of the number that is looked at; the map is the unit where no maps come out."""
        return self._place

    def source(self) -> int:
        """The map that goes in that is looked at."""
        return self._source

    def choose_stage(self, index: int) -> None:
        """Show the step `index`; the same map and place where it has them too."""
        if self._insight is None:
            return
        before, self._index = self.stage(), index
        stage = self._insight.stages[index]
        assert before is not None
        if before.after.shape == stage.after.shape:
            place = self._place
        elif before.after.ndim == stage.after.ndim == 3 and before.after.shape[2] == stage.after.shape[2]:
            place = strongest(stage, self._place[0])
        else:
            place = strongest(stage)
        self._show_stage(place)

    def choose_map(self, channel: int) -> None:
        """Look at another map, where its largest number is, or at another unit."""
        stage = self.stage()
        if stage is not None:
            self.play.setChecked(False)
            self._is_source_picked = False
            self._show_place(strongest(stage, channel))

    def _show_stage(self, place: tuple[int, int, int]) -> None:
        stage = self.stage()
        assert stage is not None
        assert self._insight is not None
        self.play.setChecked(False)
        self._is_source_picked = False
        self.chips.set_current(self._index)
        self._help.setText(stage_help(stage, is_last=has_units(self._insight, stage)))
        is_map = stage.after.ndim == 3
        is_last = has_units(self._insight, stage)
        self.after.setVisible(not is_last)
        self.play.setVisible(is_map)
        self._map_area.setVisible(is_map)
        self._unit_area.setVisible(is_last)
        if is_map:
            self.maps.set_maps(stage.after, scale_of(stage.after), flat_kernels(stage))
        self._show_place(place)

    def _show_place(self, place: tuple[int, int, int]) -> None:
        stage, insight = self.stage(), self._insight
        assert stage is not None
        assert insight is not None
        self._place = place
        # A network that has gone wrong may hold anything, and that is to be seen too.
        with np.errstate(all="ignore"):
            self._step = value_step(stage, *place)
            self._choose_source(stage, self._step)
            self._show_after(insight, stage)
            self._show_before(insight, stage)
            self.card.show_number(insight, self._index, self._step, place, self._source)
        self._say_headings(insight, stage)

    def _choose_source(self, stage: Stage, step: ValueStep) -> None:
        if stage.before.ndim != 3:
            if not self._is_source_picked:
                parts = shares(step)
                self._source = int(np.abs(parts).argmax()) if len(parts) else self._place[0]
        elif isinstance(step, ConvolutionStep) and step.patch.shape[2] > 1:
            if not self._is_source_picked:
                self._source = int(np.abs(shares(step)).argmax())
        elif stage.kind == "flatten":
            self._source = int(np.unravel_index(self._place[0], stage.before.shape)[2])
        else:
            # Where a block makes other maps of those that go in, each looks at all of them.
            self._source = self._place[0] if stage.before.shape[2] == stage.after.shape[-1] else 0

    def _show_after(self, insight: Insight, stage: Stage) -> None:
        channel, row, column = self._place
        if stage.after.ndim == 3:
            self.after.set_values(stage.after[:, :, channel], scale_of(stage.after))
            self.after.set_place((row, column))
            self.maps.set_current(channel)
        elif has_units(insight, stage):
            self.units.set_parts(unit_rows(insight, stage), channel)
        else:
            values = as_map(stage.after, flat_from(insight, self._index + 1))
            is_grey = is_picture(insight, self._index + 1)
            self.after.set_values(values, scale_of(stage.after), is_picture=is_grey)
            self.after.set_place((channel // values.shape[1], channel % values.shape[1]))

    def _show_before(self, insight: Insight, stage: Stage) -> None:
        is_grey = is_picture(insight, self._index)
        scale = scale_of(stage.before)
        if stage.before.ndim == 3:
            self.before.set_values(stage.before[:, :, self._source], scale, is_picture=is_grey)
            self.before.set_window(self._window(stage))
            self.before.set_place(None)
        else:
            values = as_map(stage.before, flat_from(insight, self._index))
            self.before.set_values(values, scale, is_picture=is_grey)
            self.before.set_window(None)
            self.before.set_place((self._source // values.shape[1], self._source % values.shape[1]))

    def _window(self, stage: Stage) -> Window | None:
        channel, row, column = self._place
        step = self._step
        size = stage.geometry[0]
        match step:
            case ConvolutionStep() | PoolingStep():
                return step.top, step.left, size, size
            case MeanStep():
                return step.top, step.left, step.window.shape[0], step.window.shape[1]
        if stage.kind == "flatten":
            row, column, _ = (int(each) for each in np.unravel_index(channel, stage.before.shape))
        strides = max(1, round(stage.before.shape[0] / stage.after.shape[0])) if stage.after.ndim == 3 else 1
        return row * strides, column * strides, strides, strides

    # What the user does

    def _on_after(self, row: int, column: int) -> None:
        self.play.setChecked(False)
        self._go(row, column)

    def _go(self, row: int, column: int) -> None:
        stage = self.stage()
        if stage is None:
            return
        if stage.after.ndim == 3:
            self._show_place((self._place[0], row, column))
        else:
            self._is_source_picked = False
            self._show_place((row * self.after.values().shape[1] + column, 0, 0))

    def _on_before(self, row: int, column: int) -> None:
        """Go to the number whose window has its middle there."""
        stage = self.stage()
        if stage is None or stage.before.ndim != 3:
            return
        self.play.setChecked(False)
        if stage.kind == "flatten":
            place = int(np.ravel_multi_index((row, column, self._source), stage.before.shape))
            self._show_place((place, 0, 0))
        elif stage.after.ndim == 3:
            size, strides, _ = stage.geometry
            if stage.kind == "residual":
                strides = max(1, round(stage.before.shape[0] / stage.after.shape[0]))
            above, beside = stage.padding_before
            rows, columns = stage.after.shape[:2]
            middle = row + above - size // 2, column + beside - size // 2
            there = [min(max(round(at / strides), 0), n - 1) for at, n in zip(middle, (rows, columns), strict=True)]
            self._show_place((self._place[0], there[0], there[1]))

    def _on_part(self, key: int) -> None:
        stage = self.stage()
        if stage is None:
            return
        if stage.entry.get("function") == "softmax":
            self.choose_map(key)
            return
        self._source, self._is_source_picked = key, True
        self._show_place(self._place)

    # Playing

    def _on_play(self, is_on: bool) -> None:
        stage = self.stage()
        if is_on and stage is not None and stage.after.ndim == 3:
            places = stage.after.shape[0] * stage.after.shape[1]
            self._timer.start(min(max(_PLAYING // places, _FASTEST), _SLOWEST))
            self._go(0, 0)
            self.after.set_revealed(1)
        else:
            self._timer.stop()
            self.after.set_revealed(-1)
        self._say_play()

    def _on_tick(self) -> None:
        stage = self.stage()
        if stage is None or stage.after.ndim != 3:
            return
        rows, columns = stage.after.shape[:2]
        place = self._place[1] * columns + self._place[2] + 1
        if place >= rows * columns:
            self.play.setChecked(False)
        else:
            self._go(*divmod(place, columns))
            self.after.set_revealed(place + 1)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop playing."""
        self.play.setChecked(False)
        super().hideEvent(event)

    # Words

    def retranslate(self) -> None:
        """Set every text anew."""
        self.chips.setAccessibleName(tr("Steps of the network"))
        self.chips.setToolTip(tr("Click a step, or go from one to the next with the arrow keys"))
        self.before.setAccessibleName(tr("What goes in"))
        self.before.setToolTip(tr("Orange: above 0, blue: below 0, black: 0. Click a place to see what comes of it."))
        self.after.setAccessibleName(tr("What comes out"))
        self.after.setToolTip(
            tr("Orange: above 0, blue: below 0, black: 0. Click a number, or move with the arrow keys.")
        )
        self.maps.setAccessibleName(tr("All maps"))
        self.units.setAccessibleName(tr("All outputs"))
        self.units.setToolTip(tr("Click one to see how its number comes about"))
        self.card.retranslate()
        self._say_play()
        if self._insight is not None:
            self.set_insight(self._insight)

    def _say_play(self) -> None:
        if self.play.isChecked():
            self.play.set_texts(tr("Stop"), tr("Stay where it is"))
        else:
            self.play.set_texts(tr("Play"), tr("Watch all numbers of this map come about, one after the other"))

    def _say_headings(self, insight: Insight, stage: Stage) -> None:
        channel, row, column = self._place
        if is_picture(insight, self._index):
            self._in_card.set_heading(tr("Goes in: the picture"))
        elif stage.before.ndim == 3:
            count = stage.before.shape[2]
            self._in_card.set_heading(tr("Goes in: map {n} of {count}", n=self._source + 1, count=count))
        else:
            self._in_card.set_heading(tr("Goes in: {n:,} numbers", n=len(stage.before)))
        self._legend.setText(
            tr("White is ink, 1; black is ground, 0. The frame is what is looked at.")
            if is_picture(insight, self._index)
            else tr("Orange: above 0, blue: below 0, black: 0. The frame is what is looked at.")
        )
        if stage.after.ndim == 3:
            count = stage.after.shape[2]
            self._out_card.set_heading(tr("Comes out: map {n} of {count}", n=channel + 1, count=count))
            words = tr("How the number in row {row}, column {column} comes about", row=row + 1, column=column + 1)
        else:
            self._out_card.set_heading(tr("Comes out: {n:,} numbers", n=len(stage.after)))
            words = tr("How number {n} comes about", n=channel + 1)
            if has_units(insight, stage):
                name = output_name(insight.outputs[channel])
                words = tr("How the number of “{name}” comes about", name=name)
        self.card.set_heading(words)
        self.after.setAccessibleDescription(f"{words}: {self.card.numbers()}")
