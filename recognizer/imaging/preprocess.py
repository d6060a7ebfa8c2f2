"""What a model sees: one preprocessing for training, canvas, pictures and command line.

It does what the makers of MNIST did, as measured on its 10,000 test digits: the longest side is exactly 20 pixels,
proportions are kept, and whole-pixel shifts bring the centre of mass to pixel (14, 14), counted from 0.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.photo_symbol import stroke_width
from recognizer.imaging.specks import without_specks
from recognizer.ink.raster import rasterize
from recognizer.ink.stroke import Ink

PREPROCESSING_VERSION: Final = 1
_MARKED: Final = 100
"""Level from which on a pixel belongs to a line whose width is measured."""
_FAINT: Final = 0.1
"""Share of the brightest level up to which a pixel may be a trace of the picture's compression."""
_SMALL: Final = 0.5
"""Only symbols that are reduced by more than that are looked at."""
_THIN: Final = 1.0
"""Width of lines in the model's picture, pixels, under which they are broadened; MNIST's are 1.7 to 4."""
_BROADENED: Final = 2.2
"""Their width then; of 1.7, 2.2 and 2.5 the one with which most digits of 69 people were read."""


@dataclass(frozen=True, slots=True)
class PreprocessingSpec:
    """How pictures were made for a model; stored with it.

    Attributes:
        version: Of the algorithm; a model of another version is refused.
        size: Side of the picture, pixels.
        fit: Longest side of the symbol, pixels.
        centre: The pixel on which the centre of mass lies, in both directions, counted from 0.
        pen: Width of a re-rendered pen, pixels.
    """

    version: int = PREPROCESSING_VERSION
    size: int = 28
    fit: int = 20
    centre: int = 14
    pen: float = 2.5

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any], where: str) -> "PreprocessingSpec":
        """The spec that `to_dict` gave.

        Raises:
            RecognizerError: It is one that this program cannot follow; `where` names the file.
        """
        try:
            spec = cls(**data)
        except TypeError:
            spec = None
        if spec != cls():
            raise RecognizerError(
                tr("The model needs a preprocessing that this version does not know"),
                where=f"{where} ({data})",
                fix=tr("Update the program, or train the model again"),
            )
        return spec


class Preprocessor:
    """Makes (28, 28) uint8 pictures, 0 the ground and 255 full ink, from ink and from pictures."""

    def __init__(self, spec: PreprocessingSpec | None = None) -> None:
        self.spec = spec or PreprocessingSpec()

    def from_ink(self, ink: Ink) -> NDArray[np.uint8]:
        """Ink drawn anew at the model's scale; all zeros where it is empty."""
        spec = self.spec
        if ink.is_empty:
            return np.zeros((spec.size, spec.size), np.uint8)
        drawn = rasterize(ink, spec.size, spec.fit, spec.pen)
        return self._centred((drawn * 255.0 + 0.5).astype(np.uint8))

    def from_image(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture of one symbol, in either polarity.

        Args:
            image: (h, w) uint8 grey levels.

        Returns:
            (28, 28) uint8; all zeros where the picture shows nothing.
        """
        spec = self.spec
        ink = separate_ink(image)
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if len(rows) == 0:
            return np.zeros((spec.size, spec.size), np.uint8)
        symbol = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = symbol.shape
        scale = spec.fit / max(height, width)
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        if target != (width, height):
            filtered = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
            symbol = np.asarray(Image.fromarray(symbol).resize(target, filtered))
        framed = np.zeros((spec.size, spec.size), np.uint8)
        top, left = (spec.size - target[1]) // 2, (spec.size - target[0]) // 2
        framed[top : top + target[1], left : left + target[0]] = symbol
        return self._centred(framed)

    def centring(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        """By how many whole pixels (down, right) to shift so that the centre of mass lies on the centre.

        No ink leaves the picture; (0, 0) where there is none.
        """
        mass = image.astype(np.float64)
        total = mass.sum()
        if total == 0:
            return 0, 0
        place = np.arange(len(image))
        shifts = []
        for weights in (mass.sum(axis=1), mass.sum(axis=0)):
            inked = np.flatnonzero(weights)
            wanted = round(self.spec.centre - float((weights * place).sum() / total))
            shifts.append(int(np.clip(wanted, -inked[0], len(image) - 1 - inked[-1])))
        return shifts[0], shifts[1]

    def _centred(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """`image` with its centre of mass on the centre."""
        return np.roll(image, self.centring(image), (0, 1))


def separate_ink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ink_levels` with lines broadened that are much thinner than a pen's would be at the model's scale."""
    return broadened(ink_levels(image))


def ink_levels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bright ink on a ground of exactly 0, whichever of the two is dark in `image`.

    The ground is the grey level of most of the border; levels near it count as ground, as far as the picture's own
    noise reaches, and so do faint traces all over the picture.

    Args:
        image: (h, w) uint8 grey levels.

    Returns:
        (h, w) uint8, the ink stretched to 255; all zeros where nothing stands out by 24 levels.
    """
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    ground = float(np.median(border))
    darkest, brightest = float(image.min()), float(image.max())
    is_dark_on_light = ground - darkest > brightest - ground
    ink = (ground - image.astype(np.float32)) if is_dark_on_light else (image.astype(np.float32) - ground)
    top = float(ink.max())
    if top < 24:
        return np.zeros(image.shape, np.uint8)
    noise = float(np.percentile(np.abs(border.astype(np.float32) - ground), 90))
    floor = 0.0 if noise == 0 else min(max(3.0 * noise, 0.15 * top), 0.5 * top)
    is_faint = (ink > floor) & (ink <= _FAINT * top)
    if is_faint.sum() > (ink > _FAINT * top).sum():
        # Traces of compression around the ink; a clean picture has fewer faint pixels than inked ones.
        floor = _FAINT * top
    ink[ink <= floor] = 0
    levels = np.clip(np.round(ink * (255.0 / top) if noise or top < 200 else ink), 0, 255).astype(np.uint8)
    return without_specks(levels)


def broadened(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`ink` with its lines broadened where they would all but vanish when the symbol is reduced, else `ink` itself."""
    marked = (ink > _MARKED).astype(np.uint8)
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if len(rows) == 0:
        return ink
    symbol = marked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = PreprocessingSpec().fit / max(symbol.shape)
    if scale >= _SMALL:
        return ink
    width = stroke_width(symbol) * scale
    if width >= _THIN:
        return ink
    # Imported here: it takes 0.1 s to load, and few pictures need it.
    import cv2

    grown = (_BROADENED - width) / 2 / scale
    outside = cv2.distanceTransform(1 - marked, cv2.DIST_L2, 5)
    return np.maximum(ink, np.clip((grown + 0.5 - outside) * 255, 0, 255).astype(np.uint8))
