"""Filters, sorting, splits and statistics of 1,000,000 samples, and statistics of MNIST where it is to be had.

Filters, sorting and splits run in one thread; their times are the best of five, and processor time is printed as well,
which is what they take on a machine that does nothing else. Memory is what Python and NumPy have taken at most, besides
the table. Run: `python tests/benchmarks/bench_statistics.py [--json]`. Exit code 1 where a bar is missed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.base.paths import open_profile
from recognizer.ink.synthesis import generate
from recognizer.library import mnist
from recognizer.library.dataset import DIGITS, Dataset, Split
from recognizer.library.filters import parse_filter
from recognizer.library.samples import SampleTable, table_of
from recognizer.library.sorting import SortKey, sorted_positions
from recognizer.library.splits import plan_split
from recognizer.library.statistics.compute import compute
from recognizer.library.statistics.descriptors import distances
from recognizer.library.statistics.duplicates import NEAR
from recognizer.library.statistics.report import html

N = 1_000_000
SOURCES = 50_000
FILTERS = (
    "4,9 split:test",
    "-label:4 -flag:excluded",
    "source:sheet-0001",
    "png",
    "writer:müller",
    "date:2026-11",
    "date:>2025-12-01 -date:2026",
    "confidence:30%..60%,>=0.9",
    "predicted:9",
    "is:wrong",
    "id:5,100..200,7",
    "4 split:test writer:5 confidence:<0.5 is:wrong date:2026 sheet",
)
SHARES = {Split.TRAIN: 0.8, Split.VALIDATION: 0.1, Split.TEST: 0.1}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result; `bar` 0 where there is none."""

    what: str
    value: float
    unit: str
    how: str
    bar: float = 0.0

    @property
    def is_met(self) -> bool:
        return self.bar == 0 or self.value <= self.bar


