"""What a model sees: one preprocessing for training, canvas, pictures and command line.

It does what the makers of MNIST did, as measured on its 10,000 test digits: the longest side is exactly 20 pixels,
proportions are kept, and whole-pixel shifts bring the centre of mass to pixel (14, 14), counted from 0.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.imaging.boxes import inked_boxes, longest_sides
from recognizer.imaging.levels import FIT, SIZE, separate_all
from recognizer.ink.raster import rasterize_all
from recognizer.ink.stroke import Ink

PREPROCESSING_VERSION: Final = 1
_BLOCK: Final = 1 << 20
"""Pixels of pictures that are looked at together; each needs some 10 bytes meanwhile."""


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
    size: int = SIZE
    fit: int = FIT
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
        return self.from_inks([ink])[0]

    def from_inks(self, inks: Sequence[Ink]) -> NDArray[np.uint8]:
        """`from_ink` of n drawings, (n, 28, 28) uint8."""
        spec = self.spec
        out = np.zeros((len(inks), spec.size, spec.size), np.uint8)
        places = [place for place, ink in enumerate(inks) if not ink.is_empty]
        if places:
            drawn = rasterize_all([inks[place] for place in places], spec.size, spec.fit, spec.pen)
            out[places] = self._centred((drawn * 255.0 + 0.5).astype(np.uint8))
        return out

    def from_image(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture of one symbol, in either polarity.

        What it gives for its own result is that result, but for symbols whose edge was so pale that scaling lost it.

        Args:
            image: (h, w) uint8 grey levels.

        Returns:
            (28, 28) uint8; all zeros where the picture shows nothing.
        """
        return self.from_images(image[None])[0]

    def from_images(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """`from_image` of (n, h, w) pictures, (n, 28, 28) uint8; uses all cores."""
        n, height, width = images.shape
        out = np.zeros((n, self.spec.size, self.spec.size), np.uint8)
        at_once = max(1, _BLOCK // max(1, height * width))

        def work(start: int) -> None:
            part = slice(start, start + at_once)
            out[part] = self._prepared(images[part])

        starts = range(0, n, at_once)
        if len(starts) <= 1:
            for start in starts:
                work(start)
            return out
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            list(pool.map(work, starts))
        return out

    def centring(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        """By how many whole pixels (down, right) to shift so that the centre of mass lies on the centre.

        No ink leaves the picture; (0, 0) where there is none.
        """
        down, right = self._centrings(image[None])[0].tolist()
        return down, right

    def own_place(self, ink: NDArray[np.uint8]) -> tuple[int, int] | None:
        """Top and left of the symbol on a picture that preprocessing could have left; None for every other.

        It stays there: of the two places for a centre of mass that is half a pixel off, it has one already.

        Args:
            ink: (h, w) uint8, what `separate_ink` gives.
        """
        boxes = inked_boxes(ink[None])
        if not self._is_in_place(ink[None], boxes)[0]:
            return None
        top, _, left, _ = boxes[0].tolist()
        return top, left

    def _is_in_place(self, ink: NDArray[np.uint8], boxes: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of (n, h, w) pictures with ink in these boxes have the symbol in the model's size and place."""
        is_fitting = (longest_sides(boxes) == self.spec.fit) & (ink.shape[1:] == (self.spec.size, self.spec.size))
        if is_fitting.any():
            is_fitting[is_fitting] = (self._centrings(ink[is_fitting]) == 0).all(axis=1)
        return is_fitting

    def _prepared(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """`from_images` for as many as are looked at together."""
        ink = separate_all(images)
        out = np.zeros((len(ink), self.spec.size, self.spec.size), np.uint8)
        boxes = inked_boxes(ink)
        is_in_place = self._is_in_place(ink, boxes)
        if is_in_place.any():
            out[is_in_place] = ink[is_in_place]
        rest = np.flatnonzero((boxes[:, 1] > 0) & ~is_in_place)
        if len(rest):
            out[rest] = self._centred(self._framed(ink[rest], boxes[rest]))
        return out

    def _framed(self, ink: NDArray[np.uint8], boxes: NDArray[np.intp]) -> NDArray[np.uint8]:
        """What is in each picture's box, at the model's scale in the middle of a picture of the model's."""
        spec = self.spec
        framed = np.zeros((len(ink), spec.size, spec.size), np.uint8)
        for picture, levels, (top, bottom, left, right) in zip(framed, ink, boxes.tolist(), strict=True):
            symbol = levels[top:bottom, left:right]
            height, width = symbol.shape
            scale = spec.fit / max(height, width)
            target = (max(1, round(width * scale)), max(1, round(height * scale)))
            if target != (width, height):
                filtered = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
                symbol = np.asarray(Image.fromarray(symbol).resize(target, filtered))
            down, across = (spec.size - target[1]) // 2, (spec.size - target[0]) // 2
            picture[down : down + target[1], across : across + target[0]] = symbol
        return framed

    def _centrings(self, images: NDArray[np.uint8]) -> NDArray[np.intp]:
        """(n, 2), what `centring` gives for each of n pictures."""
        size = images.shape[1]
        shifts = np.zeros((len(images), 2), np.intp)
        for axis in (0, 1):
            weights = images.sum(axis=2 - axis, dtype=np.int64)
            total = weights.sum(axis=1)
            wanted = np.round(self.spec.centre - weights @ np.arange(size) / np.maximum(total, 1)).astype(np.intp)
            is_inked = weights > 0
            first, after = is_inked.argmax(axis=1), is_inked[:, ::-1].argmax(axis=1)
            shifts[:, axis] = np.where(total > 0, np.clip(wanted, -first, after), 0)
        return shifts

    def _centred(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(n, 28, 28) pictures with their centres of mass on the centre."""
        size = images.shape[1]
        # No ink leaves a picture, so a shift is one along all of its pixels in a row.
        steps = (self._centrings(images) @ np.array([size, 1])).tolist()
        out = np.zeros_like(images)
        rows = zip(out.reshape(len(out), -1), images.reshape(len(images), -1), steps, strict=True)
        for to, pixels, step in rows:
            to[max(0, step) : size * size + min(0, step)] = pixels[max(0, -step) : size * size - max(0, step)]
        return out
