"""The text of an InkML trace: points, differences, wildcards and all that W3C's grammar allows.

https://www.w3.org/TR/InkML/#traceSection
"""

import io
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr

_PLAIN: Final = re.compile(r"[-0-9.,\s]*")
_JOINED: Final = re.compile(r"(?<=[0-9.])-")
_FOREIGN: Final = re.compile(r"[^-+0-9.,\s!'\"*?TFeE]")
_HEX: Final = re.compile(r"([!'\"]?\s*-?)\s*#([0-9A-Fa-f]+)")
_LOOSE_PREFIX: Final = re.compile(r"([!'\"]-?|-)\s+(?=[-0-9.])")
_BAD_PREFIX: Final = re.compile(r"[!'\"](?![-0-9.])")
_ORDERS: Final = {"!": 0, "'": 1, '"': 2}
_MARKS: Final = (*_ORDERS, "*", "?")
_TO_ROWS: Final = str.maketrans({",": "\n", "\n": " ", "\r": " ", "\t": " "})
_TO_NUMBERS: Final = _TO_ROWS | str.maketrans("!'\"*?FT", "   0001")
_LONGEST_POINT: Final = 4096
_WORTH_DECODING: Final = 1 << 16


class TraceError(ValueError):
    """The text is no trace; the message says why."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One of the values of which a point consists.

    Attributes:
        name: X, Y, T, F, ...
        units: As the file has them; empty where it has none.
        low, high: The range of the values; None where the file gives none.
        sign: −1 where the channel points against its usual direction.
        default: The value of an intermittent channel before any is given.
    """

    name: str
    units: str = ""
    low: float | None = None
    high: float | None = None
    sign: float = 1.0
    default: float = 0.0


@dataclass(frozen=True, slots=True)
class TraceFormat:
    """The channels of a trace.

    Attributes:
        channels: The regular ones, then the intermittent ones.
        regular: How many every point must have.
    """

    channels: tuple[Channel, ...] = (Channel("X"), Channel("Y"))
    regular: int = 2

    def place(self, name: str) -> int | None:
        """The place of a channel in a point; None where there is none."""
        return next((index for index, channel in enumerate(self.channels) if channel.name == name), None)


