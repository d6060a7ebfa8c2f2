"""The steps of a network in words: what each is called, what it does, and its formula with the numbers in it."""

import math
from dataclasses import dataclass
from typing import Final

from recognizer.base.i18n import tr
from recognizer.inference.convolution import ConvolutionStep, PoolingStep
from recognizer.inference.stages import Stage
from recognizer.inference.value_steps import (
    ActivationStep,
    DenseStep,
    FlattenStep,
    MeanStep,
    NormStep,
    ResidualStep,
    SoftmaxStep,
    ValueStep,
)

_MOST: Final = 9
"""Numbers that are written out in a formula."""
_BENDS: Final = {
    "relu": "max(0, {x})",
    "elu": "e^{x} − 1",
    "gelu": "{x} · Φ({x})",
    "sigmoid": "1 / (1 + e^(−{x}))",
    "softplus": "ln(1 + e^{x})",
    "swish": "{x} / (1 + e^(−{x}))",
    "tanh": "tanh({x})",
}
_NAMES: Final = {"relu": "ReLU", "elu": "ELU", "gelu": "GELU"}


@dataclass(frozen=True, slots=True)
class Formula:
    """How a number comes about.

    Attributes:
        general: In words and letters.
        numbers: The same with the numbers, and what comes out.
    """

    general: str
    numbers: str


def stage_name(stage: Stage) -> str:
    """A short name, such as `conv 1`."""
    n = stage.number
    match stage.kind:
        case "conv":
            return tr("conv {n}", n=n)
        case "depthwise_conv":
            return tr("depthwise {n}", n=n)
        case "residual":
            return tr("residual {n}", n=n)
        case "max_pool":
            return tr("pool {n}", n=n)
        case "average_pool":
            return tr("mean pool {n}", n=n)
        case "global_average_pool":
            return tr("mean")
        case "flatten":
            return tr("flatten")
        case "dense":
            return tr("dense {n}", n=n)
        case "batch_norm":
            return tr("norm {n}", n=n)
        case _:
            function = str(stage.entry.get("function"))
            return _NAMES.get(function, function)


def shape_words(shape: tuple[int, ...]) -> str:
    """Height × width × maps, or how many numbers there are."""
    return "×".join(str(extent) for extent in shape)


def stage_help(stage: Stage, *, is_last: bool = False) -> str:
    """What the step does, in one or two plain sentences; `is_last` where its units are the classes."""
    size = stage.geometry[0]
    maps = stage.before.shape[-1]
    match stage.kind:
        case "conv" if size == 1:
            return tr("Mixes all {maps} maps at every pixel; each filter mixes them in its own way.", maps=maps)
        case "conv" if maps == 1:
            return tr(
                "A filter slides over the picture. Everywhere it multiplies what lies under it by its own numbers, "
                "adds that up, and adds its bias. The sums are its map: orange where the picture looks like the "
                "filter, blue where it looks like the opposite."
            )
        case "conv":
            return tr(
                "As the first convolution, but each filter looks at all {maps} maps at once: it puts simple shapes "
                "together to larger ones.",
                maps=maps,
            )
        case "depthwise_conv":
            return tr("Slides a filter over each map alone. The next step mixes the maps.")
        case "residual":
            return tr(
                "Two convolutions work on the maps, then what went in is added to their result. So the block only "
                "has to learn what to change."
            )
        case "max_pool":
            return tr(
                "Keeps the largest number of each {size} × {size} window. The maps become smaller, and it matters "
                "less where exactly something was found.",
                size=size,
            )
        case "average_pool":
            return tr("Keeps the mean of each {size} × {size} window. The maps become smaller.", size=size)
        case "global_average_pool":
            return tr("Keeps one number of each map: its mean. How much of its shape there is, not where.")
        case "flatten":
            return tr("Puts the numbers of all maps into one long row. Nothing is worked out here.")
        case "dense" if is_last:
            return tr(
                "Each class adds up all {n} numbers, each times a weight: above 0 speaks for the class, below 0 "
                "against it. The largest sum wins.",
                n=len(stage.before),
            )
        case "dense":
            return tr("Each unit adds up all {n} numbers, each times a weight of its own.", n=len(stage.before))
        case "batch_norm":
            return tr("Brings each map into a good range: minus its usual mean, divided by its usual spread.")
        case _:
            return _bend_help(str(stage.entry.get("function")))


