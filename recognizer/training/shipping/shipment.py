"""Exporting a model: a folder or a ZIP for each format, tried before it is handed over."""

import contextlib
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recognizer.base.cancellation import CancellationToken
from recognizer.base.errors import RecognizerError
from recognizer.base.files import sync_file, sync_folder, write_atomic, write_error
from recognizer.base.i18n import tr
from recognizer.base.paths import Profile
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.inference.registry import ModelRecord
from recognizer.training.abandon import abandonable
from recognizer.training.runtime import import_keras, responsive
from recognizer.training.shipping.format import Format, Source, open_source
from recognizer.training.shipping.formats import FORMATS
from recognizer.training.shipping.stamp import Stamp, stamp
from recognizer.training.shipping.vectors import Samples, Vectors, find_samples, make_vectors

LABELS: Final = "labels.json"
REJECT: Final = "reject.json"
PREPROCESSING: Final = "preprocessing.json"
VECTORS: Final = "test_vectors.npz"
STAMP: Final = "stamp.json"
EXAMPLE: Final = "example.py"
_ZIP: Final = ".zip"


@dataclass(frozen=True, slots=True)
class Shipment:
    """What was exported.

    Attributes:
        path: The folder or the ZIP.
        stamps: Of each file that was written.
        missing: Why a format was not written, by its name.
    """

    path: Path
    stamps: tuple[Stamp, ...]
    missing: dict[str, str]

    @property
    def passed(self) -> bool:
        """Whether every format that was asked for is there and answers as the model itself does."""
        return not self.missing and all(each.passed for each in self.stamps)


@responsive()
def ship(
    record: ModelRecord,
    profile: Profile,
    to: Path,
    formats: Sequence[str] = tuple(FORMATS),
    progress: ProgressCallback = no_progress,
    token: CancellationToken | None = None,
    samples: Samples | None = None,
) -> Shipment:
    """Export a model, run each file against the test vectors, and stamp it.

    A file that answers otherwise is written, too, and its stamp says so.

    Args:
        record: The model.
        profile: Where the data may be that it was trained on.
        to: A folder, which is new or empty, or a file whose name ends with .zip; several formats have a folder each
            inside.
        formats: Names from `FORMATS`.
        progress: Told what is being done.
        token: Checked between the steps and every few pictures; nothing is left behind.
        samples: What to try it with; found by `find_samples` where None, and then files in float32 are tried with
            the vectors that go with them, those in whole numbers with all samples.

    Raises:
        RecognizerError: The model cannot be read, the only format cannot be written, or `to` is taken.
        Cancelled: By `token`.
    """
    check_free(to)
    chosen = [FORMATS[name] for name in dict.fromkeys(formats)]
    steps = len(chosen) + 1
    token = token or CancellationToken()
    progress(0, steps, tr("Loading TensorFlow"))
    abandonable(lambda report: import_keras(), lambda nothing: None, token)
    source = open_source(record)
    progress(0, steps, tr("Preparing the test vectors"))
    are_given = samples is not None
    samples = samples or find_samples(record, profile, token=token)
    if not are_given and all(each.is_exact for each in chosen):
        samples = samples.spread()
    every = make_vectors(source, samples, token.check)
    few = every if are_given else every.spread()
    folder = to.with_name(f".{to.name[-40:]}.{secrets.token_hex(4)}.part")
    stamps, missing = [], {}
    try:
        for step, each in enumerate(chosen, start=1):
            token.check()
            progress(step, steps, tr("Exporting as {format}", format=each.name))
            place = folder if len(chosen) == 1 else folder / each.name
            try:
                _write(source, each, place, samples, few)
                stamps.append(_try(source, each, place, few if each.is_exact else every, token))
            except RecognizerError as error:
                if len(chosen) == 1:
                    raise
                shutil.rmtree(place, ignore_errors=True)
                missing[each.name] = str(error)
        token.check()
        _hand_over(folder, to)
    except OSError as error:
        raise write_error(to, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Shipment(to, tuple(stamps), missing)


def check_free(to: Path) -> None:
    """Raise RecognizerError where `to` is a folder with files in it, or a file that is no ZIP to be replaced."""
    if to.is_dir():
        with contextlib.suppress(OSError):
            if to.suffix.lower() != _ZIP and not any(to.iterdir()):
                return
    elif not to.exists() or (to.is_file() and to.suffix.lower() == _ZIP):
        return
    raise RecognizerError(
        tr("There is something already where the export is to go"),
        where=str(to),
        fix=tr("Name a new or empty folder, or a .zip file"),
    )


def _write(source: Source, format: Format, folder: Path, samples: Samples, vectors: Vectors) -> None:
    folder.mkdir(parents=True)
    format.write(source, folder / format.file, samples.like)
    for name, content in _companions(source, format).items():
        _write_json(folder / name, content)
    write_atomic(folder / VECTORS, vectors.to_bytes())
    write_atomic(folder / EXAMPLE, format.example)


def _try(source: Source, format: Format, folder: Path, vectors: Vectors, token: CancellationToken) -> Stamp:
    made = stamp(format, folder / format.file, vectors, len(source.record.labels), token.check)
    _write_json(folder / STAMP, made.to_dict())
    return made


def _companions(source: Source, format: Format) -> dict[str, Any]:
    """The JSON files that say how the model is used, by name."""
    record = source.record
    shape = list(source.input_shape[:2] if format.name == "onnx" else source.input_shape)
    is_whole = not format.is_exact
    return {
        PREPROCESSING: {
            **record.preprocessing.to_dict(),
            "input": {
                "shape": [None, *shape],
                "dtype": "uint8" if is_whole else "float32",
                "ground": 0,
                "ink": 255 if is_whole else 1,
            },
        },
        LABELS: {"labels": list(record.labels), "extras": list(record.extras), "outputs": list(source.outputs)},
        REJECT: record.reject.to_dict(),
    }


def _write_json(path: Path, content: Any) -> None:
    write_atomic(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _hand_over(folder: Path, to: Path) -> None:
    """Put what is finished in its place, by one rename."""
    if to.suffix.lower() != _ZIP:
        if to.is_dir():
            to.rmdir()
        os.replace(folder, to)
        sync_folder(to.parent)
        return
    packed = folder / _ZIP
    with zipfile.ZipFile(packed, "x", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and path != packed):
            archive.write(file, Path(to.stem) / file.relative_to(folder))
    sync_file(packed)
    os.replace(packed, to)
    sync_folder(to.parent)
