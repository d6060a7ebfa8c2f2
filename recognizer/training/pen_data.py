"""Pen-drawn symbols for the shipped models: read from stroke files, divided by writer, varied as strokes."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.ink.batch import render
from recognizer.ink.npz import read_npz
from recognizer.ink.raster import resample
from recognizer.ink.stroke_npz import FIELDS, strokes_from

_HEIGHT: Final = 100.0
"""The longest side of a symbol, in the unit of its points."""
_SPACING: Final = 1.7
"""Distance between points, so that they stay half a pixel apart when a symbol of 20 px is stretched by a third."""
PEN: Final = (1.7, 4.0)
"""Range of pen widths at the scale of 28×28, pixels: what MNIST shows."""


@dataclass(frozen=True, slots=True, eq=False)
class PenData:
    """Symbols as densely sampled lines, their longest side 100, their middle at (0, 0), y down.

    Attributes:
        curves: n arrays of (m, 2) float32 points.
        strokes: n arrays of (m,) uint8, the stroke of each point.
        labels: (n,) text.
        writers: (n,) text; the same person has the same text.
        groups: (n,) text, where the writers were asked; the writer where that is not known.
    """

    curves: tuple[NDArray[np.float32], ...]
    strokes: tuple[NDArray[np.uint8], ...]
    labels: NDArray[np.str_]
    writers: NDArray[np.str_]
    groups: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.curves)

    def where(self, chosen: NDArray[np.bool_]) -> "PenData":
        """The symbols for which `chosen`, (n,) bool, holds."""
        places = np.flatnonzero(chosen)
        return PenData(
            tuple(self.curves[place] for place in places),
            tuple(self.strokes[place] for place in places),
            self.labels[places],
            self.writers[places],
            self.groups[places],
        )


def read_pen_data(path: Path) -> PenData:
    """The symbols of a stroke NPZ that names its writers as well.

    Raises:
        RecognizerError: The file cannot be read or used.
    """
    arrays = read_npz(path, (*FIELDS, "labels", "writer", "contributor"))
    drawings = strokes_from(arrays, path)
    curves, strokes = [], []
    for ink in drawings:
        lines = [stroke.points for stroke in ink.strokes]
        low = np.min([line.min(axis=0) for line in lines], axis=0)
        high = np.max([line.max(axis=0) for line in lines], axis=0)
        scale = np.float32(_HEIGHT / max(float((high - low).max()), 1e-6))
        dense = [resample((line - (low + high) / 2) * scale, _SPACING) for line in lines]
        curves.append(np.concatenate(dense))
        strokes.append(np.repeat(np.arange(len(dense)) % 256, [len(line) for line in dense]).astype(np.uint8))
    writers = arrays["writer"].astype(str)
    groups = arrays["contributor"].astype(str) if "contributor" in arrays else writers
    return PenData(tuple(curves), tuple(strokes), np.array(drawings.labels), writers, groups)


def is_held_out(writers: Sequence[str] | NDArray[np.str_], share: float) -> NDArray[np.bool_]:
    """Which symbols belong to the `share` of writers that are never trained on; by name, whatever the data's order."""
    names = np.unique(np.asarray(writers))
    bound = int(share * 2**32)
    held = [name for name in names if zlib.crc32(f"held out {name}".encode()) < bound]
    return np.isin(writers, held)


def among(data: PenData, labels: Collection[str]) -> PenData:
    """The symbols with one of `labels`."""
    return data.where(np.isin(data.labels, list(labels)))


def vary(data: PenData, chosen: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures of some of the symbols, each written a little differently, by the rules of the model's preprocessing.

    Strokes are moved against each other; the whole is bent, stretched, slanted and turned, and drawn with a pen of
    another width.

    Args:
        data: The symbols.
        chosen: (k,) places in `data`; one that stands there twice is varied twice.
        rng: Where chance comes from.

    Returns:
        (k, 28, 28) uint8, 0 the ground and 255 full ink.
    """
    k = len(chosen)
    turn = np.clip(rng.normal(0, 0.09, k), -0.25, 0.25)
    shear = np.clip(rng.normal(0, 0.14, k), -0.4, 0.4)
    stretch = np.clip(rng.normal(0, 0.13, k), -0.3, 0.3)
    pens = np.clip(np.exp(rng.normal(np.log(2.5), 0.22, k)), *PEN).astype(np.float32)
    bends = rng.normal(0, (0.08, 0.035, 0.025, 0.05, 0.03), (k, 5))
    curves = []
    for i, place in enumerate(chosen):
        strokes = data.strokes[place]
        curve = data.curves[place]
        if strokes[-1]:
            curve = curve + rng.normal(0, 1.8, (int(strokes.max()) + 1, 2)).astype(np.float32)[strokes]
        curve = _bent(curve, *bends[i])
        cosine, sine, wide = np.cos(turn[i]), np.sin(turn[i]), np.exp(stretch[i])
        matrix = np.array([[cosine * wide, sine * wide], [-shear[i] * cosine - sine, cosine - shear[i] * sine]])
        curves.append(curve @ matrix.astype(np.float32))
    return render(curves, pens)


def _bent(
    curve: NDArray[np.float32], widen: float, bow: float, sway: float, lift: float, lean: float
) -> NDArray[np.float32]:
    """The curve on paper that was bent smoothly: a bigger head or foot, a bow, a sway."""
    across, down = curve[:, 0] / (_HEIGHT / 2), curve[:, 1] / (_HEIGHT / 2)
    moved = np.stack(
        [
            widen * across * down + bow * down**2 + sway * down * (1 - down**2),
            lift * (1 - down**2) + lean * across,
        ],
        axis=1,
    )
    return curve + np.float32(_HEIGHT / 2) * moved.astype(np.float32)


def plain(data: PenData, pen: float = 2.5) -> NDArray[np.uint8]:
    """Pictures of all symbols as they were written, (n, 28, 28) uint8."""
    return render(list(data.curves), np.full(len(data), pen, np.float32))
