"""Weights, and all that a run goes on with, on disk: whole or absent, two generations and the best, nothing pickled."""

import contextlib
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr

Weights = list[NDArray[np.float32]]
MANIFEST: Final = "checkpoints.json"
_BUDGET: Final = 256 << 20
"""Bytes that the weights of a run's epochs may take; where all would take more, only every so manieth is kept."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The weights after an epoch.

    Attributes:
        epoch: Counted from 1; 0 for weights of an epoch that was stopped.
        weights: In Keras' order.
    """

    epoch: int
    weights: Weights


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Where a run is, so that it can go on as if nothing had happened.

    Attributes:
        epoch: That is going on, counted from 1.
        blocks: Of it that are done.
        arrays: All that Keras' model, optimiser and metrics hold, in their order.
    """

    epoch: int
    blocks: int
    arrays: list[NDArray] = field(repr=False)


class CheckpointFolder:
    """Keeps the weights of the epochs, and the latest two moments; the manifest is written last.

    Args:
        folder: Where; usually a run's folder.
        epochs: How many are planned; decides how many are kept for looking back.
    """

    def __init__(self, folder: Path, epochs: int = 1) -> None:
        self._folder = folder
        self._epochs = epochs
        self._kept: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(RecognizerError):
            # A run that goes on.
            self._kept = _read_manifest(folder)

    def save(self, checkpoint: Checkpoint, *, is_best: bool) -> None:
        """Write the weights of an epoch.

        Raises:
            RecognizerError: The disk is full or the folder cannot be written; what was there before is whole.
        """
        data = pack_weights(checkpoint.weights)
        entry = self._write(f"checkpoint-{checkpoint.epoch:04}.npz", data, epoch=checkpoint.epoch)
        self._kept |= {"previous": self._kept.get("latest", entry), "latest": entry}
        if is_best:
            self._kept["best"] = entry
        self._write_manifest()
        every = -(-len(data) * self._epochs // _BUDGET)
        needed = {kept["file"] for kept in self._kept.values()}
        for path in self._folder.glob("checkpoint-*.npz"):
            number = path.stem.removeprefix("checkpoint-")
            if path.name not in needed and number.isdecimal() and int(number) % max(1, every):
                with contextlib.suppress(OSError):
                    path.unlink()

    def save_finite(self, weights: Weights) -> None:
        """Write the last weights before the run went astray; read as `finite`."""
        self._kept["finite"] = self._write("checkpoint-finite.npz", pack_weights(weights), epoch=0)
        self._write_manifest()

    def save_moment(self, moment: Moment) -> None:
        """Write where the run is; the moment before the latest one stays too.

        Raises:
            RecognizerError: As for `save`.
        """
        current = self._kept.get("moment", {}).get("file")
        name = "moment-b.npz" if current == "moment-a.npz" else "moment-a.npz"
        if current is not None:
            self._kept["earlier"] = self._kept["moment"]
        data = pack_weights(moment.arrays)
        self._kept["moment"] = self._write(name, data, epoch=moment.epoch, blocks=moment.blocks)
        self._write_manifest()

    def forget_moments(self) -> None:
        """Give the space of the moments free; the run has ended."""
        names = [self._kept.pop(which)["file"] for which in ("moment", "earlier") if which in self._kept]
        if names:
            self._write_manifest()
        for name in names:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    def _write(self, name: str, data: bytes, **entry: Any) -> dict[str, Any]:
        write_atomic(self._folder / name, data)
        return {**entry, "file": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def _write_manifest(self) -> None:
        write_atomic(self._folder / MANIFEST, json.dumps(self._kept, indent=1))


def read_checkpoint(folder: Path, which: str = "best") -> Checkpoint:
    """Read a checkpoint; of a damaged latest one, the one before it.

    Args:
        folder: A run's folder.
        which: `best`, `latest`, `previous` or `finite`.

    Raises:
        RecognizerError: There is none, or it is damaged.
    """
    entry, arrays = _read(folder, which, {"latest": "previous"})
    return Checkpoint(int(entry["epoch"]), arrays)


def read_moment(folder: Path) -> Moment:
    """Where the run in `folder` was last; of a damaged latest moment, the one before it.

    Raises:
        RecognizerError: There is none, or it is damaged.
    """
    entry, arrays = _read(folder, "moment", {"moment": "earlier"})
    return Moment(int(entry["epoch"]), int(entry["blocks"]), arrays)


def has_moment(folder: Path) -> bool:
    """Whether a run that was interrupted can go on; what it needs is not read."""
    with contextlib.suppress(RecognizerError):
        return "moment" in _read_manifest(folder)
    return False


def kept_epochs(folder: Path) -> list[int]:
    """The epochs whose weights the run in `folder` has, ascending."""
    names = [path.stem.removeprefix("checkpoint-") for path in folder.glob("checkpoint-*.npz")]
    return sorted(int(name) for name in names if name.isdecimal() and int(name) > 0)


def read_epoch(folder: Path, epoch: int) -> Weights:
    """The weights after an epoch of the run in `folder`.

    Raises:
        RecognizerError: There are none, or they are damaged.
    """
    path = folder / f"checkpoint-{epoch:04}.npz"
    try:
        return unpack_weights(path.read_bytes())
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def _read_manifest(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not all(isinstance(entry, dict) for entry in manifest.values()):
            raise ValueError(type(manifest).__name__)
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, error) from error
    return manifest


def _read(folder: Path, which: str, instead: dict[str, str]) -> tuple[dict[str, Any], list[NDArray]]:
    manifest, path = _read_manifest(folder), folder / MANIFEST
    try:
        entry = manifest[which]
        path = folder / Path(entry["file"]).name
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise ValueError(tr("its checksum is wrong"))
        return entry, unpack_weights(data)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        if which in instead and instead[which] in manifest:
            return _read(folder, instead[which], {})
        if isinstance(error, OSError):
            raise read_error(path, error) from error
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> RecognizerError:
    return RecognizerError(tr("The checkpoint is damaged"), where=f"{path} ({error})", fix=tr("Train the model again"))


def pack_weights(weights: list[NDArray]) -> bytes:
    """Arrays as an uncompressed NPZ, named `0`, `1`, ... in their order."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {str(number): array for number, array in enumerate(weights)}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack_weights(data: bytes) -> list[NDArray]:
    """The arrays that `pack_weights` packed; ValueError or BadZipFile where they are damaged."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return [arrays[str(number)] for number in range(len(arrays.files))]
