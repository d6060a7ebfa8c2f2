"""A run's curves as TensorBoard's event files, for those who like to look at them there."""

import time
from pathlib import Path
from typing import Any

from recognizer.training.events import EpochEnded, TrainingEvent
from recognizer.training.runtime import import_keras

FOLDER = "tensorboard"
"""In the run's folder: `tensorboard --logdir RUNS`."""


class TensorBoardLog:
    """Writes epochs as they end; a context manager.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._writers: dict[str, Any] = {}

    def follow(self, event: TrainingEvent) -> None:
        """Write what an event says of an epoch."""
        if not isinstance(event, EpochEnded):
            return
        metrics = event.metrics
        self._write(
            "train", metrics.epoch, loss=metrics.loss, accuracy=metrics.accuracy, learning_rate=metrics.learning_rate
        )
        self._write("validation", metrics.epoch, loss=metrics.val_loss, accuracy=metrics.val_accuracy)

    def _write(self, name: str, epoch: int, **values: float | None) -> None:
        tf, _ = import_keras()
        given = {key: value for key, value in values.items() if value is not None}
        if not given:
            return
        if name not in self._writers:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
            path = self._folder / name / f"events.out.tfevents.{int(time.time())}.recognizer"
            self._writers[name] = tf.io.TFRecordWriter(str(path))
            self._add(name, tf.compat.v1.Event(file_version="brain.Event:2"))
        # TensorFlow's own functions for this want TensorBoard to be installed.
        summary = tf.compat.v1.Summary()
        for key, value in given.items():
            summary.value.add(tag=f"epoch_{key}", simple_value=value)
        self._add(name, tf.compat.v1.Event(step=epoch, summary=summary))
        self._writers[name].flush()

    def _add(self, name: str, event: Any) -> None:
        event.wall_time = time.time()
        self._writers[name].write(event.SerializeToString())

    def __enter__(self) -> "TensorBoardLog":
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()
