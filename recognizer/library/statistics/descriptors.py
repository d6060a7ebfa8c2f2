"""Pictures as points of a small space in which alike ones lie close together."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.library.statistics.products import product

_AXES: Final = 24
DIMENSIONS: Final = _AXES + 1
"""The last one is how much of a picture lies beside the axes."""
_CELL: Final = 2
_PIXELS: Final = 28 * 28
_AT_ONCE: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """From pictures to descriptors.

    A picture is brought to length 1, averaged in cells of 2×2 pixels, and projected onto the axes along which the
    data's pictures differ most; what lies beside all axes is kept as one length, which is large for what is unlike the
    data. By Pythagoras and the triangle inequality two descriptors are never further apart than the two pictures are;
    see `distances`.

    Attributes:
        middle: (196,) float32, the mean of the averaged pictures.
        axes: (196, 24) float32, orthonormal.
    """

    middle: NDArray[np.float32]
    axes: NDArray[np.float32]

    def descriptors(self, pictures: NDArray[np.uint8]) -> NDArray[np.float16]:
        """(k, 28, 28) uint8 pictures as (k, `DIMENSIONS`) float16, which are right to 0.001."""
        out = np.empty((len(pictures), DIMENSIONS), np.float16)
        for start in range(0, len(pictures), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            averaged = _averaged(pictures[part])
            along = product(averaged - self.middle, self.axes)
            # The square of the distance between the whole picture, of length 1 or 0, and the middle.
            is_there = pictures[part].any(axis=(1, 2))
            away = is_there - 2 * np.einsum("ij,j->i", averaged, self.middle) + np.float32(self.middle @ self.middle)
            beside = away - np.einsum("ij,ij->i", along, along)
            out[part, :_AXES] = along
            out[part, _AXES] = np.sqrt(np.maximum(beside, 0))
        return out


def fitted(pictures: NDArray[np.uint8]) -> Projection:
    """The projection for data of which `pictures`, (k, 28, 28) uint8, are a fair part."""
    averaged = np.concatenate(
        [_averaged(pictures[start : start + _AT_ONCE]) for start in range(0, len(pictures), _AT_ONCE)]
    )
    middle = averaged.mean(axis=0)
    averaged -= middle
    variances, axes = np.linalg.eigh(averaged.T @ averaged / max(1, len(averaged)))
    return Projection(middle, np.ascontiguousarray(axes[:, np.argsort(-variances)[:_AXES]]))


def distances(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far pictures of (k, 28, 28) uint8 are apart, (k,) float32 from 0 to √2.

    Both are brought to length 1 first, so that how dark they are does not matter.
    """
    first, second = _unit(one), _unit(other)
    first -= second
    return np.sqrt(np.einsum("ij,ij->i", first, first))


def _unit(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = pictures.reshape(len(pictures), _PIXELS).astype(np.float32)
    flat /= np.maximum(np.sqrt(np.einsum("ij,ij->i", flat, flat)), 1)[:, None]
    return flat


def _averaged(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(k, 196) float32."""
    size = pictures.shape[1] // _CELL
    unit = _unit(pictures).reshape(len(pictures), size, _CELL, size, _CELL)
    # The sum over a cell by its side is the length of the projection onto even cells.
    return unit.sum(axis=(2, 4)).reshape(len(pictures), size * size) / np.float32(_CELL)
