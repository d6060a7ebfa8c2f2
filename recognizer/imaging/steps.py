"""The preprocessing in single steps, each of which can be left out, to see what it is worth.

With every step on, the last picture is exactly that of `Preprocessor`. The steps are independent of each other: without
`CROP` the symbol keeps its size on the canvas, without `CENTRE` its place there, and without both the whole canvas is
shrunk, as most demos do.
"""

from abc import ABC, abstractmethod
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from recognizer.imaging.levels import broadened, ink_levels
from recognizer.imaging.photo_symbol import stroke_width
from recognizer.imaging.preprocess import PreprocessingSpec, Preprocessor
from recognizer.ink.raster import coverage, resample
from recognizer.ink.stroke import Ink

_VIEW: Final = 96
"""Side of the pictures that show the canvas, pixels."""
_MANY_POINTS: Final = 2000
_ASSUMED_SHARE: Final = 2 / 3
"""How much of its canvas a drawing is taken to fill where the canvas is not known."""
_UNKNOWN_PEN: Final = 1.0
"""Width in the model's picture, pixels, of a pen that is not known: that of a thin line which has been shrunk."""


class Step(StrEnum):
    """A step that can be left out, in the order in which they are taken."""

    POLARITY = "polarity"
    """Bright ink on a black ground, whichever was the dark one."""
    CROP = "crop"
    """Cut to the symbol's box, whose longest side becomes 20 pixels."""
    PROPORTIONS = "proportions"
    """Height and width are scaled alike."""
    PEN = "pen"
    """Strokes are drawn anew with a pen of 2.5 pixels; lines of pictures are broadened where they are very thin."""
    AVERAGE = "average"
    """A pixel is as bright as the part of it that is inked."""
    CENTRE = "centre"
    """The centre of mass goes to the middle."""


SHRINK_ONLY: Final = frozenset({Step.CROP, Step.PEN, Step.CENTRE})
"""What a program leaves out that only makes the canvas smaller."""
NOTHING_OFF: Final[frozenset[Step]] = frozenset()

Frame = tuple[float, float, float, float]
"""(left, top, width, height) of a canvas, in the unit of the ink on it."""


@dataclass(frozen=True, slots=True, eq=False)
class StepPicture:
    """What there is after a step.

    Attributes:
        name: `drawing` for what was given, else the step's.
        image: (h, h) uint8, 255 the brightest; (28, 28) from `PROPORTIONS` on.
    """

    name: str
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Facts:
    """What leaving steps out has done to what the model sees.

    Attributes:
        side: Longest side of the symbol, pixels.
        distance: From its centre of mass to the middle, pixels.
        pen: Width of its lines, pixels.
        is_dark: Whether the ink is darker than the ground.
        is_redrawn: Whether the pen makes a difference; it does none for pictures whose lines are broad enough.
    """

    side: int
    distance: float
    pen: float
    is_dark: bool = False
    is_redrawn: bool = True


class StepSource(ABC):
    """Something drawn or photographed, ready for its steps to be taken one by one."""

    def __init__(self, spec: PreprocessingSpec) -> None:
        self.spec = spec
        self._preprocessor = Preprocessor(spec)
        self._is_redrawn = True

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""

    @abstractmethod
    def final(self, off: Set[Step] = NOTHING_OFF) -> NDArray[np.uint8]:
        """What the model would see without the steps `off`; (28, 28) uint8, all zeros where there is nothing."""

    @abstractmethod
    def pictures(self, off: Set[Step] = NOTHING_OFF) -> tuple[StepPicture, ...]:
        """What was given, and what there is after each step where those that are `off` are left out."""

    @abstractmethod
    def pen(self, off: Set[Step] = NOTHING_OFF) -> float:
        """Width of the lines without the steps `off`, pixels of the model's picture."""

    def facts(self, off: Set[Step] = NOTHING_OFF) -> Facts:
        """Size, place and pen without the steps `off`."""
        image = self.final(off - {Step.POLARITY})
        inked = np.argwhere(image > 0)
        if len(inked) == 0:
            return Facts(0, 0.0, 0.0)
        weights = image[image > 0].astype(np.float64)
        balance = weights @ inked / weights.sum()
        side = int(np.ptp(inked, axis=0).max()) + 1
        is_dark = bool(np.median(self.final(off)) > 127)
        return Facts(side, float(np.hypot(*(balance - self.spec.centre))), self.pen(off), is_dark, self._is_redrawn)


