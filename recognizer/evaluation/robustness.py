"""How a model's accuracy falls as pictures get worse, and which samples it loses."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizer.base.cancellation import CancellationToken
from recognizer.base.progress import ProgressCallback, no_progress
from recognizer.evaluation.corruptions import Pictures, affine, gaussian_noise, smooth, turned, with_pen
from recognizer.evaluation.figures import Interval, wilson_interval

_BLOCK: Final = 2_000
"""Pictures that are made worse at a time: 6 MB, half a second for the slowest kind."""

Predict = Callable[[NDArray[np.uint8]], NDArray[np.integer]]
"""From (n, 28, 28) uint8 pictures to (n,) the best class of each."""


@dataclass(frozen=True, slots=True)
class Family:
    """One way of making pictures worse, at several strengths.

    Attributes:
        name: What the command line calls it.
        unit: What the strengths are counted in.
        strengths: From mild to severe.
        apply: Makes (n, 28, 28) float32 pictures worse, given the strength and a source of chance; may reuse them.
    """

    name: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Pictures, float, np.random.Generator], Pictures]


def _signs(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.choice([-1.0, 1.0], n)


FAMILIES: Final = {
    each.name: each
    for each in (
        Family(
            "noise",
            "standard deviation, full ink is 1",
            (0.1, 0.2, 0.3, 0.4),
            lambda images, amount, rng: gaussian_noise(amount)(images, rng),
        ),
        Family(
            "blur", "px, standard deviation", (0.5, 1.0, 1.5, 2.0), lambda images, amount, rng: smooth(images, amount)
        ),
        Family(
            "tilt",
            "degrees, to either side",
            (10.0, 20.0, 30.0, 40.0),
            lambda images, amount, rng: turned(images, np.radians(amount) * _signs(rng, len(images))),
        ),
        Family(
            "shift",
            "px in both directions, either way",
            (1.0, 2.0, 3.0, 4.0),
            lambda images, amount, rng: affine(
                images, np.eye(2), amount * np.stack([_signs(rng, len(images)) for _ in "xy"], axis=1)
            ),
        ),
        Family(
            "thin",
            "of the pen's radius taken away",
            (0.3, 0.5, 0.7),
            lambda images, amount, rng: with_pen(images, -amount),
        ),
        Family(
            "thick", "of the pen's radius added", (0.5, 1.0, 1.5), lambda images, amount, rng: with_pen(images, amount)
        ),
    )
}
"""What a model is tried on: a sensor's noise, a lens out of focus, paper askew, a symbol off its place, other pens."""


