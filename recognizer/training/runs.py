"""The folders of training runs: settings, curves, predictions; written as a run goes, read back at any time."""

import contextlib
import hashlib
import io
import json
import logging
import platform
import re
import sys
import time
import zipfile
import zlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.evaluation.report import EvaluationReport
from recognizer.library.dataset import Dataset
from recognizer.training.checkpoint import has_moment
from recognizer.training.config import CUSTOM, MAX_EPOCHS, TrainingConfig
from recognizer.training.events import BatchProgress, EpochJudged, EpochMetrics, RunEnded, StageBegan, TrainingEvent
from recognizer.training.guesses import Guesses, save_guesses

_log = logging.getLogger(__name__)

RUN: Final = "run.json"
METRICS: Final = "metrics.jsonl"
PREDICTIONS: Final = "predictions.npz"
_LOCK: Final = "lock"
_PACKAGES: Final = ("recognizer", "tensorflow-cpu", "tensorflow", "keras", "numpy", "ai-edge-litert")


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A run as its folder tells it.

    Attributes:
        id: The folder's name; sorts by time.
        config: Its settings.
        dataset: Name of the dataset.
        dataset_title: What people call it.
        state: `running`, `finished`, `stopped` (by the user, a model was kept), `cancelled` (no model), `failed`, or
            `interrupted` (the program ended before the run did).
        started: ISO 8601, UTC.
        epochs: How many were finished.
        seconds: The whole run; of an interrupted one, up to its last epoch.
        accuracy: Of the model on the split that it was judged on, 0 to 1; None where there is none.
        model_id: Of the model in the registry; empty where there is none.
        message: Why it failed.
    """

    id: str
    config: TrainingConfig
    dataset: str
    dataset_title: str
    state: str
    started: str
    epochs: int
    seconds: float
    accuracy: float | None
    model_id: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a run's model said about the samples that it was judged on; all arrays are (n,).

    Attributes:
        indices: int64, positions in the dataset that the run was trained on.
        truth, predicted: int64, class indices.
        confidence: float32, the probability of the predicted class.
    """

    indices: NDArray[np.int64]
    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]


class RunFolder:
    """The folder of a run that is going on; a context manager that holds the run's lock.

    Args:
        profile: Whose run.
        config: Its settings.
        data: What is trained on.
        card: Of a run that goes on; its folder is used then.

    Raises:
        RecognizerError: The folder cannot be written.
    """

    def __init__(
        self, profile: Profile, config: TrainingConfig, data: Dataset, card: dict[str, Any] | None = None
    ) -> None:
        now = time.time()
        if card is None:
            self.id, self.path = _new_folder(profile, config.preset, now)
            card = {
                "id": self.id,
                "state": "running",
                "started": iso_time(now),
                "config": config.to_dict(),
                "data": {
                    **{"name": data.name, "title": data.title, "source": data.source, "samples": len(data)},
                    "fingerprint": fingerprint(data),
                },
                "versions": versions(),
            }
        else:
            self.id = card["id"]
            self.path = profile.runs / self.id
        self._card = card
        self._began = time.perf_counter() - float(card.get("seconds", 0.0))
        self._lines: list[str] = []
        self._open()

    def _open(self) -> None:
        """Take the folder; what was told before is written again where somebody has deleted it meanwhile."""
        path = self.path / METRICS
        self._lock = _hold(self.path / _LOCK)
        self._write_card()
        try:
            is_new = not path.exists()
            self._metrics = path.open("a", encoding="utf-8")
            if is_new:
                self._metrics.writelines(self._lines)
        except OSError as error:
            raise write_error(path, error) from error

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.perf_counter() - self._began

    def append(self, event: TrainingEvent) -> None:
        """Add an event to the run's record; progress within an epoch is not kept."""
        if isinstance(event, EpochJudged):
            self._save_answers(event)
            return
        if isinstance(event, BatchProgress | StageBegan):
            return
        fields = asdict(event)
        if isinstance(event, RunEnded):
            fields["report"] = event.report.to_dict()
        line = json.dumps({"event": type(event).__name__, "time": time.time(), **fields}, ensure_ascii=False) + "\n"
        try:
            if not (self.path / METRICS).exists():
                self._close()
                self.path.mkdir(parents=True, exist_ok=True)
                self._open()
            self._lines.append(line)
            self._metrics.write(line)
            self._metrics.flush()
        except OSError as error:
            raise write_error(self.path / METRICS, error) from error

    def _save_answers(self, event: EpochJudged) -> None:
        buffer = io.BytesIO()
        np.savez(
            buffer,
            indices=event.indices,
            truth=event.truth.astype(np.uint16),
            predicted=event.predicted.astype(np.uint16),
            confidence=event.confidence.astype(np.float16),
        )
        write_atomic(self.path / _answers(event.epoch), buffer.getvalue())

    def save_predictions(self, predictions: Predictions, probabilities: NDArray[np.float32] | None = None) -> None:
        """Keep what the model said about the n samples that it was judged on.

        Args:
            predictions: Of every sample.
            probabilities: (n, classes), where they are known.
        """
        if probabilities is not None:
            save_guesses(self.path, Guesses.of(probabilities))
        buffer = io.BytesIO()
        np.savez(buffer, **{name: getattr(predictions, name) for name in Predictions.__slots__})
        write_atomic(self.path / PREDICTIONS, buffer.getvalue())

    def finish(self, state: str, **results: Any) -> None:
        """Write how the run ended."""
        self._card.update(state=state, seconds=self.seconds, **results)
        self._write_card()

    def _write_card(self) -> None:
        write_atomic(self.path / RUN, json.dumps(self._card, indent=1, ensure_ascii=False))

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._metrics.close()
        if self._lock is not None:
            self._lock.close()


