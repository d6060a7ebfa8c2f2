"""How well whole numbers are read from strokes: numbers composed of the real ink of one writer at a time.

    python tests/benchmarks/bench_numbers.py [--count N] [--all-writers]

Two to six digits stand beside each other, from overlapping by 5 % of a digit's width to far apart, on a line that
climbs and trembles; of one number in seven the last stroke of an earlier digit is drawn last. Grouping was tuned on
every other writer by name; here count the others. The data is looked for in the folder that RECOGNIZER_DATASETS names.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import judged_data as data
import numpy as np
from numpy.typing import NDArray

from recognizer.base.resources import shipped_models_path
from recognizer.inference.classifier import Classifier
from recognizer.inference.numbers import InkReader
from recognizer.inference.registry import read_record
from recognizer.ink.stroke import Ink, Stroke

HEIGHT: Final = 120.0
GAPS: Final = {"touching": (-0.05, 0.02), "tight": (0.02, 0.12), "usual": (0.1, 0.35), "wide": (0.3, 0.6)}
"""Between digits, line heights; of the touching ones, digit widths."""
LEAST_SAMPLES: Final = 10
LATE: Final = 0.15

Digit = tuple[str, list[NDArray[np.float32]]]


@dataclass(frozen=True, eq=False)
class Number:
    """A number and which strokes its digits are."""

    text: str
    ink: Ink
    groups: list[tuple[int, ...]]
    spacing: str


def writers(name: str, *, every: bool) -> list[list[Digit]]:
    """The digits of each writer, about 1 high: sizes keep a part of their differences."""
    corpus = data.inks(name)
    found = []
    for place, writer in enumerate(sorted(set(corpus.writers))):
        if place % 2 == 0 and not every:
            continue
        inks = [(corpus.labels[i], corpus.ink(int(i))) for i in np.flatnonzero(corpus.writers == writer)]
        heights = [ink.bounds()[3] - ink.bounds()[1] for _, ink in inks]
        usual = float(np.median(heights))
        digits = [
            (
                str(label),
                [stroke.points * (float(np.clip(height / usual, 0.75, 1.3)) / height) for stroke in ink.strokes],
            )
            for (label, ink), height in zip(inks, heights, strict=True)
            if height > usual / 10
        ]
        if len(digits) >= LEAST_SAMPLES:
            found.append(digits)
    return found


def compose(digits: list[Digit], rng: np.random.Generator, n: int) -> Number:
    """`n` digits of one writer beside each other."""
    spacing = str(rng.choice(list(GAPS)))
    climb = rng.uniform(-0.04, 0.04)
    strokes: list[NDArray[np.float32]] = []
    owners: list[int] = []
    text, x = "", 0.0
    for place in range(n):
        label, parts = digits[int(rng.integers(len(digits)))]
        points = np.concatenate(parts)
        low, high = points.min(axis=0), points.max(axis=0)
        gap = rng.uniform(*GAPS[spacing]) * (max(high[0] - low[0], 0.3) if spacing == "touching" else 1.0)
        x += gap if place else 0.0
        offset = np.array([x - low[0], climb * place + rng.normal(0, 0.05) - high[1]])
        strokes += [((part + offset) * HEIGHT).astype(np.float32) for part in parts]
        owners += [place] * len(parts)
        x += high[0] - low[0]
        text += label
    order = list(range(len(strokes)))
    several = [place for place in range(n - 1) if owners.count(place) > 1]
    if several and rng.random() < LATE:
        late = max(i for i in order if owners[i] == several[int(rng.integers(len(several)))])
        order.remove(late)
        order.append(late)
    groups = [tuple(new for new, old in enumerate(order) if owners[old] == place) for place in range(n)]
    return Number(text, Ink.from_arrays([strokes[i] for i in order]), groups, spacing)


def numbers(every: bool, count: int) -> Iterator[Number]:
    """`count` numbers, of each corpus in turn."""
    rng = np.random.default_rng(20_261_122)
    corpora = [writers(name, every=every) for name in ("pendigits/train", "unipen/digits")]
    for index in range(count):
        people = corpora[index % len(corpora)]
        yield compose(people[int(rng.integers(len(people)))], rng, int(rng.integers(2, 7)))


def pieces(ink: Ink) -> Iterator[Ink]:
    """The drawing as it grows, point by point as a pen tells them."""
    for index, stroke in enumerate(ink.strokes):
        steps = np.linspace(2, len(stroke.points), min(30, len(stroke.points) - 1)).astype(int)
        for end in sorted(set(steps.tolist())):
            yield Ink((*ink.strokes[:index], Stroke(stroke.points[:end])))
        yield Ink(ink.strokes[: index + 1])


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--all-writers", action="store_true")
    given = parser.parse_args()
    classifier = Classifier(read_record(shipped_models_path() / "digits", is_shipped=True))
    try:
        made = list(numbers(given.all_writers, given.count))
    except data.NoData as missing:
        print(f"numbers: no data ({missing})")
        return 0
    grouped: dict[str, list[bool]] = {spacing: [] for spacing in GAPS}
    exact, possible = [], []
    for number in made:
        reading = InkReader(classifier).read(number.ink)
        grouped[number.spacing].append({symbol.strokes for symbol in reading.symbols} == set(number.groups))
        exact.append(reading.text.replace(" ", "") == number.text)
        alone = [InkReader(classifier).read(Ink(tuple(number.ink.strokes[i] for i in own))) for own in number.groups]
        possible.append("".join(read.text for read in alone) == number.text)
    by_spacing = ", ".join(f"{spacing} {np.mean(right) * 100:.1f}" for spacing, right in grouped.items())
    whose = "all writers" if given.all_writers else "writers that grouping was not tuned on"
    every = [right for some in grouped.values() for right in some]
    print(f"strokes grouped right: {np.mean(every) * 100:.2f} % of {len(made)} numbers ({whose}; {by_spacing})")
    print(
        f"numbers exactly right: {np.mean(exact) * 100:.2f} % (digits read one by one would give "
        f"{np.mean(possible) * 100:.2f} %)"
    )
    seconds = []
    rng = np.random.default_rng(1)
    for digits in writers("pendigits/train", every=False)[:10]:
        reader = InkReader(classifier)
        for ink in pieces(compose(digits, rng, 4).ink):
            began = time.perf_counter()
            reader.read(ink)
            seconds.append(time.perf_counter() - began)
    p50, p99 = np.percentile(np.array(seconds) * 1000, [50, 99])
    print(f"a 4-digit number read after each movement: p50 {p50:.1f} ms, p99 {p99:.1f} ms ({len(seconds)} movements)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
