"""Pictures as points of a small space in which alike ones lie close together."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIMENSIONS: Final = 24
_CELL: Final = 2
_AT_ONCE: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """From pictures to descriptors.

    A picture is brought to length 1, averaged in cells of 2×2 pixels, and projected onto the axes along which the
    data's pictures differ most. Each step is an orthogonal projection, so two descriptors are never further apart than
    the two pictures are; see `distances`.

    Attributes:
        middle: (196,) float32, the mean of the averaged pictures.
        axes: (196, d) float32, orthonormal.
        spreads: (d,) float32, the standard deviation along each axis.
    """

    middle: NDArray[np.float32]
    axes: NDArray[np.float32]
    spreads: NDArray[np.float32]

    def descriptors(self, pictures: NDArray[np.uint8]) -> NDArray[np.float16]:
        """(k, 28, 28) uint8 pictures as (k, d) float16, which are right to 0.001."""
        out = np.empty((len(pictures), self.axes.shape[1]), np.float16)
        for start in range(0, len(pictures), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            out[part] = (_averaged(pictures[part]) - self.middle) @ self.axes
        return out


def fitted(pictures: NDArray[np.uint8]) -> Projection:
    """The projection for data of which `pictures`, (k, 28, 28) uint8, are a fair part."""
    averaged = np.concatenate(
        [_averaged(pictures[start : start + _AT_ONCE]) for start in range(0, len(pictures), _AT_ONCE)]
    )
    middle = averaged.mean(axis=0)
    averaged -= middle
    variances, axes = np.linalg.eigh(averaged.T @ averaged / max(1, len(averaged)))
    largest = np.argsort(-variances)[:DIMENSIONS]
    return Projection(middle, axes[:, largest], np.sqrt(np.maximum(variances[largest], 0)))


def distances(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far pictures of (k, 28, 28) uint8 are apart, (k,) float32 from 0 to √2.

    Both are brought to length 1 first, so that how dark they are does not matter.
    """
    first, second = _unit(one), _unit(other)
    first -= second
    return np.sqrt(np.einsum("ij,ij->i", first, first))


def _unit(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    flat /= np.maximum(np.sqrt(np.einsum("ij,ij->i", flat, flat)), 1)[:, None]
    return flat


def _averaged(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(k, 196) float32."""
    size = pictures.shape[1] // _CELL
    unit = _unit(pictures).reshape(len(pictures), size, _CELL, size, _CELL)
    # The sum over a cell by its side is the length of the projection onto even cells.
    return unit.sum(axis=(2, 4)).reshape(len(pictures), -1) / np.float32(_CELL)
