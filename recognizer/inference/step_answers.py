"""What a model would say if steps of the preprocessing were left out."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from recognizer.imaging.steps import NOTHING_OFF, SHRINK_ONLY, Step, StepSource
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction


@dataclass(frozen=True, slots=True, eq=False)
class StepAnswers:
    """The answers with and without steps.

    Attributes:
        answer: With every step.
        without: For each step, what the answer is without it alone.
        shrunk: Where the canvas is only shrunk, without `SHRINK_ONLY`.
        chosen: Without the steps that were asked for.
    """

    answer: Prediction
    without: Mapping[Step, Prediction]
    shrunk: Prediction
    chosen: Prediction


def step_answers(source: StepSource, classifier: Classifier, off: Set[Step] = NOTHING_OFF) -> StepAnswers:
    """Ask `classifier` with every step, without each one, and without those in `off`.

    Args:
        source: What was drawn, prepared with the model's own `PreprocessingSpec`.
        classifier: The model; used from the calling thread.
        off: Any steps.
    """
    wanted = [NOTHING_OFF, frozenset(off), SHRINK_ONLY, *(frozenset({step}) for step in Step)]
    images = np.stack([source.final(left_out) for left_out in wanted])
    answer, chosen, shrunk, *singles = classifier.predict_many(images)
    return StepAnswers(answer, dict(zip(Step, singles, strict=True)), shrunk, chosen)
