"""Weights on disk while training goes on: whole or absent, two generations and the best, nothing pickled."""

import contextlib
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr

Weights = list[NDArray[np.float32]]
MANIFEST: Final = "checkpoints.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The weights after an epoch.

    Attributes:
        epoch: Counted from 1; 0 for weights of an epoch that was stopped.
        weights: In Keras' order.
    """

    epoch: int
    weights: Weights


class CheckpointFolder:
    """Keeps the latest, the one before it, and the best checkpoint; the manifest is written last.

    Args:
        folder: Where; usually a run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, dict[str, Any]] = {}

    def save(self, checkpoint: Checkpoint, *, is_best: bool) -> None:
        """Write a checkpoint; one that is neither the best nor among the latest two goes.

        Raises:
            RecognizerError: The disk is full or the folder cannot be written; what was there before is whole.
        """
        name = f"checkpoint-{checkpoint.epoch:04}.npz"
        data = pack_weights(checkpoint.weights)
        write_atomic(self._folder / name, data)
        entry = {
            "epoch": checkpoint.epoch,
            "file": name,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        before = {kept["file"] for kept in self._kept.values()}
        if "latest" in self._kept:
            self._kept["previous"] = self._kept["latest"]
        self._kept["latest"] = entry
        if is_best:
            self._kept["best"] = entry
        write_atomic(self._folder / MANIFEST, json.dumps(self._kept, indent=1))
        for old in before - {kept["file"] for kept in self._kept.values()}:
            with contextlib.suppress(OSError):
                (self._folder / old).unlink()


def read_checkpoint(folder: Path, which: str = "best") -> Checkpoint:
    """Read a checkpoint; of a damaged latest one, the one before it.

    Args:
        folder: A run's folder.
        which: `best`, `latest` or `previous`.

    Raises:
        RecognizerError: There is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        entry = manifest[which]
        path = folder / Path(entry["file"]).name
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise ValueError(tr("its checksum is wrong"))
        return Checkpoint(int(entry["epoch"]), unpack_weights(data))
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile) as error:
        if which == "latest":
            return read_checkpoint(folder, "previous")
        raise RecognizerError(
            tr("The checkpoint is damaged"), where=f"{path} ({error})", fix=tr("Train the model again")
        ) from error


def pack_weights(weights: Weights) -> bytes:
    """Arrays as an uncompressed NPZ, named `0`, `1`, ... in their order."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {str(number): array for number, array in enumerate(weights)}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack_weights(data: bytes) -> Weights:
    """The arrays that `pack_weights` packed; ValueError or BadZipFile where they are damaged."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return [arrays[str(number)] for number in range(len(arrays.files))]
