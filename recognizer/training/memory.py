"""How much memory a training needs, and which batch size fits into what there is."""

import math
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.training.recipe import Recipe, trace

_FLOAT: Final = 4
"""Bytes."""
_KEPT: Final = 1.8
"""What comes out of a layer is kept for the way back, and has a gradient: measured, 1.2 to 2.2 at large batches."""
_WITHIN: Final = {"residual": 3}
"""Layers that are several: so many times what comes out of them is kept."""
_COPIES: Final = 9
"""Weights, gradients, two moments of Adam, best, last finite and written-down ones with their own moments."""
_ROOM: Final = 100_000_000
"""Bytes; of the libraries, whatever the network."""


def used_memory() -> int:
    """What this process takes up now, bytes."""
    import psutil  # type: ignore[import-untyped]

    return int(psutil.Process().memory_info().rss)


def free_memory() -> int:
    """What the machine has left, bytes."""
    import psutil

    return int(psutil.virtual_memory().available)


def needed_memory(recipe: Recipe, classes: int, size: int, batch: int) -> int:
    """About what training takes beside the samples, bytes.

    Args:
        recipe: Layers that can be traced.
        classes: How many there are.
        size: Side of the pictures, pixels.
        batch: Samples a step.
    """
    fixed, each = _parts(recipe, classes, size)
    return fixed + batch * each


def check_memory(recipe: Recipe, classes: int, size: int, batch: int) -> None:
    """See that a training fits into the memory that is free now.

    Raises:
        RecognizerError: It does not; says which batch size would.
    """
    free = free_memory()
    needed = needed_memory(recipe, classes, size, batch)
    if needed > free:
        raise too_little(recipe, classes, size, batch, free)


def too_little(recipe: Recipe, classes: int, size: int, batch: int, free: int | None = None) -> RecognizerError:
    """What is said where memory does not suffice.

    Args:
        recipe, classes, size, batch: As for `needed_memory`.
        free: Bytes; what is free now where None.
    """
    free = free_memory() if free is None else free
    fixed, each = _parts(recipe, classes, size)
    # It is not enough, whatever was reckoned.
    fits = min((free - fixed) // each, batch - 1)
    fix = tr("Choose a smaller network, or close other programs")
    if fits >= 1:
        fix = tr("Choose a batch size of at most {n}, or a smaller network", n=2 ** int(math.log2(fits)))
    return RecognizerError(
        tr("There is not enough memory for this training"),
        where=tr(
            "batch_size = {n}: about {needed} GB are needed, {free} GB are free",
            n=batch,
            needed=f"{(fixed + batch * each) / 1e9:.1f}",
            free=f"{free / 1e9:.1f}",
        ),
        fix=fix,
        exit_code=1,
    )


def _parts(recipe: Recipe, classes: int, size: int) -> tuple[int, int]:
    """Bytes that every training takes, and bytes a sample of the batch."""
    layers = trace(recipe, classes, size)
    weights = _FLOAT * sum(layer.parameters for layer in layers)
    outputs = sum(math.prod(layer.shape) * _WITHIN.get(layer.entry["type"], 1) for layer in layers)
    return _ROOM + _COPIES * weights, max(1, round(_KEPT * _FLOAT * outputs))
