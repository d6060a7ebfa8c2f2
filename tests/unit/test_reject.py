"""The reject rule's answers are verdicts, not texts that look like them."""

import numpy as np

from recognizer.inference.prediction import Verdict
from recognizer.inference.reject import RejectRule


def test_every_answer_is_a_verdict() -> None:
    images = np.full((4, 28, 28), 30, np.uint8)
    images[3] = 0
    probabilities = np.array([[0.99, 0.01], [0.6, 0.4], [0.3, 0.3], [0.99, 0.01]], np.float32)
    verdicts = RejectRule(plausible_above=0.0).verdicts(images, probabilities)
    assert verdicts == [Verdict.SURE, Verdict.UNSURE, Verdict.REJECTED, Verdict.EMPTY]
    assert [type(verdict) for verdict in verdicts] == [Verdict] * 4
