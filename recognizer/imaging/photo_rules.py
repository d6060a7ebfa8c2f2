"""Ruled and squared paper, form boxes and table grids: their lines taken away, the writing across them kept."""

import numpy as np
from numpy.typing import NDArray


def remove_rules(mask: NDArray[np.uint8], *, is_single: bool = False) -> NDArray[np.uint8]:
    """`mask` without the lines of the paper."""
    return mask
