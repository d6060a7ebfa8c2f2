"""The steps of the preprocessing in words: what each is called, what it is for, what happens without it."""

from collections.abc import Set

from recognizer.base.i18n import tr
from recognizer.imaging.steps import SHRINK_ONLY, Facts, Step


def step_name(step: Step) -> str:
    """A caption of one to three words."""
    return {
        Step.POLARITY: tr("Bright on black"),
        Step.CROP: tr("Cut out"),
        Step.PROPORTIONS: tr("Scale evenly"),
        Step.PEN: tr("Pen width"),
        Step.AVERAGE: tr("Soft edges"),
        Step.CENTRE: tr("Centre"),
    }[step]


def step_help(step: Step) -> str:
    """What the step does and why, with an example."""
    return {
        Step.POLARITY: tr(
            "Makes the ink bright and the ground black, as in the pictures that the model learned from; without it, "
            "dark ink stays dark on white"
        ),
        Step.CROP: tr(
            "Cuts the symbol out and makes its longest side 20 pixels; without it, what is drawn small stays small"
        ),
        Step.PROPORTIONS: tr(
            "Scales height and width alike; without it, every symbol is stretched to a square, and a 1 becomes a block"
        ),
        Step.PEN: tr(
            "Draws your strokes anew with a pen 2.5 pixels wide, and broadens thin lines of pictures; without it, a "
            "thin pen becomes a thread and a thick one a blot"
        ),
        Step.AVERAGE: tr(
            "Makes a pixel as bright as the part of it that is inked; without it, each pixel is either bright or black"
        ),
        Step.CENTRE: tr(
            "Moves the centre of mass to the middle; without it, what is drawn in a corner stays in that corner"
        ),
    }[step]


def without_name(off: Set[Step]) -> str:
    """What is left out, in a few words: one step, or all that a program leaves out that only shrinks the canvas."""
    if len(off) > 1:
        return tr("only shrunk")
    (step,) = off
    return {
        Step.POLARITY: tr("not made bright on black"),
        Step.CROP: tr("not cut out"),
        Step.PROPORTIONS: tr("stretched to a square"),
        Step.PEN: tr("own pen width"),
        Step.AVERAGE: tr("hard edges"),
        Step.CENTRE: tr("not centred"),
    }[step]


def what_happens(off: Set[Step], facts: Facts) -> str:
    """A sentence or two on what the model sees without the steps `off`, with the figures of this drawing.

    Args:
        off: At least one step.
        facts: What `StepSource.facts` says of them.
    """
    if len(off) > 1 and off <= SHRINK_ONLY and {Step.CROP, Step.CENTRE} <= off:
        return tr(
            "The canvas is only shrunk, as in many demos: the symbol is {side} px large instead of 20 and "
            "{distance} px from the middle.",
            side=facts.side,
            distance=f"{facts.distance:.0f}",
        )
    if len(off) > 1:
        return tr("At once: {names}.", names=", ".join(without_name({step}) for step in Step if step in off))
    (step,) = off
    if step is Step.POLARITY and not facts.is_dark:
        return tr("What was given is bright on dark already.")
    if step is Step.PEN and not facts.is_redrawn:
        return tr("The lines of the picture are broad enough already.")
    if step is Step.CENTRE and facts.distance < 0.5:
        return tr("The symbol was drawn in the middle already.")
    return {
        Step.POLARITY: tr("Dark ink on white: the model has only ever seen bright ink on black."),
        Step.CROP: tr(
            "The symbol keeps its size on the canvas and is {side} px large; the model learned from 20.",
            side=facts.side,
        ),
        Step.PROPORTIONS: tr("Height and width are both stretched to 20 px: the symbol has lost its shape."),
        Step.PEN: tr(
            "The lines become {pen} px wide; the model learned from lines of about 2.5.", pen=f"{facts.pen:.1f}"
        ),
        Step.AVERAGE: tr("Every pixel is bright or black: the grey edges that the model learned from are gone."),
        Step.CENTRE: tr(
            "The symbol stays where it was drawn, {distance} px from the middle.", distance=f"{facts.distance:.0f}"
        ),
    }[step]