def step_source(
    content: Ink | NDArray[np.uint8], spec: PreprocessingSpec | None = None, frame: Frame | None = None
) -> StepSource:
    """Get ink or a picture ready.

    Args:
        content: Ink, or (h, w) uint8 grey levels of one symbol in either polarity.
        spec: The model's preprocessing.
        frame: The canvas that the ink is on; where it is not known, one of which the ink fills two thirds.
    """
    chosen = spec or PreprocessingSpec()
    return InkSteps(content, chosen, frame) if isinstance(content, Ink) else PictureSteps(content, chosen)


class InkSteps(StepSource):
    """The steps for ink."""

    def __init__(self, ink: Ink, spec: PreprocessingSpec, frame: Frame | None = None) -> None:
        super().__init__(spec)
        self._ink = ink
        if ink.is_empty:
            return
        left, top, right, bottom = ink.bounds()
        self._box = (left, top, right - left, bottom - top)
        self._extent = max(self._box[2:])
        self._frame = frame or _assumed_frame(self._box, ink.pen_width)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was drawn."""
        return self._ink.is_empty

    def final(self, off: Set[Step] = NOTHING_OFF) -> NDArray[np.uint8]:
        """See `StepSource.final`."""
        size = self.spec.size
        if self.is_empty:
            return np.zeros((size, size), np.uint8)
        return _polarised(self._placed(self._at_scale(off, off), off), off)

    def pictures(self, off: Set[Step] = NOTHING_OFF) -> tuple[StepPicture, ...]:
        """See `StepSource.pictures`."""
        if self.is_empty:
            return _blank(self.spec.size)
        canvas = self._view(self._frame, fills=1.0)
        cut = self._view(self._box, fills=0.9) if Step.CROP not in off else canvas
        not_yet = {Step.PEN, Step.AVERAGE, Step.CENTRE} | off
        stages = {
            Step.POLARITY: canvas,
            Step.CROP: cut,
            Step.PROPORTIONS: self._at_scale(not_yet, off),
            Step.PEN: self._at_scale(not_yet - {Step.PEN} | (off & {Step.PEN}), off),
            Step.AVERAGE: self._at_scale(off, off),
            Step.CENTRE: self._placed(self._at_scale(off, off), off),
        }
        shown = [StepPicture(step, _polarised(stages[step], off)) for step in Step]
        return StepPicture("drawing", 255 - canvas), *shown

    def pen(self, off: Set[Step] = NOTHING_OFF) -> float:
        """See `StepSource.pen`."""
        return 0.0 if self.is_empty else self._scale(off)[1]

    def _at_scale(self, off: Set[Step], place_off: Set[Step]) -> NDArray[np.uint8]:
        """The ink at the model's scale, (28, 28) uint8, bright on black, before it is moved to the middle.

        The corner is on a whole pixel and, where it will be moved, already as near to the middle as that allows.
        """
        spec = self.spec
        left, top, width, height = self._box
        scale, pen = self._scale(off)
        origin = np.array([left, top], np.float32)
        if Step.CROP in off:
            # The canvas, a square around it, becomes the picture.
            unit, middle = self._canvas_unit(off), _middle(self._frame)
            corner = spec.size / 2 + (origin - np.array(middle)) * unit - pen / 2
        else:
            corner = self._corner(width * scale[0] + pen, height * scale[1] + pen, place_off)
        # In the order of `rasterize`, so that not even the last bit differs.
        stamps = [
            resample((stroke.points - origin) * scale + corner.astype(np.float32) + np.float32(pen / 2))
            for stroke in self._ink.strokes
        ]
        covered = coverage(np.concatenate(stamps), spec.size, pen / 2)
        if Step.AVERAGE in off:
            # Half covered is where the edge runs through the middle of the pixel.
            return np.where(covered >= 0.5, np.uint8(255), np.uint8(0))
        return (covered * 255.0 + 0.5).astype(np.uint8)

    def _scale(self, off: Set[Step]) -> tuple[NDArray[np.float32], float]:
        """Pixels per unit of the ink, (across, down) float32, and the width of the pen in pixels."""
        spec, own = self.spec, self._ink.pen_width
        width, height = self._box[2:]
        if Step.CROP in off:
            unit = self._canvas_unit(off)
            pen = spec.pen if Step.PEN not in off else (own * float(unit.min()) or _UNKNOWN_PEN)
            return unit.astype(np.float32), pen
        if Step.PEN not in off:
            pen = spec.pen
            is_dot = self._extent <= max(own, 1e-6)
            both = 0.0 if is_dot else (spec.fit - pen) / self._extent
        elif own:
            both = spec.fit / (self._extent + own)
            pen = own * both
        else:
            pen = _UNKNOWN_PEN
            both = (spec.fit - pen) / self._extent if self._extent > 1e-6 else 0.0
        if Step.PROPORTIONS not in off or both == 0:
            return np.array([both, both], np.float32), pen
        # A line without any width cannot be stretched.
        sides = [(spec.fit - pen) / side if side > 1e-6 else both for side in (width, height)]
        return np.array(sides, np.float32), pen

    def _canvas_unit(self, off: Set[Step]) -> NDArray[np.float64]:
        """Pixels per unit of the ink when the whole canvas becomes the picture, (across, down)."""
        sides = np.array(self._frame[2:], np.float64)
        return self.spec.size / (sides if Step.PROPORTIONS in off else np.full(2, sides.max()))

    def _corner(self, width: float, height: float, off: Set[Step]) -> NDArray[np.float64]:
        """The upper left corner for a symbol of that size in pixels: in the middle, or where it is on the canvas."""
        size = self.spec.size
        if Step.CENTRE not in off:
            return np.array([round((size - width) / 2), round((size - height) / 2)], np.float64)
        away = (np.array(_middle(self._box)) - np.array(_middle(self._frame))) * self._canvas_unit(off)
        wanted = size / 2 + away - np.array([width, height]) / 2
        return np.clip(np.round(wanted), 0, np.maximum(0, size - np.ceil([width, height])))

    def _placed(self, image: NDArray[np.uint8], off: Set[Step]) -> NDArray[np.uint8]:
        return image if Step.CENTRE in off else np.roll(image, self._preprocessor.centring(image), (0, 1))

    def _view(self, area: Frame, fills: float) -> NDArray[np.uint8]:
        """A square of `_VIEW` pixels around `area`, with the pen that drew; the area takes up `fills` of it."""
        own = self._ink.pen_width
        # The pen reaches beyond the box of its points, and is a part of the canvas.
        side = max(*area[2:], 1e-6) + (own if fills < 1 else 0)
        unit = _VIEW * fills / side
        pen = max(own * unit or _UNKNOWN_PEN * _VIEW / self.spec.size, 1.0)
        middle = np.array(_middle(area), np.float32)
        # It is only looked at, so Pillow may draw it: that takes no time whatever there is.
        image = Image.new("L", (2 * _VIEW, 2 * _VIEW))
        draw = ImageDraw.Draw(image)
        for stroke in self._ink.strokes:
            points = stroke.points if len(stroke.points) < _MANY_POINTS else resample(stroke.points, 1 / unit)
            places = (points - middle) * np.float32(2 * unit) + np.float32(_VIEW)
            draw.line([*map(tuple, places.tolist())], 255, max(1, round(2 * pen)), joint="curve")
            for x, y in (places[0], places[-1]):
                draw.ellipse((x - pen, y - pen, x + pen, y + pen), 255)
        return np.asarray(image.reduce(2))


class PictureSteps(StepSource):
    """The steps for a picture."""

    def __init__(self, picture: NDArray[np.uint8], spec: PreprocessingSpec) -> None:
        super().__init__(spec)
        self._raw = picture
        self._thin = ink_levels(picture)
        self._ink = broadened(self._thin)
        self._is_empty = not self._thin.any()
        self._is_redrawn = self._ink is not self._thin
        is_ground = self._ink == 0
        self._ground = int(np.median(picture[is_ground])) if is_ground.any() else 0
        if not self._is_empty:
            self._thin_box, self._box = _inked_area(self._thin), _inked_area(self._ink)
            self._own_place = self._preprocessor.own_place(self._ink)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands out from the ground."""
        return self._is_empty

    def final(self, off: Set[Step] = NOTHING_OFF) -> NDArray[np.uint8]:
        """See `StepSource.final`."""
        size = self.spec.size
        if self.is_empty:
            return np.zeros((size, size), np.uint8)
        ink = self._at_scale(self._separated(off), 0, off)
        shift = (0, 0) if Step.CENTRE in off else self._preprocessor.centring(ink)
        if Step.POLARITY not in off:
            return np.roll(ink, shift, (0, 1))
        raw = np.roll(self._at_scale(self._given(off), self._ground, off), shift, (0, 1))
        # What has come in at the other side is no part of the picture.
        for axis, by in enumerate(shift):
            edge = [slice(None), slice(None)]
            edge[axis] = slice(0, by) if by > 0 else slice(len(raw) + by, len(raw))
            raw[tuple(edge)] = self._ground
        return raw

    def pictures(self, off: Set[Step] = NOTHING_OFF) -> tuple[StepPicture, ...]:
        """See `StepSource.pictures`."""
        raw = _thumbnail(self._raw, int(self._raw[0, 0]) if self.is_empty else self._ground)
        if self.is_empty:
            return StepPicture("drawing", raw), *_blank(self.spec.size)[1:]
        not_yet = off | {Step.PEN, Step.AVERAGE}
        levels, ground = (self._raw, self._ground) if Step.POLARITY in off else (self._thin, 0)
        top, bottom, left, right = self._area(not_yet)
        pen = self._given(off) if Step.POLARITY in off else self._separated(off)
        stages = {
            Step.POLARITY: _thumbnail(levels, ground),
            Step.CROP: _thumbnail(levels[top:bottom, left:right], ground),
            Step.PROPORTIONS: self._at_scale(levels, ground, not_yet),
            Step.PEN: self._at_scale(pen, ground, off | {Step.AVERAGE}),
            Step.AVERAGE: self._at_scale(pen, ground, off),
            Step.CENTRE: self.final(off),
        }
        return StepPicture("drawing", raw), *(StepPicture(step, stages[step]) for step in Step)

    def pen(self, off: Set[Step] = NOTHING_OFF) -> float:
        """See `StepSource.pen`."""
        if self.is_empty:
            return 0.0
        top, bottom, left, right = self._area(off - {Step.CROP})
        symbol = self._separated(off)[top:bottom, left:right]
        fit, longest = (self.spec.fit, max(symbol.shape))
        if Step.CROP in off:
            fit, longest = self.spec.size, max(self._raw.shape)
        return stroke_width((symbol > 100).astype(np.uint8)) * fit / longest

    def _separated(self, off: Set[Step]) -> NDArray[np.uint8]:
        """Bright ink on a ground of 0, in the picture's own size."""
        return self._thin if Step.PEN in off else self._ink

    def _given(self, off: Set[Step]) -> NDArray[np.uint8]:
        """The picture's own grey levels, its lines as broad as they are in `_separated`."""
        if Step.PEN in off or not self._is_redrawn:
            return self._raw
        inked = np.minimum(self._raw, 255 - self._ink) if self._ground > 127 else np.maximum(self._raw, self._ink)
        return np.where(self._ink > self._thin, inked, self._raw)

    def _area(self, off: Set[Step]) -> tuple[int, int, int, int]:
        """Top, bottom, left and right of what is cut out."""
        if Step.CROP in off:
            return 0, len(self._raw), 0, self._raw.shape[1]
        return self._thin_box if Step.PEN in off else self._box

    def _at_scale(self, levels: NDArray[np.uint8], ground: int, off: Set[Step]) -> NDArray[np.uint8]:
        """`levels` at the model's scale in a picture of (28, 28), before its centre of mass is moved."""
        spec = self.spec
        area = top, bottom, left, right = self._area(off)
        symbol = levels[top:bottom, left:right]
        height, width = symbol.shape
        fit = spec.size if Step.CROP in off else spec.fit
        scale = fit / max(height, width)
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        if Step.PROPORTIONS in off:
            target = (fit, fit)
        if target != (width, height):
            filtered = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
            if Step.AVERAGE in off:
                filtered = Image.Resampling.NEAREST
            symbol = np.asarray(Image.fromarray(symbol).resize(target, filtered))
        across, down = (spec.size - target[0]) // 2, (spec.size - target[1]) // 2
        if Step.CENTRE in off and Step.CROP not in off:
            across, down = self._place(area, target)
        elif self._own_place is not None and target == (width, height) and Step.CROP not in off:
            down, across = self._own_place
        framed = np.full((spec.size, spec.size), ground, np.uint8)
        framed[down : down + target[1], across : across + target[0]] = symbol
        return framed

    def _place(self, area: tuple[int, int, int, int], target: tuple[int, int]) -> tuple[int, int]:
        """The corner, across and down, at which `area`, now of the size `target`, is where it is in the picture."""
        size = self.spec.size
        height, width = self._raw.shape
        top, bottom, left, right = area
        unit = size / max(height, width)
        middle = ((left + right - width) / 2 * unit, (top + bottom - height) / 2 * unit)
        wanted = [round(size / 2 + away - side / 2) for away, side in zip(middle, target, strict=True)]
        across, down = (min(max(0, place), size - side) for place, side in zip(wanted, target, strict=True))
        return across, down


