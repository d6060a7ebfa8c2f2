"""What keeps ink from filling the memory of a dataset."""

from typing import Final

from recognizer.ink.stroke import Ink
from recognizer.library.samples import Chunk

MAX_POINTS: Final = 10_000_000
"""The most points that the ink of a dataset in memory may have."""


def count_points(chunk: Chunk) -> int:
    """How many points the drawings of a chunk have."""
    return sum(len(stroke.points) for ink in chunk.contents if isinstance(ink, Ink) for stroke in ink.strokes)
