"""What kind of thing a picture shows, whatever a model says about it: a digit, an operator, or something else.

A network knows only its classes: trained on digits alone, it calls a scribble a digit with 99 % confidence. The shipped
model for digits has further outputs, for operators and for what is no symbol, and lends them to all others.
"""

import logging
import threading
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.resources import shipped_models_path
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Prediction
from recognizer.inference.registry import OTHER, ModelRecord, read_record

_log = logging.getLogger(__name__)

OPERATORS: Final = ("+", "-", "*", "/", "(", ")")
KINDS: Final = ("digit", *OPERATORS, OTHER)
MODEL: Final = "digits"
"""The shipped model that knows them."""
_local = threading.local()


def kinds(images: NDArray[np.uint8], token: CancellationToken | None = None) -> NDArray[np.float32]:
    """How probably each picture shows each of `KINDS`.

    May be called from any thread; each thread has its own interpreters.

    Args:
        images: (n, 28, 28) uint8, 0 the ground and 255 full ink.
        token: Checked between blocks of 256 pictures.

    Returns:
        (n, 8) float32, rows sum to 1; all digits where the shipped model is not there.
    """
    classifier = _classifier()
    if classifier is None:
        out = np.zeros((len(images), len(KINDS)), np.float32)
        out[:, 0] = 1.0
        return out
    return _shares(classifier.record, classifier.predict_all(images, token))


def predict_with_kinds(
    classifier: Classifier, images: NDArray[np.uint8], token: CancellationToken | None = None
) -> tuple[list[Prediction], NDArray[np.float32]]:
    """A model's answers for (n, 28, 28) uint8 pictures, and their kinds; each network works once.

    Args:
        classifier: The model; where it has outputs for the kinds, its own count.
        images: Made by the model's `Preprocessor`.
        token: Checked between blocks of 256 pictures.

    Returns:
        n predictions and (n, 8) float32 as `kinds` gives them; the first is that of a symbol of the model.
    """
    began = time.perf_counter()
    outputs = classifier.predict_all(images, token)
    shares = _shares(classifier.record, outputs) if classifier.record.extras else kinds(images)
    return classifier.predictions(images, outputs, shares[:, 0], time.perf_counter() - began), shares


def _shares(record: ModelRecord, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the outputs of a model with extras say of the kinds, (n, 8)."""
    out = np.zeros((len(outputs), len(KINDS)), np.float32)
    n = len(record.labels)
    out[:, 0] = outputs[:, :n].sum(axis=1)
    for place, extra in enumerate(record.extras, start=n):
        out[:, KINDS.index(extra)] = outputs[:, place]
    return out


def plausibility(images: NDArray[np.uint8], token: CancellationToken | None = None) -> NDArray[np.float32]:
    """How probably each of (n, 28, 28) uint8 pictures shows one digit rather than something else, (n,) float32."""
    return kinds(images, token)[:, 0]


def _classifier() -> Classifier | None:
    """This thread's classifier; None, with a line in the log, where the shipped model is missing or damaged."""
    if not hasattr(_local, "classifier"):
        try:
            _local.classifier = Classifier(read_record(shipped_models_path() / MODEL, is_shipped=True))
        except RecognizerError as error:
            _log.warning("What is no digit is not recognised as such: %s", error)
            _local.classifier = None
    return _local.classifier
