"""Reading a `.keras` file of unknown origin: the archive itself is taken apart, nothing in it is run or looked up."""

import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error
from recognizer.base.i18n import tr
from recognizer.training.checkpoint import Weights
from recognizer.training.network import Recipe
from recognizer.training.shipping.foreign_graph import network_of
from recognizer.training.shipping.foreign_weights import read_arrays
from recognizer.training.shipping.plan import plan

MAX_PARAMETERS: Final = 20_000_000
_MAX_OPERATIONS: Final = 2_000_000_000
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_LARGEST: Final = {_CONFIG: 4 << 20, _METADATA: 64 << 10, _WEIGHTS: 4 * MAX_PARAMETERS + (16 << 20)}
"""Bytes that each part of the archive may have when it is unpacked."""
_MAX_FILE: Final = sum(_LARGEST.values())
_ADDRESS: Final = re.compile(r"^(hf|gs|s3|https?|ftp|file):|://", re.IGNORECASE)
_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_ENCRYPTED: Final = 1
_KINDS: Final = {
    ".h5": "HDF5", ".hdf5": "HDF5", ".pkl": "pickle", ".pickle": "pickle", ".joblib": "pickle", ".pt": "PyTorch",
    ".pth": "PyTorch", ".ckpt": "TensorFlow", ".pb": "SavedModel", ".onnx": "ONNX", ".tflite": "LiteRT",
    ".npz": "NPZ", ".npy": "NPY", ".safetensors": "safetensors",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ForeignModel:
    """What a file holds.

    Attributes:
        recipe: Its network.
        weights: float32, in Keras' order.
        classes: How many outputs it has.
        adds_softmax: Whether it gave scores, which the recipe makes probabilities.
        sha256: Of the file, hexadecimal.
    """

    recipe: Recipe
    weights: Weights
    classes: int
    adds_softmax: bool
    sha256: str


def local_path(source: str | Path) -> Path:
    """The path that `source` names; RecognizerError where it is an address in a network."""
    if isinstance(source, str) and _ADDRESS.search(source):
        raise RecognizerError(
            tr("Models are not fetched from addresses"),
            where=source[:200],
            fix=tr("Download the .keras file yourself if you trust where it is from, and name the file"),
        )
    return Path(source).expanduser()


def read_foreign(path: Path) -> ForeignModel:
    """Read a `.keras` file; Keras is not loaded.

    Args:
        path: Of any file; what is no `.keras` file is told by its content, not by its name alone.

    Raises:
        RecognizerError: It is of another kind, or holds something that may not come in; in words.
    """
    content = _content(path)
    try:
        parts = _unpacked(content)
        # NaN and Infinity are Python's own, and no value of any setting.
        network = network_of(json.loads(parts[_CONFIG].decode("utf-8"), parse_constant=_no_number))
        planned = plan(network.recipe, network.classes)
        sizes = [shape for layer in planned for shape in layer.weights]
        _check_size(sum(_product(shape) for shape in sizes), sum(layer.operations for layer in planned))
        wanted = []
        for groups, layer in zip(network.groups, planned, strict=True):
            shapes = list(layer.weights)
            for group in groups:
                # In a residual block each kernel and each normalisation is stored for itself.
                count = len(shapes) if len(groups) == 1 else 4 if group.startswith("batch") else 1
                wanted.append((group, shapes[:count]))
                shapes = shapes[count:]
        weights = read_arrays(parts[_WEIGHTS], wanted)
    except RecognizerError as error:
        raise _refused(path, error.where) from error
    except (ValueError, RecursionError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise _refused(path, str(error) or type(error).__name__) from error
    return ForeignModel(
        network.recipe, weights, network.classes, network.adds_softmax, hashlib.sha256(content).hexdigest()
    )


def _refused(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("This model may not come in"),
        where=f"{path.name} ({reason})",
        fix=tr("Only .keras files with Keras' usual layers come in, because a model file can hold code"),
    )


def _no_number(text: str) -> float:
    raise ValueError(text)


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for side in shape:
        product *= side
    return product


def _check_size(parameters: int, operations: int) -> None:
    if parameters > MAX_PARAMETERS:
        raise ValueError(
            tr("it has {n} parameters; {most} are the most", n=f"{parameters:,}", most=f"{MAX_PARAMETERS:,}")
        )
    if operations > _MAX_OPERATIONS:
        raise ValueError(tr("a picture would take {n} multiplications", n=f"{operations:,}"))


def _content(path: Path) -> bytes:
    """The file's bytes, where it can be a `.keras` file at all."""
    if path.is_dir():
        is_saved_model = (path / "saved_model.pb").is_file()
        raise _other_kind(path, "SavedModel" if is_saved_model else tr("a folder"))
    kind = _KINDS.get(path.suffix.lower())
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(64)
            if head.startswith(_HDF5):
                kind = "HDF5"
            elif head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
                kind = "pickle"
            elif head.startswith(b"\x93NUMPY"):
                kind = "NPY"
            elif not head.startswith(b"PK\x03\x04"):
                kind = kind or tr("no ZIP archive")
            if kind is not None:
                raise _other_kind(path, kind)
            if size > _MAX_FILE:
                raise _refused(path, tr("it has {n} bytes; {most} are the most", n=f"{size:,}", most=f"{_MAX_FILE:,}"))
            return head + file.read(_MAX_FILE)
    except OSError as error:
        raise read_error(path, error) from error


def _other_kind(path: Path, kind: str) -> RecognizerError:
    return _refused(path, tr("it is no .keras file but {kind}", kind=kind))


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The three parts of the archive, by name; ValueError where there are others, or they are too large."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if any(name.endswith(".npy") for name in names):
            raise ValueError(tr("it is no .keras file but {kind}", kind="NPZ"))
        if any(name.endswith("data.pkl") for name in names):
            raise ValueError(tr("it is no .keras file but {kind}", kind="PyTorch"))
        if sorted(names) != sorted(_LARGEST):
            strange = next((name for name in names if name not in _LARGEST), "")
            lack = next((name for name in _LARGEST if name not in names), "")
            raise ValueError(
                tr("it holds something else: {name}", name=strange[:80])
                if strange
                else tr("it lacks {name}", name=lack)
                if lack
                else tr("it holds the same part twice")
            )
        return {info.filename: _part(archive, info) for info in infos}


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    most = _LARGEST[info.filename]
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(tr("it is encrypted"))
    with archive.open(info) as file:
        # What the archive says of its sizes is not believed.
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(tr("{name} has more than {most} bytes", name=info.filename, most=f"{most:,}"))
    return data
