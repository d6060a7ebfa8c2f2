"""Predicting with a model."""

import hashlib
import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.base.native_output import quiet_stderr
from recognizer.inference.prediction import Prediction, Verdict
from recognizer.inference.registry import NETWORK, ModelRecord

_BATCH: Final = 256


class Classifier:
    """A loaded model. Belongs to one thread at a time.

    Args:
        record: The model to load.

    Raises:
        RecognizerError: Its network is missing, altered, or does not fit its `model.json`.
    """

    def __init__(self, record: ModelRecord) -> None:
        self.record = record
        self._content = _read_network(record)
        self._interpreters: dict[int, Any] = {}
        self._interpreter(1)

    def predict_proba(self, batch: NDArray[np.uint8], token: CancellationToken | None = None) -> NDArray[np.float32]:
        """The probability of every class for every picture, given that it shows one of them.

        Args:
            batch: (n, 28, 28) uint8, made by the model's `Preprocessor`.
            token: Checked between blocks of 256 pictures.

        Returns:
            (n, k) float32, rows sum to 1.
        """
        return self._of_labels(self.predict_all(batch, token))

    def predict_all(self, batch: NDArray[np.uint8], token: CancellationToken | None = None) -> NDArray[np.float32]:
        """The same, but for the extras of the model as well.

        Returns:
            (n, k + e) float32, rows sum to 1: the labels, then the record's `extras`.
        """
        out = np.empty((len(batch), len(self.record.labels) + len(self.record.extras)), np.float32)
        start = 0
        while start < len(batch):
            if token is not None:
                token.check()
            size = _BATCH if len(batch) - start >= _BATCH else 1
            interpreter = self._interpreter(size)
            scaled = batch[start : start + size].astype(np.float32) / np.float32(255.0)
            interpreter.set_tensor(
                interpreter.get_input_details()[0]["index"], scaled.reshape(self._input_shape(interpreter))
            )
            interpreter.invoke()
            out[start : start + size] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
            start += size
        return out

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """The answer for one (28, 28) uint8 picture."""
        return self.predict_many(image[None])[0]

    def predict_many(self, images: NDArray[np.uint8], token: CancellationToken | None = None) -> list[Prediction]:
        """The answers for (n, 28, 28) uint8 pictures; `seconds` is each one's share of the time that they took."""
        began = time.perf_counter()
        outputs = self.predict_all(images, token)
        return self.predictions(images, outputs, self._plausible(outputs), time.perf_counter() - began)

    def predictions(
        self,
        images: NDArray[np.uint8],
        outputs: NDArray[np.float32],
        plausible: NDArray[np.float32] | None,
        seconds: float = 0.0,
    ) -> list[Prediction]:
        """The answers that `predict_all` amounts to.

        Args:
            images: (n, 28, 28) uint8.
            outputs: (n, k + e) float32, what `predict_all` gave for them.
            plausible: (n,) float32, how probably each shows a symbol at all; the reject rule asks for it where None.
            seconds: What all of them took.
        """
        began = time.perf_counter()
        labels = self.record.labels
        probabilities = self._of_labels(outputs)
        verdicts = self.record.reject.verdicts(images, probabilities, plausible)
        share = (seconds + time.perf_counter() - began) / max(1, len(images))
        return [
            Prediction("", np.zeros(len(labels), np.float32), labels, verdict)
            if verdict == Verdict.EMPTY
            else Prediction(labels[int(values.argmax())], values, labels, verdict, share)
            for values, verdict in zip(probabilities, verdicts, strict=True)
        ]

    def judge(
        self, images: NDArray[np.uint8], token: CancellationToken | None = None
    ) -> tuple[NDArray[np.float32], list[Verdict]]:
        """What `predict_proba` gives for (n, 28, 28) uint8 pictures, and how far each answer can be trusted."""
        outputs = self.predict_all(images, token)
        probabilities = self._of_labels(outputs)
        return probabilities, self.record.reject.verdicts(images, probabilities, self._plausible(outputs))

    def best_labels(
        self, images: NDArray[np.uint8], token: CancellationToken | None = None
    ) -> tuple[list[str], NDArray[np.float32]]:
        """What each of (n, 28, 28) uint8 pictures most probably is, empty for an empty one, and (n,) how surely."""
        shares, verdicts = self.judge(images, token)
        names = self.record.labels
        best = zip(shares.argmax(axis=1).tolist(), verdicts, strict=True)
        labels = ["" if verdict == Verdict.EMPTY else names[place] for place, verdict in best]
        return labels, shares.max(axis=1)

    def _plausible(self, outputs: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """How probably each picture shows a symbol at all; None where the model does not say."""
        return outputs[:, : len(self.record.labels)].sum(axis=1) if self.record.extras else None

    def _of_labels(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """The outputs of the labels alone, so that they sum to 1."""
        if not self.record.extras:
            return outputs
        labels = np.maximum(outputs[:, : len(self.record.labels)], np.float32(1e-12))
        return labels / labels.sum(axis=1, keepdims=True)

    def _interpreter(self, size: int) -> Any:
        if size not in self._interpreters:
            # Imported here: the library takes 0.1 s to load and its first user is a worker thread.
            from ai_edge_litert.interpreter import Interpreter

            try:
                with quiet_stderr():
                    interpreter = Interpreter(model_content=self._content, num_threads=1)
                    details = interpreter.get_input_details()[0]
                    interpreter.resize_tensor_input(details["index"], [size, *details["shape"][1:]])
                    interpreter.allocate_tensors()
                width = int(interpreter.get_output_details()[0]["shape"][-1])
                wanted = len(self.record.labels) + len(self.record.extras)
                if width != wanted:
                    raise ValueError(f"{width} outputs for {wanted} labels")
                if int(np.prod(details["shape"][1:])) != self.record.preprocessing.size**2:
                    raise ValueError(f"input shape {tuple(details['shape'])}")
            except (ValueError, RuntimeError) as error:
                raise _damaged(self.record, str(error)) from error
            self._interpreters[size] = interpreter
        return self._interpreters[size]

    @staticmethod
    def _input_shape(interpreter: Any) -> tuple[int, ...]:
        return tuple(interpreter.get_input_details()[0]["shape"])


def _read_network(record: ModelRecord) -> bytes:
    try:
        content = record.network.read_bytes()
    except OSError as error:
        raise read_error(record.network, error) from error
    entry = record.card.get("files", {}).get(NETWORK, {})
    if hashlib.sha256(content).hexdigest() != entry.get("sha256"):
        raise _damaged(record, tr("its checksum is wrong"))
    return content


def _damaged(record: ModelRecord, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The model is damaged"),
        where=f"{record.network} ({reason})",
        fix=tr("Choose another model, or train it again"),
    )