def open_run(profile: Profile, run_id: str, data: Dataset) -> tuple[RunFolder, TrainingConfig]:
    """The folder of a run that was interrupted and is to go on, and its settings.

    Raises:
        RecognizerError: It was not interrupted, nothing is left to go on with, or the data has changed.
    """
    folder = profile.runs / run_id
    run = read_run(folder)
    if run.state != "interrupted" or not has_moment(folder):
        raise RecognizerError(
            tr("The run cannot go on"),
            where=tr("{id}: {state}", id=run_id, state=run.state),
            fix=tr("Only a run that was interrupted after its first epoch or minute can; train again"),
        )
    card = _read_card(folder)
    if card["data"].get("fingerprint") != fingerprint(data):
        raise RecognizerError(
            tr("The run cannot go on: the data has changed since"),
            where=f"{run_id}: {run.dataset_title}",
            fix=tr("Undo the changes of the data, or train again"),
        )
    card["seconds"] = run.seconds
    return RunFolder(profile, run.config, data, card), run.config


def fingerprint(data: Dataset) -> str:
    """Of a dataset's pictures, labels, classes and splits; hexadecimal."""
    digest = hashlib.sha256("\n".join(data.label_set.names).encode())
    for array in (data.images, data.labels, data.splits):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


def list_runs(profile: Profile) -> list[TrainingRun]:
    """Every run that can be read, the newest first; damaged ones are logged and left out."""
    runs = []
    for folder in sorted(profile.runs.iterdir(), reverse=True) if profile.runs.is_dir() else []:
        if (folder / RUN).is_file():
            try:
                runs.append(read_run(folder))
            except RecognizerError as error:
                _log.warning("%s", error)
    return runs


def read_run(folder: Path) -> TrainingRun:
    """The run in `folder`.

    Raises:
        RecognizerError: It cannot be read.
    """
    path = folder / RUN
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        epochs = read_metrics(folder)
        state = str(card["state"])
        if state == "running" and not _is_held(folder / _LOCK):
            state = "interrupted"
        accuracy = None if card.get("accuracy") is None else float(card["accuracy"])
        seconds = float(card.get("seconds", sum(epoch.seconds for epoch in epochs)))
        if not 0 <= seconds < float("inf") or not (accuracy is None or 0 <= accuracy <= 1):
            raise ValueError(f"seconds = {seconds}, accuracy = {accuracy}")
        return TrainingRun(
            id=folder.name,
            config=TrainingConfig.from_dict(card["config"]),
            dataset=str(card["data"]["name"]),
            dataset_title=str(card["data"]["title"]),
            state=state,
            started=str(card["started"]),
            epochs=len(epochs),
            seconds=seconds,
            accuracy=accuracy,
            model_id=str(card.get("model_id", "")),
            message=str(card.get("message", "")),
        )
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(path, error) from error


def read_metrics(folder: Path) -> list[EpochMetrics]:
    """The finished epochs of the run in `folder`; a line that was cut off by a crash is left out."""
    try:
        lines = (folder / METRICS).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise read_error(folder / METRICS, error) from error
    epochs: dict[int, EpochMetrics] = {}
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
            entry = json.loads(line)
            if entry["event"] == "EpochEnded":
                # A run that went on may have done an epoch again.
                metrics = _epoch(entry["metrics"])
                epochs[metrics.epoch] = metrics
    return [epochs[number] for number in sorted(epochs)]


