"""From the symbols of a line of a photo to what the line says."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.kinds import KINDS, OPERATORS
from recognizer.inference.photo_shapes import Shape
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.reading import UNREADABLE, ReadLine, ReadSymbol

_SLASH: Final = 20.0
"""Degrees of lean from which on a straight stroke between two numbers can be a slash."""
_WIDE: Final = 2.2
"""How many times the line's usual gap a wide one is."""
_WIDER: Final = 0.35
"""And by what share of the line's height it is wider than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A symbol of a line.

    Attributes:
        prediction: What the model says.
        image: (28, 28) uint8, what it saw.
        box: (left, top, width, height), pixels of the picture.
        shape: What its form tells.
        kind: (8,) float32, how probably it is each of `KINDS`; None where the model reads more than digits.
    """

    prediction: Prediction
    image: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    shape: Shape
    kind: NDArray[np.float32] | None


def line_of(guesses: list[Guess], height: float) -> ReadLine | None:
    """What a line says; None where nothing in it was read.

    Args:
        guesses: From left to right.
        height: The usual height of the line's symbols, pixels of the picture.
    """
    operators = [_operator(guess) for guess in guesses]
    for index in range(1, len(guesses) - 1):
        if not operators[index] and _is_slash(guesses, operators, index):
            operators[index] = "/"
    symbols = [_symbol(guess, operator) for guess, operator in zip(guesses, operators, strict=True)]
    if not any(symbol.text.isalnum() for symbol in symbols):
        return None
    return ReadLine(tuple(symbols), _gaps(symbols, height))


def _operator(guess: Guess) -> str:
    """The operator that a symbol is by itself; empty where it is a digit or nothing known."""
    if guess.kind is None:
        return ""
    if guess.shape.operator:
        return guess.shape.operator
    signs = guess.kind[1:-1]
    best = int(signs.argmax())
    if float(signs[best]) > max(float(guess.kind[0]) * guess.shape.as_digit, float(guess.kind[-1])):
        return OPERATORS[best]
    return ""


def _is_slash(guesses: list[Guess], operators: list[str], index: int) -> bool:
    """Whether a straight slanted stroke between two operands is a slash rather than a 1."""
    guess = guesses[index]
    lean = guess.shape.lean
    if guess.kind is None or lean is None or lean < _SLASH:
        return False
    before, after = operators[index - 1], operators[index + 1]
    if before not in ("", ")") or after not in ("", "("):
        return False
    if before or after:
        return True
    evidence = float(np.log((guess.kind[KINDS.index("/")] + 0.02) / (guess.kind[0] + 0.02)))
    evidence += (lean - _SLASH) / 6 + 1.0 * (guess.shape.rise > 1.2) + 1.5 * any(operators)
    # Whoever writes slanted strokes for 1 writes all of them so.
    alike = sum(
        other is not guess and other.shape.lean is not None and abs(other.shape.lean - lean) < 8 for other in guesses
    )
    return evidence - 3.0 * alike > 0


def _symbol(guess: Guess, operator: str) -> ReadSymbol:
    if operator and guess.kind is not None:
        values = np.array(guess.kind, np.float32)
        place = KINDS.index(operator)
        if int(values.argmax()) != place:
            # Its form and its place have decided; the model had thought otherwise.
            values = values * np.float32(0.5)
            values[place] += np.float32(1 - values.sum())
        verdict = Verdict.SURE if float(values[place]) > 0.5 else Verdict.UNSURE
        return ReadSymbol(operator, Prediction(operator, values, KINDS, verdict), guess.image, guess.box)
    text = UNREADABLE if guess.prediction.is_rejected else guess.prediction.label
    return ReadSymbol(text, guess.prediction, guess.image, guess.box)


def _gaps(symbols: list[ReadSymbol], height: float) -> frozenset[int]:
    """Before which symbols there is a gap that is wide beside the line's others."""
    widths = np.array([max(0.0, after.box[0] - before.box[0] - before.box[2]) for before, after in pairwise(symbols)])
    wide = set()
    for index, width in enumerate(widths):
        if symbols[index].text in OPERATORS or symbols[index + 1].text in OPERATORS:
            continue
        others = np.delete(widths, index)
        usual = float(np.median(others)) if len(others) else 1.2 * height
        if width > _WIDE * usual + _WIDER * height:
            wide.add(index + 1)
    return frozenset(wide)
