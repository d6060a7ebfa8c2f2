"""What was read where: symbols in their boxes, in lines, of a picture or a drawing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.prediction import Prediction, Verdict

UNREADABLE = "?"
"""What stands in a line for a symbol that was rejected."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadSymbol:
    """One symbol.

    Attributes:
        text: What it was read as: a label of the model, an operator, or `UNREADABLE`.
        prediction: What the model says about it.
        image: (28, 28) uint8, what the model saw.
        box: (left, top, width, height), in pixels of the upright picture or in units of the drawing.
        strokes: Indices of the drawing's strokes that belong to it; empty for pictures.
    """

    text: str
    prediction: Prediction
    image: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    strokes: tuple[int, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether nobody needs to look at it."""
        return self.prediction.verdict == Verdict.SURE

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; `box` is left, top, width, height."""
        return {
            "text": self.text,
            "label": self.prediction.label,
            "confidence": self.prediction.confidence,
            "verdict": str(self.prediction.verdict),
            "box": [round(value, 1) for value in self.box],
        }


@dataclass(frozen=True, slots=True, eq=False)
class ReadLine:
    """Symbols beside each other.

    Attributes:
        symbols: From left to right; at least one.
        gaps: Indices of the symbols before which there is a wide gap; never 0.
    """

    symbols: tuple[ReadSymbol, ...]
    gaps: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        """The line, a blank for each wide gap."""
        return "".join((" " if index in self.gaps else "") + symbol.text for index, symbol in enumerate(self.symbols))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, width, height) around its symbols."""
        boxes = np.array([symbol.box for symbol in self.symbols])
        left, top = boxes[:, :2].min(axis=0)
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        return float(left), float(top), float(right - left), float(bottom - top)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "text": self.text,
            "box": [round(value, 1) for value in self.box],
            "symbols": [symbol.to_dict() for symbol in self.symbols],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Everything that was read in one picture or drawing.

    Attributes:
        lines: From top to bottom; none where nothing was found.
        width, height: Of the upright picture, pixels, or of the drawing.
        seconds: What reading took.
    """

    lines: tuple[ReadLine, ...]
    width: float = 0.0
    height: float = 0.0
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The lines, each on its own."""
        return "\n".join(line.text for line in self.lines)

    @property
    def symbols(self) -> tuple[ReadSymbol, ...]:
        """The symbols of all lines, in reading order."""
        return tuple(symbol for line in self.lines for symbol in line.symbols)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "text": self.text,
            "width": self.width,
            "height": self.height,
            "lines": [line.to_dict() for line in self.lines],
        }
