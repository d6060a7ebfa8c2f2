"""Real handwriting to judge models on, from the folder that RECOGNIZER_DATASETS names, made as the program does."""

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.imaging.images import load_grey
from recognizer.imaging.photo import load_symbol
from recognizer.imaging.preprocess import Preprocessor
from recognizer.ink.npz import read_npz
from recognizer.ink.stroke import Ink
from recognizer.ink.stroke_npz import strokes_from
from recognizer.library.idx import read_idx

CHECKOUT = Path(__file__).resolve().parents[2]
CLEAR_LETTERS = frozenset("AEFHKMNPRTVWXY" + "adefhkmnprtvwx")
"""Letters that nobody reads as a digit. Left out: B D G I J L O Q S Z C U and b c g i j l o q s u y z."""


class NoData(Exception):
    """The data is not on this machine."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled pictures as a model sees them.

    Attributes:
        images: (n, 28, 28) uint8.
        labels: (n,) text, what is written.
        groups: (n,) text, who wrote it.
        originals: (n) functions that give what the picture was made from; empty where it is as good as the picture.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    originals: Sequence[Callable[[], NDArray[np.uint8]]] = field(default_factory=tuple)

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, chosen: NDArray) -> "Samples":
        """Some of the samples, by a mask or by indices."""
        places = np.arange(len(self))[chosen]
        originals = [self.originals[place] for place in places] if self.originals else ()
        return Samples(self.images[places], self.labels[places], self.groups[places], originals)


def root() -> Path:
    """The folder with the data."""
    return Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")


def _path(name: str) -> Path:
    path = root() / name
    if not path.exists():
        raise NoData(name)
    return path


def mnist(step: int = 1) -> Samples:
    """The test pictures, exactly as published."""
    folder = _path("mnist")
    try:
        images, labels = (read_idx(next(folder.glob(f"t10k-{kind}?idx*-ubyte*"))) for kind in ("images", "labels"))
    except StopIteration as error:
        raise NoData("mnist") from error
    return Samples(images[::step], labels[::step].astype(str), np.full(len(labels[::step]), "mnist"))


@dataclass(frozen=True, eq=False)
class Inks:
    """Labelled drawings.

    Attributes:
        ink: Gives drawing i.
        labels: (n,) text.
        writers: (n,) text.
        contributors: (n,) text: who collected it; the writers where nobody else did.
    """

    ink: Callable[[int], Ink]
    labels: NDArray[np.str_]
    writers: NDArray[np.str_]
    contributors: NDArray[np.str_]

    def samples(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> Samples:
        """Pictures of some of them, grouped by contributor."""
        preprocessor = Preprocessor()
        places = np.arange(len(self.labels))[chosen]
        images = np.zeros((len(places), 28, 28), np.uint8)
        for image, place in zip(images, places, strict=True):
            image[:] = preprocessor.from_ink(self.ink(int(place)))
        return Samples(images, self.labels[places], self.contributors[places])

    def written_by(self, names: Iterable[object]) -> NDArray[np.bool_]:
        """Which are of a writer or contributor of these names."""
        wanted = [str(name) for name in names]
        return np.isin(self.writers, wanted) | np.isin(self.contributors, wanted)


def inks(name: str) -> Inks:
    """Pen corpora: `pendigits/train`, `unipen/digits`, `unipen/upper`, `unipen/lower`."""
    path = _path(f"{name}.npz")
    fields = read_npz(path)
    arrays = strokes_from(fields, path)
    writers = fields["writer"].astype(str)
    return Inks(arrays.ink, np.array(arrays.labels), writers, fields.get("contributor", writers).astype(str))


def drawn_single(step: int = 1) -> Samples:
    """Digits drawn in paint programs, read as `recognizer predict` reads a picture."""
    return _pictures("drawn_single", step)


def _pictures(name: str, step: int) -> Samples:
    folder = _path(name)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::step]
    preprocessor = Preprocessor()
    paths = [folder / row["file"] for row in rows]
    images = np.stack([preprocessor.from_image(load_symbol(path)) for path in paths])
    labels, groups = (np.array([row[column] for row in rows]) for column in ("label", "group"))
    return Samples(images, labels, groups, [lambda path=path: load_grey(path) for path in paths])


def chars74k(step: int = 1) -> Samples:
    """Digits and letters of 36 writers, black on white."""
    fields = read_npz(_path("chars74k/chars74k_hnd.npz"))
    return _framed(list(fields["x"][::step]), fields["labels"][::step], fields["writer"][::step].astype(str))


def symbols(step: int = 1) -> Samples:
    """Digits, operators and brackets of one writer."""
    fields = read_npz(_path("symbols_one_writer/symbols.npz"))
    return _framed(list(fields["x"][::step]), fields["labels"][::step], np.full(len(fields["x"][::step]), "one writer"))


def chars62(step: int = 1) -> Samples:
    """Letters, crops of photos of low resolution."""
    fields = read_npz(_path("chars62_photo/chars62.npz"))
    offsets = fields["offsets"]
    crops = [
        fields["data"][start:end].reshape(shape)
        for start, end, shape in zip(offsets[:-1:step], offsets[1::step], fields["shapes"][::step], strict=True)
    ]
    return _framed(crops, fields["labels"][::step], np.full(len(crops), "photo"))


def usps(step: int = 1) -> Samples:
    """Digits from envelopes, 16 by 16."""
    fields = read_npz(_path("usps/train.npz"))
    framed = np.pad(fields["x"][::step], ((0, 0), (2, 2), (2, 2)))
    return _framed(list(framed), fields["y"][::step].astype(str), np.full(len(framed), "usps"))


def _framed(pictures: list[NDArray[np.uint8]], labels: NDArray, groups: NDArray) -> Samples:
    preprocessor = Preprocessor()
    images = np.stack([preprocessor.from_image(picture) for picture in pictures])
    return Samples(images, labels, groups, [lambda picture=picture: picture for picture in pictures])


def paint(ink: Ink, pen: int, size: float, place: tuple[float, float], canvas: int = 640) -> NDArray[np.uint8]:
    """`ink` as a paint program shows it: black, anti-aliased, on white.

    Args:
        ink: The drawing; longest side of its points becomes `size`.
        pen: Width of the pen, pixels.
        size: Pixels.
        place: Where on the canvas it lies, from (0, 0) at the upper left to (1, 1) at the lower right.
        canvas: Side of the picture, pixels.
    """
    import cv2

    left, top, right, bottom = ink.bounds()
    scale = size / max(right - left, bottom - top, 1e-6)
    room = np.array([canvas - (right - left) * scale, canvas - (bottom - top) * scale]) - 2 * (pen / 2 + 6)
    corner = np.array(place) * room + pen / 2 + 6
    picture = np.full((canvas, canvas), 255, np.uint8)
    for stroke in ink.strokes:
        points = np.round(((stroke.points - [left, top]) * scale + corner) * 16).astype(np.int32)
        # A line of one point is not drawn otherwise.
        cv2.polylines(picture, [np.concatenate([points, points[-1:]])], False, 0, pen, cv2.LINE_AA, 4)
    return picture
