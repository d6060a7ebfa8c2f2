"""The reject rule of a model, from the pictures that it was trained with."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.inference.kinds import plausibility
from recognizer.inference.reject import RejectRule

_LOOKED_AT: Final = 4_000
_INK_SHARE: Final = 0.0005
_INK_MARGIN: Final = 0.1
_LOST_SHARE: Final = 0.002
"""The share of the training pictures that may be implausible."""
_PLAUSIBLE: Final = 0.5


def rule_for(images: NDArray[np.uint8], labels: tuple[str, ...], token: CancellationToken | None = None) -> RejectRule:
    """A reject rule that hardly any of a model's training pictures break.

    Args:
        images: (n, 28, 28) uint8, what the model was trained with; some of them are looked at.
        labels: The class names; plausibility is only asked for where all are digits.
        token: Gives up within some hundredths of a second; thousands of pictures take two seconds.
    """
    some = images[:: max(1, len(images) // _LOOKED_AT)]
    usual = RejectRule()
    low, high = np.quantile(some.reshape(len(some), -1).mean(axis=1), [_INK_SHARE, 1 - _INK_SHARE])
    bound = 0.0
    if all(len(label) == 1 and label.isdigit() for label in labels):
        bound = min(_PLAUSIBLE, float(np.quantile(plausibility(some, token), _LOST_SHARE)))
    return RejectRule(
        ink_low=round(min(usual.ink_low, float(low) * (1 - _INK_MARGIN)), 2),
        ink_high=round(max(usual.ink_high, float(high) * (1 + _INK_MARGIN)), 2),
        plausible_above=round(bound, 4),
    )
