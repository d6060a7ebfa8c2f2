"""What kind of thing a picture shows: a digit, an operator, or something else."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.plausibility import plausibility

OPERATORS: Final = ("+", "-", "*", "/", "(", ")")
KINDS: Final = ("digit", *OPERATORS, "other")


def kinds(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How probably each picture shows each of `KINDS`.

    May be called from any thread.

    Args:
        images: (n, 28, 28) uint8, 0 the ground and 255 full ink.

    Returns:
        (n, 8) float32, rows sum to 1.
    """
    out = np.zeros((len(images), len(KINDS)), np.float32)
    out[:, 0] = plausibility(images)
    out[:, -1] = 1 - out[:, 0]
    return out
