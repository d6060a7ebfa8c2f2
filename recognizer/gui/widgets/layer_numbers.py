"""What is shown of a number that a step of a network gives: tables of the numbers it is made of, and what adds most."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import ntr, tr
from recognizer.gui.widgets.contributions import Contribution
from recognizer.gui.widgets.number_grids import NumberGrid
from recognizer.inference.convolution import ConvolutionStep, PoolingStep
from recognizer.inference.layer_words import number, signed
from recognizer.inference.registry import OTHER
from recognizer.inference.stages import Stage
from recognizer.inference.value_steps import DenseStep, MeanStep, SoftmaxStep, ValueStep, shares
from recognizer.training.insight import Insight

_MOST: Final = 6
"""Parts of a sum that are shown one by one."""
_AROUND: Final = 1
"""How many neighbours on each side are shown of a number that comes from one number."""


def output_name(name: str) -> str:
    """What people call an output of a network."""
    return tr("no symbol") if name == OTHER else name


def scale_of(values: NDArray[np.float32]) -> float:
    """What the palest colour stands for, more than 0."""
    found = values[np.isfinite(values)]
    return float(np.abs(found).max(initial=0.0)) or 1.0


def as_map(values: NDArray[np.float32], shape: tuple[int, ...] = ()) -> NDArray[np.float32]:
    """A row of numbers in lines, so that it can be looked at; what is missing in the last line is no number.

    Args:
        values: (n,) float32.
        shape: Of the map that the row was, where it was one alone.
    """
    if len(shape) == 3 and shape[2] == 1:
        return values.reshape(shape[:2])
    columns = max(1, int(np.ceil(np.sqrt(1.6 * len(values)))))
    rows = -(-len(values) // columns)
    return np.pad(values, (0, rows * columns - len(values)), constant_values=np.nan).reshape(rows, columns)


def is_picture(insight: Insight, index: int) -> bool:
    """Whether what goes into the step `index` is the picture, perhaps in a row."""
    return all(each.kind == "flatten" for each in insight.stages[:index])


def flat_from(insight: Insight, index: int) -> tuple[int, ...]:
    """The shape of the maps from which the row was made that goes into the step `index`; empty where of none."""
    earlier = insight.stages[:index]
    if earlier and earlier[-1].kind == "flatten":
        return earlier[-1].before.shape
    return ()


def has_units(insight: Insight, stage: Stage) -> bool:
    """Whether what comes out is one number for each output of the network."""
    return stage.after.ndim == 1 and len(stage.after) == len(insight.outputs)


def unit_rows(insight: Insight, stage: Stage) -> list[Contribution]:
    """The numbers of the network's outputs, each with its name."""
    is_share = stage.entry.get("function") == "softmax"
    return [
        Contribution(
            output_name(name), float(value), f"{100 * value:.1f} %" if is_share else number(float(value)), place
        )
        for place, (name, value) in enumerate(zip(insight.outputs, stage.after, strict=True))
    ]


def flat_kernels(stage: Stage) -> NDArray[np.float32] | None:
    """(k, k, c): the filter of each map of a convolution, where each looks at one map; else None."""
    if stage.geometry[0] == 1 or stage.kind not in ("conv", "depthwise_conv"):
        return None
    if stage.kind == "depthwise_conv":
        return stage.weights[0][:, :, :, 0]
    return stage.weights[0][:, :, 0] if stage.before.shape[2] == 1 else None


