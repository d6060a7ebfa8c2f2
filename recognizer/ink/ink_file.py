"""What every reader of ink files gives, and the bounds that they all keep."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.errors import RecognizerError
from recognizer.base.i18n import tr
from recognizer.ink.stroke import Ink, Stroke

MAX_FILE_BYTES: Final = 1 << 27
MAX_POINTS: Final = 3_000_000
"""The most points that a file may hold."""
MAX_DRAWING_POINTS: Final = 1_000_000
MAX_DRAWING_STROKES: Final = 20_000
FACTS: Final = ("split", "source", "note", "flags", "created")
"""What InkML files of our own say of a drawing beside its label and writer."""


@dataclass(frozen=True, slots=True, eq=False)
class InkFile:
    """The drawings of a file.

    Attributes:
        inks: The drawings, y down.
        labels: What each one shows; empty where the file does not say.
        writers: Who drew each one; empty where the file does not say.
        date: When they were drawn, as the file writes it; empty where it does not say.
        facts: What else is said of each one, by the names in `FACTS`.
    """

    inks: tuple[Ink, ...]
    labels: tuple[str, ...]
    writers: tuple[str, ...] = ()
    date: str = ""
    facts: tuple[Mapping[str, str], ...] = ()

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.inks):
            raise ValueError(f"{len(self.labels)} labels for {len(self.inks)} drawings")
        if not self.writers:
            object.__setattr__(self, "writers", ("",) * len(self.inks))
        if len(self.writers) != len(self.inks):
            raise ValueError(f"{len(self.writers)} writers for {len(self.inks)} drawings")
        if not self.facts:
            object.__setattr__(self, "facts", ({},) * len(self.inks))
        if len(self.facts) != len(self.inks):
            raise ValueError(f"facts of {len(self.facts)} for {len(self.inks)} drawings")

    @classmethod
    def of(cls, inks: Iterable[Ink], labels: Sequence[str] | None = None) -> "InkFile":
        """Drawings with their labels, or without any."""
        drawings = tuple(inks)
        return cls(drawings, tuple(labels) if labels is not None else ("",) * len(drawings))

    def __len__(self) -> int:
        return len(self.inks)

    def __iter__(self) -> Iterator[Ink]:
        return iter(self.inks)


@dataclass(slots=True, eq=False)
class Trace:
    """One pen-down line as a file has it.

    Attributes:
        points: (n, 2) float64, y down.
        times: (n,) float64, seconds since any moment; None where they are not known.
        forces: (n,) float64, 0 to 1; None where they are not known.
    """

    points: NDArray[np.float64]
    times: NDArray[np.float64] | None = None
    forces: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.points)

    def part(self, begin: int, end: int) -> "Trace":
        """The points from `begin` up to `end`."""
        return Trace(
            self.points[begin:end],
            None if self.times is None else self.times[begin:end],
            None if self.forces is None else self.forces[begin:end],
        )


def drawing(traces: Iterable[Trace], pen_width: float = 0.0) -> Ink:
    """A drawing whose times begin at 0; lines without points are left out."""
    lines = [trace for trace in traces if len(trace)]
    begins = [float(trace.times.min()) for trace in lines if trace.times is not None]
    begin = min(begins, default=0.0)
    nothing = np.zeros(0, np.float32)
    return Ink(
        tuple(
            Stroke(
                trace.points.astype(np.float32),
                nothing if trace.times is None else (trace.times - begin).astype(np.float32),
                nothing if trace.forces is None else np.clip(trace.forces, 0, 1).astype(np.float32),
            )
            for trace in lines
        ),
        pen_width,
    )


def number_text(value: float) -> str:
    """The shortest decimal, without an exponent, that single precision reads as `value`."""
    return np.format_float_positional(np.float32(value), trim="-")


def milliseconds_text(seconds: float) -> str:
    """A time to the microsecond."""
    return f"{seconds * 1000:.3f}".rstrip("0").rstrip(".")


def too_many_points(path: Path) -> RecognizerError:
    """The error for a drawing that is too large."""
    return bad_ink(path, tr("a drawing has more than {most:,} points", most=MAX_DRAWING_POINTS))


def bad_ink(path: Path, reason: str, fix: str = "") -> RecognizerError:
    """The error for an ink file that cannot be used."""
    return RecognizerError(
        tr("The ink file cannot be used"),
        where=f"{path} ({reason})",
        fix=fix or tr("Export it anew as InkML, UNIPEN or a stroke NPZ"),
    )
