"""What an exported file was found to do when it was run: the stamp that goes with it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.i18n import tr
from recognizer.training.export import MAX_DIFFERENCE
from recognizer.training.shipping.format import Format, Runner
from recognizer.training.shipping.vectors import Vectors

MAX_LOST: Final = 0.1
"""Percentage points of accuracy that quantising may cost."""
_PART: Final = 250
"""Pictures that are read before anyone is asked whether to go on."""
_RUNS: Final = 30
_PATIENCE: Final = 1.0
"""Seconds after which no further run is timed."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How an exported file answers.

    Attributes:
        format: Its name.
        runtime: What ran it, with its version.
        vectors: Where the test vectors come from.
        n: How many there are.
        difference: The largest absolute difference of a probability from that of the model itself.
        label_changes: How many vectors get another best label.
        bytes: Of the model's file, or of all files of its folder.
        milliseconds: The median time that one picture takes with this runtime on one machine.
        accuracy, accuracy_before: The share of vectors that it, and the model itself, read rightly, 0 to 1; None where
            it is not known what the vectors show.
        failures: What is wrong with it, a sentence each; empty where it may be used.
    """

    format: str
    runtime: str
    vectors: str
    n: int
    difference: float
    label_changes: int
    bytes: int
    milliseconds: float
    accuracy: float | None
    accuracy_before: float | None
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it answers as the model itself does."""
        return not self.failures

    @property
    def points_lost(self) -> float:
        """Percentage points of accuracy; where nobody knows what the vectors show, of agreement with the model."""
        if self.accuracy is None or self.accuracy_before is None:
            return 100 * self.label_changes / max(1, self.n)
        return 100 * (self.accuracy_before - self.accuracy)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, `stamp.json`; a difference that is no number is null."""
        difference = self.difference if np.isfinite(self.difference) else None
        return {"passed": self.passed, **asdict(self), "difference": difference, "failures": list(self.failures)}


def stamp(format: Format, path: Path, vectors: Vectors, labels: int, check: Callable[[], None] = lambda: None) -> Stamp:
    """Run an exported file against the test vectors.

    Args:
        format: What it is.
        path: The file, or folder, that was written.
        vectors: What it is to answer.
        labels: How many of its outputs are labels; they come first.
        check: Called every few pictures; may raise to give up.
    """
    run = format.open(path)
    parts = []
    for start in range(0, max(1, len(vectors.images)), _PART):
        check()
        parts.append(run(vectors.images[start : start + _PART]))
    answers = np.concatenate(parts)
    if answers.shape != vectors.expected.shape:
        raise ValueError(f"{answers.shape} answers for {vectors.expected.shape}")
    best, wanted = answers[:, :labels].argmax(axis=1), vectors.expected[:, :labels].argmax(axis=1)
    difference = float(np.abs(answers.astype(np.float64) - vectors.expected).max(initial=0.0))
    changes = int((best != wanted).sum())
    known = vectors.truth >= 0
    accuracy = before = None
    if known.any():
        accuracy, before = (float((each == vectors.truth)[known].mean()) for each in (best, wanted))
    made = Stamp(
        format.name,
        format.runtime(),
        vectors.origin,
        len(vectors.images),
        difference,
        changes,
        _bytes(path),
        _milliseconds(run, vectors.images),
        accuracy,
        before,
        (),
    )
    found = _exact_failures(made) if format.is_exact else _quantised_failures(made)
    return Stamp(**{**{name: getattr(made, name) for name in Stamp.__slots__}, "failures": tuple(found)})


def tried_words(stamps: Sequence[Stamp]) -> str:
    """What exported files were tried with; empty for none."""
    if not stamps:
        return ""
    counts = sorted({each.n for each in stamps})
    if len(counts) == 1:
        return tr("Tried with {n} pictures: {vectors}", n=f"{counts[0]:,}", vectors=stamps[0].vectors)
    return tr(
        "Tried with {n} pictures, whole numbers with {more}: {vectors}",
        n=f"{counts[0]:,}",
        more=f"{counts[-1]:,}",
        vectors=stamps[0].vectors,
    )


def _exact_failures(made: Stamp) -> list[str]:
    found = []
    if made.label_changes:
        found.append(tr("{changes} of {n} labels are others", changes=made.label_changes, n=f"{made.n:,}"))
    # Written so that a difference that is no number fails, too.
    if not made.difference <= MAX_DIFFERENCE:
        found.append(
            tr(
                "a probability differs by {difference}, more than {allowed}",
                difference=f"{made.difference:.2g}",
                allowed=f"{MAX_DIFFERENCE:g}",
            )
        )
    return found


def _quantised_failures(made: Stamp) -> list[str]:
    if np.isfinite(made.difference) and made.points_lost <= MAX_LOST + 1e-9:
        return []
    text = tr(
        "{lost} points of accuracy are lost, more than {allowed}", lost=f"{made.points_lost:.2f}", allowed=MAX_LOST
    )
    return [text]


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _milliseconds(run: Runner, images: NDArray[np.uint8]) -> float:
    times: list[float] = []
    one = images[:1]
    run(one)
    while len(times) < _RUNS and sum(times) < _PATIENCE:
        began = time.perf_counter()
        run(one)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times))
