"""NPZ files whose arrays do not fit into memory: gathered in files of their own, then packed."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_COPY: Final = 1 << 20
_SMALL: Final = 1 << 26
"""Bytes up to which text is packed: it shrinks so much that a larger array would be taken for a trap."""


class Spool:
    """An array that grows row by row in a file.

    Args:
        path: A new file.
        kind: The type of its values.
        inner: The shape of a row; it may also be told by the first rows.
    """

    def __init__(self, path: Path, kind: np.dtype, inner: tuple[int, ...] = ()) -> None:
        self.kind = kind
        self.inner = inner
        self.count = 0
        self._path = path
        self._file = path.open("xb")

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()
        self._path.unlink()

    def add(self, rows: NDArray) -> None:
        """Append rows."""
        self.inner = rows.shape[1:]
        self.count += len(rows)
        self._file.write(np.ascontiguousarray(rows, self.kind).tobytes())

    def blocks(self) -> Iterator[bytes]:
        """All of it as bytes, in order."""
        self._file.flush()
        with self._path.open("rb") as file:
            while content := file.read(_COPY):
                yield content


class NpzWriter:
    """Writes arrays, one after the other, into an NPZ.

    Args:
        path: The file, which is made.
        check: Called between blocks; may raise.
    """

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._check = check

    def __enter__(self) -> "NpzWriter":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._archive.close()

    def spooled(self, name: str, spool: Spool) -> None:
        """Add what has been gathered."""
        self.array(name, spool.kind, (spool.count, *spool.inner), spool.blocks())

    def texts(self, name: str, width: int, count: int, slices: Iterable[list[str]]) -> None:
        """Add `count` texts of at most `width` characters."""
        kind = np.dtype(f"<U{max(width, 1)}")
        is_packed = kind.itemsize * count <= _SMALL
        self.array(name, kind, (count,), (np.array(texts, kind).tobytes() for texts in slices), is_packed=is_packed)

    def array(
        self, name: str, kind: np.dtype, shape: tuple[int, ...], blocks: Iterable[bytes], *, is_packed: bool = True
    ) -> None:
        """Add an array whose values come as bytes, row by row."""
        info = zipfile.ZipInfo(f"{name}.npy")
        info.external_attr = 0o644 << 16
        # Of what is given by its name alone, the archive decides how it is packed.
        entry = f"{name}.npy" if is_packed else info
        with self._archive.open(entry, "w", force_zip64=True) as file:
            head = {"descr": npy.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
            npy.write_array_header_1_0(file, head)
            for block in blocks:
                self._check()
                file.write(block)