@dataclass(frozen=True, slots=True, eq=False)
class RobustnessRow:
    """One kind of worse pictures.

    Attributes:
        family: A key of `FAMILIES`.
        strength: How far it went, in the family's `unit`.
        unit: What that is counted in.
        right: How many samples are right.
        interval: Wilson's 95 % interval of the accuracy.
        lost: int64, positions of the samples that were right as they are and are wrong now, ascending.
        gained: int64, of those that were wrong and are right now.
    """

    family: str
    strength: float
    unit: str
    right: int
    interval: Interval
    lost: NDArray[np.int64]
    gained: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RobustnessTable:
    """How a model did on worse and worse pictures.

    Attributes:
        n: How many samples.
        right: How many are right as they are.
        rows: By family, from mild to severe.
        seed: Of the chance in it.
    """

    n: int
    right: int
    rows: tuple[RobustnessRow, ...]
    seed: int

    @property
    def accuracy(self) -> float:
        """On the samples as they are, 0 to 1; 0 where there are none."""
        return self.right / self.n if self.n else 0.0

    def accuracy_of(self, row: RobustnessRow) -> float:
        """The accuracy of one row, 0 to 1; 0 where there are no samples."""
        return row.right / self.n if self.n else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with the positions."""
        return {
            "n": self.n,
            "right": self.right,
            "accuracy": self.accuracy,
            "seed": self.seed,
            "rows": [
                {
                    "family": row.family,
                    "strength": row.strength,
                    "unit": row.unit,
                    "right": row.right,
                    "accuracy": self.accuracy_of(row),
                    "low": row.interval.low,
                    "high": row.interval.high,
                    "lost": row.lost.tolist(),
                    "gained": row.gained.tolist(),
                }
                for row in self.rows
            ],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "RobustnessTable":
        """The table that `to_dict` gave; KeyError, TypeError or ValueError where it is damaged."""
        n, right = int(data["n"]), int(data["right"])
        rows = []
        for each in data["rows"]:
            family, strength, found = FAMILIES[each["family"]], float(each["strength"]), int(each["right"])
            lost, gained = (np.asarray(each[name], np.int64).reshape(-1) for name in ("lost", "gained"))
            if right - len(lost) + len(gained) != found or min(lost.min(initial=0), gained.min(initial=0)) < 0:
                raise ValueError(f"{family.name} {strength}: {right} - {len(lost)} + {len(gained)} = {found}")
            interval = wilson_interval(found, n)
            rows.append(RobustnessRow(family.name, strength, family.unit, found, interval, lost, gained))
        return cls(n, right, tuple(rows), int(data["seed"]))


def worsened(images: NDArray[np.uint8], family: str, strength: float, seed: int = 0) -> NDArray[np.uint8]:
    """(n, 28, 28) uint8 pictures made worse by `strength`, as `measure_robustness` shows them with the same seed."""
    blocks = [_block(images, FAMILIES[family], strength, seed, start) for start in range(0, len(images), _BLOCK)]
    return np.concatenate(blocks) if blocks else images.copy()


def measure_robustness(
    images: NDArray[np.uint8],
    truth: NDArray[np.integer],
    predict: Predict,
    positions: NDArray[np.int64] | None = None,
    families: Sequence[str] = tuple(FAMILIES),
    seed: int = 0,
    token: CancellationToken | None = None,
    progress: ProgressCallback = no_progress,
) -> RobustnessTable:
    """Ask a model about pictures as they are and made worse.

    Args:
        images: (n, 28, 28) uint8, 0 the ground and 255 full ink.
        truth: (n,) the true classes, as `predict` counts them.
        predict: The model.
        positions: (n,) int64, what the samples are called in the result; 0, 1, ... where None.
        families: Which of `FAMILIES`.
        seed: Of the chance in it.
        token: Checked between blocks of 2,000 pictures.
        progress: Told how many kinds are done, of how many.

    Raises:
        Cancelled: By `token`.
    """
    names = np.arange(len(images)) if positions is None else positions
    kinds = [(FAMILIES[name], strength) for name in families for strength in FAMILIES[name].strengths]

    def is_right(family: Family | None, strength: float) -> NDArray[np.bool_]:
        found = np.zeros(len(images), bool)
        for start in range(0, len(images), _BLOCK):
            if token is not None:
                token.check()
            there = slice(start, start + _BLOCK)
            block = images[there] if family is None else _block(images, family, strength, seed, start)
            found[there] = predict(block) == truth[there]
        return found

    progress(0, len(kinds), "")
    plain = is_right(None, 0.0)
    rows = []
    for done, (family, strength) in enumerate(kinds, start=1):
        worse = is_right(family, strength)
        rows.append(
            RobustnessRow(
                family.name,
                strength,
                family.unit,
                int(worse.sum()),
                wilson_interval(int(worse.sum()), len(worse)),
                np.sort(names[plain & ~worse]),
                np.sort(names[~plain & worse]),
            )
        )
        progress(done, len(kinds), family.name)
    return RobustnessTable(len(images), int(plain.sum()), tuple(rows), seed)


def _block(images: NDArray[np.uint8], family: Family, strength: float, seed: int, start: int) -> NDArray[np.uint8]:
    """The block of `images` from `start` on, made worse."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{family.name} {strength:g}".encode()), start])
    worse = family.apply(images[start : start + _BLOCK].astype(np.float32) / np.float32(255), strength, rng)
    return (np.clip(worse, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
