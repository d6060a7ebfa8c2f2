"""Which of a dataset's samples a run trains on, chooses its best epoch by, and is judged on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.library.dataset import Dataset, Split
from recognizer.library.splits import check_trainable, stratified
from recognizer.training.config import TrainingConfig

Samples = tuple[NDArray[np.uint8], NDArray[np.int64] | NDArray[np.float32]]
"""(n, 28, 28) pictures, and (n,) class indices or (n, k) probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Positions of a dataset's samples by what a run uses them for; each (n,) int64, ascending."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    def gaps(self, data: Dataset) -> str:
        """Which classes cannot be learnt or are not judged, in the user's language; empty where all are."""
        train, test = (
            np.bincount(data.labels[part], minlength=len(data.label_set)) for part in (self.train, self.test)
        )

        def names(is_missing: NDArray[np.bool_]) -> str:
            return ", ".join(np.array(data.label_set.names, dtype=object)[is_missing])

        words = []
        if ((train == 0) & (test > 0)).any():
            words.append(tr("no training samples of {labels}", labels=names((train == 0) & (test > 0))))
        if len(self.test) and ((test == 0) & (train > 0)).any():
            words.append(tr("no test samples of {labels}", labels=names((test == 0) & (train > 0))))
        return " · ".join(words)


def divide(data: Dataset, config: TrainingConfig) -> Division:
    """Divide `data` for a run: its own validation split, else a stratified share of the training split.

    Raises:
        RecognizerError: There is too little to train or to validate on.
    """
    check_trainable(data)
    train = data.indices((Split.TRAIN,))
    validation = data.indices((Split.VALIDATION,))
    if len(validation) == 0 and config.validation_share > 0:
        held_out = stratified(data.labels[train], config.validation_share, config.seed)
        validation, train = train[held_out], np.delete(train, held_out)
        if len(validation) == 0:
            raise RecognizerError(
                tr("There are too few samples to hold some out for validation"),
                where=f"validation_share = {config.validation_share:g}, {data.name}: {len(train):,}",
                fix=tr("Set the validation share to 0, or use more samples"),
            )
    if len(train) < config.batch_size:
        raise RecognizerError(
            tr("The batch is larger than the training split"),
            where=f"batch_size = {config.batch_size}, {data.name}: {len(train):,}",
            fix=tr("Choose a batch size of at most {n}", n=len(train)),
        )
    return Division(train, validation, data.indices((Split.TEST,)))
