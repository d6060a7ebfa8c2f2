"""What is on the canvas, and a step from one drawing to another."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QUndoCommand

from recognizer.ink.stroke import Stroke


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is on the canvas: strokes around its middle, or a picture.

    Attributes:
        strokes: In logical pixels from the canvas' middle, y down.
        picture: (h, w) uint8 grey levels, or None.
    """

    strokes: tuple[Stroke, ...] = ()
    picture: NDArray[np.uint8] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing on the canvas."""
        return not self.strokes and self.picture is None


class Change(QUndoCommand):
    """From one drawing to another; drawings are immutable and share their strokes.

    Args:
        show: Puts a drawing on the canvas.
        before, after: The drawings.
        undone, redone: Called after the step was taken back, and after it was done again.
    """

    def __init__(
        self,
        show: Callable[[Drawing], None],
        before: Drawing,
        after: Drawing,
        undone: Callable[[], None] | None = None,
        redone: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self._show, self._before, self._after = show, before, after
        self._undone, self._redone = undone, redone
        self._is_done = False

    def undo(self) -> None:
        """Go back."""
        self._show(self._before)
        if self._undone is not None:
            self._undone()

    def redo(self) -> None:
        """Go on; also when the step is taken for the first time."""
        # The stack calls this for the first time when the command is pushed.
        is_again, self._is_done = self._is_done, True
        self._show(self._after)
        if is_again and self._redone is not None:
            self._redone()


def distance(stroke: Stroke, place: NDArray[np.float32]) -> float:
    """From `place`, (2,), to the nearest point of the stroke's line."""
    starts = stroke.points[:-1] if len(stroke.points) > 1 else stroke.points
    ends = stroke.points[1:] if len(stroke.points) > 1 else stroke.points
    along = ends - starts
    squared = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((place - starts) * along).sum(axis=1) / squared, 0.0, 1.0)
    nearest = starts + share[:, None] * along
    return float(np.hypot(*(nearest - place).T).min())