def million() -> SampleTable:
    """A table with chance in every column; its pictures are made when they are asked for, no two alike."""
    chance = np.random.default_rng(0)
    base = generate(10_000, 3)[0]

    def pictures(positions: NDArray[np.int64]) -> NDArray[np.uint8]:
        below = base[(positions * 7919 + positions // 10_000 * 104_729) % 10_000]
        return base[positions % 10_000] // 4 * 3 + below // 4

    return SampleTable(
        name="million",
        title="A million",
        ids=np.arange(1, N + 1, dtype=np.int64),
        labels=(np.arange(N) % 10_000 // 40 % 10).astype(np.int32),
        label_set=DIGITS,
        splits=chance.integers(0, 3, N).astype(np.uint8),
        pictures=pictures,
        writers=chance.integers(-1, 1000, N).astype(np.int32),
        sources=chance.integers(-1, SOURCES, N).astype(np.int32),
        notes=np.where(chance.random(N) < 0.99, -1, chance.integers(0, 300, N)).astype(np.int32),
        created=(1_760_000_000 + chance.integers(0, 10**8, N)).astype(np.int64),
        flags=chance.choice(np.array([0, 0, 0, 0, 1, 2, 3], np.uint8), N),
        is_ink=chance.random(N) < 0.5,
        hashes=chance.integers(1, 2**63, N).astype(np.uint64),
        predicted=chance.integers(-1, 10, N).astype(np.int32),
        confidences=np.where(chance.random(N) < 0.1, np.nan, 0.9 * chance.random(N)).astype(np.float32),
        writer_names=tuple(f"Writer {number} Müller" for number in range(1000)),
        source_names=tuple(f"scans/2026-11/class {n % 30}/sheet-{n:07}.png" for n in range(SOURCES)),
        note_texts=tuple(f"note {number}" for number in range(300)),
        predicted_names=DIGITS.names,
    )


def best(work: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Seconds that `work` takes at best: by the clock, and of the processor."""
    clock, processor = [], []
    for _ in range(times):
        began, began_work = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_work)
    return min(clock), min(processor)


def slowest(what: str, works: dict[str, Callable[[], object]], unit: str, bar: float) -> Figure:
    """The figure of that of some pieces of work that takes longest."""
    scale = 1000 if unit == "ms" else 1
    taken = {name: best(work) for name, work in works.items()}
    name = max(taken, key=lambda name: taken[name][0])
    clock, processor = (scale * seconds for seconds in taken[name])
    how = f"slowest of {len(works)} – {name}, {processor:.3g} {unit} of the processor"
    return Figure(what, clock, unit, how, bar)


def of_columns(table: SampleTable) -> list[Figure]:
    """Filters, sorting, splits."""
    everything = np.arange(N)
    filters = {text: lambda text=text: parse_filter(text, DIGITS).indices(table) for text in FILTERS}
    orders = {key.value: lambda key=key: sorted_positions(table, everything, key, descending=True) for key in SortKey}
    splits = {by: lambda by=by: plan_split(table, everything, SHARES, 1, by) for by in ("sample", "writer", "source")}
    return [
        slowest("filter 1,000,000 samples", filters, "ms", 50),
        slowest("sort 1,000,000 samples", orders, "ms", 100),
        slowest("plan a split of 1,000,000 samples", splits, "s", 1),
    ]


def digits() -> SampleTable:
    """MNIST, else as many synthetic digits."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault(mnist.VARIABLE, str(Path(__file__).resolve().parents[3] / "shared" / "data"))
        profile = open_profile(Path(folder))
        if mnist.is_available(profile):
            return table_of(mnist.load(profile))
    pictures, labels = generate(70_000, 1)
    return table_of(
        Dataset("synthetic", "", pictures, labels, np.where(np.arange(70_000) < 60_000, 0, 2).astype(np.uint8))
    )


def near_duplicates_found(table: SampleTable) -> float:
    """Percent of altered copies that are found, of those that are near duplicates: noise of 4 to 14 levels."""
    chance = np.random.default_rng(4)
    copied = chance.choice(len(table), 5_000, replace=False)
    plain = table.pictures(copied)
    altered = plain + chance.normal(0, 1, plain.shape) * np.linspace(4, 14, 5_000)[:, None, None]
    altered = np.clip(altered, 0, 255).astype(np.uint8)
    is_near = distances(plain, altered) <= NEAR
    n = len(table)
    both = np.concatenate([table.pictures(np.arange(n)), altered])
    labels = np.concatenate([table.labels, table.labels[copied]]).astype(np.int64)
    found = compute(table_of(Dataset("copies", "", both, labels, np.zeros(n + 5_000, np.uint8)))).near
    group_of = np.full(n + 5_000, -1)
    group_of[found.members] = np.repeat(np.arange(len(found)), np.diff(found.offsets))
    together = (group_of[copied] >= 0) & (group_of[copied] == group_of[n:])
    return 100 * float(together[is_near].mean())


def of_pictures(table: SampleTable) -> list[Figure]:
    """Statistics of 70,000 and of 1,000,000 samples."""
    small = digits()
    name = small.name
    plain = best(lambda: compute(small, with_neighbours=False), 1)[0]
    full = best(lambda: compute(small), 1)[0]
    statistics = compute(small)
    page = best(lambda: html(statistics), 1)[0]
    found = near_duplicates_found(small)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    took = best(lambda: compute(table), 1)[0]
    peak = (tracemalloc.get_traced_memory()[1] - before) / 1e6
    tracemalloc.stop()
    return [
        Figure("statistics of 70,000 samples", plain, "s", f"{name}, without near duplicates", 15),
        Figure("with near duplicates and suspicious samples", full, "s", name, 20),
        Figure("as a web page", page, "s", name),
        Figure("near duplicates missed", 100 - found, "%", f"5,000 noisy copies added to {name}"),
        Figure("statistics of 1,000,000 samples", took, "s", "synthetic, with near duplicates"),
        Figure("memory for that", peak, "MB", "besides the table", 150),
    ]


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    table = million()
    figures = of_columns(table) + of_pictures(table)
    if arguments.json:
        print(json.dumps([{"what": each.what, "value": round(each.value, 3), "unit": each.unit} for each in figures]))
    for each in figures if not arguments.json else ():
        bar = f"; bar: <= {each.bar:g} {each.unit}; {'met' if each.is_met else 'missed'}" if each.bar else ""
        print(f"{each.what}: {each.value:.3g} {each.unit} ({each.how.replace(':', ' –')}{bar})")
    return 0 if all(each.is_met for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