def number_grids(
    stage: Stage, step: ValueStep, place: tuple[int, int, int], source: int, *, is_picture: bool
) -> list[NumberGrid]:
    """The tables for a number.

    Args:
        stage: The step of the network.
        step: How the number comes about.
        place: (map, row, column) of the number.
        source: The map that goes in that is looked at.
        is_picture: Whether what goes in is the picture.
    """
    scale = scale_of(stage.before)
    seen = tr("picture") if is_picture else tr("map {n}", n=source + 1)
    match step:
        case ConvolutionStep():
            part = source if step.patch.shape[2] > 1 else 0
            kernel, products = step.kernel[..., part], step.products[..., part]
            return [
                NumberGrid(seen, step.patch[..., part], scale, is_picture),
                NumberGrid(tr("filter"), kernel, scale_of(stage.weights[0]), sign="×"),
                NumberGrid(tr("multiplied"), products, scale_of(step.products), sign="="),
            ]
        case PoolingStep():
            return [NumberGrid(tr("window"), step.window, scale, is_picture, marked=(step.row, step.column))]
        case MeanStep():
            return [NumberGrid(tr("window"), step.window, scale, is_picture)]
        case DenseStep() if is_picture:
            return [
                NumberGrid(tr("picture"), as_map(step.inputs, (28, 28, 1)), scale, is_picture=True),
                NumberGrid(tr("weights"), as_map(step.weights, (28, 28, 1)), scale_of(step.weights), sign="×"),
                NumberGrid(tr("multiplied"), as_map(step.products, (28, 28, 1)), scale_of(step.products), sign="="),
            ]
        case SoftmaxStep() | DenseStep():
            return []
        case _ if stage.kind == "flatten":
            return []
        case _:
            return _before_and_after(stage, place, is_picture=is_picture)


def _before_and_after(stage: Stage, place: tuple[int, int, int], *, is_picture: bool) -> list[NumberGrid]:
    """The number with its neighbours, as it goes in and as it comes out."""
    scale = max(scale_of(stage.before), scale_of(stage.after))
    channel, row, column = place
    if stage.after.ndim != 3:
        before, after = (values[channel].reshape(1, 1) for values in (stage.before, stage.after))
        return [NumberGrid(tr("before"), before, scale), NumberGrid(tr("after"), after, scale, sign="→")]
    top, left = max(0, row - _AROUND), max(0, column - _AROUND)
    around = (slice(top, row + _AROUND + 1), slice(left, column + _AROUND + 1), channel)
    marked = (row - top, column - left)
    after = NumberGrid(tr("after"), stage.after[around], scale, sign="→", marked=marked)
    if stage.branches:
        branch, shortcut = (each[around] for each in stage.branches)
        return [
            NumberGrid(tr("convolutions"), branch, scale, marked=marked),
            NumberGrid(tr("what went in"), shortcut, scale, sign="+", marked=marked),
            after,
        ]
    return [NumberGrid(tr("before"), stage.before[around], scale, is_picture, marked=marked), after]


def contributions(step: ValueStep, outputs: Sequence[str], flat_from: tuple[int, ...]) -> list[Contribution]:
    """What the number is the sum of, the parts that count most first; nothing where it is no sum of several.

    Args:
        step: How the number comes about.
        outputs: What the network's outputs stand for.
        flat_from: The shape of the maps that a row of numbers was made of; empty where it was none.
    """
    if isinstance(step, SoftmaxStep):
        names = [output_name(name) for name in outputs]
        order = np.argsort(-step.powers)[: _MOST + 2]
        return [
            Contribution(
                names[place],
                float(step.powers[place]),
                f"e^{number(float(step.scores[place]))} = {number(float(step.powers[place]))}",
                int(place),
            )
            for place in order
        ]
    parts = shares(step)
    if len(parts) < 2 or not isinstance(step, ConvolutionStep | DenseStep):
        return []
    order = np.argsort(-np.abs(parts), kind="stable")[:_MOST]
    found = [
        Contribution(
            _part_name(step, int(place), flat_from), float(parts[place]), signed(float(parts[place])), int(place)
        )
        for place in order
    ]
    if len(parts) > _MOST:
        rest = float(parts.sum() - parts[order].sum())
        words = ntr("{n} other", "{n} others", len(parts) - _MOST)
        found.append(Contribution(words, rest, signed(rest)))
    return [*found, Contribution(tr("bias"), step.bias, signed(step.bias))]


def _part_name(step: ConvolutionStep | DenseStep, place: int, flat_from: tuple[int, ...]) -> str:
    if isinstance(step, ConvolutionStep):
        return tr("map {n}", n=place + 1)
    if len(flat_from) == 3:
        row, column, channel = (int(each) + 1 for each in np.unravel_index(place, flat_from))
        if flat_from[2] == 1:
            return tr("pixel {row}, {column}", row=row, column=column)
        return tr("map {map} at {row}, {column}", map=channel, row=row, column=column)
    return tr("number {n}", n=place + 1)
