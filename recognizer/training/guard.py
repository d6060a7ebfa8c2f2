"""How far trained weights may move without forgetting: a line search between where they began and where they went."""

from collections.abc import Callable
from typing import Final

from recognizer.training.checkpoint import Weights

STEPS: Final = (1.0, 0.8, 0.6, 0.45, 0.3, 0.2, 0.1, 0.05)


def interpolate(before: Weights, after: Weights, step: float) -> Weights:
    """`before + step * (after - before)`, array by array; exactly `before` or `after` for 0 and 1."""
    if step in (0.0, 1.0):
        return after if step else before
    return [(first + step * (last - first)).astype(first.dtype) for first, last in zip(before, after, strict=True)]


def largest_step(before: Weights, after: Weights, is_allowed: Callable[[Weights], bool]) -> float:
    """The largest of `STEPS` from `before` towards `after` that is allowed.

    Args:
        before: The weights at the start.
        after: The weights after training.
        is_allowed: Judges weights; called from the largest step down, until it agrees.

    Returns:
        The step; 0 where none is allowed.
    """
    return next((step for step in STEPS if is_allowed(interpolate(before, after, step))), 0.0)
