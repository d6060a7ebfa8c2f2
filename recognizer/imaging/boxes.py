"""Where the ink is on many pictures at once."""

import numpy as np
from numpy.typing import NDArray


def inked_boxes(ink: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The smallest box around each picture's ink.

    Args:
        ink: (n, h, w) uint8, 0 the ground.

    Returns:
        (n, 4): top, bottom, left and right, the second and the last one beyond the ink; all 0 where there is none.
    """
    _, height, width = ink.shape
    rows, columns = np.any(ink, axis=2), np.any(ink, axis=1)
    out = np.stack(
        [
            rows.argmax(axis=1),
            height - rows[:, ::-1].argmax(axis=1),
            columns.argmax(axis=1),
            width - columns[:, ::-1].argmax(axis=1),
        ],
        axis=1,
    )
    out[~rows.any(axis=1)] = 0
    return out


def longest_sides(boxes: NDArray[np.intp]) -> NDArray[np.intp]:
    """(n,) the longer side of each box, pixels; 0 where there is no ink."""
    return np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])
