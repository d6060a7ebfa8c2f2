"""Whether pictures of symbols lie on their side, as EMNIST's files have them."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_UPRIGHT: Final = 1.1
"""How many times taller than wide symbols are on average from which on they stand; MNIST's are 1.3 times."""


def speaks_of_emnist(path: Path, source: str) -> bool:
    """Whether the names say EMNIST: of what the user named and what is in it, and of the folder that holds the file."""
    return "emnist" in f"{source}/{path.parent.name}".lower()


def is_on_its_side(pictures: NDArray) -> bool:
    """Whether the symbols are not clearly taller than wide, as letters and digits are that stand upright.

    Args:
        pictures: (n, h, w), light on a dark ground, of any number type.

    Returns:
        True too where nothing is drawn.
    """
    marked = np.greater(pictures, float(pictures.max()) / 4 if pictures.size else 0.0)
    rows, columns = np.any(marked, axis=2), np.any(marked, axis=1)
    is_drawn = np.any(rows, axis=1)
    if not is_drawn.any():
        return True
    return bool(_extents(rows[is_drawn]).mean() < _UPRIGHT * _extents(columns[is_drawn]).mean())


def _extents(marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) from the first to the last mark of each row of (n, k)."""
    return marked.shape[1] - marked.argmax(axis=1) - marked[:, ::-1].argmax(axis=1)
