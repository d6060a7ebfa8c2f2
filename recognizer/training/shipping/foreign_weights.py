"""Arrays out of a foreign HDF5 file: only plain numbers of known shapes, stored in the file itself."""

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from recognizer.base.i18n import tr
from recognizer.training.checkpoint import Weights
from recognizer.training.shipping.foreign_layers import shown
from recognizer.training.shipping.plan import Shape

_MOST_OBJECTS: Final = 5000
_DEEPEST: Final = 12
_LARGEST_CHUNK: Final = 64 << 20
"""Bytes that are unpacked together."""
_PLAIN_FILTERS: Final = frozenset({1, 2, 3})
"""Deflate, shuffle and checksums, which are part of HDF5; others would be loaded from elsewhere."""
_HELD: Final = "layers"


def read_arrays(content: bytes, wanted: Sequence[tuple[str, Sequence[Shape]]]) -> Weights:
    """Read the arrays of a `model.weights.h5`.

    Args:
        content: The file.
        wanted: The name of each layer's group, in the order of the layers, with the shapes that its arrays must have.

    Returns:
        float32 arrays in that order.

    Raises:
        ValueError: There is a link that leaves its place, something else than numbers, another shape, or a number that
            is none; in words.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            _look_through(file)
            return [
                _array(file, f"{_HELD}/{name}/vars/{number}", shape)
                for name, shapes in wanted
                for number, shape in enumerate(shapes)
            ]
    # What h5py raises for damage differs from place to place.
    except (OSError, KeyError, RuntimeError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise ValueError(tr("its weights are damaged ({error})", error=shown(str(error)))) from error


def _look_through(file: Any) -> None:
    """Refuse every link that is no plain one, and every array that is not of numbers, before anything is followed."""
    import h5py

    waiting = [(file, 0)]
    seen = 0
    while waiting:
        group, depth = waiting.pop()
        seen += len(group)
        if seen > _MOST_OBJECTS or depth > _DEEPEST:
            raise ValueError(tr("its weights are nested too deeply, or too many"))
        for name in group:
            if type(group.get(name, getlink=True)) is not h5py.HardLink:
                raise ValueError(tr("its weights have a link to elsewhere: {name}", name=shown(name)))
            found = group[name]
            if isinstance(found, h5py.Group):
                waiting.append((found, depth + 1))
            elif not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiub" or found.dtype.subdtype:
                raise ValueError(tr("its weights hold something else than numbers: {name}", name=shown(name)))


def _array(file: Any, place: str, shape: Shape) -> np.ndarray[Any, np.dtype[np.float32]]:
    if place not in file:
        raise ValueError(tr("its weights lack {name}", name=place))
    found = file[place]
    if not hasattr(found, "shape") or found.shape != tuple(shape) or found.dtype.kind != "f":
        received = getattr(found, "shape", None)
        raise ValueError(
            tr("the array {name} is {received}, not {wanted}", name=place, received=received, wanted=tuple(shape))
        )
    plist = found.id.get_create_plist()
    filters = {plist.get_filter(number)[0] for number in range(plist.get_nfilters())}
    chunk = int(np.prod([float(side) for side in found.chunks or ()])) * found.dtype.itemsize
    if found.external or found.is_virtual or not filters <= _PLAIN_FILTERS or chunk > _LARGEST_CHUNK:
        raise ValueError(tr("the array {name} is stored in a way that is not allowed", name=place))
    array = found[()].astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(tr("the array {name} has numbers that are none", name=place))
    return array
