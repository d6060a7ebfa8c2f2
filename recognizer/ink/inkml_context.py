"""What gives the numbers of an InkML trace their meaning: formats, devices, brushes, transforms.

https://www.w3.org/TR/InkML/#contextElement
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr
from recognizer.ink.ink_file import Trace
from recognizer.ink.inkml_trace import TraceError, TraceFormat

_MILLIMETRES: Final = {
    "m": 1000.0,
    "cm": 10.0,
    "mm": 1.0,
    "in": 25.4,
    "pt": 25.4 / 72,
    "pc": 25.4 / 6,
    "himetric": 0.01,
}
_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0}
_USUAL_TIME: Final = "ms"


@dataclass(frozen=True, slots=True)
class Width:
    """Of a brush; `units` empty where there are none."""

    value: float
    units: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a trace; None where nothing is said.

    Attributes:
        form: The channels that the context itself names.
        device_form: Those that its device has.
        rate: Samples a second.
        resolutions: Points a millimetre, for each channel.
        matrix: (2, 3), takes (x, y, 1) to the canvas.
        width: Of the brush.
    """

    form: TraceFormat | None = None
    device_form: TraceFormat | None = None
    rate: float | None = None
    resolutions: dict[str, float] = field(default_factory=dict)
    matrix: NDArray[np.float64] | None = None
    width: Width | None = None

    @property
    def channels(self) -> TraceFormat:
        """The channels of a trace."""
        return self.form or self.device_form or TraceFormat()

    def over(self, other: "Context") -> "Context":
        """This context, and what `other` says where this one is silent."""
        return Context(
            self.form or other.form,
            self.device_form or other.device_form,
            self.rate if self.rate is not None else other.rate,
            self.resolutions or other.resolutions,
            self.matrix if self.matrix is not None else other.matrix,
            self.width or other.width,
        )

    def with_device(self, device: "Context") -> "Context":
        """This context with another device."""
        return replace(self, device_form=device.form, rate=device.rate, resolutions=device.resolutions)

    def pen_width(self) -> float:
        """The brush's width in the unit of the points; 0 where it is not known."""
        if self.width is None:
            return 0.0
        place = self.channels.place("X")
        units = self.channels.channels[place].units if place is not None else ""
        if self.width.units == units:
            return self.width.value
        brush, unit = _MILLIMETRES.get(self.width.units), self._millimetres("X")
        return self.width.value * brush / unit if brush and unit else 0.0

    def lines(self, rows: NDArray[np.float64], start: float, duration: float | None) -> list[Trace]:
        """What the pen drew, y down: more than one line where the pen's tip left the paper in between.

        Args:
            rows: (n, channels).
            start: When the trace began, seconds; counts where there is no channel T.
            duration: What it took, seconds; None where it is not known.

        Returns:
            Lines whose forces are as written where the channel has no greatest value.

        Raises:
            TraceError: There is no channel X or Y.
        """
        form = self.channels
        across, down = form.place("X"), form.place("Y")
        if across is None or down is None:
            raise TraceError(tr("its format has no channels X and Y"))
        x = rows[:, across] * form.channels[across].sign
        y = rows[:, down] * (form.channels[down].sign * self._aspect())
        if self.matrix is not None:
            x, y = self.matrix @ np.stack([x, y, np.ones_like(x)])
        trace = Trace(np.stack([x, y], axis=1), self._times(rows, start, duration), self._forces(rows))
        tip = form.place("S")
        if tip is None:
            return [trace]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], rows[:, tip] > 0, [0]]).astype(np.int8)))
        return [trace.part(begin, end) for begin, end in edges.reshape(-1, 2).tolist()]

    def _times(self, rows: NDArray[np.float64], start: float, duration: float | None) -> NDArray[np.float64] | None:
        place = self.channels.place("T")
        if place is not None:
            units = self.channels.channels[place].units
            return rows[:, place] * _SECONDS.get(units, _SECONDS[_USUAL_TIME])
        if duration is not None:
            return np.linspace(start, start + duration, len(rows))
        if self.rate:
            return start + np.arange(len(rows)) / self.rate
        return None

    def _forces(self, rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
        place = self.channels.place("F")
        if place is None:
            return None
        channel = self.channels.channels[place]
        low = channel.low or 0.0
        if channel.high is None or channel.high <= low:
            return rows[:, place] - low
        return (rows[:, place] - low) / (channel.high - low)

    @property
    def has_open_forces(self) -> bool:
        """Whether the force has no greatest value."""
        place = self.channels.place("F")
        if place is None:
            return False
        channel = self.channels.channels[place]
        return channel.high is None or channel.high <= (channel.low or 0.0)

    def _aspect(self) -> float:
        """How many units of X a unit of Y is long."""
        across, down = self._millimetres("X"), self._millimetres("Y")
        return down / across if across and down else 1.0

    def _millimetres(self, name: str) -> float | None:
        """How long a channel's unit is; None where it is not known."""
        place = self.channels.place(name)
        unit = _MILLIMETRES.get(self.channels.channels[place].units) if place is not None else None
        return unit or (1 / self.resolutions[name] if name in self.resolutions else None)


def resolution(value: str, units: str) -> float | None:
    """Points a millimetre, from `1000` and `1/cm`; None where the text says something else."""
    length = _MILLIMETRES.get(units.removeprefix("1/").removeprefix("dev/"))
    number = number_or_none(value)
    return number / length if number and length and "/" in units else None


def number_or_none(text: str | None) -> float | None:
    """The finite number that `text` is."""
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and np.isfinite(number) else None


def affine(text: str) -> NDArray[np.float64]:
    """The (2, 3) matrix that `text` gives in rows with commas between them; that of no change where it is another."""
    rows = [row.split() for row in text.strip().strip(",").split(",")]
    numbers = [[number_or_none(value) for value in row] for row in rows]
    if [len(row) for row in numbers] != [3, 3] or any(value is None for row in numbers for value in row):
        return np.eye(2, 3)
    return np.array(numbers, np.float64)
