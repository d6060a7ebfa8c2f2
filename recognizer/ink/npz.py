"""Reading NumPy's NPZ without trusting it: nothing is unpickled, and sizes are checked before memory is taken."""

import io
import math
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.files import read_error, write_atomic
from recognizer.base.i18n import tr

MAX_BYTES: Final = 1 << 31
"""The most that the arrays of a file may take together."""
_CHUNK: Final = 1 << 20
_KINDS: Final = frozenset("buifU")


def read_npz(path: Path, names: Collection[str] | None = None) -> dict[str, NDArray]:
    """The arrays in `path`, or those of them that `names` lists.

    Raises:
        RecognizerError: It is no NPZ, is damaged, or holds an array that is too large or of a type that is not plain
            numbers, truth values or text.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            arrays: dict[str, NDArray] = {}
            total = 0
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if name == info.filename or (names is not None and name not in names):
                    continue
                arrays[name] = _read_array(archive, info, path, MAX_BYTES - total)
                total += arrays[name].nbytes
            return arrays
    except zipfile.BadZipFile as error:
        raise _bad(path, tr("it is damaged or no NPZ file")) from error
    except (EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise _bad(path, tr("it is damaged or encrypted: {reason}", reason=error)) from error
    except OSError as error:
        raise read_error(path, error) from error


def save_npz(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write `arrays` to `path` in one step, compressed.

    Raises:
        RecognizerError: The file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomic(path, buffer.getvalue())


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, most: int) -> NDArray:
    with archive.open(info) as file:
        try:
            version = npy.read_magic(file)
            readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
            if version not in readers:
                raise ValueError(f"format {version}")
            shape, is_fortran, kind = readers[version](file)
        except ValueError as error:
            raise _bad(path, f"{info.filename}: {error}") from error
        if kind.kind not in _KINDS or kind.hasobject:
            raise _bad(path, tr("{name} holds {kind}, not plain numbers or text", name=info.filename, kind=kind))
        claimed = math.prod(shape) * kind.itemsize
        if claimed > most:
            raise _bad(path, tr("{name} claims {claimed:,} bytes", name=info.filename, claimed=claimed))
        if claimed > info.file_size:
            raise _bad(
                path,
                tr(
                    "{name} claims {claimed:,} bytes and holds {held:,}",
                    name=info.filename,
                    claimed=claimed,
                    held=info.file_size,
                ),
            )
        content = bytearray()
        while len(content) < claimed:
            chunk = file.read(min(_CHUNK, claimed - len(content)))
            if not chunk:
                raise _bad(path, tr("{name} is cut short", name=info.filename))
            content += chunk
        # The end is read too, so that the archive's checksum is verified.
        file.read(1)
    if claimed == 0:
        return np.zeros(shape, kind)
    return np.frombuffer(content, kind).reshape(shape, order="F" if is_fortran else "C")


def _bad(path: Path, reason: str) -> RecognizerError:
    return RecognizerError(
        tr("The NPZ file cannot be used"), where=f"{path} ({reason})", fix=tr("Get the file anew, or choose another")
    )