def _epoch(fields: dict[str, Any]) -> EpochMetrics:
    """An epoch's figures; ValueError or TypeError where they are none."""
    optional = ("val_loss", "val_accuracy")
    values = {
        name: None if value is None and name in optional else float(value)
        for name, value in fields.items()
        if name != "epoch"
    }
    epoch = fields["epoch"]
    if not isinstance(epoch, int) or not 1 <= epoch <= MAX_EPOCHS:
        raise ValueError(f"epoch = {epoch!r}")
    return EpochMetrics(epoch=epoch, **values)  # type: ignore[arg-type]


def read_answers(folder: Path, epoch: int) -> EpochJudged | None:
    """What the network of the run in `folder` said of the validation samples after an epoch; None if that is not known.

    Raises:
        RecognizerError: It is damaged.
    """
    path = folder / _answers(epoch)
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = [arrays[name] for name in ("indices", "truth", "predicted", "confidence")]
        if {array.shape for array in found} != {(len(found[0]),)}:
            raise ValueError(f"{[array.shape for array in found]}")
        indices, truth, predicted = (array.astype(np.int64) for array in found[:3])
        return EpochJudged(epoch, indices, truth, predicted, found[3].astype(np.float32))
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def _answers(epoch: int) -> str:
    return f"answers-{epoch:04}.npz"


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / RUN).read_text(encoding="utf-8"))
    except OSError as error:
        raise read_error(folder / RUN, error) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(folder / RUN, error) from error


def read_report(folder: Path) -> EvaluationReport | None:
    """The report of the run in `folder`; None where it was not judged."""
    try:
        card = json.loads((folder / RUN).read_text(encoding="utf-8"))
        return EvaluationReport.from_dict(card["report"]) if "report" in card else None
    except OSError as error:
        raise read_error(folder / RUN, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _damaged(folder / RUN, error) from error


def load_predictions(profile: Profile, run_id: str) -> Predictions:
    """What the model of run `run_id` said about the samples that it was judged on.

    Raises:
        RecognizerError: There are none, or they are damaged.
    """
    path = profile.runs / run_id / PREDICTIONS
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = Predictions(**{name: arrays[name] for name in Predictions.__slots__})
        kinds = [array.dtype.kind for array in (found.indices, found.truth, found.predicted, found.confidence)]
        shapes = {array.shape for array in (found.indices, found.truth, found.predicted, found.confidence)}
        if kinds != ["i", "i", "i", "f"] or shapes != {(found.indices.size,)}:
            raise ValueError(f"{kinds} {shapes}")
        if min(found.indices.min(initial=0), found.truth.min(initial=0), found.predicted.min(initial=0)) < 0:
            raise ValueError("< 0")
        return found
    except OSError as error:
        raise read_error(path, error) from error
    # A cut file makes NumPy and its unzipper raise any of these.
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def versions() -> dict[str, str]:
    """What the run was made with."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def iso_time(seconds: float) -> str:
    """A time in ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _new_folder(profile: Profile, preset: str, now: float) -> tuple[str, Path]:
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    # Networks of the user's own are called anything.
    preset = re.sub(r"[^A-Za-z0-9_-]+", "-", preset).strip("-") or CUSTOM
    number = 1
    try:
        profile.runs.mkdir(parents=True, exist_ok=True)
        while True:
            name = f"{stamp}-{preset}" if number == 1 else f"{stamp}-{preset}-{number}"
            path = profile.runs / name
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
                continue
            return name, path
    except OSError as error:
        raise write_error(profile.runs, error) from error


def _hold(path: Path) -> IO[bytes] | None:
    """A file that is locked until it is closed or the process ends; None where the disk knows no locks."""
    file = None
    try:
        file = path.open("ab")
        _lock_file(file)
    except OSError:
        if file is not None:
            file.close()
        return None
    return file


def _is_held(path: Path) -> bool:
    try:
        with path.open("ab") as file:
            _lock_file(file)
    except OSError:
        return path.is_file()
    return False


def _lock_file(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _damaged(path: Path, error: Exception) -> RecognizerError:
    return RecognizerError(
        tr("The record of the training run cannot be read"),
        where=f"{path} ({type(error).__name__}: {error})",
        fix=tr("Train again; the models are not touched"),
    )
