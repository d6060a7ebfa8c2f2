"""How the model of a run stands worse and worse pictures of what it was judged on; measured once, kept with the run."""

import base64
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import write_atomic
from recognizer.base.i18n import tr
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.evaluation.robustness import RobustnessTable, measure_robustness, worsened
from recognizer.inference.classifier import Classifier
from recognizer.inference.registry import ModelRecord
from recognizer.training.runs import Predictions

_log = logging.getLogger(__name__)

ROBUSTNESS: Final = "robustness.json"
MOST: Final = 1_000
"""Judged samples that are asked about: with 21 kinds of worse pictures some seconds of two cores."""
_SIDE: Final = 28
_SEED: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class RunRobustness:
    """What came out.

    Attributes:
        table: Its positions are those in the run's dataset.
        picture: (28, 28) uint8, one of the samples as it is.
        pictures: (rows of the table, 28, 28) uint8, the same made worse.
    """

    table: RobustnessTable
    picture: NDArray[np.uint8]
    pictures: NDArray[np.uint8]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        pictures = np.concatenate([self.picture[None], self.pictures])
        return {"table": self.table.to_dict(), "pictures": base64.b64encode(pictures.tobytes()).decode()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "RunRobustness":
        """What `to_dict` gave; KeyError, TypeError or ValueError where it is damaged."""
        table = RobustnessTable.from_dict(data["table"])
        found = np.frombuffer(base64.b64decode(data["pictures"], validate=True), np.uint8)
        pictures = found.reshape(len(table.rows) + 1, _SIDE, _SIDE)
        return cls(table, pictures[0], pictures[1:])


def measure_run(
    folder: Path,
    record: ModelRecord,
    images: NDArray[np.uint8],
    predictions: Predictions,
    token: CancellationToken | None = None,
    progress: ProgressCallback = no_progress,
) -> RunRobustness:
    """Ask the model of a run about worse and worse pictures of at most 1,000 samples, and keep what comes out.

    Args:
        folder: The run's.
        record: Its model.
        images: (n, 28, 28) uint8, of the run's dataset.
        predictions: What the run was judged on.
        token: Checked between blocks of pictures.
        progress: Told how many kinds are done, of how many.

    Raises:
        RecognizerError: The model cannot be loaded, the run has been deleted, or the disk is full.
        Cancelled: By `token`.
    """
    classifier = Classifier(record)
    n = len(predictions.indices)
    # Splits are often in the order of their classes.
    chosen = np.sort(np.random.default_rng(_SEED).permutation(n)[:MOST])
    places, truth = predictions.indices[chosen], predictions.truth[chosen]
    some = images[places]
    table = measure_robustness(
        some,
        truth,
        lambda block: classifier.predict_proba(block, token).argmax(axis=1),
        places,
        seed=_SEED,
        token=token,
        progress=progress,
    )
    right = np.flatnonzero(predictions.predicted[chosen] == truth)
    shown = some[right[:1]] if len(right) else some[:1] if len(some) else np.zeros((1, _SIDE, _SIDE), np.uint8)
    pictures = np.concatenate([worsened(shown, row.family, row.strength, _SEED) for row in table.rows])
    found = RunRobustness(table, shown[0], pictures)
    if not folder.is_dir():
        raise RecognizerError(tr("There is no such run"), where=folder.name, fix=tr("It has been deleted meanwhile"))
    write_atomic(folder / ROBUSTNESS, json.dumps(found.to_dict()))
    return found


def read_robustness(folder: Path) -> RunRobustness | None:
    """What was kept in the folder of a run; None where nothing was, or it is damaged and has to be measured again."""
    path = folder / ROBUSTNESS
    try:
        return RunRobustness.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        _log.warning("%s: %s: %s", path, type(error).__name__, error)
        return None
