"""Signs of arithmetic among the symbols of a line: what is one, and which of them can stand where they stand."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.kinds import OPERATORS
from recognizer.inference.prediction import Prediction, Verdict

_SURE: Final = 0.8
"""The probability from which a sign is not doubtful."""
_LIKELY: Final = 0.5
"""The probability from which a sign is read rather than a symbol of the model."""
_LIKELIEST: Final = 0.2
"""The same where the model says that it is no symbol of its own."""
_PARTNER: Final = 0.05
"""The same for the other one of a pair of brackets."""


def as_operator(prediction: Prediction, share: NDArray[np.float32], wanted: str = "") -> Prediction | None:
    """A picture taken for a sign of arithmetic; None where it is none.

    Args:
        prediction: What the model says.
        share: (8,) float32, what `kinds` says.
        wanted: The bracket that is missing in the line; any sign where empty.

    Returns:
        The probabilities are those of the model's labels and of `OPERATORS` together.
    """
    signs = share[1 : 1 + len(OPERATORS)]
    best = OPERATORS.index(wanted) if wanted else int(signs.argmax())
    least = _PARTNER if wanted else _LIKELIEST if prediction.is_rejected else _LIKELY
    if signs[best] < least:
        return None
    known = tuple(sign for sign in OPERATORS if sign not in prediction.labels)
    values = np.concatenate([share[0] * prediction.probabilities, [signs[OPERATORS.index(sign)] for sign in known]])
    verdict = Verdict.SURE if signs[best] >= _SURE else Verdict.UNSURE
    total = max(float(values.sum()), 1e-9)
    return Prediction(OPERATORS[best], (values / total).astype(np.float32), (*prediction.labels, *known), verdict)


def read_signs(predictions: Sequence[Prediction], shares: Sequence[NDArray[np.float32]]) -> list[Prediction | None]:
    """For each symbol of a line the sign that it is, or None.

    A sign that cannot stand where it stands is none: a slash at the end or a lone bracket is rather a slanted 1. Where
    a bracket is certain, its partner need not be.
    """
    signs = [as_operator(prediction, share) for prediction, share in zip(predictions, shares, strict=True)]
    open_at: list[int] = []
    for index, sign in enumerate(signs):
        if sign is None:
            continue
        if sign.label in "*/" and index in (0, len(signs) - 1):
            signs[index] = None
        elif sign.label == "(":
            open_at.append(index)
        elif sign.label == ")":
            if open_at:
                open_at.pop()
            else:
                before = range(index - 2, -1, -1)
                signs[index] = _paired(sign, "(", before, signs, predictions, shares)
    for index in reversed(open_at):
        after = range(len(signs) - 1, index + 1, -1)
        signs[index] = _paired(signs[index], ")", after, signs, predictions, shares)
    return signs


def _paired(
    sign: Prediction | None,
    wanted: str,
    places: range,
    signs: list[Prediction | None],
    predictions: Sequence[Prediction],
    shares: Sequence[NDArray[np.float32]],
) -> Prediction | None:
    """`sign` where one of `places` may be its partner, which is then read as such; else None."""
    if sign is None or sign.verdict != Verdict.SURE:
        return None
    index = OPERATORS.index(wanted) + 1
    free = [place for place in places if signs[place] is None]
    best = max(free, key=lambda place: float(shares[place][index]), default=None)
    partner = as_operator(predictions[best], shares[best], wanted) if best is not None else None
    if best is None or partner is None:
        return None
    signs[best] = partner
    return sign