def _bend_help(function: str) -> str:
    match function:
        case "relu":
            return tr("Keeps what is above 0 and makes everything else 0: a filter that found nothing is silent.")
        case "softmax":
            return tr("Makes probabilities of the sums: all of them above 0, and together 1.")
        case "tanh":
            return tr("Squeezes every number in between −1 and 1.")
        case "sigmoid":
            return tr("Squeezes every number in between 0 and 1.")
        case _:
            return tr("Bends every number, so that layers together can do more than one alone.")


def formula(step: ValueStep) -> Formula:
    """How `step` comes to its number."""
    match step:
        case ConvolutionStep():
            maps = step.patch.shape[2]
            n = step.patch.size
            general = tr("sum of the {n:,} products + bias", n=n)
            if maps > 1:
                general = tr("sum of all {n:,} products, from {maps} maps, + bias", n=n, maps=maps)
            return Formula(general, _sum(step.total - step.bias, step.bias, step.total))
        case DenseStep():
            return Formula(
                tr("sum of the {n:,} products + bias", n=len(step.products)),
                _sum(step.total - step.bias, step.bias, step.total),
            )
        case PoolingStep():
            there = [float(value) for value in step.window.ravel() if value > -math.inf]
            return Formula(
                tr("the largest of {n} numbers", n=len(there)), f"max({_listed(there)}) = {number(step.value)}"
            )
        case MeanStep():
            n = step.window.size
            total = float(step.window.sum(dtype=float))
            return Formula(tr("the mean of {n} numbers", n=n), f"{number(total)} / {n} = {number(step.value)}")
        case NormStep():
            numbers = (
                f"({number(step.x)} − {_held(step.mean)}) / √({number(step.variance)} + 0.001) × "
                f"{_held(step.gain)} + {_held(step.shift)} = {number(step.value)}"
            )
            return Formula(tr("(number − mean) / √(variance + 0.001) × gain + shift"), numbers)
        case ActivationStep():
            pattern = _BENDS[step.function]
            general = pattern.format(x="x")
            if step.function == "elu":
                general = tr("x above 0, else {formula}", formula=general)
                pattern = "{x}" if step.x > 0 else pattern
            # Only between other signs does a minus need brackets.
            x = number(step.x) if step.function in ("relu", "tanh") else _held(step.x)
            return Formula(general, f"{pattern.format(x=x)} = {number(step.value)}")
        case SoftmaxStep():
            power = float(step.powers[step.place])
            numbers = f"{number(power)} / {number(step.total)} = {step.value:.4f}"
            return Formula(tr("e^score / sum of all e^score"), numbers)
        case ResidualStep():
            numbers = f"max(0, {number(step.branch)} + {_held(step.shortcut)}) = {number(step.value)}"
            return Formula(tr("max(0, convolutions + what went in)"), numbers)
        case FlattenStep():
            place = tr(
                "map {map}, row {row}, column {column} → place {place:,}",
                map=step.channel + 1,
                row=step.row + 1,
                column=step.column + 1,
                place=step.place + 1,
            )
            return Formula(place, number(step.value))


def number(value: float) -> str:
    """A number as short as can be understood, about three figures, with a minus sign that is as wide as a plus."""
    size = abs(value)
    if not math.isfinite(value):
        text = f"{value:.0f}".replace("inf", "∞")
    elif size == 0:
        text = "0"
    elif size < 0.0005:
        text = f"{value:.0e}".replace("e-0", "e-")
    else:
        figures = 3 if size < 0.1 else 2 if size < 10 else 1 if size < 100 else 0
        text = f"{value:,.{figures}f}"
    return text.replace("-", "−")


def signed(value: float) -> str:
    """As `number`, but with a plus."""
    return f"+{number(value)}" if value > 0 else number(value)


def _held(value: float) -> str:
    """In brackets where it begins with a minus."""
    return f"({number(value)})" if value < 0 else number(value)


def _sum(products: float, bias: float, total: float) -> str:
    return f"{number(products)} + {_held(bias)} = {number(total)}"


def _listed(values: list[float]) -> str:
    shown = ", ".join(number(value) for value in values[:_MOST])
    return shown if len(values) <= _MOST else f"{shown}, …"
