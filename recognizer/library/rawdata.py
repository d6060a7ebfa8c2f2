"""Labels and pictures of any type of number, as text and as grey levels."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr

MAX_SAMPLES: Final = 2_000_000
"""The most samples of a dataset in memory."""
MAX_CLASSES: Final = 1000
MAX_SIDE: Final = 16_384
"""The longest side of a picture in an array, pixels."""
_TOPS: Final = (1, 16, 255, 65535)
"""Where the ranges end that are in use: shares, UCI's digits, 8 bits, 16 bits."""


@dataclass(slots=True)
class GreyRange:
    """What the numbers of pictures mean: 0 to 1, to 16, to 255, to 65,535, or −1 to 1; guessed from all of them.

    Attributes:
        low, high: The least and the greatest value so far.
    """

    low: float = np.inf
    high: float = -np.inf

    def add(self, values: NDArray) -> None:
        """Take in values; those that are no numbers do not count."""
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
        if values.size:
            self.low = min(self.low, float(values.min()))
            self.high = max(self.high, float(values.max()))

    def is_certain(self, kind: np.dtype) -> bool:
        """Whether more values of that type cannot change what they mean."""
        return kind == np.uint8 and self.high > 16

    def check(self, path: Path) -> None:
        """Raise RecognizerError, naming `path`, where the values are no grey levels."""
        if self.low < -1 or (self.low < 0 and self.high > 1) or self.high > _TOPS[-1]:
            raise bad_data(path, tr("pixel values from {low:g} to {high:g}", low=self.low, high=self.high))

    def fits(self, values: NDArray) -> NDArray[np.bool_]:
        """(n,) whether each of n pictures, (n, ...), keeps to the range; False for those with what is no number."""
        flat = values.reshape(len(values), -1)
        low, top = (-1.0, 1.0) if self.low < 0 else (0.0, float(self._top))
        # Said the other way round, NaN would pass.
        return (flat.min(axis=1) >= low) & (flat.max(axis=1) <= top)

    def levels(self, values: NDArray) -> NDArray[np.uint8]:
        """Values that fit as 0 to 255."""
        if values.dtype == np.uint8 and self.high > 16:
            return values
        if self.low < 0:
            return np.round((values.astype(np.float32) + 1) * 127.5).astype(np.uint8)
        if self._top == 255 and values.dtype.kind in "iu":
            return values.astype(np.uint8)
        return np.round(values.astype(np.float32) * np.float32(255 / self._top)).astype(np.uint8)

    @property
    def _top(self) -> int:
        return next(limit for limit in _TOPS if self.high <= limit)


def picture_shape(shape: tuple[int, ...], kind: np.dtype, path: Path) -> tuple[int, int]:
    """The height and width of the pictures in an array.

    Args:
        shape: (n, h, w), (n, h, w, 1) or (n, side²).
        kind: The type of its values.
        path: The file, for errors.

    Raises:
        RecognizerError: The shape is another, or the values are no numbers.
    """
    inner = shape[1:-1] if len(shape) == 4 and shape[3] == 1 else shape[1:]
    if len(inner) == 1:
        side = int(np.sqrt(inner[0]) + 0.5)
        if side * side != inner[0] or side == 0:
            raise bad_data(path, tr("{n} pixels a picture are no square", n=inner[0]))
        inner = (side, side)
    if len(inner) != 2 or kind.kind not in "buif" or 0 in inner or max(inner) > MAX_SIDE:
        raise bad_data(path, tr("pictures of shape {shape} and type {kind}", shape=shape, kind=kind))
    return inner[0], inner[1]


def grey_levels(values: NDArray, path: Path) -> NDArray[np.uint8]:
    """Pictures of any number type as (n, h, w) uint8.

    Args:
        values: (n, h, w), (n, h, w, 1) or (n, side²); what they mean is guessed as `GreyRange` says.
        path: Where they come from, for errors.

    Raises:
        RecognizerError: The shape is another, or there are values that are no grey levels.
    """
    values = values.reshape(len(values), *picture_shape(values.shape, values.dtype, path))
    found = GreyRange()
    found.add(values)
    found.check(path)
    if len(values) == 0:
        return np.zeros(values.shape, np.uint8)
    if values.dtype.kind == "f":
        odd = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(odd):
            raise no_numbers(path, int(odd[0]))
    return found.levels(values)


def label_names(values: NDArray, path: Path, first: int = 0) -> list[str]:
    """Labels as text, from an array of whole numbers, text, or one-hot rows.

    Args:
        values: (n,), (n, 1) or (n, classes).
        path: Where they come from, for errors.
        first: The number of the first one, for errors.

    Raises:
        RecognizerError: They are none of these.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "buif" and _is_one_hot(values):
        values = values.argmax(axis=1)
    if values.ndim != 1 or values.dtype.kind not in "buifU":
        raise bad_data(path, tr("labels of shape {shape} and type {kind}", shape=values.shape, kind=values.dtype))
    if values.dtype.kind == "U":
        return texts(values, path)
    if values.dtype.kind == "f":
        # Beyond that, whole numbers have no exact place.
        odd = np.flatnonzero(~(np.abs(values) < 2**53) | (values != np.round(values)))
        if len(odd):
            raise bad_data(path, tr("label {i} is {value}", i=first + odd[0], value=values[odd[0]]))
    if values.dtype.kind in "bf":
        values = values.astype(np.int64)
    return [str(value) for value in values.tolist()]


def texts(values: NDArray, path: Path) -> list[str]:
    """An array of text as a list; halves of characters are replaced.

    Raises:
        RecognizerError: It holds what is no text.
    """
    try:
        found: list[str] = values.tolist()
        try:
            "".join(found).encode("utf-8")
        except UnicodeEncodeError:
            return [text.encode("utf-8", "replace").decode("utf-8") for text in found]
    except ValueError as error:
        raise bad_data(path, tr("it holds what is no text: {reason}", reason=error)) from error
    return found


def sorted_labels(names: Iterable[str]) -> list[str]:
    """Numbers by value, then text."""
    return sorted(names, key=lambda name: (not _is_number(name), int(name) if _is_number(name) else 0, name))


def bad_data(path: Path, reason: str) -> RecognizerError:
    """The error for data that cannot be used."""
    return RecognizerError(
        tr("The data cannot be used"),
        where=f"{path} ({reason})",
        fix=tr(
            "Choose pictures, IDX, CSV, NPZ, NPY, Parquet, InkML or UNIPEN files, a ZIP of these, or a folder for each "
            "class"
        ),
    )


def no_numbers(path: Path, number: int) -> RecognizerError:
    """The error for picture `number` of an array with values that are no numbers."""
    return bad_data(path, tr("picture {i} holds values that are no numbers", i=number))


def _is_number(name: str) -> bool:
    # int() refuses longer ones, so that nobody can make it work for minutes.
    return name.isdecimal() and len(name) < 100


def _is_one_hot(values: NDArray) -> bool:
    return len(values) > 0 and bool(((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all())
