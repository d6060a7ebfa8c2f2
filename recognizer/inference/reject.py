"""When not to trust an answer; the rule is part of each model."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.prediction import Verdict


@dataclass(frozen=True, slots=True)
class RejectRule:
    """Bounds that an answer must keep.

    Attributes:
        reject_below: The best probability under which nothing was recognised, 0 to 1.
        unsure_below: The best probability under which the answer is doubtful, 0 to 1.
        ink_low, ink_high: The mean grey level of a picture, 0 to 255, outside which it is no symbol: a dot has too
            little ink, a scribble too much.
        plausible_above: The least probability, 0 to 1, that the picture shows a symbol at all; 0 where it is not
            looked at. Models with an output for what is no symbol say it themselves; for others it is `plausibility`,
            that of a digit.
    """

    reject_below: float = 0.45
    unsure_below: float = 0.80
    ink_low: float = 2.5
    ink_high: float = 105.0
    plausible_above: float = 0.0

    def verdicts(
        self,
        images: NDArray[np.uint8],
        probabilities: NDArray[np.float32],
        plausible: NDArray[np.float32] | None = None,
    ) -> list[Verdict]:
        """Judge answers.

        Args:
            images: (n, 28, 28) uint8, as the model saw them.
            probabilities: (n, k) float32.
            plausible: (n,) float32, how probably each picture shows a symbol at all, where the model says it.

        Returns:
            n verdicts.
        """
        ink = images.reshape(len(images), -1).mean(axis=1)
        best = probabilities.max(axis=1)
        verdicts = np.full(len(images), Verdict.SURE, object)
        verdicts[best < self.unsure_below] = Verdict.UNSURE
        verdicts[(best < self.reject_below) | (ink < self.ink_low) | (ink > self.ink_high)] = Verdict.REJECTED
        if self.plausible_above > 0:
            if plausible is None:
                # Imported here: it loads a model, whose record holds a rule.
                from recognizer.inference.kinds import plausibility

                plausible = plausibility(images)
            verdicts[plausible < self.plausible_above] = Verdict.REJECTED
        verdicts[ink == 0] = Verdict.EMPTY
        # An array keeps a filled-in `StrEnum` as a plain string.
        return [Verdict(value) for value in verdicts]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, stored with the model."""
        return asdict(self)
