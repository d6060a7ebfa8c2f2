"""What the dialog that explains a reading asks of a model; for threads, knows nothing of widgets."""

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.registry import ModelRegistry
from recognizer.training.insight import Insight, look_inside

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a model says of a picture.

    Attributes:
        classifier: The model, for the next question.
        prediction: Its answer, with a label also where it would not trust it.
        insight: What its layers do; None where they cannot be looked into.
        closed: Why not, in the user's language; empty where they can.
    """

    classifier: Classifier
    prediction: Prediction
    insight: Insight | None
    closed: str = ""


def look(
    registry: ModelRegistry, model_id: str, usual: str, picture: NDArray[np.uint8], token: CancellationToken
) -> Seen:
    """Ask a model about a picture, and look into it.

    Args:
        registry: Has the model.
        model_id: Which; the usual one where empty.
        usual: That of the Draw page; the first one where it is empty or gone.
        picture: (28, 28) uint8, preprocessed.
        token: Checked after each step.

    Raises:
        RecognizerError: There is no such model, or it is damaged.
        Cancelled: By `token`.
    """
    if model_id:
        record = registry.get(model_id)
    else:
        record = next((each for each in registry.list() if each.id == usual), None) or registry.default()
    classifier = Classifier(record)
    token.check()
    probabilities, verdicts = classifier.judge(picture[None])
    shares = probabilities[0]
    verdict = Verdict.REJECTED if verdicts[0] == Verdict.EMPTY else verdicts[0]
    prediction = Prediction(record.labels[int(shares.argmax())], shares, record.labels, verdict)
    token.check()
    try:
        return Seen(classifier, prediction, look_inside(record, picture))
    except RecognizerError as error:
        _log.info("%s", error)
        return Seen(classifier, prediction, None, f"{error.what}. {error.fix}.")