def _inked_area(ink: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _assumed_frame(box: Frame, pen: float) -> Frame:
    left, top, width, height = box
    side = max((max(width, height) + pen) / _ASSUMED_SHARE, 1e-6)
    return left + (width - side) / 2, top + (height - side) / 2, side, side


def _middle(area: Frame) -> tuple[float, float]:
    return area[0] + area[2] / 2, area[1] + area[3] / 2


def _polarised(image: NDArray[np.uint8], off: Set[Step]) -> NDArray[np.uint8]:
    """Dark on white where nothing makes it bright on black: ink is drawn dark."""
    return 255 - image if Step.POLARITY in off else image


def _thumbnail(levels: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """`levels` small enough to be shown, (h, h) uint8."""
    height, width = levels.shape
    longest = max(height, width)
    small = levels
    if longest > _VIEW:
        target = (max(1, width * _VIEW // longest), max(1, height * _VIEW // longest))
        small = np.asarray(Image.fromarray(levels).resize(target, Image.Resampling.BOX))
    height, width = small.shape
    side = max(height, width)
    framed = np.full((side, side), ground, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    framed[top : top + height, left : left + width] = small
    return framed


def _blank(size: int) -> tuple[StepPicture, ...]:
    nothing = np.zeros((size, size), np.uint8)
    return StepPicture("drawing", 255 - nothing), *(StepPicture(step, nothing) for step in Step)