class TraceReader:
    """Decodes a trace that arrives in pieces.

    Args:
        form: The channels.
    """

    def __init__(self, form: TraceFormat) -> None:
        self._form = form
        self._rest = ""
        self._blocks: list[NDArray[np.float64]] = []
        width = len(form.channels)
        self._orders = [0] * width
        self._values = [channel.default for channel in form.channels]
        self._speeds = [0.0] * width
        self._bends = [0.0] * width
        self._is_begun = False
        self.count = 0

    def feed(self, text: str) -> None:
        """Take the next piece of text, of any length.

        Raises:
            TraceError: It is no trace.
        """
        self._rest += text
        if len(self._rest) < _WORTH_DECODING:
            return
        whole, _, self._rest = self._rest.rpartition(",")
        if len(self._rest) > _LONGEST_POINT:
            raise TraceError(tr("a point has more than {most:,} characters", most=_LONGEST_POINT))
        self._decode(whole)

    def points(self) -> NDArray[np.float64]:
        """All points, (n, number of channels).

        Raises:
            TraceError: What has been fed is no trace.
        """
        self._decode(self._rest)
        self._rest = ""
        if len(self._blocks) == 1:
            whole = self._blocks[0]
        else:
            whole = np.concatenate([np.zeros((0, len(self._form.channels))), *self._blocks])
        if not np.isfinite(whole).all():
            raise TraceError(tr("a number is too large"))
        return whole

    def _decode(self, text: str) -> None:
        text = text.strip(", \t\r\n")
        if not text:
            return
        if "#" in text:
            text = _HEX.sub(lambda match: f" {match[1]}{int(match[2][:15], 16)}", text)
        text = _JOINED.sub(" -", text)
        if len(self._form.channels) == self._form.regular and _PLAIN.fullmatch(text):
            rows = self._numbers(text.translate(_TO_ROWS))
            block = self._integrated(rows, None) if any(self._orders) else self._explicit(rows)
        else:
            block = self._special(text)
        self._blocks.append(block)
        self.count += len(block)

    def _special(self, text: str) -> NDArray[np.float64]:
        """Text with prefixes, wildcards, values without blanks between them, or intermittent channels."""
        bad = _FOREIGN.search(text)
        if bad is None:
            for mark in (*_ORDERS, "*", "?", "T", "F"):
                text = text.replace(mark, f" {mark}" if mark in _ORDERS else f" {mark} ")
            text = _LOOSE_PREFIX.sub(r"\1", text)
            bad = _BAD_PREFIX.search(text)
        if bad is not None:
            raise TraceError(tr("{value!r} is no value", value=text[bad.start() : bad.start() + 20]))
        if len(self._form.channels) > self._form.regular:
            text = self._filled(text)
        rows = self._numbers(text.translate(_TO_NUMBERS))
        signs = np.array(text.replace(",", " ").split(), "U1").reshape(len(rows), -1)
        return self._integrated(rows, signs)

    def _filled(self, text: str) -> str:
        """Every point with all its intermittent values."""
        regular, width = self._form.regular, len(self._form.channels)
        rows = [row.split() for row in text.split(",")]
        return ",".join(" ".join(row + ["?"] * (width - len(row) if len(row) >= regular else 0)) for row in rows)

    def _numbers(self, text: str) -> NDArray[np.float64]:
        """Rows of numbers; there may be more than the format names."""
        try:
            rows = np.loadtxt(io.StringIO(text), ndmin=2, comments=None)
        except ValueError as error:
            raise TraceError(str(error).partition("; use ")[0]) from error
        width = len(self._form.channels)
        if rows.shape[1] < width:
            raise TraceError(tr("a point has {n} values, the format asks for {width}", n=rows.shape[1], width=width))
        return rows

    def _explicit(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Plain values, remembered for what follows."""
        rows = rows[:, : len(self._values)]
        before = rows[-2] if len(rows) > 1 else np.array(self._values) if self._is_begun else rows[0]
        self._values = rows[-1].tolist()
        self._speeds = (rows[-1] - before).tolist()
        self._is_begun = True
        return rows

    def _integrated(self, rows: NDArray[np.float64], signs: NDArray[np.str_] | None) -> NDArray[np.float64]:
        """The values that `rows` stand for, in the channels' present orders of difference.

        Args:
            rows: (n, c) what is written.
            signs: (n, c) the first letter of each value; None where all are plain numbers.
        """
        out = np.empty((len(rows), len(self._values)))
        for channel in range(out.shape[1]):
            marks = None if signs is None else signs[:, channel]
            if marks is not None and marks[0] in _ORDERS and (marks == marks[0]).all():
                self._orders[channel], marks = _ORDERS[marks[0]], None
            if marks is not None and np.isin(marks, _MARKS).any():
                out[:, channel] = self._walk(channel, rows[:, channel].tolist(), marks.tolist())
            elif self._orders[channel] > 0:
                out[:, channel] = self._summed(channel, rows[:, channel])
            else:
                out[:, channel] = self._walk(channel, rows[:, channel].tolist(), [""] * len(rows))
        self._is_begun = True
        return out

    def _summed(self, channel: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """First or second differences without any mark among them."""
        if self._orders[channel] == 2:
            self._bends[channel] = float(values[-1])
            values = self._speeds[channel] + np.cumsum(values)
        self._speeds[channel] = float(values[-1])
        places = self._values[channel] + np.cumsum(values)
        self._values[channel] = float(places[-1])
        return places

    def _walk(self, channel: int, values: list[float], marks: list[str]) -> list[float]:
        """One value after another."""
        place, speed, bend = self._values[channel], self._speeds[channel], self._bends[channel]
        order, is_begun = self._orders[channel], self._is_begun
        out = []
        for value, mark in zip(values, marks, strict=True):
            if mark in _ORDERS:
                order = _ORDERS[mark]
            if mark == "?" or (mark == "*" and order == 0):
                # Nothing is reported, or the same again: the pen stays.
                speed = 0.0 if mark == "*" else speed
            elif order == 0:
                speed = value - place if is_begun else 0.0
                place = value
            else:
                if order == 1:
                    speed = speed if mark == "*" else value
                else:
                    bend = bend if mark == "*" else value
                    speed += bend
                place += speed
            is_begun = True
            out.append(place)
        self._values[channel], self._speeds[channel], self._bends[channel] = place, speed, bend
        self._orders[channel] = order
        return out
