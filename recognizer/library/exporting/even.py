"""Pictures of one size: the originals where all are pictures of one size, else what models see."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from recognizer.library.exporting.outgoing import Outgoing


class SizesDifferError(Exception):
    """The originals are of several sizes, or of one that does not fit; not an error of the user's."""


EvenPictures = Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]
"""Positions, (m,), and pictures, (m, h, w), of one height and width all through."""


def write_even(
    outgoing: Outgoing, write: Callable[[EvenPictures], int], fits: Callable[[int, int], bool] = lambda _h, _w: True
) -> int:
    """Write pictures of one size.

    Args:
        outgoing: The samples.
        write: Writes them and says how many. Where `SizesDifferError` comes out of the iterator it has to undo what it
            wrote and to let it pass; it is called again then, with other pictures.
        fits: Whether originals of a height and width can be written.
    """
    if len(outgoing) and not outgoing.table.is_ink[outgoing.positions].any():
        try:
            return write(_originals(outgoing, fits))
        except SizesDifferError:
            pass
    return write((piece.positions, np.asarray(piece.contents)) for piece in outgoing.pictures())


def _originals(outgoing: Outgoing, fits: Callable[[int, int], bool]) -> EvenPictures:
    size: tuple[int, ...] | None = None
    for piece in outgoing.pieces():
        shapes = {np.shape(content) for content in piece.contents}  # type: ignore[arg-type]
        if not shapes:
            continue
        if size is None:
            size = min(shapes)
        if shapes != {size} or len(size) != 2 or not fits(*size):
            raise SizesDifferError
        yield piece.positions, np.asarray(piece.contents, np.uint8)
