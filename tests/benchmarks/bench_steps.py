"""What each step of the preprocessing is worth: accuracy on real handwriting with every step, and without each one.

    python tests/benchmarks/bench_steps.py [--model ID] [--profile DIR] [--writers 25-30]

Needs the folder that RECOGNIZER_DATASETS names: `pendigits/train.npz`, where each digit was written in a box of 500 by
500 units that is taken for the canvas, and `drawn_single/`, pictures from paint programs, of which every third is
judged. A model that has learned from pen digits has learned from some of these writers.
"""

import argparse
import csv
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.base.paths import open_profile
from recognizer.imaging.images import load_grey
from recognizer.imaging.step_words import without_name
from recognizer.imaging.steps import NOTHING_OFF, SHRINK_ONLY, Frame, Step, StepSource, step_source
from recognizer.inference.classifier import Classifier
from recognizer.inference.prediction import Verdict
from recognizer.inference.registry import ModelRegistry
from recognizer.ink.stroke import Ink
from recognizer.ink.stroke_npz import read_strokes

CHECKOUT = Path(__file__).resolve().parents[2]
BOX: Frame = (0.0, -500.0, 500.0, 500.0)
PEN = 12.0
"""What the tablet's pen would have left, units of the box: 0.7 pixels of 28."""
EVERY = 3


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Symbols to read, the truth about them, and who wrote each."""

    name: str
    sources: list[StepSource]
    truth: NDArray[np.str_]
    groups: NDArray


def main() -> int:
    """Print a line for every step, and for what a program does that only shrinks the canvas."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="digits")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--writers", default="25-30", help="first and last, usually %(default)s")
    asked = parser.parse_args()
    root = Path(os.environ.get("RECOGNIZER_DATASETS") or CHECKOUT.parent / "shared" / "data")
    first, last = map(int, asked.writers.split("-"))
    with tempfile.TemporaryDirectory() as temporary:
        classifier = Classifier(ModelRegistry(open_profile(asked.profile or temporary)).get(asked.model))
    on_test = classifier.record.accuracy
    print(f"model {classifier.record.id}" + ("" if on_test is None else f", {on_test * 100:.2f} % on its test split"))
    for data in (pen_digits(root, first, last), drawn_digits(root)):
        if data is None:
            continue
        complete = figures(data, classifier, NOTHING_OFF)
        print(f"{data.name}, every step: {complete[0] * 100:.2f} % ({words(data, complete)}; bar: none set)")
        singles = [frozenset({step}) for step in Step]
        for off in (*singles, SHRINK_ONLY, SHRINK_ONLY | {Step.AVERAGE}):
            name = without_name(off - {Step.AVERAGE} or off) + (
                " with hard edges" if len(off) > len(SHRINK_ONLY) else ""
            )
            share = figures(data, classifier, off)
            change = f"{(share[0] - complete[0]) * 100:+.2f} points, {words(data, share)}"
            # The table of all benchmarks takes the lines with a bar.
            bar = "; bar: none set" if off == SHRINK_ONLY else ""
            print(f"{data.name}, {name}: {share[0] * 100:.2f} % ({change}{bar})")
    return 0


def pen_digits(root: Path, first: int, last: int) -> Data | None:
    """Digits by the writers `first` to `last`."""
    path = root / "pendigits" / "train.npz"
    if not path.is_file():
        print("pendigits not found; set RECOGNIZER_DATASETS to the folder that holds pendigits/train.npz")
        return None
    strokes = read_strokes(path)
    with np.load(path, allow_pickle=False) as file:
        writers, labels = file["writer"], file["labels"]
    chosen = np.flatnonzero((writers >= first) & (writers <= last))
    if len(chosen) == 0:
        sys.exit(
            f"bench_steps: no digits by the writers {first} to {last}; there are {writers.min()} to {writers.max()}"
        )
    sources = [step_source(Ink(strokes.ink(int(index)).strokes, PEN), frame=BOX) for index in chosen]
    return Data("pen digits", sources, labels[chosen].astype(str), writers[chosen])


def drawn_digits(root: Path) -> Data | None:
    """Pictures of digits that people drew in paint programs."""
    path = root / "drawn_single" / "labels.csv"
    if not path.is_file():
        print("drawn_single not found; set RECOGNIZER_DATASETS to the folder that holds drawn_single/labels.csv")
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::EVERY]
    sources = [step_source(load_grey(path.parent / row["file"])) for row in rows]
    return Data(
        "drawn digits", sources, np.array([row["label"] for row in rows]), np.array([row["group"] for row in rows])
    )


def figures(data: Data, classifier: Classifier, off: frozenset[Step]) -> tuple[float, float, float]:
    """Without the steps `off`: read right, rejected answers by their best label; called sure but wrong; rejected.

    Each is the mean over the people who wrote.
    """
    images = np.stack([source.final(off) for source in data.sources])
    probabilities = classifier.predict_proba(images)
    verdicts = np.array(classifier.record.reject.verdicts(images, probabilities))
    is_right = np.array(classifier.record.labels)[probabilities.argmax(axis=1)] == data.truth
    everyone = [data.groups == group for group in np.unique(data.groups)]
    marks = (is_right, (verdicts == Verdict.SURE) & ~is_right, verdicts == Verdict.REJECTED)
    right, lies, rejected = (float(np.mean([mark[group].mean() for group in everyone])) for mark in marks)
    return right, lies, rejected


def words(data: Data, share: tuple[float, float, float]) -> str:
    """How it was measured, and the other two figures."""
    people = len(np.unique(data.groups))
    return (
        f"{len(data.sources)} digits by {people} people, sure and wrong {share[1] * 100:.2f} %, "
        f"rejected {share[2] * 100:.1f} %"
    )


if __name__ == "__main__":
    sys.exit(main())
